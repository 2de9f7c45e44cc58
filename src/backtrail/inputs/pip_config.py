"""What pip reads from its configuration files, in its order (pip's documentation, "Configuration")."""

import locale
import os
import sys
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

from backtrail.inputs.file_content import exists, file_text
from backtrail.inputs.places import shown
from backtrail.inputs.settings_catalogue import Form, Place, rows
from backtrail.inputs.variables import settings_of
from backtrail.model.errors import InputError
from backtrail.model.question import Setting

ETC = "/etc"
"""Where POSIX systems keep the settings of all users."""

_SECTIONS = ("global", "install")
"""Those that ``pip install`` reads: the later one wins, whichever file it stands in."""


def pip_settings(environ: Mapping[str, str], prefix: str) -> tuple[Setting, ...]:
    """The settings in pip's configuration files; of an option that two of them set, the one that wins.

    ``prefix`` is that of the Python that pip runs on (``sys.prefix``). Raises InputError, as pip stops, for a file that
    cannot be read or is not of its form.
    """
    merged: dict[str, dict[str, tuple[str, str]]] = {section: {} for section in _SECTIONS}
    for path in _files(environ, prefix):
        for section, written in _read(path, shown(path, environ)).items():
            merged[section] |= written
    known = rows("pip", Place.OPTION)
    given = [
        (known[name], value, origin)
        for section in _SECTIONS
        for name, (value, origin) in merged[section].items()
        if value and name in known  # an empty value takes back what an earlier file says in the same section
    ]
    winner = {row.name: origin for row, _, origin in given}
    effective = (one for one in given if one[0].form is Form.NAMES or winner[one[0].name] == one[2])
    return tuple(chain.from_iterable(settings_of(*one) for one in effective))


def _files(environ: Mapping[str, str], prefix: str) -> Iterator[Path]:
    """The files that there may be, the weakest first: of all users, of this one, of the environment, the one named."""
    named = environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return
    windows = sys.platform == "win32"
    name = "pip.ini" if windows else "pip.conf"
    yield from (folder / name for folder in _shared_folders(environ))
    home = environ.get("USERPROFILE" if windows else "HOME")
    if home and not (named and Path(named).exists()):
        yield Path(home, "pip" if windows else ".pip", name)
        yield _own_folder(environ, Path(home)) / name
    yield Path(prefix, name)
    if named:
        yield Path(named)


def _shared_folders(environ: Mapping[str, str]) -> tuple[Path, ...]:
    if sys.platform == "win32":
        shared = environ.get("PROGRAMDATA")
        return (Path(shared, "pip"),) if shared else ()
    if sys.platform == "darwin":
        return (Path("/Library/Application Support/pip"),)
    listed = environ.get("XDG_CONFIG_DIRS") or f"{ETC}/xdg"
    return (*(Path(one, "pip") for one in listed.split(os.pathsep)), Path(ETC))


def _own_folder(environ: Mapping[str, str], home: Path) -> Path:
    if sys.platform == "win32":
        return Path(environ.get("APPDATA") or home / "AppData" / "Roaming", "pip")
    if sys.platform == "darwin":
        support = home / "Library" / "Application Support" / "pip"
        return support if support.is_dir() else home / ".config" / "pip"
    return Path(environ.get("XDG_CONFIG_HOME") or home / ".config", "pip")


def _read(path: Path, name: str) -> dict[str, dict[str, tuple[str, str]]]:
    """Each section that counts: values with where they stand, by option. Empty for a file that is not there."""
    if not exists(path):
        return {}
    from configparser import RawConfigParser  # not needed where there is no file

    from backtrail.standards.ini_text import read_ini

    parser = RawConfigParser()
    parser.optionxform = _named  # type: ignore[method-assign, assignment]
    try:
        text = file_text(path, locale.getpreferredencoding(do_setlocale=False))
        read_ini(text, parser)
    except OSError as failure:
        raise InputError(f"{name!r} cannot be read: {failure.strerror}") from None
    except ValueError as failure:
        raise InputError(f"{name!r} is no configuration of pip: {failure}") from None
    return {
        section: {key: (value, f"{name}:{_line(text, section, key)}") for key, value in parser.items(section)}
        for section in _SECTIONS
        if parser.has_section(section)
    }


def _named(written: str) -> str:
    """An option's name as pip compares it."""
    return written.lower().replace("_", "-").removeprefix("--")


def _line(text: str, section: str, name: str) -> int:
    """Where an option is set: configparser does not keep lines."""
    within = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("["):
            within = line[1:].partition("]")[0]
        elif within == section and _named(line.replace(":", "=").partition("=")[0].strip()) == name:
            return number
    return 1
