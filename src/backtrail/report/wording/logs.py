"""What was read from a log, how much of it, and what solving the same question again gives."""

from backtrail.model.case import Report
from backtrail.model.log import Claim, Log, Statement
from backtrail.model.run import Run, moved
from backtrail.model.trail import Outcome
from backtrail.report.lines import Block, Line, Spans, Table, line, row, spans
from backtrail.report.wording.words import NAMES_SHOWN, count, file, listed, package, release, resolver, specifier

_STATEMENTS = 12
_CLAIMS = {
    Claim.REQUIRED: "you require",
    Claim.CONSTRAINED: "your constraint",
    Claim.DEPENDS: "a requirement of a package",
    Claim.ONLY: "what is available",
    Claim.NONE: "what is not available",
    Claim.NOT_FOUND: "not found",
    Claim.UNUSABLE: "not usable",
    Claim.PYTHON: "the Python",
}


def solved_again(logged: Run, again: Run) -> Block:
    """What the same question has for an answer now; of what differs the first few, old and new."""
    changes = moved(logged, again)
    name = resolver(again.key)
    if again.outcome is Outcome.UNKNOWN:
        return (line(f"solved again with {name}: unknown, not everything could be read", indent=2),)
    if again.outcome is not logged.outcome:
        words = "a solution" if again.outcome is Outcome.SOLVED else "no solution"
        return (line(f"solved again with {name}: {words}, unlike in the log", indent=2),)
    if not changes:
        return (line(f"solved again with {name}: the same answer as in the log", indent=2),)
    shown = [_change(each, *changes[each]) for each in list(changes)[:NAMES_SHOWN]]
    more = len(changes) - len(shown)
    rest = f" and {count(more, 'more', 'more', digits=True)}" if more else ""
    return (line(f"solved again with {name}, other than in the log: ", listed(shown), rest, indent=2),)


def _change(name: str, old: str | None, new: str | None) -> Spans:
    if new is None:
        return spans("no ", package(name))
    return spans(release(name, new), f" instead of {old}" if old is not None else " as well")


def read_from(report: Report) -> Line | None:
    """The log, how much of it was understood, and what is missing in it; None where the question is not from one."""
    log = report.log
    if log is None:
        return None
    covered = log.coverage
    understood = f"{covered.understood} of {count(covered.of_tool, 'line', digits=True)} of {log.tool} understood"
    return line("read from ", file(log.file), ": ", understood, *(f"; {one}" for one in _missing(log)), indent=2)


def _missing(log: Log) -> tuple[str, ...]:
    said = (
        (log.outcome is None, "it ends before the resolution does"),
        (log.release is None, f"it does not name the release of {log.tool}"),
        (log.runs > 1, f"the largest of {log.runs} resolutions in it"),
    )
    return tuple(words for holds, words in said if holds)


def stated(report: Report) -> Block:
    """What an error message of the log says, taken apart; nothing where there is none."""
    statements = () if report.log is None else report.log.statements
    if not statements:
        return ()
    rows = tuple(row(_CLAIMS[one.claim], specifier(_short(one))) for one in statements[:_STATEMENTS])
    more = len(statements) - len(rows)
    rest = (line(f"and {count(more, 'more statement', digits=True)}", indent=4),) if more else ()
    return (line("its error message says:", indent=2), Table(head=("", "statement"), rows=rows, indent=4), *rest)


def _short(statement: Statement) -> str:
    return statement.text if len(statement.text) <= 160 else f"{statement.text[:159]}…"
