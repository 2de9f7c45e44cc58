"""How an answer for a changed index differs from that for the index as it is: pins with their causes, and findings."""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence

from msgspec.structs import replace
from packaging.utils import NormalizedName

from backtrail.explain.causes.exchanged import Side, compare
from backtrail.model.case import Report
from backtrail.model.difference import Difference, WhatIf
from backtrail.model.finding import Finding
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.run import Run
from backtrail.sources.case_file import World

__all__ = ["what_if"]

Solve = Callable[[Question, Policy], Run]
"""Solves a question of an index that is changed as the question says."""


def what_if(
    asked: Sequence[tuple[Question, Policy]], before: Report, after: Report, solve: Solve, *, budget: int
) -> WhatIf:
    """Hold the answer ``after`` the changes against that ``before``.

    Which change moves a pin is found by making each of them alone, and all without it; ``budget`` is the number of
    solves for that.
    """
    unknown = {run.key for run in (*before.runs, *after.runs) if run.undecided}
    return WhatIf(
        differences=tuple(_differences(asked, before, after, solve, budget)),
        appeared=tuple(_only(after.findings, before.findings, unknown)),
        vanished=tuple(_only(before.findings, after.findings, unknown)),
        answers=before.answers,
    )


def _differences(
    asked: Sequence[tuple[Question, Policy]], before: Report, after: Report, solve: Solve, budget: int
) -> Iterator[Difference]:
    for (question, policy), was, now in zip(asked, before.runs, after.runs, strict=False):
        unchanged = Side(replace(question, index_changes=()), policy, World())

        def solved(side: Side, question: Question = question, was: Run = was, now: Run = now) -> Run:
            if not side.question.index_changes:
                return was
            return now if side.question.index_changes == question.index_changes else solve(side.question, side.policy)

        found = compare(unchanged, Side(question, policy, World()), solved, budget=budget)
        budget -= found.solves
        yield found


def _only(findings: Iterable[Finding], others: Iterable[Finding], unknown: Container[str]) -> Iterator[Finding]:
    """Findings that some run has, and the others do not tell of it; of a run with an unknown answer none."""
    told = {key for one in others for key in _told(one)}
    return (one for one in findings if any(key not in told and key[2] not in unknown for key in _told(one)))


def _told(finding: Finding) -> Iterator[tuple[str, NormalizedName | None, str]]:
    return ((finding.code, finding.subject, run) for run in finding.runs)
