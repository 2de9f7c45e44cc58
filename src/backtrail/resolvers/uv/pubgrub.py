"""The PubGrub core: unit propagation and conflict resolution over incompatibilities, recorded step by step.

The algorithm is that of dart-lang/pub, doc/solver.md; the order of every step is uv's (docs/solver.md 5):
packages are propagated last in first out, their incompatibilities newest first, and dependencies on one range are
merged.
"""

from collections.abc import Iterable, Iterator

from backtrail.model.trail import Because, Package
from backtrail.resolvers.uv import ranges
from backtrail.resolvers.uv.behaviour import Profile
from backtrail.resolvers.uv.branching import branched
from backtrail.resolvers.uv.incompatibility import Incompatibility, Kind, Relation, resolve
from backtrail.resolvers.uv.partial_solution import PartialSolution
from backtrail.resolvers.uv.picking import Picker
from backtrail.resolvers.uv.ranges import Range
from backtrail.resolvers.uv.recorder import Recorder
from backtrail.resolvers.uv.requirements import Edge
from backtrail.resolvers.uv.versions import ROOT, Key

ROOT_ID = 0


class NoSolutionError(Exception):
    """Nothing can satisfy the root; ``incompatibility`` is the proof's last statement."""

    def __init__(self, incompatibility: Incompatibility) -> None:
        """Remember the terminal statement."""
        super().__init__(f"incompatibility {incompatibility.id} is terminal")
        self.incompatibility = incompatibility


