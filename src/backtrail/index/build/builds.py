"""Builds that run beside the solver: begun when they will likely be asked for, at the latest when they are."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from backtrail.index.cache import Fact
from backtrail.model.files import File
from backtrail.model.metadata import Metadata, SdistContents, Unavailable

__all__ = ["Builder", "Builds", "WillBuild"]

Builder = Callable[[File], Metadata | Unavailable]
"""Builds an sdist's metadata; called in any thread."""

WillBuild = Callable[[File, SdistContents], bool]
"""Whether the resolver has an sdist with these texts built once it looks at its version."""

_AHEAD = max(2, os.cpu_count() or 1)
"""Builds under way at the same time that nobody has asked for yet."""


class Builds:
    """Begins each build once; used from one thread.

    ``keep`` gets what a build gave, in the thread that ran it, asked for or not. ``prepare`` are called once, in
    threads, when there may be builds soon, ``meanwhile`` once, in a thread, with the first build that is waited for.
    ``will_build`` None: nothing is built ahead. ``kill`` ends a build that is under way.
    """

    def __init__(
        self,
        builder: Builder,
        keep: Callable[[File, Fact], None],
        *,
        prepare: Sequence[Callable[[], None]] = (),
        meanwhile: Callable[[Future[Fact]], None] | None = None,
        will_build: WillBuild | None = None,
        kill: Callable[[File], None] = lambda _: None,
    ) -> None:
        """Nothing is built yet, and no thread runs."""
        self._builder = builder
        self._keep = keep
        self._prepare = tuple(prepare)
        self._meanwhile = meanwhile
        self._will_build = will_build
        self._kill = kill
        self._begun: dict[str, Future[Fact]] = {}
        self._unasked: dict[str, File] = {}
        # What is asked for does not stand in line behind guesses.
        self._asked = ThreadPoolExecutor(1, thread_name_prefix="build-asked")
        self._ahead = ThreadPoolExecutor(_AHEAD, thread_name_prefix="build-ahead")
        self._preparing = ThreadPoolExecutor(len(self._prepare) + 1, thread_name_prefix="build-prepare")

    def prepare(self) -> None:
        """Make ready for builds."""
        for step in self._prepare:
            self._preparing.submit(step)
        self._prepare = ()

    def waited_for(self, build: "Future[Fact]") -> None:
        """Use the time that somebody waits for a build."""
        if self._meanwhile is not None:
            self._preparing.submit(self._meanwhile, build)
            self._meanwhile = None

    def expects(self, file: File, contents: SdistContents) -> bool:
        """Whether an sdist that the resolver will likely look at is to be built ahead."""
        return self._will_build is not None and self._will_build(file, contents)

    def begun(self, file: File) -> bool:
        """Whether a build of this file is under way or over."""
        return file.url in self._begun

    def ahead(self, file: File) -> None:
        """Begin a build when there is room for one more."""
        self._unasked[file.url] = file
        self._begun[file.url] = self._ahead.submit(self.run, file)

    def call_off(self) -> None:
        """Build nothing ahead any more; what was begun and is not over, and nobody has asked for, is killed."""
        self._will_build = None
        for url, file in self._unasked.items():
            if not self._begun[url].done():
                if not self._begun[url].cancel():
                    self._kill(file)
                del self._begun[url]
        self._unasked.clear()

    def asked(self, file: File) -> "Future[Fact]":
        """Begin a build now, unless it has begun."""
        self._unasked.pop(file.url, None)
        future = self._begun.get(file.url)
        if future is None or future.cancel():
            future = self._begun[file.url] = self._asked.submit(self.run, file)
        return future

    def run(self, file: File) -> Fact:
        """Build in the thread that calls."""
        fact = self._builder(file)
        self._keep(file, fact)
        return fact

    def close(self) -> None:
        """Wait for what is under way and begin nothing more: stop the builder before."""
        for pool in (self._asked, self._ahead, self._preparing):
            pool.shutdown(cancel_futures=True)
