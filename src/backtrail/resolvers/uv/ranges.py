"""Sets of versions, and of "this package is not selected", as ascending cuts through one line.

The line starts with the point *absent*, then all versions in PEP 440 order. A set is the tuple of cuts where membership
changes, starting outside: ``()`` is empty. A cut is ``(key, 0)`` just before a version, ``(key, 1)`` just after it.
Because absent is a point like any other, a PubGrub term is such a set too: positive terms leave absent out, negative
terms contain it, and negation, intersection and union need no case distinction.

Bounds that no version tells apart are built equal (docs/solver.md 1), so equal sets are equal
tuples.
"""

from bisect import bisect_left, bisect_right
from functools import lru_cache, reduce
from typing import Any

from packaging.specifiers import Specifier, SpecifierSet
from packaging.version import Version

from backtrail.resolvers.uv.versions import NO_DEV, Key, above_locals, above_posts, first_dev, key, spell

Cut = tuple[Any, int]
"""A place on the line; the first part is a Key, or one of the two markers below, which sort before every Key."""

Range = tuple[Cut, ...]

ABSENT: Cut = ((-2,), 0)
LOWEST: Cut = ((-1,), 0)

NOTHING: Range = ()
EVERYTHING: Range = (ABSENT,)
EVERY_VERSION: Range = (LOWEST,)

_ZERO_DEV = first_dev(key(Version("0")))


def complement(of: Range) -> Range:
    """All other points of the line, absent included."""
    return of[1:] if of and of[0] == ABSENT else (ABSENT, *of)


def is_positive(term: Range) -> bool:
    """Whether a term demands that the package is selected."""
    return not term or term[0] != ABSENT


def intersection(one: Range, other: Range) -> Range:
    """The points in both: the larger set is cut to each segment of the smaller one."""
    few, many = (one, other) if len(one) <= len(other) else (other, one)
    cuts: list[Cut] = []
    for at in range(0, len(few), 2):
        low = few[at]
        first = bisect_right(many, low)
        if first % 2:
            cuts.append(low)
        if at + 1 == len(few):
            cuts.extend(many[first:])
            break
        high = few[at + 1]
        last = bisect_left(many, high, first)
        cuts.extend(many[first:last])
        if last % 2:
            cuts.append(high)
    return tuple(cuts)


def is_disjoint(one: Range, other: Range) -> bool:
    """Whether no point is in both."""
    few, many = (one, other) if len(one) <= len(other) else (other, one)
    for at in range(0, len(few), 2):
        first = bisect_right(many, few[at])
        if first % 2:
            return False
        if first < len(many) and (at + 1 == len(few) or many[first] < few[at + 1]):
            return False
    return True


def union(one: Range, other: Range) -> Range:
    """The points in either."""
    return complement(intersection(complement(one), complement(other)))


def contains(versions: Range, version: Key) -> bool:
    """Whether a version is in the set."""
    return bisect_right(versions, (version, 0)) % 2 == 1


def between(low: Cut, high: Cut | None) -> Range:
    """The versions from one cut to another; None: without end."""
    if high is None:
        return (low,)
    return (low, high) if low < high else NOTHING


def singleton(version: Key) -> Range:
    """Exactly one version."""
    return ((version, 0), (version, 1))


def is_singleton(versions: Range) -> bool:
    """Exactly one version, its locals excluded."""
    return len(versions) == 2 and versions == singleton(versions[0][0])


def is_pin(versions: Range) -> bool:
    """Whether ``==`` or ``===`` specifiers make such a range: one version, or public versions with all their locals."""
    if is_singleton(versions):
        return True
    return (
        bool(versions)
        and len(versions) % 2 == 0
        and all(
            low[1] == 0 and len(low[0]) > 1 and not low[0][5] and high == (above_locals(low[0]), 0)
            for low, high in zip(versions[::2], versions[1::2], strict=True)
        )
    )


@lru_cache(maxsize=65536)
def specifier_range(specifier: SpecifierSet, *, locals_match: bool) -> Range:
    """The versions a specifier set admits (PEP 440); ``locals_match`` False: as uv before 0.5.0."""
    parts = (one_specifier_range(part, locals_match=locals_match) for part in specifier)
    return reduce(intersection, parts, EVERY_VERSION)


@lru_cache(maxsize=65536)
def one_specifier_range(specifier: Specifier, *, locals_match: bool) -> Range:
    """The versions a single specifier admits; see ``specifier_range``."""
    operator, text = specifier.operator, specifier.version
    if text.endswith(".*"):
        stem = Version(text[:-2])
        versions = between((_dev0(stem), 0), (_dev0(_next(stem)), 0))
        return versions if operator == "==" else _versions_outside(versions)
    version = Version(text)
    at = key(version)
    exact = singleton(at) if version.local or not locals_match else between((at, 0), (above_locals(at), 0))
    match operator:
        case "==":
            return exact
        case "===":
            return singleton(at)
        case "!=":
            return _versions_outside(exact)
        case "<=":
            return _from_start((above_locals(at), 0) if locals_match and not version.local else (at, 1))
        case ">=":
            return (_floor((at, 0)),)
        case "<":
            if version.is_prerelease and not version.is_postrelease:
                return _from_start((at, 0))
            # early releases of uv sorted the bound of `<V.postN` below V itself
            return _from_start((first_dev(at if locals_match else _final(at)), 0))
        case ">":
            if version.dev is not None:
                return ((above_posts(at), 0),) if version.post is None else ((above_locals(at), 0),)
            if version.post is not None:
                return ((above_locals(at), 0),) if locals_match else (((*at[:3], at[3] + 1, *at[4:]), 0),)
            if version.pre is not None:
                return ((above_posts(at), 0),)
            return ((above_posts(at), 1),)
        case _:  # "~=": the series of all but the last release segment
            stem = Version(f"{version.epoch}!" + ".".join(map(str, version.release[:-1])))
            return between(_floor((at, 0)), (_dev0(_next(stem)), 0))


