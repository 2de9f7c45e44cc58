"""Changes to make, what they give, and which of them were solved again."""

from collections.abc import Iterable

from backtrail.model.case import Report
from backtrail.model.finding import Amendment, Conflict, Finding, Remedy, RemedyKind, RemedyResult
from backtrail.model.run import Run
from backtrail.model.trail import Outcome
from backtrail.report.layout import fix_number, pins_of, runs_with
from backtrail.report.lines import Block, Line, Row, Spans, Table, line, row, spans
from backtrail.report.wording.words import (
    NAMES_SHOWN,
    PINS_SHOWN,
    becomes,
    command,
    listed,
    release,
    resolver,
    specifier,
    version,
)


def change(remedy: Remedy) -> Spans:
    """A change to make, or several that go together, as short as it can be said."""
    return listed([_change(remedy), *map(_change, remedy.also)], last="and")


def _change(remedy: Remedy | Amendment) -> Spans:
    of = specifier(remedy.of or "")
    match remedy.kind:
        case RemedyKind.ADD | RemedyKind.EXTEND:
            return spans(specifier(remedy.change))
        case RemedyKind.ORDER:
            return spans("name ", specifier(remedy.change), " before the others")
        case RemedyKind.CONSTRAIN:
            return spans("constraint ", specifier(remedy.change))
        case RemedyKind.BUILD_CONSTRAINT:
            return spans("build constraint ", specifier(remedy.change))
        case RemedyKind.REPLACE | RemedyKind.RELAX:
            return spans(specifier(remedy.change), " instead of ", of) if remedy.of else spans(specifier(remedy.change))
        case RemedyKind.DROP:
            return spans("without ", of if remedy.of else specifier(remedy.change))
        case RemedyKind.REQUIRES_PYTHON:
            return spans("requires-python ", specifier(remedy.change))
        case RemedyKind.PYTHON:
            return spans("Python ", version(remedy.change))
        case RemedyKind.POLICY:
            return spans(command(remedy.change))


def effect(remedy: Remedy, first: Iterable[str | None] = ()) -> Spans:
    """What the pins become, some projects ``first``."""
    order = {name: place for place, name in enumerate(first)}
    moved = sorted(remedy.pins_changed.items(), key=lambda moved: order.get(moved[0], len(order)))
    pins = [becomes(name, after) for name, (_, after) in moved]
    return listed(pins, last="and", shown=PINS_SHOWN) if pins else spans("no other pin changes")


def _answer_with(remedy: Remedy, run: Run, first: Iterable[str | None]) -> Spans:
    """The whole answer where there was none before, some projects ``first``."""
    pins: dict[str, str | None] = {str(pin.name): pin.version for pin in run.pins}
    pins |= {name: after for name, (_, after) in remedy.pins_changed.items()}
    order = {name: place for place, name in enumerate(first)}
    taken = sorted(((name, one) for name, one in pins.items() if one), key=lambda pin: order.get(pin[0], len(order)))
    if not taken:
        return spans("nothing is left to install")
    return listed((release(name, one) for name, one in taken), last="and", shown=PINS_SHOWN)


def remedies(finding: Finding, report: Report, *, verbose: bool = False) -> Block:
    """The changes that were solved again, the verified ones as a table; else what is known of the others."""
    good = [one for one in finding.remedies if one.result is RemedyResult.VERIFIED]
    lines = finding.detail.lines if isinstance(finding.detail, Conflict) else ()
    first = (*(one.requirement.name for one in lines), finding.subject)
    unsolved = next((run for run in report.runs if run.key in finding.runs and run.outcome is not Outcome.SOLVED), None)
    found: list[Line | Table] = []
    if good:
        by = {change(one): runs_with(one, finding, report) or finding.runs for one in good}
        alike = len(set(by.values())) == 1
        solved = "solved again" if report.runs else "looked up again"  # without a run nothing was to be solved
        title = f"Fix, {solved} with " if len(good) == 1 else f"Fixes, each {solved} with "
        whose = pins_of(finding, report)
        but = () if whose is None or not alike else (", pins as with ", resolver(whose))
        names = listed(map(resolver, next(iter(by.values())))) if alike else spans("the resolver named")
        found.append(line(title, names, *but, ":", indent=2))
        rows: list[Row] = []
        shown: set[Spans] = set()
        before: Spans | None = None
        for one in good:
            if change(one) in shown:
                continue  # another run came to the same
            shown.add(change(one))
            gives: Spans = ()
            if report.runs:
                gives = effect(one, first) if unsolved is None else _answer_with(one, unsolved, first)
            who = () if alike else (listed(map(resolver, by[change(one)])),)
            number = fix_number(one, report) if report.runs else None
            named = spans(f"{number}. " if number else "", change(one))
            rows.append(row(named, *who, "the same" if gives and gives == before else gives))
            before = gives
        found.append(Table(head=("change", *(() if alike else ("resolver",)), "gives"), rows=tuple(rows), indent=4))
    untried = [change(one) for one in finding.remedies if _is_untried(one)]
    if untried:
        found.append(
            line("Not tried, since nothing was built (--build-sdists): ", listed(untried, last="or"), indent=2)
        )
    for result, words in ((RemedyResult.FAILS, "Does not help"), (RemedyResult.UNKNOWN, "Not known to help")):
        helping = {change(one) for one in good}
        others = [
            change(one) for one in finding.remedies if one.result is result and change(one) not in (*helping, *untried)
        ]
        if others and (verbose or not good):
            found.append(line(f"{words}: ", listed(others, shown=None if verbose else NAMES_SHOWN), indent=2))
    return tuple(found)


def _is_untried(remedy: Remedy) -> bool:
    """Whether only a build would show what comes of it, and none was made."""
    kinds = (remedy.kind, *(one.kind for one in remedy.also))
    return remedy.result is RemedyResult.UNKNOWN and RemedyKind.BUILD_CONSTRAINT in kinds