class Core:
    """The state of one run. Packages are numbered in the order of their first mention."""

    def __init__(self, picker: Picker, recorder: Recorder, profile: Profile) -> None:
        """Start with the root package, not yet decided."""
        self._profile = profile
        self.packages: list[Package] = []
        self.store: list[Incompatibility] = []
        self.solution = PartialSolution()
        self.picker = picker
        self._recorder = recorder
        self._numbers: dict[Package, int] = {}
        self._by_package: dict[int, list[int]] = {}
        self._merged: dict[tuple[int, int, Range], int] = {}
        root = self.number(Package(kind="root"))
        self._attach(self._add(Kind.ROOT, {root: ranges.complement(ranges.singleton(ROOT))}))

    def copy(self, recorder: Recorder) -> "Core":
        """The same state, to go on from in another way, recorded elsewhere."""
        by_package = {package: list(numbers) for package, numbers in self._by_package.items()}
        return branched(
            self,
            solution=self.solution.copy(),
            picker=self.picker.copy(),
            _recorder=recorder,
            _by_package=by_package,
        )

    def number(self, package: Package) -> int:
        """The package's number, given at its first mention."""
        number = self._numbers.get(package)
        if number is None:
            number = self._numbers[package] = len(self.packages)
            self.packages.append(package)
        return number

    def dependencies(self, package: int) -> Iterator[Incompatibility]:
        """What versions of a package depend on, proxies' bases included, in the order in which it came into force."""
        for number in self._by_package.get(package, ()):
            edge = self.store[number].edge
            if edge is not None and edge[0] == package:
                yield self.store[number]

    def range_of(self, package: int) -> Range:
        """The versions of a package still wanted."""
        return self.solution.assignments[package].term

    # incompatibilities

    def _add(
        self,
        kind: Kind,
        terms: dict[int, Range],
        *,
        causes: tuple[int, int] | None = None,
        edge: tuple[int, int] | None = None,
        asked: tuple[int, ...] = (),
        earlier: Incompatibility | None = None,
        because: Because | None = None,
        second: Range | None = None,
    ) -> Incompatibility:
        made = Incompatibility(
            id=len(self.store),
            kind=kind,
            terms=terms,
            causes=causes,
            edge=edge,
            asked=asked,
            earlier=earlier,
            because=because,
            second=second,
        )
        self.store.append(made)
        return made

    def _attach(self, incompatibility: Incompatibility) -> None:
        """Put an incompatibility in force; a dependency is merged with an earlier one of the same edge and range."""
        if incompatibility.edge is not None and incompatibility.edge[0] != incompatibility.edge[1]:
            parent, dependency = incompatibility.edge
            versions = incompatibility.terms.get(dependency, ranges.NOTHING)
            past = self._merged.get((parent, dependency, versions))
            if past is not None:
                earlier = self.store[past]
                incompatibility = self._add(
                    incompatibility.kind,
                    {
                        **incompatibility.terms,
                        parent: ranges.union(incompatibility.terms[parent], earlier.terms[parent]),
                    },
                    edge=incompatibility.edge,
                    asked=incompatibility.asked,
                    earlier=earlier,
                )
                for package in incompatibility.terms:
                    self._by_package[package].remove(past)
            self._merged[parent, dependency, versions] = incompatibility.id
        for package in incompatibility.terms:
            self._by_package.setdefault(package, []).append(incompatibility.id)

    def _dependency(
        self, kind: Kind, parent: int, versions: Range, dependency: int, wanted: Range, asked: tuple[int, ...]
    ) -> Incompatibility:
        terms, second = {parent: versions}, None
        if wanted:
            negated = ranges.complement(wanted)
            if parent != dependency:
                terms[dependency] = negated
            elif self._profile.doubles_self_dependencies:
                second = negated
            else:
                terms[parent] = ranges.intersection(versions, negated)
        return self._add(kind, terms, edge=(parent, dependency), asked=asked, second=second)

    def require_base(self, proxy: int, base: int, versions: Range) -> None:
        """A proxy package and its base agree on these versions."""
        self._attach(self._dependency(Kind.PROXY, proxy, versions, base, versions, ()))

    def require(self, parent: int, versions: Range, dependency: int, wanted: Range, requirement: int | None) -> None:
        """Versions of a package depend on versions of another."""
        ids = () if requirement is None else (requirement,)
        self._attach(self._dependency(Kind.DEPENDENCY, parent, versions, dependency, wanted, ids))

    def require_all(self, parent: int, versions: Range, edges: Iterable[Edge]) -> list[Incompatibility]:
        """The dependencies of one decision, created in order, then put in force in order; returns them unmerged."""
        created = [
            self._dependency(
                Kind.DEPENDENCY,
                parent,
                versions,
                self.number(edge.package),
                edge.versions,
                () if edge.required is None else (edge.required,),
            )
            for edge in edges
        ]
        for incompatibility in created:
            self._attach(incompatibility)
        return created

    def forbid(self, package: int, versions: Range, kind: Kind, because: Because) -> Incompatibility:
        """No version in this range can be taken."""
        made = self._add(kind, {package: versions}, because=because)
        self._attach(made)
        return made

    # decisions

    def decide(self, package: int, version: Key, file: str | None = None, *, again: bool = False) -> None:
        """Take a version of a package."""
        self.solution.decide(package, version)
        self._recorder.decided(self.packages[package], version, self.solution.level, file, again=again)

    def first_satisfied(self, package: int, version: Key, among: Iterable[Incompatibility]) -> Incompatibility | None:
        """The first of some incompatibilities that would be broken if this version were taken."""
        assumed = {package: ranges.singleton(version)}
        return next((one for one in among if self.solution.relation(one, assumed)[0] is Relation.SATISFIED), None)

    def backtrack(self, level: int, because: Because) -> None:
        """Undo every decision above a level."""
        undone = list(self.solution.decided())[level:]
        self.picker.backtracked(self.solution, self.solution.backtrack(level))
        self._recorder.rewound(
            level, [(self.packages[package], version) for package, version in reversed(undone)], because
        )

    def backtrack_before(self, package: int, because: Because) -> int | None:
        """Undo a package's decision and all after it; how many were undone, None if it was not decided."""
        before = self.solution.level
        if package not in self.solution.assignments or self.solution.position(package) > before:
            return None
        self.backtrack(self.solution.position(package), because)
        return before - self.solution.level

    # propagation

    def propagate(self, package: int) -> list[tuple[int, Incompatibility]]:
        """Derive all that follows for a package and what it touches.

        Returns, for each step of each conflict, the package that satisfied the incompatibility and that
        incompatibility; at first, for each conflict, the package asked about and what was learned. Raises
        NoSolutionError.
        """
        satisfiers: list[tuple[int, Incompatibility]] = []
        work, waiting = [package], {package}
        while work:
            current = work.pop()
            waiting.remove(current)
            conflict: Incompatibility | None = None
            for number in reversed(self._by_package.get(current, ())):
                incompatibility = self.store[number]
                if self.solution.is_contradicted(incompatibility):
                    continue
                relation, deciding = self.solution.relation(incompatibility)
                if relation is Relation.SATISFIED:
                    conflict = incompatibility
                    break
                if relation is Relation.ALMOST:
                    if deciding not in waiting:
                        work.append(deciding)
                        waiting.add(deciding)
                    self._derive(deciding, incompatibility)
                elif relation is Relation.CONTRADICTED:
                    self.solution.mark_contradicted(incompatibility)
            if conflict is not None:
                self._recorder.conflicted(self, conflict)
                steps = list(self._resolve_conflict(conflict))
                package_almost, cause = steps[-1]
                satisfiers += steps if self._profile.blames_steps else [(package, cause)]
                work, waiting = [package_almost], {package_almost}
                self._derive(package_almost, cause)
        return satisfiers

    def _derive(self, package: int, cause: Incompatibility) -> None:
        known = package in self.solution.assignments
        assignment = self.solution.derive(package, cause)
        self.solution.mark_contradicted(cause)
        if assignment.undecided:
            self.picker.derived(self.solution, package, known=known)
        self._recorder.derived(
            self.packages[package], ranges.complement(cause.terms[package]), cause, self.solution.level
        )

    def _resolve_conflict(self, conflict: Incompatibility) -> Iterator[tuple[int, Incompatibility]]:
        """Resolve with causes until a backtrack helps; each step with the package that satisfied it."""
        current = conflict
        while True:
            if self._is_terminal(current):
                raise NoSolutionError(current)
            package, cause, previous = self.solution.satisfier(current, lambda number, of: self.store[number].terms[of])
            if previous >= 0:
                self.backtrack(previous, Because.BACKJUMP)
                if current is not conflict:
                    self._attach(current)
                    self._recorder.learned(self, current)
                yield package, current
                return
            assert cause is not None, "a decision is alone on its level"
            current = self._add(Kind.DERIVED, resolve(current, self.store[cause], package), causes=(current.id, cause))
            yield package, current

    def _is_terminal(self, incompatibility: Incompatibility) -> bool:
        if not incompatibility.terms:
            return True
        return list(incompatibility.terms) == [ROOT_ID] and ranges.contains(incompatibility.terms[ROOT_ID], ROOT)
