"""The moment pip prepares a file: where metadata is read, which failures it survives (docs/pip.md 2.6, 4)."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote, urlsplit

from packaging.requirements import InvalidRequirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import InvalidVersion, Version

from backtrail.index import DEFAULT_INDEX
from backtrail.index.files.sdist import legacy_metadata, static_metadata
from backtrail.model.files import File, FileKind, Listing, Unreadable
from backtrail.model.metadata import Failure, Metadata, MetadataSource, SdistContents, Unavailable, too_complex
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement, UnforeseenError, is_too_deep, specifier_set
from backtrail.model.source import Source
from backtrail.model.trail import Outcome
from backtrail.resolvers.file_rules import accepted
from backtrail.resolvers.pip.behaviour import Preset, behaviour
from backtrail.resolvers.pip.candidates import Distribution
from backtrail.resolvers.pip.early_specifiers import is_read, legacy_specifiers, reader
from backtrail.resolvers.pip.recorder import Recorder
from backtrail.standards.wheel_tags import fit, wheel_name


class StopError(Exception):
    """The run ends here: ``outcome`` is aborted (the real tool stops) or unknown (we could not look)."""

    def __init__(self, outcome: Outcome, failure: Unavailable | Unreadable) -> None:
        """Remember how and why."""
        super().__init__(outcome.value)
        self.outcome = outcome
        self.failure = failure


class Preparer:
    """Turns files and direct references into distributions, one object each."""

    def __init__(self, source: Source, preset: Preset, question: Question, recorder: Recorder) -> None:
        """Nothing is read yet."""
        self._source = source
        self._preset = preset
        self._question = question
        self._recorder = recorder
        self._made: dict[str, Distribution] = {}
        self._discarded: dict[str, Unavailable] = {}
        self.checks_hashes = question.options.require_hashes or any(
            requirement.hashes for requirement in (*question.requirements, *question.constraints)
        )

    def made(self, file: File) -> Distribution | None:
        """The distribution of a file, None where it was not prepared, or in vain."""
        return self._made.get(file.url)

    def prepare(
        self, name: NormalizedName, file: File, hashes: frozenset[str], *, pinned: bool
    ) -> Distribution | Failure:
        """Read a file; INVALID: skip its version, INCONSISTENT: skip the file. Raises StopError for all other failures.

        ``hashes`` are the user's for the requirement that led here, ``pinned`` whether that one is exact.
        """
        made = self.made(file)
        if made is not None:
            return made
        if file.url in self._discarded:
            return Failure.INCONSISTENT
        self._recorder.prepared(name, file.version, file)
        if self.checks_hashes:
            _check_hashes(file, hashes, pinned=pinned)
        read = self._read(name, file)
        found = self._distribution(name, read, file=file) if isinstance(read, Metadata) else read
        if isinstance(found, Distribution):
            self._made[file.url] = found
            return found
        self._recorder.unusable(name, file.version, found)
        if found.failure is Failure.INCONSISTENT:
            self._discarded[file.url] = found
        return found.failure

    def supports(self, requirement: Requirement) -> bool:
        """Whether a direct reference can be used here: False for a wheel whose tags do not fit."""
        filename = unquote(urlsplit(requirement.url or "").path).rpartition("/")[2]
        wheel = wheel_name(filename) if filename.endswith(".whl") else None
        return wheel is None or isinstance(fit(wheel, self._question.target), int)

    def direct(self, requirement: Requirement) -> Distribution | None:
        """Read a direct reference; None where it is another project. Raises StopError."""
        assert requirement.url is not None
        place = _place(requirement.url)
        if place in self._made:
            made = self._made[place]
            return made if made.name == requirement.name else None
        found = behaviour(self._preset.policy).taken(self._source.direct(requirement), requirement)
        if isinstance(found, Unavailable):
            raise StopError(Outcome.UNKNOWN if found.failure.unknown else Outcome.ABORTED, found)
        self._recorder.prepared(requirement.name, found.version, None)
        self._check_named(found)
        if not self._is_of(requirement.name, found):
            return None
        distribution = self._distribution(requirement.name, found, url=requirement.url)
        if isinstance(distribution, Unavailable):
            raise StopError(Outcome.ABORTED, distribution)
        self._made[place] = distribution
        return distribution

    def _distribution(
        self, name: NormalizedName, metadata: Metadata, *, file: File | None = None, url: str | None = None
    ) -> Distribution | Unavailable:
        where = metadata.file or metadata.name
        if any(map(is_too_deep, metadata.requires_dist)):
            raise StopError(Outcome.UNKNOWN, too_complex(where))
        read = reader(self._preset.files)
        requires: tuple[Requirement, ...] = ()
        flaw = None
        try:
            stated = Version(metadata.version)
            requires = tuple(read(text) for text in metadata.requires_dist)
        except UnforeseenError as error:
            failure = Unavailable(failure=Failure.INVALID, file=where, detail=str(error)[:200])
            raise StopError(Outcome.ABORTED, failure) from None
        except (InvalidRequirement, InvalidVersion) as error:
            unread = next((text for text in metadata.requires_dist if not is_read(read, text)), str(error))
            flaw = Unavailable(failure=Failure.INVALID, file=where, detail=unread.partition("\n")[0][:200])
            if self._preset.skips_unreadable or isinstance(error, InvalidVersion):
                return flaw
        if file is not None and file.index == DEFAULT_INDEX and self._preset.checks_urls_at_once:
            refuse_references(requires, file)
        return Distribution(
            name=name,
            version=stated if file is None else Version(file.version),
            metadata=metadata,
            requires=requires,
            requires_python=self._python(metadata.requires_python),
            flaw=flaw,
            file=file,
            url=url,
        )

    def _python(self, text: str | None) -> SpecifierSet | None:
        """A Requires-Python; one that cannot be parsed is none."""
        if text and self._preset.files.knows_legacy_versions:
            text = legacy_specifiers(text) or text
        try:
            return specifier_set(text) if text and text.strip() else None
        except InvalidSpecifier:
            return None

    def _read(self, name: NormalizedName, file: File) -> Metadata | Unavailable:
        if file.kind is FileKind.WHEEL:
            found = self._source.metadata(file)
        elif self._question.options.build_sdists:
            self._recorder.read("build", name, file.version, file.filename)
            found = self._source.build(file)
        else:
            self._recorder.read("sdist", name, file.version, file.filename)
            found = self._unbuilt(name, file)
        if isinstance(found, Metadata):
            self._check_named(found)
            if self._is_of(name, found) and _version(found.version) == Version(file.version):
                return found
            says = f"its metadata says {found.name} {found.version}"[:200]
            return Unavailable(failure=Failure.INCONSISTENT, file=file.filename, detail=says)
        if found.failure is Failure.INCONSISTENT:
            return found
        looked = found.failure is Failure.STATUS and found.status is not None and found.status < 500
        raise StopError(Outcome.UNKNOWN if found.failure.unknown and not looked else Outcome.ABORTED, found)

    def _is_of(self, name: NormalizedName, metadata: Metadata) -> bool:
        """Whether metadata counts as that of the project in whose name it was read."""
        return self._goes_by_folder(metadata) or canonicalize_name(metadata.name) == name

    def _check_named(self, metadata: Metadata) -> None:
        if not self._goes_by_folder(metadata):
            refuse_nameless(metadata)

    def _goes_by_folder(self, metadata: Metadata) -> bool:
        beside = metadata.source is MetadataSource.METADATA_FILE and self._preset.reads_advertised
        return self._preset.names_by_folder and metadata.source.of_wheel and not beside

    def _unbuilt(self, name: NormalizedName, file: File) -> Metadata | Unavailable:
        """What the texts of an sdist or a wheel beside it say, in place of the build that pip would run."""
        contents = self._source.sdist(file)
        if not isinstance(contents, SdistContents):
            return contents
        static = static_metadata(contents, file)
        if static is not None:
            return static
        for wheel in self._wheels(name, file):
            found = self._source.metadata(wheel)
            if isinstance(found, Metadata):
                return found
        return legacy_metadata(contents, file, assumes=self._question.options.assumes_unbuilt)

    def _wheels(self, name: NormalizedName, file: File) -> list[File]:
        """A wheel of the same version for whatever machine, the last on the page, which is for the newest Python."""
        linked = file.index in self._question.indexes.find_links
        page = self._source.links(file.index, name) if linked else self._source.page(file.index, name)
        place = page.position.get(file.version) if isinstance(page, Listing) else None
        if not isinstance(page, Listing) or place is None:
            return []
        return [one for one in page.files(place) if one.kind is FileKind.WHEEL][-1:]


def verified(distribution: Distribution) -> bool:
    """Whether the metadata was read as pip would have read it: pip builds every sdist, whatever its texts say."""
    source = distribution.metadata.source
    if distribution.file is None or distribution.file.kind is FileKind.WHEEL:
        return source.verified
    return source in {MetadataSource.BUILT, MetadataSource.STAND_IN}


def refuse_nameless(metadata: Metadata) -> None:
    """End the run where metadata says no name."""
    if not metadata.name:
        failure = Unavailable(failure=Failure.INVALID, file=metadata.file or "", detail="no Name")
        raise StopError(Outcome.ABORTED, failure)


def refuse_references(requires: tuple[Requirement, ...], file: File) -> None:
    """End the run where a file of PyPI asks for a direct reference."""
    for requirement in requires:
        if requirement.url is not None:
            detail = f"a file of PyPI asks for {requirement.text}"[:200]
            raise StopError(Outcome.ABORTED, Unavailable(failure=Failure.INVALID, file=file.filename, detail=detail))


def _check_hashes(file: File, hashes: frozenset[str], *, pinned: bool) -> None:
    detail = None
    if not pinned:
        detail = "no exact version is required"
    elif not hashes:
        detail = "no hash is given"
    elif file.hashes and not accepted(file, hashes):
        detail = "no hash that is given is the file's"
    if detail is not None:
        raise StopError(Outcome.ABORTED, Unavailable(failure=Failure.HASH, file=file.filename, detail=detail))


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _place(url: str) -> str:
    """What equivalent references share: no credentials, the query sorted, of the fragment what changes the content."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme == "file":
        host = host.removeprefix("localhost")
    fragment: Mapping[str, str] = dict(parse_qsl(parts.fragment))
    kept = sorted((key, value) for key, value in fragment.items() if key in {"subdirectory", "md5", "sha256", "sha512"})
    return f"{parts.scheme}://{host}{parts.path}?{sorted(parse_qsl(parts.query))}#{kept}"
