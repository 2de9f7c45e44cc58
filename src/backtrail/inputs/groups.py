"""Dependency groups and what they include (PEP 735)."""

from collections.abc import Iterator, Mapping
from typing import Any

from packaging.utils import canonicalize_name

from backtrail import bounds
from backtrail.model.errors import InputError


def group_entries(path: str, groups: Mapping[str, Any], name: str) -> list[str]:
    """The entries of a dependency group and of those that it includes, as they are written (PEP 735).

    Raises InputError where a group is missing, malformed, includes itself or too many others.
    """
    return [entry for entry, _ in walked(path, groups, name) if entry is not None]


def walked(path: str, groups: Mapping[str, Any], name: str) -> Iterator[tuple[str | None, tuple[str, ...]]]:
    """The entries of a group, each with the groups that lead to it; None stands at the end of each group.

    Raises InputError as ``group_entries``.
    """
    normal: dict[str, Any] = {canonicalize_name(one): listed for one, listed in groups.items()}
    yield from _entries(path, normal, name, (), iter(range(bounds.INCLUDED)))


def _entries(
    path: str, groups: Mapping[str, Any], name: str, within: tuple[str, ...], left: Iterator[int]
) -> Iterator[tuple[str | None, tuple[str, ...]]]:
    """``left`` are the groups that may still be read."""
    normal = canonicalize_name(name)
    if next(left, None) is None or len(within) > bounds.INCLUDED_WITHIN:
        raise InputError(f"{path}: group {(*within, normal)[0]!r} includes too many others, or one in the other")
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
                yield entry, (*within, normal)
            case {"include-group": str(other)} if len(entry) == 1:
                yield from _entries(path, groups, other, (*within, normal), left)
            case _:
                raise InputError(f"{path}: group {name!r}: {entry!r} is neither a requirement nor an include-group")
    yield None, (*within, normal)
