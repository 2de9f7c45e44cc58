"""Index pages: what they say becomes files, what is no file of the project is kept with its reason."""

import hashlib
import json
from typing import Any

import pytest
from packaging.utils import NormalizedName

from backtrail import bounds
from backtrail.index.pages.parse import HTML, JSON, PLAIN_HTML, identify, may_be_of
from backtrail.index.pages.project_page import parse_page
from backtrail.model.files import File, FileKind, Listing, Page, Unreadable
from support.worlds import Project, html_page, json_page, release

PROJECT = NormalizedName("my-project")
URL = "https://index.example/simple/my-project/"
INDEX = "https://index.example/simple"
WHEEL = "my_project-1.0-py3-none-any.whl"


def read(body: bytes, content_type: str = JSON, url: str = URL) -> Page:
    return parse_page(body, content_type, url, PROJECT, INDEX, 5.0)


def listing(page: Page) -> Listing:
    assert isinstance(page, Listing), page
    return page


def files(page: Page) -> list[File]:
    found = listing(page)
    return [file for place in range(len(found.versions)) for file in found.files(place)]


def json_file(**fields: Any) -> bytes:
    file = {
        "filename": WHEEL,
        "url": f"/f/{WHEEL}",
        "hashes": {},
        **{k.replace("_", "-"): v for k, v in fields.items()},
    }
    return json.dumps({"meta": {"api-version": "1.0"}, "name": "my-project", "files": [file]}).encode()


def the_file(**fields: Any) -> File:
    (file,) = files(read(json_file(**fields)))
    return file


def anchor(attributes: str, head: str = "") -> Page:
    return read(f"<html><head>{head}</head><body><a {attributes}>text</a></body></html>".encode(), PLAIN_HTML)


def test_both_formats_say_the_same() -> None:
    project = Project(
        name="My.Project",
        releases=(
            release("my_project", "1.0", sdist=True, requires_python=">=3.8,<4", upload_time=None),
            release("my_project", "1.1rc1", tags=("py3-none-any", "cp310-cp310-linux_x86_64"), upload_time=None),
            release("my_project", "0.9", yanked="it deletes < everything >", upload_time=None, core_metadata=False),
        ),
    )
    as_json = read(json_page(project, files_url="../../files/", hashes=True))
    as_html = read(html_page(project, files_url="../../files/", hashes=True), HTML)
    assert listing(as_json).versions == ("0.9", "1.0", "1.1rc1")
    assert [file for file in files(as_json) if file.yanked == "it deletes < everything >"]
    assert files(as_json) == files(as_html)


def test_a_pypi_page_keeps_its_serial_and_digest() -> None:
    body = json.dumps({"meta": {"_last-serial": 123}, "files": []}).encode()
    table = listing(read(body)).table
    assert (table.serial, table.fetched) == (123, 5.0)
    assert table.sha256 == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize("serial", ["123", None, [], -1, 1.5, 10**40, {"a": 1}])
