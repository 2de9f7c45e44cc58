"""Which undecided identifier pip takes next (docs/pip.md 2.5, 2.9)."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Protocol

from resolvelib.structs import RequirementInformation

from backtrail.resolvers.pip.behaviour import Preset
from backtrail.resolvers.pip.candidates import PYTHON, Candidate, Exactly, PipRequirement, Specified

Information = RequirementInformation[PipRequirement, Candidate]
Key = tuple[Any, ...]

PROMOTED_AT = 5
"""So often undecided in conflicts, and an identifier comes first for the rest of the run."""


class Order(Protocol):
    """The order of decisions of one run; it remembers what it saw."""

    def narrow(
        self, identifiers: Sequence[str], pinned: Collection[str], causes: Sequence[Information]
    ) -> Sequence[str]:
        """The identifiers to choose from."""

    def key(self, identifier: str, information: Sequence[Information], causes: Sequence[Information]) -> Key:
        """The smallest is next."""

    def why(self, identifier: str, information: Sequence[Information], causes: Sequence[Information]) -> str:
        """The first thing that speaks for an identifier, in a word."""


def order(preset: Preset, asked: dict[str, int]) -> Order:
    """The order of one release. ``asked`` are the user's own identifiers and their places."""
    return ByBounds(asked, promotes=preset.promotes) if preset.orders_by_bounds else ByDepth(asked, preset)


class ByBounds:
    """pip from 25.1 on."""

    def __init__(self, asked: dict[str, int], *, promotes: bool) -> None:
        """``promotes``: from 26.1 on."""
        self._asked = asked
        self._promotes = promotes
        self._undecided: Counter[str] = Counter()

    def narrow(
        self, identifiers: Sequence[str], pinned: Collection[str], causes: Sequence[Information]
    ) -> Sequence[str]:
        """See Order."""
        named = _named(causes)
        self._undecided.update(name for name in named if name not in pinned)
        if PYTHON in identifiers:
            return [PYTHON]
        blamed = set(named)
        return (
            [one for one in identifiers if one in blamed]
            or [one for one in identifiers if self._promoted(one)]
            or identifiers
        )

    def key(self, identifier: str, information: Sequence[Information], causes: Sequence[Information]) -> Key:
        """See Order."""
        del causes
        specified = [one.requirement for one in information if isinstance(one.requirement, Specified)]
        return (
            not self._promoted(identifier),
            not any(isinstance(one.requirement, Exactly) for one in information),
            not any(one.exact for one in specified),
            not any(one.bounded for one in specified),
            self._asked.get(identifier, math.inf),
            not any(one.specifiers for one in specified),
            identifier,
        )

    def why(self, identifier: str, information: Sequence[Information], causes: Sequence[Information]) -> str:
        """See Order."""
        if identifier == PYTHON:
            return "python"
        if identifier in _named(causes):
            return "conflict"
        promoted, direct, exact, bounded, place, free, _ = self.key(identifier, information, causes)
        return _first_of(
            ("promoted", not promoted),
            ("direct", not direct),
            ("pinned", not exact),
            ("upper-bound", not bounded),
            ("asked", place != math.inf),
            ("bounded", not free),
        )

    def _promoted(self, identifier: str) -> bool:
        return self._promotes and self._undecided[identifier] >= PROMOTED_AT


class ByDepth:
    """pip up to 25.0: by the distance from the user's requirements. Its test for direct references was always true."""

    def __init__(self, asked: dict[str, int], preset: Preset) -> None:
        """Nothing is known of any distance."""
        self._asked = asked
        self._delays_setuptools = preset.delays_setuptools
        self._depths: dict[str, float] = {}

    def narrow(
        self, identifiers: Sequence[str], pinned: Collection[str], causes: Sequence[Information]
    ) -> Sequence[str]:
        """See Order."""
        del pinned, causes
        return identifiers

    def key(self, identifier: str, information: Sequence[Information], causes: Sequence[Information]) -> Key:
        """See Order."""
        specified = [one.requirement for one in information if isinstance(one.requirement, Specified)]
        depth = self._depths[identifier] = 1.0 if identifier in self._asked else self._below(information)
        return (
            identifier != PYTHON,
            self._delays_setuptools and identifier == "setuptools",
            not information,
            not any(one.operator[:2] == "==" for need in specified for one in need.specifiers),
            identifier not in _named(causes),
            depth,
            self._asked.get(identifier, math.inf),
            not any(one.specifiers for one in specified),
            identifier,
        )

    def why(self, identifier: str, information: Sequence[Information], causes: Sequence[Information]) -> str:
        """See Order."""
        other, _, _, exact, blameless, depth, place, free, _ = self.key(identifier, information, causes)
        return _first_of(
            ("python", not other),
            ("pinned", not exact),
            ("conflict", not blameless),
            ("asked", place != math.inf),
            (f"depth-{depth:.0f}", depth != math.inf),
            ("bounded", not free),
        )

    def _below(self, information: Sequence[Information]) -> float:
        depths = (
            0.0 if one.parent is None else self._depths.get(one.parent.identifier, math.inf) for one in information
        )
        return min(depths, default=math.inf) + 1.0


def _named(causes: Iterable[Information]) -> list[str]:
    """The identifiers that a conflict speaks of, with repetitions."""
    names = []
    for cause in causes:
        names.append(cause.requirement.identifier)
        if cause.parent is not None:
            names.append(cause.parent.identifier)
    return names


def _first_of(*reasons: tuple[str, bool]) -> str:
    return next((word for word, holds in reasons if holds), "name")
