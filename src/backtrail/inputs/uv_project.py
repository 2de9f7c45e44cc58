"""A project or workspace as ``uv lock`` reads it (uv's documentation, "Working on projects", "Workspaces")."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from backtrail.inputs.group_pythons import pythons_of_groups, read_groups
from backtrail.inputs.project_lists import LISTS, ProjectLists
from backtrail.inputs.pyproject import is_to_build, to_build
from backtrail.inputs.toml_document import Document
from backtrail.inputs.toml_lines import line_of
from backtrail.inputs.uv_sources import Sources, read_indexes, read_sources
from backtrail.inputs.workspace_members import members_of
from backtrail.model.errors import InputError
from backtrail.model.question import ALL, Setting
from backtrail.model.record import Record
from backtrail.model.requirement import Requirement
from backtrail.model.workspace import ConflictItem, ItemKind, Member, MemberSource, Workspace

_DEV = canonicalize_name("dev")


class Locked(Record, frozen=True, kw_only=True):
    """What a project says of its lock; settings have the place where each stands.

    ``path`` is the root's file. ``requires_python`` are those of the members that have one; all else is the root's, but
    for ``warnings`` and the further ``files`` that were read.
    """

    path: str
    workspace: Workspace
    requires_python: tuple[Setting, ...]
    constraints: tuple[Requirement, ...]
    overrides: tuple[Requirement, ...]
    excludes: tuple[NormalizedName, ...]
    environments: tuple[Setting, ...]
    required: tuple[Setting, ...]
    warnings: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def read_locked(path: str, *, environ: Mapping[str, str] = MappingProxyType({}), builds: bool = False) -> Locked:
    """Read the workspace whose root a ``pyproject.toml`` is; raises InputError, one sentence.

    ``environ`` is for variables in lists that setuptools reads. Where there are ``builds``, a project that is dynamic
    stands for all that it requires, to be built (``to_build``).
    """
    root = Document(path)
    if _flag(root, "managed") is False:
        raise InputError(f"{path}: uv does not lock a project that says it is not 'managed'")
    documents = [(".", root), *members_of(root)]
    for _, one in documents:
        _flag(one, "managed")
    projects = [(place, one) for place, one in documents if one.project is not None]
    indexes = read_indexes(root)
    urls: dict[NormalizedName, str] = {}
    for place, one in projects:
        if one.own_name() in urls:
            raise InputError(f"{one.path}: {one.own_name()!r} is the name of another member of the workspace, too")
        urls[one.own_name()] = f"workspace:{place}"
    by_name = sorted(projects, key=lambda one: one[1].own_name())
    folder = Path(path).parent
    own = {} if root.project is not None else read_sources(root, indexes, urls, folder)
    tables = [read_sources(one, indexes, urls, folder) for _, one in by_name]
    wanted = _wanted(root, [own, *tables])
    lists = [ProjectLists(one, environ) for _, one in by_name]
    members = tuple(
        _member(one, place, table, wanted, builds=builds, lists=its)
        for (place, one), table, its in zip(by_name, tables, lists, strict=True)
    )
    return Locked(
        path=path,
        workspace=Workspace(
            members=members,
            groups={} if root.project is not None else _groups(root),
            group_pythons={} if root.project is not None else pythons_of_groups(root),
            default_groups=None if root.project is not None else _default_groups(root),
            sources=own,
            conflicts=tuple(_conflicts(root, members)),
        ),
        requires_python=tuple(said for _, one in projects for said in _requires_python(one)),
        constraints=root.requirements("constraint-dependencies", root.uv.get("constraint-dependencies", [])),
        overrides=root.requirements("override-dependencies", root.uv.get("override-dependencies", [])),
        excludes=tuple(root.name(one) for one in root.texts(root.uv, "exclude-dependencies")),
        environments=tuple(_markers(root, "environments")),
        required=tuple(_markers(root, "required-environments")),
        warnings=tuple(one for its in lists for one in its.warnings),
        files=tuple(one for its in lists for one in its.files),
    )


def _wanted(root: Document, tables: Iterable[Sources]) -> dict[str, bool | None]:
    """How members are wanted as sources, by their URLs: the last word counts, and none may contradict the one before.

    ``tables`` are those of a root that is no project, and of the members by name; whether a requirement follows is no
    matter.
    """
    found: dict[str, bool | None] = {}
    for name, source in ((name, one) for table in tables for name, listed in table.items() for one in listed):
        url = source.url or ""
        if url.startswith("workspace:"):
            if {found.get(url), source.editable} == {True, False}:
                raise InputError(
                    f"{root.path}: {name!r} is wanted both as editable and not, by sources of the workspace"
                )
            found[url] = source.editable
    return found


def _taken(document: Document, url: str, wanted: Mapping[str, bool | None]) -> MemberSource:
    """What a member is in a lock. One that is no package by its own word is never built."""
    package = _flag(document, "package")
    if not ("build-system" in document.tables or url in wanted if package is None else package):
        return MemberSource.VIRTUAL
    return MemberSource.DIRECTORY if wanted.get(url) is False else MemberSource.EDITABLE


def _markers(root: Document, key: str) -> Iterator[Setting]:
    """One marker or a list of them, each with the place where it stands."""
    given = root.uv.get(key)
    for one in [given] if isinstance(given, str) else root.texts(root.uv, key):
        line = line_of(root.text, ("tool", "uv", key), word=one)
        yield Setting(name=key, value=one, origin=f"{root.path}:{line}")


def _requires_python(document: Document) -> Iterator[Setting]:
    """The Pythons that a project is for, if it says so."""
    text = (document.project or {}).get("requires-python")
    if text is None:
        return
    origin = f"{document.path}:{line_of(document.text, ('project', 'requires-python'))}"
    try:
        SpecifierSet(text)
    except (InvalidSpecifier, AttributeError, TypeError):
        raise InputError(f"{origin}: requires-python {text!r} is no set of version specifiers (PEP 440)") from None
    yield Setting(name="requires-python", value=text, origin=origin)


def _member(
    document: Document,
    place: str,
    sources: Sources,
    wanted: Mapping[str, bool | None],
    *,
    builds: bool,
    lists: ProjectLists,
) -> Member:
    project = document.project or {}
    dynamic = frozenset(document.texts(project, "dynamic"))
    version = project.get("version")
    if not isinstance(version, str) and "version" not in dynamic:
        raise InputError(f"{document.path}: [project] has no version")
    member = Member(
        name=document.own_name(),
        version=_version(document, version) if isinstance(version, str) else None,
        source=_taken(document, f"workspace:{place}", wanted),
        path=place,
        groups=_groups(document),
        group_pythons=pythons_of_groups(document),
        default_groups=_default_groups(document),
        sources=sources,
    )
    if builds and dynamic & {"version", *LISTS}:
        return msgspec.structs.replace(member, dependencies=(to_build(document.path, member.name),))
    optional = {document.name(name): lists.of_extra(name, listed) for name, listed in lists.optional().items()}
    by_name = dynamic and document.table("build-system").get("build-backend") in _BY_NAME
    return msgspec.structs.replace(
        member,
        dependencies=lists.dependencies(),
        optional=dict(sorted(optional.items())) if by_name else optional,
    )


_BY_NAME = frozenset({"flit_core.buildapi", "hatchling.build", "poetry.core.masonry.api"})
"""Build backends that list the extras of a project by name; uv asks them for all of it where a part is dynamic."""


def _flag(document: Document, key: str) -> bool | None:
    """A switch of uv, None: it is not there."""
    found = document.uv.get(key)
    if found is not None and not isinstance(found, bool):
        raise InputError(f"{document.path}: {key!r} is {found!r}, neither true nor false")
    return found


def _version(document: Document, version: str) -> str:
    """The version in its normal form (PEP 440)."""
    try:
        return str(Version(version))
    except ValueError:
        raise InputError(f"{document.path}: {version!r} is not a version") from None


def _groups(document: Document) -> dict[NormalizedName, tuple[Requirement, ...]]:
    """Dependency groups with what they include (PEP 735), and uv's older list of development dependencies."""
    found = read_groups(document)
    legacy = document.uv.get("dev-dependencies")
    if legacy is not None:
        found[_DEV] = (*found.get(_DEV, ()), *document.requirements("dev-dependencies", legacy))
    return found


