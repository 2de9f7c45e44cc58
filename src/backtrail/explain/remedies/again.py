"""A universal question solved again with changes, each once."""

from collections.abc import Callable

import msgspec

from backtrail.explain.remedies.budget import Budget
from backtrail.explain.remedies.proposals import Change
from backtrail.model.errors import InputError
from backtrail.model.finding import Remedy, RemedyResult
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.run import Run, moved
from backtrail.model.trail import Outcome


class Again:
    """Solves until the budget is out, and remembers what came of each change."""

    def __init__(
        self, run: Run, question: Question, policy: Policy, solve: Callable[[Question, Policy], Run], budget: Budget
    ) -> None:
        """``run`` is the answer without any change."""
        self.run = run
        self.question = question
        self.policy = policy
        self.budget = budget
        self._solve = solve
        self._runs: dict[tuple[str | None, ...], Run | None] = {}

    def with_change(self, change: Change) -> Run | None:
        """The run with a change; None: it cannot be asked, or the budget is out."""
        return self._asked((change.kind, change.change, change.of), change.question, self.policy)

    def asking(self, what: str, question: Question) -> Run | None:
        """The run of another question, which ``what`` names."""
        return self._asked(("asking", what), question, self.policy)

    def switched(self, rule: str) -> Run | None:
        """The run with a rule of the resolver as it is not."""
        policy = msgspec.structs.replace(self.policy, switched=self.policy.switched ^ {rule})
        return self._asked(("switched", rule), self.question, policy)

    def _asked(self, key: tuple[str | None, ...], question: Question, policy: Policy) -> Run | None:
        if key not in self._runs:
            if not self.budget.spend():
                return None
            try:
                self._runs[key] = self._solve(question, policy)
            except InputError:  # environments that uv refuses
                self._runs[key] = None
        return self._runs[key]

    def remedy(self, change: Change) -> Remedy | None:
        """The change as one that was proved to give a solution; None where it gives none."""
        again = self.with_change(change)
        if again is None or again.outcome is not Outcome.SOLVED:
            return None
        return Remedy(
            kind=change.kind,
            change=change.change,
            of=change.of,
            result=RemedyResult.VERIFIED,
            pins_changed=moved(self.run, again),
        )
