"""The HTTP seam: it tries again, follows redirects, keeps bounds, and gives each host its own credentials only."""

import asyncio
import base64
import gzip
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from backtrail.index.network import request_time, transport
from backtrail.index.network.exchange import Access, Reply, TransportError
from backtrail.index.network.transport import Transport
from support.canned import canned, reply
from support.clients import both_clients

pytestmark = both_clients

SECRET = "hunter2"
BASIC = "Authorization: Basic " + base64.b64encode(f"anna:{SECRET}".encode()).decode()


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setattr(transport, "PAUSE", 0.001)


def get(url: str, access: Access | None = None, *, limit: int = 1000, decode: bool = False, tries: int = 3) -> Reply:
    async def run() -> Reply:
        client = Transport(access or Access())
        try:
            return await client.get(url, {}, limit=limit, decode=decode, tries=tries)
        finally:
            await client.aclose()

    return asyncio.run(run())


def anna(url: str) -> Access:
    return Access(credentials={f"{url}/simple": ("anna", SECRET)})


def test_the_rust_client_is_taken_where_it_is_installed(request: pytest.FixtureRequest) -> None:
    taken = transport._new_client(None, trusted=False)
    assert type(taken).__name__ == ("RustClient" if "pyreqwest" in request.node.name else "HttpxClient")


def test_an_answer_is_had() -> None:
    with canned({"/a": reply(200, b"0123456789", X_Mark="yes")}) as server:
        found = get(f"{server.url}/a")
    assert (found.status, found.body, found.headers["x-mark"]) == (200, b"0123456789", "yes")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_three_times(status: int) -> None:
    with canned({"/a": reply(status, b"", Retry_After="0")}) as server:
        assert get(f"{server.url}/a").status == status
        assert len(server.requests) == 3


@pytest.mark.parametrize("status", [200, 304, 400, 401, 403, 404, 416, 501])
def test_any_other_answer_is_taken(status: int) -> None:
    with canned({"/a": reply(status, b"")}) as server:
        assert get(f"{server.url}/a").status == status
        assert len(server.requests) == 1


def test_an_answer_cut_short_is_no_answer() -> None:
    with canned({"/a": reply(200, b"0123456789")[:-3]}) as server:
        with pytest.raises(TransportError) as raised:
            get(f"{server.url}/a")
        assert len(server.requests) == 3
    assert not raised.value.too_large


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 two hundred\r\n\r\n"])
def test_what_is_no_http_is_no_answer(answer: bytes) -> None:
    with canned({"/a": answer}) as server, pytest.raises(TransportError):
        get(f"{server.url}/a")


def test_a_server_that_is_not_there() -> None:
    with canned({}) as server:
        url = server.url
    with pytest.raises(TransportError) as raised:
        get(f"{url}/?token={SECRET}", tries=1)
    assert SECRET not in str(raised.value)
    assert "{" not in str(raised.value)


@pytest.mark.parametrize("url", ["http://[::1/", "gopher://127.0.0.1/", "http://127.0.0.1:port/", "http:///a"])
def test_a_url_that_is_none(url: str) -> None:
    with pytest.raises(TransportError):
        get(url)


def test_a_body_has_a_bound_said_or_not() -> None:
    endless = b"HTTP/1.1 200 x\r\nConnection: close\r\n\r\n" + b"x" * 5000
    packed = gzip.compress(b"x" * 100_000)
    chunk = b"64\r\n" + b"x" * 100 + b"\r\n"
    both = b"HTTP/1.1 200 x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 20 + b"0\r\n\r\n"
    with canned(
        {
            "/both": both,
            "/said": reply(200, b"x" * 1001),
            "/unsaid": endless,
            "/bomb": reply(200, packed, Content_Encoding="gzip"),
        }
    ) as server:
        for path in ("said", "unsaid", "bomb", "both"):
            with pytest.raises(TransportError) as raised:
                get(f"{server.url}/{path}", decode=path == "bomb")
            assert raised.value.too_large
        assert len(server.requests) == 4


def test_a_header_that_is_no_ascii_spoils_nothing() -> None:
    answer = b"HTTP/1.1 200 x\r\nContent-Length: 2\r\nETag: one\r\nContent-Disposition: caf\xe9\r\n\r\nok"
    with canned({"/a": answer}) as server:
        found = get(f"{server.url}/a")
    assert (found.body, found.headers["etag"]) == (b"ok", "one")


def test_files_are_taken_as_they_are_and_pages_decoded() -> None:
    packed = gzip.compress(b"page")
    answer = reply(200, packed, Content_Encoding="gzip")
    with canned(
        {"/a.tar.gz": answer, "/a": answer, "/twice": reply(200, packed * 2, Content_Encoding="X-GZip")}
    ) as server:
        assert get(f"{server.url}/a.tar.gz").body == packed  # some servers say so of what is packed by itself
        assert get(f"{server.url}/a", decode=True).body == b"page"
        assert get(f"{server.url}/twice", decode=True).body == b"pagepage"
        with pytest.raises(TransportError, match="'gzip', which was not asked for"):
            get(f"{server.url}/a")
    assert "accept-encoding: identity" in server.requests[0].lower()
    assert "accept-encoding: gzip" in server.requests[1].lower()


@pytest.mark.parametrize(
    ("coding", "body", "says"),
    [
        ("gzip, gzip", gzip.compress(gzip.compress(bytes(10**8))), "'gzip, gzip', which was not asked for"),
        ("br", b"page", "'br', which was not asked for"),
        ("gzip", b"page", "no gzip"),
        ("gzip", gzip.compress(b"page")[:-3], "cut short"),
        ("gzip", gzip.compress(bytes(10**7)), "more than 10000 bytes"),
    ],
    ids=["packed twice", "brotli", "not packed", "cut short", "grows a thousandfold"],
)
def test_a_page_is_unpacked_within_bounds(coding: str, body: bytes, says: str) -> None:
    with canned({"/a": reply(200, body, Content_Encoding=coding)}) as server, pytest.raises(TransportError, match=says):
        get(f"{server.url}/a", decode=True, limit=10_000 if len(body) < 10_000 else 10**6)


