"""A server on 127.0.0.1 that answers every path with the very bytes it was given, HTTP or not."""

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping

Replies = Mapping[str, bytes]


class Canned:
    """Each connection gets one answer and is closed. ``requests`` are the heads of what was asked, in order."""

    def __init__(self, listener: socket.socket, replies: Replies) -> None:
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.requests: list[str] = []
        self._listener = listener
        self._replies = replies

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(5)
                head = b""
                while b"\r\n\r\n" not in head and (chunk := connection.recv(65536)):
                    head += chunk
                self.requests.append(head.decode("latin-1"))
                path = head.split(b" ", 2)[1].decode()
                connection.sendall(self._replies.get(path, reply(404, b"")).replace(b"URL", self.url.encode()))


def reply(status: int, body: bytes, **headers: str) -> bytes:
    """A complete answer."""
    lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


@contextlib.contextmanager
def canned(replies: Replies) -> Iterator[Canned]:
    """Serve inside a ``with`` block."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Canned(listener, replies)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
