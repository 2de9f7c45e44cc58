"""Hostile sizes: what is read takes time and memory in proportion to it, and what is beyond a bound is said so."""

import pytest
from packaging.utils import NormalizedName

from backtrail import bounds
from backtrail.index.pages.find_links import remote_links
from backtrail.index.pages.parse import JSON, PLAIN_HTML
from backtrail.index.pages.project_page import parse_page
from backtrail.model.files import Listing, Page, Unreadable
from support.patience import patience

URL = "https://index.example/simple/a/"


def page(body: str, kind: str) -> Page:
    with patience():
        return parse_page(body.encode(), kind, URL, NormalizedName("a"), "https://index.example/simple", 0.0)


@pytest.mark.parametrize(
    "piece",
    ["<a \n", "<!", "</", "<?", "<", "<![CDATA[", "<!--", "<!--->", "<!DOCTYPE [", "<a href='", "<a href=&#1", '<a "',
     "<a \t= ", "<a/", "<script", "<script>", "<style></", "&#1", "\n"]
)  # fmt: skip
def test_two_megabytes_of_html_that_go_nowhere_are_a_page_without_files(piece: str) -> None:
    found = page(f'<a href="a-1.tar.gz"></a>{piece * (2_000_000 // len(piece))}', PLAIN_HTML)
    assert isinstance(found, Listing)
    assert found.versions == ("1",)


def test_a_hundred_thousand_files_on_a_page_are_read() -> None:
    found = page("\n".join(f"<a href=https://x.org/a-{number}.tar.gz>x</a>" for number in range(100_000)), PLAIN_HTML)
    assert isinstance(found, Listing)
    assert len(found.versions) == 100_000


def test_a_page_of_more_links_than_a_bound_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "PAGE_LINKS", 10)
    found = page("<a href=x>" * 11, PLAIN_HTML)
    assert isinstance(found, Unreadable)
    assert (found.reason, found.detail) == ("too-large", "over 10 links")


@pytest.mark.parametrize("file", ['{"url": ""},', '{"url": "", "hashes": {"a": "b", "c": "d"}},', "[],", "{},"])
def test_a_large_page_of_nothing_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    monkeypatch.setattr(bounds, "SMALL_PAGE", 1000)
    monkeypatch.setattr(bounds, "PAGE_PARTS", 500)
    found = page(f'{{"files": [{file * 500}{{"url": ""}}]}}', JSON)
    assert isinstance(found, Unreadable)
    assert (found.reason, found.detail) == ("too-large", "over 500 values")


def test_what_a_page_says_beside_its_files_takes_no_memory() -> None:
    found = page(f'{{"meta": {{"a": {"[" * 900}{"[]," * 100_000}0{"]" * 900}}}, "files": []}}', JSON)
    assert isinstance(found, Listing)


def test_file_names_made_of_dashes_are_kept_once() -> None:
    names = [f"a-{'b-' * 490}{number}.tar.gz" for number in range(5000)]
    with patience():
        links = remote_links(URL, "".join(f"<a href={name}>" for name in names).encode(), PLAIN_HTML, URL)
        found = links.listing(NormalizedName("a"))
        deep = links.listing(NormalizedName("-".join(["a", *["b"] * 490])))
    assert len(found.table.skipped) == len(deep.versions) == 5000
