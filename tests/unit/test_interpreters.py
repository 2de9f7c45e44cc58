"""The Pythons of this machine: which one is asked, and which one builds run with."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from backtrail.inputs import probe
from backtrail.inputs.interpreters import interpreter, interpreter_path, python_for_builds
from backtrail.model.errors import InputError

NAME = "python{}.{}".format(*sys.version_info[:2])
VERSION = NAME.removeprefix("python")
UNSELECTED = "#!/bin/sh\necho 'pyenv: command not found' >&2\nexit 127\n"
NO_PYTHON = "#!/bin/sh\necho '{}'\n"
REAL = f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'

shell = pytest.mark.skipif(sys.platform == "win32", reason="shims are shell scripts")


def test_the_probe_runs_alone() -> None:
    answer = subprocess.run([sys.executable, "-I", probe.__file__], capture_output=True, check=True, timeout=60)
    said = json.loads(answer.stdout)
    assert said.pop("site") == probe.folders()["site"]
    assert set(said.pop("path")) >= {*probe.folders()["site"]}  # type: ignore[misc]
    assert said == json.loads(json.dumps(probe.facts()))


def test_the_active_environment_comes_first(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    assert interpreter(environ={"VIRTUAL_ENV": str(tmp_path)}).origin == "active environment"
    assert interpreter(environ={"CONDA_PREFIX": sys.prefix}).origin == "active environment"
    assert interpreter(environ={"VIRTUAL_ENV": str(tmp_path / "gone")}).origin == "running interpreter"


def program(folder: Path, script: str, name: str) -> str:
    """Write a program and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(script)
    (folder / name).chmod(0o755)
    return str(folder)


def answering(version: str) -> str:
    """A program that says it is a Python of this version."""
    facts = json.loads(json.dumps(probe.facts()))
    facts["markers"]["python_full_version"] = version
    facts["executable"] = f"/fake/{version}"
    return f"#!/bin/sh\ncat <<'E'\n{json.dumps(facts)}\nE\n"


def searching(*folders: str) -> dict[str, str]:
    return {"PATH": os.pathsep.join(folders)}


@shell
def test_builds_run_with_the_first_python_of_the_version_that_runs(tmp_path: Path) -> None:
    """As pyenv's ``python3.10`` says that no 3.10 is selected, in front of one that the system has."""
    shim = program(tmp_path / "shims", UNSELECTED, "python3.7")
    other = program(tmp_path / "other", NO_PYTHON, "python3.7")
    real = program(tmp_path / "bin", answering("3.7.16"), "python3.7")
    environ = searching(shim, other, "", real)
    found = python_for_builds("3.7.0", str(Path(shim, "python3.7")), environ=environ)
    assert (found.version, found.executable) == ("3.7.16", "/fake/3.7.16")


@shell
def test_where_no_python_of_the_version_runs_builds_go_on_with_another(tmp_path: Path) -> None:
    """As uv does: the first there is."""
    shim = program(tmp_path / "shims", UNSELECTED, "python3.7")
    real = program(tmp_path / "bin", answering("3.8.18"), "python3")
    assert python_for_builds("3.7.0", None, environ=searching(shim, real)).version == "3.8.18"
    assert python_for_builds("3.7.0", None, environ=searching(shim)).executable == sys.executable
    active = {"VIRTUAL_ENV": sys.prefix, **searching(shim, real)}
    assert python_for_builds("3.7.0", None, environ=active).executable == sys.executable
    assert python_for_builds("3.8.2", None, environ=active).version == "3.8.18"


@shell
def test_uvs_own_pythons_are_looked_at(tmp_path: Path) -> None:
    for version in ("3.7.9", "3.7.16", "3.8.1"):
        program(tmp_path / f"cpython-{version}-linux" / "bin", answering(version), "python")
    environ = {"UV_PYTHON_INSTALL_DIR": str(tmp_path), "PATH": ""}
    assert python_for_builds("3.7.0", None, environ=environ).version == "3.7.16"


@shell
def test_a_name_means_the_first_that_runs(tmp_path: Path) -> None:
    shim = program(tmp_path / "shims", UNSELECTED, NAME)
    real = program(tmp_path / "bin", REAL, NAME)
    assert interpreter_path(NAME, searching(shim, real)) == str(Path(real, NAME))
    assert interpreter_path(NAME, searching()) is None


@shell
def test_a_shim_means_what_pyenv_has_of_its_version(tmp_path: Path) -> None:
    shim = program(tmp_path / "shims", UNSELECTED, NAME)
    program(tmp_path / "versions" / f"{VERSION}.1" / "bin", UNSELECTED, "python")
    program(tmp_path / "versions" / f"{VERSION}.0" / "bin", REAL, "python")
    environ = {"PYENV_ROOT": str(tmp_path), **searching(shim)}
    assert interpreter_path(NAME, environ) == str(tmp_path / "versions" / f"{VERSION}.0" / "bin" / "python")


@shell
def test_a_name_of_which_none_runs_is_one_sentence(tmp_path: Path) -> None:
    shim = program(tmp_path / "shims", UNSELECTED, NAME)
    with pytest.raises(
        InputError, match=rf"^--python '{NAME}': {re.escape(shim)}/{NAME} does not run as a Python.*"
    ) as caught:
        interpreter_path(NAME, searching(shim))
    assert str(caught.value).endswith(f"--python {VERSION} needs no interpreter")
