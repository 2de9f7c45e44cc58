"""The one seam over the HTTP clients: bounded GETs with retries, redirects and credentials that are never shown.

Credentials belong to an origin: scheme, host and port (RFC 6454). They go nowhere else, and what is named by HTTPS is
not asked for in clear.
"""

import asyncio
import base64
import contextlib
import io
import netrc
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from msgspec import structs

from backtrail.index.network.content_coding import ACCEPTED, decoded
from backtrail.index.network.exchange import Access, Client, Reply, Sink, TransportError
from backtrail.index.network.keyring_command import Keyring
from backtrail.index.network.request_time import RequestTime

__all__ = ["Transport"]

CONNECT_TIMEOUT: Final = 10.0  # seconds; a lost packet is better asked for again than waited for
READ_TIMEOUT: Final = 30.0
TRIES: Final = 3
PAUSE = 0.25  # seconds before the second try, doubled for each further one
MAX_PAUSE: Final = 10.0  # seconds a server may ask us to wait
MAX_REDIRECTS: Final = 10

_PORTS: Final = {"http": 80, "https": 443}
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_AGAIN: Final = frozenset({429, 500, 502, 503, 504})
_GZIPPED: Final = (".gz", ".tgz")
"""Ends of files of which some servers say that they are packed for the way: they are so by themselves."""


class Transport:
    """HTTP for one event loop. Each origin has a client of its own: own connections, own trust."""

    def __init__(self, access: Access) -> None:
        """Prepare; nothing is opened before the first request."""
        self._access = access
        self._clients: dict[_Origin, Client] = {}
        self._closed = False
        self._netrc = _netrc()
        self._keyring = Keyring(access.keyring, access.indexes)
        self._asked: dict[_Entry, asyncio.Future[tuple[str, str] | None]] = {}
        self._credentials: dict[_Origin, list[_Own]] = {}
        for url, pair in access.credentials.items():
            with contextlib.suppress(ValueError):  # no request will have this origin
                parts = urlsplit(url)
                self._credentials.setdefault(_origin(parts), []).append(_Own(parts.path, pair, access.origins.get(url)))

    async def get(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        limit: int,
        source: str = "",
        decode: bool = False,
        tries: int = TRIES,
        into: Sink | None = None,
    ) -> Reply:
        """Fetch a URL with redirects followed. Raises TransportError, also when it takes too long in all.

        ``source`` is the index or location that names the URL. ``decode`` undoes Content-Encoding; otherwise the bytes
        are those of the file. A body goes ``into``, where that is given; one longer than ``limit`` is not read.
        Connections that fail and servers that are busy are tried again after growing, fixed pauses.
        """
        self._check(source, url, "linked")
        body = _Memory()
        clock = RequestTime(into or body)
        sent = {"Accept-Encoding": ACCEPTED if decode else "identity", **headers}
        reply = await clock.keep(self._tried(url, sent, tries, limit, clock))
        coding = reply.headers.get("content-encoding", "").strip().lower()
        found = body.getvalue()
        if coding not in ("", "identity") and reply.status in (200, 206):
            if decode:
                found = decoded(found, coding, limit)
            elif not urlsplit(url).path.endswith(_GZIPPED):
                raise TransportError(f"a body in the Content-Encoding {coding[:40]!r}, which was not asked for")
        return structs.replace(reply, body=found)

    async def _tried(self, url: str, headers: Mapping[str, str], tries: int, limit: int, into: Sink) -> Reply:
        wait = PAUSE
        for left in reversed(range(tries)):
            try:
                reply = await self._follow(url, headers, limit, into)
            except _LostError as error:
                if not left or self._closed:
                    raise TransportError(str(error)) from None
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
        for asked in self._asked.values():
            asked.cancel()
        for client in self._clients.values():
            with contextlib.suppress(Exception):
                await client.aclose()

    async def _follow(self, url: str, headers: Mapping[str, str], limit: int, into: Sink) -> Reply:
        for _ in range(MAX_REDIRECTS):
            known = self._authorization(url)
            reply = await self._once(url, {**headers, **known}, limit, into)
            if reply.status == 401 and (found := await self._from_keyring(url)) not in ({}, known):
                reply = await self._once(url, {**headers, **found}, limit, into)
            if reply.status not in _REDIRECTS:
                return reply
            url = self._redirected(url, reply.headers.get("location", ""))
        raise TransportError("redirected too often")

    async def _once(self, url: str, headers: Mapping[str, str], limit: int, into: Sink) -> Reply:
        try:
            return await self._client(url).get(url, {"User-Agent": "backtrail", **headers}, limit=limit, into=into)
        except TransportError:
            raise
        except Exception as error:  # noqa: BLE001  whatever a client library raises means: it could not be read
            raise _LostError(str(error) or type(error).__name__) from None

    def _redirected(self, url: str, target: str) -> str:
        """Where a redirect leads; the credentials in it are nobody's. Raises TransportError where it may not lead."""
        with contextlib.suppress(ValueError):  # no URL at all
            said, parts = urlsplit(target), urlsplit(urljoin(url, target))
            if target and target.isascii() and (said.netloc or not said.scheme):
                found = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
                self._check(url, found, "redirected")
                return found
        raise TransportError("redirected to an address that is not a URL")

    def _check(self, source: str, url: str, how: str) -> None:
        """Raise TransportError for what HTTP cannot ask, or what leads from HTTPS to a host that is asked in clear."""
        try:
            origin = _origin(urlsplit(url))
        except ValueError:
            raise TransportError(f"{how} to an address that is not a URL of http or https") from None
        if urlsplit(source).scheme == "https" and origin.scheme == "http" and not self._trusts(origin):
            raise TransportError(f"{how} from https to http, which --trusted-host {origin.host} would allow")

    def _authorization(self, url: str) -> dict[str, str]:
        """The header for a URL."""
        found, _ = self._sent(url)
        return (
            {} if found is None else {"Authorization": "Basic " + base64.b64encode(":".join(found).encode()).decode()}
        )

    def said_by(self, url: str) -> str | None:
        """What says the user and password that are sent to a URL; None: none are."""
        found, origin = self._sent(url)
        return None if found is None else origin

    def _sent(self, url: str) -> tuple[tuple[str, str] | None, str]:
        """User and password for a URL: the nearest of the user's URLs of this origin says them, else netrc by host.

        So does pip. What the keyring was asked for stands in place of netrc, and of a URL that has a user without a
        password. With them comes what says them.
        """
        kept, own = self._kept(url), self._own(url)
        if kept is not None and (own is None or (own.pair[0] == kept[0] and not own.pair[1])):
            return kept, "the keyring"
        if own is not None:
            return own.pair, own.origin or "its address or the variables of its name"
        entry = None if self._netrc is None else self._netrc.authenticators(urlsplit(url).hostname or "")
        if entry is None or not any(entry):
            return None, ""
        return (entry[0] or entry[1] or "", entry[2] or ""), "the .netrc file"

    def _own(self, url: str) -> "_Own | None":
        """What the user wrote into the nearest URL of the same origin; the password is empty where it has none."""
        parts = urlsplit(url)
        own = self._credentials.get(_origin(parts))
        return None if not own else max(own, key=lambda each: _segments_shared(each.path, parts.path))

    def _kept(self, url: str) -> tuple[str, str] | None:
        """What the keyring had for a URL, or for another of its origin: of an index, whose files lie elsewhere."""
        entry = self._entry(url)
        found = {
            at: pair
            for at, asked in self._asked.items()
            if at[0] == entry[0] and asked.done() and not asked.cancelled() and (pair := asked.result()) is not None
        }
        return found.get(entry) or next(iter(found.values()), None)

    def _entry(self, url: str) -> "_Entry":
        """What a password of the keyring is for: an index, or all that is at an origin."""
        return _origin(urlsplit(url)), self._keyring.service(url)

    async def _from_keyring(self, url: str) -> dict[str, str]:
        """The header for a URL, once the keyring was asked; {} where it is not: the URL has a password of its own."""
        own = self._own(url)
        if not self._keyring.enabled or (own is not None and own.pair[1]):
            return {}
        entry, user = self._entry(url), None if own is None else own.pair[0]
        if entry not in self._asked:
            self._asked[entry] = asyncio.ensure_future(asyncio.to_thread(self._keyring.ask, url, user))
        await asyncio.wait({self._asked[entry]})
        return self._authorization(url)

    def _client(self, url: str) -> Client:
        origin = _origin(urlsplit(url))
        client = self._clients.get(origin)
        if client is None:
            client = self._clients[origin] = _new_client(self._access.cert, trusted=self._trusts(origin))
        return client

    def _trusts(self, origin: "_Origin") -> bool:
        """Whether the user trusts a host, by its name or with its port."""
        names = {origin.host, origin.host.strip("[]"), f"{origin.host}:{origin.port}"}
        return not names.isdisjoint(self._access.trusted_hosts)


