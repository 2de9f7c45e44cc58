"""What a file says that it needs, read without running anything, and what of it is in force."""

from collections.abc import Iterable, Iterator

from packaging.utils import NormalizedName

from backtrail.index.files.sdist import legacy_metadata, static_metadata
from backtrail.model.files import File, FileKind
from backtrail.model.metadata import Metadata, SdistContents
from backtrail.model.requirement import Requirement
from backtrail.model.source import Source
from backtrail.model.target import Target
from backtrail.standards.lenient import lenient_requirement

Meaning = tuple[NormalizedName, tuple[str, ...], frozenset[str], str | None]
"""A project with its extras, specifiers and URL: what two requirements are compared by."""


def read_metadata(file: File, source: Source, *, legacy: bool = False) -> Metadata | None:
    """What a file says of itself; None where that is not available.

    ``legacy``: also what an sdist says that no standard makes binding (PEP 643).
    """
    if file.kind is FileKind.WHEEL:
        found = source.metadata(file)
        return found if isinstance(found, Metadata) else None
    contents = source.sdist(file)
    if not isinstance(contents, SdistContents):
        return None
    static = static_metadata(contents, file)
    said = static if static is not None or not legacy else legacy_metadata(contents, file)
    return said if isinstance(said, Metadata) else None


def requirements_in_force(metadata: Metadata, extras: Iterable[str], target: Target) -> Iterator[Requirement]:
    """The requirements that a target with these extras is held to, in the order of the metadata."""
    wanted = tuple(extras)
    for text in metadata.requires_dist:
        requirement = lenient_requirement(text)
        if requirement is not None and requirement.applies(target.markers, wanted) is not False:
            yield requirement


def in_force(metadata: Metadata, extras: Iterable[str], target: Target) -> dict[Meaning, str]:
    """The requirements that a target with these extras is held to, by what they mean."""
    found: dict[Meaning, str] = {}
    for requirement in requirements_in_force(metadata, extras, target):
        key = (
            requirement.name,
            tuple(sorted(requirement.extras)),
            frozenset(map(str, requirement.specifiers)),
            requirement.url,
        )
        found.setdefault(key, requirement.text)
    return found
