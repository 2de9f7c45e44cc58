"""Changes to make, what they give, and which of them were solved again."""

from collections.abc import Iterable

from backtrail.model.case import Report
from backtrail.model.finding import Conflict, Finding, Remedy, RemedyResult
from backtrail.model.run import Run
from backtrail.model.trail import Outcome
from backtrail.report.layout import pins_of
from backtrail.report.lines import Block, Line, Row, Spans, Table, line, row, spans
from backtrail.report.wording.words import (
    NAMES_SHOWN,
    PINS_SHOWN,
    command,
    listed,
    package,
    release,
    resolver,
    runs_named,
    specifier,
    version,
)


def change(remedy: Remedy) -> Spans:
    """A change to make, as short as it can be said."""
    of = specifier(remedy.of or "")
    match remedy.kind:
        case "add":
            return spans(specifier(remedy.change))
        case "order":
            return spans("name ", specifier(remedy.change), " before the others")
        case "constrain":
            return spans("constraint ", specifier(remedy.change))
        case "replace" | "relax":
            return spans(specifier(remedy.change), " instead of ", of) if remedy.of else spans(specifier(remedy.change))
        case "drop":
            return spans("without ", of if remedy.of else specifier(remedy.change))
        case "python":
            return spans("Python ", version(remedy.change))
        case _:
            return spans(command(remedy.change))


def effect(remedy: Remedy, first: Iterable[str | None] = ()) -> Spans:
    """What the pins become, some projects ``first``."""
    order = {name: place for place, name in enumerate(first)}
    moved = sorted(remedy.pins_changed.items(), key=lambda moved: order.get(moved[0], len(order)))
    pins = [release(name, after) if after else spans(package(name), " gone") for name, (_, after) in moved]
    return listed(pins, last="and", shown=PINS_SHOWN) if pins else spans("no other pin changes")


def _answer_with(remedy: Remedy, run: Run, first: Iterable[str | None]) -> Spans:
    """The whole answer where there was none before, some projects ``first``."""
    pins: dict[str, str | None] = {str(pin.name): pin.version for pin in run.pins}
    pins |= {name: after for name, (_, after) in remedy.pins_changed.items()}
    order = {name: place for place, name in enumerate(first)}
    told = sorted(((name, one) for name, one in pins.items() if one), key=lambda pin: order.get(pin[0], len(order)))
    if not told:
        return spans("nothing is left to install")
    return listed((release(name, one) for name, one in told), last="and", shown=PINS_SHOWN)


def remedies(finding: Finding, report: Report, *, verbose: bool = False) -> Block:
    """The changes that were solved again, the verified ones as a table; else what is known of the others."""
    good = [one for one in finding.remedies if one.result is RemedyResult.VERIFIED]
    lines = finding.detail.lines if isinstance(finding.detail, Conflict) else ()
    first = (*(one.requirement.name for one in lines), finding.subject)
    unsolved = next((run for run in report.runs if run.key in finding.runs and run.outcome is not Outcome.SOLVED), None)
    found: list[Line | Table] = []
    if good:
        solved = "solved again" if report.runs else "looked up again"  # without a run nothing was to be solved
        title = "Fix, " if len(good) == 1 else "Fixes, each "
        whose = pins_of(finding, report)
        but = () if whose is None else (", pins as with ", resolver(whose))
        found.append(line(f"{title}{solved} with ", runs_named(finding), *but, ":", indent=2))
        rows: list[Row] = []
        shown: set[tuple[Spans, Spans]] = set()
        before: Spans | None = None
        for one in good:
            gives: Spans = ()
            if report.runs:
                gives = effect(one, first) if unsolved is None else _answer_with(one, unsolved, first)
            if (change(one), gives) in shown:
                continue  # another run came to the same from where it had stopped
            shown.add((change(one), gives))
            rows.append(row(change(one), "the same" if gives and gives == before else gives))
            before = gives
        found.append(Table(head=("change", "gives"), rows=tuple(rows), indent=4))
    for result, words in ((RemedyResult.FAILS, "Does not help"), (RemedyResult.UNKNOWN, "Not known to help")):
        others = [change(one) for one in finding.remedies if one.result is result]
        if others and (verbose or not good):
            found.append(line(f"{words}: ", listed(others, shown=None if verbose else NAMES_SHOWN), indent=2))
    return tuple(found)
