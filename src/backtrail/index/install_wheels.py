"""Installs wheels into an environment (PEP 427). It is a program of its own: it shares no time with what else goes on.

It knows the standard library alone. Its one argument is JSON: the environment's interpreter, its folders by the names
of ``sysconfig``, and the wheels.
"""

import json
import os
import stat
import sys
import zipfile
from collections.abc import Iterator, Mapping
from configparser import RawConfigParser
from pathlib import Path, PurePosixPath

_MAX_WHEEL = 4 * 1024**3

_LAUNCHER = "#!{python}\nimport sys\nfrom {module} import {first}\nsys.exit({attribute}())\n"


def install_wheel(wheel: Path, python: str, paths: Mapping[str, str]) -> None:
    """Unpack a wheel and write launchers for its console scripts; raises ValueError if it is none."""
    scripts = Path(paths["scripts"])
    try:
        with zipfile.ZipFile(wheel) as archive:
            infos = archive.infolist()
            if sum(info.file_size for info in infos) > _MAX_WHEEL:
                raise ValueError(f"{wheel.name} is too large")
            for info in infos:
                target = _target(PurePosixPath(info.filename), paths)
                if target is not None and not info.is_dir():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(_shebang(archive.read(info), info.filename, python))
                    if info.external_attr >> 16 & stat.S_IXUSR or target.parent == scripts:
                        target.chmod(0o755)
            for name, module, attribute in _console_scripts(archive):
                _write_launcher(scripts, python, name, module, attribute)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"{wheel.name} is no wheel: {error}") from error


def _target(name: PurePosixPath, paths: Mapping[str, str]) -> Path | None:
    """Where a member goes: into site-packages, or as its ``*.data`` folder says; None: nowhere."""
    if name.is_absolute() or ".." in name.parts or not name.parts or "\\" in str(name) or ":" in str(name):
        raise ValueError(f"{str(name)!r} points out of the wheel")
    scheme, parts = "purelib", name.parts
    if parts[0].endswith(".data"):
        if len(parts) < 3:
            return None
        scheme, parts = parts[1], parts[2:]
    if scheme == "headers":
        return Path(paths["include"], parts[0], *parts)
    root = paths.get(scheme)
    return None if root is None else Path(root, *parts)


def _shebang(content: bytes, name: str, python: str) -> bytes:
    """Wheels write ``#!python`` where the interpreter's path belongs."""
    if ".data/scripts/" in name and content.startswith(b"#!python"):
        _, _, rest = content.partition(b"\n")
        return b"#!" + os.fsencode(python) + b"\n" + rest
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


def _write_launcher(scripts: Path, python: str, name: str, module: str, attribute: str) -> None:
    scripts.mkdir(parents=True, exist_ok=True)
    first = attribute.partition(".")[0]
    text = _LAUNCHER.format(python=python, module=module, first=first, attribute=attribute)
    if sys.platform == "win32":
        (scripts / f"{name}-script.py").write_text(text, encoding="utf-8")
        (scripts / f"{name}.cmd").write_text(f'@"{python}" "%~dp0{name}-script.py" %*\n', encoding="utf-8")
        return
    launcher = scripts / name
    launcher.write_text(text, encoding="utf-8")
    launcher.chmod(0o755)


def main() -> None:
    """Install; what goes wrong is said in one line."""
    asked = json.loads(sys.argv[1])
    try:
        for wheel in asked["wheels"]:
            install_wheel(Path(wheel), asked["python"], asked["paths"])
    except (OSError, ValueError) as error:
        sys.exit(" ".join(str(error).split()))


if __name__ == "__main__":
    main()
