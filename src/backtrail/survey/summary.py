"""The tables of a survey in short: what changed most, whom it hits, what decides it, what was found."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from backtrail.model.survey import (
    BASELINE,
    CauseCount,
    ChangeRow,
    Ended,
    FindingCount,
    FindingRow,
    Hit,
    Moved,
    QuestionRow,
    RunRow,
    Summary,
    Unsure,
)
from backtrail.survey.tables import rows

__all__ = ["summary"]

_ROWS = 30
"""Rows of each list."""

_EXAMPLES = 3

_ORDER = ("outcome", "pin", "finding")


def summary(folder: Path) -> Summary:
    """Read the tables of a folder, a row after the other. Raises OSError where one is not there."""
    questions = _Questions(rows(folder, "questions", QuestionRow))
    runs = _Runs(rows(folder, "runs", RunRow))
    changes = _Changes(rows(folder, "changes", ChangeRow))
    findings = _Findings(rows(folder, "findings", FindingRow))
    return Summary(
        questions=questions.number,
        cells=questions.cells,
        ended=tuple(Ended(cell=cell, run=run, outcomes=dict(found)) for (cell, run), found in runs.ended.items()),
        hits=dict(changes.hits),
        moved=changes.moved(),
        hit=changes.most_hit(),
        causes=changes.causes(),
        findings=findings.counted(),
        unbuilt=_unsure(runs.unbuilt),
        left_out=_unsure(runs.left_out),
        unread=tuple(questions.unread),
        unanswered=tuple(runs.unanswered),
        lost=runs.lost,
        changed=frozenset(changes.kinds),
        codes=frozenset(findings.codes),
    )


class _Questions:
    def __init__(self, rows: Iterable[QuestionRow]) -> None:
        self.number = self.cells = 0
        self.unread: list[tuple[str, str]] = []
        for row in rows:
            self.number += 1
            self.cells = max(self.cells, row.cells)
            if row.error is not None:
                self.unread.append((row.question, row.error))


class _Runs:
    def __init__(self, rows: Iterable[RunRow]) -> None:
        self.ended: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self.unanswered: list[tuple[str, str]] = []
        self.lost = 0
        self.unbuilt: _Names = defaultdict(dict)
        self.left_out: _Names = defaultdict(dict)
        for row in rows:
            self.ended[row.cell, row.run][row.outcome or ""] += 1
            for release in row.unbuilt:
                self.unbuilt[release][row.question] = None
            for line in row.left_out:
                self.left_out[line][row.question] = None
            if row.error is not None:
                self.lost += 1
                if len(self.unanswered) < _ROWS:
                    self.unanswered.append((f"{row.question} ({row.cell}, {row.run})", row.error))


_Names = defaultdict[str, dict[str, None]]
"""Questions by something that they have."""


def _unsure(found: _Names) -> tuple[Unsure, ...]:
    """What most questions have, first."""
    most = sorted(found.items(), key=lambda one: (-len(one[1]), one[0]))[:_ROWS]
    return tuple(Unsure(name=name, questions=len(by), example=next(iter(by))) for name, by in most)


class _Changes:
    """The rows come a question after the other, and of a question a cell after the other."""

    def __init__(self, rows: Iterable[ChangeRow]) -> None:
        self.hits: Counter[str] = Counter()
        self.kinds: set[str] = set()
        self._alike: dict[ChangeRow, list[str]] = {}
        self._runs: defaultdict[ChangeRow, dict[str, None]] = defaultdict(dict)
        self._numbers: Counter[ChangeRow] = Counter()
        self._hit: list[tuple[int, int, Hit]] = []
        self._pins: Counter[tuple[str, str]] = Counter()
        self._questions: Counter[tuple[str, str]] = Counter()
        for place, ((question, cell), changes) in enumerate(groupby(rows, attrgetter("question", "cell"))):
            self._take(question, cell, list(changes), place)

    def _take(self, question: str, cell: str, changes: list[ChangeRow], place: int) -> None:
        telling = [one for one in changes if one.what != "rounds"]
        if not telling:
            return
        self.hits[cell] += 1
        self.kinds.update(one.what for one in telling)
        for one in telling:
            self._runs[_kind(one)][one.run] = None
        for kind in dict.fromkeys(map(_kind, telling)):
            self._numbers[kind] += 1
            examples = self._alike.setdefault(kind, [])
            if len(examples) < _EXAMPLES:
                examples.append(question)
        decided: defaultdict[str, set[str | None]] = defaultdict(set)
        for one in telling:
            for cause in one.causes:
                decided[cause].add(one.subject)
        for cause, subjects in decided.items():
            self._pins[cell, cause] += len(subjects)
            self._questions[cell, cause] += 1
        hit = _hit(question, cell, telling)
        weight = 1_000 * len(hit.outcomes) + 10 * hit.pins + len(hit.come) + len(hit.gone)
        self._hit.append((-weight, place, hit))
        if len(self._hit) > 2 * _ROWS:
            self._hit = sorted(self._hit, key=lambda one: one[:2])[:_ROWS]

    def moved(self) -> tuple[Moved, ...]:
        """The changes that most questions have in common; outcomes before pins, and pins before findings."""
        most = sorted(self._numbers.items(), key=lambda one: (-one[1], _ORDER.index(one[0].what)))
        return tuple(
            Moved(
                cell=kind.cell, runs=tuple(self._runs[kind]), what=kind.what, subject=kind.subject, code=kind.code,
                old=kind.old, new=kind.new, causes=kind.causes, known=kind.known, questions=number,
                examples=tuple(self._alike[kind]),
            )
            for kind, number in most[:_ROWS]
        )  # fmt: skip

    def most_hit(self) -> tuple[Hit, ...]:
        """The questions that change most: other outcomes first, then pins, then findings."""
        return tuple(hit for _, _, hit in sorted(self._hit, key=lambda one: one[:2])[:_ROWS])

    def causes(self) -> tuple[CauseCount, ...]:
        """What decides most pins."""
        return tuple(
            CauseCount(cell=cell, cause=cause, pins=number, questions=self._questions[cell, cause])
            for (cell, cause), number in self._pins.most_common(_ROWS)
        )


def _kind(change: ChangeRow) -> ChangeRow:
    """The change without question and run; of a finding, whose words are about one question, without them."""
    of_finding = change.what == "finding"
    return ChangeRow(
        question="",
        cell=change.cell,
        run="",
        baseline_run="",
        what=change.what,
        subject=change.subject,
        code=change.code,
        old=("" if change.old is not None else None) if of_finding else change.old,
        new=("" if change.new is not None else None) if of_finding else change.new,
        causes=change.causes,
        known=change.known,
    )


def _hit(question: str, cell: str, changes: list[ChangeRow]) -> Hit:
    findings = [one for one in changes if one.what == "finding"]
    return Hit(
        question=question,
        cell=cell,
        outcomes=tuple((one.run, one.old or "", one.new or "") for one in changes if one.what == "outcome"),
        pins=len({one.subject for one in changes if one.what == "pin"}),
        come=tuple(dict.fromkeys(f"{one.code} {one.subject or ''}".strip() for one in findings if one.old is None)),
        gone=tuple(dict.fromkeys(f"{one.code} {one.subject or ''}".strip() for one in findings if one.new is None)),
    )


class _Findings:
    """Those of the baseline are counted, of the others the codes are known."""

    def __init__(self, rows: Iterable[FindingRow]) -> None:
        self.codes: set[str] = set()
        self._questions: Counter[str] = Counter()
        self._subjects: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for _, found in groupby(rows, attrgetter("question")):
            self._take(list(found))

    def _take(self, found: list[FindingRow]) -> None:
        self.codes.update(one.code for one in found)
        kinds = {(one.code, one.subject) for one in found if one.cell == BASELINE}
        self._questions.update({code for code, _ in kinds})
        for code, subject in sorted(kinds, key=str):
            if subject is not None:
                self._subjects[code][subject] += 1

    def counted(self) -> tuple[FindingCount, ...]:
        """What most questions have, first."""
        return tuple(
            FindingCount(code=code, questions=number, subjects=tuple(self._subjects[code].most_common(_EXAMPLES)))
            for code, number in sorted(self._questions.items(), key=lambda one: (-one[1], one[0]))
        )
