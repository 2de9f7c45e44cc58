"""How much a trial may read that no run needed: who asks for an explanation does not wait for a search without hope."""

from collections import Counter
from collections.abc import Iterable
from itertools import islice

from packaging.utils import NormalizedName

from backtrail.model.files import File, FileKind, Listing, Page
from backtrail.model.metadata import Metadata, SdistContents, Unavailable
from backtrail.model.requirement import Requirement
from backtrail.model.source import Source
from backtrail.model.trail import GaveUpError

__all__ = ["RATION", "Rationed"]

RATION = 100
"""Versions of one project that a trial may read and that nobody read before it."""


class Rationed:
    """A Source that remembers what was read, and ends a run that reads on and on.

    It counts files, not time, so that the same question has the same answer everywhere.
    """

    def __init__(self, inner: Source) -> None:
        """Nothing was read yet, and everything may be."""
        self._inner = inner
        self._read: set[str] = set()
        self._taken: Counter[str] | None = None

    def freely(self) -> Source:
        """For a run that was asked for."""
        self._taken = None
        return self

    def sparingly(self) -> Source:
        """For a trial, with a ration of its own; beyond it reading raises GaveUpError."""
        self._taken = Counter()
        return self

    def page(self, index: str, name: NormalizedName) -> Page:
        """See Source."""
        return self._inner.page(index, name)

    def links(self, location: str, name: NormalizedName) -> Listing:
        """See Source."""
        return self._inner.links(location, name)

    def metadata(self, file: File) -> Metadata | Unavailable:
        """See Source."""
        self._take(file)
        return self._inner.metadata(file)

    def sdist(self, file: File) -> SdistContents | Unavailable:
        """See Source."""
        self._take(file)
        return self._inner.sdist(file)

    def build(self, file: File) -> Metadata | Unavailable:
        """See Source."""
        self._take(file)
        return self._inner.build(file)

    def direct(self, requirement: Requirement) -> Metadata | Unavailable:
        """See Source."""
        return self._inner.direct(requirement)

    def want_pages(self, index: str, names: Iterable[NormalizedName]) -> None:
        """See Source."""
        self._inner.want_pages(index, names)

    def want_metadata(self, files: Iterable[File]) -> None:
        """See Source; no more than may be read."""
        self._inner.want_metadata(files if self._taken is None else islice(files, RATION))

    def _take(self, file: File) -> None:
        if file.url in self._read:
            return
        if self._taken is not None:
            project = _project(file)
            if self._taken[project] == RATION:
                raise GaveUpError
            self._taken[project] += 1
        self._read.add(file.url)


def _project(file: File) -> str:
    """What precedes the version in the name of a file."""
    head = file.filename.partition("-") if file.kind is FileKind.WHEEL else file.filename.rpartition("-")
    return head[0]
