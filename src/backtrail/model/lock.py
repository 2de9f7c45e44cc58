"""A lock as uv writes it: every version of an answer, what leads to what, and where (the format of ``uv.lock``)."""

from enum import Enum

from packaging.utils import NormalizedName

from backtrail.model.declaration import DeclaredMetadata
from backtrail.model.files import File
from backtrail.model.record import Record


class Staleness(str, Enum):
    """Why a lock that is there is solved again: the first thing that is not as it was when it was made."""

    MODE = "mode"  # another resolution mode or fork strategy
    CUT_OFF = "cut-off"
    UPGRADE = "upgrade"
    COVERAGE = "coverage"  # its forks leave out a Python or environment that is asked for
    PYTHON_APART = "python-apart"  # a fork of it is for no Python that is asked for
    ENVIRONMENTS = "environments"
    CONFLICTS = "conflicts"
    REQUIRES_PYTHON = "requires-python"
    PRERELEASES = "prereleases"
    UPGRADE_PACKAGE = "upgrade-package"
    MEMBERS = "members"
    MANIFEST = "manifest"  # constraints, overrides, excludes, groups
    REQUIREMENTS = "requirements"  # what a local project declares


class LockSource(Record, frozen=True, kw_only=True):
    """Where a package comes from, by uv's words for it.

    ``kind`` is ``registry``, ``git``, ``url`` or ``path`` (an archive), or of a project of the user's own ``virtual``,
    ``editable`` or ``directory``. A path from the lock's own folder is a path, any other one a ``file:`` URL.
    """

    kind: str
    value: str


class LockEdge(Record, frozen=True, kw_only=True):
    """What leads to a package. ``version`` and ``source`` only where the name alone would be ambiguous."""

    name: NormalizedName
    version: str | None = None
    source: LockSource | None = None
    extras: tuple[str, ...] = ()
    marker: str = ""


class LockRequirement(Record, frozen=True, kw_only=True):
    """A requirement of a local project, as the lock repeats it to see when it is stale."""

    name: NormalizedName
    extras: tuple[str, ...] = ()
    marker: str = ""
    specifier: str = ""
    index: str | None = None
    url: LockSource | None = None


class LockMetadata(Record, frozen=True, kw_only=True):
    """What a local project declares: its requirements, its extras in its own order, its groups."""

    requires: tuple[LockRequirement, ...] = ()
    extras: tuple[str, ...] = ()
    groups: dict[str, tuple[LockRequirement, ...]] = {}


class LockPackage(Record, frozen=True, kw_only=True):
    """A version, with the edges of the project itself, of its extras and of its groups.

    ``version`` is None for a local project whose version is dynamic. ``resolution_markers`` only where a name has
    several versions. ``metadata``, ``group_pythons`` and ``default_groups`` (as in ``Member``) only for local projects.
    """

    name: NormalizedName
    version: str | None
    source: LockSource
    default_groups: tuple[str, ...] | None = None
    resolution_markers: tuple[str, ...] = ()
    dependencies: tuple[LockEdge, ...] = ()
    optional: dict[str, tuple[LockEdge, ...]] = {}
    groups: dict[str, tuple[LockEdge, ...]] = {}
    group_pythons: dict[NormalizedName, str] = {}
    sdist: File | None = None
    wheels: tuple[File, ...] = ()
    metadata: LockMetadata | None = None


class Lock(Record, frozen=True, kw_only=True):
    """Everything that ``uv lock`` writes.

    ``conflicts`` are sets of (package, ``extra`` or ``group``, name), ``options`` those that are not uv's defaults,
    ``members`` the projects of a workspace of several. ``groups``, ``group_pythons`` and ``default_groups`` (as in
    ``Workspace``) are those of a root that is no project. ``declared`` is what settings say of projects in place of
    their files. ``prereleases`` are the ways with pre-releases of single projects, and ``cut_offs`` their cut-offs: a
    moment, how long ago it is said to be (an ISO 8601 duration), or ``false`` for none.
    """

    requires_python: str
    resolution_markers: tuple[str, ...] = ()
    supported_markers: tuple[str, ...] = ()
    required_markers: tuple[str, ...] = ()
    conflicts: tuple[tuple[tuple[str, str, str], ...], ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    prereleases: tuple[tuple[str, str], ...] = ()
    cut_offs: tuple[tuple[str, str], ...] = ()
    members: tuple[str, ...] = ()
    default_groups: tuple[str, ...] | None = None
    constraints: tuple[LockRequirement, ...] = ()
    overrides: tuple[LockRequirement, ...] = ()
    excludes: tuple[str, ...] = ()
    groups: dict[str, tuple[LockRequirement, ...]] = {}
    group_pythons: dict[NormalizedName, str] = {}
    declared: tuple[DeclaredMetadata, ...] = ()
    packages: tuple[LockPackage, ...] = ()
