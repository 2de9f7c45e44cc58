"""What must not outlive the program: processes that it starts, and files and folders that it writes on the way.

Whoever starts or writes something ends or removes it; what is held here meanwhile can be ended by ``clear`` at any
moment, wherever the program is.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from backtrail import ceiling

__all__ = ["Group", "Killable", "apart", "clear", "folder", "forget", "hold", "let_go", "place", "run", "started"]

_PATIENCE: Final = 5.0  # seconds for places that cannot be removed at once, as on Windows before a process is gone
_PAUSE: Final = 0.005


class Killable(Protocol):
    """What can be ended from outside, at any moment and from any thread."""

    def kill(self) -> None:
        """End it, if it has not ended."""


def apart() -> int:
    """What ``creationflags`` of Popen keep Ctrl-C from a process, where there are no sessions."""
    if sys.platform == "win32":
        return subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    return 0


class Group(subprocess.Popen[bytes]):
    """A process, and with it those that it starts. Ctrl-C is not for them: it is for this program, which ends them."""

    def __init__(self, command: Sequence[str], **options: Any) -> None:
        """Start it, with as much memory as the user has; ``options`` are those of Popen. Raises OSError."""
        with ceiling.lifted():
            super().__init__(command, start_new_session=True, creationflags=apart(), **options)

    def kill(self) -> None:
        """End all of them."""
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                super().kill()
            else:
                os.killpg(self.pid, signal.SIGKILL)


K = TypeVar("K", bound=Killable)

_lock = threading.Lock()  # held while something begins, so that it is either held here or not there yet
_running: set[Killable] = set()
_places: set[Path] = set()


def started(start: Callable[[], K]) -> K:
    """Start something and hold it until ``let_go``. Raises what ``start`` raises; it should take no time."""
    with _lock:
        process = start()
        _running.add(process)
    return process


def let_go(process: Killable) -> None:
    """Forget what has ended."""
    with _lock:
        _running.discard(process)


def run(
    command: Sequence[str], *, timeout: float, env: Mapping[str, str] | None = None, given: bytes | None = None
) -> "subprocess.CompletedProcess[bytes]":
    """As ``subprocess.run``, what it says captured; ``given`` is its input, None: it has none.

    Raises OSError and subprocess.TimeoutExpired.
    """
    kept = subprocess.PIPE
    source = subprocess.DEVNULL if given is None else kept
    process = started(lambda: Group(command, stdin=source, stdout=kept, stderr=kept, env=env))
    try:
        output, errors = process.communicate(given, timeout=timeout)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    finally:
        let_go(process)
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


@contextlib.contextmanager
def place(path: Path) -> Iterator[Path]:
    """A file that is to be written, if it is still there at the end it is removed."""
    with _lock:
        _places.add(path)
    try:
        yield path
    finally:
        _remove(path)
        forget(path)


def hold(path: Path) -> None:
    """Hold a place that somebody else made and removes, until ``forget``: only who ends the program removes it here."""
    with _lock:
        _places.add(path)


def forget(path: Path) -> None:
    """Forget a place that is gone."""
    with _lock:
        _places.discard(path)


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """An empty folder, removed at the end with all that is in it."""
    with _lock:
        path = Path(tempfile.mkdtemp(prefix="backtrail-"))
        _places.add(path)
    try:
        yield path
    finally:
        _remove(path)
        forget(path)


def clear() -> None:
    """End and remove everything at once, to end the program then: whoever starts something new waits for ever."""
    _lock.acquire()
    for process in _running:
        with contextlib.suppress(Exception):  # the others are to be ended all the same
            process.kill()
    for path in _places:
        _remove(path)


def _remove(path: Path) -> None:
    """Remove what is there, again if need be: what was killed may still be writing."""
    ends = time.monotonic() + _PATIENCE
    while os.path.lexists(path):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink()
        if time.monotonic() > ends:
            return
        time.sleep(_PAUSE)
