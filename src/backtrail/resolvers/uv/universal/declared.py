"""The question that a ``uv.lock`` answers, by what it repeats of its project: the project itself is not read."""

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

import msgspec
from packaging.utils import NormalizedName, canonicalize_name

from backtrail.inputs.moments import cutoff
from backtrail.model.errors import InputError
from backtrail.model.lock import Lock, LockMetadata, LockPackage, LockRequirement, LockSource
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.workspace import ConflictItem, ItemKind, Member, MemberSource, Workspace
from backtrail.resolvers.uv.universal.python_range import pythons_of


def for_declared(question: Question, lock: Lock) -> Question:
    """The question for what a lock repeats of its project, in place of that; the lock itself is not taken over.

    What a lock does not repeat (indexes, formats) stays. Raises InputError for a source that is not understood.
    """
    local = {one.name: one.source.value for one in lock.packages if _is_local(one)}

    def read(listed: Iterable[LockRequirement]) -> tuple[Requirement, ...]:
        return tuple(_requirement(one, local) for one in listed)

    members = tuple(
        _member(one, one.metadata or LockMetadata(), local)
        for one in sorted(lock.packages, key=lambda one: one.name)
        if one.name in local
    )
    conflicts = tuple(
        tuple(ConflictItem(package=canonicalize_name(name), kind=ItemKind(kind), name=item) for name, kind, item in one)
        for one in lock.conflicts
    )
    workspace = Workspace(
        members=members,
        groups={canonicalize_name(name): read(listed) for name, listed in lock.groups.items()},
        default_groups=lock.default_groups,
        conflicts=conflicts,
    )
    universal = msgspec.structs.replace(
        question.universal,
        environments=lock.supported_markers,
        required=lock.required_markers,
        workspace=workspace,
        lock=None,
        upgrade=False,
        upgraded=frozenset(),
    )
    return msgspec.structs.replace(
        question,
        requirements=workspace.requirements,
        constraints=read(lock.constraints),
        overrides=read(lock.overrides),
        excludes=tuple(map(canonicalize_name, lock.excludes)),
        target=msgspec.structs.replace(question.target, pythons=pythons_of([lock.requires_python])),
        options=msgspec.structs.replace(question.options, **_options(lock)),
        universal=universal,
    )


def _options(lock: Lock) -> dict[str, Any]:
    """The options of a lock; what it does not repeat is as usual."""
    said = dict(lock.options)
    until = said.get("exclude-newer")
    return {
        "resolution": said.get("resolution-mode", "highest"),
        "prerelease": said.get("prerelease-mode"),
        "fork_strategy": said.get("fork-strategy", "requires-python"),
        "exclude_newer": None if until is None else cutoff(until, datetime.now(timezone.utc)),
    }


def _is_local(package: LockPackage) -> bool:
    return package.metadata is not None or package.source.kind in ("virtual", "editable", "directory")


def _member(package: LockPackage, metadata: LockMetadata, local: dict[NormalizedName, str]) -> Member:
    """A project of the user's; what its extras require stands with the rest, under their markers."""
    return Member(
        name=package.name,
        version=package.version,
        source=MemberSource(package.source.kind),
        path=package.source.value,
        dependencies=tuple(_requirement(one, local) for one in metadata.requires),
        optional={canonicalize_name(extra): () for extra in metadata.extras},
        groups={
            canonicalize_name(name): tuple(_requirement(one, local) for one in listed)
            for name, listed in metadata.groups.items()
        },
        default_groups=package.default_groups,
    )


def _requirement(one: LockRequirement, local: dict[NormalizedName, str]) -> Requirement:
    extras = f"[{','.join(one.extras)}]" if one.extras else ""
    marker = f" ; {one.marker}" if one.marker else ""
    return Requirement(
        name=one.name,
        extras=tuple(map(canonicalize_name, one.extras)),
        specifier=one.specifier,
        marker=one.marker or None,
        url=f"workspace:{local[one.name]}" if one.name in local else _url(one),
        index=one.index,
        text=f"{one.name}{extras}{one.specifier}{marker}",
    )


def _url(one: LockRequirement) -> str | None:
    """A direct reference as requirements name it."""
    match one.url:
        case None:
            return None
        case LockSource(kind="url", value=url):
            return url
        case LockSource(kind="git", value=value):
            repository, _, query = value.partition("?")
            revision = query.partition("#")[0].partition("=")[2]
            return f"git+{repository}{'@' * bool(revision)}{revision}"
        case LockSource(kind=kind, value=value):
            raise InputError(f"what the lock takes from the {kind} {value!r} is not here")
