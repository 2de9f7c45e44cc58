"""A package index on 127.0.0.1: serves worlds, or any bytes, and remembers what was asked of it."""

import contextlib
import functools
import hashlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from support.worlds import Project, World, html_page, json_page, links_page, page_entries

JSON_PAGE = "application/vnd.pypi.simple.v1+json"
HTML_PAGE = "application/vnd.pypi.simple.v1+html"
PLAIN_HTML_PAGE = "text/html"
BYTES = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it arrived, with the status it was answered with. Header names are lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    status: int


@dataclass(slots=True)
class Resource:
    """What stands at a path: makers of its bytes by content type, preferred first, and the bytes once made.

    ``encoding`` is the Content-Encoding that the bytes have, "" for none.
    """

    variants: Mapping[str, Callable[[], bytes]]
    ranges: bool = False
    encoding: str = ""
    made: dict[str, bytes] = field(default_factory=dict)

    def body(self, content_type: str) -> bytes:
        if content_type not in self.made:
            self.made[content_type] = self.variants[content_type]()
        return self.made[content_type]

    def negotiate(self, accept: str) -> str | None:
        """Return the preferred content type that an Accept header admits; weights are ignored."""
        accepted = {item.partition(";")[0].strip() for item in (accept or "*/*").split(",")}
        if len(self.variants) == 1 or "*/*" in accepted:
            return next(iter(self.variants))
        return next((kind for kind in self.variants if kind in accepted), None)


