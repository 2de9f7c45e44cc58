"""The versions of a project as uv sees them, and which one it takes from a range (docs/solver.md 8)."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.model.files import Absent, File, Listing, NotRecordedError, Unreadable
from backtrail.model.flat_index import is_flat
from backtrail.model.installed import Installed
from backtrail.model.question import Indexes, Options
from backtrail.model.source import Source
from backtrail.model.target import Target
from backtrail.resolvers.protocol import Memory
from backtrail.resolvers.uv import ranges
from backtrail.resolvers.uv.admission import is_seen
from backtrail.resolvers.uv.behaviour import CUT_OFF, Profile, behaviour
from backtrail.resolvers.uv.distributions import Represented, represent
from backtrail.resolvers.uv.installed_candidates import Present
from backtrail.resolvers.uv.ranges import Range
from backtrail.resolvers.uv.versions import Key, above_locals, is_prerelease, key

_INSTALLED = Represented(kind="wheel", verdicts=())
"""No file of an index stands for what is installed, and none speaks against it."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version and the file that represents it; ``installed``: none, as it is there already."""

    version: Key
    text: str
    represented: Represented
    installed: Installed | None = None

    @property
    def compatible(self) -> bool:
        """Whether there is anything to install, or nothing to do."""
        return self.represented.install is not None or self.installed is not None


class VersionMap:
    """The versions of one project on one index, the find-links files of the same project among them."""

    def __init__(self, admit: "Admission", listing: Listing | None, links: Listing | None) -> None:
        """``listing`` None: the project is known from find-links only."""
        self._admit = admit
        self._listing = listing
        self._links = links
        texts = set(links.versions if links else ()) - set(listing.versions if listing else ())
        self.texts = list(listing.versions) if listing else []
        if texts:
            self.texts = sorted({*self.texts, *texts}, key=Version)
        self._listed: dict[int, bool] = {}
        self._keys: dict[int, Key] = {}
        self._places: dict[Key, int] = {}
        self._candidates: dict[int, Candidate | None] = {}
        self._neighbours: dict[Key, tuple[Key | None, Key | None]] = {}

    def __len__(self) -> int:
        return len(self.texts)

    def key(self, place: int) -> Key:
        """The version at a place of the ascending list."""
        found = self._keys.get(place)
        if found is None:
            listing = self._listing
            if listing is not None and len(listing.versions) == len(self.texts):
                version = listing.version(place)
            else:
                version = Version(self.texts[place])
            found = self._keys[place] = key(version)
            self._places[found] = place
        return found

    def lists(self, place: int) -> bool:
        """Whether uv takes any file of a version for one of the project.

        Hardly a version has no such file: it is noted as looked at, and what a trimmed recording lacks has one.
        """
        found = self._listed.get(place)
        if found is None:
            text = self.texts[place]
            found = self._sees(self._listing, text) or self._sees(self._links, text)
            if not found:
                _files(self._listing, text)
                _files(self._links, text)
            self._listed[place] = found
        return found

    def _sees(self, listing: Listing | None, text: str) -> bool:
        place = None if listing is None else listing.position.get(text)
        return listing is not None and place is not None and listing.has(place, self._admit.sees)

    def has_stable(self) -> bool:
        """Whether a stable version is listed, wherever the cut-off is."""
        places = reversed(range(len(self)))
        return any(not is_prerelease(self.key(place)) and self.lists(place) for place in places)

    def exists(self, place: int) -> bool:
        """Whether a version exists before the cut-off, whatever else speaks against it."""
        text = self.texts[place]
        if self._links is not None and text in self._links.position:
            return True  # a cut-off hides no file from there
        assert self._listing is not None, "a version is from the index or from the links"
        return self._admit.exists(self._listing, self._listing.position[text]) and self.lists(place)

    def neighbours(self, version: Key) -> tuple[Key | None, Key | None]:
        """The nearest existing versions below and above one; None: there is none."""
        found = self._neighbours.get(version)
        if found is None:
            below = next(filter(self.exists, range(self._place((version, 0)) - 1, -1, -1)), None)
            above = next(filter(self.exists, range(self._place((version, 1)), self._end)), None)
            found = self._neighbours[version] = (
                None if below is None else self.key(below),
                None if above is None else self.key(above),
            )
        return found

    @cached_property
    def _end(self) -> int:
        """The place above the newest version that exists."""
        return next((place + 1 for place in reversed(range(len(self.texts))) if self.exists(place)), 0)

    def place(self, version: Key) -> int | None:
        """Where a version stands in the ascending list; None: it is not in it."""
        place = self._place((version, 0))
        return place if place < len(self.texts) and self.key(place) == version else None

    def candidate(self, place: int) -> Candidate | None:
        """The version at a place; None where uv does not see it (the cut-off hides every file)."""
        if place not in self._candidates:
            self._candidates[place] = self._look(place)
        return self._candidates[place]

    def _look(self, place: int) -> Candidate | None:
        if not self.exists(place):
            return None
        represented = self.represented(place)
        return Candidate(self.key(place), self.texts[place], represented) if represented.exists else None

    def represented(self, place: int) -> Represented:
        """The file that stands for the version at a place, whether uv sees the version or not."""
        text = self.texts[place]
        return self._admit.represent(self.key(place), _files(self._listing, text), _files(self._links, text))

    def within(self, wanted: Range, *, highest: bool, every: bool = False) -> Iterator[int]:
        """Places of the versions in a range, from the best end; ``every``: and those above the newest that exists."""
        end = len(self.texts) if every else self._end
        starts = range(0, len(wanted), 2)
        for at in reversed(starts) if highest else starts:
            low = self._place(wanted[at])
            high = min(self._place(wanted[at + 1]), end) if at + 1 < len(wanted) else end
            yield from range(high - 1, low - 1, -1) if highest else range(low, high)

    def _place(self, cut: ranges.Cut) -> int:
        if cut == ranges.LOWEST:
            return 0
        known = self._places.get(cut[0])
        if known is not None:
            return known + cut[1]
        return bisect_left(range(len(self.texts)), cut, key=lambda place: (self.key(place), 0))


