"""Repositories of the real git, made without the settings of whoever runs the tests."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

_GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main")


def git(folder: Path, *words: str) -> str:
    """What git says in a folder."""
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    ended = subprocess.run([*_GIT, "-C", str(folder), *words], env=environ, capture_output=True, text=True, check=True)
    return ended.stdout.strip()


def commit(folder: Path, files: Mapping[str, str] = MappingProxyType({})) -> str:
    """Write files and commit all of a folder, which becomes a repository where it is none; return the commit."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "x", "--allow-empty")
    return git(folder, "rev-parse", "HEAD")


def submodule(folder: Path, path: str, url: str, commit: str, more: str = "") -> None:
    """Put a commit of another repository into one, as ``git submodule add`` does; ``more`` are settings of it."""
    (folder / path).mkdir(parents=True, exist_ok=True)
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet")
    with (folder / ".gitmodules").open("a", encoding="utf-8") as modules:
        modules.write(f'[submodule "{path}"]\n\tpath = {path}\n\turl = {url}\n\t{more}\n')
    git(folder, "update-index", "--add", "--cacheinfo", f"160000,{commit},{path}")
