"""The ordered events of one run of one resolver; see docs/trail.md. There is no clock in it."""

from enum import Enum

from packaging.utils import NormalizedName

from backtrail.model.metadata import Unavailable
from backtrail.model.record import Record, Tagged
from backtrail.model.requirement import Requirement
from backtrail.model.verdict import Exclusion


class Package(Record, frozen=True, kw_only=True):
    """What a resolver decides about: a project, or the project seen through an extra, a dependency group or a marker.

    ``name`` is None for the root and for the interpreter; ``extra``, ``group`` and ``marker`` for the project itself.
    """

    kind: str  # "root", "python", "project", "extra", "marker", "group"
    name: NormalizedName | None = None
    extra: str | None = None
    marker: str | None = None
    group: str | None = None

    def __str__(self) -> str:
        """``torch``, ``torch[x]``, ``torch:dev``, ``torch{os_name == 'nt'}``, ``Python``, ``your requirements``."""
        if self.name is None:
            return "Python" if self.kind == "python" else "your requirements"
        extra = f"[{self.extra}]" if self.extra else ""
        marker = f"{{{self.marker}}}" if self.marker else ""
        return f"{self.name}{extra}{f':{self.group}' if self.group else ''}{marker}"


class Because(str, Enum):
    """Why a version was refused, or decisions were undone."""

    FILES = "files"  # no usable file: see exclusions
    REQUIRES_PYTHON = "requires-python"
    METADATA = "metadata"  # see unavailable
    CONFLICT = "conflict"  # a requirement of it, or on it, contradicts what is decided
    EMPTY = "empty"  # a requirement of it that no version can meet
    NO_VERSION = "no-version"  # nothing left in the wanted range
    NOT_FOUND = "not-found"  # no index has the project
    UNREAD = "unread"  # a page of the project could not be read, and was passed over
    SELF = "self-dependency"
    BACKJUMP = "backjump"
    DISPLACED = "displaced"
    ROLLBACK = "rollback"
    PRIORITY = "priority"
    UNNEEDED = "unneeded"  # what asked for it was displaced, and nobody else does


class Term(Record, frozen=True, kw_only=True):
    """A statement about a package.

    Its version is (``positive``) or is not in ``versions``, spoken as PEP 440 ranges.
    """

    package: Package
    versions: str
    positive: bool


class Read(Tagged, frozen=True, kw_only=True, tag="read"):
    """A ``listing``, a file's ``metadata``, an ``sdist`` or a ``build`` was looked at for the first time."""

    what: str
    name: str
    version: str | None = None
    file: str | None = None


class Required(Tagged, frozen=True, kw_only=True, tag="required"):
    """A requirement came into force, by a candidate or (both None) by the user.

    ``constraint``: a ``-c`` line. ``id`` numbers requirements within the trail; conflicts name them by it.
    """

    id: int
    requirement: Requirement
    by: NormalizedName | None = None
    version: str | None = None
    constraint: bool = False


class Chosen(Tagged, frozen=True, kw_only=True, tag="chosen"):
    """This package is next, of ``among`` undecided ones.

    ``why`` is the resolver's class (``singleton``, ``conflict-early`` …), ``place`` the order in which its name was
    first seen, ``wanted`` the range in force.
    """

    package: Package
    among: int
    why: str
    place: int
    wanted: str = ""


class Decided(Tagged, frozen=True, kw_only=True, tag="decided"):
    """A version was taken.

    ``level`` counts decisions, the root's being the first. ``file`` is what would be installed, None for proxies and
    URLs. ``again``: taken from memory after a rewind, without looking for another.
    """

    package: Package
    version: str
    level: int
    file: str | None = None
    again: bool = False


class Rejected(Tagged, frozen=True, kw_only=True, tag="rejected"):
    """A version (None: the whole range) was refused, with the one reason the resolver acted on.

    ``requirements`` are ids of the requirements that contradict each other; ``incompatibility`` the statement broken.
    """

    package: Package
    version: str | None
    because: Because
    wanted: str = ""
    exclusions: tuple[Exclusion, ...] = ()
    unavailable: Unavailable | None = None
    requirements: tuple[int, ...] = ()
    incompatibility: int | None = None


