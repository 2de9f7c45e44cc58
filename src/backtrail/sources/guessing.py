"""Guessing ahead: what will likely be asked for, by what arrived so far. Nothing is asked for here."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from packaging.utils import NormalizedName, canonicalize_name

from backtrail.index.files.sdist import legacy_metadata, static_metadata
from backtrail.model.files import File, Listing
from backtrail.model.metadata import Metadata, SdistContents
from backtrail.model.requirement import Requirement
from backtrail.sources.reading import ReadFile

__all__ = ["Expected", "Guess", "Guesses", "Pages", "Scout", "Sdist", "Speculative"]


class Scout(Protocol):
    """Guesses what follows from what arrived; asked in the solver's thread, while that waits."""

    def files(self, listing: Listing) -> Iterable[File]:
        """Files of the page whose metadata will likely be asked for."""

    def requirements(self, name: NormalizedName, metadata: Metadata) -> Iterable[Requirement]:
        """Requirements of this version whose projects' pages will likely be asked for."""

    def contradicts(self, requirement: Requirement) -> bool:
        """Whether a requirement allows none of the versions guessed of its project."""

    def narrowed(self, listing: Listing, requirement: Requirement) -> Iterable[File]:
        """Files of the page whose metadata will likely be asked for because of this requirement."""

    def older(self, listing: Listing, version: str) -> Iterable[File]:
        """Files of the page whose metadata will likely be asked for should this version be refused."""

    def walked(self, listing: Listing, file: File, metadata: Metadata) -> Iterable[File | Metadata]:
        """What follows from one of those that arrived: more files, and versions whose requirements lead on."""


class Pages(NamedTuple):
    """Projects whose pages will likely be asked for."""

    names: tuple[NormalizedName, ...]


class Expected(NamedTuple):
    """Files of the version that the resolver will likely take: of one project the newest in range."""

    files: tuple[File, ...]


class Speculative(NamedTuple):
    """Files that may be asked for."""

    files: tuple[File, ...]


class Sdist(NamedTuple):
    """The texts of an sdist arrived, that may have to be built."""

    file: File
    contents: SdistContents


Guess = Pages | Expected | Speculative | Sdist


class Guesses:
    """What follows from each thing that arrives, by a scout."""

    def __init__(self, scout: Scout) -> None:
        """Nothing arrived yet."""
        self._scout = scout
        self._listings: dict[NormalizedName, Listing] = {}

    def after(self, arrived: Listing | ReadFile) -> Iterator[Guess]:
        """What a page or a version's metadata leads to, to be asked for in this order."""
        if isinstance(arrived, Listing):
            listing = self._listings[arrived.name] = arrived.afresh()
            yield Expected(tuple(self._scout.files(listing)))
            return
        file, said, speculative = arrived
        if speculative:
            if isinstance(said, Metadata):
                yield from self._further(file, said)
            return
        if isinstance(said, SdistContents):
            yield Sdist(file, said)
            known = static_metadata(said, file) or legacy_metadata(said, file)
        else:
            known = said
        if isinstance(known, Metadata):
            yield from self._required(known)

    def _further(self, file: File, metadata: Metadata) -> Iterator[Guess]:
        """Go on from an older version; other guesses are not built on: a guess built on a guess seldom holds."""
        listing = self._listings.get(canonicalize_name(metadata.name))
        if listing is not None:
            for found in self._scout.walked(listing, file, metadata):
                if isinstance(found, Metadata):
                    yield from self._required(found)
                else:
                    yield Speculative((found,))

    def _required(self, metadata: Metadata) -> Iterator[Guess]:
        name = canonicalize_name(metadata.name)
        requirements = list(self._scout.requirements(name, metadata))
        yield Pages(tuple(requirement.name for requirement in requirements))
        contradicted = any(map(self._scout.contradicts, requirements))
        for requirement in requirements:
            listing = self._listings.get(requirement.name)
            if listing is not None:
                yield Expected(tuple(self._scout.narrowed(listing, requirement)))
        own = self._listings.get(name)
        if contradicted and own is not None:
            yield Speculative(tuple(self._scout.older(own, metadata.version)))
