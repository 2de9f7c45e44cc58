"""BT110: a run that looked at many more versions than it needed: where the attempts went, and over what."""

from collections import Counter
from collections.abc import Iterator, Mapping

from packaging.utils import NormalizedName

from backtrail.explain import catalogue
from backtrail.model.finding import Collision, Effort, Finding, Severity, Thrash
from backtrail.model.run import Asked, Run
from backtrail.model.trail import Conflicted, Outcome, Rejected, Required, Rewound

REMARKABLE = 50
"""Versions looked at in vain, from which on it is worth knowing."""

COSTLY = 250
"""From here on it is a warning: each is a file of metadata to fetch, or an sdist to build."""

SHOWN = 5
"""Projects named, and pairs of requirements."""

_Pair = tuple[tuple[NormalizedName | None, NormalizedName], tuple[NormalizedName | None, NormalizedName]]


def thrash(run: Run) -> Iterator[Finding]:
    """Explain what a run cost, where that is remarkable; always where it gave up, but for want of time."""
    in_vain = sum(map(len, run.attempts.values())) - len(run.attempts)
    if run.outcome is Outcome.GAVE_UP and not run.undecided:
        severity = Severity.ERROR
    elif in_vain >= REMARKABLE:
        severity = Severity.WARNING if in_vain >= COSTLY else Severity.INFO
    else:
        return
    efforts = _efforts(run)
    places, collisions = _collisions(run)
    yield catalogue.finding(
        severity=severity,
        runs=(run.key,),
        subject=efforts[0].project if efforts else None,
        detail=Thrash(
            attempts=sum(map(len, run.attempts.values())),
            projects=len(run.attempts),
            efforts=efforts[:SHOWN],
            collisions=collisions[:SHOWN],
        ),
        evidence=tuple(f"trail:{run.key}#{place}" for place in places[:SHOWN]) or _last(run),
    )


def _last(run: Run) -> tuple[str, ...]:
    return (f"trail:{run.key}#{len(run.trail) - 1}",) if run.trail else ()


def _efforts(run: Run) -> tuple[Effort, ...]:
    """The projects of which more than one version was looked at, or one was refused; the costliest first."""
    refused: Counter[NormalizedName] = Counter()
    for event in run.trail:
        match event:
            case Rejected(package=package) if package.name is not None:
                refused[package.name] += 1
            case Rewound(undone=undone) if undone and undone[-1][0].name is not None:
                refused[undone[-1][0].name] += 1  # the oldest undone is what had to give; the rest came after it
            case _:
                pass
    found = [
        Effort(project=name, versions=len(run.attempts.get(name, ())), refused=refused[name])
        for name in dict.fromkeys((*map(NormalizedName, run.attempts), *refused))
    ]
    costly = [one for one in found if one.versions > 1 or one.refused]
    return tuple(sorted(costly, key=lambda one: (-one.versions, -one.refused, one.project)))


def _collisions(run: Run) -> tuple[list[int], tuple[Collision, ...]]:
    """The pairs of requirements that met in conflicts, the most frequent first, and where each did last."""
    required = {event.id: event for event in run.trail if isinstance(event, Required)}
    times: Counter[_Pair] = Counter()
    words: dict[_Pair, tuple[Required, Required]] = {}
    last: dict[_Pair, int] = {}
    latest: dict[NormalizedName, dict[NormalizedName | None, Required]] = {}
    for place, event in enumerate(run.trail):
        if isinstance(event, Required):
            latest.setdefault(event.requirement.name, {})[event.by] = event
        if not isinstance(event, (Conflicted, Rejected)):
            continue
        named = [required[number] for number in event.requirements if number in required]
        met = _pair(named, latest)
        if met is not None:
            one, other = met
            pair = ((one.by, one.requirement.name), (other.by, other.requirement.name))
            times[pair] += 1
            words[pair], last[pair] = met, place
    found = sorted((pair for pair in times if times[pair] > 1), key=lambda pair: (-times[pair], last[pair]))
    collisions = (Collision(one=_asked(words[p][0]), other=_asked(words[p][1]), times=times[p]) for p in found)
    return [last[pair] for pair in found], tuple(collisions)


def _pair(
    named: list[Required], latest: Mapping[NormalizedName, Mapping[NormalizedName | None, Required]]
) -> tuple[Required, Required] | None:
    """Two requirements of different askers on one project: both named by the conflict, else the one it met there."""
    if not named:
        return None
    first = named[-1]
    name = first.requirement.name
    rivals = [one for one in named[:-1] if one.requirement.name == name and one.by != first.by]
    rivals += [one for by, one in latest.get(name, {}).items() if by not in (first.by, name)]
    if not rivals:
        return None
    rival = next((one for one in rivals if one.requirement.specifier), rivals[0])
    ordered = sorted((first, rival), key=lambda one: str(one.by or ""))
    return ordered[0], ordered[1]


def _asked(event: Required) -> Asked:
    return Asked(requirement=event.requirement, by=event.by, version=event.version)
