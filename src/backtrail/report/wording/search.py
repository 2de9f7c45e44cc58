"""BT110 and BT112: how much the search tried, and what the order of requirements changes."""

from backtrail.model.finding import Collision, OrderSensitive, Thrash, TriedOrder
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


def order_sensitive(detail: OrderSensitive) -> Spans:
    """Another order of the requirements, and what it gives."""
    if detail.moved is None:
        return spans("the order of the requirements decides: ", _tried_order(detail.tried), ", ", _order_gives(detail))
    first, second = detail.moved
    return spans(
        "the order of the requirements decides: with ", specifier(first), " before ", specifier(second), ", ",
        _order_gives(detail),
    )  # fmt: skip


def _tried_order(tried: TriedOrder) -> str:
    match tried:
        case TriedOrder.REVERSED:
            return "with the last line first"
        case TriedOrder.ROTATED:
            return "with the second half first"
        case TriedOrder.BINDING_FIRST:
            return "with what is held back first"


def _order_gives(detail: OrderSensitive) -> Spans:
    if detail.outcome is not Outcome.SOLVED:
        return spans("there is no answer")
    moved = sorted(detail.pins_changed.items())
    pins = [becomes(name, after) for name, (_, after) in moved]
    return listed(pins, last="and", shown=PINS_SHOWN)


def order_body(detail: OrderSensitive, room: int | None) -> Block:
    """The pins that another order changes."""
    moved = sorted(detail.pins_changed.items())
    shown = moved if room is None or len(moved) <= room else moved[: max(1, room - 1)]
    rows = [
        row(package(name), version(before) if before else "none", version(after) if after else "none")
        for name, (before, after) in shown
    ]
    if len(shown) < len(moved):
        rows.append(row(f"{len(moved) - len(shown)} more", "", ""))
    head = ("project", "as asked", "in that order")
    return (Table(head=head, rows=tuple(rows), indent=4, headed=True),) if rows else ()
