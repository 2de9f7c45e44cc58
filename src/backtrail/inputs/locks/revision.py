"""A file as it was in a commit: ``git:REV:PATH``, read with the git of this machine."""

import os
import posixpath
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from backtrail import bounds, transient
from backtrail.model.errors import InputError

PREFIX = "git:"

_SECONDS = 60


def is_revision(place: str) -> bool:
    """Whether a word names a file in a commit."""
    return place.startswith(PREFIX)


def split_revision(place: str) -> tuple[str, str]:
    """The commit and the path, which is relative to the folder of the question. Raises InputError."""
    revision, colon, path = place.removeprefix(PREFIX).partition(":")
    if not (revision and colon and path) or revision.startswith("-"):
        raise InputError(f"{place!r} is not git:REVISION:PATH")
    return revision, path


def read_revision(place: str) -> str:
    """The text of the file in that commit. Raises InputError, one sentence."""
    revision, path = split_revision(place)
    with _sentences(place):
        text = _git("show", f"{revision}:{posixpath.join('.', Path(path).as_posix())}")
    if len(text) > bounds.INPUT:
        raise InputError(f"{place!r} has more than {bounds.INPUT} bytes")
    return text


@contextmanager
def _sentences(place: str) -> Iterator[None]:
    """Whatever goes wrong with git, as one sentence."""
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"{place!r} needs git, which is not found here") from None
    except UnicodeDecodeError:
        raise InputError(f"{place!r} is not a text") from None
    except (OSError, ValueError) as failure:  # a null byte, a word longer than the system allows
        raise InputError(f"{place!r}: git cannot be run: {getattr(failure, 'strerror', None) or failure}") from None
    except subprocess.TimeoutExpired:
        raise InputError(f"{place!r}: git did not answer in {_SECONDS} seconds") from None
    except subprocess.CalledProcessError as failure:
        said = " ".join(failure.stderr.decode("utf-8", "replace").split()).removeprefix("fatal: ")
        raise InputError(f"{place!r}: {said or 'git could not read it'}") from None


class Tree(NamedTuple):
    """The inputs of a commit, written into a folder: the file that was named, and the folder of the question."""

    file: Path
    here: Path


def write_tree(place: str, folder: Path) -> Tree:
    """Write what a lock may be made from, of all the commit holds, into a folder; nothing is run, no link is made.

    Raises InputError, one sentence.
    """
    revision, path = split_revision(place)
    with _sentences(place):
        prefix = _git("rev-parse", "--show-prefix").strip()
        listed = os.fsdecode(_git_bytes("ls-tree", "-r", "-z", "-l", "--full-tree", revision)).split("\0")
        entries = [one for text in filter(None, listed) if (one := _entry(text)) is not None]
        if sum(one.size for one in entries) > bounds.INPUT or len(entries) > bounds.INPUTS:
            raise InputError(
                f"{place!r}: the inputs of that commit have more than {bounds.INPUT} bytes, or are over {bounds.INPUTS}"
            )
        contents = _git_bytes("cat-file", "--batch", given="".join(f"{one.blob}\n" for one in entries).encode())
    _write(entries, contents, folder)
    here = folder / prefix
    here.mkdir(parents=True, exist_ok=True)
    return Tree(here / Path(path).as_posix(), here)


def _write(entries: Iterable["_Entry"], contents: bytes, folder: Path) -> None:
    """Write files from what ``git cat-file --batch`` says of them; what no file can be, or is not there, is not."""
    place = 0
    for entry in entries:
        end = contents.find(b"\n", place)
        found = contents[place:end] == f"{entry.blob} blob {entry.size}".encode()
        place = end + 1
        if found:
            with suppress(OSError, ValueError):  # a name that is too long, a file of the name of a folder
                target = folder / entry.path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(contents[place : place + entry.size])
            place += entry.size + 1


class _Entry(NamedTuple):
    blob: str
    size: int
    path: str


def _entry(text: str) -> _Entry | None:
    """A file that may be an input; not a link, nor what lies outside."""
    said, _, path = text.partition("\t")
    mode, kind, blob, size = said.split()
    parts = PurePosixPath(path).parts
    inside = not any(part in ("..", ".git") or set(part) & set(_ELSEWHERE) for part in parts)
    wanted = PurePosixPath(path).suffix in _INPUTS or parts[-1] == "setup.py"
    is_file = mode.startswith("100") and kind == "blob" and size.isdecimal()  # not what git cannot find either
    if is_file and wanted and inside and int(size) <= bounds.INPUT:
        return _Entry(blob, int(size), path)
    return None


_ELSEWHERE = "/\\:"
"""What leads out of a folder, on some system."""

_INPUTS = frozenset({".toml", ".in", ".txt", ".cfg", ".lock"})
"""How files are called that a lock may be made from, or is."""


def _git(*words: str) -> str:
    return _git_bytes(*words).decode("utf-8").replace("\r\n", "\n")


def _git_bytes(*words: str, given: bytes | None = None) -> bytes:
    found = transient.run(["git", *words], timeout=_SECONDS, given=given)
    found.check_returncode()
    return found.stdout
