"""Sets of versions, and of "this package is not selected", as ascending cuts through one line.

The line starts with the point *absent*, then all versions in PEP 440 order. A set is the tuple of cuts where membership
changes, starting outside: ``()`` is empty. A cut is ``(key, 0)`` just before a version, ``(key, 1)`` just after it.
Because absent is a point like any other, a PubGrub term is such a set too: positive terms leave absent out, negative
terms contain it, and negation, intersection and union need no case distinction.

Bounds that no version tells apart are built equal (docs/solver.md 1), so equal sets are equal tuples. Early releases of
uv did not do so (``Reading``).
"""

from bisect import bisect_left, bisect_right
from functools import lru_cache, reduce
from typing import Any, NamedTuple

from packaging.specifiers import Specifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from backtrail.resolvers.uv.versions import (
    NO_DEV,
    Key,
    above_locals,
    above_posts,
    below_prereleases,
    first_dev,
    key,
    next_dev,
    next_post,
    spell,
    successor,
)

Cut = tuple[Any, int]
"""A place on the line; the first part is a Key, or one of the two markers below, which sort before every Key."""

Range = tuple[Cut, ...]

ABSENT: Cut = ((-2,), 0)
LOWEST: Cut = ((-1,), 0)

NOTHING: Range = ()
EVERYTHING: Range = (ABSENT,)
EVERY_VERSION: Range = (LOWEST,)

_ZERO_DEV = first_dev(key(Version("0")))


class Reading(NamedTuple):
    """How a release of uv reads specifiers."""

    locals_match: bool = True
    """``==V`` admits ``V+local`` (PEP 440)."""
    posts_below: bool = True
    """``<V.postN`` admits V and its earlier post releases; before, nothing of V."""
    one_form: bool = True
    """Bounds that no version tells apart are equal. Before, each operator left its own, and ``<V.postN`` admitted no
    pre-release of V, ``>V.postN`` no development release of the next.
    """


NEWEST = Reading()
EARLIEST = Reading(locals_match=False, posts_below=False, one_form=False)


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
            low[1] == 0 and len(low[0]) > 1 and not low[0][5] and high in _ends_of_locals(low[0])
            for low, high in zip(versions[::2], versions[1::2], strict=True)
        )
    )


def _ends_of_locals(version: Key) -> tuple[Cut, Cut]:
    """Where ``==V`` ends, before bounds had one form and since."""
    return (above_locals(version), 0), (successor(above_locals(version)), 0)


@lru_cache(maxsize=65536)
def specifier_range(specifier: SpecifierSet, reading: Reading = NEWEST) -> Range:
    """The versions a specifier set admits (PEP 440)."""
    parts = (one_specifier_range(part, reading) for part in specifier)
    return reduce(intersection, parts, EVERY_VERSION)


def known_range(specifier: SpecifierSet, reading: Reading) -> Range:
    """The same; no version where it compares with what is none."""
    try:
        return specifier_range(specifier, reading)
    except InvalidVersion:
        return NOTHING


@lru_cache(maxsize=65536)
def one_specifier_range(specifier: Specifier, reading: Reading = NEWEST) -> Range:
    """The versions a single specifier admits."""
    admitted = _admitted(specifier, reading)
    return in_one_form(admitted) if reading.one_form else admitted


def _admitted(specifier: Specifier, reading: Reading) -> Range:
    operator, text = specifier.operator, specifier.version
    if text.endswith(".*"):
        stem = Version(text[:-2])
        versions = between((_dev0(stem), 0), (_dev0(_next(stem)), 0))
        return versions if operator == "==" else _versions_outside(versions)
    version = Version(text)
    at = key(version)
    with_locals = reading.locals_match and not version.local
    exact = between((at, 0), (above_locals(at), 0)) if with_locals else singleton(at)
    match operator:
        case "==":
            return exact
        case "===":
            return singleton(at)
        case "!=":
            return _versions_outside(exact)
        case "<=":
            return between(LOWEST, (above_locals(at) if with_locals else at, 1))
        case ">=":
            return ((at, 0),)
        case "<":
            return _below(version, at, reading)
        case ">":
            return (_above(version, at, reading),)
        case _:  # "~=": the series of all but the last release segment
            stem = Version(f"{version.epoch}!" + ".".join(map(str, version.release[:-1])))
            return between((at, 0), (_dev0(_next(stem)), 0))


def _below(version: Version, at: Key, reading: Reading) -> Range:
    if version.is_prerelease:
        return between(LOWEST, (at, 0))
    if version.post is None or not reading.posts_below:
        return between(LOWEST, (below_prereleases(at), 0))
    if reading.one_form:
        return between(LOWEST, (first_dev(at), 0))
    final = _final(at)
    return union(between(LOWEST, (below_prereleases(final), 0)), between((final, 0), (at, 0)))


def _above(version: Version, at: Key, reading: Reading) -> Cut:
    if version.dev is not None:
        return next_dev(at), 0
    if version.post is None:
        return above_posts(at), 1
    return (above_locals(at), 1) if reading.one_form and reading.locals_match else (next_post(at), 0)


def in_one_form(versions: Range) -> Range:
    """The same versions by bounds that are versions wherever there is one: equal sets become equal tuples."""
    cuts: list[Cut] = []
    for cut in versions:
        one = _in_one_form(cut)
        if cuts and cuts[-1] == one:
            cuts.pop()
        else:
            cuts.append(one)
    return tuple(cuts)


def _in_one_form(cut: Cut) -> Cut:
    if cut in (ABSENT, LOWEST):
        return cut
    point = successor(cut[0])
    if point != cut[0]:
        cut = (point, 0)
    return LOWEST if cut[0] < _ZERO_DEV or cut == (_ZERO_DEV, 0) else cut


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
    return one_specifier_range(specifier, EARLIEST)


@lru_cache(maxsize=65536)
def describe(versions: Range) -> str:
    """The set in PEP 440 operators, segments joined by ``|``; ``*``: every version, ``∅``: none."""
    versions = in_one_form(versions)
    positive = versions[1:] if versions and versions[0] in (ABSENT, LOWEST) else None
    cuts: list[Cut | None] = [None, *positive] if positive is not None else list(versions)
    if len(cuts) % 2:
        cuts.append(None)
    return " | ".join(map(_segment, cuts[::2], cuts[1::2])) or "∅"


def _segment(low: Cut | None, high: Cut | None) -> str:
    if low is not None and high is not None:
        if low[0] == high[0]:
            return f"=={spell(low[0])}"
        if high == (successor(above_locals(low[0])), 0):
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
