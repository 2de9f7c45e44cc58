"""BT109: why there is no answer: which of the user's lines contradict each other, by which chains, and where."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain.causes.derivation import proof
from backtrail.explain.causes.smallest_sets import Search, Smallest, Solve, grounds, is_own, meaning
from backtrail.explain.evidence.available_releases import Stock
from backtrail.explain.evidence.refusals import meets
from backtrail.explain.remedies.budget import Budget
from backtrail.model.finding import (
    Chain,
    Conflict,
    Extent,
    Finding,
    Hidden,
    Link,
    NothingUsable,
    OwnLine,
    Severity,
)
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Asked, Run
from backtrail.model.trail import Conflicted, Event, Outcome, Rejected, Required

_ALONE = frozenset({"BT105", "BT106", "BT107", "BT108"})
"""What is said of one requirement that nothing meets."""


def conflicts(
    run: Run, question: Question, stock: Stock, solve: Solve, budget: Budget, told: Iterable[Finding]
) -> Iterator[Finding]:
    """Explain a run that ended without an answer: one finding for each independent conflict.

    A single line about a project that ``told`` findings speak of already is no conflict with anything.
    """
    if run.outcome is not Outcome.IMPOSSIBLE:
        return
    alone = {finding.subject for finding in told if finding.code in _ALONE}
    for found in Search(run, question, solve, budget).conflicts():
        if len(found.lines) == 1 and found.lines[0].requirement.name in alone:
            continue
        detail = explained(found, stock)
        yield Finding(
            code="BT109",
            severity=Severity.ERROR,
            runs=(run.key,),
            subject=detail.project,
            detail=detail,
            evidence=tuple(dict.fromkeys(evidence(run, detail))),
        )


def explained(found: Smallest, stock: Stock) -> Conflict:
    """The chains of the smallest set to where they meet, and why nothing is left there."""
    paths = _Paths(found, stock)
    meeting = paths.meeting()
    chains = paths.chains(meeting)
    project, because = None, "together"
    refused: NothingUsable | None = None
    hidden: Hidden | None = None
    if meeting:
        project = meeting[-1].wish.name
        because, refused, hidden = _reason([one.wish for one in meeting], stock)
        project = None if because == "together" else project
    return Conflict(
        lines=tuple(OwnLine(requirement=one.requirement, constraint=one.constraint) for one in found.lines),
        minimal=found.minimal,
        project=project,
        because=because,
        chains=tuple(chains),
        refused=refused,
        hidden=hidden,
        proof=proof(found.run, stock),
    )


class _Way(NamedTuple):
    """Requirements from a line of the user's down to one on a project."""

    links: tuple[Link, ...]

    @property
    def wish(self) -> Requirement:
        """The last of them."""
        return self.links[-1].asked.requirement

    @property
    def line(self) -> Requirement:
        """The first of them, the user's."""
        return self.links[0].asked.requirement


