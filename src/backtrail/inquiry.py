"""From a question to its answer: runs the resolvers, explains, and keeps what was read."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from packaging.utils import NormalizedName

from backtrail.explain.lookup.availability import availability
from backtrail.explain.lookup.selection import Look
from backtrail.inputs.locks.lock_forms import LOCKED_FORMS
from backtrail.inputs.settings import amount, seconds
from backtrail.model.case import Report
from backtrail.model.difference import WhatIf
from backtrail.model.errors import IndexFailure, InputError
from backtrail.model.files import Listing, NotRecordedError, Page, Unreadable
from backtrail.model.finding import Conflict, EnvironmentInconsistent, Finding, SolutionMissed
from backtrail.model.forms import NAME, TEXT, VERSION, WORDS, Form, Forms, check, number, one_of
from backtrail.model.freshness import Freshness
from backtrail.model.index_change import IndexChange
from backtrail.model.installed import InstalledView
from backtrail.model.locked import LockedProject, LockFile
from backtrail.model.log import CheckedMessage, Coverage, Direct, Log, Stated, Statement, Visit
from backtrail.model.metadata import Failure, Unavailable
from backtrail.model.policy import Mode, Policy
from backtrail.model.project import Answer, Instead, ProjectView, VersionTable
from backtrail.model.question import Question, Setting
from backtrail.model.record import not_texts
from backtrail.model.requirement import Requirement
from backtrail.model.run import LOG, Run
from backtrail.model.source import Source
from backtrail.model.trail import Finished, Limit, Outcome
from backtrail.preparation import Ask, Asked, Environment, Inquiry, Progress, disguise_of, live_source, opened
from backtrail.report.rendered import NotebookReport, to_html
from backtrail.resolvers.install_plan import planned
from backtrail.resolvers.protocol import Memory
from backtrail.resolvers.registry import TOOLS, is_reproduced, others, resolve, resolver_of
from backtrail.sources.changed import INDEX_CHANGE_FORMS, Changed, changed_world
from backtrail.sources.limited import Rationed
from backtrail.sources.pace import Pace, Place

if TYPE_CHECKING:
    from backtrail.explain.divergence.sides import Side
    from backtrail.explain.lookup.in_environment import InstalledGraph
    from backtrail.explain.remedies.budget import Effort
    from backtrail.sources.case_file import Recorder, World

_ROUNDS = 500
"""Rounds that a trial is given at least, however few the runs took that it is about."""

_ELSEWHERE = 5_000
"""Rounds that another engine is given to find what one missed."""


class Answered:
    """A report with the recording it rests on."""

    def __init__(self, inquiry: Inquiry, report: NotebookReport, recorder: "Recorder") -> None:
        """Keep what the answer was made of."""
        self.inquiry = inquiry
        self.report = report
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
    with opened(ask, environ=environ, now=now, progress=progress, stdin=stdin) as (inquiry, recorder, over, pace):
        report = answer(inquiry, recorder, pace=pace, over=over)
        return Answered(msgspec.structs.replace(inquiry, stopped=pace.stopped), report, recorder)


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


def recorded_pace(inquiry: Inquiry) -> Pace:
    """No clock: where time or memory ran out when the question was asked, it does again."""
    options = inquiry.asked[0].question.options
    return Pace(options.time_limit, memory=options.max_memory, recorded=inquiry.stopped, clock=None)


def answer(
    inquiry: Inquiry, source: Source, *, pace: Pace | None = None, over: Callable[[], None] = lambda: None
) -> NotebookReport:
    """Answer a question from a source: run each resolver, look at the project asked about, explain.

    ``pace`` None: as it was recorded. ``over`` is called when a resolver has ended: what follows builds only what a
    resolver asks for. Where the index is to be changed, so it is, and the answer is held against that for the index as
    it is.
    """
    pace = pace or recorded_pace(inquiry)
    if not inquiry.asked[0].question.index_changes:
        return _answer(inquiry, source, pace, over)
    found = _answer(inquiry, changed_source(source, inquiry), pace, over)
    before = _answer(with_index_changes(inquiry, ()), source, pace, over)
    return msgspec.structs.replace(found, what_if=_what_if(inquiry, before, found, source, pace))


def with_index_changes(inquiry: Inquiry, changes: tuple[IndexChange, ...]) -> Inquiry:
    """The same question of an index with these changes, in place of its own."""
    replace = msgspec.structs.replace
    asked = tuple(replace(one, question=replace(one.question, index_changes=changes)) for one in inquiry.asked)
    return replace(inquiry, asked=asked)


def changed_source(source: Source, inquiry: Inquiry) -> Source:
    """What a question is answered from: the source, or with what is asked of the index as if it were so."""
    questions = tuple(one.question for one in inquiry.asked)
    return Changed.of(source, questions) if questions[0].index_changes else source


def _what_if(inquiry: Inquiry, before: Report, after: Report, source: Source, pace: Pace) -> WhatIf:
    """How the answer differs from that for the index as it is."""
    from backtrail.explain.what_if import what_if

    def solve(question: Question, policy: Policy) -> Run:
        changed = changed_source(source, with_index_changes(inquiry, question.index_changes))
        rationed = Rationed(changed, pace)
        return paced(question, policy, rationed.sparingly(), pace, rationed.memory, silent=True)

    asked = [(one.question, one.policy) for one in inquiry.asked]
    return what_if(asked, before, after, solve, budget=inquiry.budget)


def _answer(inquiry: Inquiry, source: Source, pace: Pace, over: Callable[[], None]) -> NotebookReport:
    """The answer from a source as it is."""
    first = inquiry.asked[0].question
    runs: list[Run] = []
    findings: list[Finding] = []
    tables: list[VersionTable] = []
    others: dict[str, Instead] = {}
    fresh: dict[str, Freshness] = {}
    if inquiry.log is not None:
        return _answer_log(inquiry, inquiry.log, source, pace)
    rationed = Rationed(source, pace)
    if inquiry.solves:
        for asked in inquiry.asked:
            # Who compares wants to know where resolvers part; what would change one answer is another question.
            explained = _solve(asked, source, rationed, over, 0 if first.command == "compare" else inquiry.budget)
            runs.append(explained.run)
            findings += explained.findings
            tables += explained.tables
            if explained.freshness is not None:
                fresh[explained.run.key] = explained.freshness
            if explained.instead is not None:
                others[explained.run.key] = explained.instead
        across = tuple(_across(inquiry, runs, rationed))
        missed = {key for one in across if isinstance(one.detail, SolutionMissed) for key in one.runs}
        # Lines that have an answer contradict nothing, whatever a search ends with.
        findings = [
            *across,
            *(one for one in findings if not isinstance(one.detail, Conflict) or missed.isdisjoint(one.runs)),
        ]
    project: ProjectView | None = None
    answers: dict[str, Answer] = {}
    view: InstalledView | None = None
    if first.environment is not None:
        from backtrail.explain.lookup.in_environment import InstalledGraph

        graph = InstalledGraph(first.environment, first.target)
        view = _installed(graph, first)
        of = {pin.name for run in runs for pin in run.pins} if first.subject is None else {first.subject.name}
        findings += _around(graph, of)
    inside = (first.environment is not None and first.environment.named) or inquiry.locked is not None
    if first.subject is not None and (inquiry.solves or not inside):
        seen = availability(
            first.subject,
            [_look(asked, source, first.subject) for asked in inquiry.asked],
            first.options,
            settings=first.settings,
            names=[requirement.name for requirement in first.requirements],
        )
        project = msgspec.structs.replace(seen.project, tables=tuple(tables))
        answers = {key: msgspec.structs.replace(found, instead=others.get(key)) for key, found in seen.answers.items()}
        findings += seen.findings
    further = (one for asked in inquiry.asked[1:] for one in asked.question.settings if one not in first.settings)
    settings = (*first.settings, *dict.fromkeys(further))
    return NotebookReport(
        question=msgspec.structs.replace(first, settings=settings),
        runs=tuple(runs),
        findings=tuple(findings),
        project=project,
        answers=answers,
        freshness=fresh,
        environment=view,
        locked=None if inquiry.locked is None else _in_lock(inquiry, inquiry.locked, runs, rationed),
    )


def _installed(graph: "InstalledGraph", question: Question) -> InstalledView | None:
    """What is installed; None where nobody named the environment, and it does not have the project asked about."""
    from backtrail.explain.lookup.in_environment import installed_view

    view = installed_view(graph, None if question.subject is None else question.subject.name)
    return view if view.found or graph.environment.named else None


def _around(graph: "InstalledGraph", projects: Collection[NormalizedName]) -> Iterator[Finding]:
    """What is wrong with an environment, as far as it concerns some projects."""
    from backtrail.explain.findings.environment_inconsistent import environment_inconsistent

    for found in environment_inconsistent(graph):
        detail = found.detail
        askers = {one.by for one in detail.asked} if isinstance(detail, EnvironmentInconsistent) else set()
        if not {found.subject, *askers}.isdisjoint(projects):
            yield found


def _in_lock(inquiry: Inquiry, lock: LockFile, runs: Sequence[Run], rationed: Rationed) -> LockedProject | None:
    """What a lock holds of the project asked about, beside the first run, which takes nothing from it."""
    from backtrail.explain.lookup.locked_project import locked_project, standing_with

    asked = inquiry.asked[0]
    question = asked.question
    if question.subject is None:
        return None
    fresh = runs[0] if runs else None
    found = locked_project(lock, question.subject, question.target, question.requirements, question.constraints, fresh)
    if found.again is None or not question.universal.upgrade:
        return found
    universal = msgspec.structs.replace(question.universal, upgrade=False)
    kept = msgspec.structs.replace(question, universal=universal)
    run = paced(kept, asked.policy, rationed.sparingly(), rationed.pace, rationed.memory, silent=True)
    return standing_with(found, run)


def _answer_log(inquiry: Inquiry, log: Log, source: Source, pace: Pace) -> NotebookReport:
    """Explain what a log says that happened, and solve the same question again.

    Where the log ends before the resolution does, what solving gives is all that can be explained.
    """
    asked = inquiry.asked[0]
    rationed = Rationed(source, pace)
    ended = log.outcome in (Outcome.SOLVED, Outcome.IMPOSSIBLE) and bool(log.visits)
    explained = _solve(asked, source, rationed, lambda: None, inquiry.budget, log if ended else None)
    again = explained.again
    logged = msgspec.structs.replace(explained.run, resolver=f"{asked.policy.resolver}{LOG}")
    key = logged.key if ended else again.key
    findings = tuple(
        msgspec.structs.replace(
            one,
            runs=(key,),
            evidence=tuple(text.replace(f"trail:{again.key}#", f"trail:{key}#") for text in one.evidence),
        )
        for one in explained.findings
    )
    return NotebookReport(
        question=asked.question,
        runs=(logged, again) if ended else (again,),
        findings=findings,
        freshness={} if explained.freshness is None else {key: explained.freshness},
        log=log,
        message=_message(log, asked, rationed),
    )


def _message(log: Log, asked: Asked, rationed: Rationed) -> CheckedMessage | None:
    """The error message of a log, each statement checked; None where it has none."""
    if not log.statements:
        return None
    from backtrail.explain.lookup.claims import checked

    return checked(log, asked.question, asked.policy, rationed.freely())


def _logged(log: Log, asked: Asked, rationed: Rationed) -> Run:
    from backtrail.resolvers.recounted import recount

    return recount(log, asked.question, asked.policy, rationed.freely())


def _over_file(run: Run, question: Question, policy: Policy) -> Run:
    """The run with what becomes of the versions of a file that are tried first; not for who asks about one project."""
    universal = question.universal
    if not universal.preferred or question.subject is not None or run.outcome is not Outcome.SOLVED:
        return run
    there = {one.name: one for one in universal.preferred if one.counts(question.target.markers)}
    admits = resolver_of(policy).admits
    plan = planned(run.pins, lambda pin: there.get(pin.name), keeps=lambda _pin, _before: True, meets=admits)
    return msgspec.structs.replace(run, plan=plan)


class _Explained(NamedTuple):
    """A run and what is to be said of it; ``freshness`` None: it has no answer.

    Of the project asked about: ``instead`` is what would have to change for its version, ``tables`` the reasons for
    each, of a universal run for each version that its forks have.
    """

    run: Run
    again: Run
    findings: tuple[Finding, ...]
    instead: Instead | None
    tables: tuple[VersionTable, ...]
    freshness: Freshness | None


def _solve(
    asked: Asked, source: Source, rationed: Rationed, over: Callable[[], None], solves: int, log: Log | None = None
) -> _Explained:
    """Run one resolver, and explain what came of it; trials read sparingly.

    Of a ``log`` with an answer that is explained, and not what solving again gives, which is ``again``.
    """
    from backtrail.explain.causes.newer import Elsewhere
    from backtrail.explain.evidence.freshness import freshness
    from backtrail.explain.evidence.releases import Releases
    from backtrail.explain.explanation import explain
    from backtrail.explain.remedies.budget import Budget, Effort

    question, policy, effort = asked.question, asked.policy, Effort(rationed.pace)
    budget = Budget(solves, spent=lambda: effort.spent)
    run = solved = paced(question, policy, rationed.freely(), rationed.pace, rationed.memory)
    run = solved = _over_file(solved, question, policy)
    if log is not None:
        run = _logged(log, asked, rationed)
    lost = run.failure if log is None and _wants_a_build(run) else None
    if lost is not None:
        question, run = _as_far_as_it_goes(run, question, policy, rationed)
        solved = run
    over()

    def tried(changed: Question, other: Policy, where: Source, *, silent: bool = False) -> Run:
        bounded = _bounded(changed, [run, solved], effort)
        found = paced(bounded, other, where, rationed.pace, rationed.memory, silent=silent)
        effort.took(found)
        return found

    def trial(changed: Question, where: Source, *, silent: bool = False) -> Run:
        return tried(changed, policy, where, silent=silent)

    def again(changed: Question) -> Run:
        return trial(changed, rationed.for_trial(question, changed))

    def quick(changed: Question) -> Run:
        return trial(changed, rationed.sparingly(), silent=True)

    def guide(changed: Question) -> Run:
        return _by_another(changed, policy, rationed)

    learns = resolver_of(policy).behaviour.learns
    worlds = Elsewhere(rationed.sparingly, trial, partial(trial, silent=True), None if learns else guide)

    def other_wise(changed: Question, other: Policy) -> Run:
        return tried(changed, other, rationed.sparingly())

    other, tables = None, tuple[VersionTable, ...]()
    if question.subject is not None:
        from backtrail.explain.evidence.available_releases import Stock
        from backtrail.explain.evidence.newer_versions import version_tables
        from backtrail.explain.remedies.instead import instead

        # What was asked comes before what nobody asked for: the budget is one.
        other = instead(run, question, Stock(question, policy, source), again, budget)
        tables = version_tables(run, question.subject.name, question, policy, rationed.unbuilt(), trial, budget)
    if policy.mode is not Mode.SPECIFIC:
        from backtrail.explain.for_all import explain_for_all

        findings = explain_for_all(run, question, policy, other_wise, worlds, budget=budget)
        return _Explained(run=run, again=solved, findings=findings, instead=other, tables=tables, freshness=None)
    findings = explain(
        run,
        question,
        policy,
        source,
        again,
        budget=budget,
        quick=quick,
        elsewhere=worlds,
        built=partial(rationed.built_with, question),
    )
    fresh = freshness(run, Releases(question, policy, source))
    if question.universal.tried_first:
        from backtrail.explain.for_all import explain_over_lock

        findings = (*findings, *explain_over_lock(run, question, policy, other_wise, budget=budget))
    if lost is not None:
        run = solved = _undecided(run, lost)
    return _Explained(run=run, again=solved, findings=findings, instead=other, tables=tables, freshness=fresh)


def _across(inquiry: Inquiry, runs: Sequence[Run], rationed: Rationed) -> Iterator[Finding]:
    """Where each further run parts with the first, and which runs missed an answer that there is."""
    from backtrail.explain.divergence.sides import Side
    from backtrail.explain.findings.diverge import diverge
    from backtrail.explain.findings.solution_missed import missed
    from backtrail.explain.remedies.budget import Effort

    thorough = inquiry.asked[0].question.command == "compare"
    pace, effort = rationed.pace, Effort(rationed.pace)

    def solve(question: Question, policy: Policy, world: Callable[[Source], Source]) -> Run:
        like = [run for run in runs if run.resolver == policy.resolver]
        source = world(rationed.sparingly())
        bounded = _bounded(question, like, effort)
        found = paced(bounded, policy, source, pace, rationed.memory, silent=not thorough)
        effort.took(found)
        return found

    sides = [
        Side(run, asked.question, asked.policy, resolver_of(asked.policy).rules)
        for run, asked in zip(runs, inquiry.asked, strict=True)
        if asked.policy.mode is Mode.SPECIFIC
    ]
    for side in sides[1:]:
        found = diverge(sides[0], side, rationed.unbuilt(), solve, budget=inquiry.budget, thorough=thorough)
        if found is not None:
            yield found
    for side in sides:
        found = missed(
            side.run,
            side.question,
            partial(_unbuilt, rationed, side.policy),
            chain(runs, _elsewhere(side, rationed)),
        )
        if found is not None:
            yield found


def _unbuilt(rationed: Rationed, policy: Policy, question: Question) -> Run:
    return paced(question, policy, rationed.unbuilt(), rationed.pace, rationed.memory)


def _elsewhere(side: "Side", rationed: Rationed) -> Iterator[Run]:
    """What another tool's engine answers, but for a search that went on for as long as the real one may."""
    if side.run.stop is None or side.run.stop.limit is not Limit.RESOLVER:
        yield _by_another(side.question, side.policy, rationed)


