"""The world as it is now: a Source over the cache, the crawler, find-links, stand-ins, and builds where wanted."""

import contextlib
import threading
import time
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar
from urllib.parse import urlsplit

from packaging.utils import NormalizedName, canonicalize_name

from backtrail.index.cache import Cache, Fact, StoredPage, fact_key
from backtrail.index.files.sdist import legacy_metadata, static_metadata
from backtrail.index.locations import is_local, local_metadata, local_page, local_path, local_sdist
from backtrail.index.pages import parse
from backtrail.index.pages.find_links import Links, is_remote, local_links, remote_archive, remote_links
from backtrail.inputs.file_content import is_file
from backtrail.model.errors import IndexFailure, InputError
from backtrail.model.files import Absent, File, FileKind, Listing, Page, Unreadable
from backtrail.model.metadata import Failure, Metadata, SdistContents, Unavailable
from backtrail.model.requirement import Requirement
from backtrail.model.safe_text import without_secrets
from backtrail.model.source import build_key

if TYPE_CHECKING:
    import subprocess
    from concurrent.futures import Future

    from backtrail.index.build.builds import Builder, Builds, WillBuild
    from backtrail.index.network.crawler import Crawler, Urgency, Work
    from backtrail.index.network.exchange import Fetching

__all__ = ["MAX_AGE", "LiveSource"]

MAX_AGE = 600.0
"""Seconds a stored page is taken without asking again: as long as PyPI lets others keep one."""


class Guess(NamedTuple):
    """A file that was asked for in case that it is needed."""

    file: File


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


DirectReader = Callable[[Requirement], Metadata | Unavailable]

Rebuild = Callable[[File, tuple[Requirement, ...]], Metadata | Unavailable]
"""Builds an sdist's metadata under further constraints on what it requires to be built."""

_POLL = 0.2
"""Seconds between looks at whether there is time to wait."""

_AHEAD = 8 * 1024 * 1024
"""Bytes at most of a file that is downloaded before it is known that it will be built or installed."""

_WRITTEN_TOGETHER = 32
"""Pages and facts that are worth a transaction while the solver waits."""

_Arrival = tuple[str, Listing | Absent] | tuple[File | Guess, Metadata | SdistContents] | None
"""A page and its index, or what a file says; None: something else came, look."""

T = TypeVar("T")


