"""Why the versions of two locks differ: the old one is solved again with one change at a time.

A lock is made over the one before: its versions are tried first. So a version moves because of what is asked for now,
or because it was taken anew (``--upgrade``), itself or a project that requires it. Nothing is called a cause that alone
does not give the new version.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import msgspec
from packaging.utils import NormalizedName
from packaging.version import InvalidVersion, Version

from backtrail.explain.causes.exchanged import Part, Side, declared_parts
from backtrail.explain.causes.lifting import lift_line
from backtrail.index.pages.parse import normal_version
from backtrail.model.difference import Cause, Change, Difference, Event, EventKind, Kind, Unsolved
from backtrail.model.finding import Obstacle, ObstacleKind
from backtrail.model.locked import LockFile
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Run
from backtrail.model.trail import Outcome
from backtrail.resolvers.registry import resolver_of

Solve = Callable[[Question, Policy, tuple[Obstacle, ...]], Run]
"""Answers a question without some facts, for as long as there is time."""

_RESERVED = 2
"""Solves that are kept for what is left over: all is taken anew, up to now and up to what the new lock has."""

_ASKERS = 4
"""Packages that ask for a project and moved themselves, of which each is tried."""

_Uploads = Mapping[tuple[NormalizedName, str], str | None]
"""By project and version; None: some index does not say it."""


class _Answer(NamedTuple):
    """What is kept of an answer: a run of hundreds of packages is large, and there are as many as changes.

    ``asked``: what one project asks for, where that is of interest.
    """

    outcome: Outcome
    undecided: bool
    versions: Mapping[NormalizedName, frozenset[str]]
    asked: Mapping[NormalizedName, tuple[Requirement, ...]]
    uploads: _Uploads


class Sides(NamedTuple):
    """What each lock was made from, the versions of the old one tried first in both.

    ``renewed`` is the new one with the versions of the new lock tried first. ``same``: what the old one was made from
    is not known, and taken to be what the new one was.
    """

    old: Side
    new: Side
    renewed: Side
    same: bool


def with_causes(
    found: Difference, locks: tuple[LockFile, LockFile], sides: Sides, solve: Solve, *, budget: int
) -> Difference:
    """The difference with the causes that solving shows, in place of those that stand in the locks.

    ``solve`` is called at most ``budget`` times; what is left then is tried together. Where the old lock is no answer
    to what it was made from, nothing is known, and ``unsolved`` says so.
    """
    return _Causes(locks, sides, solve, budget).explained(found)


class _Causes:
    """Solves with one change at a time, each once."""

    def __init__(self, locks: tuple[LockFile, LockFile], sides: Sides, solve: Solve, budget: int) -> None:
        self._locks = locks
        self._sides = sides
        self._solve = solve
        self._left = budget
        self._spent = 0
        self._runs: dict[object, _Answer] = {}
        self._uploads: dict[str, _Uploads] = {}
        self._held = tuple(_held(lock, sides.new.question) for lock in locks)
        self._parts = dict(self._ordered(declared_parts(sides.old, sides.new)))
        self._until: str | None = None

    def explained(self, found: Difference) -> Difference:
        """See ``with_causes``."""
        sides = {"renewed": self._sides.renewed, "before": self._sides.old, "after": self._sides.new}
        for key, side in sides.items():
            run = self._run(key, side)
            if run is None:
                return self._told(found, found.changes, Unsolved.BUDGET)
            if run.outcome is not Outcome.SOLVED:
                return self._told(found, found.changes, Unsolved.UNREAD if run.undecided else Unsolved.NO_SOLUTION)
            self._uploads[key] = run.uploads
            if key == "before":
                self._until = _latest({**self._uploads["renewed"], **self._uploads["before"]})
        moved = {one.name for one in found.changes}
        self._left -= _RESERVED
        first = [self._change(one, moved) for one in found.changes]
        followed = [self._followed(one, moved) for one in first]
        self._left = max(self._left, 0) + _RESERVED
        return self._told(found, tuple(map(self._renewed, followed)), None)

    def _told(self, found: Difference, changes: tuple[Change, ...], unsolved: Unsolved | None) -> Difference:
        return msgspec.structs.replace(
            found,
            changes=changes,
            solves=self._spent,
            solved_with=self._sides.new.policy.key if unsolved is None else None,
            unsolved=unsolved,
        )

    def _change(self, change: Change, moved: Iterable[NormalizedName]) -> Change:
        old, new = (held.get(change.name, frozenset()) for held in self._held)
        if old == new:  # it counts elsewhere, or comes from another place
            return change
        causes = tuple(self._causes(change.name, old, new, frozenset(moved) - {change.name}))
        return msgspec.structs.replace(change, causes=causes, known=True) if causes else change

    def _followed(self, change: Change, moved: Iterable[NormalizedName]) -> Change:
        """A change that nothing was found for, with a project that it came with where that was taken anew."""
        old, new = (held.get(change.name, frozenset()) for held in self._held)
        if old == new or any(not cause.read for cause in change.causes):
            return change
        for by in sorted(moved):
            run = self._runs.get(("upgraded", by, False))
            if run is None or run.outcome is not Outcome.SOLVED or not self._is_known(change.name, old, new):
                continue
            if by != change.name and run.versions.get(change.name, frozenset()) == new:
                cause = Cause(kind=Kind.REQUESTER, about=by, versions=self._both(by), alone=True)
                return msgspec.structs.replace(change, causes=(cause,), known=True)
        return change

    def _renewed(self, change: Change) -> Change:
        """A change that nothing was found for, where it comes of all being taken anew together."""
        old, new = (held.get(change.name, frozenset()) for held in self._held)
        tried = any(not cause.read for cause in change.causes)
        if old == new or tried or not self._is_known(change.name, old, new):
            return change
        for dated in (False, True):
            if self._gives(("upgraded", None, dated), self._upgraded(None, dated=dated), change.name) == new:
                return msgspec.structs.replace(
                    change, causes=(Cause(kind=Kind.UPGRADE, about=None, alone=True),), known=True
                )
        return change

    def _is_known(self, name: NormalizedName, old: frozenset[str], new: frozenset[str]) -> bool:
        """Whether each lock is an answer to what it was made from, and what is asked for alone does not move it."""
        wanted = (("before", old, True), ("renewed", new, True), ("after", new, False))
        runs = ((self._runs[key], versions, same) for key, versions, same in wanted)
        return all((run.versions.get(name, frozenset()) == held) is same for run, held, same in runs)

    def _both(self, name: NormalizedName) -> tuple[str | None, str | None]:
        """The versions of a project in the old lock and in the new one."""
        before, after = (", ".join(sorted(held.get(name, ()))) or None for held in self._held)
        return before, after

    def _causes(
        self, name: NormalizedName, old: frozenset[str], new: frozenset[str], moved: frozenset[NormalizedName]
    ) -> Iterator[Cause]:
        before, after, renewed = (self._run(key, None) for key in ("before", "after", "renewed"))
        assert before is not None
        assert after is not None
        assert renewed is not None
        if renewed.versions.get(name, frozenset()) != new:
            return  # the new lock is no answer to what it was made from
        if before.versions.get(name, frozenset()) != old:
            if self._sides.same:
                yield from self._refused(name, old)
            return
        if after.versions.get(name, frozenset()) == new:
            yield from self._asked(name, new)
        else:
            yield from self._taken_anew(name, old, new, moved)

    # Solving

    def _run(
        self, key: object, side: Side | None, lifted: tuple[Obstacle, ...] = (), by: NormalizedName | None = None
    ) -> _Answer | None:
        """The answer of a side, solved once, with what a project asks for there; None: there is no budget."""
        if key not in self._runs:
            assert side is not None
            if self._left <= 0:
                return None
            self._left -= 1
            self._spent += 1
            run = self._solve(self._dated(side.question), side.policy, lifted)
            uploads = _uploads(run) if key in _WHOLE else {}
            asked = {} if by is None else _asked_by(run, by)
            self._runs[key] = _Answer(run.outcome, run.undecided, _versions(run), asked, uploads)
        return self._runs[key]

    def _gives(
        self,
        key: object,
        side: Side,
        name: NormalizedName,
        lifted: tuple[Obstacle, ...] = (),
        by: NormalizedName | None = None,
    ) -> object:
        """The versions that a side has of a project, None where it has no answer."""
        run = self._run(key, side, lifted, by)
        if run is None or run.outcome is not Outcome.SOLVED:
            return None
        return run.versions.get(name, frozenset())

    def _dated(self, question: Question) -> Question:
        """The question as of when the later lock was made, as far as the files tell."""
        known = [one for one in (self._until, question.options.exclude_newer) if one is not None]
        options = msgspec.structs.replace(question.options, exclude_newer=min(known, default=None))
        return msgspec.structs.replace(question, options=options)

    # What is asked for

    def _ordered(self, kinds: Mapping[Kind, list[Part]]) -> Iterator[tuple[object, Part]]:
        for part in chain.from_iterable(kinds.values()):
            yield (part.cause.kind, part.cause.about), part

    def _asked(self, name: NormalizedName, new: frozenset[str]) -> Iterator[Cause]:
        """The one change of what is asked for that gives the new version; else those that it is not there without."""
        parts = sorted(self._parts.items(), key=lambda one: one[1].cause.about != name)
        old, now = self._sides.old, self._sides.new
        for key, part in parts:
            if self._gives(("with", key), part.swap(old, now), name) == new:
                yield msgspec.structs.replace(part.cause, alone=True)
                return
        for key, part in parts:
            without = self._gives(("without", key), part.swap(now, old), name)
            if without is not None and without != new:
                yield part.cause

    def _refused(self, name: NormalizedName, old: frozenset[str]) -> Iterator[Cause]:
        """The lines of the user's that old versions are incompatible with: without one alone the old version stays."""
        side, held = self._sides.new, self._held[0]
        lines = (*side.question.requirements, *side.question.constraints)
        for line in sorted(lines, key=lambda one: one.name != name):
            if all(_admits(side.policy, line, version) for version in held.get(line.name, ())):
                continue
            lifted = side._replace(question=lift_line(side.question, line))
            if self._gives(("lifted", line), lifted, name) == old:
                yield Cause(kind=Kind.REQUIREMENTS, about=line.name, new=(line.text,), alone=True)
                return

    # What was taken anew

    def _taken_anew(
        self, name: NormalizedName, old: frozenset[str], new: frozenset[str], moved: frozenset[NormalizedName]
    ) -> Iterator[Cause]:
        """A project that requires it and was taken anew, else itself."""
        askers = list(self._askers(name, moved))[:_ASKERS]
        for dated in (False, True):
            for by in askers:
                if self._gives(("upgraded", by, dated), self._upgraded({by}, dated=dated), name, by=by) == new:
                    yield self._requester(name, by, old, dated=dated)
                    return
            upgraded = self._upgraded({name}, dated=dated)
            if self._gives(("upgraded", name, dated), upgraded, name, by=name) == new:
                yield from self._deciding(name, new, upgraded, dated=dated)
                yield self._upgrade(name, old, new, dated=dated)
                return

    def _deciding(self, name: NormalizedName, new: frozenset[str], upgraded: Side, *, dated: bool) -> Iterator[Cause]:
        """The options without which it would be another version that is taken anew."""
        for key, part in self._parts.items():
            if part.cause.kind is Kind.OPTIONS:
                swapped = part.swap(upgraded, self._sides.old)
                without = self._gives(("upgraded without", name, dated, key), swapped, name)
                yield from () if without in (None, new) else (part.cause,)

    @cached_property
    def _cut_offs(self) -> tuple[tuple[NormalizedName, str], ...]:
        """When the versions came that the new lock alone has: what came later was not taken, whenever that was."""
        old, new = self._held
        uploads = self._uploads["renewed"]
        came = {name: [uploads.get((name, one)) for one in new[name] - old.get(name, frozenset())] for name in new}
        return tuple((name, _after(max(filter(None, ups)))) for name, ups in came.items() if ups and None not in ups)

    def _askers(self, name: NormalizedName, moved: frozenset[NormalizedName]) -> Iterator[NormalizedName]:
        """Projects that moved and lead to one, the nearest first."""
        seen = [name]
        for one in seen:  # it grows meanwhile
            asking = (edge.by for lock in self._locks[::-1] for edge in lock.edges if edge.name == one)
            found = [by for by in dict.fromkeys(asking) if by is not None and by in moved and by not in seen]
            seen += found
            yield from found

    def _upgraded(self, names: set[NormalizedName] | None, *, dated: bool = False) -> Side:
        """What is asked for now, without the versions that the old lock has of some projects; None: of all.

        ``dated``: without what is newer than in the new lock.
        """
        question = self._sides.new.question
        if dated:
            options = question.options
            known = dict(options.exclude_newer_package)
            cut_offs = tuple((name, min(until, known.pop(name, until))) for name, until in self._cut_offs)
            options = msgspec.structs.replace(options, exclude_newer_package=(*known.items(), *cut_offs))
            question = msgspec.structs.replace(question, options=options)
        universal = msgspec.structs.replace(question.universal, upgrade=names is None, upgraded=frozenset(names or ()))
        return self._sides.new._replace(question=msgspec.structs.replace(question, universal=universal))

    def _requester(self, name: NormalizedName, by: NormalizedName, old: frozenset[str], *, dated: bool) -> Cause:
        """A project that moved, and in which words it asks for another."""
        run = self._run(("upgraded", by, dated), None)
        assert run is not None
        said = run.asked.get(name, ())
        forced = [one for one in said if any(not _admits(self._sides.new.policy, one, version) for version in old)]
        words = tuple(dict.fromkeys(f"{name}{one.specifier}" for one in forced or said))
        was = any((edge.by, edge.name) == (by, name) for lock in self._locks for edge in lock.edges)
        gone = (name,) if was and not words else ()
        return Cause(kind=Kind.REQUESTER, about=by, old=gone, new=words, versions=self._both(by), alone=True)

    def _upgrade(self, name: NormalizedName, old: frozenset[str], new: frozenset[str], *, dated: bool) -> Cause:
        """A release that came after the old lock; a yank; else that the old lock held the version."""
        made = _latest(self._uploads["before"])
        for version in sorted(new - old):
            came = self._uploads["renewed"].get((name, version))
            if made is not None and came is not None and came >= made:
                event = Event(kind=EventKind.RELEASED, project=name, version=version, uploaded=came)
                return Cause(kind=Kind.INDEX, about=name, events=(event,), alone=True)
        for gone in sorted(old - new):
            yanked = (Obstacle(kind=ObstacleKind.YANKED, text="", project=name, version=gone),)
            if self._gives(("unyanked", name, gone), self._upgraded({name}), name, yanked) == old:
                event = Event(kind=EventKind.YANKED, project=name, version=gone)
                return Cause(kind=Kind.INDEX, about=name, events=(event,), alone=True)
        return Cause(kind=Kind.UPGRADE, about=name, new=tuple(sorted(new - old)) if dated else (), alone=True)


