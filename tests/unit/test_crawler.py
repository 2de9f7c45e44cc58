"""The crawler's thread: each question once, urgent ones first, and an end whenever somebody wants one."""

import _thread
import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator

import pytest

from backtrail.index.network import crawler
from backtrail.index.network.crawler import Crawler, Urgency, answer
from backtrail.index.network.exchange import Access, Fetching


@pytest.fixture
def crawl() -> Iterator[Crawler]:
    running = Crawler(Access())
    yield running
    running.close()


def saying(
    text: str, heard: list[str], gate: asyncio.Event | None = None
) -> Callable[[Fetching], Coroutine[None, None, str]]:
    async def work(_: Fetching) -> str:
        if gate is not None:
            await gate.wait()
        heard.append(text)
        return text

    return work


def test_a_question_is_asked_once(crawl: Crawler) -> None:
    heard: list[str] = []
    first = crawl.ask("key", "host", saying("a", heard), "speculative")
    second = crawl.ask("key", "host", saying("b", heard), "blocking")
    assert (answer(first), answer(second), heard) == ("a", "a", ["a"])


def test_urgent_questions_go_first_and_a_question_can_become_urgent(
    crawl: Crawler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crawler, "STREAMS", 1)
    heard: list[str] = []
    gates: list[asyncio.Event] = []
    gated = threading.Event()

    async def hold(_: Fetching) -> None:
        gates.append(asyncio.Event())
        gated.set()
        await gates[0].wait()

    crawl.ask("hold", "host", hold, "blocking")
    gated.wait()
    asked: list[tuple[str, Urgency]] = [
        ("maybe", "speculative"), ("raised", "speculative"), ("soon", "likely"), ("soon too", "likely"),
        ("now", "blocking"),
    ]  # fmt: skip
    futures = [crawl.ask(text, "host", saying(text, heard), urgency) for text, urgency in asked]
    crawl.ask("raised", "host", saying("never", heard), "blocking")
    assert answer(crawl.ask("elsewhere", "other host", saying("elsewhere", []), "speculative")) == "elsewhere"

    async def release(_: Fetching) -> None:
        gates[0].set()

    answer(crawl.ask("release", "other host", release, "blocking"))
    for future in futures:
        answer(future)
    assert heard == ["raised", "now", "soon", "soon too", "maybe"]


def test_an_error_of_the_work_is_raised_where_the_answer_is_used(crawl: Crawler) -> None:
    async def work(_: Fetching) -> None:
        raise LookupError("of ours")

    with pytest.raises(LookupError, match="of ours"):
        answer(crawl.ask("key", "host", work, "blocking"))


def test_progress_counts_what_was_asked_and_finished() -> None:
    counts: list[tuple[int, int]] = []
    crawl = Crawler(Access(), progress=lambda finished, asked: counts.append((finished, asked)))
    for number in range(3):
        answer(crawl.ask(number, "host", saying("a", []), "likely"))
    crawl.close()
    assert counts == [(1, 1), (2, 2), (3, 3)]


def hang(started: threading.Event) -> Callable[[Fetching], Coroutine[None, None, None]]:
    async def work(_: Fetching) -> None:
        started.set()
        await asyncio.Event().wait()

    return work


def test_closing_calls_off_what_is_under_way() -> None:
    crawl, started = Crawler(Access()), threading.Event()
    hanging = crawl.ask("key", "host", hang(started), "blocking")
    started.wait()
    crawl.close()
    crawl.close()
    assert hanging.cancelled()
    assert not [thread for thread in threading.enumerate() if thread.name == "crawler"]


def test_closing_what_never_ran_is_nothing() -> None:
    Crawler(Access()).close()


def test_ctrl_c_reaches_a_waiting_program(crawl: Crawler) -> None:
    started = threading.Event()

    def press() -> None:
        started.wait()
        _thread.interrupt_main()

    pressing = threading.Thread(target=press)
    pressing.start()
    with pytest.raises(KeyboardInterrupt):
        answer(crawl.ask("key", "host", hang(started), "blocking"))
    pressing.join()