def release_range(specifier: Specifier) -> Range:
    """The versions a specifier admits where only releases are compared, as in markers and Requires-Python.

    Complements are exact here: ``<V`` and ``>=V`` together are every version, which PEP 440 denies pre-releases of V.
    """
    operator, text = specifier.operator, specifier.version
    release = Version(text.removesuffix(".*")).release
    at = _release(release)
    if text.endswith(".*") or operator == "~=":
        stem = release if text.endswith(".*") else release[:-1]
        versions = between((at, 0), (_release((*stem[:-1], stem[-1] + 1)), 0))
        return _versions_outside(versions) if operator == "!=" else versions
    match operator:
        case "==" | "===":
            return singleton(at)
        case "!=":
            return _versions_outside(singleton(at))
        case "<" | "<=":
            return (LOWEST, (at, 0 if operator == "<" else 1))
        case _:
            return ((at, 1 if operator == ">" else 0),)


def release_ranges(specifiers: SpecifierSet) -> Range:
    """What all specifiers of a set admit, by releases."""
    return reduce(intersection, map(release_range, specifiers), EVERY_VERSION)


def _release(release: tuple[int, ...]) -> Key:
    return key(Version(".".join(map(str, release))))


def _versions_outside(versions: Range) -> Range:
    return intersection(complement(versions), EVERY_VERSION)


def _from_start(high: Cut) -> Range:
    return between(LOWEST, high) if high[0] > _ZERO_DEV else NOTHING


def _floor(low: Cut) -> Cut:
    return LOWEST if low[0] <= _ZERO_DEV and low[1] == 0 else low


def _final(at: Key) -> Key:
    return (*at[:2], (3, 0), -1, NO_DEV, ())


def _dev0(of: Version) -> Key:
    return (*key(of)[:2], *((-1, 0),), -1, 0, ()) if of.pre is None and of.post is None else first_dev(key(of))


def _next(of: Version) -> Version:
    """The stem after this one: post number, else pre-release number, else last release segment plus one."""
    stem = f"{of.epoch}!" + ".".join(map(str, of.release))
    if of.post is not None:
        pre = "" if of.pre is None else f"{of.pre[0]}{of.pre[1]}"
        return Version(f"{stem}{pre}.post{of.post + 1}")
    if of.pre is not None:
        return Version(f"{stem}{of.pre[0]}{of.pre[1] + 1}")
    return Version(f"{of.epoch}!" + ".".join(map(str, (*of.release[:-1], of.release[-1] + 1))))


def open_interval(below: Key | None, above: Key | None) -> Range:
    """The versions between two, both excluded; None: without end."""
    return between(LOWEST if below is None else (below, 1), None if above is None else (above, 0))


def on_local(specifier: Specifier, local: Version) -> Range:
    """What a specifier admits when it may also mean a local build of its version (uv before 0.5.0)."""
    named = Version(specifier.version.removesuffix(".*"))
    if Version(named.public) == Version(local.public) and named.local in (None, local.local):
        if specifier.operator in ("==", "<="):
            return singleton(key(local))
        if specifier.operator == "!=":
            return _versions_outside(singleton(key(local)))
    return one_specifier_range(specifier, locals_match=False)


@lru_cache(maxsize=65536)
def describe(versions: Range) -> str:
    """The set in PEP 440 operators, segments joined by ``|``; ``*``: every version, ``∅``: none."""
    positive = versions[1:] if versions and versions[0] in (ABSENT, LOWEST) else None
    cuts: list[Cut | None] = [None, *positive] if positive is not None else list(versions)
    if len(cuts) % 2:
        cuts.append(None)
    return " | ".join(map(_segment, cuts[::2], cuts[1::2])) or "∅"


def _segment(low: Cut | None, high: Cut | None) -> str:
    if low is not None and high is not None:
        if low[0] == high[0]:
            return f"=={spell(low[0])}"
        if high == (above_locals(low[0]), 0):
            return f"=={spell(low[0])}"
    words = []
    if low is not None:
        words.append((">=" if low[1] == 0 else ">") + spell(low[0]))
    if high is not None:
        words.append(_upper(high))
    return ",".join(words) or "*"


def _upper(high: Cut) -> str:
    epoch, release, pre, post, dev, local = high[0]
    if high[1] == 1:
        return f"<={spell(high[0])}"
    if dev == 0 and post == 0:  # the least version above a release's locals
        return f"<={spell((epoch, release, pre, -1, NO_DEV, local))}"
    if dev == 0 and pre == (-1, 0) and post < 0:  # the first .dev0: what `<V` excludes
        return f"<{spell((epoch, release, (3, 0), -1, NO_DEV, local))}"
    return f"<{spell(high[0])}"
