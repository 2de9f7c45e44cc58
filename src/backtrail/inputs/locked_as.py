"""What ``uv.lock`` calls what a direct reference is taken from: by a path from its own folder, or by a revision."""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import msgspec

from backtrail.inputs.file_content import file_text, is_file
from backtrail.inputs.toml_document import PYPROJECT
from backtrail.model.lock import LockSource
from backtrail.standards.toml_text import read_toml

_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar")


def locked_place(
    place: Path, root: Path, *, absolute: bool, editable: bool | None = None, package: bool | None = None
) -> LockSource:
    """A path of this disk as a lock in the folder ``root`` has it; what was written ``absolute`` is a ``file:`` URL.

    ``editable`` and ``package`` are what its source says. Without the latter its own ``pyproject.toml`` does.
    """
    path = place.as_uri() if absolute else _relative(place, root)
    if place.name.endswith(_ARCHIVES):
        return LockSource(kind="path", value=path)
    if editable:
        return LockSource(kind="editable", value=path)
    is_package = _is_package(place) if package is None else package
    return LockSource(kind="directory" if is_package else "virtual", value=path)


def _relative(place: Path, root: Path) -> str:
    try:
        return Path(os.path.relpath(place, root)).as_posix()
    except ValueError:  # on another drive
        return place.as_posix()


def _is_package(folder: Path) -> bool:
    """Whether a folder is of a project that is built and installed: it is, unless it says that it is no package."""
    path = folder / PYPROJECT
    try:
        tables = read_toml(file_text(path)) if is_file(path) else {}
    except (OSError, ValueError):
        return True  # what is wrong with it is said when it is read
    found: object = tables
    for key in ("tool", "uv", "package"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found is not False


def locked_revision(url: str, word: str = "rev") -> LockSource:
    """A repository, named by a ``git+…`` URL; ``word`` is what its revision is said to be: rev, tag or branch."""
    parts = urlsplit(url.removeprefix("git+"))
    path, at, revision = parts.path.rpartition("@")
    inside = parse_qs(parts.fragment).get("subdirectory", [])[:1]
    query = urlencode([*(("subdirectory", one) for one in inside), *([(word, revision)] if at else [])])
    bare = urlunsplit(parts._replace(path=path if at else parts.path, query=query, fragment=""))
    return LockSource(kind="git", value=bare)


def locked_inside(repository: LockSource, subdirectory: str) -> LockSource:
    """Another folder of the same revision of a repository."""
    address, _, query = repository.value.partition("?")
    kept = [(key, one) for key, found in parse_qs(query).items() if key != "subdirectory" for one in found]
    words = urlencode([*([("subdirectory", subdirectory)] if subdirectory else []), *kept])
    return msgspec.structs.replace(repository, value=f"{address}{'?' * bool(words)}{words}")


def locked_as(url: str) -> LockSource:
    """What a lock calls a reference of which nothing but its URL is known."""
    parts = urlsplit(url)
    if parts.scheme.startswith("git+"):
        return locked_revision(url)
    if parts.scheme == "file":
        bare = urlunsplit(parts._replace(fragment=""))
        return LockSource(kind="path" if parts.path.endswith(_ARCHIVES) else "directory", value=bare)
    return LockSource(kind="url", value=url)
