"""Requirements as setuptools wrote them before wheels: requires.txt of an egg-info, and sections of setup files."""

from collections.abc import Iterable, Iterator

from backtrail import bounds

__all__ = ["TooManyError", "bounded", "marked", "requires_txt", "section"]


class TooManyError(ValueError):
    """More requirements, or longer ones, than are read."""


def bounded(requirements: Iterable[str]) -> list[str]:
    """All of the requirements of a file: many may each repeat a long condition. Raises TooManyError."""
    found: list[str] = []
    length = 0
    for one in requirements:
        length += len(one)
        if len(found) == bounds.REQUIREMENTS or length > bounds.METADATA:
            raise TooManyError
        found.append(one)
    return found


def requires_txt(text: str, *, own_markers: bool) -> tuple[list[str], list[str]]:
    """Read requirements and extras of an egg-info's requires.txt.

    ``own_markers``: whether a marker in the line itself counts; uv let the section's take its place. Raises
    TooManyError.
    """
    extras: dict[str, None] = {}
    return bounded(_required(text, extras, own_markers=own_markers)), list(extras)


def _required(text: str, extras: dict[str, None], *, own_markers: bool) -> Iterator[str]:
    condition = ""
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("["):
            extra, condition = section(line.strip("[]"))
            extras |= {extra: None} if extra else {}
        elif line:
            yield marked(line if own_markers else _cut(line)[0], condition)


def section(title: str) -> tuple[str, str]:
    """The extra (``""`` if none) and the marker of a section or key ``extra:marker``; either may be missing."""
    extra, _, when = (part.strip() for part in title.partition(":"))
    return extra, _both(when, f'extra == "{extra}"' if extra else "")


def marked(requirement: str, condition: str) -> str:
    """A requirement that counts only under a further condition; an empty one is none."""
    head, own = _cut(requirement)
    when = _both(own, condition)
    return f"{head} ; {when}" if when else head


def _cut(requirement: str) -> tuple[str, str]:
    """A requirement (PEP 508) and its marker; after a URL, whose text may hold a semicolon, the marker has a space."""
    head, _, own = requirement.partition(" ;" if "@" in requirement.partition(";")[0] else ";")
    return head.strip(), own.strip()


def _both(first: str, second: str) -> str:
    if first and second:
        return f"({first}) and {second}"
    return first or second
