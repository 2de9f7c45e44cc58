"""The order of markers where uv sorts by them: by what they test first, then by how that divides them."""

from typing import Any

from backtrail.resolvers.uv.markers import LEAST, TRUE, Node
from backtrail.resolvers.uv.ranges import LOWEST

_KINDS = {"version": 2, "string": 3, "in": 4, "contains": 5, "listed": 6, "extra": 7}


def order(node: Node) -> Any:
    """A key that sorts markers as uv does: always, never, then by versions, texts, and extras."""
    tested = node.variable
    if tested is None:
        return (0,) if node is TRUE else (1,)
    starts = [start if start not in (LEAST, LOWEST) else () for start, _ in node.edges]
    ends = [(0, start) for start in starts[1:]]
    rows = zip(starts, [*ends, (1,)], node.edges, strict=True)
    edges = tuple((start, end, order(child)) for start, end, (_, child) in rows)
    if tested.kind in ("version", "string"):
        return _KINDS[tested.kind], tested.rank, tested.name, edges
    high, low = edges[1][1], edges[0][1]
    return _KINDS[tested.kind], tested.name, tested.value, high, low
