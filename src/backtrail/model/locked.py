"""A lock as it is read, of whatever tool: the versions it holds, where they come from, and who asks for them."""

from enum import Enum

from packaging.utils import NormalizedName

from backtrail.model.lock import LockSource
from backtrail.model.record import Record
from backtrail.model.run import Asked


class LockFormat(str, Enum):
    """What a lock is written in; the value is what its file is called, where it has a name of its own."""

    UV = "uv.lock"
    PYLOCK = "pylock.toml"  # PEP 751
    POETRY = "poetry.lock"
    PDM = "pdm.lock"
    COMPILED = "compiled"  # a list of requirements, as pip-compile and uv write it


class LockedVersion(Record, frozen=True, kw_only=True):
    """A version that a lock holds.

    ``version`` is None where the lock names none (a local project whose version is dynamic, a direct reference in a
    list), ``source`` where it does not say it.
    ``marker`` is where the version counts, empty: everywhere that something asks for it. ``line`` is where it stands in
    the file, None: not known. ``uploaded`` is the latest upload of its files (UTC, ISO 8601), None where the lock does
    not say. ``local``: a project of the user's own.
    """

    name: NormalizedName
    version: str | None
    source: LockSource | None = None
    marker: str = ""
    line: int | None = None
    uploaded: str | None = None
    local: bool = False


class LockedEdge(Record, frozen=True, kw_only=True):
    """Who asks for a project, as the lock says it. ``by`` None: the user, in ``origin`` if the lock names that file.

    ``version`` and ``by_version`` are None where the lock does not say of which version, or has but one. ``extra`` and
    ``group`` are those of who asks. ``specifier`` is None where the lock does not repeat it. ``constraint``: it only
    bounds the version.
    """

    name: NormalizedName
    version: str | None = None
    by: NormalizedName | None = None
    by_version: str | None = None
    extra: str = ""
    group: str = ""
    specifier: str | None = None
    marker: str = ""
    origin: str | None = None
    constraint: bool = False


class LockFile(Record, frozen=True, kw_only=True):
    """A lock, its versions in the order of the file.

    ``file`` is the path as it was named. ``made_by`` is the tool that wrote it, and ``command`` how it was called, as
    far as the lock says so. ``origins`` are the files that it was made from, as it names them or as they were found.
    ``options`` are those that it repeats, as they would be typed, with their values. ``says_askers``: its form holds
    who asks for what.
    """

    file: str
    format: LockFormat
    made_by: str | None = None
    command: tuple[str, ...] = ()
    requires_python: str | None = None
    origins: tuple[str, ...] = ()
    versions: tuple[LockedVersion, ...] = ()
    edges: tuple[LockedEdge, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    says_askers: bool = True

    def of(self, name: str) -> tuple[LockedVersion, ...]:
        """The versions of one project; several where a lock has forks."""
        return tuple(one for one in self.versions if one.name == name)

    @property
    def local(self) -> frozenset[NormalizedName]:
        """The user's own projects."""
        return frozenset(one.name for one in self.versions if one.local)


class LockStanding(str, Enum):
    """How the version of a lock stands to what its inputs say now."""

    SAME = "same"  # solving again without the lock gives the same version
    MOVED = "moved"  # it gives another one; whether the lock's would do was not tried
    KEPT = "kept"  # nothing asks for it: it stays because the lock has it
    REFUSED = "refused"  # the inputs do not allow it any more
    GONE = "gone"  # nothing asks for the project any more
    ELSEWHERE = "elsewhere"  # it counts for other environments only, in the lock and, as far as is seen, now
    UNKNOWN = "unknown"  # something could not be read, or there is no solution


class SolvedAgain(Record, frozen=True, kw_only=True):
    """What the inputs of a lock have for an answer now, with nothing taken from the lock.

    ``run`` is that answer, ``version`` what it has of the project; None: it is not part of it. ``changes`` are all
    versions of the lock that would move, from and to, of ``compared`` projects; None: not there. ``refused_by`` are the
    requirements that the version of the lock is incompatible with.
    """

    run: str
    version: str | None
    standing: LockStanding
    changes: dict[str, tuple[str | None, str | None]]
    compared: int
    refused_by: tuple[Asked, ...] = ()


class LockedProject(Record, frozen=True, kw_only=True):
    """A project in a lock: the versions that are held, and who asks for them.

    ``here`` is the version that counts for the target, None: none does. ``fits``: whether it is what was asked about,
    None where that cannot be said. ``path`` leads from the user's own requirement to the project; empty where the lock
    does not say it. ``inputs`` are the files that were solved again, none where a question names no whole file, or
    where they are not here: ``again`` is then None.
    """

    file: str
    format: LockFormat
    made_by: str | None
    name: NormalizedName
    held: tuple[LockedVersion, ...]
    here: LockedVersion | None
    fits: bool | None
    says_askers: bool
    askers: tuple[LockedEdge, ...]
    path: tuple[LockedEdge, ...]
    inputs: tuple[str, ...] = ()
    again: SolvedAgain | None = None
