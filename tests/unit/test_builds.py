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
from backtrail.preparation import live_source
from backtrail.resolvers.registry import resolve
from backtrail.sources.limited import Rationed
from backtrail.sources.live import LiveSource
from backtrail.sources.prefetch import Scout
from support.building import BACKEND, PATIENCE, PYPROJECT, UV, BuildIndex
from support.interrupts import PROGRAM, Scene
from support.loopback import Loopback

PIP = Policy(tool="pip", release="26.0")

BUILT = Metadata(name="a", version="1.0", source=MetadataSource.BUILT, file="a-1.0.tar.gz")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BuildIndex]:
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(transport, "PAUSE", 0.001)
    with Loopback() as server:
        yield BuildIndex(server, tmp_path / "notes")


def on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_source, "_will_build", lambda *_: None)


def test_two_builds_run_side_by_side_and_each_once(index: BuildIndex) -> None:
    index.sdist("a", "await_note('b')")
    index.sdist("b", "await_note('a')")
    run = index.run("a", "b")
    assert run.outcome is Outcome.SOLVED
    assert sorted(index.noted()) == ["a", "b"]
    assert [index.server.asked(f"/files/{name}-1.0.tar.gz") for name in "ab"] == [1, 1]


def test_the_crawl_goes_on_during_a_build(index: BuildIndex) -> None:
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
        while not index.server.asked(f"/simple/{chain[-1]}/"):
            assert time.monotonic() < ends, "the crawl stands still"
            time.sleep(0.01)
        return BUILT

    for name in chain:
        index.wheel(name)
    with LiveSource(Cache(None), scout=Follow()) as source:
        source.build_with(builder, context=None)
        source.want_pages(index.url, chain[:1])
        found = source.build(File(filename="a-1.0.tar.gz", url="http://x/a", version="1.0", kind=FileKind.SDIST))
    assert isinstance(found, Metadata)


def test_while_a_build_is_waited_for_what_comes_after_it_is_read(index: BuildIndex) -> None:
    index.legacy("a")
    index.wheel("b", "2.0", "c>=2")
    index.wheel("b", "1.0", "e")
    index.wheel("c")
    index.wheel("e")
    question = index.question("a", "b", "c<2")

    def builder(_: File) -> Metadata:
        ends = time.monotonic() + PATIENCE
        while not index.server.asked("/simple/e/"):  # nobody guesses that: b 2.0 has to be refused first
            assert time.monotonic() < ends, "it is not asked for"
            time.sleep(0.01)
        return BUILT

    with LiveSource(Cache(None), scout=Scout(question, UV)) as source:
        source.build_with(
            builder, context=None, meanwhile=functools.partial(live_source._read_on, question, UV, source)
        )
        run = resolve(question, UV, source)
    assert {pin.name: pin.version for pin in run.pins} == {"a": "1.0", "b": "1.0", "c": "1.0", "e": "1.0"}


def test_a_run_that_goes_ahead_ends_when_what_it_is_ahead_of_does(index: BuildIndex) -> None:
    index.wheel("a")
    build: Future[Fact] = Future()
    with LiveSource(Cache(None)) as source:
        ahead = source.beside(until=build)
        page = ahead.page(index.url, NormalizedName("a"))
        assert isinstance(page, Listing)
        build.set_result(BUILT)
        for ask in (
            lambda: ahead.page(index.url, NormalizedName("a")),
            lambda: ahead.metadata(page.files(0)[0]),
        ):
            with pytest.raises(CancelledError):
                ask()


def test_a_source_tree_is_built_once_though_a_run_goes_ahead(index: BuildIndex, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "pyproject.toml").write_text(
        PYPROJECT.format(requires=[]) + '[project]\nname = "tree"\ndynamic = ["version"]\n'
    )
    backend = BACKEND.format(notes=str(index.notes), patience=PATIENCE, name="tree", first="pass", more=[])
    (tree / "backend.py").write_text(backend)
    index.sdist("a", "time.sleep(0.5)")
    assert index.run(f"tree @ {tree.as_uri()}", "a").outcome is Outcome.SOLVED
    assert sorted(index.noted()) == ["a", "tree"]


