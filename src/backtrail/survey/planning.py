"""Questions and cells made tasks: each question asked in each cell, changed as the cell says."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import NamedTuple

import msgspec

from backtrail.cases.questions import asked_otherwise
from backtrail.inputs.asked_target import target
from backtrail.inputs.moments import cutoff
from backtrail.inputs.requirement_text import read_requirement
from backtrail.inquiry import recorded, with_index_changes
from backtrail.model.errors import BacktrailError, InputError
from backtrail.model.files import NotRecordedError
from backtrail.model.index_change import IndexChange
from backtrail.model.question import Question, Setting
from backtrail.model.requirement import Origin
from backtrail.model.source import Source
from backtrail.model.survey import QuestionRow, Surveyed
from backtrail.preparation.ask import Ask, Asked, Inquiry
from backtrail.preparation.direct_lines import reachable
from backtrail.preparation.opening import opened, prepared
from backtrail.resolvers.registry import resolver_of, with_rule
from backtrail.sources.case_file import Replay, World
from backtrail.sources.given_metadata import GivenFirst
from backtrail.sources.index_options import check_index_changes
from backtrail.survey.answering import Task, snapshot_source, surveyed, unanswered
from backtrail.survey.intake import Entry
from backtrail.survey.scenarios import stated_world
from backtrail.survey.snapshot import Gathered, Gathering, Shelf
from backtrail.survey.variations import Cell
from backtrail.survey.world_bytes import world_bytes

__all__ = ["Planned", "Planner", "Unasked"]


class Unasked(NamedTuple):
    """A cell in which a question cannot be asked, with the rows that say so."""

    question: str
    cell: Cell
    rows: Surveyed


class Planned(NamedTuple):
    """A question, and what is asked in each cell."""

    row: QuestionRow
    tasks: tuple[Task | Unasked, ...]


class Planner:
    """Makes tasks of entries; the snapshot that they are answered from is named by ``contents``.

    ``environ`` and ``now`` are those of the survey: the same plan can be made again.
    """

    def __init__(
        self,
        cells: Sequence[Cell],
        shelf: Shelf,
        *,
        environ: Mapping[str, str],
        now: datetime,
        budget: int,
        changes: tuple[IndexChange, ...] = (),
    ) -> None:
        """``changes`` are those of the index, for the cells that have them. Nothing is planned yet."""
        self._changes = changes
        self._nowhere = {change.option: change for change in changes}
        self._cells = cells
        self._shelf = shelf
        self._environ = environ
        self._now = now
        self._budget = budget

    # The index, read once

    def gather(self, entry: Entry, gathered: Gathered, *, seconds: float) -> None:
        """Ask a question in each cell of the index as it is now, and keep what is read; a recorded one is not asked.

        After so many seconds a cell is left: what was read until then is kept.
        """
        if entry.ask is None or entry.scenario is not None:
            return
        baseline: Inquiry | None = None
        for cell in self._cells:
            try:
                with self._live(entry, cell, gathered) as (inquiry, source):
                    baseline = baseline or inquiry
                    task = self._task(entry, cell, inquiry, baseline if baseline is not inquiry else None)
                    surveyed(task, source, seconds=seconds)
            except Exception:  # noqa: BLE001, S112  it is told when the question is asked of the snapshot
                continue

    @contextmanager
    def _live(self, entry: Entry, cell: Cell, gathered: Gathered) -> Iterator[tuple[Inquiry, Source]]:
        ask = _varied(entry.asked, cell)
        with opened(ask, environ=self._environ, now=self._now) as (inquiry, recorder, over, *_):
            over()
            question = inquiry.asked[0].question
            source = GivenFirst(Gathering(recorder, gathered), question.stand_ins)
            if any(one.question.left_out or _is_direct(one.question) for one in inquiry.asked):
                # What was looked at to read the question is looked at again, so that it is kept.
                again = reachable(prepared(ask, environ=self._environ, now=self._now), source)
            else:
                again = inquiry
            yield self._finished(entry, cell, again), source

    # Tasks

    def plan(self, entry: Entry, contents: str | None) -> Planned:
        """The tasks of a question; ``contents`` is the snapshot of those that are not recorded, None: there is none."""
        row = QuestionRow(question=entry.question, place=entry.place, kind=entry.kind)
        if entry.error is not None:
            return Planned(msgspec.structs.replace(row, error=entry.error), ())
        case: str | None = None
        inquiry: Inquiry | None = None
        if entry.case is not None or entry.scenario is not None:
            try:
                if entry.case is not None:
                    inquiry, world = _resolved(entry.case)
                else:
                    world = _stated(entry)
            except Exception as error:  # noqa: BLE001  whatever it is, it is said of this question alone
                return Planned(msgspec.structs.replace(row, error=_said(error, entry)), ())
            case = self._shelf.store.put(world_bytes(world))
        tasks: list[Task | Unasked] = []
        baseline: Inquiry | None = None
        for cell in self._cells:
            try:
                if inquiry is not None:
                    asked = _recorded(inquiry, cell, self._now)
                else:
                    asked = prepared(_varied(entry.asked, cell), environ=self._environ, now=self._now)
                    asked = reachable(asked, self._source(asked, contents) if case is None else Replay(world))
                asked = self._finished(entry, cell, asked)
            except Exception as error:  # noqa: BLE001  as above
                tasks.append(Unasked(entry.question, cell, unanswered(entry.question, cell, _said(error, entry))))
                continue
            if cell.index is not None and self._nowhere:
                self._look_for(asked, self._source(asked, contents) if case is None else Replay(world))
            task = self._task(entry, cell, asked, baseline)
            tasks.append(msgspec.structs.replace(task, case=case, contents=None if case is not None else contents))
            if cell is self._cells[0]:
                baseline = asked
        errors = {one.rows.runs[0].error for one in tasks if isinstance(one, Unasked)}
        if len(errors) == 1 and all(isinstance(one, Unasked) for one in tasks):
            return Planned(msgspec.structs.replace(row, error=errors.pop()), ())
        lines = () if baseline is None else tuple(one.text for one in baseline.asked[0].question.requirements)
        return Planned(msgspec.structs.replace(row, requirements=lines, cells=len(tasks)), tuple(tasks))

    @property
    def nowhere(self) -> tuple[str, ...]:
        """Changes of what the index of no question planned so far has, by their options."""
        return tuple(self._nowhere)

    def _look_for(self, inquiry: Inquiry, source: Source) -> None:
        """Strike out the changes of what the index of a question has."""
        for option, change in [*self._nowhere.items()]:
            asked = with_index_changes(inquiry, (change,)).asked
            with suppress(InputError, NotRecordedError):
                check_index_changes([one.question for one in asked], source)
                del self._nowhere[option]

    def _source(self, inquiry: Inquiry, contents: str | None) -> Source:
        assert contents is not None
        return snapshot_source(inquiry, self._shelf, contents)

    def _finished(self, entry: Entry, cell: Cell, inquiry: Inquiry) -> Inquiry:
        """With the lines that no file holds, and the rule of the cell; the machine that asks is nobody's business."""
        asked = tuple(_ruled((_with_lines(one, entry) for one in inquiry.asked), cell))
        if cell.index is not None:
            own = inquiry.asked[0].question.index_changes
            inquiry = with_index_changes(msgspec.structs.replace(inquiry, asked=asked), (*own, *self._changes))
            asked = inquiry.asked
        return msgspec.structs.replace(inquiry, asked=asked, budget=self._budget)

    def _task(self, entry: Entry, cell: Cell, inquiry: Inquiry, baseline: Inquiry | None) -> Task:
        return Task(
            question=entry.question,
            cell=cell,
            inquiry=inquiry,
            baseline=None if cell is self._cells[0] else baseline,
        )


