"""A project's own declarations as requirements: `[project] dependencies`, extras and dependency groups."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from packaging.utils import NormalizedName, canonicalize_name

from backtrail import bounds
from backtrail.inputs.groups import group_entries
from backtrail.inputs.poetry import poetry_groups, read_poetry, read_poetry_group
from backtrail.inputs.requirements_file import Lines, read_requirements_file
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
    "read_group",
    "read_project",
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

_DYNAMIC_LISTS = frozenset({"dependencies", "optional-dependencies"})


def to_build(path: str, name: NormalizedName) -> Requirement:
    """What stands for the requirements of a project until it is built."""
    return Requirement(
        name=name, text=path, url=f"{DYNAMIC}{Path(path).absolute().parent.as_uri()}", origin=Origin(file=path)
    )


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
    if builds and project is not None and _DYNAMIC_LISTS.intersection(document.texts(project, "dynamic")):
        return Lines(requirements=(to_build(path, document.own_name()),), files=(path,))
    poetry = document.below(document.tool, "poetry")
    if project is None and poetry is None:
        raise InputError(f"{path}: there is no [project] table to read dependencies from")
    if poetry is not None and (project is None or _leaves_to_poetry(project, poetry)):
        return read_poetry(document, poetry, extras.names, all_extras=extras.all)
    return _Project(document, project or {}, environ).read(extras)


def _leaves_to_poetry(project: Mapping[str, Any], poetry: Mapping[str, Any]) -> bool:
    return "dependencies" not in project and "dependencies" in poetry


class _Project:
    """The ``[project]`` table of a document, its lists asked for one by one."""

    def __init__(self, document: Document, project: Mapping[str, Any], environ: Mapping[str, str]) -> None:
        self._document = document
        self._project = project
        self._environ = environ
        self._dynamic = document.texts(project, "dynamic")
        self._sources = _sources(document)
        self._read: list[Lines] = []

    def read(self, extras: Extras) -> Lines:
        found = list(self._base())
        optional = self._optional()
        own = canonicalize_name(str(self._project.get("name", "")))
        queue, seen = list(extras.of(self._document.path, tuple(optional))), set[NormalizedName]()
        while queue:
            extra = queue.pop(0)
            if extra in seen:
                continue
            seen.add(extra)
            for requirement in self._extra(extra, optional.get(extra, ())):
                if requirement.name == own and requirement.extras:
                    queue.extend(requirement.extras)
                else:
                    found.append(requirement)
        return Lines(
            requirements=tuple(found),
            constraints=tuple(one for lines in self._read for one in lines.constraints),
            settings=tuple(one for lines in self._read for one in lines.settings),
            warnings=tuple(one for lines in self._read for one in lines.warnings),
            files=(self._document.path, *(one for lines in self._read for one in lines.files)),
        )

    def _base(self) -> tuple[Requirement, ...]:
        if "dependencies" in self._dynamic:
            return with_sources(self._named_by_setuptools("dependencies"), self._sources)
        listed = self._project.get("dependencies", [])
        return with_sources(self._document.requirements("dependencies", listed), self._sources)

    def _optional(self) -> dict[NormalizedName, object]:
        """What stands behind the name of each extra."""
        if "optional-dependencies" in self._dynamic:
            tables = self._setuptools().get("optional-dependencies", {})
        else:
            tables = self._document.below(self._project, "optional-dependencies") or {}
        long = next((name for name in tables if len(name) > bounds.NAME), None)
        if long is not None:
            raise InputError(f"{self._document.path}: an extra has a name of {len(long)} characters")
        return {canonicalize_name(name): listed for name, listed in tables.items()}

    def _extra(self, extra: NormalizedName, listed: object) -> tuple[Requirement, ...]:
        if "optional-dependencies" in self._dynamic:
            found = self._from_files(f"the extra {extra!r}", listed)
        else:
            found = self._document.requirements(extra, listed)
        return with_sources(found, self._sources, extra=extra)

    def _setuptools(self) -> Mapping[str, Any]:
        tables = self._document.below(self._document.tool, "setuptools") or {}
        return self._document.below(tables, "dynamic") or {}

    def _named_by_setuptools(self, key: str) -> tuple[Requirement, ...]:
        return self._from_files(repr(key), self._setuptools().get(key))

    def _from_files(self, what: str, given: object) -> tuple[Requirement, ...]:
        """Requirements that setuptools would read from other files, which is done in its stead."""
        path = self._document.path
        files = given.get("file") if isinstance(given, dict) else None
        names = [files] if isinstance(files, str) else files
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise InputError(f"{path}: {what} is dynamic: only the project's build backend knows it")
        for name in names:
            place = str(Path(path).parent / name)
            self._read.append(read_requirements_file(place, environ=self._environ))
        read = self._read[len(self._read) - len(names) :]
        warning = (
            f"{path}: {what} is dynamic: read from {', '.join(names)}, as its setuptools table says, and not built"
        )
        self._read.append(Lines(warnings=(warning,)))
        return tuple(one for lines in read for one in lines.requirements)


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
    found = document.requirements(group, group_entries(path, listed, group))
    requirements = with_sources(found, _sources(document), group=canonicalize_name(group))
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