def test_a_serial_of_any_type_spoils_nothing(serial: object) -> None:
    assert listing(read(json.dumps({"meta": {"_last-serial": serial}, "files": []}).encode())).versions == ()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2024-01-02T03:04:05.678901Z", "2024-01-02T03:04:05.678901Z"),
        ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z"),
        ("2024-01-02T03:04:05.678Z", "2024-01-02T03:04:05.678000Z"),
        ("2024-01-02T03:04:05+02:00", "2024-01-02T01:04:05Z"),
        ("2024-01-02T03:04:05", "2024-01-02T03:04:05Z"),
        ("2024-02-31T00:00:00Z", None),
        ("0001-01-01T00:00:00+23:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_upload_times_are_utc_in_one_form(written: str | None, meant: str | None) -> None:
    assert the_file(upload_time=written).uploaded == meant


@pytest.mark.parametrize(
    ("written", "meant"), [(False, None), (None, None), ("", None), (True, ""), ("broken", "broken")]
)
def test_yanked_in_json_is_a_flag_or_a_reason(written: object, meant: str | None) -> None:
    assert the_file(yanked=written).yanked == meant


def test_yanked_in_html_may_have_no_reason() -> None:
    assert [file.yanked for file in files(anchor(f'href="{WHEEL}" data-yanked'))] == [""]


@pytest.mark.parametrize(
    ("fields", "meant"),
    [
        ({}, None),
        ({"core_metadata": False, "dist_info_metadata": True}, None),
        ({"core_metadata": True}, {}),
        ({"core_metadata": {"sha256": "ab"}}, {"sha256": "ab"}),
        ({"dist_info_metadata": {"sha256": "ab"}}, {"sha256": "ab"}),
        ({"core_metadata": {}}, {}),
    ],
)
def test_metadata_is_advertised_under_two_names(fields: dict[str, Any], meant: dict[str, str] | None) -> None:
    """PEP 714."""
    assert the_file(**fields).metadata_hashes == meant


@pytest.mark.parametrize(
    ("attribute", "meant"),
    [("true", {}), ("false", None), ("", None), ("sha256=ab", {"sha256": "ab"}), ("strange", {})],
)
def test_metadata_advertised_in_html(attribute: str, meant: dict[str, str] | None) -> None:
    (file,) = files(anchor(f'href="{WHEEL}" data-dist-info-metadata="{attribute}"'))
    assert file.metadata_hashes == meant


@pytest.mark.parametrize(
    ("url", "base", "meant"),
    [
        (f"../../f/{WHEEL}", "", f"https://index.example/f/{WHEEL}"),
        (f"{WHEEL}#sha256=ab", "https://cdn.example/x/", f"https://cdn.example/x/{WHEEL}"),
        (f"https://user:secret@cdn.example/{WHEEL}?sig=1#egg=a", "", f"https://cdn.example/{WHEEL}?sig=1"),
        (f"//cdn.example/{WHEEL}", "", f"https://cdn.example/{WHEEL}"),
        (f" http://cdn.example/{WHEEL} ", "", f"http://cdn.example/{WHEEL}"),
    ],
)
def test_urls_become_absolute_and_bare(url: str, base: str, meant: str) -> None:
    (file,) = files(
        anchor(f'href="{url}"', f'<base href="{base}"><base href="https://other.example/">' if base else "")
    )
    assert (file.url, file.filename) == (meant, WHEEL)


@pytest.mark.parametrize(
    "url",
    [f"javascript:{WHEEL}", f"file:///etc/{WHEEL}", f"http://[::1/{WHEEL}", f"data:,{WHEEL}"],
)
def test_a_page_of_the_network_names_no_file_elsewhere_than_there(url: str) -> None:
    page = listing(read(json_file(url=url)))
    assert page.versions == ()
    assert [(skipped.filename, skipped.reason) for skipped in page.table.skipped] == [(WHEEL, "url")]


def test_a_version_is_dated_only_where_each_of_its_files_is_and_so_is_an_entry_that_is_none() -> None:
    moment = "2024-01-01T00:00:00Z"
    entries = [(WHEEL, moment), ("my_project-1.0.tar.gz", None), ("my_project-2.0.tar.gz", moment)]
    entries += [("other-1.0.tar.gz", None), ("other-1.1.tar.gz", moment)]
    said = [
        {"filename": name, "url": f"/f/{name}", "hashes": {}, **({"upload-time": time} if time else {})}
        for name, time in entries
    ]
    table = listing(read(json.dumps({"meta": {"api-version": "1.1"}, "files": said}).encode())).table
    assert dict(zip(table.versions, table.earliest, strict=True)) == {"1.0": "", "2.0": moment}
    assert {one.filename: one.undated for one in table.skipped} == {"other-1.0.tar.gz": True, "other-1.1.tar.gz": False}
    on_disk = read(b'<a href="other-1.0.tar.gz">', PLAIN_HTML, "file:///mirror/my-project/index.html")
    assert [one.undated for one in listing(on_disk).table.skipped] == [False]


def test_a_page_on_disk_names_files_on_disk() -> None:
    page = read(f'<a href="{WHEEL}">'.encode(), PLAIN_HTML, "file:///mirror/my-project/index.html")
    assert [file.url for file in files(page)] == [f"file:///mirror/my-project/{WHEEL}"]


@pytest.mark.parametrize(
    ("filename", "meant"),
    [
        (WHEEL, (FileKind.WHEEL, "1.0")),
        ("My.Project-1.0.0-1_build-cp310.cp311-abi3-any.whl", (FileKind.WHEEL, "1.0.0")),
        ("my_project-1.0+cu118-py3-none-any.whl", (FileKind.WHEEL, "1.0+cu118")),
        ("my_project-1-1.0-py3-none-any.whl", (FileKind.WHEEL, "1")),  # 1.0 is a build number
        ("my_project-1.0-build-py3-none-any.whl", "wheel-name"),
        ("my_project-1.0-py3-none.whl", "wheel-name"),
        ("my_project-1.0-py3-none-.whl", "wheel-name"),
        ("my_project-1.0-py3-none-any/../x.whl", "wheel-name"),
        ("my_project-one-py3-none-any.whl", "version"),
        ("other-1.0-py3-none-any.whl", "other-project"),
        ("my-project-1.0.tar.gz", (FileKind.SDIST, "1.0")),
        ("My.Project-1.0RC1.zip", (FileKind.SDIST, "1.0rc1")),
        ("my__project-1.0-1.tar.bz2", (FileKind.SDIST, "1.0.post1")),
        ("my-project-extra-1.0.tar.gz", "version"),
        ("my-project.tar.gz", "other-project"),
        ("../my-project-1.0.tar.gz", "other-project"),
        (f"my-project-{'1' * 5000}.tar.gz", "extension"),
        (f"my-project-{'1' * 900}.{'1' * 50}.zip", (FileKind.SDIST, f"{'1' * 900}.{'1' * 50}")),
        ("my_project-1.0.win32.exe", "extension"),
        ("my_project-1.0-py3.10.egg", "extension"),
        ("", "extension"),
    ],
)
def test_file_names(filename: str, meant: tuple[FileKind, str] | str) -> None:
    assert identify(filename, PROJECT) == meant


def test_a_listing_afresh_was_not_looked_at_and_decodes_no_file_again() -> None:
    page = listing(read(json_file()))
    found = page.files(0)
    fresh = page.afresh()
    assert fresh.touched == frozenset()
    assert fresh.files(0) is found
    assert (page.touched, fresh.touched) == (frozenset({0}),) * 2


def test_the_first_upload_of_a_version_is_the_earliest_moment_in_seconds_or_in_fractions() -> None:
    times = {
        "my_project-1.0-py3-none-any.whl": "2024-06-01T00:00:00.000001Z",
        "my_project-1.0.zip": "2024-06-01T00:00:00Z",
    }
    files = [{"filename": name, "url": name, "upload-time": time} for name, time in times.items()]
    assert listing(read(json.dumps({"files": files}).encode())).table.earliest == ("2024-06-01T00:00:00Z",)


def test_equal_versions_are_one_spelled_as_on_the_first_file() -> None:
    """PEP 440: trailing zeros of the release mean nothing."""
    names = [f"my-project-{version}.zip" for version in ("1.0", "2", "v1.0.0", "1", "1.0.post0")]
    page = listing(read(json.dumps({"files": [{"filename": name, "url": name} for name in names]}).encode()))
    assert page.versions == ("1.0", "1.0.post0", "2")
    assert [file.filename for file in page.files(0)] == [names[0], names[2], names[3]]


def test_a_requires_python_that_is_none_stays_as_written() -> None:
    assert the_file(requires_python=">=3.6,<banana").requires_python == ">=3.6,<banana"


@pytest.mark.parametrize("size", [-1, 2**63, 10**30])
def test_sizes_out_of_this_world_are_unknown(size: int) -> None:
    assert the_file(size=size).size is None


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"<html>", JSON, "malformed"),
        (b"", JSON, "malformed"),
        (b'{"files": [', JSON, "malformed"),
        (b'{"files": [{"filename": 5, "url": "x"}]}', JSON, "malformed"),
        (b'{"name": "my-project"}', JSON, "malformed"),
        (b'{"files": [{"url": "x", "hashes": {"sha256": "\xff"}}]}', JSON, "malformed"),
        (b'{"x": ' + b"[" * 200_000 + b"]" * 200_000 + b', "files": []}', JSON, "malformed"),
        (b"{}", "application/json", "content-type"),
        (b"{}", "", "content-type"),
        (b"{}", "image/png; charset=x", "content-type"),
    ],
)
def test_what_is_no_page_is_unreadable(body: bytes, content_type: str, reason: str) -> None:
    page = read(body, content_type)
    assert isinstance(page, Unreadable)
    assert page.reason == reason


def test_a_page_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "PAGE", 10)
    page = read(json_file())
    assert isinstance(page, Unreadable)
    assert page.reason == "too-large"


def test_html_that_is_not_utf_8_is_still_read() -> None:
    page = read(f'<a href="{WHEEL}" data-yanked="caf\xe9">'.encode("latin-1"), "text/html; charset=ISO-8859-1")
    assert [file.yanked for file in files(page)] == ["caf\xe9"]


@pytest.mark.parametrize(
    ("filename", "projects"),
    [
        ("A_b-c-1.0.tar.gz", {"a-b", "a-b-c"}),
        ("a_b-1.0-py3-none-any.whl", {"a-b"}),
        ("a-b-1.0-py3-none-any.whl", {"a"}),
        ("a--b-1.tar.gz", {"a", "a-b"}),
        ("a.tar.gz", set()),
    ],
)
def test_a_name_with_dashes_may_be_of_several_projects(filename: str, projects: set[str]) -> None:
    names = ("a", "b", "a-b", "a-b-c", "a-b-1-0", "a-b-1")
    assert {name for name in names if may_be_of(filename, NormalizedName(name))} == projects
