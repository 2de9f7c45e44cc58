"""What a lock, a workspace and the environments of a question must look like, read from a file or recorded."""

from collections.abc import Callable
from typing import Any

from backtrail.inputs.settings import FORK_STRATEGIES
from backtrail.model.forms import (
    CONDITION,
    EXTRA,
    FILE,
    MANY,
    MARKER,
    NAME,
    SPECIFIER,
    TEXT,
    VERSION,
    WORDS,
    Form,
    Forms,
    keys,
    one_of,
    or_nothing,
)  # fmt: skip
from backtrail.model.lock import Lock, LockEdge, LockMetadata, LockPackage, LockRequirement, LockSource
from backtrail.model.question import ALL
from backtrail.model.target import Pythons
from backtrail.model.universal import Preferred, Universal
from backtrail.model.workspace import ConflictItem, Member, Workspace

FORK_STRATEGY = one_of(FORK_STRATEGIES, "a fork strategy")


def _is_bound(value: object) -> bool:
    """Whether it is a release, or whether that belongs to the range."""
    return isinstance(value, bool) or (
        isinstance(value, tuple) and len(value) <= MANY and all(0 <= part < 2**63 for part in value)
    )


def _all_of(form: Form) -> Callable[[Any], bool]:
    return lambda values: len(values) <= MANY and all(map(form.holds, values))


_ITEMS = Form("an item of a conflict", _all_of(TEXT))
_BOUND = Form("a bound of a range of Pythons", _is_bound)
_BY_NAME = keys(EXTRA)
_PYTHONS = Form("the Pythons of groups", lambda said: _BY_NAME.holds(said) and all(map(TEXT.holds, said.values())))
_DEFAULT = Form(f"the name of a group, or {ALL}", lambda name: name == ALL or EXTRA.holds(name))

LOCK_FORMS: Forms = {
    Lock: {
        "requires_python": SPECIFIER,
        "resolution_markers": MARKER,
        "supported_markers": MARKER,
        "required_markers": MARKER,
        "conflicts": Form("items of a conflict", lambda items: all(map(_ITEMS.holds, items))),
        "options": Form("an option and its value", _all_of(TEXT)),
        "prereleases": Form("a project and its way with pre-releases", _all_of(TEXT)),
        "cut_offs": Form("a project and its cut-off", _all_of(TEXT)),
        "members": NAME,
        "default_groups": _DEFAULT,
        "excludes": NAME,
        "groups": _BY_NAME,
        "group_pythons": _PYTHONS,
    },
    LockPackage: {
        "name": NAME,
        "version": VERSION,
        "default_groups": _DEFAULT,
        "resolution_markers": MARKER,
        "optional": _BY_NAME,
        "groups": _BY_NAME,
        "group_pythons": _PYTHONS,
    },
    LockSource: {"kind": WORDS, "value": TEXT},
    LockEdge: {"name": NAME, "version": VERSION, "extras": EXTRA, "marker": CONDITION},
    LockRequirement: {
        "name": NAME,
        "extras": EXTRA,
        "marker": CONDITION,
        "specifier": SPECIFIER,
        "index": TEXT,
    },
    LockMetadata: {"extras": EXTRA, "groups": _BY_NAME},
}
"""Of a lock, its files aside."""

UNIVERSAL_FORMS: Forms = {
    Universal: {"environments": MARKER, "required": MARKER, "upgraded": NAME, "preferred_from": WORDS},
    Preferred: {"name": NAME, "version": VERSION, "marker": CONDITION},
    Pythons: {"specifiers": SPECIFIER, "low": _BOUND, "high": _BOUND},
    Workspace: {"groups": _BY_NAME, "group_pythons": _PYTHONS, "default_groups": _DEFAULT, "sources": keys(NAME)},
    Member: {
        "name": NAME,
        "version": VERSION,
        "built": VERSION,
        "path": TEXT,
        "optional": _BY_NAME,
        "groups": _BY_NAME,
        "group_pythons": _PYTHONS,
        "default_groups": _DEFAULT,
        "sources": keys(NAME),
    },
    ConflictItem: {"package": NAME, "name": or_nothing(EXTRA)},
    **LOCK_FORMS,
    **FILE,
}
"""Of what a question about all environments has beside its requirements."""
