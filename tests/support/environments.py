"""Environments of values: a folder with an interpreter, and what is installed there as the tools would have left it."""

import json
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Dist:
    """Something to install: a project, its version, what it requires, and what its folder says besides."""

    name: str
    version: str
    requires: tuple[str, ...] = ()
    requires_python: str | None = None
    installer: str | None = "pip"
    requested: bool = False
    direct_url: Mapping[str, Any] | None = None
    tags: tuple[str, ...] = ("py3-none-any",)
    extras: tuple[str, ...] = ()


def dist(name: str, version: str, *requires: str, **fields: Any) -> Dist:
    """``dist("app", "1.0", "lib>=2")``."""
    return Dist(name=name, version=version, requires=requires, **fields)


def environment(folder: Path, *dists: Dist) -> Path:
    """Make an environment without pip, with these installed; return its folder of packages."""
    venv.create(folder, with_pip=False, symlinks=sys.platform != "win32")
    site = site_of(folder)
    for one in dists:
        put(site, one)
    return site


def site_of(folder: Path) -> Path:
    """Where an environment has its packages."""
    if sys.platform == "win32":
        return folder / "Lib" / "site-packages"
    return folder / "lib" / "python{}.{}".format(*sys.version_info[:2]) / "site-packages"


def put(site: Path, one: Dist) -> Path:
    """Install: the folder of metadata and one module, listed as the tools list them."""
    stem = f"{one.name.replace('-', '_')}-{one.version}"
    info = site / f"{stem}.dist-info"
    info.mkdir()
    module = f"{one.name.replace('-', '_')}.py"
    (site / module).write_text(f"VERSION = {one.version!r}\n", encoding="utf-8")
    texts = {
        "METADATA": metadata(one),
        "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n" + "".join(f"Tag: {tag}\n" for tag in one.tags),
    }
    if one.installer is not None:
        texts["INSTALLER"] = f"{one.installer}\n"
    if one.requested:
        texts["REQUESTED"] = ""
    if one.direct_url is not None:
        texts["direct_url.json"] = json.dumps(one.direct_url)
    for name, text in texts.items():
        (info / name).write_text(text, encoding="utf-8")
    listed = [module, *(f"{info.name}/{name}" for name in (*texts, "RECORD"))]
    (info / "RECORD").write_text("".join(f"{name},,\n" for name in listed), encoding="utf-8")
    return info


def metadata(one: Dist) -> str:
    """Core metadata."""
    lines = ["Metadata-Version: 2.1", f"Name: {one.name}", f"Version: {one.version}"]
    lines += [f"Requires-Python: {one.requires_python}"] if one.requires_python else []
    lines += [f"Provides-Extra: {extra}" for extra in one.extras]
    lines += [f"Requires-Dist: {text}" for text in one.requires]
    return "".join(f"{line}\n" for line in lines)