def _files(listing: Listing | None, text: str) -> tuple[File, ...]:
    if listing is None:
        return ()
    place = listing.position.get(text)
    return () if place is None else listing.files(place)


class Admission:
    """Represents versions by one run's rules; ``yanked`` are the versions of each project whose yanked files count."""

    def __init__(
        self,
        profile: Profile,
        target: Target,
        options: Options,
        name: NormalizedName,
        yanked: frozenset[object],
        hashes: tuple[str, ...],
    ) -> None:
        """The rules for one project."""
        self._profile = profile
        self._target = target
        self._name = name
        self._yanked = yanked
        self._hashes = hashes
        self.options = options

    @property
    def particular(self) -> bool:
        """Whether the user's requirements of the project make a difference."""
        return bool(self._yanked or self._hashes)

    def exists(self, listing: Listing, place: int) -> bool:
        """Whether a version of an index exists before the cut-off."""
        return CUT_OFF.exists(listing, place, self.options, flat=False)

    def sees(self, file: File) -> bool:
        """Whether uv takes a file of a page for one of the project."""
        return is_seen(file, self._profile.policy)

    def represent(self, version: Key, files: tuple[File, ...], links: tuple[File, ...]) -> Represented:
        """The file that stands for a version."""
        return represent(
            files or links,
            self._profile.policy,
            self._target,
            self.options,
            yanked_allowed=version in self._yanked,
            flat=not files,
            links=links if files else (),
            hashes=self._hashes,
        )


@dataclass(frozen=True, slots=True)
class Versions:
    """What the indexes say of a project. ``failure``: an index could not be read, so that nothing certain is known."""

    maps: tuple[VersionMap, ...]
    found: bool
    failure: Unreadable | None = None


