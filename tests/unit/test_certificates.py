"""Whom HTTPS trusts: the same whichever client is installed, shown by a server with certificates of the test's own."""

import asyncio
import ssl
from pathlib import Path

import pytest
import trustme

from backtrail.index.network import transport
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


def ask(access: Access, *, issuer: trustme.CA = OURS, host: str = "127.0.0.1") -> bytes:
    """Ask a server on 127.0.0.1, whose certificate is for a host by an issuer."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issuer.issue_cert(host).configure_cert(tls)

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


def test_an_unknown_authority_is_not_trusted() -> None:
    with pytest.raises(TransportError, match="certificate"):
        ask(Access())


def test_a_certificate_of_another_host_is_refused(ours: str) -> None:
    with pytest.raises(TransportError, match="certificate"):
        ask(Access(cert=ours), host="index.example")


@pytest.mark.parametrize("host", ["127.0.0.1", "index.example"])
def test_certificates_of_a_trusted_host_are_not_checked(host: str) -> None:
    assert ask(Access(trusted_hosts=frozenset({"127.0.0.1"})), host=host) == b"hello"
