"""BT120 to BT126: what other environments, forks, extras and a lock have to do with an answer."""

from collections.abc import Iterable, Sequence

from backtrail.model.case import Report
from backtrail.model.finding import (
    ConflictUndeclared,
    Forked,
    ForkedVersion,
    ForkReason,
    LockPreference,
    LockStale,
    NotSibling,
    Obstacle,
    ObstacleKind,
    SplitFailed,
    SplitReason,
    UniversalHeldBack,
)
from backtrail.model.lock import Staleness
from backtrail.model.run import Asked, Run
from backtrail.model.trail import Outcome, Package, Split, SplitBy
from backtrail.model.workspace import ConflictItem, ItemKind
from backtrail.report.lines import Block, Spans, Table, line, row, spans
from backtrail.report.wording.askers import asked_line, asker, who, whose
from backtrail.report.wording.environments import where
from backtrail.report.wording.obstacles import clause, need
from backtrail.report.wording.words import (
    OUTCOMES,
    count,
    file,
    joined,
    listed,
    package,
    release,
    resolver,
    specifier,
    version,
)
from backtrail.standards.lenient import lenient_requirement


def held_back_elsewhere(subject: str, detail: UniversalHeldBack, report: Report) -> Spans:
    """``a 1, not 2, because of environments on Windows: that needs b 1, which was yanked``."""
    environments = spans("environments ", where(detail.marker)) if detail.marker else spans("other environments")
    if detail.fork is not None:
        why = spans(": it was chosen ", where(detail.fork), " before")
    else:
        why = spans(": ", _fact(detail.because[0], report)) if detail.because else ()
    return spans(release(subject, detail.chosen), ", not ", version(detail.alone), ", because of ", environments, why)


def held_back_elsewhere_body(detail: UniversalHeldBack) -> Block:
    """What this computer alone has, and who asks."""
    alone = line("for this computer alone it is ", version(detail.alone), indent=2)
    return (alone, line(asked_line(detail.asked), indent=2)) if detail.asked else (alone,)


def split_failed(detail: SplitFailed, report: Report) -> Spans:
    """``there is no solution on Python 3.12 and newer, which nobody named: b 1 needs a<2``."""
    if not detail.marker:
        part = spans("there is no solution for all environments together; for this computer alone there is one")
    else:
        part = spans("there is no solution ", where(detail.marker))
        if detail.beyond:
            part = spans(part, ", which only the open end of the range of Pythons asks for")
        elif not detail.here:
            part = spans(part, ", where this computer does not belong")
    return spans(part, *((": ", _fact(detail.because[0], report)) if detail.because else ()))


def split_failed_body(detail: SplitFailed, room: int | None) -> Block:
    """What split the resolution on the way there, the first split first."""
    shown = detail.splits if room is None else detail.splits[: max(1, room)]
    rows = tuple(row(_split_reason(one), _parts(one.markers)) for one in shown)
    return (Table(head=("split by", "into"), rows=rows, indent=4),) if rows else ()


def _split_reason(one: SplitReason) -> Spans:
    return _split_by(one.package, one.version, one.why, one.names)


def _split_by(name: Package | str, number: str, why: SplitBy, names: Iterable[str]) -> Spans:
    subject = spans(package(str(name)), " ", version(number)) if number else spans(package(str(name)))
    match why:
        case SplitBy.MARKERS:
            return spans(subject, ": ", listed(map(package, names), last="and"), " under different markers")
        case SplitBy.REQUIRES_PYTHON:
            return spans(subject, " is not for all of these Pythons")
        case SplitBy.LOCAL_VERSION:
            return spans(subject, " lacks wheels that its public version has")
        case SplitBy.COVERAGE:
            return spans(subject, " has no wheel for an environment that has to be covered")


def splits(found: Sequence[Split]) -> Block:
    """What split a resolution, in order, and the parts in the order in which they are solved."""
    rows = (
        row(str(number), _split_by(one.package, one.version, one.why, one.names), _parts(one.markers))
        for number, one in enumerate(found, start=1)
    )
    return (Table(head=("split", "by", "into"), rows=tuple(rows)),) if found else ()


def _parts(markers: Iterable[str]) -> Spans:
    return spans(*joined([where(marker) for marker in markers], "; "))


def fork_name(run: Run, number: int) -> str:
    """``uv-lock 0.13.9, fork 2``."""
    return f"{resolver(run.key)}, fork {number + 1}"


def lane(number: int, fork: Run) -> Spans:
    """``2 on Python 3.12 and newer``."""
    return spans(f"{number + 1} ", where(fork.marker or ""))


def lane_note(fork: Run, run: Run) -> Spans:
    """``12 packages; this computer is here``."""
    if fork.outcome is not Outcome.SOLVED:
        return spans(OUTCOMES[fork.outcome])
    here = "; this computer is here" if fork.trail is run.trail else ""
    return spans(count(len(fork.pins), "package", digits=True), here)


def forked(subject: str, detail: Forked) -> Spans:
    """``numpy has two versions: 2.1.0 on Python 3.10 and newer, 1.24.4 on Python 3.9``."""
    each = listed(spans(version(one.version), " ", where(one.marker)) for one in detail.versions)
    return spans(package(subject), f" has {count(len(detail.versions), 'version')}: ", each)


