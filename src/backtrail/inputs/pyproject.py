"""A project's own declarations as requirements: `[project] dependencies`, extras and dependency groups."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from backtrail.inputs.requirement_text import read_requirement
from backtrail.model.errors import InputError
from backtrail.model.requirement import Origin, Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PYPROJECT = "pyproject.toml"


def read_project(path: str, *, extras: Sequence[str] = ()) -> tuple[Requirement, ...]:
    """`[project] dependencies`, then those of each extra in order (PEP 621).

    Where an extra asks for another extra of its own project, that one's requirements are read. Raises InputError where
    the file cannot be read, has no such extra, or leaves its dependencies to the build (dynamic).
    """
    text, tables = _read(path)
    project = tables.get("project")
    if not isinstance(project, dict):
        tool = tables.get("tool")
        poetry = "; only Poetry reads [tool.poetry]" if isinstance(tool, dict) and "poetry" in tool else ""
        raise InputError(f"{path}: there is no [project] table to read dependencies from{poetry}")
    dynamic = project.get("dynamic")
    for key in ("dependencies", "optional-dependencies"):
        if isinstance(dynamic, list) and key in dynamic:
            raise InputError(f"{path}: {key!r} is dynamic: only the project's build backend knows it")
    optional = project.get("optional-dependencies", {})
    if not isinstance(optional, dict):
        raise InputError(f"{path}: 'optional-dependencies' is not a table")
    extra_lists: dict[str, object] = {canonicalize_name(name): listed for name, listed in optional.items()}
    for extra in extras:
        if canonicalize_name(extra) not in extra_lists:
            raise InputError(f"{path}: --extra {extra!r} is not declared")
    found = list(declared(path, text, "dependencies", project.get("dependencies", [])))
    name = canonicalize_name(str(project.get("name", "")))
    queue, seen = [str(canonicalize_name(extra)) for extra in extras], set[str]()
    while queue:
        extra = queue.pop(0)
        if extra in seen:
            continue
        seen.add(extra)
        for requirement in declared(path, text, extra, extra_lists.get(extra, [])):
            if requirement.name == name and requirement.extras:
                queue.extend(requirement.extras)
            else:
                found.append(requirement)
    return tuple(found)


def read_groups(path: str, groups: Sequence[str]) -> tuple[Requirement, ...]:
    """The requirements of dependency groups, their includes resolved (PEP 735).

    Raises InputError where the file cannot be read, or a group is missing or malformed.
    """
    text, tables = _read(path)
    listed = tables.get("dependency-groups")
    if not isinstance(listed, dict):
        raise InputError(f"{path}: --group {groups[0]!r}: there is no [dependency-groups] table")
    entries = [entry for group in groups for entry in group_entries(path, listed, group)]
    return tuple(declared(path, text, groups[0], entries))


def group_entries(path: str, groups: Mapping[str, Any], name: str) -> list[str]:
    """The entries of a dependency group and of those that it includes, as they are written (PEP 735).

    Raises InputError where a group is missing, malformed, or includes itself.
    """
    return list(_entries(path, {canonicalize_name(one): listed for one, listed in groups.items()}, name, ()))


def _entries(path: str, groups: Mapping[str, Any], name: str, within: tuple[str, ...]) -> Iterator[str]:
    normal = canonicalize_name(name)
    if normal in within:
        raise InputError(f"{path}: group {name!r} includes itself: {' includes '.join((*within, normal))}")
    listed = groups.get(normal)
    if listed is None:
        raise InputError(f"{path}: there is no group {name!r}")
    if not isinstance(listed, list):
        raise InputError(f"{path}: group {name!r} is not a list")
    for entry in listed:
        match entry:
            case str():
                yield entry
            case {"include-group": str(other)} if len(entry) == 1:
                yield from _entries(path, groups, other, (*within, normal))
            case _:
                raise InputError(f"{path}: group {name!r}: {entry!r} is neither a requirement nor an include-group")


def _read(path: str) -> tuple[str, dict[str, Any]]:
    try:
        text = Path(path).read_text(encoding="utf-8")
        return text, tomllib.loads(text)
    except OSError as failure:
        raise InputError(f"{path!r} cannot be read: {failure.strerror}") from None
    except (ValueError, RecursionError) as failure:
        raise InputError(f"{path!r} is not TOML: {failure}") from None


def declared(path: str, text: str, key: str, listed: object) -> Iterator[Requirement]:
    """The requirements of a list in a project's file, with their lines; raises InputError."""
    if not isinstance(listed, Iterable) or isinstance(listed, str):
        raise InputError(f"{path}: {key!r} is not a list of requirements")
    for entry in listed:
        if not isinstance(entry, str):
            raise InputError(f"{path}: {entry!r} in {key!r} is not a requirement")
        yield read_requirement(entry, Origin(file=path, line=_line_of(text, entry)))


def _line_of(text: str, entry: str) -> int:
    """The first line with the entry between quotes: TOML readers do not keep lines. 1 where escapes hide it."""
    for number, line in enumerate(text.splitlines(), start=1):
        if f'"{entry}"' in line or f"'{entry}'" in line:
            return number
    return 1
