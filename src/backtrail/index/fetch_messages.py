"""What is said to the process that fetches, and what it answers: frames of a number, a length and a message.

The first frame says how hosts are reached. Answers come in any order, under the numbers of their questions.
"""

import struct
from collections.abc import Iterator
from typing import IO, Final, Literal

import msgspec

from backtrail.index.exchange import Access, Reply
from backtrail.model.files import Absent, File, Unreadable
from backtrail.model.metadata import Metadata, SdistContents, Unavailable
from backtrail.model.record import Tagged

__all__ = [
    "AskFile", "AskLinks", "AskPage", "Broken", "Failed", "Links", "Packed", "Whole", "access", "answer", "encode",
    "frames", "question", "send",
]  # fmt: skip

_HEAD: Final = struct.Struct("<QQ")


class AskPage(Tagged, frozen=True, kw_only=True, tag="ask-page"):
    """For Fetching.page."""

    index: str
    name: str
    etag: str | None


class AskLinks(Tagged, frozen=True, kw_only=True, tag="ask-links"):
    """For Fetching.links."""

    location: str


class AskFile(Tagged, frozen=True, kw_only=True, tag="ask-file"):
    """For the method of Fetching that is named."""

    what: Literal["metadata", "sdist", "whole_sdist", "whole"]
    file: File


class Packed(Tagged, frozen=True, kw_only=True, tag="packed"):
    """Fetched, with a listing packed; ``other`` is what stands for one."""

    packed: memoryview | None
    other: Absent | Unreadable | None
    etag: str | None


class Links(Tagged, frozen=True, kw_only=True, tag="links"):
    """What Fetching.links found."""

    reply: Reply


class Whole(Tagged, frozen=True, kw_only=True, tag="whole"):
    """All of a file, what its texts say or why it is not to be had."""

    body: bytes | None
    contents: SdistContents | Unavailable | None


class Failed(Tagged, frozen=True, kw_only=True, tag="failed"):
    """An IndexFailure."""

    why: str


class Broken(Tagged, frozen=True, kw_only=True, tag="broken"):
    """An error that nobody foresaw."""

    trace: str


encode = msgspec.msgpack.Encoder().encode
access = msgspec.msgpack.Decoder(Access).decode
question = msgspec.msgpack.Decoder(AskPage | AskLinks | AskFile).decode
answer = msgspec.msgpack.Decoder(
    Packed | Links | Whole | Metadata | SdistContents | Unavailable | Failed | Broken
).decode


def send(stream: IO[bytes], number: int, message: bytes) -> None:
    """Put a frame on a stream. Raises OSError where nobody reads it any more."""
    stream.write(_HEAD.pack(number, len(message)))
    stream.write(message)
    stream.flush()


def frames(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Each frame's number and message, until the stream ends."""
    while len(head := stream.read(_HEAD.size)) == _HEAD.size:
        number, size = _HEAD.unpack(head)
        message = stream.read(size)
        if len(message) < size:
            return
        yield number, message
