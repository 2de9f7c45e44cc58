"""A lock as text: ``uv.lock`` of the format's version 1, revision 5, as uv writes it."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path, PurePath
from urllib.parse import urlsplit
from urllib.request import url2pathname

import msgspec
from packaging.utils import NormalizedName

from backtrail.model.declaration import DeclaredMetadata
from backtrail.model.files import File, FileKind
from backtrail.model.flat_index import as_flat, bare
from backtrail.model.lock import Lock, LockEdge, LockMetadata, LockPackage, LockRequirement, LockSource
from backtrail.model.question import ALL
from backtrail.model.safe_text import safe

VERSION, REVISION = 1, 5


def lock_text(lock: Lock, meant: Callable[[str], str] = str) -> str:
    """The whole file, with a newline at its end; ``meant`` gives the places of this disk that a report shortens."""
    lock = msgspec.structs.replace(lock, packages=tuple(_placed(one, meant) for one in lock.packages))
    blocks = ["\n".join(_head(lock))]
    blocks += _options(lock)
    blocks += _manifest(lock)
    for package in lock.packages:
        blocks += _package(package)
    return "\n\n".join(blocks) + "\n"


def _placed(package: LockPackage, meant: Callable[[str], str]) -> LockPackage:
    """A package with every place of this disk as it is."""

    def source(one: LockSource) -> LockSource:
        value, hashed, commit = one.value.partition("#")
        if not value.startswith("file:"):
            return one
        place = meant(value) if one.kind != "registry" else bare(meant(as_flat(meant(value))))
        whole = place if one.kind == "git" else url2pathname(urlsplit(place).path)
        return msgspec.structs.replace(one, value=f"{whole}{hashed}{commit}")

    def file(one: File) -> File:
        return msgspec.structs.replace(one, url=meant(one.url)) if one.url.startswith("file:") else one

    def edge(one: LockEdge) -> LockEdge:
        return one if one.source is None else msgspec.structs.replace(one, source=source(one.source))

    def requirement(one: LockRequirement) -> LockRequirement:
        return one if one.url is None else msgspec.structs.replace(one, url=source(one.url))

    def requirements(listed: Mapping[str, tuple[LockRequirement, ...]]) -> dict[str, tuple[LockRequirement, ...]]:
        return {name: tuple(map(requirement, one)) for name, one in listed.items()}

    said = package.metadata
    return msgspec.structs.replace(
        package,
        source=source(package.source),
        sdist=package.sdist and file(package.sdist),
        wheels=tuple(map(file, package.wheels)),
        dependencies=tuple(map(edge, package.dependencies)),
        optional={name: tuple(map(edge, edges)) for name, edges in package.optional.items()},
        groups={name: tuple(map(edge, edges)) for name, edges in package.groups.items()},
        metadata=said and msgspec.structs.replace(
            said, requires=tuple(map(requirement, said.requires)), groups=requirements(said.groups)
        ),
    )  # fmt: skip


def _head(lock: Lock) -> Iterator[str]:
    yield f"version = {VERSION}"
    yield f"revision = {REVISION}"
    yield f"requires-python = {_text(lock.requires_python)}"
    for key, markers in (
        ("resolution-markers", lock.resolution_markers),
        ("supported-markers", lock.supported_markers),
        ("required-markers", lock.required_markers),
    ):
        if markers:
            yield f"{key} = {_rows(map(_text, markers))}"
    if lock.conflicts:
        sets = (_rows(_item(*item) for item in items) for items in lock.conflicts)
        yield f"conflicts = [{', '.join(sets)}]"


_AGO = " # This has no effect and is included for backwards compatibility when using relative exclude-newer values."


def _options(lock: Lock) -> Iterator[str]:
    if lock.options or lock.prereleases or lock.cut_offs:
        note = {"exclude-newer": _AGO} if "exclude-newer-span" in dict(lock.options) else {}
        yield "\n".join(["[options]", *(f"{key} = {_text(value)}{note.get(key, '')}" for key, value in lock.options)])
    if lock.prereleases:
        rows = (f"{_key(name)} = {_text(mode)}" for name, mode in lock.prereleases)
        yield "\n".join(["[options.prerelease-package]", *rows])
    if lock.cut_offs:
        rows = (f"{_key(name)} = {_cut_off(said)}" for name, said in lock.cut_offs)
        yield "\n".join(["[options.exclude-newer-package]", *rows])


def _cut_off(said: str) -> str:
    """None, a moment, or how long ago."""
    if said == "false":
        return said
    ago = said.lstrip("-").startswith("P")
    return _inline([("timestamp", _text("0001-01-01T00:00:00Z")), ("span", _text(said))]) if ago else _text(said)


def _item(package: str, kind: str, name: str) -> str:
    named = f", {kind} = {_text(name)}" if name else ""
    return f"{{ package = {_text(package)}{named} }}"


def _manifest(lock: Lock) -> Iterator[str]:
    rows = []
    if lock.members:
        rows.append(f"members = {_rows(map(_text, lock.members))}")
    rows += _defaults(lock.default_groups)
    for key, requirements in (("constraints", lock.constraints), ("overrides", lock.overrides)):
        if requirements:
            rows.append(f"{key} = {_few(map(_requirement, requirements))}")
    if lock.excludes:
        rows.append(f"excludes = {_few(map(_text, lock.excludes))}")
    if rows:
        yield "\n".join(["[manifest]", *rows])
    if lock.groups:
        yield "\n".join(["[manifest.dependency-groups]", *_requirements(lock.groups)])
    yield from _pythons("manifest", lock.group_pythons)
    for one in lock.declared:
        yield "\n".join(["[[manifest.dependency-metadata]]", *_declared(one)])


def _declared(one: DeclaredMetadata) -> Iterator[str]:
    yield f"name = {_text(one.name)}"
    if one.version is not None:
        yield f"version = {_text(one.version)}"
    if one.requires_dist:
        yield f"requires-dist = [{', '.join(map(_text, one.requires_dist))}]"
    if one.requires_python is not None:
        yield f"requires-python = {_text(one.requires_python)}"
    if one.provides_extra:
        yield f"provides-extras = [{', '.join(map(_text, one.provides_extra))}]"


def _package(package: LockPackage) -> Iterator[str]:
    rows = ["[[package]]", f"name = {_text(package.name)}"]
    if package.version is not None:
        rows.append(f"version = {_text(package.version)}")
    rows.append(f"source = {_source(package.source)}")
    rows += _defaults(package.default_groups)
    if package.resolution_markers:
        rows.append(f"resolution-markers = {_rows(map(_text, package.resolution_markers))}")
    if package.dependencies:
        rows.append(f"dependencies = {_rows(map(_edge, package.dependencies))}")
    write = partial(_file, source=package.source)
    if package.sdist is not None:
        rows.append(f"sdist = {write(package.sdist)}")
    if package.wheels:
        rows.append(f"wheels = {_rows(map(write, package.wheels))}")
    yield "\n".join(rows)
    for title, edges in (("optional-dependencies", package.optional), ("dev-dependencies", package.groups)):
        kept = {name: listed for name, listed in edges.items() if listed}
        if kept:
            tables = (f"{_key(name)} = {_rows(map(_edge, listed))}" for name, listed in kept.items())
            yield "\n".join([f"[package.{title}]", *tables])
    yield from _pythons("package", package.group_pythons)
    if package.metadata is not None:
        yield from _metadata(package.metadata)


def _pythons(table: str, groups: Mapping[NormalizedName, str]) -> Iterator[str]:
    """The Pythons of groups, by name."""
    if groups:
        yield "\n".join(
            [f"[{table}.group-requires-python]", *(f"{_key(name)} = {_text(groups[name])}" for name in sorted(groups))]
        )


def _defaults(groups: tuple[str, ...] | None) -> Iterator[str]:
    """The default groups, where they are not uv's own."""
    if groups is not None:
        yield 'default-groups = "all"' if ALL in groups else f"default-groups = [{', '.join(map(_text, groups))}]"