def dripping(pieces: Sequence[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        time.sleep(0.02)
        yield piece


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 x\r\n", b"HTTP/1.1 200 x\r\nContent-Length: 5000000\r\n\r\n"])
def test_a_request_has_an_end_whatever_drips(head: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_time, "PATIENCE", 0.3)
    with canned({"/a": dripping([head, *[b"x"] * 50])}) as server, pytest.raises(TransportError, match="too slow"):
        get(f"{server.url}/a", limit=10**7)


def test_tries_and_pauses_share_the_time_of_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_time, "PATIENCE", 0.3)
    with canned({"/a": reply(503, b"", Retry_After="9")}) as server, pytest.raises(TransportError, match="too slow"):
        get(f"{server.url}/a")
    assert len(server.requests) == 1


def test_what_comes_gives_a_request_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_time, "PATIENCE", 0.4)
    pieces = [b"HTTP/1.1 200 x\r\nContent-Length: 30000000\r\n\r\n", *[bytes(1_000_000)] * 30]
    with canned({"/a": dripping(pieces)}) as server:
        assert len(get(f"{server.url}/a", limit=10**8).body) == 30_000_000


def test_redirects_are_followed_within_reason() -> None:
    with canned(
        {
            "/a": reply(301, b"moved", Location="/b"),
            "/b": reply(200, b"here"),
            "/loop": reply(302, b"", Location="/loop"),
        }
    ) as server:
        found = get(f"{server.url}/a")
        assert (found.body, found.url) == (b"here", f"{server.url}/b")
        with pytest.raises(TransportError):
            get(f"{server.url}/loop")


@pytest.mark.parametrize(
    "location",
    ["", "http://[", "http:///a", "http://127.0.0.1:port/", "http://127.0.0.1:99999/", "file:///etc/passwd", "a:b",
     "http://a b/", "//", "http://\\", "caf\xe9://x"],
)  # fmt: skip
def test_a_redirect_to_what_is_no_url_is_no_answer(location: str) -> None:
    answer = b"HTTP/1.1 302 x\r\nContent-Length: 0\r\nLocation: " + location.encode("latin-1") + b"\r\n\r\n"
    with canned({"/a": answer}) as server, pytest.raises(TransportError):
        get(f"{server.url}/a")
    assert 1 <= len(server.requests) <= transport.MAX_REDIRECTS * transport.TRIES  # a lost connection is tried again


@pytest.mark.parametrize("written", ["http://127.0.0.1/simple", "https://127.0.0.1:{port}/simple", "http://localhost/"])
def test_credentials_of_a_host_are_not_for_its_other_ports_and_schemes(written: str) -> None:
    with canned({"/a": reply(200, b"")}) as server:
        port = server.url.rpartition(":")[2]
        get(f"{server.url}/a", Access(credentials={written.format(port=port): ("anna", SECRET)}))
    assert "authorization" not in server.requests[0].lower()


def test_two_indexes_of_one_host_have_their_own_credentials() -> None:
    paths = ("/one/simple/", "/two/simple/a/", "/two/files/a.whl", "/twofold", "/three")
    with canned({path: reply(200, b"") for path in paths}) as server:
        pairs = {f"{server.url}/one/simple": ("bob", "x"), f"{server.url}/two/simple": ("anna", SECRET)}
        for path in paths:
            get(server.url + path, Access(credentials=pairs))
    assert [BASIC in request for request in server.requests] == [False, True, True, False, False]
    assert all("authorization: basic" in request.lower() for request in server.requests)


def test_credentials_go_to_their_origin_and_not_with_a_redirect() -> None:
    with canned({"/b": reply(200, b"here")}) as other:
        target = other.url.replace("//", f"//anna:{SECRET}@")
        with canned({"/a": reply(302, b"", Location=f"{target}/b")}) as server:
            found = get(f"{server.url}/a", anna(server.url))
    assert BASIC in server.requests[0]
    assert "authorization" not in other.requests[0].lower()
    assert SECRET not in found.url


def test_netrc_is_asked_for_hosts_without_credentials(tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login anna password {SECRET}\n")
    netrc.chmod(0o600)
    with canned({"/a": reply(200, b"")}) as server:
        get(f"{server.url}/a")
        get(f"{server.url}/a", Access(credentials={server.url: ("bob", "x")}))
    assert BASIC in server.requests[0]
    assert BASIC not in server.requests[1]


def test_a_netrc_that_is_none_is_none(tmp_path: Path) -> None:
    (tmp_path / "netrc").write_bytes(b"machine \xff nonsense login")
    with canned({"/a": reply(200, b"")}) as server:
        assert get(f"{server.url}/a").status == 200


def test_no_error_shows_a_secret() -> None:
    with canned({}) as server:
        url = server.url
    bare = url.removeprefix("http://")
    for wrong in (f"http://anna:{SECRET}@{bare}/", f"gopher://anna:{SECRET}@{bare}/", f"http://anna:{SECRET}@[::1/"):
        with pytest.raises(TransportError) as raised:
            get(wrong, anna(url), tries=1)
        assert SECRET not in str(raised.value)
        assert SECRET not in repr(raised.value)


def test_a_proxy_that_is_none_is_a_failure_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"strange://anna:{SECRET}@127.0.0.1:1")
    with pytest.raises(TransportError) as raised:
        get("http://index.example/", tries=1)
    assert SECRET not in str(raised.value)
