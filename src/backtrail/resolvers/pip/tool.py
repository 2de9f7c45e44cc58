"""pip, as others ask it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.run import Run
from backtrail.model.source import Source
from backtrail.resolvers.pip.behaviour import behaviour, defaults
from backtrail.resolvers.pip.history import HISTORY
from backtrail.resolvers.protocol import Behaviour, Resolver, Tool


@dataclass(frozen=True)
class PipResolver:
    """One release of pip."""

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
        from backtrail.resolvers.pip.engine import solve

        return solve(question, self.policy, source, silent=silent, pace=pace)


def _resolver(policy: Policy) -> Resolver:
    return PipResolver(policy)


PIP = Tool(name="pip", history=HISTORY, resolver=_resolver)
