"""The JSON document: the report's whole content under stable names (docs/json.md)."""

import json
from collections.abc import Mapping
from enum import Enum
from importlib.metadata import version as installed_version
from typing import Any

import msgspec

from backtrail.model.case import Report
from backtrail.model.files import Unreadable
from backtrail.model.finding import Amendment, Detail, Finding, Link, OwnLine, Remedy
from backtrail.model.freshness import Freshness
from backtrail.model.lock import Lock, LockEdge, LockPackage
from backtrail.model.metadata import Unavailable
from backtrail.model.policy import Mode
from backtrail.model.project import Answer, ProjectView
from backtrail.model.question import Question
from backtrail.model.record import Record
from backtrail.model.requirement import Requirement
from backtrail.model.run import Asked, Counters, Pin, Run
from backtrail.model.text import without_credentials
from backtrail.report import wording
from backtrail.report.layout import unread
from backtrail.report.lines import plain
from backtrail.resolvers.registry import basis, parse_resolver

VERSION = 1
"""The version of the document's form; a change that a reader could trip over raises it."""

Json = dict[str, Any]


def program_version() -> str:
    """The version of backtrail itself."""
    return installed_version("backtrail")


def document(report: Report) -> Json:
    """The report as plain values in a fixed order; no text in it carries the credentials of a URL."""
    name = None if report.project is None else report.project.name
    found: Json = {
        "schema": "backtrail.report",
        "version": VERSION,
        "backtrail": program_version(),
        "question": _question(report.question),
        "runs": [_run(run, report, name) for run in report.runs],
        "findings": [_finding(finding, report) for finding in report.findings],
    }
    solved = {run.key for run in report.runs}
    # Without -r nothing is solved: a run is then its answer alone.
    found["runs"].extend(_unsolved(key, answer, name) for key, answer in report.answers.items() if key not in solved)
    if report.project is not None:
        found["project"] = _project(report.project)
    told = clean(found)
    assert isinstance(told, dict)
    return told


