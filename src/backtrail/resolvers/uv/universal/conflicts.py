"""Extras, groups and projects that cannot be installed together: how they split a resolution, and how markers say them.

In markers an item is an extra of its own, ``extra == 'extra-4-proj-cpu'``, which holds where the item is installed.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from backtrail.model.trail import Package
from backtrail.model.workspace import ConflictItem, ItemKind
from backtrail.resolvers.uv.markers import TRUE, Algebra, Node, variable
from backtrail.resolvers.uv.universal.fork_environment import Environment
from backtrail.resolvers.uv.universal.splitting import Dependency, Part

Conflicts = Sequence[Sequence[ConflictItem]]


def item_of(package: Package) -> ConflictItem | None:
    """What a package is as an item of a conflict; None for what is none."""
    if package.name is None:
        return None
    if package.extra is not None:
        return ConflictItem(package=package.name, kind=ItemKind.EXTRA, name=package.extra)
    if package.group is not None:
        return ConflictItem(package=package.name, kind=ItemKind.GROUP, name=package.group)
    return ConflictItem(package=package.name, kind=ItemKind.PROJECT)


def encoded_name(item: ConflictItem) -> str:
    """The extra that an item is in markers."""
    name = f"-{item.name}" if item.kind is not ItemKind.PROJECT else ""
    return f"{item.kind.value}-{len(item.package)}-{item.package}{name}"


def encoded(algebra: Algebra, item: ConflictItem) -> Node:
    """The marker that holds where an item is installed."""
    return algebra.flag(variable("extra", "extra", encoded_name(item)))


def at_most_one(algebra: Algebra, conflicts: Conflicts) -> Node:
    """The marker that holds where no two items of a conflict are installed."""
    found = TRUE
    for items in conflicts:
        for one, other in combinations(items, 2):
            both = algebra.both(encoded(algebra, one), encoded(algebra, other))
            found = algebra.both(found, algebra.negate(both))
    return found


def chosen(algebra: Algebra, environment: Environment) -> Node:
    """The marker that holds where a fork's items are installed and the others are not."""
    found = TRUE
    for item in sorted_items(environment.included):
        found = algebra.both(found, encoded(algebra, item))
    for item in sorted_items(environment.excluded):
        found = algebra.both(found, algebra.negate(encoded(algebra, item)))
    return found


def sorted_items(items: Iterable[ConflictItem]) -> list[ConflictItem]:
    """Items in uv's order."""
    return sorted(items, key=lambda one: (one.package, list(ItemKind).index(one.kind), one.name))


def split_by_conflicts(parts: Sequence[Part], conflicts: Conflicts, *, root: bool) -> list[Part]:
    """Divide each part by every conflict that its requirements touch: without all of its items, then with each of them.

    ``root``: the requirements are the user's own, of which whole projects can be left out.
    """
    found = list(parts)
    for items in conflicts:
        found = [one for part in found for one in _divided(part, items, conflicts, root=root)]
    return found


def _divided(part: Part, items: Sequence[ConflictItem], conflicts: Conflicts, *, root: bool) -> Iterator[Part]:
    if not any(item_of(one.edge.package) in items for one in part.dependencies):
        yield part
        return
    live = [item for item in items if item not in part.excluded]
    if len(live) < 2 and not any(_is_live_elsewhere(item, items, part, conflicts) for item in live):
        yield from _filtered(part, (), [item for item in items if item not in live], root=root)
        return
    yield from _filtered(part, (), items, root=root)
    for item in items:
        yield from _filtered(part, (item,), [other for other in items if other != item], root=root)


def _is_live_elsewhere(item: ConflictItem, items: Sequence[ConflictItem], part: Part, conflicts: Conflicts) -> bool:
    """Whether an item still conflicts with something in another set."""
    return any(
        other is not items and item in other and any(one != item and one not in part.excluded for one in other)
        for other in conflicts
    )


def _filtered(
    part: Part, included: Iterable[ConflictItem], excluded: Iterable[ConflictItem], *, root: bool
) -> Iterator[Part]:
    """The part with these items chosen and left out; nothing where that contradicts itself."""
    within = part.included | frozenset(included)
    without = part.excluded | frozenset(excluded)
    if within & without:
        return
    kept = tuple(one for one in part.dependencies if _stays(one, within, without, root=root))
    yield part._replace(dependencies=kept, included=within, excluded=without)


def _stays(
    one: Dependency, included: frozenset[ConflictItem], excluded: frozenset[ConflictItem], *, root: bool
) -> bool:
    item = item_of(one.edge.package)
    if item is None:
        return True
    if item.kind is ItemKind.PROJECT:
        return not root or item not in excluded
    if item in excluded:
        return False
    project = ConflictItem(package=item.package, kind=ItemKind.PROJECT)
    return item.kind is not ItemKind.EXTRA or project not in excluded or item in included


def mentioned(conflicts: Conflicts, package: Package) -> bool:
    """Whether a package is an extra or group of some conflict."""
    item = item_of(package)
    return item is not None and item.kind is not ItemKind.PROJECT and any(item in items for items in conflicts)


def without_extras(algebra: Algebra, marker: Node) -> Node:
    """The marker for some choice of extras: where it holds with one or the other."""
    for name in sorted(marker.extras):
        active, inactive = {name: True}, {name: False}
        marker = algebra.either(algebra.assume_extras(marker, active.get), algebra.assume_extras(marker, inactive.get))
    return marker
