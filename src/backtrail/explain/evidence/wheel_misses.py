"""How far wheels are from fitting a target: on which axis each misses, the nearest of them, and whom they would fit."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from packaging.version import Version

from backtrail.model.files import File, FileKind
from backtrail.model.finding import NearestMiss
from backtrail.model.target import Target
from backtrail.model.verdict import Reason
from backtrail.standards.requires_python import within
from backtrail.standards.wheel_tags import WheelName, wheel_name

PYTHONS = range(8, 15)
"""Minor versions of Python 3 that are asked about."""

_CPYTHON = re.compile(r"cp3(\d+)([a-z]*)", re.ASCII)
_GENERIC = re.compile(r"py3(\d*)", re.ASCII)


def missed_axes(file: File, target: Target) -> tuple[str, ...]:
    """``python``, ``abi``, ``platform``, ``libc``: the fewest on which a combination of the wheel's tags misses.

    Empty for a wheel that fits, and for what is no wheel.
    """
    wheel = wheel_name(file.filename) if file.kind is FileKind.WHEEL else None
    if wheel is None:
        return ()
    interpreter = min(
        (_interpreter_axes(python, abi, target) for python in wheel.pythons for abi in wheel.abis), key=len
    )
    platform = min((_platform_axes(platform, target) for platform in wheel.platforms), key=lambda axes: _FAR[axes])
    return interpreter + platform


def reason_shown(reason: Reason, file: File, target: Target) -> Reason:
    """A tag's reason as a person means it.

    Resolvers compare a ``cp312`` wheel with CPython 3.11 as they would one of another interpreter, or of another ABI.
    """
    if reason not in {Reason.TAG_PYTHON, Reason.TAG_ABI} or "python" not in missed_axes(file, target):
        return reason
    wheel = wheel_name(file.filename)
    assert wheel is not None
    family = {target.tags[0][:2], "py"} if target.tags else {"py"}
    return Reason.TAG_PYTHON_VERSION if any(python[:2] in family for python in wheel.pythons) else reason


_FAR: dict[tuple[str, ...], int] = {(): 0, ("libc",): 1, ("platform",): 2}


def count_axes(files: Iterable[File], target: Target) -> dict[str, int]:
    """How many wheels miss on each axis; one that misses on two counts for both."""
    return dict(sorted(Counter(axis for file in files for axis in missed_axes(file, target)).items()))


def nearest_miss(files: Iterable[File], target: Target) -> NearestMiss | None:
    """The wheel that misses on the fewest axes, by the fewest Python releases; the newest of equals.

    One for another interpreter, or for Python 2, is farther away than any for CPython 3.
    """
    best: tuple[tuple[object, ...], File, tuple[str, ...]] | None = None
    for file in files:
        axes = missed_axes(file, target)
        if not axes:
            continue
        far = sum(2 if axis == "platform" else 1 for axis in axes)
        place = (len(axes), far, _distance(file, target) if "python" in axes else 0)
        if best is None or place < best[0] or (place == best[0] and Version(file.version) > Version(best[1].version)):
            best = (place, file, axes)
    return None if best is None else NearestMiss(file=best[1].filename, axes=best[2])


def fitting_pythons(files: Iterable[File], target: Target) -> tuple[str, ...]:
    """The other CPythons, ``3.8`` to ``3.14``, for which one of the wheels would fit on the same platform.

    Of a minor version it is the first release, or where that one does not do the nearest that does: ``3.9.4``.
    """
    wheels = [
        (wheel, file)
        for file in files
        if file.kind is FileKind.WHEEL and (wheel := wheel_name(file.filename)) is not None
        if any(not _platform_axes(platform, target) for platform in wheel.platforms)
    ]
    found = []
    for minor in PYTHONS:
        specs = {
            file.requires_python or ""
            for wheel, file in wheels
            if _fits(wheel, minor, free_threaded=target.free_threaded)
        }
        release = _nearest_release(minor, specs, target.python_version)
        if release is not None:
            found.append(release)
    return tuple(found)


def _nearest_release(minor: int, specs: Iterable[str], own: Version) -> str | None:
    """The release of a minor version that one of several Requires-Python allows, None where there is no other."""
    here = own.micro if (own.major, own.minor) == (3, minor) else None
    patches = {0, *(patch for spec in specs for patch in _named_patches(spec, minor))}
    fitting = sorted(
        (patch for patch in patches if any(within(spec, Version(f"3.{minor}.{patch}")) for spec in specs)),
        key=lambda patch: (abs(patch - (here or 0)), -patch),
    )
    if not fitting or fitting[0] == here:
        return None
    return f"3.{minor}.{fitting[0]}" if fitting[0] or here is not None else f"3.{minor}"


def _named_patches(requires_python: str, minor: int) -> Iterator[int]:
    """The releases of a minor version that a Requires-Python names, and those beside them."""
    for number in re.findall(rf"\b3\.{minor}\.(\d{{1,3}})\b", requires_python):
        yield from (max(int(number) - 1, 0), int(number), int(number) + 1)


def _fits(wheel: WheelName, minor: int, *, free_threaded: bool) -> bool:
    return any(_runs(python, abi, minor, free_threaded) for python in wheel.pythons for abi in wheel.abis)


def _runs(python: str, abi: str, minor: int, free_threaded: bool) -> bool:
    """Whether CPython 3.minor takes these tags (PEP 425)."""
    if abi == "none":
        generic = _GENERIC.fullmatch(python)
        return python == f"cp3{minor}" or (generic is not None and int(generic[1] or 0) <= minor)
    own = _CPYTHON.fullmatch(python)
    if own is None:
        return False
    if abi == ("abi3t" if free_threaded else "abi3"):
        return int(own[1]) <= minor
    return int(own[1]) == minor and abi == f"cp3{minor}{'t' if free_threaded else ''}{'m' if minor < 8 else ''}"


def _interpreter_axes(python: str, abi: str, target: Target) -> tuple[str, ...]:
    abis = target.tag_tree.get(python)
    if abis is not None and abi in abis:
        return ()
    own = _CPYTHON.fullmatch(abi)
    here = Version(target.python).minor
    if abis is None or abi == "none" or (own is not None and int(own[1]) != here):
        return ("python",)
    return ("abi",)


def _platform_axes(platform: str, target: Target) -> tuple[str, ...]:
    platforms = _platforms(target.tags)
    if platform in platforms:
        return ()
    machine = next((one.removeprefix("linux_") for one in platforms if one.startswith("linux_")), None)
    if machine is not None and "linux" in platform and platform.endswith(f"_{machine}"):
        return ("libc",)
    return ("platform",)


@lru_cache(maxsize=16)
def _platforms(tags: tuple[str, ...]) -> dict[str, None]:
    return {tag.rpartition("-")[2]: None for tag in tags}


def _distance(file: File, target: Target) -> int:
    wheel = wheel_name(file.filename)
    assert wheel is not None
    here = Version(target.python).minor
    minors = [int(match[1]) for python in wheel.pythons if (match := _CPYTHON.fullmatch(python)) is not None]
    return min((abs(minor - here) for minor in minors), default=len(PYTHONS) + here)
