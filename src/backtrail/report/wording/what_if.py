"""An index as if it were otherwise: what is changed, and what that changes of the answer."""

from collections.abc import Iterable, Iterator

from backtrail.model.case import Report
from backtrail.model.difference import Cause, Change, Difference, WhatIf
from backtrail.model.finding import Severity
from backtrail.model.index_change import IndexChange, Published, Removed, Restated, Unyanked, Yanked
from backtrail.model.project import Answer
from backtrail.model.trail import Outcome
from backtrail.report.lines import Block, Line, Spans, line, spans
from backtrail.report.wording.reasons import unavailable
from backtrail.report.wording.words import (
    NAMES_SHOWN,
    OUTCOMES,
    PINS_SHOWN,
    count,
    file,
    joined,
    listed,
    moved,
    package,
    release,
    resolver,
    stopped,
    version,
)


def with_changes(report: Report) -> Spans:
    """`` with numba 0.53.1 yanked``; nothing where the index is as it is."""
    changes = report.question.index_changes
    return spans(" with ", listed(map(changed, changes), shown=NAMES_SHOWN)) if changes else ()


def changed(change: IndexChange) -> Spans:
    """``numba 0.53.1 yanked``."""
    match change:
        case Published():
            return spans(release(change.project, change.version), " published")
        case Yanked():
            return spans(release(change.project, change.version), " yanked")
        case Unyanked():
            return spans(release(change.project, change.version), " not yanked")
        case Restated():
            return spans("other metadata of ", release(change.project, change.version))
        case Removed(version=None):
            return spans(package(change.project), " removed")
        case Removed():
            return spans(release(change.project, change.version or ""), " removed")


def what_changes(report: Report, *, verbose: bool = False) -> tuple[Block, ...]:
    """What a changed index changes, a line for the runs that do alike; no paragraph where the index is as it is."""
    found = report.what_if
    if found is None:
        return ()
    lines = [*_runs(found, report, verbose=verbose), *_answers(found, report), *_findings(found, verbose=verbose)]
    lines += (*_unmade(found), *_dated(found, report))
    head = line("What changes:" if lines else "What changes: nothing", strong=True)
    return ((head, *lines),)


def _runs(found: WhatIf, report: Report, *, verbose: bool) -> Iterator[Line]:
    groups: dict[tuple[Spans, ...], list[str]] = {}
    for one in found.differences:
        groups.setdefault(tuple(_run(one, report, verbose=verbose)), []).append(one.new.key)
    if [*groups] == [()]:
        return
    for said, keys in groups.items():
        names = listed(map(resolver, keys))
        for words in said or (spans(": nothing"),):
            yield line(names, words, indent=2)


def _run(found: Difference, report: Report, *, verbose: bool) -> Iterator[Spans]:
    """What becomes of one run, after its name; nothing where it stays as it is."""
    was, now = found.old, found.new
    if was.undecided or now.undecided:
        yield spans(": not known")
        return
    if was.outcome is not now.outcome:
        yield spans(f": {OUTCOMES[was.outcome]} without it, now {_ended(found)}")
    groups: dict[Spans, list[Change]] = {}
    for change in found.changes if now.outcome is Outcome.SOLVED else ():
        groups.setdefault(_because(change, report), []).append(change)
    projects = [change.project for change in report.question.index_changes]
    for because, changes in groups.items():
        changes.sort(key=lambda one: one.name not in projects)
        yield spans(because, ": ", listed(map(_moved, changes), shown=None if verbose else PINS_SHOWN))


def _ended(found: Difference) -> str:
    return OUTCOMES[found.new.outcome] if found.new.stop is None else f"stopped {stopped(found.new.stop)}"


def _because(change: Change, report: Report) -> Spans:
    """The changes of the index that move a pin, where there are several."""
    if len({one.project for one in report.question.index_changes}) == 1:
        return ()
    if not change.causes:
        return spans(", by several together" if change.known else ", by which of them is not known")
    return spans(", with ", listed(_caused(one, report) for one in change.causes))


def _caused(cause: Cause, report: Report) -> Spans:
    of_project = (one for one in report.question.index_changes if one.project == cause.about)
    words = listed(map(changed, of_project)) if cause.about else spans("several changes together")
    if cause.alone is None:
        return spans(words, ", whether by that alone is not known")
    return words if cause.alone else spans(words, ", not by that alone")


def _moved(change: Change) -> Spans:
    if change.old == change.new:
        return spans(release(change.name, change.new or ""), " as ", file(change.new_file or ""))
    return spans(package(change.name), " ", moved(change.old, change.new, new_is="new"))


def _answers(found: WhatIf, report: Report) -> Iterator[Line]:
    """What is available of the project asked about without the change, where nothing was resolved."""
    if report.runs:
        return
    groups: dict[tuple[object, ...], list[str]] = {}
    for key, before in found.answers.items():
        after = report.answers.get(key)
        if after is not None and _said(before) != _said(after):
            groups.setdefault(_said(before), []).append(key)
    for keys in groups.values():
        before, names = found.answers[keys[0]], listed(map(resolver, keys))
        if before.available and before.version is not None:
            yield line("without it ", version(before.version), " is available to ", names, indent=2)
        else:
            why = spans(": ", unavailable(before.reason)) if before.reason else ()
            yield line("without it ", names, " would not find it", why, indent=2)


def _said(answer: Answer) -> tuple[object, ...]:
    return answer.available, answer.version, answer.file, answer.reason


def _findings(found: WhatIf, *, verbose: bool) -> Iterator[Line]:
    """Which findings came and went, the codes of one project together."""
    for findings, verb in ((found.appeared, "found now"), (found.vanished, "no longer found")):
        codes: dict[str | None, dict[str, None]] = {}
        for one in findings:
            if verbose or one.severity is not Severity.INFO:
                codes.setdefault(one.subject, {})[one.code] = None
        named = [spans(listed(of), *((" of ", package(name)) if name else ())) for name, of in codes.items()]
        if named:
            left = 0 if verbose else max(len(named) - NAMES_SHOWN, 0)
            more = f"; and of {count(left, 'more project')}" if left else ""
            yield line(f"{verb}: ", *joined(named[: len(named) - left], "; "), more, indent=2)


def _unmade(found: WhatIf) -> Iterator[Line]:
    if found.unmade:
        yield line(unpublished(found.unmade), indent=2)


def unpublished(changes: Iterable[Published]) -> Spans:
    """What a recording does not hold enough for."""
    releases = dict.fromkeys(release(one.project, one.version) for one in changes)
    names = listed(releases, shown=NAMES_SHOWN)
    lacks = "could not be published: the recording lacks what the index already has of"
    its = "that version" if len(releases) == 1 else "these versions"
    return spans(names, f" {lacks} {its}, so what that changes is not known")


def _dated(found: WhatIf, report: Report) -> Iterable[Line]:
    """That a cut-off does not hide what is published."""
    if report.question.options.exclude_newer is None:
        return
    releases = dict.fromkeys(
        release(one.project, one.version)
        for one in report.question.index_changes
        if isinstance(one, Published) and one not in found.unmade
    )
    if releases:
        verb = "counts" if len(releases) == 1 else "count"
        names = listed(releases, shown=NAMES_SHOWN)
        yield line(names, f" {verb} as uploaded before the cut-off", indent=2)
