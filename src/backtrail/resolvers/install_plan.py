"""What an install of an answer does in an environment: what it keeps, installs, moves and installs anew."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from packaging.version import Version

from backtrail.model.requirement import Requirement
from backtrail.model.run import Action, Pin, Planned


class Before(Protocol):
    """What there is of a project, before."""

    @property
    def version(self) -> str:
        """Its version."""

    @property
    def parsed(self) -> Version:
        """The same, parsed."""


B = TypeVar("B", bound=Before)


def planned(
    pins: Iterable[Pin],
    there: Callable[[Pin], B | None],
    *,
    keeps: Callable[[Pin, B], bool],
    meets: Callable[[Requirement, Version], bool],
) -> tuple[Planned, ...]:
    """What becomes of each pin; ``there`` is what is installed of it, None: nothing.

    ``keeps``: whether what is installed stays where its version is the pin's. ``meets``: whether a version is in the
    range of a requirement, as the resolver reads it.
    """
    return tuple(_planned(pin, there(pin), keeps, meets) for pin in pins)


def _planned(
    pin: Pin,
    before: B | None,
    keeps: Callable[[Pin, B], bool],
    meets: Callable[[Requirement, Version], bool],
) -> Planned:
    after, because = Version(pin.version), pin.requested_by
    if before is None:
        action = Action.INSTALL
    elif after == before.parsed:
        action = Action.KEEP if pin.installed or keeps(pin, before) else Action.REINSTALL
    else:
        action = Action.UPGRADE if after > before.parsed else Action.DOWNGRADE
    if before is not None and action is not Action.KEEP:
        version = before.parsed
        because = tuple(
            one for one in because if one.requirement.url is not None or not meets(one.requirement, version)
        )
    return Planned(
        name=pin.name,
        action=action,
        before=None if before is None else before.version,
        after=pin.version,
        because=because,
    )
