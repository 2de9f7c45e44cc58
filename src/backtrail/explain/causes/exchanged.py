"""Why two Cases pin different versions: each thing that differs between them is exchanged, and solved again.

Nothing is called a cause that was not seen to work: the change alone gives the new pin, or without it the new pin is
not there. Where one Case did not look, the other's recording stands in: pages that it did not read, and files of
releases that both list with the same first upload.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec
from packaging.utils import NormalizedName, canonicalize_name

from backtrail.model.difference import Cause, Change, Difference, Event, EventKind, Kind
from backtrail.model.files import Absent, File, Listing, Page
from backtrail.model.index_change import IndexChange
from backtrail.model.installed import Installed, Renewal
from backtrail.model.policy import Mode, Policy
from backtrail.model.question import Options, Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Run
from backtrail.model.target import Target
from backtrail.model.workspace import Workspace
from backtrail.resolvers.registry import resolver_of
from backtrail.sources.case_file import World

__all__ = ["Part", "Side", "Solve", "compare", "declared_parts"]


class Side(NamedTuple):
    """One of two Cases: what is asked of which resolver, and the world."""

    question: Question
    policy: Policy
    world: World


Solve = Callable[[Side], Run]


class Part(NamedTuple):
    """One thing that differs, and how one side becomes like the other in it: ``swap(side, donor)``."""

    cause: Cause
    swap: Callable[[Side, Side], Side]


def compare(old: Side, new: Side, solve: Solve, *, budget: int) -> Difference:
    """Find the pins that differ, and by exchanging one thing after the other which of them decide.

    ``solve`` needs no trail; it is called at most ``budget`` times beyond the two runs themselves.
    """
    trial = _Trial(_joined(old, new), _joined(new, old), solve, budget)
    before, after = trial.old_run, trial.new_run
    kinds = _parts(trial.old, trial.new, before, after)
    differs = tuple(part.cause for parts in kinds.values() for part in parts)
    changes = tuple(_explained(change, kinds, trial) for change in _changed(before, after))
    return Difference(old=before, new=after, changes=changes, differs=differs, solves=trial.solves)


def _changed(before: Run, after: Run) -> Iterator[Change]:
    if before.undecided or after.undecided:
        return
    runs = (before, after)
    pinned = {pin.name for run in runs for pin in run.pins} | {line.name for run in runs for line in run.lines}
    for name in sorted(pinned):
        (old_version, old_file), (new_version, new_file) = _spoken(before, name), _spoken(after, name)
        if (old_version, old_file) != (new_version, new_file):
            yield Change(name=name, old=old_version, new=new_version, old_file=old_file, new_file=new_file)


def _spoken(run: Run, name: NormalizedName) -> tuple[str | None, str | None]:
    """The version and the file of a project; of a universal answer all versions, and the file that counts here."""
    pin = run.pin(name)
    file = None if pin is None or pin.file is None else pin.file.filename
    if run.mode is Mode.SPECIFIC:
        return None if pin is None else pin.version, file
    return ", ".join(dict.fromkeys(one.version for one in run.lines if one.name == name)) or None, file


# Exchanging


class _Trial:
    """Solves with parts exchanged, each set of parts once in each direction."""

    def __init__(self, old: Side, new: Side, solve: Solve, budget: int) -> None:
        self.old, self.new = old, new
        self._solve = solve
        self._left = budget
        self.solves = 0
        self.old_run, self.new_run = solve(old), solve(new)
        self._runs: dict[tuple[bool, tuple[tuple[Kind, str | None], ...]], Run | None] = {}

    def forward(self, parts: Iterable[Part]) -> Run | None:
        """The old Case with these parts of the new one; None: not known."""
        return self._run(tuple(parts), self.old, self.new)

    def backward(self, parts: Iterable[Part]) -> Run | None:
        """The new Case with these parts of the old one; None: not known."""
        return self._run(tuple(parts), self.new, self.old)

    def _run(self, parts: tuple[Part, ...], side: Side, donor: Side) -> Run | None:
        key = side is self.old, tuple((part.cause.kind, part.cause.about) for part in parts)
        if key not in self._runs:
            self._runs[key] = self._solved(parts, side, donor)
        return self._runs[key]

    def _solved(self, parts: tuple[Part, ...], side: Side, donor: Side) -> Run | None:
        if self._left <= 0:
            return None
        self._left -= 1
        self.solves += 1
        for part in parts:
            side = part.swap(side, donor)
        run = self._solve(side)
        return None if run.undecided else run


def _explained(change: Change, kinds: Mapping[Kind, list[Part]], trial: _Trial) -> Change:
    """The causes of one change. A kind that has several parts is exchanged as a whole first."""
    causes: list[Cause] = []
    known = True
    for kind, parts in kinds.items():
        whole = _seen(change, parts, trial)
        known = known and whole is not None
        if whole is None or not whole.matters:
            continue
        if len(parts) == 1:
            causes.append(msgspec.structs.replace(parts[0].cause, alone=whole.alone))
            continue
        single = []
        for part in sorted(parts, key=lambda one: one.cause.about != change.name):
            seen = _seen(change, [part], trial)
            known = known and seen is not None
            if seen is not None and seen.matters:
                single.append(msgspec.structs.replace(part.cause, alone=seen.alone))
            if seen is not None and seen.alone:
                break  # further ones are other ways to the same pin
        causes += [one for one in single if one.alone] or single or [Cause(kind=kind, about=None, alone=whole.alone)]
    return msgspec.structs.replace(change, causes=tuple(causes), known=bool(causes) or known)


class _Seen(NamedTuple):
    """``alone``: whether parts suffice, None: not known. ``matters``: that they do, or that it takes them."""

    alone: bool | None
    matters: bool


def _seen(change: Change, parts: list[Part], trial: _Trial) -> _Seen | None:
    """What exchanging parts does to a pin; None where neither direction is known."""
    forward = trial.forward(parts)
    alone = None if forward is None else _spoken(forward, change.name) == (change.new, change.new_file)
    if alone:
        return _Seen(alone=True, matters=True)
    backward = trial.backward(parts)
    needed = backward is not None and _spoken(backward, change.name) != (change.new, change.new_file)
    return None if forward is None and backward is None else _Seen(alone=alone, matters=needed)


# What differs


def _parts(old: Side, new: Side, before: Run, after: Run) -> dict[Kind, list[Part]]:
    found = declared_parts(old, new)
    found[Kind.INDEX] = list(_index_parts(old, new, before, after))
    return {kind: parts for kind in Kind if (parts := found.get(kind))}


def declared_parts(old: Side, new: Side) -> dict[Kind, list[Part]]:
    """What differs between two questions, whatever was recorded beside them."""
    return {
        Kind.REQUIREMENTS: list(_requirement_parts(old.question, new.question)),
        Kind.INDEX_CHANGES: list(_index_change_parts(old.question, new.question)),
        Kind.RESOLVER: list(_resolver_parts(old.policy, new.policy)),
        Kind.TARGET: list(_target_parts(old.question.target, new.question.target)),
        Kind.OPTIONS: [*_option_parts(old, new), *_workspace_parts(old.question, new.question)],
        Kind.INSTALLED: list(_installed_parts(old.question, new.question)),
    }


_LINES = ("requirements", "constraints", "overrides")


def _requirement_parts(old: Question, new: Question) -> Iterator[Part]:
    before, after = _lines_by_name(old), _lines_by_name(new)
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name, ()), after.get(name, ())
        if was != now:
            cause = Cause(kind=Kind.REQUIREMENTS, about=name, old=was, new=now)
            yield Part(cause, lambda side, donor, name=name: _with_lines(side, donor, name))  # type: ignore[misc]
    if before == after and _texts(old) != _texts(new):
        cause = Cause(kind=Kind.REQUIREMENTS, about=None, old=_texts(old), new=_texts(new))
        yield Part(
            cause, lambda side, donor: _with(side, **{field: getattr(donor.question, field) for field in _LINES})
        )


def _lines_by_name(question: Question) -> dict[NormalizedName, tuple[str, ...]]:
    found: dict[NormalizedName, tuple[str, ...]] = {}
    for mark, field in (("", "requirements"), ("-c: ", "constraints"), ("--override: ", "overrides")):
        for line in getattr(question, field):
            found[line.name] = (*found.get(line.name, ()), f"{mark}{line.text}")
    for stand_in in question.stand_ins:
        text = msgspec.json.encode(stand_in, order="sorted").decode()
        name = canonicalize_name(stand_in.name)
        if name in found:
            found[name] = (*found[name], f"metadata: {text}")
    return found


def _texts(question: Question) -> tuple[str, ...]:
    """The requirements in order: the order decides, too."""
    return tuple(line.text for line in question.requirements)


def _with_lines(side: Side, donor: Side, name: NormalizedName) -> Side:
    """One side with the other's lines of one project: in place of its own, or where the other has them."""
    side = _with_declared(side, donor, name)
    changed = {
        field: _exchanged(getattr(side.question, field), getattr(donor.question, field), name) for field in _LINES
    }
    spoken = tuple(one for one in side.question.stand_ins if canonicalize_name(one.name) != name)
    stand_ins = (*spoken, *(one for one in donor.question.stand_ins if canonicalize_name(one.name) == name))
    return _with(side, stand_ins=stand_ins, **changed)


