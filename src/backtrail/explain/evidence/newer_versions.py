"""One reason for every version of a project that is newer than the one chosen, and which requirement binds it."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import msgspec
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain.causes.lifting import lift_line, own_line
from backtrail.explain.evidence.refusals import History, Refusal, meets
from backtrail.explain.evidence.releases import Releases
from backtrail.explain.remedies.budget import Budget
from backtrail.model.files import Listing
from backtrail.model.policy import Policy
from backtrail.model.project import Hold, Standing, VersionRow, VersionTable
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Asked, Pin, Run
from backtrail.model.source import Source
from backtrail.model.trail import Decided, Outcome, Read, Rejected, Required
from backtrail.model.verdict import Exclusion, Reason
from backtrail.sources.lifted import Asks, Lifted

_MOST_LIFTED = 6
"""Requirements solved without, at most."""

_CONTESTED = 2
"""Projects beside which newer versions were refused, whose requirements are looked at."""

Solve = Callable[[Question, Source], Run]


def version_tables(
    run: Run, name: NormalizedName, question: Question, policy: Policy, source: Source, solve: Solve, budget: Budget
) -> tuple[VersionTable, ...]:
    """Tell each newer version's one reason, and solve without each requirement that may be the binding one.

    ``solve`` answers as the same resolver would, from another source. Solves are spare ones of the budget; what was not
    tried stays unknown. None where the run does not pin the project; of a universal run one for each version that its
    forks pin, that of this computer first.
    """
    if run.outcome is not Outcome.SOLVED:
        return ()
    releases = Releases(question, policy, source)
    found: list[VersionTable] = []
    for part, trail in _parts(run):
        pin = part.pin(name)
        if pin is None or any(one.chosen == pin.version for one in found):
            continue
        story = _Story(part, trail, pin, question, releases)
        rows = tuple(story.rows())
        holds = tuple(_tested(story.holds(rows), part, pin, question, source, solve, budget))
        fork = _where(run, name, pin.version) if run.forks else None
        found.append(VersionTable(run=run.key, chosen=pin.version, rows=rows, holds=holds, fork=fork))
    return tuple(found)


def _where(run: Run, name: NormalizedName, version: str) -> str:
    """The environments in which a version counts, empty where it is the only one."""
    found = {line.version: line.marker for line in run.lines if line.name == name}
    return found.get(version, "") if len(found) > 1 else ""


def _parts(run: Run) -> list[tuple[Run, Run]]:
    """The forks of a universal run, this computer's first; else the run.

    Each without a trail that is not the run's, and with it.
    """
    here = [(fork, fork) for fork in run.forks if fork.trail is run.trail]
    others = [(msgspec.structs.replace(fork, trail=()), fork) for fork in run.forks if fork.trail is not run.trail]
    return [*here, *others] or [(run, run)]


class _Story:
    """What a run's trail and the pages say of the versions above a pin."""

    def __init__(self, run: Run, told: Run, pin: Pin, question: Question, releases: Releases) -> None:
        """``told`` is the run with its trail; evidence names places of ``run`` alone."""
        self._run = run
        self._pin = pin
        self._releases = releases
        self._listing = releases.listing(pin)
        refused = History(told).refused(pin.name)
        elsewhere = {text: one._replace(place=None, decided=None) for text, one in refused.items()}
        self._refused = refused if run is told else elsewhere
        lines = (*question.constraints, *question.overrides)
        own = [Asked(requirement=line) for line in lines if line.name == pin.name and releases.applies(line)]
        self._bounds = tuple(dict.fromkeys((*pin.requested_by, *own)))
        self._constraints = frozenset(one.requirement for one in own if one.requirement in question.constraints)
        allowed = question.options.prereleases(pin.name) == "allow"
        self._prereleases = allowed or Version(pin.version).is_prerelease

    # The table

    def rows(self) -> Iterator[VersionRow]:
        """Neighbours with one reason, the newest first."""
        chosen = Version(self._pin.version)
        listed = () if self._listing is None else self._listing.versions
        newer = {text: Version(text) for text in (*listed, *self._refused) if Version(text) > chosen}
        single = [self._row(text) for text in sorted(newer, key=newer.__getitem__, reverse=True)]
        for _, group in groupby(single, key=_alike):
            yield _merged(tuple(group))

    def _row(self, text: str) -> VersionRow:
        refusal = self._refused.get(text)
        if refusal is not None:
            return self._refusal(text, refusal)
        page = f"page:{self._pin.name}"
        listing = self._listing
        assert listing is not None, "a version is from the trail or from the page"
        place = listing.position[text]
        late = self._releases.hiding(listing, place)
        if late:
            return VersionRow(versions=(text,), standing=Standing.UNUSABLE, exclusions=late, evidence=(page,))
        bound = next((one for one in self._bounds if not meets(one.requirement, text)), None)
        if bound is not None:
            evidence = self._declared(bound)
            return VersionRow(versions=(text,), standing=Standing.EXCLUDED, asked=bound, evidence=(*evidence, page))
        if listing.version(place).is_prerelease and not self._prereleases:
            prerelease = Exclusion(reason=Reason.PRERELEASE)
            return VersionRow(versions=(text,), standing=Standing.UNUSABLE, exclusions=(prerelease,), evidence=(page,))
        exclusions = self._releases.exclusions(listing, text)
        standing = Standing.UNUSABLE if exclusions else Standing.NEVER_REACHED
        return VersionRow(versions=(text,), standing=standing, exclusions=exclusions, evidence=(page,))

    def _refusal(self, text: str, refusal: Refusal) -> VersionRow:
        asked = None
        if refusal.requirement is not None:
            own = refusal.requirement.name != self._pin.name
            asked = Asked(
                requirement=refusal.requirement,
                by=self._pin.name if own else refusal.on,
                version=text if own else refusal.version,
            )
        place = self._place(text) if refusal.place is None else refusal.place
        evidence = [] if place is None else [f"trail:{self._run.key}#{place}"]
        evidence += () if asked is None else self._declared(asked)
        if asked is not None and asked.by is not None:
            evidence.append(f"metadata:{asked.by}=={asked.version}")
        return VersionRow(
            versions=(text,),
            standing=Standing.REFUSED,
            because=refusal.because,
            asked=asked,
            on=refusal.on,
            version=refusal.version,
            exclusions=refusal.exclusions,
            evidence=tuple(dict.fromkeys(evidence)),
        )

    def _place(self, text: str) -> int | None:
        """Where the trail last speaks of a version."""
        about = self._pin.name, text
        for place, event in reversed(list(enumerate(self._run.trail))):
            match event:
                case Decided(package=package, version=version) | Rejected(package=package, version=version):
                    if (package.name, version) == about:
                        return place
                case Read(name=name, version=version):
                    if (name, version) == about:
                        return place
                case _:
                    pass
        return None

    def _declared(self, asked: Asked) -> tuple[str, ...]:
        """Where the trail says that a requirement came into force."""
        said = (asked.requirement, asked.by, asked.version)
        for place, event in enumerate(self._run.trail):
            if not isinstance(event, Required):
                continue
            # A constraint comes into force with whoever asks for its project.
            constrains = event.constraint and event.requirement == asked.requirement
            if constrains or (event.requirement, event.by, event.version) == said:
                return (f"trail:{self._run.key}#{place}",)
        return ()

    # What may bind

    def holds(self, rows: Sequence[VersionRow]) -> list[tuple[Hold, bool]]:
        """The requirements that may keep the project old, each with whether it stands against a newer version.

        These are the requirements on it; then, where a newer version was refused beside another project, those on that
        project which leave nothing that the version would have; then the requirement of the version itself.
        """
        existing = [
            text
            for row in rows
            if not _too_new(row)
            for text in row.versions
            if self._prereleases or not Version(text).is_prerelease
        ]
        found: dict[Asked, bool] = {}
        for one in self._bounds:
            found[one] = any(not meets(one.requirement, text) for text in existing)
        contested: dict[NormalizedName | None, VersionRow] = {}
        for row in rows:
            if row.standing is Standing.REFUSED and row.asked is not None:
                contested.setdefault(row.on, row)
        for row in list(contested.values())[:_CONTESTED]:
            assert row.asked is not None
            if row.asked.by == self._pin.name and row.on is not None:
                for one in self._firm(row.on, row.asked.requirement):
                    found.setdefault(one, True)
            found.setdefault(row.asked, True)
        return [
            (Hold(asked=one, path=self._way(one), constraint=one.requirement in self._constraints), stands)
            for one, stands in found.items()
        ]

    def _firm(self, blocker: NormalizedName, limit: Requirement) -> Iterator[Asked]:
        """Requirements on a pinned project of which no release meets another requirement as well."""
        pin = self._run.pin(blocker)
        listing: Listing | None = None if pin is None else self._releases.listing(pin)
        if pin is None or listing is None:
            return
        wanted = [text for text in listing.versions if meets(limit, text)]
        for one in pin.requested_by:
            if one.by != self._pin.name and not any(meets(one.requirement, text) for text in wanted):
                yield one

    def _way(self, asked: Asked) -> tuple[Asked, ...]:
        """From the user to who asks, shortest; ending with what is asked."""
        if asked.by is None:
            return (asked,)
        waiting: list[tuple[NormalizedName, tuple[Asked, ...]]] = [(asked.by, (asked,))]
        seen = {asked.by}
        while waiting:
            name, way = waiting.pop(0)
            pin = self._run.pin(name)
            for one in pin.requested_by if pin else ():
                if one.by is None:
                    return (one, *way)
                if one.by not in seen:
                    seen.add(one.by)
                    waiting.append((one.by, (one, *way)))
        return (asked,)


