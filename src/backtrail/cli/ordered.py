"""A command that knows in which order its options were typed, and takes an option of one value once."""

from collections import Counter
from typing import Any

import typer
from typer.core import TyperCommand

from backtrail.model.errors import InputError

_ORDER = "backtrail.order"
_LOUDNESS = frozenset({"verbose", "quiet"})  # more of it changes nothing
_NEEDS_NO_VALUE = frozenset({"--env"})  # none: the usual one


class Ordered(TyperCommand):
    """Options that are values of one decision may be several options, so the last one must not win unsaid."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse as any command does, and remember the order. Raises InputError for what is given twice."""
        args = _with_values(args)
        _, _, parameters = self.make_parser(ctx).parse_args(args=[*args])
        if not ctx.resilient_parsing:
            for parameter, times in Counter(parameters).items():
                once = parameter.param_type_name == "option" and not (parameter.multiple or parameter.is_eager)
                if times > 1 and once and parameter.name not in _LOUDNESS:
                    raise InputError(_twice(parameter.opts))
        ctx.meta[_ORDER] = tuple(str(parameter.name) for parameter in parameters)
        return super().parse_args(ctx, args)


def _with_values(args: list[str]) -> list[str]:
    """The arguments with an empty value for each option that needs none and has none: at the end, or before another."""
    followed = zip(args, [*args[1:], "-"], strict=False)
    return [f"{word}=" if word in _NEEDS_NO_VALUE and after.startswith("-") else word for word, after in followed]


def _twice(names: list[str]) -> str:
    if len(names) == 1:
        return f"{names[0]} is given twice: give it once"
    return f"{', '.join(names[:-1])} and {names[-1]} are one option: give it once"


def order(context: typer.Context) -> tuple[str, ...]:
    """The names of the parameters in the order that they were typed, one name for each value."""
    found: tuple[str, ...] = context.meta[_ORDER]
    return found
