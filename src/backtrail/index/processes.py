"""Runs a command that may hang, flood or fail, and keeps the end of what it says."""

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

__all__ = ["ProcessError", "run", "telling_line"]

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


def run(command: Sequence[str], *, cwd: Path | str | None, environ: Mapping[str, str], deadline: float) -> str:
    """Run a command, without input, until ``deadline`` (``time.monotonic()``); return the end of its output.

    Stdout and stderr are one. A command that fails, cannot be started, or is still running at the deadline (it is
    killed then, and what it started too) raises ProcessError.
    """
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
    assert process.stdout is not None
    late = threading.Event()

    def stop() -> None:
        late.set()
        _kill(process)

    tail: deque[bytes] = deque(maxlen=_TAIL // _CHUNK)
    reader = threading.Thread(target=_keep, args=(process.stdout, tail), daemon=True)
    alarm = threading.Timer(max(0.0, deadline - time.monotonic()), stop)
    reader.start()
    alarm.start()
    try:
        status = process.wait()
    except BaseException:
        _kill(process)
        raise
    finally:
        alarm.cancel()
    reader.join(1.0)  # longer only if it left something running that holds the pipe
    text = b"".join(tail).decode(errors="replace")
    if late.is_set():
        raise ProcessError("it took too long and was stopped")
    if status != 0:
        raise ProcessError(telling_line(text) or f"it ended with status {status} and said nothing")
    return text


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
