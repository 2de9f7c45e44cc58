"""The uv engine: its main loop, from requirements to pins, recorded (docs/solver.md 4)."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from packaging.markers import InvalidMarker
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.model.files import File, NotRecordedError, Unreadable
from backtrail.model.metadata import Failure, Metadata, Unavailable, too_complex
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Run
from backtrail.model.source import Source
from backtrail.model.trail import Because, GaveUpError, Outcome, Package, Stop
from backtrail.model.verdict import Exclusion, Reason
from backtrail.resolvers.protocol import Memory
from backtrail.resolvers.uv import ranges
from backtrail.resolvers.uv.ahead import Ahead
from backtrail.resolvers.uv.behaviour import Profile, profile
from backtrail.resolvers.uv.candidates import Candidate, Catalogue
from backtrail.resolvers.uv.direct import is_folder, out_of_reach
from backtrail.resolvers.uv.history import HISTORY
from backtrail.resolvers.uv.incompatibility import Incompatibility, Kind
from backtrail.resolvers.uv.installed_candidates import Present
from backtrail.resolvers.uv.markers import MarkerSizeError
from backtrail.resolvers.uv.metadata_reader import MetadataReader, StopError
from backtrail.resolvers.uv.picking import Heap, Queue
from backtrail.resolvers.uv.priorities import Conflicts, Priorities
from backtrail.resolvers.uv.pubgrub import ROOT_ID, Core, NoSolutionError
from backtrail.resolvers.uv.ranges import Range
from backtrail.resolvers.uv.recorder import Recorder
from backtrail.resolvers.uv.requirements import (
    PROXIES,
    Asked,
    Declared,
    Edge,
    Expansion,
    Wanted,
    admits_nothing,
    allows_yanked,
    base_of,
    names_prerelease,
    project,
)
from backtrail.resolvers.uv.solution import pins
from backtrail.resolvers.uv.versions import ROOT, Key, is_prerelease, key, public
from backtrail.standards.requires_python import fits


class _Kept(NamedTuple):
    """What the metadata of a version requires, for further runs of the same rules."""

    metadata: Metadata
    declared: Declared


NOTHING_INSIDE: Mapping[Requirement, bool] = MappingProxyType({})
"""No direct reference requires anything."""


def solve(
    question: Question,
    policy: Policy,
    source: Source,
    *,
    silent: bool = False,
    pace: Callable[[], None] = lambda: None,
    memory: Memory | None = None,
) -> Run:
    """Answer a question as this release of uv would. ``silent``, ``pace`` and ``memory`` are as for ``resolve``."""
    return Engine(question, policy, source, silent=silent, pace=pace, memory=memory).run()


def _preferred(question: Question) -> dict[NormalizedName, list[Key]]:
    """The versions that a file of an earlier resolution has for this environment, by project; forks see to theirs."""
    found: dict[NormalizedName, list[Key]] = {}
    for one in question.universal.tried_first if question.target.pythons is None else ():
        if one.counts(question.target.markers):
            found.setdefault(one.name, []).append(key(one.parsed))
    return found


class Engine:
    """One run. It decides by the question, the policy and the facts, never by the order in which facts arrive."""

    def __init__(
        self,
        question: Question,
        policy: Policy,
        source: Source,
        *,
        silent: bool = False,
        pace: Callable[[], None] = lambda: None,
        memory: Memory | None = None,
    ) -> None:
        """Prepare a run; nothing is read yet."""
        self._question = question
        self._limit = question.rounds
        self._pace = pace
        self._policy = policy
        self._profile: Profile = profile(policy)
        self._present = Present(question, self._profile)
        self._source = source
        self._recorder = Recorder(silent=silent)
        self._core = Core(Queue() if self._profile.reorders_changed else Heap(), self._recorder, self._profile)
        self._priorities = Priorities(self._profile)
        self._conflicts = Conflicts()
        self._expansion = Expansion(
            self._profile, question.target.markers, question.constraints, question.overrides, question.excludes
        )
        self._memory: Memory = {} if memory is None else memory
        self._catalogue = Catalogue(
            source,
            self._profile,
            question.target,
            question.indexes,
            question.options,
            self._memory,
            self._present,
        )
        self._metadata = MetadataReader(source, self._profile, question, self._recorder)
        self._urls: set[NormalizedName] = set()
        self._selected: dict[int, tuple[Range, Key]] = {}
        self._added: dict[int, set[Key]] = {}
        self._looked_at: set[tuple[NormalizedName, Key]] = set()
        self._displaced: dict[NormalizedName, Range] = {}
        self._chosen: dict[tuple[NormalizedName, Key], Candidate] = {}
        self._expanded: dict[tuple[int, Key], list[tuple[Wanted, list[Package]]]] = {}
        self._ahead = Ahead(source, self._catalogue)
        self._preferred_versions = _preferred(question)
        self._next = ROOT_ID
        self._target = Version(question.target.python)

    @property
    def selections(self) -> list[tuple[str, str]]:
        """Projects and versions in the order they were selected, repetitions and proxies included."""
        return self._recorder.selections

    def run(self) -> Run:
        """Solve; whatever happens in the world becomes an outcome."""
        return self._finished(self._prepare)

    def _finished(self, begin: Callable[[], None]) -> Run:
        """Begin, and go on until the run ends."""
        outcome, terminal, failure, stop = Outcome.SOLVED, None, None, None
        try:
            begin()
            while self._turn():
                pass
        except NoSolutionError as error:
            outcome, terminal = Outcome.IMPOSSIBLE, error.incompatibility
        except StopError as error:
            outcome, failure = error.outcome, error.failure
        except NotRecordedError as error:
            outcome = Outcome.UNKNOWN
            failure = Unavailable(failure=Failure.NOT_RECORDED, file=error.what, detail=str(error))
        except GaveUpError as error:
            outcome, stop = Outcome.GAVE_UP, error.stop
        return self._finish(outcome, terminal, failure, stop)

    def _prepare(self) -> None:
        if self._present.unreadable is not None:
            raise StopError(Outcome.ABORTED, self._present.unreadable)
        own = self._own()
        if self._question.options.require_hashes:
            self._catalogue.hashes = {requirement.name: requirement.hashes for requirement in own if requirement.hashes}
        for requirement in own:
            self._heed_index(requirement)
            if requirement.url is not None:
                self._metadata.read_direct(requirement, override=requirement in self._question.overrides)
        inner = self._follow_direct(own)
        self._catalogue.yanked = allows_yanked([*own, *inner], self._preferred_versions)
        self._heed(own, inner)
        self._want(requirement.name for requirement in self._question.requirements)

    def _heed_index(self, requirement: Requirement) -> None:
        """Look at the index that a requirement names, unless an override stands instead of the requirement."""
        if requirement.index is not None and all(one.name != requirement.name for one in self._question.overrides):
            self._admit_index(requirement)

    def _admit_index(self, requirement: Requirement) -> None:
        """Look at one index alone for a project; raises StopError where another one was named."""
        assert requirement.index is not None
        known = self._catalogue.only.setdefault(requirement.name, requirement.index)
        if known != requirement.index:
            detail = f"two indexes: {known} and {requirement.index}"
            conflict = Unavailable(failure=Failure.INVALID, file=requirement.name, detail=detail)
            raise StopError(Outcome.ABORTED, conflict)

    def _follow_direct(self, own: Iterable[Requirement]) -> dict[Requirement, bool]:
        """Read the direct references, and heed the indexes, that direct references name in their own metadata.

        What they require counts as if the user had asked for it. True: a folder asks for it, whoever asks for that.
        """
        found: dict[Requirement, bool] = {}
        queue = deque(requirement for requirement in own if requirement.url is not None)
        while queue:
            asked = queue.popleft()
            metadata = self._metadata.direct.get(asked.name)
            folder = is_folder(asked.url or "")
            for inner in self._metadata.requirements(metadata) or () if metadata is not None else ():
                if not self._expansion.applies_within(inner, asked.extras):
                    continue
                known = inner in found
                found[inner] = folder or found.get(inner, False)
                if known:
                    continue
                self._heed_index(inner)
                if inner.url is not None:
                    self._metadata.read_direct(inner, override=False)
                    queue.append(inner)
        return found

    def _own(self) -> list[Requirement]:
        """The user's requirements that count here, constraints and overrides among them."""
        question = self._question
        own = (*question.requirements, *question.constraints, *question.overrides)
        return [requirement for requirement in own if self._expansion.applies(requirement)]

    def _heed(self, own: Iterable[Requirement], inner: Mapping[Requirement, bool] = NOTHING_INSIDE) -> None:
        """Choose versions by what the user asks for directly, where a mode looks at that.

        ``inner`` is what direct references require, True: those to folders.
        """
        wanted = [requirement for requirement in self._question.requirements if self._expansion.asks(requirement)]
        wanted += [requirement for requirement, of_folder in inner.items() if of_folder]
        self._catalogue.direct = frozenset(requirement.name for requirement in wanted)
        self._catalogue.prereleases = frozenset(
            requirement.name for requirement in (*own, *inner) if names_prerelease(requirement.specifier, self._profile)
        )

    def _want(self, names: Iterable[NormalizedName]) -> None:
        if self._present.satisfies:
            return
        wanted = [name for name in dict.fromkeys(names) if name not in self._metadata.direct]
        first: dict[str, list[NormalizedName]] = {}
        for name in wanted:
            for index in self._catalogue.locations(name)[:1]:
                first.setdefault(index, []).append(name)
        for index, names_there in first.items():
            self._source.want_pages(index, names_there)

    # the main loop

    def _turn(self) -> bool:
        """Do one iteration; False when every package is decided."""
        if self._limit is not None and self._recorder.rounds >= self._limit.bound:
            raise GaveUpError(self._limit)
        self._pace()
        self._recorder.round()
        for affected, incompatibility in self._core.propagate(self._next):
            self._record_conflict(affected, incompatibility)
        if self._profile.fails_ahead and not self._question.options.no_deps:
            self._look_at_changed()
        if self._profile.counts_conflicts:
            self._reprioritise()
        picked = self._core.picker.pick(self._core.solution, self._priority)
        if picked is None:
            return False
        number, among = picked
        self._next = number
        package = self._core.packages[number]
        wanted = self._core.range_of(number)
        rank, place = self._priorities.of(package)
        self._recorder.chosen(package, among, rank.label, place, wanted)
        if package.kind == "root":
            self._visit(number, ROOT, None)
            return True
        if package.name is None:
            self._refuse_range(number, wanted, Because.NO_VERSION)
            return True
        if package.name in self._urls:
            self._take_url(number, package.name, wanted)
        else:
            self._take(number, package.name, wanted)
        return True

    def _look_at_changed(self) -> None:
        """Read the metadata of what would be selected now, wherever a package changed; raises StopError.

        Early releases end where that cannot be built or read, whether they come to select it or not. Recordings that
        do not hold what was looked at in advance only are taken to hold nothing amiss.
        """
        for number in self._core.picker.changed(self._core.solution):
            package = self._core.packages[number]
            if package.name is None or package != project(package.name) or package.name in self._metadata.direct:
                continue
            try:
                self._look_at(package.name, self._core.range_of(number))
            except NotRecordedError:
                continue
            except StopError as error:
                if not isinstance(error.failure, Unavailable) or error.failure.failure is not Failure.NOT_RECORDED:
                    raise

    def _look_at(self, name: NormalizedName, wanted: Range) -> None:
        candidate = self._catalogue.select(name, wanted)
        if candidate is not None and self._would_read(name, wanted, candidate):
            self._looked_at.add((name, candidate.version))
            self._metadata.read(name, candidate)

    def _would_read(self, name: NormalizedName, wanted: Range, candidate: Candidate) -> bool:
        """Whether early releases read a candidate's metadata in advance."""
        represented = candidate.represented
        if not candidate.compatible or not represented.python_ok or (name, candidate.version) in self._looked_at:
            return False
        if represented.kind == "wheel":
            return True
        unbounded = wanted[0] == ranges.LOWEST and not self._catalogue.highest(name)
        unbuilt = represented.kind == "sdist" and not self._question.options.build_sdists
        return not unbounded and not unbuilt and self._builds(represented.requires_python or "")

    def _priority(self, number: int) -> tuple[int, ...]:
        return self._priorities.key(self._core.packages[number], number)

    def _take(self, number: int, name: NormalizedName, wanted: Range) -> None:
        """Select a version of a registry package and look into it."""
        if name in self._displaced:
            narrowed = ranges.intersection(wanted, self._displaced[name])
            wanted = narrowed if self._can_take(name, narrowed) else wanted
        remembered = self._selected.get(number)
        if self._profile.remembers_selections and remembered is not None and remembered[0] == wanted:
            self._visit(number, remembered[1], self._install_name(name, remembered[1]), again=True)
            return
        versions = self._catalogue.versions(name)
        self._recorder.read("listing", name)
        if versions.failure is not None:
            raise StopError(Outcome.UNKNOWN, versions.failure)
        candidate = self._select(name, wanted)
        package = self._core.packages[number]
        if candidate is None:
            missing = not versions.found and package.kind == "project"
            self._refuse_range(number, wanted, Because.NOT_FOUND if missing else Because.NO_VERSION)
            return
        self._recorder.spelling(name, candidate.version, candidate.text)
        represented = candidate.represented
        if not candidate.compatible:
            self._refuse(number, candidate.version, Because.FILES, exclusions=represented.exclusions)
            return
        if not self._fits_page(number, candidate):
            self._refuse_python(number, candidate.version, represented.requires_python or "")
            return
        self._settle(number, name, wanted, candidate)

    def _select(self, name: NormalizedName, wanted: Range) -> Candidate | None:
        """The version to try; None where nothing is left."""
        for version in self._preferred_versions.get(name, ()):
            candidate = self._as_before(name, wanted, version)
            if candidate is not None:
                self._recorder.preferred(name, candidate.text, None)
                return candidate
        return self._catalogue.select(name, wanted)

    def _as_before(
        self, name: NormalizedName, wanted: Range, version: Key, *, trusted: bool = True
    ) -> Candidate | None:
        """A version that was chosen before, or a local build of it, where it can be used here.

        A pre-release that is ``trusted`` was written down by somebody, and is allowed unless the mode says otherwise.
        """
        match self._question.options.prereleases(name):
            case "allow" | "disallow" as mode:
                allowed = mode == "allow"
            case "explicit":
                allowed = name in self._catalogue.prereleases
            case _:
                allowed = trusted
        if not (allowed or not is_prerelease(version)) or not ranges.contains(wanted, version):
            return None
        candidate = self._catalogue.exactly(name, version)
        if candidate is None:
            return None
        if version != public(version) or not self._profile.prefers_local_builds:
            return candidate
        local = self._catalogue.locals_of(name, version)
        return next((other for other in local if ranges.contains(wanted, other.version)), candidate)

    def _fits_page(self, number: int, candidate: Candidate) -> bool:  # noqa: ARG002  several Pythons look at the package
        """Whether a version of a package is for the target's Python, by its page."""
        represented = candidate.represented
        return represented.python_ok and (
            represented.kind == "wheel" or self._builds(represented.requires_python or "")
        )

    def _settle(self, number: int, name: NormalizedName, wanted: Range, candidate: Candidate) -> None:
        """Take a version that nothing on its page speaks against, and look into it."""
        self._recorder.attempted(name, candidate.text)
        self._ahead.selected(name, candidate.version, wanted)
        self._chosen[name, candidate.version] = candidate
        self._selected[number] = (wanted, candidate.version)
        self._visit(number, candidate.version, self._install_name(name, candidate.version))

    def _builds(self, requires_python: str) -> bool:
        """Whether the installed Python may build what requires this; only early releases ask before they have to."""
        installed = self._question.target.installed
        if not self._profile.asks_installed or installed is None or not requires_python:
            return True
        return fits(requires_python, Version(installed), whole=self._profile.reads_whole_requires_python)

    def _take_url(self, number: int, name: NormalizedName, wanted: Range) -> None:
        """Take the one version of a direct reference, if it is wanted."""
        metadata = self._metadata.direct[name]
        version = key(Version(metadata.version))
        self._recorder.spelling(name, version, str(Version(metadata.version)))
        if not ranges.contains(wanted, version):
            self._refuse_range(number, wanted, Because.NO_VERSION)
            return
        python = metadata.requires_python
        if self._profile.checks_direct_wheels and self._is_out_of_reach(self._metadata.urls[name]):
            self._refuse(number, version, Because.FILES, exclusions=(Exclusion(reason=Reason.TAG_PYTHON_VERSION),))
            return
        if python and not (self._allows_python(python) and self._builds(python)):
            self._refuse_python(number, version, python)
            return
        self._recorder.attempted(name, str(Version(metadata.version)))
        self._visit(number, version, None)

    def _install(self, name: NormalizedName | None, version: Key) -> File | None:
        """The file of a version that would be installed; None for a direct reference, and for what has no name."""
        chosen = None if name is None else self._chosen.get((name, version))
        return None if chosen is None else chosen.represented.install

    def _install_name(self, name: NormalizedName, version: Key) -> str | None:
        install = self._install(name, version)
        return None if install is None else install.filename

    def _visit(self, number: int, version: Key, file: str | None, *, again: bool = False) -> None:
        """Bring a version's requirements into force and decide it, unless they contradict what is decided."""
        package = self._core.packages[number]
        shown = file if package.kind == "project" else None
        added = self._added.setdefault(number, set())
        if version in added:
            self._core.decide(number, version, shown, again=again)
            return
        if self._profile.retries_refused:
            added.add(version)
        if package.kind in PROXIES:
            edges = self._expansion.proxied(package, ranges.singleton(version))
            self._enter(number, version, edges, shown, again=again)
            return
        asked = self._asked(number, package, version)
        if isinstance(asked, Because):
            self._refuse(number, version, asked, unavailable=self._metadata.reason)
            return
        self._enter(number, version, self._in_force(number, version, asked), shown, again=again)

    def _enter(self, number: int, version: Key, edges: list[Edge], shown: str | None, *, again: bool = False) -> None:
        """Decide a version, with edges that are new, unless they contradict what is decided."""
        package = self._core.packages[number]
        if self._profile.crashes_on_twins and sum(edge.package == package for edge in edges) > 1:
            detail = "two requirements of a version on itself: uv ends with an error of its own"
            raise StopError(Outcome.ABORTED, Unavailable(failure=Failure.INVALID, file=str(package), detail=detail))
        self._added.setdefault(number, set()).add(version)
        created = self._require(number, version, edges)
        if self._profile.displaces and self._displace(edges):
            return
        broken = None
        if self._core.solution.has_backtracked or not self._profile.decides_unchecked:
            broken = self._core.first_satisfied(number, version, created)
        if broken is None:
            self._core.decide(number, version, shown, again=again)
            self._ahead.decided(self._install(package.name, version))
            return
        self._recorder.rejected(self._core, package, version, Because.CONFLICT, incompatibility=broken)
        self._look_ahead(number, package)
        self._record_conflict(number, broken)

    def _displace(self, edges: list[Edge]) -> bool:
        """Undo the first decision that these requirements contradict and that can be made otherwise; whether there is.

        No release of uv does this: it is pip's way, switched on to see what it decides. The project is decided again
        within the range that displaced it.
        """
        for edge in edges:
            name = edge.package.name
            if name is None or edge.required is None:
                continue
            base = self._core.number(project(name))
            assignment = self._core.solution.assignments.get(base)
            if assignment is None or assignment.decision is None:
                continue
            within = ranges.intersection(edge.versions, self._displaced.get(name, ranges.EVERY_VERSION))
            open_before = ranges.intersection(assignment.derivations[-1].accumulated, within)
            if ranges.contains(edge.versions, assignment.decision.version) or not self._can_take(name, open_before):
                continue
            self._displaced[name] = within
            self._core.backtrack_before(base, Because.DISPLACED)
            return True
        return False

    def _can_take(self, name: NormalizedName, wanted: Range) -> bool:
        candidate = self._catalogue.select(name, wanted) if wanted and name not in self._urls else None
        return candidate is not None and candidate.compatible and candidate.represented.python_ok

    def _asked(self, number: int, package: Package, version: Key) -> list[Asked] | Because:
        """What a version asks for, or why it cannot be used."""
        requires = self._requires(number, package, version)
        if isinstance(requires, Because):
            return requires
        own = package.name if package.group is None else None  # a group is no part of its project
        try:
            wanted = self._expansion.expand(requires, own, package.extra)
        except MarkerSizeError:
            raise StopError(Outcome.UNKNOWN, too_complex(str(package))) from None
        if self._profile.refuses_empty_requirements and any(
            admits_nothing(one.requirement, self._profile.reading) for one in wanted
        ):
            return Because.EMPTY
        return [Asked(one, self._expansion.edges(one, own)) for one in wanted]

    def _in_force(self, number: int, version: Key, asked: Iterable[Asked]) -> list[Edge]:
        """The edges of what a version asks for, noted as required."""
        package = self._core.packages[number]
        text = None if package.name is None else self._recorder.text(package, version)
        edges: list[Edge] = []
        kept = []
        for wanted, its in asked:
            required = self._recorder.required(wanted.requirement, package.name, text, constraint=wanted.constraint)
            edges += [
                edge._replace(versions=self._with_locals(wanted, edge.versions), required=required) for edge in its
            ]
            kept.append((wanted, [edge.package for edge in its]))
            if wanted.requirement.url is not None:
                self._admit_url(wanted.requirement)
        self._expanded[number, version] = kept
        return edges

    def _admit_url(self, requirement: Requirement) -> None:
        """Let a requirement's direct reference in; raises StopError where it is not the user's."""
        self._metadata.admit_direct(requirement)
        self._urls.add(requirement.name)

    def _requires(self, number: int, package: Package, version: Key) -> Declared | Because:
        if package.name is None:
            return Declared(map(self._expansion.own, self._question.requirements))
        if self._question.options.no_deps:
            return Declared()
        metadata = self._read(package.name, version)
        if metadata is None:
            return Because.METADATA
        if (
            self._profile.checks_metadata_python
            and metadata.requires_python
            and not self._fits_python(number, version, metadata.requires_python)
        ):
            return Because.REQUIRES_PYTHON
        # What is kept keeps its metadata, so that no other can have this identity; only sources depend on the question.
        view = Declared, self._expansion.reader, id(metadata)
        known = self._memory.get(view)
        if isinstance(known, _Kept):
            return known.declared
        parsed = self._metadata.requirements(metadata)
        assert parsed is not None, "what cannot be parsed is refused when it is read"
        try:
            declared = Declared(map(self._expansion.wanted, parsed))
        except MarkerSizeError:
            raise StopError(Outcome.UNKNOWN, too_complex(metadata.file or metadata.name)) from None
        except InvalidMarker:
            return Because.METADATA
        if not metadata.sources:
            self._memory[view] = _Kept(metadata, declared)
        return declared

    def _fits_python(self, number: int, version: Key, requires_python: str) -> bool:  # noqa: ARG002  several Pythons look at the package
        """Whether a version of a package is for the target's Python, by its metadata."""
        return self._allows_python(requires_python)

    def _allows_python(self, requires_python: str) -> bool:
        """Whether a Requires-Python lets the target's Python in."""
        return fits(requires_python, self._target, whole=self._profile.reads_whole_requires_python)

    def _is_out_of_reach(self, url: str) -> bool:
        """Whether a direct reference is to a wheel that only older Pythons can use."""
        return out_of_reach(url, (self._target.release, True), None)

    def _read(self, name: NormalizedName, version: Key) -> Metadata | None:
        if name in self._urls:
            return self._metadata.direct[name]
        return self._metadata.read(name, self._chosen[name, version])

    def _with_locals(self, wanted: Wanted, versions: Range) -> Range:
        """Before PEP 440 locals: a local build that the user pins also meets requirements of its public version."""
        if self._profile.locals_match or wanted.requirement.url is not None:
            return versions
        for local in self._own_locals.get(wanted.name, ()):
            mapped = ranges.EVERY_VERSION
            for specifier in wanted.requirement.specifiers:
                mapped = ranges.intersection(mapped, ranges.on_local(specifier, local))
            versions = ranges.union(versions, mapped)
        return versions

    @cached_property
    def _own_locals(self) -> dict[NormalizedName, list[Version]]:
        """The local builds that the user pins; asked for once the user's direct references are read."""
        own = (*self._question.requirements, *self._question.constraints, *self._question.overrides)
        found: dict[NormalizedName, list[Version]] = {}
        for requirement in own:
            if requirement.url is not None:
                metadata = self._metadata.direct.get(requirement.name)
                if metadata is not None and Version(metadata.version).local:
                    found.setdefault(requirement.name, []).append(Version(metadata.version))
                continue
            for specifier in requirement.specifiers:
                if specifier.operator == "==" and "+" in specifier.version:
                    found.setdefault(requirement.name, []).append(Version(specifier.version))
        return found

    def _require(self, number: int, version: Key, edges: list[Edge]) -> list[Incompatibility]:
        self._want(edge.package.name for edge in edges if edge.package.name is not None)
        bases = [base_of(edge.package) if self._profile.binds_proxies else None for edge in edges]
        quiet = self._profile.proxies_first and self._core.packages[number].kind in PROXIES
        for edge, base in zip(edges, bases, strict=True):
            for seen in filter(None, (edge.package, base) if not quiet else ()):
                self._priorities.discover(seen, pinned=edge.pinned, url=seen.name in self._urls)
        for edge, base in zip(edges, bases, strict=True):
            if base is not None:
                proxy = self._core.number(edge.package)
                self._core.require_base(proxy, self._core.number(base), edge.versions)
        versions = self._gap(number, version, wide=self._profile.widens_dependents)
        return self._core.require_all(number, versions, edges)

    # refusals

    def _gap(self, number: int, version: Key, *, wide: bool) -> Range:
        """The version with the gap around it where nothing else exists if ``wide``, else just the version."""
        package = self._core.packages[number]
        if not wide or package.name is None or package.name in self._urls:
            return ranges.singleton(version)
        return self._catalogue.gap(package.name, version)

    def _refuse_range(self, number: int, wanted: Range, because: Because) -> None:
        kind = Kind.UNAVAILABLE if because is Because.NOT_FOUND else Kind.NO_VERSION
        made = self._core.forbid(number, wanted, kind, because)
        self._recorder.rejected(
            self._core, self._core.packages[number], None, because, wanted=wanted, incompatibility=made
        )

    def _refuse(self, number: int, version: Key, because: Because, **why: object) -> None:
        made = self._core.forbid(
            number, self._gap(number, version, wide=self._profile.widens), Kind.UNAVAILABLE, because
        )
        package = self._core.packages[number]
        self._recorder.rejected(self._core, package, version, because, incompatibility=made, **why)  # type: ignore[arg-type]
        self._look_ahead(number, package)

    def _refuse_python(self, number: int, version: Key, requires_python: str) -> None:
        """Refuse a version by way of the interpreter: it is decided, and the interpreter has no version that fits."""
        python = self._core.number(Package(kind="python"))
        admitted = self._metadata.python_range(requires_python)
        self._core.require(number, self._gap(number, version, wide=self._profile.widens), python, admitted, None)
        package = self._core.packages[number]
        self._recorder.rejected(
            self._core,
            package,
            version,
            Because.REQUIRES_PYTHON,
            exclusions=self._metadata.python_miss(requires_python),
        )
        self._core.decide(number, version)

    def _look_ahead(self, number: int, package: Package) -> None:
        if package.name is not None and package.name not in self._urls:
            assignment = self._core.solution.assignments.get(number)
            self._ahead.refused(package.name, None if assignment is None else assignment.term)

    # conflicts

    def _record_conflict(self, affected: int, incompatibility: Incompatibility) -> None:
        if not self._profile.counts_conflicts:
            return
        name = self._core.packages[affected].name
        culprits = [
            other for other in incompatibility.terms if other != affected and self._core.packages[other].name != name
        ]
        self._conflicts.record(self._next, culprits)

    def _reprioritise(self) -> None:
        hurry, self._conflicts.hurry = self._conflicts.hurry, []
        for number in hurry:
            package = self._core.packages[number]
            if self._priorities.hurry(package):
                self._recorder.reprioritised(package, "conflict-early", Conflicts.THRESHOLD)
        delay, self._conflicts.delay = self._conflicts.delay, []
        for number in delay:
            package = self._core.packages[number]
            if self._priorities.delay(package):
                self._recorder.reprioritised(package, "conflict-late", Conflicts.THRESHOLD)
                self._core.backtrack_before(number, Because.PRIORITY)

    # the end

    def _finish(
        self,
        outcome: Outcome,
        terminal: Incompatibility | None,
        failure: Unavailable | Unreadable | None,
        stop: Stop | None,
    ) -> Run:
        self._recorder.finished(self._core, outcome, terminal)
        decided = [(number, self._core.packages[number], version) for number, version in self._core.solution.decided()]
        found = pins(decided, self._expanded, self._chosen, self._metadata, self._recorder, self._expansion)
        installs = self._question.environment is not None and outcome is Outcome.SOLVED
        return Run(
            resolver=self._policy.resolver,
            mode=self._policy.mode,
            profile=self._policy.release,
            basis=HISTORY.basis(self._policy),
            outcome=outcome,
            pins=found,
            attempts={name: tuple(versions) for name, versions in self._recorder.attempts.items()},
            counters=self._recorder.counters(),
            trail=tuple(self._recorder.events),
            incompatibilities=self._recorder.incompatibilities,
            terminal=None if terminal is None else terminal.id,
            failure=failure,
            stop=stop,
            plan=self._present.plan(found) if installs else (),
        )
