"""A project or workspace as ``uv lock`` reads it (uv's documentation, "Working on projects", "Workspaces")."""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.utils import InvalidName, NormalizedName, canonicalize_name
from packaging.version import Version

from backtrail.inputs.pyproject import PYPROJECT, declared, group_entries
from backtrail.inputs.toml_lines import line_of
from backtrail.inputs.uv_environments import read_environments
from backtrail.model.errors import InputError
from backtrail.model.question import Setting
from backtrail.model.record import Record
from backtrail.model.requirement import Requirement
from backtrail.model.universal import Universal
from backtrail.model.workspace import ConflictItem, ItemKind, Member, MemberSource, Source, Workspace

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class Locked(Record, frozen=True, kw_only=True):
    """What a project says of its lock: ``requires_python`` of each member, constraints and overrides of the root."""

    workspace: Workspace
    requires_python: tuple[str, ...]
    constraints: tuple[Requirement, ...]
    overrides: tuple[Requirement, ...]
    environments: Universal


class _Document:
    """A ``pyproject.toml``, read, with its tables asked for by name."""

    def __init__(self, path: str) -> None:
        """Raise InputError where it cannot be read."""
        self.path = path
        try:
            self.text = Path(path).read_text(encoding="utf-8")
            self.tables = tomllib.loads(self.text)
        except OSError as failure:
            raise InputError(f"{path!r} cannot be read: {failure.strerror}") from None
        except (ValueError, RecursionError) as failure:
            raise InputError(f"{path!r} is not TOML: {failure}") from None
        self.project = self._table(self.tables, "project")
        self.uv = self._table(self._table(self.tables, "tool") or {}, "uv") or {}

    def _table(self, tables: Mapping[str, Any], name: str) -> dict[str, Any] | None:
        found = tables.get(name)
        if found is not None and not isinstance(found, dict):
            raise InputError(f"{self.path}: {name!r} is not a table")
        return found

    def table(self, name: str) -> dict[str, Any]:
        """A table of the document, empty where there is none."""
        return self._table(self.tables, name) or {}

    def uv_table(self, name: str) -> dict[str, Any]:
        """A table below ``[tool.uv]``, empty where there is none."""
        return self._table(self.uv, name) or {}

    def texts(self, tables: Mapping[str, Any], key: str) -> list[str]:
        """A list of texts; raises InputError for anything else."""
        found = tables.get(key, [])
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise InputError(f"{self.path}: {key!r} is not a list of texts")
        return found

    def requirements(self, key: str, listed: object) -> tuple[Requirement, ...]:
        """Requirements with the lines they stand in."""
        return tuple(declared(self.path, self.text, key, listed))


def read_locked(path: str) -> Locked:
    """Read the workspace whose root a ``pyproject.toml`` is; raises InputError, one sentence."""
    root = _Document(path)
    if root.uv.get("managed") is False:
        raise InputError(f"{path}: uv does not lock a project that says it is not 'managed'")
    folder = Path(path).parent
    documents = [(".", root), *_members(root, folder)]
    projects = [(place, one) for place, one in documents if one.project is not None]
    indexes = _indexes(root)
    paths = {_name(one): place for place, one in projects}
    if len(paths) < len(projects):
        raise InputError(f"{path}: two members of the workspace have one name")
    members = tuple(sorted((_member(one, place, indexes, paths) for place, one in projects), key=lambda one: one.name))
    spoken = [text for _, one in projects if isinstance(text := (one.project or {}).get("requires-python"), str)]
    return Locked(
        workspace=Workspace(
            members=members,
            groups={} if root.project is not None else _groups(root),
            sources={} if root.project is not None else _sources(root, indexes, paths),
            conflicts=tuple(_conflicts(root, members)),
            excludes=tuple(_normal(root, one) for one in root.texts(root.uv, "exclude-dependencies")),
        ),
        requires_python=tuple(spoken),
        constraints=root.requirements("constraint-dependencies", root.uv.get("constraint-dependencies", [])),
        overrides=root.requirements("override-dependencies", root.uv.get("override-dependencies", [])),
        environments=read_environments(_markers(root, "environments"), _markers(root, "required-environments")),
    )


