"""The question that a ``uv.lock`` answers, by what it repeats of its project: the project itself is not read."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timezone
from urllib.parse import parse_qsl, quote

import msgspec
from packaging.utils import NormalizedName, canonicalize_name

from backtrail.model.lock import Lock, LockMetadata, LockPackage, LockRequirement, LockSource
from backtrail.model.metadata import Metadata, MetadataSource
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.workspace import ConflictItem, ItemKind, Member, MemberSource, Workspace
from backtrail.resolvers.uv.universal.lock_options import asked_by
from backtrail.resolvers.uv.universal.lock_references import FOLDERS
from backtrail.resolvers.uv.universal.python_range import pythons_of

_Read = Callable[[Iterable[LockRequirement]], tuple[Requirement, ...]]


def for_declared(question: Question, lock: Lock) -> Question:
    """The question for what a lock repeats of its project, in place of that; the lock itself is not taken over.

    What a lock does not repeat (indexes, formats) stays. Folders and archives that its projects are taken from are not
    looked at: what the lock repeats of them stands in.
    """
    own = set(map(canonicalize_name, lock.members)) or {one.name for one in lock.packages if _is_root(one.source)}
    local = {one.name: one.source.value for one in lock.packages if one.name in own and one.source.kind in FOLDERS}
    commits = {one.source.value.partition("#")[0]: one.source for one in lock.packages if one.source.kind == "git"}

    def read(listed: Iterable[LockRequirement]) -> tuple[Requirement, ...]:
        return tuple(_requirement(one, local, commits) for one in listed)

    members = tuple(
        _member(one, one.metadata or LockMetadata(), read)
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
        group_pythons=lock.group_pythons,
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
        declared=lock.declared,
        target=msgspec.structs.replace(question.target, pythons=pythons_of([lock.requires_python])),
        options=msgspec.structs.replace(question.options, **asked_by(lock, datetime.now(timezone.utc))),
        stand_ins=(*question.stand_ins, *(_stand_in(one, read) for one in lock.packages if _is_told(one, local))),
        universal=universal,
    )


def _is_root(source: LockSource) -> bool:
    return source.kind in FOLDERS and source.value == "."


def _is_told(package: LockPackage, local: Collection[str]) -> bool:
    """Whether the lock itself says what a package requires that is of no index and no repository."""
    return package.source.kind not in ("registry", "git") and package.name not in local


def _stand_in(package: LockPackage, read: _Read) -> Metadata:
    """What a lock repeats of a folder or an archive."""
    said = package.metadata or LockMetadata()
    return Metadata(
        name=package.name,
        version=package.version or "0",
        requires_dist=tuple(_whole(one) for one in read(said.requires)),
        provides_extra=said.extras,
        source=MetadataSource.STAND_IN,
    )


def _whole(one: Requirement) -> str:
    """A requirement as metadata has it, with its URL."""
    extras = f"[{','.join(one.extras)}]" if one.extras else ""
    what = one.specifier if one.url is None else f" @ {one.url}"
    return f"{one.name}{extras}{what}{f' ; {one.marker}' if one.marker else ''}"


def _member(package: LockPackage, metadata: LockMetadata, read: _Read) -> Member:
    """A project of the user's; what its extras require stands with the rest, under their markers."""
    return Member(
        name=package.name,
        version=package.version,
        source=MemberSource(package.source.kind),
        path=package.source.value,
        dependencies=read(metadata.requires),
        optional={canonicalize_name(extra): () for extra in metadata.extras},
        groups={canonicalize_name(name): read(listed) for name, listed in metadata.groups.items()},
        group_pythons=package.group_pythons,
        default_groups=package.default_groups,
    )


def _requirement(
    one: LockRequirement, local: Mapping[NormalizedName, str], commits: Mapping[str, LockSource]
) -> Requirement:
    extras = f"[{','.join(one.extras)}]" if one.extras else ""
    marker = f" ; {one.marker}" if one.marker else ""
    url = f"workspace:{local[one.name]}" if one.name in local else None if one.url is None else _url(one.url, commits)
    return Requirement(
        name=one.name,
        extras=tuple(map(canonicalize_name, one.extras)),
        specifier=one.specifier,
        marker=one.marker or None,
        url=url,
        index=one.index,
        text=f"{one.name}{extras}{one.specifier}{marker}",
        locked_as=one.url,
    )


def _url(source: LockSource, commits: Mapping[str, LockSource]) -> str:
    """A direct reference as requirements name it; of a repository the commit that is locked."""
    if source.kind == "url" or (source.value.startswith("file:") and source.kind != "git"):
        return source.value
    if source.kind != "git":
        return f"file:///{quote(source.value)}"
    repository, _, query = source.value.partition("?")
    words = dict(parse_qsl(query))
    revision = commits.get(source.value, source).value.partition("#")[2] or next(
        (words[key] for key in ("rev", "tag", "branch") if key in words), ""
    )
    subdirectory = f"#subdirectory={words['subdirectory']}" if "subdirectory" in words else ""
    return f"git+{repository}{'@' * bool(revision)}{revision}{subdirectory}"
