"""The Pythons of dependency groups: ``requires-python`` in ``[tool.uv.dependency-groups]`` (uv's documentation)."""

import msgspec
from packaging.specifiers import InvalidSpecifier, Specifier
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.inputs.groups import walked
from backtrail.inputs.toml_document import Document
from backtrail.model.errors import InputError
from backtrail.model.requirement import Requirement


def read_groups(document: Document) -> dict[NormalizedName, tuple[Requirement, ...]]:
    """The groups of a document with what they include (PEP 735), each line for the Pythons of all that lead to it.

    Raises InputError.
    """
    return {name: lines_of_group(document, name) for name in _names(document)}


def lines_of_group(document: Document, group: str) -> tuple[Requirement, ...]:
    """One group, as ``read_groups`` reads it."""
    pythons = _pythons(document)
    return tuple(
        msgspec.structs.replace(line, pythons=tuple(pythons[one] for one in within if one in pythons))
        for entry, within in walked(document.path, document.table("dependency-groups"), group)
        if entry is not None
        for line in document.requirements(group, [entry])
    )


def pythons_of_groups(document: Document) -> dict[NormalizedName, str]:
    """The Pythons of each group and of those that it includes, as a lock repeats them; without those that say none."""
    pythons, tables = _pythons(document), document.table("dependency-groups")
    found = {}
    for name in _names(document):
        ends = (within[-1] for entry, within in walked(document.path, tables, name) if entry is None)
        said = (Specifier(one) for group in ends for one in pythons.get(group, "").split(",") if one)
        found[name] = ",".join(map(str, sorted(said, key=_place)))
    return {name: said for name, said in found.items() if said}


def _names(document: Document) -> list[NormalizedName]:
    """The names of the groups; two that are one in their normal form end uv."""
    names = [document.name(name) for name in document.table("dependency-groups")]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{document.path}: two groups have the name {twice!r}")
    return names


def _pythons(document: Document) -> dict[str, str]:
    """The specifiers of each group of which some are said."""
    declared = _names(document)
    found = {}
    for written, table in document.uv_table("dependency-groups").items():
        name = document.name(written)
        if name not in declared:
            raise InputError(f"{document.path}: 'dependency-groups' of uv names the group {name!r}, which there is not")
        text = table.get("requires-python", "") if isinstance(table, dict) else None
        if not isinstance(text, str):
            raise InputError(f"{document.path}: the group {name!r} is {table!r} to uv, no table with requires-python")
        try:
            found[str(name)] = ",".join(str(Specifier(part.strip())) for part in text.split(",") if part.strip())
        except InvalidSpecifier:
            wrong = f"requires-python {text!r} of the group {name!r} is no set of version specifiers (PEP 440)"
            raise InputError(f"{document.path}: {wrong}") from None
    return {name: said for name, said in found.items() if said}


_OPERATORS = ("==", "===", "!=", "~=", "<", "<=", ">", ">=")


def _place(one: Specifier) -> tuple[Version, int]:
    """By version, then by operator, as uv has them."""
    return Version(one.version.removesuffix(".*")), _OPERATORS.index(one.operator)
