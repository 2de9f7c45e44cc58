"""The pip section of a conda environment: what conda hands to pip, as lines of a requirements file."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from backtrail import bounds
from backtrail.inputs.file_content import file_text
from backtrail.inputs.requirements_file import Lines, read_listed
from backtrail.model.errors import InputError

if TYPE_CHECKING:
    import yaml

_SHOWN = 5


def read_conda_environment(path: str, *, environ: Mapping[str, str]) -> Lines:
    """Read what stands below ``pip:``; the packages of conda itself are named in a warning, and not read.

    Raises InputError where the file is no YAML, or has no such section.
    """
    root = _parsed(path)
    lines, packages = [], []
    for entry in _entries(path, root):
        if isinstance(entry, tuple):
            lines.append(entry)
        else:
            packages.append(entry)
    if not lines:
        raise InputError(f"{path!r} has no 'pip:' section: packages of conda come from its channels, not from an index")
    read = read_listed(path, lines, environ=environ)
    others = [name for name in packages if name not in {"python", "pip"}]
    if not others:
        return read
    shown = f"{', '.join(others[:_SHOWN])}{' …' if len(others) > _SHOWN else ''}"
    warning = f"{path}: only its pip section is read, not the packages that conda installs ({shown})"
    return msgspec.structs.replace(read, warnings=(*read.warnings, warning))


def has_pip_section(path: Path) -> bool:
    """Whether a file is an environment of conda with requirements for pip."""
    if not path.is_file():
        return False
    try:
        return any(isinstance(entry, tuple) for entry in _entries(str(path), _parsed(str(path))))
    except InputError:
        return False


def _parsed(path: str) -> "yaml.Node | None":
    import yaml  # few questions are asked of such a file

    try:
        text = file_text(path, most=bounds.YAML)
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except OSError as failure:
        raise InputError(f"{path!r} cannot be read: {failure.strerror}") from None
    except yaml.MarkedYAMLError as failure:
        mark = failure.problem_mark
        where = path if mark is None else f"{path}:{mark.line + 1}"
        raise InputError(f"{where}: not YAML: {failure.problem or failure.context}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as failure:
        raise InputError(f"{path!r} is not YAML: {str(failure).splitlines()[0]}") from None


def _entries(path: str, root: "yaml.Node | None") -> Iterator[tuple[int, str] | str]:
    """Each line for pip with its number, and the name of each package of conda."""
    import yaml

    for entry in _below(path, root, "dependencies"):
        if isinstance(entry, yaml.ScalarNode):
            yield entry.value.rpartition("::")[2].partition("=")[0].split(" ")[0].strip("<>!~")
        elif isinstance(entry, yaml.MappingNode):
            for line in _below(path, entry, "pip"):
                if not isinstance(line, yaml.ScalarNode):
                    raise InputError(f"{path}:{line.start_mark.line + 1}: not a requirement")
                yield line.start_mark.line + 1, line.value


def _below(path: str, node: "yaml.Node | None", key: str) -> "list[yaml.Node]":
    import yaml

    if not isinstance(node, yaml.MappingNode):
        raise InputError(f"{path!r} is not an environment of conda: it is no mapping")
    found = next((value for name, value in node.value if name.value == key), None)
    if found is None or (isinstance(found, yaml.ScalarNode) and not found.value):
        return []
    if not isinstance(found, yaml.SequenceNode):
        raise InputError(f"{path}:{found.start_mark.line + 1}: {key!r} is not a list")
    return list(found.value)
