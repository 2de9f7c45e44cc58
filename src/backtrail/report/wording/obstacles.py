"""Facts that keep a newer version away, each in a clause."""

from collections.abc import Iterable

from backtrail.model.case import Report
from backtrail.model.files import FileKind
from backtrail.model.finding import Obstacle, ObstacleKind
from backtrail.report.lines import Spans, spans
from backtrail.report.wording.words import (
    count,
    file,
    listed,
    quote,
    release,
    specifier,
    this_target,
    version,
    without_marker,
)

OWN = {
    ObstacleKind.OWN_LINE: "line",
    ObstacleKind.CONSTRAINT: "constraint",
    ObstacleKind.OVERRIDE: "override",
}
"""Facts that the user wrote, and what they are called."""


_MANY = 3
"""Facts of one kind, from which on one is named and the others are counted."""


def not_newer(subject: str, newest: str, obstacles: tuple[Obstacle, ...], report: Report) -> Spans:
    """``, not 3.1.3, because of your line click<8 (requirements.txt:2)``, ``, not 2.66.0: that needs …``."""
    other = spans(", not ", version(newest))
    own = [one for one in obstacles if one.kind in OWN]
    because = spans(", because of ", lines(own)) if own else ()
    rest = _clauses(subject, [one for one in obstacles if one.kind not in OWN], report, needs=not own)
    if not rest:
        return spans(other, because)
    return spans(other, because, " and because " if own else ": ", listed(rest, last="and"))


def facts(subject: str, obstacles: tuple[Obstacle, ...], report: Report) -> Spans:
    """``your line pillow>=10 (new.txt:1)``, ``ext 1.0 needs pillow>=10``: what stands against a version."""
    own = [one for one in obstacles if one.kind in OWN]
    rest = _clauses(subject, [one for one in obstacles if one.kind not in OWN], report)
    return listed([*([lines(own)] if own else []), *rest])


def _clauses(subject: str, obstacles: list[Obstacle], report: Report, *, needs: bool = True) -> list[Spans]:
    """A clause for each kind of fact, said of what it is about: the project itself first.

    ``needs``: it is what the newer version needs, and not what another answer would have beside it.
    """
    found = []
    for kind in dict.fromkeys(one.kind for one in obstacles):
        alike = [one for one in obstacles if one.kind is kind]
        own = [one for one in alike if one.project == subject and kind is not ObstacleKind.REQUIREMENT]
        found += [clause(own[:1], report, own=True)] if own else []
        others = [one for one in alike if one not in own]
        found += [clause(others, report, needs=needs)] if others else []
    return found


def lines(own: Iterable[Obstacle]) -> Spans:
    """``your line click<8 (requirements.txt:2) and your constraint numpy<2``."""
    return listed(spans(f"your {OWN[one.kind]} ", specifier(one.text), _place(one)) for one in own)


def _place(one: Obstacle) -> Spans:
    return spans(" (", file(f"{one.file}:{one.line}"), ")") if one.file else ()


def clause(alike: list[Obstacle], report: Report, *, own: bool = False, needs: bool = True) -> Spans:
    """What a newer version would need and cannot have; ``own``: what speaks against it itself."""
    one, many = alike[0], len(alike) > 1
    shown = alike if len(alike) < _MANY else alike[:1]
    left = len(alike) - len(shown)
    other = "other pre-release" if one.kind is ObstacleKind.PRERELEASE else "other"
    names = [release(each.project, each.version or "") for each in shown]
    these = listed([*names, *([count(left, other)] if left else [])], last="and")
    it, which = (spans("it"), " ") if own else (spans("that needs ", these), ", which ") if needs else (these, " ")
    match one.kind:
        case ObstacleKind.OWN_LINE | ObstacleKind.CONSTRAINT | ObstacleKind.OVERRIDE:
            return lines(alike)
        case ObstacleKind.PRERELEASE if own:
            return spans(it, " is a pre-release, which is not allowed")
        case ObstacleKind.PRERELEASE if not needs:
            return spans(it, f" {'are pre-releases' if many else 'is a pre-release'}, which is not allowed")
        case ObstacleKind.PRERELEASE:
            kind = "" if left else ", pre-releases" if many else ", a pre-release"
            return spans(it, kind, which, "are" if many else "is", " not allowed")
        case ObstacleKind.YANKED:
            why = spans(" (", quote(one.text), ")") if one.text and not many else ()
            return spans(it, which, "were" if many else "was", " yanked", why)
        case ObstacleKind.FORMAT:
            kind = f"{one.text}s" if many else f"an {one.text}" if one.text == FileKind.SDIST else f"a {one.text}"
            return spans(it, which, f"could only be used as {kind}, and those are forbidden")
        case ObstacleKind.FIRST_INDEX:
            return spans(it, which, "are" if many else "is", " on a later index, ", file(one.text))
        case ObstacleKind.CUT_OFF:
            when = "" if many else f" ({one.text[:10]})"
            return spans(it, which, "were" if many else "was", " uploaded after the cut-off", when)
        case ObstacleKind.REQUIRES_PYTHON:
            wanted = dict.fromkeys(each.text for each in alike)
            return spans(it, which, "need" if many else "needs", " Python ", listed(map(specifier, wanted), shown=1))
        case ObstacleKind.TAGS:
            return spans(it, which, _has(many), " no file for ", this_target(report))
        case ObstacleKind.UNBUILT:
            return spans(it, which, _has(many), " requirements that only a build tells")
        case ObstacleKind.UNREADABLE:
            return spans(it, which, _has(many), " metadata that cannot be read")
        case ObstacleKind.REQUIREMENT:
            said = [spans(release(each.by or "", each.version or ""), " needs ", specifier(need(each.text)))
                    for each in alike]  # fmt: skip
            return listed(said, shown=1 if left else None)


def _has(many: bool) -> str:
    return "have" if many else "has"


def need(text: str) -> str:
    """A requirement without its marker: that it holds here is known."""
    return without_marker(text)
