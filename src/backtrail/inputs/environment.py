"""What is installed in an environment (PEP 376, 610, 627): read from its folders, nothing imported.

The interpreter is run once, to say where its folders are. Those of the user and of PYTHONPATH do not count.
"""

import json
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit
from urllib.request import url2pathname

import msgspec
from packaging.utils import InvalidName, NormalizedName, canonicalize_name
from packaging.version import InvalidVersion, Version

from backtrail import bounds
from backtrail.inputs.credentials import split_credentials
from backtrail.inputs.file_content import is_file, is_folder
from backtrail.inputs.interpreters import Interpreter, interpreter, interpreter_path, isolated
from backtrail.model.errors import InputError
from backtrail.model.installed import Installed, InstalledEnvironment
from backtrail.model.metadata import Failure, Metadata, MetadataSource, Unavailable
from backtrail.standards.core_metadata import Headers, read_headers
from backtrail.standards.egg_requirements import TooManyError, bounded, requires_txt

_SHOWN = 100  # characters of what names an installer
_EGG = re.compile(r"(?P<name>[^-]+)(?:-(?P<version>[^-]+))?(?:-py[\d.]+)?(?:-.*)?", re.DOTALL)

_Note = TypeVar("_Note")


class _Named(NamedTuple):
    """What the name of a folder says; None: nothing."""

    name: str
    version: str | None


class _DirInfo(msgspec.Struct):
    editable: bool = False


class _VcsInfo(msgspec.Struct):
    commit_id: str | None = None


class _Timestamp(msgspec.Struct):
    secs_since_epoch: int
    nanos_since_epoch: int


class _UvCache(msgspec.Struct):
    """``uv_cache.json``: when the file that uv installed was written."""

    timestamp: _Timestamp


class _DirectUrl(msgspec.Struct):
    """``direct_url.json`` (PEP 610), as far as it counts."""

    url: str
    dir_info: _DirInfo = msgspec.field(default_factory=_DirInfo)
    vcs_info: _VcsInfo = msgspec.field(default_factory=_VcsInfo)


def environment_python(wanted: str, environ: Mapping[str, str]) -> str:
    """The interpreter that ``--env`` names, empty: that of the active environment, else the running one.

    Raises InputError where there is none.
    """
    if not wanted:
        return interpreter(environ=environ).executable
    path = interpreter_path(wanted, environ, option="--env")
    if path is None:
        raise InputError(f"--env {wanted!r} is neither an interpreter nor the folder of an environment")
    return path


def read_environment(executable: str, origin: str) -> InstalledEnvironment:
    """Read what is installed for an interpreter. Raises InputError where it is none, or a folder cannot be read."""
    return installed_in(_folders(isolated(executable)), origin)


def installed_in(folders: Iterable[tuple[Path, bool]], origin: str) -> InstalledEnvironment:
    """What is installed in folders of packages; with each, whether it is another Python's. Raises InputError."""
    found: list[Installed] = []
    unread: list[Unavailable] = []
    for folder, inherited in folders:
        for path in _entries(folder):
            read = _distribution(path, inherited=inherited)
            if isinstance(read, Unavailable):
                unread.append(read)
            elif read is not None:
                found.append(read)
    return InstalledEnvironment(origin=origin, distributions=tuple(found), unread=tuple(unread))


def _folders(python: Interpreter) -> Iterator[tuple[Path, bool]]:
    """Where Python looks for packages, each folder once, and whether it is another Python's."""
    own = {os.path.realpath(place) for place in python.site}
    seen: set[str] = set()
    for place in (*python.path, *python.site):
        real = os.path.realpath(place)
        if real not in seen and is_folder(real):
            seen.add(real)
            inside = any(Path(real).is_relative_to(one) for one in own)
            yield Path(real), not inside


