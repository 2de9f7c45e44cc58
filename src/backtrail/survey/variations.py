"""What is varied, and the cells that this makes: the first value of everything is what the others are held against."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from itertools import product
from typing import NamedTuple

from backtrail.inputs.asked_target import check_python
from backtrail.inputs.moments import cutoff
from backtrail.inputs.platforms import named_platform
from backtrail.model.errors import InputError
from backtrail.model.record import Record
from backtrail.model.survey import BASELINE
from backtrail.resolvers.registry import check_rule, parse_resolver, parse_resolvers, resolver_of

NAMES = ("resolver", "python", "platform", "cut-off", "rule")
"""What ``--vary`` takes; the index is varied by the options that change it."""

_ANY_TIME = datetime(2000, 1, 1, tzinfo=timezone.utc)  # what is a moment does not depend on when that is asked

MOST_CELLS = 10_000
"""Cells of one question: more is a slip of the keyboard."""


class Cell(Record, frozen=True, kw_only=True):
    """A question's variation. None: as the question itself says, or unchanged.

    ``name`` says in what it differs from the baseline. ``index`` are options that change the index.
    """

    name: str = BASELINE
    resolver: str | None = None
    python: str | None = None
    platform: str | None = None
    cut_off: str | None = None
    rule: str | None = None
    index: str | None = None


class _Axis(NamedTuple):
    name: str
    values: tuple[str | None, ...]


def cells(varied: Sequence[str], changes: Sequence[str] = (), environ: Mapping[str, str] = {}) -> tuple[Cell, ...]:
    """The matrix of all that is varied, the baseline first. ``changes`` are the options that change the index.

    Raises InputError for what cannot be varied.
    """
    axes = list(_axes(varied, environ))
    if changes:
        axes.append(_Axis("index", (None, " ".join(changes))))
    found = tuple(_cell(axes, values) for values in product(*(axis.values for axis in axes)))
    if len(found) > MOST_CELLS:
        raise InputError(f"--vary: {len(found)} cells a question are more than {MOST_CELLS}")
    return found


def _cell(axes: Sequence[_Axis], values: Sequence[str | None]) -> Cell:
    given = dict(zip((axis.name for axis in axes), values, strict=True))
    moved = [_said(axis.name, given[axis.name] or "") for axis in axes if given[axis.name] != axis.values[0]]
    return Cell(name=" ".join(moved) or BASELINE, **{name.replace("-", "_"): value for name, value in given.items()})


def _said(name: str, value: str) -> str:
    """``python=3.12``; changes of the index are options, and say so themselves."""
    return value if name == "index" else f"{name}={value}"


def _axes(varied: Iterable[str], environ: Mapping[str, str]) -> Iterable[_Axis]:
    seen: set[str] = set()
    for text in varied:
        name, equals, rest = text.partition("=")
        name = {"cut_off": "cut-off"}.get(name.strip(), name.strip())
        values = [value.strip() for value in rest.split(",")]
        if name not in NAMES or not equals:
            raise InputError(f"--vary {text!r} is not one of {', '.join(f'{one}=…' for one in NAMES)}")
        if name in seen:
            raise InputError(f"--vary {name} is given twice: name its values in one, with commas between them")
        if not all(values) or len(set(values)) < len(values):
            raise InputError(f"--vary {text!r}: name each value once")
        seen.add(name)
        _check(name, values, environ)
        yield _Axis(name, (None, *values) if name == "rule" else tuple(values))


def _check(name: str, values: Iterable[str], environ: Mapping[str, str]) -> None:
    """Raise InputError for what nobody can ask; whether a resolver takes it is seen with each question."""
    for value in values:
        match name:
            case "resolver":
                parse_resolvers([value])
            case "rule":
                check_rule(value)
            case "python":
                check_python(value, "--vary python", environ)
            case "platform":
                named_platform(
                    value, resolver_of(parse_resolver("uv")).behaviour.target, environ, option="--vary platform"
                )
            case _:
                if cutoff(value, _ANY_TIME) is None:
                    raise InputError(f"--vary cut-off={value}: that is no moment, date or duration")