class Catalogue:
    """Reads the pages of projects in uv's order of indexes, and selects from them."""

    def __init__(
        self,
        source: Source,
        profile: Profile,
        target: Target,
        indexes: Indexes,
        options: Options,
        memory: Memory,
        present: Present,
    ) -> None:
        """Nothing is read yet. ``memory`` is as for ``resolve``, ``present`` what is installed."""
        self._memory = memory
        self._source = source
        self._present = present
        self._profile = profile
        self._target = target
        self._indexes = indexes
        self._options = options
        self._versions: dict[tuple[NormalizedName, str | None], Versions] = {}
        self.only: dict[NormalizedName, str] = {}
        """The one index to look at, of projects that have one."""
        self.yanked: dict[NormalizedName, frozenset[object]] = {}
        self.hashes: dict[NormalizedName, tuple[str, ...]] = {}
        self.prereleases: frozenset[NormalizedName] = frozenset()
        """Projects with a pre-release in one of the user's own specifiers."""
        self.direct: frozenset[NormalizedName] = frozenset()
        """Projects the user names, for ``lowest-direct``."""

    def locations(self, name: NormalizedName) -> tuple[str, ...]:
        """Index URLs in the order in which uv asks them for a project."""
        return behaviour(self._profile.policy).index_order(self._indexes, name)

    def versions(self, name: NormalizedName) -> Versions:
        """The project's versions; blocks until its pages are there."""
        wanted = name, self.only.get(name)
        found = self._versions.get(wanted)
        if found is None:
            found = self._versions[wanted] = self._read(name)
        return found

    def _read(self, name: NormalizedName) -> Versions:
        if self._present.satisfies:
            return Versions((), found=False)
        admit = Admission(
            self._profile,
            self._target,
            self._options,
            name,
            self.yanked.get(name, frozenset()),
            self.hashes.get(name, ()),
        )
        only = self.only.get(name)
        links = self._links(name) if only is None else None
        maps = []
        for index in self.locations(name) if only is None else (only,):
            page = self._source.page(index, name)
            match page:
                case Listing():
                    maps.append(self._map(admit, page, links))
                    if self._options.index_strategy == "first-index":
                        break
                case Absent():
                    continue
                case Unreadable():
                    return Versions((), found=False, failure=page)
        if not maps and links is not None:
            maps.append(VersionMap(admit, None, links))
        return Versions(tuple(maps), found=bool(maps))

    def _map(self, admit: Admission, page: Listing, links: Listing | None) -> VersionMap:
        """The page's versions; a run with the same rules before this one has looked at most of them already."""
        if is_flat(page.index):
            return VersionMap(admit, None, page if links is None else joined(page.name, [page, links]))
        if links is not None or admit.particular:
            return VersionMap(admit, page, links)
        # A kept map keeps its page and its target, so that no others can have these identities.
        view = VersionMap, self._profile.policy, self._options, id(page), id(self._target)
        found = self._memory.get(view)
        if not isinstance(found, VersionMap):
            found = self._memory[view] = VersionMap(admit, page, None)
        return found

    def _links(self, name: NormalizedName) -> Listing | None:
        return joined(name, [self._source.links(location, name) for location in self._indexes.find_links])

    def gap(self, name: NormalizedName, version: Key) -> Range:
        """The open interval around a version in which no other exists."""
        maps = self.versions(name).maps
        there = self._present.versions(name)
        if there and not maps:
            return ranges.singleton(version)
        pairs = [one.neighbours(version) for one in maps]
        below = [*(low for low, _ in pairs if low is not None), *(one for one in there if one < version)]
        above = [*(high for _, high in pairs if high is not None), *(one for one in there if one > version)]
        return ranges.open_interval(max(below, default=None), min(above, default=None))

    def select(self, name: NormalizedName, wanted: Range) -> Candidate | None:
        """The version to try next; an incompatible one is returned too, so that it is refused with its reason."""
        there = self._present.within(name, wanted)
        if there is None:
            return self._listed(name, wanted)
        candidate = Candidate(key(there.parsed), there.version, _INSTALLED, there)
        if not self._present.is_upgraded(name):
            return candidate
        listed = self._listed(name, wanted)
        if not self._profile.weighs_upgrades:
            return listed
        if listed is None or listed.version == candidate.version:
            return candidate
        newer = listed.version > candidate.version
        return listed if newer is self.highest(name) else candidate

    def _listed(self, name: NormalizedName, wanted: Range) -> Candidate | None:
        """The version to try next among those of the indexes."""
        highest = self.highest(name)
        mode, named = self._options.prereleases(name), name in self.prereleases
        tries = passes(self.versions(name).maps, self._profile, self._options, mode, named=named)
        for maps, which in tries:
            found = self._first(maps, wanted, which, highest=highest)
            if found is not None:
                return found
        return None

    def highest(self, name: NormalizedName) -> bool:
        """Whether the newest version of a project is preferred, not the oldest."""
        mode = self._options.resolution
        return mode == "highest" or (mode == "lowest-direct" and name not in self.direct)

    def exactly(self, name: NormalizedName, version: Key) -> Candidate | None:
        """One version, whatever speaks against it; None where it does not exist."""
        for one in self.versions(name).maps:
            place = one.place(version)
            candidate = None if place is None else one.candidate(place)
            if candidate is not None:
                return candidate
        return None

    def locals_of(self, name: NormalizedName, version: Key) -> Iterator[Candidate]:
        """The local builds of a public version that exist, the highest first."""
        within = ranges.between((version, 1), (above_locals(version), 0))
        for one in self.versions(name).maps:
            yield from self._seen(one, within, None)

    def _first(
        self, maps: Sequence[VersionMap], wanted: Range, prerelease: bool | None, *, highest: bool
    ) -> Candidate | None:
        """The first version that exists; with merged indexes, a later entry of the same version may save it."""
        merged = self._options.index_strategy == "unsafe-best-match" and len(maps) > 1
        incompatible: Candidate | None = None
        for one, place in ordered(maps, wanted, prerelease, highest=highest, merged=merged):
            if incompatible is not None and one.key(place) != incompatible.version:
                return incompatible
            candidate = one.candidate(place)
            if candidate is None:
                continue
            if candidate.compatible or not merged or not self._profile.looks_behind_unusable:
                return candidate
            incompatible = incompatible or candidate
        return incompatible

    @staticmethod
    def _seen(one: VersionMap, wanted: Range, prerelease: bool | None) -> Iterator[Candidate]:
        for _, place in ordered((one,), wanted, prerelease, highest=True, merged=False):
            candidate = one.candidate(place)
            if candidate is not None:
                yield candidate

    def ahead(self, name: NormalizedName, wanted: Range, count: int) -> list[File]:
        """The files whose metadata will be asked for next if versions keep being refused."""
        files: list[File] = []
        prerelease = None if self._options.prereleases(name) == "allow" else False
        for one in self.versions(name).maps[:1]:
            # a guess may look at what nobody looked at when the recording was made
            with suppress(NotRecordedError):
                for candidate in self._seen(one, wanted, prerelease):
                    if candidate.represented.metadata is not None:
                        files.append(candidate.represented.metadata)
                    if len(files) >= count:
                        break
        return files


