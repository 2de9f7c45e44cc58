"""Undoes the Content-Encoding of a body (RFC 9110, 8.4) within a bound."""

import zlib
from typing import Final

from backtrail.index.network.exchange import TransportError

__all__ = ["ACCEPTED", "decoded"]

ACCEPTED: Final = "gzip"
"""What servers are asked for; they send nothing else, and nothing packed twice."""

_GZIP: Final = frozenset({"gzip", "x-gzip"})


def decoded(body: bytes, coding: str, limit: int) -> bytes:
    """The body as it was before it was packed.

    Raises TransportError for another coding than was accepted, for what is damaged or cut short, and ``too_large``
    for more than ``limit`` bytes.
    """
    if coding.strip().lower() not in _GZIP:
        raise TransportError(f"a body in the Content-Encoding {coding[:40]!r}, which was not asked for")
    found, left = bytearray(), body
    while left:  # gzip members one after the other (RFC 1952, 2.2)
        inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            found += inflate.decompress(left, limit + 1 - len(found))
        except zlib.error:
            raise TransportError("a body that is no gzip, though its Content-Encoding says so") from None
        if len(found) > limit:
            raise TransportError(f"more than {limit} bytes", too_large=True)
        if not inflate.eof:
            raise TransportError("a gzip body that is cut short")
        left = inflate.unused_data
    return bytes(found)
