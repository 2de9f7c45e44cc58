"""Where uv reads a version's requirements, and which failures it survives."""

import msgspec
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from backtrail.index.files.sdist import legacy_metadata, static_metadata
from backtrail.model.errors import InputError
from backtrail.model.files import File, FileKind, Unreadable
from backtrail.model.installed import Installed
from backtrail.model.lock import LockSource
from backtrail.model.metadata import Failure, Metadata, SdistContents, Unavailable, too_complex
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement, is_too_deep
from backtrail.model.source import Source
from backtrail.model.trail import Outcome
from backtrail.model.verdict import Exclusion, Reason
from backtrail.resolvers.uv import ranges
from backtrail.resolvers.uv.behaviour import Profile, behaviour
from backtrail.resolvers.uv.candidates import Candidate
from backtrail.resolvers.uv.direct import same_resource
from backtrail.resolvers.uv.installed_candidates import seen_by_uv
from backtrail.resolvers.uv.lowering import applied
from backtrail.resolvers.uv.ranges import Range
from backtrail.resolvers.uv.recorder import Recorder
from backtrail.standards.core_metadata import invalid_name
from backtrail.standards.declarations import declared_of, declared_of_reference
from backtrail.standards.lenient import lenient_requirement, lenient_specifier

_SURVIVED = frozenset({Failure.INVALID, Failure.INCONSISTENT, Failure.STRUCTURE})
"""Faults of one file: uv refuses the version and goes on."""


class StopError(Exception):
    """The run ends here: ``outcome`` is aborted (the real tool stops) or unknown (we could not look)."""

    def __init__(self, outcome: Outcome, failure: Unavailable | Unreadable) -> None:
        """Remember how and why."""
        super().__init__(outcome.value)
        self.outcome = outcome
        self.failure = failure


