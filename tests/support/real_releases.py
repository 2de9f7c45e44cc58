"""Any release of the real tools: installed from PyPI into a folder of its own when it is first asked for."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import platformdirs
from uv import find_uv_bin

from support.real_pip import RealPip
from support.real_uv import RealUv

_INSTALLING = threading.Lock()


def default_folder() -> Path:
    """Where releases are kept unless asked otherwise: in the user's cache directory."""
    return Path(platformdirs.user_cache_dir("backtrail-real-releases"))


def real(tool: str, release: str, folder: Path) -> RealUv | RealPip:
    """The real tool of a release, installed beneath the folder; raises CalledProcessError where it cannot be."""
    place = folder / f"{tool}-{release}"
    bin_folder, suffix = ("Scripts", ".exe") if os.name == "nt" else ("bin", "")
    python = place / bin_folder / f"python{suffix}"
    complete = place / "complete"
    with _INSTALLING:
        if not complete.exists():
            uv = [find_uv_bin(), "--quiet", "--no-config"]
            subprocess.run([*uv, "venv", "--clear", "--python", sys.executable, str(place)], check=True)
            subprocess.run([*uv, "pip", "install", "--python", str(python), f"{tool}=={release}"], check=True)
            complete.touch()
    if tool == "pip":
        return RealPip(release, python)
    return RealUv(release, place / bin_folder / f"uv{suffix}")
