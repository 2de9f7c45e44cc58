"""What the log of a real run says: the question as far as it can be recovered, and what happened, in order."""

from enum import Enum

from packaging.utils import NormalizedName

from backtrail.model.record import Record
from backtrail.model.requirement import Requirement
from backtrail.model.trail import Outcome
from backtrail.model.verdict import Reason


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

    ``versions`` are those of ``name`` that it speaks of, as specifiers (PEP 440), ``""``: all; None where one set of
    specifiers cannot say them. ``ranges`` are then several, a version is in one of them; empty: none can say it.
    ``extras`` are those of ``name``. ``requirement`` is that of ``name``, or the user's. ``name`` None: the user, or
    the interpreter.
    """

    text: str
    claim: Claim
    name: NormalizedName | None = None
    versions: str | None = ""
    ranges: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    requirement: Requirement | None = None

    @property
    def needs_python(self) -> bool:
        """Whether what is required is a version of the interpreter, which uv calls a dependency on Python."""
        return self.requirement is not None and self.requirement.text.startswith("Python")


class Standing(str, Enum):
    """What an index says to a statement, at the date that is asked about."""

    TRUE = "true"
    CHANGED = "no-longer-true"
    OPEN = "cannot-be-checked"


class Open(str, Enum):
    """Why a statement cannot be checked."""

    OWN = "own-line"  # it is the user's, and no index knows it
    RANGE = "range"  # no specifiers say which versions it speaks of
    ABSENT = "no-index-has-it"  # a project of the user's, most likely
    REFERENCE = "direct-reference"
    UNREAD = "unread"  # the page, or no metadata, can be read
    REASON = "reason"  # it names a reason that no page tells
    GONE = "gone"  # none of the versions that it speaks of exists


class Contrary(Record, frozen=True, kw_only=True):
    """A version that speaks against a statement.

    ``requirement`` is what it requires instead, as its metadata writes it, ``""``: nothing of the kind; None: it can be
    used, and that is what speaks against the statement.
    """

    version: str
    requirement: str | None = None


class CheckedStatement(Record, frozen=True, kw_only=True):
    """A statement with what the index says to it.

    ``because`` is why it cannot be checked, or GONE where it is no longer true for that; else None. ``read`` of
    ``existing`` versions that it speaks of had their metadata read, the newest; both 0 where none had to be.
    """

    statement: Statement
    standing: Standing
    because: Open | None = None
    contrary: tuple[Contrary, ...] = ()
    read: int = 0
    existing: int = 0


class Unsaid(Record, frozen=True, kw_only=True):
    """Versions of a project that the statements speak of, and the resolver does not take: the newest first.

    ``value`` is what caused it where it is the same for all of them (a specifier, the reason of a yank), else empty.
    """

    project: NormalizedName
    reason: Reason
    value: str
    versions: tuple[str, ...]


class CheckedMessage(Record, frozen=True, kw_only=True):
    """An error message, each statement checked, and what it leaves unsaid. ``moment`` None: as the index is now."""

    statements: tuple[CheckedStatement, ...]
    unsaid: tuple[Unsaid, ...] = ()
    moment: str | None = None


class Log(Record, frozen=True, kw_only=True):
    """A log, read.

    ``release`` of the tool, ``python``, ``platform`` (as uv names it) and ``outcome`` are None where the log does not
    say them; an outcome of None is that of a log that was cut off. ``cut_off`` is the setting that the tool says it
    has, ``moment`` the latest time on its lines, both in UTC as ``YYYY-MM-DDTHH:MM:SSZ``. ``pins`` are those that
    the tool printed, empty where it printed none; ``packages`` how many it says there are. ``indexes`` are addresses
    without credentials, in the order met. ``runs`` counts the resolutions of the log; the largest is read.
    ``complete``: ``stated`` has every requirement of every version, as logs of uv have. ``universal``: it is of a
    resolution for all platforms, or of one of its splits.
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
    universal: bool = False
