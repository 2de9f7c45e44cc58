"""What is asked of an index, and in which order, for a page, a wheel's metadata and an sdist's texts."""

import asyncio
import contextlib
import hashlib
import heapq
import itertools
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import msgspec
from packaging.utils import NormalizedName

from backtrail import bounds
from backtrail.index.files.wheel import TAIL, metadata_of, read_metadata
from backtrail.index.network.exchange import Access, Fetched, Reply, TransportError
from backtrail.index.network.transport import Transport
from backtrail.index.pages import parse
from backtrail.index.pages.project_page import parse_page
from backtrail.model.files import Absent, File, Unreadable
from backtrail.model.metadata import Failure, Metadata, MetadataSource, SdistContents, Unavailable
from backtrail.standards.core_metadata import parse_metadata

__all__ = ["Fetcher", "Turns", "page_url", "verified"]

MAX_WHEEL: Final = 200_000_000
"""Bytes of a wheel at most that are read whole, where a server does not serve parts."""

MAX_BUILT: Final = 1 << 30
"""Bytes of a file at most that a build needs; an sdist of 300 MB exists."""

_LONGEST_TAIL: Final = 512 * 1024  # bytes; what is further from the end is asked for by itself
_LARGE_WHEEL: Final = 20_000_000  # bytes; the directory of such a wheel seldom fits into one TAIL
_SDIST_HEAD: Final = 256 * 1024  # bytes asked for first
_SDIST_STEP: Final = 4 * 1024 * 1024  # bytes asked for next, each time: what is not in the head is mostly at the end
_SMALL_SDIST: Final = 1024 * 1024  # bytes; not worth a second round trip
_WHOLE_AT_ONCE: Final = 2  # whole wheels under way at the same time

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")
_MARK = re.compile(r"[!-~]{1,1000}")  # weak ones begin with W/
_NO_PARTS: Final = frozenset({200, 206, 400, 405, 416, 501})
"""Answers to a request for a part that mean: ask for the whole."""
_REASONS: Final = {401: "unauthorized", 403: "forbidden"}
_DIGESTS: Final = (
    "sha256",
    "sha512",
    "sha384",
    "sha224",
    "blake2b",
    "sha1",
    "md5",
)  # the first published one is checked


def page_url(index: str, name: NormalizedName) -> str:
    """Where the page of a project is (PEP 503)."""
    return f"{index.rstrip('/')}/{name}/"


class Turns:
    """Turns at reading, one at a time: the smallest of what waits first, and before it whatever needs no turn."""

    def __init__(self) -> None:
        """Nobody waits."""
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()
        self._is_taken = False

    @contextlib.asynccontextmanager
    async def taken(self, size: int) -> AsyncIterator[None]:
        """Wait for a turn, and hold it inside."""
        if self._is_taken:
            turn = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (size, next(self._numbers), turn))
            await turn
        self._is_taken = True
        try:
            await asyncio.sleep(0)
            yield
        finally:
            self._is_taken = False
            while self._waiting and not self._is_taken:
                turn = heapq.heappop(self._waiting)[2]
                if not turn.done():
                    self._is_taken = True
                    turn.set_result(None)


