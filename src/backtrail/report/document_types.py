"""What the JSON documents are made of (docs/json.md): they are built from these types, and their schemas made of them.

A field that may be absent is UNSET; all others are always there. Records of the model stand in them as their own
fields, but for those of ``WRITTEN``.
"""

from enum import Enum
from typing import Annotated, Any, Literal, TypeAlias

from msgspec import UNSET, Meta, UnsetType
from packaging.utils import NormalizedName

from backtrail.model.difference import Cause, Unsolved
from backtrail.model.finding import Amendment, Detail, RemedyKind, RemedyResult, Severity, Variant
from backtrail.model.finding import Link as ModelLink
from backtrail.model.finding import OwnLine as ModelLine
from backtrail.model.freshness import Behind, OutOfReach
from backtrail.model.lock import Staleness
from backtrail.model.locked import LockedProject
from backtrail.model.log import Claim, Contrary, Open, Standing, Unsaid
from backtrail.model.policy import Mode
from backtrail.model.project import Hold, Instead, Offer, VersionRow
from backtrail.model.question import Setting
from backtrail.model.record import Record
from backtrail.model.requirement import Requirement
from backtrail.model.run import Action, Counters, PinnedLine
from backtrail.model.run import Asked as ModelAsked
from backtrail.model.trail import Limit, Outcome
from backtrail.model.verdict import Reason

RunKey = Annotated[str, Meta(pattern="^(uv|uv-universal|uv-lock|uv-log|pip|pip-log)@", description="resolver@profile")]
SideKey = Annotated[
    str,
    Meta(
        pattern="^(uv|uv-universal|uv-lock|uv-log|pip|pip-log|lock)@",
        description="resolver@profile, or lock@FORM of a lock that was read",
    ),
]
Count = Annotated[int, Meta(ge=0)]
Evidence = Annotated[
    str,
    Meta(
        pattern="^(trail|page|metadata|file|sdist):",
        description="a pointer into the recording: trail:RUN#N, page:NAME, metadata:NAME==VERSION, file:NAME",
    ),
]
Moved: TypeAlias = "dict[str, tuple[str | None, str | None]]"
"""Pins by project, from and to; None: not part of that answer."""


class RequirementLine(Record, frozen=True, kw_only=True):
    """A requirement of the user's; ``file`` None: the command line."""

    text: str
    file: str | None
    line: int | None


class LeftOutLine(Record, frozen=True, kw_only=True):
    """A line that names what could not be fetched, and why: the answer does without it, and is not known with it."""

    text: str
    file: str | None
    line: int | None
    why: str


class Target(Record, frozen=True, kw_only=True):
    """What is resolved for."""

    python: str
    platform: str


class IndexChange(Record, frozen=True, kw_only=True):
    """What is asked of the index as if it were so; ``option`` is the option that asks for it, a file by its name.

    ``version`` is None where the project is removed. ``file`` is what is published, or holds the metadata.
    """

    kind: Literal["published", "yanked", "unyanked", "restated", "removed"]
    project: str
    version: str | None
    file: str | None
    option: str


class Question(Record, frozen=True, kw_only=True):
    """What was asked. ``index_changes`` is there where the index is changed for it."""

    command: str
    requirements: tuple[RequirementLine, ...]
    target: Target
    exclude_newer: str | None
    settings: tuple[Setting, ...]
    left_out: tuple[LeftOutLine, ...]
    index_changes: tuple[IndexChange, ...] | UnsetType = UNSET


class Asked(Record, frozen=True, kw_only=True):
    """Who asks in which words: ``by`` is ``name==version``, None: the user; ``origin`` is file:line of their words."""

    by: str | None
    requirement: str
    origin: str | None


class OwnLine(Record, frozen=True, kw_only=True):
    """A line of the user's own. ``origin`` is file:line, None: the command line. ``constraint``: a ``-c`` line."""

    requirement: str
    origin: str | None
    constraint: bool


