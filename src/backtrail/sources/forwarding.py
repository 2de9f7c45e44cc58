"""What lies over a source and answers most questions as that does."""

from collections.abc import Iterable

from packaging.utils import NormalizedName

from backtrail.model.files import File, Listing, Page
from backtrail.model.metadata import Metadata, SdistContents, Unavailable
from backtrail.model.requirement import Requirement
from backtrail.model.source import Source

__all__ = ["Forwarding"]


class Forwarding:
    """A Source that passes every question on. Who lies over a source is one of these, and says where it differs."""

    def __init__(self, inner: Source) -> None:
        """Ask ``inner``."""
        self._inner = inner

    def page(self, index: str, name: NormalizedName) -> Page:
        """See Source."""
        return self._inner.page(index, name)

    def links(self, location: str, name: NormalizedName) -> Listing:
        """See Source."""
        return self._inner.links(location, name)

    def metadata(self, file: File) -> Metadata | Unavailable:
        """See Source."""
        return self._inner.metadata(file)

    def sdist(self, file: File) -> SdistContents | Unavailable:
        """See Source."""
        return self._inner.sdist(file)

    def build(self, file: File, constraints: tuple[Requirement, ...] = (), /) -> Metadata | Unavailable:
        """See Source."""
        return self._inner.build(file, constraints)

    def direct(self, requirement: Requirement) -> Metadata | Unavailable:
        """See Source."""
        return self._inner.direct(requirement)

    def want_pages(self, index: str, names: Iterable[NormalizedName]) -> None:
        """See Source."""
        self._inner.want_pages(index, names)

    def want_metadata(self, files: Iterable[File]) -> None:
        """See Source."""
        self._inner.want_metadata(files)
