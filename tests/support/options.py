"""Options that backtrail shares with the tools, each with worlds whose answer it changes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from support.random_worlds import PLATFORM, PYTHON
from support.rows import ours
from support.themes import worlds_for
from support.worlds import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An option with a value. `takes` gives a world that is asked without it, None for one that cannot be."""

    name: str
    themes: tuple[str, ...]
    takes: Callable[[World], World]
    gives: Callable[[World], World]
    tools: tuple[str, ...] = ("uv", "pip")

    def pairs(self, tool: str, release: str) -> Iterator[tuple[World, World]]:
        """Worlds asked without the option and with it, where we answer otherwise, among two thousand."""
        for _, world in worlds_for(tool, 2_000, self.themes, first=5_000):
            without, given = self.takes(world), self.gives(world)
            if without != given and ours(tool, release, without) != ours(tool, release, given):
                yield without, given


def _change(values: dict[str, Any]) -> Callable[[World], World]:
    return lambda world: replace(world, question=replace(world.question, **values))


def _asked(name: str, themes: tuple[str, ...], tools: tuple[str, ...] = ("uv", "pip"), **value: Any) -> Option:
    """An option with one value, given to worlds that are asked without any."""
    nothing: dict[str, Any] = {field: () if isinstance(one, tuple) else None for field, one in value.items()}
    nothing |= {field: False for field, one in value.items() if one is True}
    nothing |= {field: PLATFORM for field in value if field == "python_platform"}
    nothing |= {field: PYTHON for field in value if field == "python"}

    return Option(name=name, themes=themes, takes=_change(nothing), gives=_change(value), tools=tools)


def _as_made(name: str, themes: tuple[str, ...], field: str, tools: tuple[str, ...] = ("uv", "pip")) -> Option:
    """An option with the values that the worlds of a theme have, and without."""
    return Option(
        name=name,
        themes=themes,
        takes=_change({field: ()}),
        gives=lambda world: world,
        tools=tools,
    )


def _everywhere(name: str, place: str) -> Option:
    def without(world: World) -> World:
        bare: dict[str, Any] = {place: ()}
        return replace(world, **bare)

    return Option(name=name, themes=("indexes" if place == "extra" else "links",), takes=without, gives=lambda one: one)


def _there_already(world: World) -> World:
    """With an output file that has one version of each project, the one in the middle of its page."""
    lines = (f"{one.name}=={one.releases[len(one.releases) // 2].version}" for one in world.projects if one.releases)
    return _change({"output": tuple(lines)})(world)


_UV = ("uv",)
_PRE, _MANY = ("prereleases", "oddversions"), ("indexes",)
OPTIONS = (
    _asked("--prerelease allow, --pre", _PRE, prerelease="allow"),
    _asked("--prerelease disallow, --only-final", _PRE, prerelease="disallow"),
    _asked("--prerelease explicit", _PRE, _UV, prerelease="explicit"),
    _asked("--resolution lowest", ("plain", "lowest"), _UV, resolution="lowest"),
    _asked("--resolution lowest-direct", ("plain", "lowest"), _UV, resolution="lowest-direct"),
    _asked("--only-binary :all:", ("sdists", "yanked"), only_binary=(":all:",)),
    _asked("--no-binary :all:", ("sdists", "yanked"), no_binary=(":all:",)),
    _as_made("--only-binary NAME", ("formats",), "only_binary"),
    _as_made("--no-binary NAME", ("formats",), "no_binary"),
    _asked("--prefer-binary", ("sdists", "formats"), ("pip",), prefer_binary=True),
    _asked("--exclude-newer, --uploaded-prior-to", ("cutoff",), exclude_newer="2024-06-01T00:00:00Z"),
    _asked("--no-deps", ("nodeps", "extras"), no_deps=True),
    _asked("--ignore-requires-python", ("pythons",), ("pip",), ignore_requires_python=True),
    _asked("--require-hashes", ("hashes",), ("pip",), require_hashes=True),
    _as_made("--constraint", ("constraints",), "constraints"),
    _as_made("--override", ("overrides",), "overrides", _UV),
    _asked("--excludes", ("plain", "extras"), _UV, excludes=("b",)),
    Option(name="--output-file", themes=("plain", "locals"), takes=lambda one: one, gives=_there_already, tools=_UV),
    _everywhere("--extra-index-url", "extra"),
    _everywhere("--find-links", "links"),
    _asked("--no-index", ("links",), no_index=True),
    _asked("--index-strategy unsafe-first-match", _MANY, _UV, index_strategy="unsafe-first-match"),
    _asked("--index-strategy unsafe-best-match", _MANY, _UV, index_strategy="unsafe-best-match"),
    _asked("--python-version 3.8", ("pythons",), _UV, python="3.8"),
    _asked("--python-platform windows", ("targets",), _UV, python_platform="windows"),
)  # fmt: skip
"""Each option that changes an answer, by the name that the tools have for it."""
