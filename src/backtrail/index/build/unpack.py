"""Unpacks an sdist to build it, and lets nothing of it land outside its folder.

It is a program, too, that takes the archive and the folder and knows the standard library alone: what is unpacked in a
process of its own shares no time with what else goes on.
"""

import lzma
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

__all__ = ["tree_in", "unpack_sdist"]

MAX_UNPACKED = 4 * 1024**3
MAX_MEMBERS = 200_000


def unpack_sdist(archive: Path, folder: Path) -> None:
    """Unpack into an empty folder.

    Raises ValueError for what is no archive, is too large, or points out of the folder.
    """
    try:
        if zipfile.is_zipfile(archive):
            _unzip(archive, folder)
        else:
            _untar(archive, folder)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, OSError) as error:
        raise ValueError(f"{archive.name} cannot be unpacked: {error}") from error


def tree_in(folder: Path) -> Path:
    """The root of the tree that was unpacked into a folder: the one folder at the top, or ``folder`` itself."""
    tops = [path for path in folder.iterdir() if path.name != "pax_global_header"]
    return tops[0] if len(tops) == 1 and tops[0].is_dir() else folder


def _unzip(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        infos = opened.infolist()
        _measure(len(infos), sum(info.file_size for info in infos))
        for info in infos:
            _check(info.filename)
        opened.extractall(folder)  # noqa: S202  paths were checked


def _untar(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as opened:
        members = []
        size = 0
        for member in opened:
            members.append(member)
            size += member.size
            _measure(len(members), size)
        if sys.version_info >= (3, 12) or hasattr(tarfile, "data_filter"):
            opened.extractall(folder, members, filter="data")
            return
        plain = [member for member in members if member.isreg() or member.isdir()]
        for member in plain:
            _check(member.name)
        opened.extractall(folder, plain)  # noqa: S202  links and devices are left out, paths were checked


def _measure(members: int, size: int) -> None:
    if members > MAX_MEMBERS or size > MAX_UNPACKED:
        raise ValueError("the archive is too large to unpack")


def _check(name: str) -> None:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or parts[0] == "/" or ".." in parts or ":" in parts[0]:
        raise ValueError(f"{name[:100]!r} points out of the archive")


def main() -> None:
    """Unpack; what goes wrong is said in one line."""
    try:
        unpack_sdist(Path(sys.argv[1]), Path(sys.argv[2]))
    except ValueError as error:
        sys.exit(" ".join(str(error).split()))


if __name__ == "__main__":
    main()
