"""The live source on a loopback index: what is asked, what is answered, what is remembered, what is never shown."""

import itertools
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from packaging.utils import NormalizedName, canonicalize_name

from backtrail import bounds
from backtrail.index import DEFAULT_INDEX
from backtrail.index.cache import Cache
from backtrail.index.network import fetch, transport
from backtrail.model.errors import IndexFailure, InputError
from backtrail.model.files import Absent, File, FileKind, Listing, Unreadable
from backtrail.model.metadata import Failure, Metadata, MetadataSource, SdistContents, Unavailable
from backtrail.model.policy import Policy
from backtrail.model.requirement import Requirement
from backtrail.sources.live import LiveSource
from backtrail.sources.prefetch import Scout
from support.canned import canned, reply
from support.clients import both_clients
from support.loopback import HTML_PAGE, JSON_PAGE, Loopback
from support.ours import question_of
from support.worlds import Project, Question, World, release, sdist_bytes, wheel_bytes

pytestmark = both_clients

FLASK = NormalizedName("flask")
WHEEL = "flask-2.0-py3-none-any.whl"
SDIST = "flask-2.0.tar.gz"
SECRET = "hunter2"

WORLD = World(
    name="small",
    projects=(
        Project(
            name="Flask",
            releases=(release("flask", "1.0", "click"), release("flask", "2.0", "click>=8", "jinja2", sdist=True)),
        ),
        *(Project(name=f"p{n}", releases=(release(f"p{n}", "1.0", f"p{n + 1}"),)) for n in range(8)),
    ),
    question=Question(requirements=("flask",)),
)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setattr(transport, "PAUSE", 0.001)


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@contextmanager
def live(folder: Path | None = None, **options: Any) -> Iterator[LiveSource]:
    with LiveSource(Cache(folder), **options) as source:
        yield source


def listing(source: LiveSource, index: str, name: NormalizedName = FLASK) -> Listing:
    page = source.page(index, name)
    assert isinstance(page, Listing), page
    return page


def newest(source: LiveSource, index: str, name: NormalizedName = FLASK, kind: FileKind = FileKind.WHEEL) -> File:
    page = listing(source, index, name)
    return next(file for file in page.files(len(page.versions) - 1) if file.kind is kind)


def metadata(source: LiveSource, file: File) -> Metadata:
    found = source.metadata(file)
    assert isinstance(found, Metadata), found
    return found


# Pages


@pytest.mark.parametrize("kind", [JSON_PAGE, HTML_PAGE, "text/html"])
def test_a_page_is_read_in_every_format(server: Loopback, kind: str) -> None:
    index = server.mount(WORLD, formats=[kind])
    with live() as source:
        page = listing(source, index)
        assert page.versions == ("1.0", "2.0")
        assert newest(source, index).url == f"{server.url}/files/{WHEEL}"
        assert source.page(index, FLASK) is page
    assert server.asked("/simple/flask/") == 1


@pytest.mark.parametrize("status", [404, 410])
def test_a_project_that_is_not_there_is_absent(server: Loopback, status: int) -> None:
    index = server.mount(WORLD, statuses={"nothing": status})
    with live() as source:
        assert source.page(index, NormalizedName("nothing")) == Absent(index=index)


@pytest.mark.parametrize(
    ("status", "reason", "asked"),
    [(401, "unauthorized", 1), (403, "forbidden", 1), (418, "status", 1), (500, "status", 3)],
)
def test_a_page_that_is_refused_is_unknown_not_absent(server: Loopback, status: int, reason: str, asked: int) -> None:
    index = server.mount(WORLD, statuses={"flask": status})
    with live() as source:
        assert source.page(index, FLASK) == Unreadable(index=index, reason=reason, status=status)
    assert server.asked("/simple/flask/") == asked


