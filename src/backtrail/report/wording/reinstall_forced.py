"""What is said of a project that an install would replace (BT127)."""

from backtrail.model.case import Report
from backtrail.model.finding import ObstacleKind, ReinstallForced
from backtrail.model.run import Action
from backtrail.report.lines import Block, Line, Row, Spans, Table, line, row, spans
from backtrail.report.wording.askers import who, whose
from backtrail.report.wording.conflict import allowed, chain_of
from backtrail.report.wording.obstacles import facts, need
from backtrail.report.wording.words import PINS_SHOWN, command, listed, package, release, specifier, version

_VERBS = {
    Action.UPGRADE: "upgraded",
    Action.DOWNGRADE: "downgraded",
    Action.REINSTALL: "installed anew",
}


def replaced(subject: str, detail: ReinstallForced, report: Report) -> Spans:
    """The headline: what becomes of it, and what forces that."""
    to = spans(" to ", version(detail.version)) if detail.action is not Action.REINSTALL else ()
    head = spans("installed ", release(subject, detail.installed), f" is {_VERBS[detail.action]}", to)
    if detail.option is not None:
        return spans(head, ", as ", command(detail.option), " asks")
    if detail.because:
        return spans(head, ": ", facts(subject, detail.because, report))
    if detail.asked:
        return spans(head, ": ", listed(map(whose, detail.asked), shown=2))
    if detail.alternative is not None:
        return spans(head, ", though it could stay")
    return head


def replaced_body(subject: str, detail: ReinstallForced) -> Block:
    """Who else uses it, and what it takes to keep it."""
    found: list[Line | Table] = []
    if any(one.kind is not ObstacleKind.REQUIREMENT or one.project != subject for one in detail.because):
        rows: tuple[Row, ...] = tuple(row(chain_of(one), allowed(one)) for one in detail.chains if len(one.links) > 1)
        found += [Table(head=("asked for", "allows"), rows=rows, indent=4)] if rows else []
    if detail.used_by:
        users = (spans(who(one), " (", specifier(need(one.requirement.text)), ")") for one in detail.used_by)
        found.append(line("also used by ", listed(users, shown=3), indent=2))
    if detail.compiled:
        words = " has compiled modules: Windows does not let them be replaced while a program uses them"
        found.append(line(package(subject), words, indent=2))
    moved = {name: now for name, (_, now) in (detail.alternative or {}).items() if name != subject and now}
    if moved:
        pins = listed((release(name, now) for name, now in moved.items()), shown=PINS_SHOWN)
        found.append(line("with ", specifier(f"{subject}=={detail.installed}"), " kept: ", pins, indent=2))
    return tuple(found)
