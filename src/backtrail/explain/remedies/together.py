"""Several changes that help together where none of them does alone, grown from one conflict to the next."""

from collections.abc import Callable, Iterator, Sequence

import msgspec
from packaging.utils import NormalizedName

from backtrail.explain.causes.smallest_sets import Smallest, only
from backtrail.explain.remedies.other_pythons import with_python
from backtrail.explain.remedies.proposals import Change, made, opted
from backtrail.explain.remedies.trials import Proof, Trials
from backtrail.model.finding import Finding, RemedyKind
from backtrail.model.question import Question
from backtrail.model.run import Run
from backtrail.model.trail import Outcome

_MOST = 8
"""Changes made together."""

Clash = tuple[Smallest, tuple[Finding, ...]]
"""A conflict, and what is to be said of it."""

Proposals = Callable[[Sequence[Finding], Question], Iterator[Change]]
Next = Callable[[Run, Question], Clash | None]


def together(
    question: Question, clashes: Sequence[Clash], proposals: Proposals, next_clash: Next, trials: Trials
) -> None:
    """Make the gentlest change of each conflict, and then of each that turns up, until there is an answer.

    Then what is not needed is left out. Trials hold what came of it; nothing where a conflict has no change to try.
    """
    changes: tuple[Change, ...] = ()
    waiting = list(clashes)
    subject = clashes[0][1][0].subject
    proof: Proof | None = None
    while waiting and len(changes) < _MOST:
        for smallest, findings in waiting:
            asked = changes[-1].question if changes else question
            proposed = proposals(findings, only(asked, smallest.lines))  # the other conflicts aside
            change = next((one for one in proposed if _is_fresh(one, changes, question)), None)
            made_too = None if change is None else _again(asked, change)
            if made_too is None:
                return
            changes = (*changes, made_too)
        proof = trials.attempt(changes, subject)
        if proof is None or proof.run.outcome is not Outcome.IMPOSSIBLE:
            break
        found = next_clash(proof.run, changes[-1].question)
        waiting = [] if found is None else [found]
    if proof is not None and proof.run.outcome is Outcome.SOLVED:
        _leave_out(question, changes, subject, trials, lambda one: one.run.outcome is Outcome.SOLVED)


def builds_together(question: Question, failing: Sequence[Finding], trials: Trials) -> None:
    """Put together, of changes that were tried, one for each sdist that does not build, until none is left.

    Then what is not needed is left out. Trials hold what came of it; nothing where one of the sdists has no change.
    """
    changes: tuple[Change, ...] = ()
    subject = failing[0].subject
    left = list(failing)
    proof: Proof | None = None
    while left and len(changes) < _MOST:
        change = next((one for one in trials.undoing(left[0]) if _is_fresh(one, changes, question)), None)
        made_too = None if change is None else _again(changes[-1].question if changes else question, change)
        proof = None if made_too is None else trials.attempt((*changes, made_too), subject)
        if made_too is None or proof is None:
            return
        changes = (*changes, made_too)
        left = [one for one in left if not trials.undoes(proof, one)]
    if proof is not None and trials.helps(proof, failing):
        _leave_out(question, changes, subject, trials, lambda one: trials.helps(one, failing))


def _leave_out(
    question: Question,
    changes: tuple[Change, ...],
    subject: NormalizedName | None,
    trials: Trials,
    helps: Callable[[Proof], bool],
) -> None:
    """Solve without each of the changes in turn, the last one first, and go on without those that are not needed."""
    for key in [(one.kind, one.change, one.of) for one in reversed(changes)]:
        rest = _made(question, [one for one in changes if (one.kind, one.change, one.of) != key])
        proof = trials.attempt(rest, subject) if rest else None
        if proof is not None and helps(proof):
            changes = rest


def _is_fresh(change: Change, changes: Sequence[Change], question: Question) -> bool:
    """Whether a change is none that was made already, and rewrites no line that another one wrote."""
    if (change.kind, change.change, change.of) in {(one.kind, one.change, one.of) for one in changes}:
        return False
    if change.kind is RemedyKind.PYTHON and any(one.kind is RemedyKind.PYTHON for one in changes):
        return False
    written = {line.text for line in (*question.requirements, *question.constraints)}
    return change.of is None or change.of in written.difference(one.of for one in changes)


def _made(question: Question, changes: Sequence[Change]) -> tuple[Change, ...]:
    """The same changes made one after the other, each with what is asked then; none where one cannot be made."""
    found: list[Change] = []
    for one in changes:
        again = _again(question, one)
        if again is None:
            return ()
        found.append(again)
        question = again.question
    return tuple(found)


def _again(question: Question, change: Change) -> Change | None:
    """The same change of another question."""
    match change.kind:
        case RemedyKind.POLICY:
            return opted(question, change.change)
        case RemedyKind.PYTHON:
            target = with_python(question.target, change.change)
            asked = None if target is None else msgspec.structs.replace(question, target=target)
            return None if asked is None else change._replace(question=asked)
        case kind:
            return made(question, kind, change.change, change.of)
