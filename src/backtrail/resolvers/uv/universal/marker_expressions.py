"""The comparisons that say in which runs of its values a variable holds."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from backtrail.resolvers.uv import ranges
from backtrail.resolvers.uv.markers import LEAST, Variable
from backtrail.resolvers.uv.versions import Key

Run = tuple[Any, Any]
"""From a cut to the next one, None: to the end of the line."""

_ENDS = (LEAST, ranges.LOWEST)
"""Where the lines of strings and of versions begin."""


class Expression(NamedTuple):
    """One comparison of a marker, as PEP 508 writes it but for the quotes.

    ``name`` is the variable's; ``swapped``: the value stands before it. A ``platform_release`` that is read as a
    version is written as one that is not.
    """

    name: str
    operator: str
    value: str
    swapped: bool = False


Conjunction = tuple[Expression, ...]


def alternatives(variable: Variable, runs: Sequence[Run]) -> tuple[Conjunction, ...]:
    """The ways to say that a variable is in one of some runs, ascending and apart; together they are all of them."""
    if variable.kind == "extra":
        return ((Expression(variable.name, "==" if runs[0][0] else "!=", variable.value),),)
    if variable.kind in ("in", "contains", "listed"):
        operator = "in" if runs[0][0] else "not in"
        return ((Expression(variable.name, operator, variable.value, swapped=variable.kind != "in"),),)
    without = _without(variable, runs)
    if without is not None:
        return (without,)
    return tuple(_run(variable, start, end) for start, end in runs)


def joined(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Runs in ascending order, neighbours put together."""
    found: list[Run] = []
    for start, end in sorted(runs, key=lambda run: run[0]):
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return tuple(found)


def _without(variable: Variable, runs: Sequence[Run]) -> Conjunction | None:
    """All but some points, or all but one minor series; None where the runs are something else."""
    if runs[0][0] not in _ENDS or runs[-1][1] is not None or len(runs) == 1:
        return None
    gaps = [(one[1], other[0]) for one, other in pairwise(runs)]
    if all(_is_point(low, high) for low, high in gaps):
        return tuple(Expression(variable.name, "!=", _value(variable, low[0])) for low, _ in gaps)
    series = _series(*gaps[0]) if variable.kind == "version" and len(gaps) == 1 else None
    return None if series is None else (Expression(variable.name, "!=", series),)


def _run(variable: Variable, start: Any, end: Any) -> Conjunction:
    if end is not None and _is_point(start, end):
        return (Expression(variable.name, "==", _value(variable, start[0])),)
    if variable.kind == "version" and end is not None and start not in _ENDS:
        series = _series(start, end)
        if series is not None:
            return (Expression(variable.name, "==", series),)
    found = []
    if start not in _ENDS:
        found.append(Expression(variable.name, ">" if start[1] else ">=", _value(variable, start[0])))
    if end is not None:
        found.append(Expression(variable.name, "<=" if end[1] else "<", _value(variable, end[0])))
    return tuple(found)


def _is_point(start: Any, end: Any) -> bool:
    return bool(start[0] == end[0] and (start[1], end[1]) == (0, 1))


def _series(start: Any, end: Any) -> str | None:
    """``3.10.*`` for all from 3.10 to 3.11; None for anything but a minor series."""
    if start[1] or end[1]:
        return None
    first, last = _release(start[0]), _release(end[0])
    if len(first) > 2 or len(last) > 2:
        return None
    major, minor = (*first, 0, 0)[:2]
    return f"{major}.{minor}.*" if (*last, 0, 0)[:2] == (major, minor + 1) else None


def _release(at: Key) -> tuple[int, ...]:
    return at[1]


def _value(variable: Variable, at: Any) -> str:
    if variable.kind == "string":
        return str(at)
    return ".".join(map(str, _release(at))) or "0"
