"""Metadata of direct references (PEP 440) to this disk: wheels, sdists and source trees, named by ``file:`` URLs."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import msgspec

from backtrail.index.files.digest import sha256_of
from backtrail.index.files.sdist import MAX_TEXT, legacy_metadata, read_sdist, static_metadata
from backtrail.index.files.sdist_metadata import stated_version
from backtrail.index.files.wheel import metadata_of
from backtrail.index.locations import local_path
from backtrail.index.pages.parse import identify, normal_version
from backtrail.model.files import File, FileKind
from backtrail.model.metadata import Failure, Metadata, MetadataSource, SdistContents, Unavailable
from backtrail.model.requirement import Requirement
from backtrail.standards.core_metadata import parse_metadata, read_headers

if TYPE_CHECKING:
    from backtrail.index.build.builder import Builder

__all__ = ["read_direct", "read_tree"]


def read_direct(requirement: Requirement, builder: "Builder | None" = None) -> Metadata | Unavailable:
    """Read what a direct reference says of itself: statically if that will do, else by ``builder``, else legacy texts.

    It may be another project than the requirement names. Unavailable is INCONSISTENT where it is no file of one,
    BUILD_FORBIDDEN where only a build would tell, NETWORK where the disk says no.
    """
    url = requirement.url or ""
    path = local_path(url)
    subdirectory = parse_qs(urlsplit(url).fragment).get("subdirectory", [""])[0]
    try:
        if path.name.endswith(".whl"):
            found = _wheel(requirement, path)
        else:
            found = _source(requirement, path, subdirectory, builder)
    except OSError as error:
        found = Unavailable(failure=Failure.NETWORK, file=path.name, detail=error.strerror or "")
    if isinstance(found, Metadata) and path.is_file():
        found = msgspec.structs.replace(found, digest=_digest(path))
    return msgspec.structs.replace(found, file=path.name)


def read_tree(folder: Path) -> Metadata | Unavailable:
    """What the texts of a source tree say it requires, whatever its version; Unavailable where only a build tells."""
    contents = _source_tree(folder)
    version = normal_version(stated_version(contents) or "") or "0"
    return static_metadata(contents, _nameless(version)) or legacy_metadata(
        contents, _nameless(version, f"tree-{version}.tar.gz")
    )


def _digest(path: Path) -> str | None:
    """The digest of an archive with its algorithm; None where it can no longer be read."""
    with suppress(OSError):
        return f"sha256:{sha256_of(path)}"
    return None


def _wheel(requirement: Requirement, path: Path) -> Metadata | Unavailable:
    named = identify(path.name, requirement.name)
    if isinstance(named, str):
        detail = f"its name is not that of a wheel of {requirement.name}"
        return Unavailable(failure=Failure.INCONSISTENT, file=path.name, detail=detail)
    data = metadata_of(path)
    if isinstance(data, Unavailable):
        return data
    file = File(filename=path.name, url="", version=named[1], kind=FileKind.WHEEL)
    return parse_metadata(data, file=file, source=MetadataSource.WHEEL)


def _source(
    requirement: Requirement, path: Path, subdirectory: str, builder: "Builder | None"
) -> Metadata | Unavailable:
    if path.is_dir():
        contents: SdistContents | Unavailable = _source_tree(path / subdirectory)
        named: tuple[FileKind, str] | str = ""
    else:
        contents = read_sdist(path, _nameless("0", path.name))
        named = identify(path.name, requirement.name)
    if isinstance(contents, Unavailable):
        return contents
    if subdirectory and not path.is_dir():
        contents = SdistContents(file=path.name)  # the texts at its root are another project's
    version = (None if isinstance(named, str) else named[1]) or normal_version(stated_version(contents) or "")
    static = None if version is None else static_metadata(contents, _nameless(version))
    if static is not None:
        return static
    if builder is not None:
        return _built(builder.build_local(path, subdirectory))
    if version is None:
        return Unavailable(failure=Failure.BUILD_FORBIDDEN, file=path.name, detail="only a build tells its version")
    return legacy_metadata(contents, _nameless(version, f"{requirement.name}-{version}.tar.gz"))


def _built(data: bytes | Unavailable) -> Metadata | Unavailable:
    if isinstance(data, Unavailable):
        return data
    version = normal_version(read_headers(data).get("version", [""])[0])
    return parse_metadata(data, file=_nameless(version or "0"), source=MetadataSource.BUILT)


def _nameless(version: str, filename: str = "") -> File:
    """A file whose project is whatever its metadata says: what it is called does not count."""
    return File(filename=filename, url="", version=version, kind=FileKind.SDIST)


def _source_tree(folder: Path) -> SdistContents:
    """The texts of a source tree. PKG-INFO and egg-info are left out: they may be of an older state."""
    return SdistContents(
        file=folder.name,
        pyproject=_start(folder / "pyproject.toml"),
        setup_cfg=_start(folder / "setup.cfg"),
        setup_py=_start(folder / "setup.py"),
    )


def _start(path: Path) -> str | None:
    if not path.is_file():
        return None
    with path.open("rb") as stream:
        return stream.read(MAX_TEXT).decode(errors="replace")