@pytest.mark.parametrize(
    ("content_type", "body", "reason"),
    [
        (JSON_PAGE, b'{"files": [', "malformed"),
        (JSON_PAGE, b"<html>", "malformed"),
        ("text/plain", b"", "content-type"),
    ],
)
def test_a_page_that_is_none_is_unknown(server: Loopback, content_type: str, body: bytes, reason: str) -> None:
    server.put("/simple/flask/", content_type, body)
    with live() as source:
        page = source.page(f"{server.url}/simple", FLASK)
    assert isinstance(page, Unreadable)
    assert page.reason == reason


def test_a_page_cut_short_or_beyond_its_bound_or_unreachable_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "PAGE", 1000)
    good = reply(200, b'{"files": []}' + b" " * 500, Content_Type=JSON_PAGE)
    with canned({"/s/cut/": good[:-5], "/s/long/": reply(200, b"x" * 1001)}) as there, live() as source:
        index = f"{there.url}/s"
        names = ("cut", "long", "gone")
        pages = [
            source.page(index if name != "gone" else "http://127.0.0.1:1/s", canonicalize_name(name)) for name in names
        ]
    assert [page.reason for page in pages if isinstance(page, Unreadable)] == ["network", "too-large", "network"]


def test_hints_fetch_ahead_and_nothing_is_asked_twice(server: Loopback) -> None:
    index = server.mount(WORLD)
    names = [canonicalize_name(project.name) for project in WORLD.projects]
    with live() as source:
        source.want_pages(index, names)
        source.want_pages(index, [*names, *names])
        for name in names:
            source.want_metadata([newest(source, index, name)] * 2)
            source.want_metadata(listing(source, index, name).files(0))
        for name in names:
            metadata(source, newest(source, index, name))
    assert [request.path for request in server.requests] != []
    assert all(server.asked(request.path) == 1 for request in server.requests)


def test_the_order_of_arrival_changes_no_answer(server: Loopback, tmp_path: Path) -> None:
    answers = []
    names = [canonicalize_name(project.name) for project in WORLD.projects]
    for turn in range(3):
        index = server.mount(WORLD, core_metadata=turn != 2)
        for place, name in enumerate(names):
            server.delays[f"/simple/{name}/"] = 0.01 * ((place * 7 + turn * 3) % 5)
        with live(tmp_path / str(turn)) as source:
            source.want_pages(index, names[:: (-1) ** turn])
            found = []
            for name in names:
                file = newest(source, index, name)
                source.want_metadata([file])
                found.append((file.filename, metadata(source, file).requires_dist))
            answers.append(found)
    assert answers[0] == answers[1] == answers[2]


# Age


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_a_page_is_taken_from_the_cache_while_it_is_young(server: Loopback, tmp_path: Path) -> None:
    index, clock = server.mount(WORLD), Clock()
    nothing = NormalizedName("nothing")
    for age, expected in [(0, 1), (599, 1), (601, 2), (602, 2)]:
        clock.now = Clock.now + age
        with live(tmp_path, clock=clock) as source:
            source.want_pages(index, [FLASK])
            assert listing(source, index).versions == ("1.0", "2.0")
            assert source.page(index, nothing) == Absent(index=index)
        assert (server.asked("/simple/flask/"), server.asked("/simple/nothing/")) == (expected, expected)
    # The second time the server was asked whether the page had changed, and it had not.
    assert [request.status for request in server.requests if request.path == "/simple/flask/"] == [200, 304]


def test_refresh_asks_again_and_sees_what_changed(server: Loopback, tmp_path: Path) -> None:
    index = server.mount(WORLD)
    with live(tmp_path) as source:
        listing(source, index)
    changed = b'{"files": [{"filename": "flask-3.0.tar.gz", "url": "flask-3.0.tar.gz", "hashes": {}}]}'
    server.put("/simple/flask/", JSON_PAGE, changed)
    with live(tmp_path) as source:
        assert listing(source, index).versions == ("1.0", "2.0")
    with live(tmp_path, refresh=True) as source:
        assert listing(source, index).versions == ("3.0",)
    with live(tmp_path) as source:
        assert listing(source, index).versions == ("3.0",)


