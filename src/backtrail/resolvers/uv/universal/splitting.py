"""When the requirements of one package split a resolution, into which parts and in which order.

A split takes two different markers on one project in one list of requirements, or a single marker that raises the least
Python. Requirements of different packages never split anything, even where their markers exclude each other.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from packaging.utils import NormalizedName

from backtrail.model.trail import GaveUpError, Limit, Stop
from backtrail.model.workspace import ConflictItem
from backtrail.resolvers.uv.behaviour import Forking
from backtrail.resolvers.uv.markers import FALSE, TRUE, Algebra, Node
from backtrail.resolvers.uv.ranges import LOWEST, Cut
from backtrail.resolvers.uv.requirements import Edge, Wanted
from backtrail.resolvers.uv.universal.fork_environment import Environment
from backtrail.resolvers.uv.universal.marker_relations import python_bounds, python_marker

MOST_PARTS = 500
"""Parts of one split: each project can double them, and index content is not trusted with that."""


class Dependency(NamedTuple):
    """An edge, the requirement it is of, and the marker under which it counts."""

    wanted: Wanted
    edge: Edge
    marker: Node


class Part(NamedTuple):
    """One part of a split: where, what is asked for there, and which items of conflicts are chosen and left out."""

    marker: Node
    dependencies: tuple[Dependency, ...]
    included: frozenset[ConflictItem] = frozenset()
    excluded: frozenset[ConflictItem] = frozenset()


class Split(NamedTuple):
    """Parts in the order in which they arose, and the projects whose markers differ."""

    parts: tuple[Part, ...]
    names: tuple[NormalizedName, ...]


def split(algebra: Algebra, dependencies: Sequence[Dependency], environment: Environment, rules: Forking) -> Split:
    """Split the requirements of a package, sorted by project. One part: they are used as they are, unsplit."""
    parts = [Part(environment.marker, (), environment.included, environment.excluded)]
    names: list[NormalizedName] = []
    possible = python_marker(algebra, environment.pythons.range)
    for name, group in groupby(dependencies, key=lambda one: one.wanted.name):
        its = list(group)
        first = its[0].marker
        same = all(one.marker is first for one in its) if rules.joins_same_markers else len(its) == 1
        raises = rules.splits_on_rising_python and _raises(first, environment.pythons.low)
        if same and not raises:
            parts = [_with(algebra, part, its) for part in parts]
            continue
        for one in its:
            if algebra.both(one.marker, environment.marker) is FALSE:
                continue
            if one.marker is TRUE:
                parts = [part._replace(dependencies=(*part.dependencies, one)) for part in parts]
                continue
            found = _split_by(algebra, parts, one)
            parts = [part for part in found if algebra.both(part.marker, possible) is not FALSE]
            names += [] if name in names else [name]
            if len(parts) > MOST_PARTS:
                raise GaveUpError(Stop(limit=Limit.FORKS, bound=MOST_PARTS))
    return Split(tuple(parts), tuple(names))


def _raises(marker: Node, low: Cut) -> bool:
    """Whether a marker demands a newer Python than the first one of the fork."""
    bounds = python_bounds(marker)
    return bounds is not None and bounds[0] > low


def _with(algebra: Algebra, part: Part, dependencies: Sequence[Dependency]) -> Part:
    fitting = (one for one in dependencies if algebra.both(one.marker, part.marker) is not FALSE)
    return part._replace(dependencies=(*part.dependencies, *fitting))


def _split_by(algebra: Algebra, parts: Sequence[Part], one: Dependency) -> Iterator[Part]:
    """Each part that a marker meets, without it and with it; what is met once counts no more."""
    left = one.marker
    for part in parts:
        if algebra.both(part.marker, left) is FALSE:
            yield part
            continue
        outside = algebra.both(part.marker, algebra.negate(left))
        for marker in (outside, algebra.both(part.marker, left)):
            if marker is not FALSE:
                bare = part._replace(marker=marker, dependencies=())
                yield _with(algebra, _with(algebra, bare, part.dependencies), [one])
        left = algebra.both(left, algebra.negate(part.marker))


def in_order(parts: Sequence[Part], *, newest_first: bool) -> list[Part]:
    """The parts as they are put on the stack: the last is solved first.

    By the least Python, then by how many requirements have an upper bound; ``newest_first``: the newest Python is
    solved first, else the oldest.
    """
    by_bounds = sorted(parts, key=_upper_bounds)
    return sorted(by_bounds, key=lambda part: least_python(part.marker), reverse=not newest_first)


def least_python(marker: Node) -> Cut:
    """Where the Pythons of a marker begin."""
    bounds = python_bounds(marker)
    return LOWEST if bounds is None else bounds[0]


def _upper_bounds(part: Part) -> int:
    versions = (one.edge.versions for one in part.dependencies)
    return sum(bool(one) and len(one) % 2 == 0 for one in versions)
