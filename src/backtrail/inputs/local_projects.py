"""What a project on this disk is called, read without running anything."""

import ast
from collections.abc import Callable, Iterator
from configparser import RawConfigParser
from contextlib import suppress
from pathlib import Path

from packaging.utils import InvalidName, NormalizedName, canonicalize_name

from backtrail.inputs.file_content import file_text, is_file
from backtrail.setup_py.keywords import parse_script
from backtrail.standards.ini_text import read_ini
from backtrail.standards.toml_text import read_toml


def is_project(directory: Path) -> bool:
    """Whether an installer would try to build the directory (PEP 517, 518)."""
    return any(is_file(directory / name) for name in ("pyproject.toml", "setup.py"))


def project_name(directory: Path) -> NormalizedName | None:
    """The name the project gives itself: `[project]`, Poetry's table, setup.cfg, a literal in setup.py, PKG-INFO.

    None where none of them says.
    """
    return next((name for name in map(_normal, _names(directory)) if name is not None), None)


def _normal(name: str) -> NormalizedName | None:
    try:
        return canonicalize_name(name, validate=True)
    except InvalidName:
        return None


def _names(directory: Path) -> Iterator[str]:
    readers: tuple[tuple[str, Callable[[str], str | None]], ...] = (
        ("pyproject.toml", _from_pyproject),
        ("setup.cfg", _from_setup_cfg),
        ("setup.py", _from_setup_py),
        ("PKG-INFO", _from_pkg_info),
        ("*.egg-info/PKG-INFO", _from_pkg_info),
    )
    for pattern, read in readers:
        for path in sorted(directory.glob(pattern)):
            # A file that cannot be read says nothing; another may.
            with suppress(OSError, ValueError):
                yield read(file_text(path)) or ""


def _from_pyproject(text: str) -> str | None:
    tables = read_toml(text)
    tool = tables.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    for table in (tables.get("project"), poetry):
        name = table.get("name") if isinstance(table, dict) else None
        if isinstance(name, str):
            return name
    return None


def _from_setup_cfg(text: str) -> str | None:
    parser = RawConfigParser()
    read_ini(text, parser)
    return parser.get("metadata", "name", fallback=None)


def _from_setup_py(text: str) -> str | None:
    script = parse_script(text)
    for node in () if isinstance(script, str) else ast.walk(script):
        if isinstance(node, ast.Call) and _called(node.func) == "setup":
            for keyword in node.keywords:
                if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                    return keyword.value.value if isinstance(keyword.value.value, str) else None
    return None


def _called(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _from_pkg_info(text: str) -> str | None:
    header = text.partition("\n\n")[0]
    return next((line[5:].strip() for line in header.splitlines() if line.startswith("Name:")), None)