class Link(Record, frozen=True, kw_only=True):
    """Who asks for the next project of a chain, in the words of the newest version that was looked at.

    ``by`` is ``name==version``, None: the user. ``versions`` of who asks do so, newest first (none: the user);
    ``others`` are the words of the older ones.
    """

    by: str | None
    requirement: str
    origin: str | None
    versions: tuple[str, ...]
    others: tuple[str, ...]


class Failure(Record, frozen=True, kw_only=True):
    """What could not be read, the page of a ``project`` on an ``index`` or a ``file``, and why.

    ``reason`` is for a page unauthorized (401), forbidden (403), status, network, content-type, malformed, too-large,
    offline or not-recorded; for a file invalid-metadata, inconsistent-metadata, invalid-format, build-failed,
    build-forbidden, hash-mismatch, status, network, too-large, offline or not-recorded. ``status`` is that of HTTP,
    None where there was none.
    """

    project: str | None
    index: str | None
    file: str | None
    reason: str
    status: int | None
    detail: str


class Freshness(Record, frozen=True, kw_only=True):
    """How many of the ``compared`` pins are at the ``newest`` release that the resolver can use here.

    Direct references are not compared. ``behind`` and ``out_of_reach`` have the user's own projects first, then the
    farthest behind. ``unknown`` are projects of which it is not known: a page could not be read, or what is needed
    of it was not recorded.
    """

    newest: Count
    compared: Count
    behind: tuple[Behind, ...]
    out_of_reach: tuple[OutOfReach, ...]
    unknown: tuple[NormalizedName, ...]


class PinKind(str, Enum):
    """What is installed: a file of an index, what a direct reference points at, or what is there already."""

    WHEEL = "wheel"
    SDIST = "sdist"
    URL = "url"
    INSTALLED = "installed"


class Pin(Record, frozen=True, kw_only=True):
    """A project of the answer. A direct reference has a ``url``, without credentials and fragment, and no file.

    ``commit`` is the one that was read of a repository.

    ``verified`` False: its requirements were read without the build that the resolver would have run. ``assumed``:
    nobody knows them without one, and it was taken as requiring nothing. ``elsewhere`` is what the other places have of
    the project, where more than one is asked.
    """

    version: str
    file: str | None
    kind: PinKind
    index: str | None
    uploaded: str | None
    url: str | None
    commit: str | None
    verified: bool
    assumed: bool
    requested_by: tuple[ModelAsked, ...]
    elsewhere: tuple[Offer, ...] | UnsetType = UNSET


class Fork(Record, frozen=True, kw_only=True):
    """A part of a universal resolution; ``marker`` is empty where it was not split."""

    marker: str
    outcome: Outcome
    pins: dict[str, Pin]


class Stopped(Record, frozen=True, kw_only=True):
    """The limit that a run came to. ``bound`` is in rounds, forks, versions, seconds of a time-limit, or bytes.

    max-rounds, time-limit, max-memory: as the user said (memory: or two GiB); effort: rounds, where the user said
    nothing; resolver: rounds, as the real tool; forks: of a universal resolution; reading: versions of one project, in
    a trial.
    """

    by: Limit
    bound: float


class LockEdge(Record, frozen=True, kw_only=True):
    """What leads to a package; ``version`` only where the name alone would be ambiguous."""

    name: str
    version: str | UnsetType = UNSET
    extra: tuple[str, ...] | UnsetType = UNSET
    marker: str | UnsetType = UNSET


class LockPackage(Record, frozen=True, kw_only=True):
    """A package of a lock. ``version`` None: dynamic. ``source`` is registry, virtual, editable, url or git."""

    name: str
    version: str | None
    source: str
    resolution_markers: tuple[str, ...] | UnsetType = UNSET
    dependencies: tuple[LockEdge, ...] | UnsetType = UNSET
    optional_dependencies: dict[str, tuple[LockEdge, ...]] | UnsetType = UNSET
    dev_dependencies: dict[str, tuple[LockEdge, ...]] | UnsetType = UNSET
    wheels: tuple[str, ...] | UnsetType = UNSET
    sdist: str | UnsetType = UNSET


