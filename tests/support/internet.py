"""Hosts of the internet on this machine: a proxy answers for them, with certificates of the test's own."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme

from support.loopback import Loopback


@contextlib.contextmanager
def stand_in(folder: Path, *hosts: str) -> Iterator[tuple[Loopback, Mapping[str, str]]]:
    """What answers for the hosts while inside, and the variables that lead any client there.

    The certificate goes into the folder.
    """
    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*hosts).configure_cert(tls)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    with Loopback(tls) as loopback, _proxy(int(loopback.url.rpartition(":")[2])) as url:
        names = {"HTTPS_PROXY": url, "https_proxy": url, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        yield loopback, {**names, "SSL_CERT_FILE": str(folder / "ca.pem")}


@contextlib.contextmanager
def _proxy(port: int) -> Iterator[str]:
    """A proxy that leads every connection to one port of this machine."""

    class Tunnel(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            with socket.create_connection(("127.0.0.1", port)) as other:
                self.send_response(200)
                self.end_headers()
                back = threading.Thread(target=_copy, args=(other, self.connection))
                back.start()
                _copy(self.connection, other)
                back.join()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Tunnel)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