@dataclass(frozen=True, slots=True)
class Answer:
    """What would be answered, to which request, and how often the path was asked for before."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    asked: Mapping[str, str]
    times: int
    closing: threading.Event


Fault = Callable[[Answer], Iterator[bytes]]
"""An answer that is none: the bytes to send before the connection is closed. ConnectionResetError resets it."""


class Loopback:
    """A threaded HTTP server on a free port, running inside a `with` block.

    A path answers 404 until something is put there. `statuses` and `delays` (seconds) may be set for any
    path at any time and win over what stands there. `delayed` are the paths whose answers were held back so far.
    `authorization` is the header without which all is refused, None: there is none. `faults` stand for the answers of
    paths: bytes as they go over the line. With `tls` it speaks HTTPS.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.statuses: dict[str, int] = {}
        self.delays: dict[str, float] = {}
        self.delayed: list[str] = []
        self.authorization: str | None = None
        self.faults: dict[str, Fault] = {}
        self.requests: list[Request] = []
        self.resources: dict[str, Resource] = {}
        self.closing = threading.Event()
        self._server = _Server(self)
        self._scheme = "http" if tls is None else "https"
        if tls is not None:  # each connection shakes hands in its own thread
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> "Loopback":  # noqa: PYI034 - typing.Self came with Python 3.11
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()

    @property
    def url(self) -> str:
        """The root, without a trailing slash."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    def put(self, path: str, content_type: str, body: bytes, *, ranges: bool = False) -> str:
        """Let a path (unquoted, with its leading slash) answer with these bytes; return its URL."""
        self.resources[path] = Resource({content_type: lambda: body}, ranges)
        return self.url + path

    def mount(
        self,
        world: World,
        prefix: str = "",
        *,
        formats: Iterable[str] = (JSON_PAGE, HTML_PAGE, PLAIN_HTML_PAGE),
        core_metadata: bool = True,
        ranges: bool = True,
        hashes: bool = False,
        statuses: Mapping[str, int] | None = None,
    ) -> str:
        """Serve a world under a prefix such as `/w1`; return the URL of its simple index.

        Its further indexes and its find-links page stand where `extra_urls` and `links_urls` say.
        `formats` are the page formats served, preferred first. `statuses` are answered for the pages of
        projects, by name, whether the world has them or not. Without `core_metadata` there are no `.metadata`
        files and no page mentions them; without `ranges` files come whole; `hashes` publishes digests, as does a
        world whose question names some.
        """
        hashes = hashes or world.question.hashes
        for place, projects in enumerate((world.projects, *world.extra)):
            folder = f"{prefix}/extra-{place}" if place else prefix
            for project in projects:
                page: dict[str, Callable[[], bytes]] = {}
                for kind in formats:
                    write = json_page if kind == JSON_PAGE else html_page
                    page[kind] = functools.partial(
                        write, project, files_url="../../files/", core_metadata=core_metadata, hashes=hashes
                    )
                self.resources[f"{folder}/simple/{canonicalize_name(project.name)}/"] = Resource(page)
            self._mount_files(projects, folder, core_metadata=core_metadata, ranges=ranges)
        if world.links:
            write = functools.partial(links_page, world.links, files_url="../files/", core_metadata=core_metadata)
            self.resources[f"{prefix}/links/simple/"] = Resource({PLAIN_HTML_PAGE: write})
            self._mount_files(world.links, f"{prefix}/links", core_metadata=core_metadata, ranges=ranges)
        for name, status in (statuses or {}).items():
            self.statuses[f"{prefix}/simple/{canonicalize_name(name)}/"] = status
        return f"{self.url}{prefix}/simple/"

    def _mount_files(self, projects: tuple[Project, ...], folder: str, *, core_metadata: bool, ranges: bool) -> None:
        for entry in page_entries(projects):
            path = f"{folder}/files/{entry.file.filename}"
            self.resources[path] = Resource({BYTES: entry.content}, ranges)
            if core_metadata and entry.file.core_metadata and entry.file.is_wheel:
                self.resources[f"{path}.metadata"] = Resource({BYTES: entry.metadata})

    def asked(self, path: str) -> int:
        """Return how often a path was asked for, by any method."""
        return sum(request.path == path for request in self.requests)


def extra_urls(world: World, index_url: str) -> tuple[str, ...]:
    """The further indexes of a world that was mounted, in order."""
    root = index_url.removesuffix("/simple/")
    return tuple(f"{root}/extra-{place}/simple/" for place in range(1, len(world.extra) + 1))


def links_urls(world: World, index_url: str) -> tuple[str, ...]:
    """The find-links page of a world that was mounted, where it has one."""
    return (f"{index_url.removesuffix('/simple/')}/links/simple/",) if world.links else ()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # joined when the server closes, so that no socket outlives its test
    request_queue_size = 128

    def __init__(self, loopback: Loopback) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.loopback = loopback
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Wake the threads that wait on kept-alive connections."""
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no error."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Requests are recorded, not printed."""

    def _answer(self) -> None:
        loopback = self.server.loopback
        path = unquote(urlsplit(self.path).path)
        if path in loopback.delays:
            loopback.delayed.append(path)
            loopback.closing.wait(loopback.delays[path])
        status, headers, body = _respond(loopback, path, self.headers)
        loopback.requests.append(
            Request(self.command, path, {name.lower(): value for name, value in self.headers.items()}, status)
        )
        fault = loopback.faults.get(path)
        if fault is not None:
            asked, times = loopback.requests[-1].headers, loopback.asked(path) - 1
            self._misbehave(fault(Answer(status, headers, body, asked, times, loopback.closing)))
            return
        self.send_response_only(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _misbehave(self, pieces: Iterator[bytes]) -> None:
        self.close_connection = True
        try:
            for piece in pieces:
                self.wfile.write(piece)
        except ConnectionResetError:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:  # the client left
            pass


def _respond(loopback: Loopback, path: str, asked: Message) -> tuple[int, dict[str, str], bytes]:
    refused = loopback.authorization not in (None, asked.get("Authorization"))
    if path in loopback.statuses or refused:
        status = 401 if refused else loopback.statuses[path]
        challenge = {"WWW-Authenticate": 'Basic realm="index"'} if status == 401 else {}
        return status, challenge, b""
    resource = loopback.resources.get(path)
    if resource is None:
        return 404, {}, b""
    content_type = resource.negotiate(asked.get("Accept", ""))
    if content_type is None:
        return 406, {}, b""
    body = resource.body(content_type)
    headers = {"Content-Type": content_type, "ETag": f'"{hashlib.sha256(body).hexdigest()[:16]}"'}
    if resource.encoding:
        headers["Content-Encoding"] = resource.encoding
    if asked.get("If-None-Match") == headers["ETag"]:
        return 304, headers, b""
    if not resource.ranges:
        return 200, headers, body
    headers["Accept-Ranges"] = "bytes"
    wanted = asked.get("Range", "")
    if not wanted.startswith("bytes="):
        return 200, headers, body
    first, last = _span(wanted.removeprefix("bytes="), len(body))
    if first > last:
        return 416, {**headers, "Content-Range": f"bytes */{len(body)}"}, b""
    return 206, {**headers, "Content-Range": f"bytes {first}-{last}/{len(body)}"}, body[first : last + 1]


def _span(wanted: str, length: int) -> tuple[int, int]:
    """Return the first and last position of a single range (RFC 9110, 14.1.2); first > last if there is none."""
    first, _, last = wanted.partition("-")
    if first == "":
        return max(length - int(last), 0), length - 1
    return int(first), min(int(last), length - 1) if last else length - 1
