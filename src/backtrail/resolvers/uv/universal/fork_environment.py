"""Where a fork solves: its marker, and the Pythons left to it."""

from typing import NamedTuple

from backtrail.model.workspace import ConflictItem
from backtrail.resolvers.uv.markers import FALSE, Algebra, Node
from backtrail.resolvers.uv.universal.marker_relations import python_bounds, python_marker
from backtrail.resolvers.uv.universal.python_range import Interval, narrowed


class Environment(NamedTuple):
    """All environments of a fork. ``marker`` tells them from those of other forks, ``pythons`` from all others.

    ``included`` are the items of conflicts that are installed, ``excluded`` those that are not.
    """

    marker: Node
    pythons: Interval
    included: frozenset[ConflictItem] = frozenset()
    excluded: frozenset[ConflictItem] = frozenset()

    def within(self, marker: Node) -> "Environment":
        """The part of it that a marker tells apart."""
        return self._replace(marker=marker, pythons=narrowed(self.pythons, python_bounds(marker)))

    def counts(self, algebra: Algebra, marker: Node) -> bool:
        """Whether a marker can hold here at all."""
        if algebra.both(marker, python_marker(algebra, self.pythons.range)) is FALSE:
            return False
        return algebra.both(marker, self.marker) is not FALSE
