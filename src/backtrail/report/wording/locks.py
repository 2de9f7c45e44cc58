"""What a lock holds of a project, who asks for it, and what its inputs have for an answer now."""

from backtrail.model.case import Report
from backtrail.model.lock import LockSource
from backtrail.model.locked import LockedEdge, LockedProject, LockedVersion, LockFormat, LockStanding, SolvedAgain
from backtrail.report.lines import Block, Line, Part, Spans, Table, line, row, spans
from backtrail.report.wording.askers import whose
from backtrail.report.wording.words import (
    NAMES_SHOWN,
    PINS_SHOWN,
    count,
    file,
    listed,
    moved,
    package,
    release,
    resolver,
    specifier,
    version,
)

_ASKERS_SHOWN = 5


def held(report: Report) -> Block:
    """The version of a lock and where it came from, who asks, the way there, and what solving again gives."""
    project = report.locked
    if project is None:
        return ()
    return (_headline(project), *_unmet(project, report), *_others(project), *_asked(project), *_solved_again(project))


def _headline(project: LockedProject) -> Line:
    here = project.here
    if here is None:
        where = " only for other environments" if project.held else ""
        verb = "is" if project.held else "is not"
        return line(package(project.name), f" {verb} in ", file(project.file), where, strong=True)
    what = release(here.name, here.version) if here.version else spans(package(here.name))
    place = file(project.file if here.line is None else f"{project.file}:{here.line}")
    return line(what, " is locked in ", place, _from(here), strong=True)


def _unmet(project: LockedProject, report: Report) -> Block:
    """What was asked for, where the version of the lock is another."""
    subject, here = report.question.subject, project.here
    if project.fits is not False or subject is None or here is None or here.version is None:
        return ()
    return (line("not ", specifier(subject.text), ", which was asked about", indent=2),)


def _from(one: LockedVersion) -> Spans:
    uploaded = f", uploaded {one.uploaded[:10]}" if one.uploaded else ""
    return spans(_source(one.source), uploaded)


def _source(source: LockSource | None) -> Spans:
    match source:
        case None:
            return ()
        case LockSource(kind="git"):
            return spans(", from the repository ", file(source.value))
        case LockSource(kind="virtual" | "editable" | "directory"):
            return spans(", the project in ", file(source.value))
        case _:
            return spans(", from ", file(source.value))


def _others(project: LockedProject) -> Block:
    """The versions for other environments."""
    others = [one for one in project.held if one is not project.here and one.version]
    if not others:
        return ()
    rows = tuple(row(release(one.name, one.version or ""), specifier(one.marker)) for one in others)
    return (line("for other environments:", indent=2), Table(head=("version", "where"), rows=rows, indent=4))


def _asked(project: LockedProject) -> Block:
    if not project.held:
        return ()
    if not project.says_askers:
        return (line("who asks for it is not said in ", _form(project.format), indent=2),)
    askers = [one for one in project.askers if not one.constraint]
    bounds = [one for one in project.askers if one.constraint]
    found: list[Line] = []
    if askers:
        found.append(line("asked for by ", listed(map(_asker, askers), shown=_ASKERS_SHOWN), indent=2))
    elif project.here is None or not project.here.local:
        found.append(line("nothing in the lock asks for it: it is a requirement of its inputs", indent=2))
    if bounds:
        found.append(line("bounded by ", listed(map(_asker, bounds), shown=NAMES_SHOWN), indent=2))
    if len(project.path) > 1:
        found.append(line("by way of ", *_way(project.path), indent=2))
    return tuple(found)


def _form(format: LockFormat) -> str:  # noqa: A002  the field's name
    return "this lock" if format is LockFormat.COMPILED else f"this {format.value}"


def _asker(edge: LockedEdge) -> Spans:
    """``librosa 0.10.2 as numba>=0.51``, ``you in requirements.in:4``, ``app, its extra plot``."""
    words = spans(" as ", specifier(f"{edge.name}{edge.specifier}")) if edge.specifier else ()
    part = f" for its extra {edge.extra}" if edge.extra else f" in its group {edge.group}" if edge.group else ""
    where = spans(" where ", specifier(edge.marker)) if edge.marker and not edge.extra else ()
    return spans(_who(edge), part, words, where)


def _who(edge: LockedEdge) -> Spans:
    if edge.by is None:
        return spans(file(edge.origin)) if edge.origin else spans("you")
    return release(edge.by, edge.by_version) if edge.by_version else spans(package(edge.by))


def _way(path: tuple[LockedEdge, ...]) -> list[Part]:
    found: list[Part] = [_who(path[0])]
    for edge in path:
        found += [" → ", specifier(f"{edge.name}{edge.specifier or ''}")]
    return found


def _solved_again(project: LockedProject) -> Block:
    again = project.again
    if again is None:
        if not project.held:
            return ()
        return (line("what it was made from is not here: nothing was solved again", indent=2),)
    inputs = spans(" from ", listed(map(file, project.inputs))) if project.inputs else ()
    answer = _standing(project, again)
    said: Block = (
        line("solved again", inputs, f" with {resolver(again.run)}, without the lock: ", answer, indent=2),
        *_because(project, again),
    )
    changes = [(name, *versions) for name, versions in again.changes.items() if name != project.name]
    if not changes:
        return said
    rows = [row(package(name), moved(old, new, new_is="which is not in it")) for name, old, new in changes[:PINS_SHOWN]]
    if len(changes) > PINS_SHOWN:
        rows.append(row(f"{len(changes) - PINS_SHOWN} more", ""))
    beside = "beside it " if project.name in again.changes else ""
    head = line(f"{beside}{len(changes)} of {count(again.compared, 'version', digits=True)} would change:", indent=2)
    return (*said, head, Table(head=("project", "from … to"), rows=tuple(rows), indent=4))


def _standing(project: LockedProject, again: SolvedAgain) -> Spans:
    match again.standing:
        case LockStanding.SAME:
            return spans("the same version")
        case LockStanding.GONE:
            return spans("nothing asks for ", package(project.name), " any more" if project.held else "")
        case LockStanding.ELSEWHERE:
            return spans(package(project.name), " is not for this environment either")
        case LockStanding.UNKNOWN:
            return spans("no answer to compare with")
        case LockStanding.MOVED | LockStanding.KEPT | LockStanding.REFUSED:
            return release(project.name, again.version or "")


def _because(project: LockedProject, again: SolvedAgain) -> Block:
    """Why the lock has another version than solving again gives, where that was tried."""
    if project.here is None or project.here.version is None:
        return ()
    locked = version(project.here.version)
    if again.standing is LockStanding.KEPT:
        return (line(locked, " is allowed by every requirement, and only the lock keeps it", indent=4),)
    if again.standing is LockStanding.REFUSED:
        by = listed(map(whose, again.refused_by), shown=NAMES_SHOWN) if again.refused_by else spans("its inputs")
        return (line(locked, " is incompatible with ", by, indent=4),)
    return ()