class Fetcher:
    """Fetching, in this process. What was learned of a host saves requests and never changes an answer."""

    def __init__(self, access: Access, *, clock: Callable[[], float] = time.time) -> None:
        """Nothing is known of any host yet, and nothing opened."""
        self._transport = Transport(access)
        self._clock = clock
        self._partless: set[str] = set()
        self._tails: dict[tuple[str, str], int] = {}
        self._whole = asyncio.Semaphore(_WHOLE_AT_ONCE)
        self._turns = Turns()

    async def begun(self) -> bool:
        """See Fetching."""
        return True

    async def page(self, index: str, name: NormalizedName, etag: str | None = None, *, urgent: bool = False) -> Fetched:
        """See Fetching."""
        url = page_url(index, name)
        headers = {"Accept": parse.ACCEPT} | ({} if etag is None else {"If-None-Match": etag})
        try:
            reply = await self._transport.get(url, headers, limit=bounds.PAGE, decode=True)
        except TransportError as error:
            reason = "too-large" if error.too_large else "network"
            return Fetched(page=Unreadable(index=index, reason=reason, detail=str(error)))
        if reply.status == 304 and etag is not None:
            return Fetched(page=None, etag=etag)
        mark = _mark(reply)
        instead = _page_of(reply, index)
        if isinstance(instead, Unreadable) and reply.status in _REASONS:
            return Fetched(page=msgspec.structs.replace(instead, detail=self._refused(reply)), etag=mark)
        if instead is not None:
            return Fetched(page=instead, etag=mark)
        kind = reply.headers.get("content-type", "")
        async with self._turns.taken(0 if urgent else len(reply.body)):
            return Fetched(page=parse_page(reply.body, kind, reply.url, name, index, self._clock()), etag=mark)

    async def links(self, location: str) -> Reply:
        """See Fetching."""
        return await self._transport.get(location, {"Accept": parse.ACCEPT}, limit=bounds.PAGE, decode=True)

    async def metadata(self, file: File) -> Metadata | Unavailable:
        """See Fetching."""
        try:
            if file.metadata_hashes is not None:
                return await self._advertised(file, file.metadata_hashes)
            return await self._inside(file)
        except TransportError as error:
            return _not_had(file, error)

    async def sdist(self, file: File) -> SdistContents | Unavailable:
        """See Fetching."""
        try:
            return await self._sdist(file)
        except TransportError as error:
            return _not_had(file, error)

    async def whole_sdist(self, file: File, path: str) -> tuple[SdistContents | Unavailable, bool]:
        """See Fetching."""
        from backtrail.index.files.sdist import read_sdist

        if await self.whole(file, path) is not None:
            return await self.sdist(file), False  # the one to say what is wrong
        return read_sdist(Path(path), file), True

    async def whole(self, file: File, path: str) -> Unavailable | None:
        """See Fetching."""
        try:
            with _Stored(path, file.hashes) as stored:
                reply = await self._transport.get(file.url, {}, limit=MAX_BUILT, source=file.index, into=stored)
            _check_is_file(reply)
        except TransportError as error:
            return _not_had(file, error)
        if reply.status != 200:
            return self._status(file, reply)
        if not stored.verified():
            return Unavailable(failure=Failure.HASH, file=file.filename, detail="the file")
        return None

    async def aclose(self) -> None:
        """See Fetching."""
        await self._transport.aclose()

    async def _get(self, file: File, headers: Mapping[str, str], *, limit: int, url: str | None = None) -> Reply:
        """Ask for a file, or for what is beside it at ``url``."""
        reply = await self._transport.get(url or file.url, headers, limit=limit, source=file.index)
        _check_is_file(reply)
        return reply

    def _status(self, file: File, reply: Reply) -> Unavailable:
        """What stands for a file that the index does not hand out."""
        detail = self._refused(reply) if reply.status in _REASONS else ""
        return Unavailable(failure=Failure.STATUS, file=file.filename, status=reply.status, detail=detail)

    def _refused(self, reply: Reply) -> str:
        """What says the user and password that were refused, "" where none were sent."""
        said_by = self._transport.said_by(reply.url)
        return "" if said_by is None else f"user and password are refused, which {said_by} says"

    async def _advertised(self, file: File, hashes: Mapping[str, str]) -> Metadata | Unavailable:
        reply = await self._get(file, {}, limit=bounds.METADATA, url=_metadata_url(file))
        if reply.status != 200:
            return self._status(file, reply)
        if not verified(reply.body, hashes):
            return Unavailable(failure=Failure.HASH, file=file.filename, detail="its metadata file")
        return parse_metadata(reply.body, file=file, source=MetadataSource.METADATA_FILE)

    async def _inside(self, file: File) -> Metadata | Unavailable:
        if _host(file.url) in self._partless:
            data = await self._out_of_whole(file, None)
        else:
            data = await self._out_of_tail(file)
        if isinstance(data, Unavailable):
            return data
        return parse_metadata(data, file=file, source=MetadataSource.WHEEL)

    async def _out_of_tail(self, file: File) -> bytes | Unavailable:
        usual = 2 * TAIL if (file.size or 0) > _LARGE_WHEEL else TAIL
        tail = max(usual, self._tails.get(_project(file), 0))
        reply = await self._get(file, {"Range": f"bytes=-{tail}"}, limit=MAX_WHEEL)
        size = _size(reply, -tail, tail)
        if size is None:
            return await self._without_parts(file, reply)
        return await self._ranges(file, size=size, tail=reply.body)

    async def _without_parts(self, file: File, reply: Reply) -> bytes | Unavailable:
        """Read a wheel of a server that answered like this to a request for a part."""
        if reply.status not in _NO_PARTS:
            return self._status(file, reply)
        self._partless.add(_host(file.url))
        return await self._out_of_whole(file, reply if reply.status == 200 else None)

    async def _ranges(self, file: File, *, size: int, tail: bytes) -> bytes | Unavailable:
        reading = read_metadata(size, tail, file=file.filename)
        try:
            start, stop = next(reading)
            while True:
                needed = size - start
                if len(tail) < needed <= _LONGEST_TAIL:  # the project's other wheels are much alike
                    self._tails[_project(file)] = needed + needed // 8
                span = {"Range": f"bytes={start}-{stop - 1}"}
                reply = await self._get(file, span, limit=MAX_WHEEL)
                if _size(reply, start, stop - start) != size:
                    return await self._without_parts(file, reply)
                start, stop = reading.send(reply.body)
        except StopIteration as end:
            found: bytes | Unavailable = end.value
            return found

    async def _out_of_whole(self, file: File, reply: Reply | None) -> bytes | Unavailable:
        """Read a wheel from a server that does not serve parts; ``reply`` is what it sent in place of one."""
        async with self._whole:
            if reply is None:
                reply = await self._get(file, {}, limit=MAX_WHEEL)
                if reply.status != 200:
                    return self._status(file, reply)
            if not verified(reply.body, file.hashes):
                return Unavailable(failure=Failure.HASH, file=file.filename, detail="the wheel")
            return metadata_of(reply.body, file=file.filename)

    async def _sdist(self, file: File) -> SdistContents | Unavailable:
        if not (file.filename.endswith(".zip") or (file.size or _SMALL_SDIST + 1) <= _SMALL_SDIST):
            found = await self._sdist_in_parts(file)
            if found is not None:
                return found
        from backtrail.index.files.sdist import MAX_PACKED

        reply = await self._get(file, {}, limit=MAX_PACKED)
        return _whole_sdist(file, reply) if reply.status == 200 else self._status(file, reply)

    async def _sdist_in_parts(self, file: File) -> SdistContents | Unavailable | None:
        """Read an sdist from its beginning; None where the server does not send the parts that it is asked for."""
        from backtrail.index.files.sdist import MAX_PACKED, SdistReader  # archives are not opened for pages and wheels

        reader = SdistReader(file)
        algorithm = _checked(file.hashes)
        digest = None if algorithm is None else hashlib.new(algorithm, usedforsecurity=False)
        start, step, size = 0, _SDIST_HEAD, None
        while start != size:
            reply = await self._get(file, {"Range": f"bytes={start}-{start + step - 1}"}, limit=MAX_PACKED)
            if reply.status == 200:
                return _whole_sdist(file, reply)
            whole = _size(reply, start, step)
            if whole is None or size not in (None, whole):
                return None if reply.status in _NO_PARTS else self._status(file, reply)
            if digest is not None:
                digest.update(reply.body)
            start, step, size = start + len(reply.body), _SDIST_STEP, whole
            if reader.feed(reply.body) and start != size:
                return reader.close()
        if digest is not None and algorithm is not None and digest.hexdigest() != file.hashes[algorithm].lower():
            return Unavailable(failure=Failure.HASH, file=file.filename, detail="the sdist")
        return reader.close()


