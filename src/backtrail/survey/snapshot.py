"""The index as it was read once for all questions: an object a project, which a worker reads when it is asked for it.

An object holds the pages, metadata, sdists and builds of one project, of a page the files of all versions; or it is the
world of a Case. The list of objects is an object too: its digest names the whole snapshot.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import msgspec
from packaging.utils import NormalizedName, canonicalize_name

from backtrail.model.errors import InputError
from backtrail.model.files import File, Listing, NotRecordedError, Page, Unreadable
from backtrail.model.metadata import Failure, Metadata, SdistContents, Unavailable
from backtrail.model.record import Record
from backtrail.model.requirement import Requirement
from backtrail.model.source import Source, build_key
from backtrail.sources.case_file import Replay, World, reference
from backtrail.sources.forwarding import Forwarding
from backtrail.survey.store import Store
from backtrail.survey.world_bytes import read_world, world_bytes

__all__ = ["Gathered", "Gathering", "Shelf", "Snapshot", "newest"]

_FORMAT = 1

_Held = TypeVar("_Held")


class _Head(Record, frozen=True, kw_only=True):
    """``contents`` is the digest of the list of objects."""

    format: int
    contents: str


Contents = dict[str, str]
"""The digest of each project's object, by name."""


def newest(store: Store) -> str | None:
    """The digest of the snapshot that a store holds; None: it holds none. Raises InputError."""
    data = store.head()
    if data is None:
        return None
    try:
        head = msgspec.json.decode(data, type=_Head)
    except msgspec.MsgspecError as error:
        raise InputError(f"{store.place} is no snapshot: {error}") from None
    if head.format > _FORMAT:
        raise InputError(f"{store.place}: this snapshot needs a newer backtrail (format {head.format})")
    return head.contents


def _project_of(url: str) -> str:
    """The project that a file most likely belongs to, going by its address alone; always the same for one address."""
    name = unquote(PurePosixPath(urlsplit(url.partition(" ")[0]).path).name)
    head = name.partition("-")[0] if name.endswith(".whl") else name.rpartition("-")[0]
    return canonicalize_name(head or name)


class Shelf:
    """Objects of a store, read; those asked for last are kept, up to a number of bytes before anybody looks at them."""

    def __init__(self, store: Store, *, most: int = 96 << 20) -> None:
        """Nothing was read yet."""
        self.store = store
        self._most = most
        self._held = 0
        self._worlds: OrderedDict[str, tuple[World, int]] = OrderedDict()
        self._contents: OrderedDict[str, Contents] = OrderedDict()

    def world(self, digest: str) -> World:
        """What an object holds. Raises InputError for a damaged one."""
        found = self._worlds.get(digest)
        if found is None:
            found = self._worlds[digest] = read_world(self.store.get(digest))
            self._held += found[1]
            while self._held > self._most and len(self._worlds) > 1:
                _, (_, size) = self._worlds.popitem(last=False)
                self._held -= size
        self._worlds.move_to_end(digest)
        return found[0]

    def contents(self, digest: str) -> Contents:
        """The objects of a snapshot by project. Raises InputError."""
        found = self._contents.get(digest)
        if found is None:
            try:
                found = msgspec.json.decode(self.store.get(digest), type=Contents)
            except msgspec.MsgspecError as error:
                raise InputError(f"{self.store.place} is no snapshot: {error}") from None
            self._contents[digest] = found
            while len(self._contents) > 2:
                self._contents.popitem(last=False)
        return found


class Snapshot:
    """A Source that answers from a snapshot and from nothing else. Listings are fresh for each of these."""

    def __init__(self, shelf: Shelf, digest: str, *, builds: bool) -> None:
        """``digest`` names the snapshot; ``builds``: the question allows them. Raises InputError if it is not there."""
        self._shelf = shelf
        self._builds = builds
        self._contents = shelf.contents(digest)
        self._opened: dict[str, Replay] = {}
        self._listings: dict[tuple[str, str], Listing] = {}

    def _of(self, project: str) -> Replay:
        found = self._opened.get(project)
        if found is None:
            digest = self._contents.get(project)
            found = self._opened[project] = Replay(World() if digest is None else self._shelf.world(digest))
        return found

    def page(self, index: str, name: NormalizedName) -> Page:
        """See Source."""
        page = self._of(name).page(index, name)
        return self._afresh((index, name), page) if isinstance(page, Listing) else page

    def links(self, location: str, name: NormalizedName) -> Listing:
        """See Source."""
        return self._afresh((location, name), self._of(name).links(location, name))

    def _afresh(self, key: tuple[str, str], listing: Listing) -> Listing:
        return self._listings.setdefault(key, listing.afresh())

    def metadata(self, file: File) -> Metadata | Unavailable:
        """See Source."""
        return self._of(_project_of(file.url)).metadata(file)

    def sdist(self, file: File) -> SdistContents | Unavailable:
        """See Source."""
        return self._of(_project_of(file.url)).sdist(file)

    def build(self, file: File, constraints: tuple[Requirement, ...] = ()) -> Metadata | Unavailable:
        """See Source."""
        if not self._builds:
            return Unavailable(failure=Failure.BUILD_FORBIDDEN, file=file.filename)
        return self._of(_project_of(file.url)).build(file, constraints)

    def direct(self, requirement: Requirement) -> Metadata | Unavailable:
        """See Source."""
        return self._of(requirement.name).direct(requirement)

    def want_pages(self, index: str, names: Iterable[NormalizedName]) -> None:
        """See Source; there is nothing to fetch."""

    def want_metadata(self, files: Iterable[File]) -> None:
        """See Source; there is nothing to fetch."""


