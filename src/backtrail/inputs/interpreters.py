"""The Pythons of this machine: asked what they are, and looked for as uv looks for them."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import msgspec
from packaging.version import Version

from backtrail import transient
from backtrail.inputs import probe
from backtrail.inputs.file_content import is_file, is_folder
from backtrail.model.errors import InputError
from backtrail.model.record import Record

PROBE_SECONDS = 20
PROBE_BYTES = 1 << 20

_NAME = re.compile(r"python(\d+\.\d+)")


class Interpreter(Record, frozen=True, kw_only=True):
    """A Python as it described itself (see ``probe.facts``), and by which way it was found.

    ``site`` are the folders that packages are installed into, ``path`` those that Python looks for them in; neither is
    known where nobody ran it isolated.
    """

    markers: dict[str, str]
    platform: str
    is_32bit: bool
    libc: tuple[str, int, int] | None
    macos: tuple[int, ...] | None
    abi: str
    free_threaded: bool
    debug: bool
    prefix: str
    executable: str
    site: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    origin: str = ""

    @property
    def version(self) -> str:
        """The full version. A build of a checkout calls itself 3.15.0a0+, which is no version (PEP 440)."""
        return self.markers["python_full_version"].rstrip("+")


def interpreter(python: str | None = None, *, environ: Mapping[str, str] = os.environ) -> Interpreter:
    """The interpreter at a path or in an environment; None: the active environment's, else the running one.

    Any but the running one is asked once, by running it isolated with a script of this package. Raises InputError where
    it does not exist or does not answer.
    """
    if python is not None:
        return _ask(python, f"--python {python}")
    return _active(environ) or _running("running interpreter")


def isolated(executable: str) -> Interpreter:
    """An interpreter as it is without the user's variables and folders. Raises InputError where it does not answer."""
    return _asked(executable)


def minor(full: str) -> tuple[int, int]:
    """``(3, 10)`` of 3.10.13."""
    version = Version(full)
    return version.major, version.minor


def interpreter_path(python: str, environ: Mapping[str, str], *, option: str = "--python") -> str | None:
    """Where the interpreter is that a path, an environment's folder or a name means; None where nothing is called so.

    Of several of a name on the search path it is the first that runs: what pyenv and its like put in front of the
    others runs for the versions that are selected only. Raises InputError where none does.
    """
    given = Path(python).expanduser()
    if is_folder(given):
        inside = _executable_in(given)
        if inside is None:
            raise InputError(f"{option} {python!r} is a directory without a Python interpreter")
        return str(inside)
    if is_file(given):
        return str(given)
    called = _on_path((python,), environ)
    version = _NAME.fullmatch(given.name)
    further = () if version is None else (*_managed(version[1], environ), *_of_pyenv(version[1], environ))
    for executable in (*called, *further) if called else ():
        with suppress(InputError):
            _ask(executable, "")
            return executable
    if not called:
        return None
    hint = "" if version is None else f"; --python {version[1]} needs no interpreter"
    raise InputError(f"{option} {python!r}: {called[0]} does not run as a Python, nor does another of its name{hint}")


def python_for_builds(wanted: str, first: str | None, *, environ: Mapping[str, str] = os.environ) -> Interpreter:
    """An interpreter that runs, of the minor version of ``wanted``, else of any, as uv looks for one.

    ``first`` is where it is supposed to be, None where nobody supposes. The running one is taken where no other runs.
    """
    version = "{}.{}".format(*minor(wanted))
    names = (f"python{version}", "python3", "python")
    places = (*((first,) if first else ()), *_managed(version, environ), *_on_path(names, environ))
    found = [one for one in (_active(environ),) if one is not None]
    for executable in dict.fromkeys(places):
        if found and minor(found[-1].version) == minor(wanted):
            return found[-1]
        with suppress(InputError):
            found.append(_ask(executable, ""))
    fitting = (one for one in found if minor(one.version) == minor(wanted))
    return next(fitting, found[0] if found else _running(""))


def _on_path(names: tuple[str, ...], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Every program with one of the names on the search path, folder by folder."""
    folders = environ.get("PATH", os.defpath).split(os.pathsep)
    found = (shutil.which(name, path=folder) for folder in folders if folder for name in names)
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _managed(version: str, environ: Mapping[str, str]) -> Iterator[str]:
    """The Pythons of a minor version that uv installed, the newest first."""
    home = environ.get("HOME", "")
    data = environ.get("XDG_DATA_HOME") or (f"{home}/.local/share" if home else "")
    folder = environ.get("UV_PYTHON_INSTALL_DIR") or (f"{data}/uv/python" if data else "")
    return _newest_in(folder, f"cpython-{version}.*")


def _of_pyenv(version: str, environ: Mapping[str, str]) -> Iterator[str]:
    """The Pythons of a minor version that pyenv installed, the newest first."""
    home = environ.get("HOME", "")
    root = environ.get("PYENV_ROOT") or (f"{home}/.pyenv" if home else "")
    return _newest_in(f"{root}/versions" if root else "", f"{version}.*")


def _newest_in(folder: str, pattern: str) -> Iterator[str]:
    prefixes = Path(folder).glob(pattern) if folder else ()
    ordered = sorted(prefixes, key=lambda prefix: [int(digits) for digits in re.findall(r"\d+", prefix.name)])
    executables = (_executable_in(prefix) for prefix in reversed(ordered))
    return (str(executable) for executable in executables if executable is not None)


def _active(environ: Mapping[str, str]) -> Interpreter | None:
    """That of the active environment; None where there is none, or nothing in it."""
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        prefix = environ.get(variable)
        if prefix and _same(prefix, sys.prefix):
            return _running("active environment")
        executable = _executable_in(Path(prefix)) if prefix else None
        if executable is not None:
            return _ask(str(executable), "active environment")
    return None


def _executable_in(prefix: Path) -> Path | None:
    places = (
        prefix / "bin" / "python",
        prefix / "bin" / "python3",
        prefix / "Scripts" / "python.exe",
        prefix / "python.exe",
    )
    return next((place for place in places if is_file(place)), None)


def _same(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _running(origin: str) -> Interpreter:
    return msgspec.structs.replace(msgspec.convert(probe.facts(), Interpreter), origin=origin)


def _ask(executable: str, origin: str) -> Interpreter:
    return msgspec.structs.replace(_asked(executable), origin=origin)


@lru_cache(maxsize=16)
def _asked(executable: str) -> Interpreter:
    try:
        answer = transient.run([executable, "-I", probe.__file__], timeout=PROBE_SECONDS)
    except subprocess.TimeoutExpired:
        raise InputError(f"{executable!r} did not say within {PROBE_SECONDS} seconds which Python it is") from None
    except OSError as failure:
        raise InputError(f"{executable!r} cannot be run: {failure.strerror}") from None
    if answer.returncode != 0 or len(answer.stdout) > PROBE_BYTES:
        raise InputError(f"{executable!r} is not a Python that can say which one it is{_last_line(answer.stderr)}")
    try:
        return msgspec.convert(json.loads(answer.stdout), Interpreter)
    except (ValueError, msgspec.ValidationError):
        raise InputError(f"{executable!r} did not answer as a Python interpreter does") from None


def _last_line(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return f": {lines[-1][:200]}" if lines else ""
