"""Where something stands in a TOML file: the readers of the format do not keep lines."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache

_HEADER = re.compile(r"\s*\[\[?(?P<path>[^\[\]]+)\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"[\w\"'.\s-]+")
_PART = re.compile(r"\"([^\"]*)\"|'([^']*)'|([\w-]+)")


def line_of(text: str, path: tuple[str, ...], *, nth: int = 0, word: str | None = None) -> int:
    """The line, from 1, of a key or table; of the ``nth`` table where an array of them is written as such.

    ``word`` is a text in its value: the first line from there with it between quotes. Of what stands in an inline table
    the line of that table; 1 where nothing is found, as behind escapes.
    """
    lines = _lines(text)
    place = lines.place(path)
    found = [] if place is None else place.exactly or place.within
    start = found[min(nth, len(found) - 1)] if found else 1
    return start if word is None else lines.with_word(word, start)


def line_with(text: str, word: str) -> int:
    """The first line with a word between quotes; 1 where escapes hide it."""
    return _lines(text).with_word(word, 1)


class _Place:
    """The lines that name a table or set a key, and those that do so below it."""

    def __init__(self) -> None:
        self.exactly: list[int] = []
        self.within: list[int] = []
        self.below: dict[str, _Place] = {}


class _Lines:
    """What stands in which lines of a text, ascending."""

    def __init__(self, text: str) -> None:
        self._root = _Place()
        self._quoted: dict[str, list[int]] = {}
        lines = text.splitlines()
        for number, path in _places(lines):
            place = self._root
            for part in path:
                place = place.below.setdefault(part, _Place())
                place.within.append(number)
            place.exactly.append(number)
        for number, line in enumerate(lines, start=1):
            for quote in "\"'":
                for word in line.split(quote)[1:-1]:
                    self._quoted.setdefault(word, []).append(number)

    def place(self, path: tuple[str, ...]) -> _Place | None:
        """The place of a path, or of its nearest part that has a line."""
        place = self._root
        for part in path:
            if part not in place.below:
                break
            place = place.below[part]
        return None if place is self._root else place

    def with_word(self, word: str, start: int) -> int:
        numbers = self._quoted.get(word, ())
        first = bisect_left(numbers, start)
        return numbers[first] if first < len(numbers) else start


@lru_cache(maxsize=4)
def _lines(text: str) -> _Lines:
    """A text is asked for many of its lines: without this a file of 20,000 requirements takes minutes."""
    return _Lines(text)


def _places(lines: list[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Every line that names a table or sets a key, with the whole path of it."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(lines, start=1):
        header = _HEADER.fullmatch(line)
        key, equals, _ = line.partition("=")
        if header is not None:
            table = _parts(header["path"])
            yield number, table
        elif equals and _KEY.fullmatch(key) and not key.isspace():
            yield number, (*table, *_parts(key))


def _parts(path: str) -> tuple[str, ...]:
    return tuple("".join(found) for found in _PART.findall(path))
