"""Where engines and explainers get facts from: a live crawl, a cache, or a recording. They cannot tell which."""

from collections.abc import Iterable
from typing import Protocol

from packaging.utils import NormalizedName

from backtrail.model.files import File, Listing, Page
from backtrail.model.metadata import Metadata, SdistContents, Unavailable
from backtrail.model.requirement import Requirement


def build_key(file: File, constraints: tuple[Requirement, ...] = ()) -> str:
    """What tells a build from others: the file's address, and the constraints that are not the user's."""
    return " ".join((file.url, *(one.text for one in constraints)))


class Source(Protocol):
    """Facts about projects. Every question is answered once and for all: asking again gives the same answer.

    Methods block until the answer is there. ``want_*`` are hints to fetch ahead; they return at once and decide
    nothing.
    """

    def page(self, index: str, name: NormalizedName) -> Page:
        """The project's page on one index."""

    def links(self, location: str, name: NormalizedName) -> Listing:
        """The project's files at a find-links location; an unreadable location raises InputError before any run."""

    def metadata(self, file: File) -> Metadata | Unavailable:
        """A wheel's core metadata: the advertised file (PEP 658), else read inside the wheel."""

    def sdist(self, file: File) -> SdistContents | Unavailable:
        """The telling texts of an sdist, read without running anything."""

    def build(self, file: File, constraints: tuple[Requirement, ...] = (), /) -> Metadata | Unavailable:
        """Metadata by running the sdist's build backend. Unavailable(BUILD_FORBIDDEN) unless the user opted in.

        ``constraints`` are for what it requires to be built, beside those of the user.
        """

    def direct(self, requirement: Requirement) -> Metadata | Unavailable:
        """Metadata of a direct reference (local path, or a stand-in)."""

    def want_pages(self, index: str, names: Iterable[NormalizedName]) -> None:
        """These pages are likely to be asked for."""

    def want_metadata(self, files: Iterable[File]) -> None:
        """The metadata of these files is likely to be asked for."""
