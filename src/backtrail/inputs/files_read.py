"""Which files a question was read from, so that no answer is written over one of them."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from backtrail.model.errors import InputError

_OF_A_PROJECT = ("pyproject.toml", "setup.py", "setup.cfg", "PKG-INFO")


def not_read(written: Iterable[str], read: Iterable[str | Path]) -> None:
    """Raise InputError where a file to be written is one that is read, by whatever name or link."""
    there = [path for path in written if os.path.exists(path)]  # noqa: PTH110  False for what cannot be a path
    for source in read if there else ():
        for path in there:
            if os.path.exists(source) and os.path.samefile(path, source):  # noqa: PTH110, PTH121
                same = "" if str(source) == path else f" (as {source})"
                raise InputError(f"{path} is read{same}: no answer is written over what it was read from")


def local_files(references: Iterable[str | None]) -> Iterator[str]:
    """The files that paths and ``file:`` URLs lead to: an archive or a page, or what says what a project is."""
    from urllib.request import url2pathname

    for reference in references:
        parts = urlsplit(reference or "")
        if parts.scheme not in {"", "file"}:
            continue
        path = Path(url2pathname(parts.path) if parts.scheme else parts.path)
        inside = Path(path, *parse_qs(parts.fragment).get("subdirectory", ())[:1])
        yield from (str(inside / name) for name in _OF_A_PROJECT) if path.is_dir() else (str(path),)
