"""Fetching in a process of its own, so that reading what comes takes no time from the solver.

The two talk through pipes, in frames: a number, a length, a message. Messages to the process are questions, those it
sends are answers under the numbers of their questions. It ends when its input does.
"""

import asyncio
import contextlib
import itertools
import os
import struct
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from queue import SimpleQueue
from typing import IO, Final, Literal, TypeVar

import msgspec
from packaging.utils import NormalizedName

from backtrail.index.exchange import Access, Fetched, Fetching, Reply
from backtrail.index.project_page import ProjectPage, pack, unpack
from backtrail.model.errors import IndexFailure
from backtrail.model.files import Absent, File, Unreadable
from backtrail.model.metadata import Metadata, SdistContents, Unavailable
from backtrail.model.record import Tagged

__all__ = ["FetchProcess", "can_start", "serve"]

_HEAD: Final = struct.Struct("<QQ")
_LARGE_PIPE: Final = 1 << 20  # bytes; pages are large, and each time a pipe is full both sides have to wake up
_SET_PIPE_SIZE: Final = 1031  # F_SETPIPE_SZ of Linux

_PROGRAM: Final = "import sys; sys.path[:] = {path!r}; from backtrail.index.fetch_process import main; main()"

T = TypeVar("T")


class _AskPage(Tagged, frozen=True, kw_only=True, tag="page"):
    index: str
    name: str
    etag: str | None


class _AskLinks(Tagged, frozen=True, kw_only=True, tag="links"):
    location: str


class _AskFile(Tagged, frozen=True, kw_only=True, tag="file"):
    what: Literal["metadata", "sdist", "whole_sdist", "whole"]
    file: File


class _Page(Tagged, frozen=True, kw_only=True, tag="page"):
    """Fetched, with a listing packed."""

    packed: memoryview | None
    other: Absent | Unreadable | None
    etag: str | None


class _Links(Tagged, frozen=True, kw_only=True, tag="reply"):
    reply: Reply


class _Whole(Tagged, frozen=True, kw_only=True, tag="whole"):
    """All of a file, what its texts say or why it is not to be had."""

    body: bytes | None
    contents: SdistContents | Unavailable | None


class _Failed(Tagged, frozen=True, kw_only=True, tag="failed"):
    why: str


class _Broken(Tagged, frozen=True, kw_only=True, tag="broken"):
    trace: str


_encode = msgspec.msgpack.Encoder().encode
_access = msgspec.msgpack.Decoder(Access).decode
_question = msgspec.msgpack.Decoder(_AskPage | _AskLinks | _AskFile).decode
_answer = msgspec.msgpack.Decoder(
    _Page | _Links | _Whole | Metadata | SdistContents | Unavailable | _Failed | _Broken
).decode


def can_start() -> bool:
    """Whether this interpreter can be started again: not where it is part of another program."""
    return bool(sys.executable) and not getattr(sys, "frozen", False)


