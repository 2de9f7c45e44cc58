"""The releases of a tool: which there are, which were measured beside the real tool, and which behave alike."""

from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache, partial

from packaging.version import InvalidVersion, Version

from backtrail.model.policy import Mode, Policy
from backtrail.resolvers.measured import Measured

LEAST_WORLDS = 400
"""So many random worlds have to be answered alike, all of them, before a release is called exact."""


class ReleaseHistory:
    """The releases known of one tool, the oldest that is reproduced first."""

    def __init__(
        self,
        tool: str,
        last: Mapping[str, int],
        measured: Mapping[str, Measured],
        *,
        zero: bool = True,
        universal: frozenset[str] = frozenset(),
    ) -> None:
        """``last`` is the last patch release of each series, from the oldest reproduced on.

        ``zero``: a series begins with ``.0``, not with its bare number. ``universal`` are the releases whose universal
        resolution is reproduced exactly.
        """
        self.tool = tool
        self._measured = measured
        self._universal = universal
        self.releases = tuple(
            f"{series}.{patch}" if zero or patch else series for series, end in last.items() for patch in range(end + 1)
        )

    @property
    def oldest(self) -> str:
        """The first release that is reproduced."""
        return self.releases[0]

    @property
    def newest(self) -> str:
        """The newest release known: what the tool's bare name means, and as which a newer one is answered."""
        return self.releases[-1]

    def named(self, release: str) -> str:
        """A release in the form its tool gives it; raises ValueError for what was never released, or out of reach."""
        try:
            version = Version(release)
        except InvalidVersion:
            raise ValueError(f"{release!r} is not a version of {self.tool}") from None
        if str(version) != version.base_version or version.epoch:
            raise ValueError(f"only final releases of {self.tool} are reproduced")
        if version < Version(self.oldest):
            raise ValueError(f"{self.tool} before {self.oldest} is not reproduced")
        if version not in self._by_version and version < Version(self.newest):
            before = self._by_version[max(one for one in self._by_version if one < version)]
            raise ValueError(f"there is no {self.tool} {version}; the last release before it is {before}")
        return self._by_version.get(version, str(version))

    @cached_property
    def _by_version(self) -> dict[Version, str]:
        return {Version(one): one for one in self.releases}

    def basis(self, policy: Policy) -> str:
        """How a release is known.

        ``exact``: it was measured beside the real tool without a difference. ``composed``: known changes are put
        together. ``newer``: nothing is known of it yet; it is answered as the newest release known.
        """
        if Version(policy.release) > Version(self.newest):
            return "newer"
        specific = policy.mode is Mode.SPECIFIC
        exact = self._is_exact(policy.release) if specific else policy.release in self._universal
        return "exact" if exact else "composed"

    def _is_exact(self, release: str) -> bool:
        measured = self._measured.get(release)
        return measured is not None and measured.alike == measured.worlds >= LEAST_WORLDS


def since(policy: Policy) -> Callable[[str], bool]:
    """Whether a policy's release already behaves as another introduced."""
    return partial(_reached, policy.release)


@lru_cache(maxsize=1024)
def _reached(release: str, introduced: str) -> bool:
    return Version(release) >= Version(introduced)
