"""Fetching, by asking the process that does it."""

import asyncio
import contextlib
import itertools
import subprocess
import threading

from packaging.utils import NormalizedName

from backtrail import piped
from backtrail.index.network import fetch_messages as messages
from backtrail.index.network.exchange import Access, Fetched, Reply
from backtrail.index.pages.project_page import unpack
from backtrail.model.errors import IndexFailure
from backtrail.model.files import File
from backtrail.model.metadata import Metadata, SdistContents, Unavailable

__all__ = ["FetchClient"]


class FetchClient:
    """Fetching, by a process that was started and is ended here. Used from one event loop.

    Where the process ended by itself every question raises IndexFailure.
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
        self._numbers = itertools.count()
        self._lost = False
        reach = messages.encode(access)
        self._reader = threading.Thread(target=self._read, name="answers", daemon=True)
        self._reader.start()
        with contextlib.suppress(OSError):  # it is gone already: the first question will say so
            piped.send(self._input, 0, reach)

    async def begun(self) -> bool:
        """Whether the process came so far as to answer questions."""
        return await asyncio.shield(self._begun)

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
        self._reader.join()
        piped.end(self._process)

    async def _ask(self, question: messages.Question) -> messages.Answer:
        if self._lost:
            raise _gone()
        number = next(self._numbers)
        future = self._waiting[number] = self._loop.create_future()
        try:
            piped.send(self._input, number, messages.encode(question))
            found: messages.Answer = messages.answer(await future)
        except OSError:
            raise _gone() from None
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

    def _read(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            try:
                if piped.begun(self._output):
                    self._loop.call_soon_threadsafe(self._begin)
                    for number, message in piped.frames(self._output):
                        self._loop.call_soon_threadsafe(self._deliver, number, message)
            finally:
                self._loop.call_soon_threadsafe(self._lose)

    def _begin(self) -> None:
        if not self._begun.done():
            self._begun.set_result(True)

    def _deliver(self, number: int, message: bytes) -> None:
        future = self._waiting.get(number)
        if future is not None and not future.done():
            future.set_result(message)

    def _lose(self) -> None:
        self._lost = True
        if not self._begun.done():
            self._begun.set_result(False)
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(_gone())


def _gone() -> IndexFailure:
    return IndexFailure("the process that reads from the network ended unexpectedly")


def _unexpected(found: messages.Answer) -> RuntimeError:
    return RuntimeError(f"{type(found).__name__} is no answer to what was asked")
