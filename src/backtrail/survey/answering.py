"""One question in one cell, as a task that any process can do: what it holds, what is answered, and rows of that.

A task is bytes, and so is what comes of it; nothing else goes between the processes of a survey but the snapshot.
"""

import time
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from backtrail.cases import QUESTIONS
from backtrail.explain.causes.exchanged import Side, compare
from backtrail.inquiry import Asked, Inquiry, answer, changed_source, recorded_pace, with_index_changes
from backtrail.model.case import Report
from backtrail.model.errors import BacktrailError
from backtrail.model.files import NotRecordedError
from backtrail.model.finding import Finding, RemedyResult
from backtrail.model.policy import Policy
from backtrail.model.record import Record
from backtrail.model.run import Pin, Run
from backtrail.model.source import Source
from backtrail.model.survey import ChangeRow, FindingRow, PinRow, RunRow, Surveyed
from backtrail.report import wording
from backtrail.report.lines import plain
from backtrail.resolvers.protocol import Memory
from backtrail.solving import as_asked, assuming, lacks_a_build
from backtrail.sources.case_file import Replay, World
from backtrail.sources.changed import Changed
from backtrail.sources.given_metadata import GivenFirst
from backtrail.sources.pace import Pace
from backtrail.survey.snapshot import Shelf, Snapshot
from backtrail.survey.store import store_at
from backtrail.survey.variations import Cell

__all__ = ["Task", "packed", "partner", "snapshot_source", "source_of", "surveyed", "unanswered", "unpacked", "work"]


class Task(Record, frozen=True, kw_only=True):
    """A question in a cell, for some resolvers.

    ``baseline`` is the same question in the first cell; None: this is that one. Of a recorded question ``case`` is the
    object with its world, of any other ``contents`` is the list of objects of the snapshot.
    """

    question: str
    cell: Cell
    inquiry: Inquiry
    baseline: Inquiry | None
    case: str | None = None
    contents: str | None = None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Task).decode
_shelves: dict[str, Shelf] = {}
"""What this process read of snapshots, by their place."""


def packed(task: Task) -> bytes:
    """A task as bytes: most of it are tags of wheels, which are many and alike."""
    return zlib.compress(_encode(task), 6)


def unpacked(payload: bytes) -> Task:
    """The task again."""
    return _decode(zlib.decompress(payload))


def work(store: str, payload: bytes) -> bytes:
    """Answer a task: ``Surveyed`` as MessagePack. What cannot be answered is a row that says so.

    ``store`` is the place of the snapshot.
    """
    task = unpacked(payload)
    shelf = _shelves.get(store)
    if shelf is None:
        shelf = _shelves[store] = Shelf(store_at(store))
    return _encode(surveyed(task, source_of(task, shelf)))


def source_of(task: Task, shelf: Shelf) -> Source:
    """What a task is answered from. Raises InputError for a snapshot that is not there or damaged."""
    if task.case is not None:
        return Replay(shelf.world(task.case))
    assert task.contents is not None, "a task has a world"
    return snapshot_source(task.inquiry, shelf, task.contents)


def snapshot_source(inquiry: Inquiry, shelf: Shelf, contents: str) -> Source:
    """A snapshot as a question looks at it. Raises InputError for one that is not there or damaged."""
    question = inquiry.asked[0].question
    return GivenFirst(Snapshot(shelf, contents, builds=question.options.build_sdists), question.stand_ins)


def surveyed(task: Task, source: Source, *, seconds: float | None = None) -> Surveyed:
    """The rows of one task. After ``seconds`` it gives up, whatever the question allows; None: as that says."""
    began = time.process_time()
    pace = recorded_pace(task.inquiry) if task.inquiry.stopped is not None else _pace(task.inquiry, seconds)
    changed = changed_source(source, task.inquiry)
    try:
        report = answer(with_index_changes(task.inquiry, ()), changed, pace=pace)
        if isinstance(changed, Changed) and changed.unmade:
            error = plain(wording.unpublished(changed.unmade))
            return unanswered(task.question, task.cell, error, task.inquiry)
        baseline = task.baseline
        changes = () if baseline is None else tuple(_moved(task, baseline, report.runs, source, pace))
    except (BacktrailError, NotRecordedError) as error:
        return unanswered(task.question, task.cell, str(error), task.inquiry)
    found = _Rows(task, report)
    return Surveyed(
        runs=tuple(map(found.run, task.inquiry.asked, report.runs)),
        pins=tuple(found.pins()),
        findings=tuple(found.findings()),
        changes=changes,
        seconds=time.process_time() - began,
    )


def unanswered(question: str, cell: Cell, error: str, inquiry: Inquiry | None = None) -> Surveyed:
    """Rows that say why there is no answer, one for each resolver; one alone where nobody could be asked."""
    asked = () if inquiry is None else inquiry.asked
    rows = [_run_row(question, cell, one, error=error) for one in asked]
    nobody = RunRow(
        question=question, cell=cell.name, run="", resolver="", release="", python=cell.python or "",
        platform=cell.platform or "", cut_off=cell.cut_off, rule=cell.rule, index=cell.index, error=error,
    )  # fmt: skip
    return Surveyed(runs=tuple(rows or [nobody]))