class Lock(Record, frozen=True, kw_only=True):
    """What uv.lock would say. ``conflicts`` are sets of ``package|e|extra``, ``package|g|group`` or ``package|p|``."""

    requires_python: str
    resolution_markers: tuple[str, ...]
    supported_markers: tuple[str, ...]
    required_markers: tuple[str, ...]
    conflicts: tuple[tuple[str, ...], ...]
    packages: tuple[LockPackage, ...]


class Answer(Record, frozen=True, kw_only=True):
    """Whether an index has a file that this resolver's rules admit, and which; what that file needs was not asked.

    ``reason`` is why not. ``failure`` is the page that leaves it unknown or, where a file is available, one that pip
    went on without. ``instead`` only where requirements were resolved and the pin is another than was asked about.
    ``index`` is where the file is, ``elsewhere`` what the other places that are asked have of the project.
    """

    available: bool
    version: str | None
    file: str | None
    reason: str | None
    index: str | None
    elsewhere: tuple[Offer, ...]
    failure: Failure | None
    instead: Instead | UnsetType = UNSET


class Planned(Record, frozen=True, kw_only=True, rename={"before": "from", "after": "to"}):
    """What an install of the answer does with a project in the environment asked about; None: it is not there.

    ``because`` are the requirements that lead to it: of what is changed those that the installed version does not meet
    (none: an option asks for it), of what is installed or kept all.
    """

    name: str
    action: Action
    before: str | None
    after: str
    because: tuple[str, ...]


class Run(Record, frozen=True, kw_only=True):
    """The answer of one resolver. ``outcome`` None: nothing was solved.

    ``profile`` is the release reproduced, and ``basis`` how: exact, that release was measured; composed, put together
    from known changes; newer, answered as the newest release that is known. ``attempts`` are the distinct versions of
    each project in the order of the first visit. ``failure`` is what an unknown or aborted outcome comes from,
    ``passed_over`` are pages that pip goes on without, as if the index did not have the project. ``freshness`` None:
    there is no answer. ``forks`` (in the order solved, the one that failed last) and ``lines`` are of a universal run.
    ``stopped`` is of a run that gave up only: its pins are those decided until then. ``lock`` (None: there is none) and
    ``stale`` (why the lock that is there is solved again; None: it is kept, or there is none) are of uv-lock only,
    ``plan`` is of a run with an answer for an environment, or over a lock whose versions are tried first, ``answer`` is
    of `why` only.
    """

    resolver: Annotated[
        str, Meta(extra_json_schema={"enum": ["uv", "pip", "uv-universal", "uv-lock", "uv-log", "pip-log"]})
    ]
    profile: str
    basis: Annotated[str, Meta(extra_json_schema={"enum": ["exact", "composed", "newer"]})]
    outcome: Outcome | None
    pins: dict[str, Pin]
    attempts: dict[str, tuple[str, ...]]
    counters: Counters
    failure: Failure | None
    passed_over: tuple[Failure, ...]
    freshness: Freshness | None
    mode: Mode
    forks: tuple[Fork, ...]
    lines: tuple[PinnedLine, ...]
    stopped: Stopped | UnsetType = UNSET
    lock: Lock | None | UnsetType = UNSET
    stale: Staleness | None | UnsetType = UNSET
    plan: tuple[Planned, ...] | UnsetType = UNSET
    answer: Answer | UnsetType = UNSET


class Remedy(Record, frozen=True, kw_only=True):
    """Changes that were made all together: none of several helps alone, and then ``kind``, ``change``, ``of`` are None.

    ``of`` is the user's line that a change is about. ``pins_changed`` from and to, None: not part of that answer.
    """

    kind: RemedyKind | None
    change: str | None
    of: str | None
    changes: Annotated[tuple[Amendment, ...], Meta(min_length=1)]
    result: RemedyResult
    pins_changed: Moved


