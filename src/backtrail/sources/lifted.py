"""The same world, in which some requirements admit every version and some files are not held to what is said."""

from collections.abc import Callable, Iterable, Mapping

import msgspec
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from backtrail.index.files.sdist import legacy_metadata, static_metadata
from backtrail.model.files import File, FileKind, Listing, Page
from backtrail.model.finding import Obstacle, ObstacleKind
from backtrail.model.metadata import Metadata, MetadataSource, SdistContents, Unavailable
from backtrail.model.requirement import Requirement
from backtrail.model.source import Source
from backtrail.sources.altered import Altered
from backtrail.sources.forwarding import Forwarding
from backtrail.standards.core_metadata import static_pkg_info
from backtrail.standards.lenient import lenient_requirement
from backtrail.standards.wheel_tags import wheel_name

__all__ = ["OF_FILES", "OF_METADATA", "Asks", "Lifted", "bare"]

Asks = Callable[[NormalizedName, Version, Requirement], bool]
"""Whether a requirement of a version of a project is one of those that are lifted."""

OF_FILES = frozenset({
    ObstacleKind.YANKED, ObstacleKind.CUT_OFF, ObstacleKind.TAGS, ObstacleKind.REQUIRES_PYTHON,
})  # fmt: skip
"""Facts that an index page states of a file."""

OF_METADATA = frozenset({ObstacleKind.UNBUILT, ObstacleKind.UNREADABLE})
"""Facts about what a file says of itself."""

_LONG_AGO = "1970-01-01T00:00:00Z"


def bare(requirement: Requirement) -> Requirement:
    """The same project with the same extras under the same marker, in any version."""
    return msgspec.structs.replace(requirement, specifier="", url=None, text=requirement.rewritten(""))


class Lifted(Forwarding):
    """A Source in which some requirements admit every version, and some files are not held to what is said of them."""

    def __init__(
        self,
        inner: Source,
        asks: Asks,
        obstacles: Iterable[Obstacle] = (),
        *,
        indexes: tuple[str, ...] = (),
        instead: Mapping[str, Metadata] = {},
    ) -> None:
        """``obstacles`` are those of files, of metadata and of indexes; ``indexes`` are in the resolver's order.

        ``instead`` is what some files say of themselves here, by the name of the file.
        """
        super().__init__(inner)
        self._asks = asks
        self._indexes = indexes
        self._instead = instead
        self._lifted: dict[NormalizedName, list[Obstacle]] = {}
        for one in obstacles:
            self._lifted.setdefault(one.project, []).append(one)
        self._renamed: dict[str, File] = {}

    # Pages

    def page(self, index: str, name: NormalizedName) -> Page:
        """See Source."""
        page = self._inner.page(index, name)
        return self._freed(page, name) if isinstance(page, Listing) else page

    def links(self, location: str, name: NormalizedName) -> Listing:
        """See Source."""
        return self._freed(self._inner.links(location, name), name)

    def _freed(self, listing: Listing, name: NormalizedName) -> Listing:
        for one in self._lifted.get(name, ()):
            if one.kind is ObstacleKind.FIRST_INDEX:
                listing = self._merged(listing)
            place = listing.position.get(one.version or "")
            if one.kind in OF_FILES and place is not None:
                files = {freed.filename: freed for freed in (self._free(file, one) for file in listing.files(place))}
                listing = Altered(listing, {listing.versions[place]: tuple(files.values())})
        return listing

    def _merged(self, listing: Listing) -> Listing:
        """The first page with the releases that only later ones have."""
        later = [page for index in self._indexes if isinstance(page := self._inner.page(index, listing.name), Listing)]
        if not later or later[0].index != listing.index:
            return listing
        files = {
            file.filename: file
            for page in (listing, *later[1:])
            for place, version in enumerate(page.versions)
            if page is listing or version not in listing.position
            for file in page.files(place)
        }
        return Listing.of(listing.name, listing.index, files.values())

    def _free(self, file: File, obstacle: Obstacle) -> File:
        match obstacle.kind:
            case ObstacleKind.YANKED:
                return msgspec.structs.replace(file, yanked=None)
            case ObstacleKind.CUT_OFF:
                return msgspec.structs.replace(file, uploaded=_LONG_AGO)
            case ObstacleKind.REQUIRES_PYTHON:
                return msgspec.structs.replace(file, requires_python=None)
            case _:
                wheel = wheel_name(file.filename)
                if wheel is None:
                    return file
                freed = msgspec.structs.replace(file, filename=f"{wheel.name}-{wheel.version}-py3-none-any.whl")
                self._renamed[file.url] = file
                return freed

    # Metadata

    def metadata(self, file: File) -> Metadata | Unavailable:
        """See Source."""
        return self._less(self._inner.metadata(self._renamed.get(file.url, file)), file)

    def sdist(self, file: File) -> SdistContents | Unavailable:
        """See Source; what the sdist says is put into its PKG-INFO, where that is less than it is."""
        contents = self._inner.sdist(file)
        if not isinstance(contents, SdistContents):
            return contents
        said = static_metadata(contents, file) or legacy_metadata(contents, file)
        less = self._less(said, file)
        if less is said or not isinstance(less, Metadata):
            return contents
        return SdistContents(file=contents.file, pkg_info=static_pkg_info(less))

    def build(self, file: File, constraints: tuple[Requirement, ...] = ()) -> Metadata | Unavailable:
        """See Source."""
        return self._less(self._inner.build(file, constraints), file)

    def direct(self, requirement: Requirement) -> Metadata | Unavailable:
        """See Source."""
        found = self._inner.direct(requirement)
        return self._lighter(found) if isinstance(found, Metadata) else found

    def want_metadata(self, files: Iterable[File]) -> None:
        """See Source."""
        self._inner.want_metadata(self._renamed.get(file.url, file) for file in files)

    def _less(self, found: Metadata | Unavailable, file: File) -> Metadata | Unavailable:
        found = self._instead.get(file.filename, found)
        name = canonicalize_name(found.name) if isinstance(found, Metadata) else _project(file)
        kinds = {one.kind for one in self._lifted.get(name, ()) if one.version == file.version}
        if kinds & OF_METADATA:
            return Metadata(name=name, version=file.version, source=MetadataSource.STAND_IN, file=file.filename)
        if not isinstance(found, Metadata):
            return found
        if ObstacleKind.REQUIRES_PYTHON in kinds and found.requires_python is not None:
            found = msgspec.structs.replace(found, requires_python=None)
        return self._lighter(found)

    def _lighter(self, found: Metadata) -> Metadata:
        name, version = canonicalize_name(found.name), Version(found.version)
        requires = tuple(self._lifted_text(text, name, version) for text in found.requires_dist)
        return found if requires == found.requires_dist else msgspec.structs.replace(found, requires_dist=requires)

    def _lifted_text(self, text: str, name: NormalizedName, version: Version) -> str:
        requirement = lenient_requirement(text)
        if requirement is None or not self._asks(name, version, requirement):
            return text
        return bare(requirement).text


def _project(file: File) -> NormalizedName:
    """The project that a file name speaks of; its version is known."""
    wheel = wheel_name(file.filename) if file.kind is FileKind.WHEEL else None
    return canonicalize_name(file.filename.rpartition("-")[0] if wheel is None else wheel.name)
