"""Repositories of git over HTTP on 127.0.0.1, by git's own ``http-backend``, behind a user and a password."""

import base64
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class GitServer(ThreadingHTTPServer):
    """Serves the repositories of a folder to who has the pair; ``sent`` is every Authorization that arrived.

    ``moved`` is where every request is redirected to instead, once it has the pair.
    """

    def __init__(self, folder: Path, pair: tuple[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.authorization = "Basic " + base64.b64encode(":".join(pair).encode()).decode()
        self.sent: list[str | None] = []
        self.moved: str | None = None

    def url(self, repository: str, userinfo: str = "") -> str:
        """Where a repository is, with a user and a password written into it."""
        return f"http://{userinfo}{'@' * bool(userinfo)}127.0.0.1:{self.server_port}/{repository}"


@contextmanager
def git_server(folder: Path, pair: tuple[str, str]) -> Iterator[GitServer]:
    """A server that runs while inside."""
    with GitServer(folder, pair) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: GitServer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Requests are recorded, not printed."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        server = self.server
        server.sent.append(self.headers.get("Authorization"))
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if server.sent[-1] != server.authorization:
            self._send(401, {"WWW-Authenticate": 'Basic realm="git"'}, b"")
        elif server.moved is not None:
            self._send(302, {"Location": server.moved + self.path}, b"")
        else:
            self._run(body)

    def _run(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        variables = {
            "GIT_PROJECT_ROOT": str(self.server.folder), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
            "QUERY_STRING": query, "REQUEST_METHOD": self.command, "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }  # fmt: skip
        ended = subprocess.run(
            ["git", "http-backend"], input=body, env={**os.environ, **variables}, capture_output=True, check=True
        )
        head, _, content = ended.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self._send(int(headers.pop("Status", "200").split()[0]), headers, content)

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
