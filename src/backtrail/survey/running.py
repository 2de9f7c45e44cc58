"""Who does the work of a survey: Dask, here or on a cluster that is there. Nothing of resolution is known here.

A task is a key and bytes, the work a function from bytes to bytes. What was told of a task stands in the journal before
anybody hears of it; a task whose key stands there is not done again. However many there are, few are under way at once,
and what was told is not kept.
"""

import asyncio
import contextlib
import itertools
import logging
import pickle
import time
from collections.abc import Callable, Coroutine, Generator, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from importlib.metadata import version
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final, NoReturn
from uuid import uuid4

from backtrail import transient
from backtrail.model.errors import BacktrailError, ClusterFailure, InputError
from backtrail.survey import question_process
from backtrail.survey.journal import End, Journal, Told
from backtrail.survey.question_process import KilledError, Limits, Reply

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["Progress", "Task", "Work", "run"]

Task = tuple[str, bytes]
"""A key that no other task of the survey has, and what is to be worked on."""

Work = Callable[[bytes], bytes]
"""A function at the top level of a module that workers have, too. The same bytes give the same bytes."""

Progress = Callable[[int, int, str], None]
"""Is told how many tasks are done, of how many (0: nobody knows), and how long the rest will take."""

_RELEASE: Final = version("backtrail")

_RETRIES: Final = 1
"""Times that a task is done again that hung, took too much memory or crashed."""

_KILLS: Final = 5
"""Times that a task is lost with the process or the machine that it was on until that is held against it."""

_AHEAD: Final = 2
"""Tasks under way for each thread of the cluster: one that is worked on, one that waits there."""

_AT_LEAST: Final = 16
"""Tasks under way however small the cluster is: one that starts workers on demand has to see some."""

_SETTINGS: Final = {
    "distributed.worker.profile.enabled": False,  # looks at all threads a hundred times a second
    "distributed.scheduler.http.routes": [],  # what it serves beside its work, to everybody on this computer
    "distributed.worker.http.routes": [],
    "distributed.admin.low-level-log-length": 10,  # else a thousand messages are kept, with the tasks in them
}
"""Of this process; a cluster that is there has its own."""

_SILENT: Final = logging.CRITICAL + 1

_LOOKS: Final = 2.0
"""Seconds between two looks at the cluster."""

_PATIENCE: Final = 300.0
"""Seconds without a worker, after which none is waited for any more."""

_RECONNECTING: Final = 0.1  # seconds between two looks at a connection that is being made again


def run(
    tasks: Iterable[Task],
    work: Work,
    journal: Journal,
    *,
    limits: Limits,
    workers: int | None = None,
    scheduler: str | None = None,
    total: int = 0,
    progress: Progress | None = None,
) -> Generator[Told, None, None]:
    """Do all tasks that the journal does not have, and give what each was told as it comes, in any order.

    ``workers`` are the processes on this computer, None: one a processor. With ``scheduler``, the address of a Dask
    cluster, that does the work instead, and stays. ``total`` counts all tasks, with those of the journal; 0: unknown.

    Raises InputError where the journal cannot be written, ClusterFailure where there is no cluster to ask or it is
    gone; what was told stays in the journal.
    """
    pace = _Pace(len(journal.keys), total, progress)
    under_way: set[str] = set()
    waiting = (task for task in tasks if task[0] not in journal.keys and task[0] not in under_way)
    with _asking(limits, workers, scheduler) as asking:
        while True:
            for key, payload in itertools.islice(waiting, max(0, asking.room - len(under_way))):
                under_way.add(key)
                asking.ask(key, pickle.dumps((work, payload, limits.seconds, limits.memory)))
            if not under_way:
                return
            told = asking.told()
            under_way.discard(told.key)
            journal.append(told)
            pace.step()
            yield told