class Gathered:
    """What was read of indexes for all questions so far; what a snapshot holds already comes first."""

    def __init__(self, shelf: Shelf, base: str | None) -> None:
        """``base`` is the snapshot to add to, None: a new one."""
        self._shelf = shelf
        self._base = base
        self._below: Source | None = None if base is None else Snapshot(shelf, base, builds=True)
        self.pages: dict[tuple[str, NormalizedName], Page] = {}
        self.links: dict[tuple[str, NormalizedName], Listing] = {}
        self.metadata: dict[str, Metadata | Unavailable] = {}
        self.sdists: dict[str, SdistContents | Unavailable] = {}
        self.builds: dict[str, Metadata | Unavailable] = {}
        self.directs: dict[tuple[NormalizedName, str], Metadata | Unavailable] = {}

    def known(self, ask: Callable[[Source], _Held]) -> _Held | None:
        """What the snapshot below answers; None: it does not know, or there is none."""
        if self._below is None:
            return None
        with suppress(NotRecordedError):
            found = ask(self._below)
            return None if _is_missing(found) else found
        return None

    def keep(self) -> str:
        """Write what is new, and return the digest of the snapshot. Raises InputError where there is no room."""
        contents = {} if self._base is None else dict(self._shelf.contents(self._base))
        for project, world in self._by_project().items():
            if project in contents:
                world = _joined(self._shelf.world(contents[project]), world)  # noqa: PLW2901
            contents[project] = self._shelf.store.put(world_bytes(world))
        digest = self._shelf.store.put(msgspec.json.encode(contents, order="sorted"))
        self._shelf.store.set_head(msgspec.json.encode(_Head(format=_FORMAT, contents=digest)))
        return digest

    def _by_project(self) -> dict[str, World]:
        found: dict[str, World] = {}

        def put(project: str, part: str, key: Any, value: Any) -> None:
            getattr(found.setdefault(project, _empty()), part)[key] = value

        for part, listed in (("pages", self.pages), ("links", self.links)):
            for place, page in sorted(listed.items()):
                put(place[1], part, place, _whole(page) if isinstance(page, Listing) else page)
        read: Mapping[str, Mapping[str, object]] = {
            "metadata": self.metadata, "sdists": self.sdists, "builds": self.builds
        }  # fmt: skip
        for part, facts in read.items():
            for url, fact in sorted(facts.items()):
                put(_project_of(url), part, url, fact)
        for named, said in sorted(self.directs.items()):
            put(named[0], "directs", named, said)
        return found


def _empty() -> World:
    return World(pages={}, links={}, metadata={}, sdists={}, builds={}, directs={})


def _whole(listing: Listing) -> Listing:
    """With the files of all versions, but those that a recording does not hold."""
    held = []
    for place in range(len(listing.versions)):
        with suppress(NotRecordedError):
            listing.files(place)
            held.append(place)
    return listing.trimmed(frozenset(held))


def _joined(old: World, new: World) -> World:
    """What was there stays as it is."""
    return World(**{part: {**getattr(new, part), **getattr(old, part)} for part in World.__struct_fields__})


class Gathering(Forwarding):
    """A Source that answers as a snapshot would: what was read before is not read again, and what is read is kept."""

    def __init__(self, inner: Source, gathered: Gathered) -> None:
        """``inner`` is asked for what nobody asked for yet."""
        super().__init__(inner)
        self._gathered = gathered
        self._listings: dict[tuple[str, str], Listing] = {}

    def page(self, index: str, name: NormalizedName) -> Page:
        """See Source."""
        page = self._once("pages", (index, name), lambda source: source.page(index, name))
        return self._afresh((index, name), page) if isinstance(page, Listing) else page

    def links(self, location: str, name: NormalizedName) -> Listing:
        """See Source."""
        listing = self._once("links", (location, name), lambda source: source.links(location, name))
        return self._afresh((location, name), listing)

    def _afresh(self, key: tuple[str, str], listing: Listing) -> Listing:
        return self._listings.setdefault(key, listing.afresh())

    def metadata(self, file: File) -> Metadata | Unavailable:
        """See Source."""
        return self._once("metadata", file.url, lambda source: source.metadata(file))

    def sdist(self, file: File) -> SdistContents | Unavailable:
        """See Source."""
        return self._once("sdists", file.url, lambda source: source.sdist(file))

    def build(self, file: File, constraints: tuple[Requirement, ...] = ()) -> Metadata | Unavailable:
        """See Source. That a question forbids builds is nothing that another one should know."""
        return self._once("builds", build_key(file, constraints), lambda source: source.build(file, constraints))

    def direct(self, requirement: Requirement) -> Metadata | Unavailable:
        """See Source."""
        return self._once("directs", reference(requirement), lambda source: source.direct(requirement))

    def _once(self, part: str, key: Any, ask: Callable[[Source], _Held]) -> _Held:
        kept = getattr(self._gathered, part)
        found: _Held | None = kept.get(key)
        if found is None:
            known = self._gathered.known(ask)
            found = ask(self._inner) if known is None else known
            if not _is_forbidden(found):
                kept[key] = found
        return found


def _is_forbidden(found: object) -> bool:
    return isinstance(found, Unavailable) and found.failure is Failure.BUILD_FORBIDDEN


def _is_missing(found: object) -> bool:
    """Whether a snapshot does not hold it."""
    if isinstance(found, Unavailable):
        return found.failure in (Failure.NOT_RECORDED, Failure.BUILD_FORBIDDEN)
    return isinstance(found, Unreadable) and found.reason == "not-recorded"
