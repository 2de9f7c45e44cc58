"""Remembers between runs what indexes said: pages with their age, and what files say of themselves for ever.

One SQLite file, shared by processes that run at the same time. Losing it costs time, never an answer: whatever goes
wrong with it, the caller sees a miss.
"""

import contextlib
import hashlib
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from packaging.utils import NormalizedName

from backtrail.index.pages.project_page import ProjectPage, pack, unpack
from backtrail.model.files import Absent, File
from backtrail.model.metadata import Metadata, SdistContents, Unavailable

__all__ = ["Cache", "Fact", "StoredPage", "clear", "default_folder", "fact_key", "prune"]

Fact = Metadata | SdistContents | Unavailable
"""What was read from a file; but for a failure, it does not change while the file does not."""

_SCHEMA: Final = 3
"""Part of the file name: another layout is another file, and programs of both ages can run side by side."""

_FILE: Final = f"index-v{_SCHEMA}.sqlite3"

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS page (
    source TEXT NOT NULL, name TEXT NOT NULL, fetched REAL NOT NULL, etag TEXT, listing BLOB,
    sum INTEGER NOT NULL, PRIMARY KEY (source, name)
);
CREATE TABLE IF NOT EXISTS fact (key TEXT PRIMARY KEY, stored REAL NOT NULL, fact BLOB NOT NULL, sum INTEGER NOT NULL);
"""

_COUNTS: Final = "SELECT EXISTS (SELECT 1 FROM page), EXISTS (SELECT 1 FROM fact)"

_PATIENCE = 5.0  # seconds to wait for another program that writes
_BATCH: Final = 500  # names in one query; SQLite admits at least 999

_encode = msgspec.msgpack.Encoder().encode
_decode_fact = msgspec.msgpack.Decoder(Metadata | SdistContents).decode


class StoredPage(msgspec.Struct, frozen=True, gc=False):
    """A page as it was, when that was (seconds since the epoch), and the mark to ask whether it still holds."""

    page: ProjectPage | Absent
    fetched: float
    etag: str | None = None


def default_folder() -> Path:
    """``$BACKTRAIL_CACHE_DIR``, else the user's cache folder on this system."""
    chosen = os.environ.get("BACKTRAIL_CACHE_DIR")
    if chosen:
        return Path(chosen)
    from platformdirs import user_cache_path  # not needed where the folder is given

    return user_cache_path("backtrail", appauthor=False)


def fact_key(kind: str, file: File, *, context: str = "") -> str:
    """Name what was read from a file: by its digest where there is one, else by all the index says of it.

    ``kind`` keeps readings apart (``metadata``, ``sdist``, ``built``), ``context`` what else the result depends on. No
    secret of the file's URL can be read in it.
    """
    digest = file.hashes.get("sha256") or f"{file.size} {file.uploaded}"
    return _hidden(f"{kind}\n{file.filename}\n{file.url}\n{digest}\n{context}")


