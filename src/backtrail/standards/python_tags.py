"""Which wheels some Python of a range can use, whatever the platform: a universal resolution asks no more of tags."""

import re

from backtrail.model.target import Bound
from backtrail.standards.wheel_tags import WheelName

# The ABI of GraalPy names its own version before that of Python: graalpy250_312_native.
_PYTHON_3 = re.compile(r"(?:(?:cp|pp|pypy|graalpy|pyston)|graalpy\d+_)3(\d+)", re.ASCII)
_GENERIC_3 = re.compile(r"py3(\d+)", re.ASCII)
_PYTHON_2 = re.compile(r"(?:py|cp|pp|pypy|graalpy|pyston)2", re.ASCII)


def reached(wheel: WheelName, low: Bound | None, high: Bound | None, *, exact: bool = False) -> bool:
    """Whether some Python between two bounds can use a wheel, by its ABI and Python tags.

    Only the minor version counts: above 3.10.1 there is still a 3.10, below 3.10.1 too, below 3.10 there is not.
    ``exact``: ``py39`` is for Python 3.9 alone, not for all from there on.
    """
    return any(_reached(abi, wheel.pythons, _minor_low(low), _minor_high(high), exact) for abi in wheel.abis)


def _minor_low(bound: Bound | None) -> tuple[int, ...]:
    return () if bound is None else bound[0][:2]


def _minor_high(bound: Bound | None) -> tuple[tuple[int, ...], bool] | None:
    return None if bound is None else (bound[0][:2], bound[1] or len(bound[0]) > 2)


def _reached(
    abi: str, pythons: tuple[str, ...], low: tuple[int, ...], high: tuple[tuple[int, ...], bool] | None, exact: bool
) -> bool:
    if abi.startswith("abi3"):
        return True
    if abi != "none":
        return _exact(abi, low, high)
    return any(_generic(tag, low if exact else (), high) and _exact(tag, low, high) for tag in pythons)


def _exact(tag: str, low: tuple[int, ...], high: tuple[tuple[int, ...], bool] | None) -> bool:
    """Whether the one minor version that a tag names is in the range; a tag that names none fits."""
    series = _PYTHON_3.match(tag)
    if series is None:
        return _PYTHON_2.match(tag) is None
    return (3, int(series[1])) >= low and _below((3, int(series[1])), high)


def _generic(tag: str, low: tuple[int, ...], high: tuple[tuple[int, ...], bool] | None) -> bool:
    """``py312``: for all from 3.12 on, but for what is below ``low``."""
    series = _GENERIC_3.match(tag)
    return series is None or ((3, int(series[1])) >= low and _below((3, int(series[1])), high))


def _below(minor: tuple[int, int], high: tuple[tuple[int, ...], bool] | None) -> bool:
    if high is None:
        return True
    release, included = (*high[0], 0, 0)[:2], high[1]
    return minor <= release if included else minor < release
