"""What is asked of the network and what comes back, in words that need no HTTP client."""

from collections.abc import Mapping
from typing import Protocol

from packaging.utils import NormalizedName

from backtrail.index.pages.project_page import ProjectPage
from backtrail.model.errors import IndexFailure
from backtrail.model.files import Absent, File, Unreadable
from backtrail.model.metadata import Metadata, SdistContents, Unavailable
from backtrail.model.record import Record
from backtrail.model.safe_text import without_secrets

__all__ = ["Access", "Client", "Fetched", "Fetching", "Reply", "Sink", "TransportError"]


class Access(Record, frozen=True, kw_only=True):
    """How to reach hosts.

    ``credentials`` are user and password by the URL that they were written in (without them); they are for its origin
    only, and netrc is asked for other hosts. ``origins`` are the settings that say them, by the same URLs. ``cert`` is
    a file of trusted authorities (PEM) in place of the system's. Of ``trusted_hosts`` (``host`` or ``host:port``)
    certificates are not checked, and what is named by HTTPS may be asked for in clear. ``keyring`` is the provider that
    is asked where a host answers 401, as Keyring takes it, with the ``indexes`` that it may know.
    """

    credentials: Mapping[str, tuple[str, str]] = {}
    origins: Mapping[str, str] = {}
    cert: str | None = None
    trusted_hosts: frozenset[str] = frozenset()
    keyring: str = "disabled"
    indexes: tuple[str, ...] = ()


class TransportError(IndexFailure):
    """No reply to work with. ``too_large``: there is one, beyond the bound. The text is short, without credentials."""

    def __init__(self, detail: str, *, too_large: bool = False) -> None:
        """Keep what went wrong."""
        super().__init__(without_secrets(detail)[:200])
        self.too_large = too_large


class Reply(Record, frozen=True, kw_only=True):
    """An answer, read to its end. ``url`` is where it was finally found; header names are lower case.

    ``body`` is empty where it went into a Sink.
    """

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


class Sink(Protocol):
    """Where a body goes."""

    def begin(self) -> None:
        """A body begins; what came before is forgotten."""

    def write(self, chunk: bytes) -> object:
        """Take the next bytes."""


class Client(Protocol):
    """Sends requests to one host, and follows no redirect."""

    async def get(self, url: str, headers: Mapping[str, str], *, limit: int, into: Sink) -> Reply:
        """Send one request; the body goes ``into``, as it comes over the line. ``limit`` is as in Transport.get.

        Raises TransportError where no further try can help, and whatever else where one may.
        """

    async def aclose(self) -> None:
        """Close all connections."""


class Fetched(Record, frozen=True, kw_only=True):
    """A page, or None: what was stored still holds. ``etag`` is the server's mark of this state of it."""

    page: ProjectPage | Absent | Unreadable | None
    etag: str | None = None


class Fetching(Protocol):
    """The questions there are; what a server sends or fails to send is an answer too."""

    async def begun(self) -> bool:
        """Whether questions can be answered here at all."""

    async def page(self, index: str, name: NormalizedName, etag: str | None = None, *, urgent: bool = False) -> Fetched:
        """Fetch a project's page, unless it is still the one ``etag`` marks. ``urgent`` ones are read first."""

    async def links(self, location: str) -> Reply:
        """Fetch a page of links to files of any project. Raises IndexFailure."""

    async def metadata(self, file: File) -> Metadata | Unavailable:
        """Fetch a wheel's metadata: the advertised file (PEP 658), else out of the wheel."""

    async def sdist(self, file: File) -> SdistContents | Unavailable:
        """Fetch an sdist from its beginning until enough was seen."""

    async def whole_sdist(self, file: File, path: str) -> tuple[SdistContents | Unavailable, bool]:
        """Fetch all of an sdist as ``whole`` does, and read it as ``sdist`` does; False where only that could be."""

    async def whole(self, file: File, path: str) -> Unavailable | None:
        """Fetch all of a file to where there is nothing yet, checked against its hashes; the folder is made."""

    async def aclose(self) -> None:
        """Call off what is under way and let go of all connections."""
