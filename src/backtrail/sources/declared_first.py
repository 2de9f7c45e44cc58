"""What settings declare of projects, over what their files say: for who explains, as the engine reads it itself."""

from collections.abc import Iterable

from backtrail.model.declaration import DeclaredMetadata
from backtrail.model.files import File
from backtrail.model.metadata import Metadata, SdistContents, Unavailable
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.source import Source
from backtrail.sources.forwarding import Forwarding
from backtrail.standards.core_metadata import project_of
from backtrail.standards.declarations import declared_of, declared_of_reference


def with_declared(source: Source, question: Question) -> Source:
    """The source as the question's tool takes it."""
    return DeclaredFirst(source, question.declared) if question.declared else source


class DeclaredFirst(Forwarding):
    """A Source in which what is declared comes before files and direct references."""

    def __init__(self, inner: Source, declared: tuple[DeclaredMetadata, ...]) -> None:
        """Ask ``inner`` for all else."""
        super().__init__(inner)
        self._declared = declared

    def metadata(self, file: File) -> Metadata | Unavailable:
        """See Source."""
        return self._said(file) or self._inner.metadata(file)

    def sdist(self, file: File) -> SdistContents | Unavailable:
        """See Source. Where something is declared no text speaks of it: ``build`` answers then."""
        return self._inner.sdist(file) if self._said(file) is None else SdistContents(file=file.filename)

    def build(self, file: File, constraints: tuple[Requirement, ...] = (), /) -> Metadata | Unavailable:
        """See Source."""
        return self._said(file) or self._inner.build(file, constraints)

    def direct(self, requirement: Requirement) -> Metadata | Unavailable:
        """See Source."""
        return declared_of_reference(self._declared, requirement) or self._inner.direct(requirement)

    def want_metadata(self, files: Iterable[File]) -> None:
        """See Source."""
        self._inner.want_metadata(file for file in files if self._said(file) is None)

    def _said(self, file: File) -> Metadata | None:
        name = project_of(file)
        return None if name is None else declared_of(self._declared, name, file.version)
