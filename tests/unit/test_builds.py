"""Builds beside the solver: what runs side by side, what runs ahead, and that neither is seen in any answer."""

import asyncio
import contextlib
import functools
import itertools
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import Any

import msgspec
import pytest
from packaging.utils import NormalizedName

from backtrail import preparation
from backtrail.index.build.builds import Builds
from backtrail.index.cache import Cache, Fact
from backtrail.index.network import transport
from backtrail.index.network.fetch import Fetcher
from backtrail.inquiry import Asked, Inquiry, answer
from backtrail.model.files import File, FileKind, Listing
from backtrail.model.metadata import Failure, Metadata, MetadataSource, Unavailable
from backtrail.model.policy import Policy
from backtrail.model.requirement import Requirement
from backtrail.model.run import Run
from backtrail.model.trail import Outcome, Read
from backtrail.resolvers.registry import resolve
from backtrail.sources.limited import Rationed
from backtrail.sources.live import LiveSource
from backtrail.sources.prefetch import Scout
from support.building import BACKEND, PATIENCE, PYPROJECT, UV, Shelf
from support.interrupts import PROGRAM, Scene
from support.loopback import Loopback

PIP = Policy(tool="pip", release="26.0")

BUILT = Metadata(name="a", version="1.0", source=MetadataSource.BUILT, file="a-1.0.tar.gz")


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(transport, "PAUSE", 0.001)
    with Loopback() as server:
        yield Shelf(server, tmp_path / "notes")


def on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation, "_will_build", lambda *_: None)


def test_two_builds_run_side_by_side_and_each_once(shelf: Shelf) -> None:
    shelf.sdist("a", "await_note('b')")
    shelf.sdist("b", "await_note('a')")
    run = shelf.run("a", "b")
    assert run.outcome is Outcome.SOLVED
    assert sorted(shelf.noted()) == ["a", "b"]
    assert [shelf.server.asked(f"/files/{name}-1.0.tar.gz") for name in "ab"] == [1, 1]


def test_the_crawl_goes_on_during_a_build(shelf: Shelf) -> None:
    chain = [NormalizedName(f"p{number}") for number in range(5)]

    class Follow:
        def files(self, listing: Listing) -> list[File]:
            return [listing.files(0)[0]]

        def requirements(self, name: NormalizedName, metadata: Metadata) -> list[Requirement]:  # noqa: ARG002
            following = chain[chain.index(name) + 1 :][:1]
            return [Requirement(name=one, text=one) for one in following]

        def contradicts(self, requirement: Requirement) -> bool:  # noqa: ARG002
            return False

        def narrowed(self, listing: Listing, requirement: Requirement) -> list[File]:  # noqa: ARG002
            return []

        def older(self, listing: Listing, version: str) -> list[File]:  # noqa: ARG002
            return []

        def walked(self, listing: Listing, file: File, metadata: Metadata) -> list[File | Metadata]:  # noqa: ARG002
            return []

    def builder(_: File) -> Metadata:
        ends = time.monotonic() + PATIENCE
        while not shelf.server.asked(f"/simple/{chain[-1]}/"):
            assert time.monotonic() < ends, "the crawl stands still"
            time.sleep(0.01)
        return BUILT

    for name in chain:
        shelf.wheel(name)
    with LiveSource(Cache(None), scout=Follow()) as source:
        source.build_with(builder, context=None)
        source.want_pages(shelf.index, chain[:1])
        found = source.build(File(filename="a-1.0.tar.gz", url="http://x/a", version="1.0", kind=FileKind.SDIST))
    assert isinstance(found, Metadata)


def test_while_a_build_is_waited_for_what_comes_after_it_is_read(shelf: Shelf) -> None:
    shelf.legacy("a")
    shelf.wheel("b", "2.0", "c>=2")
    shelf.wheel("b", "1.0", "e")
    shelf.wheel("c")
    shelf.wheel("e")
    question = shelf.question("a", "b", "c<2")

    def builder(_: File) -> Metadata:
        ends = time.monotonic() + PATIENCE
        while not shelf.server.asked("/simple/e/"):  # nobody guesses that: b 2.0 has to be refused first
            assert time.monotonic() < ends, "it is not asked for"
            time.sleep(0.01)
        return BUILT

    with LiveSource(Cache(None), scout=Scout(question, UV)) as source:
        source.build_with(
            builder, context=None, meanwhile=functools.partial(preparation._read_on, question, UV, source)
        )
        run = resolve(question, UV, source)
    assert {pin.name: pin.version for pin in run.pins} == {"a": "1.0", "b": "1.0", "c": "1.0", "e": "1.0"}


def test_a_run_that_goes_ahead_ends_when_what_it_is_ahead_of_does(shelf: Shelf) -> None:
    shelf.wheel("a")
    build: Future[Fact] = Future()
    with LiveSource(Cache(None)) as source:
        ahead = source.beside(until=build)
        page = ahead.page(shelf.index, NormalizedName("a"))
        assert isinstance(page, Listing)
        build.set_result(BUILT)
        for ask in (lambda: ahead.page(shelf.index, NormalizedName("a")), lambda: ahead.metadata(page.files(0)[0])):
            with pytest.raises(CancelledError):
                ask()


