"""A survey from questions to tables: the index is read once, each question asked in each cell, the answers kept."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec

from backtrail import transient
from backtrail.inquiry import Answered, answered
from backtrail.model.errors import InputError
from backtrail.model.index_change import IndexChange
from backtrail.model.record import Record
from backtrail.model.survey import BASELINE, QuestionRow, Summary, Surveyed, TimingRow
from backtrail.report.skins.json_document import program_version
from backtrail.sources.case_file import Recorder
from backtrail.survey import running
from backtrail.survey.answering import Task, packed, source_of, unanswered, unpacked, work
from backtrail.survey.compiling import beside
from backtrail.survey.intake import Entry
from backtrail.survey.journal import End, Journal, Told
from backtrail.survey.planning import Planner, Unasked
from backtrail.survey.question_process import Limits
from backtrail.survey.snapshot import Gathered, Shelf, newest
from backtrail.survey.store import store_at
from backtrail.survey.summary import summary
from backtrail.survey.tables import TABLES, Writer, filled, rows
from backtrail.survey.variations import Cell

__all__ = ["Setting", "answer_again", "begun_at", "conduct"]

_SNAPSHOT = "snapshot"
"""The folder of a survey's own snapshot, in its own."""

_BEGUN = "survey.json"
"""What a survey was begun with, in its folder."""

Progress = Callable[[int, int, str], None]


class PlannedRow(Record, frozen=True, kw_only=True):
    """A question in a cell, and the task that answers it; ``task`` None: it cannot be asked, and ``rows`` say why."""

    question: str
    cell: str
    key: str
    task: bytes | None = None
    rows: bytes | None = None


class _Begun(Record, frozen=True, kw_only=True):
    """What a survey was begun with. ``asked`` is a digest of all that is asked; ``contents`` names the snapshot.

    ``now`` is when it was begun: what is said of time means that, also when it is resumed.
    """

    backtrail: str
    asked: str
    now: str
    snapshot: str | None
    contents: str | None


class Setting(NamedTuple):
    """How a survey is done. ``snapshot`` is where the index lies that was read, None: in the survey's folder.

    ``offline``: nothing is read of an index; what the snapshot lacks is unknown. ``workers`` and ``scheduler`` are as
    ``running.run`` takes them. ``resume``: go on with what is in the folder. ``warn`` is told sentences.
    """

    folder: Path
    cells: Sequence[Cell]
    environ: Mapping[str, str]
    now: datetime
    budget: int
    limits: Limits
    changes: tuple[IndexChange, ...] = ()
    snapshot: str | None = None
    offline: bool = False
    resume: bool = False
    workers: int | None = None
    scheduler: str | None = None
    progress: Progress | None = None
    warn: Callable[[Iterable[str]], None] = lambda _: None


def conduct(entries: Sequence[Entry], setting: Setting) -> Summary:
    """Ask all questions in all cells, and write the tables; return what they say in short.

    Raises InputError where they cannot be written, or there are others; ClusterFailure where nobody is there to answer.
    """
    folder = setting.folder
    asked = _digest((entries, setting.cells, setting.budget, setting.changes))
    try:
        with closing(Journal(folder, resume=setting.resume, survey=asked)) as journal:
            begun = _read_begun(folder) if setting.resume else None
            if begun is None:
                begun = _begin(entries, setting, asked)
            store = _store_of(folder, begun)
            total = filled(folder, "tasks", "task")
            told = running.run(
                _tasks(folder),
                partial(work, store),
                journal,
                limits=setting.limits,
                workers=setting.workers,
                scheduler=setting.scheduler,
                total=total,
                progress=setting.progress,
            )
            with closing(told):
                for _ in told:
                    pass
            _compile(folder, journal)
            return summary(folder)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else error  # Arrow has words of its own
        raise InputError(
            f"{folder}: {why}; what was answered so far is kept, and --resume goes on from there"
        ) from error


def begun_at(folder: Path) -> datetime | None:
    """When the survey in a folder was begun; None: none was. Raises InputError for what is none."""
    try:
        begun = _read_begun(folder)
    except OSError:  # it is said when the survey begins
        return None
    return None if begun is None else datetime.fromisoformat(begun.now)


def _digest(asked: object) -> str:
    return hashlib.sha256(msgspec.msgpack.encode(asked, order="sorted")).hexdigest()


def _store_of(folder: Path, begun: _Begun) -> str:
    """Where the snapshot lies, as any process finds it."""
    place = str(folder / _SNAPSHOT) if begun.snapshot is None else begun.snapshot
    return place if "://" in place else str(Path(place).absolute())


def _read_begun(folder: Path) -> _Begun | None:
    """What a survey was begun with; None: its plan was not made yet. Raises InputError for what is none."""
    try:
        return msgspec.json.decode((folder / _BEGUN).read_bytes(), type=_Begun)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise InputError(f"{folder / _BEGUN} is not that of a survey: {error}") from None


