"""The order in which names are decided: their class, then who was seen first (docs/solver.md 6, 7)."""

from enum import IntEnum

from packaging.utils import NormalizedName

from backtrail.model.trail import Package
from backtrail.resolvers.uv.behaviour import Profile
from backtrail.resolvers.uv.branching import branched
from backtrail.resolvers.uv.requirements import PROXIES


class Rank(IntEnum):
    """Classes from the last decided to the first."""

    UNSPECIFIED = 0
    CONFLICT_LATE = 1
    CONFLICT_EARLY = 2
    SINGLETON = 3
    DIRECT_URL = 4
    PROXY = 5
    FIXED = 6

    @property
    def label(self) -> str:
        """The name trails and reports use."""
        return self.name.lower().replace("_", "-")


class Priorities:
    """Classes only rise by discovery and survive backtracking; conflicts set them outright."""

    def __init__(self, profile: Profile) -> None:
        """No name was seen yet."""
        self._profile = profile
        # Where a range of equality makes no pin, what is pinned stays so.
        self._pins = () if profile.ranks_equality else (Rank.SINGLETON,)
        self._names: dict[NormalizedName, tuple[Rank, int]] = {}
        self._packages: dict[Package, int] = {}

    def copy(self) -> "Priorities":
        """The same classes and places."""
        return branched(self)

    def discover(self, package: Package, *, pinned: bool, url: bool) -> None:
        """An edge leads to a package; ``pinned``: its range is one version."""
        self._packages.setdefault(package, len(self._packages))
        if package.name is None:
            return
        rank = Rank.DIRECT_URL if url else Rank.SINGLETON if pinned else Rank.UNSPECIFIED
        known = self._names.get(package.name)
        if known is None:
            self._names[package.name] = (rank, len(self._names))
        elif rank > known[0]:
            self._names[package.name] = (rank, known[1])

    def of(self, package: Package) -> tuple[Rank, int]:
        """The class, and the name's place among those seen (0 for what has no name of its own to go by)."""
        if package.name is None:
            return Rank.FIXED, 0
        if self._profile.proxies_first and package.kind in PROXIES:
            return Rank.PROXY, 0
        return self._names[package.name]

    def key(self, package: Package, number: int) -> tuple[int, ...]:
        """What decides who is next, the greatest first; ``number`` settles what is left."""
        rank, name_place = self.of(package)
        if not self._profile.orders_virtual_packages:
            return (rank, -name_place)
        place = self._packages.get(package, 0)
        return (rank, -name_place, place if self._profile.last_mentioned_first else -place, -number)

    def hurry(self, package: Package) -> bool:
        """Decide a name earlier from now on; whether that is new."""
        return self._set(package, Rank.CONFLICT_EARLY, unless=(Rank.CONFLICT_EARLY, *self._pins))

    def delay(self, package: Package) -> bool:
        """Decide a name later than those hurried from now on; whether that is new."""
        return self._set(package, Rank.CONFLICT_LATE, unless=(Rank.CONFLICT_LATE, Rank.CONFLICT_EARLY, *self._pins))

    def _set(self, package: Package, rank: Rank, unless: tuple[Rank, ...]) -> bool:
        if package.name is None:
            return False
        known, place = self._names[package.name]
        if known in unless:
            return False
        self._names[package.name] = (rank, place)
        return True


class Conflicts:
    """Counts who is rejected and who causes it; at five, once, a package is due to be moved (since 0.5.10)."""

    THRESHOLD = 5

    def __init__(self) -> None:
        """All counters stand at zero and are never reset."""
        self._affected: dict[int, int] = {}
        self._culprits: dict[int, int] = {}
        self.hurry: list[int] = []
        self.delay: list[int] = []

    def copy(self) -> "Conflicts":
        """The same counts."""
        return branched(self)

    def record(self, affected: int, culprits: list[int]) -> None:
        """Several packages caused a conflict while another was being looked at."""
        for culprit in culprits:
            self._culprits[culprit] = self._culprits.get(culprit, 0) + 1
            if self._culprits[culprit] == self.THRESHOLD:
                self.delay.append(culprit)
        if culprits:
            self._affected[affected] = self._affected.get(affected, 0) + 1
            if self._affected[affected] == self.THRESHOLD:
                self.hurry.append(affected)
