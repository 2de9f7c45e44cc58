"""An isolated Python environment to build in: a venv of the target's interpreter with wheels unpacked into it."""

import json
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from backtrail.index.build import install_wheels
from backtrail.model.record import Record

__all__ = ["Environment", "Run", "install", "make_environment", "variables"]

Run = Callable[[Sequence[str], Mapping[str, str]], str]
"""Runs a command with these environment variables and returns what it wrote to stdout."""

_SECRET = re.compile(
    r"(^|_)(TOKENS?|SECRETS?|PASS|PASSWORDS?|PASSWD|PASSPHRASE|KEYS?|CREDENTIALS?|AUTH|AUTHORIZATION|COOKIES?|DSN)(_|$)"
    r"|(TOKEN|SECRET|PASSWORD|APIKEY)$"
    r"|^(AWS|AZURE|GITHUB|GH|GITLAB|CI_JOB|ACTIONS|GOOGLE|GCP|CLOUDSDK|TWINE|POETRY|DOCKER|KUBE|VAULT|SSH|GPG|NETRC)(_|$)"
)
"""Names of variables that hold credentials, or are of a service that has some."""

_WITH_CREDENTIALS = re.compile(r"://(?!git@)[^/\s@]*(?::[^\s@]*)?@")
"""A URL with a user, which may be a token; `git@` alone is part of an address."""

_CONFINED = re.compile(
    r"PATH|LANG|LANGUAGE|LC_\w+|TZ|TERM|SOURCE_DATE_EPOCH|VIRTUAL_ENV|TMPDIR|TEMP|TMP|PYTHONIOENCODING"
)
"""All that a confined build has of the variables of this process."""

_CLEANED = ("PIP_", "UV_", "PYTHON", "VIRTUAL_ENV", "BACKTRAIL_", "__PYVENV", "CONDA_PREFIX")
"""Beginnings of variables that would reach into the build from outside."""

_ASKED = """
import json, os, sys, sysconfig
program = getattr(sys, "_base_executable", sys.executable)
bases = [sys.base_prefix, sys.base_exec_prefix, os.path.dirname(os.path.dirname(program))]
print(json.dumps([sysconfig.get_paths(), bases + [os.path.realpath(base) for base in bases]]))
"""


class Environment(Record, frozen=True, kw_only=True):
    """A venv: its interpreter and the folders that the parts of wheels go to, by the names of ``sysconfig``.

    Its other folders (``stdlib``, ``include``) are those of the interpreter it was made of, and no business of a build.
    ``bases`` are the folders in which that interpreter is.
    """

    folder: Path
    python: Path
    paths: dict[str, str]
    bases: tuple[Path, ...]


def make_environment(interpreter: str, folder: Path, run: Run) -> Environment:
    """Make a venv in a folder that does not exist yet. Raises what ``run`` raises."""
    run([interpreter, "-I", "-m", "venv", "--without-pip", str(folder)], variables(None))
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    paths, bases = json.loads(run([str(python), "-I", "-c", _ASKED], variables(None)))
    return Environment(
        folder=folder,
        python=python,
        paths={name: paths[name] for name in install_wheels.SCHEMES},
        bases=tuple(map(Path, dict.fromkeys(bases))),
    )


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


def variables(environment: Environment | None, *, confined: bool = False) -> dict[str, str]:
    """The environment variables of a process in an environment, None: of none.

    Settings of other tools are left out, and what looks like credentials; of a ``confined`` one all but a few.
    """
    kept = {name: value for name, value in os.environ.items() if _is_kept(name.upper(), value, confined=confined)}
    kept["PYTHONIOENCODING"] = "utf-8:backslashreplace"
    if environment is not None:
        kept["VIRTUAL_ENV"] = str(environment.folder)
        kept["PATH"] = os.pathsep.join([environment.paths["scripts"], kept.get("PATH", os.defpath)])
    return kept


def _is_kept(name: str, value: str, *, confined: bool) -> bool:
    if confined:
        return _CONFINED.fullmatch(name) is not None
    return not (name.startswith(_CLEANED) or _SECRET.search(name) or _WITH_CREDENTIALS.search(value))
