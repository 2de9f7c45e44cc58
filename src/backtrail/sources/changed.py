"""The same world with a changed index: a release more or less, yanked or not, or with other metadata."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, KeysView, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec
from packaging.utils import NormalizedName

from backtrail.index.files.sdist import static_metadata
from backtrail.index.pages.parse import identify, version_key
from backtrail.model.files import Absent, File, FileKind, Listing, NotRecordedError, Page, Unreadable
from backtrail.model.forms import FILENAME, NAME, VERSION, WORDS, Form, Forms
from backtrail.model.index_change import IndexChange, Published, Removed, Restated, Unyanked, Yanked
from backtrail.model.metadata import Failure, Metadata, MetadataSource, SdistContents, Unavailable
from backtrail.model.question import Indexes, Question
from backtrail.model.requirement import Requirement
from backtrail.model.source import Source
from backtrail.sources.altered import Altered
from backtrail.sources.case_file import CONTENTS, Replay, World, belongs
from backtrail.sources.forwarding import Forwarding
from backtrail.standards.core_metadata import static_pkg_info

__all__ = ["INDEX_CHANGE_FORMS", "Changed", "changed_world", "spelled"]

_SECOND = timedelta(seconds=1)

_IS_WHOLE = Form(
    "a file of the project with what it holds",
    lambda one: belongs(one.file, one.project) and isinstance(one.says, Metadata) is (one.file.kind is FileKind.WHEEL),
)

INDEX_CHANGE_FORMS: Forms = {
    Published: {"project": NAME, "": _IS_WHOLE},
    Yanked: {"project": NAME, "version": VERSION, "reason": WORDS},
    Unyanked: {"project": NAME, "version": VERSION},
    Restated: {"project": NAME, "version": VERSION, "file": FILENAME},
    Removed: {"project": NAME, "version": VERSION},
    **CONTENTS,
}
"""The form of each field of what an index is asked to be otherwise in."""


def changed_world(recorded: World, questions: Sequence[Question]) -> World:
    """A recording as it were if the index had been what these questions ask, for who needs what was looked at."""
    source = Changed.of(Replay(recorded), questions)
    pages = {(index, name): source.page(index, name) for index, name in recorded.pages if name in source.concerned}
    links = {(place, name): source.links(place, name) for place, name in recorded.links if name in source.concerned}
    held = {
        key: page.trimmed(frozenset(_places(page)))
        for key, page in (*pages.items(), *links.items())
        if isinstance(page, Listing)
    }
    files = [file for page in held.values() for place in _places(page) for file in page.files(place)]
    told = [file for file in files if source.tells(file)]
    wheels, sdists = ([file for file in told if file.kind is kind] for kind in (FileKind.WHEEL, FileKind.SDIST))
    return msgspec.structs.replace(
        recorded,
        pages={**recorded.pages, **pages, **{key: held[key] for key in pages if key in held}},
        links={**recorded.links, **{key: held[key] for key in links}},
        metadata={
            **recorded.metadata,
            **{file.url: source.metadata(file) for file in wheels},
        },
        sdists={**recorded.sdists, **{file.url: source.sdist(file) for file in sdists}},
        builds={**recorded.builds, **{file.url: source.build(file) for file in told if file.url in recorded.builds}},
    )


def _places(listing: Listing) -> Iterator[int]:
    """Where the files of a listing are known."""
    for place in range(len(listing.versions)):
        with suppress(NotRecordedError):
            listing.files(place)
            yield place


def places_of(indexes: Indexes, project: NormalizedName) -> list[str]:
    """The indexes that a project may be on, in uv's order."""
    only = indexes.only(project)
    return [index for index in ((only,) if only else (*indexes.extra, indexes.default)) if index is not None]


