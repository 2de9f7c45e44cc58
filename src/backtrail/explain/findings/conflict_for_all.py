"""BT109 of a universal run: which of the user's lines contradict each other, whatever environments are told apart."""

from collections.abc import Callable, Iterator
from itertools import islice

import msgspec

from backtrail.explain.evidence.available_releases import Stock
from backtrail.explain.evidence.releases import Releases
from backtrail.explain.findings.conflict import conflicts
from backtrail.explain.remedies.again import Again
from backtrail.explain.remedies.concessions import concessions
from backtrail.explain.remedies.environments import newer_pythons
from backtrail.explain.remedies.proposals import Change
from backtrail.model.finding import Detail, Finding, RemedyKind
from backtrail.model.question import Question
from backtrail.model.run import Run
from backtrail.model.source import Source

_MOST = 4
"""Independent conflicts that are looked for: a solve for all environments takes as long as several for one."""

_ENOUGH = 2
"""Changes that are shown."""


def conflicts_for_all(again: Again, source: Source, solve: Callable[[Question], Run]) -> Iterator[Finding]:
    """Find the conflicts of the part that failed, with changes that were proved to give a solution.

    ``solve`` answers another question by the same resolver; half of what is left to solve is kept for the changes.
    """
    stock = Stock(again.question, again.policy, source)
    with again.budget.lent(again.budget.left // 2) as own:
        clashes = tuple(conflicts(again.run, again.question, stock, solve, own, most=_MOST))
    for found in (one for _, findings in clashes for one in findings):
        remedies = (again.remedy(change) for change in _changes(found.detail, again, source))
        proved = (remedy for remedy in remedies if remedy is not None)
        yield msgspec.structs.replace(found, remedies=tuple(islice(proved, _ENOUGH)))


def _changes(detail: Detail, again: Again, source: Source) -> Iterator[Change]:
    """What the user could concede; another Python is one to begin with."""
    question, policy = again.question, again.policy

    def probe(changed: Question) -> Run | None:
        return again.asking(repr(changed.requirements), changed)

    for change in concessions(detail, question, policy, probe, Releases(question, policy, source)):
        if change.kind is RemedyKind.PYTHON:
            yield from (one.change for one in newer_pythons(question, policy, change.change))
        else:
            yield change
