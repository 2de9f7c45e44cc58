"""The process that pages and files are fetched and read in, so that it takes no time from the solver.

It is told what to do through its input and ends when that does; it ends with the program, however that ends.
"""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

__all__ = ["can_start", "end", "start", "started"]

_LARGE_PIPE: Final = 1 << 20  # bytes; pages are large, and each time a pipe is full both sides have to wake up
_SET_PIPE_SIZE: Final = 1031  # F_SETPIPE_SZ of Linux

_PROGRAM: Final = "import sys; sys.path[:] = {path!r}; from backtrail.index.fetch_server import main; main()"


def can_start() -> bool:
    """Whether this interpreter can be started again: not where it is part of another program."""
    return bool(sys.executable) and not getattr(sys, "frozen", False)


def start() -> "subprocess.Popen[bytes] | None":
    """Start the process; None where there can be none."""
    if not can_start():
        return None
    try:
        process = subprocess.Popen(  # noqa: S603  it is this program
            [sys.executable, "-c", _PROGRAM.format(path=sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for this process, which ends the other
        )
    except OSError:
        return None
    _enlarge(process)
    return process


@contextlib.contextmanager
def started() -> "Iterator[subprocess.Popen[bytes] | None]":
    """The process, before there is anything to ask; at the end it is gone, used or not."""
    process = start()
    try:
        yield process
    finally:
        if process is not None:
            end(process)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Kill it, if it is still there."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def _enlarge(process: "subprocess.Popen[bytes]") -> None:
    if sys.platform == "linux" and process.stdout is not None:
        import fcntl

        with contextlib.suppress(OSError):  # more than this user may have
            fcntl.fcntl(process.stdout.fileno(), _SET_PIPE_SIZE, _LARGE_PIPE)