def _with_declared(side: Side, donor: Side, name: NormalizedName) -> Side:
    """The same for what the projects of a workspace declare; a list that only one side has stays as it is."""
    own, other = side.question.universal.workspace, donor.question.universal.workspace
    if own is None or other is None:
        return side
    return _declaring(side, own, other, lambda mine, theirs: _exchanged(mine, theirs, name))


_Lines = tuple[Requirement, ...]
_Lists = dict[NormalizedName, _Lines]


def _declaring(side: Side, named: Workspace, other: Workspace, lines: Callable[[_Lines, _Lines], _Lines]) -> Side:
    """One side with what a workspace declares; of a list that ``other`` has, too, ``lines`` makes one of both."""
    there = {member.name: member for member in other.members}

    def lists(mine: _Lists, theirs: _Lists) -> _Lists:
        return {key: lines(own, theirs.get(key, own)) for key, own in mine.items()}

    members = tuple(
        msgspec.structs.replace(
            one,
            dependencies=lines(one.dependencies, there[one.name].dependencies),
            optional=lists(one.optional, there[one.name].optional),
            groups=lists(one.groups, there[one.name].groups),
        )
        if one.name in there
        else one
        for one in named.members
    )
    return _with_workspace(side, members=members, groups=lists(named.groups, other.groups))


