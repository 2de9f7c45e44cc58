"""Where two runs of one question part: the first version that one takes and the other refuses, or never sees."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain.divergence.foreign_metadata import Foreign
from backtrail.explain.divergence.sides import Side, failed_build, identity
from backtrail.explain.evidence.refusals import History, Refusal
from backtrail.model.finding import Cause, Parting
from backtrail.model.run import Pin, Run
from backtrail.model.trail import Because, Decided, Outcome, Rejected, Rewound
from backtrail.model.verdict import Exclusion, Reason
from backtrail.resolvers.registry import resolver_of

_DEPTH = 20  # refused versions followed down to what was refused first

ADMISSION = frozenset({Because.FILES, Because.METADATA, Because.REQUIRES_PYTHON, Because.EMPTY})
"""Reasons for which a version is refused whatever else was decided."""

_REASONS = {
    Reason.REQUIRES_PYTHON: Cause.REQUIRES_PYTHON,
    Reason.INVALID_REQUIRES_PYTHON: Cause.REQUIRES_PYTHON,
    Reason.YANKED: Cause.YANKED,
    Reason.SDIST_NAME: Cause.FILENAME,
    Reason.INVALID_NAME: Cause.FILENAME,
    Reason.EXCLUDE_NEWER: Cause.CUT_OFF,
    Reason.NO_UPLOAD_TIME: Cause.CUT_OFF,
    Reason.NO_BINARY: Cause.SETTINGS,
    Reason.ONLY_BINARY: Cause.SETTINGS,
    Reason.HASH: Cause.SETTINGS,
    Reason.PRERELEASE: Cause.PRERELEASE,
}
"""What a file is refused for; the others are tags."""


class Place(NamedTuple):
    """Where two runs part. ``suspects`` are the causes that the evidence suggests, the likeliest first.

    ``subject`` is what the reader asked for and gets otherwise: a requirement of the user's, if one differs.
    """

    subject: NormalizedName
    parting: Parting
    refuser: Side
    taker: Side
    refusal: Refusal | None
    suspects: tuple[Cause, ...]
    foreign: tuple[Foreign, ...] = ()

    def evidence(self) -> Iterator[str]:
        """Where the version was refused, taken, and what it displaced."""
        refused, taken = self.parting.refused_by, self.parting.taken_by
        if self.refusal is not None and self.refusal.place is not None:
            if self.refusal.decided is not None:
                yield f"trail:{refused}#{self.refusal.decided}"
            yield f"trail:{refused}#{self.refusal.place}"
        for number, event in enumerate(self.taker.run.trail):
            if isinstance(event, Decided) and (event.package.name, event.version) == (
                self.parting.project,
                self.parting.version,
            ):
                yield f"trail:{taken}#{number}"
                break
        if self.parting.displaced:
            yield f"trail:{taken}#{_displacement(self.taker.run, self.parting.on)}"
        yield f"page:{self.parting.project}"
        if self.parting.requirement is not None:
            yield f"metadata:{self.parting.project}=={self.parting.version}"


def first_parting(first: Side, second: Side, names: Sequence[NormalizedName], read: tuple[Foreign, ...]) -> Place:
    """Where the trails part first, in the order of the first one.

    ``names`` are the projects that differ; ``read`` is what was read from files that disagree.
    """
    histories = {side.run.key: History(side.run) for side in (first, second)}
    for refuser, taker in ((first, second), (second, first)):
        if refuser.run.outcome is not Outcome.SOLVED:
            obstacle = _obstacle(refuser.run, taker.run)
            return place_of(obstacle, refuser, taker, histories, read)._replace(subject=_asked_for(obstacle, taker))
    roots = [name for name in names if not _follows(name, first.run, second.run, names)] or list(names)
    own = [line.name for line in first.question.requirements if line.name in names]
    subject = next((name for name in own if name in roots), None)
    start = subject or min(roots, key=lambda name: _when(name, first, second, histories[first.run.key]))
    place = place_of(start, *roles(start, first, second, histories), histories, read)
    return place._replace(subject=subject or next(iter(own), place.subject))


def _asked_for(name: NormalizedName, side: Side) -> NormalizedName:
    """The user's requirement that leads to a project of an answer, by the shortest way."""
    level, seen = [name], {name}
    while level:
        askers = [asked.by for one in level if (pin := side.run.pin(one)) for asked in pin.requested_by]
        own = [one for one in level if (pin := side.run.pin(one)) and any(by.by is None for by in pin.requested_by)]
        if own:
            return own[0]
        level = [one for one in dict.fromkeys(askers) if one is not None and one not in seen]
        seen.update(level)
    return name


