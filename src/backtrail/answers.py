"""An answer from a source: each resolver is run, what came of it is explained, and where they part."""

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from packaging.utils import NormalizedName

from backtrail.explain.lookup.availability import availability
from backtrail.model.case import Report
from backtrail.model.difference import WhatIf
from backtrail.model.files import Unreadable
from backtrail.model.finding import Conflict, EnvironmentInconsistent, Finding, SolutionMissed
from backtrail.model.freshness import Freshness
from backtrail.model.index_change import IndexChange
from backtrail.model.installed import InstalledView
from backtrail.model.locked import LockedProject, LockFile
from backtrail.model.log import CheckedMessage, Log
from backtrail.model.metadata import Unavailable
from backtrail.model.policy import Mode, Policy
from backtrail.model.project import Answer, Instead, Offer, ProjectView, VersionTable
from backtrail.model.question import Question
from backtrail.model.run import LOG, Run
from backtrail.model.source import Source
from backtrail.model.trail import Finished, Limit, Outcome
from backtrail.preparation.ask import Asked, Inquiry
from backtrail.report.rendered import NotebookReport
from backtrail.resolvers.install_plan import planned
from backtrail.resolvers.registry import resolver_of
from backtrail.solving import Trials, as_far_as_it_goes, by_another, solved, wants_a_build
from backtrail.sources.changed import Changed
from backtrail.sources.declared_first import with_declared
from backtrail.sources.limited import Rationed
from backtrail.sources.pace import Pace

if TYPE_CHECKING:
    from backtrail.explain.divergence.sides import Side
    from backtrail.explain.lookup.in_environment import InstalledGraph

__all__ = ["answer", "changed_source", "recorded_pace", "with_index_changes"]


def answer(
    inquiry: Inquiry, source: Source, *, pace: Pace | None = None, over: Callable[[], None] = lambda: None
) -> NotebookReport:
    """Answer a question from a source: run each resolver, look at the project asked about, explain.

    ``pace`` None: as it was recorded. ``over`` is called when a resolver has ended: what follows builds only what a
    resolver asks for. Where the index is to be changed, so it is, and the answer is held against that for the index as
    it is.
    """
    pace = pace or recorded_pace(inquiry)
    questions = tuple(one.question for one in inquiry.asked)
    if not questions[0].index_changes:
        return _answer(inquiry, source, pace, over)
    changed = Changed.of(source, questions)
    found = _answer(inquiry, changed, pace, over)
    unmade = tuple(changed.unmade)
    before = _answer(with_index_changes(inquiry, ()), source, pace, over)
    what_if = _what_if(inquiry, before, found, source, pace)
    return msgspec.structs.replace(found, what_if=msgspec.structs.replace(what_if, unmade=unmade))


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
        return solved(question, policy, rationed, rationed.sparingly(), silent=True)

    asked = [(one.question, one.policy) for one in inquiry.asked]
    return what_if(asked, before, after, solve, budget=inquiry.budget)


def recorded_pace(inquiry: Inquiry) -> Pace:
    """No clock: where time or memory ran out when the question was asked, it does again."""
    options = inquiry.asked[0].question.options
    return Pace(options.time_limit, memory=options.max_memory, recorded=inquiry.stopped, clock=None)