def _markers(root: _Document, key: str) -> Iterator[Setting]:
    """One marker or a list of them, each with the place where it stands."""
    given = root.uv.get(key)
    for one in [given] if isinstance(given, str) else root.texts(root.uv, key):
        line = line_of(root.text, ("tool", "uv", key), word=one)
        yield Setting(name=key, value=one, origin=f"{root.path}:{line}")


def _members(root: _Document, folder: Path) -> Iterator[tuple[str, _Document]]:
    """The members but the root, by path."""
    workspace = root.uv_table("workspace")
    left_out = {place for pattern in root.texts(workspace, "exclude") for place in folder.glob(pattern)}
    found = {place for pattern in root.texts(workspace, "members") for place in folder.glob(pattern)}
    for place in sorted(found - left_out - {folder}):
        if not place.is_dir() or place.name.startswith("."):
            continue
        shown = place.relative_to(folder).as_posix() if place.is_relative_to(folder) else os.path.relpath(place, folder)
        document = _Document(str(place / PYPROJECT))
        if document.project is None:
            raise InputError(f"{document.path}: a member of a workspace needs a [project] table")
        if "workspace" in document.uv:
            raise InputError(f"{document.path}: a member of a workspace cannot be a workspace itself")
        yield shown, document


def _name(document: _Document) -> NormalizedName:
    name = (document.project or {}).get("name")
    if not isinstance(name, str):
        raise InputError(f"{document.path}: [project] has no name")
    return _normal(document, name)


def _normal(document: _Document, name: str) -> NormalizedName:
    try:
        return canonicalize_name(name, validate=True)
    except InvalidName:
        raise InputError(f"{document.path}: {name!r} is not a name") from None


def _member(document: _Document, place: str, indexes: Mapping[str, str], paths: Mapping[NormalizedName, str]) -> Member:
    project = document.project or {}
    dynamic = document.texts(project, "dynamic")
    for key in ("dependencies", "optional-dependencies"):
        if key in dynamic:
            raise InputError(f"{document.path}: {key!r} is dynamic: only the project's build backend knows it")
    optional = project.get("optional-dependencies", {})
    if not isinstance(optional, dict):
        raise InputError(f"{document.path}: 'optional-dependencies' is not a table")
    version = project.get("version")
    if not isinstance(version, str) and "version" not in dynamic:
        raise InputError(f"{document.path}: [project] has no version")
    package = document.uv.get("package", "build-system" in document.tables)
    return Member(
        name=_name(document),
        version=_version(document, version) if isinstance(version, str) else None,
        source=MemberSource.EDITABLE if package else MemberSource.VIRTUAL,
        path=place,
        dependencies=document.requirements("dependencies", project.get("dependencies", [])),
        optional={_normal(document, name): document.requirements(name, listed) for name, listed in optional.items()},
        groups=_groups(document),
        sources=_sources(document, indexes, paths),
    )


def _version(document: _Document, version: str) -> str:
    """The version in its normal form (PEP 440)."""
    try:
        return str(Version(version))
    except ValueError:
        raise InputError(f"{document.path}: {version!r} is not a version") from None


def _groups(document: _Document) -> dict[NormalizedName, tuple[Requirement, ...]]:
    """Dependency groups with what they include (PEP 735), and uv's older list of development dependencies."""
    tables = document.table("dependency-groups")
    found = {
        _normal(document, name): document.requirements(name, group_entries(document.path, tables, name))
        for name in tables
    }
    legacy = document.uv.get("dev-dependencies")
    if legacy is not None:
        dev = canonicalize_name("dev")
        found[dev] = (*found.get(dev, ()), *document.requirements("dev-dependencies", legacy))
    return found


