"""One project in a lock: what is held, who asks for it, by which way, and how that stands to an answer of now."""

import re
from collections import deque
from collections.abc import Collection, Sequence
from itertools import chain

import msgspec
from packaging.specifiers import InvalidSpecifier
from packaging.utils import NormalizedName
from packaging.version import InvalidVersion, Version

from backtrail.model.locked import (
    LockedEdge,
    LockedProject,
    LockedVersion,
    LockFile,
    LockFormat,
    LockStanding,
    SolvedAgain,
)
from backtrail.model.requirement import Requirement, holds
from backtrail.model.run import Run
from backtrail.model.target import Target
from backtrail.model.trail import Outcome

_QUOTED = re.compile(r"""["']([^"']+)["']""")


def locked_project(
    lock: LockFile,
    subject: Requirement,
    target: Target,
    own: Sequence[Requirement] = (),
    constraints: Sequence[Requirement] = (),
    fresh: Run | None = None,
) -> LockedProject:
    """What a lock says of a project.

    ``own`` and ``constraints`` are what its inputs say, ``fresh`` what they give now; None: they are not here.
    """
    held = lock.of(subject.name)
    counting = [one for one in held if counts(one, target)]
    here = counting[0] if counting else None
    edges = _all_edges(lock, own, constraints)
    askers = tuple(one for one in edges if one.name == subject.name and _is_about(one, here))
    return LockedProject(
        file=lock.file,
        format=lock.format,
        made_by=lock.made_by,
        name=subject.name,
        held=held,
        here=here,
        fits=None if here is None else _fits(subject, here),
        says_askers=lock.says_askers or bool(askers),
        askers=askers,
        path=_path(lock.local, edges, askers),
        inputs=lock.origins if fresh is not None else (),
        again=None if fresh is None else _again(lock, here, subject.name, target, fresh),
    )


def counts(one: LockedVersion, target: Target) -> bool:
    """Whether a version counts for the target, with some extras and groups; where that cannot be said, it may."""
    words = frozenset(_QUOTED.findall(one.marker))
    chosen = dict.fromkeys(("extras", "dependency_groups"), words)
    return not one.marker or holds(one.marker, {**target.markers, **chosen}, words) is not False


def _fits(subject: Requirement, here: LockedVersion) -> bool | None:
    try:
        return here.version is not None and subject.specifiers.contains(Version(here.version), prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return None


def _is_about(edge: LockedEdge, here: LockedVersion | None) -> bool:
    """Whether an edge leads to the version that counts; one that names no version leads to every one."""
    return here is None or edge.version in (None, here.version)


# Who asks


def _all_edges(
    lock: LockFile, own: Sequence[Requirement], constraints: Sequence[Requirement]
) -> tuple[LockedEdge, ...]:
    """Who asks for what: of the user's own what the inputs say, in words and with places that a lock lacks."""
    local = lock.local
    said = [
        *(_own_edge(one, constraint=False) for one in own),
        *(_own_edge(one, constraint=True) for one in constraints),
    ]
    known = {(one.name, one.constraint) for one in said}
    others = (one for one in lock.edges if not (_is_own(one, local) and (one.name, one.constraint) in known))
    return (*said, *others)


def _own_edge(one: Requirement, *, constraint: bool) -> LockedEdge:
    origin = None if one.origin is None or one.origin.file is None else str(one.origin)
    return LockedEdge(
        name=one.name, specifier=one.specifier, marker=one.marker or "", origin=origin, constraint=constraint
    )


def _is_own(edge: LockedEdge, local: Collection[str]) -> bool:
    """Whether it is the user, or a project of the user's, who asks."""
    return edge.by is None or edge.by in local


def _path(local: Collection[str], edges: Sequence[LockedEdge], askers: Sequence[LockedEdge]) -> tuple[LockedEdge, ...]:
    """The shortest way from the user's own requirement: who asks for whom, the user first."""
    waiting: deque[tuple[LockedEdge, ...]] = deque((one,) for one in askers if not one.constraint)
    seen = {way[0].by for way in waiting}
    while waiting:
        way = waiting.popleft()
        by = way[0].by
        if _is_own(way[0], local):
            return way
        for one in edges:
            if one.name == by and not one.constraint and one.by not in seen:
                seen.add(one.by)
                waiting.append((one, *way))
    return ()


# What solving again gives


def _again(lock: LockFile, here: LockedVersion | None, name: NormalizedName, target: Target, fresh: Run) -> SolvedAgain:
    changes, compared = _changes(lock, target, fresh)
    pin = fresh.pin(name)
    version = None if pin is None else pin.version
    if fresh.outcome is not Outcome.SOLVED:
        standing = LockStanding.UNKNOWN
    elif here is not None and here.local:
        standing = LockStanding.SAME
    elif pin is None and here is None and lock.of(name) and fresh.lock is None:
        standing = LockStanding.ELSEWHERE
    elif pin is None:
        standing = LockStanding.GONE
    elif here is not None and _same(here.version, version):
        standing = LockStanding.SAME
    else:
        standing = LockStanding.MOVED
    return SolvedAgain(run=fresh.key, version=version, standing=standing, changes=changes, compared=compared)


def _changes(lock: LockFile, target: Target, fresh: Run) -> tuple[dict[str, tuple[str | None, str | None]], int]:
    """The versions that move, from and to, and how many projects were compared.

    Whether a project is gone is only known of a list, whose lines are all for the question's environment, and of a lock
    for all of them.
    """
    if fresh.outcome is not Outcome.SOLVED:
        return {}, 0
    before: dict[str, set[str]] = {}
    after: dict[str, set[str]] = {}
    for one in lock.versions:
        if not one.local and one.version is not None and (fresh.lock is not None or counts(one, target)):
            before.setdefault(one.name, set()).add(one.version)
    if fresh.lock is None:
        for pin in fresh.pins:
            after.setdefault(pin.name, set()).add(pin.version)
    else:
        local = lock.local
        for package in fresh.lock.packages:
            if package.name not in local and package.version is not None:
                after.setdefault(package.name, set()).add(package.version)
    whole = fresh.lock is not None or lock.format is LockFormat.COMPILED
    names = sorted({*after, *(before if whole else ())})
    moved = {name: (before.get(name, set()), after.get(name, set())) for name in names}
    changes = {name: (_text(old - new), _text(new - old)) for name, (old, new) in moved.items() if not _alike(old, new)}
    return changes, len({*chain(before, after)})


def _alike(old: set[str], new: set[str]) -> bool:
    return set(map(_normal, old)) == set(map(_normal, new))


def _text(versions: set[str]) -> str | None:
    return ", ".join(sorted(versions)) or None


def _same(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and _normal(one) == _normal(other)


def _normal(text: str) -> object:
    try:
        return Version(text)
    except InvalidVersion:
        return text


def standing_with(project: LockedProject, kept: Run) -> LockedProject:
    """The project with what the inputs give where the versions of the lock are tried first: ``kept``."""
    again, here = project.again, project.here
    if again is None or here is None or again.standing is not LockStanding.MOVED:
        return project
    pin = kept.pin(project.name)
    held = pin is not None and _same(pin.version, here.version)
    standing = LockStanding.KEPT if held else LockStanding.REFUSED
    if kept.outcome is not Outcome.SOLVED:
        standing = LockStanding.UNKNOWN
    refused = tuple(one for one in (pin.requested_by if pin else ()) if _fits(one.requirement, here) is False)
    return msgspec.structs.replace(project, again=msgspec.structs.replace(again, standing=standing, refused_by=refused))
