"""How often a question may be solved again: causes and remedies first, then what nobody waits for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from backtrail.model.run import Run
from backtrail.sources.pace import Pace

LEISURE = 2_000
"""Rounds of the resolver for solves that no remedy needs, in all: about five of a hundred packages."""

TRIALS = 20_000
"""Rounds of the resolver for all trials about one run: seconds, whatever the run itself took."""


class Effort:
    """What the trials about one run may cost together, in rounds and in the time that there is."""

    def __init__(self, pace: Pace, rounds: int = TRIALS) -> None:
        """Nothing is spent."""
        self._pace = pace
        self.rounds = rounds

    @property
    def spent(self) -> bool:
        """Whether nothing is left for another trial; to be asked right before one."""
        return self.rounds <= 0 or self._pace.over

    def took(self, run: Run) -> None:
        """A trial was made."""
        self.rounds -= run.counters.rounds


class Budget:
    """The solves of one run's explanation. It counts acts, not seconds, so that the same case gives the same answer."""

    def __init__(self, solves: int, *, leisure: int = LEISURE, spent: Callable[[], bool] = lambda: False) -> None:
        """``solves`` is what ``--budget`` says; there is no other where something else is ``spent``."""
        self.left = solves
        self._leisure = leisure
        self._spent = spent

    def part(self, solves: int, *, leisure: int = LEISURE) -> "Budget":
        """A budget of its own that ends where this one does for want of anything else."""
        return Budget(solves, leisure=leisure, spent=self._spent)

    @contextmanager
    def lent(self, solves: int) -> Iterator["Budget"]:
        """A part of this one, of which what is not spent comes back."""
        own = self.part(solves)
        yield own
        self.left -= solves - own.left

    def spend(self) -> bool:
        """Take one solve; False when there is none left."""
        if self.left <= 0 or self._spent():
            return False
        self.left -= 1
        return True

    def spare(self, run: Run) -> bool:
        """Take one solve that may be left out: only if one as long as ``run`` still fits into the rounds set apart."""
        rounds = max(run.counters.rounds, 1)
        if rounds > self._leisure or not self.spend():
            return False
        self._leisure -= rounds
        return True

    @property
    def rounds(self) -> int:
        """The rounds set apart that are left; none where no solve is."""
        return 0 if self.left <= 0 or self._spent() else max(self._leisure, 0)

    def took(self, run: Run) -> None:
        """Count a solve that was made, and its rounds."""
        self.left -= 1
        self._leisure -= max(run.counters.rounds, 1)
