"""A lock in TOML, parsed: its tables, and the lines that its packages begin in."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from typing import Any, TypeVar

import msgspec

from backtrail.inputs.moments import cutoff
from backtrail.model.errors import InputError
from backtrail.model.lock import LockSource
from backtrail.model.locked import LockFormat
from backtrail.standards.toml_text import read_toml

T = TypeVar("T")

_NOW = datetime(1970, 1, 1, tzinfo=timezone.utc)  # a moment in a lock has a zone


class LockDocument:
    """The text of a lock, read. Whatever is not of its form raises InputError."""

    def __init__(self, path: str, text: str) -> None:
        """``path`` is what the lock is called in sentences. Raises InputError for what is not TOML."""
        self.path = path
        self.text = text
        try:
            self.tables: dict[str, Any] = read_toml(text)
        except ValueError as failure:
            raise InputError(f"{path!r} is not TOML: {failure}") from None

    def read(self, form: type[T], what: str) -> T:
        """The tables as a record. Raises InputError naming the field that is not of its type."""
        try:
            return msgspec.convert(self.tables, form)
        except msgspec.ValidationError as failure:
            raise InputError(f"{self.path!r} is not {what}: {failure}") from None

    def unknown(self, form: LockFormat, version: object, *known: object) -> InputError:
        """Why a lock cannot be read whose version of the form is none of those known."""
        which = f"{' and '.join(map(str, known))} {'is' if len(known) == 1 else 'are'}"
        return InputError(f"{self.path!r}: {version!r} is not a version of {form.value} that is known; {which}")

    def lines(self, header: str, count: int) -> list[int | None]:
        """The lines in which the tables of a list begin, in order; None for each where they are not written so."""
        found = [number for number, line in enumerate(self.text.splitlines(), start=1) if line.strip() == header]
        return [*found] if len(found) == count else [None] * count


def _moment(value: object) -> str | None:
    """A moment of a lock, text or a date of TOML, in UTC; None where it is none."""
    if isinstance(value, datetime):
        value = value.isoformat()
    return cutoff(value, _NOW) if isinstance(value, str) else None


def latest(values: Iterable[object]) -> str | None:
    """The latest of some moments, None where there is none."""
    return max(filter(None, map(_moment, values)), default=None)


def anywhere(markers: Sequence[str]) -> str:
    """The marker of what counts where one of some does; empty where there is none."""
    return markers[0] if len(markers) == 1 else " or ".join(f"({marker})" for marker in markers)


def registry(url: str) -> LockSource:
    """A package index."""
    return LockSource(kind="registry", value=url)