class Changed(Forwarding):
    """A Source in which indexes and find-links locations are changed, one change after the other.

    A release is published on the first index that has the project, the default one asked last; where none has it on the
    default one, or the last that there is. It is uploaded when it was asked for, or just before a cut-off that is
    earlier. Yanked, unyanked, restated and removed is what any index and location has.
    """

    def __init__(
        self,
        inner: Source,
        changes: Iterable[IndexChange],
        *,
        indexes: Iterable[Indexes] = (),
        cut_offs: Iterable[str] = (),
    ) -> None:
        """``indexes`` and ``cut_offs`` (as of Options) are those of the questions that are asked of it."""
        super().__init__(inner)
        self._indexes = tuple(indexes)
        self._cut_off = min(cut_offs, default=None)
        self.unmade: list[Published] = []
        """What could not be published on the pages read so far: a recording lacks the version's other files."""
        self._changes: defaultdict[NormalizedName, list[IndexChange]] = defaultdict(list)
        self._speaking: list[Published | Restated] = []
        for change in changes:
            self._changes[change.project].append(change)
            if isinstance(change, Published | Restated):
                self._speaking.insert(0, change)
        self._pages: dict[tuple[str, NormalizedName], Page] = {}
        self._links: dict[tuple[str, NormalizedName], Listing] = {}
        self._said: dict[tuple[str, MetadataSource], Metadata] = {}

    @classmethod
    def of(cls, inner: Source, questions: Sequence[Question]) -> "Changed":
        """As these questions ask, which are one for several resolvers."""
        cut_offs = (question.options.exclude_newer for question in questions)
        return cls(
            inner,
            questions[0].index_changes,
            indexes=dict.fromkeys(question.indexes for question in questions),
            cut_offs=(one for one in cut_offs if one is not None),
        )

    @property
    def concerned(self) -> KeysView[NormalizedName]:
        """The projects of which something is otherwise."""
        return self._changes.keys()

    def tells(self, file: File) -> bool:
        """Whether a change says what a file holds."""
        return self._speaker(file) is not None

    # Pages

    def page(self, index: str, name: NormalizedName) -> Page:
        """See Source. What cannot be read is not known to be otherwise either."""
        if name not in self._changes:
            return self._inner.page(index, name)
        found = self._pages.get((index, name))
        if found is None:
            page = self._inner.page(index, name)
            if not isinstance(page, Unreadable):
                below = page if isinstance(page, Listing) else None
                page = self._altered(below, index, name) or Absent(index=index)
            found = self._pages[index, name] = page
        return found

    def links(self, location: str, name: NormalizedName) -> Listing:
        """See Source."""
        if name not in self._changes:
            return self._inner.links(location, name)
        found = self._links.get((location, name))
        if found is None:
            altered = self._altered(self._inner.links(location, name), location, name)
            found = self._links[location, name] = altered or Listing.of(name, location, ())
        return found

    def _altered(self, listing: Listing | None, place: str, name: NormalizedName) -> Listing | None:
        """What becomes of a listing; None: the place has no such project."""
        for change in self._changes[name]:
            match change:
                case Published():
                    if place in self._homes(name):
                        listing = self._published(listing or Listing.of(name, place, ()), change)
                case Removed(version=None):
                    listing = None
                case Removed():
                    listing = _with_files(listing, str(change.version), _gone)
                case Yanked():
                    listing = _with_files(listing, change.version, _setting("yanked", change.reason))
                case Unyanked():
                    listing = _with_files(listing, change.version, _setting("yanked", None))
                case Restated():
                    python = change.says.requires_python
                    listing = _with_files(listing, change.version, _setting("requires_python", python))
        return listing

    def _published(self, listing: Listing, change: Published) -> Listing:
        try:
            return _with(listing, self._dated(change.file))
        except NotRecordedError:
            if change not in self.unmade:
                self.unmade.append(change)
            return listing

    def _homes(self, name: NormalizedName) -> frozenset[str]:
        """Where releases of a project are published, by each of the questions."""
        return frozenset(self._home(indexes, name) for indexes in self._indexes)

    def _home(self, indexes: Indexes, name: NormalizedName) -> str:
        ordered = places_of(indexes, name)
        there = (index for index in ordered if isinstance(self._inner.page(index, name), Listing))
        return next(there, None) or (ordered or [*indexes.find_links, ""])[-1 if ordered else 0]

    def _dated(self, file: File) -> File:
        """A published file with the time of its upload."""
        if self._cut_off is None or (file.uploaded or "") < self._cut_off:
            return file
        return msgspec.structs.replace(file, uploaded=_before(self._cut_off))

    # Files

    def metadata(self, file: File) -> Metadata | Unavailable:
        """See Source."""
        match self._speaker(file):
            case Restated(says=says):
                return self._said_of(file, says, MetadataSource.METADATA_FILE)
            case Published(says=Metadata() as says):
                return says
            case _:
                return self._inner.metadata(file)

    def sdist(self, file: File) -> SdistContents | Unavailable:
        """See Source. Other metadata stands in PKG-INFO, for good (PEP 643); the other texts are those of the file."""
        match self._speaker(file):
            case Restated(says=says):
                return self._restated(file, says)
            case Published(says=SdistContents() as says):
                return says
            case _:
                return self._inner.sdist(file)

    def _restated(self, file: File, says: Metadata) -> SdistContents:
        held = (one.says for one in self._speaking if isinstance(one, Published) and one.file.url == file.url)
        contents = next(held, None) or self._inner.sdist(file)
        if not isinstance(contents, SdistContents):
            contents = SdistContents(file=file.filename)
        return msgspec.structs.replace(contents, pkg_info=static_pkg_info(says), egg_requires=None)

    def build(self, file: File, constraints: tuple[Requirement, ...] = ()) -> Metadata | Unavailable:
        """See Source. What is published here is not there to be built: it has what it says for good."""
        match self._speaker(file):
            case Restated(says=says):
                return self._said_of(file, says, MetadataSource.BUILT)
            case Published(says=SdistContents() as says):
                detail = "what is only published here is not built"
                return static_metadata(says, file) or Unavailable(
                    failure=Failure.BUILD_FORBIDDEN, file=file.filename, detail=detail
                )
            case _:
                return self._inner.build(file, constraints)

    def want_metadata(self, files: Iterable[File]) -> None:
        """See Source."""
        self._inner.want_metadata(file for file in files if self._speaker(file) is None)

    def _said_of(self, file: File, says: Metadata, source: MetadataSource) -> Metadata:
        """The same record each time: resolvers keep what they make of one."""
        found = self._said.get((file.url, source))
        if found is None:
            found = self._said[file.url, source] = msgspec.structs.replace(says, file=file.filename, source=source)
        return found

    def _speaker(self, file: File) -> Published | Restated | None:
        """The last change that says what a file holds; None: it says so itself."""
        return next((change for change in self._speaking if _speaks(change, file)), None)


