"""Requirements as setuptools wrote them before wheels: requires.txt of an egg-info, and sections of setup files."""

__all__ = ["marked", "requires_txt", "section"]


def requires_txt(text: str, *, own_markers: bool) -> tuple[list[str], list[str]]:
    """Read requirements and extras of an egg-info's requires.txt.

    ``own_markers``: whether a marker in the line itself counts; uv let the section's take its place.
    """
    requires_dist: list[str] = []
    extras: list[str] = []
    condition = ""
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("["):
            extra, condition = section(line.strip("[]"))
            extras += [extra] if extra else []
        elif line:
            requires_dist.append(marked(line if own_markers else _cut(line)[0], condition))
    return requires_dist, list(dict.fromkeys(extras))


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
