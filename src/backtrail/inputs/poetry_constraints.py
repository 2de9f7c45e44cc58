"""Poetry's version constraints as the specifiers and markers that its builds write (Poetry's documentation)."""

import re

_PART = re.compile(r"\s*(?P<operator>\^|~=|~|===|==|!=|<=|>=|<|>|=)?\s*v?(?P<version>[0-9][^\s,|]*|\*)\s*")
_RELEASE = re.compile(r"(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)")


class ConstraintError(ValueError):
    """A constraint that no specifier says; the text is why."""


def specifier_of(constraint: str) -> str:
    """``^1.2`` as ``>=1.2,<2.0``; empty for every version. Raises ConstraintError, also for alternatives (``||``)."""
    if "|" in constraint:
        raise ConstraintError("alternatives have no form as a requirement")
    return ",".join(dict.fromkeys(_clauses(constraint)))


def marker_of(constraint: str) -> str:
    """A constraint on Python as a marker; empty for every Python. Raises ConstraintError."""
    ways = [_marker(way) for way in re.split(r"\|\|?", constraint)]
    if "" in ways:
        return ""
    return ways[0] if len(ways) == 1 else " or ".join(f"({way})" if " and " in way else way for way in ways)


def _marker(constraint: str) -> str:
    return " and ".join(map(_comparison, dict.fromkeys(_clauses(constraint))))


def _comparison(clause: str) -> str:
    found = re.fullmatch(r"([=!<>~]+)(.*)", clause)
    assert found is not None, "clauses have an operator"
    operator, version = found[1], found[2]
    plain = version.removesuffix(".*")
    precise = plain.count(".") > 1 or (operator in ("<=", ">") and version == plain)
    return f'{"python_full_version" if precise else "python_version"} {operator} "{plain if not precise else version}"'


def _clauses(constraint: str) -> list[str]:
    """The comparisons that all have to hold, between commas or spaces."""
    found, place, text = [], 0, constraint.strip()
    while place < len(text):
        part = _PART.match(text, place)
        if part is None:
            raise ConstraintError(f"{constraint!r} is not a constraint of Poetry")
        found += _clause(part["operator"] or "", part["version"])
        place = part.end()
        if text[place : place + 1] == ",":
            place += 1
    if not found and text not in ("", "*"):
        raise ConstraintError(f"{constraint!r} is not a constraint of Poetry")
    return found


def _clause(operator: str, version: str) -> list[str]:
    if version == "*":
        return []
    match operator:
        case "^":
            return [f">={version}", f"<{_next_caret(version)}"]
        case "~":
            release = _release(version)
            return [f">={version}", f"<{_bumped(release, min(1, len(release) - 1), version)}"]
        case "" | "=":
            return [f"=={_starred(version)}"]
        case _:
            return [f"{operator}{_starred(version) if operator in ('==', '!=') else version}"]


def _next_caret(version: str) -> str:
    """The first version that a caret leaves out: the leftmost part that is not zero goes up."""
    release = _release(version)
    place = next((place for place, part in enumerate(release) if part), len(release) - 1)
    return _bumped(release, place, version)


def _bumped(release: list[int], place: int, version: str) -> str:
    found = _RELEASE.match(version)
    epoch = f"{found['epoch']}!" if found is not None and found["epoch"] else ""
    raised = [*release[:place], release[place] + 1, *(0 for _ in release[place + 1 :])]
    return epoch + ".".join(map(str, raised))


def _release(version: str) -> list[int]:
    found = _RELEASE.match(version)
    if found is None:
        raise ConstraintError(f"{version!r} is not a version")
    return [int(part) for part in found["release"].split(".")]


def _starred(version: str) -> str:
    """``1.*`` of what may be written ``1.*.*`` or ``1.x``."""
    return re.sub(r"(\.[*x])+$", ".*", version)
