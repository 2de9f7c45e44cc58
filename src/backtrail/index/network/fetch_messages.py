"""What is said to the process that fetches, and what it answers, in frames.

The first frame says how hosts are reached; an empty one under its number says that questions can be answered. Answers
come in any order, under the numbers of their questions. An empty question asks whether anybody is there, and so is its
answer.
"""

import msgspec
from packaging.utils import NormalizedName

from backtrail.index.network.exchange import Access, Reply
from backtrail.model.files import Absent, File, Unreadable
from backtrail.model.metadata import Metadata, SdistContents, Unavailable
from backtrail.model.record import Tagged

__all__ = [
    "Answer", "AskLinks", "AskMetadata", "AskPage", "AskSdist", "AskWhole", "Broken", "Failed", "Links", "NoPage",
    "Page", "Question", "Stored", "access", "answer", "encode", "question",
]  # fmt: skip


class AskPage(Tagged, frozen=True, kw_only=True, tag="ask-page"):
    """For Fetching.page."""

    index: str
    name: NormalizedName
    etag: str | None
    urgent: bool


class AskLinks(Tagged, frozen=True, kw_only=True, tag="ask-links"):
    """For Fetching.links."""

    location: str


class AskMetadata(Tagged, frozen=True, kw_only=True, tag="ask-metadata"):
    """For Fetching.metadata."""

    file: File


class AskSdist(Tagged, frozen=True, kw_only=True, tag="ask-sdist"):
    """For Fetching.sdist, or with a ``path`` for Fetching.whole_sdist."""

    file: File
    path: str | None = None


class AskWhole(Tagged, frozen=True, kw_only=True, tag="ask-whole"):
    """For Fetching.whole."""

    file: File
    path: str


class Page(Tagged, frozen=True, kw_only=True, tag="page"):
    """A listing, packed."""

    packed: memoryview
    etag: str | None


class NoPage(Tagged, frozen=True, kw_only=True, tag="no-page"):
    """What stands for a listing; None: what was stored still holds."""

    page: Absent | Unreadable | None
    etag: str | None


class Links(Tagged, frozen=True, kw_only=True, tag="links"):
    """A reply, as it came."""

    reply: Reply


class Stored(Tagged, frozen=True, kw_only=True, tag="stored"):
    """All of a file is where it was to be; of an sdist also what its texts say."""

    contents: SdistContents | Unavailable | None = None


class Failed(Tagged, frozen=True, kw_only=True, tag="failed"):
    """An IndexFailure."""

    why: str


class Broken(Tagged, frozen=True, kw_only=True, tag="broken"):
    """An error that nobody foresaw, and where it was."""

    what: str
    trace: str


Question = AskPage | AskLinks | AskMetadata | AskSdist | AskWhole
Answer = Page | NoPage | Links | Stored | Metadata | SdistContents | Unavailable | Failed | Broken

encode = msgspec.msgpack.Encoder().encode
access = msgspec.msgpack.Decoder(Access).decode
question = msgspec.msgpack.Decoder(Question).decode
answer = msgspec.msgpack.Decoder(Answer).decode