def test_what_a_build_asks_for_is_downloaded_while_its_metadata_is_read(
    index: BuildIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.sdist("a", requires=("helper",))
    index.wheel("helper")
    wheel = "/files/helper-1.0-py3-none-any.whl"
    fetched = Fetcher.metadata

    async def late(self: Fetcher, file: File) -> Metadata | Unavailable:
        if file.filename in wheel:
            ends = time.monotonic() + PATIENCE
            while not any(
                request.path == wheel and "range" not in request.headers for request in index.server.requests
            ):
                assert time.monotonic() < ends, "it is not downloaded"
                await asyncio.sleep(0.01)
        return await fetched(self, file)

    monkeypatch.setattr(Fetcher, "metadata", late)
    assert index.run("a").outcome is Outcome.SOLVED
    assert [request.headers.get("range") for request in index.server.requests if request.path == wheel].count(None) == 1


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
    index: BuildIndex, monkeypatch: pytest.MonkeyPatch, first: str, more: Sequence[str], outcome: Outcome
) -> None:
    index.sdist("a", first, more=more)
    index.wheel("helper")
    question = index.question("a")
    with index.opened(question) as source:
        index.crawl(source, "a", until=lambda: bool(index.noted()))
        ahead = resolve(question, UV, source)
    assert index.noted() == ["a"]
    on_demand(monkeypatch)
    assert index.run("a") == ahead
    assert index.noted() == ["a", "a"]
    assert ahead.outcome is outcome


def test_builds_are_made_ready_for_when_a_project_is_new_and_not_again(index: BuildIndex, tmp_path: Path) -> None:
    index.sdist("a")
    question = index.question("a")
    asked = []
    for _ in range(2):
        made: list[str] = []
        with LiveSource(Cache(tmp_path)) as source:
            source.build_with(lambda _: BUILT, context="x", prepare=[functools.partial(made.append, "venv")])
            assert resolve(question, UV, source).outcome is Outcome.SOLVED
        asked.append(made)
    assert asked == [["venv"], []]


def test_an_sdist_that_speaks_for_itself_is_not_built_ahead(index: BuildIndex) -> None:
    index.sdist("a", static=True)
    index.sdist("b")
    with index.opened(index.question("a", "b")) as source:
        index.crawl(source, "a", until=lambda: bool(index.server.asked("/files/a-1.0.tar.gz")))
        index.crawl(source, "b", until=lambda: bool(index.noted()))
    assert index.noted() == ["b"]


@pytest.mark.parametrize(
    ("policy", "resolution", "ahead"),
    [(UV, "highest", ["a-1.0.tar.gz"]), (UV, "lowest", []), (UV, "lowest-direct", []), (PIP, "highest", [])],
)
def test_nothing_is_built_ahead_that_the_resolver_may_never_build(
    index: BuildIndex, monkeypatch: pytest.MonkeyPatch, policy: Policy, resolution: str, ahead: list[str]
) -> None:
    begun: list[str] = []
    monkeypatch.setattr(Builds, "ahead", lambda _, file: begun.append(file.filename))
    index.sdist("a")
    question = index.question("a", policy=policy)
    options = msgspec.structs.replace(question.options, resolution=resolution)
    looked = itertools.count()
    with index.opened(msgspec.structs.replace(question, options=options), policy) as source:
        index.crawl(source, "a", until=lambda: bool(index.server.asked("/files/a-1.0.tar.gz")))
        index.crawl(source, "others", until=lambda: next(looked) >= 20 and len(begun) >= len(ahead))
    assert begun == ahead


def test_a_build_that_is_not_asked_for_is_called_off_at_the_end(
    index: BuildIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    index.sdist("a", "time.sleep(600)")
    with contextlib.suppress(KeyboardInterrupt), index.opened(index.question("a")) as source:
        index.crawl(
            source,
            "a",
            until=lambda: (index.notes / "a").exists() and bool((index.notes / "a").read_text()),
        )
        raise KeyboardInterrupt
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("build-")]
    assert list(scratch.iterdir()) == []
    if sys.platform != "win32":
        with pytest.raises(ProcessLookupError):
            os.kill(int((index.notes / "a").read_text()), 0)


