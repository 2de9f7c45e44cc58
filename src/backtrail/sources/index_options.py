"""What options ask of an index as if it were so: ``--publish``, ``--yank``, ``--unyank``, ``--metadata``, ``--remove``.

Files are read here, within the bounds of everything else that somebody else may have made; nothing in them is run.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote

from msgspec.structs import replace
from packaging.utils import InvalidName, NormalizedName, canonicalize_name

from backtrail import bounds
from backtrail.index.files.digest import sha256_of
from backtrail.index.files.sdist import read_sdist
from backtrail.index.files.wheel import metadata_of
from backtrail.index.pages.parse import SDIST_EXTENSIONS, identify, is_archive, normal_version
from backtrail.inputs.file_content import file_bytes, is_file
from backtrail.model.errors import InputError
from backtrail.model.files import File, FileKind, Listing, Page, Unreadable
from backtrail.model.index_change import IndexChange, Published, Removed, Restated, Unyanked, Yanked
from backtrail.model.metadata import Metadata, MetadataSource, Unavailable
from backtrail.model.question import Question
from backtrail.model.source import Source
from backtrail.sources.changed import Changed, places_of, spelled
from backtrail.standards.core_metadata import inconsistency, invalid_name, parse_metadata, read_headers, stated
from backtrail.standards.wheel_tags import wheel_name

__all__ = ["OPTIONS", "check_index_changes", "files_of", "read_index_changes"]

OPTIONS = ("publish", "yank", "unyank", "metadata", "remove")
"""The names of the options, without their dashes."""

Typed = tuple[str, str]
"""The name of an option and its value."""


def read_index_changes(typed: Iterable[Typed], *, now: datetime) -> tuple[IndexChange, ...]:
    """What is typed, in that order, with the content of the files; what is published is uploaded ``now``.

    Raises InputError for what cannot be read.
    """
    return tuple(_read(option, value, now) for option, value in typed)


def files_of(typed: Iterable[Typed]) -> Iterator[str]:
    """The files that are read for it."""
    for option, value in typed:
        if option == "publish":
            yield value
        elif option == "metadata":
            yield value.partition(":")[2]


def check_index_changes(questions: Sequence[Question], source: Source) -> None:
    """Raise InputError where something is asked of a version that is on none of the indexes and locations.

    That is known when their pages are read. Where one cannot be read the version may be there.
    """
    changes = questions[0].index_changes
    for place, change in enumerate(changes):
        if not isinstance(change, Published) and not _is_there(change, questions, source, changes[:place]):
            what = change.project if change.version is None else f"{change.project} {change.version}"
            raise InputError(f"{change.option}: no index of this question has {what}")


def _is_there(
    change: IndexChange, questions: Sequence[Question], source: Source, before: tuple[IndexChange, ...]
) -> bool:
    """Whether some place may have what a change is made to, after those before it."""
    changed = Changed.of(source, tuple(replace(question, index_changes=before) for question in questions))
    pages: list[Page] = []
    for indexes in dict.fromkeys(question.indexes for question in questions):
        places = places_of(indexes, change.project)
        for index in places:
            changed.want_pages(index, [change.project])
        pages += (changed.page(index, change.project) for index in places)
        pages += (changed.links(location, change.project) for location in indexes.find_links)
    return any(isinstance(page, Unreadable) or _has(page, change.version) for page in pages)


def _has(page: Page, version: str | None) -> bool:
    if not isinstance(page, Listing):
        return False
    return bool(page.versions) if version is None else spelled(page, version) is not None


def _read(option: str, value: str, now: datetime) -> IndexChange:
    if option not in OPTIONS:
        raise InputError(f"{option!r} is no change of an index ({', '.join(OPTIONS)})")
    if option == "publish":
        return _published(value, now)
    if option == "metadata":
        return _restated(value)
    if option == "remove" and "=" not in value:
        return Removed(project=_name(option, value, value))
    project, version = _release(option, value, value)
    if option == "remove":
        return Removed(project=project, version=version)
    return (Yanked if option == "yank" else Unyanked)(project=project, version=version)


def _release(option: str, value: str, text: str) -> tuple[NormalizedName, str]:
    """A project and a version, as ``numba==0.53.1``."""
    name, equals, number = text.partition("==")
    version = normal_version(number.strip()) if equals else None
    if version is None:
        form = "NAME==VERSION:FILE" if option == "metadata" else "NAME==VERSION"
        raise InputError(f"--{option} {value!r} is not {form}")
    return _name(option, value, name), version


def _name(option: str, value: str, text: str) -> NormalizedName:
    try:
        return canonicalize_name(text.strip(), validate=True)
    except InvalidName:
        raise InputError(f"--{option} {value!r}: {text!r} is not the name of a project") from None


# Files


def _published(path: str, now: datetime) -> Published:
    uploaded = f"{now.astimezone(timezone.utc).replace(tzinfo=None).isoformat(timespec='seconds')}Z"
    if not is_archive(path):
        return _of_metadata(path, uploaded)
    if not is_file(path):
        raise InputError(f"--publish {path!r} is no file")
    try:
        return _of_wheel(Path(path), uploaded) if path.endswith(".whl") else _of_sdist(Path(path), uploaded)
    except OSError as error:
        raise _unread("publish", path, error) from None


def _of_metadata(path: str, uploaded: str) -> Published:
    """A wheel for every machine that says this."""
    data = _content("publish", path)
    says = _metadata("publish", path, data)
    project, version = canonicalize_name(says.name), says.version
    filename = f"{project.replace('-', '_')}-{version}-py3-none-any.whl"
    digest = hashlib.sha256(data).hexdigest()
    file = _file(filename, version, FileKind.WHEEL, uploaded, says.requires_python, metadata={"sha256": digest})
    return Published(project=project, file=file, says=replace(says, file=filename))


def _of_wheel(path: Path, uploaded: str) -> Published:
    named = wheel_name(path.name)
    version = None if named is None else normal_version(named.version)
    if named is None or version is None:
        raise InputError(f"--publish {str(path)!r}: its name is not that of a wheel")
    bare = _file(path.name, version, FileKind.WHEEL, uploaded, None)
    data = metadata_of(path, file=path.name)
    says = data if isinstance(data, Unavailable) else parse_metadata(data, file=bare, source=MetadataSource.WHEEL)
    lost = says if isinstance(says, Unavailable) else inconsistency(says, bare)
    if lost is not None or isinstance(says, Unavailable) or isinstance(data, Unavailable):
        raise InputError(f"--publish {str(path)!r} is no wheel: {_why(lost)}")
    digests = {"sha256": hashlib.sha256(data).hexdigest()}
    file = _file(path.name, version, FileKind.WHEEL, uploaded, says.requires_python, metadata=digests, path=path)
    return Published(project=canonicalize_name(says.name), file=file, says=says)


def _of_sdist(path: Path, uploaded: str) -> Published:
    """An sdist, of which its PKG-INFO says where the name of the project ends: both parts may hold a dash."""
    stem = path.name.removesuffix(next(one for one in SDIST_EXTENSIONS if path.name.endswith(one)))
    guessed = next((found for dash in re.finditer("-", stem) if (found := normal_version(stem[dash.end() :]))), None)
    if guessed is None:
        raise InputError(f"--publish {str(path)!r}: its name is not that of an sdist")
    contents = read_sdist(path, _file(path.name, guessed, FileKind.SDIST, uploaded, None))
    if isinstance(contents, Unavailable):
        raise InputError(f"--publish {str(path)!r} is no sdist: {_why(contents)}")
    if contents.pkg_info is None:
        raise InputError(f"--publish {str(path)!r} is no sdist: it has no PKG-INFO")
    headers = read_headers(contents.pkg_info.encode())
    project = canonicalize_name(headers.get("name", [""])[0])
    named = identify(path.name, project)
    if isinstance(named, str) or named[1] != normal_version(headers.get("version", [""])[0]):
        said = " ".join(headers.get(field, ["?"])[0] for field in ("name", "version"))
        raise InputError(f"--publish {str(path)!r} is no sdist: its PKG-INFO says {said[:100]!r}")
    python = headers.get("requires-python", [""])[0] or None
    file = _file(path.name, named[1], FileKind.SDIST, uploaded, python, path=path)
    return Published(project=project, file=file, says=contents)


def _restated(value: str) -> Restated:
    text, _, path = value.partition(":")
    project, version = _release("metadata", value, text if path else "")
    says = _metadata("metadata", path, _content("metadata", path))
    if (canonicalize_name(says.name), says.version) != (project, version):
        raise InputError(f"--metadata {value!r}: {path} is of {says.name} {says.version}")
    return Restated(project=project, version=version, says=says, file=Path(path).name)


def _content(option: str, path: str) -> bytes:
    try:
        return file_bytes(path, most=bounds.METADATA)
    except OSError as error:
        raise _unread(option, path, error) from None
    except ValueError as error:
        raise InputError(f"--{option} {path!r} cannot be read: {error}") from None


def _metadata(option: str, path: str, data: bytes) -> Metadata:
    """Core metadata, with its version in normal form. Raises InputError for what is none."""
    headers = read_headers(data)
    version = normal_version(headers.get("version", [""])[0])
    if version is None or "name" not in headers:
        what = "is no file of metadata, no wheel and no sdist" if option == "publish" else "is no file of metadata"
        lacks = next((field for field in ("name", "version") if field not in headers), None)
        why = f"it has no {lacks.title()}" if lacks else f"{headers['version'][0][:100]!r} is no version"
        raise InputError(f"--{option} {path!r} {what}: {why}")
    file = _file(Path(path).name, version, FileKind.WHEEL, "", None)
    says = stated(headers, file=file, source=MetadataSource.METADATA_FILE)
    lost = says if isinstance(says, Unavailable) else invalid_name(says)
    if lost is not None or isinstance(says, Unavailable):
        raise InputError(f"--{option} {path!r} cannot be read: {_why(lost)}")
    return replace(says, version=version)


def _file(
    filename: str,
    version: str,
    kind: FileKind,
    uploaded: str,
    requires_python: str | None,
    *,
    metadata: dict[str, str] | None = None,
    path: Path | None = None,
) -> File:
    """A file as an index page lists it, with the digest and size of one that is there."""
    return File(
        filename=filename,
        url=f"published:///{quote(filename)}",
        version=version,
        kind=kind,
        hashes={} if path is None else {"sha256": sha256_of(path)},
        requires_python=requires_python,
        uploaded=uploaded,
        metadata_hashes=metadata,
        size=None if path is None else path.stat().st_size,
    )


def _unread(option: str, path: str, error: OSError) -> InputError:
    return InputError(f"--{option} {path!r} cannot be read: {error.strerror}")


def _why(lost: Unavailable | None) -> str:
    return "" if lost is None else lost.detail or lost.failure.value
