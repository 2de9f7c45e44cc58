"""Reads the telling texts of an sdist (PEP 517, 625) while it streams in; does no I/O and runs nothing."""

import bz2
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Protocol

from packaging.utils import canonicalize_name

from backtrail.index.files.sdist_metadata import has_static_pkg_info, legacy_metadata, static_metadata
from backtrail.model.files import File
from backtrail.model.metadata import Failure, SdistContents, Unavailable
from backtrail.standards.core_metadata import project_of

__all__ = ["SdistReader", "legacy_metadata", "read_sdist", "static_metadata"]

MAX_PACKED = 64 * 1024 * 1024
MAX_UNPACKED = 256 * 1024 * 1024
MAX_TEXT = 1024 * 1024
"""Bytes kept of one text; a setup.py of 100 KB exists."""

_CHUNK = 1024 * 1024
_MAX_NAME = 64 * 1024
_MAX_EGG_INFOS = 100
_MAX_TEXTS = 32 * 1024 * 1024  # of all texts together
_MAX_MEMBERS = 100_000
_MAX_LZMA_MEMORY = 256 * 1024 * 1024

_FIELDS = {"pyproject.toml": "pyproject", "PKG-INFO": "pkg_info", "setup.cfg": "setup_cfg", "setup.py": "setup_py"}
"""The field of SdistContents that holds a text at the root of the tree."""

_DIRECTORY_ENTRY = b"PK\x01\x02"

_EGG_FIELD = {"requires.txt": "egg_requires"}

_BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
)
"""What the standard library raises for archives that are damaged, encrypted or packed in an unknown way."""

Parts = tuple[str, ...]


class SdistReader:
    """Takes an sdist in pieces: ``feed`` them until it says enough, then ``close``. The file name tells the format."""

    def __init__(self, file: File) -> None:
        """Begin; an unknown format shows at the end."""
        self.file = file
        self._texts = _Texts(file)
        self._archive = _archive(file.filename.lower(), self._texts)
        self._packed = 0
        self._flaw = None if self._archive else (Failure.STRUCTURE, "an archive of unknown format")
        self._enough = self._archive is None

    def feed(self, chunk: bytes) -> bool:
        """Take the next bytes; True: what follows cannot change the answer, or is more than will be read."""
        if not self._enough and self._archive:
            self._packed += len(chunk)
            try:
                self._archive.feed(chunk)
            except _BROKEN as error:
                self._flaw = _flaw(error)
            over = self._packed > MAX_PACKED or self._archive.unpacked > MAX_UNPACKED
            self._enough = self._flaw is not None or over or self._archive.complete or self._texts.enough()
        return self._enough

    def close(self) -> SdistContents | Unavailable:
        """Give the texts found; ``truncated`` names also what was not reached.

        A broken archive is STRUCTURE, one of more than is read TOO_LARGE.
        """
        if not self._enough and self._archive:
            try:
                self._archive.close()
            except _BROKEN as error:
                self._flaw = _flaw(error)
        if self._flaw is not None or self._archive is None:
            failure, detail = self._flaw or (Failure.STRUCTURE, "")
            return Unavailable(failure=failure, file=self.file.filename, detail=detail)
        return self._texts.contents(complete=self._archive.complete)


def read_sdist(path: Path, file: File) -> SdistContents | Unavailable:
    """Read an sdist on disk; raises OSError where the path cannot be read."""
    reader = SdistReader(file)
    with path.open("rb") as stream:
        while (chunk := stream.read(_CHUNK)) and not reader.feed(chunk):
            pass
    return reader.close()


class _TooMuchError(ValueError):
    """An archive of more than is read: nobody knows what a tool would do with it."""


def _flaw(error: Exception) -> tuple[Failure, str]:
    if isinstance(error, _TooMuchError):
        return Failure.TOO_LARGE, str(error)
    if isinstance(error, EOFError):
        return Failure.STRUCTURE, "the archive is cut short"
    return Failure.STRUCTURE, f"the archive is damaged: {str(error)[:100]}"


