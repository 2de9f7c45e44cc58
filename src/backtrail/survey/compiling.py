"""Answers put together: those of one question side by side, and all of them in the order of the plan."""

from collections.abc import Iterable, Iterator, Mapping

from backtrail.model.policy import Policy
from backtrail.model.survey import ChangeRow, FindingRow, RunRow, Surveyed
from backtrail.model.trail import Outcome
from backtrail.resolvers.registry import parse_resolver
from backtrail.survey.answering import partner

__all__ = ["beside"]

_UNDECIDED = frozenset({Outcome.UNKNOWN.value, Outcome.GAVE_UP.value})


def beside(baseline: Surveyed, cell: Surveyed) -> Iterator[ChangeRow]:
    """What differs between the runs of a cell and those of the baseline; the pins were held against each other before.

    Where only one of two answers is known, no more is said than that.

    A finding is the same where its code and its subject are.
    """
    before = [run for run in baseline.runs if run.outcome is not None]
    policies = [_policy(run) for run in before]
    pins: dict[str, list[ChangeRow]] = {}
    for change in cell.changes:
        pins.setdefault(change.run, []).append(change)
    for place, run in enumerate(cell.runs):
        if run.outcome is None:
            continue
        other = partner(_policy(run), place, policies)
        if other is None:
            continue
        old = before[other]
        if old.outcome != run.outcome:
            yield _change(old, run, what="outcome", old=old.outcome, new=run.outcome)
        if not _comparable(old, run):
            continue
        if old.rounds != run.rounds:
            yield _change(old, run, what="rounds", old=str(old.rounds), new=str(run.rounds))
        yield from pins.get(run.run, ())
        yield from _findings(old, run, _of(baseline.findings, old), _of(cell.findings, run))


def _policy(run: RunRow) -> Policy:
    return parse_resolver(run.run)


def _comparable(old: RunRow, new: RunRow) -> bool:
    """Whether what only one of them has is gone or new, and not merely unknown."""
    known = [run.outcome not in _UNDECIDED for run in (old, new)]
    return all(known) or (not any(known) and old.failure == new.failure)


def _of(findings: Iterable[FindingRow], run: RunRow) -> Mapping[tuple[str, str], FindingRow]:
    return {(one.code, one.subject or ""): one for one in findings if one.run == run.run}


def _findings(
    old: RunRow,
    new: RunRow,
    was: Mapping[tuple[str, str], FindingRow],
    now: Mapping[tuple[str, str], FindingRow],
) -> Iterator[ChangeRow]:
    for code, subject in sorted(was.keys() ^ now.keys()):
        gone, come = was.get((code, subject)), now.get((code, subject))
        yield _change(
            old,
            new,
            what="finding",
            code=code,
            subject=subject or None,
            old=None if gone is None else gone.headline,
            new=None if come is None else come.headline,
        )


def _change(before: RunRow, after: RunRow, **fields: str | None) -> ChangeRow:
    return ChangeRow(
        question=after.question,
        cell=after.cell,
        run=after.run,
        baseline_run=before.run,
        **fields,  # type: ignore[arg-type]
    )
