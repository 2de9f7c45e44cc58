"""The cache: it remembers, it forgets what may change, and no state of its file can stop a run."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.utils import NormalizedName

from backtrail.index.cache import Cache, Fact, StoredPage, clear, default_folder, fact_key, prune
from backtrail.index.pages.parse import JSON, Link
from backtrail.index.pages.project_page import ProjectPage, parse_page, project_page
from backtrail.model.files import Absent, File, FileKind, Listing
from backtrail.model.metadata import Failure, Metadata, MetadataSource, SdistContents, Unavailable

INDEX = "https://index.example/simple"
NAME = NormalizedName("numba")
OTHER = NormalizedName("numpy")
DAY = 86_400.0


def a_file(version: str, **fields: Any) -> File:
    filename = f"numba-{version}-py3-none-any.whl"
    return File(
        filename=filename, url=f"https://index.example/{filename}", version=version, kind=FileKind.WHEEL, **fields
    )


def a_page() -> ProjectPage:
    links = [Link(url=f"numba-{version}-py3-none-any.whl", requires_python=">=3") for version in ("2.0", "1.0")]
    return project_page(links, f"{INDEX}/numba/", NAME, INDEX, serial=7, sha256="ab")


FACTS: tuple[Fact, ...] = (
    Metadata(name="numba", version="1.0", requires_dist=("numpy",), source=MetadataSource.WHEEL, file="a.whl"),
    SdistContents(file="a.tar.gz", setup_py="raise", truncated=("setup_py",)),
)


def test_what_was_put_is_found_by_the_next_program(tmp_path: Path) -> None:
    first = Cache(tmp_path)
    first.put_page(INDEX, NAME, StoredPage(a_page(), 5.0, "mark"))
    first.put_page(INDEX, OTHER, StoredPage(Absent(index=INDEX), 6.0))
    for key, fact in enumerate(FACTS):
        first.put_fact(str(key), fact, 5.0)
    first.close()
    second = Cache(tmp_path)
    pages = second.pages(INDEX, [NAME, OTHER, NormalizedName("scipy")])
    facts = second.facts(["0", "1", "2"])
    second.close()
    assert set(pages) == {NAME, OTHER}
    assert pages[OTHER] == StoredPage(Absent(index=INDEX), 6.0)
    assert (pages[NAME].fetched, pages[NAME].etag) == (5.0, "mark")
    assert tuple(facts[str(key)] for key in range(2)) == FACTS
    assert "2" not in facts


def test_a_stored_listing_is_the_listing_and_decodes_no_file_before_it_is_looked_at(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    kept = cache.put_page(INDEX, NAME, StoredPage(a_page(), 5.0))
    cache.flush()
    stored = cache.pages(INDEX, [NAME])[NAME].page
    cache.close()
    for listing in (kept, stored):
        assert isinstance(listing, Listing)
        assert listing.touched == frozenset()
        assert listing.table.serial == 7
        assert [listing.files(place) for place in range(2)] == [a_page().files(place) for place in range(2)]


def test_a_page_of_one_index_is_not_that_of_another(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put_page(INDEX, NAME, StoredPage(a_page(), 5.0))
    cache.flush()
    assert cache.pages("https://other.example/simple", [NAME]) == {}
    cache.close()


def test_more_names_than_one_query_holds(tmp_path: Path) -> None:
    names = [NormalizedName(f"p{number}") for number in range(1203)]
    cache = Cache(tmp_path)
    for name in names:
        cache.put_page(INDEX, name, StoredPage(Absent(index=INDEX), 1.0))
    cache.flush()
    assert set(cache.pages(INDEX, names)) == set(names)
    cache.close()


def test_a_page_that_still_holds_gets_younger(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put_page(INDEX, NAME, StoredPage(a_page(), 5.0, "mark"))
    cache.renew(INDEX, NAME, 9.0)
    cache.flush()
    stored = cache.pages(INDEX, [NAME])[NAME]
    cache.close()
    assert (stored.fetched, stored.etag) == (9.0, "mark")


@pytest.mark.parametrize("failure", Failure)
def test_no_failure_is_remembered(failure: Failure) -> None:
    cache = Cache(None)
    cache.put_fact("key", Unavailable(failure=failure, file="a.whl"), 1.0)
    cache.flush()
    assert cache.facts(["key"]) == {}
    cache.close()


def test_facts_are_distinguished_by_kind_digest_and_context() -> None:
    file, changed = a_file("1.0"), a_file("1.0", uploaded="2024-01-01T00:00:00Z")
    keys = {
        fact_key("metadata", file), fact_key("built", file), fact_key("built", file, context="3.10"),
        fact_key("metadata", changed),
    }  # fmt: skip
    assert len(keys) == 4


def database(folder: Path) -> Path:
    (path,) = folder.glob("*.sqlite3")
    return path


def fill(folder: Path) -> Path:
    cache = Cache(folder)
    cache.put_page(INDEX, NAME, StoredPage(a_page(), 5.0))
    cache.put_fact("key", FACTS[0], 5.0)
    cache.close()
    return database(folder)


@pytest.mark.parametrize("keep", [0, 1000])
def test_a_broken_file_is_moved_aside_and_a_fresh_one_made(tmp_path: Path, keep: int) -> None:
    path = fill(tmp_path)
    path.write_bytes(path.read_bytes()[:keep] + b"no database" * 20_000)
    cache = Cache(tmp_path)
    assert cache.pages(INDEX, [NAME]) == {}
    cache.put_page(INDEX, NAME, StoredPage(a_page(), 6.0))
    cache.close()
    again = Cache(tmp_path)
    assert set(again.pages(INDEX, [NAME])) == {NAME}
    again.close()
    assert path.with_suffix(".corrupt").exists()


def test_a_record_that_is_none_is_a_miss(tmp_path: Path) -> None:
    path = fill(tmp_path)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE page SET listing = ?", (b"\xc1",))
        db.execute("UPDATE fact SET fact = 'text'")
    db.close()
    cache = Cache(tmp_path)
    assert cache.pages(INDEX, [NAME]) == {}
    assert cache.facts(["key"]) == {}
    cache.close()


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, 2**20), value=st.integers(0, 255))
def test_a_disk_that_gives_back_other_bytes_costs_what_they_held_and_gives_no_other_answer(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int
) -> None:
    path = fill(tmp_path_factory.mktemp("damaged"))
    body = bytearray(path.read_bytes())
    body[place % len(body)] = value
    path.write_bytes(body)
    cache = Cache(path.parent)
    pages, facts = cache.pages(INDEX, [NAME]), cache.facts(["key"])
    cache.close()
    for stored in pages.values():
        assert isinstance(stored.page, Listing)
        assert [stored.page.files(number) for number in range(2)] == [a_page().files(number) for number in range(2)]
    assert facts in ({}, {"key": FACTS[0]})


FILLING = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
from pathlib import Path
from backtrail.index.cache import Cache, StoredPage
from backtrail.model.files import Absent
cache = Cache(Path(sys.argv[1]))
for number in range(200):
    cache.put_page("https://index.example/simple", f"p{number}", StoredPage(Absent(index="x" * 20), 1.0, "mark" * 200))
    cache.flush()
assert len(cache.pages("https://index.example/simple", ["p0"])) < 2
cache.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits are of POSIX")
@pytest.mark.parametrize("room", [0, 70_000, 300_000])
def test_a_full_disk_costs_what_has_no_room(tmp_path: Path, room: int) -> None:
    subprocess.run([sys.executable, "-c", FILLING, str(tmp_path), str(room)], check=True)
    fill(tmp_path)
    cache = Cache(tmp_path)
    assert set(cache.pages(INDEX, [NAME])) == {NAME}
    assert all(page.etag == "mark" * 200 for page in cache.pages(INDEX, [NormalizedName("p7")]).values())
    cache.close()


@pytest.mark.skipif(sys.platform == "win32", reason="modes are of POSIX")
def test_what_is_kept_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = fill(tmp_path / "all" / "ours")
    cache = Cache(path.parent)
    beside = {each.name: each.stat().st_mode & 0o777 for each in path.parent.iterdir()}
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert set(beside.values()) == {0o600}
    assert len(beside) == 3  # with what SQLite writes ahead, and its index
    cache.close()


def test_no_secret_of_a_url_is_kept_but_in_the_page_that_needs_it(tmp_path: Path) -> None:
    entries = [
        {"url": "https://anna:hunter2@files.example/numba-1.0.tar.gz", "yanked": "see https://anna:hunter2@x.example/"},
        {"url": "https://an\\u0040na:hunter2@files.example/numba-2.0.tar.gz"},
    ]
    body = json.dumps({"files": entries, "meta": {"by": "https://anna:hunter2@x.example/"}}).encode()
    page = parse_page(body, JSON, f"{INDEX}/numba/?token=hunter2", NAME, INDEX, 5.0)
    assert isinstance(page, ProjectPage)
    cache = Cache(tmp_path)
    cache.put_page(INDEX, NAME, StoredPage(page, 5.0))
    file = page.files(0)[0]
    cache.put_fact(fact_key("sdist", msgspec.structs.replace(file, url=f"{file.url}?token=hunter2")), FACTS[1], 5.0)
    cache.flush()
    assert set(cache.pages(INDEX, [NAME])) == {NAME}
    cache.close()
    assert (file.url, file.yanked) == ("https://files.example/numba-1.0.tar.gz", "see https://x.example/")
    assert b"hunter2" not in database(tmp_path).read_bytes()


def test_a_folder_nobody_can_write_costs_only_the_memory_of_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = Cache(tmp_path / "file" / "cache")
    cache.put_page(INDEX, NAME, StoredPage(a_page(), 5.0))
    cache.flush()
    assert set(cache.pages(INDEX, [NAME])) == {NAME}
    cache.close()


def test_two_programs_share_the_file(tmp_path: Path) -> None:
    one, two = Cache(tmp_path), Cache(tmp_path)
    one.put_page(INDEX, NAME, StoredPage(a_page(), 5.0))
    two.put_page(INDEX, OTHER, StoredPage(Absent(index=INDEX), 5.0))
    one.flush()
    two.flush()
    assert set(one.pages(INDEX, [NAME, OTHER])) == set(two.pages(INDEX, [NAME, OTHER])) == {NAME, OTHER}
    one.close()
    two.close()


def test_a_locked_file_costs_this_access_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backtrail.index.cache._PATIENCE", 0.0)
    path = fill(tmp_path)
    cache = Cache(tmp_path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    cache.put_fact("new", FACTS[0], 5.0)
    cache.flush()
    other.execute("ROLLBACK")
    other.close()
    cache.put_fact("newer", FACTS[0], 5.0)
    cache.flush()
    assert set(cache.facts(["new", "newer", "key"])) == {"newer", "key"}
    cache.close()


def test_prune_drops_what_is_old_and_clear_everything(tmp_path: Path) -> None:
    fill(tmp_path)
    cache = Cache(tmp_path)
    cache.put_fact("young", FACTS[1], 100 * DAY)
    cache.close()
    (tmp_path / "index-v0.sqlite3").write_bytes(b"of an older layout")
    (tmp_path / "mine.txt").write_text("not the cache's")
    assert prune(tmp_path, days=30, now=110 * DAY) > 0
    cache = Cache(tmp_path)
    assert cache.pages(INDEX, [NAME]) == {}
    assert set(cache.facts(["young", "key"])) == {"young"}
    cache.close()
    assert clear(tmp_path) > 0
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert (prune(tmp_path), clear(tmp_path / "none")) == (0, 0)


def test_the_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKTRAIL_CACHE_DIR", str(tmp_path))
    assert default_folder() == tmp_path
    monkeypatch.delenv("BACKTRAIL_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder().name == "backtrail"
