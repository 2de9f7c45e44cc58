"""Reads index pages: bytes to entries, JSON (PEP 691) or HTML (PEP 503), and file names to what they say.

Index content is hostile by assumption: whatever the bytes are, the answer is entries or a PageError.
"""

import re
from functools import lru_cache
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

import msgspec
from packaging.utils import NormalizedName, canonicalize_name, canonicalize_version
from packaging.version import Version

from backtrail import bounds
from backtrail.index.pages.anchors import start_tags
from backtrail.model.files import FileKind

__all__ = [
    "ACCEPT", "HTML", "JSON", "PLAIN_HTML", "SDIST_EXTENSIONS", "Link", "PageError", "absolute",
    "basename", "identify", "is_archive", "may_be_of", "media_type", "normal_version", "page_links", "version_key",
]  # fmt: skip

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"
PLAIN_HTML = "text/html"
ACCEPT = f"{JSON}, {HTML};q=0.2, {PLAIN_HTML};q=0.01"
"""What to ask an index for: JSON first (PEP 691)."""

SDIST_EXTENSIONS = (
    ".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".tar", ".tbz", ".txz", ".tlz", ".tar.lz", ".tar.lzma", ".tar.zst"
)  # fmt: skip

_HASHES = frozenset({"sha256", "sha384", "sha512", "sha224", "sha1", "md5", "blake2b", "blake2s"})
_TAGS = r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*"
_BUILD_AND_TAGS = re.compile(rf"(?:[0-9][A-Za-z0-9_.]*-)?{_TAGS}-{_TAGS}-{_TAGS}")


class Link(msgspec.Struct, gc=False, rename="kebab", omit_defaults=True):
    """One entry of a page as it was written, in the words of PEP 691; HTML is read into the same record."""

    url: str
    filename: str = ""
    hashes: dict[str, str] | None = None
    requires_python: str | None = None
    core_metadata: bool | dict[str, str] | None = None
    dist_info_metadata: bool | dict[str, str] | None = None
    yanked: bool | str | None = None
    size: int | None = None
    upload_time: str | None = None


class _Page(msgspec.Struct, gc=False):
    files: list[Link]
    meta: msgspec.Raw = msgspec.Raw()


class _Meta(msgspec.Struct, gc=False, rename={"serial": "_last-serial"}):
    serial: int | str


_decode_page = msgspec.json.Decoder(_Page).decode
_decode_meta = msgspec.json.Decoder(_Meta).decode


class PageError(ValueError):
    """A page that cannot be read; ``reason`` as in Unreadable."""

    def __init__(self, reason: str, detail: str) -> None:
        """Keep the reason and a short detail."""
        super().__init__(detail)
        self.reason = reason


def page_links(body: bytes, content_type: str, url: str) -> tuple[list[Link], str, int | None]:
    """Return the entries of a page, the URL they are relative to, and the serial number. Raises PageError."""
    if len(body) > bounds.PAGE:
        raise PageError("too-large", f"{len(body)} bytes")
    kind = media_type(content_type)
    if kind == JSON:
        if len(body) > bounds.SMALL_PAGE and sum(map(body.count, (b"{", b"[", b","))) > bounds.PAGE_PARTS:
            raise PageError("too-large", f"over {bounds.PAGE_PARTS} values")
        try:
            page = _decode_page(body)
        except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
            raise PageError("malformed", str(error)[:200]) from None
        return page.files, url, _serial(page.meta)
    if kind in (HTML, PLAIN_HTML):
        return *_html_links(body.decode(_encoding(content_type), errors="replace"), url), None
    raise PageError("content-type", repr(kind)[:100] if kind else "none")


def media_type(content_type: str) -> str:
    """A Content-Type without its parameters, in lower case (RFC 9110, 8.3.1)."""
    return content_type.partition(";")[0].strip().lower()


def identify(filename: str, name: NormalizedName) -> tuple[FileKind, str] | str:
    """What a file name says of a project: wheel or sdist and its version in normal form; else why it is none of it.

    The reasons are those of Skipped: ``extension``, ``wheel-name``, ``other-project``, ``version``.
    """
    if len(filename) > bounds.FILE_NAME:
        return "extension"
    if filename.endswith(".whl"):
        # name-version(-build)?-python-abi-platform (PEP 427): the first two recur in a version, the rest in all
        dash = filename.find("-", filename.find("-") + 1)
        if dash == -1 or not _are_build_and_tags(filename[dash + 1 : -4]):
            return "wheel-name"
        return _wheel(filename[:dash], name)
    for extension in SDIST_EXTENSIONS:
        if filename.endswith(extension):
            break
    else:
        return "extension"
    start = _version_start(filename, name)
    if start is None:
        return "other-project"
    version = normal_version(filename[start : -len(extension)])
    return "version" if version is None else (FileKind.SDIST, version)


@lru_cache(maxsize=65536)
def _wheel(stem: str, name: NormalizedName) -> tuple[FileKind, str] | str:
    project, _, version = stem.partition("-")
    if _normal_name(project) != name:
        return "other-project"
    normal = normal_version(version)
    return "version" if normal is None else (FileKind.WHEEL, normal)


