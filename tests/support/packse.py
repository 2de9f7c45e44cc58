"""packse scenarios as worlds, with what the real tools answered."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.real_uv import Outcome
from support.worlds import Project, Question, Release, World, release

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_OUTCOMES = {
    ("resolved", None): Outcome.SOLVED,
    ("failed", "no-solution"): Outcome.IMPOSSIBLE,
    ("failed", "not-found"): Outcome.IMPOSSIBLE,  # what pip says where a requirement alone has no candidate
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A scenario of packse with the recorded answer of a real tool.

    `tried` is the number of distinct versions it visited by project. `universal_only` scenarios were
    written for `uv lock`; the answer is still that of one environment.
    """

    world: World
    outcome: Outcome
    pins: dict[str, str]
    tried: dict[str, int]
    universal_only: bool


def read_scenarios(path: Path, tool: str = "uv") -> Iterator[Scenario]:
    """Yield every scenario of a collection that has a recorded answer of a tool."""
    collection = json.loads(path.read_text(encoding="utf-8"))
    for name, scenario in collection["scenarios"].items():
        answer = scenario["tools"][tool]
        if (answer["outcome"], answer.get("failure_kind")) in _OUTCOMES:
            yield Scenario(
                world=_world(name, scenario, collection["defaults"]),
                outcome=_OUTCOMES[answer["outcome"], answer.get("failure_kind")],
                pins=answer["pins"],
                tried=answer["tried"],
                universal_only=scenario["universal_only"],
            )


def _world(name: str, scenario: Mapping[str, Any], defaults: Mapping[str, Any]) -> World:
    options = scenario["resolver_options"]
    return World(
        name=name,
        projects=tuple(
            Project(
                name=project,
                releases=tuple(_release(project, version, {**defaults, **said}) for version, said in versions.items()),
            )
            for project, versions in scenario["packages"].items()
        ),
        question=Question(
            requirements=tuple(scenario["root"]["requires"]),
            python=options.get("python", scenario["python_used"]),
            python_platform=options.get("python_platform"),
            prerelease="allow" if options.get("prereleases") else None,
            resolution=options.get("resolution"),
            only_binary=tuple(options.get("no_build", ())),
            no_binary=tuple(options.get("no_binary", ())),
        ),
    )


def _release(project: str, version: str, said: Mapping[str, Any]) -> Release:
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
    packages = {name: package["versions"] for name, package in scenario["packages"].items()}
    for said in (said for versions in packages.values() for said in versions.values()):
        assert said.keys() <= _DEFAULTS.keys() | {"requires", "extras"}
    known = {"resolver_options": {}, "python_used": scenario["environment"]["python"], **scenario, "packages": packages}
    expected = scenario["expected"]
    return Expected(
        world=_world(scenario["name"], known, _DEFAULTS),
        pins=expected["packages"] if expected["satisfiable"] else None,
    )


_SCENARIO_KEYS = {"name", "description", "root", "packages", "expected", "environment", "resolver_options"}
_DEFAULTS = {
    "requires_python": ">=3.12",
    "sdist": True,
    "wheel": True,
    "wheel_tags": ["py3-none-any"],
    "yanked": False,
}
