"""Versions as sortable keys: the PEP 440 order, extended by the points between versions that uv's ranges need.

A key is ``(epoch, release without trailing zeros, pre, post, dev, local)``; keys compare as the versions do. Two points
complete the order: one above all post releases of a version, which no version reaches, and the least version above all
its locals.
"""

import sys
from functools import cache

from packaging.version import Version

Key = tuple[int, tuple[int, ...], tuple[int, int], int, int, tuple[tuple[int, str], ...]]

_INF = sys.maxsize
NO_DEV = _INF
_DEV_ONLY, _FINAL = (-1, 0), (3, 0)
_LETTERS = ("a", "b", "rc")

ROOT: Key = (0, (), _FINAL, -1, _INF, ())
"""The version of the user's own requirements: 0."""


@cache
def key(version: Version) -> Key:
    """Where a version stands in the order."""
    release = version.release
    while release and release[-1] == 0:
        release = release[:-1]
    if version.pre is not None:
        pre = (_LETTERS.index(version.pre[0]), version.pre[1])
    elif version.post is None and version.dev is not None:
        pre = _DEV_ONLY
    else:
        pre = _FINAL
    return (
        version.epoch,
        release,
        pre,
        -1 if version.post is None else version.post,
        _INF if version.dev is None else version.dev,
        # PEP 440: numeric segments sort above alphanumeric ones
        tuple((int(part), "") if part.isdigit() else (-1, part) for part in (version.local or "").split(".") if part),
    )


def above_locals(of: Key) -> Key:
    """The least version above every local build of a public version."""
    epoch, release, pre, post, dev, _ = of
    if dev != _INF:
        return (epoch, release, pre, post, dev + 1, ())
    return (epoch, release, pre, post + 1, 0, ())


def above_posts(of: Key) -> Key:
    """The least point above every post release: a version for a pre-release, else a point no version reaches."""
    epoch, release, pre, _, dev, _ = of
    if dev != _INF:
        return (epoch, release, pre, -1, dev + 1, ())
    if pre != _FINAL:
        return (epoch, release, (pre[0], pre[1] + 1), -1, 0, ())
    return (epoch, release, pre, _INF, _INF, ())


def first_dev(of: Key) -> Key:
    """The least version of a release: its ``.dev0``, below every pre-release of it (or of that post release)."""
    epoch, release, pre, post, _, _ = of
    return (epoch, release, _DEV_ONLY if pre == _FINAL and post < 0 else pre, post, 0, ())


def is_prerelease(of: Key) -> bool:
    """Alpha, beta, candidate or development release (PEP 440)."""
    return of[2] != _FINAL or of[4] != _INF


def public(of: Key) -> Key:
    """The version without its local part."""
    return (*of[:5], ())


def spell(of: Key) -> str:
    """The PEP 440 spelling with at least two release segments; a point above all posts reads as its version."""
    epoch, release, pre, post, dev, local = of
    text = f"{epoch}!" if epoch else ""
    text += ".".join(str(part) for part in (*release, 0, 0)[: max(len(release), 2)])
    if pre[0] in (0, 1, 2):
        text += f"{_LETTERS[pre[0]]}{pre[1]}"
    if 0 <= post < _INF:
        text += f".post{post}"
    if dev != _INF:
        text += f".dev{dev}"
    if local:
        text += "+" + ".".join(word or str(number) for number, word in local)
    return text
