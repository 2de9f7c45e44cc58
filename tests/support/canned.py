"""A server on 127.0.0.1 that answers every path with the very bytes it was given, HTTP or not."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator, Mapping

Replies = Mapping[str, bytes | Iterable[bytes]]
"""By path; an answer in pieces is sent as they come."""


class Canned:
    """Each connection gets one answer and is closed. ``requests`` are the heads of what was asked, in order."""

    def __init__(self, listener: socket.socket, replies: Replies, tls: ssl.SSLContext | None) -> None:
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
        self.requests: list[str] = []
        self._listener = listener
        self._replies = replies
        self._tls = tls

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(5)
            with contextlib.suppress(OSError):  # of TLS too: whom the client does not trust it leaves
                if self._tls is not None:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                self._answer(connection)
            connection.close()

    def _answer(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head and (chunk := connection.recv(65536)):
            head += chunk
        self.requests.append(head.decode("latin-1"))
        path = head.split(b" ", 2)[1].decode()
        answer = self._replies.get(path, reply(404, b""))
        for piece in [answer] if isinstance(answer, bytes) else answer:
            connection.sendall(piece.replace(b"URL", self.url.encode()))


def reply(status: int, body: bytes, **headers: str) -> bytes:
    """A complete answer."""
    lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


@contextlib.contextmanager
def canned(replies: Replies, tls: ssl.SSLContext | None = None) -> Iterator[Canned]:
    """Serve inside a ``with`` block; by HTTPS where ``tls`` says with which certificate."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Canned(listener, replies, tls)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
