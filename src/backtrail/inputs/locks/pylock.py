"""A ``pylock.toml`` (PEP 751), read by `packaging`."""

from collections.abc import Iterator

from packaging.pylock import Package, Pylock, PylockUnsupportedVersionError, PylockValidationError
from packaging.utils import canonicalize_name

from backtrail.inputs.locks.lock_document import LockDocument, latest, registry
from backtrail.model.errors import InputError
from backtrail.model.lock import LockSource
from backtrail.model.locked import LockedEdge, LockedVersion, LockFile, LockFormat


def read_pylock(document: LockDocument) -> LockFile:
    """The lock; who asks is known only where packages name their dependencies. Raises InputError."""
    try:
        lock = Pylock.from_dict(document.tables)
    except PylockUnsupportedVersionError:
        raise document.unknown(LockFormat.PYLOCK, document.tables.get("lock-version"), 1) from None
    except PylockValidationError as failure:
        raise InputError(f"{document.path!r} is not a pylock.toml: {failure}") from None
    edges = tuple(_edges(lock))
    return LockFile(
        file=document.path,
        format=LockFormat.PYLOCK,
        made_by=lock.created_by,
        requires_python=None if lock.requires_python is None else str(lock.requires_python),
        versions=tuple(
            LockedVersion(
                name=package.name,
                version=None if package.version is None else str(package.version),
                source=_source(package),
                marker=str(package.marker or ""),
                line=line,
                uploaded=latest([one.upload_time for one in (package.sdist, *(package.wheels or ())) if one]),
                local=package.directory is not None,
            )
            for package, line in zip(lock.packages, document.lines("[[packages]]", len(lock.packages)), strict=True)
        ),
        edges=edges,
        says_askers=bool(edges),
    )


def _source(package: Package) -> LockSource | None:
    if package.vcs is not None:
        return LockSource(kind="git", value=f"{package.vcs.url or package.vcs.path}@{package.vcs.commit_id}")
    if package.directory is not None:
        return LockSource(kind="directory", value=package.directory.path)
    if package.archive is not None:
        return LockSource(kind="url", value=package.archive.url or package.archive.path or "")
    return None if package.index is None else registry(package.index)


def _edges(lock: Pylock) -> Iterator[LockedEdge]:
    """Who asks for what: a dependency repeats of its package what tells it from others."""
    for package in lock.packages:
        for one in package.dependencies or ():
            name = one.get("name")
            if isinstance(name, str):
                version = one.get("version")
                yield LockedEdge(
                    name=canonicalize_name(name),
                    version=version if isinstance(version, str) else None,
                    by=package.name,
                    by_version=None if package.version is None else str(package.version),
                )
