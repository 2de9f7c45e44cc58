"""The rows of both behaviour tables: what changes in which release, and what the engines answer with a row turned."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from itertools import pairwise
from typing import Any

from backtrail.model.policy import Policy
from backtrail.resolvers.pip import behaviour as pip_behaviour
from backtrail.resolvers.pip.behaviour import preset
from backtrail.resolvers.registry import TOOLS
from backtrail.resolvers.uv import behaviour as uv_behaviour
from backtrail.resolvers.uv.behaviour import profile, uv_files
from support.corpus import CORPUS, Recorded, read, said
from support.ours import pip_solve_world, solve_world
from support.worlds import World

ROWS = CORPUS.with_name("rows")
"""One world for each row, in the form of the corpus, named like the row."""

WITHOUT_WORLD = frozenset(
    {
        "uv-0.4.23-heeds_source_indexes",
        "uv-0.5.7-extras_need_base",
        "uv-0.5.0-looks_behind_unusable",
        "uv-0.5.8-platforms_alike",
        "uv-0.5.15-weighs_upgrades",
        "uv-0.5.27-knows_platforms",
        "uv-0.8.14-checks_installed_tags",
        "uv-0.9.26-refuses_gil",
        "uv-0.11.26-remembers_selections",
        "uv-0.11.30-hides_late_versions",
        "uv-0.12.0-retries_refused",
        "uv-0.12.16-compares_releases",
        "uv-0.13.9-represents_platforms",
        "pip-22.1-reads_in_file_order",
        "pip-23.1-rounds",
        "pip-26.0-knows_only_final",
        "pip-26.3-checks_urls_at_once",
    }
)
"""Rows without a small world as yet: in the order of a search, on another Python, over what is installed, or seldom.

``heeds_source_indexes`` is about a table of a project, which no world has: a story of its own asks both releases. Of
two others (docs/new-release.md) the world that was found shows that the row itself is incomplete.
"""

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
    def _switchable(self) -> frozenset[str]:
        """The rows of its tool that a policy may turn by themselves."""
        tables = uv_behaviour if self.tool == "uv" else pip_behaviour
        policy = Policy(tool=self.tool, release=self.release)
        return frozenset(tables.defaults(policy)) | frozenset(tables.file_defaults(policy))

    def answers(self, world: World) -> tuple[str, str]:
        """Ours before and from the release on."""
        return ours(self.tool, self.before, world), ours(self.tool, self.release, world)

    def decides(self, world: World) -> bool:
        """Whether it is this row that makes the release answer otherwise, and no other of the same release.

        With the row alone turned back, the answer is another; or with all others turned back, another than before. Of
        a row that cannot be turned, too: with all others turned before the release, the answer is another.
        """
        before, after = self.answers(world)
        can_turn = self.name in self._switchable
        if can_turn and after != ours(self.tool, self.release, world, switched=frozenset({self.name})):
            return True
        same = (row.name for row in rows() if (row.tool, row.release) == (self.tool, self.release))
        others = frozenset(same) & self._switchable - {self.name}
        if before != ours(self.tool, self.release, world, switched=others):
            return True
        return not can_turn and after != ours(self.tool, self.before, world, switched=others)


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


def recorded_row(row: Row) -> Recorded:
    """The world of a row, and the real tool's answers before and from the release on."""
    return read(ROWS / f"{row}.toml")


def ours(tool: str, release: str, world: World, *, switched: frozenset[str] = frozenset()) -> str:
    """What our engine answers, as the corpus writes it."""
    answer = (solve_world if tool == "uv" else pip_solve_world)(world, release, switched=switched)
    return said(answer.outcome, answer.pins)
