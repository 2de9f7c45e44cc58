"""Building: what builds say, remembered between runs, and the files that builds need."""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from backtrail.index.build.builds import Builder, Builds, WillBuild
from backtrail.index.cache import Cache, Fact, fact_key
from backtrail.index.locations import is_local, local_path
from backtrail.model.files import File
from backtrail.model.metadata import Failure, Metadata, SdistContents, Unavailable
from backtrail.model.requirement import Requirement
from backtrail.sources.crawl import Crawl
from backtrail.sources.reading import Freshness, Wait, texts_alone

if TYPE_CHECKING:
    from concurrent.futures import Future

    from backtrail.index.network.crawler import Urgency
    from backtrail.index.network.exchange import Fetching

__all__ = ["Building", "Rebuild"]

Rebuild = Callable[[File, tuple[Requirement, ...]], Metadata | Unavailable]
"""Builds an sdist's metadata under further constraints on what it requires to be built."""

_AHEAD = 8 * 1024 * 1024
"""Bytes at most of a file that is downloaded before it is known that it will be built or installed."""


class Building:
    """The builds of an answer. The arguments are as LiveSource.build_with takes them."""

    def __init__(
        self,
        cache: Cache,
        crawl: Crawl,
        freshness: Freshness,
        builder: Builder,
        *,
        context: str | None,
        downloads: Path | None,
        prepare: Sequence[Callable[[], None]],
        meanwhile: "Callable[[Future[Fact]], None] | None",
        will_build: WillBuild | None,
        kill: Callable[[File], None],
        rebuild: Rebuild | None,
    ) -> None:
        """Nothing is built yet."""
        self._rebuild = rebuild
        self._cache = cache
        self._crawl = crawl
        self._freshness = freshness
        self._context = context
        self._downloads = downloads
        self._downloaded: set[str] = set()
        self._expected: set[str] = set()
        self._builds = Builds(
            builder, self._keep, prepare=prepare, meanwhile=meanwhile, will_build=will_build, kill=kill
        )

    def prepare(self) -> None:
        """Make ready for builds: a project was never seen before, and what was seen before was built then."""
        self._builds.prepare()

    def expect(self, files: Iterable[File]) -> None:
        """Some of these will likely be built."""
        self._expected.update(file.url for file in files)

    def build(self, file: File, wait: Wait) -> Fact:
        """What a build says, asked for in the answer's thread."""
        stored = None if self._builds.begun(file) else self._stored(file)
        if stored is not None:
            return stored
        future = self._builds.asked(file)
        if self._crawl.begun and not future.done():  # where all was stored so far there is nothing to fetch
            self._builds.waited_for(future)
        return wait(future)

    def build_beside(self, file: File, constraints: tuple[Requirement, ...]) -> Fact:
        """The same in another thread: a build that needs another waits for no thread, that might wait for this one."""
        if constraints:
            return Unavailable(failure=Failure.BUILD_FORBIDDEN, file=file.filename)
        return self._stored(file) or self._builds.run(file)

    def rebuild(self, file: File, constraints: tuple[Requirement, ...]) -> Fact:
        """What a build under further constraints gives; in the thread that asks."""
        if self._rebuild is None:
            return Unavailable(failure=Failure.BUILD_FORBIDDEN, file=file.filename)
        found = self._stored(file, constraints)
        if found is None:
            found = self._rebuild(file, constraints)
            self._keep(file, found, constraints)
        return found

    def ahead(self, file: File, contents: SdistContents) -> None:
        """Begin a build that will likely be asked for. What it gives becomes a fact when it is.

        It runs code of the sdist before the resolver has come to it, so it is kept to what is expected to be taken: one
        version of a project, the newest in range.
        """
        if file.url not in self._expected or self._builds.begun(file):
            return
        if self._builds.expects(file, contents) and self._stored(file) is None:
            self._builds.ahead(file)

    def call_off(self) -> None:
        """Build only what is asked for from now on: those ahead that nobody has asked for so far are killed."""
        self._builds.call_off()

    def close(self) -> None:
        """See Builds."""
        self._builds.close()

    # Files

    async def sdist(self, fetching: "Fetching", file: File) -> SdistContents | Unavailable:
        """The texts of an sdist: of one that will likely be built out of the whole file, which is kept for that."""
        if self._downloads is None or file.url not in self._expected or not _is_small(file):
            return await texts_alone(fetching, file)
        contents, is_stored = await fetching.whole_sdist(file, str(self._place(file)))
        if is_stored:
            self._downloaded.add(file.url)
        return contents

    def download(self, file: File) -> Path | Unavailable:
        """Where a whole file is, fetched if need be into the folder for downloads; in any thread."""
        if is_local(file.url):
            return local_path(file.url)
        path = self._place(file)
        if file.url in self._downloaded:
            return path
        if self._freshness.offline:
            return Unavailable(failure=Failure.OFFLINE, file=file.filename)
        from backtrail.index.network.crawler import answer

        return answer(self._ask_whole(file, "blocking")) or path

    def download_ahead(self, file: File) -> None:
        """Begin to fetch a whole file that will be installed, unless it is large; in any thread."""
        if not self._freshness.offline and not is_local(file.url) and _is_small(file):
            self._ask_whole(file, "likely")

    def _place(self, file: File) -> Path:
        """A place of its own for each URL: names of files are no more than that."""
        assert self._downloads is not None, "only who builds downloads"
        return self._downloads / sha256(file.url.encode(errors="surrogatepass")).hexdigest()[:16] / file.filename

    def _ask_whole(self, file: File, urgency: "Urgency") -> "Future[Unavailable | None]":
        return self._crawl.ask(
            ("whole", file.url), file.url, lambda fetching: fetching.whole(file, str(self._place(file))), urgency
        )

    # What was built before

    def _stored(self, file: File, constraints: tuple[Requirement, ...] = ()) -> Fact | None:
        key = self._key(file, constraints)
        return None if key is None or self._cache.began_empty else self._cache.facts([key]).get(key)

    def _keep(self, file: File, fact: Fact, constraints: tuple[Requirement, ...] = ()) -> None:
        key = self._key(file, constraints)
        if key is not None:
            self._cache.put_fact(key, fact, self._freshness.clock())

    def _key(self, file: File, constraints: tuple[Requirement, ...]) -> str | None:
        """The name of a build's result between runs; None where it is not remembered."""
        if self._context is None or is_local(file.url):
            return None
        said = "".join(f" {one.text}" for one in constraints)
        return fact_key("built", file, context=f"{self._context}{said}")


def _is_small(file: File) -> bool:
    return 0 < (file.size or 0) <= _AHEAD
