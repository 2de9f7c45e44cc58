"""One run of one resolver: how it ended, what it pinned, and the trail that led there."""

from collections.abc import Iterable
from enum import Enum

from packaging.utils import NormalizedName

from backtrail.model.files import File, Unreadable
from backtrail.model.lock import Lock, Staleness
from backtrail.model.metadata import Unavailable
from backtrail.model.policy import Mode
from backtrail.model.record import Record
from backtrail.model.requirement import Requirement
from backtrail.model.trail import Event, Incompatibility, Outcome, Stop

LOG = "-log"
"""What the resolver of a run is called beside its name where a log of the real tool is all that is known of it."""

LOCK_FILE = "lock"
"""What the resolver of a run is called that is no more than a lock that was read; its release is the lock's form."""


class Asked(Record, frozen=True, kw_only=True):
    """Who asks for a pinned project, in which words.

    ``by`` None: the user. ``version`` None: the user, or a project of the user's of which only a build tells it.
    """

    requirement: Requirement
    by: NormalizedName | None = None
    version: str | None = None


class Pin(Record, frozen=True, kw_only=True):
    """A project of the answer.

    ``file`` is what would be installed (None for a direct reference, then ``url`` says it, and ``commit`` which commit
    of a repository was read). ``verified`` is False where its requirements were read without the build that the
    resolver would have run, ``assumed`` True where nobody knows them without, and it was taken as requiring nothing.
    ``unknown_extras`` are those asked for that it does not have; every resolver goes on
    without them.
    """

    name: NormalizedName
    version: str
    file: File | None = None
    url: str | None = None
    commit: str | None = None
    extras: tuple[str, ...] = ()
    unknown_extras: tuple[str, ...] = ()
    verified: bool = True
    assumed: bool = False
    requested_by: tuple[Asked, ...] = ()
    installed: bool = False


class Action(str, Enum):
    """What an install does with a project of its answer."""

    KEEP = "keep"
    INSTALL = "install"
    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"
    REINSTALL = "reinstall"  # the same version anew


class Planned(Record, frozen=True, kw_only=True):
    """What becomes of a project in an environment, or of its version in a lock: from which to which; None: not there.

    ``because`` are the requirements that lead to it: of what is changed those that the installed version does not meet
    (none: an option asks for it), of what is installed or kept all of them.
    """

    name: NormalizedName
    action: Action
    before: str | None
    after: str
    because: tuple[Asked, ...] = ()


class PassedOver(Record, frozen=True, kw_only=True):
    """A page that could not be read, and that the resolver went on without, as if the index lacked the project."""

    project: NormalizedName
    page: Unreadable


class PinnedLine(Record, frozen=True, kw_only=True):
    """A line of a universal answer: a version, and the marker under which it counts, as uv prints it.

    ``marker`` is empty where it always counts. ``url`` is that of a direct reference, None: from an index.
    """

    name: NormalizedName
    version: str
    marker: str = ""
    url: str | None = None


class Counters(Record, frozen=True, kw_only=True):
    """What the run cost, in acts, not seconds."""

    listings: int = 0
    metadata: int = 0
    decisions: int = 0
    rejections: int = 0
    conflicts: int = 0
    backjumps: int = 0
    rounds: int = 0


class Run(Record, frozen=True, kw_only=True):
    """The answer of one resolver. ``attempts``: distinct versions of each project in the order of the first visit.

    ``incompatibilities`` is the derivation graph by id; ``terminal`` the id of the statement that nothing can
    satisfy, None when solved.
    ``failure`` is what stopped a run that is aborted or unknown, or the page without which nobody knows whether there
    is an answer. ``passed_over`` are pages that the resolver does without, whatever it answers. ``stop`` is why a run
    gave up: its pins are those that were decided until then.

    A universal run has ``forks``, each a run under a ``marker`` (empty: not split), in the order in which they were
    solved, the one that failed last; and ``lines``, what came of them together. Its own trail is that of the fork that
    this computer belongs to, or that failed; its pins are those that count here, its rounds those of all forks.
    ``lock`` is what ``uv lock`` would write, ``stale`` why it does not keep the lock that is there; None: it keeps it,
    or there is none. ``plan`` is what an install of the answer would do in the environment that is asked about,
    or what becomes of the versions of a lock that are tried first.
    """

    resolver: str
    profile: str
    basis: str
    outcome: Outcome
    pins: tuple[Pin, ...] = ()
    attempts: dict[str, tuple[str, ...]] = {}
    counters: Counters = Counters()
    trail: tuple[Event, ...] = ()
    incompatibilities: dict[int, Incompatibility] = {}
    terminal: int | None = None
    failure: Unavailable | Unreadable | None = None
    passed_over: tuple[PassedOver, ...] = ()
    stop: Stop | None = None
    mode: Mode = Mode.SPECIFIC
    marker: str | None = None
    forks: "tuple[Run, ...]" = ()
    lines: tuple[PinnedLine, ...] = ()
    lock: Lock | None = None
    stale: Staleness | None = None
    plan: tuple[Planned, ...] = ()

    @property
    def key(self) -> str:
        """``uv@0.13.9``: how findings name the run."""
        return f"{self.resolver}@{self.profile}"

    @property
    def undecided(self) -> bool:
        """Whether nobody knows how it would have ended: something could not be read, or there was no time."""
        return self.outcome is Outcome.UNKNOWN or (self.stop is not None and self.stop.limit.depends_on_here)

    def pin(self, name: str) -> Pin | None:
        """The pin of a project, None if it is not part of the answer."""
        return next((pin for pin in self.pins if pin.name == name), None)


def own_names(lines: Iterable[Requirement], runs: Iterable[Run]) -> frozenset[NormalizedName]:
    """The projects that the user asks for: by a line, or in what a project in a folder here requires (``-e .``)."""
    asked = tuple(lines)
    here = {line.name for line in asked if line.is_own_project}
    inner = (pin.name for run in runs for pin in run.pins if any(one.by in here for one in pin.requested_by))
    return frozenset((*(line.name for line in asked), *(inner if here else ())))


def moved(before: Run, after: Run) -> dict[str, tuple[str | None, str | None]]:
    """The pins that differ, old and new, by project; None where there is none."""
    old = {pin.name: pin.version for pin in before.pins}
    new = {pin.name: pin.version for pin in after.pins}
    return {name: (old.get(name), new.get(name)) for name in sorted({*old, *new}) if old.get(name) != new.get(name)}
