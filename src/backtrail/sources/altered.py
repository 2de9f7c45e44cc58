"""A listing over another one, with other files for some of its versions."""

from collections.abc import Callable, Mapping

import msgspec
from packaging.version import Version

from backtrail.model.files import File, Listing, first_upload

__all__ = ["Altered"]


class Altered(Listing):
    """A listing with other files for some versions; those of the others are read from the one below."""

    def __init__(self, below: Listing, instead: Mapping[str, tuple[File, ...]]) -> None:
        """``instead`` are files by version, which ``below`` may have or not; none: the version is not there."""
        if isinstance(below, Altered):  # however often one is altered, what is below is one step away
            instead = {**below.instead, **instead}
            below = below.below
        versions = [version for version in below.versions if instead.get(version, True)]
        added = [version for version, files in instead.items() if files and version not in below.position]
        if added:
            versions = sorted((*versions, *added), key=Version)
        earliest = (
            first_upload(file.uploaded for file in instead[version])
            if version in instead
            else below.table.earliest[below.position[version]]
            for version in versions
        )
        super().__init__(
            msgspec.structs.replace(below.table, versions=tuple(versions), earliest=tuple(earliest), files=())
        )
        self.below: Listing = below
        self.instead: Mapping[str, tuple[File, ...]] = instead

    def files(self, place: int) -> tuple[File, ...]:
        """See Listing."""
        found = self.instead.get(self.versions[place])
        if found is None:
            found = self._files[place] = self.below.files(self._under(place))
        return found

    def has(self, place: int, holds: Callable[[File], bool]) -> bool:
        """See Listing."""
        found = self.instead.get(self.versions[place])
        return self.below.has(self._under(place), holds) if found is None else any(map(holds, found))

    def _under(self, place: int) -> int:
        """The place below."""
        return self.below.position[self.versions[place]]
