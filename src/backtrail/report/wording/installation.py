"""What is installed in an environment: a project, who needs it, how it came there; and what an install would do."""

from collections import Counter

from backtrail.model.case import Report
from backtrail.model.installed import Installed, InstalledView
from backtrail.model.run import Action, Asked, Planned, Run
from backtrail.model.universal import Universal
from backtrail.report.lines import Block, Spans, Table, line, row, spans
from backtrail.report.wording.askers import asker, who, whose
from backtrail.report.wording.words import (
    NAMES_SHOWN,
    command,
    count,
    file,
    listed,
    package,
    python,
    quote,
    release,
    resolver,
    version,
)

_NEEDED_SHOWN = 5
_STEPS_SHOWN = 8
_VERBS = {
    Action.INSTALL: "install",
    Action.UPGRADE: "upgrade",
    Action.DOWNGRADE: "downgrade",
    Action.REINSTALL: "install anew",
}


def changes(run: Run, report: Report) -> Spans:
    """``, 2 to install, 1 to upgrade, 9 kept``; nothing where nobody asked about an environment or has a lock."""
    if not run.plan:
        return ()
    lock = report.question.universal.preferred_from
    counted = Counter(step.action for step in run.plan)
    said = [f"{counted[action]} to {verb}" for action, verb in _VERBS.items() if counted[action]]
    kept = counted[Action.KEEP]
    if not said and lock:
        return spans(": the versions of ", file(lock))
    if not said:
        return spans(": nothing to install, all are there")
    return spans(": ", ", ".join([*said, *([f"{kept} kept"] if kept else [])]))


def plans(report: Report, *, verbose: bool = False) -> tuple[Block, ...]:
    """What an install would do, a line for each project that is not kept; runs that do the same together."""
    found: dict[object, list[Run]] = {}
    for run in report.runs:
        steps = tuple(step for step in run.plan if step.action is not Action.KEEP)
        if steps:
            found.setdefault(tuple((step.name, step.action, step.after) for step in steps), []).append(run)
    shown = {run.key for runs in found.values() for run in runs}
    apart = len(found) > 1 or any(run.key not in shown for run in report.runs)
    return tuple(_plan(runs, report.question.universal, several=apart, verbose=verbose) for runs in found.values())


def _plan(runs: list[Run], universal: Universal, *, several: bool, verbose: bool) -> Block:
    steps = [step for step in runs[0].plan if step.action is not Action.KEEP]
    steps.sort(key=lambda step: step.action is Action.INSTALL)  # what replaces something comes first
    shown = steps if verbose or len(steps) <= _STEPS_SHOWN + 1 else steps[:_STEPS_SHOWN]
    rows = [row(_VERBS[step.action], package(step.name), _versions(step), _because(step, universal)) for step in shown]
    left = len(steps) - len(shown)
    more = (line(f"and {left} more", indent=4),) if left else ()
    names = (line(listed((resolver(run.key) for run in runs), last="and"), ":", indent=2),) if several else ()
    return (*names, Table(head=("does", "project", "version", "as"), rows=tuple(rows), indent=4), *more)


def _versions(step: Planned) -> Spans:
    if step.before is None or step.action is Action.REINSTALL:
        return spans(version(step.after))
    return spans(version(step.before), " → ", version(step.after))


def _because(step: Planned, universal: Universal) -> Spans:
    """The requirements that lead to it; else the option that disregards the version of a lock."""
    if step.because:
        return listed(map(whose, step.because), shown=1)
    if step.name in universal.upgraded and universal.preferred:
        return spans(command(f"--upgrade-package {step.name}"))
    return spans(command("--upgrade")) if universal.upgrade and universal.preferred else ()


def installed(report: Report) -> Block:
    """What there is of the project asked about; nothing where no environment was looked at for it."""
    view = report.environment
    if view is None or view.project is None:
        return ()
    if not view.found:
        return (*_absent(view, report), *_unread(view))
    first, where = view.found[0], python(report.question.target)
    head = line(release(first.name, first.version), f" is installed for {where}", _whence(first), strong=True)
    return (head, *_needed(view), *_way(view), *_state(first), *_unread(view))


def _absent(view: InstalledView, report: Report) -> Block:
    where, among = python(report.question.target), count(view.packages, "package", digits=True)
    head = line(package(view.project or ""), f" is not installed for {where}, which has {among}", strong=True)
    return (head, *_needed(view))


def _whence(one: Installed) -> Spans:
    """Who put it there, and from where."""
    by = spans(", by ", quote(one.installer)) if one.installer else ()
    source = spans(", from ", file(one.url)) if one.url else ()
    return spans(by, source, ", editable" if one.editable else "", ", in a Python below it" if one.inherited else "")


def _needed(view: InstalledView) -> Block:
    if not view.needed_by:
        return (line("nothing installed needs it", indent=2),) if view.found else ()
    return (line("needed by ", listed(map(asker, view.needed_by), shown=_NEEDED_SHOWN), indent=2),)


def _way(view: InstalledView) -> Block:
    """What it came with, where that is not who needs it."""
    if view.found[0].requested:
        return (line("somebody asked for it by name", indent=2),)
    if len(view.way) < 2:
        return ()
    return (line("it came with ", who(view.way[0]), ", which needs ", _steps(view.way), indent=2),)


def _steps(way: tuple[Asked, ...]) -> Spans:
    names = [package(one.requirement.name) for one in way[:-1]]
    return listed(names, last="which needs") if len(names) > 1 else spans(names[0])


def _state(one: Installed) -> Block:
    if one.recorded:
        return ()
    return (line("it has no list of its files: neither pip nor uv can uninstall it", indent=2),)


def _unread(view: InstalledView) -> Block:
    if not view.unread:
        return ()
    names = listed((file(one.file) for one in view.unread), shown=NAMES_SHOWN)
    return (line("not read, as no name and version is to be found: ", names, indent=2),)
