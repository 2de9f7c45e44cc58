"""One fork of a universal resolution: the search of ``engine`` for all environments of a marker at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, groupby

from packaging.utils import NormalizedName

from backtrail.model.flat_index import bare
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Run
from backtrail.model.source import Source
from backtrail.model.trail import Because, Package, Split, SplitBy
from backtrail.model.verdict import Exclusion, Reason
from backtrail.resolvers.protocol import Memory
from backtrail.resolvers.uv import ranges
from backtrail.resolvers.uv.behaviour import Forking
from backtrail.resolvers.uv.branching import branched
from backtrail.resolvers.uv.candidates import Candidate
from backtrail.resolvers.uv.direct import out_of_reach, same_resource
from backtrail.resolvers.uv.engine import NOTHING_INSIDE, Engine
from backtrail.resolvers.uv.markers import FALSE, TRUE, Algebra, Node
from backtrail.resolvers.uv.pubgrub import ROOT_ID
from backtrail.resolvers.uv.ranges import Range
from backtrail.resolvers.uv.requirements import Asked, Declared, Edge, Wanted, allows_yanked
from backtrail.resolvers.uv.universal.conflicts import chosen, split_by_conflicts
from backtrail.resolvers.uv.universal.coverage import Coverage, Divided, Uncovered
from backtrail.resolvers.uv.universal.expansion import ForkExpansion
from backtrail.resolvers.uv.universal.fork_environment import Environment
from backtrail.resolvers.uv.universal.lock_references import Reference, reference_of
from backtrail.resolvers.uv.universal.locking import Facts
from backtrail.resolvers.uv.universal.marker_relations import python_marker
from backtrail.resolvers.uv.universal.marker_writing import Writer
from backtrail.resolvers.uv.universal.members import Members
from backtrail.resolvers.uv.universal.merging import Link, Point, Solution
from backtrail.resolvers.uv.universal.preferences import Preference, Preferences
from backtrail.resolvers.uv.universal.python_range import first_python, split_at
from backtrail.resolvers.uv.universal.splitting import Dependency, in_order, split
from backtrail.resolvers.uv.versions import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What all forks of a resolution have in common; ``preferences`` grow as forks end.

    ``members`` are the projects that are locked, None where lines of requirements are asked for.
    """

    algebra: Algebra
    writer: Writer
    coverage: Coverage
    preferences: Preferences
    rules: Forking
    fewest: bool
    members: Members | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """A way on: a state to copy, where to go on, and what to do there first."""

    state: "Fork"
    environment: Environment
    begin: Callable[["Fork"], None]

    def fork(self) -> "Fork":
        """The fork that goes this way."""
        return self.state.within(self.environment)


class SplitError(Exception):
    """The fork ends in several, the last of them solved first."""

    def __init__(self, branches: Sequence[Branch]) -> None:
        """Remember the ways on."""
        super().__init__(f"{len(branches)} forks")
        self.branches = tuple(branches)


