"""Where a fork solves: its marker, and the Pythons left to it."""

from typing import NamedTuple

from backtrail.resolvers.uv.markers import FALSE, Algebra, Node
from backtrail.resolvers.uv.universal.marker_relations import python_bounds, python_marker
from backtrail.resolvers.uv.universal.python_range import Interval, narrowed


class Environment(NamedTuple):
    """All environments of a fork. ``marker`` tells them from those of other forks, ``pythons`` from all others."""

    marker: Node
    pythons: Interval

    def within(self, marker: Node) -> "Environment":
        """The part of it that a marker tells apart."""
        return Environment(marker, narrowed(self.pythons, python_bounds(marker)))

    def counts(self, algebra: Algebra, marker: Node) -> bool:
        """Whether a marker can hold here at all."""
        if algebra.both(marker, python_marker(algebra, self.pythons.range)) is FALSE:
            return False
        return algebra.both(marker, self.marker) is not FALSE
