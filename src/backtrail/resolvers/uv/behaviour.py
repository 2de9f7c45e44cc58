"""What a release of uv does, as switches keyed by the release that introduced each (docs/solver.md 9)."""

from dataclasses import dataclass, replace
from functools import lru_cache

from packaging.utils import NormalizedName

from backtrail.inputs.platforms import TargetRules
from backtrail.model.policy import Policy
from backtrail.resolvers.cut_off import CutOff
from backtrail.resolvers.protocol import Behaviour
from backtrail.resolvers.release_history import since as release_since
from backtrail.resolvers.uv.dialect import DIALECT
from backtrail.resolvers.uv.direct import told_by_github
from backtrail.resolvers.uv.ranges import Reading
from backtrail.standards.wheel_tags import AbiFlags

CUT_OFF = CutOff(digits=3, spares_find_links=True)
"""As in every release (docs/uv.md 3.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The behaviours an engine run follows; which releases were measured by them says ``resolvers/measured.py``."""

    policy: Policy
    reading: Reading
    """How specifiers are read."""
    displaces: bool
    """A decision gives way to a later requirement that it contradicts: pip's rule, off in every release of uv."""
    locals_match: bool
    """``==V`` admits ``V+local`` (PEP 440)."""
    posts_below: bool
    """``<V.postN`` admits V and its earlier post releases."""
    one_form: bool
    """Ranges that hold the same versions are the same, however they were written."""
    counts_conflicts: bool
    """Packages that conflict often are decided earlier, their culprits later, with a manual backtrack."""
    ranks_equality: bool
    """``==V`` is a pin although it admits locals, and a pin that conflicts often loses that rank."""
    decides_unchecked: bool
    """Until something was undone, a version is decided without a look at whether its requirements contradict it."""
    blames_steps: bool
    """A conflict counts for every step of its resolution; at first, once, for what was learned."""
    orders_virtual_packages: bool
    """Ties among the packages of one name go by their first mention; before, the heap decided."""
    last_mentioned_first: bool
    """Of the packages of one name, the last mentioned comes first."""
    proxies_first: bool
    """Proxies come before all projects, and what they ask for does not change the order."""
    reorders_changed: bool
    """Only a package whose term changed is given a new place; before, the heap's laziness decided."""
    doubles_self_dependencies: bool
    """A requirement on oneself is two terms on one package, which propagation cannot make sense of."""
    looks_for_rings_everywhere: bool
    """A project's requirements on its own extras are flattened if it has any, not only if one applies."""
    keeps_inner_bounds: bool
    """What an extra asks of its own project's version counts wherever it is reached, and once."""
    crashes_on_twins: bool
    """uv ends where a version has two requirements on itself."""
    fails_ahead: bool
    """What cannot be built or read ends the run even if it is only looked at in advance."""
    prefers_local_builds: bool
    """Of a public version that an earlier resolution has, a local build is taken where there is one in range."""
    checks_metadata_python: bool
    """Requires-Python of the metadata counts too, not only the index's."""
    binds_proxies: bool
    """A proxy and its base agree on ranges, not only on versions."""
    remembers_selections: bool
    """A version already selected for the same range is taken again without looking."""
    prefers_stable: bool
    """Every package falls back to pre-releases where no stable version is in range."""
    weighs_each_index: bool
    """Whether there is a stable version is asked of each index by itself, unless their versions are merged."""
    looks_behind_unusable: bool
    """Where indexes are merged, an unusable version of one gives way to the same version of another."""
    exclusions_name_prereleases: bool
    """``!=2.0a1`` lets pre-releases in."""
    asks_installed: bool
    """An sdist needs a Python that is installed before it is chosen, not only when it is built."""
    widens_dependents: bool
    """What a version requires, it requires for the gap around it."""
    widens: bool
    """Why a version is refused holds for the gap around it."""
    platforms_alike: bool
    """``platform_system == 'Linux'`` and ``sys_platform == 'linux'`` are one marker."""
    knows_platforms: bool
    """Values of ``os_name``, ``sys_platform`` and ``platform_system`` are known to exclude each other."""
    represents_platforms: bool
    """Markers that differ on impossible platforms only are one."""
    compares_releases: bool
    """Markers compare ``platform_release`` as a version on macOS."""
    trims_python_version: bool
    """In tests of ``python_version``, ``==3.8.0.*`` and ``~=3.8.0`` mean the 3.8 series."""
    knows_lists: bool
    """Markers may ask for ``extras`` and ``dependency_groups`` (PEP 751)."""
    orders_strings: bool
    """Markers compare strings by their letters; later, ``<`` and ``>`` of strings never hold."""
    simplifies_extras: bool
    """Markers on extras are split into production and optional parts."""
    drops_unreachable: bool
    """What only a marker that cannot hold leads to is no part of the answer."""
    extras_need_base: bool
    """A requirement with extras also asks for the base package."""
    keeps_self_dependencies: bool
    """A package's requirement on itself is kept."""
    refuses_empty_requirements: bool
    """A version whose requirement admits nothing is unavailable, before its other requirements are looked at."""
    retries_refused: bool
    """A version whose metadata was refused is decided unseen when it comes up again, and refused by propagation."""
    checks_direct_wheels: bool
    """A direct reference to a wheel for an older Python is refused."""
    reads_egg_info: bool
    """The requires.txt of an sdist's egg-info counts as its metadata."""
    reads_whole_requires_python: bool
    """Upper bounds and holes of Requires-Python count, not only its lower end."""
    checks_installed_tags: bool
    """What is installed of a wheel for another Python or platform is no candidate."""
    weighs_upgrades: bool
    """What is to be upgraded stays where nothing newer is in range; before, the installed version was no candidate."""
    heeds_source_indexes: bool
    """A source that names an index is followed; before, the requirement was looked for as any other is."""


