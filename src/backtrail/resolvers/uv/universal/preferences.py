"""Versions that are taken before newer ones: those of a lock or output file, and those of forks already solved."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from packaging.utils import NormalizedName

from backtrail.resolvers.uv.markers import Node
from backtrail.resolvers.uv.versions import Key


class Preference(NamedTuple):
    """A version, and where it was chosen. ``fork`` is the text of an earlier fork's marker, None: a file.

    ``registry`` is the index it is from, as far as one was named.
    """

    version: Key
    marker: Node
    fork: str | None = None
    registry: str | None = None


class Preferences:
    """By project, in the order in which they came."""

    def __init__(self, *, ordered: bool) -> None:
        """Nothing is preferred yet. ``ordered``: those of a fork come first, then the newest; else as they came."""
        self._ordered = ordered
        self._known: dict[NormalizedName, list[Preference]] = {}

    def add(self, name: NormalizedName, preference: Preference) -> None:
        """Prefer a version after those known."""
        self._known.setdefault(name, []).append(preference)

    def versions(self) -> dict[NormalizedName, list[Key]]:
        """The versions that files prefer, by project."""
        return {name: [one.version for one in known if one.fork is None] for name, known in self._known.items()}

    def of(self, name: NormalizedName, here: Callable[[Node], bool], *, highest: bool) -> Iterable[Preference]:
        """The preferences of a project, those of this fork's environments first, then by version.

        ``here``: whether a marker can hold in the fork. A single preference is tried whatever its marker.
        """
        known = self._known.get(name, ())
        if len(known) < 2 or not self._ordered:
            return known
        by_version = sorted(known, key=lambda one: one.version, reverse=highest)
        return sorted(by_version, key=lambda one: not here(one.marker))
