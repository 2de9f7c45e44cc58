"""What the wheels of a version mean for a fork: refused, taken, or taken in a part of its environments only."""

from collections.abc import Callable
from typing import NamedTuple

from backtrail.resolvers.uv import ranges
from backtrail.resolvers.uv.behaviour import Forking
from backtrail.resolvers.uv.candidates import Candidate
from backtrail.resolvers.uv.distributions import Represented
from backtrail.resolvers.uv.markers import FALSE, TRUE, Algebra, Node
from backtrail.resolvers.uv.universal.fork_environment import Environment
from backtrail.resolvers.uv.universal.marker_relations import python_marker, restricted
from backtrail.resolvers.uv.universal.wheel_markers import WheelMarkers
from backtrail.resolvers.uv.versions import Key, public


class Divided(NamedTuple):
    """A fork on a marker. ``inside`` and ``outside`` are the versions to take there, None: to be selected again."""

    marker: Node
    inside: Candidate | None = None
    outside: Candidate | None = None


class Uncovered(NamedTuple):
    """An environment that must be covered, and is not."""

    required: Node


Covered = Divided | Uncovered | Candidate
"""What is to be done: divide the fork, refuse the version, or take this one."""


class Coverage:
    """Looks at the wheels of versions; ``required`` are the environments that each version has to cover, in order."""

    def __init__(self, algebra: Algebra, wheels: WheelMarkers, required: tuple[Node, ...], rules: Forking) -> None:
        """Nothing was looked at yet; ``rules`` are those of a release."""
        self._algebra = algebra
        self._wheels = wheels
        self._required = required
        self._rules = rules

    def reaches_python(self, represented: Represented, environment: Environment) -> bool:
        """Whether some wheel is for a Python below the upper end of the fork's."""
        if environment.pythons.high is None or not self._rules.checks_last_python:
            return True
        below = python_marker(self._algebra, ranges.between(ranges.LOWEST, environment.pythons.high))
        return self._algebra.both(self._wheels.pythons_of(represented), below) is not FALSE

    def of(
        self,
        candidate: Candidate,
        environment: Environment,
        needed: Callable[[], Node],
        base: Callable[[Key], Candidate | None],
    ) -> Covered:
        """What becomes of a version in a fork.

        ``needed`` is where the project is needed at all, ``base`` looks for the version without its local part.
        """
        implied = self._wheels.of(candidate.represented)
        if implied is TRUE:
            return candidate
        return self._uncovered(implied, environment, needed) or self._local(candidate, implied, environment, base)

    def _uncovered(self, implied: Node, environment: Environment, needed: Callable[[], Node]) -> Covered | None:
        both, here = self._algebra.both, environment.marker
        for required in self._required:
            inside = both(required, here)
            looked_at = inside if self._rules.covers_within_forks else required
            if inside is FALSE or both(implied, looked_at) is not FALSE or both(needed(), looked_at) is FALSE:
                continue
            where = self._algebra.either(required, both(implied, here))
            marker = restricted(self._algebra, required, where) if self._rules.splits_coarsely else required
            return Divided(marker) if self._divides(marker, environment) else Uncovered(required)
        return None

    def _local(
        self,
        candidate: Candidate,
        implied: Node,
        environment: Environment,
        base: Callable[[Key], Candidate | None],
    ) -> Covered:
        """A local build that leaves out platforms which its public version has."""
        both = self._algebra.both
        if not self._rules.splits_on_local_versions or candidate.version == public(candidate.version):
            return candidate
        other = base(public(candidate.version))
        if other is None or not other.compatible:
            return candidate
        rest = both(self._wheels.of(other.represented), self._algebra.negate(implied))
        if both(rest, environment.marker) is FALSE:
            return candidate
        if both(implied, environment.marker) is FALSE:
            return other
        for system in ("darwin", "linux", "win32"):
            platform = self._algebra.equals("sys_platform", system)
            if both(implied, platform) is FALSE and both(rest, platform) is not FALSE:
                rest = self._algebra.either(rest, platform)
        return Divided(rest, inside=other, outside=candidate) if self._divides(rest, environment) else candidate

    def _divides(self, marker: Node, environment: Environment) -> bool:
        both = self._algebra.both
        inside, outside = both(environment.marker, marker), both(environment.marker, self._algebra.negate(marker))
        return inside is not FALSE and outside is not FALSE
