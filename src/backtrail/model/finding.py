"""One explained fact with a stable code, its evidence and its tested remedies. Words are made in report/wording."""

from enum import Enum

from packaging.utils import NormalizedName

from backtrail.model.files import File
from backtrail.model.record import Record, Tagged
from backtrail.model.requirement import Requirement
from backtrail.model.run import Asked
from backtrail.model.trail import Because
from backtrail.model.verdict import Exclusion, Verdict


class Severity(str, Enum):
    """``error``: the install fails or there is none; ``warning``: it will surprise; ``info``: worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Refusals(Record, frozen=True, kw_only=True):
    """A run of neighbouring versions refused for one reason, newest first.

    ``on`` is the project whose decided ``version`` contradicts them; ``requirement`` the weakest wording among them
    (the highest bound).
    """

    versions: tuple[str, ...]
    because: Because
    on: NormalizedName | None = None
    version: str | None = None
    requirement: str | None = None
    exclusions: tuple[Exclusion, ...] = ()


class HeldBack(Tagged, frozen=True, kw_only=True, tag="held-back"):
    """BT101. The chosen version is older than the newest usable one.

    ``blocker`` is the project whose version contradicts them: decided first if ``blocker_first``, else held there by
    requirements alone. ``blocker_asked_by`` packages ask for it, ``blocker_capped_by`` put an upper bound on it.
    """

    chosen: str
    newest: str
    uploaded: str | None
    blocker: NormalizedName | None
    blocker_version: str | None
    blocker_first: bool = True
    blocker_asked_by: int
    blocker_capped_by: tuple[Asked, ...]
    tried: int
    refused: tuple[Refusals, ...]
    asked: tuple[Asked, ...]
    kind: str


class NearestMiss(Record, frozen=True, kw_only=True):
    """The wheel that fits best, and the axes on which it does not (``python``, ``abi``, ``platform``, ``libc``)."""

    file: str
    axes: tuple[str, ...]


class SdistChosen(Tagged, frozen=True, kw_only=True, tag="sdist-chosen"):
    """BT102.

    No wheel of the chosen version fits. ``axes`` counts wheels by the axis they miss on; ``pythons`` have a wheel.
    """

    version: str
    file: str
    uploaded: str | None
    wheels: int
    axes: dict[str, int]
    nearest: NearestMiss | None
    pythons: tuple[str, ...]


class PythonGuard(Tagged, frozen=True, kw_only=True, tag="python-guard"):
    """BT103.

    Requires-Python excludes the target; what this resolver does about it: ``refused`` or ``upper-bound-ignored``.
    """

    version: str
    file: str
    requires_python: str
    treatment: str
    others: dict[str, str]


class Guard(Record, frozen=True, kw_only=True):
    """A check of the Python version in a setup.py.

    ``passes`` None: cannot tell. ``bounds`` in PEP 440 words, None where not evaluated.
    """

    line: int
    bounds: str | None
    message: str | None
    passes: bool | None


class BuildRefuses(Tagged, frozen=True, kw_only=True, tag="build-refuses"):
    """BT104. The chosen sdist's own setup.py stops on this Python, or (``guards`` with passes None) might."""

    version: str
    file: str
    guards: tuple[Guard, ...]
    unreadable: str | None


class Variant(Record, frozen=True, kw_only=True):
    """A local version (PEP 440) of the public version asked for."""

    version: str
    files: tuple[str, ...]
    usable: bool


class LocalVariants(Tagged, frozen=True, kw_only=True, tag="local-variants"):
    """BT105.

    The public version has only local builds here (or the pin lacks the local part). ``accepts`` by run key.
    """

    version: str
    variants: tuple[Variant, ...]
    pick: str | None
    accepts: dict[str, bool]


class ReasonCount(Record, frozen=True, kw_only=True):
    """How many files a rule refuses."""

    reason: str
    files: int


class NothingUsable(Tagged, frozen=True, kw_only=True, tag="nothing-usable"):
    """BT106. Every file of what was asked for is refused. ``version`` None: of every version in range."""

    requirement: str
    version: str | None
    reasons: tuple[ReasonCount, ...]
    nearest: NearestMiss | None
    requires_python: tuple[str, ...]
    pythons: tuple[str, ...]


class NotFound(Tagged, frozen=True, kw_only=True, tag="not-found"):
    """BT107.

    No such project (``project`` False) or no such version. ``newest``, ``below``, ``above`` are releases that exist.
    """

    requirement: str
    project: bool
    standard_library: bool
    close: tuple[str, ...]
    newest: str | None
    below: str | None
    above: str | None
    indexes: tuple[str, ...]


class Hidden(Tagged, frozen=True, kw_only=True, tag="hidden"):
    """BT108. It exists, but policy hides it: ``rule`` and the setting's origin (None: the resolver's default)."""

    requirement: str
    version: str
    rule: str
    value: str
    origin: str | None
    uploaded: str | None
    allow: str | None


class BuildAborts(Tagged, frozen=True, kw_only=True, tag="build-aborts"):
    """BT117. The resolver would have to build this sdist to go on, and that ends it."""

    version: str
    file: str
    asked: tuple[Asked, ...]
    error: str


Detail = (
    HeldBack
    | SdistChosen
    | PythonGuard
    | BuildRefuses
    | LocalVariants
    | NothingUsable
    | NotFound
    | Hidden
    | BuildAborts
)


class RemedyResult(str, Enum):
    """What solving again with the change gave."""

    VERIFIED = "verified"
    FAILS = "fails"
    UNKNOWN = "unknown"


class Remedy(Record, frozen=True, kw_only=True):
    """A change a machine can apply (design: contract) and what solving again gave. A pin moved to None is gone."""

    kind: str  # "add", "order", "constrain", "replace", "relax", "drop", "python", "policy"
    change: str
    of: str | None = None
    result: RemedyResult
    pins_changed: dict[str, tuple[str | None, str | None]] = {}


class Finding(Record, frozen=True, kw_only=True):
    """One explained fact.

    ``evidence`` are pointers into the Case: ``trail:RUN#N``, ``page:NAME``, ``metadata:NAME==V``, ``file:NAME``.
    """

    code: str
    severity: Severity
    runs: tuple[str, ...]
    subject: NormalizedName | None
    detail: Detail
    evidence: tuple[str, ...] = ()
    remedies: tuple[Remedy, ...] = ()

    @property
    def kind(self) -> str:
        """The finding's name beside its code: ``held-back``."""
        return type(self.detail).__struct_config__.tag  # type: ignore[return-value]


class Answer(Record, frozen=True, kw_only=True):
    """What ``why`` says for one resolver: can it be had, as which file from which index, else by which rule not.

    ``reason`` is a value of Reason, ``not-found`` (no such project), ``no-version``, ``first-index``, or ``unknown``: a
    page could not be read.
    """

    available: bool
    version: str | None
    file: str | None
    reason: str | None
    index: str | None = None


class Judged(Record, frozen=True, kw_only=True):
    """A file of the requested versions with each resolver's verdict, by run key."""

    file: File
    verdicts: dict[str, Verdict]


class ProjectView(Record, frozen=True, kw_only=True):
    """What ``why`` shows of the project asked about."""

    name: NormalizedName
    requirement: Requirement
    variants: tuple[Variant, ...]
    files: tuple[Judged, ...]
