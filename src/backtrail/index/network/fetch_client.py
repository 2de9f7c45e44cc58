"""Fetching, by asking the process that does it."""

import asyncio
import contextlib
import itertools
import subprocess
import threading
from queue import SimpleQueue
from typing import Final

from packaging.utils import NormalizedName

from backtrail import piped
from backtrail.index.network import fetch_messages as messages
from backtrail.index.network.exchange import Access, Fetched, Reply
from backtrail.index.pages.project_page import unpack
from backtrail.model.errors import IndexFailure
from backtrail.model.files import File
from backtrail.model.metadata import Metadata, SdistContents, Unavailable

__all__ = ["FetchClient"]


_STARTING: Final = 60.0  # seconds until it says that it can answer; it takes a third of one
_SILENCE: Final = (
    60.0  # seconds without an answer until it is asked whether it is there, and until it must have said so
)

_THERE: Final = 0
"""The number of what is said of the process itself: how it reaches hosts, whether it is there."""


class FetchClient:
    """Fetching, by a process that was started and is ended here. Used from one event loop.

    Where the process ended by itself, or says nothing any more, every question raises IndexFailure.
    """

    def __init__(self, access: Access, process: "subprocess.Popen[bytes]", loop: asyncio.AbstractEventLoop) -> None:
        """Tell the process how to reach hosts. Raises UnicodeEncodeError where that cannot be encoded."""
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._input = process.stdin
        self._output = process.stdout
        self._loop = loop
        self._begun: asyncio.Future[bool] = loop.create_future()
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._numbers = itertools.count(_THERE + 1)
        self._lost = self._answered = False
        self._word = asyncio.Event()
        self._outgoing: SimpleQueue[tuple[int, bytes] | None] = SimpleQueue()
        self._outgoing.put((_THERE, messages.encode(access)))
        self._reader = threading.Thread(target=self._read, name="answers", daemon=True)
        self._writer = threading.Thread(target=self._write, name="questions", daemon=True)
        self._reader.start()
        self._writer.start()

    async def begun(self) -> bool:
        """Whether the process came so far as to answer questions, and has answered one before it was lost."""
        await asyncio.wait({self._begun}, timeout=_STARTING)
        if not self._begun.done():
            self._lose()
        return self._begun.result() and (self._answered or not self._lost)

    async def page(self, index: str, name: NormalizedName, etag: str | None = None, *, urgent: bool = False) -> Fetched:
        """See Fetching."""
        match await self._ask(messages.AskPage(index=index, name=name, etag=etag, urgent=urgent)):
            case messages.Page(packed=packed, etag=mark):
                return Fetched(page=unpack(packed), etag=mark)
            case messages.NoPage(page=page, etag=mark):
                return Fetched(page=page, etag=mark)
            case other:
                raise _unexpected(other)

    async def links(self, location: str) -> Reply:
        """See Fetching."""
        match await self._ask(messages.AskLinks(location=location)):
            case messages.Links(reply=reply):
                return reply
            case other:
                raise _unexpected(other)

    async def metadata(self, file: File) -> Metadata | Unavailable:
        """See Fetching."""
        match await self._ask(messages.AskMetadata(file=file)):
            case Metadata() | Unavailable() as found:
                return found
            case other:
                raise _unexpected(other)

    async def sdist(self, file: File) -> SdistContents | Unavailable:
        """See Fetching."""
        match await self._ask(messages.AskSdist(file=file)):
            case SdistContents() | Unavailable() as found:
                return found
            case other:
                raise _unexpected(other)

    async def whole_sdist(self, file: File, path: str) -> tuple[SdistContents | Unavailable, bool]:
        """See Fetching."""
        match await self._ask(messages.AskSdist(file=file, path=path)):
            case messages.Stored(contents=SdistContents() | Unavailable() as contents):
                return contents, True
            case SdistContents() | Unavailable() as contents:
                return contents, False
            case other:
                raise _unexpected(other)

    async def whole(self, file: File, path: str) -> Unavailable | None:
        """See Fetching."""
        match await self._ask(messages.AskWhole(file=file, path=path)):
            case messages.Stored():
                return None
            case Unavailable() as found:
                return found
            case other:
                raise _unexpected(other)

    async def aclose(self) -> None:
        """See Fetching."""
        self._process.kill()
        self._outgoing.put(None)
        self._reader.join()
        self._writer.join()
        piped.end(self._process)

    async def _ask(self, question: messages.Question) -> messages.Answer:
        if self._lost:
            raise _gone()
        number = next(self._numbers)
        future = self._waiting[number] = self._loop.create_future()
        try:
            self._outgoing.put((number, messages.encode(question)))
            while not (await asyncio.wait({future}, timeout=_SILENCE))[0]:
                if not await self._is_there():
                    self._lose()
            found: messages.Answer = messages.answer(await future)
        except UnicodeEncodeError:  # of a URL that was given in other bytes than text
            raise IndexFailure("its URL is no text") from None
        finally:
            self._waiting.pop(number, None)
        match found:
            case messages.Failed(why=why):
                raise IndexFailure(why)
            case messages.Broken(what=what, trace=trace):
                raise RuntimeError(what) from RuntimeError(trace)
            case _:
                return found

    async def _is_there(self) -> bool:
        """Whether it says anything soon, were it that it is there."""
        self._word.clear()
        self._outgoing.put((_THERE, b""))
        try:
            return await asyncio.wait_for(self._word.wait(), _SILENCE)
        except asyncio.TimeoutError:
            return False

    def _write(self) -> None:
        with contextlib.suppress(OSError):  # it is gone, which who reads will say
            for number, message in iter(self._outgoing.get, None):
                piped.send(self._input, number, message)

    def _read(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            try:
                if piped.begun(self._output):
                    for number, message in piped.frames(self._output):
                        self._loop.call_soon_threadsafe(self._deliver, number, message)
            finally:
                self._loop.call_soon_threadsafe(self._lose)

    def _deliver(self, number: int, message: bytes) -> None:
        self._word.set()
        if number == _THERE:
            if not self._begun.done():
                self._begun.set_result(True)
            return
        self._answered = True
        future = self._waiting.get(number)
        if future is not None and not future.done():
            future.set_result(message)

    def _lose(self) -> None:
        """Wait for nothing more from it."""
        self._lost = True
        self._process.kill()
        if not self._begun.done():
            self._begun.set_result(False)
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(_gone())


def _gone() -> IndexFailure:
    return IndexFailure("the process that reads from the network ended unexpectedly")


def _unexpected(found: messages.Answer) -> RuntimeError:
    return RuntimeError(f"{type(found).__name__} is no answer to what was asked")
