"""A requirement: what somebody asked for, in their own words, and where they wrote it."""

import re
from functools import lru_cache

from packaging.markers import Marker
from packaging.requirements import Requirement as ParsedRequirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from backtrail.model.record import Record

STDIN = "<stdin>"
"""The file that a line of standard input is from."""


class Origin(Record, frozen=True, kw_only=True):
    """Where the author wrote a line. ``file`` is the path as the user named it; None: the command line."""

    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        """``requirements.txt:4``; the command line has no place of its own."""
        return "command line" if self.file is None else f"{self.file}:{self.line}"


class Requirement(Record, frozen=True, kw_only=True):
    """A project, the versions and extras wanted of it, and when (PEP 508).

    ``extras`` are normalised and keep the author's order. ``url`` is a direct reference (PEP 440), None for an index
    requirement. ``text`` is what the author wrote. ``hashes`` are ``algorithm:hex``, from a requirements file only.
    ``origin`` is None for what a package's own metadata says.
    """

    name: NormalizedName
    extras: tuple[NormalizedName, ...] = ()
    specifier: str = ""
    marker: str | None = None
    url: str | None = None
    text: str
    hashes: tuple[str, ...] = ()
    origin: Origin | None = None

    @property
    def specifiers(self) -> SpecifierSet:
        """The version specifiers, parsed once a text (PEP 440)."""
        return specifier_set(self.specifier)

    @property
    def parsed_marker(self) -> Marker | None:
        """The marker, parsed once a text (PEP 508)."""
        return None if self.marker is None else marker(self.marker)


@lru_cache(maxsize=65536)
def specifier_set(text: str) -> SpecifierSet:
    """Parse and remember; raises ``packaging.specifiers.InvalidSpecifier``."""
    return SpecifierSet(text)


@lru_cache(maxsize=65536)
def marker(text: str) -> Marker:
    """Parse and remember; raises ``packaging.markers.InvalidMarker``."""
    return Marker(text)


_EXTRAS = re.compile(r"[^\[]*\[([^\]]*)\]")


def _written_extras(text: str) -> tuple[NormalizedName, ...]:
    """The extras of a valid requirement in the author's order, which `packaging` does not keep."""
    found = _EXTRAS.match(text)
    assert found is not None, "a requirement with extras has brackets"
    return tuple(dict.fromkeys(canonicalize_name(extra.strip()) for extra in found[1].split(",")))


@lru_cache(maxsize=65536)
def parse_requirement(text: str) -> Requirement:
    """Read one PEP 508 string as strictly as `packaging` does; raises ``packaging.requirements.InvalidRequirement``."""
    parsed = ParsedRequirement(text)
    return Requirement(
        name=canonicalize_name(parsed.name),
        extras=_written_extras(text) if parsed.extras else (),
        specifier=",".join(part.strip() for part in str(parsed.specifier).split(",")),
        marker=None if parsed.marker is None else str(parsed.marker),
        url=parsed.url,
        text=text,
    )