def _answer(inquiry: Inquiry, source: Source, pace: Pace, over: Callable[[], None]) -> NotebookReport:
    """The answer from a source as it is."""
    if inquiry.log is not None:
        return _answer_log(inquiry, inquiry.log, source, pace)
    first = inquiry.asked[0].question
    rationed = Rationed(source, pace)
    # Who compares wants to know where resolvers part; what would change one answer is another question.
    solves = 0 if first.command == "compare" else inquiry.budget
    every = [_solve(asked, source, rationed, over, solves) for asked in inquiry.asked] if inquiry.solves else []
    runs = tuple(one.run for one in every)
    across = tuple(_across(inquiry, runs, rationed)) if inquiry.solves else ()
    missed = {key for one in across if isinstance(one.detail, SolutionMissed) for key in one.runs}
    # Lines that have an answer contradict nothing, whatever a search ends with.
    findings = [
        *across,
        *(
            found
            for one in every
            for found in one.findings
            if not isinstance(found.detail, Conflict) or missed.isdisjoint(found.runs)
        ),
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
        from backtrail.explain.evidence.available_releases import Stock

        seen = availability(
            first.subject,
            [Stock(asked.question, asked.policy, source).look(first.subject.name) for asked in inquiry.asked],
            first.options,
            settings=first.settings,
            names=[requirement.name for requirement in first.requirements],
            there=Stock(first, inquiry.asked[0].policy, source).has,
        )
        project = msgspec.structs.replace(seen.project, tables=tuple(table for one in every for table in one.tables))
        instead = {one.run.key: one.instead for one in every}
        answers = {key: msgspec.structs.replace(found, instead=instead.get(key)) for key, found in seen.answers.items()}
        findings += seen.findings
    further = (one for asked in inquiry.asked[1:] for one in asked.question.settings if one not in first.settings)
    settings = (*first.settings, *dict.fromkeys(further))
    return NotebookReport(
        question=msgspec.structs.replace(first, settings=settings),
        runs=runs,
        findings=tuple(findings),
        project=project,
        answers=answers,
        freshness={one.run.key: one.freshness for one in every if one.freshness is not None},
        elsewhere={one.run.key: one.elsewhere for one in every},
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
    run = solved(kept, asked.policy, rationed, rationed.sparingly(), silent=True)
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
        elsewhere={again.key: explained.elsewhere},
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
    each, of a universal run for each version that its forks have. ``elsewhere`` is what other indexes have of the pins.
    """

    run: Run
    again: Run
    findings: tuple[Finding, ...]
    instead: Instead | None = None
    tables: tuple[VersionTable, ...] = ()
    freshness: Freshness | None = None
    elsewhere: dict[NormalizedName, tuple[Offer, ...]] = {}


class _Begun(NamedTuple):
    """A run to be explained; ``again`` is what solving gave, where ``run`` is what a log says.

    ``question`` is what was solved: where only a build tells what an sdist requires (``lost``), that it is nothing.
    """

    question: Question
    run: Run
    again: Run
    lost: Unavailable | Unreadable | None = None


def _begin(asked: Asked, rationed: Rationed, log: Log | None) -> _Begun:
    """Run one resolver."""
    question, policy = asked.question, asked.policy
    again = _over_file(solved(question, policy, rationed, rationed.freely()), question, policy)
    if log is not None:
        return _Begun(question, _logged(log, asked, rationed), again)
    if not wants_a_build(again):
        return _Begun(question, again, again)
    further, run = as_far_as_it_goes(again, question, policy, rationed)
    return _Begun(further, run, run, again.failure)


def _solve(
    asked: Asked, source: Source, rationed: Rationed, over: Callable[[], None], solves: int, log: Log | None = None
) -> _Explained:
    """Run one resolver, and explain what came of it; trials read sparingly.

    Of a ``log`` with an answer that is explained, and not what solving again gives, which is ``again``.
    """
    from backtrail.explain.causes.newer import Elsewhere
    from backtrail.explain.evidence.available_releases import Stock
    from backtrail.explain.evidence.freshness import freshness
    from backtrail.explain.evidence.releases import Releases
    from backtrail.explain.explanation import explain
    from backtrail.explain.lookup.other_places import elsewhere
    from backtrail.explain.remedies.budget import Budget

    policy, trials = asked.policy, Trials(rationed, asked.policy)
    budget = Budget(solves, spent=lambda: trials.effort.spent)
    question, run, once_more, lost = _begin(asked, rationed, log)
    source = with_declared(source, question)
    over()

    def other_wise(changed: Question, other: Policy) -> Run:
        return trials.solve(changed, other, rationed.sparingly(), (run, once_more))

    def trial(changed: Question, where: Source, *, silent: bool = False) -> Run:
        return trials.solve(changed, policy, where, (run, once_more), silent=silent)

    def again(changed: Question) -> Run:
        return trial(changed, rationed.for_trial(question, changed))

    def quick(changed: Question) -> Run:
        return trial(changed, rationed.sparingly(), silent=True)

    def guide(changed: Question, *, silent: bool = True) -> Run:
        return by_another(changed, policy, rationed, silent=silent)

    learns = resolver_of(policy).behaviour.learns
    worlds = Elsewhere(
        rationed.sparingly,
        trial,
        partial(trial, silent=True),
        None if learns else guide,
        None if learns else partial(guide, silent=False),
    )
    other, tables = None, tuple[VersionTable, ...]()
    if question.subject is not None:
        from backtrail.explain.evidence.newer_versions import version_tables
        from backtrail.explain.remedies.instead import instead

        # What was asked comes before what nobody asked for: the budget is one.
        other = instead(run, question, Stock(question, policy, source), again, budget)
        tables = version_tables(run, question.subject.name, question, policy, rationed.unbuilt(), trial, budget)
    if policy.mode is not Mode.SPECIFIC:
        from backtrail.explain.for_all import explain_for_all

        findings = explain_for_all(run, question, policy, source, other_wise, worlds, budget=budget)
        return _Explained(run, once_more, findings, other, tables)
    # What solving again does not confirm is no conflict: the log leaves out some of what was asked.
    refuted = run.outcome is Outcome.IMPOSSIBLE and once_more.outcome is Outcome.SOLVED
    findings = () if refuted else explain(
        run,
        question,
        policy,
        source,
        again,
        budget=budget,
        quick=quick,
        elsewhere=worlds,
        built=partial(rationed.built_with, question),
    )  # fmt: skip
    fresh = freshness(run, Releases(question, policy, source))
    offered = elsewhere(run, question, policy, source, Stock(question, policy, source).look)
    if question.universal.tried_first:
        from backtrail.explain.for_all import explain_over_lock

        findings = (*findings, *explain_over_lock(run, question, policy, other_wise, budget=budget))
    if lost is not None:
        run = once_more = _undecided(run, lost)
    return _Explained(run, once_more, findings, other, tables, fresh, offered)


def _across(inquiry: Inquiry, runs: Sequence[Run], rationed: Rationed) -> Iterator[Finding]:
    """Where each further run parts with the first, and which runs missed an answer that there is."""
    from backtrail.explain.divergence.sides import Side
    from backtrail.explain.findings.diverge import diverge
    from backtrail.explain.findings.solution_missed import missed

    thorough = inquiry.asked[0].question.command == "compare"
    trials = Trials(rationed)

    def solve(question: Question, policy: Policy, world: Callable[[Source], Source]) -> Run:
        like = [run for run in runs if run.resolver == policy.resolver]
        return trials.solve(question, policy, world(rationed.sparingly()), like, silent=not thorough)

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

        def unbuilt(question: Question, policy: Policy = side.policy) -> Run:
            return solved(question, policy, rationed, rationed.unbuilt())

        found = missed(side.run, side.question, unbuilt, chain(runs, _elsewhere(side, rationed)))
        if found is not None:
            yield found


def _elsewhere(side: "Side", rationed: Rationed) -> Iterator[Run]:
    """What another tool's engine answers, but for a search that went on for as long as the real one may."""
    if side.run.stop is None or side.run.stop.limit is not Limit.RESOLVER:
        yield by_another(side.question, side.policy, rationed)


def _undecided(run: Run, lost: Unavailable | Unreadable) -> Run:
    """A run that took what only a build tells for nothing: whether its answer is one is unknown.

    Where there is none even so, there is none: whatever a build tells is one requirement more.
    """
    if run.outcome is not Outcome.SOLVED:
        return run
    trail = (*run.trail[:-1], Finished(outcome=Outcome.UNKNOWN)) if run.trail else ()
    return msgspec.structs.replace(run, outcome=Outcome.UNKNOWN, failure=lost, trail=trail)
