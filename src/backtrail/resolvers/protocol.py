"""What every resolver answers, and by which facts resolvers differ: others ask for these, never for a tool's name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from backtrail.model.files import Unreadable
from backtrail.model.policy import Mode, Policy
from backtrail.model.question import Question
from backtrail.model.run import Run
from backtrail.model.source import Source
from backtrail.resolvers.release_history import ReleaseHistory


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What a release of a resolver does where resolvers differ. The defaults are what the standards say."""

    reads_whole_requires_python: bool = True
    """Upper bounds and holes of Requires-Python count; where they do not, only the lower end does."""
    passed_over: frozenset[str] = frozenset()
    """For which reasons a page that cannot be read counts as if the index did not have the project.

    A server or network that fails may work the next time: nobody knows what the real tool would see then.
    """

    def passes_over(self, page: Unreadable) -> bool:
        """Whether a run goes on without a page that cannot be read."""
        return page.reason in self.passed_over


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

    def solve(self, question: Question, source: Source, *, silent: bool, pace: Callable[[], None]) -> Run:
        """Answer a question. ``silent``, ``pace`` and what is raised are as for ``resolve``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool with its releases. ``modes`` are the kinds of resolution that it has."""

    name: str
    history: ReleaseHistory
    resolver: Callable[[Policy], Resolver]
    modes: tuple[Mode, ...] = (Mode.SPECIFIC,)