def is_archive(filename: str) -> bool:
    """Whether a file name is one of a wheel or an sdist, of whatever project."""
    return filename.endswith((".whl", *SDIST_EXTENSIONS))


def may_be_of(filename: str, name: NormalizedName) -> bool:
    """Whether a file of this name may belong to a project: a wheel says its name, an sdist only how it begins."""
    if filename.endswith(".whl"):
        return _normal_name(filename[: bounds.FILE_NAME].partition("-")[0]) == name
    return _version_start(filename, name) is not None


def _version_start(filename: str, name: NormalizedName) -> int | None:
    """Where the version stands in a file name that begins with a project's name; None where it does not."""
    found = _spelled(name).match(filename[: bounds.FILE_NAME].lower())
    return None if found is None else found.end()


@lru_cache(maxsize=4096)
def _spelled(name: NormalizedName) -> re.Pattern[str]:
    """What a project's name and the dash behind it look like before it is normal (PEP 503)."""
    return re.compile("[-_.]+".join(map(re.escape, name.split("-"))) + "-")


@lru_cache(maxsize=65536)
def normal_version(text: str) -> str | None:
    """A version in normal form; None where it is none (PEP 440)."""
    try:
        return str(Version(text))
    except ValueError:  # InvalidVersion, or more digits than Python converts
        return None


@lru_cache(maxsize=65536)
def version_key(version: str) -> str:
    """Return the one spelling of all versions that are equal (PEP 440: 1.0 is 1.0.0)."""
    return canonicalize_version(version)


@lru_cache(maxsize=4096)
def _normal_name(text: str) -> NormalizedName:
    return canonicalize_name(text)


@lru_cache(maxsize=4096)
def _are_build_and_tags(text: str) -> bool:
    return _BUILD_AND_TAGS.fullmatch(text) is not None


def _serial(meta: msgspec.Raw) -> int | None:
    """PyPI's number of the last change, which some mirrors write as text."""
    try:
        serial = str(_decode_meta(meta).serial)
    except (ValueError, RecursionError):
        return None
    return int(serial) if serial.isascii() and serial.isdigit() and len(serial) <= 18 else None


def absolute(url: str, base: str) -> str | None:
    """Return the URL without credentials and fragment; None where no file can be read from it.

    A page from the network cannot name local files.
    """
    # Most pages hold absolute URLs with nothing to take away: they need no parsing.
    if url.startswith("https://") and "#" not in url and "@" not in url and url[8:9] != "/":
        return url
    try:
        parts = urlsplit(urljoin(base, url.strip()))
        usable = parts.hostname if parts.scheme in ("http", "https") else parts.scheme == "file" == base[:4]
        usable = usable and parts.port != -1  # or raises ValueError
    except ValueError:
        return None
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="")) if usable else None


def basename(url: str) -> str:
    """Return the file name at the end of a URL."""
    return unquote(url.partition("#")[0].partition("?")[0].rpartition("/")[2])


def _encoding(content_type: str) -> str:
    """The encoding of an HTML page: UTF-8 unless it says it is Western European."""
    return "cp1252" if re.search(r"charset=\W*(?:iso-8859-1|latin-?1|windows-1252)", content_type.lower()) else "utf-8"


_TAGS_READ = {
    "a": ("href", "data-requires-python", "data-core-metadata", "data-dist-info-metadata", "data-yanked"),
    "base": ("href",),
}


def _html_links(text: str, url: str) -> tuple[list[Link], str]:
    """The anchors of a page, and what they are relative to: its first ``<base href>`` (PEP 503, 592, 658, 714)."""
    links: list[Link] = []
    base = ""
    for tag, given in start_tags(text, _TAGS_READ):
        href = given.get("href")
        if href is None:
            continue
        if tag == "base":
            base = base or href
            continue
        if len(links) == bounds.PAGE_LINKS:
            raise PageError("too-large", f"over {bounds.PAGE_LINKS} links")
        links.append(
            Link(
                url=href,
                hashes=_fragment_hashes(href),
                requires_python=given.get("data-requires-python") or None,
                core_metadata=_metadata_attribute(given.get("data-core-metadata")),
                dist_info_metadata=_metadata_attribute(given.get("data-dist-info-metadata")),
                yanked=given.get("data-yanked") or "data-yanked" in given,  # PEP 592: an empty reason is yanked too
            )
        )
    try:
        return links, urljoin(url, base)
    except ValueError:
        return links, url


def _fragment_hashes(href: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in href.partition("#")[2].split("&"):
        algorithm, _, value = part.partition("=")
        if algorithm in _HASHES and value:
            found[algorithm] = value
    return found


def _metadata_attribute(value: str | None) -> bool | dict[str, str] | None:
    if value is None:
        return None
    algorithm, _, digest = value.partition("=")
    if algorithm in _HASHES and digest:
        return {algorithm: digest}
    return value.strip().lower() not in ("", "false")