def _metadata(metadata: LockMetadata) -> Iterator[str]:
    rows = []
    if metadata.requires:
        rows.append(f"requires-dist = {_few(map(_requirement, metadata.requires))}")
    if metadata.extras:
        rows.append(f"provides-extras = [{', '.join(map(_text, metadata.extras))}]")
    if rows or metadata.groups:
        yield "\n".join(["[package.metadata]", *rows])
    if metadata.groups:
        yield "\n".join(["[package.metadata.requires-dev]", *_requirements(metadata.groups)])


def _requirements(groups: Mapping[str, tuple[LockRequirement, ...]]) -> Iterator[str]:
    for name, listed in groups.items():
        yield f"{_key(name)} = {_few(map(_requirement, listed))}"


def _requirement(one: LockRequirement) -> str:
    rows = [("name", _text(one.name))]
    if one.extras:
        rows.append(("extras", f"[{', '.join(map(_text, one.extras))}]"))
    if one.marker:
        rows.append(("marker", _text(one.marker)))
    if one.url is not None:
        rows.append((one.url.kind, _text(one.url.value)))
    if one.specifier and one.url is None:
        rows.append(("specifier", _text(one.specifier)))
    if one.index is not None:
        is_url = "://" in one.index
        rows.append(("index", _text(one.index if is_url else Path(os.path.abspath(one.index)).as_uri())))  # noqa: PTH100
    return _inline(rows)