def _with_workspace(side: Side, **changes: object) -> Side:
    universal = side.question.universal
    workspace = msgspec.structs.replace(universal.workspace, **changes)  # type: ignore[type-var]
    return _with(side, universal=msgspec.structs.replace(universal, workspace=workspace))


def _workspace_parts(old: Question, new: Question) -> Iterator[Part]:
    """What else two workspaces declare: which projects and lists there are, and which exclude each other."""
    was, now = old.universal.workspace, new.universal.workspace
    if was is None or now is None:
        return
    before, after = _lists_of(was), _lists_of(now)
    if before != after:
        cause = Cause(kind=Kind.OPTIONS, about="members, extras and groups", old=before, new=after)
        yield Part(cause, _with_lists)
    if was.conflicts != now.conflicts:
        cause = Cause(kind=Kind.OPTIONS, about="conflicts", old=_said(was.conflicts), new=_said(now.conflicts))
        yield Part(cause, lambda side, donor: _with_workspace(side, conflicts=_workspace_of(donor).conflicts))


def _lists_of(workspace: Workspace) -> tuple[str, ...]:
    """The projects with their extras and groups, by name."""
    found = [*(f"the group {name}" for name in workspace.groups)]
    for member in workspace.members:
        found += [member.name, *(f"{member.name}[{extra}]" for extra in member.optional)]
        found += [f"{member.name}:{group}" for group in member.groups]
    return tuple(found)


