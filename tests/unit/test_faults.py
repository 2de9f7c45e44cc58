"""Servers that misbehave: an answer is right or unknown with its reason, and that of the next run is right."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.utils import NormalizedName

from backtrail import cli
from backtrail.index.cache import Cache
from backtrail.index.network import request_time, transport
from backtrail.model.files import Absent, File, FileKind, Listing, Unreadable
from backtrail.model.metadata import Metadata, SdistContents, Unavailable
from backtrail.sources.live import LiveSource
from support.clients import CLIENTS, both_clients
from support.faulty import ANSWERED, MISBEHAVIOURS, always, moved
from support.loopback import Loopback
from support.worlds import Project, Question, World, release

KINDS = ("page", "metadata", "wheel", "sdist")
"""What a fault befalls: a page, an advertised metadata file, a wheel that is read in parts, an sdist."""

LIB = NormalizedName("lib")
WHEEL = "lib-1.0-py3-none-any.whl"
SDIST = "lib-1.0.tar.gz"

WORLD = World(
    name="faulty",
    projects=(
        Project(name="app", releases=(release("app", "1.0", "lib"),)),
        Project(name="lib", releases=(release("lib", "1.0", "dep", sdist=True),)),
        Project(name="dep", releases=(release("dep", "1.0"),)),
    ),
    question=Question(requirements=("app",)),
)

PATHS = {
    "page": "/simple/lib/", "metadata": f"/files/{WHEEL}.metadata", "wheel": f"/files/{WHEEL}",
    "sdist": f"/files/{SDIST}",
}  # fmt: skip

TIMES = ("stall", "silence", "drip", "dripping head")
"""The faults that only time ends."""

PROGRAMS = [
    (name, kind, client)
    for name, kind, client in zip(MISBEHAVIOURS, itertools.cycle(KINDS[:3]), itertools.cycle(CLIENTS), strict=False)
]
"""Each fault once, and each kind and client with it as often as the other."""


@pytest.fixture(autouse=True)
def _impatient(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "PAUSE", 0.001)
    if getattr(request.node, "callspec", None) and request.node.callspec.params.get("name") in TIMES:
        monkeypatch.setattr(transport, "READ_TIMEOUT", 0.3)
        monkeypatch.setattr(request_time, "PATIENCE", 0.7)


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


Found = Listing | Absent | Unreadable | Metadata | SdistContents | Unavailable


def asked(kind: str, index: str, folder: Path | None) -> Found:
    """What a run on this cache finds; the fault is met by nothing else."""
    with LiveSource(Cache(folder), credentials={index: ("anna", "hunter2")}) as source:
        page = source.page(index, LIB)
        if kind == "page" or not isinstance(page, Listing):
            return page
        wanted = FileKind.SDIST if kind == "sdist" else FileKind.WHEEL
        file: File = next(file for file in page.files(0) if file.kind is wanted)
        return source.sdist(file) if kind == "sdist" else source.metadata(file)


def told(found: Found) -> str:
    match found:
        case Unreadable():
            return f"{found.reason} {found.status} {found.detail}"
        case Unavailable():
            return f"{found.failure.value} {found.status} {found.detail}"
        case Absent():
            return "not found"
        case Listing(versions=()):
            return "no files"
        case _:
            return ""


def same(one: Found, other: Found) -> bool:
    if isinstance(one, Listing) and isinstance(other, Listing):
        return (one.versions, one.files(0)) == (other.versions, other.files(0))
    return one == other


def check(found: Found, good: Found, says: str, kind: str) -> None:
    if says == ANSWERED:
        assert same(found, good), (kind, found)
    else:
        assert re.search(says, told(found), re.IGNORECASE), (kind, told(found), found)
    assert "hunter2" not in told(found)


@both_clients
@pytest.mark.parametrize("name", MISBEHAVIOURS)
def test_what_a_bad_answer_leads_to_and_nothing_of_it_stays(
    server: Loopback, tmp_path: Path, request: pytest.FixtureRequest, name: str
) -> None:
    misbehaviour = MISBEHAVIOURS[name]
    kinds = ("page", "sdist") if name in TIMES else KINDS if "httpx" in request.node.name else ("page", "wheel")
    for kind in kinds:
        index = server.mount(WORLD, core_metadata=kind != "wheel", hashes=True)
        good = asked(kind, index, None)
        assert told(good) == ""
        server.requests.clear()
        server.faults[PATHS[kind]] = misbehaviour.fault
        check(asked(kind, index, tmp_path / kind), good, misbehaviour.says(kind), kind)
        assert len(server.requests) < 20
        server.faults.clear()
        assert same(asked(kind, index, tmp_path / kind), good), kind


@pytest.mark.parametrize(("name", "kind", "_client"), PROGRAMS, indirect=["_client"])
def test_the_program_ends_with_one_true_sentence_and_its_code(
    server: Loopback, capfd: pytest.CaptureFixture[str], name: str, kind: str
) -> None:
    misbehaviour = MISBEHAVIOURS[name]
    index = server.mount(WORLD, core_metadata=kind != "wheel", hashes=True)
    command = ["explain-backtrack", "app", "--isolated", "-i", index, "--resolver", "uv", "--python", "3.11"]
    server.faults[PATHS[kind]] = misbehaviour.fault
    says = misbehaviour.says(kind)
    code = cli.run(command)
    said = capfd.readouterr()
    if says == ANSWERED:
        assert (code, said.err) == (0, "")
        assert "resolves 3 packages" in said.out
    else:
        assert code == 3, said
        assert "is unknown: " in said.out.splitlines()[0]
        assert re.search(says, said.out.splitlines()[0], re.IGNORECASE), said.out
        assert "lib" in said.out.splitlines()[0]
    server.faults.clear()
    assert cli.run(command) == 0
    assert "resolves 3 packages" in capfd.readouterr().out


@both_clients
def test_a_server_that_is_not_there_or_has_no_certificate(capfd: pytest.CaptureFixture[str], server: Loopback) -> None:
    server.mount(WORLD)
    for index in ("http://127.0.0.1:1/simple", server.url.replace("http:", "https:") + "/simple"):
        assert cli.run(["explain-backtrack", "app", "--isolated", "-i", index, "--resolver", "uv"]) == 3
        said = capfd.readouterr()
        assert "is unknown: the page of app on " in said.out
        assert said.err == ""


@both_clients
def test_a_page_that_changes_between_two_reads_is_read_as_it_is_then(server: Loopback, tmp_path: Path) -> None:
    index = server.mount(WORLD)
    assert told(asked("metadata", index, tmp_path)) == ""
    changed = World(
        name="changed",
        projects=(Project(name="lib", releases=(release("lib", "1.0"), release("lib", "2.0"))),),
        question=WORLD.question,
    )
    server.mount(changed)
    for clock, versions in ((1e12, ("1.0", "2.0")), (-1e12, ("1.0", "2.0"))):  # a clock that was set: nothing is fresh
        with LiveSource(Cache(tmp_path), clock=lambda: clock) as source:  # noqa: B023
            page = source.page(index, LIB)
        assert isinstance(page, Listing)
        assert page.versions == versions


@both_clients
def test_credentials_stay_where_they_belong(server: Loopback) -> None:
    with Loopback() as other:
        there = other.mount(WORLD)
        server.mount(WORLD)
        server.faults["/simple/lib/"] = always(moved(f"{there}lib/"))
        index = f"{server.url}/simple/"
        found = asked("metadata", index, None)
    assert isinstance(found, Metadata)
    assert any("authorization" in request.headers for request in server.requests)
    assert other.requests
    assert all("authorization" not in request.headers for request in other.requests)
