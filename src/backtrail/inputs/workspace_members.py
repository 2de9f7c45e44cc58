"""The root of the uv workspace that a folder belongs to (uv's documentation, "Workspaces")."""

import glob
import os
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from backtrail.inputs.file_content import file_text
from backtrail.inputs.toml_document import PYPROJECT, Document
from backtrail.model.errors import InputError


def workspace_root(folder: Path) -> Path | None:
    """The folder of the workspace's own pyproject.toml, or of the project's where it is of none.

    None where uv discovers no project: there is no pyproject.toml here or above, it has no ``[project]`` and is no
    workspace's, it says that uv does not manage it, or it cannot be read.
    """
    nearest = next((above for above in (folder, *folder.parents) if (above / PYPROJECT).is_file()), None)
    tables = None if nearest is None else _tables(nearest)
    if nearest is None or tables is None:
        return None
    uv = _uv(tables)
    if uv.get("managed") is False:
        return None
    if "workspace" in uv:
        return nearest
    if not isinstance(tables.get("project"), dict) or "name" not in tables["project"]:
        return None
    return next((above for above in nearest.parents if _is_member(nearest, above)), nearest)


def members_of(root: Document) -> Iterator[tuple[str, Document]]:
    """The members of a workspace but its root that uv manages, each with its path from there. Raises InputError."""
    folder = Path(root.path).parent
    workspace = root.uv_table("workspace")
    left_out = {place for pattern in root.texts(workspace, "exclude") for place in _places(folder, pattern)}
    found = {place for pattern in root.texts(workspace, "members") for place in _places(folder, pattern)}
    for place in sorted(found - left_out - {folder}):
        if not place.is_dir() or place.name.startswith("."):
            continue
        shown = place.relative_to(folder).as_posix() if place.is_relative_to(folder) else os.path.relpath(place, folder)
        document = Document(str(place / PYPROJECT))
        if document.uv.get("managed") is False:
            continue
        if document.project is None:
            raise InputError(f"{document.path}: a member of a workspace needs a [project] table")
        if "workspace" in document.uv:
            raise InputError(f"{document.path}: a member of a workspace cannot be a workspace itself")
        yield shown, document


def _places(folder: Path, pattern: str) -> Iterator[Path]:
    """What a pattern names; ``.`` is the folder itself."""
    for name in glob.iglob(pattern, root_dir=folder, recursive=True):  # noqa: PTH207  knows ``.`` and ``/``
        yield Path(os.path.normpath(folder / name))


def _is_member(folder: Path, root: Path) -> bool:
    tables = _tables(root)
    workspace = {} if tables is None else _uv(tables).get("workspace")
    if not isinstance(workspace, dict):
        return False
    return _named(folder, root, workspace.get("members")) and not _named(folder, root, workspace.get("exclude"))


def _named(folder: Path, root: Path, patterns: object) -> bool:
    """Whether one of the patterns names the folder."""
    names = folder.relative_to(root).parts
    written = patterns if isinstance(patterns, list) else []
    return any(_matches(names, PurePosixPath(one).parts) for one in written if isinstance(one, str))


def _matches(names: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    """Whether folders' names match a pattern, in which ``**`` stands for any number of them."""
    reached = {0}  # numbers of names that the pattern so far may stand for
    for part in pattern:
        if part == "**":
            reached = {place for first in sorted(reached)[:1] for place in range(first, len(names) + 1)}
        else:
            reached = {place + 1 for place in reached if place < len(names) and fnmatchcase(names[place], part)}
    return len(names) in reached


def _uv(tables: Mapping[str, Any]) -> Mapping[str, Any]:
    tool = tables.get("tool")
    found = tool.get("uv") if isinstance(tool, dict) else None
    return found if isinstance(found, dict) else {}


def _tables(folder: Path) -> dict[str, Any] | None:
    from backtrail.standards.toml_text import read_toml  # not needed where there is no file

    try:
        return read_toml(file_text(folder / PYPROJECT))
    except (OSError, ValueError):
        return None
