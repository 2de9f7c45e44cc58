"""What an index says: a project's page as a lazy table of versions and files."""

from collections.abc import Callable, Iterable
from copy import copy
from enum import Enum
from functools import cached_property

import msgspec
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.model.record import Record, Tagged


class FileKind(str, Enum):
    """A wheel can be installed as it is; an sdist has to be built."""

    WHEEL = "wheel"
    SDIST = "sdist"


class File(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One file of an index page (PEP 503, 691, 658, 592, 700).

    ``url`` is absolute, without credentials and fragment. ``version`` is the normal form read from the file name.
    ``uploaded`` is UTC, ``YYYY-MM-DDTHH:MM:SS[.ffffff]Z``, None where the index does not say. ``yanked`` is the reason,
    possibly empty; None: not yanked. ``metadata_hashes``: None where no separate metadata file is advertised, else its
    hashes, possibly none. ``index`` is the index or location it was listed by.
    """

    filename: str
    url: str
    version: str
    kind: FileKind
    index: str = ""
    hashes: dict[str, str] = {}
    requires_python: str | None = None
    uploaded: str | None = None
    yanked: str | None = None
    metadata_hashes: dict[str, str] | None = None
    size: int | None = None


class Skipped(Record, frozen=True, kw_only=True):
    """An entry of a page that is no file of the project.

    Its name and why (``extension``, ``wheel-name``, ``other-project``, ``version``, ``url``). ``undated``: it is on the
    network, and the page does not say since when.
    """

    filename: str
    reason: str
    undated: bool = False


class ListingTable(Record, frozen=True, kw_only=True):
    """The recorded form of a listing: versions ascending (PEP 440), and beside each its files, still encoded.

    ``earliest`` is the first upload of each version, ``""`` where some file does not say. ``files`` are MessagePack
    arrays of File in page order; an empty ``Raw``: not recorded (a trimmed recording).
    """

    name: NormalizedName
    index: str
    versions: tuple[str, ...]
    earliest: tuple[str, ...]
    files: tuple[msgspec.Raw, ...]
    skipped: tuple[Skipped, ...] = ()
    serial: int | None = None
    sha256: str = ""
    fetched: float = 0.0


_encode_files = msgspec.msgpack.Encoder().encode
_decode_files = msgspec.msgpack.Decoder(tuple[File, ...]).decode


class NotRecordedError(LookupError):
    """A recording was asked for something it does not hold; ``what`` names it."""

    def __init__(self, what: str) -> None:
        """Remember what was asked for."""
        super().__init__(f"{what} is not in the recording")
        self.what = what


class Listing:
    """One project on one index (or find-links location). Files are decoded for the versions somebody looks at.

    Threads share what was decoded; apart from that each has a listing of its own, see ``afresh``.
    """

    def __init__(self, table: ListingTable) -> None:
        """Wrap a stored table; nothing is decoded yet."""
        self.table = table
        self.name = table.name
        self.index = table.index
        self.versions = table.versions
        self._files: dict[int, tuple[File, ...]] = {}
        self._decoded: dict[int, tuple[File, ...]] = {}
        self._parsed: dict[int, Version] = {}

    @cached_property
    def position(self) -> dict[str, int]:
        """Each version's place in ``versions``."""
        return {version: place for place, version in enumerate(self.versions)}

    def version(self, place: int) -> Version:
        """The version at a place, parsed once."""
        found = self._parsed.get(place)
        if found is None:
            found = self._parsed[place] = Version(self.versions[place])
        return found

    def files(self, place: int) -> tuple[File, ...]:
        """The files of the version at a place, in page order; raises NotRecordedError from a trimmed recording."""
        found = self._files.get(place)
        if found is None:
            found = self._files[place] = self._glance(place)
        return found

    def has(self, place: int, holds: Callable[[File], bool]) -> bool:
        """Whether something holds of a file of the version at a place, which does not count as looked at.

        What a trimmed recording lacks has such a file.
        """
        try:
            return any(map(holds, self._glance(place)))
        except NotRecordedError:
            return True

    def _glance(self, place: int) -> tuple[File, ...]:
        decoded = self._decoded.get(place)
        if decoded is None:
            decoded = self._decoded[place] = self._decode(place)
        return decoded

    def _decode(self, place: int) -> tuple[File, ...]:
        raw = self.table.files[place]
        if not bytes(raw):
            raise NotRecordedError(f"{self.name} {self.versions[place]} on {self.index}")
        return _decode_files(raw)

    @property
    def touched(self) -> frozenset[int]:
        """Places whose files were looked at in this process."""
        return frozenset(self._files)

    @classmethod
    def of(
        cls,
        name: NormalizedName,
        index: str,
        files: Iterable[File],
        *,
        skipped: Iterable[Skipped] = (),
        serial: int | None = None,
        sha256: str = "",
        fetched: float = 0.0,
    ) -> "Listing":
        """Group the files of a page by version (PEP 440 equality) and sort the versions."""
        grouped: dict[str, list[File]] = {}
        for file in files:
            grouped.setdefault(file.version, []).append(file)
        versions = sorted(grouped, key=Version)
        return cls(
            ListingTable(
                name=name,
                index=index,
                versions=tuple(versions),
                earliest=tuple(first_upload(file.uploaded for file in grouped[version]) for version in versions),
                files=tuple(msgspec.Raw(_encode_files(tuple(grouped[version]))) for version in versions),
                skipped=tuple(skipped),
                serial=serial,
                sha256=sha256,
                fetched=fetched,
            )
        )

    def afresh(self) -> "Listing":
        """The same listing, of which nothing was looked at; what was decoded of it is not decoded again."""
        fresh = copy(self)
        fresh._files = {}  # noqa: SLF001  its own
        return fresh

    def trimmed(self, places: frozenset[int]) -> "Listing":
        """The same listing with files for these places only; every version stays listed."""
        files = (_encode_files(self.files(place)) if place in places else b"" for place in range(len(self.versions)))
        return Listing(msgspec.structs.replace(self.table, files=tuple(map(msgspec.Raw, files))))


def first_upload(times: Iterable[str | None]) -> str:
    """The first of some upload times in the form of File; ``""`` where one of them is None, or there are none."""
    # Without the letter, a whole second sorts before its fractions.
    return min((time or "" for time in times), key=lambda time: time.removesuffix("Z"), default="")


class Absent(Tagged, frozen=True, kw_only=True, tag="absent"):
    """The index has no such project (404 or 410)."""

    index: str


class Unreadable(Tagged, frozen=True, kw_only=True, tag="unreadable"):
    """The page could not be read: unknown, which is not the same as absent.

    ``reason`` is one of ``unauthorized`` (401), ``forbidden`` (403), ``status``, ``network``, ``content-type``,
    ``malformed``,
    ``too-large``, ``offline``, ``not-recorded``. ``detail`` is short and carries no credentials.
    """

    index: str
    reason: str
    detail: str = ""
    status: int | None = None


Page = Listing | Absent | Unreadable
