"""Extras as releases of pip asked for them before markers compared them in normal form (docs/pip.md 2.2, PEP 685)."""

import re
from collections.abc import Collection, Iterable, Iterator

from packaging.utils import NormalizedName, canonicalize_name

from backtrail.model.metadata import Metadata
from backtrail.model.requirement import Requirement, written_extras
from backtrail.resolvers.pip.behaviour import Preset

__all__ = ["named", "provided", "requested", "spelled", "written_marker"]

_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")
_EXTRA = re.compile(
    r"""(?P<before>\bextra\s*[=!]=\s*)(?P<quote>['"])(?P<value>.*?)(?P=quote)"""
    r"""|(?P<first>['"])(?P<other>.*?)(?P=first)(?P<after>\s*[=!]=\s*extra\b)"""
)


def requested(requirement: Requirement, preset: Preset) -> frozenset[str]:
    """The extras of a requirement in every spelling in which a release looks for them."""
    if preset.normalizes_extras or not requirement.extras:
        return frozenset(requirement.extras)
    found = spelled(requirement)
    return found | frozenset(requirement.extras) if preset.takes_both_spellings else found


def spelled(requirement: Requirement) -> frozenset[str]:
    """The extras of a requirement as setuptools' reader spells them."""
    return frozenset(map(_safe, written_extras(requirement.text) or requirement.extras))


def named(extras: Iterable[str], preset: Preset) -> tuple[NormalizedName, ...]:
    """Extras as identifiers have them: in normal form and sorted, before 23.3 once for each spelling."""
    found = map(canonicalize_name, extras)
    return tuple(sorted(set(found) if preset.takes_both_spellings else found))


def provided(metadata: Metadata, asked: Collection[str], preset: Preset) -> Iterator[tuple[str, str]]:
    """The extras that a project has among those asked for: as they are asked for, and as its metadata spells them."""
    alike = canonicalize_name if preset.takes_both_spellings else _safe
    for extra in asked:
        for own in metadata.provides_extra:
            if alike(own) == alike(extra):
                yield extra, own
                break


def written_marker(requirement: Requirement) -> str | None:
    """The marker with extras as the author wrote them, which reading puts into normal form."""
    if requirement.marker is None or "extra" not in requirement.marker:
        return requirement.marker
    _, _, text = requirement.text.partition(" ;" if requirement.url is not None else ";")
    written = (found["value"] if found["other"] is None else found["other"] for found in _EXTRA.finditer(text))

    def as_written(found: re.Match[str]) -> str:
        if found["other"] is None:
            return f'{found["before"]}"{next(written, found["value"])}"'
        return f'"{next(written, found["other"])}"{found["after"]}'

    return _EXTRA.sub(as_written, requirement.marker)


def _safe(extra: str) -> str:
    """The form that setuptools gave to extras."""
    return _UNSAFE.sub("_", extra).lower()