class _Memory(io.BytesIO):
    """A Sink for what has room in memory."""

    def begin(self) -> None:
        self.seek(0)
        self.truncate()


class _LostError(Exception):
    """There was no answer; there may be one to a further try."""


class _Own(NamedTuple):
    """User and password of the user's, for what lies near a path; ``origin`` is the setting that says them."""

    path: str
    pair: tuple[str, str]
    origin: str | None


class _Origin(NamedTuple):
    """What credentials and connections belong to. ``host`` is lower case, an IPv6 address in brackets."""

    scheme: str
    host: str
    port: int


_Entry = tuple[_Origin, str | None]


def _origin(parts: SplitResult) -> _Origin:
    """The origin of a URL. Raises ValueError for one that HTTP cannot ask."""
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("no URL of http or https")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return _Origin(parts.scheme, host, _PORTS[parts.scheme] if parts.port is None else parts.port)


def _segments_shared(one: str, other: str) -> int:
    """How far two paths go together."""
    return len(os.path.commonprefix([one.strip("/").split("/"), other.strip("/").split("/")]))


def _netrc() -> netrc.netrc | None:
    """The user's netrc, where there is one that can be read (as requests finds it, which pip uses)."""
    named = os.environ.get("NETRC")
    with contextlib.suppress(OSError, netrc.NetrcParseError, RuntimeError, UnicodeDecodeError):
        for place in ("~/.netrc", "~/_netrc") if named is None else (named,):
            path = Path(place).expanduser()
            if path.exists():
                return netrc.netrc(path)
    return None


def _new_client(cert: str | None, *, trusted: bool) -> Client:
    """The Rust client of the extra ``fast`` where it is installed, else httpx.

    A file of authorities is trusted in place of the system's, and the Rust client could but add it: httpx takes that.
    """
    if cert is None or trusted:
        with contextlib.suppress(ImportError):
            from backtrail.index.network.rust_client import RustClient

            return RustClient(trusted=trusted, connect=CONNECT_TIMEOUT, read=READ_TIMEOUT)
    from backtrail.index.network.httpx_client import HttpxClient

    return HttpxClient(cert, trusted=trusted, connect=CONNECT_TIMEOUT, read=READ_TIMEOUT)


def _seconds(text: str) -> float:
    return float(text) if text.isdecimal() and len(text) < 6 else 0.0
