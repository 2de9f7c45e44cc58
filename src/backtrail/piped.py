"""Processes of this program that are asked through a pipe and answer through another, and what is said there.

They end with the program, however that ends, since their input does. What is said comes in frames: of a number, the
length of a message, and that.
"""

import contextlib
import os
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import IO, Final

from backtrail import transient

__all__ = ["answers", "begun", "end", "frames", "send", "start"]

_PROGRAM: Final = "import sys; sys.path[:] = {path!r}; from {module} import main; main()"
_HEAD: Final = struct.Struct("<QQ")
_MARK: Final = b"\0backtrail answers\0"
_MOST_BEFORE: Final = 64 * 1024  # bytes


def start(module: str, environ: Mapping[str, str] = os.environ) -> "subprocess.Popen[bytes]":
    """Start the ``main`` of a module, and hold it until ``end``. Raises OSError."""
    return transient.started(
        lambda: subprocess.Popen(  # noqa: S603  it is this program
            [sys.executable, "-I", "-c", _PROGRAM.format(path=sys.path, module=module)],
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Ctrl-C is for this process, which ends the others.
            start_new_session=True,
            creationflags=transient.apart(),
        )
    )


def end(process: "subprocess.Popen[bytes]") -> None:
    """Kill it, if it is still there."""
    process.kill()
    process.wait()
    transient.let_go(process)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def send(stream: IO[bytes], number: int, message: bytes) -> None:
    """Put a frame on a stream. Raises OSError where nobody reads it any more."""
    stream.write(_HEAD.pack(number, len(message)))
    stream.write(message)
    stream.flush()


def answers() -> IO[bytes]:
    """The stream that answers go to, begun, in a process whose stdout is for nothing else: what is printed is not."""
    stream = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    stream.write(_MARK)
    stream.flush()
    return stream


def begun(stream: IO[bytes]) -> bool:
    """Skip what others wrote before the answers, as startup files of Python may; False: there are no answers."""
    seen = b""
    while not seen.endswith(_MARK):
        byte = stream.read(1)
        if not byte or len(seen) > _MOST_BEFORE:
            return False
        seen += byte
    return True


def frames(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Each frame's number and message, until the stream ends."""
    while len(head := stream.read(_HEAD.size)) == _HEAD.size:
        number, size = _HEAD.unpack(head)
        message = stream.read(size)
        if len(message) < size:
            return
        yield number, message
