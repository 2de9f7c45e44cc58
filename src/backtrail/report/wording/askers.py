"""Who asks for a project, and in which words."""

from backtrail.model.case import Report
from backtrail.model.run import Asked
from backtrail.report.lines import Spans, spans
from backtrail.report.wording.words import file, listed, package, release, specifier


def asker(asked: Asked) -> Spans:
    """``librosa 0.10.2 as numba>=0.51``, ``you in requirements.txt:4 as numba``."""
    words = spans(" as ", specifier(asked.requirement.text))
    if asked.by is not None:
        return spans(release(asked.by, asked.version) if asked.version else package(asked.by), words)
    origin = asked.requirement.origin
    place = spans(" (", file(str(origin)), ")") if origin and origin.file else ()
    return spans("you", words, place)


def asked_line(asked: tuple[Asked, ...], shown: int | None = 2) -> Spans:
    """``asked for by librosa 0.10.2 as numba>=0.51 and by …``."""
    return spans("asked for by ", listed(map(asker, asked), last="and by", shown=shown))


def bounds(asked: tuple[Asked, ...]) -> str:
    """What the requirements on a held-back project say about its lowest version."""
    lower = [any(f">{sign}" in one.requirement.specifier for sign in ("", "=")) for one in asked]
    if not asked:
        return ""
    if len(asked) == 1:
        return ": a lower bound too old to help" if lower[0] else ": no lower bound"
    return ": no lower bound that helps"


def who(asked: Asked) -> Spans:
    """``librosa 0.10.2``, ``you (requirements.txt:4)``."""
    if asked.by is not None:
        return release(asked.by, asked.version) if asked.version else spans(package(asked.by))
    origin = asked.requirement.origin
    return spans("you (", file(str(origin)), ")") if origin and origin.file else spans("you")


def whose(asked: Asked) -> Spans:
    """``your tool==1.0 (requirements.txt:3)``, ``app 1.0, which needs tool==1.0``."""
    text = specifier(asked.requirement.text)
    if asked.by is not None:
        return spans(release(asked.by, asked.version) if asked.version else package(asked.by), ", which needs ", text)
    origin = asked.requirement.origin
    place = spans(" (", file(str(origin)), ")") if origin and origin.file else ()
    return spans("your ", text, place)


def asked_of(report: Report) -> set[str]:
    """The resolvers that a report is about."""
    return {*report.answers, *(run.key for run in report.runs)}
