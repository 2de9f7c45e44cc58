"""Find-links: files of many projects in one place, a folder, a page or a single archive (PEP 503 does not cover it)."""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from packaging.utils import NormalizedName

from backtrail import bounds
from backtrail.index.locations import is_local, local_path
from backtrail.index.pages import parse
from backtrail.index.pages.project_page import project_page
from backtrail.model.errors import InputError
from backtrail.model.files import Listing

__all__ = ["Links", "is_remote", "local_links", "remote_archive", "remote_links"]


class Links:
    """What a location offers: files of whatever projects."""

    def __init__(self, location: str, links: list[parse.Link], base: str) -> None:
        """Keep the entries of a location; ``base`` is the URL they are relative to."""
        self._location = location
        self._base = base
        self._by_first_word: dict[str, list[tuple[str, parse.Link]]] = {}
        self._stray: list[parse.Link] = []
        for link in links:
            filename = link.filename or parse.basename(link.url)
            self._by_first_word.setdefault(_first_word(filename), []).append((filename, link))
            if not self._stray and link.upload_time is None and filename.endswith(parse.SDIST_EXTENSIONS):
                url = parse.absolute(link.url, base)
                self._stray += [link] if url is not None and url.startswith("http") else []

    def listing(self, name: NormalizedName, index: str | None = None) -> Listing:
        """The files of one project; its ``index`` is the location as the user named it, unless it is said.

        Beside them is a remote sdist of which nobody says when it was uploaded, whose it may be: pip minds.
        """
        of_word = self._by_first_word.get(_first_word(name), [])
        links = [link for filename, link in of_word if parse.may_be_of(filename, name)]
        stray = [link for link in self._stray if link not in links]
        return project_page([*links, *stray], self._base, name, self._location if index is None else index)


def is_remote(location: str) -> bool:
    """Whether a location is to be asked of the network."""
    return urlsplit(location).scheme in ("http", "https")


def local_links(location: str) -> Links:
    """Read a folder (its files), an HTML page or one archive on disk; raises InputError."""
    path = local_path(location) if is_local(location) else Path(location).expanduser()
    path = Path(os.path.abspath(path))  # noqa: PTH100  links inside stay as they are
    try:
        if path.is_dir():
            files = sorted(entry for entry in path.iterdir() if entry.is_file())
            return Links(location, [_link(file) for file in files], path.as_uri())
        if path.suffix.lower() in (".html", ".htm"):
            with path.open("rb") as stream:
                body = stream.read(bounds.PAGE + 1)
            links, base, _ = parse.page_links(body, parse.PLAIN_HTML, path.as_uri())
            return Links(location, links, base)
        if path.is_file() and parse.is_archive(path.name):
            return Links(location, [_link(path)], path.as_uri())
    except OSError as error:
        raise InputError(f"find-links location {location!r} cannot be read: {error.strerror}") from None
    except parse.PageError as error:
        raise InputError(f"find-links location {location!r} cannot be read: {error}") from None
    what = "is no directory, page or archive" if path.exists() else "does not exist"
    raise InputError(f"find-links location {location!r} {what}")


def remote_links(location: str, body: bytes, content_type: str, url: str) -> Links:
    """Read what a URL answered, the page at ``url``; raises PageError."""
    links, base, _ = parse.page_links(body, content_type, url)
    return Links(location, links, base)


def remote_archive(location: str) -> Links | None:
    """The one file a URL names by itself; None where it names a page."""
    filename = parse.basename(location)
    return Links(location, [parse.Link(url=location)], location) if parse.is_archive(filename) else None


def _first_word(name: str) -> str:
    """What a project's name and the names of its files have in common, however they are spelled (PEP 503)."""
    return re.split("[-_.]", name[: bounds.FILE_NAME], maxsplit=1)[0].lower()


def _link(path: Path) -> parse.Link:
    return parse.Link(url=path.as_uri(), filename=path.name, size=path.stat().st_size)
