"""What the user could concede so that a conflict goes away: a setting, another Python, a bound, or a line."""

from collections.abc import Callable, Iterator, Sequence

from packaging.specifiers import Specifier
from packaging.version import Version

from backtrail.explain.causes.lifting import line_of
from backtrail.explain.evidence.releases import Releases
from backtrail.explain.evidence.wheel_misses import PYTHONS
from backtrail.explain.lookup.selection import pinned
from backtrail.explain.remedies.alternatives import BEST_MATCH, with_sdists
from backtrail.explain.remedies.other_pythons import with_python
from backtrail.explain.remedies.proposals import Change, made, opted, other_python, some
from backtrail.explain.remedies.with_options import just_after, with_cut_off, with_prereleases
from backtrail.model.finding import (
    Conflict,
    Detail,
    HeldBack,
    Hidden,
    NotFound,
    NothingUsable,
    Obstacle,
    ObstacleKind,
    RemedyKind,
)
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Run
from backtrail.model.trail import Outcome
from backtrail.resolvers.registry import resolver_of
from backtrail.standards.requires_python import within

Probe = Callable[[Question], Run | None]
"""Solves to learn what to propose, by another resolver where this one walks too far; None when the budget is out."""


def concessions(
    detail: Detail, question: Question, policy: Policy, probe: Probe, releases: Releases
) -> Iterator[Change]:
    """Changes for a conflict, for one line that nothing meets, or for what forced a version, the gentlest first.

    A line is proposed to go only where it has a conflict with others, and no bound of it can give way.
    """
    match detail:
        case Conflict(lines=lines, refused=refused, hidden=hidden) as detail:
            yield from _allowed(refused, hidden, question, policy)
            yield from _elsewhere(detail, question, policy)
            firm = []
            for line in (one.requirement for one in lines):
                loosened = _loosened(line, question, probe)
                if loosened is None:
                    firm.append(line)
                else:
                    yield loosened
            for line in firm if len(question.requirements) > 1 else ():
                yield from some(made(question, RemedyKind.DROP, "", line.text))
        case NothingUsable(requirement=text) | NotFound(requirement=text, project=True):
            yield from _allowed(detail if isinstance(detail, NothingUsable) else None, None, question, policy)
            for line in (one for one in question.requirements if one.text == text):
                yield from some(_unlabelled(line, question))
                yield from some(_loosened(line, question, probe))
        case HeldBack(because=obstacles):
            for one in obstacles:
                yield from _lifting(one, question, policy, probe)
            yield from _with_files(obstacles, question, policy, releases)
        case _:
            return


def _lifting(obstacle: Obstacle, question: Question, policy: Policy, probe: Probe) -> Iterator[Change]:
    """What the user can write so that a fact no longer forbids a version."""
    name, version = obstacle.project, obstacle.version
    match obstacle.kind:
        case ObstacleKind.OWN_LINE | ObstacleKind.CONSTRAINT:
            line = line_of(question, obstacle)
            if line is not None:
                yield from some(_loosened(line, question, probe))
        case ObstacleKind.PRERELEASE:
            usual = resolver_of(policy).behaviour.allows_prereleases
            yield from some(opted(question, with_prereleases(question.options, name, usual)))
        case ObstacleKind.YANKED:
            yield from some(made(question, RemedyKind.ADD, f"{name}=={version}"))
        case ObstacleKind.FORMAT:
            yield from with_sdists(name, question)
        case ObstacleKind.FIRST_INDEX:
            yield from some(opted(question, BEST_MATCH))
        case ObstacleKind.CUT_OFF:
            moment = just_after(obstacle.text)
            option = None if moment is None else with_cut_off(question.options, name, moment)
            yield from some(None if option is None else opted(question, option))
        case ObstacleKind.REQUIRES_PYTHON:
            pythons = [f"3.{minor}" for minor in PYTHONS if within(obstacle.text, Version(f"3.{minor}.0"))]
            yield from other_python(pythons, question, policy)
        case (
            ObstacleKind.OVERRIDE
            | ObstacleKind.TAGS
            | ObstacleKind.UNBUILT
            | ObstacleKind.UNREADABLE
            | ObstacleKind.REQUIREMENT
        ):
            return


def _with_files(
    obstacles: Sequence[Obstacle], question: Question, policy: Policy, releases: Releases
) -> Iterator[Change]:
    """The nearest Python for which all that has no file for this one has a file."""
    lacking = [one for one in obstacles if one.kind is ObstacleKind.TAGS and one.version is not None]
    each = [releases.pythons(one.project, str(one.version)) for one in lacking]
    yield from other_python(
        [one for one in each[0] if all(one in its for its in each)] if each else (), question, policy
    )


def _elsewhere(detail: Conflict, question: Question, policy: Policy) -> Iterator[Change]:
    """The nearest Python on which a requirement of a chain is not made, where its marker asks for the Python."""
    for link in (link for chain in detail.chains for link in chain.links):
        marker = link.asked.requirement.parsed_marker
        if marker is None or "python" not in str(marker):
            continue
        pythons = []
        for python in (f"3.{minor}" for minor in PYTHONS):
            target = with_python(question.target, python)
            if target is not None and not marker.evaluate(dict(target.markers)):
                pythons.append(python)
        yield from other_python(pythons, question, policy)


def _allowed(
    refused: NothingUsable | None, hidden: Hidden | None, question: Question, policy: Policy
) -> Iterator[Change]:
    """The setting, or the nearest Python, that allows what is refused."""
    if hidden is not None and hidden.allow is not None:
        yield from some(opted(question, hidden.allow))
    if refused is not None:
        yield from other_python(refused.pythons, question, policy)


def _unlabelled(line: Requirement, question: Question) -> Change | None:
    """The same version as everybody builds it, where a local build of it is pinned (PEP 440)."""
    version = pinned(line)
    if version is None or version.local is None:
        return None
    return made(question, RemedyKind.REPLACE, line.rewritten(f"=={version.public}"), line.text)


def _loosened(line: Requirement, question: Question, probe: Probe) -> Change | None:
    """A line as loose as it takes: what would be chosen without its bounds says which of them stand in the way."""
    if not line.specifier or line.url is not None:
        return None
    bare = made(question, RemedyKind.RELAX, line.rewritten(""), line.text)
    run = None if bare is None else probe(bare.question)
    if run is None or run.outcome is not Outcome.SOLVED:
        return None
    pin = run.pin(line.name)
    if pin is None:
        return bare
    return made(question, RemedyKind.RELAX, line.rewritten(_clauses(line, Version(pin.version))), line.text)


def _clauses(line: Requirement, version: Version) -> str:
    """The clauses of a line that a version meets, and for those that it does not, the nearest that it does."""
    exact = [one for one in line.specifiers if one.operator in {"==", "==="}]
    if exact and not all(one.contains(version, prereleases=True) for one in exact):
        return f"=={version}"
    written = [Specifier(text) for text in line.specifier.split(",")]
    found: list[str] = []
    for clause in written:
        if clause.contains(version, prereleases=True):
            found.append(str(clause))
        elif clause.operator in {">=", ">", "~="}:
            found.append(f">={version.public}")
    return ",".join(dict.fromkeys(found))