def _held(lock: LockFile, question: Question) -> dict[NormalizedName, frozenset[str]]:
    """The versions of a lock; for one environment, those that count there."""
    from backtrail.explain.lookup.locked_project import counts

    found: dict[NormalizedName, set[str]] = {}
    for one in lock.versions:
        everywhere = question.target.pythons is not None
        if not one.local and one.version is not None and (everywhere or counts(one, question.target)):
            found.setdefault(one.name, set()).add(_normal(one.version))
    return {name: frozenset(versions) for name, versions in found.items()}


def _versions(run: Run) -> dict[NormalizedName, frozenset[str]]:
    """The versions of an answer."""
    found: dict[NormalizedName, set[str]] = {}
    if run.lock is not None:
        named = [(one.name, one.version) for one in run.lock.packages if one.source.kind not in _LOCAL]
    else:
        named = [(one.name, one.version) for one in run.lines or run.pins]
    for name, version in named:
        if version is not None:
            found.setdefault(NormalizedName(name), set()).add(_normal(version))
    return {name: frozenset(versions) for name, versions in found.items()}


_WHOLE = frozenset({"before", "after", "renewed"})
"""The answers of which every upload counts."""

_LOCAL = frozenset({"virtual", "editable", "directory"})


def _normal(version: str | None) -> str:
    return normal_version(version or "") or version or ""