def forked_body(detail: Forked, room: int | None) -> Block:
    """One sentence for each version that is not the newest."""
    older = [one for one in detail.versions if one.why is not ForkReason.NEWEST]
    rows = tuple(row(version(one.version), where(one.marker), _fork_reason(one)) for one in older[:room])
    return (Table(head=("version", "where", "why"), rows=rows, indent=4),)


def _fork_reason(one: ForkedVersion) -> Spans:
    newer = spans(version(one.newer)) if one.newer is not None else spans("a newer one")
    match one.why:
        case ForkReason.REQUIREMENT if one.asked is not None:
            return spans(whose(one.asked), ", not ", newer)
        case ForkReason.REQUIRES_PYTHON:
            return spans(newer, " is not for these Pythons")
        case ForkReason.LOCAL_VERSION:
            return spans(newer, " lacks wheels that its public version has")
        case ForkReason.COVERAGE:
            return spans(newer, " has no wheel here")
        case ForkReason.PREFERRED:
            return spans("it was chosen before")
        case ForkReason.INDEX:
            return spans("it comes from another index, ", file(one.index or ""))
        case ForkReason.LOWEST:
            return _oldest(one.asked)
        case ForkReason.REQUIREMENT | ForkReason.UNKNOWN | ForkReason.NEWEST:
            return spans("a newer one is incompatible with the rest")


def _oldest(asked: Asked | None) -> Spans:
    if asked is None:
        return spans("the oldest of all is asked for, and no requirement sets a lower bound here")
    needed = specifier(need(asked.requirement.text))
    return spans("the oldest that is allowed is asked for, and ", who(asked), " needs ", needed)


_STALE = {
    Staleness.MODE: "the resolution mode or the fork strategy is another",
    Staleness.CUT_OFF: "the cut-off is another",
    Staleness.UPGRADE: "everything is to be upgraded",
    Staleness.COVERAGE: "its forks leave out a Python or an environment that is asked for",
    Staleness.PYTHON_APART: "one of its forks is for no Python that is asked for",
    Staleness.ENVIRONMENTS: "the environments are others",
    Staleness.CONFLICTS: "the declared conflicts are others",
    Staleness.REQUIRES_PYTHON: "requires-python is another",
    Staleness.PRERELEASES: "pre-releases are treated in another way",
    Staleness.UPGRADE_PACKAGE: "projects are to be upgraded",
    Staleness.MEMBERS: "the members of the workspace are others",
    Staleness.MANIFEST: "constraints, overrides, left out projects or groups are others",
    Staleness.REQUIREMENTS: "a project asks for something else",
}


def lock_stale(detail: LockStale) -> Spans:
    """``uv.lock is solved again: requires-python is another than when it was made``."""
    return spans(file("uv.lock"), f" is solved again: {_STALE[detail.reason]} than when it was made")


def lock_preference(subject: str, detail: LockPreference) -> Spans:
    """``b 1, not 2, because uv.lock has it``."""
    why = spans(", because ", file(detail.file), " has it")
    return spans(release(subject, detail.chosen), ", not ", version(detail.newest), why)


def conflict_undeclared(detail: ConflictUndeclared) -> Spans:
    """``the extras cpu and cu118 of p are incompatible, and a lock is for all of them``."""
    each = listed((listed(map(conflict_item, one), last="and") for one in detail.sets), last="and")
    return spans(each, " are incompatible, and a lock is for all of them")


def conflict_item(item: ConflictItem) -> Spans:
    """``the extra cpu of p``, or the project itself."""
    if item.kind is ItemKind.PROJECT:
        return spans(package(item.package))
    return spans(f"the {item.kind.value} ", specifier(item.name), " of ", package(item.package))


def conflict_undeclared_body(detail: ConflictUndeclared, room: int | None) -> Block:
    """The requirements that clash."""
    rows = tuple(row(asker(one)) for one in detail.asked[:room])
    return (Table(head=("asked for by",), rows=rows, indent=4),) if rows else ()


def not_sibling(detail: NotSibling) -> Spans:
    """``b 1 needs a<2 on Windows and c 1 needs a>=2 not on Windows: these never meet, and split nothing``."""
    both = listed((_needs(one) for one in (detail.one, detail.other)), last="and")
    return spans(both, ": these never meet, but requirements of different packages are resolved for together")


def _needs(asked: Asked) -> Spans:
    there = spans(" ", where(asked.requirement.marker)) if asked.requirement.marker else ()
    return spans(who(asked), " needs ", specifier(need(asked.requirement.text)), there)


def _fact(one: Obstacle, report: Report) -> Spans:
    """A fact with the environments in which it counts."""
    if one.kind is not ObstacleKind.REQUIREMENT:
        return clause([one], report)
    requirement = lenient_requirement(one.text)
    marker = None if requirement is None else requirement.marker
    there = spans(" ", where(marker)) if marker else ()
    return spans(release(one.by or "", one.version or ""), " needs ", specifier(need(one.text)), there)
