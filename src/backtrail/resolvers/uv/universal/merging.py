"""The forks of a resolution put together: one graph, and the marker under which each package of it is reached."""

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import NamedTuple

from packaging.utils import NormalizedName

from backtrail.resolvers.uv.markers import FALSE, Algebra, Node
from backtrail.resolvers.uv.versions import ROOT, Key


class Point(NamedTuple):
    """A package of the graph: a version of a project, what an extra adds to it, or a dependency group.

    No name: the user. ``url`` is that of a direct reference, ``registry`` the one index that was looked at. Points sort
    as uv prints them.
    """

    name: NormalizedName | None
    version: Key
    url: str = ""
    registry: str = ""
    extra: str = ""
    group: str = ""

    @property
    def base(self) -> "Point":
        """The version itself."""
        return self._replace(extra="", group="")


START = Point(None, ROOT)


class Link(NamedTuple):
    """One point asks for another under a marker."""

    start: Point
    end: Point
    marker: Node


class Solution(NamedTuple):
    """What one fork chose: the points, what asks for what among them, and the fork's marker."""

    marker: Node
    points: tuple[Point, ...]
    links: tuple[Link, ...]


class Graph(NamedTuple):
    """All points, where each is reached, and the links between them."""

    reached: dict[Point, Node]
    links: dict[tuple[Point, Point], Node]

    def pruned(self) -> "Graph":
        """The graph without what is never reached."""
        kept = {point: marker for point, marker in self.reached.items() if marker is not FALSE}
        return Graph(kept, {ends: marker for ends, marker in self.links.items() if ends[0] in kept and ends[1] in kept})


def merged(algebra: Algebra, solutions: Sequence[Solution]) -> Graph:
    """Put forks together: a link counts where its own marker and that of its fork hold, in any of the forks."""
    links: dict[tuple[Point, Point], Node] = {}
    points = dict.fromkeys(point for one in solutions for point in one.points)
    for solution in solutions:
        for start, end, marker in solution.links:
            here = algebra.both(marker, solution.marker)
            links[start, end] = algebra.either(links.get((start, end), FALSE), here)
    everywhere = reduce(algebra.either, (one.marker for one in solutions), FALSE)
    reached = _reached(algebra, points, links, everywhere)
    return Graph(reached, links)


def _reached(
    algebra: Algebra, points: Iterable[Point], links: dict[tuple[Point, Point], Node], everywhere: Node
) -> dict[Point, Node]:
    """Where each point is reached: at the start everywhere, elsewhere by any way that leads to it."""
    after: dict[Point, list[tuple[Point, Node]]] = {}
    for (start, end), marker in links.items():
        after.setdefault(start, []).append((end, marker))
    reached = dict.fromkeys(points, FALSE)
    asked_for = {end for _, end in links}
    waiting = [point for point in (START, *reached) if point not in asked_for]
    for point in waiting:
        reached[point] = everywhere
    while waiting:
        start = waiting.pop()
        for end, marker in after.get(start, ()):
            now = algebra.either(reached[end], algebra.both(reached[start], marker))
            if now is not reached[end]:
                reached[end] = now
                waiting.append(end)
    return reached
