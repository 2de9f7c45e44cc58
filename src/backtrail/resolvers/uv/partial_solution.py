"""The partial solution: every decision and derivation so far, in order, so that any past moment can be asked about."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from backtrail.resolvers.uv import ranges
from backtrail.resolvers.uv.branching import branched
from backtrail.resolvers.uv.incompatibility import Incompatibility, Relation
from backtrail.resolvers.uv.ranges import Range
from backtrail.resolvers.uv.versions import Key

_NEVER = (-1, -1)


@dataclass(slots=True)
class Derivation:
    """A term that an incompatibility forced; ``accumulated`` is all that is known of the package up to here."""

    index: int
    level: int
    cause: int
    accumulated: Range


@dataclass(slots=True)
class Decision:
    """A version that was taken."""

    index: int
    level: int
    version: Key


@dataclass(slots=True)
class Assignment:
    """The history of one package; ``term`` is what holds now."""

    term: Range
    lowest: int
    highest: int
    derivations: list[Derivation] = field(default_factory=list)
    decision: Decision | None = None

    @property
    def undecided(self) -> bool:
        """Whether the package has to be selected and no version is taken yet."""
        return self.decision is None and ranges.is_positive(self.term)


class PartialSolution:
    """Assignments by package id.

    ``order`` lists packages as they came, decided ones swapped to the front in order of decision.
    """

    def __init__(self) -> None:
        """Nothing is known yet; the root is taken at level 1."""
        self.level = 0
        self.assignments: dict[int, Assignment] = {}
        self.order: list[int] = []
        self._place: dict[int, int] = {}
        self._next_index = 0
        self._floors: list[int] = []  # for each backtrack so far, the lowest level returned to since; ascending
        # By incompatibility, the level at which a term was last seen contradicted, with the number of backtracks until
        # then: only saves time.
        self._contradicted: dict[int, tuple[int, int]] = {}

    def copy(self) -> "PartialSolution":
        """The same solution, to go on from in another way."""
        histories = {
            package: replace(one, derivations=list(one.derivations)) for package, one in self.assignments.items()
        }
        return branched(self, assignments=histories)

    @property
    def has_backtracked(self) -> bool:
        """Whether anything was ever undone."""
        return bool(self._floors)

    def position(self, package: int) -> int:
        """The package's place in ``order``."""
        return self._place[package]

    def decide(self, package: int, version: Key) -> None:
        """Take a version; the package moves into the decided front of ``order``."""
        assignment = self.assignments[package]
        here, there = self._place[package], self.level
        assignment.highest = there + 1
        assignment.decision = Decision(self._next_index, there + 1, version)
        assignment.term = ranges.singleton(version)
        self._next_index += 1
        if here != there:
            displaced = self.order[there]
            self.order[here], self.order[there] = displaced, package
            self._place[displaced], self._place[package] = here, there
        self.level = there + 1

    def derive(self, package: int, cause: Incompatibility) -> Assignment:
        """Add the negation of the cause's term on a package."""
        term = ranges.complement(cause.terms[package])
        assignment = self.assignments.get(package)
        if assignment is None:
            assignment = self.assignments[package] = Assignment(term, self.level, self.level)
            self._place[package] = len(self.order)
            self.order.append(package)
        else:
            assert assignment.decision is None, "a decided package cannot be narrowed"
            assignment.term = ranges.intersection(assignment.term, term)
            assignment.highest = self.level
        assignment.derivations.append(Derivation(self._next_index, self.level, cause.id, assignment.term))
        self._next_index += 1
        return assignment

    def relation(
        self, incompatibility: Incompatibility, assumed: dict[int, Range] | None = None
    ) -> tuple[Relation, int]:
        """How the solution stands to an incompatibility, and the package whose term decides (0 where none does).

        ``assumed`` are terms to take for granted instead of what the solution says.
        """
        open_package = -1
        for package, term in incompatibility.items():
            now = assumed.get(package) if assumed else None
            if now is None and (assignment := self.assignments.get(package)) is not None:
                now = assignment.term
                if assignment.decision is not None:  # one version is in a set or it is not
                    if bisect_right(term, now[0]) % 2:
                        continue
                    return Relation.CONTRADICTED, package
            if now is not None:
                common = ranges.intersection(now, term)
                if common == now:
                    continue
                if not common:
                    return Relation.CONTRADICTED, package
            if open_package >= 0:
                return Relation.INCONCLUSIVE, 0
            open_package = package
        return (Relation.SATISFIED, 0) if open_package < 0 else (Relation.ALMOST, open_package)

    def is_contradicted(self, incompatibility: Incompatibility) -> bool:
        """Whether a term was seen contradicted at a level that still stands."""
        level, generation = self._contradicted.get(incompatibility.id, _NEVER)
        return level >= 0 and (generation == len(self._floors) or level <= self._floors[generation])

    def mark_contradicted(self, incompatibility: Incompatibility) -> None:
        """Remember that a term is contradicted now."""
        self._contradicted[incompatibility.id] = (self.level, len(self._floors))

    def satisfier(
        self, incompatibility: Incompatibility, cause_term: Callable[[int, int], Range]
    ) -> tuple[int, int | None, int]:
        """The assignment that completed a satisfied incompatibility, and the level below which it was not yet.

        Returns the package, the id of the incompatibility that caused it (None: a decision), and the previous
        satisfier's level where it is lower than the satisfier's, else -1. ``cause_term(cause, package)`` looks up a
        cause's term.
        """
        terms = incompatibility.terms
        found = {package: self._earliest(package, ranges.complement(term)) for package, term in incompatibility.items()}
        package = max(found, key=lambda other: found[other][0])
        _, level, cause = found[package]
        own = self.assignments[package].term if cause is None else ranges.complement(cause_term(cause, package))
        found[package] = self._earliest(package, ranges.intersection(own, ranges.complement(terms[package])))
        _, previous, _ = max(found.values())
        previous = max(previous, 1)
        return package, cause, previous if previous < level else -1

    def _earliest(self, package: int, start: Range) -> tuple[int, int, int | None]:
        """(index, level, cause) of the first assignment after which nothing of ``start`` is left."""
        assignment = self.assignments[package]
        derivations = assignment.derivations
        # what is accumulated only shrinks: once nothing of `start` is left, it stays so
        place = bisect_left(derivations, 1, key=lambda one: ranges.is_disjoint(one.accumulated, start))
        if place < len(derivations):
            found = derivations[place]
            return found.index, found.level, found.cause
        decision = assignment.decision
        assert decision is not None, "a satisfied term has a satisfier"
        return decision.index, decision.level, None

    def decided(self) -> Iterator[tuple[int, Key]]:
        """Packages and versions in the order they were taken."""
        for package in self.order[: self.level]:
            decision = self.assignments[package].decision
            assert decision is not None
            yield package, decision.version

    def backtrack(self, level: int) -> list[tuple[int, bool]]:
        """Return to a level. The surviving packages with True where something of them was undone."""
        self.level = level
        surviving: list[tuple[int, bool]] = []
        order = []
        for package in self.order:
            assignment = self.assignments[package]
            if assignment.lowest > level:
                del self.assignments[package], self._place[package]
                continue
            touched = assignment.highest > level
            if touched:
                assignment.decision = None
                while assignment.derivations[-1].level > level:
                    assignment.derivations.pop()
                last = assignment.derivations[-1]
                assignment.highest, assignment.term = last.level, last.accumulated
            surviving.append((package, touched))
            order.append(package)
        self.order = order
        self._place = {package: place for place, package in enumerate(order)}
        stale = bisect_right(self._floors, level)
        self._floors[stale:] = [level] * (len(self._floors) - stale + 1)
        return surviving
