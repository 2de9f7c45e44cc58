"""What a release of uv does, as switches keyed by the release that introduced each (docs/solver.md 9)."""

from dataclasses import dataclass

from backtrail.model.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The behaviours an engine run follows. Two releases are exact; others are composed from these."""

    policy: Policy
    displaces: bool
    """A decision gives way to a later requirement that it contradicts: pip's rule, off in every release of uv."""
    locals_match: bool
    """``==V`` admits ``V+local`` (PEP 440)."""
    counts_conflicts: bool
    """Packages that conflict often are decided earlier, their culprits later, with a manual backtrack."""
    ranks_equality: bool
    """``==V`` is a pin although it admits locals, and a pin that conflicts often loses that rank."""
    orders_virtual_packages: bool
    """Ties among the packages of one name go to the first mentioned; before, the heap decided."""
    checks_metadata_python: bool
    """Requires-Python of the metadata counts too, not only the index's."""
    binds_proxies: bool
    """A proxy and its base agree on ranges, not only on versions."""
    remembers_selections: bool
    """A version already selected for the same range is taken again without looking."""
    prefers_stable: bool
    """Every package falls back to pre-releases where no stable version is in range."""
    widens: bool
    """What holds for a version holds for the gap around it."""
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


def profile(policy: Policy) -> Profile:
    """Compose the behaviour of one release, with the rules that the policy switches."""
    kept = {name: policy.rule(name, default=default) for name, default in defaults(policy).items()}
    return Profile(policy=policy, **kept)


def defaults(policy: Policy) -> dict[str, bool]:
    """The rules that are in force or not in a release, each of which a policy may switch."""
    since = policy.since
    return {
        "displaces": False,
        "locals_match": since("0.5.0"),
        "counts_conflicts": since("0.5.10"),
        "ranks_equality": since("0.5.17"),
        "orders_virtual_packages": since("0.5.12"),
        "checks_metadata_python": since("0.6.17"),
        "binds_proxies": since("0.8.20"),
        "remembers_selections": since("0.11.26"),
        "prefers_stable": since("0.12.0"),
        "widens": since("0.12.4"),
        "platforms_alike": since("0.5.8"),
        "knows_platforms": since("0.5.27"),
        "represents_platforms": since("0.13.9"),
        "compares_releases": since("0.12.16"),
        "trims_python_version": since("0.7.18"),
        "knows_lists": since("0.8.1"),
        "orders_strings": not since("0.11.22"),
        "simplifies_extras": since("0.12.0"),
        "extras_need_base": not since("0.5.7"),
        "keeps_self_dependencies": since("0.5.8"),
        "refuses_empty_requirements": since("0.11.30"),
        "retries_refused": not since("0.12.0"),
        "checks_direct_wheels": since("0.9.13"),
        "reads_egg_info": since("0.3.5") and not since("0.6.0"),
    }
