"""What uv reads from its configuration files: uv.toml and ``[tool.uv]`` (uv's documentation, "Configuration files")."""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from backtrail.inputs.dependency_metadata import NAME as DECLARED
from backtrail.inputs.dependency_metadata import is_entry, written
from backtrail.inputs.file_content import file_text
from backtrail.inputs.places import shown
from backtrail.inputs.settings_catalogue import Fate, Form, Place, Row, rows
from backtrail.inputs.toml_lines import line_of
from backtrail.inputs.variables import read_uv_variables
from backtrail.inputs.workspace_members import workspace_root
from backtrail.model.errors import InputError
from backtrail.model.flat_index import as_flat
from backtrail.model.question import ALL, Setting
from backtrail.model.record import Record

ETC = "/etc"
"""Where POSIX systems keep the settings of all users."""

UV_TOML = "uv.toml"
_OF_A_PROJECT = frozenset(
    {
        "build-backend", "conflicts", "default-groups", "dependency-groups", "dev-dependencies", "environments",
        "managed", "minimum-libc-version", "package", "required-environments", "sources", "workspace",
    }
)  # fmt: skip
"""Keys that uv reads in a pyproject.toml alone."""

_ONE_OR_MORE = frozenset({"environments", "required-environments"})
"""Keys with a list that may be one text as well."""

_PYPROJECT = "pyproject.toml"
_TYPES: Mapping[Form, tuple[type, ...]] = {
    Form.SWITCH: (bool,), Form.WORDS: (list,), Form.TEXT: (str,), Form.TABLE: (dict,),
}  # fmt: skip
_TYPE_NAMES = {Form.SWITCH: "true or false", Form.WORDS: "a list", Form.TEXT: "a text", Form.TABLE: "a table"}


_NAMED = {DECLARED: "a list of metadata: name, version, requires-dist, requires-python, provides-extra"}


class _File(Record, frozen=True, kw_only=True):
    """A file with settings: ``table`` is where they stand in it, empty for uv.toml."""

    path: Path
    name: str
    text: str
    table: tuple[str, ...]
    keys: dict[str, Any]

    def origin(self, *path: str, nth: int = 0, word: str | None = None) -> str:
        """Where a key below the table is set."""
        return f"{self.name}:{line_of(self.text, (*self.table, *path), nth=nth, word=word)}"


def uv_settings(environ: Mapping[str, str], folder: Path, *, pip: bool = True) -> tuple[Setting, ...]:
    """The settings in uv's configuration files, the strongest first; lists add up. Variables win over all of them.

    ``folder`` is where uv runs; ``pip``: those for ``uv pip`` count. Raises InputError, as uv stops, for a uv.toml that
    is not of its form; a ``[tool.uv]`` that is not is passed over, as in uv, and stands among the settings as not
    honoured.
    """
    dropped: list[Setting] = []
    files = tuple(_files(environ, folder, dropped))
    keys, pip_keys = rows("uv", Place.KEY), rows("uv", Place.PIP_KEY)
    found: list[Setting] = []
    for name in dict.fromkeys((*keys, *pip_keys)):
        for below, known in ((("pip",), pip_keys), ((), keys)):
            row = known.get(name)
            if row is not None and name != "pip" and (pip or not below):
                found += _settings(row, files, below)
    return (*found, *dropped)


def _files(environ: Mapping[str, str], folder: Path, dropped: list[Setting]) -> Iterator[_File]:
    """The files that count, the strongest first: the project's, the user's, that of all users; or the one named."""
    said = {setting.name: setting.value for setting in read_uv_variables(environ)}
    if "config-file" in said:
        yield _uv_toml(Path(said["config-file"]), environ)
        return
    if said.get("no-config") == "true":
        return
    for above in _upwards(folder / said.get("project", "")):
        if (above / UV_TOML).is_file():
            yield _uv_toml(above / UV_TOML, environ)
            break
        project = _pyproject(above / _PYPROJECT, environ, dropped)
        if project is not None:
            yield project
            break
    for path in (_own(environ), None if said.get("no-system-config") == "true" else _shared(environ)):
        if path is not None:
            yield _uv_toml(path, environ)