def joined(name: NormalizedName, links: Sequence[Listing]) -> Listing | None:
    """The files of a project at all find-links locations as one listing; None where there are none."""
    files = [file for listing in links for place in range(len(listing.versions)) for file in listing.files(place)]
    return Listing.of(name, links[0].index, files) if files else None


def passes(
    maps: Sequence[VersionMap], rules: Profile, options: Options, mode: str | None, *, named: bool
) -> Iterator[tuple[Sequence[VersionMap], bool | None]]:
    """Which versions are looked at, in turn: of which indexes, and whether stable ones (False), pre-releases, or all.

    ``mode`` is the way with pre-releases of the project; ``named``: the user's own specifiers name one of them.
    """
    if rules.prefers_stable:
        mode = mode or "if-necessary"
        stable_only = mode == "disallow" or (mode == "explicit" and not named)
        which = (None,) if mode == "allow" else (False,) if stable_only else (False, True)
        groups = [(one,) for one in maps] if options.index_strategy == "unsafe-first-match" else [maps]
        yield from ((group, one) for group in groups for one in which)
        return
    mode = mode or "if-necessary-or-explicit"
    if mode in ("allow", "disallow"):
        yield maps, None if mode == "allow" else False
    elif mode != "if-necessary" and named:
        yield maps, None
    elif mode == "explicit":
        yield maps, False
    elif rules.weighs_each_index:
        for group in [maps] if options.index_strategy == "unsafe-best-match" else [(one,) for one in maps]:
            yield group, False
            if not any(one.has_stable() for one in group):
                yield group, None
    else:
        yield maps, False if any(one.has_stable() for one in maps) else None


def ordered(
    maps: Sequence[VersionMap],
    wanted: Range,
    prerelease: bool | None,
    *,
    highest: bool,
    merged: bool,
    every: bool = False,
) -> Iterator[tuple[VersionMap, int]]:
    """The versions in a range, the best first, each with its map and place; map by map unless they are ``merged``.

    ``prerelease`` is as in ``passes``, ``every`` as in ``within``.
    """
    rows: Iterator[tuple[VersionMap, int]] = (
        (one, place) for one in maps for place in one.within(wanted, highest=highest, every=every)
    )
    if merged:  # sorting keeps the order of the maps among equal versions
        rows = iter(sorted(rows, key=lambda row: row[0].key(row[1]), reverse=highest))
    for one, place in rows:
        if prerelease is None or is_prerelease(one.key(place)) is prerelease:
            yield one, place
