"""From the merged graph to a lock: each edge says only what the package it leaves does not say already."""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from itertools import combinations
from typing import NamedTuple

import msgspec
from packaging.specifiers import Specifier
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from backtrail.inputs.locked_as import locked_as
from backtrail.model.declaration import DeclaredMetadata
from backtrail.model.flat_index import bare
from backtrail.model.lock import Lock, LockEdge, LockMetadata, LockPackage, LockRequirement, LockSource
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.resolvers.uv.distributions import Represented
from backtrail.resolvers.uv.markers import FALSE, TRUE, Algebra, Node
from backtrail.resolvers.uv.requirements import Wanted
from backtrail.resolvers.uv.universal.conflicts import without_extras
from backtrail.resolvers.uv.universal.lock_files import Kept, LockFiles
from backtrail.resolvers.uv.universal.lock_options import cut_offs_of, options_of, prereleases_of
from backtrail.resolvers.uv.universal.lock_references import Reference
from backtrail.resolvers.uv.universal.marker_order import order
from backtrail.resolvers.uv.universal.marker_relations import restricted, simplified
from backtrail.resolvers.uv.universal.marker_writing import Writer
from backtrail.resolvers.uv.universal.members import Members
from backtrail.resolvers.uv.universal.merging import START, Graph, Point
from backtrail.resolvers.uv.universal.python_range import interval_of
from backtrail.standards.lenient import lenient_requirement, lenient_specifier


class Facts(NamedTuple):
    """What is known of a version: its spelling, the file that stands for it, its index; or the direct reference."""

    text: str
    represented: Represented | None
    registry: str
    reference: Reference | None = None


class _Row(NamedTuple):
    """An edge before it is written, in the form it is sorted by."""

    target: Point
    extras: tuple[str, ...]
    marker: Node


