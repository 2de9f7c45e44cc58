"""States that a run goes on from in several ways."""

from copy import copy
from typing import TypeVar

T = TypeVar("T")


def branched(state: T, **own: object) -> T:
    """A copy of a state with containers of its own; what they hold is shared. ``own`` are attributes that differ."""
    other = copy(state)
    for name, value in vars(state).items():
        if isinstance(value, (dict, list, set)):
            setattr(other, name, copy(value))
    for name, value in own.items():
        setattr(other, name, value)
    return other
