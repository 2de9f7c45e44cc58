"""The end from outside: the first Ctrl-C, or a request to terminate, ends the program, and nothing of it is left.

The system writes the signal's number into a pipe, and a thread that waits there ends everything: it does not matter
what the rest of the program is doing, and nothing of that goes on or is unwound.
"""

import contextlib
import os
import select
import signal
import sys
import threading
from types import FrameType
from typing import Final

from backtrail import transient

__all__ = ["watch"]

_WORDS: Final = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "the terminal was closed"}
_SHOW_CURSOR: Final = b"\r\x1b[2K\x1b[?25h"
"""Clears the line that a progress bar stands in, and shows the cursor that it hides."""


def watch() -> None:
    """End the program with 128 + the signal's number when a signal comes, unless it was started to ignore that."""
    reader, writer = os.pipe()
    if os.name == "posix":
        os.set_blocking(writer, False)
    words = {int(getattr(signal, name)): word for name, word in _WORDS.items() if hasattr(signal, name)}
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in words:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _left_to_the_thread)
    threading.Thread(target=_wait, args=[reader, words], name="interruption", daemon=True).start()


def _left_to_the_thread(number: int, frame: FrameType | None) -> None:
    """Nothing: that there is a handler makes the system write to the pipe."""


def _wait(reader: int, words: dict[int, str]) -> None:
    number = 0
    while number not in words:
        number = os.read(reader, 1)[0]
    transient.clear()
    _say(words[number])
    os._exit(128 + number)


def _say(word: str) -> None:
    """Write past what the program may be writing, unless nobody takes it: that would be for ever."""
    if sys.stderr is not None and (sys.platform == "win32" or select.select([], [2], [], 0)[1]):
        with contextlib.suppress(OSError):  # nobody listens any more
            os.write(2, (_SHOW_CURSOR if _on_terminal() else b"") + word.encode() + b"\n")


def _on_terminal() -> bool:
    return sys.platform != "win32" and os.isatty(2) and os.environ.get("TERM") != "dumb"
