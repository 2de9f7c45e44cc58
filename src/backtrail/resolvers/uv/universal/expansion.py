"""What a package asks for in a fork: nothing is dropped but what cannot hold in any of its environments."""

from collections.abc import Iterable

from backtrail.model.requirement import Requirement
from backtrail.model.trail import Package
from backtrail.resolvers.uv.behaviour import Profile
from backtrail.resolvers.uv.branching import branched
from backtrail.resolvers.uv.markers import TRUE, Node
from backtrail.resolvers.uv.requirements import Expansion
from backtrail.resolvers.uv.universal.environments import Environment
from backtrail.resolvers.uv.universal.marker_writing import Writer


class ForkExpansion(Expansion):
    """Expands requirements for all environments of a fork."""

    def __init__(
        self,
        profile: Profile,
        environment: Environment,
        constraints: Iterable[Requirement],
        overrides: Iterable[Requirement],
        writer: Writer,
    ) -> None:
        """``writer`` writes the markers that packages carry."""
        super().__init__(profile, {}, constraints, overrides)
        self._fork = environment
        self._writer = writer
        self._applied = {}

    def within(self, environment: Environment) -> "ForkExpansion":
        """The same for another fork."""
        return branched(self, _fork=environment, _applied={})

    def marker_of(self, package: Package) -> Node:
        """The marker under which a package is seen."""
        return TRUE if package.marker is None else self._nodes[package.marker]

    def _counts(self, marker: Node, extras: frozenset[str] = frozenset()) -> bool:  # noqa: ARG002  markers are without extras here
        return self._fork.counts(self._algebra, marker)

    def _left(self, marker: Node, extra: str | None) -> Node | None:
        if extra is not None and extra not in marker.extras:
            return None
        left = self._without_extras(marker, extra)
        return left if self._counts(left) else None

    def _text(self, marker: Node) -> str:
        return self._writer.text(marker)
