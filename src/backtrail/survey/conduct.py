"""A survey from questions to tables: the index is read once, each question asked in each cell, the answers kept."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from backtrail.model.errors import InputError
from backtrail.model.record import Record
from backtrail.model.survey import BASELINE, QuestionRow, Surveyed, TimingRow
from backtrail.survey.answering import Task, packed, work
from backtrail.survey.compiling import beside
from backtrail.survey.intake import Entry
from backtrail.survey.planning import Planner, Unasked
from backtrail.survey.snapshot import Gathered, Shelf, newest
from backtrail.survey.store import store_at
from backtrail.survey.tables import TABLES, Writer, rows
from backtrail.survey.variations import Cell

__all__ = ["Setting", "conduct"]

SNAPSHOT = "snapshot"
"""The folder of a survey's own snapshot, in its own."""

Progress = Callable[[int, int, str], None]


class PlannedRow(Record, frozen=True, kw_only=True):
    """A question in a cell, and the task that answers it; ``task`` None: it cannot be asked, and ``rows`` say why."""

    question: str
    cell: str
    key: str
    task: bytes | None = None
    rows: bytes | None = None


class Setting(NamedTuple):
    """How a survey is done. ``snapshot`` is where the index lies that was read, None: in the survey's folder.

    ``offline``: nothing is read of an index; what the snapshot lacks is unknown.
    """

    folder: Path
    cells: Sequence[Cell]
    environ: Mapping[str, str]
    now: datetime
    budget: int
    snapshot: str | None = None
    offline: bool = False
    progress: Progress | None = None


def conduct(entries: Sequence[Entry], setting: Setting) -> None:
    """Ask all questions in all cells, and write the tables. Raises InputError where they cannot be written."""
    folder = setting.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        store = store_at(setting.snapshot or str(folder / SNAPSHOT))
        shelf = Shelf(store)
        planner = Planner(setting.cells, shelf, environ=setting.environ, now=setting.now, budget=setting.budget)
        contents = _gathered(entries, planner, shelf, setting)
        with Writer(folder, {"questions": QuestionRow, "tasks": PlannedRow}) as writer:
            for entry in entries:
                planned = planner.plan(entry, contents)
                writer.put("questions", [planned.row])
                writer.put("tasks", map(_planned_row, planned.tasks))
        answers: dict[str, bytes] = {}
        for key, payload in _tasks(folder):
            answers[key] = work(payload)
        _compile(folder, answers)
    except OSError as error:
        raise InputError(f"{folder}: {error.strerror or error}") from error


def _gathered(entries: Sequence[Entry], planner: Planner, shelf: Shelf, setting: Setting) -> str | None:
    """The snapshot with what the questions read of the index; None: all of them are recorded."""
    asked = [entry for entry in entries if entry.ask is not None]
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
        planner.gather(entry, gathered)
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


def _compile(folder: Path, answers: Mapping[str, bytes]) -> None:
    """The tables, from the plan and what was answered."""
    decode = msgspec.msgpack.Decoder(Surveyed).decode
    baseline = Surveyed()
    with Writer(folder, {name: kind for name, kind in TABLES.items() if name != "questions"}) as writer:
        for row in rows(folder, "tasks", PlannedRow):
            found = decode(answers[row.key] if row.rows is None else row.rows)
            if row.cell == BASELINE:
                baseline = found
            for name in ("runs", "pins", "findings"):
                writer.put(name, getattr(found, name))
            if row.cell != BASELINE:
                writer.put("changes", beside(baseline, found))
            writer.put("timings", [TimingRow(question=row.question, cell=row.cell, seconds=found.seconds, attempts=1)])