def _begin(entries: Sequence[Entry], setting: Setting, asked: str) -> _Begun:
    """Read the index, and plan."""
    folder = setting.folder
    begun = _Begun(
        backtrail=program_version(), asked=asked, now=setting.now.isoformat(), snapshot=setting.snapshot, contents=None
    )
    shelf = Shelf(store_at(_store_of(folder, begun)))
    planner = Planner(
        setting.cells,
        shelf,
        environ=setting.environ,
        now=setting.now,
        budget=setting.budget,
        changes=setting.changes,
    )
    contents = _gathered(entries, planner, shelf, setting)
    with Writer(folder, {"questions": QuestionRow, "tasks": PlannedRow}) as writer:
        for number, entry in enumerate(entries):
            if setting.progress is not None:
                setting.progress(number, len(entries), "reading the questions")
            planned = planner.plan(entry, contents)
            writer.put("questions", [planned.row])
            writer.put("tasks", map(_planned_row, planned.tasks))
    setting.warn(f"{option}: no index of these questions has that" for option in planner.nowhere)
    begun = msgspec.structs.replace(begun, contents=contents)
    place = folder / _BEGUN
    with transient.place(place.with_name(f".{_BEGUN}.part")) as part:
        part.write_bytes(msgspec.json.format(msgspec.json.encode(begun), indent=1) + b"\n")
        part.replace(place)
    return begun


def _gathered(entries: Sequence[Entry], planner: Planner, shelf: Shelf, setting: Setting) -> str | None:
    """The snapshot with what the questions read of the index; None: all of them are recorded."""
    asked = [entry for entry in entries if entry.ask is not None and entry.scenario is None]
    if not asked:
        return None
    base = newest(shelf.store)
    if setting.offline:
        if base is None:
            raise InputError(f"--offline: {shelf.store.place} holds no snapshot, and nothing else may be read")
        return base
    gathered = Gathered(shelf, base)
    for number, entry in enumerate(asked):
        if setting.progress is not None:
            setting.progress(number, len(asked), "reading the index")
        planner.gather(entry, gathered, seconds=setting.limits.seconds)
    return gathered.keep()


def _planned_row(one: Task | Unasked) -> PlannedRow:
    if isinstance(one, Unasked):
        rows_of = msgspec.msgpack.encode(one.rows)
        return PlannedRow(question=one.question, cell=one.cell.name, key="", rows=rows_of)
    payload = packed(one)
    digest = hashlib.sha256(payload).hexdigest()[:16]
    return PlannedRow(
        question=one.question, cell=one.cell.name, key=f"{one.question} [{one.cell.name}] {digest}", task=payload
    )


def _tasks(folder: Path) -> Iterator[tuple[str, bytes]]:
    for row in rows(folder, "tasks", PlannedRow):
        if row.task is not None:
            yield row.key, row.task


def _task_of(folder: Path, question: str, cell: str) -> tuple[Task, Shelf]:
    """The task of a question in a cell, and where it is answered from. Raises InputError where there is none."""
    try:
        begun = _read_begun(folder)
        found = [row for row in rows(folder, "tasks", PlannedRow) if row.question == question]
    except OSError:
        begun = None
    if begun is None:
        raise InputError(f"{folder} is not the folder of a survey")
    if not found:
        raise InputError(f"{question!r} is no question of this survey, or one that could not be read")
    row = next((one for one in found if one.cell == cell), None)
    if row is None:
        cells = ", ".join(repr(one.cell) for one in found)
        raise InputError(f"--cell {cell!r}: {question!r} was asked in {cells}")
    if row.task is None:
        raise InputError(f"{question!r} could not be asked in {cell!r}")
    return unpacked(row.task), Shelf(store_at(_store_of(folder, begun)))


def answer_again(folder: Path, question: str, cell: str, *, budget: int) -> Answered:
    """A question of a survey in a cell, answered from its snapshot as it is alone, with solves spent on remedies.

    Raises InputError where there is none, IndexFailure where the snapshot does not reach far enough for that.
    """
    task, shelf = _task_of(folder, question, cell)
    inquiry = msgspec.structs.replace(task.inquiry, budget=budget)
    return answered(f"the snapshot of {folder}", inquiry, Recorder(source_of(task, shelf)))


def _compile(folder: Path, journal: Journal) -> None:
    """The tables, from the plan and what was told."""
    places = journal.places()
    baseline = Surveyed()
    with Writer(folder, {name: kind for name, kind in TABLES.items() if name != "questions"}) as writer:
        for row in rows(folder, "tasks", PlannedRow):
            found = _answer_of(row, journal, places)
            if row.cell == BASELINE:
                baseline = found
            for name in ("runs", "pins", "findings"):
                writer.put(name, getattr(found, name))
            if row.cell != BASELINE:
                writer.put("changes", beside(baseline, found))
            writer.put("timings", [TimingRow(question=row.question, cell=row.cell, seconds=found.seconds)])


_decode = msgspec.msgpack.Decoder(Surveyed).decode


def _answer_of(row: PlannedRow, journal: Journal, places: Mapping[str, int]) -> Surveyed:
    if row.task is None:
        assert row.rows is not None, "a question that is not asked has rows that say why"
        return _decode(row.rows)
    told = journal.at(places[row.key])
    if told.end is End.ANSWERED:
        return _decode(told.answer)
    task = unpacked(row.task)
    return unanswered(task.question, task.cell, _unanswered_since(told), task.inquiry)


def _unanswered_since(told: Told) -> str:
    return f"{told.end.value}: {told.sentence}" if told.sentence else told.end.value
