"""Which files a question was read from, so that no answer is written over one of them."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from backtrail.inputs.file_content import exists
from backtrail.model.errors import InputError

_OF_A_PROJECT = ("pyproject.toml", "setup.py", "setup.cfg", "PKG-INFO")


def not_read(written: Iterable[str], read: Iterable[str | Path]) -> None:
    """Raise InputError where a file to be written is one that is read, by whatever name or link."""
    there = [path for path in written if exists(path)]
    for source in read if there else ():
        for path in there:
            if exists(source) and os.path.samefile(path, source):  # noqa: PTH121
                same = "" if str(source) == path else f" (as {source})"
                raise InputError(f"{path} is read{same}: no answer is written over what it was read from")


def local_files(references: Iterable[str | None]) -> Iterator[str]:
    """The files that paths and ``file:`` URLs lead to: an archive or a page, or what says what a project is."""
    for reference in references:
        tree = source_tree(reference or "")
        if tree is not None:
            yield from (str(tree / name) for name in _OF_A_PROJECT)
        elif urlsplit(reference or "").scheme in {"", "file"}:
            yield str(_path(reference or ""))


def source_tree(reference: str) -> Path | None:
    """The folder of the project that a path or ``file:`` URL leads to; None for what is no folder on this disk."""
    parts = urlsplit(reference)
    if parts.scheme not in {"", "file"} or not _path(reference).is_dir():
        return None
    return Path(_path(reference), *parse_qs(parts.fragment).get("subdirectory", ())[:1])


def _path(reference: str) -> Path:
    from urllib.request import url2pathname

    parts = urlsplit(reference)
    return Path(url2pathname(parts.path) if parts.scheme else parts.path)
