"""Where a snapshot lies: objects named by their digest, and one page that says which of them belong together.

A folder, or whatever place ``fsspec`` reaches (``s3://…``). Objects are written once and never changed, so that several
may write at once and many read meanwhile.
"""

import hashlib
import os
from pathlib import Path
from typing import Any, Protocol

from backtrail import transient
from backtrail.model.errors import InputError

__all__ = ["Store", "store_at"]

HEAD = "snapshot.json"


class _Files(Protocol):
    """Files of a place by their path in it."""

    def read(self, path: str) -> bytes | None:
        """The bytes; None where there are none."""

    def write(self, path: str, data: bytes) -> None:
        """Write, whole or not at all."""


class Store:
    """Objects by digest (SHA-256, in hex), and the head."""

    def __init__(self, place: str, files: _Files) -> None:
        """``place`` is how a user names it."""
        self.place = place
        self._files = files

    def put(self, data: bytes) -> str:
        """Keep an object; return its digest. Raises InputError where there is no room."""
        digest = hashlib.sha256(data).hexdigest()
        path = _path(digest)
        try:
            if self._files.read(path) != data:
                self._files.write(path, data)
        except OSError as error:
            raise self._failed(error) from error
        return digest

    def get(self, digest: str) -> bytes:
        """An object as it was put. Raises InputError for one that is not there or damaged."""
        try:
            data = self._files.read(_path(digest))
        except OSError as error:
            raise self._failed(error) from error
        if data is None:
            raise InputError(f"{self.place}: the object {digest[:12]} of this snapshot is not there")
        if hashlib.sha256(data).hexdigest() != digest:
            raise InputError(f"{self.place}: the object {digest[:12]} of this snapshot is damaged")
        return data

    def head(self) -> bytes | None:
        """What ``set_head`` wrote last; None: nothing yet. Raises InputError."""
        try:
            return self._files.read(HEAD)
        except OSError as error:
            raise self._failed(error) from error

    def set_head(self, data: bytes) -> None:
        """Say which objects belong together. Raises InputError."""
        try:
            self._files.write(HEAD, data)
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> InputError:
        return InputError(f"{self.place}: {error.strerror or error}")


def _path(digest: str) -> str:
    return f"objects/{digest[:2]}/{digest}"


class _Folder:
    """A folder of this machine, or one that it has mounted."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, path: str) -> bytes | None:
        try:
            return (self._root / path).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, path: str, data: bytes) -> None:
        place = self._root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        with transient.place(place.with_name(f".{place.name}.{os.getpid()}.part")) as part:
            part.write_bytes(data)
            part.replace(place)


class _Remote:
    """A place of ``fsspec``: its own write is whole or not at all, where the service's is."""

    def __init__(self, filesystem: Any, root: str) -> None:
        self._filesystem = filesystem
        self._root = root.rstrip("/")

    def read(self, path: str) -> bytes | None:
        try:
            found: bytes = self._filesystem.cat_file(f"{self._root}/{path}")
        except FileNotFoundError:
            return None
        return found

    def write(self, path: str, data: bytes) -> None:
        place = f"{self._root}/{path}"
        self._filesystem.makedirs(place.rpartition("/")[0], exist_ok=True)
        self._filesystem.pipe_file(place, data)


def store_at(place: str) -> Store:
    """The store at a path or a URL. Raises InputError for a URL that nothing reaches."""
    if "://" not in place:
        return Store(place, _Folder(Path(place)))
    import fsspec

    try:
        filesystem, root = fsspec.core.url_to_fs(place)
    except (ImportError, ValueError) as error:
        raise InputError(f"{place}: {error}") from None
    return Store(place, _Remote(filesystem, root))
