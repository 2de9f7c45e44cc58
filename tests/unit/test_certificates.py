"""Whom HTTPS trusts: the same whichever client is installed, shown by a server with certificates of the test's own."""

import asyncio
import ssl
from datetime import datetime, timezone
from pathlib import Path

import pytest
import trustme

from backtrail.index.network import transport
from backtrail.index.network.certificates import refusal
from backtrail.index.network.exchange import Access, TransportError
from backtrail.index.network.transport import Transport
from support.canned import canned, reply
from support.clients import both_clients

pytestmark = both_clients

OURS, THEIRS = trustme.CA(organization_name="ours"), trustme.CA(organization_name="theirs")


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "ALL_PROXY", "https_proxy", "all_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(transport, "PAUSE", 0.001)


@pytest.fixture
def ours(tmp_path: Path) -> str:
    return authority(OURS, tmp_path / "ours.pem")


@pytest.fixture
def theirs(tmp_path: Path) -> str:
    return authority(THEIRS, tmp_path / "theirs.pem")


def authority(ca: trustme.CA, path: Path) -> str:
    ca.cert_pem.write_to_path(path)
    return str(path)


def ask(
    access: Access, *, issuer: trustme.CA = OURS, host: str = "127.0.0.1", years: tuple[int, int] = (2000, 3000)
) -> bytes:
    """Ask a server on 127.0.0.1, whose certificate is for a host and from one year to another, by an issuer."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    first, last = (datetime(year, 1, 1, tzinfo=timezone.utc) for year in years)
    issuer.issue_cert(host, not_before=first, not_after=last).configure_cert(tls)

    async def run(url: str) -> bytes:
        client = Transport(access)
        try:
            return (await client.get(url, {}, limit=1000)).body
        finally:
            await client.aclose()

    with canned({"/a": reply(200, b"hello")}, tls) as server:
        try:
            return asyncio.run(run(f"{server.url}/a"))
        except TransportError:
            assert server.requests == [], "who is not trusted is asked nothing"
            raise


def test_a_named_authority_is_trusted(ours: str) -> None:
    assert ask(Access(cert=ours)) == b"hello"


def test_the_authority_of_ssl_cert_file_is_trusted(ours: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", ours)
    assert ask(Access()) == b"hello"


def test_a_named_authority_comes_before_ssl_cert_file(ours: str, theirs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", theirs)
    assert ask(Access(cert=ours)) == b"hello"


def test_a_named_authority_is_trusted_in_place_of_the_others(
    ours: str, theirs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", ours)
    with pytest.raises(TransportError, match="certificate"):
        ask(Access(cert=theirs))


UNTRUSTED = "its certificate is from an authority that is not trusted; --cert names a file of authorities"


def test_an_unknown_authority_is_not_trusted() -> None:
    with pytest.raises(TransportError) as refused:
        ask(Access())
    assert str(refused.value) == UNTRUSTED


def test_another_authority_than_the_one_of_ssl_cert_file_is_not_trusted(
    ours: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", ours)
    with pytest.raises(TransportError) as refused:
        ask(Access(), issuer=THEIRS)
    assert str(refused.value) == UNTRUSTED


@pytest.mark.parametrize(
    ("host", "years", "sentence"),
    [
        ("index.example", (2000, 3000), "its certificate is for another host"),
        ("127.0.0.2", (2000, 3000), "its certificate is for another host"),
        ("127.0.0.1", (2000, 2001), "its certificate has expired"),
        ("127.0.0.1", (2999, 3000), "its certificate is not valid yet"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_one_sentence(
    ours: str, monkeypatch: pytest.MonkeyPatch, host: str, years: tuple[int, int], sentence: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", ours)
    with pytest.raises(TransportError) as refused:
        ask(Access(), host=host, years=years)
    assert str(refused.value) == sentence


def test_words_that_nobody_knows_are_passed_on() -> None:
    assert refusal("BadEncoding") == "its certificate is not valid: BadEncoding"


@pytest.mark.parametrize("host", ["127.0.0.1", "index.example"])
def test_certificates_of_a_trusted_host_are_not_checked(host: str) -> None:
    assert ask(Access(trusted_hosts=frozenset({"127.0.0.1"})), host=host) == b"hello"