def test_a_page_that_lost_all_its_files_is_asked_for_again_and_not_taken_from_before(
    server: Loopback, tmp_path: Path
) -> None:
    index = server.mount(WORLD)
    with live(tmp_path) as source:
        listing(source, index)
    server.put("/simple/flask/", JSON_PAGE, b'{"files": []}')
    for refresh in (True, False):
        with live(tmp_path, refresh=refresh) as source:
            assert listing(source, index).versions == ()


def test_offline_takes_any_age_and_asks_nobody(server: Loopback, tmp_path: Path) -> None:
    index, clock = server.mount(WORLD), Clock()
    with live(tmp_path, clock=clock) as source:
        first = metadata(source, newest(source, index))
        old = listing(source, index).files(0)[0]
    before = len(server.requests)
    clock.now += 1e9
    with live(tmp_path, clock=clock, offline=True) as source:
        source.want_pages(index, [FLASK, NormalizedName("nothing")])
        source.want_metadata([old])
        assert metadata(source, newest(source, index)) == first
        assert source.metadata(old) == Unavailable(failure=Failure.OFFLINE, file=old.filename)
        assert source.page(index, NormalizedName("p0")) == Unreadable(index=index, reason="offline")
        with pytest.raises(IndexFailure):
            source.links(f"{server.url}/links", FLASK)
    assert len(server.requests) == before