def _entries(folder: Path) -> list[Path]:
    """What may be a distribution in a folder, by name. Raises InputError for a folder that cannot be read."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in islice(entries, bounds.INSTALLED)]
    except OSError as error:
        raise InputError(f"{str(folder)!r} cannot be read: {error.strerror or error}") from None
    if folder.suffix == ".egg" and "EGG-INFO" in names:
        return [folder / "EGG-INFO"]
    suffixes = (".dist-info", ".egg-info", ".egg-link")
    # What begins with a tilde is left over from an uninstall, and no tool takes it for a project.
    return [folder / name for name in sorted(names) if name.endswith(suffixes) and not name.startswith("~")]


def _distribution(path: Path, *, inherited: bool) -> Installed | Unavailable | None:
    """What stands at a place; None where it points to nothing."""
    if path.suffix == ".dist-info":
        return _dist_info(path, inherited=inherited)
    if path.suffix == ".egg-link":
        return _egg_link(path, inherited=inherited)
    return _egg_info(path, inherited=inherited)


def _dist_info(path: Path, *, inherited: bool) -> Installed | Unavailable:
    name, _, version = path.stem.partition("-")
    metadata = _metadata(path.name, _bytes(path / "METADATA", bounds.METADATA))
    direct = _direct_url(path / "direct_url.json")
    return _installed(
        path,
        _Named(name, version),
        metadata,
        inherited=inherited,
        url=None if direct is None else _clean(direct.url),
        commit=None if direct is None else direct.vcs_info.commit_id,
        editable=direct is not None and direct.dir_info.editable,
        unchanged=direct is not None and _is_unchanged(path / "uv_cache.json", direct.url),
    )


def _egg_info(path: Path, *, inherited: bool) -> Installed | Unavailable:
    """What setuptools or distutils wrote: a folder, or its PKG-INFO alone."""
    stem = path.parent.stem if path.name == "EGG-INFO" else path.stem
    found = _EGG.fullmatch(stem)
    named = _Named(found["name"], found["version"]) if found else _Named("", None)
    return _installed(path, named, _egg_metadata(path), inherited=inherited, pkg_info=_pkg_info(path))


def _egg_link(path: Path, *, inherited: bool) -> Installed | Unavailable | None:
    """An editable install of setuptools before PEP 660: the file names the source tree."""
    text = _bytes(path, bounds.INSTALLED_NOTE)
    lines = [] if isinstance(text, Unavailable) else text.decode("utf-8", "replace").split("\n")
    target = next((line.strip() for line in lines if line.strip()), None)
    if target is None:
        return None
    tree = path.parent / target
    info = tree / f"{path.stem.replace('-', '_')}.egg-info"
    if not is_folder(info):
        return None
    metadata, pkg_info = _egg_metadata(info), _pkg_info(info)
    named, url = _Named(path.stem, None), tree.resolve().as_uri()
    return _installed(path, named, metadata, inherited=inherited, url=url, editable=True, pkg_info=pkg_info)


def _installed(
    path: Path,
    named: _Named,
    metadata: Metadata | Unavailable,
    *,
    inherited: bool,
    url: str | None = None,
    commit: str | None = None,
    editable: bool = False,
    unchanged: bool = False,
    pkg_info: tuple[str, ...] | None = None,
) -> Installed | Unavailable:
    """The record, as metadata says, else the folder's name; what says neither a name nor a version is unread."""
    name, version = _name(named.name), _version(named.version)
    if isinstance(metadata, Metadata):
        name, version = _name(metadata.name) or name, _version(metadata.version) or version
    if name is None or version is None:
        detail = metadata.detail if isinstance(metadata, Unavailable) else "no name and version"
        return Unavailable(failure=Failure.INVALID, file=path.name[:_SHOWN], detail=detail)
    if isinstance(metadata, Metadata):  # a Case holds names and versions that are some
        metadata = msgspec.structs.replace(metadata, name=name, version=version)
    return Installed(
        name=name,
        version=version,
        metadata=metadata,
        place=path.name[:200],
        installer=_line(path / "INSTALLER"),
        url=url,
        commit=commit if commit and re.fullmatch(r"[0-9a-f]{7,64}", commit) else None,
        editable=editable,
        requested=is_file(path / "REQUESTED"),
        recorded=is_file(path / "RECORD") or is_file(path / "installed-files.txt"),
        tags=tuple(islice(_tags(path / "WHEEL"), bounds.INSTALLED_TAGS)),
        inherited=inherited,
        unchanged=unchanged,
        pkg_info=pkg_info,
    )


def _metadata(place: str, data: bytes | Unavailable, egg: bytes | Unavailable | None = None) -> Metadata | Unavailable:
    """What METADATA or PKG-INFO says; ``egg`` is requires.txt, which stands in place of its requirements."""
    if isinstance(data, Unavailable):
        return msgspec.structs.replace(data, file=place[:_SHOWN])
    headers: Headers = read_headers(data)
    if "name" not in headers or "version" not in headers:
        return Unavailable(failure=Failure.INVALID, file=place[:_SHOWN], detail="no name or no version")
    requires, extras = headers.get("requires-dist", []), headers.get("provides-extra", [])
    try:
        if isinstance(egg, bytes):
            requires, extras = requires_txt(egg.decode("utf-8", "replace"), own_markers=True)
        requires = bounded(requires)
    except TooManyError:
        return Unavailable(failure=Failure.TOO_LARGE, file=place[:_SHOWN], detail="more requirements than are read")
    return Metadata(
        name=headers["name"][0],
        version=headers["version"][0],
        requires_dist=tuple(requires),
        requires_python=headers.get("requires-python", [""])[0] or None,
        provides_extra=tuple(extras),
        source=MetadataSource.INSTALLED,
        file=place,
    )


