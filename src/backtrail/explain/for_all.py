"""From a finished universal run to findings: what other environments, forks and a lock have to do with its answer."""

from collections.abc import Callable

from backtrail.explain.causes.newer import Elsewhere
from backtrail.explain.findings.conflict_for_all import conflicts_for_all
from backtrail.explain.findings.conflict_undeclared import conflict_undeclared
from backtrail.explain.findings.forked import forked
from backtrail.explain.findings.lock_preference import lock_preference
from backtrail.explain.findings.lock_stale import lock_stale
from backtrail.explain.findings.not_sibling import not_sibling
from backtrail.explain.findings.split_failed import split_failed
from backtrail.explain.findings.universal_held_back import universal_held_back
from backtrail.explain.remedies.again import Again
from backtrail.explain.remedies.budget import Budget
from backtrail.model.finding import Finding
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.run import Run
from backtrail.model.source import Source

Solve = Callable[[Question, Policy], Run]


def explain_for_all(
    run: Run, question: Question, policy: Policy, source: Source, solve: Solve, elsewhere: Elsewhere, *, budget: Budget
) -> tuple[Finding, ...]:
    """Find what is worth saying about a universal run, the gravest first.

    ``solve`` answers a changed question by a changed resolver, with a trail, ``elsewhere`` from changed facts. Each
    solve is taken from ``budget``.
    """
    again = Again(run, question, policy, solve, budget)
    apart = (*conflict_undeclared(again), *not_sibling(again))
    failed = () if apart else tuple(split_failed(again, elsewhere))
    clashes = () if apart or failed else tuple(conflicts_for_all(again, source, lambda asked: solve(asked, policy)))
    held = (*universal_held_back(again, elsewhere), *lock_preference(again))
    return (*apart, *failed, *clashes, *held, *lock_stale(run), *forked(run, question))


def explain_over_lock(
    run: Run, question: Question, policy: Policy, solve: Solve, *, budget: Budget
) -> tuple[Finding, ...]:
    """Find what only the versions of a lock hold back in a run for one environment; ``solve`` as above."""
    return tuple(lock_preference(Again(run, question, policy, solve, budget)))
