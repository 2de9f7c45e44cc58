"""What somebody names as a file: whether it is there, and its content, up to a bound: a device may have no end."""

import errno
import os
from pathlib import Path

from backtrail import bounds

__all__ = ["exists", "file_bytes", "file_text", "is_file", "is_folder"]


def file_bytes(path: str | Path, *, most: int = bounds.INPUT) -> bytes:
    """What is in a file of at most so many bytes.

    Raises OSError, also for one that is larger, and ValueError for what cannot be a path.
    """
    with Path(path).open("rb") as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"it has more than {most} bytes")
    return data


def file_text(path: str | Path, encoding: str = "utf-8", errors: str = "strict", *, most: int = bounds.INPUT) -> str:
    """The text of a file, its lines ended by one character. Raises as ``file_bytes``; UnicodeDecodeError too."""
    return file_bytes(path, most=most).decode(encoding, errors).replace("\r\n", "\n").replace("\r", "\n")


# os.path answers False for what cannot be a path at all (too long, a null byte), where pathlib raises.
def exists(path: str | Path) -> bool:
    """Whether there is anything of this name; False for what cannot be a path."""
    return os.path.exists(path)  # noqa: PTH110


def is_file(path: str | Path) -> bool:
    """Whether there is a file of this name; False for what cannot be one."""
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: str | Path) -> bool:
    """Whether there is a folder of this name; False for what cannot be one."""
    return os.path.isdir(path)  # noqa: PTH112