@contextlib.contextmanager
def _asking(limits: Limits, workers: int | None, scheduler: str | None) -> Iterator["_Asking"]:
    """Somebody to ask, in peace: what Dask has to say of lost workers is nothing to do anything about."""
    try:
        import dask
        from distributed.utils import silence_logging_cmgr
    except ImportError as error:
        raise InputError(f"a survey needs Dask, which pip install 'backtrail[survey]' brings: {error}") from None

    with silence_logging_cmgr(_SILENT), dask.config.set(_SETTINGS), contextlib.ExitStack() as closing:
        client = _here(workers, closing) if scheduler is None else _there(scheduler, closing)
        asking = _Asking(client, limits, scheduler)
        closing.callback(asking.end)
        yield asking


def _here(workers: int | None, closing: contextlib.ExitStack) -> "Client":
    """A cluster in this process, whose threads wait for processes that answer."""
    import dask
    from dask.system import CPU_COUNT
    from distributed import Client, Scheduler, Security, SpecCluster, Worker
    from distributed.comm import inproc

    # Its name is made of the address of this computer, for which Dask else looks at the network.
    inproc.global_manager._ip = inproc.global_manager._ip or "127.0.0.1"  # noqa: SLF001
    folder = closing.enter_context(transient.folder())
    closing.enter_context(dask.config.set({"temporary-directory": str(folder)}))
    inside = {
        "protocol": "inproc://",
        "security": Security(require_encryption=False),
        "dashboard": False,
        "dashboard_address": "127.0.0.1:0",  # there is always one, and would be for everybody
    }
    worker = {"nthreads": workers or CPU_COUNT, "memory_limit": 0, **inside}
    cluster = SpecCluster(
        scheduler={"cls": Scheduler, "options": inside},
        workers={0: {"cls": Worker, "options": worker}},
        silence_logs=False,
    )
    closing.callback(question_process.end_all)  # what was begun meanwhile
    client: Client = closing.enter_context(Client(closing.enter_context(cluster)))
    closing.callback(question_process.end_all)
    return client


def _there(scheduler: str, closing: contextlib.ExitStack) -> "Client":
    """A cluster at an address; certificates for TLS are those that Dask is configured with."""
    from distributed import Client

    if not scheduler:
        raise InputError("--scheduler: the address is empty")
    try:
        client: Client = closing.enter_context(Client(scheduler))
    except OSError as error:
        raise ClusterFailure(f"--scheduler {scheduler}: {error}") from None
    except (ValueError, TypeError, RuntimeError) as error:
        raise InputError(f"--scheduler {scheduler}: {error}") from None
    return client


