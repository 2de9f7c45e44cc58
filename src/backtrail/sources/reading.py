"""Reading: pages, find-links and what files say of themselves, from the cache, from this disk and from the network."""

from collections.abc import Callable, Collection, Coroutine, Hashable, Iterable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeVar

from packaging.utils import NormalizedName

from backtrail.index.cache import Cache, Fact, StoredPage, fact_key
from backtrail.index.locations import is_local, local_metadata, local_page, local_sdist
from backtrail.index.pages import parse
from backtrail.index.pages.find_links import Links, is_remote, local_links, remote_archive, remote_links
from backtrail.model.errors import IndexFailure
from backtrail.model.files import Absent, File, FileKind, Listing, Page, Unreadable
from backtrail.model.flat_index import bare, is_flat
from backtrail.model.metadata import Failure, Metadata, SdistContents, Unavailable
from backtrail.model.safe_text import without_secrets
from backtrail.sources.crawl import Crawl

if TYPE_CHECKING:
    from concurrent.futures import Future

    from backtrail.index.network.crawler import Urgency, Work
    from backtrail.index.network.exchange import Fetching

__all__ = ["Freshness", "ReadFile", "Reader", "ReadsSdist", "Wait", "texts_alone"]

T = TypeVar("T")

Kind = Literal["metadata", "sdist"]


class Freshness(NamedTuple):
    """How old a stored page may be: ``max_age`` in seconds by the ``clock``; ``offline``: any, and nobody is asked."""

    offline: bool
    max_age: float
    clock: Callable[[], float]

    def holds(self, stored: StoredPage) -> bool:
        """Whether a stored page is taken as it is."""
        return self.offline or abs(self.clock() - stored.fetched) < self.max_age


class ReadFile(NamedTuple):
    """What came of a file. ``speculative``: it was asked for in case that it is needed."""

    file: File
    said: Metadata | SdistContents
    speculative: bool


class Wait(Protocol):
    """How a thread waits for an answer."""

    def __call__(self, future: "Future[T]") -> T:
        """The answer; raises what it raises."""


ReadsSdist = Callable[["Fetching", File], Coroutine[Any, Any, SdistContents | Unavailable]]
"""Fetches an sdist's texts, in the crawler's thread."""


async def texts_alone(fetching: "Fetching", file: File) -> SdistContents | Unavailable:
    """No more of an sdist than its texts need."""
    return await fetching.sdist(file)


