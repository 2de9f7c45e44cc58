"""One text from the web, by itself: what names what a question is about, before there is a question."""

import asyncio

from backtrail.index.network.exchange import Access, TransportError
from backtrail.index.network.transport import Transport

__all__ = ["fetch_text"]

_LONGEST = 16 * 1024 * 1024
"""Bytes of a list of requirements; nobody writes a longer one."""


def fetch_text(url: str, access: Access) -> bytes:
    """What stands behind a URL. Raises TransportError, also for any status but 200."""
    return asyncio.run(_fetched(url, access))


async def _fetched(url: str, access: Access) -> bytes:
    transport = Transport(access)
    try:
        reply = await transport.get(url, {"Accept": "text/plain, */*;q=0.5"}, limit=_LONGEST, decode=True)
    finally:
        await transport.aclose()
    if reply.status != 200:
        raise TransportError(f"status {reply.status}")
    return reply.body
