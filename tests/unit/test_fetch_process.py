"""Fetching in a process of its own answers as fetching here does, and no end of one of the two leaves the other."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from packaging.utils import NormalizedName

from backtrail import piped
from backtrail.index.cache import Cache
from backtrail.index.network import fetch_client, fetch_messages, fetch_process
from backtrail.index.network.crawler import Crawler
from backtrail.index.network.exchange import Access, Fetched, Fetching
from backtrail.index.network.fetch import Fetcher, Turns
from backtrail.index.network.fetch_client import FetchClient
from backtrail.index.network.fetch_server import serve
from backtrail.index.pages.project_page import ProjectPage
from backtrail.model.errors import IndexFailure
from backtrail.model.files import File, FileKind, Listing
from backtrail.model.metadata import Metadata, SdistContents, Unavailable
from backtrail.sources.live import LiveSource
from support.canned import canned, reply
from support.loopback import Loopback
from support.worlds import Project, Question, World, release

FLASK = NormalizedName("flask")
WORLD = World(
    name="small",
    projects=(Project(name="flask", releases=(release("flask", "2.0", "click>=8", sdist=True),)),),
    question=Question(requirements=("flask",)),
)

posix = pytest.mark.skipif(sys.platform == "win32", reason="sessions and signals are POSIX's")

T = TypeVar("T")
F = TypeVar("F", bound=Fetching)
Ask = Callable[[Fetching], Coroutine[Any, Any, Any]]


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch_process, "can_start", lambda: True)


@pytest.fixture
def index() -> Iterator[str]:
    with Loopback() as server:
        yield server.mount(WORLD, statuses={"refused": 403})


def asked(make: Callable[[Access], F], question: Callable[[F], Coroutine[Any, Any, T]]) -> T:
    async def run() -> T:
        fetching = make(Access())
        try:
            return await question(fetching)
        finally:
            await fetching.aclose()

    return asyncio.run(run())


def process(access: Access) -> FetchClient:
    first, *others = fetch_process.start()
    for other in others:
        piped.end(other)
    return FetchClient(access, first, asyncio.get_running_loop())


def listed(index: str, kind: FileKind) -> File:
    page = asked(Fetcher, lambda fetching: fetching.page(index, FLASK)).page
    assert isinstance(page, Listing)
    return next(file for file in page.files(0) if file.kind is kind)


def missing(index: str) -> File:
    return File(filename="flask-3.0-py3-none-any.whl", url=f"{index}none.whl", version="3.0", kind=FileKind.WHEEL)


def test_a_page_is_the_same_page(index: str) -> None:
    here = asked(Fetcher, lambda fetching: fetching.page(index, FLASK)).page
    there = asked(process, lambda fetching: fetching.page(index, FLASK)).page
    assert isinstance(here, ProjectPage)
    assert isinstance(there, ProjectPage)
    assert msgspec.structs.replace(there.table, fetched=here.table.fetched) == here.table
    assert there.files(0) == here.files(0)


@pytest.mark.parametrize("name", ["nothing", "refused"])
def test_what_stands_for_a_page_is_the_same(index: str, name: str) -> None:
    ask: Ask = lambda fetching: fetching.page(index, NormalizedName(name))  # noqa: E731
    assert asked(process, ask) == asked(Fetcher, ask)


def test_the_mark_of_a_page_goes_both_ways() -> None:
    page = reply(200, b'{"files": []}', Content_Type="application/vnd.pypi.simple.v1+json", ETag="one")
    with canned({"/new/flask/": page, "/old/flask/": reply(304, b"")}) as server:
        assert asked(process, lambda fetching: fetching.page(f"{server.url}/new", FLASK)).etag == "one"
        held = asked(process, lambda fetching: fetching.page(f"{server.url}/old", FLASK, "two"))
    assert (held.page, held.etag) == (None, "two")
    assert "if-none-match: two" in server.requests[-1].lower()


@pytest.mark.parametrize("what", ["metadata", "sdist"])
@pytest.mark.parametrize("there", [True, False])
def test_what_a_file_says_is_the_same(index: str, what: str, there: bool) -> None:
    kind = FileKind.SDIST if what == "sdist" else FileKind.WHEEL
    file = listed(index, kind) if there else missing(index)
    ask: Ask = lambda fetching: getattr(fetching, what)(file)  # noqa: E731
    found = asked(process, ask)
    assert found == asked(Fetcher, ask)
    assert isinstance(found, (Metadata, SdistContents) if there else Unavailable)


@pytest.mark.parametrize("what", ["whole", "whole_sdist"])
@pytest.mark.parametrize("there", [True, False])
def test_a_whole_file_is_put_where_it_is_wanted(index: str, what: str, there: bool, tmp_path: Path) -> None:
    file = listed(index, FileKind.SDIST) if there else missing(index)
    places = iter([tmp_path / "here" / file.filename, tmp_path / "there" / file.filename])
    ask: Ask = lambda fetching: getattr(fetching, what)(file, str(next(places)))  # noqa: E731
    found = asked(process, ask)
    assert found == asked(Fetcher, ask)
    wrong = found[0] if isinstance(found, tuple) else found
    assert isinstance(wrong, Unavailable) is not there
    if there:
        assert len({path.read_bytes() for path in tmp_path.glob("*/*")}) == 1


def test_links_come_whole_and_their_errors_are_raised_here(index: str) -> None:
    said = asked(process, lambda fetching: fetching.links(f"{index}flask/"))
    assert (said.status, b"flask-2.0.tar.gz" in said.body) == (200, True)
    with pytest.raises(IndexFailure):
        asked(process, lambda fetching: fetching.links("nonsense://"))


def test_an_error_nobody_foresaw_is_raised_here_with_where_it_was() -> None:
    broken: Any = "no name of an attribute"
    with pytest.raises(RuntimeError, match=r"^ValidationError: [^\n]*$") as raised:
        asked(process, lambda fetching: fetching.page("http://127.0.0.1:1", broken, etag=broken and 7))  # type: ignore[arg-type]
    assert "fetch_server.py" in str(raised.value.__cause__)


def test_a_process_that_is_gone_is_reported_in_one_sentence() -> None:
    async def ask(fetching: FetchClient) -> list[str]:
        waiting = asyncio.ensure_future(fetching.page("http://127.0.0.1:1", FLASK))
        await asyncio.sleep(0)
        fetching._process.kill()
        said = []
        for question in (waiting, fetching.page("http://127.0.0.1:1", FLASK)):
            with pytest.raises(IndexFailure) as raised:
                await question
            said.append(str(raised.value))
        return said

    assert asked(process, ask) == ["the process that reads from the network ended unexpectedly"] * 2


def test_closing_while_a_server_hangs_leaves_no_process() -> None:
    with Loopback() as server:
        slow = server.mount(WORLD)
        server.delays["/simple/flask/"] = 60.0

        async def ask(fetching: FetchClient) -> "subprocess.Popen[bytes]":
            waiting = asyncio.ensure_future(fetching.page(slow, FLASK))
            await fetching.page(slow, NormalizedName("nothing"))
            waiting.cancel()
            return fetching._process

        assert asked(process, ask).returncode is not None


@posix
@pytest.mark.parametrize("busy", [False, True])
def test_a_process_ends_with_the_one_that_started_it(busy: bool) -> None:
    program = f"""if True:
        import asyncio, time
        from backtrail import piped
        from backtrail.index.network import fetch_process
        from backtrail.index.network.exchange import Access
        from backtrail.index.network.fetch_client import FetchClient

        if {busy}:  # with a page that takes for ever to read
            piped._PROGRAM = piped._PROGRAM.replace("main()", (
                "from backtrail.index.network.fetch import Fetcher; "
                "Fetcher.page = lambda *asked, **options: exec('while True: pass'); main()"
            ))

        async def run():
            started = fetch_process.start()
            loop = asyncio.get_running_loop()
            clients = [FetchClient(Access(), process, loop) for process in started]
            asking = [asyncio.ensure_future(client.page("http://127.0.0.1:1", "a")) for client in clients]
            await asyncio.gather(*(client.begun() for client in clients))
            print(*(process.pid for process in started), flush=True)
            time.sleep(60)

        asyncio.run(run())
    """
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        started = [int(number) for number in starter.stdout.readline().split()]
        starter.kill()
    assert len(started) == fetch_process.count()
    for number in started:
        assert ends(number)


def ends(number: int) -> bool:
    for _ in range(1000):
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            return True
        stat = Path(f"/proc/{number}/stat")  # where nobody asks for what became of it
        if stat.exists() and stat.read_text().rpartition(") ")[2].startswith("Z"):
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize("said", ["hello", "x" * 5000])
def test_what_startup_files_print_is_no_answer(index: str, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    noise = f"import sys; sys.stdout.write({said!r}); sys.stdout.flush(); "
    monkeypatch.setattr(piped, "_PROGRAM", noise + piped._PROGRAM)
    assert isinstance(asked(process, lambda fetching: fetching.page(index, FLASK)).page, ProjectPage)


@pytest.mark.parametrize("program", ["raise SystemExit(1)", "print('x' * 1_000_000)"])
def test_pages_are_fetched_here_where_a_process_comes_to_nothing(
    index: str, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(piped, "_PROGRAM", program)
    with LiveSource(Cache(None)) as source:
        assert isinstance(source.page(index, FLASK), Listing)


HANGING = "import sys, time; sys.path[:] = {path!r}; from backtrail import piped\n"
STARTED = f"{HANGING}answers = piped.answers()\n"
READY = f"{STARTED}piped.send(answers, 0, b'')\n"


@pytest.mark.parametrize(
    "program",
    [
        f"{HANGING}time.sleep(600)",
        f"{STARTED}time.sleep(600)",
        f"{READY}time.sleep(600)",
        f"{READY}sys.stdin.buffer.read(1)",
        f"{READY}import os; os.abort()",
    ],
    ids=["silent", "started", "ready", "asked", "crashed"],
)
def test_pages_are_fetched_here_where_a_process_never_answers(
    index: str, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    """It hangs, or ends, wherever it is: before its client is loaded, or in the first request."""
    monkeypatch.setattr(fetch_client, "_STARTING", 1.0)
    monkeypatch.setattr(fetch_client, "_SILENCE", 0.2)
    monkeypatch.setattr(piped, "_PROGRAM", program)
    processes = fetch_process.start()
    with LiveSource(Cache(None), processes=processes) as source:
        assert isinstance(source.page(index, FLASK), Listing)
    assert all(one.poll() is not None for one in processes)


def test_a_server_that_is_slow_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process has nothing to say, and is there."""
    monkeypatch.setattr(fetch_client, "_SILENCE", 0.5)
    with Loopback() as server:
        place = server.mount(WORLD)
        server.delays["/simple/flask/"] = 2.0

        async def run(fetching: FetchClient) -> Fetched:
            assert await fetching.begun()
            return await fetching.page(place, FLASK)

        assert isinstance(asked(process, run).page, ProjectPage)


