"""BT110 and BT112: how much the search tried, and what the order of requirements changes."""

from backtrail.model.case import Report
from backtrail.model.finding import Collision, OrderSensitive, Thrash, TriedOrder
from backtrail.model.run import own_names
from backtrail.model.trail import Outcome
from backtrail.report.lines import Block, Line, Spans, Table, line, row, spans
from backtrail.report.wording.askers import asker
from backtrail.report.wording.words import PINS_SHOWN, becomes, count, listed, package, specifier, version


def thrash_headline(detail: Thrash) -> Spans:
    """How many versions were looked at."""
    were = "was" if detail.attempts == 1 else "were"
    versions = count(detail.attempts, "version", digits=True)
    looked = spans(f"{versions} of {count(detail.projects, 'project')} {were} looked at")
    if not detail.efforts:
        return looked
    most = detail.efforts[0]
    return spans(looked, f", {most.versions} of them of ", package(most.project))


def thrash_body(detail: Thrash, room: int | None) -> Block:
    """Which projects cost most, and which requirements kept colliding."""
    efforts = detail.efforts if room is None else detail.efforts[: max(1, room // 2)]
    rows = tuple(
        row(
            package(one.project),
            count(one.versions, "version"),
            f"refused {count(one.refused, 'time')}" if one.refused else "",
        )
        for one in efforts
    )
    found: list[Line | Table] = [Table(head=("project", "looked at", "refused"), rows=rows, indent=4)] if rows else []
    collisions = detail.collisions if room is None else detail.collisions[: max(1, room - len(rows))]
    found.extend(line(_collision(one), indent=2) for one in collisions)
    return tuple(found)


def _collision(collision: Collision) -> Spans:
    return spans(
        f"{count(collision.times, 'time', digits=True)}, ", asker(collision.one), " met ", asker(collision.other),
    )  # fmt: skip


def order_sensitive(detail: OrderSensitive, report: Report) -> Spans:
    """Another order of the requirements, and what it gives."""
    gives = _order_gives(detail, report)
    if detail.moved is None:
        return spans("the order of the requirements decides: ", _tried_order(detail.tried), ", ", gives)
    first, second = detail.moved
    return spans(
        "the order of the requirements decides: with ", specifier(first), " before ", specifier(second), ", ", gives
    )


def _tried_order(tried: TriedOrder) -> str:
    match tried:
        case TriedOrder.REVERSED:
            return "with the last line first"
        case TriedOrder.ROTATED:
            return "with the second half first"
        case TriedOrder.BINDING_FIRST:
            return "with what is held back first"


def _order_gives(detail: OrderSensitive, report: Report) -> Spans:
    if detail.outcome is not Outcome.SOLVED:
        return spans("there is no answer")
    pins = [becomes(name, after) for name, (_, after) in _moved(detail, report)]
    return listed(pins, last="and", shown=PINS_SHOWN)


def _moved(detail: OrderSensitive, report: Report) -> list[tuple[str, tuple[str | None, str | None]]]:
    """The user's own requirements first, then what is there before and after, what comes or goes last."""
    own = own_names(report.question.requirements, report.runs)
    return sorted(detail.pins_changed.items(), key=lambda one: (one[0] not in own, None in one[1], one[0]))


def order_body(detail: OrderSensitive, report: Report, room: int | None) -> Block:
    """The pins that another order changes."""
    moved = _moved(detail, report)
    shown = moved if room is None or len(moved) <= room else moved[: max(1, room - 1)]
    rows = [
        row(package(name), version(before) if before else "none", version(after) if after else "none")
        for name, (before, after) in shown
    ]
    if len(shown) < len(moved):
        rows.append(row(f"{len(moved) - len(shown)} more", "", ""))
    head = ("project", "as asked", "in that order")
    return (Table(head=head, rows=tuple(rows), indent=4, headed=True),) if rows else ()
