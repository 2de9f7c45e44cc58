"""Where uv takes projects from instead of any index: ``[tool.uv.sources]`` (its documentation, "Sources")."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from packaging.utils import NormalizedName

from backtrail.inputs.credentials import without_its_credentials
from backtrail.inputs.locked_as import locked_place, locked_revision
from backtrail.inputs.toml_document import Document
from backtrail.model.errors import InputError
from backtrail.model.flat_index import as_flat
from backtrail.model.requirement import Requirement, Source
from backtrail.model.safe_text import without_secrets

Sources = dict[NormalizedName, tuple[Source, ...]]


def read_indexes(document: Document) -> dict[str, str]:
    """The indexes that a document names, by their names."""
    listed = document.uv.get("index", [])
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise InputError(f"{document.path}: 'index' is not a list of tables")
    return {one["name"]: _index(document, one) for one in listed if isinstance(one.get("name"), str) and "url" in one}


def read_sources(
    document: Document, indexes: Mapping[str, str], members: Mapping[NormalizedName, str], root: Path | None = None
) -> Sources:
    """The sources of each project; ``members`` are the URLs of the projects of the workspace. Raises InputError.

    ``root`` is the folder that a lock names paths from, None: that of the document.
    """
    found: Sources = {}
    root = (Path(document.path).parent if root is None else root).absolute()
    for name, given in document.uv_table("sources").items():
        listed = given if isinstance(given, list) else [given]
        project = document.name(name)
        found[project] = tuple(_source(document, project, one, indexes, members, root) for one in listed)
    return found


def with_sources(
    requirements: tuple[Requirement, ...],
    sources: Sources,
    *,
    extra: NormalizedName | None = None,
    group: NormalizedName | None = None,
) -> tuple[Requirement, ...]:
    """Requirements of a list, or of an extra or group, each with the sources that count for it."""
    if not sources:
        return requirements
    return tuple(
        msgspec.structs.replace(one, sources=tuple(
            source for source in sources.get(one.name, ())
            if source.extra in (None, extra) and source.group in (None, group)
        ))
        for one in requirements
    )  # fmt: skip


def _source(
    document: Document,
    name: NormalizedName,
    given: object,
    indexes: Mapping[str, str],
    members: Mapping[NormalizedName, str],
    root: Path,
) -> Source:
    if not isinstance(given, dict):
        raise InputError(f"{document.path}: the source of {name!r} is not a table")
    extra, group = given.get("extra"), given.get("group")
    source = Source(
        marker=str(given.get("marker", "")),
        extra=None if extra is None else document.name(str(extra)),
        group=None if group is None else document.name(str(group)),
        editable=editable if isinstance(editable := given.get("editable"), bool) else None,
    )
    subdirectory = f"#subdirectory={given['subdirectory']}" if given.get("subdirectory") else ""
    match given:
        case {"index": index}:
            source = msgspec.structs.replace(source, names_index=True)
            if index not in indexes:
                wrong = f"{document.path}: the source of {name!r} names the index {index!r}, which there is not"
                return msgspec.structs.replace(source, wrong=wrong)
            return msgspec.structs.replace(source, index=indexes[index])
        case {"workspace": True}:
            if name not in members:
                wrong = f"{document.path}: {name!r} is said to be a member of the workspace, and is not"
                return msgspec.structs.replace(source, wrong=wrong)
            return msgspec.structs.replace(source, url=members[name])
        case {"url": str(url)}:
            return msgspec.structs.replace(source, url=_clean(document, url) + subdirectory)
        case {"git": str(git)}:
            word = next((key for key in ("rev", "tag", "branch") if key in given), "rev")
            revision = str(given.get(word, ""))
            url = f"{_clean(document, f'git+{git}')}{'@' * bool(revision)}{revision}{subdirectory}"
            return msgspec.structs.replace(source, url=url, locked_as=locked_revision(url, word))
        case {"path": str(path)}:
            place = Path(os.path.normpath((Path(document.path).parent / path).absolute()))
            package = given.get("package")
            named = locked_place(
                place,
                root,
                absolute=Path(path).is_absolute(),
                editable=source.editable,
                package=package if isinstance(package, bool) else None,
            )
            return msgspec.structs.replace(source, url=place.as_uri() + subdirectory, locked_as=named)
        case _:
            raise InputError(f"{document.path}: the source of {name!r} names no index, workspace, url, git or path")


def _index(document: Document, table: Mapping[str, Any]) -> str:
    """The URL of an index; a path is meant from the folder of the file, and a relative one is from here."""
    url = _clean(document, str(table["url"]), table["name"])
    if "://" not in url:
        place = (Path(document.path).parent / url).absolute()
        url = os.path.normpath(place) if Path(url).is_absolute() else os.path.relpath(place)
    return as_flat(url) if table.get("format") == "flat" else url


def _clean(document: Document, url: str, index: str | None = None) -> str:
    try:
        return without_its_credentials(url, index)
    except ValueError as failure:
        raise InputError(f"{document.path}: {without_secrets(url)!r} is not a URL: {failure}") from None
