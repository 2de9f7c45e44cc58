"""The facts that a run without an answer rests on, those first that the user can change most easily."""

from collections.abc import Collection, Iterator

from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain.causes.derivation import within
from backtrail.explain.causes.hidden import Hiding
from backtrail.explain.causes.smallest_sets import grounds, is_own, proof_of
from backtrail.explain.evidence.refusals import meets
from backtrail.model.finding import Obstacle, ObstacleKind
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Run
from backtrail.model.trail import Because, Conflicted, Rejected, Required

_ORDER = {kind: place for place, kind in enumerate(ObstacleKind)}

_USELESS = frozenset({Because.FILES, Because.NO_VERSION, Because.NOT_FOUND, Because.EMPTY})


def obstacles(run: Run, question: Question, hiding: Hiding, goal: Requirement) -> tuple[Obstacle, ...]:
    """What may be lifted so that there is an answer; ``goal`` is the line that asks for what is not possible.

    They are what the proof rests on, where a resolver leaves one; pip leaves none: then what led to the last dead end.
    Whether lifting one of them helps is for solving to say.
    """
    asked = grounds(run)
    found: dict[Obstacle, None] = {}
    here = {line.name for line in question.requirements if line.is_own_project}
    inner = _requirements(asked, goal, here)
    for obstacle in (*_lines(asked, question, goal), *_hidden(run, asked, hiding), *inner):
        found.setdefault(obstacle)
    return tuple(sorted(found, key=lambda one: _ORDER[one.kind]))


def _lines(asked: tuple[Required, ...], question: Question, goal: Requirement) -> Iterator[Obstacle]:
    """The user's own lines among the requirements that say something of versions.

    Not those of projects in a folder here: it is what these require that can be changed.
    """
    kinds = {
        ObstacleKind.OWN_LINE: question.requirements,
        ObstacleKind.CONSTRAINT: question.constraints,
        ObstacleKind.OVERRIDE: question.overrides,
    }
    named = {(event.requirement.text, event.requirement.origin) for event in asked}
    for kind, lines in kinds.items():
        for line in lines:
            says = bool(line.specifier) or (line.url is not None and not line.is_own_project)
            if says and line != goal and line.name != goal.name and (line.text, line.origin) in named:
                origin = line.origin
                yield Obstacle(
                    kind=kind,
                    text=line.text,
                    file=None if origin is None else origin.file,
                    line=None if origin is None else origin.line,
                    project=line.name,
                )


def _hidden(run: Run, asked: tuple[Required, ...], hiding: Hiding) -> Iterator[Obstacle]:
    """What policy hides, and what cannot be used, where nothing was left to take."""
    askers: dict[NormalizedName, NormalizedName | None] = {}
    for event in asked:
        if not event.constraint:
            askers.setdefault(event.requirement.name, event.by)
    proof = proof_of(run)
    for rejected in run.trail:
        if isinstance(rejected, Rejected) and rejected.version is not None:
            yield from _refused(rejected, askers)
    for number in sorted(proof):
        one = run.incompatibilities[number]
        if one.causes is None and one.kind in ("no-version", "unavailable") and one.terms:
            name, versions = one.terms[0].package.name, one.terms[0].versions
            if name is not None and (one.because in _USELESS or one.because is None):
                yield from hiding.of(name, lambda version, versions=versions: within(version, versions),  # type: ignore[misc]
                                     askers.get(name))  # fmt: skip
    if run.terminal is None:
        for name, bounds in _clashing(run, asked).items():
            yield from hiding.of(
                name,
                lambda version, bounds=bounds: all(meets(one, str(version)) for one in bounds),  # type: ignore[misc]
                askers.get(name),
            )


def _refused(event: Rejected, askers: dict[NormalizedName, NormalizedName | None]) -> Iterator[Obstacle]:
    """A version refused for its Requires-Python, or for metadata that cannot be read."""
    name = event.package.name
    if name not in askers or name is None:
        return
    if event.because is Because.REQUIRES_PYTHON:
        value = next((one.value for one in event.exclusions), "")
        yield Obstacle(
            kind=ObstacleKind.REQUIRES_PYTHON, text=value, by=askers[name], project=name, version=event.version
        )
    elif event.because is Because.METADATA:
        detail = "" if event.unavailable is None else event.unavailable.detail
        yield Obstacle(kind=ObstacleKind.UNREADABLE, text=detail, by=askers[name], project=name, version=event.version)


def _clashing(run: Run, asked: tuple[Required, ...]) -> dict[NormalizedName, list[Requirement]]:
    """The requirements that met at the last dead end, by project."""
    last = next(
        (
            event.requirements
            for event in reversed(run.trail)
            if isinstance(event, (Conflicted, Rejected)) and event.requirements
        ),
        (),
    )
    found: dict[NormalizedName, list[Requirement]] = {}
    for event in asked:
        if event.id in last:
            found.setdefault(event.requirement.name, []).append(event.requirement)
    return found


def _requirements(
    asked: tuple[Required, ...], goal: Requirement, here: Collection[NormalizedName]
) -> Iterator[Obstacle]:
    """What packages require of each other, in the words of their newest version.

    Those of the projects ``here`` come first, those of the project itself last.
    """
    newest: dict[tuple[NormalizedName, NormalizedName], Required] = {}
    for event in asked:
        if is_own(event) or event.by is None or event.by == event.requirement.name or event.version is None:
            continue
        if not event.requirement.specifier and event.requirement.url is None:
            continue
        pair = event.by, event.requirement.name
        known = newest.get(pair)
        if known is None or Version(event.version) > Version(known.version or "0"):
            newest[pair] = event
    for event in sorted(newest.values(), key=lambda one: (one.by not in here, one.by == goal.name)):
        yield Obstacle(
            kind=ObstacleKind.REQUIREMENT,
            text=event.requirement.text,
            by=event.by,
            project=event.requirement.name,
            version=event.version,
        )