class MetadataReader:
    """Reads metadata once a file; ``direct`` holds that of direct references by project."""

    def __init__(self, source: Source, profile: Profile, question: Question, recorder: Recorder) -> None:
        """Nothing is read yet."""
        self._source = source
        self._profile = profile
        self._question = question
        self._recorder = recorder
        self._parsed: dict[str, list[Requirement] | None] = {}
        self._known: dict[str, Metadata | None] = {}
        self.direct: dict[NormalizedName, Metadata] = {}
        self.urls: dict[NormalizedName, str] = {}
        self.locked_as: dict[NormalizedName, LockSource | None] = {}
        self._overridden: set[NormalizedName] = set()
        self.reason: Unavailable | None = None
        """Why the last version asked for was refused; None if it was not."""

    def read(self, name: NormalizedName, candidate: Candidate) -> Metadata | None:
        """A version's metadata, None if the version has to be refused (``reason`` says why); raises StopError."""
        if candidate.installed is not None:
            return self._installed(candidate.installed)
        file = candidate.represented.metadata
        assert file is not None, "a compatible candidate has metadata to read"
        self._recorder.read("metadata", name, candidate.text, file.filename)
        found: Metadata | Unavailable | None = declared_of(self._question.declared, name, candidate.text)
        if found is None:
            found = self._wheel(file, name) if file.kind is FileKind.WHEEL else self._sdist(file, name, candidate.text)
        self.reason = found if isinstance(found, Unavailable) else None
        if isinstance(found, Metadata):
            self._known[file.filename] = found
            return found
        if found.failure in _SURVIVED:
            return None
        raise StopError(Outcome.ABORTED if found.failure is Failure.BUILD_FAILED else Outcome.UNKNOWN, found)

    def _installed(self, installed: Installed) -> Metadata:
        """What is installed says of itself; uv ends where that cannot be read."""
        self.reason = None
        metadata = seen_by_uv(installed)
        found = self._sound(metadata) if isinstance(metadata, Metadata) else metadata
        if isinstance(found, Unavailable):
            raise StopError(Outcome.UNKNOWN if found.failure.unknown else Outcome.ABORTED, found)
        return found

    def known(self, candidate: Candidate) -> Metadata | None:
        """The metadata that a decision rests on, None where it was not read."""
        if candidate.installed is not None:
            found = seen_by_uv(candidate.installed)
            return found if isinstance(found, Metadata) else None
        file = candidate.represented.metadata
        return None if file is None else self._known.get(file.filename)

    def verified(self, candidate: Candidate) -> bool:
        """Whether the metadata a decision rests on was read as the resolver would have read it."""
        known = self.known(candidate)
        if known is None:
            return False
        return known.source.verified or (self._profile.reads_egg_info and known.source.value == "egg-info")

    def _wheel(self, file: File, name: NormalizedName) -> Metadata | Unavailable:
        """A wheel's metadata. Measured: that of another project ends the run, that of another version is taken."""
        found = self._source.metadata(file)
        found = (invalid_name(found) or self._sound(found)) if isinstance(found, Metadata) else found
        return self._own(found, name) if isinstance(found, Metadata) else found

    def _own(self, metadata: Metadata, name: NormalizedName) -> Metadata:
        """Metadata of the project asked for; raises StopError for another's."""
        if canonicalize_name(metadata.name) == name:
            return metadata
        detail = f"its metadata says {metadata.name}"[:200]
        stop = Unavailable(failure=Failure.INCONSISTENT, file=metadata.file or metadata.name, detail=detail)
        raise StopError(Outcome.ABORTED, stop)

    def _sound(self, metadata: Metadata) -> Metadata | Unavailable:
        """Metadata that can be read to the end, else INVALID."""
        file = metadata.file or metadata.name
        if self.requirements(metadata) is None:
            said = next((text for text in metadata.requires_dist if lenient_requirement(text) is None), "")
            return Unavailable(failure=Failure.INVALID, file=file, detail=said[:200])
        python = metadata.requires_python
        if python is not None and lenient_specifier(python) is None:
            return Unavailable(failure=Failure.INVALID, file=file, detail=f"Requires-Python {python}"[:200])
        return metadata

    def _sdist(self, file: File, name: NormalizedName, version: str) -> Metadata | Unavailable:
        contents = self._source.sdist(file)
        if isinstance(contents, SdistContents):
            static = static_metadata(contents, file, egg_info=self._profile.reads_egg_info)
            static = self._sound(static) if isinstance(static, Metadata) else static
            if isinstance(static, Unavailable) and static.failure is Failure.INVALID:
                raise StopError(Outcome.ABORTED, static)
            if static is not None:
                return static
        elif contents.failure not in (Failure.STRUCTURE, Failure.TOO_LARGE):
            return contents
        if self._question.options.build_sdists:
            self._recorder.read("build", name, version, file.filename)
            found = self._source.build(file)
        else:
            assumes = self._question.options.assumes_unbuilt
            found = contents if isinstance(contents, Unavailable) else legacy_metadata(contents, file, assumes=assumes)
        return self._sound(found) if isinstance(found, Metadata) else found

    def read_direct(self, requirement: Requirement, *, override: bool) -> None:
        """Read a direct reference of the user; an override displaces others of its name. Raises StopError.

        Of two to one project the first counts; that they are two shows when they are followed.
        """
        assert requirement.url is not None
        known = self.urls.get(requirement.name)
        if known is not None and (requirement.name in self._overridden or same_resource(known, requirement.url)):
            return
        found = self._read_direct(requirement)
        if override:
            self._overridden.add(requirement.name)
        if known is None or override:
            self._take(requirement, found)

    def take_direct(self, requirement: Requirement) -> None:
        """Read a direct reference, and let no other of its project in from now on; raises StopError."""
        self._take(requirement, self._read_direct(requirement))

    def _read_direct(self, requirement: Requirement) -> Metadata:
        declared = declared_of_reference(self._question.declared, requirement)
        found = declared or behaviour(self._profile.policy).taken(self._source.direct(requirement), requirement)
        found = (invalid_name(found) or self._sound(found)) if isinstance(found, Metadata) else found
        if isinstance(found, Unavailable):
            raise StopError(Outcome.ABORTED if not found.failure.unknown else Outcome.UNKNOWN, found)
        return self._own(found, requirement.name)

    def _take(self, requirement: Requirement, found: Metadata) -> None:
        assert requirement.url is not None
        self._recorder.read("metadata", requirement.name, str(Version(found.version)))
        self.direct[requirement.name] = found
        self.urls[requirement.name] = requirement.url
        self.locked_as[requirement.name] = requirement.locked_as

    def admit_direct(self, requirement: Requirement) -> None:
        """Let a direct reference in that is the user's too; raises StopError for any other."""
        assert requirement.url is not None
        known = self.urls.get(requirement.name)
        if known is None or not (requirement.name in self._overridden or same_resource(known, requirement.url)):
            detail = "a direct reference in a package's metadata" if known is None else "two direct references"
            raise StopError(Outcome.ABORTED, Unavailable(failure=Failure.INVALID, file=requirement.name, detail=detail))

    def requirements(self, metadata: Metadata) -> list[Requirement] | None:
        """The requirements as uv reads them, with common slips mended; None if one cannot be read at all."""
        identity = f"{metadata.name} {metadata.file or metadata.version}"
        if identity not in self._parsed:
            if any(map(is_too_deep, metadata.requires_dist)):
                raise StopError(Outcome.UNKNOWN, too_complex(metadata.file or f"{metadata.name}=={metadata.version}"))
            read = [lenient_requirement(text) for text in metadata.requires_dist]
            known = [one for one in read if one is not None]
            self._parsed[identity] = None if None in read else self._with_sources(known, metadata)
        return self._parsed[identity]

    def groups(self, metadata: Metadata) -> dict[NormalizedName, list[Requirement]]:
        """What the dependency groups of a source tree require, as far as that can be read; nobody installs them."""
        found = {}
        for group, listed in metadata.groups.items():
            read = (lenient_requirement(text) for text in listed if not is_too_deep(text))
            name = canonicalize_name(group)
            found[name] = self._with_sources([one for one in read if one is not None], metadata, name)
        return found

    def _with_sources(
        self, requirements: list[Requirement], metadata: Metadata, group: NormalizedName | None = None
    ) -> list[Requirement]:
        """What a source tree requires, itself or in a group, its own sources applied."""
        if not metadata.sources:
            return requirements
        sourced = (
            msgspec.structs.replace(
                one, sources=tuple(s for s in metadata.sources.get(one.name, ()) if s.group in (None, group))
            )
            for one in requirements
        )
        without = self._question.options.no_sources
        try:
            return list(applied(sourced, self._profile, gated=True, without=without))
        except InputError as error:  # its build would end so
            failure = Unavailable(failure=Failure.INVALID, file=metadata.name, detail=str(error))
            raise StopError(Outcome.ABORTED, failure) from None

    @staticmethod
    def python_range(requires_python: str) -> Range:
        """The Pythons a Requires-Python admits, by release parts."""
        specifiers = lenient_specifier(requires_python)
        return ranges.NOTHING if specifiers is None else ranges.release_ranges(specifiers)

    @staticmethod
    def python_miss(requires_python: str) -> tuple[Exclusion, ...]:
        """The exclusion that a too new Requires-Python is."""
        return (Exclusion(reason=Reason.REQUIRES_PYTHON, value=requires_python),)