def _asked_by(run: Run, by: NormalizedName) -> dict[NormalizedName, tuple[Requirement, ...]]:
    """What a project asks for in an answer, in every fork of it."""
    found: dict[NormalizedName, dict[Requirement, None]] = {}
    for pin in chain.from_iterable(one.pins for one in (run, *run.forks)):
        for asked in pin.requested_by:
            if asked.by == by:
                found.setdefault(pin.name, {})[asked.requirement] = None
    return {name: tuple(said) for name, said in found.items()}


def _admits(policy: Policy, requirement: Requirement, version: str) -> bool:
    try:
        return resolver_of(policy).admits(requirement, Version(version))
    except InvalidVersion:
        return True


def _uploads(run: Run) -> _Uploads:
    """When the files of an answer were uploaded, the last of each version."""
    found: dict[tuple[NormalizedName, str], str | None] = {}
    files = [((pin.name, pin.version), pin.file) for one in (run, *run.forks) for pin in one.pins if pin.file]
    for package in run.lock.packages if run.lock is not None else ():
        files += [((package.name, package.version or ""), file) for file in (package.sdist, *package.wheels) if file]
    for (name, version), file in files:
        key = name, _normal(version)
        known = found.get(key, file.uploaded)
        found[key] = None if None in (known, file.uploaded) else max(known or "", file.uploaded or "")
    return found


def _latest(uploads: _Uploads) -> str | None:
    """Right after the last upload, as a cut-off; None where an index does not say it of every file."""
    times = list(uploads.values())
    if not times or None in times:
        return None
    return _after(max(filter(None, times)))


def _after(time: str) -> str:
    """A second later, as a cut-off."""
    later = datetime.fromisoformat(time.removesuffix("Z")) + timedelta(seconds=1)
    return f"{later.isoformat(timespec='microseconds')}Z"