def _default_groups(document: Document) -> tuple[str, ...] | None:
    """The groups that are installed unless something else is said, None for uv's own: ``dev``."""
    given = document.uv.get("default-groups", [_DEV])
    if given == "all":
        return (ALL,)
    named = sorted({document.name(one) for one in document.texts({"default-groups": given}, "default-groups")})
    if named == [_DEV] and "default-groups" not in document.uv:
        return None
    declared = _groups(document)
    missing = next((name for name in named if name not in declared), None)
    if missing is not None:
        raise InputError(f"{document.path}: 'default-groups' names the group {missing!r}, which there is not")
    return None if named == [_DEV] else tuple(named)


def _conflicts(document: Document, members: Iterable[Member]) -> Iterator[tuple[ConflictItem, ...]]:
    """The conflict sets, each in uv's order; a group conflicts as those that it includes do."""
    listed = document.uv.get("conflicts", [])
    if not isinstance(listed, list) or not all(isinstance(one, list) for one in listed):
        raise InputError(f"{document.path}: 'conflicts' is not a list of lists")
    own = None if document.project is None else document.own_name()
    known = {member.name: member for member in members}
    for given in listed:
        items = {_item(document, one, own, known) for one in given}
        if len(items) < 2:
            raise InputError(f"{document.path}: a set of 'conflicts' has fewer than two items")
        yield tuple(sorted(items, key=lambda one: (one.package, list(ItemKind).index(one.kind), one.name)))


def _item(
    document: Document, given: object, own: NormalizedName | None, members: Mapping[NormalizedName, Member]
) -> ConflictItem:
    if not isinstance(given, dict):
        raise InputError(f"{document.path}: {given!r} in 'conflicts' is not a table")
    package = own if "package" not in given else document.name(str(given["package"]))
    if package is None or package not in members:
        raise InputError(f"{document.path}: {given!r} in 'conflicts' names no member of the workspace")
    for kind in (ItemKind.EXTRA, ItemKind.GROUP):
        if kind.value in given:
            name = document.name(str(given[kind.value]))
            declares = members[package].optional if kind is ItemKind.EXTRA else members[package].groups
            if name not in declares and not any(map(is_to_build, members[package].dependencies)):
                raise InputError(f"{document.path}: 'conflicts' names the {kind.value} {name!r}, which there is not")
            return ConflictItem(package=package, kind=kind, name=name)
    return ConflictItem(package=package, kind=ItemKind.PROJECT)
