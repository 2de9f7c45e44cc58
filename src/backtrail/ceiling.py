"""How much memory the program may take: measured where it can stop with an answer, and refused by the system beyond.

A run that takes more than ``--max-memory`` gives up, with what is known until then; what asks for half as much again
at once, between two looks, is refused it (MemoryError), so that the program ends with a sentence, not killed.
"""

import contextlib
import os
import sys
from pathlib import Path
from typing import Final

__all__ = ["DEFAULT", "beyond", "refuse_beyond", "used"]

DEFAULT: Final = 2 << 30
"""Bytes, unless the user says otherwise. The largest question measured takes a fifth of it."""

_PAGE: Final = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def used() -> int:
    """Bytes of memory that this process has; 0 where the system does not say (Windows).

    On macOS it is the most that it had.
    """
    with contextlib.suppress(OSError, ValueError, IndexError), Path("/proc/self/statm").open("rb") as stream:
        return int(stream.read().split()[1]) * _PAGE
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return 0


def beyond(most: int) -> int:
    """Bytes that nothing may take: half as much again as that at which a run stops by itself."""
    return most + most // 2


def refuse_beyond(most: int, *, instead: bool = False) -> None:
    """Have the system refuse this process, and those that it starts from here on, half as much again; on Linux.

    ``instead``: of what it refuses already, and nothing where that is nothing.
    """
    if sys.platform != "linux":
        return
    import resource

    now, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if instead and now == resource.RLIM_INFINITY:
        return
    wanted = beyond(most)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    with contextlib.suppress(OSError, ValueError):  # more than the administrator allows: that holds then
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))
