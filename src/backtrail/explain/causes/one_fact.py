"""Facts each of which is enough: without any one of them alone there is a solution."""

from collections.abc import Callable, Collection

from packaging.utils import NormalizedName

from backtrail.explain.causes.hidden import Hiding
from backtrail.explain.causes.lifting import without
from backtrail.explain.causes.newer import Elsewhere
from backtrail.explain.causes.obstacles import obstacles
from backtrail.explain.evidence.available_releases import Stock
from backtrail.explain.remedies.budget import Budget
from backtrail.model.finding import Obstacle, ObstacleKind
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Run
from backtrail.model.trail import Outcome
from backtrail.standards.lenient import lenient_requirement

_MOST = 5
"""Facts that are lifted, at most."""


def one_fact(
    failed: Run,
    question: Question,
    policy: Policy,
    elsewhere: Elsewhere,
    budget: Budget,
    *,
    goal: Requirement,
    here: Collection[NormalizedName],
) -> tuple[Obstacle, ...]:
    """The first fact that is enough; none where none was found.

    ``failed`` is a run of the question without a solution. What this computer has nothing to do with is tried first:
    requirements whose markers do not hold on it, and what is wrong with projects that are not among those ``here``.
    """
    hiding = Hiding(question, policy, Stock(question, policy, elsewhere.facts()))
    found = obstacles(failed, question, hiding, goal)
    for fact in sorted(found, key=_distance(question, here))[:_MOST]:
        if not budget.spend():
            return ()
        changed, source = without(question, policy, elsewhere.facts(), (fact,))
        if elsewhere.quick(changed, source).outcome is Outcome.SOLVED:
            return (fact,)
    return ()


def _distance(question: Question, here: Collection[NormalizedName]) -> Callable[[Obstacle], int]:
    """How near a fact is to this computer."""
    lines = frozenset({ObstacleKind.OWN_LINE, ObstacleKind.CONSTRAINT, ObstacleKind.OVERRIDE, ObstacleKind.REQUIREMENT})

    def distance(fact: Obstacle) -> int:
        if fact.kind in lines:
            requirement = lenient_requirement(fact.text)
            holds = requirement is None or requirement.applies(question.target.markers) is not False
            return 2 if holds else 0
        return 1 if fact.project in here else 0

    return distance