def _follows(name: NormalizedName, first: Run, second: Run, names: Sequence[NormalizedName]) -> bool:
    """Whether a project differs because one that asks for it does: there, or in which versions it admits."""
    for run, other in ((first, second), (second, first)):
        pin, elsewhere = run.pin(name), other.pin(name)
        for asked in () if pin is None else pin.requested_by:
            if asked.by is None or asked.by == name or asked.by not in names:
                continue
            if elsewhere is None or not asked.requirement.specifiers.contains(elsewhere.version, prereleases=True):
                return True
    return False


def _when(name: NormalizedName, first: Side, second: Side, history: History) -> tuple[int, str]:
    """The place in the first trail where the second's version is refused, else where the project is decided first."""
    other = second.run.pin(name)
    refusal = None if other is None else history.recorded(name, other.version)
    if refusal is not None and refusal.place is not None:
        return refusal.place, name
    decided = (
        place
        for place, event in enumerate(first.run.trail)
        if isinstance(event, Decided) and event.package.name == name
    )
    return next(decided, len(first.run.trail)), name


def roles(name: NormalizedName, first: Side, second: Side, histories: Mapping[str, History]) -> tuple[Side, Side]:
    """Which side refuses the version that the other takes: one whose trail says so, else the one with the worse."""
    one, other = first.run.pin(name), second.run.pin(name)
    if one is None or other is None:
        return (first, second) if one is None else (second, first)
    refuses = histories[first.run.key].recorded(name, other.version) is not None
    refused = histories[second.run.key].recorded(name, one.version) is not None
    if refuses != refused:
        return (first, second) if refuses else (second, first)
    if one.version == other.version:  # from another index
        keeps = resolver_of(first.policy).behaviour.stops_at_first_index(first.question.options)
        return (first, second) if keeps else (second, first)
    older = Version(one.version) < Version(other.version)
    return (first, second) if older == (first.question.options.resolution == "highest") else (second, first)


def _obstacle(run: Run, solved: Run) -> NormalizedName:
    """The project of a solution whose versions an unsolved run refused first, for what they are; or could not build."""
    failed = failed_build(run)
    if failed is not None and solved.pin(failed.name) is not None:
        return NormalizedName(failed.name)
    fallback: NormalizedName | None = None
    for event in run.trail:
        if not isinstance(event, Rejected) or event.package.name is None:
            continue
        pin = solved.pin(event.package.name)
        if pin is None or event.version not in (None, pin.version):
            continue
        if event.because is not Because.CONFLICT:
            return event.package.name
        fallback = fallback or event.package.name
    return fallback or solved.pins[0].name


def place_of(
    subject: NormalizedName,
    refuser: Side,
    taker: Side,
    histories: Mapping[str, History],
    read: tuple[Foreign, ...] = (),
) -> Place:
    """Follow a refused version down to what was refused before it: what it asks for and is not available."""
    history = histories[refuser.run.key]
    for _ in range(_DEPTH):
        deeper = _below(subject, refuser.run, taker.run, history)
        if deeper is None:
            break
        subject = deeper
    pin = taker.run.pin(subject)
    version = "" if pin is None else pin.version
    refusal = history.recorded(subject, version)
    displaced = refusal is not None and _displacement(taker.run, refusal.on) is not None
    exclusions = () if pin is None else _exclusions(pin, refusal, refuser)
    parting = Parting(
        project=subject,
        version=version,
        taken_by=taker.run.key,
        refused_by=refuser.run.key,
        because=None if refusal is None else refusal.because,
        on=None if refusal is None else refusal.on,
        on_version=None if refusal is None else refusal.version,
        requirement=None if refusal is None or refusal.requirement is None else refusal.requirement.text,
        exclusions=exclusions,
        displaced=displaced,
        kept_by=_keeper(subject, refuser.run, taker.run),
    )
    found = dict.fromkeys(_suspects(pin, refuser.run.pin(subject), parting, refuser, read))
    return Place(subject, parting, refuser, taker, refusal, tuple(found), read)