class _Stored:
    """A Sink that is a new file, hashed as it comes."""

    def __init__(self, path: str, hashes: Mapping[str, str]) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._stream = Path(path).open("wb")  # noqa: SIM115  it is closed with this
        self._hashes = hashes
        self._algorithm = _checked(hashes)
        self.begin()

    def __enter__(self) -> "_Stored":  # noqa: PYI034  Self is of Python 3.11
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def begin(self) -> None:
        self._stream.seek(0)
        self._stream.truncate()
        self._digest = None if self._algorithm is None else hashlib.new(self._algorithm, usedforsecurity=False)

    def write(self, chunk: bytes) -> None:
        self._stream.write(chunk)
        if self._digest is not None:
            self._digest.update(chunk)

    def verified(self) -> bool:
        """Whether all that came has the strongest of the published digests; True where none is published."""
        if self._digest is None or self._algorithm is None:
            return True
        return self._digest.hexdigest() == self._hashes[self._algorithm].lower()


def _page_of(reply: Reply, index: str) -> Absent | Unreadable | None:
    """What a status other than 200 says of a page; None for 200."""
    if reply.status == 200:
        return None
    if reply.status in (404, 410):
        return Absent(index=index)
    return Unreadable(index=index, reason=_REASONS.get(reply.status, "status"), status=reply.status)