class Finding(Record, frozen=True, kw_only=True):
    """One explained fact; ``subject`` is the project it is about, ``headline`` one sentence."""

    code: Annotated[str, Meta(pattern="^BT1[0-9][0-9]$")]
    kind: str
    severity: Severity
    runs: tuple[RunKey, ...]
    subject: str | None
    headline: str
    detail: Detail
    evidence: tuple[Evidence, ...]
    remedies: tuple[Remedy, ...]


class JudgedFile(Record, frozen=True, kw_only=True):
    """A file of the requested versions, with every reason that speaks against it, by run."""

    filename: str
    version: str
    verdicts: dict[str, tuple[Reason, ...]]


class Table(Record, frozen=True, kw_only=True):
    """Why a run took no newer version: ``versions`` from the newest down to the chosen one, which is not among them.

    ``holds`` are requirements that may keep the project from being newer. ``fork`` is the marker of the environments
    that have the chosen version, empty for all; null in a run for one.
    """

    run: RunKey
    chosen: str
    versions: tuple[VersionRow, ...]
    holds: tuple[Hold, ...]
    fork: str | None


class Project(Record, frozen=True, kw_only=True):
    """The project that `why` is asked about. ``variants`` are local builds of the requested public version.

    ``tables`` are of each run that pins it.
    """

    name: str
    requirement: str
    variants: tuple[Variant, ...]
    files: tuple[JudgedFile, ...]
    tables: tuple[Table, ...]


class LogStatement(Record, frozen=True, kw_only=True):
    """One statement of an error message in a log: its words, what kind of claim it is, and what the index says to it.

    ``because`` is why it cannot be checked, ``gone`` where it is no longer true because no such version is there, else
    null. ``contrary`` are versions that speak against it: ``requirement`` is what one requires instead, null: it can
    be used. Of ``existing`` versions that it speaks of the metadata of ``read`` was read, the newest; both 0 where none
    had to be.
    """

    text: str
    claim: Claim
    standing: Standing
    because: Open | None
    contrary: tuple[Contrary, ...]
    read: Count
    existing: Count


class LogRead(Record, frozen=True, kw_only=True):
    """The log that a question was read from.

    ``release`` of the ``tool`` is null where the log does not name it, ``moment`` where no line has a time.
    ``lines_of_tool`` are those that the tool wrote, ``lines_understood`` those of them that say something known;
    ``complete`` is false where the log ends before the resolution does. ``statements`` are those of an error message,
    checked against the index as of ``checked_at`` (null: as it is now); ``unsaid`` the versions they speak of that the
    resolver does not take, and none of them says why.
    """

    file: str
    tool: str
    release: str | None
    moment: str | None
    lines_of_tool: int
    lines_understood: int
    complete: bool
    statements: tuple[LogStatement, ...]
    unsaid: tuple[Unsaid, ...]
    checked_at: str | None


class InstalledProject(Record, frozen=True, kw_only=True):
    """A project that is installed: its version, who put it there (None: nobody says), the folder that says so.

    ``url`` and ``commit`` are of a direct reference. ``requested``: somebody asked for it by name.
    """

    version: str
    installer: str | None
    url: str | None
    commit: str | None
    editable: bool
    requested: bool
    place: str


class EnvironmentRead(Record, frozen=True, kw_only=True):
    """What was read of an environment: how many projects it has, and of the one asked about all that is installed.

    ``project`` None: none was asked about. ``needed_by`` are requirements of others, ``way`` leads from what was asked
    for by name, or what nobody needs, to the project. ``unread`` are folders that say neither name nor version.
    """

    origin: str
    packages: Count
    unread: tuple[Failure, ...]
    project: str | None
    installed: tuple[InstalledProject, ...]
    needed_by: tuple[ModelAsked, ...]
    way: tuple[ModelAsked, ...]


