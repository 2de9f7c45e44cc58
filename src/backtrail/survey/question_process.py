"""A process for one question at a time, beside the worker that asks it: what a question does there, it does alone.

A worker of Dask has several questions, perhaps of several people, no time limit for one of them, and where it dies
nobody knows which one it was. So a worker waits for a process of its own, which can be ended at any moment, however
stuck it is, and which takes nothing with it. It is kept for the next question, since it takes as long to start as a
short question to answer; after a bad end there is a new one.
"""

import contextlib
import os
import pickle
import signal
import subprocess
import threading
import time
from typing import Final

from backtrail import ceiling, piped
from backtrail.model.record import Record
from backtrail.survey.journal import End
from backtrail.survey.question_server import BEGUN, IDLED, MISSING

__all__ = ["KilledError", "Limits", "Reply", "answer", "end_all"]

_LOOKS: Final = 0.1
"""Seconds between two looks at the time and memory of a question."""

_ENDING: Final = 1.0  # seconds for a process that says nothing any more to be gone

_BEGINNING: Final = 60.0
"""Seconds for a process to begin, and to import what is to answer: no question is to blame for these."""


class Limits(Record, frozen=True, kw_only=True):
    """What one question may take: ``seconds``, and bytes of ``memory``, half of which it may take besides."""

    seconds: float
    memory: int = ceiling.DEFAULT


class Reply(Record, frozen=True, kw_only=True, gc=False):
    """How a question ended, its answer, packed, or the sentence that says why there is none."""

    end: End
    packed: bytes = b""
    sentence: str = ""


class KilledError(Exception):
    """Somebody else ended the process: the question need not be to blame."""


class _Watch(threading.Thread):
    """Ends a process that takes more than its limits; ``why`` then says which, None as long as it has not."""

    def __init__(self, process: "subprocess.Popen[bytes]", limits: Limits) -> None:
        super().__init__(name="watch", daemon=True)
        self.why: End | None = None
        self._process = process
        self._limits = limits
        self._over = threading.Event()
        self._ends = time.monotonic() + _BEGINNING + limits.seconds

    def run(self) -> None:
        """Look again and again."""
        from psutil import Process

        most = ceiling.beyond(self._limits.memory)
        with contextlib.suppress(Exception):  # it ended meanwhile
            seen = Process(self._process.pid)
            while not self._over.wait(min(_LOOKS, self._limits.seconds)):
                if time.monotonic() > self._ends:
                    self.why = End.HUNG
                elif seen.memory_info().rss > most:
                    self.why = End.OUT_OF_MEMORY
                if self.why is not None:
                    self._process.kill()
                    return

    def begin(self) -> None:
        """Count the time from now."""
        self._ends = time.monotonic() + self._limits.seconds

    def stop(self) -> End | None:
        """Look no more, and say why the process was ended."""
        self._over.set()
        self.join()
        return self.why


class _Asked:
    """A process that is started, and waits for a question."""

    def __init__(self) -> None:
        self._process = piped.start("backtrail.survey.question_server")
        self._begun = False

    def ask(self, request: bytes, limits: Limits) -> Reply | None:
        """Ask a question and wait for its end; None where the process had ended by itself before.

        Raises KilledError, OSError where the process does not even begin, ImportError where it lacks the function.
        """
        asking, answers = self._process.stdin, self._process.stdout
        assert asking is not None
        assert answers is not None
        watch = _Watch(self._process, limits)
        watch.start()
        try:
            with contextlib.suppress(OSError):  # it ended: that is seen below
                piped.send(asking, 0, request)
            self._begun = self._begun or piped.begun(answers)
            said = next(piped.frames(answers), None)
            if said is not None and said[0] == BEGUN:
                watch.begin()
                said = next(piped.frames(answers), None)
        finally:
            why = watch.stop()
        if said is not None and why is None:
            if said[0] == MISSING:
                raise ImportError(said[1].decode())
            end, packed, sentence = pickle.loads(said[1])  # noqa: S301  it is this program that answers
            return _reply(end, limits, packed, sentence)
        return self._died(why, limits)

    def _died(self, why: End | None, limits: Limits) -> Reply | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_ENDING)
        self.end()
        code = self._process.returncode
        if why is not None:
            return _reply(why, limits)
        if code == IDLED:
            return None
        if os.name == "posix" and code == -signal.SIGKILL:
            raise KilledError
        if not self._begun:
            raise OSError(f"the process that is to answer ends with {code}")
        return _reply(End.CRASHED, limits, sentence=f"its process ended with {_code(code)}")

    def end(self) -> None:
        """End it, if it is still there, where nobody waits for it."""
        piped.end(self._process)

    def kill(self) -> None:
        """Have whoever waits for it be told that it was killed."""
        self._process.kill()


_lock = threading.Lock()
_idle: list[_Asked] = []
_busy: set[_Asked] = set()


def end_all() -> None:
    """End all that there are."""
    with _lock:
        while _idle:
            _idle.pop().end()
        for process in _busy:
            process.kill()


def answer(request: bytes, limits: Limits) -> Reply:
    """Ask a question of ``asked`` in a process that has nothing to do, and wait for its end.

    Raises KilledError where somebody ends it, OSError where no process can be had, ImportError where the function that
    is to answer is not installed.
    """
    reply = None
    while reply is None:
        with _lock:
            process = _idle.pop() if _idle else _Asked()
            _busy.add(process)
        try:
            reply = process.ask(request, limits)
        finally:
            with _lock:
                _busy.discard(process)
                if reply is not None and reply.end is End.ANSWERED:
                    _idle.append(process)
                else:
                    process.end()
    return reply


def _reply(end: End, limits: Limits, packed: bytes = b"", sentence: str = "") -> Reply:
    """A reply, in words where it is no answer."""
    match end:
        case End.HUNG:
            sentence = f"it took longer than {limits.seconds:g} s"
        case End.OUT_OF_MEMORY:
            sentence = f"it took more than {limits.memory / (1 << 20):.0f} MiB of memory"
        case End.ANSWERED | End.CRASHED:
            pass
    return Reply(end=end, packed=packed, sentence=sentence)


def _code(code: int) -> str:
    """How a process ended: ``SIGSEGV`` or ``code 3``."""
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"code {code}"
