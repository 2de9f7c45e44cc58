"""Every kind of file that requirements stand in, read as what it is."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import msgspec
from packaging.utils import NormalizedName, canonicalize_name

from backtrail.inputs.conda_environment import read_conda_environment
from backtrail.inputs.file_content import file_text
from backtrail.inputs.file_kinds import Kind, kind_of
from backtrail.inputs.pipfile import categories, read_pipfile
from backtrail.inputs.pyproject import Extras, groups_of, read_group, read_project
from backtrail.inputs.requirement_text import read_requirement
from backtrail.inputs.requirements_file import Lines, Remote, read_requirements_file
from backtrail.inputs.script import read_script
from backtrail.model.errors import InputError
from backtrail.model.metadata import Metadata, Unavailable
from backtrail.model.requirement import Origin, Requirement

PROJECTS = frozenset({Kind.PROJECT, Kind.PIPFILE, Kind.SETUP})
"""What has extras or groups to choose from."""

_OF_EXTRA = re.compile(r"(?P<own>.*?)(?: and )?extra == \"(?P<extra>[^\"]*)\"")
"""How the marker ends of what an extra requires."""

Tree = Callable[[Path], Metadata | Unavailable]
"""Reads what the source tree in a folder says of itself."""


def read_document(
    path: str,
    kind: Kind,
    extras: Extras = Extras(),  # noqa: B008  frozen
    *,
    environ: Mapping[str, str],
    stdin: Callable[[], bytes] | None = None,
    remote: Remote | None = None,
    tree: Tree | None = None,
    builds: bool = False,
) -> Lines:
    """What a file requires, ``extras`` being those of projects. Raises InputError, one sentence.

    ``remote`` fetches lists of requirements, ``tree`` reads what stands in setup.cfg and setup.py; None: they are
    refused. ``builds``: what only a build tells is left to one.
    """
    match kind:
        case Kind.PROJECT:
            return read_project(path, extras, environ=environ, builds=builds)
        case Kind.SCRIPT:
            return read_script(path)
        case Kind.CONDA:
            return read_conda_environment(path, environ=environ)
        case Kind.PIPFILE:
            return read_pipfile(path)
        case Kind.SETUP if tree is not None:
            return _read_setup(path, tree, extras)
        case _:
            return read_requirements_file(path, environ=environ, stdin=stdin, remote=remote)


def groups_in(path: str) -> tuple[str, ...]:
    """The names of the dependency groups in a project's file. Raises InputError."""
    match kind_of(path):
        case Kind.PIPFILE:
            return categories(path)
        case Kind.SETUP:
            return ()
        case _:
            return groups_of(path)


def read_group_of(path: str, name: str) -> Lines:
    """What a dependency group requires. Raises InputError."""
    return read_pipfile(path, name) if kind_of(path) is Kind.PIPFILE else read_group(path, name)


def _read_setup(path: str, tree: Tree, extras: Extras) -> Lines:
    """What a project's setup.cfg and setup.py say in so many words, with a warning that nothing was run."""
    found = tree(Path(path).absolute().parent)
    if isinstance(found, Unavailable):
        raise InputError(
            f"{path!r}: what it requires is not known without running it: {found.detail or found.failure.value}"
        )
    warning = f"{path}: its requirements are read without running it ({found.source.value})"
    return Lines(requirements=told(path, found, extras), warnings=(warning,), files=(path,))


def told(path: str, metadata: Metadata, extras: Extras) -> tuple[Requirement, ...]:
    """What the metadata of a project requires, with the places in one of its files. Raises InputError."""
    wanted = extras.of(path, tuple(canonicalize_name(extra) for extra in metadata.provides_extra))
    lines = file_text(path, errors="replace").splitlines()
    read = (_of_extras(_stated(path, lines, text), wanted) for text in metadata.requires_dist)
    return tuple(one for one in read if one is not None)


def told_lists(
    path: str, metadata: Metadata
) -> tuple[tuple[Requirement, ...], dict[NormalizedName, tuple[Requirement, ...]]]:
    """What the metadata of a project requires, and what each of its extras does, in their order. Raises InputError."""
    lines = file_text(path, errors="replace").splitlines()
    optional: dict[NormalizedName, list[Requirement]] = {
        canonicalize_name(name): [] for name in metadata.provides_extra
    }
    base: list[Requirement] = []
    for requirement in (_stated(path, lines, text) for text in metadata.requires_dist):
        found = _OF_EXTRA.fullmatch(requirement.marker or "")
        listed = base if found is None else optional.get(canonicalize_name(found["extra"]))
        if listed is not None:
            marker = requirement.marker if found is None else found["own"] or None
            listed.append(msgspec.structs.replace(requirement, marker=marker))
    return tuple(base), {name: tuple(listed) for name, listed in optional.items()}


def _stated(path: str, lines: Sequence[str], text: str) -> Requirement:
    """A requirement of a file, with the first line that has its words."""
    words = re.compile(rf"(?<![\w.-]){re.escape(text.partition(';')[0].strip())}(?![\w.-])")
    line = next((number for number, line in enumerate(lines, start=1) if words.search(line)), 1)
    return read_requirement(text, Origin(file=path, line=line))


def _of_extras(requirement: Requirement, wanted: Collection[NormalizedName]) -> Requirement | None:
    """A requirement without its condition of an extra; None where that extra is not wanted."""
    found = _OF_EXTRA.fullmatch(requirement.marker or "")
    if found is None:
        return requirement
    if canonicalize_name(found["extra"]) not in wanted:
        return None
    return msgspec.structs.replace(requirement, marker=found["own"] or None)
