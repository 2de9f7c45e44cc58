"""Processes that builds left running in sessions of their own, found on Linux by the folder that their variables name.

One that was started without variables, and whose parents are gone, is not found; a sandbox keeps that one, too.
"""

import contextlib
import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

__all__ = ["kill_left"]

_ROUNDS: Final = 20  # what goes on starting others while it is ended
_PAUSE: Final = 0.005  # seconds


def kill_left(folder: Path) -> None:
    """Kill every process that was started with a folder in its variables, and those that these started."""
    if sys.platform != "linux":
        return
    mark = b"=" + os.fsencode(folder) + b"\0"
    for _ in range(_ROUNDS):
        found = _family(mark)
        if not found:
            return
        for number in found:
            with contextlib.suppress(OSError):
                os.kill(number, signal.SIGKILL)
        time.sleep(_PAUSE)


def _family(mark: bytes) -> set[int]:
    """The processes with the mark that run, with all below them."""
    children: dict[int, list[int]] = defaultdict(list)
    waiting: list[int] = []
    for number, parent in _running():
        children[parent].append(number)
        with contextlib.suppress(OSError):
            if mark in Path(f"/proc/{number}/environ").read_bytes():
                waiting.append(number)
    found: set[int] = set()
    while waiting:
        number = waiting.pop()
        if number not in found:
            found.add(number)
            waiting += children[number]
    return found - {os.getpid()}


def _running() -> Iterator[tuple[int, int]]:
    """The numbers of all processes but those that have ended, each with that of its parent."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError, ValueError, IndexError):
                # The name, in parentheses, may hold anything.
                state, parent, *_ = (entry / "stat").read_bytes().rpartition(b")")[2].split()
                if state not in (b"Z", b"X"):
                    yield int(entry.name), int(parent)
