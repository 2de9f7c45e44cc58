"""The recording of a Case: everything that was read to answer a question, as a file, and as a Source to read again.

A Case file is a zip archive of ``case.json`` (the question) and JSON Lines, one record a line: ``pages.jsonl``,
``links.jsonl``, ``metadata.jsonl``, ``sdists.jsonl``, ``builds.jsonl``, ``directs.jsonl``. Of a page it holds every
version, and the files of those versions somebody looked at. ``report.json`` and ``trails.jsonl`` may lie beside them
for readers; nothing is read from those. The same recording gives the same bytes. docs/case-format.md describes it.
"""

import io
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version as installed_version
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import InvalidVersion, Version

from backtrail import bounds, transient
from backtrail.index.files.sdist import MAX_TEXT
from backtrail.index.pages.parse import identify, version_key
from backtrail.model.errors import InputError
from backtrail.model.files import Absent, File, Listing, NotRecordedError, Page, Skipped, Unreadable
from backtrail.model.forms import (
    FILE,
    FILENAME,
    METADATA,
    MOMENT,
    NAME,
    STATUS,
    TEXT,
    Form,
    Forms,
    check,
    matching,
    number,
    one_of,
    text_up_to,
)
from backtrail.model.metadata import Failure, Metadata, SdistContents, Unavailable
from backtrail.model.record import Record, Tagged
from backtrail.model.requirement import Requirement
from backtrail.model.safe_text import without_credentials
from backtrail.model.source import Source, build_key
from backtrail.sources.forwarding import Forwarding

__all__ = [
    "CONTENTS",
    "FORMAT",
    "Closed",
    "Recorder",
    "Replay",
    "World",
    "belongs",
    "pack",
    "read_case",
    "reference",
    "unpack",
    "write_case",
]

FORMAT = 1
"""Number of this layout; a program reads its own and older ones."""

MAX_PACKED = 128 * 1024 * 1024
MAX_UNPACKED = 512 * 1024 * 1024

_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_CASE = "case.json"


class World(Record, frozen=True, kw_only=True):
    """What indexes, files and builds said.

    ``pages`` by index and name, ``links`` by find-links location and name; ``metadata``, ``sdists`` and ``builds`` by
    the URL of the file; ``directs`` by name and the reference without credentials.
    """

    pages: dict[tuple[str, NormalizedName], Page] = {}
    links: dict[tuple[str, NormalizedName], Listing] = {}
    metadata: dict[str, Metadata | Unavailable] = {}
    sdists: dict[str, SdistContents | Unavailable] = {}
    builds: dict[str, Metadata | Unavailable] = {}
    directs: dict[tuple[NormalizedName, str], Metadata | Unavailable] = {}

    def metadata_of(self, name: NormalizedName, version: str) -> Metadata | Unavailable | None:
        """What was read of a version, from a build before a file; None where nobody read it."""
        for found in (*self.builds.values(), *self.metadata.values(), *self.directs.values()):
            if isinstance(found, Metadata) and canonicalize_name(found.name) == name and found.version == version:
                return found
        return None


