"""The options that a lock repeats: those of a question, whether they are as they were, and what a lock asks by them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from packaging.utils import canonicalize_name

from backtrail.inputs.moments import cutoff, span
from backtrail.model.lock import Lock
from backtrail.model.question import Options
from backtrail.resolvers.cut_off import instant

_NONE = "false"
_EVER = "0001-01-01T00:00:00Z"
"""What stands for a moment that is said as how long ago."""

_USUAL = (None, "if-necessary", "if-necessary-or-explicit")
"""Ways with pre-releases that are one to uv 0.13.9; a lock repeats none of them."""


def options_of(options: Options) -> Iterator[tuple[str, str]]:
    """The options for all projects: those that are not uv's defaults."""
    if options.resolution != "highest":
        yield "resolution-mode", options.resolution
    if options.prerelease not in _USUAL:
        yield "prerelease-mode", str(options.prerelease)
    if options.fork_strategy != "requires-python":
        yield "fork-strategy", options.fork_strategy
    ago = dict(options.exclude_newer_spans).get("")
    if ago is not None:
        yield "exclude-newer", _EVER
        yield "exclude-newer-span", ago
    elif options.exclude_newer is not None:
        yield "exclude-newer", _moment(options.exclude_newer)


def prereleases_of(options: Options) -> tuple[tuple[str, str], ...]:
    """The ways with pre-releases of single projects, by name."""
    listed = ((name, "if-necessary" if mode in _USUAL else mode) for name, mode in options.prerelease_package)
    return tuple(sorted(listed))


def cut_offs_of(options: Options) -> tuple[tuple[str, str], ...]:
    """The cut-offs of single projects, by name."""
    moments: dict[str, str] = {
        name: _moment(moment) if moment else _NONE for name, moment in options.exclude_newer_package
    }
    ago = {name: one for name, one in options.exclude_newer_spans if name}
    return tuple(sorted({**moments, **ago}.items()))


def _moment(text: str) -> str:
    """A moment without digits that say nothing."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    digits = fraction.rstrip("0")
    return f"{whole}{f'.{digits}' if digits else ''}Z"


def cut_off_changed(old: Lock, fresh: Lock) -> bool:
    """Whether uv solves a lock again for its cut-offs.

    As it does not where one is later than it was, or gone for a project, nor for a project that is not in the lock.
    """
    before, now = _whole(old), _whole(fresh)
    if (before is None) is not (now is None) or (before and now and _is_earlier(before, now)):
        return True
    listed, asked = dict(old.cut_offs), dict(fresh.cut_offs)
    known = {package.name for package in old.packages}
    if any(name not in asked or _is_earlier(one, asked[name]) for name, one in listed.items()):
        return True
    return any(name in known and one != _NONE for name, one in asked.items() if name not in listed)


def _whole(lock: Lock) -> str | None:
    """The cut-off of all projects."""
    said = dict(lock.options)
    return said.get("exclude-newer-span") or said.get("exclude-newer")


def _is_earlier(before: str, now: str) -> bool:
    """Whether a cut-off lets less in than it did, or may."""
    if now == _NONE:
        return False
    if before == _NONE or span(before) is not None or span(now) is not None:
        return before != now
    return instant(now, 9) < instant(before, 9)


def asked_by(lock: Lock, now: datetime) -> dict[str, Any]:
    """The options of a lock as those of a question; what it does not repeat is as usual."""
    said = dict(lock.options)
    whole = _whole(lock)
    ago = {"": whole, **dict(lock.cut_offs)}
    single = ((canonicalize_name(name), _read(one, now)) for name, one in lock.cut_offs)
    return {
        "resolution": said.get("resolution-mode", "highest"),
        "prerelease": said.get("prerelease-mode"),
        "prerelease_package": tuple((canonicalize_name(name), mode) for name, mode in lock.prereleases),
        "fork_strategy": said.get("fork-strategy", "requires-python"),
        "exclude_newer": None if whole is None else _read(whole, now),
        "exclude_newer_package": tuple((name, moment) for name, moment in single if moment is not None),
        "exclude_newer_spans": tuple((name, one) for name, one in ago.items() if one is not None and span(one)),
    }


def _read(text: str, now: datetime) -> str | None:
    """A cut-off as options have it, None where it cannot be read."""
    return "" if text == _NONE else cutoff(text, now)
