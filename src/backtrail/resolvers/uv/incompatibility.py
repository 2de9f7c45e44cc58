"""Incompatibilities: terms that cannot all hold, with the reason why (PubGrub; dart-lang/pub, doc/solver.md)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from backtrail.model.trail import Because
from backtrail.resolvers.uv import ranges
from backtrail.resolvers.uv.ranges import Range


class Kind(str, Enum):
    """What an incompatibility says."""

    ROOT = "root"
    DEPENDENCY = "dependency"
    PROXY = "proxy"
    NO_VERSION = "no-version"
    UNAVAILABLE = "unavailable"
    DERIVED = "derived"


@dataclass(frozen=True, slots=True, eq=False)
class Incompatibility:
    """Terms by package id, in the order they were put together.

    ``edge`` is set for a dependency, parent and dependency: the first term is the parent's, the second the dependency's
    (left out where no version of the dependency is admitted). ``second`` is a further term on the first package, which
    only a requirement on oneself has, in some releases. ``asked`` are the Required events behind it alone, ``earlier``
    is what it was merged with, None where it was not. ``because`` tells why versions are unavailable.
    """

    id: int
    kind: Kind
    terms: dict[int, Range]
    causes: tuple[int, int] | None = None
    edge: tuple[int, int] | None = None
    asked: tuple[int, ...] = ()
    earlier: "Incompatibility | None" = None
    because: Because | None = None
    second: Range | None = None

    @property
    def requirements(self) -> tuple[int, ...]:
        """The Required events behind it and all it was merged with, the first first.

        They are put together when somebody looks: kept at each step of a merge of 6,000, they would take 144 MB.
        """
        merged = []
        one: Incompatibility | None = self
        while one is not None:
            merged.append(one.asked)
            one = one.earlier
        return tuple(number for asked in reversed(merged) for number in asked)

    def items(self) -> Iterable[tuple[int, Range]]:
        """Every term with its package."""
        if self.second is None:
            return self.terms.items()
        return (*self.terms.items(), (next(iter(self.terms)), self.second))


class Relation(Enum):
    """How a partial solution stands to an incompatibility."""

    SATISFIED = "satisfied"
    ALMOST = "almost satisfied"
    CONTRADICTED = "contradicted"
    INCONCLUSIVE = "inconclusive"


def resolve(one: Incompatibility, cause: Incompatibility, package: int) -> dict[int, Range]:
    """The rule of resolution on a package: its terms are joined, all others must hold in both."""
    terms = {other: term for other, term in one.terms.items() if other != package}
    for other, term in cause.terms.items():
        if other != package:
            terms[other] = ranges.intersection(terms[other], term) if other in terms else term
    joined = ranges.union(one.terms[package], cause.terms[package])
    if joined != ranges.EVERYTHING:
        terms[package] = joined
    elif one.second is not None:
        terms[package] = one.second
    return terms
