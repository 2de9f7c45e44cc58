"""What every resolver answers, and by which facts resolvers differ: others ask for these, never for a tool's name."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.inputs.dialects import EITHER, Dialect
from backtrail.inputs.platforms import TargetRules
from backtrail.model.files import File, Listing, Page, Unreadable
from backtrail.model.metadata import Metadata, Unavailable
from backtrail.model.policy import Mode, Policy
from backtrail.model.question import Indexes, Options, Question
from backtrail.model.record import Record
from backtrail.model.requirement import Requirement
from backtrail.model.run import Run
from backtrail.model.source import Source
from backtrail.model.target import Target
from backtrail.model.verdict import Exclusion, Reason, Verdict
from backtrail.resolvers.cut_off import CutOff
from backtrail.resolvers.release_history import ReleaseHistory

_BY_THE_MICROSECOND = CutOff()
_TODAY = TargetRules()


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What a release of a resolver does where resolvers differ. The defaults are what the standards say."""

    cut_off: CutOff = _BY_THE_MICROSECOND
    """How it applies ``Options.exclude_newer``."""
    asks_default_last: bool = False
    """The default index comes after the further ones."""
    may_stop_at_first_index: bool = False
    """It heeds ``Options.index_strategy``; where it does not, all indexes are one."""
    allows_prereleases: str = "--pre"
    """The option that admits pre-releases, as its users write it."""
    forbids_prereleases: str | None = None
    """The option that admits none whatever requirements name, where it is proposed; None: it is not."""
    knows_disallow: bool = False
    """It heeds ``Options.prerelease`` where that is ``disallow``."""
    heeds_prereleases_of_packages: bool = True
    """A pre-release named by the metadata of a package is allowed, not only one that the user names."""
    heeds_pins_of_packages: bool = True
    """A pin in the metadata of a package allows a yanked release (PEP 592), not only one of the user's."""
    unheeded: Mapping[str, object] = field(default_factory=dict)
    """Options that change nothing, by field, each with the value that it is as good as."""
    heeds_preferences: bool = False
    """Versions of an earlier resolution are tried first (``Universal.preferred``)."""
    heeds_excludes: bool = False
    """Projects can be named that no requirement leads to."""
    heeds_overrides: bool = False
    """Overrides count."""
    reads_sources: bool = False
    """``[tool.uv.sources]`` says where a project is taken from."""
    dialect: Dialect = EITHER
    """How settings are weighed."""
    target: TargetRules = _TODAY
    """What it makes of a Python and a platform."""
    renews: frozenset[str] = frozenset()
    """The options by which it renews what is installed although that would do."""
    builds_ahead: bool = False
    """The newest version in range is built before the resolver has come to it."""
    isolates_builds: bool = True
    """What has no pyproject.toml is built apart from what is installed, too, and ``--build-constraint`` exists."""
    reads_whole_requires_python: bool = True
    """Upper bounds and holes of Requires-Python count; where they do not, only the lower end does."""
    learns: bool = False
    """It learns from contradictions what can never hold, where others walk through what they decided before."""
    refused_since: Callable[[str], str | None] = lambda _: None
    """The first release that cannot read a requirement which earlier ones could; None: no release could, or all can."""
    runs_on: Callable[[Version], bool] = lambda _: True
    """Whether it runs on a Python; where it need not, whether it resolves for it."""
    does_without_submodules: Callable[[str, Metadata], bool] = lambda *_: False
    """Whether what a repository says of itself, by its URL, is enough for it where a submodule is missing."""
    passed_over: frozenset[str] = frozenset()
    """For which reasons a page that cannot be read counts as if the index did not have the project.

    A server or network that fails may work the next time: nobody knows what the real tool would see then.
    """

    def index_order(self, indexes: Indexes, project: NormalizedName | None = None) -> tuple[str, ...]:
        """The URLs of indexes in the order in which it asks them, each once; for a ``project`` that is pinned, its one.

        None: for every project that is not pinned.
        """
        only = None if project is None else indexes.only(project)
        if only is not None:
            return (only,)
        default = () if indexes.default is None else (indexes.default,)
        order = (*indexes.extra, *default) if self.asks_default_last else (*default, *indexes.extra)
        return tuple(dict.fromkeys(order))

    def stops_at_first_index(self, options: Options) -> bool:
        """Whether it takes a project from the first index that has it, and looks at no other."""
        return self.may_stop_at_first_index and options.index_strategy == "first-index"

    def taken(self, found: Metadata | Unavailable, requirement: Requirement) -> Metadata | Unavailable:
        """What it makes of a direct reference: a repository that is not all there is none, if it fetches all of it."""
        if isinstance(found, Unavailable) or found.missing is None:
            return found
        return found if self.does_without_submodules(requirement.url or "", found) else found.missing

    def passes_over(self, page: Unreadable) -> bool:
        """Whether a run goes on without a page that cannot be read."""
        return page.reason in self.passed_over