def _upwards(folder: Path) -> tuple[Path, ...]:
    """Where the project's settings are looked for: from the root of the workspace on, else from here."""
    start = workspace_root(folder) or folder
    return (start, *start.parents)


def _own(environ: Mapping[str, str]) -> Path | None:
    if sys.platform == "win32":
        base = environ.get("APPDATA")
    else:
        home, chosen = environ.get("HOME"), environ.get("XDG_CONFIG_HOME", "")
        base = chosen if os.path.isabs(chosen) else f"{home}/.config" if home else None  # noqa: PTH117
    path = Path(base, "uv", UV_TOML) if base else None
    return path if path is not None and path.is_file() else None


def _shared(environ: Mapping[str, str]) -> Path | None:
    """The first that there is."""
    if sys.platform == "win32":
        drive = environ.get("SYSTEMDRIVE")
        places = [Path(f"{drive}\\ProgramData", "uv", UV_TOML)] if drive else []
    else:
        listed = environ.get("XDG_CONFIG_DIRS") or f"{ETC}/xdg"
        places = [Path(one, "uv", UV_TOML) for one in (*listed.split(":"), ETC) if one]
    return next((place for place in places if place.is_file()), None)


def _uv_toml(path: Path, environ: Mapping[str, str]) -> _File:
    name = shown(path, environ)
    text, keys = _toml(path, name)
    wrong = _misplaced(keys) or _wrong(keys)
    if wrong is not None:
        where, why = wrong
        raise InputError(f"{name}:{line_of(text, where)}: {'.'.join(where)!r} {why}")
    return _File(path=path, name=name, text=text, table=(), keys=keys)


def _pyproject(path: Path, environ: Mapping[str, str], dropped: list[Setting]) -> _File | None:
    """A file with a ``[tool.uv]``; None where there is none that uv could read."""
    if not path.is_file():
        return None
    name, table = shown(path, environ), ("tool", "uv")
    try:
        text, tables = _toml(path, name)
    except InputError as failure:
        dropped.append(Setting(name="tool.uv", value=str(failure), origin=name, honoured=False))
        return None
    tool = tables.get("tool")
    keys = tool.get("uv") if isinstance(tool, dict) else None
    if not isinstance(keys, dict):
        return None
    wrong = _wrong(keys)
    if wrong is None:
        return _File(path=path, name=name, text=text, table=table, keys=keys)
    where, why = wrong
    ignored = f"uv passes all of it over: {'.'.join(where)!r} {why}"
    origin = f"{name}:{line_of(text, (*table, *where))}"
    dropped.append(Setting(name="tool.uv", value=ignored, origin=origin, honoured=False))
    return None


def _toml(path: Path, name: str) -> tuple[str, dict[str, Any]]:
    from backtrail.standards.toml_text import read_toml  # not needed where there is no file

    try:
        text = file_text(path)
        return text, read_toml(text)
    except OSError as failure:
        raise InputError(f"{name!r} cannot be read: {failure.strerror}") from None
    except ValueError as failure:
        raise InputError(f"{name!r} is not TOML: {failure}") from None


def _misplaced(keys: Mapping[str, Any]) -> tuple[tuple[str, ...], str] | None:
    """The first key that uv reads in a pyproject.toml alone."""
    return next((((key,), "belongs into a pyproject.toml") for key in keys if key in _OF_A_PROJECT), None)


def _wrong(keys: Mapping[str, Any]) -> tuple[tuple[str, ...], str] | None:
    """The first key that uv does not know, or whose value is of another type, and why it is wrong."""
    pip = keys.get("pip", {})
    if not isinstance(pip, dict):
        return ("pip",), "is not a table"
    for below, known, table in (
        ((), rows("uv", Place.KEY), keys),
        (("pip",), rows("uv", Place.PIP_KEY), pip),
    ):
        for key, value in table.items():
            row = known.get(key)
            if row is None:
                return (*below, key), "is not a setting of uv"
            if row.fate is Fate.HONOURED and key != "pip" and not _is_of(row, value):
                return (*below, key), f"is not {_NAMED.get(key) or _TYPE_NAMES[row.form]}"
    return None