def _with_lists(side: Side, donor: Side) -> Side:
    """One side with the projects, extras and groups of the other, each with its own lines where it has them."""
    return _declaring(side, _workspace_of(donor), _workspace_of(side), lambda _, own: own)


def _workspace_of(side: Side) -> Workspace:
    workspace = side.question.universal.workspace
    assert workspace is not None
    return workspace


def _exchanged(own: tuple[Requirement, ...], other: tuple[Requirement, ...], name: str) -> tuple[Requirement, ...]:
    given = [line for line in other if line.name == name]
    own_places = [place for place, line in enumerate(own) if line.name == name]
    place = own_places[0] if own_places else next((p for p, line in enumerate(other) if line.name == name), len(own))
    rest = [line for line in own if line.name != name]
    return (*rest[:place], *given, *rest[place:])


def _index_change_parts(old: Question, new: Question) -> Iterator[Part]:
    """Projects of which the index is asked to be otherwise, on one side or on both."""
    for name in dict.fromkeys(change.project for change in (*old.index_changes, *new.index_changes)):
        was, now = _index_changes_of(old, name), _index_changes_of(new, name)
        if was != now:
            words = [tuple(change.option for change in changes) for changes in (was, now)]
            cause = Cause(kind=Kind.INDEX_CHANGES, about=name, old=words[0], new=words[1])
            yield Part(cause, lambda side, donor, name=name: _with_index_changes(side, donor, name))  # type: ignore[misc]


def _index_changes_of(question: Question, name: str) -> tuple[IndexChange, ...]:
    return tuple(change for change in question.index_changes if change.project == name)


def _with_index_changes(side: Side, donor: Side, name: NormalizedName) -> Side:
    rest = (change for change in side.question.index_changes if change.project != name)
    return _with(side, index_changes=(*rest, *_index_changes_of(donor.question, name)))


def _resolver_parts(old: Policy, new: Policy) -> Iterator[Part]:
    if old != new:
        cause = Cause(kind=Kind.RESOLVER, about=None, old=(old.key,), new=(new.key,))
        yield Part(cause, lambda side, donor: side._replace(policy=donor.policy))


def _target_parts(old: Target, new: Target) -> Iterator[Part]:
    if (old.markers, old.tags, old.pythons) != (new.markers, new.tags, new.pythons):
        cause = Cause(kind=Kind.TARGET, about=None, old=(_place(old),), new=(_place(new),))
        yield Part(cause, lambda side, donor: _with(side, target=donor.question.target))


def _place(target: Target) -> str:
    if target.pythons is not None:
        return f"Python {target.pythons.specifiers}"
    return f"Python {target.python}, {target.platform}"


def _option_parts(old: Side, new: Side) -> Iterator[Part]:
    for field in (one for one in Options.__struct_fields__ if one != "exclude_newer_spans"):
        was, now = getattr(old.question.options, field), getattr(new.question.options, field)
        if was != now:
            cause = Cause(kind=Kind.OPTIONS, about=field.replace("_", "-"), old=_said(was), new=_said(now))
            yield Part(cause, lambda side, donor, field=field: _with_option(side, donor, field))  # type: ignore[misc]
    if old.question.excludes != new.question.excludes:
        cause = Cause(kind=Kind.OPTIONS, about="excludes", old=old.question.excludes, new=new.question.excludes)
        yield Part(cause, lambda side, donor: _with(side, excludes=donor.question.excludes))
    for field, about in (("environments", "environments"), ("required", "required-environments")):
        before, after = (getattr(one.question.universal, field) for one in (old, new))
        if before != after:
            cause = Cause(kind=Kind.OPTIONS, about=about, old=before, new=after)
            yield Part(cause, lambda side, donor, field=field: _with_universal(side, donor, field))  # type: ignore[misc]
    if old.question.indexes != new.question.indexes:
        cause = Cause(kind=Kind.OPTIONS, about="index", old=_places(old), new=_places(new))
        yield Part(cause, lambda side, donor: _with(side, indexes=donor.question.indexes))


