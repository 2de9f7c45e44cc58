"""What a marker says beside another one: within a range of Pythons, or where another marker holds already."""

from collections.abc import Callable
from functools import reduce

from backtrail.resolvers.uv import ranges
from backtrail.resolvers.uv.markers import FALSE, TRUE, Algebra, Node, overlaid, variable
from backtrail.resolvers.uv.ranges import Cut, Range

PYTHON = variable("version", "python_full_version")


def python_marker(algebra: Algebra, pythons: Range) -> Node:
    """The marker that holds for these Pythons alone."""
    return algebra.within(PYTHON, pythons)


def python_bounds(node: Node) -> Range | None:
    """The least range of Pythons without which a marker cannot hold; None where it does not speak of Python."""
    low: Cut | None = None
    high: Cut | None = ranges.LOWEST
    bounded = False
    for runs in _python_runs(node, {}):
        if runs != ranges.EVERY_VERSION:
            bounded = True
        low = runs[0] if low is None else min(low, runs[0])
        end = runs[1] if len(runs) > 1 else None
        high = None if high is None or end is None else max(high, end)
    if low is None or not bounded:
        return None
    return ranges.between(low, high)


def _python_runs(node: Node, done: dict[Node, frozenset[Range]]) -> frozenset[Range]:
    """The ranges of Pythons on the ways to truth; a way that tests none allows all."""
    if node.variable is None:
        return frozenset({ranges.EVERY_VERSION} if node is TRUE else ())
    found = done.get(node)
    if found is None:
        if node.variable == PYTHON:
            ends = [start for start, _ in node.edges[1:]]
            found = frozenset(
                ranges.between(start, end)
                for (start, child), end in zip(node.edges, [*ends, None], strict=True)
                if child is not FALSE
            )
        else:
            found = frozenset().union(*(_python_runs(child, done) for _, child in node.edges))
        done[node] = found
    return found


def simplified(algebra: Algebra, node: Node, pythons: Range) -> Node:
    """The marker without what the Pythons it is for say already."""
    if not pythons:
        return FALSE
    low, high = pythons[0], pythons[1] if len(pythons) > 1 else None

    def within(of: Node) -> Node:
        if of.variable != PYTHON:
            return algebra.node(of.variable, [(start, simpler(child)) for start, child in of.edges])  # type: ignore[arg-type]
        ends = [start for start, _ in of.edges[1:]]
        kept = [
            (start, child)
            for (start, child), end in zip(of.edges, [*ends, None], strict=True)
            if (high is None or start < high) and (end is None or low < end)
        ]
        return algebra.node(PYTHON, [(ranges.LOWEST, kept[0][1]), *kept[1:]])

    simpler = _each(within)
    return algebra.whole(simpler(node))


def restricted(algebra: Algebra, node: Node, given: Node) -> Node:
    """The marker without what another one says already; where that does not hold, it may say anything."""
    done: dict[tuple[Node, Node], Node] = {}

    def restrict(of: Node, where: Node) -> Node:
        if where is TRUE or of.variable is None:
            return of
        if where is FALSE:
            return FALSE
        if of is where:
            return TRUE
        if of is algebra.negate(where):
            return FALSE
        found = done.get((of, where))
        if found is None:
            found = done[of, where] = step(of, where)
        return found

    def step(of: Node, where: Node) -> Node:
        mine, theirs = of.variable, where.variable
        assert mine is not None
        assert theirs is not None
        if mine < theirs:
            return algebra.node(mine, [(start, restrict(child, where)) for start, child in of.edges])
        if theirs < mine:
            return restrict(of, reduce(algebra.plain_either, (child for _, child in where.edges)))
        rows = [
            (start, None if limit is FALSE else restrict(child, limit)) for start, child, limit in overlaid(of, where)
        ]
        first = next(child for _, child in rows if child is not None)
        return algebra.node(mine, [(start, first if child is None else child) for start, child in rows])

    return algebra.whole(restrict(node, given))


def _each(step: Callable[[Node], Node]) -> Callable[[Node], Node]:
    """Apply a step to every node of a marker once; the ends stay."""
    done: dict[Node, Node] = {}

    def apply(node: Node) -> Node:
        if node.variable is None:
            return node
        found = done.get(node)
        if found is None:
            found = done[node] = step(node)
        return found

    return apply
