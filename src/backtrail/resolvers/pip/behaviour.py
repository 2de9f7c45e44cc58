"""What a release of pip does, as switches keyed by the release that introduced each (specification pip 2.9, 3.7)."""

from dataclasses import dataclass
from enum import Enum

from backtrail.model.policy import Policy


class Jumps(Enum):
    """How a dead end is left, by what the resolver library of a release did."""

    CHRONOLOGICAL = "chronological"
    """One pin at a time."""
    BLIND = "blind"
    """To the last pin with a dependency named by the conflict, whatever lies between."""
    SAFE = "safe"
    """The same, stopping at a pin that the conflict does not name."""
    OPTIMISTIC = "optimistic"
    """Blind for a tenth of the rounds; if that comes to nothing, back to where it began, and safe from there on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """The behaviours an engine run follows. The newest release is exact, others are composed from these."""

    policy: Policy
    rounds: int
    """The limit of rounds."""
    python_first: bool
    """A candidate's Requires-Python comes before its dependencies; before, after them."""
    splits_extras: bool
    """A requirement with extras and a specifier is two, the bound on the base first; roots with extras come last."""
    orders_by_bounds: bool
    """The order of decisions knows upper bounds; before, it knew the distance from the user's requirements."""
    promotes: bool
    """What keeps turning up undecided in conflicts is decided earlier for the rest of the run."""
    delays_setuptools: bool
    """setuptools is decided last."""
    displaces: bool
    """A pin gives way to a later requirement that it contradicts."""
    forgets_displaced: bool
    """What a displaced version asked for no longer counts."""
    jumps: Jumps
    checks_urls_at_once: bool
    """A file of PyPI that asks for a direct reference ends the run when it is read; before, when it is followed."""


def preset(policy: Policy) -> Preset:
    """Compose the behaviour of one release, with the rules that the policy switches."""
    kept = {name: policy.rule(name, default=default) for name, default in defaults(policy).items()}
    rounds = 200_000 if policy.since("23.1") else 2_000_000
    return Preset(policy=policy, rounds=rounds, jumps=_jumps(policy), **kept)


def defaults(policy: Policy) -> dict[str, bool]:
    """The rules that are in force or not in a release, each of which a policy may switch."""
    since = policy.since
    return {
        "python_first": since("25.1"),
        "splits_extras": since("23.3"),
        "orders_by_bounds": since("25.1"),
        "promotes": since("26.1"),
        "delays_setuptools": not since("23.1"),
        "displaces": True,
        "forgets_displaced": since("23.1"),
        "checks_urls_at_once": since("26.3"),
    }


def _jumps(policy: Policy) -> Jumps:
    for release, jumps in (("25.2", Jumps.OPTIMISTIC), ("25.1", Jumps.SAFE), ("23.1", Jumps.BLIND)):
        if policy.since(release):
            return jumps
    return Jumps.CHRONOLOGICAL