class Recorder(Forwarding):
    """A Source that remembers what another one answered."""

    def __init__(self, inner: Source) -> None:
        """Remember what ``inner`` answers from here on."""
        super().__init__(inner)
        self._pages: dict[tuple[str, NormalizedName], Page] = {}
        self._links: dict[tuple[str, NormalizedName], Listing] = {}
        self._metadata: dict[str, Metadata | Unavailable] = {}
        self._sdists: dict[str, SdistContents | Unavailable] = {}
        self._builds: dict[str, Metadata | Unavailable] = {}
        self._directs: dict[tuple[NormalizedName, str], Metadata | Unavailable] = {}

    def world(self) -> World:
        """The recording so far; listings hold the files of the versions looked at through this recorder."""
        return World(
            pages={key: page.trimmed(page.touched) if isinstance(page, Listing) else page
                   for key, page in self._pages.items()},
            links={key: listing.trimmed(listing.touched) for key, listing in self._links.items()},
            metadata=dict(self._metadata),
            sdists=dict(self._sdists),
            builds=dict(self._builds),
            directs=dict(self._directs),
        )  # fmt: skip

    def page(self, index: str, name: NormalizedName) -> Page:
        """See Source."""
        found = self._pages.get((index, name))
        if found is None:
            page = self._inner.page(index, name)
            found = self._pages[index, name] = _Witnessed(page) if isinstance(page, Listing) else page
        return found

    def links(self, location: str, name: NormalizedName) -> Listing:
        """See Source."""
        found = self._links.get((location, name))
        if found is None:
            found = self._links[location, name] = _Witnessed(self._inner.links(location, name))
        return found

    def metadata(self, file: File) -> Metadata | Unavailable:
        """See Source."""
        found = self._metadata.get(file.url)
        if found is None:
            found = self._metadata[file.url] = self._inner.metadata(file)
        return found

    def sdist(self, file: File) -> SdistContents | Unavailable:
        """See Source."""
        found = self._sdists.get(file.url)
        if found is None:
            found = self._sdists[file.url] = self._inner.sdist(file)
        return found

    def build(self, file: File, constraints: tuple[Requirement, ...] = ()) -> Metadata | Unavailable:
        """See Source."""
        found = self._builds[build_key(file, constraints)] = self._inner.build(file, constraints)
        return found

    def direct(self, requirement: Requirement) -> Metadata | Unavailable:
        """See Source."""
        found = self._directs[reference(requirement)] = self._inner.direct(requirement)
        return found


class _Witnessed(Listing):
    """A listing that knows which versions were looked at here, whoever else reads the one behind it."""

    def __init__(self, inner: Listing) -> None:
        super().__init__(inner.table)
        self._inner = inner

    def version(self, place: int) -> Version:
        return self._inner.version(place)

    def files(self, place: int) -> tuple[File, ...]:
        found = self._files[place] = self._inner.files(place)
        return found

    def has(self, place: int, holds: Callable[[File], bool]) -> bool:
        return self._inner.has(place, holds)


class Replay:
    """A Source that answers from a recording and from nothing else."""

    def __init__(self, world: World) -> None:
        """Answer from this world."""
        self._world = world

    def page(self, index: str, name: NormalizedName) -> Page:
        """See Source; Unreadable ``not-recorded`` where nobody asked for it."""
        return self._world.pages.get((index, name)) or Unreadable(index=index, reason="not-recorded", detail=name)

    def links(self, location: str, name: NormalizedName) -> Listing:
        """See Source; raises NotRecordedError."""
        found = self._world.links.get((location, name))
        if found is None:
            raise NotRecordedError(f"{name} in {location}")
        return found

    def metadata(self, file: File) -> Metadata | Unavailable:
        """See Source; Unavailable NOT_RECORDED where nobody asked for it, here and below."""
        return self._world.metadata.get(file.url) or _not_recorded(file.filename)

    def sdist(self, file: File) -> SdistContents | Unavailable:
        """See Source."""
        return self._world.sdists.get(file.url) or _not_recorded(file.filename)

    def build(self, file: File, constraints: tuple[Requirement, ...] = ()) -> Metadata | Unavailable:
        """See Source."""
        return self._world.builds.get(build_key(file, constraints)) or _not_recorded(file.filename)

    def direct(self, requirement: Requirement) -> Metadata | Unavailable:
        """See Source."""
        key = reference(requirement)
        return self._world.directs.get(key) or _not_recorded(key[1])

    def want_pages(self, index: str, names: Iterable[NormalizedName]) -> None:
        """See Source; there is nothing to fetch."""

    def want_metadata(self, files: Iterable[File]) -> None:
        """See Source; there is nothing to fetch."""


class Closed(Replay):
    """A recording taken for the whole world: projects and versions that nobody looked at do not exist in it.

    Metadata that was not recorded stays unknown.
    """

    def __init__(self, world: World) -> None:
        """Answer from this world, as if there were no other."""
        super().__init__(
            msgspec.structs.replace(
                world,
                pages={key: _held(page) if isinstance(page, Listing) else page for key, page in world.pages.items()},
                links={key: _held(listing) for key, listing in world.links.items()},
            )
        )

    def page(self, index: str, name: NormalizedName) -> Page:
        """See Source; Absent where nobody asked for it."""
        return self._world.pages.get((index, name)) or Absent(index=index)

    def links(self, location: str, name: NormalizedName) -> Listing:
        """See Source; empty where nobody asked for it."""
        return self._world.links.get((location, name)) or Listing.of(name, location, ())