def verified(body: bytes, hashes: Mapping[str, str]) -> bool:
    """Whether a body has the strongest of the published digests; True where none is published."""
    algorithm = _checked(hashes)
    if algorithm is None:
        return True
    return hashlib.new(algorithm, body, usedforsecurity=False).hexdigest() == hashes[algorithm].lower()


def _checked(hashes: Mapping[str, str]) -> str | None:
    return next((name for name in _DIGESTS if name in hashes and name in hashlib.algorithms_available), None)


def _metadata_url(file: File) -> str:
    parts = urlsplit(file.url)
    return urlunsplit(parts._replace(path=f"{parts.path}.metadata"))


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _project(file: File) -> tuple[str, str]:
    """Whose wheels are much alike: those of one project on one host."""
    return _host(file.url), file.filename.partition("-")[0]


def _size(reply: Reply, start: int, length: int) -> int | None:
    """How long the whole is, where the reply is the part of it that was asked for (RFC 9110, 14.4).

    A negative start counts from the end. None: it is no part, another one, or not as long as it says.
    """
    match = _CONTENT_RANGE.fullmatch(reply.headers.get("content-range", "")) if reply.status == 206 else None
    if match is None:
        return None
    first, last, size = map(int, match.groups())
    begin = max(0, size + start) if start < 0 else start
    end = min(begin + length, size)
    return size if (first, last + 1) == (begin, end) and len(reply.body) == end - begin else None


def _check_is_file(reply: Reply) -> None:
    """Raise TransportError for a page that stands in the place of a file: that of a gateway, or of a sign-in."""
    if reply.status == 200 and parse.media_type(reply.headers.get("content-type", "")) == parse.PLAIN_HTML:
        raise TransportError("a page (text/html) came in its place")


def _mark(reply: Reply) -> str | None:
    """The server's mark of a state, where it can be sent back (RFC 9110, 8.8.3)."""
    mark = reply.headers.get("etag", "")
    return mark if _MARK.fullmatch(mark) else None


def _whole_sdist(file: File, reply: Reply) -> SdistContents | Unavailable:
    from backtrail.index.files.sdist import SdistReader

    if not verified(reply.body, file.hashes):
        return Unavailable(failure=Failure.HASH, file=file.filename, detail="the sdist")
    reader = SdistReader(file)
    reader.feed(reply.body)
    return reader.close()


def _not_had(file: File, error: TransportError) -> Unavailable:
    failure = Failure.TOO_LARGE if error.too_large else Failure.NETWORK
    return Unavailable(failure=failure, file=file.filename, detail=str(error))
