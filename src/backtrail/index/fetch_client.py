"""Fetching, by asking the process that does it."""

import asyncio
import contextlib
import itertools
import subprocess
import threading
from typing import TypeVar

from packaging.utils import NormalizedName

from backtrail.index import fetch_messages as messages
from backtrail.index import fetch_process
from backtrail.index.exchange import Access, Fetched, Reply
from backtrail.index.project_page import unpack
from backtrail.model.errors import IndexFailure
from backtrail.model.files import File
from backtrail.model.metadata import Metadata, SdistContents, Unavailable
from backtrail.model.record import Tagged

__all__ = ["FetchClient"]

T = TypeVar("T")


class FetchClient:
    """Fetching, by a process that was started and is ended here. Used from one event loop.

    Where the process ended by itself every question raises IndexFailure.
    """

    def __init__(self, access: Access, process: "subprocess.Popen[bytes]") -> None:
        """Tell the process how to reach hosts."""
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._input = process.stdin
        self._output = process.stdout
        self._loop = asyncio.get_event_loop()
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._numbers = itertools.count()
        self._lost = False
        self._reader = threading.Thread(target=self._read, name="answers", daemon=True)
        self._reader.start()
        with contextlib.suppress(OSError):  # it is gone already: the first question will say so
            messages.send(self._input, 0, messages.encode(access))

    async def page(self, index: str, name: NormalizedName, etag: str | None = None) -> Fetched:
        """See Fetching."""
        found = await self._ask(messages.AskPage(index=index, name=name, etag=etag), messages.Packed)
        return Fetched(page=found.other if found.packed is None else unpack(found.packed), etag=found.etag)

    async def links(self, location: str) -> Reply:
        """See Fetching."""
        return (await self._ask(messages.AskLinks(location=location), messages.Links)).reply

    async def metadata(self, file: File) -> Metadata | Unavailable:
        """See Fetching."""
        return await self._ask(messages.AskFile(what="metadata", file=file), Metadata, Unavailable)

    async def sdist(self, file: File) -> SdistContents | Unavailable:
        """See Fetching."""
        return await self._ask(messages.AskFile(what="sdist", file=file), SdistContents, Unavailable)

    async def whole_sdist(self, file: File) -> tuple[SdistContents | Unavailable, bytes | None]:
        """See Fetching."""
        found = await self._ask(messages.AskFile(what="whole_sdist", file=file), messages.Whole)
        assert found.contents is not None
        return found.contents, found.body

    async def whole(self, file: File) -> bytes | Unavailable:
        """See Fetching."""
        found = await self._ask(messages.AskFile(what="whole", file=file), messages.Whole)
        if isinstance(found.contents, Unavailable):
            return found.contents
        assert found.body is not None
        return found.body

    async def aclose(self) -> None:
        """See Fetching."""
        self._process.kill()
        self._reader.join()
        fetch_process.end(self._process)

    async def _ask(self, question: Tagged, *kinds: type[T]) -> T:
        if self._lost:
            raise _gone()
        number = next(self._numbers)
        future = self._waiting[number] = self._loop.create_future()
        try:
            messages.send(self._input, number, messages.encode(question))
            found = messages.answer(await future)
        except OSError:
            raise _gone() from None
        finally:
            self._waiting.pop(number, None)
        if isinstance(found, messages.Failed):
            raise IndexFailure(found.why)
        if isinstance(found, messages.Broken):
            raise RuntimeError(found.trace)  # noqa: TRY004  it was raised there
        assert isinstance(found, kinds)
        return found

    def _read(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            for number, message in messages.frames(self._output):
                self._loop.call_soon_threadsafe(self._deliver, number, message)
            self._loop.call_soon_threadsafe(self._lose)

    def _deliver(self, number: int, message: bytes) -> None:
        future = self._waiting.get(number)
        if future is not None and not future.done():
            future.set_result(message)

    def _lose(self) -> None:
        self._lost = True
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(_gone())


def _gone() -> IndexFailure:
    return IndexFailure("the process that reads from the network ended unexpectedly")
