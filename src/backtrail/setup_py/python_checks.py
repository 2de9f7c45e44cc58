"""Checks of the Python version in a setup.py that end it: found by reading, never by running (BT104)."""

import ast
import re
from collections.abc import Iterable, Mapping

from packaging.version import Version

from backtrail.model.finding import Guard
from backtrail.setup_py.interpreter import Stop, TooMuchError, rehearse
from backtrail.setup_py.keywords import parse_script

__all__ = ["find_guards"]

_MENTIONS = ("version_info", "hexversion", "python_version", "sys.version")
_MINORS = ((2, 6), (2, 7), *((3, minor) for minor in range(21)), (3, 99))
_LAST_MICRO = 99
_MOST_MENTIONED = 20
_MOST_HOLES = 6
_LONGEST_MESSAGE = 300

Release = tuple[int, int, int]


def find_guards(setup_py: str, target_python: str) -> tuple[Guard, ...] | str:
    """Find every check of the Python version that raises or exits, by line; a few words if the script cannot be read.

    The script is rehearsed on an unknown Python, which shows the checks, and then on every Python they may tell apart,
    which shows their bounds. ``passes`` and ``message`` are those of ``target_python``, ``3.10.13``; ``bounds`` is None
    where the check needs more than the text tells, or is no range with a few minor versions left out.
    """
    if not any(mention in setup_py for mention in _MENTIONS):
        return ()
    script = parse_script(setup_py)
    if isinstance(script, str):
        return script
    try:
        places = sorted({_place(stop) for stop in rehearse(script, None) if stop.guarded})
        if not places:
            return ()
        target = _release(Version(target_python).release)
        stops = {python: rehearse(script, _text(python)) for python in _pythons(script, target)}
    except TooMuchError:
        return "it is too long to follow"
    guards = (_guard(place, target, {python: _at(place, stops[python]) for python in stops}) for place in places)
    return tuple(dict.fromkeys(guard for guard in guards if guard is not None))


Place = tuple[int, tuple[int, ...]]


def _place(stop: Stop) -> Place:
    return stop.line, stop.calls


def _guard(place: Place, target: Release, stops: Mapping[Release, Stop | None]) -> Guard | None:
    """What the rehearsals say of one place; None where it never ends the script."""
    refusing = [stop for stop in stops.values() if stop is not None]
    if not refusing:
        return None
    here = stops[target]
    message = (here or refusing[0]).message
    certain = all(stop.certain for stop in refusing)
    return Guard(
        line=place[0],
        bounds=_bounds({python: stop is None for python, stop in stops.items()}) if certain else None,
        message=None if message is None else " ".join(message.split())[:_LONGEST_MESSAGE],
        passes=True if here is None else (False if here.certain else None),
    )


def _at(place: Place, stops: Iterable[Stop]) -> Stop | None:
    """The stop at a place; one that is certain if it was reached several times."""
    return max((stop for stop in stops if _place(stop) == place), key=lambda stop: stop.certain, default=None)


def _bounds(passes: Mapping[Release, bool]) -> str | None:
    """Say which Pythons pass, as a version specifier (PEP 440); None where that is not a plain range."""
    pythons = sorted(passes)
    good = [python for python in pythons if passes[python]]
    if not good or len(good) == len(pythons):
        return None
    clauses = []
    if good[0] != pythons[0]:
        clauses.append(f">={_short(good[0])}")
    after = [python for python in pythons if python > good[-1]]
    if after:
        clauses.append(f"<{_short(after[0])}")
    holes = {python[:2] for python in pythons if good[0] < python < good[-1] and not passes[python]}
    if len(holes) > _MOST_HOLES or any(passes[python] for python in pythons if python[:2] in holes):
        return None
    return ",".join([*clauses, *(f"!={major}.{minor}.*" for major, minor in sorted(holes))])


def _pythons(script: ast.Module, target: Release) -> list[Release]:
    """Both ends of every minor version, and what the script itself mentions with its neighbours, ascending."""
    found = {(*minor, micro) for minor in _MINORS for micro in (0, _LAST_MICRO)} | {target}
    for major, minor, micro in sorted(_mentioned(script))[:_MOST_MENTIONED]:
        found |= {(major, minor, near) for near in (micro - 1, micro, micro + 1) if near >= 0}
    return sorted(found)


def _mentioned(script: ast.Module) -> set[Release]:
    """Versions of Python written as ``(3, 5, 2)``, ``"3.5.2"`` or ``0x030502F0``."""
    found: set[Release] = set()
    for node in ast.walk(script):
        match node:
            case ast.Constant(value=str(text)) if re.fullmatch(r"[234](\.\d{1,2}){1,2}", text, re.ASCII):
                found.add(_release([int(part) for part in text.split(".")]))
            case ast.Constant(value=int(number)) if 0x02000000 <= number <= 0x04000000:
                found.add((number >> 24, number >> 16 & 0xFF, number >> 8 & 0xFF))
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                numbers = [part.value for part in parts if isinstance(part, ast.Constant) and type(part.value) is int]
                if len(numbers) >= 2 and numbers[0] in (2, 3, 4) and all(0 <= number < 100 for number in numbers):
                    found.add(_release(numbers))
            case _:
                pass
    return found


def _release(parts: Iterable[int]) -> Release:
    major, minor, micro = (*parts, 0, 0)[:3]
    return major, minor, micro


def _text(python: Release) -> str:
    return ".".join(map(str, python))


def _short(python: Release) -> str:
    return _text(python).removesuffix(".0")
