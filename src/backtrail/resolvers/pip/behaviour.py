"""What a release of pip does, as switches keyed by the release that introduced each (docs/pip.md 2.9, 3.3)."""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache, partial

from packaging.version import Version

from backtrail.inputs.platforms import TargetRules
from backtrail.model.metadata import Failure, Metadata
from backtrail.model.policy import Policy
from backtrail.resolvers.cut_off import CutOff
from backtrail.resolvers.pip.dialect import DIALECT
from backtrail.resolvers.protocol import Behaviour
from backtrail.resolvers.release_history import since as release_since

STRICT = "24.1"
"""The first release that reads versions and requirements by the standards alone (``knows_legacy_versions``)."""

_OLDEST_PYTHONS = (("26.1", "3.10"), ("25.1", "3.9"), ("24.1", "3.8"), ("22.0", "3.7"))
"""The oldest Python that a release says it runs on, and each one after it."""

_UNREADY = ("23.1", "3.12")
"""The first release that runs on this Python and newer ones: before, pip asks for what is gone there."""

CUT_OFF = CutOff(spares_local_files=True)
"""As in every release (docs/pip.md 1.4)."""


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
class PipFiles:
    """How a release of pip goes about the files of a page."""

    finals_first: bool
    """Pre-releases count where no final release is in range; before, only where nothing was asked of the version."""
    knows_only_final: bool
    """``--only-final`` exists."""
    bounds_name_prereleases: bool
    """``<2.0a1`` and ``>2.0a1`` let pre-releases in."""
    bounds_are_narrow: bool
    """``<V`` and ``>V`` leave out what is of V alone, not what is of its release."""
    knows_legacy_versions: bool
    """Versions count that are none by PEP 440, as in ``>=3.6.*``."""
    overlooks_hashes: bool
    """Hashes of an index page do not count where a file is chosen, only where it was downloaded."""
    reads_whole_requires_python: bool
    """As in the preset."""


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
    reads_in_file_order: bool
    """From Python 3.11 on metadata is read by Python's own reader, before by setuptools'; at first always by that."""
    reads_all_ahead: bool
    """Direct references among a version's requirements are read before the first of them is followed."""
    skips_unreadable: bool
    """A version with a requirement that cannot be read is passed over; before, it ends the run when it is tried."""
    normalizes_extras: bool
    """Markers compare extras in normal form (PEP 685)."""
    names_by_folder: bool
    """A wheel that is read whole goes by its folder of metadata, that is, by its file; the name in them is not read."""
    tells_names: bool
    """In the end pip says what it would install, by the names in the metadata."""
    reads_advertised: bool
    """Metadata that an index advertises is read in place of the wheel's."""
    takes_both_spellings: bool
    """An extra is asked for in normal form too; before, only in setuptools' form, nearer to what is written."""
    compares_strings: bool
    """Markers compare strings by their letters; later, ``<`` and ``>`` of strings never hold."""
    stops_at_no_version: bool
    """A marker that compares what is no version with one ends the run."""
    reads_whole_requires_python: bool
    """Upper bounds and holes of Requires-Python count, as in every release of pip."""
    hashes_pin: bool
    """A hash stands for an exact version, and a constraint's hash for the requirement's own."""
    files: PipFiles
    """How files of pages are read."""


def preset(policy: Policy) -> Preset:
    """Compose the behaviour of one release, with the rules that the policy switches."""
    kept = policy.rules(defaults(policy))
    rounds = 200_000 if release_since(policy)("23.1") else 2_000_000
    return Preset(policy=policy, rounds=rounds, jumps=_jumps(policy), files=pip_files(policy), **kept)


def defaults(policy: Policy) -> dict[str, bool]:
    """The rules that are in force or not in a release, each of which a policy may switch."""
    since = release_since(policy)
    return {
        "python_first": since("25.1"),
        "splits_extras": since("23.3"),
        "orders_by_bounds": since("25.1"),
        "promotes": since("26.1"),
        "delays_setuptools": not since("23.1"),
        "displaces": True,
        "forgets_displaced": since("23.1"),
        "checks_urls_at_once": since("26.3"),
        "reads_in_file_order": since("22.1"),
        "reads_all_ahead": not since("25.1"),
        "skips_unreadable": since("24.1"),
        "normalizes_extras": since("24.1"),
        "names_by_folder": not since("24.2"),
        "tells_names": since("22.2"),
        "reads_advertised": since("23.2"),
        "takes_both_spellings": since("23.3"),
        "compares_strings": not since("26.0"),
        "stops_at_no_version": since("24.1") and not since("26.0"),
        "reads_whole_requires_python": True,
        "hashes_pin": since("26.1"),
    }


def _jumps(policy: Policy) -> Jumps:
    since = release_since(policy)
    for release, jumps in (("25.2", Jumps.OPTIMISTIC), ("25.1", Jumps.SAFE), ("23.1", Jumps.BLIND)):
        if since(release):
            return jumps
    return Jumps.CHRONOLOGICAL


@lru_cache
def pip_files(policy: Policy) -> PipFiles:
    """The behaviour of one release of pip."""
    return PipFiles(**policy.rules(file_defaults(policy)))


def file_defaults(policy: Policy) -> dict[str, bool]:
    """The rules for files that are in force or not in a release, each of which a policy may switch."""
    since = release_since(policy)
    return {
        "finals_first": since("26.0"),
        "knows_only_final": since("26.0"),
        "bounds_name_prereleases": since("25.0"),
        "bounds_are_narrow": since("26.1"),
        "knows_legacy_versions": not since(STRICT),
        "overlooks_hashes": since("22.3") and not since("23.0"),
        "reads_whole_requires_python": True,
    }


def switchable(policy: Policy) -> dict[str, bool]:
    """All rules that a policy may switch, and whether each is in force."""
    return {**defaults(policy), **file_defaults(policy)}


def _runs_on(policy: Policy, python: Version) -> bool:
    """Whether a release of pip runs on a Python, which it has to do to install into it."""
    since = release_since(policy)
    oldest = next((first for release, first in _OLDEST_PYTHONS if since(release)), None)
    ready, newer = _UNREADY
    return (oldest is None or python >= Version(oldest)) and (since(ready) or python < Version(newer))


def _is_unlisted(_: str, found: Metadata) -> bool:
    """Whether a repository has no ``.gitmodules``: then pip looks for no submodule."""
    return found.missing is not None and found.missing.failure is Failure.STRUCTURE


@lru_cache
def behaviour(policy: Policy) -> Behaviour:
    """What one release of pip does where resolvers differ."""
    files = pip_files(policy)
    return Behaviour(
        cut_off=CUT_OFF,
        dialect=DIALECT,
        target=TargetRules(
            resolver=f"pip {policy.release}",
            stable_threaded=release_since(policy)("26.1"),
            bare_linux_first=release_since(policy)("26.3"),
        ),
        knows_disallow=files.knows_only_final,
        unheeded={"resolution": "highest", "exclude_newer_package": (), "prerelease_package": ()},
        isolates_builds=release_since(policy)("25.3"),
        renews=frozenset({"upgrade", "upgrade-strategy", "reinstall", "ignore-installed"}),
        reads_whole_requires_python=files.reads_whole_requires_python,
        runs_on=partial(_runs_on, policy),
        does_without_submodules=_is_unlisted,
        passed_over=frozenset({"unauthorized", "forbidden", "content-type"}),  # docs/pip.md 1.1
    )