def test_a_source_tree_is_built_once_though_a_run_goes_ahead(shelf: Shelf, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "pyproject.toml").write_text(
        PYPROJECT.format(requires=[]) + '[project]\nname = "tree"\ndynamic = ["version"]\n'
    )
    backend = BACKEND.format(notes=str(shelf.notes), patience=PATIENCE, name="tree", first="pass", more=[])
    (tree / "backend.py").write_text(backend)
    shelf.sdist("a", "time.sleep(0.5)")
    assert shelf.run(f"tree @ {tree.as_uri()}", "a").outcome is Outcome.SOLVED
    assert sorted(shelf.noted()) == ["a", "tree"]


def test_what_a_build_asks_for_is_downloaded_while_its_metadata_is_read(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.sdist("a", requires=("helper",))
    shelf.wheel("helper")
    wheel = "/files/helper-1.0-py3-none-any.whl"
    fetched = Fetcher.metadata

    async def late(self: Fetcher, file: File) -> Metadata | Unavailable:
        if file.filename in wheel:
            ends = time.monotonic() + PATIENCE
            while not any(
                request.path == wheel and "range" not in request.headers for request in shelf.server.requests
            ):
                assert time.monotonic() < ends, "it is not downloaded"
                await asyncio.sleep(0.01)
        return await fetched(self, file)

    monkeypatch.setattr(Fetcher, "metadata", late)
    assert shelf.run("a").outcome is Outcome.SOLVED
    assert [request.headers.get("range") for request in shelf.server.requests if request.path == wheel].count(None) == 1


@pytest.mark.parametrize(
    ("first", "more", "outcome"),
    [
        ("pass", (), Outcome.SOLVED),
        ("pass", ("helper",), Outcome.SOLVED),
        ("pass", ("nowhere",), Outcome.ABORTED),
        ("raise RuntimeError('no compiler')", (), Outcome.ABORTED),
    ],
)
def test_what_was_built_ahead_is_what_is_built_on_demand(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, first: str, more: Sequence[str], outcome: Outcome
) -> None:
    shelf.sdist("a", first, more=more)
    shelf.wheel("helper")
    question = shelf.question("a")
    with shelf.opened(question) as source:
        shelf.crawl(source, "a", until=lambda: bool(shelf.noted()))
        ahead = resolve(question, UV, source)
    assert shelf.noted() == ["a"]
    on_demand(monkeypatch)
    assert shelf.run("a") == ahead
    assert shelf.noted() == ["a", "a"]
    assert ahead.outcome is outcome


def test_builds_are_made_ready_for_when_a_project_is_new_and_not_again(shelf: Shelf, tmp_path: Path) -> None:
    shelf.sdist("a")
    question = shelf.question("a")
    asked = []
    for _ in range(2):
        made: list[str] = []
        with LiveSource(Cache(tmp_path)) as source:
            source.build_with(lambda _: BUILT, context="x", prepare=[functools.partial(made.append, "venv")])
            assert resolve(question, UV, source).outcome is Outcome.SOLVED
        asked.append(made)
    assert asked == [["venv"], []]


def test_an_sdist_that_speaks_for_itself_is_not_built_ahead(shelf: Shelf) -> None:
    shelf.sdist("a", static=True)
    shelf.sdist("b")
    with shelf.opened(shelf.question("a", "b")) as source:
        shelf.crawl(source, "a", until=lambda: bool(shelf.server.asked("/files/a-1.0.tar.gz")))
        shelf.crawl(source, "b", until=lambda: bool(shelf.noted()))
    assert shelf.noted() == ["b"]


@pytest.mark.parametrize(
    ("policy", "resolution", "ahead"),
    [(UV, "highest", ["a-1.0.tar.gz"]), (UV, "lowest", []), (UV, "lowest-direct", []), (PIP, "highest", [])],
)
def test_nothing_is_built_ahead_that_the_resolver_may_never_build(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, policy: Policy, resolution: str, ahead: list[str]
) -> None:
    begun: list[str] = []
    monkeypatch.setattr(Builds, "ahead", lambda _, file: begun.append(file.filename))
    shelf.sdist("a")
    question = shelf.question("a", policy=policy)
    options = msgspec.structs.replace(question.options, resolution=resolution)
    looked = itertools.count()
    with shelf.opened(msgspec.structs.replace(question, options=options), policy) as source:
        shelf.crawl(source, "a", until=lambda: bool(shelf.server.asked("/files/a-1.0.tar.gz")))
        shelf.crawl(source, "others", until=lambda: next(looked) >= 20 and len(begun) >= len(ahead))
    assert begun == ahead


def test_a_build_that_is_not_asked_for_is_called_off_at_the_end(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    shelf.sdist("a", "time.sleep(600)")
    with contextlib.suppress(KeyboardInterrupt), shelf.opened(shelf.question("a")) as source:
        shelf.crawl(source, "a", until=lambda: (shelf.notes / "a").exists() and bool((shelf.notes / "a").read_text()))
        raise KeyboardInterrupt
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("build-")]
    assert list(scratch.iterdir()) == []
    if sys.platform != "win32":
        with pytest.raises(ProcessLookupError):
            os.kill(int((shelf.notes / "a").read_text()), 0)


def test_a_build_that_waits_for_a_server_that_hangs_is_called_off_at_the_end(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.sdist("a", requires=["helper"])
    shelf.server.delays["/simple/helper/"] = 600.0
    hanging = threading.Event()

    def noticed(*asked: Any, **options: Any) -> Run:
        hanging.set()
        return resolve(*asked, **options)

    monkeypatch.setattr("backtrail.preparation.resolve", noticed)
    with shelf.opened(shelf.question("a")) as source:
        shelf.crawl(source, "a", until=hanging.is_set)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("build-")]
    assert shelf.noted() == []


def test_nothing_is_built_that_nobody_asked_for(shelf: Shelf) -> None:
    """A set without an answer: what uv refuses at once, pip's way to look for one would build for ten minutes."""
    shelf.sdist("a", "time.sleep(600)")
    shelf.wheel("c")
    question = shelf.question("a", "c==9")
    began = time.monotonic()
    with shelf.opened(question) as source:
        shelf.crawl(source, "a", until=lambda: bool(shelf.noted()))
        told = answer(Inquiry(asked=(Asked(policy=UV, question=question),), solves=True, budget=8), source)
    assert told.runs[0].outcome is Outcome.IMPOSSIBLE
    assert "build" not in {event.what for event in told.runs[0].trail if isinstance(event, Read)}
    assert time.monotonic() - began < PATIENCE


def test_what_was_begun_ahead_is_killed_when_the_resolver_has_its_answer(shelf: Shelf) -> None:
    shelf.sdist("a", "time.sleep(600)")
    shelf.sdist("b")
    with shelf.opened(shelf.question("a", "b")) as source:
        shelf.crawl(source, "a", until=lambda: (shelf.notes / "a").exists() and bool((shelf.notes / "a").read_text()))
        source.end_builds_ahead()
        ended = int((shelf.notes / "a").read_text())
        shelf.crawl(source, "b", until=lambda: bool(shelf.server.asked("/files/b-1.0.tar.gz")) and not _is_there(ended))
        page = source.page(shelf.index, NormalizedName("b"))
        assert isinstance(page, Listing)
        assert isinstance(source.build(page.files(0)[0]), Metadata)  # what is asked for is built as ever
    assert shelf.noted() == ["a", "b"]


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_trial_has_nothing_built_that_its_run_had_not(shelf: Shelf) -> None:
    for name in ("a", "b"):
        shelf.sdist(name)
    shelf.sdist("c", static=True)
    question = shelf.question("a")
    with shelf.opened(question) as source:
        rationed = Rationed(source)
        assert resolve(question, UV, rationed.freely()).outcome is Outcome.SOLVED
        again = resolve(shelf.question("a", "b"), UV, rationed.sparingly())
        assert resolve(shelf.question("a", "c"), UV, rationed.sparingly()).outcome is Outcome.SOLVED
        assert resolve(shelf.question("a", "c"), PIP, rationed.sparingly()).outcome is Outcome.SOLVED
    assert again.outcome is Outcome.UNKNOWN
    assert isinstance(again.failure, Unavailable)
    assert (again.failure.failure, again.failure.file) == (Failure.BUILD_FORBIDDEN, "b-1.0.tar.gz")
    assert shelf.noted() == ["a"]


MEASURED = """
import os, subprocess, sys
process = subprocess.Popen([sys.executable, "-c", *sys.argv[1:]])
_, status, usage = os.wait4(process.pid, 0)
print(usage.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""A small process that starts another: what is large here, the index, would count as if that one had it."""


@pytest.mark.skipif(sys.platform != "linux", reason="sizes are told in kilobytes on Linux")
def test_what_a_build_requires_takes_no_memory(shelf: Shelf, tmp_path: Path) -> None:
    """Neither of the program nor of any process that it starts."""
    peaks = []
    for name, weight in (("light", 0), ("heavy", 200_000_000)):
        shelf.wheel(name, weight=weight)
        shelf.sdist(f"needs{name}", requires=[name])
        asked = ["explain-backtrack", f"needs{name}", "--index-url", shelf.index, "--resolver", "uv", "--build-sdists"]
        with Scene(tmp_path).started([MEASURED, PROGRAM, *asked]) as process:
            said, peak = process.communicate()
        assert process.returncode == 0, said
        peaks.append(int(peak) * 1000)
    assert shelf.noted() == ["needslight", "needsheavy"]
    assert peaks[1] - peaks[0] < 50_000_000
