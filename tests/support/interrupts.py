"""Interrupts the real program at a moment of its run, and says what is wrong with how it ended."""

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

PROGRAM = "from backtrail.cli import main; main()"

STOPPING = """
import importlib, itertools, pathlib, sys
place, turn, note = sys.argv[1:4]
del sys.argv[1:4]
module, _, path = place.partition(":")
*owners, name = path.split(".")
home = importlib.import_module(module)
for owner in owners:
    home = getattr(home, owner)
was, calls = getattr(home, name), itertools.count(1)
def stopping(*asked, **options):
    if next(calls) == int(turn):
        pathlib.Path(note).touch()
        while True:
            pass
    return was(*asked, **options)
setattr(home, name, stopping)
from backtrail.cli import main
main()
"""
"""The program, which leaves a note and goes no further where a function of it is called for the so-manieth time."""

PATIENCE = 60.0
"""Seconds until a run that does not come to the moment, or does not end, is a failure."""

_MARK = "RUN_THAT_IS_INTERRUPTED"
_GONE = 0.5  # seconds for what was killed to be gone


class Ended(NamedTuple):
    """How a run ended: its code, the seconds from the signal to its end, what it said, and what was left of it."""

    code: int
    seconds: float
    out: bytes
    err: bytes
    left: tuple[str, ...]


class Scene(NamedTuple):
    """Where runs happen: a folder for caches and temporary files, and the variables that say so."""

    folder: Path

    def environ(self) -> dict[str, str]:
        scratch = self.folder / "scratch"
        scratch.mkdir(exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("UV_", "PIP_", "BACKTRAIL_"))}
        return kept | {"TMPDIR": str(scratch), "BACKTRAIL_CACHE_DIR": str(self.folder / "cache"), "NO_COLOR": "1"}

    def left(self, mark: str) -> tuple[str, ...]:
        """Temporary files, and processes that were started, as far as the system tells."""
        found = [str(path.relative_to(self.folder)) for path in sorted((self.folder / "scratch").iterdir())]
        ends = time.monotonic() + _GONE
        while (running := _running(mark)) and time.monotonic() < ends:
            time.sleep(0.01)
        return (*found, *running)

    def interrupt(
        self,
        program: Sequence[str],
        when: Callable[[], bool] | float,
        *,
        number: signal.Signals = signal.SIGINT,
        times: int = 1,
    ) -> Ended:
        """Run a program and send it a signal when something is so, or seconds after it has begun to listen."""
        mark = uuid4().hex
        with self.started(program, **{_MARK: mark}) as process:
            _await(process, when)
            began = time.monotonic()
            for pause in itertools.repeat(0.02, times):
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(number)
                time.sleep(pause if times > 1 else 0)
            out, err = process.communicate(timeout=PATIENCE)
            seconds = time.monotonic() - began
        return Ended(process.returncode, seconds, out, err, self.left(mark))

    def run(self, program: Sequence[str]) -> tuple[tuple[int, bytes, bytes], float]:
        """Run a program to its own end: its code and what it said, and the seconds since it began to listen."""
        with self.started(program) as process:
            _await(process, 0.0)
            began = time.monotonic()
            out, err = process.communicate(timeout=PATIENCE)
        return (process.returncode, out, err), time.monotonic() - began

    def started(self, program: Sequence[str], **environment: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-c", *program],
            cwd=self.folder,
            env={**self.environ(), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )


def flaws(ended: Ended, *, seconds: float, code: int = 130, word: bytes = b"interrupted") -> list[str]:
    """What is wrong with how an interrupted run ended."""
    found = {
        f"it ended with {ended.code}": ended.code != code,
        f"it took {ended.seconds:.2f} s": ended.seconds > seconds,
        f"it answered {ended.out[:200]!r}": bool(ended.out),
        f"it said {ended.err[-600:]!r}": ended.err != word + b"\n",
        f"it left {', '.join(ended.left)}": bool(ended.left),
    }
    return [words for words, wrong in found.items() if wrong]


def _await(process: "subprocess.Popen[bytes]", when: Callable[[], bool] | float) -> None:
    if isinstance(when, float):
        _await(process, lambda: _listens(process.pid))
        time.sleep(when)
        return
    ends = time.monotonic() + PATIENCE
    while not when():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < ends, "it does not come to that"
        time.sleep(0.005)


def _listens(number: int) -> bool:
    """Whether a process catches requests to terminate: before that it is Python alone, which is being started."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{number}/status").read_text().splitlines():
            if line.startswith("SigCgt:"):
                return bool(int(line.split()[1], 16) >> (signal.SIGTERM - 1) & 1)
    return not Path("/proc/self").exists()


def _running(mark: str) -> list[str]:
    """The processes that were started with a mark in their environment; none where the system does not tell."""
    return [shown for path in Path("/proc").glob("[0-9]*") if (shown := _described(path, mark))]


def _described(path: Path, mark: str) -> str:
    with contextlib.suppress(OSError):
        if f"{_MARK}={mark}".encode() in (path / "environ").read_bytes():
            return (path / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:200]
    return ""
