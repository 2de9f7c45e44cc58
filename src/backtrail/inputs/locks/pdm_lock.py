"""A ``pdm.lock`` of version 4. What the project itself asks for does not stand in it."""

from collections.abc import Iterator

import msgspec
from packaging.requirements import InvalidRequirement
from packaging.utils import canonicalize_name

from backtrail.inputs.locks.lock_document import LockDocument
from backtrail.model.errors import InputError
from backtrail.model.lock import LockSource
from backtrail.model.locked import LockedEdge, LockedVersion, LockFile, LockFormat
from backtrail.model.requirement import parse_requirement

VERSION = "4"
"""The first number of ``lock_version`` that is known."""


class _Package(msgspec.Struct):
    name: str
    version: str
    extras: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    marker: str = ""
    git: str | None = None
    revision: str | None = None
    url: str | None = None
    path: str | None = None


class _Target(msgspec.Struct):
    requires_python: str | None = None


class _Metadata(msgspec.Struct):
    lock_version: str
    targets: tuple[_Target, ...] = ()


class _PdmLock(msgspec.Struct):
    metadata: _Metadata
    package: tuple[_Package, ...] = ()


def read_pdm_lock(document: LockDocument) -> LockFile:
    """The lock. Raises InputError."""
    lock = document.read(_PdmLock, "a pdm.lock")
    version = lock.metadata.lock_version
    if version.partition(".")[0] != VERSION:
        raise document.unknown(LockFormat.PDM, version, VERSION)
    pythons = dict.fromkeys(one.requires_python for one in lock.metadata.targets)
    lines = document.lines("[[package]]", len(lock.package))
    return LockFile(
        file=document.path,
        format=LockFormat.PDM,
        made_by="PDM",
        requires_python=next(iter(pythons)) if len(pythons) == 1 else None,
        versions=tuple(
            LockedVersion(
                name=canonicalize_name(package.name),
                version=package.version,
                source=_source(package),
                marker=package.marker,
                line=line,
                local=_is_folder(package.path),
            )
            for package, line in zip(lock.package, lines, strict=True)
            if not package.extras  # a project with extras stands there once more
        ),
        edges=tuple(edge for package in lock.package for edge in _edges(document, package)),
    )


def _source(package: _Package) -> LockSource | None:
    """Where a package is from; None: from the indexes of the project."""
    if package.git is not None:
        return LockSource(kind="git", value=f"{package.git}@{package.revision or ''}")
    if package.path is not None:
        return LockSource(kind="directory" if _is_folder(package.path) else "path", value=package.path)
    return None if package.url is None else LockSource(kind="url", value=package.url)


def _is_folder(path: str | None) -> bool:
    """Whether a path is that of a project, and not of an archive."""
    return path is not None and not path.endswith((".whl", ".gz", ".zip"))


def _edges(document: LockDocument, package: _Package) -> Iterator[LockedEdge]:
    by = canonicalize_name(package.name)
    for text in package.dependencies:
        try:
            requirement = parse_requirement(text)
        except InvalidRequirement:
            raise InputError(
                f"{document.path!r} is not a pdm.lock: {text!r}, of {package.name!r}, is not a requirement"
            ) from None
        if requirement.name != by:
            yield LockedEdge(
                name=requirement.name,
                by=by,
                by_version=package.version,
                extra=canonicalize_name(package.extras[0]) if package.extras else "",
                specifier=requirement.specifier,
                marker=requirement.marker or "",
            )
