"""User and password out of the user's keyring, by the command that pip and uv ask.

It runs nowhere but where the user names a provider. What it says goes to the transport, and is never shown or stored.
"""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from backtrail import transient

__all__ = ["Keyring"]

TIME_LIMIT = 30.0
"""Seconds for one call; somebody may have to unlock it."""

_LONGEST: Final = 16 * 1024  # bytes of what it says; tokens of clouds have a few thousand


class _Told(msgspec.Struct):
    username: str
    password: str


class Keyring:
    """One provider for all hosts; ``indexes`` are what passwords may be kept under, besides the names of hosts."""

    def __init__(self, provider: str, indexes: tuple[str, ...]) -> None:
        """``provider`` is one of pip's: ``auto``, ``disabled``, ``import`` and ``subprocess``."""
        self._provider = provider
        self._indexes = tuple(index.rstrip("/") for index in indexes)

    @property
    def enabled(self) -> bool:
        """Whether there is anything to ask."""
        return self._provider != "disabled"

    def service(self, url: str) -> str | None:
        """The nearest index that a URL lies below; None: none."""
        below = [index for index in self._indexes if f"{url.rstrip('/')}/".startswith(f"{index}/")]
        return max(below, key=len, default=None)

    def ask(self, url: str, user: str | None) -> tuple[str, str] | None:
        """What it has for the index of a URL, else for the host; None: nothing. It may take TIME_LIMIT each."""
        command = self._command()
        index, host = self.service(url), urlsplit(url).netloc.rpartition("@")[2]
        services = (host,) if index is None else (f"{index}/", index, host)  # pip has the slash, uv what was written
        if command is None or any(word.startswith("-") for word in (*services, user or "")):
            return None
        return next((pair for service in services if (pair := _asked(command, service, user)) is not None), None)

    def _command(self) -> tuple[str, ...] | None:
        """The library beside this program for ``import``, which can be ended as any other; no folder is looked into."""
        if self._provider in ("import", "auto") and find_spec("keyring") is not None:
            return sys.executable, "-I", "-m", "keyring"
        found = shutil.which("keyring") if self._provider in ("subprocess", "auto") else None
        return None if found is None or not Path(found).is_absolute() else (found,)


def _asked(command: tuple[str, ...], service: str, user: str | None) -> tuple[str, str] | None:
    """As pip and uv ask: a name of a user has its password, without one both come as JSON (keyring 25.2.1)."""
    words = ("--mode=creds", "--output=json", "get", service) if user is None else ("get", service, user)
    environ = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    try:
        said = _said((*command, *words), environ)
        if not said.strip():
            return None
        if user is not None:
            return user, said.decode().rstrip("\r\n")
        told = msgspec.json.decode(said, type=_Told)
    except (OSError, ValueError):  # also what is no JSON or no UTF-8
        return None
    return told.username, told.password


def _said(command: tuple[str, ...], environ: Mapping[str, str]) -> bytes:
    """What a command says, empty where it fails, says too much or takes too long. Raises OSError."""
    nothing, kept = subprocess.DEVNULL, subprocess.PIPE
    process = transient.started(
        lambda: transient.Group(command, stdin=nothing, stdout=kept, stderr=nothing, env=environ)
    )
    clock = threading.Timer(TIME_LIMIT, process.kill)
    clock.start()
    with process:
        assert process.stdout is not None
        said = process.stdout.read(_LONGEST + 1)
        if len(said) > _LONGEST:
            process.kill()
    clock.cancel()
    transient.let_go(process)
    return said if process.returncode == 0 and len(said) <= _LONGEST else b""