def _egg_metadata(path: Path) -> Metadata | Unavailable:
    if not is_folder(path):
        return _metadata(path.name, _bytes(path, bounds.METADATA))
    egg = _bytes(path / "requires.txt", bounds.METADATA)
    if isinstance(egg, Unavailable) and egg.failure.unknown:
        return msgspec.structs.replace(egg, file=path.name[:_SHOWN])
    return _metadata(path.name, _bytes(path / "PKG-INFO", bounds.METADATA), egg)


def _pkg_info(path: Path) -> tuple[str, ...] | None:
    """What PKG-INFO of an egg requires, where requires.txt stands beside it."""
    if not is_file(path / "requires.txt"):
        return None
    data = _bytes(path / "PKG-INFO", bounds.METADATA)
    return None if isinstance(data, Unavailable) else tuple(read_headers(data).get("requires-dist", ()))


def _bytes(path: Path, most: int) -> bytes | Unavailable:
    """The content of a regular file, of no more than so many bytes."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return Unavailable(failure=Failure.STRUCTURE, file=path.name, detail=f"{path.name} is no file")
        if status.st_size > most:
            return Unavailable(failure=Failure.TOO_LARGE, file=path.name, detail=f"{status.st_size} bytes")
        with path.open("rb") as stream:
            return stream.read(most)
    except FileNotFoundError:
        return Unavailable(failure=Failure.STRUCTURE, file=path.name, detail=f"it has no {path.name}")
    except OSError as error:
        return Unavailable(failure=Failure.NETWORK, file=path.name, detail=error.strerror or "")


def _direct_url(path: Path) -> _DirectUrl | None:
    """A direct reference; None where there is none, or nobody can read it, as uv and pip go on without one."""
    return _note(path, _DirectUrl)


def _note(path: Path, kind: type[_Note]) -> _Note | None:
    """A small JSON file; None where there is none, or it is not of the kind."""
    data = _bytes(path, bounds.INSTALLED_NOTE)
    if isinstance(data, Unavailable):
        return None
    try:
        return msgspec.convert(json.loads(data), kind)
    except (ValueError, RecursionError, msgspec.ValidationError):
        return None


def _is_unchanged(note: Path, url: str) -> bool:
    """Whether a local file is as old as uv noted; a folder is always read again."""
    noted = _note(note, _UvCache)
    if noted is None or not url.startswith("file:"):
        return False
    try:
        status = Path(url2pathname(urlsplit(url).path)).stat()
    except (OSError, ValueError):
        return False
    written = status.st_mtime_ns if sys.platform == "win32" else status.st_ctime_ns
    at = noted.timestamp.secs_since_epoch * 1_000_000_000 + noted.timestamp.nanos_since_epoch
    return stat.S_ISREG(status.st_mode) and written == at


def _clean(url: str) -> str | None:
    """The URL without credentials; None where it is none."""
    try:
        clean = split_credentials(url)[0]
    except ValueError:
        return None
    return clean if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", clean) and clean.isprintable() else None


def _line(path: Path) -> str | None:
    """The first line of a small file; None where it has nothing to show."""
    data = _bytes(path, bounds.INSTALLED_NOTE)
    text = "" if isinstance(data, Unavailable) else data.decode("utf-8", "replace").strip()
    line = text.partition("\n")[0].strip()[:_SHOWN]
    return line if line and line.isprintable() else None


def _tags(path: Path) -> Iterator[str]:
    """The tags of the wheel that was installed (PEP 427), each by itself."""
    data = _bytes(path, bounds.INSTALLED_NOTE)
    for line in [] if isinstance(data, Unavailable) else data.decode("utf-8", "replace").splitlines():
        field, _, value = line.partition(":")
        if field.strip().lower() == "tag" and re.fullmatch(r"[!-,.-~]{1,200}(-[!-,.-~]{1,200}){2}", value.strip()):
            pythons, abis, platforms = (part.split(".") for part in value.strip().split("-"))
            yield from (f"{one}-{abi}-{platform}" for one in pythons for abi in abis for platform in platforms)


def _name(text: str) -> NormalizedName | None:
    try:
        return canonicalize_name(text, validate=True) if len(text) <= bounds.NAME else None
    except InvalidName:
        return None


def _version(text: str | None) -> str | None:
    try:
        return None if text is None or len(text) > bounds.NAME else str(Version(text))
    except (InvalidVersion, ValueError):
        return None
