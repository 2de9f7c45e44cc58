"""All that was required in one place and order: the command line, then requirement files, projects and groups."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain

import msgspec
from packaging.utils import NormalizedName, canonicalize_name

from backtrail.inputs.documents import PROJECTS, Tree, groups_in, read_document, read_group_of
from backtrail.inputs.file_kinds import DASH, is_file_word, kind_of
from backtrail.inputs.given import project_of
from backtrail.inputs.pyproject import PYPROJECT, Extras
from backtrail.inputs.requirement_text import read_requirement
from backtrail.inputs.requirements_file import Remote, read_requirements_file
from backtrail.model.errors import InputError
from backtrail.model.question import Setting
from backtrail.model.record import Record
from backtrail.model.requirement import STDIN, Origin, Requirement


class Inputs(Record, frozen=True, kw_only=True):
    """The user's own requirements, in the order that resolvers see them; the rest as in ``Lines``."""

    requirements: tuple[Requirement, ...] = ()
    constraints: tuple[Requirement, ...] = ()
    overrides: tuple[Requirement, ...] = ()
    excludes: tuple[NormalizedName, ...] = ()
    build_constraints: tuple[Requirement, ...] = ()
    settings: tuple[Setting, ...] = ()
    warnings: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


class Chosen(Record, frozen=True, kw_only=True):
    """Which extras and dependency groups are wanted beside, or with ``only_groups`` instead of, what projects require.

    A group is ``NAME`` or ``PATH:NAME``, as in pip.
    """

    extras: Extras = Extras()
    groups: tuple[str, ...] = ()
    all_groups: bool = False
    no_groups: tuple[str, ...] = ()
    only_groups: tuple[str, ...] = ()


def gather(
    *,
    requirements: Sequence[str] = (),
    editables: Sequence[str] = (),
    files: Sequence[str] = (),
    constraints: Sequence[str] = (),
    overrides: Sequence[str] = (),
    excludes: Sequence[str] = (),
    build_constraints: Sequence[str] = (),
    chosen: Chosen = Chosen(),  # noqa: B008  frozen
    environ: Mapping[str, str],
    stdin: Callable[[], bytes] | None = None,
    remote: Remote | None = None,
    tree: Tree | None = None,
    builds: bool = False,
) -> Inputs:
    """Read what ``REQ``, ``-e``, ``-r``, ``-c``, ``--override``, ``--excludes`` and the options for projects name.

    It is read in this order.
    A ``REQ`` may be a file, and is read before those of ``-r``. A file may be any that ``documents`` reads, or ``-``,
    what ``stdin`` gives. A file without any requirement is warned of. ``remote``, ``tree`` and ``builds``
    are as in ``read_document``. Raises InputError, one sentence.
    """
    here = Origin()
    stdin = _once(stdin)
    named = [text for text in requirements if is_file_word(text)]
    files = [*named, *files]
    typed = [read_requirement(text, here) for text in requirements if text not in named]
    typed += [read_requirement(text, here, editable=True) for text in editables]
    kinds = {path: kind_of(path) for path in files}
    projects = [path for path in files if kinds[path] in PROJECTS]
    if (chosen.extras.names or chosen.extras.all) and not projects:
        option = f"--extra {chosen.extras.names[0]!r}" if chosen.extras.names else "--all-extras"
        raise InputError(f"{option} needs a project: -r {PYPROJECT}")
    reading = [path for path in files if not (chosen.only_groups and path in projects)]
    required = [
        read_document(
            path, kinds[path], chosen.extras, environ=environ, stdin=stdin, remote=remote, tree=tree, builds=builds
        )
        for path in reading
    ]
    empty = [path for path, lines in zip(reading, required, strict=True) if not lines.requirements]
    required += [read_group_of(path, name) for path, name in _groups(chosen, projects)]
    read_list = partial(read_requirements_file, environ=environ, stdin=stdin, remote=remote)
    constraining = [read_list(path, constraint=True) for path in constraints]
    overriding = [read_list(path) for path in overrides]
    building = [read_requirements_file(path, environ=environ, constraint=True) for path in build_constraints]
    excluding = [read_list(path) for path in excludes]  # as in uv nothing but the names counts
    read = [*required, *constraining, *overriding, *excluding, *building]
    return Inputs(
        requirements=(*typed, *chain.from_iterable(lines.requirements for lines in [*required, *constraining])),
        constraints=tuple(chain.from_iterable(lines.constraints for lines in [*required, *constraining, *overriding])),
        overrides=tuple(chain.from_iterable(lines.requirements for lines in overriding)),
        excludes=tuple(one.name for lines in excluding for one in lines.requirements),
        build_constraints=tuple(chain.from_iterable(lines.constraints for lines in building)),
        settings=tuple(chain.from_iterable(lines.settings for lines in read)),
        warnings=(
            *chain.from_iterable(lines.warnings for lines in read),
            *(f"{STDIN if path == DASH else path} holds no requirement" for path in empty),
        ),
        files=tuple(chain.from_iterable(lines.files for lines in read)),
    )


def _groups(chosen: Chosen, projects: Sequence[str]) -> list[tuple[str, str]]:
    """The groups to read, each with its file, once. Raises InputError for one to leave out that there is not."""
    named = [group.rpartition(":") for group in (*chosen.groups, *chosen.only_groups)]
    where = projects or [PYPROJECT]
    found = [(path or where[0], name) for path, _, name in named]
    everywhere = [(path, name) for path in where for name in groups_in(path)] if chosen.all_groups else []
    left_out = {canonicalize_name(name) for name in chosen.no_groups}
    for name in chosen.no_groups:
        if not any(canonicalize_name(name) == canonicalize_name(one) for path in where for one in groups_in(path)):
            raise InputError(f"--no-group {name!r}: {where[0]} declares no such group")
    return [one for one in dict.fromkeys((*found, *everywhere)) if canonicalize_name(one[1]) not in left_out]


def _once(stdin: Callable[[], bytes] | None) -> Callable[[], bytes] | None:
    """Standard input for the one file that is read from it."""
    if stdin is None:
        return None
    given = iter((stdin,))

    def read() -> bytes:
        source = next(given, None)
        if source is None:
            raise ValueError("standard input is read once, and was named twice")
        return source()

    return read


def gather_settled(settings: Sequence[Setting], environ: Mapping[str, str]) -> Inputs:
    """Read the constraints, overrides and excludes that variables and configuration name, or hold.

    ``settings`` are those of ``Settled.lines``. Raises InputError, one sentence.
    """

    def files(name: str) -> list[str]:
        return [one.value for one in settings if one.name == name]

    def held(name: str) -> tuple[Requirement, ...]:
        return tuple(read_requirement(one.value, _place(one)) for one in settings if one.name == f"{name}-dependencies")

    read = gather(
        constraints=files("constraint"),
        overrides=files("override"),
        excludes=files("exclude"),
        build_constraints=files("build-constraint"),
        environ=environ,
    )
    return msgspec.structs.replace(
        read,
        constraints=(*read.constraints, *held("constraint")),
        overrides=(*read.overrides, *held("override")),
        excludes=(*read.excludes, *map(project_of, (one for one in settings if one.name == "exclude-dependencies"))),
        build_constraints=(*read.build_constraints, *held("build-constraint")),
    )


def _place(setting: Setting) -> Origin:
    file, _, line = setting.origin.rpartition(":")
    return Origin(file=file, line=int(line))
