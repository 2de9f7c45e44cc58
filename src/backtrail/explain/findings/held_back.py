"""BT101: a pin older than it could be: forced by facts, or chosen by the resolver although a newer one was possible."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from types import MappingProxyType

import msgspec
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain import catalogue
from backtrail.explain.causes.newer import Chosen, Forced
from backtrail.explain.evidence.refusals import History, Refusal, meets
from backtrail.explain.evidence.releases import FAR, Release, Releases
from backtrail.model.files import FileKind, NotRecordedError
from backtrail.model.finding import Finding, HeldBack, ObstacleKind, Refusals, Severity
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Asked, Pin, Run, own_names
from backtrail.model.trail import Because, Outcome, Preferred
from backtrail.model.verdict import Reason

_CAPS = frozenset({"<", "<=", "==", "===", "~="})
_FLOORS = frozenset({">", ">=", "==", "~="})

_SURPRISING = frozenset({
    ObstacleKind.PRERELEASE, ObstacleKind.YANKED, ObstacleKind.FORMAT, ObstacleKind.FIRST_INDEX, ObstacleKind.CUT_OFF,
    ObstacleKind.UNBUILT, ObstacleKind.UNREADABLE,
})  # fmt: skip
"""What keeps a version away though nobody asked for that."""

Counterfactual = Callable[[Pin, Version, Version], Forced | Chosen | None]


def held_back(run: Run, question: Question, releases: Releases) -> Iterator[Finding]:
    """Find the user's own requirements that are not at their newest release, and pins of which newer ones were refused.

    A warning where a newer version that everybody admits costs a wheel or many releases; why it was not taken is not
    looked into, see ``explained``.
    """
    if run.outcome is not Outcome.SOLVED:
        return
    own = own_names(question.requirements, [run])
    history = History(run)
    kept = {(event.name, event.version) for event in run.trail if isinstance(event, Preferred)}  # see lock_preference
    for pin in run.pins:
        if pin.file is None or (pin.name, pin.version) in kept:
            continue
        newer = _newer(pin, history.refused(pin.name))
        if newer:
            newest = next(releases.newer(pin), None)
        elif pin.name in own:
            newest = _missed(pin, releases)
        else:
            continue
        if newest is not None:
            yield _finding(run, pin, newest, newer, releases=releases)
        elif pin.name in own and (beyond := _beyond(pin, releases)) is not None:
            yield _finding(run, pin, beyond, releases=releases)


def _newer(pin: Pin, refused: Mapping[str, Refusal]) -> dict[str, Refusal]:
    """The refused versions above a pin, the newest first."""
    chosen = Version(pin.version)
    above = {version: Version(version) for version in refused if Version(version) > chosen}
    return {version: refused[version] for version in sorted(above, key=above.__getitem__, reverse=True)}


def _missed(pin: Pin, releases: Releases) -> Release | None:
    """The newest release above a pin of which nothing was tried, as far as it was recorded."""
    with suppress(NotRecordedError):
        return next(releases.newer(pin), None)
    return None


def _beyond(pin: Pin, releases: Releases) -> Refusals | None:
    """The newest release above a pin that cannot be used here, though the user's own lines admit it."""
    with suppress(NotRecordedError):
        refused = releases.refused_above(pin, Version(pin.version))
        if refused is not None and all(one.contains(refused[0], prereleases=True) for one in releases.own(pin.name)):
            version, exclusions = refused
            guards = tuple(one for one in exclusions if one.reason is Reason.REQUIRES_PYTHON)
            because = Because.REQUIRES_PYTHON if guards else Because.FILES
            return Refusals(versions=(str(version),), because=because, exclusions=guards or exclusions)
    return None


def _finding(
    run: Run, pin: Pin, newest: Release | Refusals, newer: Mapping[str, Refusal] = MappingProxyType({}), *,
    releases: Releases,
) -> Finding:  # fmt: skip
    assert pin.file is not None
    groups = tuple(_grouped(newer)) if isinstance(newest, Release) else (newest,)
    admitted = _admitted(pin, newest, releases) if isinstance(newest, Release) and newer else None
    detail = HeldBack(
        chosen=pin.version,
        newest=str(newest.version) if isinstance(newest, Release) else newest.versions[0],
        uploaded=pin.file.uploaded,
        tried=len(run.attempts.get(pin.name, ())),
        refused=groups,
        every=isinstance(newest, Release) and releases.between(pin, newest.version) <= _public(newer),
        asked=pin.requested_by,
        kind=pin.file.kind,
    )
    costly = admitted is not None and _costly(pin, admitted, releases)
    return catalogue.finding(
        severity=Severity.WARNING if costly else Severity.INFO,
        runs=(run.key,),
        subject=pin.name,
        detail=detail,
        evidence=tuple(_evidence(run, pin, newer, groups if newer else ())),
    )


