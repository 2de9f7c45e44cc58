"""The same world and the same question without the versions that one requirement insists on."""

from collections.abc import Iterable

import msgspec
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from backtrail.index.files.sdist import legacy_metadata, static_metadata
from backtrail.model.files import File, Listing, Page
from backtrail.model.metadata import Metadata, SdistContents, Unavailable
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.source import Source
from backtrail.standards.lenient import lenient_requirement

__all__ = ["Lifted", "bare", "lift_line"]


def bare(requirement: Requirement) -> Requirement:
    """The same project with the same extras under the same marker, in any version."""
    extras = f"[{','.join(requirement.extras)}]" if requirement.extras else ""
    marker = f"; {requirement.marker}" if requirement.marker else ""
    text = f"{requirement.name}{extras}{marker}"
    return msgspec.structs.replace(requirement, specifier="", text=text)


def lift_line(question: Question, line: Requirement) -> Question:
    """The question with a line of the user's that admits every version; a constraint is left out."""
    return msgspec.structs.replace(
        question,
        requirements=tuple(bare(one) if one == line else one for one in question.requirements),
        constraints=tuple(one for one in question.constraints if one != line),
        overrides=tuple(bare(one) if one == line else one for one in question.overrides),
    )


class Lifted:
    """A Source in which one requirement of one version of a project admits every version."""

    def __init__(self, inner: Source, name: NormalizedName, version: str, text: str) -> None:
        """``text`` is the requirement as the author wrote it, or as it was mended to be read."""
        self._inner = inner
        self._name = name
        self._version = Version(version)
        self._text = text

    def page(self, index: str, name: NormalizedName) -> Page:
        """See Source."""
        return self._inner.page(index, name)

    def links(self, location: str, name: NormalizedName) -> Listing:
        """See Source."""
        return self._inner.links(location, name)

    def metadata(self, file: File) -> Metadata | Unavailable:
        """See Source."""
        return self._without(self._inner.metadata(file))

    def sdist(self, file: File) -> SdistContents | Unavailable:
        """See Source; what the sdist says is put into its PKG-INFO, if this is the version meant."""
        contents = self._inner.sdist(file)
        if not isinstance(contents, SdistContents) or Version(file.version) != self._version:
            return contents
        said = static_metadata(contents, file) or legacy_metadata(contents, file)
        less = self._without(said)
        if less is said or not isinstance(less, Metadata):
            return contents
        return SdistContents(file=contents.file, pkg_info=_written(less))

    def build(self, file: File) -> Metadata | Unavailable:
        """See Source."""
        return self._without(self._inner.build(file))

    def direct(self, requirement: Requirement) -> Metadata | Unavailable:
        """See Source."""
        return self._without(self._inner.direct(requirement))

    def want_pages(self, index: str, names: Iterable[NormalizedName]) -> None:
        """See Source."""
        self._inner.want_pages(index, names)

    def want_metadata(self, files: Iterable[File]) -> None:
        """See Source."""
        self._inner.want_metadata(files)

    def _without(self, found: Metadata | Unavailable) -> Metadata | Unavailable:
        if not isinstance(found, Metadata) or canonicalize_name(found.name) != self._name:
            return found
        if Version(found.version) != self._version:
            return found
        requires = tuple(self._lifted(text) for text in found.requires_dist)
        return found if requires == found.requires_dist else msgspec.structs.replace(found, requires_dist=requires)

    def _lifted(self, text: str) -> str:
        requirement = lenient_requirement(text)
        if requirement is None or self._text not in (text, requirement.text):
            return text
        return bare(requirement).text


def _written(metadata: Metadata) -> str:
    """A PKG-INFO that is static (PEP 643)."""
    lines = ["Metadata-Version: 2.2", f"Name: {metadata.name}", f"Version: {metadata.version}"]
    if metadata.requires_python is not None:
        lines.append(f"Requires-Python: {metadata.requires_python}")
    lines += [f"Provides-Extra: {extra}" for extra in metadata.provides_extra]
    lines += [f"Requires-Dist: {text}" for text in metadata.requires_dist]
    return "\n".join(lines) + "\n"
