"""How often a question may be solved again: remedies first, then what nobody waits for."""

from backtrail.model.run import Run

LEISURE = 2_000
"""Rounds of the resolver for solves that no remedy needs, in all: about five of a hundred packages."""


class Budget:
    """The solves of one run's explanation. It counts acts, not seconds, so that the same case gives the same answer."""

    def __init__(self, solves: int, *, leisure: int = LEISURE) -> None:
        """``solves`` is what ``--budget`` says."""
        self.left = solves
        self._leisure = leisure

    def spend(self) -> bool:
        """Take one solve; False when there is none left."""
        if self.left <= 0:
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
