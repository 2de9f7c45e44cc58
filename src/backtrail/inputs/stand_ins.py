"""Stand-ins: core metadata given by the user for what cannot, or should not, be fetched."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.metadata import parse_email
from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from backtrail.inputs.file_content import file_bytes, is_folder
from backtrail.model.errors import InputError
from backtrail.model.metadata import Metadata, MetadataSource

SUFFIX = ".METADATA"


def read_stand_ins(paths: Iterable[str]) -> tuple[Metadata, ...]:
    """Read METADATA files, or of a directory its ``*.METADATA`` files by name; who they speak for is in the content.

    Raises InputError for what cannot be read, names no project or version, or speaks for the same one twice.
    """
    found: dict[tuple[str, Version], str] = {}
    stand_ins = []
    for file in stand_in_files(paths):
        stand_in = _read(file)
        key = (canonicalize_name(stand_in.name), Version(stand_in.version))
        if key in found:
            raise InputError(f"{file}: {stand_in.name} {stand_in.version} has a stand-in already in {found[key]}")
        found[key] = str(file)
        stand_ins.append(stand_in)
    return tuple(stand_ins)


def stand_in_files(paths: Iterable[str]) -> Iterator[Path]:
    """The METADATA files that are named, those of a directory by name. Raises InputError for one that has none."""
    for given in paths:
        path = Path(given)
        if not is_folder(path):
            yield path
            continue
        inside = sorted(path.glob(f"*{SUFFIX}"))
        if not inside:
            raise InputError(f"--dependency-metadata {given!r}: the directory has no *{SUFFIX} file")
        yield from inside


def _read(file: Path) -> Metadata:
    try:
        raw, _ = parse_email(file_bytes(file))
    except OSError as failure:
        raise InputError(f"--dependency-metadata {str(file)!r} cannot be read: {failure.strerror}") from None
    except ValueError as failure:
        raise InputError(f"--dependency-metadata {str(file)!r} is not METADATA: {failure}") from None
    name, version = raw.get("name"), raw.get("version")
    if not name or not version:
        raise InputError(f"--dependency-metadata {str(file)!r} has no {'Version' if name else 'Name'} field")
    try:
        canonicalize_name(name, validate=True)
        Version(version)
    except (InvalidName, InvalidVersion) as failure:
        raise InputError(f"--dependency-metadata {str(file)!r}: {failure}") from None
    return Metadata(
        name=name,
        version=version,
        requires_dist=tuple(raw.get("requires_dist", ())),
        requires_python=raw.get("requires_python"),
        provides_extra=tuple(raw.get("provides_extra", ())),
        source=MetadataSource.STAND_IN,
    )
