"""The Pythons that a universal resolution is for: read, written, narrowed in a fork and split.

Only the ends of their range count for solving; holes are shown and not seen (``>=3.9, !=3.10.*`` includes 3.10).
"""

from collections.abc import Iterable, Iterator
from functools import reduce
from typing import NamedTuple

import msgspec
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from backtrail.model.errors import InputError
from backtrail.model.requirement import Requirement
from backtrail.model.target import Bound, Pythons
from backtrail.resolvers.uv import ranges
from backtrail.resolvers.uv.ranges import Cut, Range
from backtrail.resolvers.uv.versions import Key, key
from backtrail.standards.lenient import lenient_specifier


def pythons_of(texts: Iterable[str]) -> Pythons:
    """The Pythons that some specifier sets allow together.

    Raises InputError where one cannot be read or nothing is left of them.
    """
    given = list(texts)
    try:
        sets = [SpecifierSet(text) for text in given]
        parts = [ranges.release_ranges(one) for one in sets]
        spelled: dict[object, Version] = {key(version): version for one in sets for version in _versions(one)}
    except ValueError:
        raise InputError(f"requires-python {', '.join(map(repr, given))}: these are no version specifiers") from None
    both = reduce(ranges.intersection, parts, ranges.EVERY_VERSION)
    if not both:
        raise InputError(f"no Python meets {' and '.join(map(repr, given))}")
    low, high = _ends(both)
    return Pythons(
        specifiers=_written(both, spelled),
        low=None if low == ranges.LOWEST else _bound(low, included=low[1] == 0),
        high=None if high is None else _bound(high, included=high[1] == 1),
    )


def with_its_pythons(requirement: Requirement) -> Requirement:
    """A requirement with the Pythons that its groups are for in its marker."""
    said = " and ".join(condition for one in requirement.pythons for condition in _conditions(one))
    if not said:
        return requirement
    marker = said if requirement.marker is None else f"({requirement.marker}) and {said}"
    return msgspec.structs.replace(requirement, marker=marker, pythons=())


def _conditions(specifiers: str) -> Iterator[str]:
    """The ends of a range of Pythons as tests of a marker; one that never holds where nothing is left of it."""
    try:
        pythons = pythons_of([specifiers])
    except InputError:
        yield "python_version < '0'"
        return
    for bound, operator in ((pythons.low, ">"), (pythons.high, "<")):
        if bound is not None:
            release, included = bound
            yield f"python_full_version {operator}{'=' * included} '{'.'.join(map(str, release))}'"


class Interval(NamedTuple):
    """The Pythons left to a fork: where they begin and where they end (None: nowhere), perhaps before they begin."""

    low: Cut
    high: Cut | None

    @property
    def range(self) -> Range:
        """As a set of versions."""
        return ranges.between(self.low, self.high)


def interval_of(pythons: Pythons) -> Interval:
    """From end to end."""
    low, high = pythons.low, pythons.high
    return Interval(
        ranges.LOWEST if low is None else (_key(low), 0 if low[1] else 1),
        None if high is None else (_key(high), 1 if high[1] else 0),
    )


def narrowed(pythons: Interval, within: Range | None) -> Interval:
    """The Pythons of a fork whose marker is bounded by ``within``; each end moves inwards only."""
    if not within:
        return pythons
    low, high = _ends(within)
    ends = [one for one in (pythons.high, high) if one is not None]
    return Interval(max(pythons.low, low), min(ends, default=None))


def first_python(requires_python: str) -> Cut | None:
    """Where the Pythons of a Requires-Python begin; None: nowhere in particular, or it cannot be read."""
    specifiers = lenient_specifier(requires_python)
    allowed = () if specifiers is None else ranges.release_ranges(specifiers)
    return allowed[0] if allowed and allowed[0] != ranges.LOWEST else None


def split_at(pythons: Interval, low: Cut) -> tuple[Range, Range] | None:
    """The Pythons below a bound and from it on; None where one of them is empty."""
    below = ranges.intersection(pythons.range, ranges.between(ranges.LOWEST, low))
    above = ranges.intersection(pythons.range, (low,))
    return (below, above) if below and above else None


def _ends(of: Range) -> tuple[Cut, Cut | None]:
    return of[0], of[-1] if len(of) % 2 == 0 else None


def _bound(cut: Cut, *, included: bool) -> Bound:
    return cut[0][1], included


def _key(bound: Bound) -> Key:
    return key(Version(".".join(map(str, bound[0])) or "0"))


def _versions(specifiers: SpecifierSet) -> Iterable[Version]:
    for one in specifiers:
        version = Version(one.version.removesuffix(".*"))
        yield Version(".".join(map(str, version.release)))


def _written(pythons: Range, spelled: dict[object, Version]) -> str:
    """The specifiers that say a range, in uv's form."""

    def text(cut: Cut) -> str:
        return str(spelled.get(cut[0]) or ".".join(map(str, cut[0][1])) or "0")

    low, high = _ends(pythons)
    gaps = [(pythons[place], pythons[place + 1]) for place in range(1, len(pythons) - 1, 2)]
    series = _series(low, high)
    if not gaps and high is not None and low != ranges.LOWEST:
        if series is not None:
            return f"=={series}"
        if low[0] == high[0]:
            return f"=={text(low)}"
    words = [] if low == ranges.LOWEST else [f"{'>' if low[1] else '>='}{text(low)}"]
    for start, end in gaps:
        hole = _series(start, end) or (text(start) if start[0] == end[0] else None)
        words += [] if hole is None else [f"!={hole}"]
    words += [] if high is None else [f"{'<=' if high[1] else '<'}{text(high)}"]
    return ", ".join(words)


def _series(low: Cut, high: Cut | None) -> str | None:
    """``3.12.*`` for all from 3.12 to 3.13."""
    if high is None or low == ranges.LOWEST or low[1] or high[1]:
        return None
    first, last = low[0][1], high[0][1]
    width = max(len(first), len(last))
    padded = [(*release, *(0,) * (width - len(release))) for release in (first, last)]
    if padded[0][:-1] == padded[1][:-1] and padded[1][-1] == padded[0][-1] + 1:
        return f"{'.'.join(map(str, padded[0]))}.*"
    return None
