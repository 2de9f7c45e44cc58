"""Requests by pyreqwest, an HTTP client in Rust: the extra ``fast``."""

import contextlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from pyreqwest.client import ClientBuilder
from pyreqwest.exceptions import BuilderError, PyreqwestError

from backtrail.index.network.certificates import refusal
from backtrail.index.network.exchange import Reply, Sink, TransportError

__all__ = ["RustClient"]

_CHUNK: Final = 256 * 1024  # bytes read at a time
_AT_ONCE: Final = 2 * 1024 * 1024  # bytes of a body that are read in one go; the slowest allowed takes minutes for them
_CERTIFICATE: Final = "invalid peer certificate: "  # how rustls begins what it says of one


class RustClient:
    """See Client."""

    def __init__(self, *, trusted: bool, connect: float, read: float) -> None:
        """Prepare; ``connect`` and ``read`` are the seconds to wait for a connection and for its next bytes.

        Trusted are the authorities of ``SSL_CERT_FILE``, else those of the system.
        """
        builder = ClientBuilder().follow_redirects(enable=False).danger_accept_invalid_certs(enable=trusted)
        builder = builder.connect_timeout(timedelta(seconds=connect)).read_timeout(timedelta(seconds=read))
        builder = builder.gzip(enable=False).brotli(enable=False).zstd(enable=False).deflate(enable=False)
        self._client = builder.http2(enable=True).build()

    async def get(self, url: str, headers: Mapping[str, str], *, limit: int, into: Sink) -> Reply:
        """See Client."""
        try:
            async with self._client.get(url).headers(dict(headers)).build_streamed() as response:
                await _read(response, limit, into)
                return Reply(status=response.status, url=url, headers=_headers(response))
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
        await self._client.close()


async def _read(response: Any, limit: int, into: Sink) -> None:
    into.begin()
    length = response.get_header("content-length") or ""
    if length.isdecimal():
        if int(length[:18]) > limit:
            raise TransportError(f"{length[:18]} bytes", too_large=True)
        # Where there is a Transfer-Encoding the length means nothing (RFC 9112, 6.3).
        if int(length[:18]) <= _AT_ONCE and response.get_header("transfer-encoding") is None:
            into.write(bytes(await response.body_reader.bytes()))
            return
    reader, size = response.body_reader, 0
    while (chunk := await reader.read(_CHUNK)) is not None:
        size += len(chunk)
        if size > limit:
            raise TransportError(f"more than {limit} bytes", too_large=True)
        into.write(chunk)


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
