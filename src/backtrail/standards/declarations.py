"""Which of the metadata that settings declare speaks for a version, and for a direct reference."""

from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from packaging.utils import InvalidWheelFilename, NormalizedName, parse_wheel_filename
from packaging.version import Version

from backtrail.model.declaration import DeclaredMetadata
from backtrail.model.metadata import Metadata, MetadataSource
from backtrail.model.requirement import Requirement


def declared_of(declared: Sequence[DeclaredMetadata], name: NormalizedName, version: str) -> Metadata | None:
    """What is declared of a version, else of every version of its project; None: nothing."""
    mine = [one for one in declared if one.name == name]
    exact = (one for one in mine if one.version is not None and Version(one.version) == Version(version))
    found = next(exact, None) or next((one for one in mine if one.version is None), None)
    return None if found is None else _as_metadata(found, version)


def declared_of_reference(declared: Sequence[DeclaredMetadata], requirement: Requirement) -> Metadata | None:
    """What is declared of a direct reference: the URL of a wheel says its version.

    Of anything else nothing does: the one entry with a version speaks for it, if the project has no other entry.
    """
    filename = unquote(urlsplit(requirement.url or "").path).rpartition("/")[2]
    if filename.endswith(".whl"):
        try:
            return declared_of(declared, requirement.name, str(parse_wheel_filename(filename)[1]))
        except InvalidWheelFilename:
            return None
    mine = [one for one in declared if one.name == requirement.name]
    if len(mine) != 1 or mine[0].version is None:
        return None
    return _as_metadata(mine[0], mine[0].version)


def _as_metadata(found: DeclaredMetadata, version: str) -> Metadata:
    return Metadata(
        name=found.name,
        version=version,
        requires_dist=found.requires_dist,
        requires_python=found.requires_python,
        provides_extra=found.provides_extra,
        source=MetadataSource.STAND_IN,
    )
