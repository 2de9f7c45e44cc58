"""BT116: a run that ended without an answer, although the resolver's own rules allow one."""

from collections.abc import Callable, Iterable

from backtrail.explain import catalogue
from backtrail.explain.causes.one_answer import constrained, narrowed
from backtrail.model.finding import Finding, Remedy, RemedyKind, RemedyResult, SolutionMissed
from backtrail.model.metadata import Unavailable
from backtrail.model.question import Question
from backtrail.model.run import Run
from backtrail.model.trail import Outcome, Read

_EXCLUDED = 3
"""Versions left out, one after the other, where each of them ends the run."""

Solve = Callable[[Question], Run]


def missed(run: Run, question: Question, solve: Solve, others: Iterable[Run]) -> Finding | None:
    """Look for a solution that a run missed; None where it found one, or none is known.

    ``solve`` answers a changed question as the same resolver would: only what it then finds itself is shown, so every
    requirement is met and every file admitted by its own rules. ``others`` are answers of other resolvers to the
    question, to be held against those rules; they are asked for one by one.
    """
    if run.undecided:
        return None
    if run.outcome is Outcome.ABORTED:
        found, without = _without(run, question, solve)
        if found is not None:
            return _finding(run, found, None, without)
    if run.outcome not in (Outcome.ABORTED, Outcome.IMPOSSIBLE, Outcome.GAVE_UP):
        return None
    for other in others:
        if other.outcome is Outcome.SOLVED:
            found = solve(narrowed(question, other))
            if found.outcome is Outcome.SOLVED:
                return _finding(run, found, other.key, ())
    return None


def _without(run: Run, question: Question, solve: Solve) -> tuple[Run | None, tuple[str, ...]]:
    """Leave out the version that ends the run, and the next one."""
    lines: list[str] = []
    for _ in range(_EXCLUDED):
        version = _fatal(run)
        if version is None or version in lines:
            break
        lines.append(version)
        run = solve(constrained(question, lines))
        if run.outcome is Outcome.SOLVED:
            return run, tuple(lines)
        if run.outcome is not Outcome.ABORTED:
            break
    return None, ()


def _fatal(run: Run) -> str | None:
    """The version whose file ended the run, as what excludes it."""
    failure = run.failure
    if not isinstance(failure, Unavailable):
        return None
    for event in reversed(run.trail):
        if isinstance(event, Read) and event.file == failure.file and event.version is not None:
            return f"{event.name}!={event.version}"
    return None


def _finding(run: Run, found: Run, by: str | None, without: tuple[str, ...]) -> Finding:
    return catalogue.finding(
        runs=(run.key,),
        subject=None,
        detail=SolutionMissed(
            outcome=run.outcome,
            pins={pin.name: pin.version for pin in found.pins},
            found_by=by,
            without=without,
        ),
        evidence=(f"trail:{run.key}#{len(run.trail) - 1}",),
        remedies=tuple(
            Remedy(kind=RemedyKind.CONSTRAIN, change=line, result=RemedyResult.VERIFIED)
            for line in without
            if len(without) == 1
        ),
    )