def _pace(inquiry: Inquiry, seconds: float | None) -> Pace:
    options = inquiry.asked[0].question.options
    return Pace(options.time_limit if seconds is None else seconds, memory=options.max_memory)


# Rows


def _run_row(question: str, cell: Cell, asked: Asked, **answered: Any) -> RunRow:
    target = asked.question.target
    return RunRow(
        question=question,
        cell=cell.name,
        run=asked.policy.key,
        resolver=asked.policy.resolver,
        release=asked.policy.release,
        python=target.python,
        platform=target.platform,
        cut_off=asked.question.options.exclude_newer,
        rule=cell.rule,
        index=cell.index,
        **answered,
    )


class _Rows:
    """The rows of one report."""

    def __init__(self, task: Task, report: Report) -> None:
        self._task = task
        self._report = report

    def run(self, asked: Asked, run: Run) -> RunRow:
        return _run_row(
            self._task.question,
            self._task.cell,
            asked,
            basis=run.basis,
            outcome=run.outcome.value,
            failure=wording.failed(run),
            pins=len(run.pins),
            unbuilt=tuple(f"{pin.name}=={pin.version}" for pin in run.pins if not pin.verified),
            left_out=tuple(one.requirement.text for one in asked.question.left_out),
            findings=sum(run.key in one.runs for one in self._report.findings),
            **msgspec.structs.asdict(run.counters),
        )

    def pins(self) -> Iterator[PinRow]:
        for run in self._report.runs:
            for pin in sorted(run.pins, key=lambda one: one.name):
                yield _pin_row(self._task, run, pin)

    def findings(self) -> Iterator[FindingRow]:
        for run in self._report.runs:
            for finding in self._report.findings:
                if run.key in finding.runs:
                    yield FindingRow(
                        question=self._task.question,
                        cell=self._task.cell.name,
                        run=run.key,
                        code=finding.code,
                        kind=finding.kind,
                        severity=finding.severity.value,
                        subject=finding.subject,
                        headline=plain(wording.headline(finding, self._report)),
                        remedy=_remedy(finding),
                    )


def _pin_row(task: Task, run: Run, pin: Pin) -> PinRow:
    file = pin.file
    return PinRow(
        question=task.question,
        cell=task.cell.name,
        run=run.key,
        project=pin.name,
        version=pin.version,
        kind=file.kind.value if file is not None else "installed" if pin.installed else "url",
        file=None if file is None else file.filename,
        uploaded=None if file is None else file.uploaded,
        yanked=file is not None and file.yanked is not None,
        verified=pin.verified,
        assumed=pin.assumed,
    )


def _remedy(finding: Finding) -> str | None:
    verified = (one for one in finding.remedies if one.result is RemedyResult.VERIFIED)
    return next((plain(wording.change(one)) for one in verified), None)


# What differs from the baseline


def _moved(task: Task, baseline: Inquiry, runs: Sequence[Run], source: Source, pace: Pace) -> Iterator[ChangeRow]:
    """The pins of each run that are others than in the baseline, and why.

    Where only a build would tell what something requires, it is taken for nothing on both sides.
    """
    memory: Memory = {}

    def solve(side: Side) -> Run:
        return as_asked(side.question, side.policy, source, pace, memory)

    for place, (asked, run) in enumerate(zip(task.inquiry.asked, runs, strict=True)):
        other = partner(asked.policy, place, [one.policy for one in baseline.asked])
        if other is None:
            continue
        sides = _side(baseline.asked[other]), _side(asked)
        if any(map(lacks_a_build, (solve(sides[0]), run))):
            sides = _assuming(sides[0]), _assuming(sides[1])
        found = compare(*sides, solve, budget=QUESTIONS)
        for one in found.changes:
            if one.old == one.new:  # another file of the same version: that stands in the pins
                continue
            yield ChangeRow(
                question=task.question,
                cell=task.cell.name,
                run=run.key,
                baseline_run=sides[0].policy.key,
                what="pin",
                subject=one.name,
                old=one.old,
                new=one.new,
                causes=tuple(wording.because(one, found)),
                known=one.known,
            )


def partner(policy: Policy, place: int, baseline: Sequence[Policy]) -> int | None:
    """Which resolver of the baseline one is held against: itself, else that in its place; None: there is none."""
    if policy in baseline:
        return baseline.index(policy)
    same = next((other for other, one in enumerate(baseline) if one.key == policy.key), None)
    return same if same is not None else place if place < len(baseline) else None


def _side(asked: Asked) -> Side:
    return Side(asked.question, asked.policy, World())


def _assuming(side: Side) -> Side:
    return side._replace(question=assuming(side.question))
