"""Starts hooks in a process that has their build backend imported: what takes most of a short hook's time."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from backtrail import ceiling
from backtrail.index.build import hook_server
from backtrail.index.build.processes import Hold, Running

__all__ = ["HookClient", "can_fork"]


def can_fork() -> bool:
    """Whether a process may go on as two: not on Windows, and not safely on macOS, as multiprocessing finds too."""
    return hasattr(os, "fork") and sys.platform != "darwin"


class HookClient:
    """A process of an environment's Python that imports a backend now and runs hooks later. May be used by threads."""

    def __init__(self, python: Path, backend: str, *, cwd: Path, environ: Mapping[str, str]) -> None:
        """Start it. Raises OSError."""
        self._lock = threading.Lock()
        self._channel, theirs = socket.socketpair()
        try:
            with ceiling.lifted():
                self._process = subprocess.Popen(  # noqa: S603  running it is what was asked for
                    [str(python), hook_server.__file__, backend.partition(":")[0]],
                    cwd=cwd,
                    env=dict(environ),
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
        except OSError:
            self._channel.close()
            raise
        finally:
            theirs.close()

    def start(
        self, command: Sequence[str], cwd: Path | str | None, environ: Mapping[str, str], deadline: float, hold: Hold
    ) -> Running | None:
        """Start a Python program, when the backend is imported; None: it is to be started in the ordinary way.

        It does nothing before ``hold`` knows of it, and nothing at all if that raises.
        """
        asked = {"argv": list(command[1:]), "cwd": str(cwd or Path.cwd()), "environ": dict(environ)}
        output, their_output = os.pipe()
        telling, their_telling = socket.socketpair()
        try:
            self._send(json.dumps(asked).encode(), [their_output, their_telling.fileno()], deadline)
        except OSError:
            self.kill()
        finally:
            os.close(their_output)
            their_telling.close()
        if not _readable(telling, deadline):
            self.kill()
        reports = telling.makefile("rb")
        word, _, number = reports.readline().partition(b" ")
        if word == hook_server.BEGUN:
            forked = _Forked(int(number), os.fdopen(output, "rb"), telling, reports)
            try:
                hold(forked)
            except BaseException:
                forked.close()
                raise
            forked.go()
            return forked
        reports.close()
        telling.close()
        os.close(output)
        return None

    def kill(self) -> None:
        """End it; hooks that it started go on."""
        with contextlib.suppress(OSError):
            self._process.kill()
        self._process.wait()
        self._channel.close()

    def _send(self, message: bytes, pipes: list[int], deadline: float) -> None:
        with self._lock:
            self._channel.settimeout(max(0.001, deadline - time.monotonic()))
            socket.send_fds(self._channel, [hook_server.HEAD.pack(len(message))], pipes)
            self._channel.sendall(message)


class _Forked:
    """A hook that runs. See Running."""

    def __init__(self, number: int, stdout: IO[bytes], telling: socket.socket, reports: IO[bytes]) -> None:
        self.stdout = stdout
        self._number = number
        self._telling = telling
        self._reports = reports
        self._status: int | None = None

    def go(self) -> None:
        with contextlib.suppress(OSError):  # it was killed meanwhile, which ``wait`` will say
            self._telling.sendall(hook_server.GO)

    def wait(self) -> int:
        if self._status is None:
            ended = self._reports.readline()
            self._reports.close()
            self._telling.close()
            self._status = os.waitstatus_to_exitcode(int(ended)) if ended else -signal.SIGKILL
        return self._status

    def kill(self) -> None:
        with contextlib.suppress(OSError):
            os.killpg(self._number, signal.SIGKILL)

    def close(self) -> None:
        """Let go of one that does not run."""
        for way in (self.stdout, self._reports, self._telling):
            way.close()


def _readable(telling: socket.socket, deadline: float) -> bool:
    poll = select.poll()
    poll.register(telling, select.POLLIN)
    return bool(poll.poll(max(0.0, deadline - time.monotonic()) * 1000))
