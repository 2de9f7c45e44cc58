"""From a question about one environment to one about all of them, and back."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from packaging.utils import NormalizedName, canonicalize_name

from backtrail.inputs.locks.uv_lock import read_lock
from backtrail.inputs.pyproject import PYPROJECT
from backtrail.inputs.uv_environments import read_environments
from backtrail.inputs.uv_project import Locked
from backtrail.inputs.workspace_members import workspace_root
from backtrail.model.errors import InputError
from backtrail.model.locked import LockFile
from backtrail.model.policy import Policy
from backtrail.model.question import ALL, Question, Setting
from backtrail.model.requirement import Requirement, Source
from backtrail.model.target import Target
from backtrail.model.universal import Preferred, Universal
from backtrail.model.workspace import ItemKind, Workspace
from backtrail.resolvers.uv.behaviour import profile
from backtrail.resolvers.uv.marker_text import reader
from backtrail.resolvers.uv.universal.lockable import check_environments, common_pythons
from backtrail.resolvers.uv.universal.python_range import pythons_of

LOCK = "uv.lock"

_NAMED = re.compile(r"(?P<version>\d+(\.\d+)+)t?")


_LOCKED = frozenset({"conflicts", "dev-dependencies", "workspace"})
"""Settings of a project that are taken into account where it is locked."""


def project_root(path: str | None) -> str:
    """The ``pyproject.toml`` that uv would lock: of the workspace that a project belongs to, else of the project.

    ``path`` is the one that is named, None: the nearest from here upwards.
    """
    here = Path.cwd() if path is None else Path(path).absolute().parent
    root = workspace_root(here)
    if root is None or (path is not None and root == here):
        return path or PYPROJECT
    try:
        return str(Path(os.path.relpath(root), PYPROJECT))
    except ValueError:  # on another drive
        return str(root / PYPROJECT)


def for_all(question: Question, python: str | None, environments: Universal) -> Question:
    """The question for every platform, and for its Python and all newer ones, or for some ``environments`` of them.

    ``python`` is what the user named: of an interpreter only the minor version counts.
    """
    low = _lower_bound(question.target, python)
    return msgspec.structs.replace(
        question,
        target=msgspec.structs.replace(question.target, pythons=pythons_of([f">={low}"])),
        universal=environments,
    )


def for_lock(
    question: Question, read: Locked, policy: Policy, *, upgrade: bool = False, upgraded: Sequence[str] = ()
) -> Question:
    """The question that ``uv lock`` asks for the project or workspace that was read, its lock beside it.

    ``policy`` is the release that is asked. ``upgrade``: whatever the lock says; ``upgraded``: whatever it says of
    these projects. Raises InputError.
    """
    workspace = _without_sources(read.workspace, question.options.no_sources)
    _check_sources(workspace)
    lowest = f">={question.target.python.rpartition('.')[0]}"
    pythons = common_pythons(read.requires_python or [Setting(name="requires-python", value=lowest, origin="")])
    environments = read_environments(read.environments, read.required)
    check_environments(read.environments, pythons, reader(profile(policy)))
    return msgspec.structs.replace(
        question,
        requirements=workspace.requirements,
        constraints=read.constraints,
        overrides=read.overrides,
        excludes=read.excludes,
        target=msgspec.structs.replace(question.target, pythons=pythons),
        universal=msgspec.structs.replace(
            environments,
            workspace=workspace,
            lock=read_lock(str(Path(read.path).with_name(LOCK))),
            upgrade=upgrade,
            upgraded=frozenset(map(canonicalize_name, upgraded)),
        ),
    )


def heeding_project(question: Question) -> Question:
    """The question where settings that a lock alone is bound by are taken into account."""
    settings = (msgspec.structs.replace(one, honoured=one.honoured or one.name in _LOCKED) for one in question.settings)
    return msgspec.structs.replace(question, settings=tuple(settings))


def preferring(question: Question, lock: LockFile, *, upgrade: bool = False, upgraded: Sequence[str] = ()) -> Question:
    """The question with the versions of a lock tried first, but for those that are ``upgraded``, or with none."""
    preferred = tuple(
        Preferred(name=one.name, version=one.version, marker=one.marker)
        for one in lock.versions
        if one.version is not None and not one.local
    )
    universal = msgspec.structs.replace(
        question.universal,
        preferred=preferred,
        preferred_from=lock.file,
        upgrade=upgrade,
        upgraded=frozenset(map(canonicalize_name, upgraded)),
    )
    return msgspec.structs.replace(question, universal=universal)


def for_one(question: Question) -> Question:
    """The question for this computer alone.

    Of a project that is all its requirements, but for what it asks of its workspace and for items that conflict.
    """
    target = msgspec.structs.replace(question.target, pythons=None)
    workspace = question.universal.workspace
    lines = question.requirements if workspace is None else tuple(_of_indexes(workspace))
    return msgspec.structs.replace(question, requirements=lines, target=target, universal=Universal())


def _without_sources(workspace: Workspace, names: frozenset[str]) -> Workspace:
    """The workspace where the sources of these projects do not count, ``:all:`` for every project."""

    def kept(sources: dict[NormalizedName, tuple[Source, ...]]) -> dict[NormalizedName, tuple[Source, ...]]:
        return {name: listed for name, listed in sources.items() if names.isdisjoint((ALL, name))}

    members = tuple(msgspec.structs.replace(one, sources=kept(one.sources)) for one in workspace.members)
    return msgspec.structs.replace(workspace, members=members, sources=kept(workspace.sources))


def _check_sources(workspace: Workspace) -> None:
    """Raise InputError for a source that cannot be followed and that some line of the workspace leads to."""
    owners = [(member.lists, member.sources) for member in workspace.members]
    owners.append((tuple(workspace.groups.values()), workspace.sources))
    for lists, sources in owners:
        for line in (line for listed in lists for line in listed):
            wrong = next((one.wrong for one in sources.get(line.name, ()) if one.wrong is not None), None)
            if wrong is not None:
                raise InputError(wrong)


def _of_indexes(workspace: Workspace) -> Iterator[Requirement]:
    """What members ask of indexes."""
    local = {member.name for member in workspace.members}
    apart = {(item.package, item.kind, item.name) for items in workspace.conflicts for item in items}
    for member in workspace.members:
        lists = [member.dependencies] if (member.name, ItemKind.PROJECT, "") not in apart else []
        lists += [one for name, one in member.optional.items() if (member.name, ItemKind.EXTRA, name) not in apart]
        lists += [one for name, one in member.groups.items() if (member.name, ItemKind.GROUP, name) not in apart]
        yield from (line for listed in lists for line in listed if line.name not in local)
    yield from (line for listed in workspace.groups.values() for line in listed if line.name not in local)


def _lower_bound(target: Target, python: str | None) -> str:
    """A version as it is named, else the minor version of the interpreter."""
    named = None if python is None else _NAMED.fullmatch(python)
    return target.python.rpartition(".")[0] if named is None else named["version"]
