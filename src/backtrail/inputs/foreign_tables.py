"""Requirements as Poetry and Pipenv write them, in tables: each as the line that pip would be asked."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from backtrail.inputs.requirement_text import read_requirement
from backtrail.inputs.toml_document import Document
from backtrail.model.errors import InputError
from backtrail.model.requirement import Origin, Requirement

_MARKERS = ("os_name", "sys_platform", "platform_machine", "platform_system", "python_version", "implementation_name")


def read_table_entry(
    document: Document,
    name: str,
    given: object,
    line: int,
    *,
    specifier: Callable[[str], str],
    python: Callable[[str], str] | None = None,
) -> Requirement:
    """One requirement of a table of them; ``specifier`` and ``python`` put constraints into words of PEP 440 and 508.

    Raises InputError with the line, also for what ``specifier`` raises ValueError for.
    """
    where = f"{document.path}:{line}"
    entry = {"version": given} if isinstance(given, str) else given
    if not isinstance(entry, dict):
        raise InputError(f"{where}: {name!r}: neither a version nor a table")
    try:
        markers = list(_markers(entry, python))
        version = specifier(str(entry.get("version", "*")))
    except ValueError as error:
        raise InputError(f"{where}: {name!r}: {error}") from None
    extras = entry.get("extras", [])
    if not isinstance(extras, list):
        raise InputError(f"{where}: {name!r}: 'extras' is not a list")
    reference = _reference(document, entry)
    text = name + (f"[{','.join(map(str, extras))}]" if extras else "")
    text += version if reference is None else f" @ {reference}"
    if markers:
        text += f" ; {' and '.join(markers)}"
    return read_requirement(text, Origin(file=document.path, line=line))


def _markers(entry: Mapping[str, Any], python: Callable[[str], str] | None) -> "list[str]":
    found = [str(entry["markers"])] if entry.get("markers") else []
    if python is not None and entry.get("python"):
        found.append(python(str(entry["python"])))
    if entry.get("platform"):
        found.append(f'sys_platform == "{entry["platform"]}"')
    found += [f"{name} {entry[name]}" for name in _MARKERS if isinstance(entry.get(name), str)]
    found = [one for one in found if one]
    return [f"({one})" if " or " in one and len(found) > 1 else one for one in found]


def _reference(document: Document, entry: Mapping[str, Any]) -> str | None:
    inside = f"#subdirectory={entry['subdirectory']}" if entry.get("subdirectory") else ""
    if "git" in entry:
        revision = next((str(entry[key]) for key in ("rev", "ref", "tag", "branch") if entry.get(key)), "")
        return f"git+{entry['git']}{'@' * bool(revision)}{revision}{inside}"
    if "path" in entry or "file" in entry:
        place = str(entry.get("path", entry.get("file")))
        if "://" in place:
            return place + inside
        return (Path(document.path).absolute().parent / place).as_uri() + inside
    return None if "url" not in entry else f"{entry['url']}{inside}"
