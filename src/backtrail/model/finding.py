"""One explained fact with a stable code, its evidence and its tested remedies. Words are made in report/wording."""

from enum import Enum

from packaging.utils import NormalizedName

from backtrail.model.files import FileKind
from backtrail.model.lock import Staleness
from backtrail.model.record import Record, Tagged
from backtrail.model.requirement import Requirement
from backtrail.model.run import Action, Asked
from backtrail.model.trail import Because, Outcome, SplitBy
from backtrail.model.verdict import Exclusion
from backtrail.model.workspace import ConflictItem


class Severity(str, Enum):
    """``error``: the install fails or there is none; ``warning``: it will surprise; ``info``: worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Refusals(Record, frozen=True, kw_only=True):
    """A run of neighbouring versions refused for one reason, newest first.

    ``on`` is the project whose decided ``version`` contradicts them; ``requirement`` the weakest wording among them
    (the highest cap, or the lowest floor where all of them ask for newer versions than the decided one).
    """

    versions: tuple[str, ...]
    because: Because
    on: NormalizedName | None = None
    version: str | None = None
    requirement: str | None = None
    exclusions: tuple[Exclusion, ...] = ()


class ObstacleKind(str, Enum):
    """What kind of fact forbids a version; those that the user can change most easily come first."""

    OWN_LINE = "own-line"
    CONSTRAINT = "constraint"
    OVERRIDE = "override"
    PRERELEASE = "prerelease"
    YANKED = "yanked"
    FORMAT = "format"  # only wheels, or only sdists
    FIRST_INDEX = "first-index"
    CUT_OFF = "cut-off"
    REQUIRES_PYTHON = "requires-python"
    TAGS = "tags"
    UNBUILT = "unbuilt"  # what it asks for is not known without a build
    UNREADABLE = "unreadable"  # what it asks for cannot be read
    REQUIREMENT = "requirement"  # of another package


class Obstacle(Record, frozen=True, kw_only=True):
    """A fact without which a newer version would be possible.

    ``project`` is what it is about. A line of the user's has its ``text``, ``file`` and ``line``. A requirement has its
    ``text`` and who declares it, ``by`` in ``version``, the newest that was looked at. What is hidden or unusable is
    ``project`` in ``version``, asked for ``by`` a package (None: the user); ``text`` is the value that says so: the
    Requires-Python, the upload time, the reason of a yank, a tag, the kind of file, what is wrong with metadata.
    """

    kind: ObstacleKind
    text: str = ""
    file: str | None = None
    line: int | None = None
    by: NormalizedName | None = None
    project: NormalizedName
    version: str | None = None


class Upstream(Record, frozen=True, kw_only=True):
    """A missing lower bound, for its author: ``asked`` should say ``bound`` (``numba>=0.54``)."""

    asked: Asked
    bound: str


class Extent(Record, frozen=True, kw_only=True):
    """Some of a project's releases that exist, as runs of neighbours: newest and oldest of each, the newest run first.

    ``count`` releases in all; ``every``: there are no others.
    """

    count: int
    runs: tuple[tuple[str, str], ...]
    every: bool


class Link(Record, frozen=True, kw_only=True):
    """A step of a chain: who asks for the next project, in the words of the newest version that was looked at.

    ``versions`` of who asks do so, newest first (none: the user); ``others`` are the words of the older ones.
    """

    asked: Asked
    versions: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


class Chain(Record, frozen=True, kw_only=True):
    """The way from a line of the user's to the project it ends at; ``admits`` are that project's releases it allows."""

    links: tuple[Link, ...]
    project: NormalizedName
    admits: Extent


class HeldBack(Tagged, frozen=True, kw_only=True, tag="held-back"):
    """BT101. The chosen version is older than the newest usable one.

    *Forced* where ``because`` names facts: ``newest`` is possible without them, and with any one of them it is not.
    ``chains`` lead from the newer version, and from a line of the user's among those facts, to where they meet.
    *Chosen* where ``alternative`` has pins: what moves, from and to, if a newer version is required. With neither it is
    not known.

    ``blocker`` is the decision that closed the way of what was chosen: with its version no newer one is possible, and
    it has that version whatever the project itself asks for. It was decided first if ``blocker_first``;
    ``blocker_asked_by`` packages ask for it, ``blocker_capped_by`` put an upper bound on it. ``refused`` are the newer
    versions that were tried, or the newest where no file of it can be used here, ``every``: there are no others before
    the cut-off. ``upstream`` are packages whose requirement would have avoided the version with a lower bound that was
    proved to help.
    """

    chosen: str
    newest: str
    uploaded: str | None
    because: tuple[Obstacle, ...] = ()
    chains: tuple[Chain, ...] = ()
    alternative: dict[str, tuple[str | None, str | None]] | None = None
    blocker: NormalizedName | None = None
    blocker_version: str | None = None
    blocker_first: bool = False
    blocker_asked_by: int = 0
    blocker_capped_by: tuple[Asked, ...] = ()
    tried: int
    refused: tuple[Refusals, ...]
    every: bool = False
    asked: tuple[Asked, ...]
    kind: FileKind
    upstream: tuple[Upstream, ...] = ()

    @property
    def unusable(self) -> Refusals | None:
        """Why no file of the newest release can be used here; None where one can, or more than that is known."""
        if self.because or self.alternative:
            return None
        unusable = (Because.FILES, Because.REQUIRES_PYTHON)
        return next((one for one in self.refused if self.newest in one.versions and one.because in unusable), None)


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


class Treatment(str, Enum):
    """What a resolver does with a file whose Requires-Python excludes the target."""

    REFUSED = "refused"
    UPPER_BOUND_IGNORED = "upper-bound-ignored"


class PythonGuard(Tagged, frozen=True, kw_only=True, tag="python-guard"):
    """BT103.

    Requires-Python excludes the target; what this resolver does about it, and what ``others`` do, by their name or key.
    """

    version: str
    file: str
    requires_python: str
    treatment: Treatment
    others: dict[str, Treatment]


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
    ``imported_from`` are the projects whose code is imported by the name, where it is no project's. ``local_builds`` is
    the address of an index, not asked here, that is known for the local version (PEP 440) that is wanted.
    """

    requirement: str
    project: bool
    standard_library: bool
    close: tuple[str, ...]
    newest: str | None
    below: str | None
    above: str | None
    indexes: tuple[str, ...]
    imported_from: tuple[str, ...] = ()
    local_builds: str | None = None


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


