"""From requirements to edges: overrides, constraints, extras and markers as uv expands them (docs/solver.md 2, 3)."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from packaging.markers import InvalidMarker
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.model.errors import InputError
from backtrail.model.requirement import Origin, Requirement, specifier_set
from backtrail.model.trail import Package
from backtrail.resolvers.uv import markers, ranges
from backtrail.resolvers.uv.behaviour import Profile
from backtrail.resolvers.uv.marker_text import reader
from backtrail.resolvers.uv.markers import Node
from backtrail.resolvers.uv.ranges import Range, Reading
from backtrail.resolvers.uv.versions import is_prerelease, key
from backtrail.standards.lenient import check_version


@dataclass(frozen=True, slots=True)
class Wanted:
    """A requirement in force for one package, with what is left of its marker. ``constraint``: from a ``-c`` line."""

    requirement: Requirement
    marker: Node
    constraint: bool = False

    @property
    def name(self) -> NormalizedName:
        """The project asked for."""
        return self.requirement.name


PROXIES = frozenset({"extra", "marker", "group"})
"""Kinds of packages that stand for others at their own version."""


class Edge(NamedTuple):
    """A package asked for, the versions admitted, and whether that is a pin.

    ``required`` is the id of the Required event behind it, None for a proxy's own edges.
    """

    package: Package
    versions: Range
    pinned: bool
    required: int | None = None


class Asked(NamedTuple):
    """A requirement in force with the packages it leads to."""

    wanted: Wanted
    edges: list[Edge]


class Declared(tuple[Wanted, ...]):  # noqa: SLOT001  what was looked up is kept
    """What the metadata of a version requires, in its order; what an extra brings in is looked up, not looked for."""

    def naming(self, extra: str) -> Sequence[Wanted]:
        """Those whose marker names an extra: it brings in no others."""
        return self._by_extra.get(extra, ())

    @cached_property
    def _by_extra(self) -> dict[str, list[Wanted]]:
        found: dict[str, list[Wanted]] = {}
        for one in self:
            for extra in one.marker.extras:
                found.setdefault(extra, []).append(one)
        return found

    @cached_property
    def with_extras(self) -> frozenset[NormalizedName]:
        """The projects of which extras are asked for."""
        return frozenset(one.name for one in self if one.requirement.extras)


def project(name: NormalizedName) -> Package:
    """The project itself."""
    return Package(kind="project", name=name)


def base_of(package: Package) -> Package | None:
    """The package a proxy stands for; None for what is no proxy, and for a group, which does without its project."""
    return project(package.name) if package.kind in ("extra", "marker") and package.name else None


class Expansion:
    """Expands what a package asks for in one environment, with the user's constraints and overrides."""

    def __init__(
        self,
        profile: Profile,
        environment: Mapping[str, str],
        constraints: Iterable[Requirement],
        overrides: Iterable[Requirement],
        excludes: Iterable[NormalizedName],
    ) -> None:
        """Constraints and overrides apply wherever their name is required; no requirement leads to ``excludes``."""
        self._profile = profile
        self._environment = environment
        self.reader = reader(profile)
        """Reads the markers of requirements."""
        self._algebra = self.reader.algebra
        # a constraint that constrains nothing is none, whatever its marker
        self._constraints = _by_name(self.own(one) for one in constraints if one.specifier or one.url is not None)
        self._overrides = _by_name(map(self.own, overrides))
        self._excludes = frozenset(excludes)
        self._nodes: dict[str, Node] = {}
        self._applied = self.reader.applied.setdefault(tuple(sorted(environment.items())), {})

    def wanted(self, requirement: Requirement) -> Wanted:
        """A requirement with its marker read; raises ``packaging.markers.InvalidMarker``."""
        return Wanted(requirement, self.reader.read(requirement.marker))

    def own(self, requirement: Requirement) -> Wanted:
        """A requirement of the user's with its marker read; raises InputError where uv cannot read it."""
        where = requirement.origin or Origin()
        try:
            for specifier in requirement.specifiers:
                check_version(specifier.version)
            return self.wanted(requirement)
        except InvalidMarker as error:
            raise InputError(f"{where}: {requirement.text!r}: {error}") from None
        except ValueError:
            raise InputError(f"{where}: {requirement.text!r}: uv compares with versions only") from None

    def applies(self, requirement: Requirement) -> bool:
        """Whether a requirement of the user's counts in this environment."""
        return requirement.name not in self._excludes and self._counts(self.own(requirement).marker)

    def asks(self, requirement: Requirement) -> bool:
        """Whether a requirement of the user's counts in this environment, or an override that stands in its place."""
        overrides = self._overrides.get(requirement.name)
        if overrides is None or requirement.name in self._excludes:
            return self.applies(requirement)
        return any(self._counts(one.marker) for one in overrides)

    def applies_within(self, requirement: Requirement, extras: Iterable[str]) -> bool:
        """Whether a requirement of a package's metadata counts in this environment, with some of its extras."""
        return requirement.name not in self._excludes and self._counts(
            self.wanted(requirement).marker, frozenset(extras)
        )

    def _counts(self, marker: Node, extras: frozenset[str] = frozenset()) -> bool:
        """Whether a marker holds here with these extras."""
        return markers.evaluate(marker, self._environment, extras)

    def expand(self, requires: Declared, name: NormalizedName | None, extra: str | None) -> list[Wanted]:
        """All requirements in force for a package (``name`` None: the user), or those its extra adds.

        A project's requirements on its own extras are flattened, breadth first.
        """
        found = list(self._for_extra(requires, extra))
        looked_at = requires if self._profile.looks_for_rings_everywhere else Declared(found)
        if name not in looked_at.with_extras:
            return found
        own = [wanted for wanted in found if wanted.name == name and wanted.requirement.extras]
        seen: set[tuple[str, int]] = set()
        queue = deque((extra, wanted.marker) for wanted in own for extra in wanted.requirement.extras)
        while queue:
            inner, marker = queue.popleft()
            if (inner, id(marker)) in seen:
                continue
            seen.add((inner, id(marker)))
            for wanted in self._for_extra(requires, inner):
                both = wanted
                if self._profile.simplifies_extras:
                    both = replace(wanted, marker=self._algebra.both(wanted.marker, marker))
                if wanted.name == name:
                    queue.extend((extra, both.marker) for extra in wanted.requirement.extras)
                if wanted.name != name or self._profile.keeps_inner_bounds:
                    found.append(both)
        flat = [wanted for wanted in found if wanted.name != name or not wanted.requirement.extras]
        if not self._profile.keeps_self_dependencies:
            return flat
        return flat + [
            wanted
            for wanted in found
            if wanted.name == name
            and wanted.requirement.specifier
            and (wanted.requirement.extras or not self._profile.keeps_inner_bounds)
        ]

    def edges(self, wanted: Wanted, name: NormalizedName | None) -> list[Edge]:
        """The packages one requirement of a package asks for, with the versions it admits."""
        requirement = wanted.requirement
        versions = (
            ranges.EVERY_VERSION
            if requirement.url is not None
            else ranges.specifier_range(requirement.specifiers, self._profile.reading)
        )
        marker = self._algebra.assume_extras(wanted.marker, lambda _: True)
        extras: list[str | None] = [] if requirement.name == name else list(requirement.extras)
        if not extras or self._profile.extras_need_base:
            extras.insert(0, None)
        packages = [self._package(requirement.name, extra, marker) for extra in extras]
        if not self._profile.keeps_self_dependencies:
            packages = [package for package in packages if package != project(name or requirement.name) or not name]
        pinned = ranges.is_singleton(versions) or (
            self._profile.ranks_equality
            and ranges.is_pin(versions)
            and any(specifier.operator == "==" for specifier in requirement.specifiers)
        )
        return [Edge(package, versions, pinned) for package in packages]

    def proxied(self, package: Package, version: Range) -> list[Edge]:
        """The edges of a proxy: the packages it stands for, at exactly its version."""
        seen_through = [None] if package.marker is None else [None, package.marker]
        inner = [None, package.extra] if package.kind == "extra" else [None]
        return [
            Edge(
                Package(kind="project", name=package.name, extra=extra, marker=marker, group=package.group),
                version,
                pinned=True,
            )
            for marker in seen_through
            for extra in inner
        ]

    def holds(self, marker: str | None) -> bool:
        """Whether a marker, as packages carry it, can hold at all; one that a proxy of early releases carries may not.

        None is always true.
        """
        return marker is None or not self._profile.drops_unreachable or self._nodes[marker] is not markers.FALSE

    def _package(self, name: NormalizedName, extra: str | None, marker: Node) -> Package:
        text = None if marker is markers.TRUE else self._text(marker)
        if text is not None:
            self._nodes[text] = marker
        if extra is not None:
            return Package(kind="extra", name=name, extra=extra, marker=text)
        return project(name) if text is None else Package(kind="marker", name=name, marker=text)

    def _text(self, marker: Node) -> str:
        """The marker as packages carry it."""
        return str(marker)

    def _for_extra(self, requires: Declared, extra: str | None) -> Iterator[Wanted]:
        # an override may name the extra where what it stands for does not
        likely = requires if extra is None or self._overrides else requires.naming(extra)
        for wanted in self._overridden([one for one in likely if one.name not in self._excludes]):
            marker = self._applicable(wanted.marker, extra)
            if marker is None:
                continue
            kept = replace(wanted, marker=marker)
            yield kept
            yield from self._constrained(kept, extra)

    def _applicable(self, marker: Node, extra: str | None) -> Node | None:
        """What is left of a marker for the plain package or for one extra; None where it does not apply."""
        try:
            return self._applied[marker, extra]
        except KeyError:
            found = self._applied[marker, extra] = self._left(marker, extra)
            return found

    def _left(self, marker: Node, extra: str | None) -> Node | None:
        if extra is not None and extra not in marker.extras:
            return None
        if self._profile.simplifies_extras:
            left = self._without_extras(marker, extra)
            return left if self._counts(left) else None
        if extra is not None and self._counts(marker):
            return None
        active = frozenset() if extra is None else frozenset({extra})
        return marker if self._counts(marker, active) else None

    def _without_extras(self, marker: Node, extra: str | None) -> Node:
        """Where a requirement counts for the plain package, or for an extra and not for the plain package."""
        plain = self._algebra.assume_extras(marker, lambda _: False)
        if extra is None:
            return plain
        optional = self._algebra.assume_extras(marker, lambda other: other == extra)
        return self._algebra.both(optional, self._algebra.negate(plain))

    def _constrained(self, wanted: Wanted, extra: str | None) -> Iterator[Wanted]:
        active = frozenset() if extra is None else frozenset({extra})
        for constraint in self._constraints.get(wanted.name, ()):
            marker = self._algebra.both(constraint.marker, wanted.marker)
            if self._counts(marker, active):
                yield replace(constraint, marker=marker, constraint=True)

    def _overridden(self, requires: Sequence[Wanted]) -> Iterator[Wanted]:
        for wanted in requires:
            overrides = self._overrides.get(wanted.name)
            if overrides is None:
                yield wanted
                continue
            # an override of an optional requirement stays optional
            gate = self._algebra.top_level_extra(wanted.marker)
            for override in overrides:
                yield replace(override, marker=self._algebra.both(override.marker, gate))


