"""What ``why`` says of the project asked about: its versions and files, judged, and what would have to change."""

from enum import Enum

from packaging.utils import NormalizedName

from backtrail.model.files import File, Unreadable
from backtrail.model.finding import Conflict, Variant
from backtrail.model.metadata import Unavailable
from backtrail.model.record import Record
from backtrail.model.requirement import Requirement
from backtrail.model.run import Asked
from backtrail.model.trail import Because, Outcome
from backtrail.model.verdict import Exclusion, Verdict


class Instead(Record, frozen=True, kw_only=True):
    """What would have to change for a resolution to hold what it does not: found by solving with it.

    ``pins_changed`` where that has an answer, ``conflict`` where it has none; both empty: it is unknown.
    """

    requirement: Requirement
    outcome: Outcome
    pins_changed: dict[str, tuple[str | None, str | None]] = {}
    conflict: Conflict | None = None


class Offer(Record, frozen=True, kw_only=True):
    """What another index or find-links location has of a project: the newest version that would be taken from it alone.

    ``newest`` None: it has no version that would be. ``same``: it has the version that was taken.
    """

    index: str
    newest: str | None
    same: bool


class Answer(Record, frozen=True, kw_only=True):
    """What ``why`` says for one resolver: is it available, as which file from which index, else by which rule not.

    ``reason`` is a value of Reason, ``not-found`` (no such project), ``no-version``, ``first-index``, or ``unknown``: a
    page could not be read: ``failure``. pip may take what another index has: then ``failure`` is a page it passed over.
    A file that ends every run which looks at the project is a ``failure``, too.
    ``instead``: requirements were resolved, and the pin is another than was asked for. ``elsewhere`` is what the other
    places have of the project.
    """

    available: bool
    version: str | None
    file: str | None
    reason: str | None
    index: str | None = None
    failure: Unreadable | Unavailable | None = None
    instead: Instead | None = None
    elsewhere: tuple[Offer, ...] = ()


class Judged(Record, frozen=True, kw_only=True):
    """A file of the requested versions with each resolver's verdict, by run key."""

    file: File
    verdicts: dict[str, Verdict]


class Standing(str, Enum):
    """How a version that was not taken stands."""

    REFUSED = "refused"  # looked at, and refused
    EXCLUDED = "excluded"  # never looked at: a requirement is incompatible with it
    UNUSABLE = "unusable"  # never looked at: its files cannot be used
    NEVER_REACHED = "never-reached"  # never looked at, and nothing was found against it


class VersionRow(Record, frozen=True, kw_only=True):
    """Neighbouring versions, the newest first, that were not taken for one reason.

    ``because`` is why they were refused, ``exclusions`` make them unusable. ``asked`` is the requirement that stands in
    the way and who declared it, ``on`` and ``version`` what it is incompatible with. ``evidence`` is as in Finding.
    """

    versions: tuple[str, ...]
    standing: Standing
    because: Because | None = None
    asked: Asked | None = None
    on: NormalizedName | None = None
    version: str | None = None
    exclusions: tuple[Exclusion, ...] = ()
    evidence: tuple[str, ...] = ()


class Hold(Record, frozen=True, kw_only=True):
    """A requirement that may keep a project from being newer, and the way from the user's requirements to it.

    ``binding`` is True where solving without it alone gave a newer version (``gives``), None where that was not tried
    or it is unknown. ``constraint``: a ``-c`` line.
    """

    asked: Asked
    path: tuple[Asked, ...] = ()
    binding: bool | None = None
    gives: str | None = None
    constraint: bool = False


class VersionTable(Record, frozen=True, kw_only=True):
    """The versions of a project from the newest down to the chosen one, in one run, each with its one reason.

    ``fork`` is the marker of the environments that it is about, empty for all of them, None in a run for one.
    """

    run: str
    chosen: str
    rows: tuple[VersionRow, ...]
    holds: tuple[Hold, ...] = ()
    fork: str | None = None


class ProjectView(Record, frozen=True, kw_only=True):
    """What ``why`` shows of the project asked about. ``tables`` are of the runs that pin it."""

    name: NormalizedName
    requirement: Requirement
    variants: tuple[Variant, ...]
    files: tuple[Judged, ...]
    tables: tuple[VersionTable, ...] = ()
