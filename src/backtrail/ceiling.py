"""How much memory the program may take: measured where it can stop with an answer, and refused by the system beyond.

A run that takes more than ``--max-memory`` gives up, with what is known until then; what asks for half as much again
at once, between two looks, is refused it (MemoryError), so that the program ends with a sentence, not killed. That is
for this program and the processes that fetch for it; others that it starts (git, interpreters, builds) have what the
user has.
"""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

__all__ = ["DEFAULT", "allowed", "beyond", "lifted", "refuse_beyond", "used"]

DEFAULT: Final = 2 << 30
"""Bytes, unless the user says otherwise. The largest question measured takes a fifth of it."""

_PAGE: Final = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


_lock = threading.Lock()
_before: int | None = None
"""What the system refused beyond before ``refuse_beyond`` was called; None: it has not been."""


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
    """Have the system refuse this process half as much again; on Linux.

    ``instead``: of what it refuses already by a call of this, and nothing where there was none.
    """
    global _before  # noqa: PLW0603  the limit is one of the process
    if sys.platform != "linux" or (instead and _before is None):
        return
    import resource

    with _lock:
        now, hard = resource.getrlimit(resource.RLIMIT_DATA)
        _before = now if _before is None else _before
        _refuse(_least(beyond(most), hard if instead else now), hard)


@contextlib.contextmanager
def lifted() -> Iterator[None]:
    """What is started inside is refused what the user refuses, and nothing of ours."""
    if sys.platform != "linux" or _before is None:
        yield
        return
    import resource

    with _lock:
        now, hard = resource.getrlimit(resource.RLIMIT_DATA)
        _refuse(_before, hard)
        try:
            yield
        finally:
            _refuse(now, hard)


def allowed() -> int | None:
    """Bytes that the user allows, or who says nothing; None where the system refuses nothing."""
    if sys.platform != "linux" or _before is None:
        return None
    import resource

    now, _ = resource.getrlimit(resource.RLIMIT_DATA)
    return None if now == resource.RLIM_INFINITY else now - now // 3


def _refuse(more: int, hard: int) -> None:
    import resource

    with contextlib.suppress(OSError, ValueError):  # more than the administrator allows: that holds then
        resource.setrlimit(resource.RLIMIT_DATA, (more, hard))


def _least(wanted: int, limit: int) -> int:
    import resource

    return wanted if limit == resource.RLIM_INFINITY else min(wanted, limit)
