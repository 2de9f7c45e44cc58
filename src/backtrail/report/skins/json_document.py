"""The JSON document: the report's whole content under stable names (docs/json.md)."""

import json
from collections.abc import Iterable, Mapping
from enum import Enum
from importlib.metadata import version as installed_version
from typing import Any, Final

import msgspec
from msgspec import UNSET

from backtrail.model.case import Report
from backtrail.model.difference import Change, Difference, WhatIf
from backtrail.model.files import File, Unreadable
from backtrail.model.finding import Amendment, Finding, Link, OwnLine, Remedy
from backtrail.model.freshness import Freshness
from backtrail.model.index_change import IndexChange, Published, Restated
from backtrail.model.installed import InstalledView
from backtrail.model.lock import Lock, LockEdge, LockPackage
from backtrail.model.log import CheckedMessage, CheckedStatement, Log
from backtrail.model.metadata import Unavailable
from backtrail.model.policy import Mode
from backtrail.model.project import Answer, Offer, ProjectView
from backtrail.model.question import Question
from backtrail.model.record import Record
from backtrail.model.requirement import Requirement
from backtrail.model.run import Asked, Counters, Pin, Planned, Run
from backtrail.model.safe_text import shortened, without_secrets
from backtrail.model.trail import Outcome
from backtrail.report import document_types as form
from backtrail.report import wording
from backtrail.report.layout import unread
from backtrail.report.lines import plain as words_of
from backtrail.resolvers.registry import basis, parse_resolver

VERSION: Final = 1
"""The version of the document's form; a change that a reader could trip over raises it."""

_LONGEST: Final = 100_000
"""Characters of one text; what somebody else made longer is cut, and says so."""

Json = dict[str, Any]

