"""Ranges of versions as uv prints them in logs and messages, read back as specifiers (PEP 440).

``>=1.0, <2 | >2`` are intervals; a version that ends in ``+`` stands for itself and all its local builds.
"""

import re
from itertools import pairwise
from typing import NamedTuple

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

EVERY = "*"
NONE = "∅"
_BOUND = re.compile(r"(?P<operator>==|>=|<=|>|<)(?P<version>[^ ,|+]{1,100}(?:\+[^ ,|+]{1,100})?)(?P<sentinel>\+?)$")
_DEV0 = re.compile(r"\.dev0$")
_OPENING = re.compile(r"[*∅<>=]")


class Interval(NamedTuple):
    """One stretch of versions; None: no bound on that side."""

    low: str | None
    low_operator: str
    high: str | None
    high_operator: str


def split_node(text: str) -> tuple[str, str]:
    """A package and the range that stands right behind it; both as they are written.

    The range begins outside the brackets of extras and the braces of markers.
    """
    depth = 0
    for place, char in enumerate(text):
        if char in "[{":
            depth += 1
        elif char in "]}":
            depth -= 1
        elif depth == 0 and _OPENING.match(char):
            return text[:place], text[place:]
    return text, EVERY


def specifier_of(text: str) -> str | None:
    """The specifiers of a range, ``""`` for every version; None where no specifiers say it (or it is not a range)."""
    text = text.strip()
    if text == EVERY:
        return ""
    intervals = [_interval(part) for part in text.split(" | ")]
    if text == NONE or not all(intervals):
        return None
    read = [one for one in intervals if one is not None]
    found = _outer(read[0], read[-1])
    for before, after in pairwise(read):
        gap = _gap(before, after)
        if gap is None:
            return None
        found.append(gap)
    joined = ",".join(found)
    try:
        SpecifierSet(joined)
    except InvalidSpecifier:
        return None
    return joined


def _interval(text: str) -> Interval | None:
    low = high = None
    low_operator = high_operator = ""
    for part in text.split(", "):
        found = _BOUND.match(part.strip())
        if found is None:
            return None
        operator, version, sentinel = found["operator"], found["version"], bool(found["sentinel"])
        try:
            Version(version)
        except ValueError:  # also what has more digits than Python converts
            return None
        if operator == "==":
            return Interval(version, ">=", version, "<=")
        # ``<1.0+`` ends after every local build of 1.0, and ``>=1.0+`` begins there.
        if operator in (">", ">="):
            low, low_operator = version, ">" if sentinel else operator
        else:
            high, high_operator = version, "<=" if sentinel else operator
    return Interval(low, low_operator, high, high_operator)


def _outer(first: Interval, last: Interval) -> list[str]:
    low, high = first.low, last.high
    if low is not None and low == high and first.low_operator == ">=" and last.high_operator == "<=":
        return [f"=={low}"]
    if low is not None and high is not None and (prefix := _prefix(low, high)) is not None and first is last:
        return [f"=={prefix}.*"]
    found = [] if low is None else [f"{first.low_operator}{low}"]
    # ``<2.dev0`` is how uv writes the end of ``~=1.4`` and ``==1.*``: the specifier ``<2`` has no pre-releases of 2.
    return found if high is None else [*found, f"{last.high_operator}{_DEV0.sub('', high)}"]


def _gap(before: Interval, after: Interval) -> str | None:
    """What is left out between two intervals: one version, or all with one prefix."""
    if before.high is None or after.low is None:
        return None
    if before.high == after.low and before.high_operator == "<" and after.low_operator == ">":
        return f"!={before.high}"
    prefix = _prefix(before.high, after.low)
    return None if prefix is None or before.high_operator != "<" else f"!={prefix}.*"


def _prefix(low: str, high: str) -> str | None:
    """``1.4`` for ``1.4.dev0`` and ``1.5.dev0``; None where the two do not enclose all versions of one prefix."""
    if not (_DEV0.search(low) and _DEV0.search(high)):
        return None
    first, after = Version(_DEV0.sub("", low)).release, Version(_DEV0.sub("", high)).release
    if len(first) != len(after) or first[:-1] != after[:-1] or first[-1] + 1 != after[-1]:
        return None
    return ".".join(map(str, first))
