"""Less of what a question for all environments has: environments, members, extras, groups, lines, conflicts."""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

import msgspec
from packaging.utils import NormalizedName

from backtrail.cases.ddmin import ddmin
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.universal import Universal
from backtrail.model.workspace import ConflictItem, ItemKind, Member, Workspace

Path = tuple[str | int, ...]
"""Where something stands in a workspace: a member, one of its lists, a line of that; the root's own have no member."""

Shows = Callable[[Question], bool]
"""Whether a question still shows what is looked for. Unknown counts as no."""


def fewer_of_universal(question: Question, trying: Shows) -> Question:
    """Leave out what is preferred, also for one environment; environments, and of a workspace everything declared."""
    question = _without_lock(question, trying)
    for field in ("environments", "required", "preferred"):
        question = _fewer(question, field, trying)
    for level in (_members, _lists, _lines):
        question = _fewer_parts(question, level, trying)
    return _fewer_conflicts(question, trying)


def _without_lock(question: Question, trying: Shows) -> Question:
    """Without the lock that is there, and what is not taken from it."""
    changed = _changed(question, lock=None, upgrade=False, upgraded=frozenset[NormalizedName]())
    return changed if changed.universal != question.universal and trying(changed) else question


def _fewer(question: Question, field: str, trying: Shows) -> Question:
    items = getattr(question.universal, field)
    kept = ddmin(items, lambda kept: trying(_changed(question, **{field: kept}))) if items else ()
    return question if len(kept) == len(items) else _changed(question, **{field: kept})


def _changed(question: Question, **fields: Any) -> Question:
    """The question with other fields of what is asked for all environments, and no settings of what is not there."""
    universal: Universal = msgspec.structs.replace(question.universal, **fields)
    conflicts = universal.workspace is not None and universal.workspace.conflicts
    gone = {
        name
        for name, there in (
            ("environments", universal.environments),
            ("required-environments", universal.required),
            ("conflicts", conflicts),
        )
        if not there
    }
    return msgspec.structs.replace(
        question,
        universal=universal,
        requirements=question.requirements if universal.workspace is None else universal.workspace.requirements,
        settings=tuple(one for one in question.settings if one.name not in gone),
    )


# Workspaces


def _fewer_parts(
    question: Question,
    level: Callable[[Workspace], Iterator[Path]],
    trying: Shows,
) -> Question:
    workspace = question.universal.workspace
    if workspace is None:
        return question
    parts = tuple(level(workspace))

    def changed(kept: Collection[Path]) -> Question:
        return _changed(question, workspace=_without(workspace, frozenset(parts) - frozenset(kept)))

    kept = ddmin(parts, lambda kept: trying(changed(kept))) if parts else ()
    return question if len(kept) == len(parts) else changed(kept)


def _members(workspace: Workspace) -> Iterator[Path]:
    """Members but the root, which stays."""
    yield from ((member.name,) for member in workspace.members if member.path != ".")


def _lists(workspace: Workspace) -> Iterator[Path]:
    """Extras and groups of members, and groups of a root that is no project."""
    for member in workspace.members:
        yield from ((member.name, ItemKind.EXTRA.value, name) for name in member.optional)
        yield from ((member.name, ItemKind.GROUP.value, name) for name in member.groups)
    yield from (("", ItemKind.GROUP.value, name) for name in workspace.groups)


def _lines(workspace: Workspace) -> Iterator[Path]:
    """Every line of every list."""
    for member in workspace.members:
        yield from ((member.name, "", "", place) for place in range(len(member.dependencies)))
    for path in _lists(workspace):
        yield from ((*path, place) for place in range(len(_list(workspace, path))))


def _list(workspace: Workspace, path: Path) -> tuple[Requirement, ...]:
    owner, kind, name = path
    if not owner:
        return workspace.groups[NormalizedName(str(name))]
    member = next(member for member in workspace.members if member.name == owner)
    lists = member.optional if kind == ItemKind.EXTRA.value else member.groups
    return lists[NormalizedName(str(name))]


def _without(workspace: Workspace, gone: Collection[Path]) -> Workspace:
    members = tuple(_smaller(member, gone) for member in workspace.members if (member.name,) not in gone)
    left = msgspec.structs.replace(
        workspace, members=members, groups=_smaller_lists(workspace.groups, "", ItemKind.GROUP.value, gone)
    )
    return msgspec.structs.replace(left, conflicts=tuple(_conflicts(workspace.conflicts, left)))


def _smaller(member: Member, gone: Collection[Path]) -> Member:
    return msgspec.structs.replace(
        member,
        dependencies=_smaller_list(member.dependencies, (member.name, "", ""), gone),
        optional=_smaller_lists(member.optional, member.name, ItemKind.EXTRA.value, gone),
        groups=_smaller_lists(member.groups, member.name, ItemKind.GROUP.value, gone),
    )


def _smaller_lists(
    lists: dict[NormalizedName, tuple[Requirement, ...]], owner: str, kind: str, gone: Collection[Path]
) -> dict[NormalizedName, tuple[Requirement, ...]]:
    left = ((name, (owner, kind, name)) for name in lists)
    return {name: _smaller_list(lists[name], path, gone) for name, path in left if path not in gone}


def _smaller_list(lines: tuple[Requirement, ...], path: Path, gone: Collection[Path]) -> tuple[Requirement, ...]:
    return tuple(line for place, line in enumerate(lines) if (*path, place) not in gone)


def _conflicts(
    conflicts: Iterable[tuple[ConflictItem, ...]], workspace: Workspace
) -> Iterator[tuple[ConflictItem, ...]]:
    """The sets of which two items are left."""
    there = {(member.name, ItemKind.PROJECT.value, "") for member in workspace.members} | {*_lists(workspace)}
    for items in conflicts:
        left = tuple(item for item in items if (item.package, item.kind.value, item.name) in there)
        if len(left) > 1:
            yield left


def _fewer_conflicts(question: Question, trying: Shows) -> Question:
    """Fewer sets, then fewer items of each that has more than two."""
    workspace = question.universal.workspace
    if workspace is None or not workspace.conflicts:
        return question
    kept = ddmin(workspace.conflicts, lambda kept: trying(_conflicting(question, workspace, kept)))
    question = _conflicting(question, workspace, kept)
    for place in range(len(kept)):
        question = _fewer_items(question, place, trying)
    return question


def _fewer_items(question: Question, place: int, trying: Shows) -> Question:
    workspace = question.universal.workspace
    assert workspace is not None
    conflicts = workspace.conflicts

    def changed(items: tuple[ConflictItem, ...]) -> Question:
        return _conflicting(question, workspace, (*conflicts[:place], items, *conflicts[place + 1 :]))

    return changed(ddmin(conflicts[place], lambda items: len(items) > 1 and trying(changed(items))))


def _conflicting(question: Question, workspace: Workspace, conflicts: tuple[tuple[ConflictItem, ...], ...]) -> Question:
    return _changed(question, workspace=msgspec.structs.replace(workspace, conflicts=conflicts))