def _said(error: Exception, entry: Entry) -> str:
    """What is wrong; what a list says stands in the list, and on no command line."""
    if not isinstance(error, BacktrailError | NotRecordedError):
        return f"backtrail itself failed: {type(error).__name__}: {error}"
    return str(error).replace("command line: ", f"{entry.place}: ", 1)


def _resolved(path: str) -> tuple[Inquiry, World]:
    """A recorded question that resolves something. Raises InputError for another one."""
    inquiry, world = recorded(path)
    if not inquiry.solves:
        raise InputError(f"{path}: it asks about one project, and resolves nothing")
    return inquiry, world


def _stated(entry: Entry) -> World:
    """The index of a scenario. Raises InputError."""
    assert entry.scenario is not None
    try:
        return stated_world(entry.scenario)
    except InputError as error:
        raise InputError(f"{entry.place}: {error}") from None


def _is_direct(question: Question) -> bool:
    return any(one.url is not None for one in question.requirements)


def _with_lines(asked: Asked, entry: Entry) -> Asked:
    replace = msgspec.structs.replace
    origin = Origin(file=entry.place.rpartition(":")[0] or entry.place) if entry.constraints else Origin()
    constraints = tuple(read_requirement(text, origin, constraint=True) for text in entry.constraints)
    overrides = tuple(read_requirement(text, origin) for text in entry.overrides)
    question = asked.question
    return replace(
        asked,
        question=replace(
            question,
            constraints=(*question.constraints, *constraints),
            overrides=(*question.overrides, *overrides),
            target=replace(question.target, interpreter=None),
        ),
    )


