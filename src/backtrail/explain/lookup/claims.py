"""Whether the statements of an error message are true of an index at a date, and what they leave unsaid: no solve."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain.evidence.available_releases import Stock
from backtrail.explain.evidence.releases import Releases
from backtrail.explain.evidence.wheel_misses import reason_shown
from backtrail.explain.lookup.selection import versions
from backtrail.index.files.file_metadata import read_metadata, requirements_in_force
from backtrail.model.files import File, FileKind, Listing, NotRecordedError, Unreadable
from backtrail.model.log import (
    CheckedMessage,
    CheckedStatement,
    Claim,
    Contrary,
    Log,
    Open,
    Standing,
    Statement,
    Unsaid,
)
from backtrail.model.metadata import Metadata
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement, specifier_set
from backtrail.model.source import Source
from backtrail.model.verdict import Exclusion, Reason
from backtrail.resolvers.registry import resolver_of
from backtrail.standards.lenient import lenient_requirement
from backtrail.standards.wheel_tags import CLOSENESS

_NEWEST = 8
"""Versions whose metadata is read for one statement."""

_SHOWN = 3
"""Versions that are told of those which speak against a statement."""

_MINORS = 40
_YANKED = re.compile(r" (?:was|were|is|are) yanked\b")
_OF_FILES = re.compile(
    r"\b(?:has|have) no (?:usable |compatible )?(?:wheels|source distribution|distributions?|built)|no wheels with|"
    r"\brequires? Python\b|\bPython\b.* version|cannot be used$"
)
"""The reasons that pages tell; uv has others, which only reading or building a version shows."""

_CUT_OFF = frozenset({Reason.EXCLUDE_NEWER, Reason.NO_UPLOAD_TIME})


class _Place(NamedTuple):
    listing: Listing
    place: int


def checked(log: Log, question: Question, policy: Policy, source: Source) -> CheckedMessage:
    """Every statement of a log's error message, checked as the resolver sees the index with the question's cut-off."""
    return _Claims(log, question, policy, source).checked()


class _Claims:
    def __init__(self, log: Log, question: Question, policy: Policy, source: Source) -> None:
        self._log = log
        self._question = question
        self._source = source
        self._resolver = resolver_of(policy)
        self._stock = Stock(question, policy, source)
        self._releases = Releases(question, policy, source)
        self._versions: dict[NormalizedName, dict[Version, list[_Place]]] = {}
        self._refused: dict[tuple[NormalizedName, Version], tuple[Exclusion, ...]] = {}
        self._unsaid: dict[tuple[NormalizedName, Version], tuple[Exclusion, ...]] = {}
        self._said: set[tuple[NormalizedName, Version]] = set()

    def checked(self) -> CheckedMessage:
        names = dict.fromkeys(name for one in self._log.statements for name in _names(one))
        indexes = self._question.searched
        for index in self._resolver.behaviour.index_order(indexes):
            self._source.want_pages(index, [name for name in names if indexes.only(name) is None])
        found = tuple(map(self._check, self._log.statements))
        return CheckedMessage(
            statements=found, unsaid=tuple(self._left_unsaid()), moment=self._question.options.exclude_newer
        )

    def _check(self, said: Statement) -> CheckedStatement:
        try:
            return self._checked(said)
        except NotRecordedError:
            return _open(said, Open.UNREAD)

    def _checked(self, said: Statement) -> CheckedStatement:
        if said.requirement is not None and not said.needs_python and said.requirement.url is None:
            self._look_for_hidden(said.requirement.name, (said.requirement.specifier,))
        match said.claim:
            case Claim.REQUIRED | Claim.CONSTRAINED:
                return _open(said, Open.OWN)
            case Claim.PYTHON:
                return self._of_python(said)
            case Claim.NOT_FOUND:
                return self._of_versions(said, ("",), self._none)
            case Claim.NONE:
                return self._of_versions(said, _ranges(said), self._none)
            case Claim.ONLY:
                return self._of_versions(said, _ranges(said), self._only)
            case Claim.UNUSABLE:
                return self._of_versions(said, _ranges(said), self._unusable)
            case Claim.DEPENDS:
                return self._of_versions(said, _ranges(said), self._depends)

    def _of_versions(
        self,
        said: Statement,
        ranges: tuple[str, ...],
        check: Callable[[Statement, NormalizedName, Sequence[Version]], CheckedStatement],
    ) -> CheckedStatement:
        """Check what is said of versions of a project: of those in some ranges that exist."""
        if said.name is None or not ranges:
            return _open(said, Open.RANGE)
        if any(isinstance(page, Unreadable) for page in self._stock.look(said.name).pages):
            return _open(said, Open.UNREAD)
        self._look_for_hidden(said.name, ranges)
        return check(said, said.name, self._existing(said.name, ranges))

    def _none(self, said: Statement, name: NormalizedName, inside: Sequence[Version]) -> CheckedStatement:
        return _stands(said, map(_there, self._usable(name, inside)))

    def _only(self, said: Statement, name: NormalizedName, inside: Sequence[Version]) -> CheckedStatement:
        every = self._existing(name, ("",))
        within = frozenset(inside)
        outside = [one for one in every if one not in within]
        self._note(name, outside)
        if not inside:
            return self._gone(said, name)
        return _stands(said, map(_there, self._usable(name, outside)))

    def _unusable(self, said: Statement, name: NormalizedName, inside: Sequence[Version]) -> CheckedStatement:
        if not inside:
            return self._gone(said, name)
        if _YANKED.search(said.text):
            self._said.update((name, one) for one in inside)
            kept = [one for one in inside if Reason.YANKED not in _reasons(self._exclusions(name, one))]
            return _stands(said, map(_there, kept))
        if not _OF_FILES.search(said.text):
            return _open(said, Open.REASON)
        self._said.update((name, one) for one in inside)
        return _stands(said, map(_there, self._usable(name, inside)))

    def _of_python(self, said: Statement) -> CheckedStatement:
        if said.versions is None:
            return _open(said, Open.RANGE)
        python = self._question.target.python
        admits = _contains(said.versions, Version(python))
        return _stands(said, [Contrary(version=python)] if admits else [])

    # What a version requires

    def _depends(self, said: Statement, name: NormalizedName, inside: Sequence[Version]) -> CheckedStatement:
        requirement = said.requirement
        if requirement is None:
            return _open(said, Open.RANGE)
        if not inside:
            return self._gone(said, name)
        if said.needs_python:
            self._said.update((name, one) for one in inside)
            return self._needs_python(said, name, inside, requirement)
        # "All versions" are those that the tool looks at: of the others, nothing is stated.
        meant = self._usable(name, inside) or inside
        looked = meant[:_NEWEST]
        files = {one: file for one in looked if (file := self._file(name, one)) is not None}
        self._source.want_metadata(files.values())
        contrary: list[Contrary] = []
        read = 0
        for version, file in files.items():
            metadata = read_metadata(file, self._source, legacy=True)
            if metadata is not None:
                read += 1
                contrary += self._against(requirement, said.extras, version, metadata)
        if not read:
            return _open(said, Open.UNREAD)
        return _stands(said, contrary, read=read, existing=len(meant))

    def _against(
        self, requirement: Requirement, extras: Iterable[str], version: Version, metadata: Metadata
    ) -> Iterator[Contrary]:
        """That a version requires something else; nothing where it requires what is stated, whatever the words."""
        in_force = [*requirements_in_force(metadata, extras, self._question.target)]
        own = [one for one in in_force if one.name == requirement.name]
        if any(self._same(requirement, one) for one in own):
            return
        texts = [one.text for one in own] or [
            text
            for text in metadata.requires_dist
            if (one := lenient_requirement(text)) is not None and one.name == requirement.name
        ]
        yield Contrary(version=str(version), requirement=", ".join(texts))

    def _same(self, stated: Requirement, read: Requirement) -> bool:
        """Whether two requirements admit the same of what is there; where nothing is, whether they say the same."""
        if stated.url is not None or read.url is not None:
            return stated.url == read.url
        there = self._all(stated.name)
        if not there:
            return stated.specifiers == read.specifiers
        return all(self._resolver.admits(stated, one) is self._resolver.admits(read, one) for one in there)

    def _needs_python(
        self, said: Statement, name: NormalizedName, inside: Sequence[Version], requirement: Requirement
    ) -> CheckedStatement:
        """Whether files need the Python that is stated; uv says no more of it than where it begins."""
        stated = _first_minor(requirement.specifier)
        contrary: list[Contrary] = []
        for version in inside:
            needs = {file.requires_python or "" for file in self._files(name, version)}
            if needs and all(_first_minor(one) != stated for one in needs):
                texts = (f"Python{one}" for one in sorted(needs) if one)
                contrary.append(Contrary(version=str(version), requirement=", ".join(texts)))
        return _stands(said, contrary)

    # What there is

    def _gone(self, said: Statement, name: NormalizedName) -> CheckedStatement:
        if any(one.name == name for one in self._log.direct):
            return _open(said, Open.REFERENCE)
        if not self._all(name):
            return _open(said, Open.ABSENT)
        return CheckedStatement(statement=said, standing=Standing.CHANGED, because=Open.GONE)

    def _all(self, name: NormalizedName) -> dict[Version, list[_Place]]:
        """Every version that the resolver sees, whatever speaks against it."""
        if name not in self._versions:
            look = self._stock.look(name)
            pages = [page for page in look.pages if isinstance(page, Listing)]
            if self._resolver.behaviour.stops_at_first_index(self._question.options):
                pages = pages[:1]
            found = versions((*pages, *look.links))
            self._versions[name] = {
                one: [_Place(*place) for place in found[one]] for one in sorted(found, reverse=True)
            }
        return self._versions[name]

    def _existing(self, name: NormalizedName, ranges: Iterable[str]) -> list[Version]:
        """The versions in one of some ranges that the cut-off leaves, the newest first."""
        return [one for one in self._within(name, ranges) if not _CUT_OFF & _reasons(self._exclusions(name, one))]

    def _within(self, name: NormalizedName, ranges: Iterable[str]) -> list[Version]:
        asked = tuple(ranges)
        return [one for one in self._all(name) if any(_contains(each, one) for each in asked)]

    def _usable(self, name: NormalizedName, among: Iterable[Version]) -> list[Version]:
        return [one for one in among if not self._exclusions(name, one)]

    def _exclusions(self, name: NormalizedName, version: Version) -> tuple[Exclusion, ...]:
        """Why a version is not taken, none where it is: by its files, or since it is a pre-release."""
        key = (name, version)
        if key not in self._refused:
            of_places = [self._of_place(*place) for place in self._all(name)[version]]
            refused = () if not all(of_places) else of_places[0]
            if not refused and version.is_prerelease and not self._takes_prereleases(name):
                refused = (Exclusion(reason=Reason.PRERELEASE),)
            self._refused[key] = refused
        return self._refused[key]

    def _of_place(self, listing: Listing, place: int) -> tuple[Exclusion, ...]:
        return self._releases.hiding(listing, place) or self._releases.exclusions(listing, listing.versions[place])

    def _takes_prereleases(self, name: NormalizedName) -> bool:
        """Whether pre-releases of a project count: all do, some line names one, or there is nothing else."""
        mode = self._question.options.prereleases(name)
        if mode in ("allow", "disallow"):
            return mode == "allow"
        lines = (*self._question.requirements, *self._question.constraints)
        named = any(one.name == name and one.specifiers.prereleases for one in lines)
        return named or all(one.is_prerelease for one in self._all(name))

    def _file(self, name: NormalizedName, version: Version) -> File | None:
        """The file that says what a version requires: that which the resolver reads, else any."""
        files = self._files(name, version)
        read = self._resolver.described_by(files, self._question.target, self._question.options)
        return read or next((one for one in files if one.kind is FileKind.WHEEL), next(iter(files), None))

    def _files(self, name: NormalizedName, version: Version) -> tuple[File, ...]:
        listing, place = self._all(name)[version][0]
        return listing.files(place)

    # What is unsaid

    def _look_for_hidden(self, name: NormalizedName, ranges: Iterable[str]) -> None:
        self._note(name, self._within(name, ranges))

    def _note(self, name: NormalizedName, among: Iterable[Version]) -> None:
        for version in among:
            exclusions = self._exclusions(name, version)
            if exclusions:
                self._unsaid[name, version] = exclusions

    def _left_unsaid(self) -> Iterator[Unsaid]:
        """The versions that are not taken and that no statement is about, by project and reason."""
        groups: dict[tuple[NormalizedName, Reason], dict[Version, str]] = {}
        for (name, version), exclusions in self._unsaid.items():
            if (name, version) not in self._said:
                reason, value = self._main(name, version, exclusions[0])
                groups.setdefault((name, reason), {})[version] = value
        for (name, reason), found in groups.items():
            values = set(found.values())
            yield Unsaid(
                project=name,
                reason=reason,
                value=values.pop() if len(values) == 1 else "",
                versions=tuple(map(str, sorted(found, reverse=True))),
            )

    def _main(self, name: NormalizedName, version: Version, first: Exclusion) -> tuple[Reason, str]:
        """The reason to tell; of wheels that do not fit, what most of them miss."""
        if first.reason not in CLOSENESS:
            return first.reason, first.value
        target = self._question.target
        wheels = [one for one in self._files(name, version) if one.kind is FileKind.WHEEL]
        missed = Counter(reason_shown(first.reason, one, target) for one in wheels)
        return missed.most_common(1)[0][0] if missed else first.reason, ""


def _names(said: Statement) -> Iterator[NormalizedName]:
    if said.name is not None:
        yield said.name
    if said.requirement is not None and not said.needs_python:
        yield said.requirement.name


def _ranges(said: Statement) -> tuple[str, ...]:
    return said.ranges if said.versions is None else (said.versions,)


def _open(said: Statement, because: Open) -> CheckedStatement:
    return CheckedStatement(statement=said, standing=Standing.OPEN, because=because)


def _stands(said: Statement, contrary: Iterable[Contrary], *, read: int = 0, existing: int = 0) -> CheckedStatement:
    against = tuple(contrary)
    standing = Standing.CHANGED if against else Standing.TRUE
    return CheckedStatement(statement=said, standing=standing, contrary=against[:_SHOWN], read=read, existing=existing)


def _there(version: Version) -> Contrary:
    return Contrary(version=str(version))


def _reasons(exclusions: Iterable[Exclusion]) -> frozenset[Reason]:
    return frozenset(one.reason for one in exclusions)


def _contains(specifier: str, version: Version) -> bool:
    return specifier_set(specifier).contains(version, prereleases=True)


def _first_minor(specifier: str) -> int | None:
    """The first Python 3 that a specifier admits, None: it cannot be read, or admits none."""
    try:
        read = SpecifierSet(specifier)
    except InvalidSpecifier:
        return None
    return next((minor for minor in range(_MINORS) if read.contains(f"3.{minor}")), None)
