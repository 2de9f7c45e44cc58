"""What was asked: requirements, constraints, target and every setting with its origin."""

from msgspec.structs import replace
from packaging.utils import NormalizedName, canonicalize_name

from backtrail.model.declaration import DeclaredMetadata
from backtrail.model.index_change import IndexChange
from backtrail.model.installed import InstalledEnvironment, Renewal
from backtrail.model.metadata import Metadata
from backtrail.model.record import Record
from backtrail.model.requirement import Requirement, holds
from backtrail.model.target import Target
from backtrail.model.trail import Limit, Stop
from backtrail.model.universal import Universal
from backtrail.model.workspace import Workspace

ALL = ":all:"

EFFORT = 50_000
"""Rounds that a run may take unless the user says otherwise: about half a minute, where the tools try for hours.

The most that a real tool was seen to take for an answer is 27 553.
"""

FOR_ALL = 4
"""How many times as long an answer for all platforms at once may take as one for one platform."""

EFFORT_FOR_ALL = FOR_ALL * EFFORT
"""The same for all platforms at once, with the rounds of all forks: up to 82 454 were seen to be needed."""


class Setting(Record, frozen=True, kw_only=True):
    """A setting somebody made: its option name, value, and where (``--pre``, ``PIP_PRE``, ``requirements.txt:3``).

    ``honoured`` is False where it was found and not taken into account.
    """

    name: str
    value: str
    origin: str
    honoured: bool = True

    def is_of(self, option: str, project: str) -> bool:
        """Whether it is an option that is said of single projects (``NAME=VALUE``), and said of this one."""
        return self.name.lstrip("-") == option and canonicalize_name(self.value.partition("=")[0].strip()) == project


class FormatControl(Record, frozen=True, kw_only=True):
    """Which projects may come only as wheels or only as sdists; ``:all:`` stands for every project.

    A project that is named in both has no file left, as in uv; pip takes what it names out of the other.
    """

    only_binary: frozenset[str] = frozenset()
    no_binary: frozenset[str] = frozenset()

    def allows(self, name: str, kind: str) -> bool:
        """Whether a ``wheel`` or ``sdist`` of a project may be used; a name beats ``:all:``."""
        against, other = (self.no_binary, self.only_binary) if kind == "wheel" else (self.only_binary, self.no_binary)
        return name not in against and (ALL not in against or name in other)


class Options(Record, frozen=True, kw_only=True):
    """Everything that changes a resolver's decisions, whichever resolver it is.

    ``exclude_newer`` is the cut-off in UTC, ``YYYY-MM-DDTHH:MM:SS.ffffffZ``: a file uploaded at or after it does not
    exist. ``exclude_newer_package`` has another for some projects, empty: none. ``exclude_newer_spans`` are those of
    them that were said as how long ago (ISO 8601), by project, empty: that of all.
    ``prerelease`` is None for the resolver's default, ``prerelease_package`` is what counts for some projects instead.
    ``time_limit`` is in seconds and ``max_memory`` in bytes (None: two GiB), for all that is asked. Where the time and
    ``max_rounds`` are None a run is bounded by EFFORT; the resolver's own limit holds in any case. ``fork_strategy``:
    ``requires-python`` or ``fewest``, for a universal resolution. ``assumes_unbuilt``: what only a build would tell is
    taken as requiring nothing. No user asks for it: so is a run explained that ends for want of a build.
    ``no_sources``: projects whose ``[tool.uv.sources]`` do not count, ``:all:`` for every project.
    """

    exclude_newer: str | None = None
    prerelease: str | None = None
    resolution: str = "highest"
    index_strategy: str = "first-index"
    formats: FormatControl = FormatControl()
    prefer_binary: bool = False
    ignore_requires_python: bool = False
    no_deps: bool = False
    build_sdists: bool = False
    require_hashes: bool = False
    max_rounds: int | None = None
    time_limit: float | None = None
    max_memory: int | None = None
    fork_strategy: str = "requires-python"
    assumes_unbuilt: bool = False
    no_sources: frozenset[str] = frozenset()
    exclude_newer_package: tuple[tuple[NormalizedName, str], ...] = ()
    exclude_newer_spans: tuple[tuple[str, str], ...] = ()
    prerelease_package: tuple[tuple[NormalizedName, str], ...] = ()

    def cut_off(self, project: NormalizedName) -> str | None:
        """The cut-off for a project, None: there is none."""
        for name, moment in self.exclude_newer_package:
            if name == project:
                return moment or None
        return self.exclude_newer

    def prereleases(self, project: str) -> str | None:
        """The way with pre-releases of a project, None for the resolver's default."""
        return next((mode for name, mode in self.prerelease_package if name == project), self.prerelease)


