"""The projects of a workspace in a resolution: what the user asks for, and what each of them requires."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce

import msgspec
from packaging.utils import NormalizedName

from backtrail.model.metadata import Metadata, MetadataSource
from backtrail.model.requirement import Requirement, Source
from backtrail.model.workspace import Member, Workspace
from backtrail.resolvers.uv.marker_text import Reader
from backtrail.resolvers.uv.markers import FALSE, TRUE, Node, variable
from backtrail.resolvers.uv.requirements import Wanted
from backtrail.resolvers.uv.universal.python_range import with_its_pythons


class Members:
    """What the projects of a workspace declare, their sources applied; ``markers`` reads markers into an algebra."""

    def __init__(self, workspace: Workspace, markers: Reader) -> None:
        """Nothing is read yet; raises ``packaging.markers.InvalidMarker`` when a marker is."""
        self._workspace = workspace
        self._markers = markers
        self._by_name = {member.name: member for member in workspace.members}

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def member(self, name: NormalizedName) -> Member:
        """A member by its name."""
        return self._by_name[name]

    def get(self, name: NormalizedName) -> Member | None:
        """The same, None for a project that is no member."""
        return self._by_name.get(name)

    def read(self, requirement: Requirement) -> Wanted:
        """A requirement with its marker read."""
        return Wanted(requirement, self._markers.read(requirement.marker))

    def root(self) -> list[Requirement]:
        """What is asked for: every member with all its extras, every member's groups, then a root's own groups."""
        found = [_asked(member, extras=tuple(sorted(member.optional)), groups=()) for member in self._workspace.members]
        found += [
            _asked(member, extras=(), groups=tuple(sorted(member.groups)))
            for member in self._workspace.members
            if member.groups
        ]
        return found

    def own(self) -> Iterator[Wanted]:
        """Every requirement that the workspace declares anywhere."""
        yield from self.root_groups()
        for member in self._workspace.members:
            yield from self.requires(member.name)
            for group in member.groups:
                yield from self.requires(member.name, group)

    def root_groups(self) -> list[Wanted]:
        """What the groups of a root that is no project require."""
        sources = self._workspace.sources
        return [
            wanted
            for group, listed in self._workspace.groups.items()
            for one in listed
            for wanted in self._lowered(one, sources, None, group, TRUE)
        ]

    def requires(self, name: NormalizedName, group: str | None = None) -> list[Wanted]:
        """What a member requires, that of extras under their markers; or what one of its groups does."""
        member = self._by_name[name]
        if group is not None:
            listed = member.groups[NormalizedName(group)]
            return [wanted for one in listed for wanted in self._lowered(one, member.sources, None, group, TRUE)]
        found = [
            wanted for one in member.dependencies for wanted in self._lowered(one, member.sources, None, None, TRUE)
        ]
        for extra, listed in member.optional.items():
            gate = self._markers.algebra.flag(variable("extra", "extra", extra))
            for one in listed:
                found += self._lowered(one, member.sources, extra, None, gate)
        return found

    def metadata(self, name: NormalizedName) -> Metadata:
        """A member as a distribution; a version that nobody knows counts as 0."""
        version = self._by_name[name].known_version or "0"
        return Metadata(name=name, version=version, source=MetadataSource.PYPROJECT)

    def _lowered(
        self,
        requirement: Requirement,
        sources: Mapping[NormalizedName, Sequence[Source]],
        extra: str | None,
        group: str | None,
        gate: Node,
    ) -> Iterator[Wanted]:
        """A requirement once for each source of its project, and once for where none of them counts."""
        algebra = self._markers.algebra
        marker = algebra.both(self._markers.read(with_its_pythons(requirement).marker), gate)
        applying = [one for one in sources.get(requirement.name, ()) if _applies(one, extra, group)]
        covered = [self._markers.read(one.marker or None) for one in applying]
        for one, where in zip(applying, covered, strict=True):
            changed = msgspec.structs.replace(requirement, index=one.index, url=one.url or requirement.url)
            if one.url is not None:
                changed = msgspec.structs.replace(changed, specifier="", locked_as=one.locked_as)
            yield Wanted(changed, algebra.both(marker, where))
        rest = algebra.negate(reduce(algebra.either, covered, FALSE))
        if rest is not FALSE:
            yield Wanted(requirement, algebra.both(marker, rest))


def _applies(source: Source, extra: str | None, group: str | None) -> bool:
    return source.extra in (None, extra) and source.group in (None, group)


def _asked(member: Member, *, extras: Iterable[NormalizedName], groups: Iterable[NormalizedName]) -> Requirement:
    extras, groups = tuple(extras), tuple(groups)
    listed = f"[{','.join(extras)}]" if extras else f":{','.join(groups)}" if groups else ""
    return Requirement(name=member.name, extras=extras, groups=groups, url=member.url, text=f"{member.name}{listed}")
