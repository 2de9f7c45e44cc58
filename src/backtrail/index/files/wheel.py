"""Reads METADATA out of a wheel (PEP 427) from as few of its bytes as will do; says which, and does no I/O.

A wheel is a zip archive. Its directory stands at the end, so a tail of 64 KiB mostly holds all that is needed.
Records are those of APPNOTE.TXT 4.3, the 64-bit ones of 4.5.3.
"""

import os
import struct
import zlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

from backtrail import bounds
from backtrail.model.metadata import Failure, Unavailable
from backtrail.model.record import Record

__all__ = ["TAIL", "Ranges", "metadata_of", "read_metadata"]

Ranges = Generator[tuple[int, int], bytes, bytes | Unavailable]
"""Yields the half-open range of the file it needs next, is sent exactly those bytes, returns METADATA."""

TAIL = 64 * 1024
"""Bytes of the end of a wheel that are worth fetching first."""

MAX_DIRECTORY = 64 * 1024 * 1024
"""Bytes of a central directory at most: about 600,000 files."""

_END = struct.Struct("<4s8xLL2x")  # end of central directory: its size and offset
_END64 = struct.Struct("<4s36xQQ")
_END64_LOCATOR = struct.Struct("<4s16x")
_ENTRY = struct.Struct("<4s4xHH4xLLLHHH8xL")
_LOCAL = struct.Struct("<4s22xHH")
_LONGEST_COMMENT = 0xFFFF
_IN_EXTRA = 0xFFFFFFFF
_METADATA = b".dist-info/METADATA"
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 0x1


class _Flaw(Exception):  # noqa: N818  a fact about the file; does not leave this module
    """Why the archive cannot be read, in a few words."""

    failure = Failure.STRUCTURE


class _TooLarge(_Flaw):
    failure = Failure.TOO_LARGE


class _Entry(Record, frozen=True, kw_only=True):
    """A file of the archive, as the central directory describes it."""

    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    extra: int


class _Window:
    """What is known of the file so far. Reading elsewhere yields the missing range."""

    def __init__(self, size: int, tail: bytes) -> None:
        self.size = size
        self.pieces = [(size - len(tail), tail)]

    def read(self, start: int, stop: int) -> Generator[tuple[int, int], bytes, bytes]:
        if not 0 <= start <= stop <= self.size:
            raise _Flaw("it points outside itself")
        for begin, piece in self.pieces:
            if begin <= start and stop <= begin + len(piece):
                return piece[start - begin : stop - begin]
        piece = yield start, stop
        if len(piece) != stop - start:
            raise _Flaw("it ends too early")
        self.pieces.append((start, piece))
        return piece


def read_metadata(size: int, tail: bytes, *, file: str = "") -> Ranges:
    """Find and unpack ``*.dist-info/METADATA`` in a wheel of ``size`` bytes, of which ``tail`` is the end.

    Unavailable is STRUCTURE for what is no wheel (no zip archive, not exactly one METADATA, a wrong checksum) and
    TOO_LARGE for a directory or METADATA beyond any real one; ``file`` is the name it carries.
    """
    try:
        return (yield from _metadata(_Window(size, tail)))
    except _Flaw as flaw:
        return Unavailable(failure=flaw.failure, file=file, detail=str(flaw))


def metadata_of(wheel: bytes | Path, *, file: str = "") -> bytes | Unavailable:
    """Read METADATA of a whole wheel; raises OSError where its path cannot be read."""
    if isinstance(wheel, bytes):
        return _answer(read_metadata(len(wheel), wheel, file=file), lambda start, stop: wheel[start:stop])
    with wheel.open("rb") as stream:

        def part(start: int, stop: int) -> bytes:
            stream.seek(start)
            return stream.read(stop - start)

        size = stream.seek(0, os.SEEK_END)
        return _answer(read_metadata(size, part(max(0, size - TAIL), size), file=file), part)


def _answer(ranges: Ranges, part: Callable[[int, int], bytes]) -> bytes | Unavailable:
    try:
        wanted = next(ranges)
        while True:
            wanted = ranges.send(part(*wanted))
    except StopIteration as end:
        found: bytes | Unavailable = end.value
        return found


def _metadata(window: _Window) -> Generator[tuple[int, int], bytes, bytes]:
    start, stop, shift = yield from _directory(window)
    directory = yield from window.read(start, stop)
    found = [entry for entry in _entries(directory) if entry.name.endswith(_METADATA) and entry.name.count(b"/") == 1]
    if len(found) != 1:
        raise _Flaw("no .dist-info/METADATA in it" if not found else f"{len(found)} .dist-info/METADATA in it")
    (entry,) = found
    packed = yield from _content(window, entry, shift=shift, stop=start)
    text = _unpacked(entry, packed)
    if len(text) != entry.size or zlib.crc32(text) != entry.crc:
        raise _Flaw("its METADATA is not what it says it is")
    return text


