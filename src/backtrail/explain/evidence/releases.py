"""The releases of a project that a run could have taken instead of the one it pinned."""

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain.evidence.wheel_misses import fitting_pythons
from backtrail.model.files import File, FileKind, Listing, NotRecordedError
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Pin
from backtrail.model.source import Source
from backtrail.model.verdict import Exclusion, Reason
from backtrail.resolvers.registry import resolver_of

FAR = 5
"""Releases, from which on one is much older than another: as a pin that nobody capped, or as the price of a fix."""


class Release(NamedTuple):
    """A version and the file of it that would be installed."""

    version: Version
    file: File


class Releases:
    """Looks up pages for one question and one resolver; only versions asked for are judged."""

    def __init__(self, question: Question, policy: Policy, source: Source) -> None:
        """Nothing is read yet."""
        self._question = question
        self._indexes = question.searched
        self._resolver = resolver_of(policy)
        self._source = source

    @property
    def policy(self) -> Policy:
        """The resolver whose answer is looked at."""
        return self._resolver.policy

    def listing(self, pin: Pin) -> Listing | None:
        """The page or find-links location that a pin was taken from; None for a direct reference."""
        if pin.file is None:
            return None
        if pin.file.index in self._question.indexes.find_links:
            return self._source.links(pin.file.index, pin.name)
        page = self._source.page(pin.file.index, pin.name)
        return page if isinstance(page, Listing) else None

    def newer(self, pin: Pin) -> Iterator[Release]:
        """The usable releases newer than a pin that the user's own lines admit, the newest first.

        Pre-releases count only where they are allowed or one is pinned.
        """
        listing = self.listing(pin)
        place = None if listing is None else listing.position.get(pin.version)
        if listing is None or place is None:
            return
        own = self.own(pin.name)
        for one in range(len(listing.versions) - 1, place, -1):
            if self._is_candidate(listing, one, pin, own) and (file := self._usable(listing, one)) is not None:
                yield Release(listing.version(one), file)

    def next(self, pin: Pin) -> Release | None:
        """The oldest usable release newer than a pin that the user's own lines admit, None if there is none."""
        listing = self.listing(pin)
        place = None if listing is None else listing.position.get(pin.version)
        if listing is None or place is None:
            return None
        own = self.own(pin.name)
        for one in range(place + 1, len(listing.versions)):
            if self._is_candidate(listing, one, pin, own) and (file := self._usable(listing, one)) is not None:
                return Release(listing.version(one), file)
        return None

    def next_wheel(self, pin: Pin) -> Release | None:
        """The lowest release newer than a pin that has a wheel which fits, None if none has."""
        listing = self.listing(pin)
        place = None if listing is None else listing.position.get(pin.version)
        if listing is None or place is None:
            return None
        own = self.own(pin.name)
        for one in range(place + 1, len(listing.versions)):
            if self._is_candidate(listing, one, pin, own):
                file = self._usable(listing, one)
                if file is not None and file.kind is FileKind.WHEEL:
                    return Release(listing.version(one), file)
        return None

    def has_wheels(self, pin: Pin) -> bool:
        """Whether another release that the user's own lines admit, older or newer, has a wheel which fits."""
        listing = self.listing(pin)
        if listing is None:
            return False
        own = self.own(pin.name)
        places = (one for one in range(len(listing.versions) - 1, -1, -1) if listing.versions[one] != pin.version)
        files = (self._usable(listing, one) for one in places if self._is_candidate(listing, one, pin, own))
        return any(file is not None and file.kind is FileKind.WHEEL for file in files)

    def pythons(self, name: NormalizedName, version: str) -> tuple[str, ...]:
        """The other Pythons for which a version has a wheel; none where that was not recorded."""
        question = self._question
        for index in self._resolver.behaviour.index_order(self._indexes, name):
            with suppress(NotRecordedError):
                page = self._source.page(index, name)
                place = page.position.get(version) if isinstance(page, Listing) else None
                if isinstance(page, Listing) and place is not None:
                    return fitting_pythons(page.files(place), question.target)
        return ()

    def below(self, pin: Pin, version: Version) -> int:
        """How many releases lie between a pin and an older version, that one included."""
        listing = self.listing(pin)
        place = None if listing is None else listing.position.get(pin.version)
        if listing is None or place is None:
            return 0
        return sum(listing.version(one) >= version for one in range(place))

    def behind(self, pin: Pin, newest: Version) -> int:
        """How many releases came out after a pin up to the newest, judged by their upload times alone."""
        listing = self.listing(pin)
        if listing is None or pin.version not in listing.position:
            return 0
        later = range(listing.position[pin.version] + 1, len(listing.versions))
        return sum(listing.version(one) <= newest and self._is_candidate(listing, one, pin, ()) for one in later)

    def newest(self, pin: Pin) -> Release | None:
        """The newest release that the resolver could use, whoever asks for what; None: there is none."""
        found = (next(self.usable(listing, pin), None) for listing in self._listings(pin))
        return max(filter(None, found), key=lambda one: one.version, default=None)

    def between(self, pin: Pin, newest: Version) -> set[str]:
        """The releases after a pin up to another, without local parts, judged by their upload times alone."""
        return {
            one.public
            for listing in self._listings(pin)
            for place, one in _above(listing, Version(pin.version))
            if _public(one) <= _public(newest) and self._is_candidate(listing, place, pin, ())
        }

    def refused_above(self, pin: Pin, version: Version) -> tuple[Version, tuple[Exclusion, ...]] | None:
        """The newest release above a version of which no file can be used, and why; None where there is none.

        What was yanked is no release that anybody misses.
        """
        found: list[tuple[Version, tuple[Exclusion, ...]]] = []
        for listing in self._listings(pin):
            for place, one in _above(listing, version):
                exclusions = self._shared(listing, place) if self._is_candidate(listing, place, pin, ()) else ()
                if exclusions and all(each.reason is not Reason.YANKED for each in exclusions):
                    found.append((one, exclusions))
                    break
        return max(found, key=lambda one: one[0], default=None)

    def usable(self, listing: Listing, pin: Pin) -> Iterator[Release]:
        """The releases on a page of which a file can be used, the newest first, whoever asks for what."""
        for place in range(len(listing.versions) - 1, -1, -1):
            if self._is_candidate(listing, place, pin, ()) and (file := self._usable(listing, place)) is not None:
                yield Release(listing.version(place), file)

    def exclusions(self, listing: Listing, version: str) -> tuple[Exclusion, ...]:
        """Why no file of a version can be used, each reason once; none where one can, or nothing is recorded."""
        place = listing.position.get(version)
        if place is None:
            return ()
        try:
            if self._usable(listing, place) is not None:
                return ()
            files = listing.files(place)
        except NotRecordedError:
            return ()
        question, flat = self._question, listing.index in self._question.indexes.find_links
        found: dict[Reason, Exclusion] = {}
        for file in files:
            for one in self._resolver.judge(file, question.target, question.options, flat=flat).exclusions:
                found.setdefault(one.reason, one)
        return tuple(found.values())

    def hiding(self, listing: Listing, place: int) -> tuple[Exclusion, ...]:
        """Why the cut-off hides a version, none where it does not."""
        flat = listing.index in self._question.indexes.find_links
        return self._resolver.behaviour.cut_off.hiding(listing, place, self._question.options, flat=flat)

    def _listings(self, pin: Pin) -> Iterator[Listing]:
        """The pages and locations that the resolver takes a project's releases from; it has read each of them."""
        question, behaviour = self._question, self._resolver.behaviour
        for index in behaviour.index_order(self._indexes, pin.name):
            page = self._source.page(index, pin.name)
            if isinstance(page, Listing):
                yield page
                if behaviour.stops_at_first_index(question.options):
                    break
        yield from (self._source.links(location, pin.name) for location in question.indexes.find_links)

    def _shared(self, listing: Listing, place: int) -> tuple[Exclusion, ...]:
        """Why no file of a version can be used: what is said of every file, else all that is said of any."""
        question, flat = self._question, listing.index in self._question.indexes.find_links
        each = [
            self._resolver.judge(file, question.target, question.options, flat=flat).exclusions
            for file in listing.files(place)
        ]
        said = dict.fromkeys(one for exclusions in each for one in exclusions)
        shared = {one.reason for one in said if all(any(e.reason is one.reason for e in its) for its in each)}
        return tuple(one for one in said if one.reason in shared or not shared)

    def own(self, name: NormalizedName) -> tuple[SpecifierSet, ...]:
        """What the user's own requirements, constraints and overrides say of a project."""
        question = self._question
        lines = (*question.requirements, *question.constraints, *question.overrides)
        return tuple(line.specifiers for line in lines if line.name == name and line.specifier and self.applies(line))

    def applies(self, requirement: Requirement) -> bool:
        """Whether a line of the user's is for this Python and platform."""
        return requirement.applies(self._question.target.markers) is not False

    def _is_candidate(self, listing: Listing, place: int, pin: Pin, wanted: tuple[SpecifierSet, ...]) -> bool:
        if self.hiding(listing, place):
            return False
        version = listing.version(place)
        allowed = self._question.options.prereleases(pin.name) == "allow" or _pre(pin.version)
        if version.is_prerelease and not allowed:
            return False
        return all(one.contains(version, prereleases=True) for one in wanted)

    def _usable(self, listing: Listing, place: int) -> File | None:
        question = self._question
        files = listing.files(place)
        flat = listing.index in question.indexes.find_links
        return self._resolver.installed(files, question.target, question.options, flat=flat)


def _above(listing: Listing, version: Version) -> Iterator[tuple[int, Version]]:
    """The versions newer than one, local builds of it not counted, the newest first, each with its place."""
    for place in range(len(listing.versions) - 1, -1, -1):
        one = listing.version(place)
        if _public(one) <= _public(version):
            return
        yield place, one


def _public(version: Version) -> Version:
    return version if version.local is None else Version(version.public)


def _pre(version: str) -> bool:
    return Version(version).is_prerelease
