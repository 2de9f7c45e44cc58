"""Two locks held against each other: which versions changed, and what in the locks goes with each change.

A lock is read, not solved: of a cause it is said that it stands there (``read``), and only of what follows from who
asks for whom that it suffices.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

import msgspec
from packaging.specifiers import InvalidSpecifier
from packaging.utils import NormalizedName
from packaging.version import InvalidVersion, Version

from backtrail.model.difference import Cause, Change, Difference, Event, EventKind, Kind
from backtrail.model.locked import LockedEdge, LockedVersion, LockFile, LockFormat
from backtrail.model.requirement import specifier_set
from backtrail.model.run import LOCK_FILE, Pin, Run
from backtrail.model.trail import Outcome


def compare_locks(old: LockFile, new: LockFile) -> Difference:
    """The versions that differ, with their causes as far as the locks say them."""
    locks = _Locks(old, new)
    return Difference(old=_run(old), new=_run(new), changes=tuple(locks.changes()), differs=tuple(locks.differs()))


def _run(lock: LockFile) -> Run:
    """A lock as the answer that it is."""
    pins = tuple(Pin(name=one.name, version=one.version) for one in lock.versions if one.version and not one.local)
    return Run(resolver=LOCK_FILE, profile=lock.format.value, basis="exact", outcome=Outcome.SOLVED, pins=pins)


class _Locks:
    """Both locks, with what is looked up in them again and again."""

    def __init__(self, old: LockFile, new: LockFile) -> None:
        self._old, self._new = _Lock(old), _Lock(new)
        self._made = max((one.uploaded for one in old.versions if one.uploaded), default=None)

    def differs(self) -> Iterator[Cause]:
        """What differs beside the versions: the range of Pythons, and the lines of the user's that both repeat."""
        old, new = (one.lock.requires_python for one in (self._old, self._new))
        if old is not None and new is not None and old != new:
            pythons = ((f"Python {old}",), (f"Python {new}",))
            yield Cause(kind=Kind.TARGET, about=None, old=pythons[0], new=pythons[1], read=True)
        for name in sorted(self._old.own & self._new.own):
            yield from self._own_line(name)

    def changes(self) -> Iterator[Change]:
        """Each version that is not in both locks, or counts elsewhere now."""
        for name in sorted(self._old.versions.keys() | self._new.versions.keys()):
            for was, now in _paired(self._old.versions.get(name, []), self._new.versions.get(name, [])):
                if was is None or now is None or not _is_same(was, now):
                    yield self._change(name, was, now)

    def _change(self, name: NormalizedName, was: LockedVersion | None, now: LockedVersion | None) -> Change:
        causes = tuple(dict.fromkeys(self._causes(name, was, now)))
        return Change(
            name=name,
            old=None if was is None else was.version or "",
            new=None if now is None else now.version or "",
            causes=causes,
            known=bool(causes),
        )

    def _causes(self, name: NormalizedName, was: LockedVersion | None, now: LockedVersion | None) -> Iterable[Cause]:
        old, new = (one.versions.get(name, []) for one in (self._old, self._new))
        if old and new and len(old) != len(new):
            return (_places(name, old, new),)
        if was is None or now is None:
            return self._asked_for(name, self._new if was is None else self._old)
        if was.version == now.version:
            return _elsewhere(was, now)
        forced = [*self._own_line(name, was, now), *self._by_askers(name, was, now), *_other_source(was, now)]
        return forced or [*self._released(name, was, now)] or self._by_moved(name)

    # A project that came or went

    def _asked_for(self, name: NormalizedName, there: "_Lock") -> Iterator[Cause]:
        """Who asks for a project in the one lock that has the version, as the other lock says it, too."""
        old, new = self._old, self._new
        askers = there.askers(name)
        if there.says_others and not askers:
            was, now = ((name,) if one is there else () for one in (old, new))
            yield Cause(kind=Kind.REQUIREMENTS, about=name, old=was, new=now, alone=True, read=True)
        for edge in askers:
            before, after = (one.words(name, edge.by) for one in (old, new))
            alone = not (before and after)  # asked for in both, it is for other environments or extras
            if edge.by is None and alone:
                yield Cause(kind=Kind.REQUIREMENTS, about=name, old=before, new=after, alone=True, read=True)
            else:
                by = edge.by or name
                versions = old.version(by), new.version(by)
                yield Cause(
                    kind=Kind.REQUESTER, about=by, old=before, new=after, versions=versions, alone=alone, read=True
                )

    # A project that moved

    def _own_line(
        self, name: NormalizedName, was: LockedVersion | None = None, now: LockedVersion | None = None
    ) -> Iterator[Cause]:
        """A line of the user's that is another, and forbids the version of the other lock."""
        old, new = self._old.edges(name, None), self._new.edges(name, None)
        if _specifiers(old) == _specifiers(new):
            return
        forced = was is None or _forbids(new, was) or (now is not None and _forbids(old, now))
        if forced:
            alone = was is not None and _forbids(new, was)
            before, after = (one.words(name, None) for one in (self._old, self._new))
            yield Cause(kind=Kind.REQUIREMENTS, about=name, old=before, new=after, alone=alone, read=True)

    def _by_askers(self, name: NormalizedName, was: LockedVersion, now: LockedVersion) -> Iterator[Cause]:
        """Packages whose requirement forbids the old version, or forbade the new one."""
        askers = dict.fromkeys(edge.by for edge in (*self._new.askers(name), *self._old.askers(name)))
        for by in askers:
            old, new = self._old.edges(name, by), self._new.edges(name, by)
            if by is None or _specifiers(old) == _specifiers(new):
                continue
            if _forbids(new, was) or _forbids(old, now):
                yield Cause(
                    kind=Kind.REQUESTER,
                    about=by,
                    old=self._old.words(name, by),
                    new=self._new.words(name, by),
                    versions=(self._old.version(by), self._new.version(by)),
                    alone=_forbids(new, was),
                    read=True,
                )

    def _released(self, name: NormalizedName, was: LockedVersion, now: LockedVersion) -> Iterator[Cause]:
        """A release that came after the old lock: its files were uploaded after all that are in that lock."""
        if self._made is not None and now.uploaded is not None and now.uploaded > self._made and _is_newer(was, now):
            event = Event(kind=EventKind.RELEASED, project=name, version=now.version)
            yield Cause(kind=Kind.INDEX, about=name, events=(event,), read=True)

    def _by_moved(self, name: NormalizedName) -> Iterator[Cause]:
        """Packages that ask for the project and moved themselves, in locks that do not say in which words they ask."""
        for edge in self._new.askers(name):
            by = edge.by
            if by is None or edge.specifier is not None or not self._old.edges(name, by):
                continue
            versions = self._old.version(by), self._new.version(by)
            if versions[0] != versions[1]:
                yield Cause(kind=Kind.REQUESTER, about=by, old=(name,), new=(name,), versions=versions, read=True)


