"""Wheel file names, and how well their tags fit a target (PEP 425, 427)."""

import re
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from backtrail.model.target import Target
from backtrail.model.verdict import Reason

LONGEST = 1024
MOST_TAGS = 4096
"""A file name longer than this, or one that stands for more tags, is no wheel's: index content is not trusted."""

BuildTag = tuple[()] | tuple[int, str]

_BUILD = re.compile(r"(\d+)([A-Za-z0-9_.]*)", re.ASCII)
_ARCH = "(?:aarch64|armv5tel|armv6l|armv7l|armv8l|ppc|ppc64|ppc64le|i686|x86_64|s390x|loongarch64|riscv64)"
_PYTHON = re.compile(r"none|(?:py|cp)\d{1,3}|(?:pp|graalpy|pyston)\d{2,4}", re.ASCII)
_CPYTHON_ABI = re.compile(r"(cp\d+)(\w*)", re.ASCII)
_ABI = re.compile(
    r"none|abi3t?|cp\d{2,4}[dmtu]*|pypy_\d{2,4}|pypy\d{2,4}_pp\d{2,4}|graalpy\d+_\w+|pyston_\d+\w*", re.ASCII
)
_PLATFORM = re.compile(
    rf"any|win32|win_(?:amd64|arm64|ia64)|(?:manylinux_\d+_\d+|manylinux1|manylinux2010|manylinux2014|linux)_{_ARCH}"
    rf"|musllinux_\d+_\d+_{_ARCH}|android_\d+_\w+|ios_\d+_\d+_\w+|(?:pyodide|pyemscripten|emscripten)_\w+|wasi_\w+"
    r"|macosx_\d+_\d+_(?:arm64|fat|fat3|fat32|fat64|i386|intel|ppc|ppc64|universal|universal2|x86_64)"
    r"|(?:freebsd|netbsd|openbsd|dragonfly|haiku|illumos|solaris)_\w+",
    re.ASCII,
)


class WheelName(NamedTuple):
    """The parts of a wheel's file name as written; ``build`` orders as PEP 427 says, ``()`` for none."""

    name: str
    version: str
    build: BuildTag
    tag: str
    pythons: tuple[str, ...]
    abis: tuple[str, ...]
    platforms: tuple[str, ...]


@lru_cache(maxsize=65536)
def wheel_name(filename: str) -> WheelName | None:
    """Take ``name-version(-build)?-python-abi-platform.whl`` apart; None where it is none."""
    parts = filename.removesuffix(".whl").split("-")
    if len(filename) > LONGEST or not filename.endswith(".whl") or len(parts) not in {5, 6} or not all(parts):
        return None
    build: BuildTag = ()
    if len(parts) == 6:
        match = _BUILD.fullmatch(parts[2])
        if match is None:
            return None
        build = (int(match[1]), match[2])
    python, abi, platform = parts[-3:]
    pythons, abis, platforms = (tuple(part.split(".")) for part in (python, abi, platform))
    if len(pythons) * len(abis) * len(platforms) > MOST_TAGS:
        return None
    return WheelName(
        name=parts[0],
        version=parts[1],
        build=build,
        tag=f"{python}-{abi}-{platform}",
        pythons=pythons,
        abis=abis,
        platforms=platforms,
    )


CLOSENESS = {
    reason: place
    for place, reason in enumerate((
        Reason.TAG_INVALID,
        Reason.TAG_PYTHON,
        Reason.TAG_ABI,
        Reason.TAG_ABI_FREE_THREADED,
        Reason.TAG_PYTHON_VERSION,
        Reason.TAG_PLATFORM,
    ))
}  # fmt: skip
"""How close a miss is, the farthest 0."""


def fit(wheel: WheelName, target: Target) -> int | Reason:
    """The place of the best matching tag, 0 best; else the closest of the ways in which the wheel's tags miss."""
    tree = target.tag_tree
    best = -1
    closest = 0
    for python in wheel.pythons:
        by_abi = tree.get(python)
        if by_abi is None:
            closest = max(closest, 1)
            continue
        for abi in wheel.abis:
            by_platform = by_abi.get(abi)
            if by_platform is None:
                closest = max(closest, 2)
                continue
            for platform in wheel.platforms:
                rank = by_platform.get(platform)
                if rank is None:
                    closest = 5
                elif best < 0 or rank < best:
                    best = rank
    return best if best >= 0 else _MISSES[closest]


_MISSES = tuple(CLOSENESS)


class AbiFlags(Enum):
    """What the letters behind an ABI such as ``cp311d`` mean to a release of uv."""

    EXACT = "each letter counts"
    THREADED_ANYWHERE = "a t among them stands for free threading, others for nothing"
    THREADED_LAST = "a t at the end stands for free threading, others for nothing"


@lru_cache(maxsize=65536)
def known(wheel: WheelName, flags: AbiFlags) -> WheelName:
    """The wheel with those tags only that uv has a name for; the others, it forgets."""
    abis = (tag for tag in wheel.abis if _ABI.fullmatch(tag))
    return wheel._replace(
        pythons=tuple(tag for tag in wheel.pythons if _PYTHON.fullmatch(tag)),
        abis=tuple(abis) if flags is AbiFlags.EXACT else tuple(_without_flags(tag, flags) for tag in abis),
        platforms=tuple(tag for tag in wheel.platforms if _PLATFORM.fullmatch(tag)),
    )


def _without_flags(abi: str, flags: AbiFlags) -> str:
    found = _CPYTHON_ABI.fullmatch(abi)
    if found is None:
        return abi
    threaded = "t" in found[2] if flags is AbiFlags.THREADED_ANYWHERE else found[2].endswith("t")
    return f"{found[1]}{'t' if threaded else ''}"


def runs_without_gil(wheel: WheelName) -> bool:
    """Whether some ABI tag is one a free-threaded interpreter takes: ``none``, ``abi3t``, ``cp313t`` (PEP 703, 803)."""
    return any(abi in {"none", "abi3t"} or (abi.startswith("cp") and "t" in abi) for abi in wheel.abis)