class _Asking:
    """Asks through a client of Dask, and collects what is told."""

    def __init__(self, client: "Client", limits: Limits, scheduler: str | None) -> None:
        self.room = _AT_LEAST
        self._client = client
        self._limits = limits
        self._scheduler = scheduler
        assert client.loop is not None
        self._loop: asyncio.AbstractEventLoop = client.loop.asyncio_loop
        self._come: SimpleQueue[Told | BaseException] = SimpleQueue()
        self._name, self._numbers = f"backtrail-{uuid4().hex}", itertools.count()
        self._begun: set[Future[Any]] = set()
        self._begin(self._watch())

    def ask(self, key: str, request: bytes) -> None:
        """Have a question asked."""
        self._begin(self._ask(key, request))

    def told(self) -> Told:
        """What is told next, of any question. Raises ClusterFailure where nothing will come."""
        come = self._come.get()
        if isinstance(come, BaseException):
            raise come
        return come

    def end(self) -> None:
        """Ask no more."""
        for begun in list(self._begun):
            begun.cancel()

    def _begin(self, asking: Coroutine[Any, Any, Told]) -> None:
        begun = asyncio.run_coroutine_threadsafe(asking, self._loop)
        self._begun.add(begun)
        begun.add_done_callback(self._ended)

    def _ended(self, begun: "Future[Any]") -> None:
        self._begun.discard(begun)
        if not begun.cancelled():
            self._come.put(begun.exception() or begun.result())

    async def _ask(self, key: str, request: bytes) -> Told:
        """Ask until there is an answer, a second bad end, or the question is lost too often."""
        from distributed import KilledWorker

        kills = ends = 0
        while kills < _KILLS:
            try:
                reply = await self._submit(request)
            except (KilledError, KilledWorker):
                kills += 1
                continue
            except (CancelledError, OSError):
                await self._reconnected()
                continue
            ends += 1
            if ends > _RETRIES or reply.end is End.ANSWERED:
                end, packed, sentence = reply.end, reply.packed, reply.sentence
                return Told(key=key, end=end, packed=packed, sentence=sentence, attempts=kills + ends)
        sentence = f"what it ran in was killed {kills} times, as systems do that have no memory left"
        return Told(key=key, end=End.CRASHED, sentence=sentence, attempts=kills + ends)

    async def _submit(self, request: bytes) -> Reply:
        from distributed import KilledWorker

        name = self._name, next(self._numbers)
        future = self._client.submit(_answer, _RELEASE, request, self._limits, key=name)
        try:
            reply: Reply = await future
        except (KilledError, KilledWorker, CancelledError, OSError):
            raise
        except BacktrailError as error:
            raise self._failure(str(error)) from None
        except ImportError as error:
            raise self._failure(f"its workers cannot run backtrail: {error}") from None
        except Exception as error:  # of Dask, whatever it is: no question is to blame
            raise self._failure(f"it does not answer: {type(error).__name__}: {error}") from error
        finally:
            future.release()
        return reply

    async def _reconnected(self) -> None:
        """Wait until the client has found its scheduler again, or for ever: then the watch says it."""
        await asyncio.sleep(_RECONNECTING)
        while self._client.status != "running":  # noqa: ASYNC110  Dask tells nobody
            await asyncio.sleep(_RECONNECTING)

    async def _watch(self) -> NoReturn:
        """Look how large the cluster is. Raises ClusterFailure when there is none any more."""
        seen = time.monotonic()
        while True:
            threads = 0
            if self._client.status == "closed":
                raise self._failure("the scheduler is gone")
            with contextlib.suppress(Exception):  # while it is being found again, in whatever state it is
                threads = sum((await self._client.nthreads()).values())
            if threads:
                seen, self.room = time.monotonic(), max(_AT_LEAST, _AHEAD * threads)
            elif time.monotonic() - seen > _PATIENCE:
                raise self._failure(f"no worker has come for {_PATIENCE:.0f} s")
            await asyncio.sleep(_LOOKS)

    def _failure(self, why: str) -> ClusterFailure:
        where = "the cluster on this computer" if self._scheduler is None else f"--scheduler {self._scheduler}"
        return ClusterFailure(f"{where}: {why}; what was answered so far is kept, and --resume goes on from there")


def _answer(release: str, request: bytes, limits: Limits) -> Reply:
    """Answer on a worker. Raises ClusterFailure where another release of this program would answer."""
    if release != _RELEASE:
        raise ClusterFailure(f"a worker has backtrail {_RELEASE}, and asked is backtrail {release}")
    return question_process.answer(request, limits)


class _Pace:
    """How far it is, and how long the rest takes if it goes on so."""

    def __init__(self, done: int, total: int, progress: Progress | None) -> None:
        self._before = self._done = done
        self._total = total
        self._progress = progress
        self._began = time.monotonic()
        self._say("")

    def step(self) -> None:
        """One more is done."""
        self._done += 1
        seconds = (time.monotonic() - self._began) / (self._done - self._before) * (self._total - self._done)
        self._say(f"{_duration(seconds)} left" if self._total else "")

    def _say(self, words: str) -> None:
        if self._progress is not None:
            self._progress(self._done, self._total, words)


def _duration(seconds: float) -> str:
    """About how long, as one would say it."""
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(1, seconds):.0f} s"
