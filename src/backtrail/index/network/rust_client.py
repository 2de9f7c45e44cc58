"""Requests by pyreqwest, an HTTP client in Rust: the extra ``fast``."""

import contextlib
import io
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from pyreqwest.client import ClientBuilder
from pyreqwest.exceptions import BuilderError, PyreqwestError

from backtrail.index.network.certificates import refusal
from backtrail.index.network.exchange import Reply, Sink, TransportError

__all__ = ["RustClient"]

_CHUNK: Final = 256 * 1024  # bytes read at a time where nobody said how many there are
_CERTIFICATE: Final = "invalid peer certificate: "  # how rustls begins what it says of one


class RustClient:
    """See Client."""

    def __init__(self, *, trusted: bool, connect: float, read: float) -> None:
        """Prepare; ``connect`` and ``read`` are the seconds to wait for a connection and for its next bytes.

        Trusted are the authorities of ``SSL_CERT_FILE``, else those of the system.
        """
        self._trusted = trusted
        self._connect = timedelta(seconds=connect)
        self._read = timedelta(seconds=read)
        self._clients: dict[bool, Any] = {}

    async def get(
        self, url: str, headers: Mapping[str, str], *, limit: int, decode: bool, into: Sink | None = None
    ) -> Reply:
        """See Client."""
        try:
            async with self._client(decode=decode).get(url).headers(dict(headers)).build_streamed() as response:
                body = await _body(response, limit, into)
                return Reply(status=response.status, url=url, headers=_headers(response), body=body)
        except BuilderError as error:  # nothing to send
            raise TransportError(_cause(error)) from None
        except PyreqwestError as error:
            said = _cause(error)
            if said.startswith(_CERTIFICATE):
                raise TransportError(refusal(said.removeprefix(_CERTIFICATE))) from None
            raise OSError(said) from None
        except ValueError as error:  # no URL
            raise TransportError(str(error)) from None

    async def aclose(self) -> None:
        """See Client."""
        for client in self._clients.values():
            await client.close()

    def _client(self, *, decode: bool) -> Any:
        """One that undoes Content-Encoding, or one that does not: that is settled when it is built."""
        client = self._clients.get(decode)
        if client is None:
            builder = ClientBuilder().follow_redirects(enable=False).danger_accept_invalid_certs(enable=self._trusted)
            builder = builder.http2(enable=True).connect_timeout(self._connect).read_timeout(self._read)
            builder = builder.gzip(enable=decode).brotli(enable=decode).zstd(enable=decode).deflate(enable=decode)
            client = self._clients[decode] = builder.build()
        return client


async def _body(response: Any, limit: int, into: Sink | None) -> bytes:
    length = response.get_header("content-length") or ""
    if length.isdecimal():
        if int(length[:18]) > limit:
            raise TransportError(f"{length[:18]} bytes", too_large=True)
        if (
            into is None and response.get_header("transfer-encoding") is None
        ):  # or the length means nothing (RFC 9112, 6.3)
            return bytes(await response.body_reader.bytes())
    reader, body, size = response.body_reader, io.BytesIO(), 0
    if into is not None:
        into.begin()
    while (chunk := await reader.read(_CHUNK)) is not None:
        size += len(chunk)
        if size > limit:
            raise TransportError(f"more than {limit} bytes", too_large=True)
        (body if into is None else into).write(chunk)
    return body.getvalue()


def _headers(response: Any) -> dict[str, str]:
    """Headers by lower-case name, but for those that are no ASCII."""
    found = {}
    for name in response.headers:
        with contextlib.suppress(ValueError):
            found[name.lower()] = response.get_header(name)
    return found


def _cause(error: Any) -> str:
    """The last of the causes: the one that says most, and shows no URL."""
    causes = (getattr(error, "details", None) or {}).get("causes") or [{}]
    return str(causes[-1].get("message") or error.message)