class PinChange(Record, frozen=True, kw_only=True):
    """A pin that differs; of two values the old one stands first, None: not part of the answer.

    ``files`` are None for direct references, too, and for locks. ``known`` False: the recordings do not reach far
    enough, or the budget ran out, or the locks do not say why; no ``causes``, and known: nothing that differs decides
    it by itself.
    """

    project: str
    versions: tuple[str | None, str | None]
    files: tuple[str | None, str | None]
    known: bool
    causes: tuple[Cause, ...]


class RunDifference(Record, frozen=True, kw_only=True):
    """Two runs held against each other, or two locks.

    ``failures`` are what an unknown or aborted outcome comes from.

    ``differs`` is everything exchanged, whether it matters or not; ``solves`` were spent on finding causes. Of locks
    ``solved_with`` is the resolver that causes were found with; null: they stand in the locks, and ``unsolved`` says
    why, ``unsolved_detail`` with which file, index or sentence.
    """

    resolvers: tuple[SideKey, SideKey]
    outcomes: tuple[Outcome, Outcome]
    failures: tuple[Failure | None, Failure | None]
    changes: tuple[PinChange, ...]
    differs: tuple[Cause, ...]
    solves: Count
    solved_with: RunKey | None
    unsolved: Unsolved | None
    unsolved_detail: str


class FindingTold(Record, frozen=True, kw_only=True):
    """A finding that is there with the change alone, or without it alone."""

    code: Annotated[str, Meta(pattern="^BT1[0-9][0-9]$")]
    kind: str
    severity: Severity
    runs: tuple[RunKey, ...]
    subject: str | None


class WhatIf(Record, frozen=True, kw_only=True):
    """The answer held against that for the index as it is, a pair for each run; ``answers`` by run, of `why` only.

    ``unmade`` could not be published: the recording lacks files that an index has of the version.
    """

    runs: tuple[RunDifference, ...]
    appeared: tuple[FindingTold, ...]
    vanished: tuple[FindingTold, ...]
    answers: dict[RunKey, Answer]
    unmade: tuple[IndexChange, ...]


class ReportDocument(Record, frozen=True, kw_only=True):
    """What a run of backtrail found: one document, equal in content to the text report.

    Project names are normalised (PEP 503), versions in normal form (PEP 440), times in UTC. ``backtrail`` is the
    program's version. ``runs`` are in the order asked for. ``project`` is of `why` only, ``locked`` of `why` with a
    lock, ``log`` of `log`: the first run is then what the log says that happened, where it says how that ended.
    ``environment`` is what `--env` names, or the active one. ``what_if`` is there where the index is changed.
    """

    schema: Literal["backtrail.report"]
    version: Literal[1]
    backtrail: str
    question: Question
    runs: tuple[Run, ...]
    findings: tuple[Finding, ...]
    project: Project | UnsetType = UNSET
    locked: LockedProject | UnsetType = UNSET
    log: LogRead | UnsetType = UNSET
    environment: EnvironmentRead | UnsetType = UNSET
    what_if: WhatIf | UnsetType = UNSET


class DiffDocument(Record, frozen=True, kw_only=True):
    """Two recordings or two locks held against each other: which pins changed, and what changed them.

    ``old`` and ``new`` are the Cases or locks, as they were named. A run is held against that of the same release, else
    of the same tool; ``only_old`` and ``only_new`` are runs without a partner.
    """

    schema: Literal["backtrail.diff"]
    version: Literal[1]
    backtrail: str
    old: str
    new: str
    runs: tuple[RunDifference, ...]
    only_old: tuple[RunKey, ...]
    only_new: tuple[RunKey, ...]


WRITTEN: dict[Any, Any] = {ModelAsked: Asked, ModelLine: OwnLine, ModelLink: Link, Requirement: str}
"""Records of the model that are written in another form."""