class Gone(Record, frozen=True, kw_only=True):
    """Something that a build uses is not there: ``what`` is a dotted name, or a keyword of ``setup``, ``use_2to3=``.

    It is of a project, ``by``, that is not installed (``version`` None), that has not had it ``since`` a release, or of
    which no release before ``until`` runs on this Python; ``by`` None: of Python itself. ``python`` is the first Python
    on which that is so, None: it is so on all. ``needs`` is what is missing, where that is something which it needs.
    """

    what: str
    needs: str | None = None
    by: NormalizedName | None = None
    version: str | None = None
    since: str | None = None
    until: str | None = None
    python: str | None = None


class DoomReason(str, Enum):
    """Why a build fails."""

    GONE = "gone"  # something that it uses is not there
    REQUIREMENT = "requirement"  # something that it requires to be built is not available
    STOPS = "stops"  # its setup.py ends itself, whatever the Python


class BuildDoomed(Tagged, frozen=True, kw_only=True, tag="build-doomed"):
    """BT119. The build of the chosen sdist fails; known without running it.

    ``certain`` False: nobody can tell whether the build gets there. ``line`` is that of the setup.py, None: it is in
    none. ``message`` is what the script says when it ends itself, ``requirement`` what is not available. ``through``
    are the sdists that have to be built before, ``numpy==1.19.5``: all this is about the last of them.
    """

    version: str
    file: str
    because: DoomReason
    certain: bool
    gone: Gone | None = None
    line: int | None = None
    message: str | None = None
    requirement: str | None = None
    through: tuple[str, ...] = ()


class TriedOrder(str, Enum):
    """An order of the user's lines that was solved to see whether it matters."""

    REVERSED = "reversed"
    ROTATED = "rotated"  # by half
    BINDING_FIRST = "binding-first"  # those that lead to a held-back project


class OrderSensitive(Tagged, frozen=True, kw_only=True, tag="order-sensitive"):
    """BT112. Another order of the same requirements gives another answer.

    ``tried`` is the order that showed it. ``moved`` are two of the user's lines: with the first put right before the
    second, in ``order``, the answer changes, and right behind it, it does not; None where the budget ended first.
    ``outcome`` and ``pins_changed`` are those of ``order``.
    """

    tried: TriedOrder
    order: tuple[str, ...]
    moved: tuple[str, str] | None
    outcome: Outcome
    pins_changed: dict[str, tuple[str | None, str | None]]