class Fork(Engine):
    """The state of one fork; a fork that splits is copied for each part and goes no further itself."""

    _expansion: ForkExpansion

    def __init__(
        self,
        question: Question,
        policy: Policy,
        source: Source,
        environment: Environment,
        shared: Shared,
        *,
        silent: bool,
        pace: Callable[[], None],
        memory: Memory | None = None,
    ) -> None:
        """Prepare the first fork; nothing is read yet."""
        super().__init__(question, policy, source, silent=silent, pace=pace, memory=memory)
        self._shared = shared
        self._algebra = shared.algebra
        self.environment = environment
        workspace = question.universal.workspace
        self._expansion = ForkExpansion(
            self._profile,
            environment,
            question.constraints,
            question.overrides,
            question.excludes,
            shared.writer,
            () if workspace is None else workspace.conflicts,
            () if workspace is None else frozenset(one.name for one in workspace.members if one.known_version is None),
        )

    def within(self, environment: Environment) -> "Fork":
        """The same state, to go on from in a part of the environments."""
        recorder = self._recorder.copy()
        other = branched(
            self,
            environment=environment,
            _recorder=recorder,
            _core=self._core.copy(recorder),
            _priorities=self._priorities.copy(),
            _conflicts=self._conflicts.copy(),
            _metadata=branched(self._metadata, _recorder=recorder),
            _added={number: set(versions) for number, versions in self._added.items()},
            _selected={},
            _expansion=self._expansion.within(environment),
            _catalogue=branched(self._catalogue, only=dict(self._catalogue.only)),
        )
        other.heed_own()
        return other

    def solve(self, begin: Callable[["Fork"], None]) -> Run:
        """Begin, and go on until the fork is solved or fails; raises SplitError where it ends in several."""
        return self._finished(lambda: begin(self))

    def prepare(self) -> None:
        """Begin a resolution."""
        self._prepare()

    # what the user asks for

    def _prepare(self) -> None:
        question = self._question
        own = [*question.constraints, *question.overrides, *(one.requirement for one in self._declared())]
        self._catalogue.yanked = allows_yanked(own, self._shared.preferences.versions())
        if question.options.require_hashes:
            self._catalogue.hashes = {requirement.name: requirement.hashes for requirement in own if requirement.hashes}
        self._heed(self._own())
        excludes = frozenset(question.excludes)
        self._want(one.name for one in question.requirements if one.url is None and one.name not in excludes)

    def heed_own(self) -> None:
        """Choose versions by what the user asks for directly in these environments."""
        self._heed(self._own())

    def _declared(self) -> list[Wanted]:
        """All that the user asks for, in lines of requirements or in projects, but for what is excluded."""
        members, excludes = self._shared.members, frozenset(self._question.excludes)
        if members is not None:
            return [one for one in members.own() if one.name not in excludes]
        return [self._expansion.own(one) for one in self._question.requirements if one.name not in excludes]

    def _own(self) -> list[Requirement]:
        others = (*self._question.constraints, *self._question.overrides)
        declared = (one.requirement for one in self._declared() if self._meets(self._without_extras(one.marker)))
        return [*declared, *(one for one in others if self._expansion.applies(one))]

    def _heed(self, own: Iterable[Requirement], inner: Mapping[Requirement, bool] = NOTHING_INSIDE) -> None:
        super()._heed(own, inner)
        if self._shared.members is not None:
            declared = (one for one in self._declared() if self._meets(self._without_extras(one.marker)))
            self._catalogue.direct = frozenset(one.name for one in declared)

    def _without_extras(self, marker: Node) -> Node:
        return self._algebra.assume_extras(marker, lambda _: True)

    def _requires(self, number: int, package: Package, version: Key) -> Declared | Because:
        members = self._shared.members
        if members is not None and package.name is None:
            return Declared([*(Wanted(one, TRUE) for one in members.root()), *members.root_groups()])
        if members is not None and package.name is not None and package.name in members:
            return Declared(members.requires(package.name, package.group))
        return super()._requires(number, package, version)

    def _admit_url(self, requirement: Requirement) -> None:
        """A direct reference counts in the forks that ask for it; raises StopError for one that is not the user's."""
        assert requirement.url is not None
        members = self._shared.members
        if requirement.name not in self._metadata.urls:
            if members is not None and requirement.name in members:
                self._metadata.direct[requirement.name] = members.metadata(requirement.name)
                self._metadata.urls[requirement.name] = requirement.url
            elif self._is_own(requirement.name, requirement.url):
                self._metadata.take_direct(requirement)
        super()._admit_url(requirement)

    def _is_own(self, name: NormalizedName, url: str) -> bool:
        """Whether a reference is the user's, or of one that is."""
        others = (*self._question.constraints, *self._question.overrides)
        inside = (self._metadata.requirements(one) or () for one in list(self._metadata.direct.values()))
        own = (*others, *(one.requirement for one in self._declared()), *chain.from_iterable(inside))
        return any(one.name == name and one.url is not None and same_resource(one.url, url) for one in own)

    # which version

    def _select(self, name: NormalizedName, wanted: Range) -> Candidate | None:
        preferred = self._preferred(name, wanted)
        if preferred is None:
            return self._catalogue.select(name, wanted)
        candidate, preference = preferred
        self._recorder.preferred(name, candidate.text, preference.fork)
        return candidate

    def _preferred(self, name: NormalizedName, wanted: Range) -> tuple[Candidate, Preference] | None:
        """The first version that was chosen before and can be used here."""
        highest = self._question.options.resolution != "lowest"
        for one in self._shared.preferences.of(name, self._meets, highest=highest):
            registry = self._catalogue.only.get(name, one.registry)
            if registry != one.registry and (registry is None or bare(registry) != one.registry):
                continue
            candidate = self._as_before(name, wanted, one.version, trusted=one.fork is None)
            if candidate is not None:
                return candidate, one
        return None

    def _meets(self, marker: Node) -> bool:
        """Whether a marker can hold in this fork."""
        return self._algebra.both(marker, self.environment.marker) is not FALSE

    def _fits_page(self, number: int, candidate: Candidate) -> bool:
        spec = candidate.represented.requires_python
        return spec is None or self._fits(number, candidate.version, spec, splits=True)

    def _fits_python(self, number: int, version: Key, requires_python: str) -> bool:
        splits = self._shared.rules.splits_on_metadata_python
        return self._fits(number, version, requires_python, splits=splits)

    def _fits(self, number: int, version: Key, requires_python: str, *, splits: bool) -> bool:
        """Whether a version is for the Pythons of the fork; raises SplitError where it is for some of them."""
        if self._allows_python(requires_python):
            return True
        low = first_python(requires_python)
        splits = splits and self._shared.rules.splits_on_requires_python and not self._shared.fewest
        halves = None if low is None or not splits else split_at(self.environment.pythons, low)
        if halves is None:
            return False
        markers = [self._algebra.both(self.environment.marker, python_marker(self._algebra, one)) for one in halves]
        self._added.get(number, set()).discard(version)  # it is looked at anew in each half
        again = partial(Fork.take_again, number=number)
        ways = [(self.environment.within(marker), again) for marker in markers]
        raise self._split(number, version, SplitBy.REQUIRES_PYTHON, ways)

    def _allows_python(self, requires_python: str) -> bool:
        low = first_python(requires_python)
        return low is None or self.environment.pythons.low >= low

    def _is_out_of_reach(self, url: str) -> bool:
        pythons = self._question.target.pythons
        assert pythons is not None, "a universal resolution is for a range of Pythons"
        return out_of_reach(url, pythons.low, pythons.high)

    def _settle(self, number: int, name: NormalizedName, wanted: Range, candidate: Candidate) -> None:
        if not self._shared.coverage.reaches_python(candidate.represented, self.environment):
            miss = Exclusion(reason=Reason.TAG_PYTHON_VERSION)
            self._refuse(number, candidate.version, Because.FILES, exclusions=(miss,))
            return

        def base(version: Key) -> Candidate | None:
            only = ranges.intersection(wanted, ranges.singleton(version))
            preferred = self._preferred(name, only)
            return self._catalogue.select(name, only) if preferred is None else preferred[0]

        found = self._shared.coverage.of(candidate, self.environment, lambda: self._needed(number), base)
        match found:
            case Uncovered(required):
                miss = Exclusion(reason=Reason.UNCOVERED, value=self._shared.writer.text(required))
                self._refuse(number, candidate.version, Because.FILES, exclusions=(miss,))
            case Divided(marker, inside, outside):
                both, here = self._algebra.both, self.environment.marker
                why = SplitBy.COVERAGE if inside is None else SplitBy.LOCAL_VERSION
                raise self._split(
                    number,
                    candidate.version,
                    why,
                    [
                        (self.environment.within(both(here, where)), self._taking(number, version))
                        for where, version in ((marker, inside), (self._algebra.negate(marker), outside))
                    ],
                )
            case Candidate():
                self._recorder.spelling(name, found.version, found.text)
                super()._settle(number, name, wanted, found)

    def _needed(self, number: int) -> Node:
        """Where a package is needed at all, by what has been seen of requirements on it and on those that have them."""
        needed = {ROOT_ID: TRUE}
        waiting = [ROOT_ID]
        while waiting:
            parent = waiting.pop()
            for one in self._core.dependencies(parent):
                assert one.edge is not None
                child = one.edge[1]
                marker = self._expansion.marker_of(self._core.packages[child])
                before = needed.get(child, FALSE)
                now = self._algebra.either(before, self._algebra.both(needed[parent], marker))
                if now is not before:
                    needed[child] = now
                    waiting.append(child)
        return needed.get(number, FALSE)

    # splitting

    def _in_force(self, number: int, version: Key, asked: Iterable[Asked]) -> list[Edge]:
        by_name = sorted(asked, key=lambda one: one.wanted.name)
        dependencies = [
            Dependency(one.wanted, edge, self._expansion.marker_of(edge.package))
            for one in by_name
            for edge in one.edges
        ]
        found = split(self._algebra, dependencies, self.environment, self._shared.rules)
        workspace = self._question.universal.workspace
        conflicts = () if workspace is None else workspace.conflicts
        parts = split_by_conflicts(found.parts, conflicts, root=number == ROOT_ID)
        if len(parts) == 1:
            return self._note(number, version, _grouped(parts[0].dependencies))
        newest_first = self._shared.rules.newest_python_first and not (
            self._shared.fewest or self._question.options.resolution == "lowest"
        )
        ways = [
            (
                self.environment.within(part.marker)._replace(included=part.included, excluded=part.excluded),
                partial(Fork.enter, number=number, version=version, asked=_grouped(part.dependencies)),
            )
            for part in in_order(parts, newest_first=newest_first)
        ]
        raise self._split(number, version, SplitBy.MARKERS, ways, found.names)

    def _note(self, number: int, version: Key, asked: Sequence[Asked]) -> list[Edge]:
        """Requirements in force, noted as required, and the indexes that they name."""
        for one in asked:
            if one.wanted.requirement.index is not None:
                self._admit_index(one.wanted.requirement)
        return super()._in_force(number, version, asked)

    def _split(
        self,
        number: int,
        version: Key,
        why: SplitBy,
        ways: Iterable[tuple[Environment, Callable[["Fork"], None]]],
        names: tuple[NormalizedName, ...] = (),
    ) -> SplitError:
        """Go on in parts of the environments, in each in its own way, the last first."""
        left = [way for way in ways if way[0].marker is not FALSE]
        markers = tuple(self._shared.writer.text(environment.marker) for environment, _ in reversed(left))
        package = self._core.packages[number]
        branches = []
        for (environment, begin), text in zip(left, reversed(markers), strict=True):
            event = Split(
                package=package,
                version="" if package.name is None else self._recorder.text(package, version),
                why=why,
                names=names,
                marker=text,
                markers=markers,
            )
            branches.append(Branch(self, environment, partial(Fork.go_on, event=event, begin=begin)))
        return SplitError(branches)

    def go_on(self, event: Split, begin: Callable[["Fork"], None]) -> None:
        """Note that this fork began here, and begin."""
        self._recorder.split(event)
        begin(self)

    def enter(self, number: int, version: Key, asked: Sequence[Asked]) -> None:
        """Go on with a part of a version's requirements."""
        edges = self._note(number, version, asked)
        package = self._core.packages[number]
        chosen = (
            None if package.name is None or package.kind != "project" else self._install_name(package.name, version)
        )
        self._enter(number, version, edges, chosen)

    def take_again(self, number: int) -> None:
        """Select a version of a package anew."""
        name = self._core.packages[number].name
        assert name is not None, "only a project's version splits a fork"
        self._take(number, name, self._core.range_of(number))

    def _taking(self, number: int, candidate: Candidate | None) -> Callable[["Fork"], None]:
        """Take a version of a package as it is, or select one anew."""
        if candidate is None:
            return partial(Fork.take_again, number=number)
        return partial(Fork.take_fixed, number=number, candidate=candidate)

    def take_fixed(self, number: int, candidate: Candidate) -> None:
        """Take a version of a package, whatever its wheels cover."""
        name = self._core.packages[number].name
        assert name is not None, "only a project's version splits a fork"
        self._recorder.spelling(name, candidate.version, candidate.text)
        super()._settle(number, name, self._core.range_of(number), candidate)

    # the end

    def solution(self) -> Solution:
        """What a solved fork chose: projects and extras, and the requirements among them that lead from one to another.

        All requirements in force count, not only those on the project itself.
        """
        versions = dict(self._core.solution.decided())
        packages = self._core.packages
        points = []
        links: list[Link] = []
        for number, version in versions.items():
            package = packages[number]
            if package.kind not in ("root", "project"):
                continue
            start = self._point(package, version)
            if package.name is not None and package.marker is None:
                points.append(start)
            for one in self._core.dependencies(number):
                assert one.edge is not None
                end = one.edge[1]
                if (
                    end in versions
                    and end in one.terms
                    and packages[end].name is not None
                    and (packages[end].name != package.name or package.group is not None)
                    and ranges.contains(one.terms[number], version)
                    and not ranges.contains(one.terms[end], versions[end])
                ):
                    links += self._links(start, packages[end], versions[end])
        choice = chosen(self._algebra, self.environment)
        return Solution(self._algebra.both(self.environment.marker, choice), tuple(points), tuple(links))

    def _links(self, start: Point, package: Package, version: Key) -> Iterator[Link]:
        """A proxy leads to what it stands for, that of an extra to its project, too."""
        marker = self._expansion.marker_of(package)
        end = self._point(package, version)
        yield Link(start, end, marker)
        if package.kind == "extra":
            yield Link(start, end._replace(extra=""), marker)

    def _point(self, package: Package, version: Key) -> Point:
        url = self._metadata.urls[package.name] if package.name in self._urls else ""
        index = "" if package.name is None else self._catalogue.only.get(package.name, "")
        return Point(package.name, version, url, index, package.extra or "", package.group or "")

    def facts(self, point: Point) -> Facts:
        """What is known of a version that this fork chose."""
        assert point.name is not None
        chosen = self._chosen.get((point.name, point.version))
        represented = None if chosen is None or point.url else chosen.represented
        install = None if represented is None else represented.install
        reference = self._reference(point.name, point.url) if point.url else None
        return Facts(self.text(point), represented, "" if install is None else bare(install.index), reference)

    def _reference(self, name: NormalizedName, url: str) -> Reference | None:
        """What a direct reference says of itself; None for a project that is locked itself."""
        if self._shared.members is not None and name in self._shared.members:
            return None
        return reference_of(self._metadata, name, url)

    def text(self, point: Point) -> str:
        """The version of a point in the index's spelling."""
        return self._recorder.text(Package(kind="project", name=point.name), point.version)


def _grouped(dependencies: Iterable[Dependency]) -> tuple[Asked, ...]:
    """The requirements of some edges, each with those of its edges."""
    groups = groupby(dependencies, key=lambda one: id(one.wanted))
    parts = (list(group) for _, group in groups)
    return tuple(Asked(part[0].wanted, [one.edge for one in part]) for part in parts)
