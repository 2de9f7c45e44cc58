"""The releases of projects that exist for a question: ranges are put in terms of these, requirements too."""

from collections.abc import Callable, Iterable
from contextlib import suppress

import msgspec
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain.lookup.availability import Availability, availability
from backtrail.explain.lookup.selection import Look, choose, pinned
from backtrail.model.files import Absent, Listing, NotRecordedError, Page
from backtrail.model.finding import Extent
from backtrail.model.metadata import Metadata
from backtrail.model.policy import Policy
from backtrail.model.question import Options, Question
from backtrail.model.requirement import Requirement, user_line
from backtrail.model.source import Source
from backtrail.resolvers.registry import resolver_of

RUNS = 3
"""Runs of neighbours that an Extent tells, at most."""


_NEVER = "9999!0"
"""A version that no release has."""


class Stock:
    """Pages, looked up as one resolver does for one question, and remembered."""

    def __init__(self, question: Question, policy: Policy, source: Source) -> None:
        """Nothing is read yet."""
        self._question = question
        self._indexes = question.searched
        self._policy = policy
        self._resolver = resolver_of(policy)
        self._behaviour = self._resolver.behaviour
        self._source = source
        self._looks: dict[NormalizedName, Look] = {}
        self._existing: dict[NormalizedName, tuple[Version, ...]] = {}

    def look(self, name: NormalizedName) -> Look:
        """The pages in the resolver's order."""
        if name not in self._looks:
            order = self._behaviour.index_order(self._indexes, name)
            for index in order:
                self._source.want_pages(index, [name])
            pages: tuple[Page, ...] = tuple(self._source.page(index, name) for index in order)
            links = tuple(self._source.links(location, name) for location in self._indexes.find_links)
            self._looks[name] = Look(policy=self._policy, target=self._question.target, pages=pages, links=links)
        return self._looks[name]

    def known(self, name: NormalizedName) -> bool:
        """Whether some index has the project, or a page that could not be read may have it."""
        look = self.look(name)
        return any(not isinstance(page, Absent) for page in look.pages) or any(one.versions for one in look.links)

    def has(self, name: str) -> bool:
        """Whether an index that was asked has the project."""
        with suppress(NotRecordedError):
            return any(isinstance(page, Listing) for page in self.look(NormalizedName(name)).pages)
        return False

    def existing(self, name: NormalizedName) -> tuple[Version, ...]:
        """The releases that the cut-off leaves, the oldest first; pre-releases only where there is nothing else."""
        if name not in self._existing:
            found = set(self._uploaded(name))
            finals = {one for one in found if not one.is_prerelease}
            counted = found if self._question.options.prereleases(name) == "allow" else finals or found
            self._existing[name] = tuple(sorted(counted))
        return self._existing[name]

    def _uploaded(self, name: NormalizedName) -> Iterable[Version]:
        look = self.look(name)
        listings = [page for page in look.pages if isinstance(page, Listing)]
        if self._behaviour.stops_at_first_index(self._question.options):
            listings = listings[:1]
        for listing, flat in (*((one, False) for one in listings), *((one, True) for one in look.links)):
            for place in range(len(listing.versions)):
                if self._behaviour.cut_off.exists(listing, place, self._question.options, flat=flat):
                    yield listing.version(place)

    def extent(
        self, name: NormalizedName, member: Callable[[Version], bool], *, also: Iterable[Version] = ()
    ) -> Extent:
        """The existing releases that are members, as runs of neighbours; the newest runs where there are many.

        ``also`` are releases that exist though they are usually not named.
        """
        existing = sorted({*self.existing(name), *also})
        runs: list[tuple[str, str]] = []
        newest: Version | None = None
        count = 0
        for place in range(len(existing) - 1, -2, -1):
            version = existing[place] if place >= 0 else None
            if version is not None and member(version):
                count += 1
                newest = newest or version
            elif newest is not None:
                runs.append((str(newest), str(existing[place + 1])))
                newest = None
        return Extent(count=count, runs=tuple(runs[:RUNS]), every=count == len(existing))

    def versions(self, requirement: Requirement) -> tuple[Version, ...]:
        """The existing releases in the range of a requirement, the oldest first."""
        existing = self.existing(requirement.name)
        return tuple(one for one in existing if self._resolver.admits(requirement, one))

    def refused_since(self, text: str) -> str | None:
        """The first release of the resolver that refuses a requirement in these words; see ``Behaviour``."""
        return self._behaviour.refused_since(text)

    def admitted(self, requirement: Requirement) -> Extent:
        """The existing releases in the range of a requirement, as the resolver reads it."""
        return self.extent(requirement.name, lambda version: self._resolver.admits(requirement, version))

    def available(self, wanted: Iterable[Requirement]) -> bool:
        """Whether some release meets all of these requirements on one project, and the resolver would take it."""
        asked = tuple(wanted)
        merged = self._merged(asked)
        if isinstance(merged, bool):
            return merged
        return choose(merged, self.look(merged.name), self._options(asked)).verdict is not None

    def has_file(self, name: NormalizedName, version: Version) -> bool:
        """Whether a version has a file that can be used, as far as it was recorded."""
        with suppress(NotRecordedError):
            line = user_line(f"{name}=={version}")
            return choose(line, self.look(name), self._question.options).verdict is not None
        return True

    def why_not(self, wanted: Iterable[Requirement]) -> Availability | None:
        """What can be said of requirements on one project that no release meets; None where one is a reference."""
        asked = tuple(wanted)
        merged = self._merged(asked)
        if isinstance(merged, bool):
            return None
        question = self._question
        names = [requirement.name for requirement in question.requirements]
        options = self._options(asked)
        return availability(
            merged, [self.look(merged.name)], options, settings=question.settings, names=names, there=self.has
        )

    def _options(self, wanted: Iterable[Requirement]) -> Options:
        """Where a pre-release named by the metadata of a package is not allowed by that alone."""
        options = self._question.options
        if (
            not self._behaviour.heeds_prereleases_of_packages
            and options.prerelease is None
            and all(one.origin is None for one in wanted)
        ):
            return msgspec.structs.replace(options, prerelease="if-necessary")
        return options

    def _merged(self, wanted: tuple[Requirement, ...]) -> Requirement | bool:
        """All requirements on a project as one; where one is a direct reference, whether its version meets the rest."""
        direct = {one.url: one for one in wanted if one.url is not None}
        if len(direct) > 1:
            return False
        for reference in direct.values():
            metadata = self._source.direct(reference)
            return not isinstance(metadata, Metadata) or all(
                one.specifiers.contains(Version(metadata.version), prereleases=True) for one in wanted
            )
        theirs = not self._behaviour.heeds_pins_of_packages and all(one.origin is None for one in wanted)
        specifier = ",".join(dict.fromkeys(one.specifier for one in wanted if one.specifier))
        if theirs and pinned(wanted[0]) is not None and specifier == wanted[0].specifier:
            specifier += f",!={_NEVER}"  # only a pin of the user's own allows a yanked release
        elif len(wanted) == 1:
            return wanted[0]
        name = wanted[0].name
        hashes = tuple(dict.fromkeys(digest for one in wanted for digest in one.hashes))
        return msgspec.structs.replace(
            wanted[0], specifier=specifier, text=f"{name}{specifier}", marker=None, extras=(), hashes=hashes
        )