class _Texts:
    """The wanted members of an archive, and enough of the others to know where its root is."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.project = project_of(file)
        self.tops: list[str] = []
        self.eggs: list[Parts] = []
        self.found: dict[Parts, bytes] = {}
        self.members = 0
        self.left = _MAX_TEXTS

    def wants(self, path: str) -> Parts | None:
        """Note that a member exists; its normal path if its content is wanted."""
        self.members += 1
        if self.members > _MAX_MEMBERS:
            raise _TooMuchError(f"it has over {_MAX_MEMBERS} members")
        parts = tuple(part for part in path.split("/") if part not in ("", "."))
        if not parts or ".." in parts:
            return None
        if parts[0] not in self.tops and len(self.tops) < 2:
            self.tops.append(parts[0])
        depth = next((depth for depth, part in enumerate(parts[:3]) if part.endswith(".egg-info")), None)
        if depth is None:
            at_a_root = len(parts) == 1 or (len(parts) == 2 and parts[0] == self.tops[0])  # it has one of them
            return parts if at_a_root and parts[-1] in _FIELDS else None
        egg = parts[: depth + 1]
        if egg not in self.eggs and len(self.eggs) < _MAX_EGG_INFOS:
            self.eggs.append(egg)
        return parts if parts[:-1] in self.eggs and parts[-1] in ("requires.txt", "PKG-INFO") else None

    def take(self, parts: Parts, text: bytes) -> None:
        """Keep the content of a member. Raises _TooMuchError for more than any project has."""
        self.left -= len(text)
        if self.left < 0:
            raise _TooMuchError(f"its texts have over {_MAX_TEXTS} bytes")
        self.found[parts] = text

    def enough(self) -> bool:
        """Whether the metadata is static and the script that may refuse a Python was seen, or all texts were."""
        have = {name for name in _FIELDS if (self.tops[0], name) in self.found} if self.tops else set()
        if have == set(_FIELDS) and any((*egg, "requires.txt") in self.found for egg in self.mine() if len(egg) == 2):
            return True
        return {"setup.py", "PKG-INFO"} <= have and has_static_pkg_info(_text(self.found[self.tops[0], "PKG-INFO"]))

    def contents(self, *, complete: bool) -> SdistContents:
        """Pick the texts at the root (one folder at the top is the root) and those of the project's egg-info."""
        root: Parts = tuple(self.tops) if len(self.tops) == 1 else ()
        places = {name: (*root, name) for name in _FIELDS}
        egg = self._egg_info(root)
        if egg is not None:
            places["requires.txt"] = (*egg, "requires.txt")
            if places["PKG-INFO"] not in self.found:
                places["PKG-INFO"] = (*egg, "PKG-INFO")
        found = {name: self.found[place] for name, place in places.items() if place in self.found}
        if egg is not None and complete:
            found.setdefault("requires.txt", b"")
        fields = _FIELDS | _EGG_FIELD
        cut = (name for name in fields if len(found.get(name, b"")) > MAX_TEXT or (not complete and name not in found))
        texts = {field: _text(found[name]) for name, field in fields.items() if name in found}
        return SdistContents(file=self.file.filename, truncated=tuple(cut), **texts)

    def mine(self) -> list[Parts]:
        """The egg-infos named like the project."""
        return [egg for egg in self.eggs if canonicalize_name(egg[-1].removesuffix(".egg-info")) == self.project]

    def _egg_info(self, root: Parts) -> Parts | None:
        """The egg-info named like the project and nearest to the root, else the first directly in it."""
        return min(self.mine(), key=len, default=None) or next((egg for egg in self.eggs if egg[:-1] == root), None)


def _text(content: bytes) -> str:
    kept = content[:MAX_TEXT]
    try:
        return kept.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        cut_in_a_character = len(content) > MAX_TEXT and error.end == MAX_TEXT
        return kept.decode(errors="ignore") if cut_in_a_character else kept.decode("latin-1")


class _Archive(Protocol):
    unpacked: int
    complete: bool
    """Whether every member was seen."""

    def feed(self, chunk: bytes) -> None: ...

    def close(self) -> None: ...


def _archive(name: str, texts: _Texts) -> _Archive | None:
    if name.endswith(".zip"):
        return _Zip(texts)
    if name.endswith((".tar.gz", ".tgz")):
        return _Tarball(texts, _Gzip())
    if name.endswith((".tar.bz2", ".tbz", ".tbz2")):
        return _Tarball(texts, _Stream(bz2.BZ2Decompressor()))
    if name.endswith((".tar.xz", ".txz", ".tar.lzma", ".tlz")):
        return _Tarball(texts, _Stream(lzma.LZMADecompressor(memlimit=_MAX_LZMA_MEMORY)))
    if name.endswith(".tar"):
        return _Tarball(texts, _Plain())
    return None


class _Zip:
    """A zip archive has its directory at the end: it is kept whole and read when it is complete."""

    def __init__(self, texts: _Texts) -> None:
        self.texts = texts
        self.packed = io.BytesIO()
        self.unpacked = 0
        self.complete = False

    def feed(self, chunk: bytes) -> None:
        self.packed.write(chunk)

    def close(self) -> None:
        if self.packed.getvalue().count(_DIRECTORY_ENTRY) > _MAX_MEMBERS:  # before all are read into memory
            raise _TooMuchError(f"it has over {_MAX_MEMBERS} members")
        with zipfile.ZipFile(self.packed) as archive:
            for info in archive.infolist():
                if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # only these unpack in bounds
                    raise zipfile.BadZipFile("packed in an unusual way")
                parts = self.texts.wants(info.filename)
                if parts is not None and not info.is_dir():
                    with archive.open(info) as member:
                        self.texts.take(parts, member.read(MAX_TEXT + 1))
        self.complete = True