def _held(listing: Listing) -> Listing:
    """The versions whose files are known."""
    table = listing.table
    places = [place for place, raw in enumerate(table.files) if bytes(raw)]
    return Listing(
        msgspec.structs.replace(
            table,
            versions=tuple(table.versions[place] for place in places),
            earliest=tuple(table.earliest[place] for place in places),
            files=tuple(table.files[place] for place in places),
        )
    )


def reference(requirement: Requirement) -> tuple[NormalizedName, str]:
    """By what a direct reference is found in a World."""
    return requirement.name, without_credentials(requirement.url or "")


def _not_recorded(file: str) -> Unavailable:
    return Unavailable(failure=Failure.NOT_RECORDED, file=file)


# The file


class _Listing(Tagged, frozen=True, kw_only=True, tag="listing"):
    """A listing as it is written: ``versions`` with their earliest upload, ``files`` of the versions looked at."""

    versions: tuple[tuple[str, str], ...]
    files: dict[str, tuple[File, ...]]
    skipped: tuple[Skipped, ...] = ()
    serial: int | None = None
    sha256: str = ""
    fetched: float = 0.0


class _PageLine(Record, frozen=True, kw_only=True):
    index: str
    name: str
    page: _Listing | Absent | Unreadable


class _LinksLine(Record, frozen=True, kw_only=True):
    location: str
    name: str
    listing: _Listing


class _MetadataLine(Record, frozen=True, kw_only=True):
    url: str
    metadata: Metadata | Unavailable


class _SdistLine(Record, frozen=True, kw_only=True):
    url: str
    sdist: SdistContents | Unavailable


class _DirectLine(Record, frozen=True, kw_only=True):
    name: str
    url: str
    metadata: Metadata | Unavailable


class _Case(msgspec.Struct, frozen=True, kw_only=True):
    format: int
    backtrail: str
    question: Any


_REASONS = frozenset(
    {
        "unauthorized", "forbidden", "status", "network", "content-type", "malformed", "too-large", "offline",
        "not-recorded",
    }
)  # fmt: skip
_NO_FILE = frozenset({"extension", "wheel-name", "other-project", "version", "url"})

_UPLOADS = Form("a version with its first upload", lambda pair: not pair[1] or MOMENT.holds(pair[1]))

CONTENTS: Forms = {SdistContents: dict.fromkeys(SdistContents.__struct_fields__, text_up_to(MAX_TEXT))}
"""The form of the texts of an sdist."""

_FORMS: Forms = {
    _PageLine: {"index": TEXT, "name": NAME},
    _LinksLine: {"location": TEXT, "name": NAME},
    _MetadataLine: {"url": TEXT},
    _SdistLine: {"url": TEXT},
    _DirectLine: {"url": TEXT, "name": NAME},
    _Listing: {
        "versions": _UPLOADS,
        "serial": number(0, 2**63),
        "sha256": matching("[0-9a-f]{0,64}", "a digest"),
        "fetched": number(0, 2**40),
    },
    Skipped: {
        "filename": FILENAME,
        "reason": one_of(_NO_FILE, "a reason why it is no file of the project"),
    },
    Absent: {"index": TEXT},
    Unreadable: {
        "index": TEXT,
        "reason": one_of(_REASONS, "a reason why a page cannot be read"),
        "detail": TEXT,
        "status": STATUS,
    },
    Unavailable: {"file": TEXT, "detail": TEXT, "status": STATUS},
    **CONTENTS,
    **FILE,
    **METADATA,
}
"""The form of each field of what indexes, files and builds said."""

Line = TypeVar("Line", _PageLine, _LinksLine, _MetadataLine, _SdistLine, _DirectLine)

_MEMBERS = ("pages.jsonl", "links.jsonl", "metadata.jsonl", "sdists.jsonl", "builds.jsonl", "directs.jsonl")

