"""The time that a request may take, whatever a server does: all tries, redirects and pauses together."""

import asyncio
import contextlib
import time
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from backtrail.index.network.exchange import Sink, TransportError

__all__ = ["RequestTime"]

PATIENCE = 300.0
"""Seconds for a request; many share a line that may be slow, and wait for each other."""

SLOWEST: Final = 8 * 1024
"""Bytes that give a request one more second: a body of a gigabyte has its time, one that drips has not."""

_LETTING_GO: Final = 1.0  # seconds for a client to call a request off

T = TypeVar("T")


class RequestTime:
    """A Sink before another, which counts what comes."""

    def __init__(self, into: Sink) -> None:
        """The time begins."""
        self._into = into
        self._began = time.monotonic()
        self._received = 0

    def begin(self) -> None:
        """See Sink."""
        self._into.begin()

    def write(self, chunk: bytes) -> None:
        """See Sink."""
        self._received += len(chunk)
        self._into.write(chunk)

    async def keep(self, work: Coroutine[Any, Any, T]) -> T:
        """Do the work, or raise TransportError when it takes too long for what came."""
        task = asyncio.ensure_future(work)
        try:
            while not task.done():
                left = self._left()
                if left <= 0:
                    raise TransportError(f"too slow: {self._received} bytes in {self._passed():.0f} seconds")
                await asyncio.wait({task}, timeout=left)
            return task.result()
        finally:
            if not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait({task}, timeout=_LETTING_GO)

    def _passed(self) -> float:
        return time.monotonic() - self._began

    def _left(self) -> float:
        return PATIENCE + self._received / SLOWEST - self._passed()
