"""BT120 to BT126: what other environments, forks, extras and a lock have to do with an answer."""

from backtrail.model.case import Report
from backtrail.model.finding import Obstacle, ObstacleKind, SplitFailed, SplitReason, UniversalHeldBack
from backtrail.model.trail import SplitBy
from backtrail.report.lines import Block, Spans, Table, line, row, spans
from backtrail.report.wording.askers import asked_line
from backtrail.report.wording.environments import where
from backtrail.report.wording.obstacles import clause, wish
from backtrail.report.wording.words import listed, package, release, specifier, version
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
    rows = tuple(row(_split_reason(one), listed(where(marker) for marker in one.markers)) for one in shown)
    return (Table(head=("split by", "into"), rows=rows, indent=4),) if rows else ()


def _split_reason(one: SplitReason) -> Spans:
    subject = spans(package(one.package), " ", version(one.version)) if one.version else spans(package(one.package))
    match one.why:
        case SplitBy.MARKERS:
            names = listed(map(package, one.names), last="and")
            return spans(subject, ": ", names, " under different markers")
        case SplitBy.REQUIRES_PYTHON:
            return spans(subject, " is not for all of these Pythons")
        case SplitBy.LOCAL_VERSION:
            return spans(subject, " lacks wheels that its public version has")
        case SplitBy.COVERAGE:
            return spans(subject, " has no wheel for an environment that has to be covered")


def _fact(one: Obstacle, report: Report) -> Spans:
    """A fact with the environments in which it counts."""
    if one.kind is not ObstacleKind.REQUIREMENT:
        return clause([one], report)
    requirement = lenient_requirement(one.text)
    marker = None if requirement is None else requirement.marker
    there = spans(" ", where(marker)) if marker else ()
    return spans(release(one.by or "", one.version or ""), " needs ", specifier(wish(one.text)), there)