_FOR_READERS = ("report.json", "trails.jsonl")
"""Members that a person or another program may want; no answer depends on them."""


def write_case(
    path: Path, question: Any, world: World, for_readers: Mapping[str, bytes] = MappingProxyType({})
) -> None:
    """Write a Case file, whole or not at all; ``question`` is what JSON can hold. Raises OSError."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with transient.place(part):
        part.write_bytes(pack(question, world, for_readers))
        part.replace(path)


def read_case(path: Path) -> tuple[Any, World]:
    """Read a Case file: the question as JSON gives it, and the world. Raises InputError for a file that is none."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_PACKED + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > MAX_PACKED:
        raise InputError(f"{path} is no Case: it is too large")
    try:
        return unpack(data)
    except InputError as error:
        raise InputError(f"{path} is no Case: {error}") from None


def pack(question: Any, world: World, for_readers: Mapping[str, bytes] = MappingProxyType({})) -> bytes:
    """Make a Case file; ``for_readers`` are ``report.json`` and ``trails.jsonl`` as they will lie in it."""
    assert set(for_readers) <= set(_FOR_READERS), "no reader would find anything else"
    case = _Case(format=FORMAT, backtrail=installed_version("backtrail"), question=question)
    pages = (_PageLine(index=index, name=name, page=_written(page) if isinstance(page, Listing) else page)
             for (index, name), page in world.pages.items())  # fmt: skip
    links = (_LinksLine(location=location, name=name, listing=_written(listing))
             for (location, name), listing in world.links.items())  # fmt: skip
    lines: Mapping[str, Iterable[Record]] = {
        "pages.jsonl": pages,
        "links.jsonl": links,
        "metadata.jsonl": (_MetadataLine(url=url, metadata=found) for url, found in world.metadata.items()),
        "sdists.jsonl": (_SdistLine(url=url, sdist=found) for url, found in world.sdists.items()),
        "builds.jsonl": (_MetadataLine(url=url, metadata=found) for url, found in world.builds.items()),
        "directs.jsonl": (_DirectLine(name=name, url=url, metadata=found)
                          for (name, url), found in world.directs.items()),
    }  # fmt: skip
    encode = msgspec.json.Encoder(order="sorted").encode
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(_member(_CASE), msgspec.json.format(encode(case), indent=1), zipfile.ZIP_DEFLATED, 9)
        for name, records in lines.items():
            text = b"".join(sorted(encode(record) + b"\n" for record in records))
            archive.writestr(_member(name), text, zipfile.ZIP_DEFLATED, 9)
        for name, text in sorted(for_readers.items()):
            archive.writestr(_member(name), text, zipfile.ZIP_DEFLATED, 9)
    return stream.getvalue()


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _LONG_AGO)
    info.create_system = 3
    info.external_attr = 0o644 << 16
    return info


def _written(listing: Listing) -> _Listing:
    table = listing.table
    held = [place for place, raw in enumerate(table.files) if bytes(raw)]
    return _Listing(
        versions=tuple(zip(table.versions, table.earliest, strict=True)),
        files={table.versions[place]: listing.files(place) for place in held},
        skipped=table.skipped,
        serial=table.serial,
        sha256=table.sha256,
        fetched=table.fetched,
    )


def unpack(data: bytes) -> tuple[Any, World]:
    """Read the bytes of a Case file, as a stranger may have made them. Raises InputError, saying what is wrong."""
    try:
        members, stray = _members(data)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError):
        raise InputError("it is no zip archive, or damaged") from None
    try:
        case = msgspec.json.decode(members[_CASE], type=_Case)
        if case.format > FORMAT:
            raise InputError(f"it needs a newer backtrail (format {case.format})")
        if stray is not None:
            raise InputError(stray)
        return case.question, _world(members)
    except OverflowError:
        raise InputError("a number in it is out of range") from None
    except (msgspec.MsgspecError, InvalidVersion, ValueError, RecursionError) as error:
        raise InputError(" ".join(str(error).split())[:200]) from None


