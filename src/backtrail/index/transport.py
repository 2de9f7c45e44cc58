"""The one seam over the HTTP client: bounded GETs with retries, redirects and credentials that are never shown."""

import asyncio
import base64
import contextlib
import importlib
import io
import netrc
import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import httpx

from backtrail.index.exchange import Access, Reply, TransportError
from backtrail.index.parse import redacted

__all__ = ["Transport"]

CONNECT_TIMEOUT: Final = 10.0  # seconds; a lost packet is better asked for again than waited for
READ_TIMEOUT: Final = 30.0
TRIES: Final = 3
PAUSE = 0.25  # seconds before the second try, doubled for each further one
MAX_PAUSE: Final = 10.0  # seconds a server may ask us to wait
MAX_REDIRECTS: Final = 10
CONNECTIONS: Final = 10
"""Connections to one host that speaks HTTP/1.1 only; more make some servers stall. HTTP/2 needs one."""

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_AGAIN: Final = frozenset({429, 500, 502, 503, 504})


class Transport:
    """HTTP for one event loop. One client a host: its own connections, its own trust."""

    def __init__(self, access: Access) -> None:
        """Prepare; nothing is opened before the first request."""
        self._access = access
        self._clients: dict[str, httpx.AsyncClient] = {}
        self._contexts: dict[bool, ssl.SSLContext] = {}
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
                if not left or self._closed or isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol)):
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
            client = self._client(origin.scheme, origin.netloc)
            # Each host is sent its own credentials, and only those: a redirect carries none along.
            request = client.build_request("GET", url, headers={**headers, **self._authorization(url)})
            response = await client.send(request, stream=True)
            try:
                body = await self._body(response, limit, decode=decode)
                target = response.headers.get("location")
                if response.status_code not in _REDIRECTS or not target:
                    headers = {name.lower(): value for name, value in response.headers.items()}
                    return Reply(status=response.status_code, url=url, headers=headers, body=body)
                target = redacted(urljoin(url, target))
            finally:
                await response.aclose()
            if urlsplit(target).scheme not in {"https", origin.scheme}:
                raise TransportError("redirected away from HTTPS")
            url = target
        raise TransportError("redirected too often")

    async def _body(self, response: httpx.Response, limit: int, *, decode: bool) -> bytes:
        length = response.headers.get("content-length", "")
        if length.isdecimal() and int(length[:18]) > limit:
            await self._abandon(response)
            raise TransportError(f"{length[:18]} bytes", too_large=True)
        body = io.BytesIO()
        async for chunk in response.aiter_bytes() if decode else response.aiter_raw():
            if body.tell() + len(chunk) > limit:
                await self._abandon(response)
                raise TransportError(f"more than {limit} bytes", too_large=True)
            body.write(chunk)
        return body.getvalue()

    async def _abandon(self, response: httpx.Response) -> None:
        """Drop a connection whose rest nobody reads: the HTTP/2 client cannot call one stream off, it would block all.

        Whatever else is under way on it fails now and is tried again on the next one.
        """
        if response.http_version == "HTTP/2":
            origin = response.request.url
            client = self._clients.pop(f"{origin.scheme}://{origin.netloc.decode()}", None)
            if client is not None:
                with contextlib.suppress(Exception):
                    await client.aclose()

    def _authorization(self, url: str) -> dict[str, str]:
        parts = urlsplit(url)
        host = parts.netloc.lower()
        found = self._access.credentials.get(host) or self._access.credentials.get(parts.hostname or "")
        if found is None and self._netrc is not None and (entry := self._netrc.authenticators(parts.hostname or "")):
            found = (entry[0] or "", entry[2] or "")
        if found is None:
            return {}
        return {"Authorization": "Basic " + base64.b64encode(":".join(found).encode()).decode()}

    def _client(self, scheme: str, netloc: str) -> httpx.AsyncClient:
        origin = f"{scheme}://{netloc}"
        client = self._clients.get(origin)
        if client is None:
            host = netloc.lower()
            trusted = not self._access.trusted_hosts.isdisjoint({host, host.rpartition(":")[0] or host})
            client = self._clients[origin] = self._new_client(trusted)
        return client

    def _new_client(self, trusted: bool) -> httpx.AsyncClient:
        fast = _fast_transport(self._access.cert, trusted=trusted)
        agent = {"User-Agent": "backtrail"}
        if fast is not None:
            return httpx.AsyncClient(transport=fast, timeout=None, headers=agent)  # noqa: S113  it has its own
        timeout = httpx.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT, pool=None)
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        if trusted not in self._contexts:
            self._contexts[trusted] = _context(self._access.cert, trusted=trusted)
        return httpx.AsyncClient(
            http2=True, verify=self._contexts[trusted], timeout=timeout, limits=limits, headers=agent
        )


def _context(cert: str | None, *, trusted: bool) -> ssl.SSLContext:
    """TLS by the given file, else by ``SSL_CERT_FILE``, else as the system trusts."""
    cert = cert or os.environ.get("SSL_CERT_FILE")
    if trusted:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if cert:
        return ssl.create_default_context(cafile=cert)
    import truststore  # not needed where a file is named

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _fast_transport(cert: str | None, *, trusted: bool) -> httpx.AsyncBaseTransport | None:
    """The Rust transport of the extra ``fast``, None where it is not installed."""
    try:
        client: Any = importlib.import_module("pyreqwest.client")
        adapter: Any = importlib.import_module("pyreqwest.compatibility.httpx")
    except ImportError:
        return None
    from datetime import timedelta

    builder = client.ClientBuilder().follow_redirects(enable=False).danger_accept_invalid_certs(enable=trusted)
    for encoding in ("gzip", "brotli", "zstd", "deflate"):
        builder = getattr(builder, encoding)(enable=False)  # httpx decodes pages; files are taken as they are
    builder = builder.connect_timeout(timedelta(seconds=CONNECT_TIMEOUT))
    builder = builder.read_timeout(timedelta(seconds=READ_TIMEOUT))
    if cert:
        builder = builder.add_root_certificate_pem(Path(cert).read_bytes())
    transport: httpx.AsyncBaseTransport = adapter.HttpxTransport(builder.build())
    return transport


def _seconds(text: str) -> float:
    return float(text) if text.isdecimal() and len(text) < 6 else 0.0
