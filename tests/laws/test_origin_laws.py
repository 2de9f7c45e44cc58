"""Wherever servers send a request, credentials reach their own origin only, and nothing goes from HTTPS to HTTP."""

import asyncio
import base64
import contextlib
import itertools
from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backtrail.index.network import transport
from backtrail.index.network.exchange import Access, Reply, TransportError

DEFAULT = {"http": 80, "https": 443}

SCHEMES = ["http:", "https:", "HTTP:", "ftp:", ""]
HOSTS = ["h", "H", "i", "h.i", "h.", "[::1]", ""]
PORTS = ["", ":80", ":443", ":8", ":x", ":"]
PATHS = ["", "/", "/one/f", "/two", "\\@i/"]
PARTS = [SCHEMES, ["//", "/", ""], ["", "a@", "a:b@", "@"], HOSTS, PORTS, PATHS]

URLS = st.tuples(*map(st.sampled_from, PARTS)).map("".join)


class Scripted:
    """Every origin's server: it sends each request on to the next location, and notes what came with it."""

    def __init__(self, locations: list[str]) -> None:
        self.locations = list(locations)
        self.seen: list[tuple[str, str | None]] = []

    async def get(self, url: str, headers: Mapping[str, str], *, limit: int, decode: bool) -> Reply:  # noqa: ARG002
        self.seen.append((url, headers.get("Authorization")))
        if not self.locations:
            return Reply(status=200, url=url, headers={}, body=b"")
        return Reply(status=302, url=url, headers={"location": self.locations.pop(0)}, body=b"")

    async def aclose(self) -> None:
        """Nothing is open."""


def origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or DEFAULT.get(parts.scheme)


def usable(url: str) -> bool:
    with contextlib.suppress(ValueError):
        scheme, host, _ = origin(url)
        return scheme in DEFAULT and bool(host)
    return False


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=400)
@given(st.lists(URLS, min_size=1, max_size=4), st.dictionaries(URLS, st.text("xyz", max_size=3), max_size=4))
def test_credentials_stay_with_their_origin(
    monkeypatch: pytest.MonkeyPatch, urls: list[str], passwords: dict[str, str]
) -> None:
    first, *further = urls
    servers = Scripted(further)
    monkeypatch.setenv("NETRC", "/nowhere")
    monkeypatch.setattr(transport, "_new_client", lambda _cert, trusted: servers)  # noqa: ARG005
    credentials = {url: ("user", password) for url, password in passwords.items()}

    async def run() -> None:
        with contextlib.suppress(TransportError):
            await transport.Transport(Access(credentials=credentials)).get(first, {}, limit=10, tries=1)

    asyncio.run(run())
    went = [origin(url) for url, _ in servers.seen]
    assert all(scheme in DEFAULT and host for scheme, host, _ in went)
    assert not any(one[0] == "https" and other[0] == "http" for one, other in itertools.pairwise(went))
    assert all("@" not in urlsplit(url).netloc for url, _ in servers.seen[1:])
    for url, sent in servers.seen:
        own = {
            password for written, password in passwords.items() if usable(written) and origin(written) == origin(url)
        }
        basics: set[str | None] = {
            "Basic " + base64.b64encode(f"user:{password}".encode()).decode() for password in own
        }
        assert sent in (basics or {None})