class LiveSource:
    """Facts from indexes and locations, each asked for at most once a run. Close it to keep what was learned.

    ``offline`` takes stored pages of any age and asks nobody; ``refresh`` takes none without asking. ``credentials``,
    ``cert`` and ``trusted_hosts`` are as in Access. ``direct`` reads a direct reference. ``progress`` is called with
    the counts of finished and of asked questions, in another thread. ``processes`` to fetch in were started
    before, and are not ended here if they are not needed. ``waiting`` is called while something is waited for, and may
    raise.

    Used from one thread, which goes on asking ahead while it waits; builds run in others, each on a source that
    ``beside`` gives.
    """

    def __init__(
        self,
        cache: Cache,
        *,
        offline: bool = False,
        refresh: bool = False,
        max_age: float = MAX_AGE,
        credentials: Mapping[str, tuple[str, str]] | None = None,
        cert: str | None = None,
        trusted_hosts: Iterable[str] = (),
        stand_ins: Iterable[Metadata] = (),
        direct: DirectReader | None = None,
        scout: Scout | None = None,
        progress: Callable[[int, int], None] | None = None,
        processes: "Sequence[subprocess.Popen[bytes]]" = (),
        waiting: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Prepare; nothing is asked yet. Raises InputError where ``cert`` is no file."""
        if cert is not None and not is_file(cert):
            raise InputError(f"the file of certificates {cert!r} does not exist")
        self._cache = cache
        self._offline = offline
        self._max_age = 0.0 if refresh else max_age
        self._credentials = dict(credentials or {})
        self._cert = cert
        self._trusted_hosts = frozenset(trusted_hosts)
        self._stand_ins = tuple(stand_ins)
        self._direct = direct
        self._scout = scout
        self._arrivals: SimpleQueue[_Arrival] = SimpleQueue()
        self._main = self
        self._installs = False
        self._until: Future[Fact] | None = None
        self._asking = threading.Lock()
        self._closed = False
        self._scouted: dict[str, None] = {}
        self._arrived: dict[NormalizedName, Listing] = {}
        self._progress = progress
        self._processes = processes
        self._waiting = waiting
        self._clock = clock
        self._crawler: Crawler | None = None
        self._asked: set[Hashable] = set()
        self._pages: dict[tuple[str, NormalizedName], Page] = {}
        self._facts: dict[str, Fact] = {}
        self._links: dict[str, Links] = {}
        self._build_context: str | None = None
        self._builds: Builds | None = None
        self._rebuild: Rebuild | None = None
        self._expected: set[str] = set()
        self._downloads: Path | None = None
        self._downloaded: set[str] = set()
        self._built: dict[str, Fact] = {}
        self._listings: dict[tuple[str, NormalizedName], Listing] = {}
        self._directs: dict[tuple[NormalizedName, str | None], Metadata | Unavailable] = {}

    def __enter__(self) -> "LiveSource":  # noqa: PYI034  Self is of Python 3.11
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def beside(self, *, installs: bool = False, until: "Future[Fact] | None" = None) -> "LiveSource":
        """The same facts for another thread. What both ask is asked once; nothing has to be closed.

        It shares no listing with this source, makes no guesses, and runs builds in the thread that asks for them.
        ``installs``: what it looks at will be downloaded, and that begins at once. ``until``: it is for a run that goes
        ahead until this is over, and raises CancelledError then; of direct references it knows those that are known.
        """
        other = LiveSource(
            self._cache,
            offline=self._offline,
            max_age=self._max_age,
            stand_ins=self._stand_ins,
            direct=self._direct,
            clock=self._clock,
        )
        other._main = self._main
        other._build_context = self._build_context
        other._builds = self._builds
        other._links.update(self._links)
        other._installs = installs
        if until is not None:
            other._until = until
            other._direct = None
            other._directs.update(self._directs)
        return other

    def close(self) -> None:
        """Call off what is under way and write the cache. Builds end by themselves: stop the builder before."""
        try:
            with self._asking:
                self._closed = True
            if self._crawler is not None:
                self._crawler.close()
            if self._builds is not None:
                self._builds.close()
        finally:
            self._cache.close()

    def page(self, index: str, name: NormalizedName) -> Page:
        """See Source."""
        self._go_on()
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
        """See Source. A stand-in of this name and version comes first."""
        self._go_on()
        stand_in = self._stand_in(file)
        if stand_in is not None:
            return stand_in
        if self._installs and not self._offline and not is_local(file.url) and 0 < (file.size or 0) <= _AHEAD:
            self._ask_whole(file, "likely")
        found = self._fact("metadata", file)
        assert not isinstance(found, SdistContents)
        return found

    def sdist(self, file: File) -> SdistContents | Unavailable:
        """See Source. Where a stand-in speaks for the file, no text does: ``build`` answers then."""
        self._go_on()
        if self._stand_in(file) is not None:
            return SdistContents(file=file.filename)
        found = self._fact("sdist", file)
        assert not isinstance(found, Metadata)
        return found

    def build(self, file: File, constraints: tuple[Requirement, ...] = ()) -> Metadata | Unavailable:
        """See Source. A stand-in of this name and version comes first."""
        found = self._stand_in(file)
        if found is not None:
            return found
        if self._builds is None:
            return Unavailable(failure=Failure.BUILD_FORBIDDEN, file=file.filename)
        key = build_key(file, constraints)
        fact = self._built.get(key)
        if fact is None:
            fact = self._built[key] = (
                self._rebuilt(file, constraints) if constraints else self._read_build(self._builds, file)
            )
        assert not isinstance(fact, SdistContents)
        return fact

    def build_with(
        self,
        builder: "Builder",
        *,
        context: str | None,
        downloads: Path | None = None,
        prepare: Sequence[Callable[[], None]] = (),
        meanwhile: "Callable[[Future[Fact]], None] | None" = None,
        will_build: "WillBuild | None" = None,
        kill: Callable[[File], None] = lambda _: None,
        rebuild: "Rebuild | None" = None,
    ) -> None:
        """From now on, run builds; ``context`` says what their results depend on besides the sdist.

        Results are not remembered between runs where it is None. ``downloads`` is the folder for what is built and
        installed, None: nothing is downloaded. ``prepare``, ``meanwhile``, ``will_build`` and ``kill`` are as Builds
        takes them, ``rebuild`` is for builds under other constraints; what the scout finds likely is built ahead.
        """
        from backtrail.index.build.builds import Builds

        self._build_context = context
        self._rebuild = rebuild
        self._downloads = downloads
        self._builds = Builds(
            builder, self._keep_build, prepare=prepare, meanwhile=meanwhile, will_build=will_build, kill=kill
        )

    def end_builds_ahead(self) -> None:
        """Build only what is asked for from now on: those ahead that nobody has asked for so far are killed."""
        if self._builds is not None:
            self._builds.call_off()

    def download(self, file: File) -> Path | Unavailable:
        """Where a whole file is, fetched if need be into the folder that ``build_with`` named."""
        if is_local(file.url):
            return local_path(file.url)
        path = self._place(file)
        if file.url in self._main._downloaded:  # noqa: SLF001
            return path
        if self._offline:
            return Unavailable(failure=Failure.OFFLINE, file=file.filename)
        return self._wait(self._ask_whole(file, "blocking")) or path

    def direct(self, requirement: Requirement) -> Metadata | Unavailable:
        """See Source. A stand-in of this name comes first, whatever its version."""
        key = (requirement.name, requirement.url)
        found = self._directs.get(key)
        if found is None:
            found = self._directs[key] = self._read_direct(requirement)
        return found

    def want_pages(self, index: str, names: Iterable[NormalizedName]) -> None:
        """See Source. What is stored is read at once, in one go."""
        if is_local(index):
            return
        self._scouted[index] = None
        wanted = [name for name in dict.fromkeys(names) if not self._is_known(index, name)]
        stored = self._stored_pages(index, wanted)
        for name in wanted:
            page = stored.get(name)
            if page is not None and self._fresh(page):
                self._pages[index, name] = page.page
            elif not self._offline:
                self._ask_page(index, name, page, "likely")

    def want_metadata(self, files: Iterable[File]) -> None:
        """See Source. The first file is the likeliest."""
        self._want_metadata(files, "likely")

    def _want_metadata(self, files: Iterable[File], urgency: "Urgency") -> None:
        """Ask for files, the first of which is so urgent, and the others speculative."""
        wanted = {}
        for file in files:
            kind = "metadata" if file.kind is FileKind.WHEEL else "sdist"
            key = fact_key(kind, file)
            if key not in self._facts and key not in self._asked and not is_local(file.url):
                wanted[key] = kind, file
        stored = self._stored_facts(wanted)
        self._facts.update(stored)
        if self._main._crawler is None:  # noqa: SLF001
            return  # everything was stored so far: no client for the sake of a guess
        for key, (kind, file) in wanted.items():
            if key not in stored and not self._offline and self._stand_in(file) is None:
                self._ask_fact(kind, key, file, urgency)
                urgency = "speculative"

    def _stored_pages(self, index: str, names: Collection[NormalizedName]) -> dict[NormalizedName, StoredPage]:
        """What the cache has of these; a query yields to the crawler, and a first run would ask hundreds in vain."""
        return self._cache.pages(index, names) if names and not self._cache.began_empty else {}

    def _stored_facts(self, keys: Collection[str]) -> dict[str, Fact]:
        return self._cache.facts(keys) if keys and not self._cache.began_empty else {}

    def _is_known(self, index: str, name: NormalizedName) -> bool:
        return (index, name) in self._pages or (index, name) in self._asked

    def _fresh(self, stored: StoredPage) -> bool:
        return self._offline or abs(self._clock() - stored.fetched) < self._max_age

    def _read_page(self, index: str, name: NormalizedName) -> Page:
        if is_local(index):
            return local_page(index, name, self._clock())
        stored = None
        if (index, name) not in self._asked:
            stored = self._stored_pages(index, [name]).get(name)
            if stored is not None and self._fresh(stored):
                return stored.page
            if self._offline:
                return Unreadable(index=index, reason="offline")
        page = self._wait(self._ask_page(index, name, stored, "blocking"))
        # a listing of its own for each source, and for guesses: what those look at is no part of the story
        return page.afresh() if isinstance(page, Listing) and self._main is not self else page

    def _ask_page(
        self, index: str, name: NormalizedName, stored: StoredPage | None, urgency: "Urgency"
    ) -> "Future[Page]":
        if stored is None and self._builds is not None and self._main is self:
            self._builds.prepare()  # a project never seen before: what was seen before was built then

        async def work(fetching: "Fetching") -> Page:
            etag = None if stored is None else stored.etag
            fetched = await fetching.page(index, name, etag, urgent=urgency == "blocking")
            page = fetched.page
            if page is None:
                assert stored is not None
                self._cache.renew(index, name, self._clock())
                return stored.page
            if isinstance(page, Unreadable):
                return page
            kept = self._cache.put_page(index, name, StoredPage(page, self._clock(), fetched.etag))
            self._main._arrivals.put((index, kept))  # noqa: SLF001
            return kept

        return self._ask((index, name), urlsplit(index).netloc, work, urgency)

    def _fact(self, kind: str, file: File) -> Fact:
        key = fact_key(kind, file)
        found = self._facts.get(key)
        if found is None:
            found = self._facts[key] = self._read_fact(kind, key, file)
        return found

    def _read_fact(self, kind: str, key: str, file: File) -> Fact:
        if is_local(file.url):
            return local_metadata(file) if kind == "metadata" else local_sdist(file)
        if key not in self._asked:
            stored = self._stored_facts([key]).get(key)
            if stored is not None:
                return stored
            if self._offline:
                return Unavailable(failure=Failure.OFFLINE, file=file.filename)
        return self._wait(self._ask_fact(kind, key, file, "blocking"))

    def _ask_fact(self, kind: str, key: str, file: File, urgency: "Urgency") -> "Future[Fact]":
        async def work(fetching: "Fetching") -> Fact:
            fact: Fact
            if kind == "metadata":
                fact = await fetching.metadata(file)
            elif self._downloads is not None and file.url in self._expected and 0 < (file.size or 0) <= _AHEAD:
                fact = await self._sdist_to_build(fetching, file)
            else:
                fact = await fetching.sdist(file)
            self._cache.put_fact(key, fact, self._clock())
            if not isinstance(fact, Unavailable):
                self._main._arrivals.put((Guess(file) if urgency == "speculative" else file, fact))  # noqa: SLF001
            return fact

        return self._ask(key, urlsplit(file.url).netloc, work, urgency)

    def _place(self, file: File) -> Path:
        """A place of its own for each URL: names of files are no more than that."""
        folder = self._main._downloads  # noqa: SLF001
        assert folder is not None, "only who builds downloads"
        return folder / sha256(file.url.encode(errors="surrogatepass")).hexdigest()[:16] / file.filename

    def _ask_whole(self, file: File, urgency: "Urgency") -> "Future[Unavailable | None]":
        async def work(fetching: "Fetching") -> Unavailable | None:
            return await fetching.whole(file, str(self._place(file)))

        return self._ask(("whole", file.url), urlsplit(file.url).netloc, work, urgency)

    async def _sdist_to_build(self, fetching: "Fetching", file: File) -> SdistContents | Unavailable:
        """Read the texts out of the whole file, which is kept for the build."""
        contents, is_stored = await fetching.whole_sdist(file, str(self._place(file)))
        if is_stored:
            self._main._downloaded.add(file.url)  # noqa: SLF001
        return contents

    def _read_links(self, location: str) -> Links:
        if not is_remote(location):
            return local_links(location)
        archive = remote_archive(location)
        if archive is not None:
            return archive
        shown = without_secrets(location)
        if self._offline:
            raise IndexFailure(f"find-links location {shown} cannot be asked offline")

        async def work(fetching: "Fetching") -> tuple[int, str, bytes, str]:
            reply = await fetching.links(location)
            return reply.status, reply.url, reply.body, reply.headers.get("content-type", "")

        try:
            status, url, body, content_type = self._wait(
                self._ask(location, urlsplit(location).netloc, work, "blocking")
            )
            if status == 200:
                return remote_links(location, body, content_type, url)
        except IndexFailure as error:
            raise IndexFailure(f"find-links location {shown} cannot be read: {error}") from None
        except parse.PageError as error:
            raise IndexFailure(f"find-links location {shown} cannot be read: {error}") from None
        raise IndexFailure(f"find-links location {shown} cannot be read: status {status}")

    def _read_direct(self, requirement: Requirement) -> Metadata | Unavailable:
        for stand_in in self._stand_ins:
            if canonicalize_name(stand_in.name) == requirement.name:
                return stand_in
        if self._direct is not None:
            return self._direct(requirement)
        return Unavailable(failure=Failure.NOT_RECORDED, file=without_secrets(requirement.url or requirement.name))

    def _stand_in(self, file: File) -> Metadata | None:
        """The user's word for exactly this version of the project."""
        for stand_in in self._stand_ins:
            if parse.version_key(stand_in.version) == parse.version_key(file.version):
                what = parse.identify(file.filename, canonicalize_name(stand_in.name))
                if not isinstance(what, str):
                    return stand_in
        return None

    def _read_build(self, builds: "Builds", file: File) -> Fact:
        if self._main is not self:  # a build that needs another waits for no thread: that might wait for this one
            return self._stored_build(file) or builds.run(file)
        stored = None if builds.begun(file) else self._stored_build(file)
        if stored is not None:
            return stored
        future = builds.asked(file)
        if self._crawler is not None and not future.done():  # where all was stored so far there is nothing to fetch
            builds.waited_for(future)
        return self._wait(future)

    def _rebuilt(self, file: File, constraints: tuple[Requirement, ...]) -> Fact:
        """What a build under further constraints gives; in the thread that asks."""
        if self._rebuild is None:
            return Unavailable(failure=Failure.BUILD_FORBIDDEN, file=file.filename)
        stored = self._stored_build(file, constraints)
        if stored is None:
            stored = self._rebuild(file, constraints)
            self._keep_build(file, stored, constraints)
        return stored

    def _go_on(self) -> None:
        """End a run that goes ahead of what is over."""
        if self._until is not None and self._until.done():
            from concurrent.futures import CancelledError

            raise CancelledError

    def _stored_build(self, file: File, constraints: tuple[Requirement, ...] = ()) -> Fact | None:
        key = self._build_key(file, constraints)
        return None if key is None else self._stored_facts([key]).get(key)

    def _keep_build(self, file: File, fact: Fact, constraints: tuple[Requirement, ...] = ()) -> None:
        key = self._build_key(file, constraints)
        if key is not None:
            self._cache.put_fact(key, fact, self._clock())

    def _build_key(self, file: File, constraints: tuple[Requirement, ...] = ()) -> str | None:
        """The name of a build's result between runs; None where it is not remembered."""
        if self._build_context is None or is_local(file.url):
            return None
        said = "".join(f" {one.text}" for one in constraints)
        return fact_key("built", file, context=f"{self._build_context}{said}")

    def _build_ahead(self, file: File, contents: SdistContents) -> None:
        """Begin a build that will likely be asked for. What it gives becomes a fact when it is.

        It runs code of the sdist before the resolver has come to it, so it is kept to what the scout expects the
        resolver to take: one version of a project, the newest in range.
        """
        builds = self._builds
        if builds is None or file.url not in self._expected or builds.begun(file) or self._stand_in(file) is not None:
            return
        if builds.expects(file, contents) and self._stored_build(file) is None:
            builds.ahead(file)

    def _ask(self, key: Hashable, host: str, work: "Work[T]", urgency: "Urgency") -> "Future[T]":
        self._asked.add(key)
        return self._main._crawl(key, host, work, urgency)  # noqa: SLF001

    def _crawl(self, key: Hashable, host: str, work: "Work[T]", urgency: "Urgency") -> "Future[T]":
        with self._asking:
            if self._closed:
                from concurrent.futures import CancelledError

                raise CancelledError
            if self._crawler is None:
                # A warm run needs neither the event loop nor the HTTP client.
                from backtrail.index.network.crawler import Crawler
                from backtrail.index.network.exchange import Access

                access = Access(credentials=self._credentials, cert=self._cert, trusted_hosts=self._trusted_hosts)
                self._crawler = Crawler(access, processes=self._processes, progress=self._progress)
            return self._crawler.ask(key, host, work, urgency)

    def _wait(self, future: "Future[T]") -> T:
        """Wait for an answer, and meanwhile ask for what will follow from the others, and write what there is."""
        for _ in range(self._arrivals.qsize()):  # what came while nobody waited
            self._follow(self._arrivals.get())
        future.add_done_callback(lambda _: self._arrivals.put(None))
        while not future.done():
            if self._main is self:
                self._cache.flush_beside(least=_WRITTEN_TOGETHER)
                self._waiting()
            with contextlib.suppress(Empty):
                self._follow(self._arrivals.get(timeout=_POLL))
        return future.result()

    def _follow(self, arrived: "_Arrival") -> None:
        """Ask for what a page or a version's metadata leads to."""
        if self._scout is None or arrived is None:
            return
        where, found = arrived
        if isinstance(found, Listing):
            listing = self._arrived[found.name] = found.afresh()
            self._expect(self._scout.files(listing))
        elif isinstance(where, File) and not isinstance(found, Absent):
            if isinstance(found, SdistContents):
                self._build_ahead(where, found)
                known = static_metadata(found, where) or legacy_metadata(found, where)
            else:
                known = found
            if isinstance(known, Metadata):
                self._follow_requirements(self._scout, known)
        elif isinstance(where, Guess) and isinstance(found, Metadata):
            self._walk_on(self._scout, where.file, found)

    def _walk_on(self, scout: Scout, file: File, metadata: Metadata) -> None:
        """Go on from an older version; other guesses are not built on: a guess built on a guess seldom holds."""
        listing = self._arrived.get(canonicalize_name(metadata.name))
        if listing is not None:
            for found in scout.walked(listing, file, metadata):
                if isinstance(found, Metadata):
                    self._follow_requirements(scout, found)
                else:
                    self._want_metadata([found], "speculative")

    def _follow_requirements(self, scout: Scout, metadata: Metadata) -> None:
        name = canonicalize_name(metadata.name)
        requirements = list(scout.requirements(name, metadata))
        for index in self._scouted:
            self.want_pages(index, [requirement.name for requirement in requirements])
        contradicted = any(map(scout.contradicts, requirements))
        for requirement in requirements:
            listing = self._arrived.get(requirement.name)
            if listing is not None:
                self._expect(scout.narrowed(listing, requirement))
        own = self._arrived.get(name)
        if contradicted and own is not None:
            self._want_metadata(scout.older(own, metadata.version), "speculative")

    def _expect(self, files: Iterable[File]) -> None:
        """Ask for files that the scout found likely."""
        expected = list(files)
        self._expected.update(file.url for file in expected)
        self.want_metadata(expected)
