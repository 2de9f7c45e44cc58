"""A Pipfile as what pip would be asked: its packages, those of its other categories, and its sources."""

import re
from collections.abc import Iterator

from backtrail.inputs.foreign_tables import read_table_entry
from backtrail.inputs.requirements_file import Lines
from backtrail.inputs.toml_document import Document
from backtrail.inputs.toml_lines import line_of
from backtrail.model.errors import InputError
from backtrail.model.question import Setting

_NO_PACKAGES = frozenset({"source", "requires", "scripts", "pipenv", "pipfile"})


def read_pipfile(path: str, category: str = "packages") -> Lines:
    """The packages of a category; ``dev`` is ``dev-packages``. Raises InputError where there is no such category."""
    document = Document(path)
    name = "dev-packages" if category == "dev" else category
    if name not in document.tables and name != "packages":
        raise InputError(f"{path}: there is no group {category!r}")
    found = tuple(
        read_table_entry(document, package, given, line_of(document.text, (name, package)), specifier=_specifier)
        for package, given in document.table(name).items()
    )
    warning = f"{path}: Pipenv's tables are read as what pip would be asked"
    warnings = (warning,) if name == "packages" else ()
    return Lines(requirements=found, settings=tuple(_indexes(document)), warnings=warnings, files=(path,))


def categories(path: str) -> tuple[str, ...]:
    """The names of the categories but that of the packages themselves. Raises InputError."""
    return tuple(name for name in Document(path).tables if name not in _NO_PACKAGES and name != "packages")


def _specifier(text: str) -> str:
    """``*`` is every version; a version alone is that one."""
    if text.strip() == "*":
        return ""
    return f"=={text}" if re.match(r"\d", text.strip()) else text


def _indexes(document: Document) -> Iterator[Setting]:
    """The first source stands instead of PyPI, as Pipenv asks for all that names no other one."""
    listed = document.tables.get("source", [])
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise InputError(f"{document.path}: 'source' is not a list of tables")
    for place, one in enumerate(listed):
        if isinstance(one.get("url"), str):
            origin = f"{document.path}:{line_of(document.text, ('source',), nth=place)}"
            yield Setting(name="extra-index-url" if place else "index-url", value=one["url"], origin=origin)
