"""What was read from a log, how much of it, and what solving the same question again gives."""

from backtrail.model.case import Report
from backtrail.model.log import (
    CheckedMessage,
    CheckedStatement,
    Claim,
    Contrary,
    Log,
    Open,
    Standing,
    Statement,
)
from backtrail.model.run import Run, moved
from backtrail.model.trail import Outcome
from backtrail.report.lines import Block, Line, Spans, Table, line, row, spans
from backtrail.report.wording.reasons import exclusion
from backtrail.report.wording.words import (
    NAMES_SHOWN,
    count,
    file,
    listed,
    package,
    release,
    resolver,
    specifier,
    version,
)

_STATEMENTS = 12
_OPEN = {
    Open.OWN: "your own line",
    Open.RANGE: "no specifiers say which versions it means",
    Open.ABSENT: "no index has the project",
    Open.REFERENCE: "it is a direct reference",
    Open.UNREAD: "the index does not tell",
    Open.REASON: "no page tells such a reason",
    Open.GONE: "none of these versions is there",
}
"""Why a statement stands open; of the user's own there is nothing to check."""


def solved_again(logged: Run, again: Run) -> Block:
    """What the same question has for an answer now; of what differs the first few, old and new."""
    changes = moved(logged, again)
    name = resolver(again.key)
    if again.outcome is Outcome.UNKNOWN:
        return (line(f"solved again with {name}: unknown, not everything could be read", indent=2),)
    if again.outcome is not logged.outcome:
        words = "a solution" if again.outcome is Outcome.SOLVED else "no solution"
        return (line(f"solved again with {name}: {words}, unlike in the log", indent=2),)
    if again.outcome is Outcome.IMPOSSIBLE:
        return (line(f"solved again with {name}: no solution, as in the log", indent=2),)
    if not changes:
        return (line(f"solved again with {name}: the same answer as in the log", indent=2),)
    shown = [_change(each, *changes[each]) for each in list(changes)[:NAMES_SHOWN]]
    more = len(changes) - len(shown)
    rest = f" and {count(more, 'more', 'more', digits=True)}" if more else ""
    return (line(f"solved again with {name}, other than in the log: ", listed(shown), rest, indent=2),)


def unlike_log(report: Report) -> Block:
    """That a log which says no more than how it ended says otherwise than solving does; nothing where both agree."""
    log, run = report.log, report.runs[0]
    if log is None or log.outcome in (None, run.outcome) or run.outcome is Outcome.UNKNOWN:
        return ()
    pinned = {pin.name for pin in run.pins}
    asked = dict.fromkeys(one.name for one in log.statements if one.claim is Claim.DEPENDS)
    missing = [package(name) for name in asked if name is not None and name not in pinned]
    if missing:
        names = listed(missing, last="or", shown=NAMES_SHOWN)
        return (line(file(log.file), " has no solution, but does not say who asks for ", names, indent=2),)
    ended = "a solution" if log.outcome is Outcome.SOLVED else "no solution"
    return (line("unlike in ", file(log.file), f", which says that there is {ended}", indent=2),)


def unasked(report: Report) -> Block:
    """Of a log that does not say what was asked, that nothing is solved again; nothing where it says that."""
    log = report.log
    if log is None or report.question.requirements or len(report.runs) > 1:
        return ()
    return (line(file(log.file), " does not say what was asked: nothing is solved again", strong=True),)


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
        (log.universal, "a split of a resolution for all platforms, which explain-backtrack --lock answers whole"),
        (log.runs > 1, f"the largest of {log.runs} resolutions in it"),
    )
    return tuple(words for holds, words in said if holds)


def stated(report: Report, *, verbose: bool = False) -> Block:
    """What an error message of the log says, each statement beside what the index says to it; nothing without one."""
    message = report.message
    if message is None:
        return ()
    shown = message.statements if verbose else message.statements[:_STATEMENTS]
    rows = tuple(row(specifier(_short(one.statement)), _standing(one)) for one in shown)
    more = len(message.statements) - len(rows)
    rest = (line(f"and {count(more, 'more statement', digits=True)}, which -v lists", indent=4),) if more else ()
    moment = "as it is now" if message.moment is None else f"as of {message.moment[:19]}Z"
    head = line(f"its error message, against the index {moment}:", indent=2)
    return (head, Table(head=("statement", "on the index"), rows=rows, indent=4), *rest, *_left_unsaid(message))


def _standing(one: CheckedStatement) -> Spans:
    match one.standing:
        case Standing.TRUE:
            some = f", of the newest {one.read} of {one.existing}" if one.read < one.existing else ""
            return spans(f"true{some}")
        case Standing.CHANGED:
            return spans("no longer true: ", _contrary(one))
        case Standing.OPEN:
            assert one.because is not None
            return spans(f"cannot be checked: {_OPEN[one.because]}" if one.because is not Open.OWN else _OPEN[Open.OWN])


def _contrary(one: CheckedStatement) -> Spans:
    """What speaks against a statement."""
    said = one.statement
    if said.claim is Claim.PYTHON:
        return spans("the question is about Python ", version(one.contrary[0].version))
    if not one.contrary:
        return spans(_OPEN[Open.GONE])
    name = said.name or ""
    if said.claim is Claim.UNUSABLE:
        return spans("not of ", package(name), " ", listed(version(each.version) for each in one.contrary))
    if one.contrary[0].requirement is None:
        names = listed((version(each.version) for each in one.contrary), last="and")
        return spans(package(name), " ", names, f" {'is' if len(one.contrary) == 1 else 'are'} there")
    wanted = None if said.requirement is None or said.needs_python else said.requirement.name
    return listed((_instead(name, each, wanted) for each in one.contrary), last="and")


def _instead(name: str, one: Contrary, wanted: str | None) -> Spans:
    if one.requirement:
        return spans(release(name, one.version), " requires ", specifier(one.requirement))
    return spans(release(name, one.version), " requires no ", "certain Python" if wanted is None else package(wanted))


def _left_unsaid(message: CheckedMessage) -> Block:
    """Versions that the statements speak of and the resolver does not take, with the reason, where none names it."""
    if not message.unsaid:
        return ()
    rows = tuple(
        row(
            spans(
                package(one.project),
                " ",
                listed(map(version, one.versions), shown=NAMES_SHOWN),
            ),
            exclusion(one.reason.value, one.value),
        )
        for one in message.unsaid[:_STATEMENTS]
    )
    return (line("what it leaves unsaid:", indent=2), Table(head=("release", "is"), rows=rows, indent=4))


def _short(statement: Statement) -> str:
    return statement.text if len(statement.text) <= 160 else f"{statement.text[:159]}…"