class Reader:
    """Reads each thing once, for one thread; the cache and the crawl are shared with others.

    ``arrived`` is called in the crawler's thread with what came from the network. ``unseen`` is called when a page is
    asked for that is not stored. ``reads_sdist`` is how sdists are fetched. ``apart``: what it looks at of a page that
    others read as well does not count as looked at there.
    """

    def __init__(
        self,
        cache: Cache,
        crawl: Crawl,
        freshness: Freshness,
        *,
        wait: Wait,
        arrived: Callable[[Listing | ReadFile], None],
        unseen: Callable[[], None] = lambda: None,
        reads_sdist: ReadsSdist = texts_alone,
        apart: bool = False,
    ) -> None:
        """Nothing is read yet."""
        self._cache = cache
        self._crawl = crawl
        self._freshness = freshness
        self._wait = wait
        self._arrived = arrived
        self._unseen = unseen
        self._reads_sdist = reads_sdist
        self._apart = apart
        self._asked: set[Hashable] = set()
        self._pages: dict[tuple[str, NormalizedName], Page] = {}
        self._facts: dict[str, Fact] = {}
        self._links: dict[str, Links] = {}
        self._listings: dict[tuple[str, NormalizedName], Listing] = {}

    def beside(self, wait: Wait) -> "Reader":
        """One for another thread. What both ask is asked once."""
        other = Reader(self._cache, self._crawl, self._freshness, wait=wait, arrived=self._arrived, apart=True)
        other._links.update(self._links)
        return other

    def page(self, index: str, name: NormalizedName) -> Page:
        """See Source."""
        found = self._pages.get((index, name))
        if found is None:
            found = self._pages[index, name] = self._read_page(index, name)
        return found

    def links(self, location: str, name: NormalizedName) -> Listing:
        """See Source; raises IndexFailure too, where a location could not be read from the network."""
        found = self._listings.get((location, name))
        if found is None:
            self.open_links([location])
            found = self._listings[location, name] = self._links[location].listing(name)
        return found

    def open_links(self, locations: Iterable[str]) -> None:
        """Read find-links locations, so that errors show before a run. Raises InputError and IndexFailure."""
        for location in locations:
            if location not in self._links:
                self._links[location] = self._read_links(location)

    def metadata(self, file: File) -> Metadata | Unavailable:
        """See Source."""
        found = self._fact("metadata", file)
        assert not isinstance(found, SdistContents)
        return found

    def sdist(self, file: File) -> SdistContents | Unavailable:
        """See Source."""
        found = self._fact("sdist", file)
        assert not isinstance(found, Metadata)
        return found

    def want_pages(self, index: str, names: Iterable[NormalizedName]) -> None:
        """See Source. What is stored is read at once, in one go."""
        if is_flat(index) or _is_here(index):
            return
        wanted = [name for name in dict.fromkeys(names) if not self._is_known(index, name)]
        stored = self._stored_pages(index, wanted)
        for name in wanted:
            page = stored.get(name)
            if page is not None and self._freshness.holds(page):
                self._pages[index, name] = page.page
            elif not self._freshness.offline:
                self._ask_page(index, name, page, "likely")

    def want_files(self, files: Iterable[File], urgency: "Urgency") -> None:
        """Ask for what files say, the first of which is so urgent, and the others speculative."""
        wanted: dict[str, tuple[Kind, File]] = {}
        for file in files:
            kind: Kind = "metadata" if file.kind is FileKind.WHEEL else "sdist"
            key = fact_key(kind, file)
            if key not in self._facts and key not in self._asked and not is_local(file.url):
                wanted[key] = kind, file
        stored = self._stored_facts(wanted)
        self._facts.update(stored)
        if not self._crawl.begun or self._freshness.offline:
            return  # everything was stored so far: no client for the sake of a guess
        for key, (kind, file) in wanted.items():
            if key not in stored:
                self._ask_fact(kind, key, file, urgency)
                urgency = "speculative"

    # Pages

    def _is_known(self, index: str, name: NormalizedName) -> bool:
        return (index, name) in self._pages or (index, name) in self._asked

    def _stored_pages(self, index: str, names: Collection[NormalizedName]) -> dict[NormalizedName, StoredPage]:
        """What the cache has of these; a query yields to the crawler, and a first run would ask hundreds in vain."""
        return self._cache.pages(index, names) if names and not self._cache.began_empty else {}

    def _read_page(self, index: str, name: NormalizedName) -> Page:
        if is_flat(index):
            return self._flat_page(index, name)
        if _is_here(index):
            return local_page(index, name, self._freshness.clock())
        stored = None
        if (index, name) not in self._asked:
            stored = self._stored_pages(index, [name]).get(name)
            if stored is not None and self._freshness.holds(stored):
                return stored.page
            if self._freshness.offline:
                return Unreadable(index=index, reason="offline")
        page = self._wait(self._ask_page(index, name, stored, "blocking"))
        # a listing of its own for each thread, and for guesses: what those look at is no part of the story
        return page.afresh() if isinstance(page, Listing) and self._apart else page

    def _flat_page(self, index: str, name: NormalizedName) -> Page:
        """The files of a project in an index that is one list for all."""
        place = bare(index)
        self.open_links([place])
        found = self._links[place].listing(name, index)
        return found if found.versions else Absent(index=index)

    def _ask_page(
        self, index: str, name: NormalizedName, stored: StoredPage | None, urgency: "Urgency"
    ) -> "Future[Page]":
        if stored is None:
            self._unseen()

        async def work(fetching: "Fetching") -> Page:
            etag = None if stored is None else stored.etag
            fetched = await fetching.page(index, name, etag, urgent=urgency == "blocking")
            page = fetched.page
            if page is None:
                assert stored is not None
                self._cache.renew(index, name, self._freshness.clock())
                return stored.page
            if isinstance(page, Unreadable):
                return page
            kept = self._cache.put_page(index, name, StoredPage(page, self._freshness.clock(), fetched.etag))
            if isinstance(kept, Listing):
                self._arrived(kept)
            return kept

        return self._ask((index, name), index, work, urgency)

    # Files

    def _fact(self, kind: Kind, file: File) -> Fact:
        key = fact_key(kind, file)
        found = self._facts.get(key)
        if found is None:
            found = self._facts[key] = self._read_fact(kind, key, file)
        return found

    def _stored_facts(self, keys: Collection[str]) -> dict[str, Fact]:
        return self._cache.facts(keys) if keys and not self._cache.began_empty else {}

    def _read_fact(self, kind: Kind, key: str, file: File) -> Fact:
        if is_local(file.url):
            return local_metadata(file) if kind == "metadata" else local_sdist(file)
        if key not in self._asked:
            stored = self._stored_facts([key]).get(key)
            if stored is not None:
                return stored
            if self._freshness.offline:
                return Unavailable(failure=Failure.OFFLINE, file=file.filename)
        return self._wait(self._ask_fact(kind, key, file, "blocking"))

    def _ask_fact(self, kind: Kind, key: str, file: File, urgency: "Urgency") -> "Future[Fact]":
        async def work(fetching: "Fetching") -> Fact:
            fact = await (fetching.metadata(file) if kind == "metadata" else self._reads_sdist(fetching, file))
            self._cache.put_fact(key, fact, self._freshness.clock())
            if not isinstance(fact, Unavailable):
                self._arrived(ReadFile(file, fact, speculative=urgency == "speculative"))
            return fact

        return self._ask(key, file.url, work, urgency)

    # Find-links

    def _read_links(self, location: str) -> Links:
        if not is_remote(location):
            return local_links(location)
        archive = remote_archive(location)
        if archive is not None:
            return archive
        shown = without_secrets(location)
        if self._freshness.offline:
            raise IndexFailure(f"find-links location {shown} cannot be asked offline")

        try:
            reply = self._wait(self._ask(location, location, lambda fetching: fetching.links(location), "blocking"))
            if reply.status == 200:
                return remote_links(location, reply.body, reply.headers.get("content-type", ""), reply.url)
        except (IndexFailure, parse.PageError) as error:
            raise IndexFailure(f"find-links location {shown} cannot be read: {error}") from None
        raise IndexFailure(f"find-links location {shown} cannot be read: status {reply.status}")

    def _ask(self, key: Hashable, url: str, work: "Work[T]", urgency: "Urgency") -> "Future[T]":
        self._asked.add(key)
        return self._crawl.ask(key, url, work, urgency)


def _is_here(index: str) -> bool:
    """Whether an index is a folder of this disk."""
    return is_local(index) or "://" not in index