def _directory(window: _Window) -> Generator[tuple[int, int], bytes, tuple[int, int, int]]:
    """Where the central directory starts and stops, and how far every stated offset is off (bytes before the zip)."""
    known = min(window.size, len(window.pieces[0][1]))
    end = yield from _end(window, known)
    size, offset = _END.unpack((yield from window.read(end, end + _END.size)))[1:]
    stop = end
    if end >= _END64.size + _END64_LOCATOR.size:
        place = end - _END64_LOCATOR.size - _END64.size
        record = yield from window.read(place, end)
        if record.startswith(b"PK\x06\x06") and record[_END64.size :].startswith(b"PK\x06\x07"):
            stop, (_, size, offset) = place, _END64.unpack_from(record)
    if size > MAX_DIRECTORY:
        raise _TooLarge(f"its directory has {size} bytes")
    start = stop - size
    if start < 0 or start < offset:
        raise _Flaw("its directory is not where it says")
    return start, stop, start - offset


def _end(window: _Window, known: int) -> Generator[tuple[int, int], bytes, int]:
    """Find the last record of the archive; a comment may follow it."""
    reach = min(window.size, _END.size + _LONGEST_COMMENT)
    for length in (min(known, reach), reach):
        tail = yield from window.read(window.size - length, window.size)
        if tail[-_END.size :].startswith(b"PK\x05\x06") and tail.endswith(b"\0\0"):
            return window.size - _END.size
        place = tail.rfind(b"PK\x05\x06")
        if 0 <= place <= length - _END.size:
            return window.size - length + place
    raise _Flaw("it is no zip archive, or cut short")


def _entries(directory: bytes) -> Iterator[_Entry]:
    place = 0
    while place < len(directory):
        if place + _ENTRY.size > len(directory):
            raise _Flaw("its directory is cut short")
        sign, flags, method, crc, packed, size, name, extra, comment, offset = _ENTRY.unpack_from(directory, place)
        if sign != b"PK\x01\x02":
            raise _Flaw("its directory is damaged")
        text = place + _ENTRY.size
        place = text + name + extra + comment
        if place > len(directory):
            raise _Flaw("its directory is cut short")
        label = directory[text : text + name]
        if not label.endswith(_METADATA):
            continue
        wide = _wide(directory[text + name : text + name + extra])
        size = next(wide, size) if size == _IN_EXTRA else size
        packed = next(wide, packed) if packed == _IN_EXTRA else packed
        offset = next(wide, offset) if offset == _IN_EXTRA else offset
        yield _Entry(
            name=label, flags=flags, method=method, crc=crc, packed=packed, size=size, offset=offset, extra=extra
        )


def _wide(extra: bytes) -> Iterator[int]:
    """The 64-bit numbers of an entry's zip64 extra field: those of size, packed, offset that did not fit, in order."""
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, place)
        if kind == 1:
            numbers = extra[place + 4 : place + 4 + length]
            yield from (number for (number,) in struct.iter_unpack("<Q", numbers[: len(numbers) // 8 * 8]))
        place += 4 + length


def _content(window: _Window, entry: _Entry, *, shift: int, stop: int) -> Generator[tuple[int, int], bytes, bytes]:
    """The packed bytes of an entry, asked for together with the header before them, whose length is a guess."""
    if entry.packed > bounds.METADATA:
        raise _TooLarge(f"its METADATA has {entry.packed} bytes packed")
    start = entry.offset + shift
    guess = start + _LOCAL.size + len(entry.name) + entry.extra + 64 + entry.packed
    piece = yield from window.read(start, min(guess, stop))
    if len(piece) < _LOCAL.size or not piece.startswith(b"PK\x03\x04"):
        raise _Flaw("its METADATA is not where it says")
    _, name, extra = _LOCAL.unpack_from(piece)
    if piece[_LOCAL.size : _LOCAL.size + name] != entry.name:
        raise _Flaw("its METADATA is not where it says")
    begin = start + _LOCAL.size + name + extra
    return (yield from window.read(begin, begin + entry.packed))


def _unpacked(entry: _Entry, packed: bytes) -> bytes:
    if entry.flags & _ENCRYPTED or entry.method not in (_STORED, _DEFLATED):
        raise _Flaw("its METADATA is packed in a way wheels are not")
    if entry.method == _STORED:
        return packed
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        text = inflate.decompress(packed, bounds.METADATA + 1)
    except zlib.error as error:
        raise _Flaw("its METADATA is damaged") from error
    if len(text) > bounds.METADATA:
        raise _TooLarge(f"its METADATA unpacks to over {bounds.METADATA} bytes")
    return text