class _Paths:
    """Who asks for whom, among the requirements that a smallest set fails by."""

    def __init__(self, found: Smallest, stock: Stock) -> None:
        self._grounds = grounds(found.run)
        self._found = found
        self._stock = stock
        self._links: dict[NormalizedName, list[Link]] = {}
        own = {(one.requirement.text, one.requirement.origin, one.constraint): one for one in found.lines}
        asked: dict[tuple[NormalizedName, NormalizedName], list[Required]] = {}
        for event in self._grounds:
            if not is_own(event):
                assert event.by is not None
                if event.by != event.requirement.name:
                    asked.setdefault((event.by, event.requirement.name), []).append(event)
                continue
            line = own.pop((event.requirement.text, event.requirement.origin, event.constraint), None)
            if line is not None:
                self._add(Link(asked=Asked(requirement=line.requirement)))
        for line in own.values():
            self._add(Link(asked=Asked(requirement=line.requirement)))
        for events in asked.values():
            for link in _links(events):
                self._add(link)

    def _add(self, link: Link) -> None:
        self._links.setdefault(link.asked.requirement.name, []).append(link)

    def meeting(self) -> tuple[_Way, ...]:
        """The fewest ways to one project that no release of it meets together; empty if no project shows it alone.

        Of several such projects, the one that most of the lines lead to, by the shortest ways.
        """
        best: tuple[tuple[int, int, int], tuple[_Way, ...]] | None = None
        for place, name in enumerate(self._candidates()):
            ways = [way for link in self._links[name] if (way := self._way(link)) is not None]
            if not ways or self._stock.available([way.wish for way in ways]):
                continue
            few = self._fewest(ways)
            lines = {(way.line.text, way.line.origin) for way in few}
            rank = (-len(lines), sum(len(way.links) for way in few), place)
            if best is None or rank < best[0]:
                best = rank, few
        return () if best is None else best[1]

    def chains(self, meeting: tuple[_Way, ...]) -> Iterator[Chain]:
        """The ways that meet, and the lines that none of these begins with."""
        begun = {(way.line.text, way.line.origin) for way in meeting}
        lines = [_Way((Link(asked=Asked(requirement=one.requirement)),)) for one in self._found.lines]
        others = [way for way in lines if (way.line.text, way.line.origin) not in begun]
        order = {(one.requirement.text, one.requirement.origin): n for n, one in enumerate(self._found.lines)}
        for way in sorted((*meeting, *others), key=lambda one: order.get((one.line.text, one.line.origin), 0)):
            wish = way.wish
            yield Chain(links=way.links, project=wish.name, admits=self._admits(wish))

    def _admits(self, wish: Requirement) -> Extent:
        return self._stock.extent(wish.name, lambda version: meets(wish, str(version)))

    def _candidates(self) -> list[NormalizedName]:
        """Projects that are asked for, those of the last dead end first."""
        required = {event.id: event.requirement.name for event in self._grounds}
        last = next(
            (
                event.requirements
                for event in reversed(self._found.run.trail)
                if isinstance(event, (Conflicted, Rejected)) and event.requirements
            ),
            (),
        )
        first = [required[number] for number in last if number in required]
        return list(dict.fromkeys((*first, *self._links)))

    def _way(self, link: Link) -> _Way | None:
        """The shortest way from a line of the set to a link."""
        waiting: list[tuple[Link, ...]] = [(link,)]
        seen = {link.asked.by}
        while waiting:
            way = waiting.pop(0)
            by = way[0].asked.by
            if by is None:
                return _Way(way)
            for before in self._links.get(by, ()):
                if before.asked.by is None or before.asked.by not in seen:
                    seen.add(before.asked.by)
                    waiting.append((before, *way))
        return None

    def _fewest(self, ways: Sequence[_Way]) -> tuple[_Way, ...]:
        """Without the ways that are not needed for the contradiction, the longest first."""
        kept = list(ways)
        for way in sorted(ways, key=lambda one: -len(one.links)):
            rest = [one for one in kept if one is not way]
            if rest and not self._stock.available([one.wish for one in rest]):
                kept = rest
        return tuple(kept)


def _links(events: Sequence[Required]) -> Iterator[Link]:
    """One project's requirements on another, told as its newest version says it, which may be in several words.

    A pre-release speaks only where there is no other.
    """
    newest_first = sorted(events, key=lambda one: Version(one.version or "0"), reverse=True)
    speaks = next((one for one in newest_first if not Version(one.version or "0").is_prerelease), newest_first[0])
    said = [one for one in newest_first if one.version == speaks.version]
    words: dict[object, str] = {}
    for one in newest_first:
        words.setdefault(meaning(one.requirement), one.requirement.text)
    for one in said:
        words.pop(meaning(one.requirement), None)
    for first in said:
        yield Link(
            asked=Asked(requirement=first.requirement, by=first.by, version=first.version),
            versions=tuple(dict.fromkeys(one.version for one in newest_first if one.version is not None)),
            others=tuple(words.values()),
        )


def _reason(wishes: Sequence[Requirement], stock: Stock) -> tuple[str, NothingUsable | None, Hidden | None]:
    """Why no release meets all of these: the three sentences that are never mixed, and the two of policy."""
    name = wishes[0].name
    if any(one.url is not None for one in wishes):
        return "beside", None, None
    if not stock.known(name):
        return "not-found", None, None
    seen = stock.why_not(wishes)
    if seen is not None and seen.unknown:
        return "together", None, None
    for finding in seen.findings if seen is not None else ():
        match finding.detail:
            case NothingUsable() as detail:
                return "unusable", detail, None
            case Hidden() as detail:
                return "hidden", None, detail
            case _:
                pass
    return ("no-version" if len(wishes) == 1 else "beside"), None, None


def evidence(run: Run, detail: Conflict) -> Iterator[str]:
    """Where the stated requirements came into force in a run, who says so, and the page that has no more."""
    places = {_words(event): place for place, event in reversed(list(enumerate(run.trail)))}
    for chain in detail.chains:
        for link in chain.links:
            asked = link.asked
            place = places.get((asked.by, asked.version, asked.requirement.text))
            if place is not None:
                yield f"trail:{run.key}#{place}"
            if asked.by is not None and asked.version is not None:
                yield f"metadata:{asked.by}=={asked.version}"
    if detail.project is not None:
        yield f"page:{detail.project}"


def _words(event: Event) -> tuple[NormalizedName | None, str | None, str] | None:
    if not isinstance(event, Required):
        return None
    by = (None, None) if is_own(event) else (event.by, event.version)
    return *by, event.requirement.text
