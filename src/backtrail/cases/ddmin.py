"""Fewer of some items, as long as something holds.

The method is ddmin (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002).
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")


def ddmin(items: Sequence[T], holds: Callable[[tuple[T, ...]], bool], *, some: bool = False) -> tuple[T, ...]:
    """Items, in their order, for which ``holds`` is still true, and no longer without any single one of them.

    ``holds`` is true for all the items. ``some``: one of them stays in any case.
    """
    kept = tuple(items)
    if kept and not some and holds(()):
        return ()
    parts = 2
    while len(kept) > 1:
        chunks = _chunks(kept, parts)
        if (chunk := next(filter(holds, chunks), None)) is not None:
            kept, parts = chunk, 2
        elif (rest := next(filter(holds, _rests(chunks)), None)) is not None:
            kept, parts = rest, parts - 1
        elif parts < len(kept):
            parts = min(2 * parts, len(kept))
        else:
            break
    return kept


def _chunks(items: tuple[T, ...], parts: int) -> list[tuple[T, ...]]:
    bounds = [len(items) * number // parts for number in range(parts + 1)]
    return [items[start:end] for start, end in pairwise(bounds)]


def _rests(chunks: Sequence[tuple[T, ...]]) -> Iterator[tuple[T, ...]]:
    """All but one chunk, each in turn."""
    if len(chunks) > 2:  # of two chunks each is the other's rest
        for left_out in range(len(chunks)):
            yield tuple(item for number, chunk in enumerate(chunks) if number != left_out for item in chunk)
