"""What the trail of a run says of each version that was looked at and not kept: the one reason it was refused."""

from collections.abc import Iterable
from typing import NamedTuple

from packaging.specifiers import InvalidSpecifier
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.model.requirement import Requirement
from backtrail.model.run import Run
from backtrail.model.trail import Because, Conflicted, Decided, Package, Rejected, Required, Rewound
from backtrail.model.verdict import Exclusion


class Refusal(NamedTuple):
    """Why a version was refused.

    ``requirement`` is what contradicts, None where the trail does not tell. ``on`` and ``version`` are what the refused
    version does not fit beside, ``decided`` the place in the trail where that was decided, None if it was not yet.
    ``place`` is that of the refusal, None where only the answer shows it.
    """

    because: Because
    place: int | None = None
    requirement: Requirement | None = None
    on: NormalizedName | None = None
    version: str | None = None
    decided: int | None = None
    exclusions: tuple[Exclusion, ...] = ()


class History:
    """A trail, read once."""

    def __init__(self, run: Run) -> None:
        """Follow decisions and what undid them."""
        self._run = run
        self._required: dict[int, Required] = {}
        self._decided: dict[Package, tuple[str, int]] = {}
        self._refused: dict[NormalizedName, dict[str, Refusal]] = {}
        conflict: tuple[int, tuple[int, ...]] = 0, ()
        for place, event in enumerate(run.trail):
            match event:
                case Required():
                    self._required[event.id] = event
                case Decided(package=package, version=version):
                    self._decided[package] = version, place
                    self._take_back(package.name or NormalizedName(""), version)
                case Rejected(package=package, version=str() as version) if package.name is not None:
                    found = self._rejection(event, package.name, version, place)
                    self._refused.setdefault(package.name, {})[version] = found
                case Conflicted(requirements=requirements):
                    conflict = place, requirements
                case Rewound():
                    self._undo(event, *conflict)
                case _:
                    pass

    def _take_back(self, name: NormalizedName, version: str) -> None:
        """What is decided is not refused any more, unless it is for other Pythons: that ends in a conflict."""
        refused = self._refused.get(name, {})
        if version in refused and refused[version].because is not Because.REQUIRES_PYTHON:
            del refused[version]

    def refused(self, name: NormalizedName) -> dict[str, Refusal]:
        """Every version of a project that was tried or refused and is not the answer, with the last reason for it."""
        pin = self._run.pin(name)
        known = self._refused.get(name, {})
        found: dict[str, Refusal] = {}
        for version in dict.fromkeys((*self._run.attempts.get(name, ()), *known)):
            if pin is not None and version == pin.version:
                continue
            refusal = known.get(version)
            if refusal is None or refusal.because is Because.CONFLICT:
                refusal = self._in_the_answer(name, version, refusal)
            found[version] = refusal
        return found

    def recorded(self, name: NormalizedName, version: str) -> Refusal | None:
        """Why the trail says that a version was refused, the last time it was; None where it says nothing."""
        return self._refused.get(name, {}).get(version)

    def _rejection(self, event: Rejected, name: NormalizedName, version: str, place: int) -> Refusal:
        if event.because is Because.CONFLICT:
            return self._contradiction(name, version, event.requirements, place) or Refusal(event.because, place)
        unread = event.requirements if event.because is Because.UNREAD else ()
        named = (self._required[number] for number in unread if number in self._required)
        own = next((one.requirement for one in named if (one.by, one.version) == (name, version)), None)
        return Refusal(event.because, place, own, exclusions=event.exclusions)

    def _undo(self, event: Rewound, place: int, conflict: tuple[int, ...]) -> None:
        """A decided version that a conflict, at this place, names was refused; the others were only undone with it."""
        if event.because is Because.BACKJUMP:
            for package, version in event.undone:
                if package.name is not None:
                    found = self._contradiction(package.name, version, conflict, place)
                    if found is not None:
                        self._refused.setdefault(package.name, {})[version] = found
        for package, _ in event.undone:
            self._decided.pop(package, None)

    def _contradiction(
        self, name: NormalizedName, version: str, requirements: Iterable[int], place: int
    ) -> Refusal | None:
        """The requirement of a version, or on it, among those of a conflict."""
        named = [self._required[number] for number in requirements if number in self._required]
        for one in named:
            if (one.by, one.version) == (name, version) and one.requirement.name != name:
                on = one.requirement.name
                decided = self._now(on)
                if decided is not None and not meets(one.requirement, decided[0]):
                    return Refusal(Because.CONFLICT, place, one.requirement, on, *decided)
                return Refusal(Because.CONFLICT, place, one.requirement, on)
        excluding = [
            one for one in named if one.requirement.name == name != one.by and not meets(one.requirement, version)
        ]
        # Versions of one project that ask alike are blamed together: of these the one that stayed.
        excluding.sort(key=lambda one: (pin := self._run.pin(one.by or "")) is None or pin.version != one.version)
        for one in excluding:
            return Refusal(Because.CONFLICT, place, one.requirement, one.by, one.version)
        return None

    def _now(self, name: NormalizedName) -> tuple[str, int] | None:
        return next((decided for package, decided in self._decided.items() if package.name == name), None)

    def _in_the_answer(self, name: NormalizedName, version: str, refusal: Refusal | None) -> Refusal:
        """The contradiction as the answer shows it: what a version was refused beside may have moved since."""
        place = None if refusal is None else refusal.place
        if refusal is not None and refusal.requirement is not None:
            pin = None if refusal.on is None else self._run.pin(refusal.on)
            if pin is None:
                return refusal
            if refusal.requirement.name == name:
                if pin.version == refusal.version:
                    return refusal
            elif not meets(refusal.requirement, pin.version):
                return (
                    refusal if pin.version == refusal.version else refusal._replace(version=pin.version, decided=None)
                )
        for one in self._required.values():
            if (one.by, one.version) == (name, version) and one.requirement.name != name:
                pin = self._run.pin(one.requirement.name)
                if pin is not None and not meets(one.requirement, pin.version):
                    return Refusal(Because.CONFLICT, place, one.requirement, pin.name, pin.version)
        own = self._run.pin(name)
        for asked in () if own is None else own.requested_by:
            if not meets(asked.requirement, version):
                return Refusal(Because.CONFLICT, place, asked.requirement, asked.by, asked.version)
        return Refusal(Because.CONFLICT, place)


def meets(requirement: Requirement, version: str) -> bool:
    """Whether a version is among those a requirement admits, pre-releases not held against it (PEP 440)."""
    if requirement.url is not None:
        return True
    try:
        return requirement.specifiers.contains(Version(version), prereleases=True)
    except InvalidSpecifier:
        return True