def _is_of(row: Row, value: object) -> bool:
    if row.name in _ONE_OR_MORE and isinstance(value, str):
        return True
    if row.name == DECLARED:
        return isinstance(value, list) and all(map(is_entry, value))
    if row.form is Form.WORDS:
        inside = dict if row.name == "index" else str
        return isinstance(value, list) and all(isinstance(one, inside) for one in value)
    return isinstance(value, _TYPES[row.form]) or (row.name == "exclude-newer" and value is False)


def _settings(row: Row, files: tuple[_File, ...], below: tuple[str, ...]) -> Iterator[Setting]:
    """What one key sets: lists of all files, else the value of the strongest."""
    for file in files:
        table = file.keys.get("pip", {}) if below else file.keys
        value = table.get(row.name)
        path = (*below, row.name)
        if value is None or row.fate is Fate.IRRELEVANT:
            continue
        if row.fate is Fate.REPORTED:
            if value not in (False, [], {}):
                yield Setting(name=".".join(path), value=_short(value), origin=file.origin(*path), honoured=False)
        elif row.name == DECLARED:
            for place, one in enumerate(value):
                yield Setting(name=DECLARED, value=written(one), origin=file.origin(*path, nth=place))
        elif row.name == "index":
            yield from _indexes(file, value)
        elif isinstance(value, dict):
            for key, one in value.items():
                said = "false" if one is False else one
                yield Setting(name=row.setting, value=f"{key}={said}", origin=file.origin(*path, key))
        elif isinstance(value, list):
            for one in value:
                placed = _placed(row, one, file)
                yield Setting(name=row.setting, value=placed, origin=file.origin(*path, word=one))
        else:
            yield from _single(row, value, file, file.origin(*path))
            return


def _single(row: Row, value: object, file: _File, origin: str) -> Iterator[Setting]:
    if row.setting in {"only-binary", "no-binary"}:  # ``no-build = true``: of no project an sdist
        if value is True:
            yield Setting(name=row.setting, value=ALL, origin=origin)
    elif isinstance(value, bool):
        if row.form is Form.SWITCH:
            yield Setting(name=row.setting, value=str(value).lower(), origin=origin)
    else:
        yield Setting(name=row.setting, value=_placed(row, str(value), file), origin=origin)


def _indexes(file: _File, tables: list[dict[str, Any]]) -> Iterator[Setting]:
    """Index entries; one that is ``explicit`` is for ``sources`` alone."""
    for place, table in enumerate(tables):
        url, name = table.get("url"), table.get("name")
        origin = file.origin("index", nth=place)
        if not isinstance(url, str):
            raise InputError(f"{origin}: an index has no 'url'")
        flat, default = table.get("format") == "flat", table.get("default") is True
        if table.get("explicit") is True:
            continue
        located = as_flat(_located(url, file)) if flat else _located(url, file)
        value = f"{name}={located}" if isinstance(name, str) else located
        yield Setting(name="default-index" if default else "index", value=value, origin=origin)


def _placed(row: Row, value: str, file: _File) -> str:
    return _located(value, file) if row.setting in {"index-url", "extra-index-url", "find-links"} else value


def _located(value: str, file: _File) -> str:
    """A path is meant from the folder of its file; a relative one stays so, as a lock repeats it."""
    if "://" in value:
        return value
    place = os.path.normpath(file.path.parent / value)
    try:
        return place if os.path.isabs(value) else os.path.relpath(place)  # noqa: PTH117  what is written, not a place
    except ValueError:  # on another drive
        return place


def _short(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, (list, dict)) else str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
