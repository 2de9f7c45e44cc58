"""Which repositories a checkout of git has inside it (gitmodules): read from its own texts, nothing is fetched."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from backtrail.index.build.git_command import GitError, git

__all__ = ["Submodule", "UnlistedError", "submodules_of"]

_FILE = ".gitmodules"
_UPDATES = ("", "checkout", "rebase", "merge")
"""What ``submodule.<name>.update`` may say that leads to the recorded commit in a new checkout."""


class UnlistedError(GitError):
    """A checkout has submodules, and no ``.gitmodules`` that says where they are from."""


class Submodule(NamedTuple):
    """A folder of a checkout that is a commit of another repository; its URL may be relative to that of its parent."""

    path: str
    url: str
    commit: str


def submodules_of(folder: Path) -> tuple[Submodule, ...]:
    """Those of a checkout, without those that are never updated (``update = none``); not what is in them.

    Raises GitError for one without a URL, and for one that is to be updated by a command, as git does; UnlistedError
    where none has a URL.
    """
    recorded = dict(_recorded(folder))
    if not recorded:
        return ()
    if not (folder / _FILE).is_file():
        raise UnlistedError(f"submodule {min(recorded)!r}: there is no {_FILE} to say where it is from")
    settings = {said["path"]: said for said in _settings(folder).values() if "path" in said}
    found = []
    for path, commit in recorded.items():
        said = settings.get(path, {})
        update = said.get("update", "")
        if update == "none":
            continue
        if "url" not in said:
            raise GitError(f"submodule {path!r} has no URL in {_FILE}")
        if update not in _UPDATES:
            raise GitError(f"submodule {path!r} has an invalid 'update' in {_FILE}")
        found.append(Submodule(path, said["url"], commit))
    return tuple(found)


def _recorded(folder: Path) -> list[tuple[str, str]]:
    """Path and commit of each submodule, as the index of the checkout has them (git-ls-files, ``--stage``)."""
    entries = git(folder, "ls-files", "--stage", "-z").split("\0")
    links = (entry.partition("\t") for entry in entries if entry.startswith("160000 "))
    return [(path, about.split()[1]) for about, _, path in links]


def _settings(folder: Path) -> Mapping[str, Mapping[str, str]]:
    """What ``.gitmodules`` says by the name of each submodule: of several values the last; nothing is included."""
    found: dict[str, dict[str, str]] = {}
    for setting in git(folder, "config", "--file", str((folder / _FILE).absolute()), "--null", "--list").split("\0"):
        key, _, value = setting.partition("\n")
        section, _, rest = key.partition(".")
        name, _, variable = rest.rpartition(".")
        if section == "submodule":
            found.setdefault(name, {})[variable] = value
    return found
