"""BT101: a pin older than it could be, because newer versions were tried and refused."""

from collections.abc import Iterator, Mapping
from itertools import groupby

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain.evidence.refusals import History, Refusal, meets
from backtrail.explain.evidence.releases import Release, Releases
from backtrail.model.files import FileKind
from backtrail.model.finding import Finding, HeldBack, Refusals, Severity
from backtrail.model.requirement import Requirement
from backtrail.model.run import Asked, Pin, Run
from backtrail.model.trail import Because, Outcome

FAR = 5
"""Releases behind, from which on a pin that nobody capped is surprising."""

_CAPS = frozenset({"<", "<=", "==", "===", "~="})


def held_back(run: Run, releases: Releases) -> Iterator[Finding]:
    """Find the pins that are older than the newest release usable here, where the trail shows what was tried.

    A warning where the resolver was free to do better: nobody caps the project, and what stands in its way was taken
    newer than anybody asked for. Else it is what some requirement wants, and worth knowing only.
    """
    if run.outcome is not Outcome.SOLVED:
        return
    history = History(run)
    for pin in run.pins:
        newer = _newer(pin, history.refused(pin.name)) if pin.file is not None else {}
        found = _explained(run, pin, newer, releases) if newer else None
        if found is not None:
            yield found


def _newer(pin: Pin, refused: Mapping[str, Refusal]) -> dict[str, Refusal]:
    """The refused versions above a pin, the newest first."""
    chosen = Version(pin.version)
    above = {version: Version(version) for version in refused if Version(version) > chosen}
    return {version: refused[version] for version in sorted(above, key=above.__getitem__, reverse=True)}


def _explained(run: Run, pin: Pin, newer: Mapping[str, Refusal], releases: Releases) -> Finding | None:
    assert pin.file is not None
    newest = next(releases.newer(pin), None)
    if newest is None:
        return None
    admitted = _admitted(pin, newest, releases)
    refusal = _in_the_way(newer, admitted or newest)
    blocker = _blocker(run, refusal)
    groups = tuple(_grouped(newer))
    detail = HeldBack(
        chosen=pin.version,
        newest=str((admitted or newest).version),
        uploaded=pin.file.uploaded,
        blocker=None if blocker is None else blocker.name,
        blocker_version=None if blocker is None else blocker.version,
        blocker_first=refusal.decided is not None,
        blocker_asked_by=len(_askers(blocker, pin.name)),
        blocker_capped_by=_capping(blocker, pin.name),
        tried=len(run.attempts.get(pin.name, ())),
        refused=groups,
        asked=pin.requested_by,
        kind=pin.file.kind.value,
    )
    severity = Severity.INFO
    if admitted is not None and not _forced(run, pin, refusal, releases) and _costly(pin, admitted, releases):
        severity = Severity.WARNING
    return Finding(
        code="BT101",
        severity=severity,
        runs=(run.key,),
        subject=pin.name,
        detail=detail,
        evidence=tuple(_evidence(run, pin, refusal, newer, groups)),
    )


def _admitted(pin: Pin, newest: Release, releases: Releases) -> Release | None:
    """The newest usable release that everybody who asks for the project admits, None if it is the pin."""
    wanted = [one.requirement for one in pin.requested_by]
    if all(meets(one, str(newest.version)) for one in wanted):
        return newest
    return next((one for one in releases.newer(pin) if all(meets(r, str(one.version)) for r in wanted)), None)


def _in_the_way(newer: Mapping[str, Refusal], best: Release) -> Refusal:
    """The refusal of the best version, or of the newest refused one if the best was never reached."""
    return newer.get(str(best.version)) or next(iter(newer.values()))


def _blocker(run: Run, refusal: Refusal) -> Pin | None:
    """The pin that the refused version asks to be another; None where a pin asks that of the version instead."""
    if refusal.on is None or refusal.requirement is None or refusal.requirement.name != refusal.on:
        return None
    pin = run.pin(refusal.on)
    return pin if pin is not None and pin.version == refusal.version else None


def _forced(run: Run, pin: Pin, refusal: Refusal, releases: Releases) -> bool:
    """Whether what stands in the way could not have been older for those who ask for it."""
    blocker = _blocker(run, refusal)
    if blocker is None or refusal.requirement is None:
        return False
    wanted = [refusal.requirement.specifiers, *releases.own(blocker.name)]
    wanted += [one.requirement.specifiers for one in blocker.requested_by if one.by != pin.name]
    return not releases.older(blocker, [one for one in wanted if one != SpecifierSet()])


def _costly(pin: Pin, admitted: Release, releases: Releases) -> bool:
    assert pin.file is not None
    built = pin.file.kind is FileKind.SDIST and admitted.file.kind is FileKind.WHEEL
    return built or releases.behind(pin, admitted.version) > FAR


def _askers(blocker: Pin | None, subject: NormalizedName) -> set[NormalizedName | None]:
    return set() if blocker is None else {asked.by for asked in blocker.requested_by if asked.by != subject}


def _capping(blocker: Pin | None, subject: NormalizedName) -> tuple[Asked, ...]:
    if blocker is None:
        return ()
    return tuple(asked for asked in blocker.requested_by if asked.by != subject and _caps(asked.requirement))


def _caps(requirement: Requirement) -> bool:
    return any(one.operator in _CAPS for one in requirement.specifiers)


def _grouped(newer: Mapping[str, Refusal]) -> Iterator[Refusals]:
    """Neighbours refused for one reason, told as the weakest of them says it."""
    for (because, on, version), run in groupby(newer.items(), key=lambda item: _reason(item[1])):
        members = list(run)
        refusals = [refusal for _, refusal in members]
        requirements = [one.requirement for one in refusals if one.requirement is not None]
        yield Refusals(
            versions=tuple(text for text, _ in members),
            because=because,
            on=on,
            version=version,
            requirement=max(requirements, key=_bound).text if requirements else None,
            exclusions=tuple(dict.fromkeys(one for refusal in refusals for one in refusal.exclusions)),
        )


def _reason(refusal: Refusal) -> tuple[Because, NormalizedName | None, str | None]:
    return refusal.because, refusal.on, refusal.version


def _bound(requirement: Requirement) -> tuple[bool, Version]:
    """How far up a requirement reaches; of equals the first, which is the newest version's, is told."""
    caps = [Version(one.version.removesuffix(".*")) for one in requirement.specifiers if one.operator in _CAPS]
    return not caps, min(caps, default=Version("0"))


def _evidence(
    run: Run, pin: Pin, refusal: Refusal, newer: Mapping[str, Refusal], groups: tuple[Refusals, ...]
) -> Iterator[str]:
    """Where the blocker was decided, where each group begins, and the texts that say so."""
    if refusal.decided is not None:
        yield f"trail:{run.key}#{refusal.decided}"
    firsts = [(group.versions[0], newer[group.versions[0]]) for group in groups]
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
