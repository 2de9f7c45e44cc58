"""Reads a ``uv.lock``: what the next lock prefers, and what it was made for (uv's lock format, version 1)."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import url2pathname

import msgspec
from packaging.utils import NormalizedName, canonicalize_name

from backtrail.inputs.dependency_metadata import read_entry
from backtrail.inputs.file_content import file_text
from backtrail.inputs.locks.lock_document import LockDocument, anywhere, latest
from backtrail.inputs.locks.revision import is_revision, read_revision
from backtrail.inputs.recorded_universal import LOCK_FORMS
from backtrail.model.errors import InputError
from backtrail.model.forms import check
from backtrail.model.lock import Lock, LockEdge, LockMetadata, LockPackage, LockRequirement, LockSource
from backtrail.model.locked import LockedEdge, LockedVersion, LockFile, LockFormat
from backtrail.model.question import ALL

VERSION = 1
"""The version of the format; revisions only add to it."""

_LOCAL = frozenset({"virtual", "editable", "directory"})
"""Sources of the user's own projects."""

_PATHS = _LOCAL | {"path"}
"""Sources that are places of this disk."""

T = TypeVar("T")


def read_lock(path: str) -> Lock | None:
    """The lock in a file, its files aside; None where there is no file. Raises InputError for what is no lock of uv."""
    try:
        text = file_text(path)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as failure:
        raise InputError(f"{path!r} cannot be read: {failure}") from None
    return lock_of(LockDocument(path, text))


def read_lock_of(place: str) -> Lock:
    """The lock in a file or in a commit (``git:REV:PATH``), its files aside. Raises InputError."""
    try:
        text = read_revision(place) if is_revision(place) else file_text(place)
    except (OSError, UnicodeDecodeError) as failure:
        raise InputError(f"{place!r} cannot be read: {failure}") from None
    return lock_of(LockDocument(place, text))


def lock_of(document: LockDocument) -> Lock:
    """The lock that a document holds, its files aside. Raises InputError for what is no lock of uv."""
    path, tables = document.path, document.tables
    version = tables.get("version")
    if version != VERSION:
        raise document.unknown(LockFormat.UV, version, VERSION)
    revision = tables.get("revision", 0)
    if type(revision) is not int or revision < 0:
        raise InputError(f"{path!r}: {revision!r} is not a revision of uv.lock, which is a number")
    try:
        lock = _lock(tables)
    except KeyError as failure:
        raise InputError(f"{path!r} is not a uv.lock: {failure.args[0]!r} is missing") from None
    except (TypeError, ValueError, AttributeError) as failure:
        raise InputError(f"{path!r} is not a uv.lock: {failure}") from None
    check(lock, LOCK_FORMS, f"{path}: ")
    return lock


def _lock(tables: Mapping[str, Any]) -> Lock:
    manifest, options = tables.get("manifest", {}), tables.get("options", {})
    return Lock(
        requires_python=str(tables["requires-python"]),
        resolution_markers=_texts(tables, "resolution-markers"),
        supported_markers=_texts(tables, "supported-markers"),
        required_markers=_texts(tables, "required-markers"),
        conflicts=tuple(tuple(map(_item, items)) for items in tables.get("conflicts", [])),
        options=tuple((key, str(value)) for key, value in options.items() if not isinstance(value, Mapping)),
        prereleases=tuple((name, str(mode)) for name, mode in options.get("prerelease-package", {}).items()),
        cut_offs=tuple((name, _cut_off(said)) for name, said in options.get("exclude-newer-package", {}).items()),
        members=_texts(manifest, "members"),
        constraints=_all(manifest, "constraints", _requirement),
        overrides=_all(manifest, "overrides", _requirement),
        excludes=_texts(manifest, "excludes"),
        groups=_groups(manifest.get("dependency-groups", {})),
        group_pythons=_pythons(manifest),
        default_groups=_default_groups(manifest),
        declared=_all(manifest, "dependency-metadata", read_entry),
        packages=_all(tables, "package", _package),
    )


def _cut_off(said: object) -> str:
    """The cut-off of a project, as ``Lock`` has it."""
    found = said.get("span", said.get("timestamp")) if isinstance(said, Mapping) else said
    return "false" if found is False else str(found)