class _Tarball:
    """A tar archive, unpacked piece by piece into a walk over its members."""

    def __init__(self, texts: _Texts, packing: "_Packing") -> None:
        self.packing = packing
        self.walk = _members(texts)
        self.skip, self.need = next(self.walk)
        self.buffer = bytearray()
        self.unpacked = 0
        self.complete = False

    def feed(self, chunk: bytes) -> None:
        for piece in self.packing.unpack(chunk):
            self.unpacked += len(piece)
            self.buffer += piece
            try:
                self._advance()
            except StopIteration:
                self.complete = True
            if self.complete or self.unpacked > MAX_UNPACKED:
                return

    def close(self) -> None:
        """Some archives lack the two empty blocks at the end; one that ends between two members is complete, too."""
        between = not self.skip and not self.buffer and self.need == tarfile.BLOCKSIZE
        if not (self.unpacked and between and self.packing.ended):
            raise EOFError
        self.complete = True

    def _advance(self) -> None:
        while True:
            gone = min(self.skip, len(self.buffer))
            del self.buffer[:gone]
            self.skip -= gone
            if self.skip or len(self.buffer) < self.need:
                return
            block = bytes(self.buffer[: self.need])
            del self.buffer[: self.need]
            self.skip, self.need = self.walk.send(block)


def _members(texts: _Texts) -> Generator[tuple[int, int], bytes, None]:
    """Walk a tar archive (POSIX.1-2001 pax, GNU long names): yields how much to skip and then how much to send."""
    skip, long_name, long_size = 0, None, None
    while True:
        block = yield skip, tarfile.BLOCKSIZE
        if not any(block):
            return
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        if info.type in (tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME):
            if not 0 <= info.size <= _MAX_NAME:
                raise tarfile.ReadError("a name too long")
            content = (yield 0, _blocks(info.size))[: info.size]
            if info.type == tarfile.XHDTYPE:
                pax = _pax(content)
                long_name, long_size = pax.get("path", long_name), int(pax["size"]) if "size" in pax else None
            else:
                long_name = content.rstrip(b"\0").decode(errors="surrogateescape")
            skip = 0
            continue
        if info.type in (tarfile.XGLTYPE, tarfile.GNUTYPE_LONGLINK):
            skip = _blocks(info.size)
            continue
        size = info.size if long_size is None else long_size
        if size < 0:
            raise tarfile.ReadError("a negative size")
        skip = _blocks(size) if info.isreg() or info.type not in tarfile.SUPPORTED_TYPES else 0
        parts = texts.wants(info.name if long_name is None else long_name)
        if parts is not None and info.isreg():
            kept = min(size, MAX_TEXT + 1)
            texts.take(parts, (yield 0, kept))
            skip -= kept
        long_name, long_size = None, None


def _blocks(size: int) -> int:
    return -(-size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE


def _pax(content: bytes) -> dict[str, str]:
    """Read the records ``length key=value`` of an extended header."""
    records, place = {}, 0
    while place < len(content):
        length, space, _ = content[place : place + 20].partition(b" ")
        if not space or not length.isdigit() or int(length) <= len(length) + 1:
            raise tarfile.ReadError("a damaged extended header")
        record = content[place + len(length) + 1 : place + int(length) - 1]
        key, _, value = record.decode(errors="surrogateescape").partition("=")
        records[key] = value
        place += int(length)
    return records


class _Packing(Protocol):
    @property
    def ended(self) -> bool:
        """Whether the packed stream came to its own end."""

    def unpack(self, data: bytes) -> Iterator[bytes]: ...


class _Plain:
    ended = True

    def unpack(self, data: bytes) -> Iterator[bytes]:
        yield data


class _Gzip:
    """Gzip members one after the other (RFC 1952); zeros or junk after the last are padding."""

    def __init__(self) -> None:
        self.ended = False
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)

    def unpack(self, data: bytes) -> Iterator[bytes]:
        piece = b""
        while data or len(piece) == _CHUNK:
            if self.ended:
                if not data.startswith(b"\x1f\x8b"):
                    return
                self._inflate, self.ended = zlib.decompressobj(zlib.MAX_WBITS | 16), False
            piece = self._inflate.decompress(data, _CHUNK)
            self.ended = self._inflate.eof
            data = self._inflate.unused_data if self.ended else self._inflate.unconsumed_tail
            yield piece


class _Stream:
    """Bzip2 and LZMA, whose objects in the standard library are alike."""

    def __init__(self, decompressor: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._decompressor = decompressor

    @property
    def ended(self) -> bool:
        return self._decompressor.eof

    def unpack(self, data: bytes) -> Iterator[bytes]:
        while not self._decompressor.eof:
            yield self._decompressor.decompress(data, _CHUNK)
            data = b""
            if self._decompressor.needs_input:
                return
