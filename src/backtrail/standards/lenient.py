"""Requirements and specifiers as uv reads them in other people's metadata: strictly, then with common slips mended."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

import msgspec
from packaging.requirements import InvalidRequirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from backtrail import bounds
from backtrail.model.requirement import Requirement, literal, parse_requirement, specifier_set

_TOO_LARGE = 2**64
_MANY_DIGITS = len(str(_TOO_LARGE))

_FIXES = tuple(
    (re.compile(pattern, re.ASCII), replacement)
    for pattern, replacement in (
        (r"(\d)([<>=~^!])", r"\1,\2"),  # >=7.2.0<8.0.0
        (r"!=~((?:\d\.)*\d)", r"!=\1.*"),  # !=~5.0
        (r"(<=|>=|<|>)\s*(\d+(?:\.\d+)*)\.\*", r"\1\2"),  # >=1.9.*
        (r"(\d\.\d)\*", r"\1.*"),  # !=3.0*
        (r",\s*$", ""),  # >=3.6,
        (r">dev", ">0.0.0dev"),
        (r"(\d(?:\.\d)*(?:a|b|rc|post|dev)\d+)\.0", r"\1"),  # >=9.0.0a1.0
    )
)

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:", re.ASCII)

_Parsed = TypeVar("_Parsed")


@lru_cache(maxsize=65536)
def lenient_specifier(text: str) -> SpecifierSet | None:
    """The version specifiers of a ``Requires-Python``; None where no mending helps."""
    return _mended(text, _specifiers, InvalidSpecifier)


@lru_cache(maxsize=65536)
def lenient_requirement(text: str) -> Requirement | None:
    """A requirement of a package's metadata (PEP 508), its ``text`` as written; None where no mending helps."""
    parsed = _mended(text, _requirement, InvalidRequirement)
    return parsed if parsed is None or parsed.text == text else msgspec.structs.replace(parsed, text=text)


def _specifiers(text: str) -> SpecifierSet:
    """Unlike PEP 440, uv lets ``===`` compare versions only."""
    parsed = specifier_set(text)
    try:
        for one in parsed:
            check_version(one.version)
    except ValueError:
        raise InvalidSpecifier(text) from None
    return parsed


def check_version(text: str) -> Version:
    """The version of a specifier, with or without ``.*``.

    Raises ValueError for what is none, also where a number in it has more than 64 bits: uv has none of that size.
    """
    version = Version(text.removesuffix(".*"))
    if len(text) >= _MANY_DIGITS:
        numbers = (version.epoch, *version.release, version.pre and version.pre[1], version.post, version.dev)
        if any(number is not None and number >= _TOO_LARGE for number in numbers):
            raise ValueError("a number in it is too large")
    return version


def _requirement(text: str) -> Requirement:
    """Unlike `packaging`, uv knows no escapes in the values of a marker."""
    try:
        parsed = parse_requirement(literal(text))
        _specifiers(parsed.specifier)
        if parsed.url is not None and not _SCHEME.match(parsed.url):  # relative to what?
            raise InvalidRequirement(text)
    except InvalidSpecifier:
        raise InvalidRequirement(text) from None
    return parsed


def _mended(text: str, parse: Callable[[str], _Parsed], error: type[Exception]) -> _Parsed | None:
    """The first reading that succeeds; each fix is applied on top of the ones before."""
    try:
        return parse(text)
    except error:
        if len(text) > bounds.REQUIREMENT:  # index content is not trusted with more work than that
            return None
    for pattern, replacement in _FIXES:
        before, text = text, pattern.sub(replacement, text)
        if text != before:
            try:
                return parse(text)
            except error:
                continue
    try:
        return parse(_without_stray_quotes(text))
    except error:
        return None


def _without_stray_quotes(text: str) -> str:
    """Quotes gone from the part before the marker; a marker needs its own."""
    requirement, semicolon, marker = text.partition(";")
    return requirement.replace("'", "").replace('"', "") + semicolon + marker