class PrereleaseRule(str, Enum):
    """The rule by which a pre-release is taken."""

    SETTING = "setting"
    REQUIREMENT = "requirement"  # it names a pre-release
    ONLY_PRERELEASES = "only-prereleases"  # the project has nothing else
    NO_STABLE = "no-stable"  # no stable release was left


class PrereleaseTaken(Tagged, frozen=True, kw_only=True, tag="prerelease-taken"):
    """BT113. A pre-release was taken, and the rule that allowed it.

    ``value`` and ``origin`` say which setting, ``asked`` names a pre-release. ``stable`` is the newest stable release
    there is: ``exclusions`` speak against its files, or ``asked`` against its version.
    """

    version: str
    file: str
    rule: PrereleaseRule
    value: str = ""
    origin: str | None = None
    asked: Asked | None = None
    stable: str | None = None
    exclusions: tuple[Exclusion, ...] = ()


class YankedTaken(Tagged, frozen=True, kw_only=True, tag="yanked-taken"):
    """BT114. A yanked file was taken (PEP 592), because ``asked`` pins its version exactly.

    ``reason`` is the yank's, possibly empty. ``newest`` is the newest release that is not yanked.
    """

    version: str
    file: str
    reason: str
    asked: Asked | None
    newest: str | None


class MetadataDiffers(Tagged, frozen=True, kw_only=True, tag="metadata-differs"):
    """BT115. The requirements that decided were not, or may not be, those of the file to be installed.

    ``read`` is the file they were read from, by ``source`` (a value of MetadataSource). ``verified`` is False where no
    build wrote them. ``other`` is a file of the same version that was read too; ``only_read`` and ``only_other`` are
    requirements that one of them has and the other lacks.
    """

    version: str
    file: str
    read: str
    source: str
    verified: bool
    other: str | None = None
    only_read: tuple[str, ...] = ()
    only_other: tuple[str, ...] = ()


class IndexShadowed(Tagged, frozen=True, kw_only=True, tag="index-shadowed"):
    """BT118. The first index that has the project hides a newer release on a later one.

    ``hidden`` are the usable newer versions there that everybody who asks admits, the newest first.
    """

    version: str
    index: str
    later: str
    hidden: tuple[str, ...]
    origin: str | None = None


class OwnLine(Record, frozen=True, kw_only=True):
    """A line of the user's own: a requirement, or (``constraint``) a ``-c`` line."""

    requirement: Requirement
    constraint: bool = False


class Claim(Record, frozen=True, kw_only=True):
    """Part of a statement: a project is (``positive``) or is not one of some releases; ``project`` None: the user."""

    project: NormalizedName | None
    releases: Extent
    positive: bool = True


class FactKind(str, Enum):
    """What a fact of a proof states."""

    ASKS = "asks"
    ABSENT = "absent"  # no release is left in the range that is wanted
    UNUSABLE = "unusable"


class Fact(Record, frozen=True, kw_only=True):
    """What a proof rests on.

    ``by``, None: the user, asks for ``project`` in the words of ``requirements``; or releases of ``project`` are absent
    or, ``because`` of something, unusable. ``releases`` are those of ``by``, else of ``project``.
    """

    kind: FactKind
    project: NormalizedName
    by: NormalizedName | None = None
    releases: Extent
    requirements: tuple[str, ...] = ()
    because: Because | None = None


class Step(Record, frozen=True, kw_only=True):
    """A sentence of a proof: from ``facts`` and the ``steps`` before it, numbered from 1, these cannot all hold."""

    number: int
    facts: tuple[Fact, ...]
    steps: tuple[int, ...]
    claims: tuple[Claim, ...]


class ConflictReason(str, Enum):
    """Why nothing is left where the chains of a conflict meet."""

    BESIDE = "beside"  # each can be met alone, no release meets all
    NO_VERSION = "no-version"
    NOT_FOUND = "not-found"
    UNUSABLE = "unusable"  # none that would do fits this Python or platform
    HIDDEN = "hidden"  # by policy
    INVALID_METADATA = "invalid-metadata"  # each that would do says of itself what the resolver cannot read
    TOGETHER = "together"  # only the proof shows it


class UnreadableRelease(Record, frozen=True, kw_only=True):
    """A release that is refused for what it says of itself: ``text``, in ``file``.

    ``since`` is the first release of the resolver that refuses it, None where no earlier one would have taken it.
    """

    version: str
    file: str
    text: str
    since: str | None


