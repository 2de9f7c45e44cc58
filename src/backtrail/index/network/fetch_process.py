"""The processes that pages and files are fetched and read in, so that it takes no time from the solver.

What they bring, and how to measure it again, says docs/decisions/processes.md.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Final

from backtrail import piped

__all__ = ["can_start", "count", "start", "started"]

_LOOKING_UP: Final = {"RES_OPTIONS": "timeout:1 attempts:5"}
"""For resolv.conf(5), unless the user has it set: a lost look-up of a host's name costs a second, not five."""


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
            processes.append(piped.start("backtrail.index.network.fetch_server", {**_LOOKING_UP, **os.environ}))
    return tuple(processes)


@contextlib.contextmanager
def started() -> "Iterator[tuple[subprocess.Popen[bytes], ...]]":
    """The processes, before there is anything to ask; at the end they are gone, used or not."""
    processes = start()
    try:
        yield processes
    finally:
        for process in processes:
            piped.end(process)