def _too_new(row: VersionRow) -> bool:
    return any(one.reason in (Reason.EXCLUDE_NEWER, Reason.NO_UPLOAD_TIME) for one in row.exclusions)


def _alike(row: VersionRow) -> tuple[object, ...]:
    """What neighbours share to be shown together; versions that ask for the same project each in its own words do."""
    asked = row.asked
    own = asked is not None and asked.requirement.name == row.on
    who = None if asked is None or own else (asked.requirement.text, asked.by, asked.version)
    return row.standing, row.because, row.on, row.version, own, who, tuple(one.reason for one in row.exclusions)


def _merged(group: tuple[VersionRow, ...]) -> VersionRow:
    """The rows as one; of their requirements the one that reaches highest is named."""
    highest = max(group, key=lambda row: (_reach(row), Version(row.versions[0])))
    values = tuple(dict.fromkeys(one for row in group for one in row.exclusions))
    return msgspec.structs.replace(
        highest,
        versions=tuple(text for row in group for text in row.versions),
        exclusions=values,
        evidence=tuple(dict.fromkeys((*highest.evidence, *group[0].evidence))),
    )


def _reach(row: VersionRow) -> tuple[bool, Version]:
    specifiers = () if row.asked is None else row.asked.requirement.specifiers
    caps = [Version(one.version.removesuffix(".*")) for one in specifiers if one.operator in {"<", "<=", "==", "~="}]
    return not caps, min(caps, default=Version("0"))


