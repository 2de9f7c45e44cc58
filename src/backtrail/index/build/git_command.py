"""The real git, called so that it runs nothing that a repository brings and asks nobody anything."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from backtrail import transient
from backtrail.model.safe_text import without_secrets

__all__ = ["GitError", "access", "git", "protocols"]

TIME_LIMIT = 300.0
"""Seconds for one call of git."""

_SAFE = (
    "-c", f"core.hooksPath={os.devnull}",
    "-c", f"core.attributesFile={os.devnull}",
    "-c", "core.symlinks=false",  # a link out of the tree is a text
    "-c", "core.fsmonitor=false",
    "-c", "advice.detachedHead=false",
    "-c", "protocol.allow=never",
    "-c", "protocol.ext.allow=never",  # a command, whatever the user's configuration says
)  # fmt: skip
_PAIR = ("BACKTRAIL_GIT_USER", "BACKTRAIL_GIT_PASSWORD")
_HELPER = f"""!f() {{ test "$1" != get || printf 'username=%s\\npassword=%s\\n' "${_PAIR[0]}" "${_PAIR[1]}"; }}; f"""
"""What git asks for user and password: they stand in its environment, which other users cannot read."""


class GitError(Exception):
    """Why there is no checkout, in one line without credentials. ``absent``: git itself is not on this machine."""

    def __init__(self, why: str, *, absent: bool = False) -> None:
        """Remember why."""
        super().__init__(without_secrets(why)[:200])
        self.absent = absent


def git(folder: Path, *words: str, network: Mapping[str, str] | None = None) -> str:
    """What git says on its standard output. ``network``: variables for reaching it, None: it is not reached.

    Raises GitError.
    """
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


def protocols(*, by_user: bool) -> tuple[str, ...]:
    """Options of git with the protocols by which a repository is fetched: a folder of this disk only where you name it.

    One that another repository names is read from this disk where your own ``protocol.file.allow`` says so, as in git.
    """
    names = ("https", "http", "ssh", "git", *(["file"] * by_user))
    return tuple(word for name in names for word in ("-c", f"protocol.{name}.allow=always"))


def access(repository: str, credentials: tuple[str, str] | None) -> Mapping[str, str]:
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


def _telling(said: list[str]) -> str:
    """The line that says what is wrong."""
    fatal = [line for line in said if line.startswith(("fatal:", "error:"))]
    return (fatal or said or ["nothing"])[0].removeprefix("fatal: ")


def _environment(network: Mapping[str, str] | None) -> Mapping[str, str]:
    """Without what the environment tells git about repositories; the user's configuration is for the network alone."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name == "GIT_SSH_COMMAND"
    }
    own = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "GIT_LFS_SKIP_SMUDGE": "1", "LC_ALL": "C"}
    if network is None:
        own["GIT_CONFIG_GLOBAL"] = os.devnull
    return {"GIT_SSH_COMMAND": "ssh -oBatchMode=yes", **kept, **own, **(network or {})}
