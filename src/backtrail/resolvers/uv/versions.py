"""Versions as sortable keys: the PEP 440 order, extended by the points between versions that uv's ranges need.

A key is ``(epoch, release without trailing zeros, pre, post, dev, local)``; keys compare as the versions do. Points
that no version reaches complete the order: below every pre-release of a version, above all its locals, and above all
its post releases. Most have a version next to them (``successor``).
"""

import sys
from functools import cache

from packaging.version import Version

Key = tuple[int, tuple[int, ...], tuple[int, int], int, int, tuple[tuple[int, str], ...]]

_INF = sys.maxsize
NO_DEV = _INF
_BELOW, _DEV_ONLY, _FINAL = (-2, 0), (-1, 0), (3, 0)
_ALL_LOCALS = ((_INF, ""),)
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
    """The point above every local build of a public version."""
    return (*of[:5], _ALL_LOCALS)


def above_posts(of: Key) -> Key:
    """The point above every post release."""
    return (*of[:3], _INF, _INF, ())


def below_prereleases(of: Key) -> Key:
    """The point below every version of a release; that of a post release is above the release's own."""
    return (*of[:2], _BELOW, of[3], 0, ())


def next_dev(of: Key) -> Key:
    """The development release after this one."""
    return (*of[:4], of[4] + 1, ())


def next_post(of: Key) -> Key:
    """The post release after this one."""
    return (*of[:3], of[3] + 1, _INF, ())


def successor(point: Key) -> Key:
    """The least version above a point that no version reaches, where there is one; a version is its own."""
    epoch, release, pre, post, dev, local = point
    if local == _ALL_LOCALS:
        return (epoch, release, pre, post, dev + 1, ()) if dev != _INF else (epoch, release, pre, post + 1, 0, ())
    if pre == _BELOW:
        return first_dev((epoch, release, _FINAL, post, dev, ()))
    if post == _INF and pre != _FINAL:
        return (epoch, release, (pre[0], pre[1] + 1), -1, 0, ())
    return point


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
