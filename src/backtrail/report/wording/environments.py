"""Environments in people's words: what a marker means, and what a universal resolution is for."""

import re

from packaging.markers import InvalidMarker, Marker

from backtrail.model.target import Pythons
from backtrail.report.lines import Part, Spans, spans
from backtrail.report.wording.words import joined, specifier

_SYSTEMS = {"win32": "Windows", "darwin": "macOS", "linux": "Linux", "cygwin": "Cygwin", "emscripten": "Emscripten"}
_NEWER = re.compile(r">=(?P<version>\d[\d.]*)")
_TEST = re.compile(r"(?P<name>\w+) (?P<operator>[<>=!]=?) \"(?P<value>[^\"]*)\"")


def pythons(asked: Pythons) -> str:
    """``Python 3.9 and newer``, or the range as it is written."""
    newer = _NEWER.fullmatch(asked.specifiers)
    if newer is not None:
        return f"Python {newer['version']} and newer"
    return f"Python {asked.specifiers}" if asked.specifiers else "every Python"


def where(marker: str) -> Spans:
    """``on Windows``, ``on Python 3.14 and newer``; a marker that says more than these words can stands as it is."""
    if not marker:
        return spans("everywhere")
    words = _words(marker)
    return spans("where ", specifier(marker)) if words is None else spans(*joined([spans(one) for one in words], ", "))


def _words(marker: str) -> list[Part] | None:
    """The parts of a conjunction in words; None for any other marker."""
    if " or " in marker:
        return None
    try:
        texts = [_TEST.fullmatch(text) for text in str(Marker(marker)).split(" and ")]
    except InvalidMarker:
        return None
    tests = [(one["name"], one["operator"], one["value"]) for one in texts if one is not None]
    if len(tests) < len(texts):
        return None
    versions = [(operator, value) for name, operator, value in tests if name == "python_full_version"]
    found = [_platform(*test) for test in tests if test[0] != "python_full_version"]
    if versions:
        found.append(_python(versions))
    return None if None in found else [one for one in found if one is not None]


def _platform(name: str, operator: str, value: str) -> str | None:
    if name == "sys_platform" and operator in ("==", "!="):
        system = _SYSTEMS.get(value, value)
        return f"on {system}" if operator == "==" else f"not on {system}"
    if name == "platform_machine" and operator in ("==", "!="):
        return f"on {value}" if operator == "==" else f"not on {value}"
    return None


def _python(tests: list[tuple[str, str]]) -> str | None:
    match tests:
        case [("==", value)]:
            return f"on Python {value.removesuffix('.*')}"
        case [(">=", value)]:
            return f"on Python {value} and newer"
        case [("<", value)]:
            return f"on Python older than {value}"
        case [(">=", low), ("<", high)]:
            return f"on Python {low} up to, not including, {high}"
        case _:
            return None