def _public(versions: Iterable[str]) -> set[str]:
    return {Version(one).public for one in versions}


def _admitted(pin: Pin, newest: Release, releases: Releases) -> Release | None:
    """The newest usable release that everybody who asks for the project admits, None if it is the pin."""
    wanted = [one.requirement for one in pin.requested_by]
    if all(meets(one, str(newest.version)) for one in wanted):
        return newest
    return next((one for one in releases.newer(pin) if all(meets(r, str(one.version)) for r in wanted)), None)


def _costly(pin: Pin, admitted: Release, releases: Releases) -> bool:
    assert pin.file is not None
    built = pin.file.kind is FileKind.SDIST and admitted.file.kind is FileKind.WHEEL
    return built or releases.behind(pin, admitted.version) > FAR


# Why


def explained(
    findings: Sequence[Finding],
    run: Run,
    question: Question,
    releases: Releases,
    why: tuple[Counterfactual, Counterfactual],
) -> tuple[Finding, ...]:
    """The findings with what forced each of them, or what the resolver could have chosen instead.

    ``why`` solves, as long as it may: the first for the user's own requirements and for what is surprising, the second
    for what else is held back. Those farthest behind come first, then sdists.
    """
    own = own_names(question.requirements, [run])
    places = sorted(
        (place for place, one in enumerate(findings) if isinstance(one.detail, HeldBack)),
        key=lambda place: _urgency(findings[place], run, own, releases),
    )
    found = list(findings)
    for place in places:
        pin = run.pin(findings[place].subject or "")
        detail = findings[place].detail
        assert isinstance(detail, HeldBack)
        assert pin is not None
        newest = Version(detail.newest)
        oldest = releases.next(pin)
        urgent = pin.name in own or findings[place].severity is not Severity.INFO
        cause = why[not urgent](pin, newest, newest if oldest is None else oldest.version)
        if cause is not None:
            found[place] = _caused(findings[place], detail, cause, run, own, releases)
    return tuple(found)


def _urgency(
    finding: Finding, run: Run, own: frozenset[NormalizedName], releases: Releases
) -> tuple[bool, bool, int, bool]:
    pin = run.pin(finding.subject or "")
    assert pin is not None
    assert isinstance(finding.detail, HeldBack)
    behind = releases.behind(pin, Version(finding.detail.newest))
    return pin.name not in own, finding.severity is Severity.INFO, -behind, finding.detail.kind != FileKind.SDIST.value


def _caused(
    finding: Finding,
    detail: HeldBack,
    cause: Forced | Chosen,
    run: Run,
    own: frozenset[NormalizedName],
    releases: Releases,
) -> Finding:
    match cause:
        case Forced(obstacles=obstacles, chains=chains):
            surprising = all(one.kind in _SURPRISING for one in obstacles)
            named = {one.project for one in obstacles} | {one.by for one in obstacles if one.by is not None}
            detail = msgspec.structs.replace(
                detail, because=obstacles, chains=chains, refused=_regrouped(detail.refused, named)
            )
        case Chosen(alternative=alternative, blocker=blocker):
            lines = [one for one in run.pins if one.name in own and one.name in alternative]
            surprising = not any(_lost(one, alternative[one.name][1], releases) for one in lines)
            named = set() if blocker is None else {blocker.name}
            detail = msgspec.structs.replace(
                detail,
                alternative=alternative,
                blocker=None if blocker is None else blocker.name,
                blocker_version=None if blocker is None else blocker.version,
                blocker_first=blocker is not None and cause.first,
                blocker_asked_by=len(_askers(blocker, finding.subject)),
                blocker_capped_by=_capping(blocker, finding.subject),
                refused=_regrouped(detail.refused, named),
            )
    return msgspec.structs.replace(finding, detail=detail, severity=finding.severity if surprising else Severity.INFO)