_LINE_ENDS = {ord(end): f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"}
"""Ends of a line in Unicode that JSON lets stand in a text."""


def program_version() -> str:
    """The version of backtrail itself."""
    return installed_version("backtrail")


def document(report: Report) -> Json:
    """The report as plain values in a fixed order; no text in it carries the credentials of a URL."""
    name = None if report.project is None else report.project.name
    solved = {run.key for run in report.runs}
    # Without -r nothing is solved: a run is then its answer alone.
    unsolved = (_unsolved(key, answer, name) for key, answer in report.answers.items() if key not in solved)
    return plain(
        form.ReportDocument(
            schema="backtrail.report",
            version=VERSION,
            backtrail=program_version(),
            question=_question(report.question),
            runs=(*(_run(run, report, name) for run in report.runs), *unsolved),
            findings=tuple(_finding(finding, report) for finding in report.findings),
            project=UNSET if report.project is None else _project(report.project),
            locked=UNSET if report.locked is None else report.locked,
            log=UNSET if report.log is None else _log(report.log, report.message),
            environment=UNSET if report.environment is None else _environment(report.environment),
            what_if=UNSET if report.what_if is None else _what_if(report.what_if, name),
        )
    )


def encode(report: Report) -> bytes:
    """The document as UTF-8, indented, with a newline at the end; the same report gives the same bytes."""
    return indented(document(report))


def indented(data: Json) -> bytes:
    """A document as UTF-8, in which no text is a command to who runs a workflow (``##[``), or begins a line."""
    return _bytes(data, indent=2).replace(b"##[", b"##\\u005b")


def trails(report: Report) -> bytes:
    """The events of every run as JSON Lines, in order; ``event`` is the number by which evidence names it."""
    return b"".join(
        _bytes(_plain({"run": run.key, "event": number, **msgspec.to_builtins(event)}))
        for run in report.runs
        for number, event in enumerate(run.trail)
    )


def _bytes(data: Json, indent: int | None = None) -> bytes:
    """JSON with a newline at the end. What UTF-8 cannot hold, and what ends a line to some readers, is escaped."""
    text = json.dumps(data, indent=indent, ensure_ascii=False).translate(_LINE_ENDS)
    return text.encode("utf-8", "backslashreplace") + b"\n"


def _question(question: Question) -> form.Question:
    subject = () if question.subject is None else (question.subject,)
    return form.Question(
        command=question.command,
        requirements=tuple(_line(one) for one in (*subject, *question.requirements)),
        target=form.Target(python=question.target.python, platform=question.target.platform),
        exclude_newer=question.options.exclude_newer,
        settings=question.settings,
        left_out=tuple(
            form.LeftOutLine(**msgspec.structs.asdict(_line(lost.requirement)), why=lost.why)
            for lost in question.left_out
        ),
        index_changes=tuple(map(_index_change, question.index_changes)) or UNSET,
    )


def _log(log: Log, message: CheckedMessage | None) -> form.LogRead:
    return form.LogRead(
        file=log.file,
        tool=log.tool,
        release=log.release,
        moment=log.moment,
        lines_of_tool=log.coverage.of_tool,
        lines_understood=log.coverage.understood,
        complete=log.outcome is not None,
        statements=() if message is None else tuple(map(_statement, message.statements)),
        unsaid=() if message is None else message.unsaid,
        checked_at=None if message is None else message.moment,
    )


def _statement(one: CheckedStatement) -> form.LogStatement:
    return form.LogStatement(
        text=one.statement.text,
        claim=one.statement.claim,
        standing=one.standing,
        because=one.because,
        contrary=one.contrary,
        read=one.read,
        existing=one.existing,
    )


def _environment(view: InstalledView) -> form.EnvironmentRead:
    return form.EnvironmentRead(
        origin=view.origin,
        packages=view.packages,
        unread=tuple(one for lost in view.unread if (one := failure(lost, None)) is not None),
        project=view.project,
        installed=tuple(
            form.InstalledProject(
                version=one.version,
                installer=one.installer,
                url=one.url,
                commit=one.commit,
                editable=one.editable,
                requested=one.requested,
                place=one.place,
            )
            for one in view.found
        ),
        needed_by=view.needed_by,
        way=view.way,
    )


def _line(requirement: Requirement) -> form.RequirementLine:
    origin = requirement.origin
    return form.RequirementLine(
        text=requirement.text, file=origin.file if origin else None, line=origin.line if origin else None
    )


def _run(run: Run, report: Report, name: str | None) -> form.Run:
    answer = report.answers.get(run.key)
    locks, asked = run.mode is Mode.LOCK, report.question
    plans = asked.environment is not None or bool(asked.universal.preferred and run.plan)
    return form.Run(
        resolver=run.resolver,
        profile=run.profile,
        basis=run.basis,
        outcome=run.outcome,
        pins={pin.name: _pin(pin, report.elsewhere.get(run.key, {}).get(pin.name)) for pin in run.pins},
        attempts=run.attempts,
        counters=run.counters,
        failure=failure(run.failure, unread(run)),
        passed_over=tuple(_page(one.page, one.project) for one in run.passed_over),
        freshness=_freshness(report.freshness.get(run.key)),
        mode=run.mode,
        forks=tuple(_fork(fork) for fork in run.forks),
        lines=run.lines,
        stopped=UNSET if run.stop is None else form.Stopped(by=run.stop.limit, bound=run.stop.bound),
        lock=UNSET if not locks else None if run.lock is None else _lock(run.lock),
        stale=run.stale if locks else UNSET,
        plan=tuple(map(_planned, run.plan)) if plans and run.outcome is Outcome.SOLVED else UNSET,
        answer=UNSET if answer is None else _answer(answer, name),
    )


def _planned(step: Planned) -> form.Planned:
    because = tuple(one.requirement.text for one in step.because)
    return form.Planned(name=step.name, action=step.action, before=step.before, after=step.after, because=because)


def _unsolved(key: str, answer: Answer, name: str | None) -> form.Run:
    policy = parse_resolver(key)
    return form.Run(
        resolver=policy.resolver,
        profile=policy.release,
        basis=basis(policy),
        outcome=None,
        pins={},
        attempts={},
        counters=Counters(),
        failure=None,
        passed_over=(),
        freshness=None,
        mode=policy.mode,
        forks=(),
        lines=(),
        answer=_answer(answer, name),
    )


def _lock(lock: Lock) -> form.Lock:
    kinds = {"extra": "e", "group": "g", "project": "p"}
    return form.Lock(
        requires_python=lock.requires_python,
        resolution_markers=lock.resolution_markers,
        supported_markers=lock.supported_markers,
        required_markers=lock.required_markers,
        conflicts=tuple(
            tuple("|".join((package, kinds[kind], name)) for package, kind, name in one) for one in lock.conflicts
        ),
        packages=tuple(_lock_package(package) for package in lock.packages),
    )


def _lock_package(package: LockPackage) -> form.LockPackage:
    """What a lock leaves out where it is empty is left out here, too."""
    return form.LockPackage(
        name=package.name,
        version=package.version,
        source=package.source.kind,
        resolution_markers=package.resolution_markers or UNSET,
        dependencies=_edges(package.dependencies) or UNSET,
        optional_dependencies={name: _edges(edges) for name, edges in package.optional.items()} or UNSET,
        dev_dependencies={name: _edges(edges) for name, edges in package.groups.items()} or UNSET,
        wheels=tuple(file.filename for file in package.wheels) or UNSET,
        sdist=UNSET if package.sdist is None else package.sdist.filename,
    )


def _edges(edges: Iterable[LockEdge]) -> tuple[form.LockEdge, ...]:
    return tuple(
        form.LockEdge(
            name=one.name, version=one.version or UNSET, extra=one.extras or UNSET, marker=one.marker or UNSET
        )
        for one in edges
    )


def _fork(fork: Run) -> form.Fork:
    return form.Fork(marker=fork.marker or "", outcome=fork.outcome, pins={pin.name: _pin(pin) for pin in fork.pins})


def _freshness(found: Freshness | None) -> form.Freshness | None:
    if found is None:
        return None
    return form.Freshness(
        newest=found.newest,
        compared=found.compared,
        behind=found.behind,
        out_of_reach=found.out_of_reach,
        unknown=found.unknown,
    )


def failure(found: Unreadable | Unavailable | None, project: str | None) -> form.Failure | None:
    """What could not be read, a page of an index or a file, and why."""
    match found:
        case None:
            return None
        case Unreadable():
            return _page(found, project)
        case Unavailable():
            return form.Failure(
                project=project,
                index=None,
                file=found.file,
                reason=found.failure.value,
                status=found.status,
                detail=found.detail,
            )


def _page(found: Unreadable, project: str | None) -> form.Failure:
    return form.Failure(
        project=project,
        index=found.index or None,
        file=None,
        reason=found.reason,
        status=found.status,
        detail=found.detail,
    )


def _answer(answer: Answer, name: str | None) -> form.Answer:
    return form.Answer(
        available=answer.available,
        version=answer.version,
        file=answer.file,
        reason=answer.reason,
        index=answer.index,
        elsewhere=answer.elsewhere,
        failure=failure(answer.failure, name),
        instead=UNSET if answer.instead is None else answer.instead,
    )


def _pin(pin: Pin, elsewhere: tuple[Offer, ...] | None = None) -> form.Pin:
    file = pin.file
    return form.Pin(
        version=pin.version,
        file=file.filename if file else None,
        kind=form.PinKind(file.kind.value) if file else form.PinKind.INSTALLED if pin.installed else form.PinKind.URL,
        index=file.index or None if file else None,
        uploaded=file.uploaded if file else None,
        url=None if pin.url is None else pin.url.partition("#")[0],
        commit=pin.commit,
        verified=pin.verified,
        assumed=pin.assumed,
        requested_by=pin.requested_by,
        elsewhere=UNSET if elsewhere is None else elsewhere,
    )


def _finding(finding: Finding, report: Report) -> form.Finding:
    return form.Finding(
        code=finding.code,
        kind=finding.kind,
        severity=finding.severity,
        runs=finding.runs,
        subject=finding.subject,
        headline=words_of(wording.headline(finding, report)),
        detail=finding.detail,
        evidence=finding.evidence,
        remedies=tuple(_remedy(remedy) for remedy in finding.remedies),
    )


def run_difference(found: Difference) -> form.RunDifference:
    """Two runs held against each other."""
    old, new = found.old, found.new
    return form.RunDifference(
        resolvers=(old.key, new.key),
        outcomes=(old.outcome, new.outcome),
        failures=(failure(old.failure, unread(old)), failure(new.failure, unread(new))),
        changes=tuple(_pin_change(one) for one in found.changes),
        differs=found.differs,
        solves=found.solves,
        solved_with=found.solved_with,
        unsolved=found.unsolved,
        unsolved_detail=found.unsolved_detail,
    )


def _pin_change(change: Change) -> form.PinChange:
    return form.PinChange(
        project=change.name,
        versions=(change.old, change.new),
        files=(change.old_file, change.new_file),
        known=change.known,
        causes=change.causes,
    )


def _what_if(found: WhatIf, name: str | None) -> form.WhatIf:
    return form.WhatIf(
        runs=tuple(run_difference(one) for one in found.differences),
        appeared=tuple(_told(one) for one in found.appeared),
        vanished=tuple(_told(one) for one in found.vanished),
        answers={key: _answer(answer, name) for key, answer in found.answers.items()},
        unmade=tuple(map(_index_change, found.unmade)),
    )


def _told(finding: Finding) -> form.FindingTold:
    return form.FindingTold(
        code=finding.code,
        kind=finding.kind,
        severity=finding.severity,
        runs=finding.runs,
        subject=finding.subject,
    )


def _index_change(change: IndexChange) -> form.IndexChange:
    file = change.file if isinstance(change, Published | Restated) else None
    return form.IndexChange(
        kind=type(change).__struct_config__.tag,  # type: ignore[arg-type]
        project=change.project,
        version=change.version,
        file=file.filename if isinstance(file, File) else file,
        option=change.option,
    )


def _remedy(remedy: Remedy) -> form.Remedy:
    several = bool(remedy.also)  # who applies only one change finds none here
    return form.Remedy(
        kind=None if several else remedy.kind,
        change=None if several else remedy.change,
        of=None if several else remedy.of,
        changes=(Amendment(kind=remedy.kind, change=remedy.change, of=remedy.of), *remedy.also),
        result=remedy.result,
        pins_changed=remedy.pins_changed,
    )


def _project(project: ProjectView) -> form.Project:
    return form.Project(
        name=project.name,
        requirement=project.requirement.text,
        variants=project.variants,
        files=tuple(
            form.JudgedFile(
                filename=one.file.filename,
                version=one.file.version,
                verdicts={
                    key: tuple(exclusion.reason for exclusion in verdict.exclusions)
                    for key, verdict in one.verdicts.items()
                },
            )
            for one in project.files
        ),
        tables=tuple(
            form.Table(run=table.run, chosen=table.chosen, versions=table.rows, holds=table.holds, fork=table.fork)
            for table in project.tables
        ),
    )


def _asked(asked: Asked) -> form.Asked:
    origin = asked.requirement.origin
    by = None if asked.by is None else f"{asked.by}=={asked.version}" if asked.version else str(asked.by)
    place = str(origin) if origin and origin.file else None
    return form.Asked(by=by, requirement=asked.requirement.text, origin=place)


def plain(record: Record) -> Json:
    """A record of a document as its fields, without the credentials of URLs in any text."""
    found: Json = _plain(record)
    return found


def _plain(value: Any) -> Any:
    """A value in JSON; what is written in another form than its own is one of ``WRITTEN``."""
    match value:
        case Enum():
            return value.value
        case str():
            return shortened(without_secrets(value), _LONGEST)
        case Asked():
            return _plain(_asked(value))
        case OwnLine():
            own = _asked(Asked(requirement=value.requirement))
            return _plain(form.OwnLine(requirement=own.requirement, origin=own.origin, constraint=value.constraint))
        case Link():
            asked = msgspec.structs.asdict(_asked(value.asked))
            return _plain(form.Link(**asked, versions=value.versions, others=value.others))
        case Requirement():
            return _plain(value.text)
        case Record():
            values = (getattr(value, name) for name in value.__struct_fields__)
            fields = zip(value.__struct_encode_fields__, values, strict=True)
            return {name: _plain(one) for name, one in fields if one is not UNSET}
        case Mapping():
            return {_plain(key): _plain(one) for key, one in value.items()}
        case tuple() | list():
            return [_plain(one) for one in value]
        case _:
            return value
