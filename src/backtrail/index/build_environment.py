"""An isolated Python environment to build in: a venv of the target's interpreter with wheels unpacked into it."""

import json
import os
import stat
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from configparser import RawConfigParser
from pathlib import Path, PurePosixPath

from backtrail.model.record import Record

__all__ = ["Environment", "install_wheel", "make_environment", "variables"]

Run = Callable[[Sequence[str], Mapping[str, str]], str]
"""Runs a command with these environment variables and returns what it wrote to stdout."""

_MAX_WHEEL = 4 * 1024**3

_CLEANED = ("PIP_", "UV_", "PYTHON", "VIRTUAL_ENV", "BACKTRAIL_", "__PYVENV", "CONDA_PREFIX")
"""Beginnings of variables that would reach into the build from outside."""

_LAUNCHER = "#!{python}\nimport sys\nfrom {module} import {first}\nsys.exit({attribute}())\n"


class Environment(Record, frozen=True, kw_only=True):
    """A venv: its interpreter and the folders a wheel's parts go to, by the names of ``sysconfig``."""

    folder: Path
    python: Path
    paths: dict[str, str]


def make_environment(interpreter: str, folder: Path, wheels: Sequence[Path], run: Run) -> Environment:
    """Make a venv in a folder that does not exist yet and install wheels there.

    Raises what ``run`` raises, ValueError for a file that is no wheel, OSError where the disk says no.
    """
    run([interpreter, "-I", "-m", "venv", "--without-pip", str(folder)], variables(None))
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    asked = "import json, sysconfig; print(json.dumps(sysconfig.get_paths()))"
    paths = json.loads(run([str(python), "-I", "-c", asked], variables(None)))
    environment = Environment(folder=folder, python=python, paths=paths)
    for wheel in wheels:
        install_wheel(wheel, environment)
    return environment


def variables(environment: Environment | None) -> dict[str, str]:
    """The environment variables of a process in an environment, None: of none; settings of other tools are left out."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(_CLEANED)}
    kept["PYTHONIOENCODING"] = "utf-8:backslashreplace"
    if environment is not None:
        kept["VIRTUAL_ENV"] = str(environment.folder)
        kept["PATH"] = os.pathsep.join([environment.paths["scripts"], kept.get("PATH", os.defpath)])
    return kept


def install_wheel(wheel: Path, environment: Environment) -> None:
    """Unpack a wheel (PEP 427) and write launchers for its console scripts; raises ValueError if it is none."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            infos = archive.infolist()
            if sum(info.file_size for info in infos) > _MAX_WHEEL:
                raise ValueError(f"{wheel.name} is too large")
            for info in infos:
                target = _target(PurePosixPath(info.filename), environment)
                if target is not None and not info.is_dir():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(_shebang(archive.read(info), info.filename, environment))
                    if info.external_attr >> 16 & stat.S_IXUSR or target.parent == Path(environment.paths["scripts"]):
                        target.chmod(0o755)
            for name, module, attribute in _console_scripts(archive):
                _write_launcher(environment, name, module, attribute)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"{wheel.name} is no wheel: {error}") from error


def _target(name: PurePosixPath, environment: Environment) -> Path | None:
    """Where a member goes: into site-packages, or as its ``*.data`` folder says; None: nowhere."""
    if name.is_absolute() or ".." in name.parts or not name.parts or "\\" in str(name) or ":" in str(name):
        raise ValueError(f"{str(name)!r} points out of the wheel")
    scheme, parts = "purelib", name.parts
    if parts[0].endswith(".data"):
        if len(parts) < 3:
            return None
        scheme, parts = parts[1], parts[2:]
    if scheme == "headers":
        return Path(environment.paths["include"], parts[0], *parts)
    root = environment.paths.get(scheme)
    return None if root is None else Path(root, *parts)


def _shebang(content: bytes, name: str, environment: Environment) -> bytes:
    """Wheels write ``#!python`` where the interpreter's path belongs."""
    if ".data/scripts/" in name and content.startswith(b"#!python"):
        _, _, rest = content.partition(b"\n")
        return b"#!" + os.fsencode(environment.python) + b"\n" + rest
    return content


class _EntryPoints(RawConfigParser):
    def optionxform(self, optionstr: str) -> str:
        return optionstr  # names keep their case


def _console_scripts(archive: zipfile.ZipFile) -> Iterator[tuple[str, str, str]]:
    """Name, module and attribute of each console script (entry points specification)."""
    for member in archive.namelist():
        if member.count("/") == 1 and member.endswith(".dist-info/entry_points.txt"):
            parser = _EntryPoints(delimiters=("=",), strict=False)
            parser.read_string(archive.read(member).decode())
            for section in ("console_scripts", "gui_scripts"):
                for name, value in parser.items(section) if parser.has_section(section) else ():
                    module, _, attribute = value.partition("[")[0].strip().partition(":")
                    words = (*module.strip().split("."), *attribute.strip().split("."))
                    if all(word.isidentifier() for word in words) and PurePosixPath(name).name == name:
                        yield name, module.strip(), attribute.strip()


def _write_launcher(environment: Environment, name: str, module: str, attribute: str) -> None:
    scripts = Path(environment.paths["scripts"])
    scripts.mkdir(parents=True, exist_ok=True)
    first = attribute.partition(".")[0]
    text = _LAUNCHER.format(python=environment.python, module=module, first=first, attribute=attribute)
    if sys.platform == "win32":
        (scripts / f"{name}-script.py").write_text(text, encoding="utf-8")
        (scripts / f"{name}.cmd").write_text(f'@"{environment.python}" "%~dp0{name}-script.py" %*\n', encoding="utf-8")
        return
    launcher = scripts / name
    launcher.write_text(text, encoding="utf-8")
    launcher.chmod(0o755)
