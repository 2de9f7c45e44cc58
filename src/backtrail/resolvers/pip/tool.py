"""pip, as others ask it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from packaging.version import Version

from backtrail.model.files import File, Listing
from backtrail.model.policy import Policy
from backtrail.model.question import Options, Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Run
from backtrail.model.source import Source
from backtrail.model.target import Target
from backtrail.model.verdict import Verdict
from backtrail.resolvers.pip import choice
from backtrail.resolvers.pip.admission import judge
from backtrail.resolvers.pip.behaviour import behaviour, defaults, pip_files, switchable
from backtrail.resolvers.pip.early_specifiers import admits, refused_since
from backtrail.resolvers.pip.finder import best_first
from backtrail.resolvers.pip.history import HISTORY
from backtrail.resolvers.protocol import Behaviour, Look, Memory, Picked, Tool


@dataclass(frozen=True)
class PipResolver:
    """One release of pip."""

    policy: Policy

    @cached_property
    def behaviour(self) -> Behaviour:
        """What this release does where others do otherwise."""
        return replace(behaviour(self.policy), refused_since=refused_since)

    @cached_property
    def rules(self) -> Mapping[str, bool]:
        """The rules of the engine."""
        return defaults(self.policy)

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
        """Every rule that refuses a file."""
        return judge(file, self.policy, target, options, yanked_allowed=yanked_allowed, hashes=hashes, flat=flat)

    def installed(self, files: Sequence[File], target: Target, options: Options, *, flat: bool) -> File | None:
        """The best of those that can be used."""
        verdicts = (self.judge(file, target, options, flat=flat) for file in files)
        return next(iter(best_first(verdicts, target)), None)

    def described_by(self, files: Sequence[File], target: Target, options: Options) -> File | None:
        """The file that is installed."""
        return self.installed(files, target, options, flat=False)

    def admits(self, requirement: Requirement, version: Version) -> bool:
        """Whether a version is in range."""
        return admits(requirement.specifiers, version, pip_files(self.policy))

    def choose(self, requirement: Requirement, look: Look, seen: Sequence[Listing], options: Options) -> Picked:
        """What is taken for one requirement."""
        return choice.choose(requirement, look, seen, options)

    def solve(
        self,
        question: Question,
        source: Source,
        *,
        silent: bool,
        pace: Callable[[], None],
        memory: Memory,  # noqa: ARG002  there is nothing that it makes twice
    ) -> Run:
        """Answer a question as this release would."""
        from backtrail.resolvers.pip.engine import solve

        return solve(question, self.policy, source, silent=silent, pace=pace)


PIP = Tool(name="pip", history=HISTORY, resolver=PipResolver, rules=switchable)
