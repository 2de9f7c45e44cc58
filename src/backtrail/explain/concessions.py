"""What the user could concede so that a conflict goes away: a setting, another Python, a bound, or a line."""

from collections.abc import Callable, Iterator

import msgspec
from packaging.specifiers import Specifier
from packaging.version import Version

from backtrail.explain.pythons import with_python
from backtrail.explain.remedies import Change, made, opted
from backtrail.model.finding import Conflict
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Run
from backtrail.model.trail import Outcome

Probe = Callable[[Question], Run | None]
"""Solves to learn what to propose; None when the budget is out."""


def concessions(conflict: Conflict, question: Question, probe: Probe) -> Iterator[Change]:
    """Changes for a conflict, the gentlest first; a line is proposed to go only where no bound of it can give way."""
    if conflict.hidden is not None and conflict.hidden.allow is not None:
        yield from _some(opted(question, conflict.hidden.allow))
    if conflict.refused is not None and conflict.refused.pythons:
        minor = conflict.refused.pythons[-1]
        target = with_python(question.target, minor)
        if target is not None:
            yield Change("python", minor, None, msgspec.structs.replace(question, target=target))
    firm = []
    for line in conflict.lines:
        loosened = None if line.requirement.url is not None else _loosened(line.requirement, question, probe)
        if loosened is None:
            firm.append(line)
        else:
            yield loosened
    for line in firm if len(question.requirements) > 1 else ():
        yield from _some(made(question, "drop", "", line.requirement.text))


def _loosened(line: Requirement, question: Question, probe: Probe) -> Change | None:
    """A line as loose as it takes: what would be chosen without its bounds says which of them stand in the way."""
    if not line.specifier:
        return None
    bare = made(question, "relax", _written(line, ()), line.text)
    run = None if bare is None else probe(bare.question)
    if run is None or run.outcome is not Outcome.SOLVED:
        return None
    pin = run.pin(line.name)
    if pin is None:
        return bare
    return made(question, "relax", _written(line, _clauses(line, Version(pin.version))), line.text)


def _clauses(line: Requirement, version: Version) -> tuple[str, ...]:
    """The clauses of a line that a version meets, and for those that it does not, the nearest that it does."""
    exact = [one for one in line.specifiers if one.operator in {"==", "==="}]
    if exact and not all(one.contains(version, prereleases=True) for one in exact):
        return (f"=={version}",)
    written = [Specifier(text) for text in line.specifier.split(",")]
    found: list[str] = []
    for clause in written:
        if clause.contains(version, prereleases=True):
            found.append(str(clause))
        elif clause.operator in {">=", ">", "~="}:
            found.append(f">={version.public}")
    return tuple(dict.fromkeys(found))


def _written(line: Requirement, clauses: tuple[str, ...]) -> str:
    extras = f"[{','.join(line.extras)}]" if line.extras else ""
    marker = f"; {line.marker}" if line.marker else ""
    return f"{line.name}{extras}{','.join(clauses)}{marker}"


def _some(change: Change | None) -> Iterator[Change]:
    if change is not None:
        yield change