def _members(data: bytes) -> tuple[dict[str, bytes], str | None]:
    """Unpack the known members, within bounds, and say what else is wrong with the archive: a newer one may hold more.

    Raises InputError for more than could be real.
    """
    found: dict[str, bytes] = {}
    seen: set[str] = set()
    stray: str | None = None
    left, parts = MAX_UNPACKED, 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            name = info.filename
            if name not in (_CASE, *_MEMBERS, *_FOR_READERS) or name in seen:
                stray = stray or f"there is no place in it for {name[:100]!r}"
                continue
            seen.add(name)
            if name in _FOR_READERS:
                continue
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise InputError(f"{name} is packed in an unusual way")
            with archive.open(info) as member:
                text = found[name] = member.read(left + 1)
            left -= len(text)
            parts += sum(map(text.count, (b"{", b"[", b",")))
            if left < 0 or parts > bounds.CASE_PARTS:
                raise InputError("it unpacks to too much")
    if _CASE not in found:
        raise InputError(stray or f"it has no {_CASE}")
    missing = next((name for name in _MEMBERS if name not in found), None)
    return found, stray or (None if missing is None else f"it has no {missing}")


def _world(members: Mapping[str, bytes]) -> World:
    pages = {}
    for line in _lines(members, "pages.jsonl", _PageLine):
        name, page = NormalizedName(line.name), line.page
        pages[line.index, name] = _listing(page, name, line.index) if isinstance(page, _Listing) else page
    links = {}
    for row in _lines(members, "links.jsonl", _LinksLine):
        name = NormalizedName(row.name)
        links[row.location, name] = _listing(row.listing, name, row.location)
    return World(
        pages=pages,
        links=links,
        metadata={line.url: line.metadata for line in _lines(members, "metadata.jsonl", _MetadataLine)},
        sdists={line.url: line.sdist for line in _lines(members, "sdists.jsonl", _SdistLine)},
        builds={line.url: line.metadata for line in _lines(members, "builds.jsonl", _MetadataLine)},
        directs={(NormalizedName(line.name), line.url): line.metadata
                 for line in _lines(members, "directs.jsonl", _DirectLine)},
    )  # fmt: skip


def _lines(members: Mapping[str, bytes], name: str, kind: type[Line]) -> list[Line]:
    decode = msgspec.json.Decoder(kind).decode
    found = []
    for place, line in enumerate(members[name].splitlines(), start=1):
        where = f"{name}, line {place}"
        try:
            record = decode(line)
        except (msgspec.MsgspecError, RecursionError, ValueError) as error:
            raise InputError(" ".join(f"{where}: {error}".split())[:200]) from None
        check(record, _FORMS, f"{where}, ")
        found.append(record)
    return found


def _listing(written: _Listing, name: NormalizedName, index: str) -> Listing:
    """Make the listing, checked: what an index page must hold to be read, a recorded one must hold as well."""
    versions = [Version(version) for version, _ in written.versions]
    if any(first >= second for first, second in pairwise(versions)):
        raise InputError(f"the versions of {name} are not in order")
    for version, files in written.files.items():
        for file in files:
            if file.version != version or not belongs(file, name):
                raise InputError(f"{file.filename[:100]!r} is no file of {name} {version[:100]}")
    listed = {version for version, _ in written.versions}
    stray = next((version for version in written.files if version not in listed), None)
    if stray is not None:
        raise InputError(f"{name} {stray[:100]} has files and is not listed")
    held = Listing.of(
        name,
        index,
        (file for files in written.files.values() for file in files),
        skipped=written.skipped,
        serial=written.serial,
        sha256=written.sha256,
        fetched=written.fetched,
    ).table
    raw = dict(zip(held.versions, held.files, strict=True))
    return Listing(
        msgspec.structs.replace(
            held,
            versions=tuple(version for version, _ in written.versions),
            earliest=tuple(earliest for _, earliest in written.versions),
            files=tuple(raw.get(version, msgspec.Raw(b"")) for version, _ in written.versions),
        )
    )


def belongs(file: File, name: NormalizedName) -> bool:
    """Whether the name of a file says what is said of it: the project, its kind and its version."""
    found = identify(file.filename, name)
    return not isinstance(found, str) and found[0] is file.kind and version_key(found[1]) == version_key(file.version)
