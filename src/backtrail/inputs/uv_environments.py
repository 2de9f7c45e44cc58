"""The environments a project is resolved for, from uv's settings in its ``pyproject.toml``."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from packaging.markers import InvalidMarker, Marker

from backtrail.inputs.pyproject import PYPROJECT
from backtrail.model.errors import InputError
from backtrail.model.universal import Universal

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def read_environments(files: Sequence[str]) -> Universal:
    """`[tool.uv]` of the first project among the files, else of the one in the current folder.

    Raises InputError where an entry is no marker.
    """
    path = next((file for file in files if Path(file).name == PYPROJECT), PYPROJECT)
    tool = _table(Path(path)).get("tool")
    uv = tool.get("uv") if isinstance(tool, dict) else None
    settings: dict[str, Any] = uv if isinstance(uv, dict) else {}
    return Universal(
        environments=_markers(path, settings, "environments"),
        required=_markers(path, settings, "required-environments"),
    )


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}  # whoever reads its requirements says what is wrong with it


def _markers(path: str, settings: dict[str, Any], key: str) -> tuple[str, ...]:
    """One marker, or a list of them."""
    given = settings.get(key, [])
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise InputError(f"{path}: [tool.uv] {key} is not a list of markers")
    for one in listed:
        try:
            Marker(one)
        except InvalidMarker as error:
            reason = str(error).partition("\n")[0]
            raise InputError(f"{path}: [tool.uv] {key}: {one!r} is not a marker: {reason}") from None
    return tuple(listed)
