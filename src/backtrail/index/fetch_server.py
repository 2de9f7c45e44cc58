"""The process that fetches, from the inside: it answers questions, each as soon as it can be answered."""

import asyncio
import contextlib
import os
import sys
import threading
import traceback
from queue import SimpleQueue
from typing import IO

from packaging.utils import NormalizedName

from backtrail.index import fetch_messages as messages
from backtrail.index.exchange import Fetching
from backtrail.index.project_page import ProjectPage, pack
from backtrail.model.errors import IndexFailure
from backtrail.model.metadata import Metadata, SdistContents, Unavailable
from backtrail.model.record import Tagged

__all__ = ["main", "serve"]


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

    frames = messages.frames(questions)
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
            messages.send(stream, number, message)


async def _answered(fetcher: Fetching, message: bytes) -> bytes:
    try:
        return messages.encode(await _found(fetcher, messages.question(message)))
    except IndexFailure as error:
        return messages.encode(messages.Failed(why=str(error)))
    except Exception:  # noqa: BLE001  raised again where the answer is used
        return messages.encode(messages.Broken(trace=traceback.format_exc()))


async def _found(fetcher: Fetching, question: messages.AskPage | messages.AskLinks | messages.AskFile) -> Tagged:
    if isinstance(question, messages.AskPage):
        fetched = await fetcher.page(question.index, NormalizedName(question.name), question.etag)
        page = fetched.page
        if isinstance(page, ProjectPage):
            return messages.Packed(packed=memoryview(pack(page)), other=None, etag=fetched.etag)
        return messages.Packed(packed=None, other=page, etag=fetched.etag)
    if isinstance(question, messages.AskLinks):
        return messages.Links(reply=await fetcher.links(question.location))
    if question.what == "whole":
        body = await fetcher.whole(question.file)
        if isinstance(body, Unavailable):
            return messages.Whole(body=None, contents=body)
        return messages.Whole(body=body, contents=None)
    if question.what == "whole_sdist":
        contents, whole = await fetcher.whole_sdist(question.file)
        return messages.Whole(body=whole, contents=contents)
    found: Metadata | SdistContents | Unavailable = await getattr(fetcher, question.what)(question.file)
    return found
