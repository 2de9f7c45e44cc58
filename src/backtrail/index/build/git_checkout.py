"""A commit of a git repository on this disk, by the real git, which runs nothing that the repository brings."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit, urlunsplit

from backtrail import transient
from backtrail.model.safe_text import without_secrets

__all__ = ["Checkout", "GitError", "Reference", "check_out", "read_reference"]

TIME_LIMIT = 300.0
"""Seconds for one call of git."""

_SAFE = (
    "-c", f"core.hooksPath={os.devnull}",
    "-c", f"core.attributesFile={os.devnull}",
    "-c", "core.symlinks=false",  # a link out of the tree is a text
    "-c", "core.fsmonitor=false",
    "-c", "advice.detachedHead=false",
    "-c", "protocol.allow=never",
    *(word for name in ("https", "http", "ssh", "git", "file") for word in ("-c", f"protocol.{name}.allow=always")),
)  # fmt: skip
_PAIR = ("BACKTRAIL_GIT_USER", "BACKTRAIL_GIT_PASSWORD")
_HELPER = f"""!f() {{ test "$1" != get || printf 'username=%s\\npassword=%s\\n' "${_PAIR[0]}" "${_PAIR[1]}"; }}; f"""
"""What git asks for user and password: they stand in its environment, which other users cannot read."""

_COMMIT = re.compile(r"[0-9a-f]{7,64}", re.IGNORECASE)


class GitError(Exception):
    """Why there is no checkout, in one line without credentials. ``absent``: git itself is not on this machine."""

    def __init__(self, why: str, *, absent: bool = False) -> None:
        """Remember why."""
        super().__init__(without_secrets(why)[:200])
        self.absent = absent


class Reference(NamedTuple):
    """What a ``git+…`` URL names. ``revision`` is a branch, tag or commit; None: the head of the repository."""

    repository: str
    revision: str | None
    subdirectory: str


class Checkout(NamedTuple):
    """Where the files of a commit are, and which commit that is."""

    folder: Path
    commit: str


def read_reference(url: str) -> Reference:
    """Take a ``git+…`` URL apart: the revision stands behind the last ``@`` of its path. Raises GitError."""
    parts = urlsplit(url)
    path, at, revision = parts.path.rpartition("@")
    fragment = parse_qs(parts.fragment)
    scheme = parts.scheme.removeprefix("git+")
    repository = urlunsplit(parts._replace(scheme=scheme, path=path if at else parts.path, fragment=""))
    if scheme == "file" and not parts.netloc:
        repository = f"file://{path if at else parts.path}"
    if at and revision.startswith("-"):
        raise GitError(f"{revision!r} is not a revision")
    return Reference(repository, revision if at else None, fragment.get("subdirectory", [""])[0])


def check_out(reference: Reference, folder: Path, credentials: tuple[str, str] | None = None) -> Checkout:
    """Fetch one commit into a new folder and put its files there; submodules are left out. Raises GitError.

    The network is reached as the user's own configuration of git says. Files are put there without it: no hook, no
    filter and no link of the repository takes part. ``credentials`` are user and password for the origin of the
    repository (RFC 6454), in place of what the user's helpers of git know; no other host is told them, and no command
    line has them.
    """
    folder.mkdir(parents=True)
    _git(folder, "init", "--quiet", "--template=")
    wanted = reference.revision or "HEAD"
    access = _access(reference.repository, credentials)
    try:
        _git(folder, "fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--",
             reference.repository, wanted, network=access)  # fmt: skip
        found = "FETCH_HEAD"
    except GitError as failure:
        if _COMMIT.fullmatch(wanted) is None or failure.absent:
            raise
        # a short name of a commit, or a server that hands out no commit by its name
        _git(folder, "fetch", "--quiet", "--no-recurse-submodules", "--", reference.repository,
             "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*", network=access)  # fmt: skip
        found = wanted
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{found}^{{commit}}").strip()
    _git(folder, "checkout", "--quiet", "--detach", commit)
    return Checkout(folder, commit)


def _git(folder: Path, *words: str, network: Mapping[str, str] | None = None) -> str:
    """What git says on its standard output; it asks nobody anything. ``network``: variables for reaching it."""
    command = ["git", *_SAFE, "-C", str(folder), *words]
    try:
        ended = transient.run(command, timeout=TIME_LIMIT, env=_environment(network))
    except FileNotFoundError:
        raise GitError("there is no git on this machine", absent=True) from None
    except subprocess.TimeoutExpired:
        raise GitError("git took too long") from None
    except OSError as failure:
        raise GitError(f"git cannot be run: {failure.strerror}", absent=True) from None
    if ended.returncode:
        said = ended.stderr.decode(errors="replace").strip().splitlines()
        raise GitError(f"git says: {_telling(said)}")
    return ended.stdout.decode(errors="replace")


def _telling(said: list[str]) -> str:
    """The line that says what is wrong."""
    fatal = [line for line in said if line.startswith(("fatal:", "error:"))]
    return (fatal or said or ["nothing"])[0].removeprefix("fatal: ")


def _access(repository: str, credentials: tuple[str, str] | None) -> Mapping[str, str]:
    """Variables by which git has credentials for one origin alone (git-config, "credential.<url>.*").

    A header would follow a redirect to another host. The user's helpers, which would store them, are not asked.
    """
    parts = urlsplit(repository)
    if credentials is None or parts.scheme not in ("http", "https") or any("\n" in part for part in credentials):
        return {}
    helper = f"credential.{parts.scheme}://{parts.netloc}.helper"
    settings = ((helper, ""), (helper, _HELPER))
    return {
        "GIT_CONFIG_COUNT": str(len(settings)),
        **{f"GIT_CONFIG_KEY_{place}": name for place, (name, _) in enumerate(settings)},
        **{f"GIT_CONFIG_VALUE_{place}": value for place, (_, value) in enumerate(settings)},
        **dict(zip(_PAIR, credentials, strict=True)),
    }


def _environment(network: Mapping[str, str] | None) -> Mapping[str, str]:
    """Without what the environment tells git about repositories; the user's configuration is for the network alone."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name == "GIT_SSH_COMMAND"
    }
    own = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "GIT_LFS_SKIP_SMUDGE": "1", "LC_ALL": "C"}
    if network is None:
        own["GIT_CONFIG_GLOBAL"] = os.devnull
    return {"GIT_SSH_COMMAND": "ssh -oBatchMode=yes", **kept, **own, **(network or {})}
