"""What a file is told apart by."""

import hashlib
from pathlib import Path

_PART = 1024 * 1024
"""Bytes of a file that are read at once."""


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while part := stream.read(_PART):
            digest.update(part)
    return digest.hexdigest()