def _by_another(question: Question, policy: Policy, rationed: Rationed) -> Run:
    """What another tool's engine answers to the same question, Requires-Python read as the first reads it."""
    other = others(policy)[0]
    whole = [resolver_of(one).behaviour.reads_whole_requires_python for one in (policy, other)]
    switched = frozenset({"reads_whole_requires_python"}) if whole[0] is not whole[1] else frozenset[str]()
    options = msgspec.structs.replace(question.options, max_rounds=_ELSEWHERE)
    return paced(
        msgspec.structs.replace(question, options=options),
        msgspec.structs.replace(other, switched=switched),
        rationed.unbuilt(),
        rationed.pace,
        rationed.memory,
        silent=True,
    )


def _wants_a_build(run: Run) -> bool:
    """Whether a run ended since only a build tells what an sdist requires; a universal one is not asked again."""
    failure = run.failure
    forbidden = isinstance(failure, Unavailable) and failure.failure is Failure.BUILD_FORBIDDEN
    return run.mode is Mode.SPECIFIC and run.outcome is Outcome.UNKNOWN and forbidden


def _as_far_as_it_goes(run: Run, question: Question, policy: Policy, rationed: Rationed) -> tuple[Question, Run]:
    """The question that takes what only a build tells for nothing, with its run; what there was if that has no end."""
    options = msgspec.structs.replace(question.options, assumes_unbuilt=True)
    assuming = msgspec.structs.replace(question, options=options)
    further = paced(assuming, policy, rationed.freely(), rationed.pace, rationed.memory)
    return (assuming, further) if further.outcome in (Outcome.SOLVED, Outcome.IMPOSSIBLE) else (question, run)