class Conflict(Tagged, frozen=True, kw_only=True, tag="conflict"):
    """BT109. Lines of the user's that cannot all be met.

    ``minimal``: proved by solving without each of them in turn; False: the budget ended before. ``project`` is where
    their chains meet, None where no single project shows the contradiction. ``refused`` and ``hidden`` say more of what
    is unusable or hidden, ``unreadable`` of releases with invalid metadata. ``proof`` is empty for a resolver that ends
    without one.
    """

    lines: tuple[OwnLine, ...]
    minimal: bool
    project: NormalizedName | None
    because: ConflictReason
    chains: tuple[Chain, ...]
    refused: NothingUsable | None = None
    hidden: Hidden | None = None
    unreadable: tuple[UnreadableRelease, ...] = ()
    proof: tuple[Step, ...] = ()


class Effort(Record, frozen=True, kw_only=True):
    """What was spent on a project: how many versions were looked at, and how often one was refused or taken back."""

    project: NormalizedName
    versions: int
    refused: int


class Collision(Record, frozen=True, kw_only=True):
    """Two requirements that met in ``times`` conflicts, in the words of the last; who asks may differ by version."""

    one: Asked
    other: Asked
    times: int


class Thrash(Tagged, frozen=True, kw_only=True, tag="thrash"):
    """BT110. Where the attempts went, the costliest first, and which requirements kept colliding."""

    attempts: int
    projects: int
    efforts: tuple[Effort, ...]
    collisions: tuple[Collision, ...]


class Cause(str, Enum):
    """The rule by which two runs part."""

    DISPLACED_PIN = "displaced-pin"  # a decision gives way to a later requirement in one, and stands in the other
    REQUIRES_PYTHON = "requires-python"  # which part of it counts, or whose
    PRERELEASE = "prerelease"
    LOCAL_VERSION = "local-version"
    YANKED = "yanked"
    INDEX_STRATEGY = "index-strategy"  # merged indexes against the first that has the project
    CUT_OFF = "cut-off"
    FILENAME = "filename"
    TAGS = "tags"  # which wheels fit
    INVALID_METADATA = "invalid-metadata"
    FOREIGN_METADATA = "foreign-metadata"  # another file of the same version was read
    BUILD_FAILURE = "build-failure"  # one has to build what the other need not
    INSTALLED = "installed"  # what is there already is kept by one, and replaced by the other
    MARKERS = "markers"
    EXTRAS = "extras"
    OVERRIDES = "overrides"  # which pip does not know
    SETTINGS = "settings"  # an option or a variable that only one of them heeds
    BACKJUMPING = "backjumping"  # how far a dead end is left behind
    PRIORITY = "priority"  # what conflicts often is decided earlier
    DECISION_ORDER = "decision-order"


class Reading(Record, frozen=True, kw_only=True):
    """The file from which a run read what a version needs, and the requirements in force that only this file states."""

    run: str
    file: str
    only: tuple[str, ...] = ()


class Parting(Record, frozen=True, kw_only=True):
    """The first place where one run takes a version of a project that the other refuses.

    ``because`` None: the other never looked at it. ``on`` and ``on_version`` are the decided project it contradicts by
    ``requirement``, None where that is not the reason; ``displaced``: the run that takes it undid that decision.
    ``read``: where both take it and read what it needs from different files, what each read.
    """

    project: NormalizedName
    version: str
    taken_by: str
    refused_by: str
    because: Because | None = None
    on: NormalizedName | None = None
    on_version: str | None = None
    requirement: str | None = None
    exclusions: tuple[Exclusion, ...] = ()
    displaced: bool = False
    read: tuple[Reading, ...] = ()
    kept_by: str | None = None


class Switched(Record, frozen=True, kw_only=True):
    """A run solved again with one ``rule`` of its own set to ``value``, beside those of ``also``.

    ``pins`` are the versions of the projects that differ, None where the answer lacks one; ``agrees``: the subject's
    is now that of the other run, and so are those of all the user's own requirements.
    """

    run: str
    rule: str
    value: str
    cause: Cause
    also: tuple[str, ...] = ()
    outcome: Outcome
    pins: dict[str, str | None]
    agrees: bool


class Diverge(Tagged, frozen=True, kw_only=True, tag="diverge"):
    """BT111. Two runs of one question have different answers. The subject is one of the user's lines, if one differs.

    ``pins`` are the versions that differ, by project and run. ``proved``: the rule of ``cause``, switched in either
    run, gives the subject and the user's own requirements the versions they have in the other. ``others`` are further
    causes, which part them once that is switched.
    """

    cause: Cause
    proved: bool
    others: tuple[Cause, ...] = ()
    parting: Parting
    pins: dict[str, dict[str, str | None]]
    switched: tuple[Switched, ...] = ()


