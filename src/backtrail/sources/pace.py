"""How long an answer may take: ``--time-limit``, and where it ran out, so that a recording stops there again.

The time is looked at where a resolver begins a round or reads something, and between solves. Each of these places has
a number, which is the same whenever the question is answered: a clock decides once, the recording ever after.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from backtrail.model.record import Record
from backtrail.model.trail import GaveUpError, Limit, Stop

__all__ = ["Pace", "Place"]


class Place(Record, frozen=True, kw_only=True, order=True):
    """Where the time ran out: in which solve since the first, in which of its rounds, after how many reads in that."""

    solve: int
    round: int
    read: int


class Pace:
    """The time of one answer. ``stopped`` is where it ran out, None while it has not."""

    def __init__(
        self,
        seconds: float | None = None,
        *,
        recorded: Place | None = None,
        clock: Callable[[], float] | None = time.monotonic,
    ) -> None:
        """The time begins. Without a ``clock`` it runs out where that was ``recorded``, and None: never."""
        self._stop = Stop(limit=Limit.TIME, bound=seconds or 0.0)
        self._recorded = recorded
        self._clock = clock
        self._ends = None if seconds is None or clock is None else clock() + seconds
        self._here = Place(solve=0, round=0, read=0)
        self._solving = False
        self.stopped: Place | None = None

    @contextmanager
    def solving(self) -> Iterator[None]:
        """A resolver runs inside."""
        self._here = self._next()
        self._solving = True
        try:
            yield
        finally:
            self._solving = False

    def round(self) -> None:
        """A round begins; raises GaveUpError where the time is over."""
        self._here = Place(solve=self._here.solve, round=self._here.round + 1, read=0)
        self._go_on(self._here)

    def read(self) -> None:
        """Something is read; raises GaveUpError where the time of a resolver is over."""
        if self._solving:
            self._here = Place(solve=self._here.solve, round=self._here.round, read=self._here.read + 1)
            self._go_on(self._here)

    def wait(self) -> None:
        """What a resolver reads is not there yet; raises GaveUpError as ``read`` does."""
        if self._solving:
            self._go_on(self._here)

    @property
    def over(self) -> bool:
        """Whether there is no time for another solve."""
        return self._is_over(self._next())

    def _next(self) -> Place:
        return Place(solve=self._here.solve + 1, round=0, read=0)

    def _go_on(self, place: Place) -> None:
        if self._is_over(place):
            raise GaveUpError(self._stop)

    def _is_over(self, place: Place) -> bool:
        if self.stopped is None:
            late = self._ends is not None and self._clock is not None and self._clock() >= self._ends
            if late or (self._recorded is not None and place >= self._recorded):
                self.stopped = place
        return self.stopped is not None
