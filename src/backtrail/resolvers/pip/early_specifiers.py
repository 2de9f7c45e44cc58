"""Specifiers as releases of pip read them that came with an earlier ``packaging``."""

import re
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import urlsplit

import msgspec
from packaging.requirements import InvalidRequirement
from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.version import Version

from backtrail.model.requirement import Requirement, parse_requirement
from backtrail.resolvers.pip.behaviour import STRICT, PipFiles

__all__ = ["admits", "is_read", "legacy_requirement", "legacy_specifiers", "reader", "refused_since"]

_LEGACY = re.compile(r"(<=|>=|<|>|==|!=)\s*([^,;\s)]*)")
_RELEASE = re.compile(r"v?(\d+(?:\.\d+)*)")
_REQUIREMENT = re.compile(
    r"\s*(?P<name>[A-Za-z0-9][\w.-]*)\s*(?P<extras>\[[^\]]*\])?\s*\(?(?P<specifiers>[^;()@]*)\)?\s*(?P<marker>;.*)?",
    re.ASCII | re.DOTALL,
)
_SWALLOWED = re.compile(r"===\s*\S*;")
_NOTHING, _EVERYTHING = "<0.dev0", ""


def admits(specifiers: SpecifierSet, version: Version, behaviour: PipFiles) -> bool:
    """Whether all specifiers admit a version in a release of pip, pre-releases not held against it."""
    if behaviour.bounds_are_narrow:
        return specifiers.contains(version, prereleases=True)
    return all(_admits(one, version) for one in specifiers)


def _admits(specifier: Specifier, version: Version) -> bool:
    if specifier.operator not in {"<", ">"}:
        return specifier.contains(version, prereleases=True)
    bound = Version(specifier.version)
    alike = Version(version.base_version) == Version(bound.base_version)
    if specifier.operator == "<":
        return version < bound and not (alike and version.is_prerelease and not bound.is_prerelease)
    later = alike and (version.local is not None or (version.is_postrelease and not bound.is_postrelease))
    return Version(version.public) > bound and not later


@lru_cache(maxsize=65536)
def legacy_specifiers(text: str) -> str | None:
    """Specifiers with versions that are none by PEP 440, in such words: ``>=3.6.*`` is ``>=3.6``; None: not even so.

    They were compared as setuptools compared versions of old: numbers, and words between them by the alphabet, where
    the end of a version counts as the word *final*.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    meant = [_legacy(part) for part in parts]
    return None if None in meant else ",".join(one for one in meant if one)


def _legacy(part: str) -> str | None:
    try:
        return str(Specifier(part))
    except InvalidSpecifier:
        found = _LEGACY.fullmatch(part)
    if found is None:
        return None
    operator, version = found.groups()
    release = _RELEASE.match(version)
    if operator in {"==", "!="}:
        return _NOTHING if operator == "==" else _EVERYTHING
    if release is None:  # a word is older than any number
        return _EVERYTHING if operator.startswith(">") else _NOTHING
    rest = version[release.end() :].lstrip(".").lower()
    if rest < "final" and not rest.startswith("-"):
        return f"{'>=' if operator.startswith('>') else '<'}{release[1]}"
    return f"{'>' if operator.startswith('>') else '<='}{release[1]}"


def refused_since(text: str) -> str | None:
    """The first release that cannot read a requirement, of those that earlier ones could; None: none could, or all."""
    if is_read(parse_requirement, text) or not is_read(legacy_requirement, text):
        return None
    return STRICT


def reader(behaviour: PipFiles) -> Callable[[str], Requirement]:
    """How a release reads a requirement in metadata. What it returns raises InvalidRequirement."""
    return legacy_requirement if behaviour.knows_legacy_versions else parse_requirement


def is_read(read: Callable[[str], Requirement], text: str) -> bool:
    """Whether a reader makes something of a requirement."""
    try:
        read(text)
    except InvalidRequirement:
        return False
    return True


@lru_cache(maxsize=65536)
def legacy_requirement(text: str) -> Requirement:
    """A requirement as ``packaging`` before 24 read it, its ``text`` as written; raises InvalidRequirement.

    Behind ``===`` it took everything up to the next space for the version, a semicolon included. Of a direct reference
    it asked for a scheme and a host.
    """
    if _SWALLOWED.search(text):
        raise InvalidRequirement(text)
    try:
        read = parse_requirement(text)
    except InvalidRequirement:
        found = _REQUIREMENT.fullmatch(text)
        meant = None if found is None else legacy_specifiers(found["specifiers"])
        if found is None or meant is None:
            raise
        mended = f"{found['name']}{found['extras'] or ''}{meant}{found['marker'] or ''}"
        return msgspec.structs.replace(parse_requirement(mended), text=text)
    if read.url is not None and not _is_absolute(read.url):
        raise InvalidRequirement(text)
    return read


def _is_absolute(url: str) -> bool:
    parts = urlsplit(url)
    return bool(parts.scheme and parts.netloc) or parts.scheme == "file"
