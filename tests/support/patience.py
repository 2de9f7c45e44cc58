"""A guard for what must not take ages: generous, so that a busy computer is no failure."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TooSlowError(AssertionError):
    """It did not end within the patience of a test."""


@contextmanager
def patience(seconds: int = 60) -> Iterator[None]:
    """Fail what is not over after this time; where the system has no alarm (Windows), wait for it."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def over(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  as signal calls it
        raise TooSlowError(f"not over after {seconds} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
