"""Core metadata (PEP 566, 643, 685): reads and writes the header block of METADATA and PKG-INFO, and nothing below."""

import re
from collections.abc import Callable
from functools import partial

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from backtrail import bounds
from backtrail.model.files import File, FileKind
from backtrail.model.metadata import Failure, Metadata, MetadataSource, Unavailable

__all__ = [
    "Headers", "inconsistency", "invalid_name", "parse_metadata", "project_of", "read_headers", "stated",
    "static_pkg_info",
]  # fmt: skip

Headers = dict[str, list[str]]
"""Values by lower-case field name, in the order of the file."""

_FIELDS = frozenset({
    "metadata-version", "name", "version", "requires-dist", "requires-python", "provides-extra", "dynamic"
})  # fmt: skip
_BLOCK_END = re.compile(rb"(?:^|\n)\r?\n")
_FOLD = re.compile(r"\n[ \t]+")
_SDIST_SUFFIX = re.compile(r"\.(?:zip|t[bgx]z|tbz2|tlz|tar(?:\.[a-z0-9]+)?)$", re.IGNORECASE)


def parse_metadata(data: bytes, *, file: File, source: MetadataSource) -> Metadata | Unavailable:
    """Read the metadata of an index file; its requirements stay as written, whether they parse or not.

    Unavailable is INVALID without a usable name and version, INCONSISTENT where those that a build made are not the
    file's (see ``inconsistency``). A wheel may be without a name, or have one that is none. Metadata-Version is not
    looked at: no tool does.
    """
    if len(data) > bounds.METADATA:
        return Unavailable(failure=Failure.TOO_LARGE, file=file.filename, detail=f"{len(data)} bytes of metadata")
    return stated(read_headers(data), file=file, source=source)


def read_headers(data: bytes) -> Headers:
    """Read the fields that matter to a resolver (RFC 822 as core metadata uses it): unfolded, ``UNKNOWN`` left out.

    UTF-8, else Latin-1. CRLF is accepted, a line without a colon is skipped, the first blank line ends the block.
    """
    end = _BLOCK_END.search(data)
    block = data if end is None else data[: end.start()]
    try:
        text = block.decode()
    except UnicodeDecodeError:
        text = block.decode("latin-1")
    found: Headers = {}
    for line in _FOLD.sub(" ", text.replace("\r\n", "\n")).split("\n"):
        name, _, value = line.partition(":")
        field = name.strip().lower()
        if field in _FIELDS and value.strip() != "UNKNOWN":
            found.setdefault(field, []).append(value.strip())
    return found


def stated(headers: Headers, *, file: File, source: MetadataSource) -> Metadata | Unavailable:
    """Make the record of a header block, checked against the file it belongs to; see parse_metadata."""
    for field in ("version",) if source.of_wheel else ("name", "version"):
        if field not in headers:
            return Unavailable(failure=Failure.INVALID, file=file.filename, detail=f"no {field.title()}")
    requires_dist = headers.get("requires-dist", ())
    if len(requires_dist) > bounds.REQUIREMENTS:
        return Unavailable(failure=Failure.TOO_LARGE, file=file.filename, detail=f"{len(requires_dist)} requirements")
    metadata = Metadata(
        name=headers.get("name", [""])[0],
        version=headers["version"][0],
        requires_dist=tuple(requires_dist),
        requires_python=headers.get("requires-python", [""])[0] or None,
        provides_extra=tuple(headers.get("provides-extra", ())),
        source=source,
        file=file.filename,
    )
    # Each resolver has its own opinion of a wheel whose metadata is another's.
    if not source.of_wheel:
        return inconsistency(metadata, file) or metadata
    return _invalidity(metadata, Version, metadata.version) or metadata


def invalid_name(metadata: Metadata) -> Unavailable | None:
    """Say where there is no name, or one that is none (PEP 508); None where it is one."""
    if not metadata.name:
        return Unavailable(failure=Failure.INVALID, file=metadata.file or "", detail="no Name")
    return _invalidity(metadata, partial(canonicalize_name, validate=True), metadata.name)


def _invalidity(metadata: Metadata, read: Callable[[str], object], text: str) -> Unavailable | None:
    try:
        read(text)
    except ValueError as error:  # none, or of more digits than Python converts
        return Unavailable(failure=Failure.INVALID, file=metadata.file or metadata.name, detail=str(error)[:200])
    return None


def inconsistency(metadata: Metadata, file: File) -> Unavailable | None:
    """Say where a name or version is none (PEP 508, 440), or not the file's; None where all is well.

    A file name may lack the local part (PEP 440) of the version inside.
    """
    invalid = invalid_name(metadata) or _invalidity(metadata, Version, metadata.version)
    if invalid is not None:
        return invalid
    name, version = canonicalize_name(metadata.name), Version(metadata.version)
    if project_of(file) not in (None, name):
        return _inconsistent(file, str(name))
    if Version(file.version) not in (version, Version(version.public)):
        return _inconsistent(file, str(version))
    return None


def project_of(file: File) -> NormalizedName | None:
    """The project in a file name; None where a name of an sdist does not end with its version."""
    if file.kind is FileKind.WHEEL:
        return canonicalize_name(file.filename.partition("-")[0])
    stem, version = _SDIST_SUFFIX.sub("", file.filename), Version(file.version)
    cuts = (dash.start() for dash in re.finditer("-", stem))
    return next((canonicalize_name(stem[:cut]) for cut in cuts if _version(stem[cut + 1 :]) == version), None)


def _inconsistent(file: File, says: str) -> Unavailable:
    return Unavailable(failure=Failure.INCONSISTENT, file=file.filename, detail=f"its metadata says {says}"[:200])


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except ValueError:
        return None


def static_pkg_info(metadata: Metadata) -> str:
    """A PKG-INFO that is static (PEP 643)."""
    lines = ["Metadata-Version: 2.2", f"Name: {metadata.name}", f"Version: {metadata.version}"]
    if metadata.requires_python is not None:
        lines.append(f"Requires-Python: {metadata.requires_python}")
    lines += [f"Provides-Extra: {extra}" for extra in metadata.provides_extra]
    lines += [f"Requires-Dist: {text}" for text in metadata.requires_dist]
    return "\n".join(lines) + "\n"
