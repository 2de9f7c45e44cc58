"""The one seam over the HTTP clients: bounded GETs with retries, redirects and credentials that are never shown."""

import asyncio
import base64
import contextlib
import netrc
import os
from collections.abc import Mapping
from typing import Final
from urllib.parse import urljoin, urlsplit

from backtrail.index.exchange import Access, Client, Reply, TransportError
from backtrail.index.parse import redacted

__all__ = ["Transport"]

CONNECT_TIMEOUT: Final = 10.0  # seconds; a lost packet is better asked for again than waited for
READ_TIMEOUT: Final = 30.0
TRIES: Final = 3
PAUSE = 0.25  # seconds before the second try, doubled for each further one
MAX_PAUSE: Final = 10.0  # seconds a server may ask us to wait
MAX_REDIRECTS: Final = 10

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_AGAIN: Final = frozenset({429, 500, 502, 503, 504})


class Transport:
    """HTTP for one event loop. Each host has a client of its own: own connections, own trust."""

    def __init__(self, access: Access) -> None:
        """Prepare; nothing is opened before the first request."""
        self._access = access
        self._clients: dict[str, Client] = {}
        self._closed = False
        self._netrc: netrc.netrc | None = None
        with contextlib.suppress(OSError, netrc.NetrcParseError, RuntimeError, UnicodeDecodeError):
            self._netrc = netrc.netrc(os.environ.get("NETRC"))

    async def get(
        self, url: str, headers: Mapping[str, str], *, limit: int, decode: bool = False, tries: int = TRIES
    ) -> Reply:
        """Fetch a URL with redirects followed. Raises TransportError.

        ``decode`` undoes Content-Encoding; otherwise the bytes are those of the file. A body longer than ``limit`` is
        not read. Connections that fail and servers that are busy are tried again after growing, fixed pauses.
        """
        sent = {**headers} if decode else {"Accept-Encoding": "identity", **headers}
        wait = PAUSE
        for left in reversed(range(tries)):
            try:
                reply = await self._follow(url, sent, limit, decode=decode)
            except TransportError:
                raise
            except Exception as error:  # noqa: BLE001  whatever a client library raises means: it could not be had
                if not left or self._closed:
                    raise TransportError(str(error) or type(error).__name__) from None
                asked = 0.0
            else:
                if reply.status not in _AGAIN or not left:
                    return reply
                asked = _seconds(reply.headers.get("retry-after", ""))
            await asyncio.sleep(max(wait, min(asked, MAX_PAUSE)))
            wait *= 2
        raise AssertionError  # the last try returns or raises

    async def aclose(self) -> None:
        """Close all connections. What is under way fails, and is not tried again."""
        self._closed = True
        for client in self._clients.values():
            with contextlib.suppress(Exception):
                await client.aclose()

    async def _follow(self, url: str, headers: Mapping[str, str], limit: int, *, decode: bool) -> Reply:
        for _ in range(MAX_REDIRECTS):
            origin = urlsplit(url)
            # Each host is sent its own credentials, and only those: a redirect carries none along.
            sent = {"User-Agent": "backtrail", **headers, **self._authorization(url)}
            reply = await self._client(origin.scheme, origin.netloc).get(url, sent, limit=limit, decode=decode)
            target = reply.headers.get("location")
            if reply.status not in _REDIRECTS or not target:
                return reply
            url = redacted(urljoin(url, target))
            if urlsplit(url).scheme not in {"https", origin.scheme}:
                raise TransportError("redirected away from HTTPS")
        raise TransportError("redirected too often")

    def _authorization(self, url: str) -> dict[str, str]:
        parts = urlsplit(url)
        host = parts.netloc.lower()
        found = self._access.credentials.get(host) or self._access.credentials.get(parts.hostname or "")
        if found is None and self._netrc is not None and (entry := self._netrc.authenticators(parts.hostname or "")):
            found = (entry[0] or "", entry[2] or "")
        if found is None:
            return {}
        return {"Authorization": "Basic " + base64.b64encode(":".join(found).encode()).decode()}

    def _client(self, scheme: str, netloc: str) -> Client:
        origin = f"{scheme}://{netloc}"
        client = self._clients.get(origin)
        if client is None:
            host = netloc.lower()
            trusted = not self._access.trusted_hosts.isdisjoint({host, host.rpartition(":")[0] or host})
            client = self._clients[origin] = _new_client(self._access.cert, trusted=trusted)
        return client


def _new_client(cert: str | None, *, trusted: bool) -> Client:
    """The Rust client of the extra ``fast`` where it is installed, else httpx."""
    try:
        from backtrail.index.rust_client import RustClient
    except ImportError:
        from backtrail.index.httpx_client import HttpxClient

        return HttpxClient(cert, trusted=trusted, connect=CONNECT_TIMEOUT, read=READ_TIMEOUT)
    return RustClient(cert, trusted=trusted, connect=CONNECT_TIMEOUT, read=READ_TIMEOUT)


def _seconds(text: str) -> float:
    return float(text) if text.isdecimal() and len(text) < 6 else 0.0
