"""BT121: a part of a universal resolution that has no solution, and whether anybody asked for it."""

import re
from collections.abc import Iterator

from backtrail.explain import catalogue
from backtrail.explain.causes.newer import Elsewhere
from backtrail.explain.causes.one_fact import one_fact
from backtrail.explain.remedies.again import Again
from backtrail.explain.remedies.environments import Narrower, here_alone, narrower, newer_pythons, without
from backtrail.model.finding import Finding, Remedy, SplitFailed, SplitReason
from backtrail.model.question import Question
from backtrail.model.requirement import parse_requirement
from backtrail.model.run import Run
from backtrail.model.trail import Outcome, Split
from backtrail.resolvers.uv.behaviour import profile
from backtrail.resolvers.uv.marker_text import reader
from backtrail.resolvers.uv.markers import Node, evaluate
from backtrail.resolvers.uv.universal.marker_relations import simplified
from backtrail.resolvers.uv.universal.marker_writing import Writer
from backtrail.resolvers.uv.universal.python_range import interval_of

_ENOUGH = 2
"""Changes that are shown."""

_OLDER = re.compile(r"python_full_version < '(?P<version>[\d.]+)'")
_SERIES = re.compile(r"python_full_version == '(?P<major>\d+)\.(?P<minor>\d+)\.\*'")
_NEWER = re.compile(r"python_full_version >= '(?P<version>[\d.]+)'")

_NOBODY = parse_requirement("nobody-asks")
"""In place of a line that asks for what is not possible: there is none."""


def split_failed(again: Again, elsewhere: Elsewhere) -> Iterator[Finding]:
    """Find the part without a solution; where nothing was split, only if this computer alone has one."""
    run, question = again.run, again.question
    if run.outcome is not Outcome.IMPOSSIBLE or not run.forks:
        return
    marker = run.forks[-1].marker or ""
    alone = next((again.with_change(one.change) for one in here_alone(question, again.policy)), None)
    solved_here = alone is not None and alone.outcome is Outcome.SOLVED
    if not (marker or solved_here):
        return
    here = set() if alone is None else {pin.name for pin in alone.pins}
    because = one_fact(run, question, again.policy, elsewhere, again.budget, goal=_NOBODY, here=here)
    yield catalogue.finding(
        runs=(run.key,),
        subject=None,
        detail=SplitFailed(
            marker=marker,
            splits=tuple(_reason(event) for event in run.trail if isinstance(event, Split)),
            here=not marker or _holds(marker, again),
            beyond=_is_beyond(marker, question),
            because=because,
        ),
        evidence=tuple(_evidence(run)),
        remedies=tuple(_remedies(marker, again)),
    )


def _reason(event: Split) -> SplitReason:
    return SplitReason(
        package=str(event.package), version=event.version, why=event.why, names=event.names, markers=event.markers
    )


def _holds(marker: str, again: Again) -> bool:
    return evaluate(reader(profile(again.policy)).read(marker), again.question.target.markers)


def _is_beyond(marker: str, question: Question) -> bool:
    """Whether a marker is of Pythons above this computer's, and the range of Pythons has no upper end."""
    newer = _NEWER.search(marker)
    target = question.target
    if newer is None or target.pythons is None or target.pythons.high is not None:
        return False
    low = tuple(map(int, newer["version"].split(".")))
    return low > tuple(target.python_version.release)


def _remedies(marker: str, again: Again) -> Iterator[Remedy]:
    """The environments that can be left out so that there is a solution: those of the part itself first."""
    found = 0
    for one in _ways(marker, again):
        remedy = None if not one.without and found else again.remedy(one.change)
        if remedy is not None:
            yield remedy
            found += 1
        if found >= _ENOUGH:
            return


def _ways(marker: str, again: Again) -> Iterator[Narrower]:
    question, policy = again.question, again.policy
    pythons = question.target.pythons
    if marker and pythons is not None and not _holds(marker, again):
        markers = reader(profile(policy))

        def written(node: Node) -> str:
            return Writer(markers.algebra).text(simplified(markers.algebra, node, interval_of(pythons).range))

        part = markers.read(marker)
        newer = _above(written(part))
        if newer is not None:
            yield from newer_pythons(question, policy, newer)
        yield from without(question, policy, marker, written(markers.algebra.negate(part)))
    yield from narrower(question, policy)


def _above(marker: str) -> str | None:
    """The first Python above those of a marker that speaks of the oldest alone."""
    older, series = _OLDER.fullmatch(marker), _SERIES.fullmatch(marker)
    if series is not None:
        return f"{series['major']}.{int(series['minor']) + 1}"
    return None if older is None else older["version"]


def _evidence(run: Run) -> Iterator[str]:
    for place, event in enumerate(run.trail):
        if isinstance(event, Split):
            yield f"trail:{run.key}#{place}"
    yield f"trail:{run.key}#{len(run.trail) - 1}"
