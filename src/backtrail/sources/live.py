"""The world as it is now: a Source made of what is read, what is guessed ahead, and builds where wanted."""

import contextlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, TypeVar

from packaging.utils import NormalizedName

from backtrail.index.cache import Cache, Fact
from backtrail.model.files import File, Listing, Page
from backtrail.model.metadata import Failure, Metadata, SdistContents, Unavailable
from backtrail.model.requirement import Requirement
from backtrail.model.safe_text import without_secrets
from backtrail.model.source import Source, build_key
from backtrail.sources.beside import Installing, Until
from backtrail.sources.crawl import Crawl
from backtrail.sources.given_metadata import GivenFirst
from backtrail.sources.guessing import Expected, Guess, Guesses, Pages, Scout, Sdist, Speculative
from backtrail.sources.reading import Freshness, Reader, ReadFile

if TYPE_CHECKING:
    import subprocess
    from concurrent.futures import Future

    from backtrail.index.build.builds import Builder, WillBuild
    from backtrail.index.network.exchange import Fetching
    from backtrail.sources.building import Building, Rebuild

__all__ = ["MAX_AGE", "LiveSource"]

MAX_AGE = 600.0
"""Seconds a stored page is taken without asking again: as long as PyPI lets others keep one."""

DirectReader = Callable[[Requirement], Metadata | Unavailable]

_Build = Callable[[File, tuple[Requirement, ...]], Fact]

_POLL = 0.2
"""Seconds between looks at whether there is time to wait."""

_WRITTEN_TOGETHER = 32
"""Pages and facts that are worth a transaction while the solver waits."""

T = TypeVar("T")


