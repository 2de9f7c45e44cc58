"""Scenarios in packse's format as worlds, with what they say must come out."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.worlds import Project, Question, Release, World, release

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).parents[1] / "likeness" / "scenarios"


def _world(scenario: Mapping[str, Any]) -> World:
    options = scenario.get("resolver_options", {})
    return World(
        name=scenario["name"],
        projects=projects({project: package["versions"] for project, package in scenario["packages"].items()}),
        question=Question(
            requirements=tuple(scenario["root"]["requires"]),
            python=options.get("python", scenario["environment"]["python"]),
            python_platform=options.get("python_platform"),
            prerelease="allow" if options.get("prereleases") else None,
            resolution=options.get("resolution"),
            only_binary=tuple(options.get("no_build", ())),
            no_binary=tuple(options.get("no_binary", ())),
        ),
    )


def projects(packages: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> tuple[Project, ...]:
    """Return the projects of a scenario: what it states of each version, by project and version."""
    return tuple(
        Project(
            name=project, releases=tuple(_release(project, version, stated) for version, stated in versions.items())
        )
        for project, versions in packages.items()
    )


def _release(project: str, version: str, stated: Mapping[str, Any]) -> Release:
    assert stated.keys() <= _DEFAULTS.keys() | {"requires", "extras"}
    said = {**_DEFAULTS, **stated}
    extras: Mapping[str, list[str]] = said.get("extras", {})
    gated = [_gated(text, extra) for extra, texts in extras.items() for text in texts]
    return release(
        project,
        version,
        *said.get("requires", ()),
        *gated,
        tags=tuple(said["wheel_tags"]) if said["wheel"] else (),
        sdist=said["sdist"],
        requires_python=said["requires_python"],
        provides_extra=tuple(canonicalize_name(extra) for extra in extras),
        yanked="Yanked for testing" if said["yanked"] else False,
    )


def _gated(text: str, extra: str) -> str:
    """Return a requirement as an optional dependency of an extra."""
    requirement = Requirement(text)
    marker = f"({requirement.marker}) and " if requirement.marker else ""
    requirement.marker = None
    return f"{requirement}; {marker}extra == '{canonicalize_name(extra)}'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a scenario file asks, as a world, and what it says must come out: None for no solution."""

    world: World
    pins: dict[str, str] | None


def read_scenario(text: str) -> Expected:
    """Read one scenario as packse writes it, in TOML, with its defaults."""
    scenario = tomllib.loads(text)
    assert scenario.keys() <= _SCENARIO_KEYS
    expected = scenario["expected"]
    return Expected(
        world=_world(scenario),
        pins=expected["packages"] if expected["satisfiable"] else None,
    )


def scenarios() -> list[Expected]:
    """Every scenario written here, by name."""
    return [read_scenario(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.toml"))]


_SCENARIO_KEYS = {"name", "description", "root", "packages", "expected", "environment", "resolver_options"}
_DEFAULTS = {
    "requires_python": ">=3.12",
    "sdist": True,
    "wheel": True,
    "wheel_tags": ["py3-none-any"],
    "yanked": False,
}
