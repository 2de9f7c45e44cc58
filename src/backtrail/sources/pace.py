"""How much time and memory an answer may take, and where they ran out, so that a recording stops there again.

Both are looked at where a resolver begins a round or reads something, and between solves. Each of these places has
a number, which is the same whenever the question is answered: a clock decides once, the recording ever after.
"""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from backtrail import ceiling
from backtrail.model.record import Record
from backtrail.model.trail import GaveUpError, Limit, Stop

__all__ = ["Pace", "Place"]


_SELDOM = 32  # looks at the time between two at the memory: the system takes longer to say that
_COLLECTIONS = 3


class Place(Record, frozen=True, kw_only=True):
    """Where a limit was met: in which solve since the first, in which of its rounds, after how many reads in that."""

    solve: int
    round: int
    read: int
    limit: Limit = Limit.TIME

    def reaches(self, other: "Place") -> bool:
        """Whether this is the other place, or after it."""
        return (self.solve, self.round, self.read) >= (other.solve, other.round, other.read)


class Pace:
    """The time and memory of one answer. ``stopped`` is where one of them ran out, None while there is enough."""

    def __init__(
        self,
        seconds: float | None = None,
        *,
        memory: int | None = None,
        recorded: Place | None = None,
        clock: Callable[[], float] | None = time.monotonic,
        used: Callable[[], int] = ceiling.used,
    ) -> None:
        """The time begins. Without a ``clock`` it runs out where that was ``recorded``, and None: never.

        ``memory`` are bytes, None: as many as anybody has who says nothing.
        """
        self._bounds = {Limit.TIME: seconds or 0.0, Limit.MEMORY: memory or ceiling.DEFAULT}
        self._used = used
        self._looks = 0
        self._collections = _COLLECTIONS
        self._recorded = recorded
        self._clock = clock
        self._ends = None if seconds is None or clock is None else clock() + seconds
        self._here = Place(solve=0, round=0, read=0)
        self._solving = False
        self.stopped: Place | None = None

    def allow(self, memory: int) -> None:
        """Another bound of memory, in bytes."""
        self._bounds[Limit.MEMORY] = memory

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
            limit = Limit.TIME if self.stopped is None else self.stopped.limit
            raise GaveUpError(Stop(limit=limit, bound=self._bounds[limit]))

    def _is_over(self, place: Place) -> bool:
        if self.stopped is None:
            if self._recorded is not None and place.reaches(self._recorded):
                self.stopped = msgspec.structs.replace(place, limit=self._recorded.limit)
            elif self._ends is not None and self._clock is not None and self._clock() >= self._ends:
                self.stopped = place
            elif self._is_full():
                self.stopped = msgspec.structs.replace(place, limit=Limit.MEMORY)
        return self.stopped is not None

    def _is_full(self) -> bool:
        """Whether the memory is used up, also when what nobody needs any more is gone."""
        self._looks += 1
        if self._looks % _SELDOM or self._used() <= self._bounds[Limit.MEMORY]:
            return False
        if self._collections:
            self._collections -= 1
            gc.collect()
        return self._used() > self._bounds[Limit.MEMORY]