def _said(value: object) -> tuple[str, ...]:
    """A value in words; of single projects, each with what is set for it."""
    plain = msgspec.to_builtins(value, order="sorted")
    if isinstance(value, tuple):
        return tuple(f"{name}={one or 'false'}" for name, one in value)
    return () if plain is None else (str(plain) if isinstance(plain, str) else msgspec.json.encode(plain).decode(),)


def _places(side: Side) -> tuple[str, ...]:
    """What is looked at, in the order of the side's resolver."""
    indexes = side.question.indexes
    pinned = dict.fromkeys(url for _, url in indexes.pinned)
    return (*resolver_of(side.policy).behaviour.index_order(indexes), *pinned, *indexes.find_links)


def _with(side: Side, **changes: object) -> Side:
    return side._replace(question=msgspec.structs.replace(side.question, **changes))


def _with_universal(side: Side, donor: Side, field: str) -> Side:
    given = {field: getattr(donor.question.universal, field)}
    return _with(side, universal=msgspec.structs.replace(side.question.universal, **given))


def _with_option(side: Side, donor: Side, field: str) -> Side:
    options = msgspec.structs.replace(side.question.options, **{field: getattr(donor.question.options, field)})
    return _with(side, options=options)


def _installed_parts(old: Question, new: Question) -> Iterator[Part]:
    """What is installed of each project; nothing where only one side has an environment."""
    if old.environment is None or new.environment is None:
        return
    for name in sorted({one.name for one in (*old.environment.distributions, *new.environment.distributions)}):
        was, now = old.environment.all_of(name), new.environment.all_of(name)
        if was != now:
            cause = Cause(kind=Kind.INSTALLED, about=name, old=_versions(was), new=_versions(now))
            yield Part(cause, lambda side, donor, name=name: _with_installed(side, donor, name))  # type: ignore[misc]
    if old.renewal != new.renewal:
        cause = Cause(kind=Kind.OPTIONS, about="renewed", old=_renewed(old.renewal), new=_renewed(new.renewal))
        yield Part(cause, lambda side, donor: _with(side, renewal=donor.question.renewal))


def _renewed(renewal: Renewal) -> tuple[str, ...]:
    """The options that are given, with the projects of those that name some."""
    given = msgspec.structs.asdict(renewal).items()
    return tuple(" ".join((name.replace("_", "-"), *_names(value))) for name, value in given if value)


def _names(value: object) -> list[str]:
    return sorted(value) if isinstance(value, frozenset) else []


def _versions(installed: Iterable[Installed]) -> tuple[str, ...]:
    return tuple(one.version for one in installed)


def _with_installed(side: Side, donor: Side, name: NormalizedName) -> Side:
    """One side with what the other has of a project."""
    own, other = side.question.environment, donor.question.environment
    assert own is not None
    assert other is not None
    rest = tuple(one for one in own.distributions if one.name != name)
    return _with(side, environment=msgspec.structs.replace(own, distributions=(*rest, *other.all_of(name))))


# The index


def _index_parts(old: Side, new: Side, before: Run, after: Run) -> Iterator[Part]:
    """Projects either run looked at, whose pages tell of different releases or files."""
    seen = {*before.attempts, *after.attempts, *(pin.name for pin in (*before.pins, *after.pins))}
    for name in sorted(seen | {name for _, name in (*old.world.pages, *new.world.pages)}):
        events = tuple(_events(NormalizedName(name), old.world, new.world, before, after))
        if events:
            cause = Cause(kind=Kind.INDEX, about=name, events=events)
            yield Part(cause, lambda side, donor, name=name: _with_pages(side, donor, name))  # type: ignore[misc]


def _with_pages(side: Side, donor: Side, name: str) -> Side:
    pages = {**side.world.pages, **{key: page for key, page in donor.world.pages.items() if key[1] == name}}
    links = {**side.world.links, **{key: page for key, page in donor.world.links.items() if key[1] == name}}
    return side._replace(world=msgspec.structs.replace(side.world, pages=pages, links=links))