class UniversalHeldBack(Tagged, frozen=True, kw_only=True, tag="universal-held-back"):
    """BT120. A pin is older because of environments that are not this computer's.

    ``alone`` is the version that the same resolver takes for this computer alone. Where the environments of ``marker``
    are not asked about it takes a newer one than ``chosen`` here; empty: no single part of them is to blame.
    ``because`` are facts without any one of which ``alone`` is possible everywhere. ``fork`` is the marker of the fork
    solved before whose version was tried first, and is to blame; None: none is.
    """

    chosen: str
    alone: str
    marker: str
    because: tuple[Obstacle, ...] = ()
    fork: str | None = None
    asked: tuple[Asked, ...]


class SplitReason(Record, frozen=True, kw_only=True):
    """What split a resolution on the way to a fork: a version of ``package``, see the event of the trail."""

    package: str
    version: str
    why: SplitBy
    names: tuple[str, ...] = ()
    markers: tuple[str, ...]


class SplitFailed(Tagged, frozen=True, kw_only=True, tag="split-failed"):
    """BT121. A universal resolution has no solution, and this part of it is where.

    ``marker`` is that of the fork; empty: it was not split, and yet this computer alone has a solution. ``splits`` led
    to it, the first first. ``here``: this computer belongs to it. ``beyond``: it is for Pythons newer than this one,
    which only the open end of the range of Pythons asks for. ``because`` are facts without any one of which there is a
    solution.
    """

    marker: str
    splits: tuple[SplitReason, ...]
    here: bool
    beyond: bool
    because: tuple[Obstacle, ...] = ()


class ForkReason(str, Enum):
    """Why a fork has the version that it has."""

    NEWEST = "newest"
    REQUIRES_PYTHON = "requires-python"  # a newer version is not for its Pythons
    LOCAL_VERSION = "local-version"  # a newer local build lacks its platforms
    COVERAGE = "coverage"  # a newer version has no wheel for it
    REQUIREMENT = "requirement"
    PREFERRED = "preferred"  # chosen before, in another fork or in the lock
    INDEX = "index"  # it comes from another index than the newest
    LOWEST = "lowest"  # the oldest version that is allowed is asked for
    UNKNOWN = "unknown"


class ForkedVersion(Record, frozen=True, kw_only=True):
    """One of several versions, where it counts, and why no newer one does.

    ``newer`` is the version that is refused there, ``asked`` the requirement that refuses it, or of the oldest version
    the one that sets the lower bound (None: none does). ``index`` is the one that a fork takes the project from, if it
    is another than that of the newest.
    """

    version: str
    marker: str
    why: ForkReason
    asked: Asked | None = None
    newer: str | None = None
    index: str | None = None


class Forked(Tagged, frozen=True, kw_only=True, tag="forked"):
    """BT122. A project has several versions in one answer, the newest first."""

    versions: tuple[ForkedVersion, ...]


class LockStale(Tagged, frozen=True, kw_only=True, tag="lock-stale"):
    """BT123. The lock that is there is solved again; ``reason`` is the first thing that is not as it was."""

    reason: Staleness


class LockPreference(Tagged, frozen=True, kw_only=True, tag="lock-preference"):
    """BT124. A pin is older because a lock, ``file``, has it; without the lock it is ``newest``."""

    chosen: str
    newest: str
    asked: tuple[Asked, ...]
    file: str


class ConflictUndeclared(Tagged, frozen=True, kw_only=True, tag="conflict-undeclared"):
    """BT125. A project cannot be locked because some of its extras or groups are incompatible.

    No two items of one of ``sets`` have a solution together. ``asked`` are the project's own requirements among what
    the failure follows from.
    """

    sets: tuple[tuple[ConflictItem, ...], ...]
    asked: tuple[Asked, ...]


class NotSibling(Tagged, frozen=True, kw_only=True, tag="not-sibling"):
    """BT126. Two requirements of different packages never hold together, and split nothing: there is no solution."""

    one: Asked
    other: Asked


class SolutionMissed(Tagged, frozen=True, kw_only=True, tag="solution-missed"):
    """BT116. The run ended as ``outcome`` says, and these pins meet every requirement under its own rules.

    ``found_by`` is the run whose answer led there, None where the run itself found it ``without`` some versions.
    """

    outcome: Outcome
    pins: dict[str, str]
    found_by: str | None = None
    without: tuple[str, ...] = ()