def _speaks(change: Published | Restated, file: File) -> bool:
    if isinstance(change, Published):
        return change.file.url == file.url
    if version_key(change.version) != version_key(file.version):
        return False
    return not isinstance(identify(file.filename, change.project), str)


def _setting(field: str, value: str | None) -> Callable[[File], File]:
    return lambda file: msgspec.structs.replace(file, **{field: value})


def _with_files(listing: Listing | None, version: str, become: Callable[[File], File | None]) -> Listing | None:
    """A listing in which the files of a version become others, or None; as it is where it has no such version.

    So is what a recording does not hold: nobody knows its files.
    """
    found = None if listing is None else spelled(listing, version)
    if listing is None or found is None:
        return listing
    try:
        files = listing.files(listing.position[found])
    except NotRecordedError:
        if become is not _gone:
            return listing
        files = ()
    return Altered(listing, {found: tuple(new for new in map(become, files) if new is not None)})


def _gone(_: File) -> None:
    """What is removed."""


def _with(listing: Listing, file: File) -> Listing:
    """A listing with one file more, in place of the one of its name; raises NotRecordedError for the others."""
    found = spelled(listing, file.version)
    own = msgspec.structs.replace(file, index=listing.index, version=found or file.version)
    files = () if found is None else listing.files(listing.position[found])
    others = tuple(one for one in files if one.filename != file.filename)
    return Altered(listing, {own.version: (*others, own)})


def spelled(listing: Listing, version: str) -> str | None:
    """A version as the listing spells it (PEP 440: 1.0 is 1.0.0); None where it has no such version."""
    if version in listing.position:
        return version
    key = version_key(version)
    return next((one for one in listing.versions if version_key(one) == key), None)


def _before(moment: str) -> str:
    """A second before a moment."""
    try:
        return f"{(datetime.fromisoformat(moment.removesuffix('Z')) - _SECOND).isoformat()}Z"
    except OverflowError:
        return moment
