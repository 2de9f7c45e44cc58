"""Which resolver a lock is solved again with: the one that made it where it is reproduced, else the nearest."""

from backtrail.model.locked import LockFile, LockFormat
from backtrail.model.policy import SUFFIXES, Mode

_BY_TOOL = {"uv": "uv", "pip": "pip", "pip-compile": "pip"}
"""By the tool that a lock names, its own resolver."""

_NEAREST = "uv"
"""The resolver that stands in for those that are not reproduced: it locks for all environments, as they do."""


def resolver_for(lock: LockFile, *, universal: bool, project: bool) -> str:
    """What ``--resolver`` would have to say.

    ``universal``: its head says that it is for all environments. ``project``: there are inputs to solve; without, no
    project can be locked.
    """
    if lock.format is LockFormat.UV and project:
        return f"{_NEAREST}{SUFFIXES[Mode.LOCK]}"
    tool = _BY_TOOL.get(lock.made_by or "", _NEAREST)
    return f"{tool}{SUFFIXES[Mode.UNIVERSAL]}" if universal else tool


def preferring_resolver(lock: LockFile, *, universal: bool) -> str:
    """The same for solving over the lock, as every tool does that locks: pip itself takes no versions from one."""
    return f"{_NEAREST}{SUFFIXES[Mode.UNIVERSAL]}" if universal or lock.format in _FOR_ALL else _NEAREST


_FOR_ALL = frozenset({LockFormat.POETRY, LockFormat.PDM})
"""Locks that are for all environments, as those of uv are."""


def is_reproduced(lock: LockFile) -> bool:
    """Whether solving again is what the tool itself would do."""
    return (lock.made_by or "") in _BY_TOOL
