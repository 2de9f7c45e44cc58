"""Laws of reading index pages: nothing an index writes makes the reader fail, and reading loses no file."""

import json
from html.parser import HTMLParser
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.index.pages.anchors import start_tags
from backtrail.index.pages.parse import HTML, JSON, identify, version_key
from backtrail.index.pages.project_page import parse_page
from backtrail.model.files import Listing, Unreadable

NAME = NormalizedName("a-b")
INDEX = "https://index.example/simple"

anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
names = st.sampled_from(
    ["a_b-1.0-py3-none-any.whl", "a-b-2.0.tar.gz", "A.B-1.zip", "a-b-c-1.0.tar.gz", "c-1.0.zip", "a_b-1.exe"]
)
entries = st.fixed_dictionaries(
    {"filename": names, "url": names | st.text()},
    optional={
        "hashes": st.dictionaries(st.text(max_size=6), st.text(max_size=6), max_size=2),
        "requires-python": st.none() | st.text(),
        "core-metadata": st.booleans() | st.dictionaries(st.text(max_size=6), st.text(max_size=6), max_size=2),
        "yanked": st.booleans() | st.text(),
        "size": st.none() | st.integers(),
        "upload-time": st.none() | st.text() | st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    },
)


# A busy computer is no failure.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@unhurried
@given(st.binary(), st.sampled_from([JSON, HTML, "text/html; charset=x"]))
def test_any_bytes_are_answered(body: bytes, content_type: str) -> None:
    page = parse_page(body, content_type, f"{INDEX}/a-b/", NAME, INDEX, 0.0)
    assert page.index == INDEX


@unhurried
@given(st.fixed_dictionaries({}, optional={"files": anything | st.lists(anything), "meta": anything}))
def test_any_json_is_answered(document: dict[str, Any]) -> None:
    page = parse_page(json.dumps(document).encode(), JSON, f"{INDEX}/a-b/", NAME, INDEX, 0.0)
    assert isinstance(page, (Listing, Unreadable))


class _Reader(HTMLParser):
    """What Python's reader of HTML, and pip with it, finds of two tags."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in WANTED:
            first = {key: value or "" for key, value in reversed(attrs)}
            self.tags.append((tag, {key: first[key] for key in WANTED[tag] if key in first}))


WANTED = {"a": ("href", "data-yanked"), "base": ("href",)}

words = st.text(alphabet="ab-=/&;#3 <>", max_size=8)
attributes = st.tuples(
    st.sampled_from(["href", "HREF", "data-yanked", "class"]),
    words.map(lambda text: f'="{text}"')
    | words.map(lambda text: f" = '{text}'")
    | st.sampled_from(["", "=x", "= 1/2"]),
).map("".join)
tags = st.builds(
    lambda name, found, close: f"<{name} {' '.join(found)}{close}",
    st.sampled_from(["a", "A", "base", "abbr", "p"]),
    st.lists(attributes, max_size=3),
    st.sampled_from([">", "\n>", " >", " />"]),
)
pieces = st.one_of(
    tags,
    words.map(lambda text: text.replace("<", "")),
    st.sampled_from(
        ["</a>", "</p >", "<!DOCTYPE html>", "<!-- <a href=x> -->", "<script>'<a href=x>'</script>", "<?x?>"]
    ),
)


@unhurried
@given(st.lists(pieces, max_size=8).map("".join))
def test_tags_of_a_page_are_those_that_python_finds(text: str) -> None:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    found = [(tag, {key: given[key] for key in WANTED[tag] if key in given}) for tag, given in start_tags(text, WANTED)]
    assert found == reader.tags


@unhurried
@given(st.text(alphabet=st.sampled_from("<>a/=\"' !-[]&#;?xhrefbase"), max_size=60))
def test_any_html_is_answered(text: str) -> None:
    page = parse_page(text.encode(), HTML, f"{INDEX}/a-b/", NAME, INDEX, 0.0)
    assert isinstance(page, (Listing, Unreadable))


@unhurried
@given(st.lists(entries, max_size=8))
def test_every_entry_is_a_file_or_skipped_and_versions_ascend(files: list[dict[str, Any]]) -> None:
    page = parse_page(json.dumps({"files": files}).encode(), JSON, f"{INDEX}/a-b/", NAME, INDEX, 0.0)
    assert isinstance(page, Listing)
    kept = [file for place in range(len(page.versions)) for file in page.files(place)]
    assert len(kept) + len(page.table.skipped) == len(files)
    assert list(page.versions) == sorted(page.versions, key=Version)
    for file in kept:
        what = identify(file.filename, NAME)
        assert not isinstance(what, str)
        assert (what[0], version_key(what[1])) == (file.kind, version_key(file.version))
        assert file.url.startswith(("http://", "https://"))
        assert "#" not in file.url
        assert file.uploaded is None or file.uploaded.endswith("Z")
    for place, earliest in enumerate(page.table.earliest):
        assert earliest == min(file.uploaded or "" for file in page.files(place))
