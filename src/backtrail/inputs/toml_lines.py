"""Where something stands in a TOML file: the readers of the format do not keep lines."""

import re
from collections.abc import Iterator

_HEADER = re.compile(r"\s*\[\[?(?P<path>[^\[\]]+)\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"\s*(?P<path>[\w\"'.\s-]+?)\s*=")
_PART = re.compile(r"\"([^\"]*)\"|'([^']*)'|([\w-]+)")


def line_of(text: str, path: tuple[str, ...], *, nth: int = 0, word: str | None = None) -> int:
    """The line, from 1, of a key or table; of the ``nth`` table where an array of them is written as such.

    ``word`` is a text in its value: the first line from there with it between quotes. 1 where nothing is found, as in
    inline tables and behind escapes.
    """
    found = [number for number, here in _places(text) if here == path] or [
        number for number, here in _places(text) if here[: len(path)] == path
    ]
    start = found[min(nth, len(found) - 1)] if found else 1
    if word is None:
        return start
    lines = text.splitlines()[start - 1 :]
    quoted = (f'"{word}"', f"'{word}'")
    return next((number for number, line in enumerate(lines, start) if any(one in line for one in quoted)), start)


def _places(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Every line that names a table or sets a key, with the whole path of it."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.fullmatch(line)
        key = _KEY.match(line)
        if header is not None:
            table = _parts(header["path"])
            yield number, table
        elif key is not None:
            yield number, (*table, *_parts(key["path"]))


def _parts(path: str) -> tuple[str, ...]:
    return tuple("".join(found) for found in _PART.findall(path))