def _edge(edge: LockEdge) -> str:
    rows = [("name", _text(edge.name))]
    if edge.version is not None:
        rows.append(("version", _text(edge.version)))
    if edge.source is not None:
        rows.append(("source", _source(edge.source)))
    if edge.extras:
        rows.append(("extra", f"[{', '.join(map(_text, edge.extras))}]"))
    if edge.marker:
        rows.append(("marker", _text(edge.marker)))
    return _inline(rows)


def _source(source: LockSource) -> str:
    return _inline([(source.kind, _text(source.value))])


def _folder(source: LockSource) -> str | None:
    """The folder that stands for an index (``--find-links``), None for what has an address."""
    return source.value if source.kind == "registry" and "://" not in source.value else None


def _file(file: File, source: LockSource) -> str:
    folder = _folder(source)
    if folder is not None:  # its files are named from there, or by the whole path
        path = url2pathname(urlsplit(file.url).path)
        return _inline([("path", _text(path if PurePath(folder).is_absolute() else os.path.relpath(path, folder)))])
    rows = [("url", _text(file.url))] if file.url else []
    if source.kind == "path" and file.kind is FileKind.WHEEL:  # the source itself is the file
        rows.append(("filename", _text(file.filename)))
    if file.hashes:
        algorithm = "sha256" if "sha256" in file.hashes else min(file.hashes)
        rows.append(("hash", _text(f"{algorithm}:{file.hashes[algorithm]}")))
    if file.size is not None:
        rows.append(("size", str(file.size)))
    if file.uploaded is not None:
        rows.append(("upload-time", _text(_milliseconds(file.uploaded))))
    return _inline(rows)


def _milliseconds(time: str) -> str:
    """A UTC time to the millisecond, without zeros at its end."""
    whole, _, fraction = time.removesuffix("Z").partition(".")
    digits = fraction[:3].rstrip("0")
    return f"{whole}{f'.{digits}' if digits else ''}Z"


def _inline(rows: Iterable[tuple[str, str]]) -> str:
    return f"{{ {', '.join(f'{key} = {value}' for key, value in rows)} }}"


def _rows(values: Iterable[str]) -> str:
    """An array with a line for each value."""
    return "[\n" + "".join(f"    {value},\n" for value in values) + "]"


def _few(values: Iterable[str]) -> str:
    """An array on one line where it has at most one value."""
    listed = list(values)
    return f"[{', '.join(listed)}]" if len(listed) < 2 else _rows(listed)


def _key(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() else _text(name)


def _text(text: str) -> str:
    """A basic string: JSON's escapes are TOML's, and what does not print is spelled out."""
    return json.dumps(safe(text), ensure_ascii=False)