def _ruled(asked: Iterator[Asked], cell: Cell) -> Iterator[Asked]:
    """For the cell of a rule, the resolvers that have it, with it switched."""
    if cell.rule is None:
        yield from asked
        return
    for one in asked:
        policy = with_rule(one.policy, cell.rule)
        if policy is not None:
            yield msgspec.structs.replace(one, policy=policy)


def _varied(ask: Ask, cell: Cell) -> Ask:
    """A question as it is typed for a cell."""
    replace = msgspec.structs.replace
    if cell.cut_off is not None:
        ask = replace(ask, flags=replace(ask.flags, exclude_newer=cell.cut_off, uploaded_prior_to=None))
    return replace(
        ask,
        resolvers=ask.resolvers if cell.resolver is None else (cell.resolver,),
        python=ask.python if cell.python is None else cell.python,
        platform=ask.platform if cell.platform is None else cell.platform,
    )


def _recorded(inquiry: Inquiry, cell: Cell, now: datetime) -> Inquiry:
    """A recorded question for a cell: the tags of another Python and platform are put together."""
    python = None if cell.platform is not None else cell.python
    changed = asked_otherwise(inquiry, (), () if cell.resolver is None else (cell.resolver,), python)
    asked = tuple(_targeted(_dated(one, cell, now), cell) for one in changed.asked)
    changed = msgspec.structs.replace(changed, asked=asked)
    return changed if changed == inquiry else msgspec.structs.replace(changed, stopped=None)


def _dated(asked: Asked, cell: Cell, now: datetime) -> Asked:
    if cell.cut_off is None:
        return asked
    moment = cutoff(cell.cut_off, now)
    if moment is None:
        raise InputError(f"--vary cut-off={cell.cut_off}: that is no moment, date or duration")
    question, replace = asked.question, msgspec.structs.replace
    kept = tuple(one for one in question.settings if one.name not in ("exclude-newer", "uploaded-prior-to"))
    setting = Setting(name="exclude-newer", value=cell.cut_off, origin="--vary cut-off")
    options = replace(question.options, exclude_newer=moment)
    return replace(asked, question=replace(question, options=options, settings=(*kept, setting)))


def _targeted(asked: Asked, cell: Cell) -> Asked:
    if cell.platform is None:
        return asked
    question: Question = asked.question
    if question.environment is not None:
        raise InputError("--vary platform: the recording is of an environment, which has one platform")
    rules = resolver_of(asked.policy).behaviour.target
    options = ("--vary python", "--vary platform")
    found = target(cell.python or question.target.python, cell.platform, rules, environ={}, options=options)
    found = msgspec.structs.replace(found, interpreter=None, installed=None)
    return msgspec.structs.replace(asked, question=msgspec.structs.replace(question, target=found))
