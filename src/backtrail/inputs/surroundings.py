"""What a tool would read where the question is asked, besides the command line and variables: its configuration."""

import re
from collections.abc import Mapping
from pathlib import Path

from backtrail.inputs.file_content import file_text
from backtrail.inputs.interpreters import interpreter, interpreter_path
from backtrail.inputs.places import shown
from backtrail.model.question import Setting

PYTHON_VERSION = ".python-version"

_MINOR = re.compile(r"(?:cpython-|python-?)?(\d+\.\d+)")


def prefix_of(python: str | None, environ: Mapping[str, str]) -> str:
    """``sys.prefix`` of the Python that pip would run on: the one at a path, else the active or running one."""
    path = None if python is None or python[:1].isdecimal() else interpreter_path(python, environ)
    return interpreter(path, environ=environ).prefix


def other_python(version: str, environ: Mapping[str, str], folder: Path) -> Setting | None:
    """The Python that the nearest .python-version names, where it is another minor version.

    Of the tools here none reads the file (pyenv and ``uv run`` do), so it is not honoured.
    """
    path = next(
        (above / PYTHON_VERSION for above in (folder, *folder.parents) if (above / PYTHON_VERSION).is_file()), None
    )
    try:
        lines = [] if path is None else file_text(path).splitlines()
    except (OSError, ValueError):
        return None
    for number, line in enumerate(lines, start=1):
        wanted = line.partition("#")[0].strip()
        found = _MINOR.match(wanted)
        if path is not None and found is not None and not f"{version}.".startswith(f"{found[1]}."):
            return Setting(name="python", value=wanted, origin=f"{shown(path, environ)}:{number}", honoured=False)
        if wanted:
            return None
    return None