def _events(name: NormalizedName, old: World, new: World, before: Run, after: Run) -> Iterator[Event]:
    """What happened to a project; of releases those that a run looked at, if it looked at any."""
    was: Mapping[tuple[str, NormalizedName], Page] = {**old.pages, **old.links}
    now: Mapping[tuple[str, NormalizedName], Page] = {**new.pages, **new.links}
    for key in sorted(key for key in was.keys() & now.keys() if key[1] == name):
        page, other = was[key], now[key]
        if isinstance(page, Absent) and isinstance(other, Listing):
            yield Event(kind=EventKind.CREATED, project=name)
        elif isinstance(page, Listing) and isinstance(other, Absent):
            yield Event(kind=EventKind.DELETED, project=name)
        elif isinstance(page, Listing) and isinstance(other, Listing):
            yield from _releases(EventKind.RELEASED, name, other.versions, page.versions, _visited(after, name))
            yield from _releases(EventKind.VANISHED, name, page.versions, other.versions, _visited(before, name))
            yield from _file_events(name, page, other)


def _releases(
    kind: EventKind, name: NormalizedName, there: Iterable[str], elsewhere: Iterable[str], visited: frozenset[str]
) -> Iterator[Event]:
    only = [version for version in there if version not in set(elsewhere)]
    for version in [one for one in only if one in visited] or only[-1:]:
        yield Event(kind=kind, project=name, version=version)


def _visited(run: Run, name: NormalizedName) -> frozenset[str]:
    pin = run.pin(name)
    return frozenset(run.attempts.get(name, ())) | (frozenset() if pin is None else {pin.version})


def _file_events(name: NormalizedName, old: Listing, new: Listing) -> Iterator[Event]:
    for version, was, now in _held_in_both(old, new):
        for file in sorted(was.keys() - now.keys()):
            yield Event(kind=EventKind.FILE_VANISHED, project=name, version=version, file=file)
        for file in sorted(now.keys() - was.keys()):
            yield Event(kind=EventKind.FILE_ADDED, project=name, version=version, file=file)
        for file in sorted(was.keys() & now.keys()):
            if was[file].requires_python != now[file].requires_python:
                yield Event(kind=EventKind.REQUIRES_PYTHON, project=name, version=version, file=file)
        yanked, yanked_now = (any(one.yanked is not None for one in files.values()) for files in (was, now))
        if yanked != yanked_now:
            yield Event(kind=EventKind.YANKED if yanked_now else EventKind.UNYANKED, project=name, version=version)


def _held_in_both(old: Listing, new: Listing) -> Iterator[tuple[str, dict[str, File], dict[str, File]]]:
    for place, version in enumerate(old.versions):
        other = new.position.get(version)
        if other is not None and bytes(old.table.files[place]) and bytes(new.table.files[other]):
            was, now = ({file.filename: file for file in files} for files in (old.files(place), new.files(other)))
            if was != now:
                yield version, was, now


def _joined(side: Side, other: Side) -> Side:
    """A side whose recording is filled up from the other one, where that can be no other."""
    own, more = side.world, other.world
    world = World(
        pages={**more.pages, **{key: _filled(page, more.pages.get(key)) for key, page in own.pages.items()}},
        links={**more.links, **own.links},
        metadata={**more.metadata, **own.metadata},
        sdists={**more.sdists, **own.sdists},
        builds={**more.builds, **own.builds},
        directs={**more.directs, **own.directs},
    )
    return side._replace(world=world)


def _filled(page: Page, other: Page | None) -> Page:
    """A page with the files of further releases, if both pages date their first upload alike."""
    if not isinstance(page, Listing) or not isinstance(other, Listing):
        return page
    files = list(page.table.files)
    for place, version in enumerate(page.versions):
        found = other.position.get(version)
        if found is None or bytes(files[place]):
            continue
        if page.table.earliest[place] == other.table.earliest[found] != "":
            files[place] = other.table.files[found]
    return Listing(msgspec.structs.replace(page.table, files=tuple(files)))
