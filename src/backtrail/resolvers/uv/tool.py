"""uv, as others ask it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from packaging.version import Version

from backtrail.model.files import File, Listing
from backtrail.model.policy import Mode, Policy
from backtrail.model.question import Options, Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Run
from backtrail.model.source import Source
from backtrail.model.target import Target
from backtrail.model.verdict import Verdict
from backtrail.resolvers.protocol import Behaviour, Look, Memory, Picked, Tool
from backtrail.resolvers.uv import choice, ranges
from backtrail.resolvers.uv.admission import judge
from backtrail.resolvers.uv.behaviour import behaviour, defaults, switchable
from backtrail.resolvers.uv.distributions import represent
from backtrail.resolvers.uv.history import HISTORY
from backtrail.resolvers.uv.versions import key


@dataclass(frozen=True)
class UvResolver:
    """One release of uv, for one environment, for all of them, or for a lock."""

    policy: Policy

    @cached_property
    def behaviour(self) -> Behaviour:
        """What this release does where others do otherwise."""
        return behaviour(self.policy)

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
        """Which file stands for a version."""
        seen = represent(files, self.policy, target, options, flat=flat)
        return seen.install if seen.exists and seen.python_ok else None

    def described_by(self, files: Sequence[File], target: Target, options: Options) -> File | None:
        """A wheel even where it does not fit, as long as there is an sdist to install."""
        seen = represent(files, self.policy, target, options)
        return seen.metadata if seen.exists and seen.python_ok else None

    def admits(self, requirement: Requirement, version: Version) -> bool:
        """Whether a version is in range."""
        return ranges.contains(choice.wanted(requirement, self.policy), key(version))

    def choose(self, requirement: Requirement, look: Look, seen: Sequence[Listing], options: Options) -> Picked:
        """What is taken for one requirement."""
        return choice.choose(requirement, look, seen, options)

    def solve(
        self, question: Question, source: Source, *, silent: bool, pace: Callable[[], None], memory: Memory
    ) -> Run:
        """Answer a question as this release would."""
        if self.policy.mode is not Mode.SPECIFIC:
            from backtrail.resolvers.uv.universal.resolver import solve as solve_for_all

            return solve_for_all(question, self.policy, source, silent=silent, pace=pace, memory=memory)
        from backtrail.resolvers.uv.engine import solve

        return solve(question, self.policy, source, silent=silent, pace=pace, memory=memory)


UV = Tool(name="uv", history=HISTORY, resolver=UvResolver, modes=tuple(Mode), rules=switchable)