class _Lock:
    """A lock with its versions and edges by project; the user's own projects stand for the user."""

    def __init__(self, lock: LockFile) -> None:
        self.lock = lock
        local = lock.local
        self.versions: dict[NormalizedName, list[LockedVersion]] = {}
        for version in lock.versions:
            if not version.local:
                self.versions.setdefault(version.name, []).append(version)
        self.says_others = lock.format in (LockFormat.POETRY, LockFormat.PDM)
        """It says what packages ask for, and nothing of the user's: what no package asks for, the user does."""
        self._edges: dict[NormalizedName, list[LockedEdge]] = {}
        self._of: dict[tuple[NormalizedName, NormalizedName | None], list[LockedEdge]] = {}
        self.own = set[NormalizedName]()
        """What the user asks for, or bounds."""
        for written in lock.edges:
            by_user = written.by is None or written.by in local
            edge = msgspec.structs.replace(written, by=None, by_version=None) if by_user else written
            self._edges.setdefault(edge.name, []).append(edge)
            self._of.setdefault((edge.name, edge.by), []).append(edge)
            if by_user:
                self.own.add(edge.name)

    def askers(self, name: NormalizedName) -> list[LockedEdge]:
        """Who asks for a project; not what only bounds it."""
        return [one for one in self._edges.get(name, []) if not one.constraint]

    def edges(self, name: NormalizedName, by: NormalizedName | None) -> tuple[LockedEdge, ...]:
        """What one asks of a project."""
        return tuple(self._of.get((name, by), ()))

    def words(self, name: NormalizedName, by: NormalizedName | None) -> tuple[str, ...]:
        """What one asks of a project, in words."""
        return tuple(dict.fromkeys(map(_words, self.edges(name, by))))

    def version(self, name: NormalizedName) -> str | None:
        """The version of a project, empty where the lock names none, None where it is not there; several together."""
        found = self.versions.get(name)
        return None if found is None else ", ".join(one.version for one in found if one.version)