class Incompatibility(Record, frozen=True, kw_only=True):
    """Terms that cannot all hold (PubGrub).

    ``kind``: ``root``, ``dependency``, ``proxy``, ``no-version``, ``unavailable``, ``derived``. ``causes`` are the two
    incompatibilities a derived one follows from, ``requirements`` the ids of the Required events behind a dependency
    (several where versions share one), ``because`` why versions are unavailable.
    """

    id: int
    kind: str
    terms: tuple[Term, ...]
    causes: tuple[int, int] | None = None
    requirements: tuple[int, ...] = ()
    because: Because | None = None


class Conflicted(Tagged, frozen=True, kw_only=True, tag="conflicted"):
    """Something has to give: all terms of an incompatibility hold, or (None: pip) no version of a package is left.

    ``requirements`` are the ids of those that meet there.
    """

    incompatibility: Incompatibility | None = None
    requirements: tuple[int, ...] = ()


class Derived(Tagged, frozen=True, kw_only=True, tag="derived"):
    """Unit propagation narrowed a package, because of an incompatibility."""

    term: Term
    incompatibility: int
    level: int


class Learned(Tagged, frozen=True, kw_only=True, tag="learned"):
    """Conflict resolution proved a new incompatibility."""

    incompatibility: Incompatibility


class Reprioritised(Tagged, frozen=True, kw_only=True, tag="reprioritised"):
    """Too many conflicts.

    A package is decided earlier (``conflict-early``) or later (``conflict-late``) from now on.
    """

    package: Package
    to: str
    conflicts: int


class Rewound(Tagged, frozen=True, kw_only=True, tag="rewound"):
    """Decisions were undone, newest first, back to ``level``."""

    level: int
    undone: tuple[tuple[Package, str], ...]
    because: Because


class Outcome(str, Enum):
    """How a run ended (design: contract)."""

    SOLVED = "solved"
    IMPOSSIBLE = "impossible"
    GAVE_UP = "gave-up"
    ABORTED = "aborted"
    UNKNOWN = "unknown"


class Limit(str, Enum):
    """What a run may cost."""

    ROUNDS = "max-rounds"  # as the user said
    TIME = "time-limit"  # as the user said, in seconds
    MEMORY = "max-memory"  # bytes, as the user said or where the user said nothing
    EFFORT = "effort"  # rounds where the user said nothing: see Options
    RESOLVER = "resolver"  # rounds, as the real tool
    FORKS = "forks"  # of a universal resolution
    READING = "reading"  # versions of one project that a trial may read and no run did

    @property
    def depends_on_here(self) -> bool:
        """Whether it may be met on one computer and not on another."""
        return self in {Limit.TIME, Limit.MEMORY}


class Stop(Record, frozen=True, kw_only=True):
    """Why a run gave up: a limit, and its bound."""

    limit: Limit
    bound: float


class GaveUpError(Exception):
    """Raised inside a run, ends it as gave-up: what it may cost is used up."""

    def __init__(self, stop: Stop) -> None:
        """Remember why."""
        super().__init__(stop.limit.value)
        self.stop = stop


class SplitBy(str, Enum):
    """What split a universal resolution."""

    MARKERS = "markers"  # requirements of one package on one project under different markers
    REQUIRES_PYTHON = "requires-python"
    LOCAL_VERSION = "local-version"  # a local build lacks platforms that its public version has
    COVERAGE = "coverage"  # an environment that has to be covered has no wheel


class Split(Tagged, frozen=True, kw_only=True, tag="split"):
    """A universal resolution went on in several forks, and this trail in one of them.

    A ``version`` of ``package`` split it (empty: the user's own requirements did), by ``why``: for markers, those on
    ``names``. ``marker`` is this fork's, ``markers`` are those of all, in the order in which they are solved.
    """

    package: Package
    version: str
    why: SplitBy
    names: tuple[str, ...] = ()
    marker: str
    markers: tuple[str, ...]


class Preferred(Tagged, frozen=True, kw_only=True, tag="preferred"):
    """A version is tried before newer ones because it was chosen before.

    ``fork`` is the marker of an earlier fork that has it; None: a lock or output file has.
    """

    name: NormalizedName
    version: str
    fork: str | None = None


class Finished(Tagged, frozen=True, kw_only=True, tag="finished"):
    """Once, last."""

    outcome: Outcome


Event = (
    Read
    | Required
    | Chosen
    | Decided
    | Rejected
    | Conflicted
    | Derived
    | Learned
    | Reprioritised
    | Rewound
    | Split
    | Preferred
    | Finished
)