class Indexes(Record, frozen=True, kw_only=True):
    """Where to look: index URLs in the order options named them, the default last for uv; credentials removed.

    ``default`` is None with ``--no-index``. ``extra`` come before the default in uv and after it in pip.
    ``find_links`` are paths or URLs. ``pinned`` are projects that are taken from one index alone, whatever the others
    have, each with that index.
    """

    default: str | None
    extra: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    pinned: tuple[tuple[NormalizedName, str], ...] = ()

    def only(self, project: NormalizedName) -> str | None:
        """The one index that a project is taken from; None: it is looked for on all of them."""
        return next((url for name, url in self.pinned if name == project), None)


class LeftOut(Record, frozen=True, kw_only=True):
    """A line that names what could not be fetched, and ``why``: no answer with it is known."""

    requirement: Requirement
    why: str


class Question(Record, frozen=True, kw_only=True):
    """One question, complete: with the recorded world it gives the same answer for ever.

    ``excludes`` are projects that no requirement leads to, the user's own included (uv).
    ``build_constraints`` are for what builds require, the others for what the user does. ``universal`` counts where the
    target is more than one environment. ``left_out`` are lines of the user's that the answer does without.
    ``environment`` is what is installed where the answer is for, None: nobody looks at it;
    ``renewal`` is what of it is to be renewed. ``index_changes`` are what is asked of the index as if it were so.
    ``declared`` comes before what files say, for this question alone: one tool's settings are not another's.
    """

    command: str
    requirements: tuple[Requirement, ...]
    constraints: tuple[Requirement, ...] = ()
    overrides: tuple[Requirement, ...] = ()
    excludes: tuple[NormalizedName, ...] = ()
    build_constraints: tuple[Requirement, ...] = ()
    subject: Requirement | None = None
    target: Target
    indexes: Indexes
    options: Options = Options()
    stand_ins: tuple[Metadata, ...] = ()
    settings: tuple[Setting, ...] = ()
    universal: Universal = Universal()
    left_out: tuple[LeftOut, ...] = ()
    environment: InstalledEnvironment | None = None
    renewal: Renewal = Renewal()
    index_changes: tuple[IndexChange, ...] = ()
    declared: tuple[DeclaredMetadata, ...] = ()

    @property
    def searched(self) -> Indexes:
        """The indexes, with each project pinned that a line of the user's takes from one of them (``tool.uv.sources``).

        Of a workspace that is locked the sources of all members count. Whoever asks for each project keeps it.
        """

        def counts(line: Requirement) -> bool:
            everywhere = line.marker is None or self.target.pythons is not None
            return everywhere or holds(line.marker or "", self.target.markers) is True

        lines = [one for one in self.requirements if one.index is not None and counts(one)]
        workspace = self.universal.workspace
        owners = () if workspace is None else (workspace.sources, *(one.sources for one in workspace.members))
        named = [(one.name, one.index) for one in lines]
        named += [(name, one.index) for sources in owners for name, listed in sources.items() for one in listed]
        own = {name: index for name, index in named if index is not None}
        if not own:
            return self.indexes
        return replace(self.indexes, pinned=tuple({**dict(self.indexes.pinned), **own}.items()))

    @property
    def rounds(self) -> Stop | None:
        """Why a run stops that takes more rounds than this; None: it goes on."""
        if self.options.max_rounds is not None:
            return Stop(limit=Limit.ROUNDS, bound=self.options.max_rounds)
        if self.options.time_limit is not None:
            return None
        return Stop(limit=Limit.EFFORT, bound=EFFORT if self.target.pythons is None else EFFORT_FOR_ALL)

    def of_workspace(self, workspace: Workspace) -> "Question":
        """The question of a lock, for another workspace."""
        return replace(
            self, requirements=workspace.requirements, universal=replace(self.universal, workspace=workspace)
        )

    def to_build(self, requirements: tuple[Requirement, ...]) -> "Question":
        """What is asked to install what a build requires: apart from the user's own lines.

        Which versions the user prefers is no matter of builds, to either tool.
        """
        return replace(
            self,
            requirements=requirements,
            constraints=self.build_constraints,
            overrides=(),
            excludes=(),
            build_constraints=(),
            options=replace(self.options, resolution="highest", prerelease=None, prerelease_package=(), no_deps=False),
            subject=None,
            left_out=(),
            environment=None,
        )