class LiveSource(GivenFirst):
    """Facts from indexes and locations, each asked for at most once a run. Close it to keep what was learned.

    ``offline`` takes stored pages of any age and asks nobody; ``refresh`` takes none without asking. ``credentials``,
    ``origins``, ``cert``, ``trusted_hosts``, ``keyring`` and ``indexes`` are as in Access. ``direct`` reads a direct
    reference. ``pinned`` are projects that are looked for on one index alone, which is not asked for others unasked.
    ``progress`` is called with the counts of finished and of asked questions, in another thread. ``processes`` to fetch
    in were started before, and are not ended here if they are not needed. ``waiting`` is called while something is
    waited for, and may raise.

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
        origins: Mapping[str, str] = MappingProxyType({}),
        cert: str | None = None,
        trusted_hosts: Iterable[str] = (),
        keyring: str = "disabled",
        indexes: Iterable[str] = (),
        pinned: Mapping[NormalizedName, str] = MappingProxyType({}),
        stand_ins: Iterable[Metadata] = (),
        direct: DirectReader | None = None,
        scout: Scout | None = None,
        progress: Callable[[int, int], None] | None = None,
        processes: "Sequence[subprocess.Popen[bytes]]" = (),
        waiting: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Prepare; nothing is asked yet. Raises InputError where ``cert`` is no file."""
        self._cache = cache
        self._waiting = waiting
        self._freshness = Freshness(offline=offline, max_age=0.0 if refresh else max_age, clock=clock)
        self._crawl = Crawl(
            credentials=credentials,
            origins=origins,
            cert=cert,
            trusted_hosts=trusted_hosts,
            keyring=keyring,
            indexes=indexes,
            progress=progress,
            processes=processes,
        )
        self._guesses = None if scout is None else Guesses(scout)
        self._pinned = pinned
        self._indexes: dict[str, None] = {}
        self._building: Building | None = None
        # What came from the network; None: something else is over, look.
        self._arrivals: SimpleQueue[Listing | ReadFile | None] = SimpleQueue()
        self._reader = Reader(
            cache,
            self._crawl,
            self._freshness,
            wait=self._wait,
            arrived=self._arrivals.put,
            unseen=self._prepare,
            reads_sdist=self._fetch_sdist,
        )
        self._facts = _Facts(self._reader, self._build, direct)
        super().__init__(self._facts, stand_ins)

    def __enter__(self) -> "LiveSource":  # noqa: PYI034  Self is of Python 3.11
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Call off what is under way and write the cache. Builds end by themselves: stop the builder before."""
        try:
            self._crawl.close()
            if self._building is not None:
                self._building.close()
        finally:
            self._cache.close()

    def beside(self, *, installs: bool = False, until: "Future[Fact] | None" = None) -> Source:
        """The same facts for another thread. What both ask is asked once; nothing has to be closed.

        It shares no listing with this source, makes no guesses, and runs builds in the thread that asks for them.
        ``installs``: what it looks at will be downloaded, and that begins at once. ``until``: it is for a run that goes
        ahead until this is over, and raises CancelledError then; of direct references it knows those that are known.
        """
        from backtrail.index.network.crawler import answer

        building = self._building
        build = _forbidden if building is None else building.build_beside
        source: Source = self._facts.beside(self._reader.beside(answer), build, reads=until is None)
        if installs and building is not None:
            source = Installing(source, building.download_ahead)
        source = GivenFirst(source, self._stand_ins)
        return source if until is None else Until(source, until)

    def open_links(self, locations: Iterable[str]) -> None:
        """Read find-links locations, so that errors show before a run. Raises InputError and IndexFailure."""
        self._reader.open_links(locations)

    def want_pages(self, index: str, names: Iterable[NormalizedName]) -> None:
        """See Source."""
        if index not in self._pinned.values():
            self._indexes[index] = None
        super().want_pages(index, names)

    # Builds

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
        from backtrail.sources.building import Building

        self._building = Building(
            self._cache,
            self._crawl,
            self._freshness,
            builder,
            context=context,
            downloads=downloads,
            prepare=prepare,
            meanwhile=meanwhile,
            will_build=will_build,
            kill=kill,
            rebuild=rebuild,
        )

    def end_builds_ahead(self) -> None:
        """Build only what is asked for from now on: those ahead that nobody has asked for so far are killed."""
        if self._building is not None:
            self._building.call_off()

    def download(self, file: File) -> Path | Unavailable:
        """Where a whole file is, fetched if need be into the folder that ``build_with`` named; in any thread."""
        assert self._building is not None, "only who builds downloads"
        return self._building.download(file)

    def _prepare(self) -> None:
        if self._building is not None:
            self._building.prepare()

    def _build(self, file: File, constraints: tuple[Requirement, ...]) -> Fact:
        if self._building is None:
            return _forbidden(file, constraints)
        if constraints:
            return self._building.rebuild(file, constraints)
        return self._building.build(file, self._wait)

    async def _fetch_sdist(self, fetching: "Fetching", file: File) -> SdistContents | Unavailable:
        return await (fetching.sdist(file) if self._building is None else self._building.sdist(fetching, file))

    # Guesses

    def _wait(self, future: "Future[T]") -> T:
        """Wait for an answer, and meanwhile ask for what will follow from the others, and write what there is."""
        for _ in range(self._arrivals.qsize()):  # what came while nobody waited
            self._look(self._arrivals.get())
        future.add_done_callback(lambda _: self._arrivals.put(None))
        while not future.done():
            self._cache.flush_beside(least=_WRITTEN_TOGETHER)
            self._waiting()
            with contextlib.suppress(Empty):
                self._look(self._arrivals.get(timeout=_POLL))
        return future.result()

    def _look(self, arrived: Listing | ReadFile | None) -> None:
        if self._guesses is not None and arrived is not None:
            for guess in self._guesses.after(arrived):
                self._follow(guess)

    def _follow(self, guess: Guess) -> None:
        """Ask for what was guessed."""
        match guess:
            case Sdist(file, contents):
                if self._building is not None and self.given(file) is None:
                    self._building.ahead(file, contents)
            case Expected(files):
                if self._building is not None:
                    self._building.expect(files)
                self.want_metadata(files)
            case Speculative(files):
                self._reader.want_files((file for file in files if self.given(file) is None), "speculative")
            case Pages(names):
                searched = [name for name in names if name not in self._pinned]
                for index in self._indexes:
                    self._reader.want_pages(index, searched)
                for name in self._pinned.keys() & names:
                    self._reader.want_pages(self._pinned[name], [name])


class _Facts:
    """See Source: what one thread asks for and gets, without a word of the user's."""

    def __init__(self, reader: Reader, build: _Build, direct: DirectReader | None) -> None:
        self._reader = reader
        self._build = build
        self._direct = direct
        self._built: dict[str, Fact] = {}
        self._directs: dict[tuple[NormalizedName, str | None], Metadata | Unavailable] = {}

    def beside(self, reader: Reader, build: _Build, *, reads: bool) -> "_Facts":
        """Those of another thread, which ``reads`` direct references, or knows those that are known."""
        other = _Facts(reader, build, self._direct if reads else None)
        if not reads:
            other._directs.update(self._directs)
        return other

    def page(self, index: str, name: NormalizedName) -> Page:
        return self._reader.page(index, name)

    def links(self, location: str, name: NormalizedName) -> Listing:
        return self._reader.links(location, name)

    def metadata(self, file: File) -> Metadata | Unavailable:
        return self._reader.metadata(file)

    def sdist(self, file: File) -> SdistContents | Unavailable:
        return self._reader.sdist(file)

    def build(self, file: File, constraints: tuple[Requirement, ...] = ()) -> Metadata | Unavailable:
        key = build_key(file, constraints)
        found = self._built.get(key)
        if found is None:
            found = self._built[key] = self._build(file, constraints)
        assert not isinstance(found, SdistContents)
        return found

    def direct(self, requirement: Requirement) -> Metadata | Unavailable:
        key = requirement.name, requirement.url
        found = self._directs.get(key)
        if found is None:
            found = self._directs[key] = _not_read(requirement) if self._direct is None else self._direct(requirement)
        return found

    def want_pages(self, index: str, names: Iterable[NormalizedName]) -> None:
        self._reader.want_pages(index, names)

    def want_metadata(self, files: Iterable[File]) -> None:
        """The first file is the likeliest."""
        self._reader.want_files(files, "likely")


def _forbidden(file: File, _: tuple[Requirement, ...]) -> Unavailable:
    return Unavailable(failure=Failure.BUILD_FORBIDDEN, file=file.filename)


def _not_read(requirement: Requirement) -> Unavailable:
    return Unavailable(failure=Failure.NOT_RECORDED, file=without_secrets(requirement.url or requirement.name))
