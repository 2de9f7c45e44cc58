"""Runs commands that may hang, flood or fail, keeps the end of what they say, and stops them all on request."""

import contextlib
import os
import re
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol

from backtrail import transient
from backtrail.index.build.left_running import kill_left
from backtrail.transient import Killable

__all__ = ["Hold", "ProcessError", "Processes", "Running", "Start", "telling_line"]

_TAIL = 64 * 1024
_CHUNK = 8 * 1024
_LONGEST_LINE = 300
_TRACEBACK = "Traceback (most recent call last):"


class Running(Killable, Protocol):
    """A command under way; ``kill`` ends what it started, too."""

    @property
    def stdout(self) -> IO[bytes]:
        """What it writes."""

    def wait(self) -> int:
        """Wait until it ends: its exit code, or the number of a signal, negative."""


Hold = Callable[[Killable], None]
"""Called with what is about to run, and may raise."""

Start = Callable[[Sequence[str], Path | str | None, Mapping[str, str], float, Hold], Running | None]
"""Starts a command (with working directory, variables, deadline) in another way than usual; None: it cannot."""


class ProcessError(Exception):
    """A command failed or took too long; ``line`` says it best, in its own words or ours."""

    def __init__(self, line: str) -> None:
        """Keep the line."""
        super().__init__(line)
        self.line = line


class Processes:
    """The commands that run at a time, in any threads. Their variables name ``folder``, by which they are found."""

    def __init__(self, folder: Path) -> None:
        """Nothing runs yet."""
        self._folder = folder
        self._lock = threading.Lock()
        self._running: dict[Killable, Hashable] = {}
        self._stopped: set[Hashable] = set()
        self._all_stopped = False

    def kill(self) -> None:
        """Kill what runs, or was left running, and let nothing start; whoever waits for it gets a ProcessError."""
        with self._lock:
            self._all_stopped = True
            for process in self._running:
                process.kill()
            kill_left(self._folder)

    def kill_for(self, purpose: Hashable) -> None:
        """The same for what runs for one purpose."""
        with self._lock:
            self._stopped.add(purpose)
            for process, served in self._running.items():
                if served == purpose:
                    process.kill()

    def hold(self, process: Killable, purpose: Hashable = None) -> None:
        """Kill this with the others. Raises ProcessError where they were stopped already, and it is killed."""
        with self._lock:  # or one that starts just now would outlive the stop
            if not self._is_stopped(purpose):
                self._running[process] = purpose
                return
        process.kill()
        raise ProcessError("it was stopped")

    def _is_stopped(self, purpose: Hashable) -> bool:
        return self._all_stopped or purpose in self._stopped

    def _begin(
        self, command: Sequence[str], cwd: Path | str | None, environ: Mapping[str, str], purpose: Hashable
    ) -> "_Started":
        with self._lock:
            if self._is_stopped(purpose):
                raise ProcessError("it was stopped")
            process = _Started(command, cwd, environ)
            self._running[process] = purpose
        return process

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path | str | None,
        environ: Mapping[str, str],
        deadline: float,
        start: Start | None = None,
        purpose: Hashable = None,
    ) -> str:
        """Run a command, without input, until ``deadline`` (``time.monotonic()``); return the end of its output.

        Stdout and stderr are one. ``purpose`` is for ``kill_for``. A command that fails, cannot be started, or is still
        running at the deadline (it is killed then, and what it started too) raises ProcessError.
        """
        process = (
            start and start(command, cwd, environ, deadline, lambda process: self.hold(process, purpose))
        ) or self._begin(command, cwd, environ, purpose)
        late = threading.Event()

        def give_up() -> None:
            late.set()
            process.kill()

        tail: deque[bytes] = deque(maxlen=_TAIL // _CHUNK)
        reader = threading.Thread(target=_keep, args=(process.stdout, tail), daemon=True)
        alarm = threading.Timer(max(0.0, deadline - time.monotonic()), give_up)
        reader.start()
        alarm.start()
        try:
            status = process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            alarm.cancel()
            with self._lock:
                self._running.pop(process, None)
        reader.join(1.0)  # longer only if it left something running that holds the pipe
        text = b"".join(tail).decode(errors="replace")
        if late.is_set():
            raise ProcessError("it took too long and was stopped")
        if self._is_stopped(purpose) and status != 0:
            raise ProcessError("it was stopped")
        if status != 0:
            raise ProcessError(telling_line(text) or f"it ended with status {status} and said nothing")
        return text


class _Started:
    """A command in a process of its own. See Running."""

    def __init__(self, command: Sequence[str], cwd: Path | str | None, environ: Mapping[str, str]) -> None:
        """Start it. Raises ProcessError."""
        try:
            self._process = transient.Group(
                command,
                cwd=cwd,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        except OSError as error:
            raise ProcessError(f"{Path(command[0]).name} cannot be started: {error.strerror}") from error

    @property
    def stdout(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    def wait(self) -> int:
        if sys.platform == "linux" and self._process.returncode is None:
            with contextlib.suppress(ChildProcessError):
                os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
            self._process.kill()  # what it left running; nothing else has its number before it is waited for
        return self._process.wait()

    def kill(self) -> None:
        self._process.kill()


def _keep(stream: IO[bytes], tail: "deque[bytes]") -> None:
    with stream, contextlib.suppress(OSError, ValueError):
        while chunk := os.read(stream.fileno(), _CHUNK):
            tail.append(chunk)


def telling_line(output: str) -> str:
    """The line that says why a program failed: the exception of the last traceback, else an error, else the end.

    Where the end is no more than an address to read on, what was said comes at the beginning.
    """
    plain = re.sub(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", " ", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", output))
    lines = [line.rstrip() for line in plain.splitlines() if line.strip()]
    starts = [place for place, line in enumerate(lines) if line.strip() == _TRACEBACK]
    if starts:
        margin = len(lines[starts[-1]]) - len(lines[starts[-1]].lstrip())
        after = (line for line in lines[starts[-1] + 1 :] if len(line) - len(line.lstrip()) <= margin)
        said = next(after, "")
        if said:
            return said.strip()[:_LONGEST_LINE]
    errors = [line for line in lines if re.match(r"\s*(?:fatal )?error\b", line, re.IGNORECASE)]
    kept = lines[:1] if lines and re.fullmatch(r"\s*<?https?://\S+", lines[-1]) else lines
    return (errors or kept or [""])[-1].strip()[:_LONGEST_LINE]
