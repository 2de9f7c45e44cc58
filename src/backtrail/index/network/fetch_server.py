"""The process that fetches, from the inside: it answers questions, each as soon as it can be answered."""

import asyncio
import contextlib
import os
import sys
import threading
import traceback
from collections.abc import Callable
from queue import SimpleQueue
from typing import IO, Final

from backtrail import piped
from backtrail.index.network import fetch_messages as messages
from backtrail.index.network.exchange import Fetching
from backtrail.index.pages.project_page import ProjectPage, pack
from backtrail.model.errors import IndexFailure

__all__ = ["main", "serve"]

_LEAVING: Final = 2.0  # seconds to close connections


def main() -> None:
    """Be the process."""
    import gc

    gc.disable()  # as the program itself does
    # httpx does without its own command line: two fifths of its import, by ``python -X importtime -c "import httpx"``.
    sys.modules["httpx._main"] = None  # type: ignore[assignment]
    with piped.answers() as answers:
        serve(sys.stdin.buffer, answers, _leave_soon)
        os._exit(0)


def _leave_soon() -> None:
    """Nobody asks any more: end, whatever is being read just now."""
    leaving = threading.Timer(_LEAVING, os._exit, [0])
    leaving.daemon = True
    leaving.start()


def serve(questions: IO[bytes], answers: IO[bytes], at_end: Callable[[], None] = lambda: None) -> None:
    """Answer questions until there are no more, each as soon as it can be answered; then call ``at_end`` at once."""
    from backtrail.index.network.fetch import Fetcher

    frames = piped.frames(questions)
    first = next(frames, None)
    if first is None:
        return
    access = messages.access(first[1])
    outgoing: SimpleQueue[tuple[int, bytes] | None] = SimpleQueue()
    writer = threading.Thread(target=_write, args=(answers, outgoing), name="answers", daemon=True)
    writer.start()

    async def run() -> None:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        fetcher, tasks = Fetcher(access), set[asyncio.Task[None]]()

        async def reply(number: int, message: bytes) -> None:
            outgoing.put((number, await _answered(fetcher, message)))

        def begin(number: int, message: bytes) -> None:
            if not message:  # it is asked whether it is there
                outgoing.put((number, message))
                return
            task = loop.create_task(reply(number, message))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        def read() -> None:
            for number, message in frames:
                loop.call_soon_threadsafe(begin, number, message)
            at_end()
            loop.call_soon_threadsafe(ended.set)

        outgoing.put((first[0], b""))  # it can answer
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
            piped.send(stream, number, message)


async def _answered(fetcher: Fetching, message: bytes) -> bytes:
    try:
        return messages.encode(await _found(fetcher, messages.question(message)))
    except IndexFailure as error:
        return messages.encode(messages.Failed(why=str(error)))
    except Exception as error:  # noqa: BLE001  raised again where the answer is used
        what = f"{type(error).__name__}: {error}"
        return messages.encode(messages.Broken(what=what, trace=traceback.format_exc()))


async def _found(fetcher: Fetching, question: messages.Question) -> messages.Answer:
    match question:
        case messages.AskPage(index=index, name=name, etag=etag, urgent=urgent):
            fetched = await fetcher.page(index, name, etag, urgent=urgent)
            if isinstance(fetched.page, ProjectPage):
                return messages.Page(packed=memoryview(pack(fetched.page)), etag=fetched.etag)
            return messages.NoPage(page=fetched.page, etag=fetched.etag)
        case messages.AskLinks(location=location):
            return messages.Links(reply=await fetcher.links(location))
        case messages.AskMetadata(file=file):
            return await fetcher.metadata(file)
        case messages.AskSdist(file=file, path=str(path)):
            contents, is_stored = await fetcher.whole_sdist(file, path)
            return messages.Stored(contents=contents) if is_stored else contents
        case messages.AskSdist(file=file):
            return await fetcher.sdist(file)
        case messages.AskWhole(file=file, path=path):
            return await fetcher.whole(file, path) or messages.Stored()
