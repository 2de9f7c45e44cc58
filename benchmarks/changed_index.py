"""An index on loopback that is PyPI but for some projects: those are as a Source says."""

import http.server
import json
import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from packaging.utils import NormalizedName, canonicalize_name

from backtrail.index import DEFAULT_INDEX
from backtrail.index.files.file_metadata import read_metadata
from backtrail.model.files import File, FileKind, Listing
from backtrail.model.source import Source
from backtrail.standards.core_metadata import static_pkg_info
from support.worlds import sdist_bytes


@contextmanager
def index_of(source: Source | None, changed: Collection[NormalizedName]) -> Iterator[str | None]:
    """The address of an index that is PyPI but for ``changed`` projects; None where there is no ``source`` of those."""
    if source is None:
        yield None
        return
    lock = threading.Lock()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, _, rest = self.path.strip("/").partition("/")
            assert source is not None
            name = canonicalize_name(rest.partition("/")[0])
            with lock:
                if kind == "simple" and name in changed:
                    self._say(_page(source, name, url), "application/vnd.pypi.simple.v1+json")
                elif kind == "simple":
                    self._send_to(f"{DEFAULT_INDEX.rstrip('/')}/{rest}/")
                else:
                    self._file(source, name, rest.rpartition("/")[2])

        def _file(self, source: Source, name: NormalizedName, filename: str) -> None:
            file = next(one for one in _files(source, name) if one.filename == filename.removesuffix(".metadata"))
            if filename.endswith(".metadata"):
                said = read_metadata(file, source)
                assert said is not None, filename
                self._say(static_pkg_info(said).encode(), "text/plain")
                return
            said = read_metadata(file, source, legacy=True) if filename.endswith(".tar.gz") else None
            if said is None:
                self._send_to(file.url)
            else:
                self._say(sdist_bytes(filename, static_pkg_info(said).encode()), "application/gzip")

        def _say(self, body: bytes, kind: str) -> None:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _send_to(self, place: str) -> None:
            self.send_response(HTTPStatus.FOUND)
            self.send_header("Location", place)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"{url}/simple/"
        server.shutdown()


def _files(source: Source, name: NormalizedName) -> Iterator[File]:
    page = source.page(DEFAULT_INDEX, name)
    if isinstance(page, Listing):
        for place in range(len(page.versions)):
            yield from page.files(place)


def _page(source: Source, name: NormalizedName, url: str) -> bytes:
    entries: list[dict[str, Any]] = [
        {
            "filename": file.filename,
            "url": f"{url}/files/{name}/{file.filename}",
            "hashes": {},
            "requires-python": file.requires_python,
            "yanked": False if file.yanked is None else file.yanked or True,
            "core-metadata": file.kind is FileKind.WHEEL,
            **({"upload-time": file.uploaded} if file.uploaded else {}),
        }
        for file in _files(source, name)
    ]
    return json.dumps({"meta": {"api-version": "1.1"}, "name": name, "files": entries}).encode()
