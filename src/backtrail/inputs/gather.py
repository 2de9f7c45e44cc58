"""All that was required in one place and order: the command line, then requirement files, projects and groups."""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain

import msgspec

from backtrail.inputs.file_kinds import DASH, Kind, is_file_word, kind_of
from backtrail.inputs.pyproject import PYPROJECT, read_groups, read_project
from backtrail.inputs.requirement_text import read_requirement
from backtrail.inputs.requirements_file import Lines, read_requirements_file
from backtrail.model.errors import InputError
from backtrail.model.question import Setting
from backtrail.model.record import Record
from backtrail.model.requirement import STDIN, Origin, Requirement


class Inputs(Record, frozen=True, kw_only=True):
    """The user's own requirements, in the order that resolvers see them; the rest as in ``Lines``."""

    requirements: tuple[Requirement, ...] = ()
    constraints: tuple[Requirement, ...] = ()
    overrides: tuple[Requirement, ...] = ()
    build_constraints: tuple[Requirement, ...] = ()
    settings: tuple[Setting, ...] = ()
    warnings: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def gather(
    *,
    requirements: Sequence[str] = (),
    editables: Sequence[str] = (),
    files: Sequence[str] = (),
    constraints: Sequence[str] = (),
    overrides: Sequence[str] = (),
    build_constraints: Sequence[str] = (),
    extras: Sequence[str] = (),
    groups: Sequence[str] = (),
    environ: Mapping[str, str],
    stdin: Callable[[], bytes] | None = None,
) -> Inputs:
    """Read what ``REQ``, ``-e``, ``-r``, ``-c``, ``--override``, ``--extra`` and ``--group`` name, in this order.

    A ``REQ`` may be a file, and is read before those of ``-r``. A file may be a ``pyproject.toml``, as in uv
    (``extras`` are its), or ``-``, what ``stdin`` gives. A group is ``NAME`` or ``PATH:NAME``, as in pip. A file
    without any requirement is warned of. Raises InputError, one sentence.
    """
    here = Origin()
    stdin = _once(stdin)
    named = [text for text in requirements if is_file_word(text)]
    files = [*named, *files]
    typed = [read_requirement(text, here) for text in requirements if text not in named]
    typed += [read_requirement(text, here, editable=True) for text in editables]
    projects = [path for path in files if kind_of(path) is Kind.PROJECT]
    if extras and not projects:
        raise InputError(f"--extra {extras[0]!r} needs a project: -r {PYPROJECT}")
    required: list[Lines] = []
    for path in files:
        if path in projects:
            required.append(Lines(requirements=read_project(path, extras=extras), files=(path,)))
        else:
            required.append(read_requirements_file(path, environ=environ, stdin=stdin))
    for group in groups:
        path, _, name = group.rpartition(":")
        required.append(Lines(requirements=read_groups(path or PYPROJECT, (name,)), files=(path or PYPROJECT,)))
    constraining = [read_requirements_file(path, environ=environ, constraint=True, stdin=stdin) for path in constraints]
    overriding = [read_requirements_file(path, environ=environ, stdin=stdin) for path in overrides]
    building = [read_requirements_file(path, environ=environ, constraint=True) for path in build_constraints]
    read = [*required, *constraining, *overriding, *building]
    empty = [path for path, lines in zip(files, required, strict=False) if not lines.requirements]
    return Inputs(
        requirements=(*typed, *chain.from_iterable(lines.requirements for lines in [*required, *constraining])),
        constraints=tuple(chain.from_iterable(lines.constraints for lines in [*required, *constraining, *overriding])),
        overrides=tuple(chain.from_iterable(lines.requirements for lines in overriding)),
        build_constraints=tuple(chain.from_iterable(lines.constraints for lines in building)),
        settings=tuple(chain.from_iterable(lines.settings for lines in read)),
        warnings=(
            *chain.from_iterable(lines.warnings for lines in read),
            *(f"{STDIN if path == DASH else path} holds no requirement" for path in empty),
        ),
        files=tuple(chain.from_iterable(lines.files for lines in read)),
    )


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
    """Read the constraints and overrides that variables and configuration name, or hold.

    ``settings`` are those of ``Settled.lines``. Raises InputError, one sentence.
    """

    def files(name: str) -> list[str]:
        return [one.value for one in settings if one.name == name]

    def held(name: str) -> tuple[Requirement, ...]:
        return tuple(read_requirement(one.value, _place(one)) for one in settings if one.name == f"{name}-dependencies")

    read = gather(
        constraints=files("constraint"),
        overrides=files("override"),
        build_constraints=files("build-constraint"),
        environ=environ,
    )
    return msgspec.structs.replace(
        read,
        constraints=(*read.constraints, *held("constraint")),
        overrides=(*read.overrides, *held("override")),
        build_constraints=(*read.build_constraints, *held("build-constraint")),
    )


def _place(setting: Setting) -> Origin:
    file, _, line = setting.origin.rpartition(":")
    return Origin(file=file, line=int(line))