class Cache:
    """The cache in a folder; None: in memory, for one run. What is put becomes visible to others with ``flush``.

    Any thread may read, put and flush; the thread that made the cache closes it. ``began_empty``: it held nothing when
    it was opened, so who remembers what they put need not ask.
    """

    def __init__(self, folder: Path | None) -> None:
        """Open the file, or make it; an unusable one is moved aside."""
        self._path = None if folder is None else folder / _FILE
        self._pages: list[tuple[str, str, float, str | None, bytes | memoryview | None, int]] = []
        self._facts: list[tuple[str, float, bytes, int]] = []
        self._renewed: list[tuple[float, str, str]] = []
        self._lock = threading.Lock()
        self._db = self._open()
        self._writer: threading.Thread | None = None
        self.began_empty = self._holds_nothing()

    def pages(self, index: str, names: Iterable[NormalizedName]) -> dict[NormalizedName, StoredPage]:
        """Return those of the pages that are stored, whatever their age. Their files stay encoded."""
        query = "SELECT name, fetched, etag, listing, sum FROM page WHERE source = ? AND name"
        found = {}
        for name, fetched, etag, blob, stored_sum in self._select(query, [_hidden(index)], names):
            with contextlib.suppress(msgspec.DecodeError, TypeError):
                if _sum(name, etag, blob) == stored_sum:
                    page = Absent(index=index) if blob is None else unpack(blob)
                    found[NormalizedName(name)] = StoredPage(page, fetched, etag)
        return found

    def facts(self, keys: Iterable[str]) -> dict[str, Fact]:
        """Return those of the facts that are stored."""
        found: dict[str, Fact] = {}
        for key, blob, stored_sum in self._select("SELECT key, fact, sum FROM fact WHERE key", [], keys):
            with contextlib.suppress(msgspec.DecodeError, TypeError):
                if _sum(key, None, blob) == stored_sum:
                    found[key] = _decode_fact(blob)
        return found

    def put_page(self, index: str, name: NormalizedName, stored: StoredPage) -> ProjectPage | Absent:
        """Keep a page, or that there is none; return it as it was kept, so that memory holds its files once.

        One without any entry is not kept: the page on which a gateway asks for a password looks like that. What was
        kept before is old then, and asked for again.
        """
        page, blob = stored.page, None
        if isinstance(page, ProjectPage):
            if not page.versions and not page.table.skipped:
                self.renew(index, name, 0.0)
                return page
            if page.packed is None:
                page = unpack(pack(page))
            blob = page.packed
        mark = _sum(name, stored.etag, blob)
        self._pages.append((_hidden(index), name, stored.fetched, stored.etag, blob, mark))
        return page

    def renew(self, index: str, name: NormalizedName, fetched: float) -> None:
        """Note that a stored page still held at this time."""
        self._renewed.append((fetched, _hidden(index), name))

    def put_fact(self, key: str, fact: Fact, stored: float) -> None:
        """Keep a fact. A failure is none: what looks like a flaw of the file may be one of its transfer."""
        if not isinstance(fact, Unavailable):
            blob = _encode(fact)
            self._facts.append((key, stored, blob, _sum(key, None, blob)))

    def flush_beside(self, *, least: int) -> None:
        """Begin to write in another thread, if there is this much or more and nothing is being written."""
        if len(self._pages) + len(self._facts) >= least and not (self._writer is not None and self._writer.is_alive()):
            self._writer = threading.Thread(target=self.flush, name="cache", daemon=True)
            self._writer.start()

    def flush(self) -> None:
        """Write what was put, in one transaction."""
        pages, self._pages = self._pages, []
        facts, self._facts = self._facts, []
        renewed, self._renewed = self._renewed, []
        if not (pages or facts or renewed):
            return
        with self._guarded() as db:
            db.execute("BEGIN IMMEDIATE")
            db.executemany("INSERT OR REPLACE INTO page VALUES (?, ?, ?, ?, ?, ?)", pages)
            db.executemany("UPDATE page SET fetched = ? WHERE source = ? AND name = ?", renewed)
            db.executemany("INSERT OR REPLACE INTO fact VALUES (?, ?, ?, ?)", facts)
            db.execute("COMMIT")

    def close(self) -> None:
        """Write and close."""
        if self._writer is not None:
            self._writer.join()
        self.flush()
        self._db.close()

    def _select(self, query: str, first: Sequence[str], values: Iterable[str]) -> Iterator[tuple[Any, ...]]:
        wanted = list(values)
        for start in range(0, len(wanted), _BATCH):
            batch = wanted[start : start + _BATCH]
            rows: list[tuple[Any, ...]] = []
            with self._guarded() as db:
                rows = db.execute(f"{query} IN ({','.join('?' * len(batch))})", [*first, *batch]).fetchall()
            yield from rows

    def _holds_nothing(self) -> bool:
        held = True
        with self._guarded() as db:
            held = any(db.execute(_COUNTS).fetchone())
        return not held

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[sqlite3.Connection]:
        """Let a broken file cost what it held, and a locked or full one this one access."""
        with self._lock:
            try:
                yield self._db
            except sqlite3.OperationalError:
                if self._db.in_transaction:
                    self._db.rollback()
            except sqlite3.DatabaseError:
                self._db.close()
                self._db = self._afresh()

    def _open(self) -> sqlite3.Connection:
        if self._path is None:
            return _connect(":memory:")
        try:
            _make_private(self._path)
            return _connect(str(self._path))
        except (sqlite3.OperationalError, OSError):  # no place to write: remember for this run
            return _connect(":memory:")
        except sqlite3.DatabaseError:
            return self._afresh()

    def _afresh(self) -> sqlite3.Connection:
        assert self._path is not None
        try:
            self._path.replace(self._path.with_suffix(".corrupt"))
            for left in (f"{_FILE}-wal", f"{_FILE}-shm"):
                self._path.with_name(left).unlink(missing_ok=True)
            _make_private(self._path)
            return _connect(str(self._path))
        except (sqlite3.Error, OSError):
            return _connect(":memory:")


def _make_private(path: Path) -> None:
    """Make the file and its folder for their owner alone; SQLite gives what it makes beside it the same mode."""
    path.parent.parent.mkdir(parents=True, exist_ok=True)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.touch(mode=0o600)


def _hidden(text: str) -> str:
    """A key in place of one that may hold a secret of the user's: URLs do."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _sum(key: str, etag: str | None, blob: bytes | memoryview | None) -> int:
    """What shows that a row is as it was written: a disk may give back something else than it got."""
    return zlib.crc32(blob or b"", zlib.crc32(f"{key}\n{etag}\n{blob is None}".encode(errors="surrogatepass")))


def _connect(path: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA page_size = 65536")  # listings are large
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA wal_autocheckpoint = 64")  # pages; what one flush wrote need not wait for the end
        db.execute("PRAGMA synchronous = NORMAL")
        db.executescript(_TABLES)
    except BaseException:
        db.close()
        raise
    return db


def prune(folder: Path, *, days: float = 30.0, now: float | None = None) -> int:
    """Drop what is older than this many days, and files of other layouts; return the bytes that became free."""
    before = _size(folder)
    for path in _files(folder):
        if not path.name.startswith(_FILE):
            path.unlink(missing_ok=True)
    if (folder / _FILE).exists():
        limit = (time.time() if now is None else now) - days * 86_400
        cache = Cache(folder)
        with cache._guarded() as db:  # noqa: SLF001
            db.execute("DELETE FROM page WHERE fetched < ?", (limit,))
            db.execute("DELETE FROM fact WHERE stored < ?", (limit,))
            db.execute("VACUUM")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cache.close()
    return before - _size(folder)


def clear(folder: Path) -> int:
    """Delete the cache; return the bytes that became free. Other files of the folder stay."""
    freed = _size(folder)
    for path in _files(folder):
        path.unlink(missing_ok=True)
    return freed


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("index-v*"))


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in _files(folder))
