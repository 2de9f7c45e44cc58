"""Guesses what a resolver will ask for next, so that it is fetched early; a wrong guess costs a request, no more."""

from collections.abc import Iterator, Sequence
from itertools import islice

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from backtrail.model.files import File, FileKind, Listing
from backtrail.model.metadata import Metadata
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.resolvers.registry import resolver_of
from backtrail.standards.lenient import lenient_requirement

_LOOKED_AT = 40
"""Versions of a page looked at before giving up the guess."""

_STEPS = (4, 16)
"""How many versions below one that is likely refused are looked at, and how many more if those are, too."""


class _Walk:
    """Down the versions of a project, in steps: places not heard of yet, and what is known of those that may do."""

    def __init__(self, start: int) -> None:
        self.steps = iter(_STEPS)
        self.lowest = start
        self.left: set[int] = set()
        self.fitting: dict[int, Metadata] = {}


class Scout:
    """Walks ahead of a resolver: from a page to the metadata of the version it will likely try, and on to more pages.

    It remembers the specifiers and extras that requirements name, and follows requirements whose markers hold.
    """

    def __init__(self, question: Question, policy: Policy) -> None:
        """Know what the user asks for, and what stand-ins of direct references ask for."""
        self._question = question
        self._resolver = resolver_of(policy)
        self._environment = dict(question.target.markers)
        self._wanted: dict[NormalizedName, list[Requirement]] = {}
        self._own: dict[NormalizedName, list[Requirement]] = {}
        self._extras: dict[NormalizedName, set[str]] = {}
        self._guessed: dict[NormalizedName, list[Version]] = {}
        self._walks: dict[NormalizedName, _Walk] = {}
        for requirement in (*question.requirements, *question.constraints):
            if requirement.url is None and self._holds(requirement, frozenset()):
                self._note(requirement)
                self._own.setdefault(requirement.name, []).append(requirement)
        direct = {requirement.name for requirement in question.requirements if requirement.url is not None}
        for stand_in in question.stand_ins:
            name = canonicalize_name(stand_in.name)
            if name in direct:
                for _ in self.requirements(name, stand_in):
                    pass

    def files(self, listing: Listing) -> list[File]:
        """The file whose metadata the newest version in range is read from; none where the guess is hard."""
        return self._newest(listing, self._wanted.get(listing.name, ()))

    def contradicts(self, requirement: Requirement) -> bool:
        """Whether a requirement allows none of the versions guessed of a project."""
        return requirement.name in self._guessed and not self._allows_a_guess(requirement)

    def narrowed(self, listing: Listing, requirement: Requirement) -> list[File]:
        """The same for what one requirement and the user leave of the page, unless an earlier guess does for it."""
        if not requirement.specifier or self._allows_a_guess(requirement):
            return []
        return self._newest(listing, (*self._own.get(listing.name, ()), requirement))

    def older(self, listing: Listing, version: str) -> list[File]:
        """The same for the next versions below one that contradicts a guess: one of the two will be refused.

        A project is walked down once.
        """
        if listing.name in self._walks:
            return []
        walk = self._walks[listing.name] = _Walk(listing.position.get(version, 0))
        return self._step(walk, listing)

    def walked(self, listing: Listing, file: File, metadata: Metadata) -> list[File | Metadata]:
        """What follows from an older version that arrived: more files, or the metadata of one that may be taken.

        The sdist comes with it that would be taken: it is where an explanation looks.
        """
        walk = self._walks.get(listing.name)
        place = listing.position.get(file.version)
        if walk is None or place is None or place not in walk.left:
            return []
        walk.left.remove(place)
        if not self._refuses_first_guess(metadata):
            walk.fitting[place] = metadata
        newest = max(walk.fitting, default=-1)
        if newest > max(walk.left, default=-1):
            walk.left.clear()
            asked = self._question
            install = self._resolver.installed(listing.files(newest), asked.target, asked.options, flat=False)
            sdist = [] if install is None or install.kind is FileKind.WHEEL else [install]
            return [walk.fitting[newest], *sdist]
        return [] if walk.left else [*self._step(walk, listing)]

    def _step(self, walk: _Walk, listing: Listing) -> list[File]:
        below = self._in_range(listing, self._wanted.get(listing.name, ()), walk.lowest)
        files = [file for _, file in islice(below, next(walk.steps, 0))]
        walk.left = {listing.position[file.version] for file in files}
        walk.lowest = min(walk.left, default=0)
        return files

    def _allows_a_guess(self, requirement: Requirement) -> bool:
        return any(map(requirement.specifiers.contains, self._guessed.get(requirement.name, ())))

    def _refuses_first_guess(self, metadata: Metadata) -> bool:
        """Whether a requirement refuses the version of its project that was guessed first."""
        extras = frozenset(self._extras.get(canonicalize_name(metadata.name), ()))
        return any(
            not all(map(requirement.specifiers.contains, self._guessed.get(requirement.name, ())[:1]))
            for requirement in self._applying(metadata, extras)
        )

    def _newest(self, listing: Listing, requirements: Sequence[Requirement]) -> list[File]:
        for version, file in self._in_range(listing, requirements, len(listing.versions)):
            self._guessed.setdefault(listing.name, []).append(version)
            return [file]
        return []

    def _in_range(
        self, listing: Listing, requirements: Sequence[Requirement], start: int
    ) -> Iterator[tuple[Version, File]]:
        """Versions below a place, newest first, each with the file its metadata is read from."""
        wanted = [requirement.specifiers for requirement in requirements]
        target, options = self._question.target, self._question.options
        looked_at = 0
        for place in range(start - 1, -1, -1):
            dated = options.cut_off(listing.name) is None or bool(listing.table.earliest[place])
            if not dated or not self._resolver.behaviour.cut_off.exists(listing, place, options, flat=False):
                continue
            version = listing.version(place)
            if version.is_prerelease or not all(specifiers.contains(version) for specifiers in wanted):
                continue
            file = self._resolver.described_by(listing.files(place), target, options)
            if file is not None:
                yield version, file
            looked_at += 1
            if looked_at == _LOOKED_AT:
                break

    def requirements(self, name: NormalizedName, metadata: Metadata) -> Iterator[Requirement]:
        """The requirements of a version that lead on."""
        for requirement in self._applying(metadata, frozenset(self._extras.get(name, ()))):
            self._note(requirement)
            yield requirement

    def _applying(self, metadata: Metadata, extras: frozenset[str]) -> Iterator[Requirement]:
        for text in metadata.requires_dist:
            requirement = lenient_requirement(text)
            if requirement is not None and requirement.url is None and self._holds(requirement, extras):
                yield requirement

    def _note(self, requirement: Requirement) -> None:
        self._wanted.setdefault(requirement.name, []).append(requirement)
        if requirement.extras:
            self._extras.setdefault(requirement.name, set()).update(requirement.extras)

    def _holds(self, requirement: Requirement, extras: frozenset[str]) -> bool:
        return requirement.applies(self._environment, extras) is not False