def test_questions_that_nobody_takes_hold_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a pipe holds; the loop goes on, and all of them end."""
    monkeypatch.setattr(fetch_client, "_SILENCE", 0.2)
    monkeypatch.setattr(piped, "_PROGRAM", f"{READY}time.sleep(600)")

    async def run(fetching: FetchClient) -> list[Any]:
        assert await fetching.begun()
        questions = [fetching.links(f"https://index.example/{'x' * 10_000}") for _ in range(50)]
        return await asyncio.gather(*questions, return_exceptions=True)

    assert {str(one) for one in asked(process, run)} == {"the process that reads from the network ended unexpectedly"}


def test_what_cannot_be_said_to_a_process_is_done_here(index: str) -> None:
    with LiveSource(Cache(None), credentials={"http://elsewhere": ("anna", "\udcff")}) as source:
        assert isinstance(source.page(index, FLASK), Listing)
    with pytest.raises(IndexFailure, match="no text"):
        asked(process, lambda fetching: fetching.links(f"{index}\udcff"))


def test_a_thread_that_cannot_start_is_no_riddle(monkeypatch: pytest.MonkeyPatch, index: str) -> None:
    def refused(*_: object, **__: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(FetchClient, "__init__", refused)
    with LiveSource(Cache(None)) as source, pytest.raises(RuntimeError, match="can't start new thread"):
        source.page(index, FLASK)


def test_files_that_lie_where_the_user_works_are_not_run(
    index: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("httpx", "msgspec", "asyncio", "struct"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('taken from here')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    assert isinstance(asked(process, lambda fetching: fetching.page(index, FLASK)).page, ProjectPage)


@pytest.mark.parametrize("can_start", [True, False])
def test_pages_are_fetched_here_where_no_process_can_be_had(
    index: str, monkeypatch: pytest.MonkeyPatch, can_start: bool
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(fetch_process, "can_start", lambda: can_start)
    monkeypatch.setattr(subprocess, "Popen", refused)
    with fetch_process.started() as processes, LiveSource(Cache(None), processes=processes) as source:
        assert isinstance(source.page(index, FLASK), Listing)
    assert not processes


@pytest.mark.parametrize("users", [None, "attempts:1"])
def test_a_lost_look_up_is_soon_repeated_unless_the_user_settled_that(
    monkeypatch: pytest.MonkeyPatch, users: str | None
) -> None:
    shown: list[str] = []

    def refused(*_: object, env: dict[str, str], **__: object) -> None:
        shown.append(env["RES_OPTIONS"])
        raise OSError("no more processes")

    monkeypatch.delenv("RES_OPTIONS", raising=False)
    if users is not None:
        monkeypatch.setenv("RES_OPTIONS", users)
    monkeypatch.setattr(subprocess, "Popen", refused)
    assert not fetch_process.start()
    assert shown == [users or "timeout:1 attempts:5"]


@pytest.mark.parametrize(("is_installed", "count"), [(True, 1), (False, 2)])
def test_the_rust_client_needs_one_process(is_installed: bool, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch_process, "find_spec", {"pyreqwest": object()}.get if is_installed else {}.get)
    assert fetch_process.count() == count


def test_processes_that_were_started_ahead_are_used_and_are_gone_at_the_end(index: str) -> None:
    with fetch_process.started() as unused:
        with fetch_process.started() as used, LiveSource(Cache(None), processes=used) as source:
            assert isinstance(source.page(index, FLASK), Listing)
        assert len(unused) == len(used) == fetch_process.count()
    assert None not in [process.returncode for process in (*unused, *used)]


def test_hosts_are_dealt_out_between_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch_process, "count", lambda: 2)
    crawler = Crawler(Access())

    async def asked_of(fetching: Fetching) -> Fetching:
        return fetching

    hosts = ("pages", "files", "pages", "elsewhere", "files")
    found = [crawler.ask(number, host, asked_of, "blocking").result() for number, host in enumerate(hosts)]
    crawler.close()
    assert len({id(fetching) for fetching in found}) == 2
    assert found[0] is found[2] is found[3]
    assert found[1] is found[4]


def test_answers_end_when_questions_do(index: str) -> None:
    """The other side of the pipes, here, where a debugger and a measure of coverage can look at it."""
    (read_questions, ask), (read_answers, answer) = os.pipe(), os.pipe()
    with os.fdopen(ask, "wb") as asking, os.fdopen(read_answers, "rb") as answers:
        with os.fdopen(read_questions, "rb") as questions, os.fdopen(answer, "wb") as answering:
            serving = threading.Thread(target=serve, args=(questions, answering))
            serving.start()
            asked_first = Access(), fetch_messages.AskPage(index=index, name=FLASK, etag=None, urgent=True)
            for number, message in enumerate(asked_first):
                piped.send(asking, number, fetch_messages.encode(message))
            (ready, nothing), (number, said) = islice(piped.frames(answers), 2)
            asking.close()
            serving.join()
        assert answers.read() == b""
    assert (ready, nothing, number) == (0, b"", 1)
    assert b"flask-2.0.tar.gz" in said


@posix
def test_ctrl_c_at_the_terminal_is_for_the_program_alone(index: str) -> None:
    async def ask(fetching: FetchClient) -> bool:
        await fetching.page(index, FLASK)
        return os.getsid(fetching._process.pid) != os.getsid(0)

    assert asked(process, ask)


def test_a_small_page_is_read_before_larger_ones_that_came_first() -> None:
    shown: list[str] = []

    async def run() -> None:
        turns = Turns()

        async def read(name: str, size: int) -> None:
            async with turns.taken(size):
                shown.append(name)

        pages = (("first", 5), ("large", 9), ("gone", 3), ("small", 1))
        reading = [asyncio.ensure_future(read(name, size)) for name, size in pages]
        await asyncio.sleep(0)
        reading[2].cancel()
        await asyncio.gather(*reading, return_exceptions=True)

    asyncio.run(run())
    assert shown == ["first", "small", "large"]


def test_a_page_that_somebody_waits_for_is_read_first(index: str) -> None:
    async def read(fetcher: Fetcher) -> list[str]:
        shown: list[str] = []

        async def fetch(*, urgent: bool) -> None:
            await fetcher.page(index, FLASK, urgent=urgent)
            shown.append("urgent" if urgent else "likely")

        async with fetcher._turns.taken(0):
            reading = []
            for urgent in (False, True):
                reading.append(asyncio.ensure_future(fetch(urgent=urgent)))
                while len(fetcher._turns._waiting) < len(reading):  # noqa: ASYNC110  nothing tells that one waits
                    await asyncio.sleep(0.001)
        await asyncio.gather(*reading)
        return shown

    assert asked(Fetcher, read) == ["urgent", "likely"]


def test_what_is_small_is_answered_between_two_pages() -> None:
    shown: list[str] = []

    async def run() -> None:
        turns = Turns()

        async def read() -> None:
            async with turns.taken(1):
                shown.append("page")

        async def other() -> None:
            for _ in range(2):
                await asyncio.sleep(0)
                shown.append("other")

        await asyncio.gather(read(), read(), read(), other())

    asyncio.run(run())
    assert shown.index("other") < 2
