"""How what is installed takes part in a resolution of pip: which of it is a candidate, and what is installed anew.

A version that is installed comes before all others of its project, unless that is to be upgraded: then it has its place
among them. Its own Requires-Python is not looked at, nor its file (docs/pip.md 2.10).
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.model.installed import Installed
from backtrail.model.metadata import Failure, Metadata, MetadataSource, Unavailable, too_complex
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement, is_too_deep
from backtrail.model.run import Pin, Planned
from backtrail.resolvers.install_plan import planned
from backtrail.resolvers.pip.behaviour import PipFiles
from backtrail.resolvers.pip.candidates import Distribution, parts_of
from backtrail.resolvers.pip.early_specifiers import admits, reader


class Present:
    """What pip sees of the environment of a question; without one, nothing."""

    def __init__(self, question: Question, files: PipFiles) -> None:
        """Nothing is made a candidate yet."""
        self._renewal = question.renewal
        self._files = files
        self._there: dict[NormalizedName, Installed] = {}
        if question.environment is not None and not self._renewal.ignores_installed:
            for one in question.environment.distributions:
                self._there.setdefault(one.name, one)
        self._made: dict[NormalizedName, Distribution] = {}

    def candidate(self, name: NormalizedName) -> Distribution | None:
        """What is installed of a project, one object for the whole run; None where pip does as if nothing were."""
        installed = None if self._renewal.reinstall else self._there.get(name)
        if installed is None:
            return None
        if name not in self._made:
            self._made[name] = _distribution(installed, self._files)
        return self._made[name]

    def is_upgraded(self, identifier: str, asked: Mapping[str, int]) -> bool:
        """Whether newer versions come before the installed one; ``asked`` are the identifiers that the user names."""
        if not self._renewal.upgrade:
            return False
        return self._renewal.eager or identifier in asked or parts_of(identifier)[0] in asked

    def plan(self, pins: tuple[Pin, ...]) -> tuple[Planned, ...]:
        """What an install of these pins does."""
        return planned(pins, lambda pin: self._there.get(pin.name), keeps=self._keeps, meets=self._meets)

    def _meets(self, requirement: Requirement, version: Version) -> bool:
        return admits(requirement.specifiers, version, self._files)

    def _keeps(self, pin: Pin, installed: Installed) -> bool:
        """Whether pip leaves alone what it found again; it looks at the file of a local reference only."""
        editable = installed.editable or any(one.requirement.is_editable for one in pin.requested_by)
        if self._renewal.reinstall or editable:
            return False
        parts = urlsplit(pin.url or "")
        return parts.scheme != "file" or parts.path.endswith(".whl")


def _distribution(installed: Installed, files: PipFiles) -> Distribution:
    metadata, flaw = installed.metadata, None
    requires: tuple[Requirement, ...] = ()
    if isinstance(metadata, Unavailable):
        # Measured: metadata that is missing, or says nothing, requires nothing.
        flaw = metadata if metadata.failure.unknown else None
        metadata = Metadata(name=installed.name, version=installed.version, source=MetadataSource.INSTALLED)
    elif any(map(is_too_deep, metadata.requires_dist)):
        flaw = too_complex(installed.place)
    else:
        try:
            requires = tuple(map(reader(files), metadata.requires_dist))
        except InvalidRequirement as error:
            detail = str(error).partition("\n")[0][:200]
            flaw = Unavailable(failure=Failure.INVALID, file=installed.place, detail=detail)
    return Distribution(
        name=installed.name,
        version=installed.parsed,
        metadata=metadata,
        requires=requires,
        requires_python=None,
        flaw=flaw,
        installed=True,
    )
