"""What the log of a real run says: the question as far as it can be recovered, and what happened, in order."""

from enum import Enum

from packaging.utils import NormalizedName

from backtrail.model.record import Record
from backtrail.model.requirement import Requirement
from backtrail.model.trail import Outcome


class Visit(Record, frozen=True, kw_only=True):
    """A version that was looked at. ``file`` is the name of the file that was read, None where the log has none."""

    name: NormalizedName
    version: str
    file: str | None = None


class Stated(Record, frozen=True, kw_only=True):
    """A requirement of a package. ``version`` is None where the log does not say of which version of it."""

    by: NormalizedName
    version: str | None
    requirement: Requirement


class Direct(Record, frozen=True, kw_only=True):
    """A direct reference; ``version`` is None where the log never names it."""

    name: NormalizedName
    url: str
    version: str | None = None


class Coverage(Record, frozen=True, kw_only=True):
    """How much of a log was understood: lines of the tool, and those of them that say something known.

    ``lines`` are all lines, of other programs as well.
    """

    lines: int
    of_tool: int
    understood: int


class Claim(str, Enum):
    """What one statement of an error message claims."""

    REQUIRED = "required"  # the user requires something
    CONSTRAINED = "constrained"  # so does a constraint of the user's
    DEPENDS = "depends"  # a package depends on another
    ONLY = "only"  # no other versions are available than these
    NONE = "none"  # none of these versions is available
    NOT_FOUND = "not-found"  # no index has the project
    UNUSABLE = "unusable"  # versions are there and cannot be used, for the reason that the text says
    PYTHON = "python"  # the Python is not one that is asked for


class Statement(Record, frozen=True, kw_only=True):
    """One statement of an error message, with the part of it that can be looked up.

    ``versions`` are those of ``name`` that it speaks of, as specifiers (PEP 440), ``""``: all; None where specifiers
    cannot say them. ``requirement`` is that of ``name``, or the user's. ``name`` None: the user, or the interpreter.
    """

    text: str
    claim: Claim
    name: NormalizedName | None = None
    versions: str | None = ""
    requirement: Requirement | None = None


class Log(Record, frozen=True, kw_only=True):
    """A log, read.

    ``release`` of the tool, ``python``, ``platform`` (as uv names it) and ``outcome`` are None where the log does not
    say them; an outcome of None is that of a log that was cut off. ``cut_off`` is the setting that the tool says it
    has, ``moment`` the latest time on its lines, both in UTC as ``YYYY-MM-DDTHH:MM:SSZ``. ``pins`` are those that
    the tool printed, empty where it printed none; ``packages`` how many it says there are. ``indexes`` are addresses
    without credentials, in the order met. ``runs`` counts the resolutions of the log; the largest is read.
    ``complete``: ``stated`` has every requirement of every version, as logs of uv have.
    """

    file: str
    tool: str
    release: str | None = None
    python: str | None = None
    platform: str | None = None
    cut_off: str | None = None
    moment: str | None = None
    indexes: tuple[str, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    stated: tuple[Stated, ...] = ()
    direct: tuple[Direct, ...] = ()
    visits: tuple[Visit, ...] = ()
    pins: tuple[Visit, ...] = ()
    packages: int | None = None
    outcome: Outcome | None = None
    statements: tuple[Statement, ...] = ()
    coverage: Coverage
    runs: int = 1
    complete: bool = False
