"""A project's own declarations as requirements: `[project] dependencies`, extras and dependency groups."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from packaging.utils import NormalizedName, canonicalize_name

from backtrail.inputs.group_pythons import lines_of_group
from backtrail.inputs.groups import group_entries
from backtrail.inputs.poetry import poetry_groups, read_poetry, read_poetry_group
from backtrail.inputs.project_lists import LISTS, ProjectLists
from backtrail.inputs.requirements_file import Lines
from backtrail.inputs.toml_document import PYPROJECT, Document
from backtrail.inputs.uv_sources import Sources, read_indexes, read_sources, with_sources
from backtrail.inputs.workspace_members import members_of, workspace_root
from backtrail.model.errors import InputError
from backtrail.model.record import Record
from backtrail.model.requirement import Origin, Requirement

__all__ = [
    "PYPROJECT",
    "Beside",
    "Extras",
    "beside_metadata",
    "declares_project",
    "groups_of",
    "is_to_build",
    "read_group",
    "read_project",
    "to_build",
]


class Extras(Record, frozen=True, kw_only=True):
    """Which extras of a project are wanted: those named, or all."""

    names: tuple[str, ...] = ()
    all: bool = False

    def of(self, path: str, declared: Sequence[NormalizedName]) -> tuple[NormalizedName, ...]:
        """Those wanted of the declared ones, in order; raises InputError for one that is not declared."""
        for name in self.names:
            if canonicalize_name(name) not in declared:
                raise InputError(f"{path}: --extra {name!r} is not declared")
        wanted = [*map(canonicalize_name, self.names), *(declared if self.all else ())]
        return tuple(dict.fromkeys(wanted))


DYNAMIC = "dynamic:"
"""Before the URL of a folder in a requirement that stands for all that a build says its project requires."""


def to_build(path: str, name: NormalizedName) -> Requirement:
    """What stands for the requirements of a project until it is built."""
    return Requirement(
        name=name, text=path, url=f"{DYNAMIC}{Path(path).absolute().parent.as_uri()}", origin=Origin(file=path)
    )


def is_to_build(line: Requirement) -> bool:
    """Whether a requirement stands for all that only the build of its project tells."""
    return (line.url or "").startswith(DYNAMIC)


def declares_project(path: Path) -> bool:
    """Whether a file declares what a project requires; a ``pyproject.toml`` may hold settings of tools alone."""
    if not path.is_file():
        return False
    try:
        document = Document(str(path))
    except InputError:
        return True  # what is wrong with it is said when it is read
    return "project" in document.tables or isinstance(document.tool.get("poetry"), dict)


def read_project(
    path: str,
    extras: Extras = Extras(),  # noqa: B008  frozen
    *,
    environ: Mapping[str, str],
    builds: bool = False,
) -> Lines:
    """`[project] dependencies`, then those of each extra in order (PEP 621), else Poetry's tables.

    Where an extra asks for another extra of its own project, that one's requirements are read. Dynamic dependencies
    are read from the files that setuptools takes them from, with a warning; where there are ``builds`` the project
    itself stands for them, to be built (``DYNAMIC``). Raises InputError where the file cannot be read, has no such
    extra, or leaves its dependencies to the build in any other way.
    """
    document = Document(path)
    project = document.project
    if builds and project is not None and LISTS.intersection(document.texts(project, "dynamic")):
        return Lines(requirements=(to_build(path, document.own_name()),), files=(path,))
    poetry = document.below(document.tool, "poetry")
    if project is None and poetry is None:
        raise InputError(f"{path}: there is no [project] table to read dependencies from")
    if poetry is not None and (project is None or _leaves_to_poetry(project, poetry)):
        return read_poetry(document, poetry, extras.names, all_extras=extras.all)
    return _Project(document, environ).read(extras)


def _leaves_to_poetry(project: Mapping[str, Any], poetry: Mapping[str, Any]) -> bool:
    return "dependencies" not in project and "dependencies" in poetry


class _Project:
    """What a project requires, with the extras that are wanted."""

    def __init__(self, document: Document, environ: Mapping[str, str]) -> None:
        self._document = document
        self._lists = ProjectLists(document, environ)
        self._sources = _sources(document)

    def read(self, extras: Extras) -> Lines:
        lists = self._lists
        found = list(with_sources(lists.dependencies(), self._sources))
        optional = lists.optional()
        own = canonicalize_name(str((self._document.project or {}).get("name", "")))
        queue, seen = list(extras.of(self._document.path, tuple(optional))), set[NormalizedName]()
        while queue:
            extra = queue.pop(0)
            if extra in seen:
                continue
            seen.add(extra)
            for requirement in with_sources(lists.of_extra(extra, optional.get(extra, ())), self._sources, extra=extra):
                if requirement.name == own and requirement.extras:
                    queue.extend(requirement.extras)
                else:
                    found.append(requirement)
        return Lines(
            requirements=tuple(found),
            constraints=tuple(one for lines in lists.read for one in lines.constraints),
            settings=tuple(one for lines in lists.read for one in lines.settings),
            warnings=lists.warnings,
            files=(self._document.path, *lists.files),
        )


def groups_of(path: str) -> tuple[str, ...]:
    """The names of the dependency groups that a project declares. Raises InputError."""
    document = Document(path)
    return (*document.table("dependency-groups"), *poetry_groups(document))


def read_group(path: str, group: str) -> Lines:
    """The requirements of a dependency group, its includes resolved (PEP 735), or of one of Poetry's.

    Raises InputError where the file cannot be read, or the group is missing or malformed.
    """
    document = Document(path)
    listed = document.table("dependency-groups")
    if group not in listed and group in poetry_groups(document):
        return read_poetry_group(document, group)
    if not listed:
        raise InputError(f"{path}: --group {group!r}: there is no [dependency-groups] table")
    requirements = with_sources(lines_of_group(document, group), _sources(document), group=canonicalize_name(group))
    return Lines(requirements=requirements, files=(path,))


class Beside(Record, frozen=True, kw_only=True):
    """What the ``pyproject.toml`` of a source tree says beside its metadata, and a lock repeats.

    ``sources`` are where uv takes projects from, ``groups`` its dependency groups with what they include.
    """

    sources: Sources = {}
    groups: dict[str, tuple[str, ...]] = {}
    dynamic_version: bool = False


def beside_metadata(path: Path, root: Path | None = None) -> Beside:
    """What a ``pyproject.toml`` says for uv; nothing where there is none. Raises InputError.

    ``root`` is the folder that a lock names paths from, None: the file's own.
    """
    if not path.is_file():
        return Beside()
    document = Document(str(path))
    groups: dict[str, tuple[str, ...]] = {}
    with suppress(InputError):  # nobody installs them
        tables = document.table("dependency-groups")
        groups = {document.name(name): tuple(group_entries(str(path), tables, name)) for name in tables}
    return Beside(
        sources=_sources(document, root),
        groups=groups,
        dynamic_version="version" in document.texts(document.project or {}, "dynamic"),
    )


def _sources(document: Document, lock_root: Path | None = None) -> Sources:
    """Where uv takes projects from: what the project says, and the root of its workspace for all members."""
    folder = Path(document.path).absolute().parent
    above = workspace_root(folder)
    root = document if above is None or above == folder else Document(str(above / PYPROJECT))
    if not (document.uv_table("sources") or root.uv_table("sources")):
        return {}
    members = dict(_members(root))
    named_from = folder if lock_root is None else lock_root
    shared = {} if root is document else read_sources(root, read_indexes(root), members, named_from)
    indexes = {**read_indexes(root), **read_indexes(document)}
    return {**shared, **read_sources(document, indexes, members, named_from)}


def _members(root: Document) -> Iterator[tuple[NormalizedName, str]]:
    """The projects of a workspace with the folders they are in."""
    folder = Path(root.path).absolute().parent
    if root.project is not None:
        yield root.own_name(), folder.as_uri()
    for _, member in members_of(root):
        yield member.own_name(), Path(member.path).absolute().parent.as_uri()
