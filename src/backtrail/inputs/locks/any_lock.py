"""A lock of whatever tool, read by what is in it: its name says little, and may be any."""

from collections import Counter

import msgspec

from backtrail import bounds
from backtrail.inputs.file_content import file_text
from backtrail.inputs.file_kinds import Kind, kind_of
from backtrail.inputs.locks.compiled import read_compiled
from backtrail.inputs.locks.lock_document import LockDocument
from backtrail.inputs.locks.lock_forms import LOCKED_FORMS
from backtrail.inputs.locks.made_by import maker_of
from backtrail.inputs.locks.pdm_lock import read_pdm_lock
from backtrail.inputs.locks.poetry_lock import read_poetry_lock
from backtrail.inputs.locks.pylock import read_pylock
from backtrail.inputs.locks.revision import is_revision, read_revision
from backtrail.inputs.locks.uv_lock import read_uv_lock
from backtrail.model.errors import InputError
from backtrail.model.forms import check
from backtrail.model.locked import LockFile

_IN_TOML = frozenset({Kind.UV_LOCK, Kind.POETRY_LOCK, Kind.PDM_LOCK, Kind.PYLOCK, Kind.LOCK, Kind.TOML})
_LISTS = frozenset({Kind.REQUIREMENTS, Kind.LOCK})


def read_any_lock(place: str) -> LockFile:
    """The lock in a file, or in a commit (``git:REV:PATH``). Raises InputError, one sentence, for what is none."""
    kind = kind_of(place)
    if kind not in _IN_TOML | _LISTS:
        raise InputError(f"{place!r} is {kind.value}, and no lock that is read here: {_READ}")
    lock = _read(place, _text(place), kind)
    check(lock, LOCKED_FORMS, f"{place}: ")
    name, versions = next(iter(Counter(one.name for one in lock.versions).most_common(1)), ("", 0))
    if versions > bounds.LOCK_VERSIONS:
        raise InputError(f"{place!r} has more than {bounds.LOCK_VERSIONS} versions of {name!r}")
    return lock


_READ = "uv.lock, pylock.toml, poetry.lock, pdm.lock and what pip-compile or uv pip compile write are"


def _text(place: str) -> str:
    if is_revision(place):
        return read_revision(place)
    try:
        return file_text(place)
    except (OSError, ValueError) as failure:
        said = failure.strerror if isinstance(failure, OSError) else "it is not UTF-8"
        raise InputError(f"{place!r} cannot be read: {said}") from None


def _read(place: str, text: str, kind: Kind) -> LockFile:
    if kind is Kind.REQUIREMENTS or (kind is Kind.LOCK and _is_list(text)):
        return read_compiled(place, text)
    document = LockDocument(place, text)
    tables, metadata = document.tables, document.tables.get("metadata")
    if "lock-version" in tables:
        lock = read_pylock(document)
        maker = maker_of(text)
        return lock if maker is None else msgspec.structs.replace(lock, command=maker.command)
    if isinstance(metadata, dict) and "lock-version" in metadata:
        return read_poetry_lock(document)
    if isinstance(metadata, dict) and "lock_version" in metadata:
        return read_pdm_lock(document)
    if "version" in tables:
        return read_uv_lock(document)
    raise InputError(f"{place!r} is no lock that is read here: {_READ}")


def _is_list(text: str) -> bool:
    """Whether the first line that is no comment is one of a list of requirements, and not TOML."""
    lines = (line.strip() for line in text.splitlines())
    first = next((line for line in lines if line and not line.startswith("#")), "")
    return not first.startswith("[") and ("==" in first or first.startswith("-") or " @ " in first)