def _undecided(run: Run, lost: Unavailable | Unreadable) -> Run:
    """A run that took what only a build tells for nothing: whether its answer is one is unknown.

    Where there is none even so, there is none: whatever a build tells is one requirement more.
    """
    if run.outcome is not Outcome.SOLVED:
        return run
    trail = (*run.trail[:-1], Finished(outcome=Outcome.UNKNOWN)) if run.trail else ()
    return msgspec.structs.replace(run, outcome=Outcome.UNKNOWN, failure=lost, trail=trail)


def paced(
    question: Question, policy: Policy, source: Source, pace: Pace, memory: Memory, *, silent: bool = False
) -> Run:
    """Run a resolver for as long as there is time; ``source`` is to look at the time, too."""
    with pace.solving():
        return resolve(question, policy, source, silent=silent, pace=pace.round, memory=memory)


def _bounded(question: Question, runs: Iterable[Run], effort: "Effort") -> Question:
    """The question of a trial: it may take twice the rounds of the runs it is about, or what the user allows.

    No more than are left for all trials.
    """
    options = question.options
    if options.max_rounds is not None:
        return question
    rounds = min(max([_ROUNDS, *(2 * run.counters.rounds for run in runs)]), max(effort.rounds, 1))
    return msgspec.structs.replace(question, options=msgspec.structs.replace(options, max_rounds=rounds))


def _look(asked: Asked, source: Source, subject: Requirement) -> Look:
    """The project's pages in the resolver's order."""
    indexes = asked.question.indexes
    order = resolver_of(asked.policy).behaviour.index_order(indexes)
    for index in order:
        source.want_pages(index, [subject.name])
    pages: list[Page] = [source.page(index, subject.name) for index in order]
    return Look(
        policy=asked.policy,
        target=asked.question.target,
        pages=tuple(pages),
        links=tuple(source.links(location, subject.name) for location in indexes.find_links),
    )


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