def encode(report: Report) -> bytes:
    """The document as UTF-8, indented, with a newline at the end; the same report gives the same bytes."""
    text = json.dumps(document(report), indent=2, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace") + b"\n"  # what UTF-8 cannot hold becomes a JSON escape


def trails(report: Report) -> bytes:
    """The events of every run as JSON Lines, in order; ``event`` is the number by which evidence names it."""
    lines = (
        json.dumps(clean({"run": run.key, "event": number, **msgspec.to_builtins(event)}), ensure_ascii=False)
        for run in report.runs
        for number, event in enumerate(run.trail)
    )
    return b"".join(line.encode("utf-8", "backslashreplace") + b"\n" for line in lines)


def clean(value: Any) -> Any:
    """Plain values without the credentials of URLs in any text."""
    match value:
        case str():
            return without_credentials(value)
        case dict():
            return {clean(key): clean(one) for key, one in value.items()}
        case list():
            return [clean(one) for one in value]
        case _:
            return value


def _question(question: Question) -> Json:
    subject = () if question.subject is None else (question.subject,)
    return {
        "command": question.command,
        "requirements": [_line(one) for one in (*subject, *question.requirements)],
        "target": {"python": question.target.python, "platform": question.target.platform},
        "exclude_newer": question.options.exclude_newer,
        "settings": [_plain(one) for one in question.settings],
    }


def _line(requirement: Requirement) -> Json:
    origin = requirement.origin
    return {
        "text": requirement.text,
        "file": origin.file if origin else None,
        "line": origin.line if origin else None,
    }


def _run(run: Run, report: Report, name: str | None) -> Json:
    answer = report.answers.get(run.key)
    found: Json = {
        "resolver": run.resolver,
        "profile": run.profile,
        "basis": run.basis,
        "outcome": run.outcome.value,
        "pins": {pin.name: _pin(pin) for pin in run.pins},
        "attempts": {name: list(versions) for name, versions in run.attempts.items()},
        "counters": _plain(run.counters),
        "failure": failure(run.failure, unread(run)),
        "passed_over": [failure(one.page, one.project) for one in run.passed_over],
        "freshness": _freshness(report.freshness.get(run.key)),
        "mode": run.mode.value,
        "forks": [_fork(fork) for fork in run.forks],
        "lines": [
            {"name": one.name, "version": one.version, "marker": one.marker, "url": one.url} for one in run.lines
        ],
    }
    if run.stop is not None:
        found["stopped"] = {"by": run.stop.limit.value, "bound": run.stop.bound}
    if run.mode is Mode.LOCK:
        found["lock"] = None if run.lock is None else _lock(run.lock)
        found["stale"] = None if run.stale is None else run.stale.value
    return found if answer is None else found | {"answer": _answer(answer, name)}


def _lock(lock: Lock) -> Json:
    """The facts of a lock; what a lock leaves out where it is empty is left out here, too."""
    kinds = {"extra": "e", "group": "g", "project": "p"}
    return {
        "requires_python": lock.requires_python,
        "resolution_markers": list(lock.resolution_markers),
        "supported_markers": list(lock.supported_markers),
        "required_markers": list(lock.required_markers),
        "conflicts": [
            ["|".join((package, kinds[kind], name)) for package, kind, name in one] for one in lock.conflicts
        ],
        "packages": [_lock_package(package) for package in lock.packages],
    }


def _lock_package(package: LockPackage) -> Json:
    found: Json = {"name": package.name, "version": package.version, "source": package.source.kind}
    parts = {
        "resolution_markers": list(package.resolution_markers),
        "dependencies": [_edge(edge) for edge in package.dependencies],
        "optional_dependencies": {name: [_edge(edge) for edge in edges] for name, edges in package.optional.items()},
        "dev_dependencies": {name: [_edge(edge) for edge in edges] for name, edges in package.groups.items()},
        "wheels": [file.filename for file in package.wheels],
        "sdist": None if package.sdist is None else package.sdist.filename,
    }
    return found | {name: value for name, value in parts.items() if value}


def _edge(edge: LockEdge) -> Json:
    parts = {"version": edge.version, "extra": list(edge.extras), "marker": edge.marker}
    return {"name": edge.name} | {name: value for name, value in parts.items() if value}


def _fork(fork: Run) -> Json:
    return {
        "marker": fork.marker,
        "outcome": fork.outcome.value,
        "pins": {pin.name: _pin(pin) for pin in fork.pins},
    }


def _unsolved(key: str, answer: Answer, name: str | None) -> Json:
    policy = parse_resolver(key)
    return {
        "resolver": policy.resolver,
        "profile": policy.release,
        "basis": basis(policy),
        "outcome": None,
        "pins": {},
        "attempts": {},
        "counters": _plain(Counters()),
        "failure": None,
        "passed_over": [],
        "freshness": None,
        "mode": policy.mode.value,
        "forks": [],
        "lines": [],
        "answer": _answer(answer, name),
    }


def _freshness(found: Freshness | None) -> Json | None:
    return None if found is None else {"newest": found.newest, **_plain(found)}


def failure(found: Unreadable | Unavailable | None, project: str | None) -> Json | None:
    """What could not be had, a page of an index or a file, and why."""
    match found:
        case None:
            return None
        case Unreadable():
            what = {"project": project, "index": found.index or None, "file": None, "reason": found.reason}
        case Unavailable():
            what = {"project": project, "index": None, "file": found.file, "reason": found.failure.value}
    return what | {"status": found.status, "detail": found.detail}


def _answer(answer: Answer, name: str | None) -> Json:
    found: Json = {
        "available": answer.available,
        "version": answer.version,
        "file": answer.file,
        "reason": answer.reason,
        "failure": failure(answer.failure, name),
    }
    return found if answer.instead is None else found | {"instead": _plain(answer.instead)}


def _pin(pin: Pin) -> Json:
    file = pin.file
    return {
        "version": pin.version,
        "file": file.filename if file else None,
        "kind": file.kind.value if file else "url",
        "index": file.index or None if file else None,
        "uploaded": file.uploaded if file else None,
        "url": None if pin.url is None else pin.url.partition("#")[0],
        "verified": pin.verified,
        "requested_by": [_asked(asked) for asked in pin.requested_by],
    }


def _asked(asked: Asked) -> Json:
    origin = asked.requirement.origin
    by = None if asked.by is None else f"{asked.by}=={asked.version}" if asked.version else str(asked.by)
    return {
        "by": by,
        "requirement": asked.requirement.text,
        "origin": str(origin) if origin and origin.file else None,
    }


def _finding(finding: Finding, report: Report) -> Json:
    return {
        "code": finding.code,
        "kind": finding.kind,
        "severity": finding.severity.value,
        "runs": list(finding.runs),
        "subject": finding.subject,
        "headline": plain(wording.headline(finding, report)),
        "detail": detail(finding.detail),
        "evidence": list(finding.evidence),
        "remedies": [_remedy(remedy) for remedy in finding.remedies],
    }


def detail(value: Detail) -> Json:
    """The fields of a finding's kind; its kind itself stands beside it."""
    found: Json = _plain(value)
    return found


def _remedy(remedy: Remedy) -> Json:
    several = bool(remedy.also)  # who applies only one change finds none here
    changes = (Amendment(kind=remedy.kind, change=remedy.change, of=remedy.of), *remedy.also)
    return {
        "kind": None if several else remedy.kind,
        "change": None if several else remedy.change,
        "of": None if several else remedy.of,
        "changes": [_plain(one) for one in changes],
        "result": remedy.result.value,
        "pins_changed": {name: list(moved) for name, moved in remedy.pins_changed.items()},
    }


def _project(project: ProjectView) -> Json:
    return {
        "name": project.name,
        "requirement": project.requirement.text,
        "variants": [_plain(variant) for variant in project.variants],
        "files": [
            {
                "filename": one.file.filename,
                "version": one.file.version,
                "verdicts": {
                    key: [exclusion.reason.value for exclusion in verdict.exclusions]
                    for key, verdict in one.verdicts.items()
                },
            }
            for one in project.files
        ],
        "tables": [
            {
                "run": table.run,
                "chosen": table.chosen,
                "versions": [_plain(row) for row in table.rows],
                "holds": [_plain(hold) for hold in table.holds],
            }
            for table in project.tables
        ],
    }


def _plain(value: Any) -> Any:
    """A record as its fields."""
    match value:
        case Asked():
            return _asked(value)
        case OwnLine():
            own = _asked(Asked(requirement=value.requirement))
            return {"requirement": own["requirement"], "origin": own["origin"], "constraint": value.constraint}
        case Link():
            return _asked(value.asked) | {"versions": list(value.versions), "others": list(value.others)}
        case Requirement():
            return value.text
        case Enum():
            return value.value
        case Record():
            return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
        case Mapping():
            return {key: _plain(one) for key, one in value.items()}
        case tuple() | list():
            return [_plain(one) for one in value]
        case _:
            return value
