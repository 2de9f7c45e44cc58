"""pip's view of a project: the files of all its pages as one list, the best first (docs/pip.md 1.3 to 1.7)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from heapq import merge
from itertools import groupby
from typing import Generic, NamedTuple, TypeVar

from packaging.specifiers import Specifier, SpecifierSet
from packaging.version import Version

from backtrail.model.files import File, FileKind, Listing
from backtrail.model.metadata import Failure, Unavailable
from backtrail.model.policy import Policy
from backtrail.model.question import Options
from backtrail.model.target import Target
from backtrail.model.verdict import Reason, Verdict
from backtrail.resolvers.file_rules import accepted
from backtrail.resolvers.pip.admission import PIP_SDISTS, judge
from backtrail.resolvers.pip.behaviour import CUT_OFF, pip_files
from backtrail.resolvers.pip.early_specifiers import admits
from backtrail.standards.wheel_tags import BuildTag, wheel_name

_Place = tuple[Version, Listing, int]

T = TypeVar("T")


class Remembered(Iterable[T], Generic[T]):
    """What an iterator gives, asked for as late as possible and kept, so that it can be walked again."""

    def __init__(self, items: Iterator[T]) -> None:
        """Nothing is asked for yet."""
        self._items = items
        self._kept: list[T] = []

    def __iter__(self) -> Iterator[T]:
        """Walk from the beginning."""
        place = 0
        for item in self._kept:  # at the speed of a list; it may grow meanwhile
            place += 1
            yield item
        while True:
            if place == len(self._kept):
                try:
                    self._kept.append(next(self._items))
                except StopIteration:
                    return
            yield self._kept[place]
            place += 1


class Offer(NamedTuple):
    """A file that pip would take, and its version."""

    version: Version
    file: File


class Row:
    """One version, and every file of it."""

    def __init__(self, version: Version, places: Sequence[_Place]) -> None:
        """``places`` are where it is listed, in the order of pip's sources."""
        self.version = version
        self.places = places

    def files(self) -> Iterator[tuple[File, Listing]]:
        """Its files in pip's order; raises NotRecordedError from a trimmed recording."""
        for _, listing, place in self.places:
            for file in listing.files(place):
                yield file, listing


