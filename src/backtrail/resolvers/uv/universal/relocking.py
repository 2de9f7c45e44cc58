"""What is taken over from a lock that is there already: its versions, its forks, or nothing, and why."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import reduce
from typing import NamedTuple

import msgspec
from packaging.utils import NormalizedName
from packaging.version import InvalidVersion, Version

from backtrail.model.errors import InputError
from backtrail.model.lock import Lock, LockMetadata, LockPackage, LockRequirement, LockSource, Staleness
from backtrail.model.question import Question
from backtrail.resolvers.uv.marker_text import Reader
from backtrail.resolvers.uv.markers import FALSE, TRUE, Node
from backtrail.resolvers.uv.universal.lock_options import cut_off_changed
from backtrail.resolvers.uv.universal.marker_relations import python_marker
from backtrail.resolvers.uv.universal.preferences import Preference
from backtrail.resolvers.uv.universal.python_range import interval_of, pythons_of
from backtrail.resolvers.uv.versions import key

_Meant = frozenset[tuple[LockRequirement, Node]]


def _tells_groups(package: LockPackage) -> bool:
    return package.default_groups is not None or bool(package.group_pythons)


_Declared = dict[tuple[str, LockSource], tuple[object, ...]]


class Reused(NamedTuple):
    """Why a lock is solved again (None: it says what is asked), and what is taken over from it."""

    stale: Staleness | None
    versions: bool
    forks: tuple[Node, ...]


class OldLock:
    """A lock beside what is asked now; ``fresh`` is the lock that would be written of the same project."""

    def __init__(self, lock: Lock, question: Question, markers: Reader, fresh: Lock) -> None:
        """``fresh`` needs no packages but those of whose metadata a lock repeats what they declare."""
        self._lock = lock
        self._question = question
        self._markers = markers
        self._algebra = markers.algebra
        self._fresh = fresh
        assert question.target.pythons is not None, "a lock is for a range of Pythons"
        self._pythons = interval_of(question.target.pythons)
        self._possible = python_marker(self._algebra, self._pythons.range)
        # written without what requires-python says, they get it back
        old = python_marker(self._algebra, interval_of(pythons_of([lock.requires_python])).range)
        self._forks = tuple(self._algebra.both(self._markers.read(text), old) for text in lock.resolution_markers)

    def reused(self) -> Reused:
        """What is taken over, by the first thing that is not as it was."""
        stale = next(self._changes(), None)
        match stale:
            case Staleness.MODE | Staleness.UPGRADE:
                return Reused(stale, versions=False, forks=())
            case Staleness.COVERAGE | Staleness.PYTHON_APART | Staleness.ENVIRONMENTS | Staleness.CONFLICTS:
                return Reused(stale, versions=True, forks=())
            case Staleness.REQUIRES_PYTHON:
                return Reused(stale, versions=True, forks=())
            case _:
                return Reused(stale, versions=True, forks=self._forks)

    def _changes(self) -> Iterator[Staleness]:
        """What has changed, in uv's order."""
        lock, fresh, asked = self._lock, self._fresh, self._question.universal
        old, new = dict(lock.options), dict(fresh.options)
        if any(old.get(key) != new.get(key) for key in ("resolution-mode", "fork-strategy")):
            yield Staleness.MODE
        if cut_off_changed(lock, fresh):
            yield Staleness.CUT_OFF
        if asked.upgrade:
            yield Staleness.UPGRADE
        if self._forks and self._is_uncovered():
            yield Staleness.COVERAGE
        if any(self._algebra.both(fork, self._possible) is FALSE for fork in self._forks):
            yield Staleness.PYTHON_APART
        if (lock.supported_markers, lock.required_markers) != (fresh.supported_markers, fresh.required_markers):
            yield Staleness.ENVIRONMENTS
        if lock.conflicts != fresh.conflicts:
            yield Staleness.CONFLICTS
        if interval_of(pythons_of([lock.requires_python])) != self._pythons:
            yield Staleness.REQUIRES_PYTHON
        if old.get("prerelease-mode") != new.get("prerelease-mode") or lock.prereleases != fresh.prereleases:
            yield Staleness.PRERELEASES
        if asked.upgraded:
            yield Staleness.UPGRADE_PACKAGE
        if lock.members != fresh.members:
            yield Staleness.MEMBERS
        if self._manifest(lock) != self._manifest(fresh):
            yield Staleness.MANIFEST
        members = {one.name for one in asked.workspace.members} if asked.workspace is not None else ()
        if _differ(self._declared(lock), self._declared(fresh), members):
            yield Staleness.REQUIREMENTS

    def _manifest(self, lock: Lock) -> tuple[object, ...]:
        """What holds for the whole of a lock, and which groups of its projects are default ones or for some Pythons."""
        lines = (self._meant(lock.constraints), self._meant(lock.overrides), self._groups(lock.groups))
        of_groups = {one.name: (one.default_groups, one.group_pythons) for one in lock.packages if _tells_groups(one)}
        return *lines, lock.excludes, lock.declared, lock.default_groups, lock.group_pythons, of_groups

    def _declared(self, lock: Lock) -> _Declared:
        """What is declared by all that a lock has from elsewhere than an index or a commit.

        A project whose version only a build tells has its extras in the order of the build, which nobody knows.
        """
        found: _Declared = {}
        for package in lock.packages:
            if package.source.kind not in ("registry", "git"):
                said = package.metadata or LockMetadata()
                extras = said.extras if package.version is not None else tuple(sorted(said.extras))
                declared = (package.version, self._meant(said.requires), extras, self._groups(said.groups))
                found[package.name, package.source] = declared
        return found

    def _groups(self, groups: Mapping[str, Iterable[LockRequirement]]) -> dict[str, _Meant]:
        return {name: self._meant(lines) for name, lines in groups.items()}

    def _meant(self, lines: Iterable[LockRequirement]) -> _Meant:
        """Requirements by what their markers mean, which releases of uv write in different words."""
        replace, both, read = msgspec.structs.replace, self._algebra.both, self._markers.read
        return frozenset((replace(one, marker=""), both(read(one.marker or None), self._possible)) for one in lines)

    def _is_uncovered(self) -> bool:
        """Whether the lock's forks leave out something that is asked for now."""
        algebra = self._algebra
        texts = self._question.universal.environments
        supported = reduce(algebra.either, map(self._markers.read, texts), FALSE) if texts else TRUE
        asked = algebra.both(supported, self._possible)
        union = reduce(algebra.either, self._forks, FALSE)
        return algebra.both(asked, algebra.negate(union)) is not FALSE

    def preferences(self) -> Iterator[tuple[NormalizedName, Preference]]:
        """The versions of the lock, once for each marker under which it has them; none with ``--upgrade``."""
        if self._question.universal.upgrade:
            return
        for package in self._lock.packages:
            if package.version is None or package.name in self._question.universal.upgraded:
                continue
            registry = package.source.value if package.source.kind == "registry" else None
            version = key(_version(package))
            for text in package.resolution_markers or ("",):
                marker = self._markers.read(text or None)
                yield package.name, Preference(version, marker, registry=registry)


def _version(package: LockPackage) -> Version:
    try:
        return Version(package.version or "0")
    except InvalidVersion:
        raise InputError(f"uv.lock: {package.version!r} is not a version of {package.name}") from None


def _differ(old: _Declared, new: _Declared, members: Collection[str]) -> bool:
    """Whether projects of the workspace, or what they lead to, declare something else.

    A lock has nothing of an extra that nobody asks for; what it has besides shows in what asks for it.
    """
    own = {one for one in (*old, *new) if one[0] in members}
    return any(old.get(one) != new.get(one) for one in own | (old.keys() & new.keys()))
