"""BT125: extras or groups that are incompatible, though a lock is for all of them."""

from collections.abc import Iterable, Iterator
from itertools import combinations

import msgspec

from backtrail.explain import catalogue
from backtrail.explain.causes.smallest_sets import grounds
from backtrail.explain.remedies.again import Again
from backtrail.explain.remedies.proposals import Change
from backtrail.model.finding import ConflictUndeclared, Finding, RemedyKind
from backtrail.model.question import Question
from backtrail.model.run import Asked
from backtrail.model.trail import Outcome
from backtrail.model.workspace import ConflictItem, ItemKind, Member, Workspace

_LINES = 6
"""Requirements named, at most."""

Set = tuple[ConflictItem, ...]


def conflict_undeclared(again: Again) -> Iterator[Finding]:
    """Find sets of extras and groups without which a project could be locked; nothing where they are not to blame."""
    run, workspace = again.run, again.question.universal.workspace
    if workspace is None or run.outcome is not Outcome.IMPOSSIBLE:
        return
    items = tuple(_items(workspace))
    if len(items) < 2 or not _solves(again, ()):
        return
    sets = _sets(_clashing(items, again))
    change = _declared(again.question, workspace, sets)
    remedy = again.remedy(change) if sets else None
    if remedy is None:
        return
    members = {member.name for member in workspace.members}
    asked = (event for event in grounds(run) if event.by in members and event.requirement.name not in members)
    yield catalogue.finding(
        runs=(run.key,),
        subject=None,
        detail=ConflictUndeclared(
            sets=sets, asked=tuple(Asked(requirement=one.requirement, by=one.by) for one in asked)[:_LINES]
        ),
        evidence=(f"trail:{run.key}#{len(run.trail) - 1}",),
        remedies=(remedy,),
    )


def _items(workspace: Workspace) -> Iterator[ConflictItem]:
    """The extras and groups of members, but for those that are declared to conflict."""
    declared = {item for items in workspace.conflicts for item in items}
    for member in workspace.members:
        found = [ConflictItem(package=member.name, kind=ItemKind.EXTRA, name=name) for name in member.optional]
        found += [ConflictItem(package=member.name, kind=ItemKind.GROUP, name=name) for name in member.groups]
        yield from (item for item in found if item not in declared)


def _clashing(items: Set, again: Again) -> Iterator[tuple[ConflictItem, ConflictItem]]:
    """Pairs without a solution: of each item that does not fit beside those before it."""
    fitting: list[ConflictItem] = []
    for place, item in enumerate(items):
        if _solves(again, (*fitting, item)):
            fitting.append(item)
        else:
            yield from ((other, item) for other in items[:place] if not _solves(again, (other, item)))


def _solves(again: Again, kept: Iterable[ConflictItem]) -> bool:
    """Whether there is a solution with these extras and groups alone; what is not known is taken for one."""
    workspace = again.question.universal.workspace
    assert workspace is not None
    left = frozenset(kept)
    gone = frozenset(_items(workspace)) - left
    members = tuple(_without(member, gone) for member in workspace.members)
    universal = msgspec.structs.replace(
        again.question.universal, workspace=msgspec.structs.replace(workspace, members=members)
    )
    named = ",".join(sorted(f"{item.package}:{item.kind.value}:{item.name}" for item in left))
    run = again.asking(named, msgspec.structs.replace(again.question, universal=universal))
    return run is None or run.outcome is not Outcome.IMPOSSIBLE


def _without(member: Member, gone: frozenset[ConflictItem]) -> Member:
    """A member that asks for nothing by some of its extras and groups."""

    def left(kind: ItemKind, name: str) -> bool:
        return ConflictItem(package=member.name, kind=kind, name=name) not in gone

    return msgspec.structs.replace(
        member,
        optional={name: lines if left(ItemKind.EXTRA, name) else () for name, lines in member.optional.items()},
        groups={name: lines if left(ItemKind.GROUP, name) else () for name, lines in member.groups.items()},
    )


def _sets(pairs: Iterable[tuple[ConflictItem, ConflictItem]]) -> tuple[Set, ...]:
    """Pairs put together where all in a set clash with each other."""
    clashes = [frozenset(pair) for pair in pairs]
    sets: list[list[ConflictItem]] = []
    for one, other in (tuple(sorted(pair, key=_place)) for pair in clashes):
        for known in sets:
            grown = [*known, *(item for item in (one, other) if item not in known)]
            if all(frozenset(pair) in clashes for pair in combinations(grown, 2)):
                known[:] = grown
                break
        else:
            sets.append([one, other])
    return tuple(tuple(sorted(one, key=_place)) for one in sets)


def _place(item: ConflictItem) -> tuple[str, int, str]:
    return item.package, list(ItemKind).index(item.kind), item.name


def _declared(question: Question, workspace: Workspace, sets: tuple[Set, ...]) -> Change:
    """The sets as they are written in ``[tool.uv]``."""
    root = next((member.name for member in workspace.members if member.path == "."), None)

    def written(item: ConflictItem) -> str:
        package = "" if item.package == root else f'package = "{item.package}", '
        return f'{{ {package}{item.kind.value} = "{item.name}" }}'

    every = (*workspace.conflicts, *sets)
    text = ", ".join(f"[{', '.join(map(written, one))}]" for one in every)
    declared = msgspec.structs.replace(workspace, conflicts=every)
    universal = msgspec.structs.replace(question.universal, workspace=declared)
    return Change(
        RemedyKind.EXTEND, f"conflicts = [{text}]", None, msgspec.structs.replace(question, universal=universal)
    )
