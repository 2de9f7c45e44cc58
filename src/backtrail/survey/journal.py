"""What a survey was told so far, on disk, in the order that it came: the truth about which questions are answered.

One file that only grows. Each record has its length and its checksum before it, so that one that was being written when
everything ended is seen, and dropped: its question is asked again.
"""

import contextlib
import itertools
import os
import struct
import time
import zlib
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from backtrail.model.errors import InputError
from backtrail.model.record import Record

if os.name == "posix":
    import fcntl

__all__ = ["NAME", "End", "Journal", "Told", "pack"]

NAME: Final = "journal"
"""The file's name in the folder of its survey."""

_MARK: Final = b"backtrail survey journal 1\n"
_HEAD: Final = struct.Struct("<II")
_SYNCED: Final = 1.0
"""Seconds between two times that the disk is waited for: what a computer that loses its power asks again."""


class End(Enum):
    """How the asking of a question ended."""

    ANSWERED = "answered"
    HUNG = "hung"
    OUT_OF_MEMORY = "out of memory"
    CRASHED = "crashed"


class Told(Record, frozen=True, kw_only=True, gc=False):
    """What came of a question. ``packed`` is empty where there is no answer, and ``sentence`` says why.

    ``attempts`` counts how often it was begun, as far as that is known.
    """

    key: str
    end: End
    packed: bytes = b""
    sentence: str = ""
    attempts: int = 1

    @property
    def answer(self) -> bytes:
        """What the question was answered; empty where it was not."""
        return zlib.decompress(self.packed) if self.packed else b""


def pack(answer: bytes) -> bytes:
    """An answer as it is sent and kept: rows are alike, 34 kB of them come to 6, for 0.2 ms."""
    return zlib.compress(answer, 1)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Told).decode


class Journal:
    """The journal of one survey, open to be written by nobody else.

    ``keys`` are those of its records: each question has one at most.
    """

    def __init__(self, folder: Path, *, resume: bool, survey: str = "") -> None:
        """Open or begin it; ``survey`` names what is asked, and a journal that was begun for something else is refused.

        Raises InputError: there is one and it is not to be resumed, it is no journal, is of another survey, is being
        written by another one, or the folder cannot be written.
        """
        self.path = folder / NAME
        self.keys: set[str] = set()
        self._synced = time.monotonic()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._stream: BinaryIO = open(self.path, "a+b", buffering=0)  # noqa: PTH123, SIM115  closed by close
        except OSError as error:
            raise InputError(f"{self.path}: {error.strerror or error}") from None
        try:
            self._hold()
            self._begin(resume=resume, survey=b"survey " + survey.encode())
        except OSError as error:
            self._stream.close()
            raise self._unwritten(error) from None
        except InputError:
            self._stream.close()
            raise

    def _hold(self) -> None:
        if os.name == "posix":
            try:
                fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InputError(f"{self.path}: another survey is writing it") from None
            except OSError:
                pass  # a file system without locks

    def _begin(self, *, resume: bool, survey: bytes) -> None:
        self._size = 0
        self._stream.seek(0)
        if not self._stream.read(1):
            self._write(_MARK + _framed(survey))
            return
        if not resume:
            raise InputError(f"{self.path}: there is a survey in this folder already; --resume goes on with it")
        records = self._records()
        begun = next(records, None)
        if begun is None:
            self._begin_anew(survey)
            return
        self._size, named = begun
        if named != survey:
            raise InputError(f"{self.path}: what is asked is not what this survey was begun with; give it a new folder")
        for self._size, record in records:
            try:
                self.keys.add(_decode(record).key)
            except msgspec.MsgspecError as error:
                raise InputError(f"{self.path}: a record is not one of this release of backtrail: {error}") from None
        self._stream.truncate(self._size)

    def _begin_anew(self, survey: bytes) -> None:
        """Begin it anew, if it ended before anything was in it. Raises InputError for a file of somebody else."""
        begun = _MARK + _framed(survey)
        self._stream.seek(0)
        start = self._stream.read(len(begun) + 1)
        if not begun.startswith(start):
            raise InputError(f"{self.path}: this is not the journal of a survey")
        self._size = 0
        self._stream.truncate(0)
        self._write(begun)

    def _records(self) -> Iterator[tuple[int, bytes]]:
        """Where each record ends, and the record, up to the first that is not whole."""
        with self.path.open("rb") as stream:
            if stream.read(len(_MARK)) != _MARK:
                return
            ends = len(_MARK)
            # Nothing has no checksum: a disk that was cut off gives back zeros.
            while len(head := stream.read(_HEAD.size)) == _HEAD.size:
                length, checksum = _HEAD.unpack(head)
                record = stream.read(length)
                if not record or len(record) < length or zlib.crc32(record) != checksum:
                    return
                ends += len(head) + length
                yield ends, record

    def told(self) -> Iterator[Told]:
        """All that was told so far, in order, read from the disk as it is wanted."""
        last = self._size
        for ends, record in itertools.islice(self._records(), 1, None):
            if ends > last:
                return
            yield _decode(record)

    def places(self) -> dict[str, int]:
        """Where the record of each key begins, for ``at``."""
        records = itertools.islice(self._records(), 1, None)
        return {_decode(record).key: ends - len(record) - _HEAD.size for ends, record in records}

    def at(self, place: int) -> Told:
        """The record that begins at one of ``places``."""
        with self.path.open("rb") as stream:
            stream.seek(place)
            length, _ = _HEAD.unpack(stream.read(_HEAD.size))
            return _decode(stream.read(length))

    def append(self, told: Told) -> None:
        """Keep what was told; a key that is there already changes nothing.

        Raises InputError where it cannot be written: what was kept before stays, and can be resumed.
        """
        if told.key in self.keys:
            return
        try:
            self._write(_framed(_encode(told)))
            if time.monotonic() - self._synced > _SYNCED:
                self._sync()
        except OSError as error:
            raise self._unwritten(error) from None
        self.keys.add(told.key)

    def _write(self, data: bytes) -> None:
        """Write all of it, or leave nothing of it."""
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[self._stream.write(rest) or 0 :]
        except OSError:
            with contextlib.suppress(OSError):
                self._stream.truncate(self._size)
            raise
        self._size += len(data)

    def _sync(self) -> None:
        os.fsync(self._stream.fileno())
        self._synced = time.monotonic()

    def _unwritten(self, error: OSError) -> InputError:
        return InputError(
            f"{self.path}: {error.strerror or error}; what was answered so far is kept, and --resume goes on from there"
        )

    def close(self) -> None:
        """Wait for the disk and let go. Raises InputError where the disk does not take it."""
        try:
            self._sync()
        except OSError as error:
            raise self._unwritten(error) from None
        finally:
            self._stream.close()


def _framed(record: bytes) -> bytes:
    return _HEAD.pack(len(record), zlib.crc32(record)) + record
