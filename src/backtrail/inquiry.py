"""From a question to its answer: what is asked is made ready, answered, and kept with what was read."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from backtrail.answers import answer, changed_source, recorded_pace, with_index_changes
from backtrail.inputs.locks.lock_forms import LOCKED_FORMS
from backtrail.inputs.settings import amount, seconds
from backtrail.model.case import Report
from backtrail.model.errors import IndexFailure, InputError
from backtrail.model.files import Listing, NotRecordedError
from backtrail.model.forms import NAME, TEXT, VERSION, WORDS, Form, Forms, check, number, one_of
from backtrail.model.log import Coverage, Direct, Log, Stated, Statement, Visit
from backtrail.model.policy import Policy
from backtrail.model.question import Question, Setting
from backtrail.model.record import not_texts
from backtrail.preparation.ask import Ask, Asked, Environment, Inquiry, Progress
from backtrail.preparation.live_source import live_source
from backtrail.preparation.opening import disguise_of, opened
from backtrail.report.rendered import NotebookReport, to_html
from backtrail.resolvers.registry import TOOLS, is_reproduced, resolve, resolver_of
from backtrail.solving import paced
from backtrail.sources.changed import INDEX_CHANGE_FORMS, changed_world
from backtrail.sources.pace import Pace, Place

if TYPE_CHECKING:
    from backtrail.sources.case_file import Recorder, World


class Answered:
    """A report with the recording it rests on."""

    def __init__(
        self, inquiry: Inquiry, report: NotebookReport, recorder: "Recorder", meant: Callable[[str], str] = str
    ) -> None:
        """Keep what the answer was made of; ``meant`` gives the places that stand in it under shorter names."""
        self.inquiry = inquiry
        self.report = report
        self.meant = meant
        self._recorder = recorder

    def _repr_html_(self) -> str:
        return to_html(self.report)

    @property
    def case(self) -> "Case":
        """The recording as a file to write. Where this computer keeps its interpreter is nobody's business."""
        replace = msgspec.structs.replace
        asked = tuple(
            replace(one, question=replace(one.question, target=replace(one.question.target, interpreter=None)))
            for one in self.inquiry.asked
        )
        return Case(replace(self.inquiry, asked=asked), self._recorder.world(), self.report)

    @property
    def world(self) -> "World":
        """What was read so far, with what is asked of the index as if it were so."""
        questions = tuple(one.question for one in self.inquiry.asked)
        world = self._recorder.world()
        return changed_world(world, questions) if questions[0].index_changes else world

    def graph(self) -> Any:
        """The candidate graph of the first run (``networkx.MultiDiGraph``)."""
        from backtrail.report.candidate_graph import candidate_graph

        world = self.world
        run, asked = self.report.runs[0], self.inquiry.asked[0]
        question, resolver = asked.question, resolver_of(asked.policy)
        return candidate_graph(
            run,
            question.requirements,
            question.target,
            listings={page.name: page for page in world.pages.values() if isinstance(page, Listing)},
            metadata=world.metadata_of,
            verdict=lambda file: resolver.judge(file, question.target, question.options),
        )


class Case:
    """A question, the world it was answered from, and for readers the answer; ready to be written."""

    def __init__(self, inquiry: Inquiry, world: "World", report: Report) -> None:
        """Nothing is written yet."""
        self._inquiry = inquiry
        self._world = world
        self._report = report

    def write(self, path: Path) -> None:
        """Write the Case file; raises OSError."""
        from backtrail.report.skins.json_document import encode, trails
        from backtrail.sources.case_file import write_case

        for_readers = {"report.json": encode(self._report), "trails.jsonl": trails(self._report)}
        write_case(path, msgspec.to_builtins(self._inquiry, order="sorted"), self._world, for_readers)


def inquire(
    ask: Ask,
    *,
    environ: Mapping[str, str],
    now: datetime,
    progress: Progress | None = None,
    stdin: Callable[[], bytes] | None = None,
) -> Answered:
    """Read the question, and answer it from the cache and the network. Raises InputError and IndexFailure.

    ``stdin`` gives what is read for a file called ``-``; None: there is none.
    """
    with opened(ask, environ=environ, now=now, progress=progress, stdin=stdin) as (
        inquiry,
        recorder,
        over,
        pace,
        meant,
    ):
        report = answer(inquiry, recorder, pace=pace, over=over)
        return Answered(msgspec.structs.replace(inquiry, stopped=pace.stopped), report, recorder, meant)


def compare(
    ask: Ask,
    *,
    environ: Mapping[str, str],
    now: datetime,
    progress: Progress | None = None,
    stdin: Callable[[], bytes] | None = None,
) -> Answered:
    """Ask where resolvers part, and by which rule: as ``inquire``, with the command ``compare``."""
    question = msgspec.structs.replace(ask, command="compare")
    return inquire(question, environ=environ, now=now, progress=progress, stdin=stdin)


