"""Small indexes with what uv answered to a question for all environments, as kept in `stories/universal`."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from support.worlds import ForAll, Project, Question, Release, World, release

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).parents[1] / "stories" / "universal"


def vectors(name: str) -> dict[str, Any]:
    """The vectors of a file by their ids."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def projects(index: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> tuple[Project, ...]:
    """An index as projects."""
    return tuple(
        Project(name=name, releases=tuple(_release(name, version, said) for version, said in releases.items()))
        for name, releases in index.items()
    )


def world(name: str, vector: Mapping[str, Any]) -> World:
    """A vector as an index and the question asked of it."""
    return World(
        name=name,
        projects=projects(vector["index"]),
        question=Question(
            requirements=tuple(vector["requirements"]),
            constraints=tuple(vector.get("constraints", ())),
            overrides=tuple(vector.get("overrides", ())),
            python="3.9",
            resolution=vector.get("resolution"),
            for_all=ForAll(
                environments=tuple(vector.get("environments", ())),
                required_environments=tuple(vector.get("required_environments", ())),
                fork_strategy=vector.get("fork_strategy"),
                output=tuple(vector.get("output", ())),
            ),
        ),
    )


def _release(name: str, version: str, said: Mapping[str, Any]) -> Release:
    extras: Mapping[str, Iterable[str]] = said.get("extras", {})
    optional = [_optional(line, extra) for extra, lines in extras.items() for line in lines]
    return release(
        name,
        version,
        *said.get("requires", ()),
        *optional,
        tags=tuple(said.get("wheel_tags", ("py3-none-any",))) if said.get("wheel", True) else (),
        sdist=said.get("sdist", True),
        requires_python=said.get("requires_python"),
        provides_extra=tuple(extras),
        yanked=said.get("yanked", False),
        requires_python_on_page=not said.get("requires_python_only_in_metadata", False),
    )


def _optional(line: str, extra: str) -> str:
    asked, _, marker = line.partition(" ; ")
    return f"{asked} ; ({marker}) and extra == '{extra}'" if marker else f"{asked} ; extra == '{extra}'"
