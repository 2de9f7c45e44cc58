"""What a package asks for in a fork: nothing is dropped but what cannot hold in any of its environments."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

import msgspec
from packaging.utils import NormalizedName

from backtrail.model.requirement import Requirement
from backtrail.model.trail import Package
from backtrail.model.workspace import ConflictItem, ItemKind
from backtrail.resolvers.uv import ranges
from backtrail.resolvers.uv.behaviour import Profile
from backtrail.resolvers.uv.branching import branched
from backtrail.resolvers.uv.markers import TRUE, Node
from backtrail.resolvers.uv.requirements import Declared, Edge, Expansion, Wanted
from backtrail.resolvers.uv.universal.conflicts import Conflicts, mentioned
from backtrail.resolvers.uv.universal.fork_environment import Environment
from backtrail.resolvers.uv.universal.marker_writing import Writer


class ForkExpansion(Expansion):
    """Expands requirements for all environments of a fork."""

    def __init__(
        self,
        profile: Profile,
        environment: Environment,
        constraints: Iterable[Requirement],
        overrides: Iterable[Requirement],
        excludes: Iterable[NormalizedName],
        writer: Writer,
        conflicts: Conflicts = (),
        unversioned: Collection[NormalizedName] = (),
    ) -> None:
        """``writer`` writes the markers that packages carry; of ``unversioned`` only a build tells the version."""
        super().__init__(profile, {}, constraints, overrides, excludes)
        self._fork = environment
        self._writer = writer
        self._applied = {}
        self._conflicts_of = conflicts
        self._unversioned = unversioned

    def within(self, environment: Environment) -> "ForkExpansion":
        """The same for another fork."""
        return branched(self, _fork=environment, _applied={})

    def marker_of(self, package: Package) -> Node:
        """The marker under which a package is seen."""
        return TRUE if package.marker is None else self._nodes[package.marker]

    def edges(self, wanted: Wanted, name: NormalizedName | None) -> list[Edge]:
        """The packages that one requirement asks for; a dependency group is one of its own.

        A project whose version nobody knows is in every range.
        """
        if wanted.name in self._unversioned:
            wanted = replace(wanted, requirement=msgspec.structs.replace(wanted.requirement, specifier=""))
        edges = super().edges(wanted, name)
        if wanted.requirement.groups:
            marker = edges[0].package.marker
            edges = [
                Edge(
                    Package(kind="group", name=wanted.name, group=group, marker=marker),
                    ranges.EVERY_VERSION,
                    pinned=False,
                )
                for group in wanted.requirement.groups
            ]
        if any(mentioned(self._conflicts_of, edge.package) for edge in edges):
            plain = replace(wanted, requirement=msgspec.structs.replace(wanted.requirement, extras=(), groups=()))
            edges = [*super().edges(plain, name), *edges]
        return edges

    def _for_extra(self, requires: Declared, extra: str | None) -> Iterator[Wanted]:
        for wanted in super()._for_extra(requires, extra):
            if extra is None or not self._is_excluded(wanted.name, extra):
                yield wanted

    def _is_excluded(self, name: NormalizedName, extra: str) -> bool:
        return ConflictItem(package=name, kind=ItemKind.EXTRA, name=extra) in self._fork.excluded

    def _counts(self, marker: Node, extras: frozenset[str] = frozenset()) -> bool:  # noqa: ARG002  markers are without extras here
        return self._fork.counts(self._algebra, marker)

    def _left(self, marker: Node, extra: str | None) -> Node | None:
        if extra is not None and extra not in marker.extras:
            return None
        left = self._without_extras(marker, extra)
        return left if self._counts(left) else None

    def _text(self, marker: Node) -> str:
        return self._writer.text(marker)