def _texts(tables: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(map(str, tables.get(key, [])))


def _all(tables: Mapping[str, Any], key: str, read: Callable[[Mapping[str, Any]], T]) -> tuple[T, ...]:
    return tuple(map(read, tables.get(key, [])))


def _item(table: Mapping[str, Any]) -> tuple[str, str, str]:
    kind = next((kind for kind in ("extra", "group") if kind in table), "project")
    return str(table["package"]), kind, str(table.get(kind, ""))


def _package(table: Mapping[str, Any]) -> LockPackage:
    metadata = table.get("metadata")
    version = table.get("version")
    return LockPackage(
        name=canonicalize_name(str(table["name"])),
        version=None if version is None else str(version),
        source=_source(table["source"]),
        resolution_markers=_texts(table, "resolution-markers"),
        dependencies=_all(table, "dependencies", _edge),
        optional={name: tuple(map(_edge, edges)) for name, edges in table.get("optional-dependencies", {}).items()},
        groups={name: tuple(map(_edge, edges)) for name, edges in table.get("dev-dependencies", {}).items()},
        group_pythons=_pythons(table),
        default_groups=_default_groups(table),
        metadata=None if metadata is None else _metadata(metadata),
    )


def _default_groups(table: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The groups that are installed unless something else is said, as ``Member`` has them."""
    said = table.get("default-groups")
    return (ALL,) if said == "all" else None if said is None else tuple(map(str, said))


def _pythons(table: Mapping[str, Any]) -> dict[NormalizedName, str]:
    """The Pythons of groups."""
    said = table.get("group-requires-python", {})
    return {canonicalize_name(name): str(pythons) for name, pythons in said.items()}


def _source(table: Mapping[str, Any]) -> LockSource:
    kind, value = next(iter(table.items()), ("", ""))
    if not kind:
        raise ValueError("a source is empty")
    return _taken_from(str(kind), str(value))


def _index(url: str) -> str:
    """An index; one on this disk is a path from here, as settings that name it by a relative path are read."""
    return os.path.relpath(url2pathname(urlsplit(url).path)) if url.startswith("file:") else url


def _taken_from(kind: str, value: str) -> LockSource:
    whole = kind in _PATHS and PurePath(value).is_absolute()
    return LockSource(kind=kind, value=PurePath(value).as_uri() if whole else value)


def _edge(table: Mapping[str, Any]) -> LockEdge:
    version, source = table.get("version"), table.get("source")
    return LockEdge(
        name=canonicalize_name(str(table["name"])),
        version=None if version is None else str(version),
        source=None if source is None else _source(source),
        extras=_texts(table, "extra"),
        marker=str(table.get("marker", "")),
    )


def _metadata(table: Mapping[str, Any]) -> LockMetadata:
    return LockMetadata(
        requires=_all(table, "requires-dist", _requirement),
        extras=_texts(table, "provides-extras"),
        groups=_groups(table.get("requires-dev", {})),
    )


def _groups(table: Mapping[str, Any]) -> dict[str, tuple[LockRequirement, ...]]:
    return {name: tuple(map(_requirement, listed)) for name, listed in table.items()}


def _requirement(table: Mapping[str, Any]) -> LockRequirement:
    kind = next((kind for kind in ("virtual", "editable", "directory", "url", "git", "path") if kind in table), None)
    index = table.get("index")
    return LockRequirement(
        name=canonicalize_name(str(table["name"])),
        extras=_texts(table, "extras"),
        marker=str(table.get("marker", "")),
        specifier=str(table.get("specifier", "")),
        index=None if index is None else _index(str(index)),
        url=None if kind is None else _taken_from(kind, str(table[kind])),
    )


class _File(msgspec.Struct, rename="kebab"):
    upload_time: Any = None


class _Files(msgspec.Struct):
    sdist: _File | None = None
    wheels: tuple[_File, ...] = ()


class _AllFiles(msgspec.Struct):
    package: tuple[_Files, ...] = ()


def read_uv_lock(document: LockDocument) -> LockFile:
    """A ``uv.lock`` as a lock of any tool. Raises InputError."""
    lock = lock_of(document)
    files = document.read(_AllFiles, "a uv.lock").package
    lines = document.lines("[[package]]", len(lock.packages))
    return LockFile(
        file=document.path,
        format=LockFormat.UV,
        made_by="uv",
        requires_python=lock.requires_python,
        versions=tuple(
            LockedVersion(
                name=package.name,
                version=package.version,
                source=package.source,
                marker=anywhere(package.resolution_markers),
                line=line,
                uploaded=latest([one.upload_time for one in (its.sdist, *its.wheels) if one is not None]),
                local=package.source.kind in _LOCAL,
            )
            for package, its, line in zip(lock.packages, files, lines, strict=True)
        ),
        edges=tuple(_asked(lock)),
        options=tuple(_options(lock)),
    )


_OPTIONS = {
    "resolution-mode": "resolution", "prerelease-mode": "prerelease", "fork-strategy": "fork-strategy",
}  # fmt: skip


def _options(lock: Lock) -> Iterator[tuple[str, str]]:
    """The options of a lock by the names that they have elsewhere."""
    said = dict(lock.options)
    yield from ((_OPTIONS[key], value) for key, value in said.items() if key in _OPTIONS)
    until = said.get("exclude-newer-span", said.get("exclude-newer"))
    yield from () if until is None else (("exclude-newer", until),)
    yield from (("prerelease-package", f"{name}={mode}") for name, mode in lock.prereleases)
    yield from (("exclude-newer-package", f"{name}={cut_off}") for name, cut_off in lock.cut_offs)


_Words = Mapping[NormalizedName, Sequence[str]]


def _words(requirements: Iterable[LockRequirement]) -> _Words:
    """The specifiers that metadata repeats, by project."""
    found: dict[NormalizedName, list[str]] = {}
    for one in requirements:
        found.setdefault(one.name, []).append(one.specifier)
    return found


def _asked(lock: Lock) -> Iterator[LockedEdge]:
    """Every edge of the lock; those of local projects in the words that their metadata repeats."""
    several = {name for name, count in Counter(one.name for one in lock.packages).items() if count > 1}
    for package in lock.packages:
        metadata = package.metadata or LockMetadata()
        words = _words(metadata.requires)
        listed: list[tuple[str, str, tuple[LockEdge, ...], _Words]] = [
            ("", "", package.dependencies, words),
            *((extra, "", edges, words) for extra, edges in package.optional.items()),
            *(("", group, edges, _words(metadata.groups.get(group, ()))) for group, edges in package.groups.items()),
        ]
        for extra, group, edges, repeated in listed:
            for edge in edges:
                said = repeated.get(edge.name, [])
                yield LockedEdge(
                    name=edge.name,
                    version=edge.version,
                    by=package.name,
                    by_version=package.version if package.name in several else None,
                    extra=canonicalize_name(extra),
                    group=group,
                    specifier=said[0] if len(said) == 1 else None,
                    marker=edge.marker,
                )
