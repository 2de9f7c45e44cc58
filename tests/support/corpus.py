"""Small worlds with the recorded answers of the real tools, one in a file: what a rule of theirs shows in, for ever.

A file is TOML: `shows` says in a sentence what the world is about, `ask` the requirements, and further keys of the
question where it has any; `advertised` where pages name metadata for every pip. `[index]` lists releases as
`"name version" = {…}`, in page order; `[[extra]]` are further indexes and `[links]` a find-links page. `[answers.uv]`
and `[answers.pip]` hold what each release answered, from that one up to the next: pins as `a==1.0 b==2.0`, "" for none
to pin, or `impossible` or `aborted`.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_version
from packaging.version import Version

from backtrail.resolvers.registry import TOOLS
from support.random_worlds import PLATFORM
from support.real_uv import REPOSITORY, Outcome
from support.worlds import File, Project, Question, Release, World

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CORPUS = REPOSITORY / "tests" / "likeness" / "corpus"

_LINES = {"requirements": "ask", "constraints": "constrain", "overrides": "override"}
_RELEASE = {"requires_dist": "needs", "requires_python": "python", "provides_extra": "extras"}
_FILE = {
    "filename": "name", "requires_dist": "needs", "requires_python": "python", "yanked": "yanked", "upload_time": "at",
    "requires_python_on_page": "python-on-page", "core_metadata": "core-metadata", "raw_metadata": "raw",
    "dynamic": "dynamic", "build_fails": "build-fails", "egg_requires": "egg-requires",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A world of the corpus; `answers` are by tool, each from the release that introduced it, oldest first."""

    name: str
    shows: str
    world: World
    answers: Mapping[str, Mapping[str, str]]

    def answer(self, tool: str, release: str) -> str | None:
        """What a release of a tool answered; None where no release so old was asked."""
        found = None
        for introduced, answer in self.answers.get(tool, {}).items():
            if Version(introduced) <= Version(release):
                found = answer
        return found

    def boundaries(self, tool: str) -> Iterator[tuple[str, str | None]]:
        """Each release with a new answer, and the one before it; None before the first that was asked."""
        every = TOOLS[tool].history.releases
        for place, release in enumerate(self.answers[tool]):
            yield release, every[every.index(release) - 1] if place else None


def said(outcome: Outcome, pins: Mapping[str, str]) -> str:
    """An answer as the corpus writes it, versions in normal form."""
    if outcome is not Outcome.SOLVED:
        return str(outcome.value)
    return " ".join(f"{name}=={Version(pins[name])}" for name in sorted(pins))


def alike(one: str, other: str) -> bool:
    """Whether two answers say the same.

    Of a version they may spell the zeros at its end otherwise (PEP 440): in its last line pip spells it as the metadata
    does, and everywhere else as the file's name does.
    """
    return _versions(one) == _versions(other)


def _versions(answer: str) -> list[tuple[str, str, str]]:
    parts = (pin.partition("==") for pin in answer.split())
    return [(name, equals, canonicalize_version(version)) for name, equals, version in parts]


def recorded() -> Iterator[Recorded]:
    """Every world of the corpus, by name."""
    for path in sorted(CORPUS.glob("*.toml")):
        yield read(path)


def read(path: Path) -> Recorded:
    """Read one file."""
    kept: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    usual = {each.name: each.name.replace("_", "-") for each in fields(Question)} | _LINES
    question: dict[str, Any] = {"python_platform": PLATFORM} | _fields(kept, usual)
    world = World(
        name=path.stem,
        projects=_projects(kept.get("index", {})),
        extra=tuple(map(_projects, kept.get("extra", ()))),
        links=_projects(kept.get("links", {})),
        question=Question(**question),
        advertised=kept.get("advertised", False),
    )
    return Recorded(name=path.stem, shows=kept["shows"], world=world, answers=kept["answers"])


def _projects(listed: Mapping[str, Mapping[str, Any]]) -> tuple[Project, ...]:
    grouped: dict[str, list[Release]] = {}
    for key, value in listed.items():
        name, _, version = key.partition(" ")
        grouped.setdefault(name, [])
        if version:
            grouped[name].append(_release(name, version, value))
    return tuple(Project(name=name, releases=tuple(releases)) for name, releases in grouped.items())


def _release(name: str, version: str, value: Mapping[str, Any]) -> Release:
    own = {key: one for key, one in value.items() if key not in (*_RELEASE.values(), "files")}
    files = value.get("files", [_usual(name, version)])
    return Release(
        version=version,
        files=tuple(_file({"name": one, **own} if isinstance(one, str) else {**own, **one}) for one in files),
        **_fields(value, _RELEASE),
    )


def _fields(table: Mapping[str, Any], keys: Mapping[str, str]) -> dict[str, Any]:
    """What a table says, by the names of the fields; lists as tuples."""
    found = {field: table[key] for field, key in keys.items() if key in table}
    return {field: tuple(value) if isinstance(value, list) else value for field, value in found.items()}


def _usual(name: str, version: str) -> str:
    return f"{name.replace('-', '_')}-{version}-py3-none-any.whl"


def _file(value: Mapping[str, Any]) -> File:
    found = _fields(value, _FILE)
    if "raw_metadata" in found:
        found["raw_metadata"] = found["raw_metadata"].encode()
    if found.get("upload_time") == "unknown":
        found["upload_time"] = None
    return File(**found)


def write(one: Recorded) -> str:
    """The text of a file."""
    lines = [f"shows = {_toml(one.shows)}"]
    usual = Question(requirements=(), python_platform=PLATFORM)
    for each in fields(Question):
        value = getattr(one.world.question, each.name)
        if value is not None and (value != getattr(usual, each.name) or each.name == "requirements"):
            lines.append(f"{_LINES.get(each.name, each.name.replace('_', '-'))} = {_toml(value)}")
    if one.world.advertised:
        lines.append("advertised = true")
    for title, listed in (("[index]", one.world.projects), *(("[[extra]]", listed) for listed in one.world.extra)):
        lines += ["", title, *_listed(listed)]
    if one.world.links:
        lines += ["", "[links]", *_listed(one.world.links)]
    for tool, answers in one.answers.items():
        lines += ["", f"[answers.{tool}]"]
        lines += [f"{_toml(release)} = {_toml(answer)}" for release, answer in answers.items()]
    return "\n".join(lines) + "\n"


def _listed(projects: Sequence[Project]) -> Iterator[str]:
    for project in projects:
        if not project.releases:
            yield f"{_toml(project.name)} = {{}}"
        for each in project.releases:
            yield f"{_toml(f'{project.name} {each.version}')} = {_toml(_table(project.name, each))}"


def _table(name: str, each: Release) -> dict[str, Any]:
    table = {key: value for field, key in _RELEASE.items() if (value := getattr(each, field))}
    files = [_of_file(file) for file in each.files]
    if len(files) == 1 and files[0].pop("name") == _usual(name, each.version) and not set(table) & set(files[0]):
        return {**table, **files[0]}
    files = [_of_file(file) for file in each.files]
    return {**table, "files": [file["name"] if len(file) == 1 else file for file in files]}


def _of_file(file: File) -> dict[str, Any]:
    usual = File(filename="")
    shown = {key: getattr(file, field) for field, key in _FILE.items() if getattr(file, field) != getattr(usual, field)}
    if file.upload_time is None:
        shown["at"] = "unknown"
    if file.raw_metadata is not None:
        shown["raw"] = file.raw_metadata.decode()
    return shown


def _toml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value)
        case dict():
            return "{" + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + "}"
        case tuple() | list():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case _:
            raise TypeError(value)
