"""What a question is asked about where nothing was named: the project, or the requirements, of a folder."""

from pathlib import Path

from backtrail.inputs.conda_environment import has_pip_section
from backtrail.inputs.locks.made_by import TELLING, maker_of
from backtrail.inputs.pyproject import PYPROJECT, declares_project

_LISTS = ("requirements.txt", "requirements.in")
_CONDA = ("environment.yml", "environment.yaml")
_LOCKS = ("uv.lock", "pylock.toml", "poetry.lock", "pdm.lock")
_OTHERS = ("Pipfile", "setup.cfg", "setup.py")


def found_here(folder: Path) -> str | None:
    """The name of the file in a folder that says what is required there; None where there is none.

    A ``pyproject.toml`` that declares a project comes first (a lock beside it is made from that), then a requirements
    file, the pip section of a conda environment, and what older projects have.
    """
    if declares_project(folder / PYPROJECT):
        return PYPROJECT
    names = [*_LISTS, *(name for name in _CONDA if has_pip_section(folder / name)), *_OTHERS]
    return next((name for name in names if (folder / name).is_file()), None)


def lock_here(folder: Path) -> str | None:
    """The name of the lock of the project in a folder, or of the list that was compiled there; None: there is none."""
    if (folder / PYPROJECT).is_file():
        return next((name for name in _LOCKS if (folder / name).is_file()), None)
    compiled, written = (folder / name for name in _LISTS)
    if not (compiled.is_file() and written.is_file()):
        return None
    with compiled.open(encoding="utf-8", errors="replace") as stream:
        return None if maker_of(stream.read(TELLING)) is None else compiled.name
