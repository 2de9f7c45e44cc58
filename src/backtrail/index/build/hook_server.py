"""Imports a build backend, and becomes a process of its own for each hook that is called.

Each finds the backend imported and nothing that another hook left. It is a program for the Python that builds, of
whatever version, and knows the standard library alone. Its argument is the backend's module, its input a socket.
Through that come commands, each with a pipe for what it writes, and a socket to tell its number and how it ended. A
process that nobody answers then that it may go has nobody who would end it, and ends.
"""

import atexit
import importlib
import json
import logging  # noqa: F401  as tempfile, it has something to do at the end, and most programs import it
import os
import runpy
import signal
import socket
import struct
import sys
import tempfile  # noqa: F401
import threading
import weakref
from typing import Any

BEGUN = b"begun"
GO = b"go"
HEAD = struct.Struct("<Q")
WAYS = struct.Struct("2i")


def main() -> None:
    """Wait for commands until there are no more; where the backend is not fit for this, end at once."""
    channel = socket.socket(fileno=os.dup(0))
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123  no more modules than need be
        os.dup2(nothing.fileno(), 0)
    sys.path.pop(0)  # the folder of this program
    before = _left_for_the_end()
    importlib.import_module(sys.argv[1])
    if threading.active_count() > 1 or _left_for_the_end() > before:
        sys.exit("a thread does not survive a fork, and what is done at the end would be done by every hook")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for what was begun
    while True:
        command, output, status = _received(channel)
        if os.fork() == 0:
            break
        os.close(output)
        os.close(status)
    channel.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    child = os.fork()
    if child:
        os.close(output)
        if hasattr(os, "waitid"):  # end what it left running; nothing else has its number before it is waited for
            os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
            _end_group(child)
        os.write(status, b"%d\n" % os.waitpid(child, 0)[1])
        os._exit(0)
    os.setsid()
    os.write(status, b"%s %d\n" % (BEGUN, os.getpid()))
    if os.read(status, len(GO)) != GO:
        os._exit(0)
    os.close(status)
    _become(command, output)


def _end_group(leader: int) -> None:
    try:  # noqa: SIM105  no more modules than need be
        os.killpg(leader, signal.SIGKILL)
    except OSError:  # it never became one
        pass


def _left_for_the_end() -> int:
    """How much there is to do when this process ends."""
    registered: Any = getattr(atexit, "_ncallbacks", int)  # CPython's
    finalizers: Any = getattr(weakref.finalize, "_registry", ())
    return int(registered()) + len(finalizers)


def _received(channel: socket.socket) -> "tuple[Any, int, int]":
    """The next command, and the pipe and the socket that come with its length."""
    head, control, _, _ = channel.recvmsg(HEAD.size, socket.CMSG_SPACE(WAYS.size))
    if len(head) < HEAD.size:
        os._exit(0)
    output, status = WAYS.unpack(control[0][2][: WAYS.size])
    (left,) = HEAD.unpack(head)
    message = bytearray()
    while len(message) < left:
        chunk = channel.recv(left - len(message))
        if not chunk:
            os._exit(0)
        message += chunk
    return json.loads(message.decode()), output, status


def _become(command: Any, output: int) -> None:
    """Run a Python program as if this process had been started for it."""
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    os.chdir(command["cwd"])
    os.environ.clear()
    os.environ.update(command["environ"])
    sys.argv[:] = command["argv"]
    sys.path.insert(0, os.path.dirname(sys.argv[0]))  # noqa: PTH120
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
