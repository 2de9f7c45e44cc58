"""Requires-Python, as each resolver reads it: pip takes the whole of it, uv only where it begins."""

from functools import lru_cache

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from backtrail.model.requirement import specifier_set
from backtrail.standards.lenient import lenient_specifier

Release = tuple[int, ...]
"""A release without trailing zeros: 3.10.0 is (3, 10)."""

_Bound = tuple[Release, bool]
"""A release, and whether it belongs to the range."""


def fits(requires_python: str, python: Version, *, whole: bool) -> bool:
    """Whether a resolver finds that a Requires-Python lets the Python in; ``whole``: it reads all of it."""
    return within(requires_python, python) if whole else from_below(requires_python, python)


@lru_cache(maxsize=65536)
def within(requires_python: str, python: Version) -> bool:
    """Whether the Python is a member (PEP 440), as pip decides; a text that cannot be parsed excludes nothing."""
    try:
        return specifier_set(requires_python).contains(python, prereleases=True)
    except InvalidSpecifier:
        return True


@lru_cache(maxsize=65536)
def from_below(requires_python: str, python: Version) -> bool:
    """Whether the Python is not below the first one allowed, as uv decides: upper bounds and later holes do not count.

    A text that cannot be mended excludes nothing here: uv skips such a file when it reads the page.
    """
    specifiers = lenient_specifier(requires_python)
    lowest = None if specifiers is None else _lowest(specifiers)
    if lowest is None:
        return True
    release, included = lowest
    here = _release(python.release)
    return here >= release if included else here > release


def _lowest(specifiers: SpecifierSet) -> _Bound | None:
    """Where the range begins, pre-, post- and local parts disregarded; None: without a beginning, or empty."""
    low: _Bound | None = None
    high: _Bound | None = None
    holes: list[tuple[_Bound, _Bound]] = []
    for specifier in specifiers:
        first, last = _ends(specifier.operator, specifier.version)
        if specifier.operator == "!=":
            assert first is not None
            assert last is not None
            holes.append((first, last))
            continue
        if first is not None and (low is None or _starts(first) > _starts(low)):
            low = first
        if last is not None and (high is None or last < high):
            high = last
    if low is None:
        return None
    for first, last in sorted(holes, key=lambda hole: _starts(hole[0])):
        # The range begins inside a hole: it begins where the hole ends.
        if _starts(first) <= _starts(low) and (last[0] > low[0] or (low[1] and last == low)):
            low = (last[0], not last[1])
    empty = high is not None and (low[0] > high[0] or (low[0] == high[0] and not (low[1] and high[1])))
    return None if empty else low


def _ends(operator: str, text: str) -> tuple[_Bound | None, _Bound | None]:
    """The first and last release a specifier names; for ``!=``, those of the hole."""
    star = text.endswith(".*")
    try:
        release = Version(text.removesuffix(".*")).release
    except InvalidVersion:
        return None, None  # "===" compares any text; uv has no such thing
    version = _release(release)
    if operator == "~=":
        return (version, True), (_next(release[:-1]), False)
    if star:
        return (version, True), (_next(release), False)
    if operator in {"==", "===", "!="}:
        return (version, True), (version, True)
    bound = (version, operator in {">=", "<="})
    return (bound, None) if operator.startswith(">") else (None, bound)


def _starts(bound: _Bound) -> tuple[Release, bool]:
    return bound[0], not bound[1]


def _release(release: Release) -> Release:
    end = len(release)
    while end and release[end - 1] == 0:
        end -= 1
    return release[:end]


def _next(release: Release) -> Release:
    return _release((*release[:-1], release[-1] + 1))