def _lost(pin: Pin, then: str | None, releases: Releases) -> bool:
    """Whether another answer has a project of the user's no longer, or much older."""
    return then is None or releases.below(pin, Version(then)) > FAR


def _askers(blocker: Pin | None, subject: NormalizedName | None) -> set[NormalizedName | None]:
    return set() if blocker is None else {asked.by for asked in blocker.requested_by if asked.by != subject}


def _capping(blocker: Pin | None, subject: NormalizedName | None) -> tuple[Asked, ...]:
    if blocker is None:
        return ()
    return tuple(asked for asked in blocker.requested_by if asked.by != subject and _caps(asked.requirement))


def _caps(requirement: Requirement) -> bool:
    return any(one.operator in _CAPS for one in requirement.specifiers)


# The versions between


def _grouped(newer: Mapping[str, Refusal]) -> Iterator[Refusals]:
    """Neighbours refused for one reason, in the words of the weakest of them: all of them ask for more, or none."""
    for (because, on, version, _), run in groupby(newer.items(), key=lambda item: _reason(item[1])):
        members = list(run)
        refusals = [refusal for _, refusal in members]
        requirements = [one.requirement for one in refusals if one.requirement is not None]
        yield Refusals(
            versions=tuple(text for text, _ in members),
            because=because,
            on=on,
            version=version,
            requirement=_weakest(requirements, version).text if requirements else None,
            exclusions=tuple(dict.fromkeys(one for refusal in refusals for one in refusal.exclusions)),
        )


def _regrouped(groups: tuple[Refusals, ...], named: set[NormalizedName]) -> tuple[Refusals, ...]:
    """The groups, of projects in conflict only those that are ``named``: others may be a consequence of the choice."""
    plain = [
        one
        if one.because is not Because.CONFLICT or one.on in named
        else msgspec.structs.replace(one, on=None, version=None, requirement=None)
        for one in groups
    ]
    found: list[Refusals] = []
    for one in plain:
        last = found[-1] if found else None
        if last is not None and one.because is Because.CONFLICT is last.because and one.on is None is last.on:
            found[-1] = msgspec.structs.replace(last, versions=(*last.versions, *one.versions))
        else:
            found.append(one)
    return tuple(found)


def _reason(refusal: Refusal) -> tuple[Because, NormalizedName | None, str | None, bool]:
    floor = None if refusal.requirement is None else _floor(refusal.requirement)
    newer = floor is not None and refusal.version is not None and floor > Version(refusal.version)
    return refusal.because, refusal.on, refusal.version, newer


def _weakest(requirements: Sequence[Requirement], decided: str | None) -> Requirement:
    """What all of them leave out in the mildest words: the highest cap, or the lowest floor where all ask for more."""
    floors = [_floor(one) for one in requirements]
    above = [floor for floor in floors if decided is not None and floor is not None and floor > Version(decided)]
    if len(above) == len(requirements):
        return requirements[above.index(min(above))]
    return max(requirements, key=_bound)


def _floor(requirement: Requirement) -> Version | None:
    """The highest lower bound; None where there is none."""
    floors = (Version(one.version.removesuffix(".*")) for one in requirement.specifiers if one.operator in _FLOORS)
    return max(floors, default=None)


def _bound(requirement: Requirement) -> tuple[bool, Version]:
    """How far up a requirement reaches; of equals the first, which is the newest version's, is named."""
    caps = [Version(one.version.removesuffix(".*")) for one in requirement.specifiers if one.operator in _CAPS]
    return not caps, min(caps, default=Version("0"))


def _evidence(run: Run, pin: Pin, newer: Mapping[str, Refusal], groups: tuple[Refusals, ...]) -> Iterator[str]:
    """Where what stood in the way was decided, where each group begins, and the texts that say so."""
    firsts = [(group.versions[0], newer[group.versions[0]]) for group in groups]
    if firsts and firsts[0][1].decided is not None:
        yield f"trail:{run.key}#{firsts[0][1].decided}"
    for _, one in firsts:
        if one.place is not None:
            yield f"trail:{run.key}#{one.place}"
    yield f"page:{pin.name}"
    for text, one in firsts:
        if one.requirement is None:
            continue
        if one.requirement.name != pin.name:
            yield f"metadata:{pin.name}=={text}"
        elif one.on is not None:
            yield f"metadata:{one.on}=={one.version}"
    assert pin.file is not None
    yield f"file:{pin.file.filename}"
