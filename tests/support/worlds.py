"""A world: a small package index made of values, and the question asked of it."""

import base64
import bz2
import functools
import gzip
import hashlib
import html
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from packaging.utils import canonicalize_name

FILES = "{files}"
"""In a requirement: the URL of a folder with every file of the world, for direct references."""

METADATA_VERSION = "2.2"  # the first in which an sdist's PKG-INFO is static unless it says otherwise (PEP 643)
UPLOADED = "2024-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of a release. `None` in a field means: as the release says."""

    filename: str
    requires_dist: tuple[str, ...] | None = None
    requires_python: str | None = None
    yanked: bool | str = False
    upload_time: str | None = UPLOADED
    requires_python_on_page: bool = True
    core_metadata: bool = True
    raw_metadata: bytes | None = None
    """The metadata as it stands, for metadata that no tool would write."""
    dynamic: bool = False
    """An sdist whose requirements only its build tells (PEP 643)."""
    build_fails: bool = False
    """An sdist that cannot be built; it is dynamic, too."""
    egg_requires: str | None = None
    """The requires.txt of an egg-info in an sdist."""

    @property
    def is_wheel(self) -> bool:
        return self.filename.endswith(".whl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One version of a project, with what its metadata says."""

    version: str
    files: tuple[File, ...]
    requires_dist: tuple[str, ...] = ()
    requires_python: str | None = None
    provides_extra: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project and its releases, in the order of the index page."""

    name: str
    releases: tuple[Release, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForAll:
    """What is asked beside the requirements where all platforms and Pythons are resolved for at once."""

    environments: tuple[str, ...] = ()
    required_environments: tuple[str, ...] = ()
    fork_strategy: str | None = None
    output: tuple[str, ...] = ()
    """The lines of an output file that is there already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a person asks: requirement lines in order, and the options both tools call alike."""

    requirements: tuple[str, ...]
    constraints: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    python: str = "3.11"
    """The value of `--python-version`."""
    python_platform: str | None = None
    """The value of `--python-platform`; None means the platform the tool runs on."""
    prerelease: str | None = None
    resolution: str | None = None
    only_binary: tuple[str, ...] = ()
    no_binary: tuple[str, ...] = ()
    exclude_newer: str | None = None
    index_strategy: str | None = None
    no_deps: bool = False
    prefer_binary: bool = False
    no_index: bool = False
    ignore_requires_python: bool = False
    require_hashes: bool = False
    excludes: tuple[str, ...] = ()
    output: tuple[str, ...] = ()
    """The lines of an output file that is there already (uv); ``for_all`` has its own."""
    for_all: ForAll | None = None
    """Resolve as `--universal` does."""

    @property
    def hashes(self) -> bool:
        """Whether a requirement or a constraint names the hash of a file."""
        return any(" --hash=" in line for line in (*self.requirements, *self.constraints))


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Indexes and a question. The name is for messages.

    ``extra`` are the projects of further indexes in the order of their options, ``links`` those of a find-links page.
    """

    name: str
    projects: tuple[Project, ...]
    question: Question
    extra: tuple[tuple[Project, ...], ...] = ()
    links: tuple[Project, ...] = ()
    advertised: bool = False
    """Pages name metadata also for a pip that would fetch the chosen wheels once more for it."""

    @property
    def all_projects(self) -> tuple[tuple[Project, ...], ...]:
        """The projects of every place."""
        return (self.projects, *self.extra, self.links)

    @property
    def referenced(self) -> bool:
        """Whether there are direct references to the world's own files."""
        return any(FILES in line for line in (*self.question.requirements, *self.question.constraints))


@dataclass(frozen=True, slots=True)
class Entry:
    """A file with the project and release it belongs to."""

    project: Project
    release: Release
    file: File

    @property
    def requires_python(self) -> str | None:
        """Requires-Python of this file, None where it has none."""
        return self.file.requires_python or self.release.requires_python

    def metadata(self) -> bytes:
        """METADATA or PKG-INFO of this file."""
        if self.file.raw_metadata is not None:
            return self.file.raw_metadata
        requires = self.release.requires_dist if self.file.requires_dist is None else self.file.requires_dist
        lines = [
            f"Metadata-Version: {METADATA_VERSION}",
            f"Name: {self.project.name}",
            f"Version: {self.release.version}",
        ]
        if self.requires_python is not None:
            lines.append(f"Requires-Python: {self.requires_python}")
        if self.file.dynamic or self.file.build_fails:
            lines.append("Dynamic: Requires-Dist")
        lines += [f"Provides-Extra: {extra}" for extra in self.release.provides_extra]
        lines += [f"Requires-Dist: {requirement}" for requirement in requires]
        return ("\n".join(lines) + "\n").encode()

    def content(self) -> bytes:
        """The bytes of the wheel or sdist."""
        if self.file.is_wheel:
            return wheel_bytes(self.file.filename, self.metadata())
        egg = self.file.egg_requires
        return sdist_bytes(self.file.filename, self.metadata(), builds=not self.file.build_fails, egg_requires=egg)


def release(
    name: str,
    version: str,
    *requires_dist: str,
    tags: tuple[str, ...] = ("py3-none-any",),
    sdist: bool = False,
    requires_python: str | None = None,
    provides_extra: tuple[str, ...] = (),
    yanked: bool | str = False,
    upload_time: str | None = UPLOADED,
    requires_python_on_page: bool = True,
    core_metadata: bool = True,
) -> Release:
    """Return a release with one wheel per tag, and an sdist if wanted, that all say the same."""
    stem = f"{canonicalize_name(name).replace('-', '_')}-{version}"
    filenames = [f"{stem}-{tag}.whl" for tag in tags] + [f"{stem}.tar.gz"] * sdist
    return Release(
        version=version,
        files=tuple(
            File(
                filename=filename,
                yanked=yanked,
                upload_time=upload_time,
                requires_python_on_page=requires_python_on_page,
                core_metadata=core_metadata,
            )
            for filename in filenames
        ),
        requires_dist=requires_dist,
        requires_python=requires_python,
        provides_extra=provides_extra,
    )


def entries(world: World) -> Iterator[Entry]:
    """Yield every file of a world's first index, in page order."""
    yield from page_entries(world.projects)


def page_entries(projects: tuple[Project, ...]) -> Iterator[Entry]:
    """Yield every file of some projects, in page order."""
    for project in projects:
        yield from project_entries(project)


def write_files(world: World, folder: Path) -> World:
    """Write every file that direct references may name into a folder; the world with that folder in its references."""
    for projects in world.all_projects:
        for entry in page_entries(projects):
            (folder / entry.file.filename).write_bytes(entry.content())
    place = folder.as_uri()

    def placed(lines: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(line.replace(FILES, place) for line in lines)

    asked = world.question
    return replace(
        world,
        question=replace(asked, requirements=placed(asked.requirements), constraints=placed(asked.constraints)),
    )


def project_entries(project: Project) -> Iterator[Entry]:
    """Yield every file of a project, in page order."""
    for each in project.releases:
        for file in each.files:
            yield Entry(project, each, file)


def metadata_files(world: World) -> dict[str, bytes]:
    """Return the metadata of every file of the first index by file name: METADATA of wheels, PKG-INFO of sdists."""
    return {entry.file.filename: entry.metadata() for entry in entries(world)}


def json_page(project: Project, *, files_url: str, core_metadata: bool = True, hashes: bool = False) -> bytes:
    """Return the PEP 691 page of a project, with the fields of PEP 700 and PEP 714."""
    files: list[Mapping[str, object]] = []
    for entry in project_entries(project):
        file: dict[str, object] = {
            "filename": entry.file.filename,
            "url": files_url + quote(entry.file.filename),
            "hashes": {"sha256": _sha256(entry.content())} if hashes else {},
            "yanked": entry.file.yanked,
        }
        if entry.requires_python is not None and entry.file.requires_python_on_page:
            file["requires-python"] = entry.requires_python
        if entry.file.upload_time is not None:
            file["upload-time"] = entry.file.upload_time
        if core_metadata and entry.file.core_metadata and entry.file.is_wheel:
            file["core-metadata"] = {"sha256": _sha256(entry.metadata())}
        files.append(file)
    page = {
        "meta": {"api-version": "1.1"},
        "name": canonicalize_name(project.name),
        "versions": [each.version for each in project.releases],
        "files": files,
    }
    return json.dumps(page).encode()


def html_page(project: Project, *, files_url: str, core_metadata: bool = True, hashes: bool = False) -> bytes:
    """Return the PEP 503 page of a project."""
    return links_page((project,), files_url=files_url, core_metadata=core_metadata, hashes=hashes)


def links_page(
    projects: tuple[Project, ...], *, files_url: str, core_metadata: bool = True, hashes: bool = False
) -> bytes:
    """Return an HTML page of the files of some projects, as `--find-links` takes it."""
    lines = ["<!DOCTYPE html>", "<html><head>", '<meta name="pypi:repository-version" content="1.1">']
    title = ", ".join(project.name for project in projects)
    lines += [f"<title>Links for {html.escape(title)}</title></head><body>"]
    for entry in page_entries(projects):
        fragment = f"#sha256={_sha256(entry.content())}" if hashes else ""
        attributes = f'href="{files_url}{quote(entry.file.filename)}{fragment}"'
        if entry.requires_python is not None and entry.file.requires_python_on_page:
            attributes += f' data-requires-python="{html.escape(entry.requires_python)}"'
        if entry.file.yanked is not False:
            reason = "" if entry.file.yanked is True else entry.file.yanked
            attributes += f' data-yanked="{html.escape(reason)}"'
        if core_metadata and entry.file.core_metadata and entry.file.is_wheel:
            digest = _sha256(entry.metadata())
            # PEP 714: the second name is what installers before it look for
            attributes += f' data-core-metadata="sha256={digest}" data-dist-info-metadata="sha256={digest}"'
        lines.append(f"<a {attributes}>{html.escape(entry.file.filename)}</a><br>")
    return "\n".join([*lines, "</body></html>", ""]).encode()


@functools.lru_cache(maxsize=4096)
def wheel_bytes(filename: str, metadata: bytes | None) -> bytes:
    """Return a wheel with this METADATA and an empty module; None leaves METADATA out."""
    name, version, *_, python, abi, platform = filename.removesuffix(".whl").split("-")
    info = f"{name}-{version}.dist-info"
    wheel = (
        "Wheel-Version: 1.0\nGenerator: worlds\nRoot-Is-Purelib: true\n"
        + "".join(f"Tag: {p}-{a}-{t}\n" for p in python.split(".") for a in abi.split(".") for t in platform.split("."))
    ).encode()
    members = {f"{name}.py": b"", f"{info}/WHEEL": wheel}
    if metadata is not None:
        members[f"{info}/METADATA"] = metadata
    record = "".join(
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()},{len(data)}\n"
        for path, data in members.items()
    )
    members[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    return _zipped(members)


_BACKEND = b"""
import email, pathlib, shutil

def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    said = email.message_from_bytes(pathlib.Path("PKG-INFO").read_bytes())
    info = pathlib.Path(metadata_directory, f"{said['Name'].replace('-', '_')}-{said['Version']}.dist-info")
    info.mkdir()
    shutil.copy("PKG-INFO", info / "METADATA")
    return info.name
"""


@functools.lru_cache(maxsize=4096)
def sdist_bytes(
    filename: str, metadata: bytes | None, *, builds: bool = True, egg_requires: str | None = None
) -> bytes:
    """Return an sdist with this PKG-INFO, which is what its own build backend says too; the name tells the format.

    None leaves PKG-INFO out, and a build fails, as it does without ``builds``. ``egg_requires`` stands in an egg-info
    beside the same PKG-INFO.
    """
    stem = next((filename.removesuffix(each) for each in _PACKERS if filename.endswith(each)), filename)
    pyproject = b'[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    members = {"pyproject.toml": pyproject, "backend.py": _BACKEND if builds else b"raise SystemExit('no')\n"}
    if metadata is not None:
        members["PKG-INFO"] = metadata
    if metadata is not None and egg_requires is not None:
        folder = f"{stem.partition('-')[0]}.egg-info"
        members |= {f"{folder}/PKG-INFO": metadata, f"{folder}/requires.txt": egg_requires.encode()}
    if filename.endswith(".zip"):
        return _zipped({f"{stem}/{path}": data for path, data in members.items()})
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, data in members.items():
            member = tarfile.TarInfo(f"{stem}/{path}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    pack = next((pack for each, pack in _PACKERS.items() if filename.endswith(each)), None)
    return packed.getvalue() if pack is None else pack(packed.getvalue())


def _gzipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def _alone(data: bytes) -> bytes:
    return lzma.compress(data, lzma.FORMAT_ALONE)


def _same(data: bytes) -> bytes:
    return data


_PACKERS = {
    ".tar.gz": _gzipped, ".tgz": _gzipped, ".tar.bz2": bz2.compress, ".tbz": bz2.compress, ".tar.xz": lzma.compress,
    ".txz": lzma.compress, ".tar.lzma": _alone, ".tlz": _alone, ".tar": _same, ".zip": _same,
}  # fmt: skip


def _zipped(members: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, data in members.items():
            archive.writestr(zipfile.ZipInfo(path, (2024, 1, 1, 0, 0, 0)), data)
    return packed.getvalue()


def sha256_of(project: Project, release: Release, file: File) -> str:
    """The digest of a file's bytes."""
    return _sha256(Entry(project, release, file).content())


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
