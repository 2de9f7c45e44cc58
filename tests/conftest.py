"""Every test runs apart: no network but this computer's, none of the user's settings, a cache of its own."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Generator, Iterator
from typing import Any
from uuid import uuid4

import pytest

from backtrail.index.network import fetch_process

_LOCAL = ("127.0.0.1", "::1", "localhost")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """What is marked ``uncounted`` runs untraced, three times as fast; its fixtures, too."""
    if item.get_closest_marker("uncounted") is None:
        return (yield)
    here, beside = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        threading.settrace(beside)
        sys.settrace(here)


@pytest.fixture(autouse=True)
def _no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection to elsewhere fails a test that is not marked ``live``."""
    if request.node.get_closest_marker("live") is not None:
        return
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in _LOCAL:
            raise AssertionError(f"a test connects to {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def _ctrl_c() -> Iterator[None]:
    """A job in the background ignores Ctrl-C, and so would every test of it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def _client(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """httpx with its own sockets, which are guarded here; what is marked ``both_clients`` runs on the Rust one, too."""
    if getattr(request, "param", "httpx") == "httpx":
        monkeypatch.setitem(sys.modules, "backtrail.index.network.rust_client", None)


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process of its own for the network: here it is guarded, and can be changed by a test."""
    monkeypatch.setattr(fetch_process, "can_start", lambda: False)


@pytest.fixture(autouse=True)
def _no_settings(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Neither variables nor configuration files; what is marked ``live`` keeps the certificates of this computer."""
    trust = () if request.node.get_closest_marker("live") else ("SSL_CERT_", "REQUESTS_CA_", "CURL_CA_")
    for name in [name for name in os.environ if name.startswith(("UV_", "PIP_", "BACKTRAIL_CACHE", *trust))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("BACKTRAIL_CACHE_DIR", str(tmp_path_factory.getbasetemp() / f"cache-{uuid4().hex}"))
