"""Random small worlds by theme: each puts one part of the rules to the test, and little else.

The same seed of a theme gives the same world on every Python. `THEMES` lists them all.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from packaging.version import Version

from support.random_worlds import CORNERS, DATED, EVERYDAY, PYTHON, random_world
from support.themes.files import BrokenMetadata, Builds, Formats, Mixtures, Sdists, Wheels
from support.themes.places import Hashes, Indexes, Links, Urls
from support.themes.pythons import BrokenPythons, Pythons, Targets
from support.themes.requirements import (
    Constraints,
    Dashes,
    Extras,
    Lenient,
    Markers,
    NoDeps,
    Overrides,
    Rings,
    Spellings,
)
from support.themes.small import Small
from support.themes.versions import CutOff, Locals, Lowest, MixedDates, OddVersions, Prereleases, Yanked
from support.worlds import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """Worlds about one thing; `tools` are those that know what it is about."""

    name: str
    make: Callable[[int], World]
    tools: tuple[str, ...] = ("uv", "pip")


def _theme(name: str, kind: type[Small]) -> Theme:
    tools: tuple[str, ...] = getattr(kind, "tools", ("uv", "pip"))
    return Theme(name=name, make=lambda seed: kind(name, seed).world(), tools=tools)


_SMALL = {
    "plain": Small, "prereleases": Prereleases, "oddversions": OddVersions, "locals": Locals, "yanked": Yanked,
    "pythons": Pythons, "brokenpythons": BrokenPythons, "constraints": Constraints, "overrides": Overrides,
    "extras": Extras, "markers": Markers, "indexes": Indexes, "links": Links, "wheels": Wheels, "formats": Formats,
    "lowest": Lowest, "sdists": Sdists, "builds": Builds, "metadata": BrokenMetadata, "lenient": Lenient,
    "nodeps": NoDeps, "urls": Urls, "targets": Targets, "spellings": Spellings, "dashes": Dashes, "cutoff": CutOff,
    "mixeddates": MixedDates, "hashes": Hashes, "rings": Rings, "mixtures": Mixtures,
}  # fmt: skip

THEMES: Mapping[str, Theme] = {
    "everyday": Theme(name="everyday", make=lambda seed: random_world(seed, EVERYDAY)),
    "corners": Theme(name="corners", make=lambda seed: random_world(seed, CORNERS)),
    "dated": Theme(name="dated", make=lambda seed: random_world(seed, DATED)),
    **{name: _theme(name, kind) for name, kind in _SMALL.items()},
}
"""Every theme by its name."""


def worlds_for(tool: str, count: int, themes: Sequence[str] = (), *, first: int = 0) -> Iterator[tuple[str, World]]:
    """Worlds for a tool, in turn of each theme (or of those named), with the theme's name."""
    chosen = [theme for theme in THEMES.values() if tool in theme.tools and (not themes or theme.name in themes)]
    for place in range(count):
        theme = chosen[place % len(chosen)]
        world = theme.make(first + place // len(chosen))
        yield theme.name, (world if tool == "uv" else _for_pip(world))


def knows(tool: str, release: str, world: World) -> bool:
    """Whether a release has the options that a question names."""
    new = world.question.exclude_newer is not None or world.question.prerelease == "disallow"
    return tool == "uv" or not new or Version(release) >= Version("26.0")


def _for_pip(world: World) -> World:
    """The same asked of pip: on the running interpreter, by the options that it knows."""
    asked = world.question
    only, no = set(asked.only_binary), set(asked.no_binary)
    if ":all:" in no:
        only.clear()
    return replace(
        world,
        question=replace(
            asked,
            overrides=(),
            python=PYTHON,
            python_platform=None,
            prerelease=asked.prerelease if asked.prerelease in ("allow", "disallow") else None,
            resolution=None,
            index_strategy=None,
            only_binary=tuple(sorted(only - no)),
            no_binary=tuple(sorted(no)),
            exclude_newer=_moment(asked.exclude_newer),
        ),
    )


def _moment(text: str | None) -> str | None:
    """A date alone is a local midnight for pip; the test's clock has no zone."""
    return f"{text}T00:00:00Z" if text is not None and len(text) == 10 else text
