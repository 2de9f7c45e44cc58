"""The rows of both behaviour tables: what changes in which release, and what the engines answer with a row turned."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from itertools import pairwise
from typing import Any

from backtrail.model.policy import Policy
from backtrail.resolvers.pip.behaviour import defaults as pip_rules
from backtrail.resolvers.pip.behaviour import preset
from backtrail.resolvers.registry import TOOLS
from backtrail.resolvers.uv.behaviour import defaults as uv_rules
from backtrail.resolvers.uv.behaviour import profile, uv_files
from support.corpus import said
from support.ours import pip_solve_world, solve_world
from support.worlds import World

_COMPOSED = {"policy", "reading", "files"}
"""Fields made of other rows."""


@dataclass(frozen=True, slots=True)
class Row:
    """One change of one behaviour: `release` introduced it, `before` is the last without it."""

    tool: str
    name: str
    before: str
    release: str

    def __str__(self) -> str:
        return f"{self.tool}-{self.release}-{self.name}"

    @property
    def switchable(self) -> bool:
        """Whether a policy may turn it by itself."""
        rules = uv_rules if self.tool == "uv" else pip_rules
        return self.name in rules(Policy(tool=self.tool, release=self.release))

    def answers(self, world: World) -> tuple[str, str]:
        """Ours before and from the release on."""
        return ours(self.tool, self.before, world), ours(self.tool, self.release, world)

    def decides(self, world: World) -> bool:
        """Whether the release, with this row alone turned back, answers otherwise than it does."""
        turned = frozenset({self.name})
        return ours(self.tool, self.release, world) != ours(self.tool, self.release, world, switched=turned)


@cache
def rows() -> tuple[Row, ...]:
    """Every change between two releases of a tool that follow each other."""
    return tuple(
        Row(tool, name, before, release)
        for tool in ("uv", "pip")
        for before, release in pairwise(TOOLS[tool].history.releases)
        for name in _changed(_behaviour(tool, before), _behaviour(tool, release))
    )


def _changed(one: dict[str, Any], other: dict[str, Any]) -> Iterator[str]:
    return (name for name, value in other.items() if one[name] != value)


def _behaviour(tool: str, release: str) -> dict[str, Any]:
    policy = Policy(tool=tool, release=release)
    parts: tuple[Any, ...] = (profile(policy), uv_files(policy))
    if tool == "pip":
        composed = preset(policy)
        parts = (composed, composed.files)
    return {
        each.name: getattr(part, each.name) for part in parts for each in fields(part) if each.name not in _COMPOSED
    }


def ours(tool: str, release: str, world: World, *, switched: frozenset[str] = frozenset()) -> str:
    """What our engine answers, as the corpus writes it."""
    answer = (solve_world if tool == "uv" else pip_solve_world)(world, release, switched=switched)
    return said(answer.outcome, answer.pins)
