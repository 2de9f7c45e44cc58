"""Markers of a merged graph where extras and groups conflict: without what the conflicts say already."""

from collections.abc import Iterable, Iterator
from functools import reduce

from backtrail.model.workspace import ConflictItem, ItemKind
from backtrail.resolvers.uv.markers import FALSE, TRUE, Algebra, Node
from backtrail.resolvers.uv.universal.conflicts import (
    Conflicts,
    at_most_one,
    encoded_name,
    sorted_items,
    without_extras,
)
from backtrail.resolvers.uv.universal.merging import Graph, Point

_Items = frozenset[ConflictItem]


def with_conflicts(algebra: Algebra, graph: Graph, conflicts: Conflicts) -> Graph:
    """The graph with markers that count on no two conflicting items being installed together."""
    if not conflicts:
        return graph
    allowed = at_most_one(algebra, conflicts)
    reached = {point: _simplified(algebra, marker, allowed) for point, marker in graph.reached.items()}
    links = {ends: _simplified(algebra, marker, allowed) for ends, marker in graph.links.items()}
    active = _activations(graph, conflicts)
    names: dict[tuple[Point, object], int] = {}
    for start, end in links:
        names[start, end.name] = names.get((start, end.name), 0) + 1
    return Graph(
        reached,
        {
            (start, end): marker
            if names[start, end.name] > 1
            else _assumed(algebra, marker, active.get(start, ()), conflicts)
            for (start, end), marker in links.items()
        },
    )


def _simplified(algebra: Algebra, marker: Node, allowed: Node) -> Node:
    """A marker without the extras, where at most one item being installed says as much; else as coarse as it can be."""
    plain = without_extras(algebra, marker)
    if plain is marker and marker is not FALSE:
        return marker
    possible = algebra.both(marker, allowed)
    some = without_extras(algebra, possible)
    if some is not FALSE and algebra.both(some, allowed) is possible:
        return some
    return algebra.either(algebra.negate(allowed), marker)


def _activations(graph: Graph, conflicts: Conflicts) -> dict[Point, list[_Items]]:
    """By point, the sets of conflicting items that are active on the ways that lead to it."""
    after: dict[Point, list[Point]] = {}
    for start, end in graph.links:
        after.setdefault(start, []).append(end)
    asked_for = {end for _, end in graph.links}
    waiting = [point for point in (*after, *graph.reached) if point not in asked_for]
    found: dict[Point, list[_Items]] = {point: [frozenset()] for point in waiting}
    seen: set[Point] = set()
    while waiting:
        start = waiting.pop()
        own = frozenset(_item(start, conflicts))
        found[start] = list(dict.fromkeys(items | own for items in found.get(start, [])))
        for end in after.get(start, ()):
            known = found.setdefault(end, [])
            new = [items for items in found[start] if items not in known]
            known += new
            if new or end not in seen:
                seen.add(end)
                waiting.append(end)
    return found


def _item(point: Point, conflicts: Conflicts) -> Iterator[ConflictItem]:
    """What a point is as an item, if it is one of some conflict."""
    if point.name is None or not (point.extra or point.group):
        return
    kind = ItemKind.EXTRA if point.extra else ItemKind.GROUP
    item = ConflictItem(package=point.name, kind=kind, name=point.extra or point.group)
    if any(item in items for items in conflicts):
        yield item


def _assumed(algebra: Algebra, marker: Node, sets: Iterable[_Items], conflicts: Conflicts) -> Node:
    """The marker of an edge, on whatever way it is come to."""
    assumptions = [_assumptions(items, conflicts) for items in sets]
    if not assumptions:
        return marker
    always = all(
        algebra.assume_extras(marker, lambda extra, known=known: known.get(extra, False)) is TRUE  # type: ignore[misc]
        for known in assumptions
    )
    if always:
        return reduce(lambda left, known: algebra.assume_extras(left, known.get), assumptions, marker)
    found = {algebra.assume_extras(marker, known.get) for known in assumptions}
    return found.pop() if len(found) == 1 else marker


def _assumptions(items: _Items, conflicts: Conflicts) -> dict[str, bool]:
    """Some items active, and so all that conflicts with them not, by the names they have in markers."""
    return {
        encoded_name(other): other in items
        for item in sorted_items(items)
        for together in conflicts
        if item in together
        for other in together
    }
