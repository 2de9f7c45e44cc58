"""Runs commands that may hang, flood or fail, keeps the end of what they say, and stops them all on request."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

__all__ = ["ProcessError", "Processes", "telling_line"]

_TAIL = 64 * 1024
_CHUNK = 8 * 1024
_LONGEST_LINE = 300
_TRACEBACK = "Traceback (most recent call last):"


class ProcessError(Exception):
    """A command failed or took too long; ``line`` says it best, in its own words or ours."""

    def __init__(self, line: str) -> None:
        """Keep the line."""
        super().__init__(line)
        self.line = line


class Processes:
    """The commands that run at a time, in any threads."""

    def __init__(self) -> None:
        """Nothing runs yet."""
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    def stop(self) -> None:
        """Kill what runs and let nothing start any more; whoever waits for it gets a ProcessError."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                _kill(process)

    def run(
        self, command: Sequence[str], *, cwd: Path | str | None, environ: Mapping[str, str], deadline: float
    ) -> str:
        """Run a command, without input, until ``deadline`` (``time.monotonic()``); return the end of its output.

        Stdout and stderr are one. A command that fails, cannot be started, or is still running at the deadline (it is
        killed then, and what it started too) raises ProcessError.
        """
        process = self._start(command, cwd, environ)
        assert process.stdout is not None
        late = threading.Event()

        def give_up() -> None:
            late.set()
            _kill(process)

        tail: deque[bytes] = deque(maxlen=_TAIL // _CHUNK)
        reader = threading.Thread(target=_keep, args=(process.stdout, tail), daemon=True)
        alarm = threading.Timer(max(0.0, deadline - time.monotonic()), give_up)
        reader.start()
        alarm.start()
        try:
            status = process.wait()
        except BaseException:
            _kill(process)
            raise
        finally:
            alarm.cancel()
            with self._lock:
                self._running.discard(process)
        reader.join(1.0)  # longer only if it left something running that holds the pipe
        text = b"".join(tail).decode(errors="replace")
        if late.is_set():
            raise ProcessError("it took too long and was stopped")
        if self._stopped and status != 0:
            raise ProcessError("it was stopped")
        if status != 0:
            raise ProcessError(telling_line(text) or f"it ended with status {status} and said nothing")
        return text

    def _start(
        self, command: Sequence[str], cwd: Path | str | None, environ: Mapping[str, str]
    ) -> "subprocess.Popen[bytes]":
        with self._lock:  # or one that starts just now would outlive the stop
            if self._stopped:
                raise ProcessError("it was stopped")
            try:
                process = subprocess.Popen(  # noqa: S603  running it is what was asked for
                    command,
                    cwd=cwd,
                    env=dict(environ),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                raise ProcessError(f"{Path(command[0]).name} cannot be started: {error.strerror}") from error
            self._running.add(process)
        return process


def _keep(stream: IO[bytes], tail: "deque[bytes]") -> None:
    with stream, contextlib.suppress(OSError, ValueError):
        while chunk := os.read(stream.fileno(), _CHUNK):
            tail.append(chunk)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)


def telling_line(output: str) -> str:
    """The line that says why a program failed: the exception of the last traceback, else an error, else the end."""
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
    return (errors or lines or [""])[-1].strip()[:_LONGEST_LINE]