class Look(Record, frozen=True, kw_only=True):
    """One resolver's view of a project: its pages in the order in which it searches indexes, and find-links files."""

    policy: Policy
    target: Target
    pages: tuple[Page, ...]
    links: tuple[Listing, ...] = ()


class Considered(Record, frozen=True, kw_only=True):
    """A version the resolver looked at, and what it thinks of each of its files."""

    version: Version
    verdicts: tuple[Verdict, ...]


class Picked(NamedTuple):
    """The version that a resolver takes and the verdict of the file it installs, both None if it takes nothing.

    ``considered`` are the versions it looked at, in that order; when it takes nothing, every version in range. ``stop``
    is what ends a run that looks at the project.
    """

    version: Version | None
    verdict: Verdict | None
    considered: tuple[Considered, ...] = ()
    stop: Unavailable | None = None


def prerelease(verdict: Verdict) -> Verdict:
    """The verdict on a file of a version that is not looked at, since it is a pre-release."""
    exclusion = Exclusion(reason=Reason.PRERELEASE)
    return Verdict(file=verdict.file, exclusions=(exclusion, *verdict.exclusions), rank=verdict.rank)


Memory = dict[Hashable, object]
"""What runs made of listings, under keys of their own, for later runs that read the same listings.

What is kept holds its listings, so that a key may name one by its identity. All runs of an answer share one, in one
thread, and it ends with the answer. Replaying the seed takes 2.7 seconds of processor with it and 3.0 without; to
measure that again, leave it out in ``solving.paced``.
"""


class Resolver(Protocol):
    """One release of one tool."""

    @property
    def policy(self) -> Policy:
        """Which it is."""

    @property
    def behaviour(self) -> Behaviour:
        """What it does where others do otherwise."""

    @property
    def rules(self) -> Mapping[str, bool]:
        """The rules of its engine that a policy may switch, by name: whether each is in force."""

    def judge(
        self,
        file: File,
        target: Target,
        options: Options,
        *,
        yanked_allowed: bool = False,
        hashes: tuple[str, ...] = (),
        flat: bool = False,
    ) -> Verdict:
        """Every rule that refuses the file, first the one it acts on; none: it can be used.

        ``yanked_allowed``: the version is pinned in the way that allows a yanked file (PEP 592). ``hashes`` are those
        the user accepts, ``algorithm:hex``; none: any. ``flat``: the file is from a find-links location.
        """

    def installed(self, files: Sequence[File], target: Target, options: Options, *, flat: bool) -> File | None:
        """Which of the files of one version, in page order, would be installed; None: no file can be used."""

    def described_by(self, files: Sequence[File], target: Target, options: Options) -> File | None:
        """Which of the files of one version on an index, in page order, says what the version requires.

        None: no file can be used. The sources that fetch ahead ask this of versions that no run has come to.
        """

    def admits(self, requirement: Requirement, version: Version) -> bool:
        """Whether a version is in a requirement's range as this resolver reads it, pre-releases not held against it."""

    def choose(self, requirement: Requirement, look: Look, seen: Sequence[Listing], options: Options) -> Picked:
        """Which version it takes for a requirement of the user's alone; ``seen`` are the pages of the look that count.

        Raises NotRecordedError where a trimmed recording does not hold the files needed.
        """

    def solve(
        self, question: Question, source: Source, *, silent: bool, pace: Callable[[], None], memory: Memory
    ) -> Run:
        """Answer a question. ``silent``, ``pace``, ``memory`` and what is raised are as for ``resolve``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool with its releases. ``modes`` are the kinds of resolution that it has.

    ``rules`` are all that a policy may switch, of the engine and of how it reads files, by name.
    """

    name: str
    history: ReleaseHistory
    resolver: Callable[[Policy], Resolver]
    modes: tuple[Mode, ...] = (Mode.SPECIFIC,)
    rules: Callable[[Policy], Mapping[str, bool]] = lambda _: {}
