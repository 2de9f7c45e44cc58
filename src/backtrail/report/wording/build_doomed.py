"""BT119: what is known against a build that nobody ran."""

from backtrail.model.case import Report
from backtrail.model.finding import BuildDoomed, DoomReason, Gone
from backtrail.report.lines import Block, Spans, line, spans
from backtrail.report.wording.words import file, listed, package, quote, release, specifier, this_python, version


def build_doomed(detail: BuildDoomed, report: Report) -> Spans:
    """That the build fails, or may, and on what."""
    this = this_python(report)
    fails = "cannot be built" if detail.certain else "may not build"
    why = spans(_through(detail), _why(detail))
    return spans(f"{fails} on {this}: ", why)


def _through(detail: BuildDoomed) -> Spans:
    """The sdists that have to be built before; nothing where it is the sdist itself."""
    named = [release(*one.split("==", 1)) for one in detail.through]
    return spans("its build first builds ", listed(named, last="and"), ", whose ") if named else ()


def _why(detail: BuildDoomed) -> Spans:
    own = "" if detail.through else "its "
    at = f"setup.py (line {detail.line})" if detail.line is not None else f"{own}build"
    match detail.because:
        case DoomReason.REQUIREMENT:
            return spans(f"{own}build requirement ", specifier(detail.requirement or ""), " cannot be met")
        case DoomReason.STOPS:
            said = spans(": ", quote(detail.message)) if detail.message else ()
            return spans(f"{at} stops on every Python", said)
        case DoomReason.GONE:
            assert detail.gone is not None
            return spans(f"{at} ", _uses(detail.gone))


def _uses(gone: Gone) -> Spans:
    if gone.by is not None and gone.until is not None:
        first = version(gone.until)
        return spans("takes ", release(gone.by, gone.version or ""), "; the first that runs on this Python is ", first)
    taken = spans("; its build takes ", version(gone.version)) if gone.version and gone.since else ()
    if gone.what.endswith("="):
        keyword = specifier(gone.what.removesuffix("="))
        return spans("gives ", keyword, " to setup, which refuses it since ", *_since(gone), taken)
    needs = spans(", and so ", specifier(gone.needs)) if gone.needs else ()
    uses = spans("uses ", specifier(gone.what), needs, ", which ")
    if gone.by is not None and gone.version is None:
        return spans(uses, "no build requirement brings")
    if gone.since is None:
        return spans(
            uses, package(gone.by or ""), " does not have on Python ", version(gone.python or ""), " and newer"
        )
    return spans(uses, "is gone since ", *_since(gone), taken)


def _since(gone: Gone) -> Spans:
    return release(gone.by, gone.since or "") if gone.by else spans("Python ", version(gone.since or ""))


def build_doomed_body(detail: BuildDoomed) -> Block:
    """The file, and that nothing of it was run."""
    unsure = "" if detail.certain else "; whether a build gets there is unknown"
    return (line("the file is ", file(detail.file), f"; it was read, never run{unsure}", indent=2),)