def replay(
    path: str,
    *,
    anonymize: Sequence[str] = (),
    anonymize_index: bool = False,
    time_limit: str | None = None,
    max_memory: str | None = None,
) -> Answered:
    """Answer a recorded question again from its recording alone, under other names if these are given.

    ``time_limit`` is one of now, in seconds; None: that of the recording, which ends where it ended. ``max_memory`` is
    one of now, too (``4GiB``). Raises InputError for a file that is no Case, IndexFailure where it does not hold enough
    for this version.
    """
    from backtrail.sources.case_file import Recorder, Replay

    not_texts("replay", anonymize=anonymize)
    inquiry, world = recorded(path)
    inquiry, pace = (inquiry, recorded_pace(inquiry)) if time_limit is None else timed(inquiry, time_limit)
    allow(pace, max_memory)
    disguise = disguise_of(inquiry, anonymize, renames=anonymize_index)
    return answered(path, disguise.record(inquiry), Recorder(disguise.source(Replay(world))), pace)


def answered(path: str, inquiry: Inquiry, recorder: "Recorder", pace: Pace | None = None) -> Answered:
    """Answer from a Case file. Raises IndexFailure where it does not reach far enough for the findings."""
    pace = pace or recorded_pace(inquiry)
    try:
        report = answer(inquiry, recorder, pace=pace)
        return Answered(msgspec.structs.replace(inquiry, stopped=pace.stopped), report, recorder)
    except NotRecordedError as error:
        raise IndexFailure(f"{path} does not reach that far: {error}") from None


_FORMS: Forms = {
    Policy: {
        "tool": one_of(TOOLS, "a resolver"),
        "release": VERSION,
        "switched": Form("a rule that a question can switch", lambda _: False),
        "": Form("a resolver that is reproduced", is_reproduced),
    },
    Visit: {"name": NAME, "version": VERSION, "file": TEXT},
    Stated: {"by": NAME, "version": VERSION},
    Direct: {"name": NAME, "version": VERSION, "url": TEXT},
    Statement: {"text": TEXT, "name": NAME, "versions": TEXT, "ranges": TEXT, "extras": TEXT},
    Coverage: dict.fromkeys(Coverage.__struct_fields__, number(0, 2**31)),
    Log: {
        **dict.fromkeys(("file", "release", "python", "platform", "cut_off", "moment", "indexes"), TEXT),
        "tool": one_of(TOOLS, "a resolver"),
        "packages": number(0, 2**31),
        "runs": number(0, 2**31),
    },
    **LOCKED_FORMS,
    **INDEX_CHANGE_FORMS,
    Inquiry: {"budget": number(0, 2**31), "warnings": WORDS},
    Environment: dict.fromkeys(Environment.__struct_fields__, WORDS),
    Place: dict.fromkeys(("solve", "round", "read"), number(0, 2**63)),
}


def recorded(path: str) -> tuple[Inquiry, "World"]:
    """What a Case file holds. Raises InputError for a file that is no Case."""
    from backtrail.inputs.recorded import QUESTION_FORMS
    from backtrail.sources.case_file import read_case

    question, world = read_case(Path(path))
    try:
        inquiry = msgspec.convert(question, Inquiry)
    except msgspec.ValidationError as error:
        said = " ".join(str(error).split())
        raise InputError(f"{path}: the question of this Case cannot be read: {said}") from None
    check(inquiry, {**QUESTION_FORMS, **_FORMS}, f"{path}: case.json, question.")
    if not inquiry.asked:
        raise InputError(f"{path}: no resolver is asked in this Case")
    return inquiry, world


def timed(inquiry: Inquiry, time_limit: str | None) -> tuple[Inquiry, Pace]:
    """The question with another time limit, or none, that begins now. Raises InputError."""
    setting = None if time_limit is None else Setting(name="time-limit", value=time_limit, origin="--time-limit")
    asked = tuple(msgspec.structs.replace(one, question=_with_time(one.question, setting)) for one in inquiry.asked)
    options = asked[0].question.options
    return msgspec.structs.replace(inquiry, asked=asked, stopped=None), Pace(
        options.time_limit, memory=options.max_memory
    )


def _with_time(question: Question, setting: Setting | None) -> Question:
    others = tuple(one for one in question.settings if one.name != "time-limit")
    limit = None if setting is None else seconds(setting)
    return msgspec.structs.replace(
        question,
        options=msgspec.structs.replace(question.options, time_limit=limit),
        settings=others if setting is None else (*others, setting),
    )


def allow(pace: Pace, max_memory: str | None) -> None:
    """Bound the memory as ``--max-memory`` says; None: it stays as it is. Raises InputError."""
    if max_memory is not None:
        pace.allow(amount(Setting(name="max-memory", value=max_memory, origin="--max-memory")))


__all__ = [
    "Answered",
    "Ask",
    "Asked",
    "Case",
    "Environment",
    "Inquiry",
    "Progress",
    "allow",
    "answer",
    "answered",
    "changed_source",
    "inquire",
    "live_source",
    "opened",
    "paced",
    "recorded",
    "recorded_pace",
    "replay",
    "resolve",
    "timed",
    "with_index_changes",
]