def _keeper(name: NormalizedName, *runs: Run) -> str | None:
    """The run that keeps what is installed of a project where the other does not."""
    keep = [run.key for run in runs if (pin := run.pin(name)) is not None and pin.installed]
    return keep[0] if len(keep) == 1 else None


def _below(subject: NormalizedName, refuser: Run, taker: Run, history: History) -> NormalizedName | None:
    """What a refused version asks for and could not have, where that was not decided before it; None: nothing."""
    pin = taker.pin(subject)
    if pin is None:
        return None
    refusal = history.recorded(subject, pin.version)
    if refusal is not None:
        if refusal.decided is not None or refusal.requirement is None or refusal.requirement.name != refusal.on:
            return None
        asked = [refusal.on]
    elif pin.version in refuser.attempts.get(subject, ()):
        asked = [one.name for one in taker.pins if any(by.by == subject for by in one.requested_by)]
    else:
        return None
    apart = [name for name in asked if _differs(name, refuser, taker)]
    return _refused_first(subject, pin.version, apart, refuser, taker) or next(iter(apart), None)


def _refused_first(
    subject: NormalizedName, version: str, asked: Sequence[NormalizedName], refuser: Run, taker: Run
) -> NormalizedName | None:
    """Of what a version asks for, the project of which the run refused first what the other takes; None: not seen."""
    wanted = {name: pin.version for name in asked if (pin := taker.pin(name)) is not None}
    decided = False
    for event in refuser.trail:
        match event:
            case Decided(package=package) if package.name == subject:
                decided = event.version == version
            case Rejected(package=package) if decided and package.name in wanted:
                if event.version in (None, wanted[package.name]):
                    return package.name
            case _:
                pass
    return None


def _differs(name: NormalizedName, refuser: Run, taker: Run) -> bool:
    wanted = taker.pin(name)
    return wanted is not None and identity(wanted) != identity(refuser.pin(name))


def _displacement(run: Run, name: NormalizedName | None) -> int | None:
    """Where a run undid a decision about a project because a later one displaced it; None: nowhere."""
    return next(
        (
            place
            for place, event in enumerate(run.trail)
            if isinstance(event, Rewound)
            and event.because is Because.DISPLACED
            and any(name is not None and package.name == name for package, _ in event.undone)
        ),
        None,
    )


def _exclusions(pin: Pin, refusal: Refusal | None, refuser: Side) -> tuple[Exclusion, ...]:
    """Why the other side refuses the file that was taken: as its trail says, else as its rules do."""
    if refusal is not None or pin.file is None:
        return () if refusal is None else refusal.exclusions
    flat = pin.file.index in refuser.question.indexes.find_links
    question = refuser.question
    return resolver_of(refuser.policy).judge(pin.file, question.target, question.options, flat=flat).exclusions


def _suspects(
    pin: Pin | None, kept: Pin | None, parting: Parting, refuser: Side, read: tuple[Foreign, ...]
) -> Iterator[Cause]:
    """Causes by their evidence, then those without."""
    if failed_build(refuser.run) is not None:
        yield Cause.BUILD_FAILURE
    if parting.kept_by is not None:
        yield Cause.INSTALLED
    if parting.displaced:
        yield Cause.DISPLACED_PIN
    if parting.because in (Because.METADATA, Because.EMPTY):
        yield Cause.INVALID_METADATA
    if parting.because is Because.REQUIRES_PYTHON:
        yield Cause.REQUIRES_PYTHON
    indexes = refuser.question.indexes
    if pin is not None and pin.file is not None and parting.because in (None, Because.FILES):
        several = len({*indexes.extra, indexes.default, *(url for _, url in indexes.pinned)}) > 1
        if several and (kept is None or kept.file is None or kept.file.index != pin.file.index):
            yield Cause.INDEX_STRATEGY
    versions = [Version(one.version) for one in (pin, kept) if one is not None]
    if any(version.is_prerelease for version in versions):
        yield Cause.PRERELEASE
    if any(version.local is not None for version in versions):
        yield Cause.LOCAL_VERSION
    yield from (_REASONS.get(one.reason, Cause.TAGS) for one in parting.exclusions)
    if read:
        yield Cause.FOREIGN_METADATA
    yield Cause.DECISION_ORDER
