"""Confines a command with bubblewrap, on Linux: no network, no home, no other process, and few places to write."""

import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from backtrail import transient
from backtrail.model.errors import InputError

__all__ = ["confined", "find_sandbox"]

_SYSTEM: Final = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/nix/store", "/etc/alternatives",
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/passwd", "/etc/group", "/etc/localtime",
    "/etc/ssl/certs", "/etc/pki/tls/certs",
)  # fmt: skip
"""What programs and compilers are made of; nothing of a user's."""

_APART: Final = ("--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL")
_PATIENCE: Final = 10.0  # seconds


def find_sandbox() -> str:
    """Where bubblewrap is. Raises InputError where it is not on this machine, or cannot do what it is for."""
    program = shutil.which("bwrap") if sys.platform == "linux" else None
    if program is None:
        raise InputError("--sandbox needs bubblewrap (bwrap), on Linux, and it is not on this machine")
    try:
        tried = transient.run(confined(program, ["true"], readable=(), writable=()), timeout=_PATIENCE)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InputError(f"--sandbox: bubblewrap cannot be run: {error}") from None
    if tried.returncode:
        said = tried.stderr.decode(errors="replace").strip()
        raise InputError(f"--sandbox: bubblewrap cannot be used here: {said}")
    return program


def confined(
    program: str,
    command: Sequence[str],
    *,
    readable: Iterable[Path],
    writable: Iterable[Path],
    folder: Path | str | None = None,
) -> list[str]:
    """The command that runs another in a sandbox, in ``folder``; of the user's files it has those that are named."""
    words = [program, *_APART, "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]  # noqa: S108  a new one
    for path in (*_SYSTEM, *readable):
        words += ["--ro-bind-try", str(path), str(path)]
    for path in writable:
        words += ["--bind", str(path), str(path)]
    return [*words, *(() if folder is None else ("--chdir", str(folder))), "--", *command]