class Locking:
    """Makes the lock of one resolution."""

    def __init__(
        self,
        question: Question,
        algebra: Algebra,
        writer: Writer,
        members: Members,
        graph: Graph,
        forks: Iterable[Node],
        facts: Mapping[Point, Facts],
        supported: Sequence[Node],
        required: Sequence[Node],
    ) -> None:
        """``forks`` are the markers of the forks in the order solved, ``facts`` those of every version.

        ``supported`` and ``required`` are the environments that the user names.
        """
        assert question.target.pythons is not None, "a lock is for a range of Pythons"
        self._question = question
        self._algebra = algebra
        self._writer = writer
        self._members = members
        self._graph = graph
        self._forks = list(forks)
        self._facts = facts
        self._pythons = question.target.pythons
        self._range = interval_of(self._pythons).range
        self._files = LockFiles(algebra, self._pythons)
        self._supported = reduce(algebra.either, supported, FALSE) if supported else TRUE
        self._limits = tuple(supported), tuple(required)
        everywhere = reduce(algebra.either, (without_extras(algebra, fork) for fork in self._forks), FALSE)
        self._everywhere = self._simple(everywhere)
        self._bases: dict[NormalizedName, list[Point]] = {}
        for point in sorted({point.base for point in graph.reached if point != START}):
            assert point.name is not None
            self._bases.setdefault(point.name, []).append(point)

    def lock(self) -> Lock:
        """All that uv would write."""
        packages = (self._package(point) for points in self._bases.values() for point in points)
        return msgspec.structs.replace(
            self.declared(),
            resolution_markers=self._texts(self._forks),
            packages=tuple(packages),
        )

    def declared(self, references: Iterable[tuple[NormalizedName, Reference]] = ()) -> Lock:
        """What a lock repeats of the question, with the local projects alone and nothing of an answer.

        ``references`` are those of the workspace whose metadata a lock repeats, too.
        """
        workspace = self._question.universal.workspace
        assert workspace is not None, "a workspace is locked"
        several = len(workspace.members) > 1 or not workspace.members
        return Lock(
            requires_python=self._pythons.specifiers,
            supported_markers=tuple(map(self._text, self._limits[0])),
            required_markers=tuple(map(self._text, self._limits[1])),
            conflicts=tuple(
                tuple((item.package, item.kind.value, item.name) for item in items) for items in workspace.conflicts
            ),
            options=tuple(options_of(self._question.options)),
            prereleases=prereleases_of(self._question.options),
            cut_offs=cut_offs_of(self._question.options),
            members=tuple(member.name for member in workspace.members) if several else (),
            default_groups=workspace.default_groups,
            group_pythons=workspace.group_pythons,
            constraints=self._requirements(map(self._plain, self._question.constraints)),
            overrides=self._requirements(map(self._plain, self._question.overrides)),
            excludes=self._question.excludes,
            declared=self._declared(),
            groups={
                group: self._requirements(one for one in self._members.root_groups() if one.requirement in listed)
                for group, listed in sorted(workspace.groups.items())
            },
            packages=(
                *(
                    LockPackage(
                        name=member.name,
                        version=member.version,
                        source=LockSource(kind=member.source.value, value=member.path),
                        default_groups=member.default_groups,
                        group_pythons=member.group_pythons,
                        metadata=self._metadata(member.name),
                    )
                    for member in workspace.members
                ),
                *(
                    LockPackage(
                        name=name,
                        version=None if one.is_dynamic else str(Version(one.metadata.version)),
                        source=one.source,
                        metadata=self._said(one),
                    )
                    for name, one in references
                ),
            ),
        )

    def _declared(self) -> tuple[DeclaredMetadata, ...]:
        """What settings declare, in the order and the words of a lock."""
        written = (
            msgspec.structs.replace(
                one,
                requires_dist=tuple(map(self._line, one.requires_dist)),
                requires_python=_python_of(one.requires_python),
            )
            for one in self._question.declared
        )
        return tuple(sorted(written, key=lambda one: (one.name, one.version is not None, Version(one.version or "0"))))

    def _line(self, text: str) -> str:
        """A requirement in one text."""
        read = lenient_requirement(text)
        assert read is not None, "what settings declare can be read"
        extras = f"[{','.join(read.extras)}]" if read.extras else ""
        marker = self._writer.text(self._plain(read).marker)
        return f"{read.name}{extras}{_specifier(read)}{f' ; {marker}' if marker else ''}"

    # markers

    def _simple(self, marker: Node) -> Node:
        return simplified(self._algebra, marker, self._range)

    def _text(self, marker: Node) -> str:
        return self._writer.text(self._simple(marker))

    def _texts(self, markers: Iterable[Node]) -> tuple[str, ...]:
        """Markers of forks: without what encodes conflicts, each once, unless that makes two of them overlap."""
        forks = list(markers)
        plain = list(dict.fromkeys(self._simple(without_extras(self._algebra, marker)) for marker in forks))
        apart = all(self._algebra.both(one, other) is FALSE for one, other in combinations(plain, 2))
        chosen = plain if apart else [self._simple(marker) for marker in forks]
        return tuple(self._writer.text(marker) for marker in chosen if marker is not TRUE)

    # packages

    def _package(self, point: Point) -> LockPackage:
        assert point.name is not None
        facts = self._facts[point]
        where = reduce(
            self._algebra.either, (marker for one, marker in self._graph.reached.items() if one.base == point)
        )
        here = self._algebra.both(where, self._supported)
        kept = Kept(None, ()) if facts.represented is None else self._files.kept(facts.represented, here)
        reference = facts.reference
        if reference is not None:
            kept = reference.archive
        parts = [one for one in self._graph.reached if one.base == point]
        local = point.name in self._members
        forks = [marker for marker in self._forks if self._algebra.both(marker, where) is not FALSE]
        return LockPackage(
            name=point.name,
            version=self._version(point),
            source=self._source(point),
            default_groups=self._members.member(point.name).default_groups if local else None,
            group_pythons=self._members.member(point.name).group_pythons if local else {},
            resolution_markers=self._texts(forks) if len(self._bases[point.name]) > 1 else (),
            dependencies=self._edges(point),
            optional={one.extra: self._edges(one) for one in sorted(parts) if one.extra and self._rows(one)},
            groups={one.group: self._edges(one) for one in sorted(parts) if one.group},
            sdist=kept.sdist,
            wheels=kept.wheels,
            metadata=self._metadata(point.name) if local else None if reference is None else self._said(reference),
        )

    def _version(self, point: Point) -> str | None:
        """The version as a lock has it: none of a folder where only its build tells."""
        if point.name is not None and point.name in self._members:
            return self._members.member(point.name).version
        facts = self._facts[point]
        return None if facts.reference is not None and facts.reference.is_dynamic else facts.text

    def _said(self, reference: Reference) -> LockMetadata | None:
        """What a reference declares; of a commit, which stays as it is, nothing is repeated."""
        if reference.named.kind == "git":
            return None
        return LockMetadata(
            requires=self._requirements(map(self._plain, reference.requires)),
            extras=tuple(map(canonicalize_name, reference.metadata.provides_extra)),
            groups={
                group: self._requirements(map(self._plain, listed))
                for group, listed in sorted(reference.groups.items())
            },
        )

    def _source(self, point: Point) -> LockSource:
        assert point.name is not None
        if point.name in self._members:
            member = self._members.member(point.name)
            return LockSource(kind=member.source.value, value=member.path)
        reference = self._facts[point].reference
        if reference is not None:
            return reference.source
        return LockSource(kind="registry", value=self._facts[point].registry)

    def _edges(self, start: Point) -> tuple[LockEdge, ...]:
        return tuple(self._edge(row) for row in self._rows(start))

    def _edge(self, row: _Row) -> LockEdge:
        target = row.target
        assert target.name is not None
        ambiguous = len(self._bases[target.name]) > 1
        return LockEdge(
            name=target.name,
            version=self._version(target) if ambiguous else None,
            source=self._source(target) if ambiguous else None,
            extras=tuple(extra for extra in row.extras if self._has_edges(target._replace(extra=extra))),
            marker=self._writer.text(restricted(self._algebra, row.marker, self._everywhere)),
        )

    def _rows(self, start: Point) -> list[_Row]:
        """The edges of a point; those to one version under one marker are one, whatever the extras."""
        here = self._simple(without_extras(self._algebra, self._graph.reached[start]))
        found: dict[tuple[Point, Node], set[str]] = {}
        for (origin, end), marker in self._graph.links.items():
            if origin == start:
                left = restricted(self._algebra, self._simple(marker), here)
                extras = found.setdefault((end.base, left), set())
                if end.extra:
                    extras.add(end.extra)
        rows = [_Row(target, tuple(sorted(extras)), marker) for (target, marker), extras in found.items()]
        return sorted(rows, key=lambda row: (row.target, row.extras, order(row.marker)))

    def _has_edges(self, point: Point) -> bool:
        return any(origin == point for origin, _ in self._graph.links)

    # what local projects say

    def _metadata(self, name: NormalizedName) -> LockMetadata:
        member = self._members.member(name)
        return LockMetadata(
            requires=self._requirements(self._members.requires(name)),
            extras=tuple(member.optional),
            groups={group: self._requirements(self._members.requires(name, group)) for group in sorted(member.groups)},
        )

    def _plain(self, requirement: Requirement) -> Wanted:
        return self._members.read(requirement)

    def _requirements(self, wanted: Iterable[Wanted]) -> tuple[LockRequirement, ...]:
        """Requirements in the order of uv, each once."""
        rows = {}
        for one in wanted:
            requirement, marker = one.requirement, one.marker
            locked = LockRequirement(
                name=requirement.name,
                extras=requirement.extras,
                marker=self._writer.text(marker),
                specifier=_specifier(requirement),
                index=requirement.index and bare(requirement.index),
                url=self._reference(requirement),
            )
            source = tuple(map(_specifier_order, _by_version(requirement)))
            rows[requirement.name, requirement.extras, order(marker), source, locked.index or ""] = locked
        return tuple(rows[key] for key in sorted(rows))

    def _reference(self, requirement: Requirement) -> LockSource | None:
        if requirement.url is None:
            return None
        if requirement.name in self._members:
            member = self._members.member(requirement.name)
            return LockSource(kind=member.source.value, value=member.path)
        return requirement.locked_as or locked_as(requirement.url)


def _python_of(text: str | None) -> str | None:
    """A Requires-Python as a lock writes it."""
    read = None if text is None else lenient_specifier(text)
    return None if read is None else ", ".join(map(_normal, sorted(read, key=_version_of)))


def _specifier(requirement: Requirement) -> str:
    """The specifiers by version, as uv writes them."""
    return ",".join(map(_normal, _by_version(requirement)))


def _normal(one: Specifier) -> str:
    """A specifier with its version in the normal form (PEP 440): ``>=2024.07`` is ``>=2024.7``."""
    return f"{one.operator}{_version_of(one)}{'.*' if one.version.endswith('.*') else ''}"


def _by_version(requirement: Requirement) -> list[Specifier]:
    return sorted(requirement.specifiers, key=_version_of)


def _version_of(one: Specifier) -> Version:
    return Version(one.version.removesuffix(".*"))


_OPERATORS = ("==", "==.*", "===", "!=", "!=.*", "~=", "<", "<=", ">", ">=")


def _specifier_order(one: Specifier) -> tuple[int, Version]:
    """By operator, then by version."""
    star = ".*" if one.version.endswith(".*") else ""
    return _OPERATORS.index(f"{one.operator}{star}"), _version_of(one)
