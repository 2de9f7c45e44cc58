"""Reads indexes and files that are on this computer's disk (``file:`` URLs)."""

from pathlib import Path
from urllib.parse import urlsplit

from packaging.utils import NormalizedName

from backtrail import bounds
from backtrail.index.pages import parse
from backtrail.index.pages.project_page import parse_page
from backtrail.model.files import Absent, File, Page, Unreadable
from backtrail.model.metadata import Failure, Metadata, MetadataSource, SdistContents, Unavailable

__all__ = ["is_local", "local_metadata", "local_page", "local_path", "local_sdist"]


def is_local(url: str) -> bool:
    """Whether a URL names something on disk."""
    return url[:5].lower() == "file:"


def local_path(url: str) -> Path:
    """Return the path a ``file:`` URL stands for."""
    from urllib.request import url2pathname  # it brings an HTTP client, which most runs do not need

    return Path(url2pathname(urlsplit(url).path))


def local_page(index: str, name: NormalizedName, fetched: float) -> Page:
    """The page of a project in a mirror on disk, by its URL or path: ``index.html`` in its folder."""
    root = local_path(index) if is_local(index) else Path(index).absolute()
    path = root / name / "index.html"
    try:
        if not path.is_file():
            if root.is_dir():
                return Absent(index=index)
            return Unreadable(index=index, reason="network", detail="there is no such directory")
        with path.open("rb") as stream:
            body = stream.read(bounds.PAGE + 1)
    except OSError as error:
        return Unreadable(index=index, reason="network", detail=error.strerror or "")
    return parse_page(body, parse.PLAIN_HTML, path.absolute().as_uri(), name, index, fetched)


def local_metadata(file: File) -> Metadata | Unavailable:
    """Read the metadata of a wheel on disk."""
    from backtrail.index.files.wheel import metadata_of  # the readers of archives cost time, and most runs need none
    from backtrail.standards.core_metadata import parse_metadata

    try:
        data = metadata_of(local_path(file.url), file=file.filename)
    except OSError as error:
        return _not_had(file, error)
    return data if isinstance(data, Unavailable) else parse_metadata(data, file=file, source=MetadataSource.WHEEL)


def local_sdist(file: File) -> SdistContents | Unavailable:
    """Read the telling texts of an sdist on disk."""
    from backtrail.index.files.sdist import read_sdist

    try:
        return read_sdist(local_path(file.url), file)
    except OSError as error:
        return _not_had(file, error)


def _not_had(file: File, error: OSError) -> Unavailable:
    return Unavailable(failure=Failure.NETWORK, file=file.filename, detail=error.strerror or "")
