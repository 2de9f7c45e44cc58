"""``dependency-metadata`` of uv: what projects require, said in settings in place of what their files say."""

from collections.abc import Iterable
from typing import Any

import msgspec
from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from backtrail.model.declaration import DeclaredMetadata
from backtrail.model.question import Setting
from backtrail.standards.lenient import lenient_requirement, lenient_specifier

NAME = "dependency-metadata"


class _Entry(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """An entry as it is written; ``provides_extra`` is the older name of the other."""

    name: str
    version: str | None = None
    requires_dist: tuple[str, ...] = ()
    requires_python: str | None = None
    provides_extra: tuple[str, ...] = ()
    provides_extras: tuple[str, ...] = ()


def is_entry(table: object) -> bool:
    """Whether a value of a TOML file is one that uv reads."""
    try:
        read_entry(table)
    except (msgspec.ValidationError, InvalidName, InvalidVersion, ValueError):
        return False
    return True


def written(table: dict[str, Any]) -> str:
    """An entry as the value of a setting."""
    return msgspec.json.encode(table).decode()


def declared_metadata(settings: Iterable[Setting]) -> tuple[DeclaredMetadata, ...]:
    """What settings say, the strongest first: of what speaks for one version the first counts."""
    found: dict[tuple[str, Version | None], DeclaredMetadata] = {}
    for setting in settings:
        one = read_entry(msgspec.json.decode(setting.value))
        found.setdefault((one.name, None if one.version is None else Version(one.version)), one)
    return tuple(found.values())


def read_entry(table: object) -> DeclaredMetadata:
    """What an entry declares. Raises ValueError, or what is one, for what uv does not read."""
    entry = msgspec.convert(table, _Entry)
    if any(lenient_requirement(text) is None for text in entry.requires_dist):
        raise ValueError("a requirement is none")
    if entry.requires_python is not None and lenient_specifier(entry.requires_python) is None:
        raise ValueError("requires-python is no specifier")
    return DeclaredMetadata(
        name=canonicalize_name(entry.name, validate=True),
        version=None if entry.version is None else str(Version(entry.version)),
        requires_dist=entry.requires_dist,
        requires_python=entry.requires_python,
        provides_extra=entry.provides_extras or entry.provides_extra,
    )
