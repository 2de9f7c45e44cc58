"""What a question is asked about where nothing was named: the project, or the requirements, of a folder."""

from pathlib import Path

from backtrail.inputs.conda_environment import has_pip_section
from backtrail.inputs.pyproject import PYPROJECT, declares_project

_LISTS = ("requirements.txt", "requirements.in")
_CONDA = ("environment.yml", "environment.yaml")
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
