"""The page of a project as its index wrote it: versions are sorted out at once, files when somebody looks at them.

Most files of a page are never looked at, and large pages list thousands.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from functools import cached_property
from typing import Final

import msgspec
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail import bounds
from backtrail.index.pages import parse
from backtrail.model import safe_text
from backtrail.model.files import File, FileKind, Listing, ListingTable, Skipped, Unreadable, first_upload

__all__ = ["ProjectPage", "pack", "parse_page", "project_page", "unpack"]

_MAX_SIZE: Final = 2**63 - 1
_UPLOADED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?Z")
_USERINFO = re.compile(r"//[^/?#]*@")
_AT: Final = (b"@", b"\\u0040")
"""The sign without which nothing in a JSON page is a credential; a page that has it is not kept as it is."""


class _Document(msgspec.Struct, gc=False):
    files: list[msgspec.Raw]


_decode_document = msgspec.json.Decoder(_Document).decode
_entry = msgspec.json.Decoder(parse.Link).decode
_encode = msgspec.json.Encoder().encode
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(tuple[ListingTable, memoryview, str, tuple[tuple[int, ...], ...]]).decode


class _Entries:
    """The entries of a page, read when the first is asked for."""

    def __init__(self, body: bytes | memoryview) -> None:
        self._body = body

    @cached_property
    def found(self) -> list[msgspec.Raw]:
        return _decode_document(self._body).files


class ProjectPage(Listing):
    """A listing that keeps the entries of its page: ``body`` holds them as in PEP 691, relative to the URL ``base``.

    ``spots`` are the places of each version's files among them; the table holds no files.
    """

    def __init__(
        self,
        table: ListingTable,
        body: bytes | memoryview,
        base: str,
        spots: Sequence[Sequence[int]],
        packed: bytes | memoryview | None = None,
    ) -> None:
        """Wrap a page; no file of it is read yet. ``packed`` is what it was unpacked from, None: nothing."""
        super().__init__(table)
        self.body = body
        self._entries = _Entries(body)
        self.base = base
        self.spots = spots
        self.packed = packed

    def _decode(self, place: int) -> tuple[File, ...]:
        return tuple(self._file(place, spot) for spot in self.spots[place])

    def _file(self, place: int, spot: int) -> File:
        link = _entry(self._entries.found[spot])
        url = parse.absolute(link.url, self.base)
        assert url is not None  # or it would be no spot
        filename = link.filename or parse.basename(url)
        metadata = link.dist_info_metadata if link.core_metadata is None else link.core_metadata  # PEP 714
        return File(
            filename=filename,
            url=url,
            version=self.versions[place],
            kind=FileKind.WHEEL if filename.endswith(".whl") else FileKind.SDIST,
            index=self.index,
            hashes=link.hashes or {},
            requires_python=link.requires_python,
            uploaded=_uploaded(link.upload_time),
            yanked="" if link.yanked is True else link.yanked or None,
            metadata_hashes={} if metadata is True else None if metadata is False else metadata,
            size=link.size if link.size is not None and 0 <= link.size <= _MAX_SIZE else None,
        )


def pack(page: ProjectPage) -> bytes:
    """A page as bytes (MessagePack), to keep it or to send it."""
    return _pack((page.table, page.body, page.base, page.spots))


def unpack(packed: bytes | memoryview) -> ProjectPage:
    """Make the page again; its body has a length, so that reading steps over it. Raises msgspec.DecodeError."""
    return ProjectPage(*_unpack(packed), packed)


def parse_page(
    body: bytes, content_type: str, url: str, name: NormalizedName, index: str, fetched: float
) -> ProjectPage | Unreadable:
    """Read the page of one project.

    ``url`` is where it was finally found (links are relative to it), ``fetched`` seconds since the epoch. Never raises.
    """
    try:
        links, base, serial = parse.page_links(body, content_type, url)
    except parse.PageError as error:
        return Unreadable(index=index, reason=error.reason, detail=str(error))
    sha256 = hashlib.sha256(body).hexdigest()
    kept = parse.media_type(content_type) == parse.JSON and not any(at in body for at in _AT)
    entries = body if kept else None
    return project_page(links, base, name, index, entries=entries, serial=serial, sha256=sha256, fetched=fetched)


def project_page(
    links: Iterable[parse.Link],
    base: str,
    name: NormalizedName,
    index: str,
    *,
    entries: bytes | None = None,
    serial: int | None = None,
    sha256: str = "",
    fetched: float = 0.0,
) -> ProjectPage:
    """Sort the entries of a page by version; those that are no file of the project are kept as Skipped.

    ``entries`` is a document that holds them, in this order, as ProjectPage keeps them; None: make one. A version that
    file names spell in several ways (1.0, 1.0.0) is one, spelled as on the first of them.
    """
    links = [_without_credentials(link) for link in links]
    skipped: list[Skipped] = []
    grouped: dict[Version, list[int]] = {}
    spelled: dict[str, list[int]] = {}
    for spot, link in enumerate(links):
        url = parse.absolute(link.url, base)
        filename = link.filename or parse.basename(url or link.url)
        what = "url" if url is None else parse.identify(filename, name)
        if isinstance(what, str):
            undated = url is not None and url.startswith("http") and _uploaded(link.upload_time) is None
            skipped.append(Skipped(filename=filename[: bounds.FILE_NAME], reason=what, undated=undated))
            continue
        text = what[1]
        spots = spelled.get(text)
        if spots is None:
            spots = spelled[text] = grouped.setdefault(Version(text), [])
        spots.append(spot)
    versions = sorted(grouped)
    table = ListingTable(
        name=name,
        index=index,
        versions=tuple(map(str, versions)),
        earliest=tuple(_earliest([links[spot].upload_time for spot in grouped[version]]) for version in versions),
        files=(),
        skipped=tuple(skipped),
        serial=serial,
        sha256=sha256,
        fetched=fetched,
    )
    body = _encode({"files": links}) if entries is None else entries
    return ProjectPage(table, body, base.partition("?")[0], [grouped[version] for version in versions])


def _without_credentials(link: parse.Link) -> parse.Link:
    """An entry that can be kept and shown, without the credentials that an index may have written into it."""
    if "@" in link.url:
        link.url = _USERINFO.sub("//", link.url)
    if isinstance(link.yanked, str):
        link.yanked = safe_text.without_secrets(link.yanked)
    return link


def _earliest(uploads: Iterable[str | None]) -> str:
    """The first upload as ListingTable has it."""
    times = [upload or "" for upload in uploads]
    if all(map(_UPLOADED.fullmatch, times)):  # most pages: only the first has to be looked at
        first = first_upload(times)
        if _uploaded(first) is not None:
            return first
    return first_upload(map(_uploaded, times))


def _uploaded(text: str | None) -> str | None:
    """Upload time in the form of File, which is the one PyPI writes; None where the text is no time."""
    if text is None:
        return None
    try:
        if _UPLOADED.fullmatch(text):
            datetime.fromisoformat(text[:-1])  # there is no 31 February
            return text
        moment = datetime.fromisoformat(text[:40].strip().replace("Z", "+00:00"))
        moment = moment.replace(tzinfo=moment.tzinfo or timezone.utc).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=None).isoformat() + "Z"
