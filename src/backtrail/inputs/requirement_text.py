"""One requirement as a user may write it: PEP 508, a local path, or a URL."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import msgspec
from packaging.markers import Marker
from packaging.requirements import InvalidRequirement
from packaging.utils import (
    NormalizedName,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from backtrail import bounds
from backtrail.inputs.credentials import without_its_credentials
from backtrail.inputs.file_content import is_file, is_folder
from backtrail.inputs.local_projects import is_project, project_name
from backtrail.model.errors import InputError
from backtrail.model.metadata import Metadata
from backtrail.model.requirement import Origin, Requirement, marker_text, parse_requirement
from backtrail.model.safe_text import shortened, without_secrets

ARCHIVES = (
    ".whl", ".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tlz", ".tar.lz", ".tar.lzma"
)  # fmt: skip
VERSION_CONTROL = ("git", "hg", "svn", "bzr")

_QUOTED = 300  # characters of a requirement that an error repeats
_MANY_DIGITS = re.compile(rf"\d{{{bounds.DIGITS}}}")
_SCHEME = re.compile(r"(https?|file|ftp|(?:git|hg|svn|bzr)\+[a-z]+|git):", re.IGNORECASE)
_EXTRAS = re.compile(r"\s*[A-Za-z0-9._-]+\s*\[(?P<extras>[^\]]*)\]")
_NAMED_URL = re.compile(r"\s*(?P<head>[A-Za-z0-9._-]+(?:\s*\[[^\]]*\])?)\s*@\s*(?P<url>\S+)(?P<tail>(?:\s+;.*)?)")


def read_requirement(
    text: str,
    origin: Origin,
    *,
    editable: bool = False,
    constraint: bool = False,
    hashes: tuple[str, ...] = (),
    written: str | None = None,
) -> Requirement:
    """Read one requirement, as pip reads the same text, relative paths against the current directory.

    The name of what a repository of git holds is empty where the author does not tell it: only the repository does.
    ``written`` is the author's text where it is not ``text`` (variables not yet replaced). Local references become
    ``file:`` URLs of absolute paths; credentials are taken out of URLs (``taken_out``). Raises InputError, one
    sentence with file, line and value, also for what pip forbids in a constraint (unnamed, editable, with extras).
    """
    shown = without_secrets(text if written is None else written)
    reader = _Reader(text=text, shown=shown, origin=origin)
    if len(text) > bounds.REQUIREMENT:
        raise reader.error(f"it has more than {bounds.REQUIREMENT} characters")
    if _MANY_DIGITS.search(text):
        raise reader.error("a number in it has too many digits")
    if editable:
        requirement, named = reader.editable()
        shown = f"-e {shown}"
    else:
        requirement, named = reader.plain()
    if constraint:
        if editable:
            raise reader.error("an editable requirement cannot be a constraint")
        if not named:
            raise reader.error("a constraint needs a name (NAME @ URL)")
        if requirement.extras:
            raise reader.error("a constraint cannot have extras")
    return msgspec.structs.replace(requirement, text=shown, hashes=hashes, origin=origin)


def check_direct(requirements: Iterable[Requirement], stand_ins: Iterable[Metadata]) -> None:
    """Make sure that every direct reference can be answered: it is local, or a stand-in speaks for it.

    Raises InputError for the first one that would have to be fetched.
    """
    known = {canonicalize_name(stand_in.name) for stand_in in stand_ins}
    for requirement in requirements:
        if requirement.url is not None and not requirement.url.startswith("file:") and requirement.name not in known:
            where = requirement.origin or Origin()
            raise InputError(
                f"{where}: {requirement.text!r} cannot be fetched by this version: "
                f"give its metadata with --dependency-metadata (a METADATA file for {requirement.name})"
            )


class _Reader:
    """Reads one text; each method gives the requirement and whether the author named the project."""

    def __init__(self, *, text: str, shown: str, origin: Origin) -> None:
        self.text = text.strip()
        self.shown = shown
        self.origin = origin

    def error(self, why: str) -> InputError:
        return InputError(f"{self.origin}: {shortened(self.shown, _QUOTED)!r}: {why}")

    def editable(self) -> tuple[Requirement, bool]:
        named = _NAMED_URL.fullmatch(self.text)
        if named is not None:
            if not _is_vcs(named["url"]) and not named["url"].lower().startswith("file:"):
                raise self.error("an editable requirement is a local directory or a version control URL")
            return self._pep508(self.text), True
        text, marker = self._split_marker("; ")
        if _is_vcs(text):
            return self._url(text, marker)
        if any(text.lower().startswith(f"{system}:") for system in VERSION_CONTROL):
            return self._url(f"{text.partition(':')[0].lower()}+{text}", marker)
        path, extras = _split_extras(text)
        if path.lower().startswith("file:"):
            return self._url(path, marker, extras)
        if not is_folder(path):
            raise self.error("an editable requirement is a local directory or a version control URL")
        return self._path(Path(path), extras, marker)

    def plain(self) -> tuple[Requirement, bool]:
        if _SCHEME.match(self.text):
            text, marker = self._split_marker("; ")
            return self._url(text, marker)
        text, marker = self._split_marker(";")
        path, extras = _split_extras(text)
        separators = (os.sep, os.altsep or os.sep)
        is_path = path.startswith(".") or any(separator in path for separator in separators)
        if is_path and is_folder(path):
            return self._path(Path(path), extras, marker)
        if path.lower().endswith(ARCHIVES):
            if is_file(path):
                return self._path(Path(path), extras, marker)
            before, at, _ = path.partition("@")
            if not at or any(separator in before for separator in separators):
                raise self.error("no such file")
        return self._pep508(text if marker is None else self.text), True

    def _split_marker(self, separator: str) -> tuple[str, str | None]:
        text, _, marker = self.text.partition(separator)
        if not marker.strip():
            return text.strip(), None
        try:
            return text.strip(), marker_text(Marker(marker.strip()))
        except (ValueError, RecursionError) as failure:
            raise self.error(f"{marker.strip()!r} is not a marker: {_first_line(failure)}") from None

    def _pep508(self, text: str) -> Requirement:
        try:
            requirement = parse_requirement(text)
        except InvalidRequirement as failure:
            raise self.error(f"not a requirement{self._hint() or f': {_first_line(failure)}'}") from None
        found = _EXTRAS.match(text)
        extras = _normal_extras(found["extras"]) if found else ()
        url = None if requirement.url is None else self._clean_url(requirement.url)
        return msgspec.structs.replace(requirement, extras=extras, url=url)

    def _hint(self) -> str:
        if re.fullmatch(r"[\w.-]+(\s*\[.*\])?\s*=\s*[\w.]+", self.text):
            return ": = is not an operator, == is"
        if re.search(r"(?:===?|[<>!~]=|[<>])\s*$", self.text):
            return ": no version follows its operator"
        if re.fullmatch(r"[\w.-]+(\s*\[.*\])?\s+v?\d[\w.]*", self.text):
            return ": an operator is missing before its version, such as =="
        if re.fullmatch(r"[\w.-]+(?:\s+[\w.-]+)+", self.text):
            return ": it has several words, and a line is one requirement"
        if is_file(self.text):
            return f": to read the file of that name, write -r {self.shown}"
        if self.text.startswith(".") or os.sep in self.text:
            return " and not a path to a project or archive"
        return ""

    def _path(self, path: Path, extras: tuple[NormalizedName, ...], marker: str | None) -> tuple[Requirement, bool]:
        url, name = self._local(path, "")
        return Requirement(name=name, extras=extras, marker=marker, url=url, text=self.text), _is_wheel(path.name)

    def _url(self, url: str, marker: str | None, extras: tuple[NormalizedName, ...] = ()) -> tuple[Requirement, bool]:
        parts = self._parts(url)
        egg, egg_extras = _split_extras(parse_qs(parts.fragment).get("egg", [""])[0])
        name: NormalizedName
        if parts.scheme == "file":
            clean, name = self._local(self._file_path(url), parts.fragment)
        else:
            clean, name = self._clean_url(url), _name_of_file(parts.path) or canonicalize_name(egg)
            if not name and not parts.scheme.startswith("git+"):
                raise self.error(f"the project's name is not in it: write NAME @ {without_secrets(url)}")
        requirement = Requirement(name=name, extras=extras or egg_extras, marker=marker, url=clean, text=self.text)
        return requirement, bool(egg) or _is_wheel(parts.path)

    def _parts(self, url: str) -> SplitResult:
        try:
            return urlsplit(url)
        except ValueError as failure:
            raise self.error(f"not a URL: {failure}") from None

    def _clean_url(self, url: str) -> str:
        parts = self._parts(url)
        if parts.scheme == "file":
            return self._local(self._file_path(url), parts.fragment)[0]
        if len(parts.scheme) <= 1:  # a path, with a drive letter perhaps: uv allows NAME @ ./path
            return self._local(Path(url), "")[0]
        if not _SCHEME.match(url):
            raise self.error(f"{parts.scheme!r} is not a scheme that an installer can fetch")
        try:
            return without_its_credentials(url)
        except ValueError as failure:
            raise self.error(f"not a URL: {failure}") from None

    def _file_path(self, url: str) -> Path:
        """A ``file:`` URL's path (RFC 8089); relative ones, not standard and common, are the current directory's."""
        from urllib.request import url2pathname

        parts = self._parts(url)
        if parts.netloc not in {"", "localhost"}:
            raise self.error("a file URL names no other host")
        return Path(url2pathname(parts.path))

    def _local(self, path: Path, fragment: str) -> tuple[str, NormalizedName]:
        absolute = Path(os.path.normpath(path.absolute()))
        kept = "&".join(part for part in fragment.split("&") if part and not part.startswith("egg="))
        subdirectory = parse_qs(fragment).get("subdirectory", [""])[0]
        if is_folder(absolute):
            project = absolute / subdirectory
            if not is_project(project):
                raise self.error("a directory without pyproject.toml and setup.py is not a project")
            name = project_name(project) or canonicalize_name(parse_qs(fragment).get("egg", [""])[0])
        elif is_file(absolute):
            name = _name_of_file(absolute.name) or canonicalize_name("")
        else:
            raise self.error("no such file or directory")
        given = _NAMED_URL.fullmatch(self.text)
        if not name and given is None:
            raise self.error(f"the project's name is not known without building it: write NAME @ {absolute.as_uri()}")
        return absolute.as_uri() + (f"#{kept}" if kept else ""), name


def _split_extras(text: str) -> tuple[str, tuple[NormalizedName, ...]]:
    path, bracket, extras = text.removesuffix("]").rpartition("[")
    if not text.endswith("]") or not bracket or "]" in extras or not path.strip():
        return text, ()
    return path.rstrip(), _normal_extras(extras)


def _normal_extras(text: str) -> tuple[NormalizedName, ...]:
    """Extras in the author's order, each once (PEP 685)."""
    return tuple(dict.fromkeys(canonicalize_name(extra.strip()) for extra in text.split(",") if extra.strip()))


def release_of_file(path: str) -> tuple[NormalizedName, Version] | None:
    """The project and version of a wheel or sdist by its name; None where the name does not say them (``main.zip``)."""
    filename = unquote(path.rsplit("/", 1)[-1])
    try:
        return parse_wheel_filename(filename)[:2] if _is_wheel(filename) else parse_sdist_filename(filename)
    except ValueError:  # what is none, and more digits than Python converts
        return None


def _name_of_file(path: str) -> NormalizedName | None:
    named = release_of_file(path)
    return None if named is None else named[0]


def _is_wheel(filename: str) -> bool:
    return filename.endswith(".whl")


def _is_vcs(url: str) -> bool:
    return any(url.lower().startswith(f"{system}+") for system in VERSION_CONTROL)


def _first_line(failure: Exception) -> str:
    """`packaging` draws the place under the text; the sentence is its first line."""
    line = str(failure).partition("\n")[0]
    return line[:1].lower() + line[1:]
