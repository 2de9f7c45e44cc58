"""Installs wheels into an environment (PEP 427), and lets nothing of them land outside it.

It is a program of its own, which shares no time with what else goes on, and knows the standard library alone. Its one
argument is JSON: the environment's folder, its interpreter, its folders by the names of SCHEMES, and the wheels.
"""

import configparser
import json
import lzma
import os
import shutil
import stat
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

# The largest build requirements are CUDA's libraries, some gigabytes together.
_MAX_INSTALLED = 16 * 1024**3
_MAX_FILES = 400_000
_MAX_ENTRY_POINTS = 1 << 20
_LONGEST_SHEBANG = 1024

SCHEMES = ("purelib", "platlib", "scripts", "data")
"""The parts of a wheel that are installed. Headers are not: Python keeps them outside, and no metadata needs them."""

_LAUNCHER = "#!{python}\nimport sys\nfrom {module} import {first}\nsys.exit({attribute}())\n"

_NO_WHEEL = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, configparser.Error, EOFError, IndexError,
    NotImplementedError, OverflowError, RuntimeError,
)  # fmt: skip
"""What the readers raise for broken archives and texts, besides ValueError."""


class Place(NamedTuple):
    """An environment to install into: its folder, its interpreter, and the folder of each of SCHEMES."""

    folder: Path
    python: Path
    paths: Mapping[str, str]


def install(wheels: Iterable[Path], place: Place) -> None:
    """Unpack wheels and write launchers for their scripts.

    Raises ValueError for what is no wheel, is too large with those before it, or would reach out of the environment.
    """
    left, files = _MAX_INSTALLED, _MAX_FILES
    for wheel in wheels:
        try:
            with zipfile.ZipFile(wheel) as archive:
                infos = [info for info in archive.infolist() if not info.is_dir()]
                left -= sum(info.file_size for info in infos)
                files -= len(infos)
                _check(left >= 0 and files >= 0, "it is too large")
                _unpack(archive, infos, place)
                for name, text in _launchers(archive, str(place.python)):
                    _write_launcher(name, text, place)
        except (ValueError, *_NO_WHEEL) as error:
            raise ValueError(f"{wheel.name} cannot be installed: {error}") from error


def _check(holds: bool, why_not: str) -> None:
    if not holds:
        raise ValueError(why_not)


def _unpack(archive: zipfile.ZipFile, infos: Iterable[zipfile.ZipInfo], place: Place) -> None:
    for info in infos:
        where = _where(info.filename)
        if where is None:
            continue
        scheme, parts = where
        with archive.open(info) as source, _new(place, scheme, parts) as target:
            if scheme == "scripts":
                target.write(_first_line(source, place.python))
            shutil.copyfileobj(source, target)
            if scheme == "scripts" or info.external_attr >> 16 & stat.S_IXUSR:
                Path(target.name).chmod(0o755)


def _where(name: str) -> tuple[str, tuple[str, ...]] | None:
    """The scheme that a member belongs to and its path there; None: it is not installed.

    As pip and uv do, refuse what a ``*.data`` folder may not hold.
    """
    parts = _parts(name)
    if not parts[0].endswith(".data"):
        return "purelib", parts
    is_known = len(parts) >= 3 and parts[1] in (*SCHEMES, "headers")
    _check(is_known, f"no file of a wheel may stand at {name[:100]!r}")
    return None if parts[1] == "headers" else (parts[1], parts[2:])


def _parts(name: str) -> tuple[str, ...]:
    parts = PurePosixPath(name).parts
    is_inside = bool(parts) and not parts[0].startswith("/") and not {"..", "\\", ":"}.intersection(parts + tuple(name))
    _check(is_inside, f"{name[:100]!r} points out of the environment")
    return parts


def _new(place: Place, scheme: str, parts: tuple[str, ...]) -> IO[bytes]:
    """Open a file that may replace another wheel's. It follows no link and replaces none: the interpreter is one."""
    named = Path(place.paths[scheme], *parts)
    target = _folder(named.parent, place.folder) / named.name
    is_free = not target.is_symlink() and target != _folder(place.python.parent, place.folder) / place.python.name
    _check(is_free, f"{named.name[:100]!r} belongs to the environment")
    target.unlink(missing_ok=True)
    return target.open("xb")


@lru_cache(maxsize=4096)
def _folder(path: Path, inside: Path) -> Path:
    """Make a folder, and say where it is, whatever a file system makes of links, cases, dots and blanks."""
    folder = Path(os.path.realpath(path))  # wheels bring no links: it stays there
    _check(folder.is_relative_to(os.path.realpath(inside)), f"{path.name[:100]!r} points out of the environment")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _first_line(source: IO[bytes], python: Path) -> bytes:
    """The first line of a script; wheels write ``#!python`` where the interpreter's path belongs."""
    line = source.readline(_LONGEST_SHEBANG)
    return b"#!" + os.fsencode(python) + b"\n" if line.startswith(b"#!python") else line


class _EntryPoints(configparser.RawConfigParser):
    def optionxform(self, optionstr: str) -> str:
        return optionstr  # names keep their case


def _launchers(archive: zipfile.ZipFile, python: str) -> Iterator[tuple[str, str]]:
    """Name and text of the program for each script (entry points specification)."""
    for member in archive.infolist():
        if member.filename.count("/") != 1 or not member.filename.endswith(".dist-info/entry_points.txt"):
            continue
        _check(member.file_size <= _MAX_ENTRY_POINTS, "its list of entry points is too large")
        parser = _EntryPoints(delimiters=("=",), strict=False)
        parser.read_string(archive.read(member).decode())
        for section in ("console_scripts", "gui_scripts"):
            for name, value in parser.items(section) if parser.has_section(section) else ():
                module, _, attribute = (part.strip() for part in value.partition("[")[0].partition(":"))
                if all(word.isidentifier() for word in (*module.split("."), *attribute.split("."))):
                    first = attribute.partition(".")[0]
                    yield name, _LAUNCHER.format(python=python, module=module, first=first, attribute=attribute)


def _write_launcher(name: str, text: str, place: Place) -> None:
    parts = _parts(name)
    if sys.platform == "win32":
        *folders, last = parts
        with _new(place, "scripts", (*folders, f"{last}-script.py")) as script:
            script.write(text.encode())
        text = f'@"{place.python}" "%~dp0{last}-script.py" %*\n'
        parts = (*folders, f"{last}.cmd")
    with _new(place, "scripts", parts) as launcher:
        launcher.write(text.encode())
        Path(launcher.name).chmod(0o755)


def main() -> None:
    """Install; what goes wrong is said in one line."""
    asked = json.loads(sys.argv[1])
    try:
        place = Place(folder=Path(asked["folder"]), python=Path(asked["python"]), paths=asked["paths"])
        install(map(Path, asked["wheels"]), place)
    except (OSError, ValueError) as error:
        sys.exit(" ".join(str(error).split()))


if __name__ == "__main__":
    main()
