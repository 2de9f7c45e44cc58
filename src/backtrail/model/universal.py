"""What a universal resolution is asked beside its requirements."""

from packaging.utils import NormalizedName

from backtrail.model.lock import Lock
from backtrail.model.record import Record
from backtrail.model.workspace import Workspace


class Preferred(Record, frozen=True, kw_only=True):
    """A version that a file of an earlier resolution holds, and the marker it holds it under (empty: always)."""

    name: NormalizedName
    version: str
    marker: str = ""


class Universal(Record, frozen=True, kw_only=True):
    """The environments to solve for, and what is preferred.

    ``environments`` limit the resolution to those, ``required`` are those that every version has to have a wheel for
    where it has no sdist; both are markers as the user wrote them. ``preferred`` come from an output file or a lock.
    ``workspace`` is what is locked, None where lines of requirements are asked for. ``lock`` is the lock that is there,
    None: none; ``upgrade``: it counts no more, or (``upgraded``) not for these projects.
    """

    environments: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    preferred: tuple[Preferred, ...] = ()
    workspace: Workspace | None = None
    lock: Lock | None = None
    upgrade: bool = False
    upgraded: frozenset[NormalizedName] = frozenset()
