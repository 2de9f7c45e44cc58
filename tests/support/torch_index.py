"""The index of PyTorch on this machine: a proxy answers for its address, with certificates of the test's own."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme

from backtrail.inputs.local_builds import address_of
from support.loopback import Loopback
from support.worlds import World


@dataclass(frozen=True, slots=True)
class TorchIndex:
    """What stands in for the index, and the ``variables`` that lead any client there."""

    loopback: Loopback
    variables: Mapping[str, str]

    def mount(self, backend: str, world: World) -> None:
        """Serve a world as the index of a backend."""
        _, _, path = address_of(backend).partition("/")
        folder, _, place = path.rpartition("/")
        self.loopback.mount(world, f"/{folder}")
        for mounted in [one for one in self.loopback.resources if one.startswith(f"/{folder}/simple/")]:
            page = self.loopback.resources.pop(mounted)
            self.loopback.resources[mounted.replace("/simple/", f"/{place}/")] = page

    @property
    def asked(self) -> set[str]:
        """The pages that were asked for, such as ``cpu/torch``."""
        paths = [one.path for one in self.loopback.requests if one.path.endswith("/")]
        return {"/".join(path.split("/")[-3:-1]) for path in paths}


@contextlib.contextmanager
def torch_index(folder: Path) -> Iterator[TorchIndex]:
    """The index while inside; the certificate goes into the folder."""
    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(address_of("cpu").partition("/")[0]).configure_cert(tls)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    with Loopback(tls) as loopback, _proxy(int(loopback.url.rpartition(":")[2])) as url:
        names = {"HTTPS_PROXY": url, "https_proxy": url, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        yield TorchIndex(loopback, {**names, "SSL_CERT_FILE": str(folder / "ca.pem")})


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