def profile(policy: Policy) -> Profile:
    """Compose the behaviour of one release, with the rules that the policy switches."""
    kept = policy.rules(defaults(policy))
    reading = Reading(kept["locals_match"], kept["posts_below"], kept["one_form"])
    since = release_since(policy)
    return Profile(
        policy=policy,
        reading=reading,
        checks_installed_tags=since("0.8.14"),
        weighs_upgrades=since("0.5.15"),
        heeds_source_indexes=since("0.4.23"),
        **kept,
    )


def defaults(policy: Policy) -> dict[str, bool]:
    """The rules that are in force or not in a release, each of which a policy may switch."""
    since = release_since(policy)
    return {
        "displaces": False,
        "locals_match": since("0.5.0"),
        "posts_below": since("0.9.14"),
        "one_form": since("0.11.29"),
        "counts_conflicts": since("0.5.10"),
        "ranks_equality": since("0.5.17"),
        "decides_unchecked": since("0.4.23"),
        "blames_steps": since("0.5.12"),
        "orders_virtual_packages": since("0.5.12"),
        "last_mentioned_first": not since("0.5.23"),
        "proxies_first": since("0.5.17") and not since("0.5.23"),
        "reorders_changed": since("0.5.27"),
        "doubles_self_dependencies": not since("0.13.5"),
        "looks_for_rings_everywhere": since("0.5.23"),
        "keeps_inner_bounds": since("0.12.6"),
        "crashes_on_twins": not since("0.7.4"),
        "fails_ahead": not since("0.5.2"),
        "prefers_local_builds": since("0.6.1"),
        "checks_metadata_python": since("0.6.17"),
        "binds_proxies": since("0.8.20"),
        "remembers_selections": since("0.11.26"),
        "prefers_stable": since("0.12.0"),
        "weighs_each_index": not since("0.4.8"),
        "looks_behind_unusable": since("0.5.0"),
        "exclusions_name_prereleases": not since("0.5.0"),
        "asks_installed": not since("0.4.30"),
        "widens_dependents": since("0.11.29"),
        "widens": since("0.12.4"),
        "platforms_alike": since("0.5.8"),
        "knows_platforms": since("0.5.27"),
        "represents_platforms": since("0.13.9"),
        "compares_releases": since("0.12.16"),
        "trims_python_version": since("0.7.18"),
        "knows_lists": since("0.8.1"),
        "orders_strings": not since("0.11.22"),
        "simplifies_extras": since("0.11.33"),
        "drops_unreachable": since("0.4.8"),
        "extras_need_base": not since("0.5.7"),
        "keeps_self_dependencies": since("0.5.8"),
        "refuses_empty_requirements": since("0.11.29"),
        "retries_refused": not since("0.12.0"),
        "checks_direct_wheels": since("0.9.13"),
        "reads_egg_info": since("0.3.5") and not since("0.6.0"),
        "reads_whole_requires_python": not since("0.4.3"),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Forking:
    """How a release of uv resolves for all environments at once (docs/universal.md)."""

    splits_on_rising_python: bool
    """A single marker that needs a newer Python than the fork begins with splits it."""
    splits_on_requires_python: bool
    """A version that is not for all Pythons of a fork splits it; before, it was refused, as with ``fewest``."""
    newest_python_first: bool
    """Of forks, the one of the newest Python is solved first; before, the oldest."""
    splits_on_local_versions: bool
    """A local build that lacks platforms of its public version splits a fork."""
    keeps_lowest_direct: bool
    """With ``lowest-direct``, versions of earlier forks are not tried first."""
    joins_same_markers: bool
    """Requirements on one project under the very same marker do not split a fork."""
    sorts_preferences: bool
    """Of versions chosen before, those of the fork's environments come first, then the newest."""
    covers_required_of_lines: bool
    """``required-environments`` count for lines of requirements, too, not only where a project is locked."""
    covers_environments: bool
    """What is limited to some ``environments`` has to have a wheel for each."""
    covers_within_forks: bool
    """An environment that has to be covered is looked at within the fork; before, as a whole."""
    wheels_say_pythons: bool
    """Where a wheel can be installed depends on its Python tags, too."""
    stable_abis_reach_up: bool
    """A wheel tagged ``cp39-abi3`` is for later Pythons, too."""
    pure_tags_reach_up: bool
    """A wheel tagged ``py39`` is for later Pythons, too."""
    wheels_say_machines: bool
    """Where a wheel can be installed depends on the machine, too; before, on the system alone."""
    names_windows_amd64: bool
    """The machine of a ``win_amd64`` wheel is ``AMD64``; before, ``x86_64``."""
    names_windows_arm64: bool
    """The machine of a ``win_arm64`` wheel is ``ARM64``; before, ``arm64``."""
    wheels_say_macos: bool
    """Where a wheel can be installed depends on the release of macOS, too."""
    splits_on_metadata_python: bool
    """Requires-Python of the metadata splits a fork as the index's does; before, it refused the version."""
    checks_last_python: bool
    """A version needs a wheel for some Python below the upper end of its fork's."""
    splits_coarsely: bool
    """A split for an environment that has to be covered leaves the rest as it was."""


@lru_cache
def forking(policy: Policy) -> Forking:
    """The behaviour of one release of uv."""
    return Forking(**policy.rules(fork_defaults(policy)))


def fork_defaults(policy: Policy) -> dict[str, bool]:
    """The rules of forks that are in force or not in a release, each of which a policy may switch."""
    since = release_since(policy)
    return {
        "splits_on_rising_python": since("0.4.28"),
        "splits_on_requires_python": since("0.5.9"),
        "newest_python_first": since("0.5.11"),
        "splits_on_local_versions": since("0.5.12"),
        "keeps_lowest_direct": since("0.5.0"),
        "joins_same_markers": since("0.5.18"),
        "sorts_preferences": since("0.5.25"),
        "covers_required_of_lines": since("0.11.15"),
        "covers_environments": since("0.10.11"),
        "covers_within_forks": since("0.12.14"),
        "wheels_say_pythons": since("0.8.5"),
        "stable_abis_reach_up": since("0.10.12"),
        "pure_tags_reach_up": since("0.12.18"),
        "wheels_say_machines": since("0.5.15"),
        "names_windows_amd64": since("0.7.14"),
        "names_windows_arm64": since("0.8.19"),
        "wheels_say_macos": since("0.12.16"),
        "splits_on_metadata_python": since("0.11.32"),
        "checks_last_python": since("0.12.18"),
        "splits_coarsely": since("0.12.17"),
    }


_FIRST_ARCHIVES = (".tar.gz", ".zip", ".tar.bz2", ".tar.xz", ".tar.zst")


@dataclass(frozen=True, slots=True, kw_only=True)
class UvFiles:
    """How a release of uv goes about the files of a page."""

    archives: tuple[str, ...]
    """The extensions of sdists; a file with another is not seen at all."""
    keeps_to_pep_625: bool
    """An sdist that is neither ``.tar.gz`` nor ``.zip`` is refused."""
    formats_first: bool
    """``--no-binary`` and ``--only-binary`` are looked at before the cut-off."""
    python_tags_are_floors: bool
    """A wheel tagged ``py39`` is for Python 3.9 alone, if no other tag says more."""
    forgets_unknown_tags: bool
    """Tags that uv has no name for do not count."""
    abi_flags: AbiFlags
    """What the letters behind an ABI mean."""
    refuses_gil: bool
    """A free-threaded interpreter takes no wheel that needs the GIL, ``abi3`` included."""
    blames_closest: bool
    """Of wheels that do not fit, the one that misses by least stands for them; before, the one that misses by most."""
    reads_late_wheels: bool
    """The metadata of an sdist is read from a wheel beside it, even if the cut-off hides that wheel."""
    hides_late_versions: bool
    """A version whose every file was uploaded after the cut-off does not exist, whatever else is wrong with them."""
    reads_whole_requires_python: bool
    """As in the profile."""


@lru_cache
def uv_files(policy: Policy) -> UvFiles:
    """The behaviour of one release of uv."""
    since = release_since(policy)
    archives: tuple[str, ...] = _FIRST_ARCHIVES
    archives += (".tar", ".tar.lz", ".tar.lzma") if since("0.4.11") else ()
    archives += (".tgz", ".tbz", ".txz", ".tlz") if since("0.7.4") else ()
    kept = policy.rules(file_defaults(policy))
    reads_whole = _reads_whole(policy)
    return UvFiles(archives=archives, abi_flags=_abi_flags(policy), reads_whole_requires_python=reads_whole, **kept)


def file_defaults(policy: Policy) -> dict[str, bool]:
    """The rules for files that are in force or not in a release, each of which a policy may switch."""
    since = release_since(policy)
    return {
        "keeps_to_pep_625": since("0.12.0"),
        "formats_first": not since("0.12.12"),
        "python_tags_are_floors": since("0.4.3") and not since("0.4.19"),
        "forgets_unknown_tags": since("0.5.19"),
        "refuses_gil": since("0.9.26"),
        "blames_closest": since("0.5.5"),
        "reads_late_wheels": not since("0.6.10"),
        "hides_late_versions": since("0.11.30"),
    }


def switchable(policy: Policy) -> dict[str, bool]:
    """All rules that a policy may switch, and whether each is in force."""
    return {**defaults(policy), **fork_defaults(policy), **file_defaults(policy)}


def _abi_flags(policy: Policy) -> AbiFlags:
    since = release_since(policy)
    if since("0.10.0") or not since("0.5.19"):
        return AbiFlags.EXACT
    return AbiFlags.THREADED_ANYWHERE if since("0.9.29") else AbiFlags.THREADED_LAST


def _reads_whole(policy: Policy) -> bool:
    name = "reads_whole_requires_python"
    return policy.rule(name, default=defaults(policy)[name])


def _torch_projects(policy: Policy) -> frozenset[NormalizedName]:
    """The projects that ``--torch-backend`` is about."""
    since = release_since(policy)
    if not since("0.6.9"):
        return frozenset()
    names = "torch torchvision torchaudio torchtext torcharrow torchcsprng torchdistx torchserve pytorch-triton"
    names += "" if since("0.9.9") else " torch-model-archiver torch-tb-profiler"
    names += "" if since("0.11.1") else " torchdata"
    forgetful = since("0.8.17") and not since("0.8.18")
    names += " pytorch-triton-rocm pytorch-triton-xpu" if since("0.7.14") and not forgetful else ""
    names += " triton" if since("0.8.13") and not forgetful else ""
    names += " torch-tensorrt torchao" if since("0.9.17") else ""
    names += " fbgemm-gpu fbgemm-gpu-genai torchcodec torchrec torchtune xformers" if since("0.10.9") else ""
    names += " triton-rocm triton-xpu" if since("0.11.8") else ""
    return frozenset(map(NormalizedName, names.split()))


@lru_cache
def behaviour(policy: Policy) -> Behaviour:
    """What one release of uv does where resolvers differ."""
    since = release_since(policy)
    return Behaviour(
        cut_off=CUT_OFF,
        learns=True,
        dialect=replace(DIALECT, torch_projects=_torch_projects(policy)),
        target=TargetRules(
            resolver=f"uv {policy.release}",
            oldest_python=(3, 6) if since("0.10.12") else (3, 7),
            stable_threaded=since("0.11.3"),
            bare_linux_first=False,
            musl_upwards_from=None if since("0.11.21") else 0 if since("0.7.3") else 1,
            misspells_fat3=True,
            glibc=28 if since("0.8.0") else 17,
            windows_machine="AMD64" if since("0.13.0") else "x86_64",
            macos=(13, 0) if since("0.6.11") else (12, 0),
        ),
        asks_default_last=True,
        may_stop_at_first_index=True,
        allows_prereleases="--prerelease allow",
        forbids_prereleases="--prerelease disallow",
        knows_disallow=True,
        heeds_prereleases_of_packages=since("0.12.0"),
        heeds_pins_of_packages=False,
        unheeded={"prefer_binary": False, "ignore_requires_python": False},
        heeds_preferences=True,
        heeds_excludes=True,
        heeds_overrides=True,
        reads_sources=True,
        renews=frozenset({"upgrade", "upgrade-package", "reinstall", "reinstall-package"}),
        builds_ahead=True,
        does_without_submodules=told_by_github if since("0.5.22") else lambda *_: False,
        reads_whole_requires_python=_reads_whole(policy),
    )