def admits_nothing(requirement: Requirement, reading: Reading) -> bool:
    """Whether no version at all can meet a requirement, such as ``>2,<1``."""
    return requirement.url is None and not ranges.specifier_range(requirement.specifiers, reading)


def allows_yanked(
    requirements: Iterable[Requirement], preferred: Mapping[NormalizedName, Iterable[object]]
) -> dict[NormalizedName, frozenset[object]]:
    """The versions of each project whose yanked files are allowed.

    A lone ``==`` or ``===`` of the user's pins them, or an earlier resolution has them.
    """
    found: dict[NormalizedName, set[object]] = {name: set(versions) for name, versions in preferred.items()}
    for requirement in requirements:
        specifiers = list(requirement.specifiers) if requirement.url is None else []
        if (
            len(specifiers) == 1
            and specifiers[0].operator in ("==", "===")
            and not specifiers[0].version.endswith(".*")
        ):
            found.setdefault(requirement.name, set()).add(key(Version(specifiers[0].version)))
    return {name: frozenset(keys) for name, keys in found.items()}


def names_prerelease(specifier: str, behaviour: Profile) -> bool:
    """Whether a specifier of the user's mentions a pre-release in the way that opts in."""
    for one in specifier_set(specifier):
        if one.operator == "!=" and not behaviour.exclusions_name_prereleases:
            continue
        if is_prerelease(key(Version(one.version.removesuffix(".*")))):
            return True
    return False


def _by_name(wanted: Iterable[Wanted]) -> dict[NormalizedName, list[Wanted]]:
    found: dict[NormalizedName, list[Wanted]] = {}
    for one in wanted:
        found.setdefault(one.name, []).append(one)
    return found