def test_a_build_that_waits_for_a_server_that_hangs_is_called_off_at_the_end(
    index: BuildIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.sdist("a", requires=["helper"])
    index.server.delays["/simple/helper/"] = 600.0
    hanging = threading.Event()

    def noticed(*asked: Any, **options: Any) -> Run:
        hanging.set()
        return resolve(*asked, **options)

    monkeypatch.setattr("backtrail.preparation.live_source.resolve", noticed)
    with index.opened(index.question("a")) as source:
        index.crawl(source, "a", until=hanging.is_set)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("build-")]
    assert index.noted() == []


def test_nothing_is_built_that_nobody_asked_for(index: BuildIndex) -> None:
    """A set without an answer: what uv refuses at once, pip's way to look for one would build for ten minutes."""
    index.sdist("a", "time.sleep(600)")
    index.wheel("c")
    question = index.question("a", "c==9")
    began = time.monotonic()
    with index.opened(question) as source:
        index.crawl(source, "a", until=lambda: bool(index.noted()))
        shown = answer(Inquiry(asked=(Asked(policy=UV, question=question),), solves=True, budget=8), source)
    assert shown.runs[0].outcome is Outcome.IMPOSSIBLE
    assert "build" not in {event.what for event in shown.runs[0].trail if isinstance(event, Read)}
    assert time.monotonic() - began < PATIENCE


def test_what_was_begun_ahead_is_killed_when_the_resolver_has_its_answer(index: BuildIndex) -> None:
    index.sdist("a", "time.sleep(600)")
    index.sdist("b")
    with index.opened(index.question("a", "b")) as source:
        index.crawl(
            source,
            "a",
            until=lambda: (index.notes / "a").exists() and bool((index.notes / "a").read_text()),
        )
        source.end_builds_ahead()
        ended = int((index.notes / "a").read_text())
        index.crawl(source, "b", until=lambda: bool(index.server.asked("/files/b-1.0.tar.gz")) and not _is_there(ended))
        page = source.page(index.url, NormalizedName("b"))
        assert isinstance(page, Listing)
        assert isinstance(source.build(page.files(0)[0]), Metadata)  # what is asked for is built as ever
    assert index.noted() == ["a", "b"]


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_trial_has_nothing_built_that_its_run_had_not(index: BuildIndex) -> None:
    for name in ("a", "b"):
        index.sdist(name)
    index.sdist("c", static=True)
    question = index.question("a")
    with index.opened(question) as source:
        rationed = Rationed(source)
        assert resolve(question, UV, rationed.freely()).outcome is Outcome.SOLVED
        source.end_builds_ahead()
        again = resolve(index.question("a", "b"), UV, rationed.sparingly())
        assert resolve(index.question("a", "c"), UV, rationed.sparingly()).outcome is Outcome.SOLVED
        assert resolve(index.question("a", "c"), PIP, rationed.sparingly()).outcome is Outcome.SOLVED
    assert again.outcome is Outcome.UNKNOWN
    assert isinstance(again.failure, Unavailable)
    assert (again.failure.failure, again.failure.file) == (Failure.BUILD_FORBIDDEN, "b-1.0.tar.gz")
    assert index.noted() == ["a"]


MEASURED = """
import os, subprocess, sys
process = subprocess.Popen([sys.executable, "-c", *sys.argv[1:]])
_, status, usage = os.wait4(process.pid, 0)
print(usage.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""A small process that starts another: what is large here, the index, would count as if that one had it."""


@pytest.mark.skipif(sys.platform != "linux", reason="sizes are given in kilobytes on Linux")
def test_what_a_build_requires_takes_no_memory(index: BuildIndex, tmp_path: Path) -> None:
    """Neither of the program nor of any process that it starts."""
    peaks = []
    for name, weight in (("light", 0), ("heavy", 200_000_000)):
        index.wheel(name, weight=weight)
        index.sdist(f"needs{name}", requires=[name])
        asked = [
            "explain-backtrack",
            f"needs{name}",
            "--index-url",
            index.url,
            "--resolver",
            "uv",
            "--build-sdists",
        ]
        with Scene(tmp_path).started([MEASURED, PROGRAM, *asked]) as process:
            said, peak = process.communicate()
        assert process.returncode == 0, said
        peaks.append(int(peak) * 1000)
    assert index.noted() == ["needslight", "needsheavy"]
    assert peaks[1] - peaks[0] < 50_000_000
