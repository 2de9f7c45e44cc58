"""A project, or a workspace of several, as ``uv lock`` sees it: what is locked together."""

from collections.abc import Callable
from enum import Enum

import msgspec
from packaging.utils import NormalizedName

from backtrail.model.record import Record
from backtrail.model.requirement import Requirement, Source

_Lists = dict[NormalizedName, tuple[Requirement, ...]]


class MemberSource(str, Enum):
    """What a local project is in a lock."""

    VIRTUAL = "virtual"  # not built: no build system and nobody takes it from the workspace, or the user says so
    EDITABLE = "editable"
    DIRECTORY = "directory"  # built, and not editable: the last source that names it says so


class Member(Record, frozen=True, kw_only=True):
    """A project of a workspace with all it declares.

    ``version`` is None where it is dynamic; ``built`` is what its build says then, None: nobody asked. ``path`` leads
    from the workspace's root, ``.`` for the root itself. ``optional`` are the requirements of each extra, ``groups``
    those of each dependency group and of what it includes. ``group_pythons`` are the Pythons that groups are for, as
    they are said; their requirements have them in their markers. ``default_groups`` are in order, ``:all:`` stands for
    every group, None: it says nothing that a lock repeats.
    """

    name: NormalizedName
    version: str | None = None
    built: str | None = None
    source: MemberSource = MemberSource.VIRTUAL
    path: str = "."
    dependencies: tuple[Requirement, ...] = ()
    optional: dict[NormalizedName, tuple[Requirement, ...]] = {}
    groups: dict[NormalizedName, tuple[Requirement, ...]] = {}
    group_pythons: dict[NormalizedName, str] = {}
    default_groups: tuple[str, ...] | None = None
    sources: dict[NormalizedName, tuple[Source, ...]] = {}

    @property
    def known_version(self) -> str | None:
        """The version, None where only a build tells it, which nobody asked."""
        return self.version or self.built

    @property
    def lists(self) -> tuple[tuple[Requirement, ...], ...]:
        """Its requirements, those of each extra and of each group."""
        return (self.dependencies, *self.optional.values(), *self.groups.values())

    @property
    def url(self) -> str:
        """How requirements name it."""
        return f"workspace:{self.path}"


class ItemKind(str, Enum):
    """What may conflict, in uv's order."""

    EXTRA = "extra"
    GROUP = "group"
    PROJECT = "project"


class ConflictItem(Record, frozen=True, kw_only=True):
    """An extra, a group or a whole project that may not be installed together with another item.

    ``name`` is that of the extra or group, empty for a project.
    """

    package: NormalizedName
    kind: ItemKind
    name: str = ""


class Workspace(Record, frozen=True, kw_only=True):
    """What is locked, members by name.

    ``groups``, ``group_pythons`` and ``default_groups`` are those of a root that is no project itself.

    Each of ``conflicts`` is a set of items of which at most one can be installed.
    """

    members: tuple[Member, ...]
    groups: dict[NormalizedName, tuple[Requirement, ...]] = {}
    group_pythons: dict[NormalizedName, str] = {}
    default_groups: tuple[str, ...] | None = None
    sources: dict[NormalizedName, tuple[Source, ...]] = {}
    conflicts: tuple[tuple[ConflictItem, ...], ...] = ()

    def mapped(self, change: Callable[[tuple[Requirement, ...]], tuple[Requirement, ...]]) -> "Workspace":
        """The workspace with each of its lists changed, those of members and those of the root's own groups."""

        def changed(
            lists: dict[NormalizedName, tuple[Requirement, ...]],
        ) -> dict[NormalizedName, tuple[Requirement, ...]]:
            return {name: change(listed) for name, listed in lists.items()}

        members = tuple(
            msgspec.structs.replace(
                one, dependencies=change(one.dependencies), optional=changed(one.optional), groups=changed(one.groups)
            )
            for one in self.members
        )
        return msgspec.structs.replace(self, members=members, groups=changed(self.groups))

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """Every line of every member, and then of the root's own groups."""
        lists = (*(one for member in self.members for one in member.lists), *self.groups.values())
        return tuple(line for listed in lists for line in listed)
