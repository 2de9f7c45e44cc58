"""Who asks for whom among the requirements that a set of lines fails by: the ways from each to where they meet."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain.causes.smallest_sets import Smallest, grounds, is_own, meaning
from backtrail.explain.evidence.available_releases import Stock
from backtrail.model.finding import Chain, Extent, Link
from backtrail.model.requirement import Requirement
from backtrail.model.run import Asked
from backtrail.model.trail import Conflicted, Rejected, Required


class Way(NamedTuple):
    """Requirements from a line of the user's down to one on a project."""

    links: tuple[Link, ...]

    @property
    def requirement(self) -> Requirement:
        """The last of them."""
        return self.links[-1].asked.requirement

    @property
    def line(self) -> Requirement:
        """The first of them, the user's."""
        return self.links[0].asked.requirement


class Paths:
    """Who asks for whom, among the requirements that a smallest set fails by."""

    def __init__(self, found: Smallest, stock: Stock) -> None:
        self._grounds = grounds(found.run)
        self._found = found
        self._stock = stock
        self._links: dict[NormalizedName, list[Link]] = {}
        self._seen: dict[NormalizedName, set[str]] = {}
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
        for (by, _), events in asked.items():
            self._seen.setdefault(by, set()).update(one.version for one in events if one.version is not None)
            for link in _links(events):
                self._add(link)

    def _add(self, link: Link) -> None:
        self._links.setdefault(link.asked.requirement.name, []).append(link)

    def meeting(self) -> tuple[Way, ...]:
        """The fewest ways to one project that no release of it meets together; empty if no project shows it alone.

        Of several such projects, the one that most of the lines lead to, by requirements that most releases make, by
        the shortest ways.
        """
        best: tuple[tuple[int, bool, int, int], tuple[Way, ...]] | None = None
        for place, name in enumerate(self._candidates()):
            ways = [way for link in self._links[name] if (way := self._way(link)) is not None]
            if not ways or self._stock.available([way.requirement for way in ways]):
                continue
            few = self._fewest(ways)
            lines = {(way.line.text, way.line.origin) for way in few}
            rank = (-len(lines), any(map(self._is_of_few, few)), sum(len(way.links) for way in few), place)
            if best is None or rank < best[0]:
                best = rank, few
        return () if best is None else best[1]

    def chains(self, meeting: tuple[Way, ...]) -> Iterator[Chain]:
        """The ways that meet, and the lines that none of these begins with."""
        begun = {(way.line.text, way.line.origin) for way in meeting}
        lines = [Way((Link(asked=Asked(requirement=one.requirement)),)) for one in self._found.lines]
        others = [way for way in lines if (way.line.text, way.line.origin) not in begun]
        order = {(one.requirement.text, one.requirement.origin): n for n, one in enumerate(self._found.lines)}
        for way in sorted((*meeting, *others), key=lambda one: order.get((one.line.text, one.line.origin), 0)):
            yield self._chain(way)

    def to(self, project: NormalizedName) -> Chain | None:
        """The shortest way from a line of the set to a project; None where no requirement leads there."""
        ways = [way for link in self._links.get(project, ()) if (way := self._way(link)) is not None]
        return self._chain(min(ways, key=lambda way: len(way.links))) if ways else None

    def _chain(self, way: Way) -> Chain:
        return Chain(links=way.links, project=way.requirement.name, admits=self._admits(way.requirement))

    def _admits(self, requirement: Requirement) -> Extent:
        return self._stock.admitted(requirement)

    def _is_of_few(self, way: Way) -> bool:
        """Whether some step is made by less than half of the releases that the contradiction speaks of."""
        return any(
            link.asked.by is not None and 2 * len(link.versions) < len(self._seen[link.asked.by]) for link in way.links
        )

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

    def _way(self, link: Link) -> Way | None:
        """The shortest way from a line of the set to a link."""
        waiting: list[tuple[Link, ...]] = [(link,)]
        seen = {link.asked.by}
        while waiting:
            way = waiting.pop(0)
            by = way[0].asked.by
            if by is None:
                return Way(way)
            for before in self._links.get(by, ()):
                if before.asked.by is None or before.asked.by not in seen:
                    seen.add(before.asked.by)
                    waiting.append((before, *way))
        return None

    def _fewest(self, ways: Sequence[Way]) -> tuple[Way, ...]:
        """Without the ways that are not needed: first of those whose line has others, the longest first."""
        kept = list(ways)
        begun = Counter(way.line for way in ways)
        for way in sorted(ways, key=lambda one: (begun[one.line] == 1, -len(one.links))):
            rest = [one for one in kept if one is not way]
            if rest and not self._stock.available([one.requirement for one in rest]):
                kept = rest
        return tuple(kept)


def _links(events: Sequence[Required]) -> Iterator[Link]:
    """One project's requirements on another, in the words of its newest version, which may be in several words.

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