class ProjectFiles:
    """The files of one project. Versions are read newest first, and no further than somebody looks."""

    def __init__(
        self, links: Sequence[Listing], pages: Sequence[Listing], policy: Policy, target: Target, options: Options
    ) -> None:
        """``links`` are the find-links locations, ``pages`` those of the indexes, each in the order pip reads them."""
        self._policy = policy
        self._behaviour = pip_files(policy)
        self._target = target
        self._options = options
        self._listings = (*links, *pages)
        self._flat = frozenset(id(listing) for listing in links)
        self._usable: dict[Version, list[File]] = {}
        walks = [_newest_first(listing) for listing in self._listings]
        places = merge(*walks, key=_version_of, reverse=True)
        rows = (Row(version, tuple(group)) for version, group in groupby(places, key=_version_of))
        self.rows: Remembered[Row] = Remembered(rows)

    def verdicts(self, row: Row, hashes: tuple[str, ...] = (), *, yanked_allowed: bool = False) -> Iterator[Verdict]:
        """Each file of a version judged, in pip's order."""
        for file, listing in row.files():
            yield judge(
                file,
                self._policy,
                self._target,
                self._options,
                yanked_allowed=yanked_allowed,
                hashes=hashes,
                flat=id(listing) in self._flat,
            )

    def stop(self) -> Unavailable | None:
        """What ends a run as soon as it looks at the project: under a cut-off, a file without an upload time.

        An sdist counts even if it turns out to be another project's or to have no version, a wheel only if it fits
        (docs/pip.md 1.4).
        """
        undated = next(self._undated(), None) if self._options.exclude_newer is not None else None
        return None if undated is None else Unavailable(failure=Failure.NO_UPLOAD_TIME, file=undated)

    def _undated(self) -> Iterator[str]:
        for listing in self._listings:
            for entry in listing.table.skipped:
                if entry.undated and entry.filename.endswith(PIP_SDISTS):
                    yield entry.filename
            for place, earliest in enumerate(listing.table.earliest):
                if not earliest:
                    row = Row(listing.version(place), ((listing.version(place), listing, place),))
                    for verdict in self.verdicts(row):
                        if verdict.exclusions and verdict.exclusions[0].reason is Reason.NO_UPLOAD_TIME:
                            yield verdict.file.filename

    def offers(self, specifiers: SpecifierSet, hashes: Collection[str] | None = None) -> Iterator[Offer]:
        """The files that pip would try for these specifiers, the best first.

        ``hashes`` are those the user accepts, ``algorithm:hex``; None: any. If no file has one of them, all are
        offered: pip then stops at the one it takes.
        """
        listed = self._listed(specifiers)
        if hashes is not None or self._options.prefer_binary:
            known = None if self._behaviour.overlooks_hashes else hashes
            listed = iter(self._ranked(list(listed), known))
        yanked: list[Offer] | None = []
        for offer in listed:
            if offer.file.yanked is None:
                yanked = None
                yield offer
            elif yanked is not None:
                yanked.append(offer)
        if yanked and pinned(specifiers):
            yield from yanked

    @property
    def looked_at(self) -> tuple[Row, ...]:
        """The versions whose files were judged for offers, in that order."""
        rows = {row.version: row for row in self.rows}
        return tuple(rows[version] for version in self._usable)

    def _listed(self, specifiers: SpecifierSet) -> Iterator[Offer]:
        """The usable files in range, pre-releases where they count, newest and then best first."""
        allowed = self._prereleases(specifiers)
        found = False
        for offer in self._in_range(specifiers, prereleases=allowed):
            found = True
            yield offer
        if found or allowed is not None or (specifiers and not self._behaviour.finals_first):
            return
        yield from self._in_range(specifiers, prereleases=True)

    def _in_range(self, specifiers: SpecifierSet, *, prereleases: bool | None) -> Iterator[Offer]:
        if specifiers.to_range().is_empty:
            return
        floor = _floor(specifiers)
        for row in self.rows:
            if floor is not None and row.version < floor:
                return
            if not prereleases and row.version.is_prerelease:
                continue
            if admits(specifiers, row.version, self._behaviour):
                for file in self._best_first(row):
                    yield Offer(row.version, file)

    def _prereleases(self, specifiers: SpecifierSet) -> bool | None:
        """Whether pre-releases count; None: where there is nothing else."""
        mode = self._options.prerelease
        if mode == "allow":
            return True
        if mode == "disallow" and self._behaviour.knows_only_final:
            return False
        return True if any(self._names_prerelease(one) for one in specifiers) else None

    def _names_prerelease(self, specifier: Specifier) -> bool:
        if specifier.operator in {"<", ">"} and not self._behaviour.bounds_name_prereleases:
            return False
        return bool(specifier.prereleases)

    def _best_first(self, row: Row) -> list[File]:
        found = self._usable.get(row.version)
        if found is None:
            judged = () if self._too_late(row) else self.verdicts(row, yanked_allowed=True)
            found = self._usable[row.version] = best_first(judged, self._target)
        return found

    def _too_late(self, row: Row) -> bool:
        """Whether the cut-off hides every file of a version, seen without reading those that the index dates."""
        return not any(
            CUT_OFF.exists(listing, place, self._options, flat=id(listing) in self._flat)
            for _, listing, place in row.places
        )

    def _ranked(self, offers: list[Offer], hashes: Collection[str] | None) -> list[Offer]:
        """Accepted hashes before others, with ``--prefer-binary`` every wheel before every sdist."""
        if hashes is not None and any(accepted(offer.file, hashes) for offer in offers):
            offers = [offer for offer in offers if not offer.file.hashes or accepted(offer.file, hashes)]

        def key(offer: Offer) -> tuple[bool, bool]:
            wheel = self._options.prefer_binary and offer.file.kind is FileKind.WHEEL
            return not (hashes is not None and accepted(offer.file, hashes)), not wheel

        return sorted(offers, key=key)


def best_first(verdicts: Iterable[Verdict], target: Target) -> list[File]:
    """The files of a version that can be used, in the order in which pip takes them; ``verdicts`` are in its own."""

    def fit(verdict: Verdict) -> tuple[int, BuildTag]:
        wheel = wheel_name(verdict.file.filename) if verdict.file.kind is FileKind.WHEEL else None
        rank = len(target.tags) if verdict.rank is None else verdict.rank
        return -rank, () if wheel is None else wheel.build

    found = sorted((one for one in verdicts if one.usable), key=fit)
    # pip walks its ascending list from the end: of equals, the last wins.
    return [one.file for one in reversed(found)]


def pinned(specifiers: Iterable[Specifier]) -> bool:
    """Whether there is an exact pin among them, ``==`` or ``===`` without a wildcard: it lets yanked files in."""
    return any(one.operator == "===" or (one.operator == "==" and not one.version.endswith(".*")) for one in specifiers)


def _floor(specifiers: Iterable[Specifier]) -> Version | None:
    """A version below which none is in range; None where there is no such bound, or it is not to be seen at once."""
    bounded = (one for one in specifiers if one.operator in {">=", ">", "==", "~="} and not one.version.endswith(".*"))
    return max((Version(one.version) for one in bounded), default=None)


def _newest_first(listing: Listing) -> Iterator[_Place]:
    return ((listing.version(place), listing, place) for place in reversed(range(len(listing.versions))))


def _version_of(place: _Place) -> Version:
    return place[0]
