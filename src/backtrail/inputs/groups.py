"""Dependency groups and what they include (PEP 735)."""

from collections.abc import Iterator, Mapping
from typing import Any

from packaging.utils import canonicalize_name

from backtrail.model.errors import InputError


def group_entries(path: str, groups: Mapping[str, Any], name: str) -> list[str]:
    """The entries of a dependency group and of those that it includes, as they are written (PEP 735).

    Raises InputError where a group is missing, malformed, or includes itself.
    """
    return list(_entries(path, {canonicalize_name(one): listed for one, listed in groups.items()}, name, ()))


def _entries(path: str, groups: Mapping[str, Any], name: str, within: tuple[str, ...]) -> Iterator[str]:
    normal = canonicalize_name(name)
    if normal in within:
        raise InputError(f"{path}: group {name!r} includes itself: {' includes '.join((*within, normal))}")
    listed = groups.get(normal)
    if listed is None:
        raise InputError(f"{path}: there is no group {name!r}")
    if not isinstance(listed, list):
        raise InputError(f"{path}: group {name!r} is not a list")
    for entry in listed:
        match entry:
            case str():
                yield entry
            case {"include-group": str(other)} if len(entry) == 1:
                yield from _entries(path, groups, other, (*within, normal))
            case _:
                raise InputError(f"{path}: group {name!r}: {entry!r} is neither a requirement nor an include-group")