def test_a_warm_run_starts_neither_an_event_loop_nor_an_http_client(server: Loopback, tmp_path: Path) -> None:
    index = server.mount(WORLD)
    with live(tmp_path) as source:
        metadata(source, newest(source, index))
    program = f"""
import sys
from pathlib import Path
from backtrail.index.cache import Cache
from backtrail.sources.live import LiveSource
with LiveSource(Cache(Path({str(tmp_path)!r}))) as source:
    source.want_pages({index!r}, ["flask"])
    page = source.page({index!r}, "flask")
    source.want_metadata(page.files(1)[:1])
    print(source.metadata(page.files(1)[0]).requires_dist, {{"asyncio", "httpx", "ssl"}} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "('click>=8', 'jinja2') set()\n"


# Metadata


def test_advertised_metadata_is_read_and_the_wheel_left_alone(server: Loopback) -> None:
    index = server.mount(WORLD)
    with live() as source:
        found = metadata(source, newest(source, index))
    assert (found.requires_dist, found.source) == (("click>=8", "jinja2"), MetadataSource.METADATA_FILE)
    assert server.asked(f"/files/{WHEEL}") == 0


def test_metadata_that_is_not_advertised_is_read_out_of_the_wheel(server: Loopback) -> None:
    index = server.mount(WORLD, core_metadata=False)
    server.put(f"/files/{WHEEL}.metadata", "text/plain", b"Name: flask\nVersion: 2.0\nRequires-Dist: other\n")
    with live() as source:
        found = metadata(source, newest(source, index))
    assert (found.requires_dist, found.source) == (("click>=8", "jinja2"), MetadataSource.WHEEL)
    assert [(request.path, request.status) for request in server.requests[1:]] == [(f"/files/{WHEEL}", 206)]


@pytest.mark.parametrize("hashes", [True, False])
def test_a_server_without_parts_gives_the_whole_wheel(server: Loopback, hashes: bool) -> None:
    index = server.mount(WORLD, core_metadata=False, ranges=False, hashes=hashes)
    with live() as source:
        for name in (FLASK, NormalizedName("p0")):
            assert metadata(source, newest(source, index, name)).source is MetadataSource.WHEEL
    # Known by then: the second wheel is asked for whole.
    assert "range" not in server.requests[-1].headers


def test_how_long_a_tail_tells_all_is_learned_from_the_first_wheel_of_a_project(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "TAIL", 50)
    index = server.mount(WORLD, core_metadata=False)
    with live() as source:
        new, old = (listing(source, index).files(place)[0] for place in (1, 0))
        assert [metadata(source, file).requires_dist for file in (new, old)] == [("click>=8", "jinja2"), ("click",)]
    assert server.asked(f"/files/{new.filename}") > 1
    assert server.asked(f"/files/{old.filename}") == 1


def test_a_whole_wheel_beyond_the_bound_is_not_read(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "MAX_WHEEL", 100)
    index = server.mount(WORLD, core_metadata=False, ranges=False)
    with live() as source:
        found = source.metadata(newest(source, index))
    assert isinstance(found, Unavailable)
    assert found.failure is Failure.TOO_LARGE


def test_metadata_of_another_digest_is_refused(server: Loopback, tmp_path: Path) -> None:
    index = server.mount(WORLD)
    server.put(f"/files/{WHEEL}.metadata", "text/plain", b"Name: flask\nVersion: 2.0\n")
    for _ in range(2):  # and not remembered: the next run looks again
        with live(tmp_path) as source:
            found = source.metadata(newest(source, index))
        assert isinstance(found, Unavailable)
        assert found.failure is Failure.HASH
    assert server.asked(f"/files/{WHEEL}.metadata") == 2


@pytest.mark.parametrize("ranges", [True, False])
def test_a_wheel_or_sdist_of_another_digest_is_refused_if_it_was_read_whole(server: Loopback, ranges: bool) -> None:
    index = server.mount(WORLD, core_metadata=False, ranges=ranges, hashes=True)
    other = b"Metadata-Version: 2.2\nName: flask\nVersion: 2.0\n"
    server.put(f"/files/{WHEEL}", "x/y", wheel_bytes(WHEEL, other))
    server.put(f"/files/{SDIST}", "x/y", sdist_bytes(SDIST, other), ranges=ranges)
    with live() as source:
        answers = [source.metadata(newest(source, index)), source.sdist(newest(source, index, kind=FileKind.SDIST))]
    assert [answer.failure for answer in answers if isinstance(answer, Unavailable)] == [Failure.HASH] * 2


@pytest.mark.parametrize(("status", "asked"), [(404, 1), (403, 1), (500, 3)])
def test_advertised_metadata_that_is_refused_is_unknown(server: Loopback, status: int, asked: int) -> None:
    index = server.mount(WORLD)
    server.statuses[f"/files/{WHEEL}.metadata"] = status
    with live() as source:
        found = source.metadata(newest(source, index))
    assert found == Unavailable(failure=Failure.STATUS, file=WHEEL, status=status)
    assert server.asked(f"/files/{WHEEL}.metadata") == asked


def test_a_wheel_that_is_none_is_asked_for_by_each_run(server: Loopback, tmp_path: Path) -> None:
    index = server.mount(WORLD, core_metadata=False)
    server.put(f"/files/{WHEEL}", "x/y", b"no zip", ranges=True)
    for run in range(1, 3):
        with live(tmp_path) as source:
            for _ in range(2):
                found = source.metadata(newest(source, index))
                assert isinstance(found, Unavailable)
                assert found.failure is Failure.STRUCTURE
        assert server.asked(f"/files/{WHEEL}") == run


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("step", [50, 100_000])
def test_an_sdist_is_read_from_its_beginning(
    server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ranges: bool, step: int
) -> None:
    for part in ("_SDIST_HEAD", "_SDIST_STEP"):
        monkeypatch.setattr(fetch, part, step)
    index = server.mount(WORLD, ranges=ranges, hashes=True)
    for _ in range(2):
        with live(tmp_path) as source:
            file = newest(source, index, kind=FileKind.SDIST)
            source.want_metadata([file])
            found = source.sdist(file)
        assert isinstance(found, SdistContents)
        assert "Requires-Dist: click>=8" in (found.pkg_info or "")
    in_parts = ranges and step == 50
    assert (server.asked(f"/files/{SDIST}") > 1) is in_parts


# What the user brings


def stand_in(version: str) -> Metadata:
    return Metadata(name="Flask", version=version, requires_dist=("werkzeug",), source=MetadataSource.STAND_IN)


def test_a_stand_in_speaks_for_its_version_of_the_project_alone(server: Loopback) -> None:
    index = server.mount(WORLD)
    with live(stand_ins=[stand_in("2.0.0")]) as source:
        wheel, sdist = newest(source, index), newest(source, index, kind=FileKind.SDIST)
        assert source.metadata(wheel) == source.build(sdist) == stand_in("2.0.0")
        assert source.sdist(sdist) == SdistContents(file=SDIST)
        assert metadata(source, listing(source, index).files(0)[0]).requires_dist == ("click",)
    assert server.asked(f"/files/{WHEEL}.metadata") == 0


def test_a_direct_reference_is_answered_by_a_stand_in_or_by_the_reader() -> None:
    flask = Requirement(name=FLASK, url="git+https://index.example/flask", text="flask @ git+…")
    other = Requirement(
        name=NormalizedName("other"), url=f"https://anna:{SECRET}@index.example/o.whl", text="other @ …"
    )
    read = Metadata(name="other", version="1", source=MetadataSource.WHEEL)
    asked: list[Requirement] = []

    def reader(requirement: Requirement) -> Metadata:
        asked.append(requirement)
        return read

    with live(stand_ins=[stand_in("9")], direct=reader) as source:
        assert (source.direct(flask), source.direct(other), source.direct(other)) == (stand_in("9"), read, read)
    with live() as source:
        unread = source.direct(other)
    assert asked == [other]
    assert isinstance(unread, Unavailable)
    assert SECRET not in repr(unread)


def test_nothing_is_built_unless_the_user_wants_it(server: Loopback, tmp_path: Path) -> None:
    index = server.mount(WORLD)
    built: list[str] = []

    def builder(file: File) -> Metadata:
        built.append(file.filename)
        return Metadata(name="flask", version="2.0", source=MetadataSource.BUILT, file=file.filename)

    with live(tmp_path) as source:
        file = newest(source, index, kind=FileKind.SDIST)
        assert source.build(file) == Unavailable(failure=Failure.BUILD_FORBIDDEN, file=SDIST)
    for context in ("3.10", "3.10", "3.11", None, None):
        with live(tmp_path) as source:
            source.build_with(builder, context=context)
            assert source.build(file) == source.build(file)
    assert len(built) == 4


def test_credentials_are_used_and_never_shown(server: Loopback) -> None:
    index = server.mount(WORLD, statuses={"p0": 401})
    host = server.url.removeprefix("http://")
    with live(credentials={index: ("anna", SECRET)}) as source:
        said = [source.page(index, NormalizedName(name)) for name in ("flask", "p0", "none")]
        said += [source.page(f"http://{host.partition(':')[0]}:1/simple", FLASK)]
        metadata(source, newest(source, index))
        assert SECRET not in repr(said)
    assert all("authorization" in request.headers for request in server.requests)


def _not_built(file: File) -> Metadata:
    raise AssertionError(file.filename)


def test_a_file_that_an_https_index_names_by_http_is_not_asked_for(server: Loopback, tmp_path: Path) -> None:
    index, secure = server.mount(WORLD), "https://127.0.0.1/simple"
    with live() as source:
        file = msgspec.structs.replace(newest(source, index), index=secure)
    server.requests.clear()
    with live(credentials={secure: ("anna", SECRET)}) as source:
        source.build_with(_not_built, context=None, downloads=tmp_path)
        found = [source.metadata(file), source.sdist(file), source.download(file)]
    refused = "linked from https to http, which --trusted-host 127.0.0.1 would allow"
    for one in found:
        assert isinstance(one, Unavailable)
        assert (one.failure, one.detail) == (Failure.NETWORK, refused)
    assert server.requests == []
    with live(credentials={secure: ("anna", SECRET)}, trusted_hosts=["127.0.0.1"]) as source:
        metadata(source, file)
    assert not any("authorization" in request.headers for request in server.requests)


def test_a_certificate_file_that_is_none_is_said_at_once(tmp_path: Path) -> None:
    cache = Cache(None)
    with pytest.raises(InputError):
        LiveSource(cache, cert=str(tmp_path / "none.pem"))
    cache.close()


def test_closing_while_a_server_hangs(server: Loopback) -> None:
    index = server.mount(WORLD)
    server.delays["/simple/flask/"] = 60.0
    with live() as source:
        source.want_pages(index, [FLASK])
        assert listing(source, index, NormalizedName("p0")).versions == ("1.0",)
    assert not [thread for thread in threading.enumerate() if thread.name == "crawler"]


# On disk


def test_a_mirror_on_disk_is_an_index(tmp_path: Path) -> None:
    page = tmp_path / "simple" / "flask" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(f'<a href="../../files/{WHEEL}">a</a> <a href="../../files/{SDIST}">b</a>')
    (tmp_path / "files").mkdir()
    text = b"Metadata-Version: 2.2\nName: flask\nVersion: 2.0\nRequires-Dist: click\n"
    (tmp_path / "files" / WHEEL).write_bytes(wheel_bytes(WHEEL, text))
    index = (tmp_path / "simple").as_uri()
    with live(offline=True) as source:
        source.want_pages(index, [FLASK])
        wheel, sdist = newest(source, index), newest(source, index, kind=FileKind.SDIST)
        source.want_metadata([wheel, sdist])
        assert metadata(source, wheel).requires_dist == ("click",)
        missing = source.sdist(sdist)
        assert isinstance(missing, Unavailable)
        assert missing.failure is Failure.NETWORK
        assert source.page(index, NormalizedName("none")) == Absent(index=index)
        nowhere = source.page((tmp_path / "none").as_uri(), FLASK)
        assert isinstance(nowhere, Unreadable)


def filenames(found: Listing) -> list[str]:
    return [file.filename for place in range(len(found.versions)) for file in found.files(place)]


def test_find_links_are_a_folder_a_page_or_an_archive(server: Loopback, tmp_path: Path) -> None:
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name in (WHEEL, SDIST, "flask-1.0.zip", "other-1.0.zip", "README.txt"):
        (folder / name).write_bytes(b"")
    page = tmp_path / "links.html"
    page.write_text(f'<a href="wheels/{WHEEL}#sha256=ab">x</a><a href="{server.url}/f/{SDIST}">y</a>')
    server.put("/links", "text/html", f'<a href="f/{WHEEL}">x</a><a href="f/other-1.zip">y</a>'.encode())
    expected = {
        str(folder): ["flask-1.0.zip", WHEEL, SDIST],
        folder.as_uri(): ["flask-1.0.zip", WHEEL, SDIST],
        str(page): [WHEEL, SDIST],
        str(folder / WHEEL): [WHEEL],
        f"{server.url}/links": [WHEEL],
        f"{server.url}/f/{SDIST}": [SDIST],
    }
    with live() as source:
        source.open_links(expected)
        for location, names in expected.items():
            found = source.links(location, FLASK)
            assert (filenames(found), found.index) == (names, location)
            assert all(file.url.startswith(("file:", "http:")) for file in found.files(0))
        nothing = {location: source.links(location, NormalizedName("none")) for location in expected}
    assert not any(map(filenames, nothing.values()))
    # pip stops at any sdist of the network without an upload time, whosever it is.
    undated = {location: [one.filename for one in found.table.skipped] for location, found in nothing.items()}
    strays = {str(page): [SDIST], f"{server.url}/links": ["other-1.zip"], f"{server.url}/f/{SDIST}": [SDIST]}
    assert undated == {location: strays.get(location, []) for location in expected}
    assert server.asked("/links") == 1
    assert server.asked(f"/f/{SDIST}") == 0


@pytest.mark.parametrize("name", ["none", "notes.txt", "latin.html/x"])
def test_find_links_that_are_none_are_the_users_mistake(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.txt").write_text("")
    with live() as source, pytest.raises(InputError, match="find-links"):
        source.links(str(tmp_path / name), FLASK)


def test_find_links_the_network_does_not_give_are_a_failure_without_secrets(server: Loopback) -> None:
    server.put("/text", "text/plain", b"")
    host = server.url.removeprefix("http://")
    with live() as source:
        for location in (f"{host}/none", f"{host}/text", "127.0.0.1:1/"):
            with pytest.raises(IndexFailure, match="find-links") as raised:
                source.links(f"http://anna:{SECRET}@{location}", FLASK)
            assert SECRET not in str(raised.value)


@pytest.mark.live
def test_pypi_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NETRC")
    name = NormalizedName("iniconfig")
    with live() as source:
        page = listing(source, DEFAULT_INDEX, name)
        place = page.position["2.0.0"]
        wheel, sdist = sorted(page.files(place), key=lambda file: file.kind is FileKind.SDIST)
        found, texts = metadata(source, wheel), source.sdist(sdist)
    assert wheel.uploaded == "2023-01-07T11:08:09.864484Z"
    assert (found.name, found.version, found.requires_dist) == ("iniconfig", "2.0.0", ())
    assert isinstance(texts, SdistContents)
    assert texts.pyproject is not None


@pytest.mark.parametrize("marker", ["os_name ~= 'posix'", "sys_platform === 'linux'", "extra ~= 'x'"])
def test_a_marker_that_compares_what_has_no_order_ends_no_run(server: Loopback, marker: str) -> None:
    projects = (Project(name="a", releases=(release("a", "1.0", f"b; {marker}"),)),)
    world = World(name="marked", projects=projects, question=Question(requirements=("a",)))
    index = server.mount(world)
    policy = Policy(tool="uv", release="0.13.9")
    with live(scout=Scout(question_of(world, policy), policy)) as source:
        source.want_pages(index, [NormalizedName("a")])
        found = metadata(source, newest(source, index, NormalizedName("a")))
        source.page(index, NormalizedName("b"))
    assert found.requires_dist == (f"b; {marker}",)


@pytest.mark.parametrize(("wanted", "fits", "read"), [("a<10", 3, range(1, 10)), ("a", 0, range(10, 31))])
def test_below_what_contradicts_a_guess_older_versions_are_read_in_two_steps_or_until_one_fits(
    server: Loopback, wanted: str, fits: int, read: range
) -> None:
    releases = (release("a", f"{number}.0", "b<2" if number > fits else "c") for number in range(1, 31))
    projects = (
        Project(name="a", releases=tuple(releases)),
        Project(name="b", releases=(release("b", "1.0"), release("b", "2.0"))),
    )
    world = World(name="doubt", projects=projects, question=Question(requirements=(wanted, "b")))
    index = server.mount(world)
    policy = Policy(tool="uv", release="0.13.9")
    with live(scout=Scout(question_of(world, policy), policy)) as source:
        source.want_pages(index, [NormalizedName("b")])
        source.page(index, NormalizedName("b"))
        source.want_pages(index, [NormalizedName("a")])
        last = 1000
        for number in itertools.count():
            source.page(index, NormalizedName(f"other-{number}"))
            asked = {n for n in range(1, 31) if server.asked(f"/files/a-{n}.0-py3-none-any.whl.metadata")}
            if last == 1000 and asked >= set(read) and (server.asked("/simple/c/") or not fits):
                last = number + 20  # nothing more comes
            if number == last:
                break
    assert asked == set(read)
    assert bool(server.asked("/simple/c/")) is bool(fits)
