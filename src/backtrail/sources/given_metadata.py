"""Metadata that the user gives in place of a file's own (``--dependency-metadata``)."""

from collections.abc import Iterable

from packaging.utils import canonicalize_name

from backtrail.index.pages import parse
from backtrail.model.files import File
from backtrail.model.metadata import Metadata, SdistContents, Unavailable
from backtrail.model.requirement import Requirement
from backtrail.model.source import Source
from backtrail.sources.forwarding import Forwarding

__all__ = ["GivenFirst"]


class GivenFirst(Forwarding):
    """A Source in which stand-ins come before files of their name and version, and before direct references."""

    def __init__(self, inner: Source, stand_ins: Iterable[Metadata]) -> None:
        """``stand_ins`` speak for exactly their version, and for any direct reference of their name."""
        super().__init__(inner)
        self._stand_ins = tuple(stand_ins)

    def metadata(self, file: File) -> Metadata | Unavailable:
        """See Source."""
        return self.given(file) or self._inner.metadata(file)

    def sdist(self, file: File) -> SdistContents | Unavailable:
        """See Source. Where a stand-in speaks for the file, no text does: ``build`` answers then."""
        return self._inner.sdist(file) if self.given(file) is None else SdistContents(file=file.filename)

    def build(self, file: File, constraints: tuple[Requirement, ...] = ()) -> Metadata | Unavailable:
        """See Source."""
        return self.given(file) or self._inner.build(file, constraints)

    def direct(self, requirement: Requirement) -> Metadata | Unavailable:
        """See Source. A stand-in of this name comes first, whatever its version."""
        named = (one for one in self._stand_ins if canonicalize_name(one.name) == requirement.name)
        return next(named, None) or self._inner.direct(requirement)

    def want_metadata(self, files: Iterable[File]) -> None:
        """See Source."""
        self._inner.want_metadata(file for file in files if self.given(file) is None)

    def given(self, file: File) -> Metadata | None:
        """The user's word for exactly this version of the project."""
        for stand_in in self._stand_ins:
            if parse.version_key(stand_in.version) == parse.version_key(file.version):
                what = parse.identify(file.filename, canonicalize_name(stand_in.name))
                if not isinstance(what, str):
                    return stand_in
        return None
