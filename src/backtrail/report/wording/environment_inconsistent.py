"""What is said of an environment whose projects do not fit together (BT128)."""

from collections.abc import Iterable

from backtrail.model.case import Report
from backtrail.model.finding import EnvironmentInconsistent, Inconsistency
from backtrail.model.run import Asked
from backtrail.report.lines import Block, Spans, line, spans
from backtrail.report.wording.askers import who
from backtrail.report.wording.obstacles import need
from backtrail.report.wording.words import (
    NAMES_SHOWN,
    file,
    listed,
    package,
    quote,
    release,
    specifier,
    this_python,
    this_target,
)


def inconsistent(subject: str, detail: EnvironmentInconsistent, report: Report, runs: tuple[str, ...]) -> Spans:
    """The headline; ``runs``: after which it would be so."""
    match detail.because:
        case Inconsistency.MISSING:
            return spans(package(subject), " is not installed: ", _needs(detail))
        case Inconsistency.VERSION if runs:
            return spans(release(subject, detail.version or ""), " breaks what is installed: ", _needs(detail))
        case Inconsistency.VERSION:
            return spans(release(subject, detail.version or ""), " is installed", _by(detail), ": ", _needs(detail))
        case Inconsistency.DUPLICATE:
            places = listed(map(file, detail.places), shown=NAMES_SHOWN)
            return spans(package(subject), " is installed more than once: ", places)
        case Inconsistency.PYTHON:
            wants = specifier(detail.detail)
            return spans(
                release(subject, detail.version or ""), " needs Python ", wants, f", not {this_python(report)}"
            )
        case Inconsistency.TAGS:
            shown = release(subject, detail.version or "")
            return spans(shown, " is a wheel for ", quote(detail.detail), f", not for {this_target(report)}")
        case Inconsistency.UNREADABLE:
            return spans("what ", package(subject), " requires cannot be read: ", quote(detail.detail))


def inconsistent_body(subject: str, detail: EnvironmentInconsistent) -> Block:
    """Why it is so, as far as the environment says."""
    if detail.because is not Inconsistency.VERSION:
        return ()
    kept = [one for one in detail.served if _is_bound(one.requirement.specifier)]
    if kept:
        return (line("others need it as it is: ", _each(kept, 2), indent=2),)
    if detail.requested:
        return (line(package(subject), " was asked for by name when it was installed", indent=2),)
    others = (line("nothing else installed puts an upper bound on ", package(subject), indent=2),)
    return others if any(_wants_newer(one.requirement.specifier) for one in detail.asked) else ()


def _needs(detail: EnvironmentInconsistent) -> Spans:
    return _each(detail.asked, NAMES_SHOWN)


def _each(asked: Iterable[Asked], shown: int) -> Spans:
    """``pandas 2.2.2 needs numpy>=1.22 and …``, markers left out, as they hold."""
    return listed((spans(who(one), " needs ", specifier(need(one.requirement.text))) for one in asked), shown=shown)


def _by(detail: EnvironmentInconsistent) -> Spans:
    return spans(", by ", quote(detail.installer)) if detail.installer else ()


def _is_bound(text: str) -> bool:
    return any(sign in text for sign in ("<", "==", "~="))


def _wants_newer(text: str) -> bool:
    return any(sign in text for sign in (">", "==", "~="))