def _indexes(document: _Document) -> dict[str, str]:
    listed = document.uv.get("index", [])
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise InputError(f"{document.path}: 'index' is not a list of tables")
    return {one["name"]: one["url"] for one in listed if isinstance(one.get("name"), str) and "url" in one}


def _sources(
    document: _Document, indexes: Mapping[str, str], paths: Mapping[NormalizedName, str]
) -> dict[NormalizedName, tuple[Source, ...]]:
    found: dict[NormalizedName, tuple[Source, ...]] = {}
    for name, given in document.uv_table("sources").items():
        listed = given if isinstance(given, list) else [given]
        project = _normal(document, name)
        found[project] = tuple(_source(document, project, one, indexes, paths) for one in listed)
    return found


def _source(
    document: _Document,
    name: NormalizedName,
    given: object,
    indexes: Mapping[str, str],
    paths: Mapping[NormalizedName, str],
) -> Source:
    if not isinstance(given, dict):
        raise InputError(f"{document.path}: the source of {name!r} is not a table")
    extra, group = given.get("extra"), given.get("group")
    source = Source(
        marker=str(given.get("marker", "")),
        extra=None if extra is None else _normal(document, str(extra)),
        group=None if group is None else _normal(document, str(group)),
    )
    match given:
        case {"index": index}:
            if index not in indexes:
                raise InputError(
                    f"{document.path}: the source of {name!r} names the index {index!r}, which there is not"
                )
            return _with(source, index=indexes[index])
        case {"workspace": True}:
            if name not in paths:
                raise InputError(f"{document.path}: {name!r} is said to be a member of the workspace, and is not")
            return _with(source, url=f"workspace:{paths[name]}")
        case {"url": str(url)}:
            return _with(source, url=url)
        case {"git": str(git)}:
            revision = next((str(given[key]) for key in ("rev", "tag", "branch") if key in given), "")
            return _with(source, url=f"git+{git}{'@' * bool(revision)}{revision}")
        case {"path": str(path)}:
            return _with(source, url=(Path(document.path).parent / path).absolute().as_uri())
        case _:
            raise InputError(f"{document.path}: the source of {name!r} names no index, workspace, url, git or path")


def _with(source: Source, *, index: str | None = None, url: str | None = None) -> Source:
    return Source(index=index, url=url, marker=source.marker, extra=source.extra, group=source.group)


def _conflicts(document: _Document, members: Iterable[Member]) -> Iterator[tuple[ConflictItem, ...]]:
    """The conflict sets, each in uv's order; a group conflicts as those that it includes do."""
    listed = document.uv.get("conflicts", [])
    if not isinstance(listed, list) or not all(isinstance(one, list) for one in listed):
        raise InputError(f"{document.path}: 'conflicts' is not a list of lists")
    own = None if document.project is None else _name(document)
    known = {member.name: member for member in members}
    for given in listed:
        items = {_item(document, one, own, known) for one in given}
        if len(items) < 2:
            raise InputError(f"{document.path}: a set of 'conflicts' has fewer than two items")
        yield tuple(sorted(items, key=lambda one: (one.package, list(ItemKind).index(one.kind), one.name)))


def _item(
    document: _Document, given: object, own: NormalizedName | None, members: Mapping[NormalizedName, Member]
) -> ConflictItem:
    if not isinstance(given, dict):
        raise InputError(f"{document.path}: {given!r} in 'conflicts' is not a table")
    package = own if "package" not in given else _normal(document, str(given["package"]))
    if package is None or package not in members:
        raise InputError(f"{document.path}: {given!r} in 'conflicts' names no member of the workspace")
    for kind in (ItemKind.EXTRA, ItemKind.GROUP):
        if kind.value in given:
            name = _normal(document, str(given[kind.value]))
            declares = members[package].optional if kind is ItemKind.EXTRA else members[package].groups
            if name not in declares:
                raise InputError(f"{document.path}: 'conflicts' names the {kind.value} {name!r}, which there is not")
            return ConflictItem(package=package, kind=kind, name=name)
    return ConflictItem(package=package, kind=ItemKind.PROJECT)
