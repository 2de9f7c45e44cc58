"""The processes that pages and files are fetched and read in, so that it takes no time from the solver.

Each gets its tasks through its input and ends when that does: it ends with the program, however that ends. What they
bring, and how to measure it again, says docs/decisions/processes.md.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Final

from backtrail import transient

__all__ = ["can_start", "count", "end", "start", "started"]

_LOOKING_UP: Final = {"RES_OPTIONS": "timeout:1 attempts:5"}
"""For resolv.conf(5), unless the user has it set: a lost look-up of a host's name costs a second, not five."""

_PROGRAM: Final = "import sys; sys.path[:] = {path!r}; from backtrail.index.network.fetch_server import main; main()"


def can_start() -> bool:
    """Whether this interpreter can be started again: not where it is part of another program."""
    return bool(sys.executable) and not getattr(sys, "frozen", False)


def count() -> int:
    """One with the Rust client. With httpx two, one host each: most indexes have pages on one, files on another."""
    return 2 if find_spec("pyreqwest") is None else 1


def start() -> "tuple[subprocess.Popen[bytes], ...]":
    """Start all of them; none where there can be none."""
    processes: list[subprocess.Popen[bytes]] = []
    with contextlib.suppress(OSError):
        while can_start() and len(processes) < count():
            processes.append(transient.started(_start))
    return tuple(processes)


def _start() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603  it is this program
        [sys.executable, "-I", "-c", _PROGRAM.format(path=sys.path)],
        env={**_LOOKING_UP, **os.environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # Ctrl-C is for this process, which ends the others.
        start_new_session=True,
        creationflags=transient.apart(),
    )


@contextlib.contextmanager
def started() -> "Iterator[tuple[subprocess.Popen[bytes], ...]]":
    """The processes, before there is anything to ask; at the end they are gone, used or not."""
    processes = start()
    try:
        yield processes
    finally:
        for process in processes:
            end(process)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Kill it, if it is still there."""
    process.kill()
    process.wait()
    transient.let_go(process)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