def _paired(
    old: Sequence[LockedVersion], new: Sequence[LockedVersion]
) -> Iterator[tuple[LockedVersion | None, LockedVersion | None]]:
    """The versions of a project, each with what became of it: those alike, those for the same place, then the rest."""
    left, right = list(old), list(new)
    for alike in (_is_same, _is_same_version, _is_same_place):
        for was in list(left):
            now = next((one for one in right if alike(was, one)), None)
            if now is not None:
                yield was, now
                left.remove(was)
                right.remove(now)
    yield from zip_longest(left, right)


def _is_same(was: LockedVersion, now: LockedVersion) -> bool:
    return _is_same_version(was, now) and _is_same_place(was, now) and not any(_other_source(was, now))


def _is_same_version(was: LockedVersion, now: LockedVersion) -> bool:
    return was.version == now.version


def _is_same_place(was: LockedVersion, now: LockedVersion) -> bool:
    return was.marker == now.marker


def _elsewhere(was: LockedVersion, now: LockedVersion) -> Iterator[Cause]:
    """The same version, from another place or for other environments."""
    yield from _other_source(was, now)
    if not _is_same_place(was, now):
        yield _places(was.name, [was], [now])


def _other_source(was: LockedVersion, now: LockedVersion) -> Iterator[Cause]:
    """Where a version is from, where both locks say it, and not the same."""
    if was.source != now.source and was.source is not None and now.source is not None:
        old, new = was.source.value, now.source.value
        yield Cause(kind=Kind.SOURCE, about=was.name, old=(old,), new=(new,), read=True)


def _places(name: NormalizedName, old: Iterable[LockedVersion], new: Iterable[LockedVersion]) -> Cause:
    """The versions of a project and where each counts, in both locks."""
    before, after = (tuple(map(_place, versions)) for versions in (old, new))
    return Cause(kind=Kind.MARKERS, about=name, old=before, new=after, read=True)


def _place(one: LockedVersion) -> str:
    """``1.0 where os_name == "nt"``, ``1.0 everywhere``; the place alone where no version is named."""
    place = f"where {one.marker}" if one.marker else "everywhere"
    return f"{one.version} {place}" if one.version else place


def _words(edge: LockedEdge) -> str:
    """``num>=1``; the name alone where the lock does not repeat the rest."""
    return f"{edge.name}{edge.specifier or ''}"


def _specifiers(edges: Iterable[LockedEdge]) -> frozenset[str | None]:
    return frozenset(edge.specifier for edge in edges)


def _forbids(edges: Iterable[LockedEdge], version: LockedVersion) -> bool:
    """Whether one of the requirements, in the words of the lock, is incompatible with a version."""
    try:
        parsed = Version(version.version or "")
        return any(
            edge.specifier and not specifier_set(edge.specifier).contains(parsed, prereleases=True) for edge in edges
        )
    except (InvalidVersion, InvalidSpecifier):
        return False


def _is_newer(was: LockedVersion, now: LockedVersion) -> bool:
    try:
        return Version(now.version or "") > Version(was.version or "")
    except InvalidVersion:
        return False
