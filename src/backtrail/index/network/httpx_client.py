"""Requests by httpx."""

import asyncio
import contextlib
import os
import ssl
from collections.abc import Mapping
from typing import Final

import httpx

from backtrail.index.network.certificates import refusal
from backtrail.index.network.exchange import Reply, Sink, TransportError

__all__ = ["HttpxClient"]

CONNECTIONS: Final = 10
"""Connections to a host that speaks HTTP/1.1 only; more make some servers stall. HTTP/2 needs one."""


class HttpxClient:
    """See Client."""

    def __init__(self, cert: str | None, *, trusted: bool, connect: float, read: float) -> None:
        """Prepare; ``connect`` and ``read`` are the seconds to wait for a connection and for its next bytes."""
        self._context = _context(cert, trusted=trusted)
        self._timeout = httpx.Timeout(read, connect=connect, pool=None)
        self._client = self._new()

    async def get(self, url: str, headers: Mapping[str, str], *, limit: int, into: Sink) -> Reply:
        """See Client."""
        client = self._client
        try:
            response = await client.send(client.build_request("GET", url, headers=headers), stream=True)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise TransportError(str(error)) from None
        except httpx.ConnectError as error:
            refused = _certificate_error(error)
            if refused is None:
                raise
            raise TransportError(refusal(refused.verify_message or str(refused))) from None
        try:
            await _read(response, limit, into)
        except (TransportError, asyncio.CancelledError):
            await self._abandon(response)
            raise
        finally:
            await response.aclose()
        named = {name.lower(): value for name, value in response.headers.items()}
        return Reply(status=response.status_code, url=url, headers=named)

    async def aclose(self) -> None:
        """See Client."""
        await self._client.aclose()

    def _new(self) -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        return httpx.AsyncClient(http2=True, verify=self._context, timeout=self._timeout, limits=limits)

    async def _abandon(self, response: httpx.Response) -> None:
        """Drop a connection whose rest nobody reads: the HTTP/2 client cannot call one stream off, it would block all.

        Whatever else is under way on it fails now and is tried again on the next one.
        """
        if response.http_version == "HTTP/2":
            dropped, self._client = self._client, self._new()
            with contextlib.suppress(Exception):
                await dropped.aclose()


def _certificate_error(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """The refusal of a certificate that an error comes from."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    return cause


async def _read(response: httpx.Response, limit: int, into: Sink) -> None:
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length[:18]) > limit:
        raise TransportError(f"{length[:18]} bytes", too_large=True)
    size = 0
    into.begin()
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > limit:
            raise TransportError(f"more than {limit} bytes", too_large=True)
        into.write(chunk)


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
