"""Which projects may come as wheels or as sdists only: lists of names, as each tool reads them."""

from collections.abc import Iterable, Sequence

from packaging.utils import canonicalize_name

from backtrail.inputs.given import Given
from backtrail.model.question import ALL, FormatControl, Setting

NONE = ":none:"
"""Where names of projects are listed: none of those before."""


def settle_formats(given: Given) -> FormatControl:
    """Lists of names, joined by commas or repeated; in pip their order decides, and in uv it does not."""
    said = given.all("no-binary", "only-binary")
    return _formats_of_pip(said) if given.dialect.names_move else _formats_of_uv(said)


def _formats_of_pip(said: Iterable[Setting]) -> FormatControl:
    """The last one wins (docs/pip.md 1.4): what one list names leaves the other, ``:all:`` empties both before it.

    ``:none:`` empties its own list so far; what stands before ``:all:`` in one value does not count, and what stands
    behind it counts only if ``:none:`` is among it.
    """
    chosen: dict[str, set[str]] = {"no-binary": set(), "only-binary": set()}
    for setting in said:
        own, other = chosen[setting.name], chosen["no-binary" if setting.name == "only-binary" else "only-binary"]
        names = _names(setting)
        if ALL in names:
            other.clear()
            own.clear()
            own.add(ALL)
            behind = names[len(names) - names[::-1].index(ALL) :]
            names = behind if NONE in behind else []
        for name in names:
            if name == NONE:
                own.clear()
            else:
                own.add(name)
                other.discard(name)
    return FormatControl(only_binary=frozenset(chosen["only-binary"]), no_binary=frozenset(chosen["no-binary"]))


def _formats_of_uv(said: Sequence[Setting]) -> FormatControl:
    """Each list by itself, whatever stands between: ``:none:`` empties what stands before it on the command line.

    A line of a file only adds to it. ``:all:`` is more than any names.
    """
    chosen: dict[str, set[str]] = {"no-binary": set(), "only-binary": set()}
    for setting in said:
        own = chosen[setting.name]
        for name in _names(setting):
            if name != NONE:
                own.add(name)
            elif setting.origin.startswith("-"):
                own.clear()
    lists = {name: frozenset({ALL}) if ALL in own else frozenset(own) for name, own in chosen.items()}
    return FormatControl(only_binary=lists["only-binary"], no_binary=lists["no-binary"])


def _names(setting: Setting) -> list[str]:
    """The names in a value, normalised but for ``:all:`` and ``:none:``."""
    written = (name.strip() for name in setting.value.split(","))
    return [name if name in (ALL, NONE) else canonicalize_name(name) for name in written if name]
