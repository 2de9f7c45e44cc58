"""Runs fetches beside the solver: one event loop in a thread, each question asked once, urgent ones first."""

import asyncio
import contextlib
import heapq
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Hashable, Sequence
from concurrent.futures import Future, wait
from typing import Any, Final, Literal, TypeVar

from backtrail import piped
from backtrail.index.network import fetch_process
from backtrail.index.network.exchange import Access, Fetching
from backtrail.model.errors import IndexFailure

__all__ = ["Crawler", "Urgency", "Work", "answer"]

STREAMS: Final = 50
"""Questions under way at one host at the same time."""

_CLOSING: Final = 5.0  # seconds to let connections go; after that they are the system's
_POLL: Final = 0.2  # seconds; on Windows only a wait with an end lets Ctrl-C through

Urgency = Literal["blocking", "likely", "speculative"]
"""Somebody waits for the answer, will want it soon, or may want it."""

_RANK: Final[dict[Urgency, int]] = {"blocking": 0, "likely": 1, "speculative": 2}

T = TypeVar("T")

Work = Callable[[Fetching], Coroutine[Any, Any, T]]


class _Job:
    """One question, from the time it is asked. ``turn`` keeps equal ones in the order they were asked."""

    def __init__(self, host: str, work: Work[Any], rank: int, turn: int) -> None:
        self.host = host
        self.work = work
        self.rank = rank
        self.turn = turn
        self.started = False
        self.future: Future[Any] = Future()


class Crawler:
    """Asks questions in a thread of its own, from the first one on. Used from one thread; ``close`` never hangs.

    ``progress`` is called with the counts of finished and of asked questions, in the crawler's thread.
    """

    def __init__(
        self,
        access: Access,
        *,
        processes: "Sequence[subprocess.Popen[bytes]]" = (),
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Prepare; the thread starts with the first question. ``processes`` to fetch in were started before."""
        self._access = access
        self._processes = processes
        self._progress = progress
        self._jobs: dict[Hashable, _Job] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._failure: Exception | None = None
        # What follows belongs to the crawler's thread.
        self._waiting: dict[str, list[tuple[int, int, _Job]]] = {}
        self._running: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._fetching: list[Fetching] = []
        self._places: dict[str, int] = {}
        self._finished = 0

    def ask(self, key: Hashable, host: str, work: Work[T], urgency: Urgency) -> "Future[T]":
        """Ask a question of a host; one with the same key is the same question, made more urgent if need be."""
        rank = _RANK[urgency]
        job = self._jobs.get(key)
        if job is None:
            job = self._jobs[key] = _Job(host, work, rank, len(self._jobs))
        elif rank < job.rank and not job.started:
            job.rank = rank
        else:
            return job.future
        self._running_loop().call_soon_threadsafe(self._enqueue, job)
        return job.future

    def close(self) -> None:
        """Call off what is under way and let go of all connections."""
        if self._loop is None or self._thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._shut_down(), self._loop)
        self._thread.join(_CLOSING)
        if not self._thread.is_alive():
            self._loop.close()
        self._loop = self._thread = None
        for job in self._jobs.values():
            job.future.cancel()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            if not fetch_process.can_start():
                _load_client()
            self._loop = asyncio.new_event_loop()
            ready = threading.Event()
            self._thread = threading.Thread(target=self._run, args=(self._loop, ready), name="crawler", daemon=True)
            self._thread.start()
            ready.wait()
            if self._failure is not None:
                self._loop.close()
                self._loop = self._thread = None
                raise self._failure
        return self._loop

    def _run(self, loop: asyncio.AbstractEventLoop, ready: threading.Event) -> None:
        asyncio.set_event_loop(loop)
        try:
            self._fetching = self._all_fetching(loop)
        except Exception as error:  # noqa: BLE001  raised again where the thread was started
            self._failure = error
        finally:
            ready.set()
        if self._failure is None:
            loop.run_forever()

    def _all_fetching(self, loop: asyncio.AbstractEventLoop) -> list[Fetching]:
        """In processes of their own, where there can be any."""
        with contextlib.suppress(UnicodeEncodeError):  # a password or path of other bytes than text
            processes = self._processes or fetch_process.start()
            if processes:
                from backtrail.index.network.fetch_client import FetchClient

                try:
                    return [FetchClient(self._access, process, loop) for process in processes]
                except BaseException:
                    for process in processes:
                        piped.end(process)
                    raise
        return [_fetching_here(self._access)]

    def _enqueue(self, job: _Job) -> None:
        heapq.heappush(self._waiting.setdefault(job.host, []), (job.rank, job.turn, job))
        self._start(job.host)

    def _start(self, host: str) -> None:
        waiting = self._waiting.get(host, [])
        while waiting and self._running[host] < STREAMS:
            job = heapq.heappop(waiting)[2]
            if not job.started:  # one made more urgent stands in the queue twice
                job.started = True
                self._running[host] += 1
                task = asyncio.get_running_loop().create_task(self._answer(job))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _answer(self, job: _Job) -> None:
        try:
            job.future.set_result(await self._worked(job))
        except Exception as error:  # noqa: BLE001  raised again where the answer is used
            job.future.set_exception(error)
        finally:
            self._running[job.host] -= 1
            self._finished += 1
            if self._progress is not None:
                self._progress(self._finished, len(self._jobs))
            self._start(job.host)

    async def _worked(self, job: _Job) -> Any:
        fetching = await self._of(job.host)
        try:
            return await job.work(fetching)
        except IndexFailure:
            instead = await self._of(job.host)
            if instead is fetching:
                raise
        return await job.work(instead)

    async def _of(self, host: str) -> Fetching:
        place = self._places.setdefault(host, len(self._places) % len(self._fetching))
        fetching = self._fetching[place]
        if not await fetching.begun() and self._fetching[place] is fetching:  # it never answered anything
            self._fetching[place] = _fetching_here(self._access)
            await fetching.aclose()
        return self._fetching[place]

    async def _shut_down(self) -> None:
        self._waiting.clear()
        for task in self._tasks:
            task.cancel()
        closing = [asyncio.ensure_future(fetching.aclose()) for fetching in self._fetching]
        await asyncio.wait({*closing, *self._tasks}, timeout=_CLOSING / 2)
        asyncio.get_running_loop().stop()


def _load_client() -> None:
    """Load the Rust client by a thread that stays: loaded by one that has ended, pyreqwest 0.15 crashes in the next."""
    with contextlib.suppress(ImportError):
        import backtrail.index.network.rust_client  # noqa: F401


def _fetching_here(access: Access) -> Fetching:
    from backtrail.index.network.fetch import Fetcher  # the HTTP client is needed here only

    return Fetcher(access)


def answer(future: "Future[T]") -> T:
    """Wait for an answer; Ctrl-C gets through on every system."""
    while not future.done():
        wait([future], timeout=_POLL)
    return future.result()
