"""What a universal resolution is asked beside its requirements."""

from collections.abc import Mapping

from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.model.lock import Lock
from backtrail.model.record import Record
from backtrail.model.requirement import holds
from backtrail.model.workspace import Workspace


class Preferred(Record, frozen=True, kw_only=True):
    """A version that a file of an earlier resolution holds, and the marker it holds it under (empty: always)."""

    name: NormalizedName
    version: str
    marker: str = ""

    @property
    def parsed(self) -> Version:
        """The version, parsed (PEP 440)."""
        return Version(self.version)

    def counts(self, environment: Mapping[str, str]) -> bool:
        """Whether the version counts for an environment; where the marker cannot be evaluated, it may."""
        return not self.marker or holds(self.marker, environment) is not False


class Universal(Record, frozen=True, kw_only=True):
    """The environments to solve for, and what is preferred.

    All but ``preferred`` and ``upgrade``, ``upgraded`` for it, counts where the target is more than one environment.
    ``environments`` limit the resolution to those, ``required`` are those that every version has to have a wheel for
    where it has no sdist; both are markers as the user wrote them. ``preferred`` come from an output file or a lock,
    which ``preferred_from`` names.
    ``workspace`` is what is locked, None where lines of requirements are asked for. ``lock`` is the lock that is there,
    None: none; ``upgrade``: it counts no more, or (``upgraded``) not for these projects.
    """

    environments: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    preferred: tuple[Preferred, ...] = ()
    preferred_from: str = ""
    workspace: Workspace | None = None
    lock: Lock | None = None
    upgrade: bool = False
    upgraded: frozenset[NormalizedName] = frozenset()

    @property
    def tried_first(self) -> tuple[Preferred, ...]:
        """The versions of a file that still count."""
        return () if self.upgrade else tuple(one for one in self.preferred if one.name not in self.upgraded)