class ReinstallForced(Tagged, frozen=True, kw_only=True, tag="reinstall-forced"):
    """BT127. An install would replace a project that is installed: its files are removed first.

    ``asked`` are the requirements that the ``installed`` version does not meet. *Forced* where ``because`` names facts:
    without them it would stay, and with any one of them it does not; ``chains`` lead to where they meet. *Chosen* where
    ``alternative`` has pins: what moves, from and to, if it is kept. ``option`` asks for it although it need not be.
    ``used_by`` are requirements of other installed projects that the new ``version`` meets. ``compiled``: it has files
    for one platform, which Windows does not replace while they are in use.
    """

    action: Action
    installed: str
    version: str
    installer: str | None = None
    asked: tuple[Asked, ...] = ()
    option: str | None = None
    because: tuple[Obstacle, ...] = ()
    chains: tuple[Chain, ...] = ()
    alternative: dict[str, tuple[str | None, str | None]] | None = None
    used_by: tuple[Asked, ...] = ()
    compiled: bool = False


class Inconsistency(str, Enum):
    """How what is installed does not fit together."""

    MISSING = "missing"
    VERSION = "wrong-version"
    DUPLICATE = "duplicate"
    PYTHON = "requires-python"
    TAGS = "tags"
    UNREADABLE = "unreadable"


class EnvironmentInconsistent(Tagged, frozen=True, kw_only=True, tag="environment-inconsistent"):
    """BT128. What is installed in an environment does not fit together, or would not after an install.

    ``version`` is what is there, None where it is missing. ``asked`` are the requirements that are not met, ``served``
    those that the version meets and that bound it. ``installer`` put it there (None: nobody says), ``requested``:
    because somebody named it. ``places`` are the folders of what is there twice; ``detail`` is the Requires-Python or
    the tags that are not for this Python, or what cannot be read.
    """

    because: Inconsistency
    version: str | None = None
    asked: tuple[Asked, ...] = ()
    served: tuple[Asked, ...] = ()
    installer: str | None = None
    requested: bool = False
    places: tuple[str, ...] = ()
    detail: str = ""


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
    | BuildDoomed
    | Diverge
    | SolutionMissed
    | UniversalHeldBack
    | SplitFailed
    | Forked
    | LockStale
    | LockPreference
    | ConflictUndeclared
    | NotSibling
    | OrderSensitive
    | PrereleaseTaken
    | YankedTaken
    | MetadataDiffers
    | IndexShadowed
    | Conflict
    | Thrash
    | ReinstallForced
    | EnvironmentInconsistent
)


class RemedyResult(str, Enum):
    """What solving again with the change gave."""

    VERIFIED = "verified"
    FAILS = "fails"
    UNKNOWN = "unknown"


class RemedyKind(str, Enum):
    """What a machine has to do to make a change."""

    ADD = "add"  # a requirement line after the last
    ORDER = "order"  # a requirement line before the first
    CONSTRAIN = "constrain"  # a ``-c`` line
    BUILD_CONSTRAINT = "build-constraint"  # a line of a file of ``--build-constraint``
    REPLACE = "replace"  # new text for a line of the user's
    RELAX = "relax"  # the same, with a looser bound
    DROP = "drop"  # a line less
    PYTHON = "python"  # another version of Python
    POLICY = "policy"  # an option
    EXTEND = "extend"  # a key of ``[tool.uv]``
    REQUIRES_PYTHON = "requires-python"  # its new value


class Amendment(Record, frozen=True, kw_only=True):
    """A change a machine can apply (design: contract)."""

    kind: RemedyKind
    change: str
    of: str | None = None


class Remedy(Record, frozen=True, kw_only=True):
    """A change a machine can apply (design: contract) and what solving again gave. A pin moved to None is gone.

    ``also`` are further changes that it was made together with: none of them helps alone.
    """

    kind: RemedyKind
    change: str
    of: str | None = None
    also: tuple[Amendment, ...] = ()
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


def fails_to_build(finding: Finding) -> bool:
    """Whether a finding says that a chosen sdist is certain not to build on the Python that it is chosen for."""
    match finding.detail:
        case BuildRefuses(guards=guards):
            return any(guard.passes is False for guard in guards)
        case BuildDoomed(certain=certain):
            return certain
        case _:
            return False
