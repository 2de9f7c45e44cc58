"""An isolated Python environment to build in: a venv of the target's interpreter with wheels unpacked into it."""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from backtrail.index.build import install_wheels
from backtrail.model.record import Record

__all__ = ["Environment", "Run", "install", "make_environment", "variables"]

Run = Callable[[Sequence[str], Mapping[str, str]], str]
"""Runs a command with these environment variables and returns what it wrote to stdout."""

_CLEANED = ("PIP_", "UV_", "PYTHON", "VIRTUAL_ENV", "BACKTRAIL_", "__PYVENV", "CONDA_PREFIX")
"""Beginnings of variables that would reach into the build from outside."""


class Environment(Record, frozen=True, kw_only=True):
    """A venv: its interpreter and the folders that the parts of wheels go to, by the names of ``sysconfig``.

    Its other folders (``stdlib``, ``include``) are those of the interpreter it was made of, and no business of a build.
    """

    folder: Path
    python: Path
    paths: dict[str, str]


def make_environment(interpreter: str, folder: Path, run: Run) -> Environment:
    """Make a venv in a folder that does not exist yet. Raises what ``run`` raises."""
    run([interpreter, "-I", "-m", "venv", "--without-pip", str(folder)], variables(None))
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    asked = "import json, sysconfig; print(json.dumps(sysconfig.get_paths()))"
    paths = json.loads(run([str(python), "-I", "-c", asked], variables(None)))
    return Environment(folder=folder, python=python, paths={name: paths[name] for name in install_wheels.SCHEMES})


def install(wheels: Sequence[Path], environment: Environment, run: Run) -> None:
    """Install wheels, in a process of their own. Raises what ``run`` raises, in the words of what is wrong."""
    if wheels:
        asked = {
            "folder": str(environment.folder),
            "python": str(environment.python),
            "paths": environment.paths,
            "wheels": [str(path) for path in wheels],
        }
        run([sys.executable, "-I", "-S", install_wheels.__file__, json.dumps(asked)], variables(None))


def variables(environment: Environment | None) -> dict[str, str]:
    """The environment variables of a process in an environment, None: of none; settings of other tools are left out."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(_CLEANED)}
    kept["PYTHONIOENCODING"] = "utf-8:backslashreplace"
    if environment is not None:
        kept["VIRTUAL_ENV"] = str(environment.folder)
        kept["PATH"] = os.pathsep.join([environment.paths["scripts"], kept.get("PATH", os.defpath)])
    return kept