def _tested(
    holds: Sequence[tuple[Hold, bool]],
    run: Run,
    pin: Pin,
    question: Question,
    source: Source,
    solve: Solve,
    budget: Budget,
) -> Iterator[Hold]:
    """Each requirement that stands against a newer version is left out of a solve of its own."""
    left = _MOST_LIFTED
    for hold, stands in holds:
        asked = hold.asked
        if not stands or asked.requirement.url is not None or left <= 0 or not budget.spare(run):
            yield hold
            continue
        left -= 1
        line = own_line(question, asked)
        if line is not None:
            again = solve(lift_line(question, line), source)
        else:
            again = solve(question, Lifted(source, _only(asked)))
        yield _stated(hold, _like(again, run), pin)


def _like(again: Run, run: Run) -> Run:
    """The fork of another answer for the environments of one; all of it where it has none such."""
    return next((fork for fork in again.forks if fork.marker == run.marker), again) if run.marker is not None else again


def _only(asked: Asked) -> Asks:
    """This requirement of this version alone."""
    assert asked.version is not None, "a package asks in one of its versions"
    one = asked.by, Version(asked.version), asked.requirement.text
    return lambda name, version, requirement: (name, version, requirement.text) == one


def _stated(hold: Hold, again: Run, pin: Pin) -> Hold:
    found = again.pin(pin.name) if again.outcome is Outcome.SOLVED else None
    if again.outcome in (Outcome.UNKNOWN, Outcome.GAVE_UP):
        return hold
    newer = found is not None and Version(found.version) > Version(pin.version)
    return msgspec.structs.replace(hold, binding=newer, gives=found.version if newer and found is not None else None)
