"""Markers as pip evaluated them before 26.0: strings in the order of their letters, extras as they are written."""

import re
from collections.abc import Mapping

from packaging.specifiers import InvalidSpecifier, Specifier
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from backtrail.resolvers.pip.behaviour import Preset

__all__ = ["NoVersionError", "as_of_then"]

_ATOM = re.compile(
    r"""(?P<left>'[^']*'|"[^"]*"|[\w.]+)\s*(?P<sign>===|~=|[=!<>]=|[<>]|not\s+in\b|in\b)\s*(?P<right>'[^']*'|"[^"]*"|[\w.]+)"""
)
_HOLDS, _FAILS = "implementation_name not in ''", "implementation_name in ''"


class NoVersionError(ValueError):
    """A marker compares a version with what is none: these releases end with an error of their own."""


def as_of_then(marker: str, values: Mapping[str, str], preset: Preset) -> str:
    """The marker with the comparisons that were made otherwise decided; raises NoVersionError."""

    def decided(atom: re.Match[str]) -> str:
        left, sign, right = atom["left"], atom["sign"], atom["right"]
        known = [values.get(side, "") if side[0] not in "'\"" else side[1:-1] for side in (left, right)]
        if "extra" in (left, right) and sign in ("==", "!="):
            if preset.normalizes_extras:
                known = [canonicalize_name(one) for one in known]
            return _HOLDS if (known[0] == known[1]) is (sign == "==") else _FAILS
        if sign.endswith("in"):
            return atom[0]
        try:
            Specifier(sign + known[1])
        except InvalidSpecifier:
            holds = _compared(known[0], sign, known[1])
            return atom[0] if holds is None else _HOLDS if holds else _FAILS
        if preset.stops_at_no_version and not _is_version(known[0]):
            raise NoVersionError(f"{known[0]!r} is no version: {atom[0]}")
        return atom[0]

    return _ATOM.sub(decided, marker)


def _compared(left: str, sign: str, right: str) -> bool | None:
    match sign:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
        case _:
            return None


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True
