"""Poetry's tables as what pip would be asked for the same project (its documentation, "The pyproject.toml file")."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from packaging.utils import NormalizedName, canonicalize_name

from backtrail.inputs.foreign_tables import read_table_entry
from backtrail.inputs.poetry_constraints import marker_of, specifier_of
from backtrail.inputs.requirements_file import Lines
from backtrail.inputs.toml_document import Document
from backtrail.inputs.toml_lines import line_of
from backtrail.model.errors import InputError
from backtrail.model.question import Setting
from backtrail.model.requirement import Requirement

_TABLE = ("tool", "poetry")


def read_poetry(
    document: Document, poetry: Mapping[str, Any], extras: Sequence[str], *, all_extras: bool = False
) -> Lines:
    """The dependencies that are not optional, and those of the extras that are wanted; its sources are settings.

    Raises InputError for an extra that is not declared, and for what has no form as a requirement.
    """
    declared = {canonicalize_name(name): listed for name, listed in (document.below(poetry, "extras") or {}).items()}
    for extra in extras:
        if canonicalize_name(extra) not in declared:
            raise InputError(f"{document.path}: --extra {extra!r} is not declared")
    wanted = [*declared] if all_extras else [canonicalize_name(extra) for extra in extras]
    added = {canonicalize_name(str(name)) for extra in wanted for name in declared[extra]}
    found = _read(document, poetry, ("dependencies",), added)
    warning = f"{document.path}: Poetry's tables are read as what pip would be asked (^1.2 as >=1.2,<2.0)"
    settings, warnings = _indexes(document, poetry)
    return Lines(requirements=found, settings=settings, warnings=(warning, *warnings), files=(document.path,))


def poetry_groups(document: Document) -> tuple[str, ...]:
    """The names of Poetry's groups."""
    poetry = document.below(document.tool, "poetry") or {}
    older = ("dev",) if "dev-dependencies" in poetry else ()
    return tuple(dict.fromkeys((*older, *(document.below(poetry, "group") or {}))))


def read_poetry_group(document: Document, group: str) -> Lines:
    """The dependencies of one of Poetry's groups. Raises InputError."""
    poetry = document.below(document.tool, "poetry") or {}
    found: tuple[Requirement, ...] = ()
    if group == "dev" and "dev-dependencies" in poetry:
        found = _read(document, poetry, ("dev-dependencies",))
    if group in (document.below(poetry, "group") or {}):
        found = (*found, *_read(document, poetry, ("group", group, "dependencies")))
    return Lines(requirements=found, files=(document.path,))


def _read(
    document: Document, poetry: Mapping[str, Any], path: tuple[str, ...], optional: set[NormalizedName] | None = None
) -> tuple[Requirement, ...]:
    """The requirements of a table; of the optional ones those named."""
    table: Mapping[str, Any] = poetry
    for key in path:
        table = document.below(table, key) or {}
    return tuple(
        read_table_entry(document, name, one, _line(document, (*path, name)), specifier=specifier_of, python=marker_of)
        for name, given in table.items()
        if canonicalize_name(name) != "python"
        for one in (given if isinstance(given, list) else [given])
        if not _is_optional(one) or canonicalize_name(name) in (optional or ())
    )


def _is_optional(given: object) -> bool:
    return isinstance(given, dict) and given.get("optional") is True


def _line(document: Document, path: tuple[str, ...]) -> int:
    return line_of(document.text, (*_TABLE, *path))


def _indexes(document: Document, poetry: Mapping[str, Any]) -> tuple[tuple[Setting, ...], tuple[str, ...]]:
    """Primary sources stand instead of PyPI, supplemental ones beside it; an explicit one is for single projects."""
    listed = poetry.get("source", [])
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise InputError(f"{document.path}: 'source' is not a list of tables")
    settings = tuple(_settings(document, listed))
    explicit = [str(one.get("name")) for one in listed if one.get("priority") == "explicit"]
    names = ", ".join(explicit)
    warning = (
        f"{document.path}: Poetry asks the source {names} for single projects only; pip cannot, and it is left out"
    )
    return settings, ((warning,) if explicit else ())


def _settings(document: Document, listed: Sequence[Mapping[str, Any]]) -> Iterator[Setting]:
    primary = False
    for place, one in enumerate(listed):
        url, priority = one.get("url"), one.get("priority", "primary")
        if not isinstance(url, str) or priority == "explicit":
            continue
        first = priority in ("primary", "default") and not primary
        primary = primary or first
        origin = f"{document.path}:{line_of(document.text, (*_TABLE, 'source'), nth=place)}"
        yield Setting(name="index-url" if first else "extra-index-url", value=url, origin=origin)
