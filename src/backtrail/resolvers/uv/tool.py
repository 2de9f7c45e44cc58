"""uv, as others ask it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from backtrail.model.policy import Mode, Policy
from backtrail.model.question import Question
from backtrail.model.run import Run
from backtrail.model.source import Source
from backtrail.resolvers.protocol import Behaviour, Resolver, Tool
from backtrail.resolvers.uv.behaviour import behaviour, defaults
from backtrail.resolvers.uv.history import HISTORY


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

    def solve(self, question: Question, source: Source, *, silent: bool, pace: Callable[[], None]) -> Run:
        """Answer a question as this release would."""
        if self.policy.mode is not Mode.SPECIFIC:
            from backtrail.resolvers.uv.universal.resolver import solve as solve_for_all

            return solve_for_all(question, self.policy, source, silent=silent, pace=pace)
        from backtrail.resolvers.uv.engine import solve

        return solve(question, self.policy, source, silent=silent, pace=pace)


def _resolver(policy: Policy) -> Resolver:
    return UvResolver(policy)


UV = Tool(name="uv", history=HISTORY, resolver=_resolver, modes=tuple(Mode))