class FetchProcess:
    """Fetching, by a process that starts here and is killed at the end. Used from one event loop.

    Where the process ended by itself every question raises IndexFailure.
    """

    def __init__(self, access: Access) -> None:
        """Start it. Raises OSError where that cannot be done."""
        self._loop = asyncio.get_event_loop()
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._numbers = itertools.count()
        self._process = subprocess.Popen(  # noqa: S603  it is this program
            [sys.executable, "-c", _PROGRAM.format(path=sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for this process, which ends the other
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input: IO[bytes] = self._process.stdin
        self._output: IO[bytes] = self._process.stdout
        _enlarge(self._output)
        self._reader = threading.Thread(target=self._read, name="answers", daemon=True)
        self._reader.start()
        self._lost = False
        self._send(_encode(access))

    async def page(self, index: str, name: NormalizedName, etag: str | None = None) -> Fetched:
        """See Fetching."""
        found = await self._ask(_AskPage(index=index, name=name, etag=etag), _Page)
        return Fetched(page=found.other if found.packed is None else unpack(found.packed), etag=found.etag)

    async def links(self, location: str) -> Reply:
        """See Fetching."""
        return (await self._ask(_AskLinks(location=location), _Links)).reply

    async def metadata(self, file: File) -> Metadata | Unavailable:
        """See Fetching."""
        return await self._ask(_AskFile(what="metadata", file=file), Metadata, Unavailable)

    async def sdist(self, file: File) -> SdistContents | Unavailable:
        """See Fetching."""
        return await self._ask(_AskFile(what="sdist", file=file), SdistContents, Unavailable)

    async def whole_sdist(self, file: File) -> tuple[SdistContents | Unavailable, bytes | None]:
        """See Fetching."""
        found = await self._ask(_AskFile(what="whole_sdist", file=file), _Whole)
        assert found.contents is not None
        return found.contents, found.body

    async def whole(self, file: File) -> bytes | Unavailable:
        """See Fetching."""
        found = await self._ask(_AskFile(what="whole", file=file), _Whole)
        if isinstance(found.contents, Unavailable):
            return found.contents
        assert found.body is not None
        return found.body

    async def aclose(self) -> None:
        """See Fetching."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        self._output.close()
        with contextlib.suppress(OSError):
            self._input.close()

    async def _ask(self, question: Tagged, *kinds: type[T]) -> T:
        if self._lost:
            raise _gone()
        number = next(self._numbers)
        future = self._waiting[number] = self._loop.create_future()
        try:
            self._send(_encode(question), number)
            found = _answer(await future)
        except OSError:
            raise _gone() from None
        finally:
            self._waiting.pop(number, None)
        if isinstance(found, _Failed):
            raise IndexFailure(found.why)
        if isinstance(found, _Broken):
            raise RuntimeError(found.trace)  # noqa: TRY004  it was raised there
        assert isinstance(found, kinds)
        return found

    def _send(self, message: bytes, number: int = 0) -> None:
        self._input.write(_HEAD.pack(number, len(message)) + message)
        self._input.flush()

    def _read(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            for number, message in _frames(self._output):
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


def _enlarge(pipe: IO[bytes]) -> None:
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):  # more than this user may have
            fcntl.fcntl(pipe.fileno(), _SET_PIPE_SIZE, _LARGE_PIPE)


def _frames(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Each frame's number and message, until the stream ends."""
    while len(head := stream.read(_HEAD.size)) == _HEAD.size:
        number, size = _HEAD.unpack(head)
        message = stream.read(size)
        if len(message) < size:
            return
        yield number, message


def main() -> None:
    """Be the process."""
    import gc

    gc.disable()  # as the program itself does
    # httpx does without its own command line, which takes longer to import than the rest of it.
    sys.modules["httpx._main"] = None  # type: ignore[assignment]
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whoever prints does not print into the answers
        serve(sys.stdin.buffer, answers)
        os._exit(0)


def serve(questions: IO[bytes], answers: IO[bytes]) -> None:
    """Answer questions until there are no more, each as soon as it can be answered."""
    from backtrail.index.fetch import Fetcher

    frames = _frames(questions)
    first = next(frames, None)
    if first is None:
        return
    access = _access(first[1])
    outgoing: SimpleQueue[tuple[int, bytes] | None] = SimpleQueue()
    writer = threading.Thread(target=_write, args=(answers, outgoing), name="answers", daemon=True)
    writer.start()

    async def run() -> None:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        fetcher, tasks = Fetcher(access), set[asyncio.Task[None]]()

        async def reply(number: int, message: bytes) -> None:
            outgoing.put((number, _encode(await _answered(fetcher, message))))

        def begin(number: int, message: bytes) -> None:
            task = loop.create_task(reply(number, message))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        def read() -> None:
            for number, message in frames:
                loop.call_soon_threadsafe(begin, number, message)
            loop.call_soon_threadsafe(ended.set)

        threading.Thread(target=read, name="questions", daemon=True).start()
        await ended.wait()
        for task in tasks:
            task.cancel()
        await fetcher.aclose()

    asyncio.run(run())
    outgoing.put(None)
    writer.join()


def _write(stream: IO[bytes], outgoing: "SimpleQueue[tuple[int, bytes] | None]") -> None:
    with contextlib.suppress(OSError):  # nobody listens any more
        for number, message in iter(outgoing.get, None):
            stream.write(_HEAD.pack(number, len(message)))
            stream.write(message)
            stream.flush()


async def _answered(fetcher: Fetching, message: bytes) -> Tagged:
    try:
        return await _found(fetcher, _question(message))
    except IndexFailure as error:
        return _Failed(why=str(error))
    except Exception:  # noqa: BLE001  raised again where the answer is used
        return _Broken(trace=traceback.format_exc())


async def _found(fetcher: Fetching, question: _AskPage | _AskLinks | _AskFile) -> Tagged:
    if isinstance(question, _AskPage):
        fetched = await fetcher.page(question.index, NormalizedName(question.name), question.etag)
        page = fetched.page
        if isinstance(page, ProjectPage):
            return _Page(packed=memoryview(pack(page)), other=None, etag=fetched.etag)
        return _Page(packed=None, other=page, etag=fetched.etag)
    if isinstance(question, _AskLinks):
        return _Links(reply=await fetcher.links(question.location))
    if question.what == "whole":
        body = await fetcher.whole(question.file)
        if isinstance(body, Unavailable):
            return _Whole(body=None, contents=body)
        return _Whole(body=body, contents=None)
    if question.what == "whole_sdist":
        contents, whole = await fetcher.whole_sdist(question.file)
        return _Whole(body=whole, contents=contents)
    found: Metadata | SdistContents | Unavailable = await getattr(fetcher, question.what)(question.file)
    return found
