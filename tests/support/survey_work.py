"""What workers of a survey are asked to do in tests: each task says in a word how it goes."""

import ctypes
import os
import re
import signal
import sys
import time
from pathlib import Path

_TAKEN: list[bytes | bytearray] = []


def work(payload: bytes) -> bytes:
    """``word argument``: what is done, and to what."""
    word, _, argument = payload.decode().partition(" ")
    match word:
        case "double":
            return (argument * 2).encode()
        case "slow":
            seconds, _, rest = argument.partition(" ")
            time.sleep(float(seconds))
            return (rest * 2).encode()
        case "hang":
            time.sleep(3600)
        case "stuck":  # in C, with Python's lock held
            re.match("(a*)*b", "a" * 60)
        case "memory":
            while True:
                _TAKEN.append(bytearray(10_000_000))
        case "mapped":  # memory that the system does not refuse
            import mmap

            whole = mmap.mmap(-1, 2_000_000_000)
            for start in range(0, 2_000_000_000, 4096):
                whole[start] = 1
        case "crash":
            ctypes.string_at(0)
        case "leave":
            os._exit(3)
        case "raise":
            raise ValueError(argument)
        case "killed":  # by somebody, once
            if not Path(argument).exists():
                Path(argument).touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return b"alive"
        case "always-killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "print":
            sys.stdout.write(argument)
            sys.stdout.flush()
            return b"printed"
        case "keep":
            _TAKEN.append(b"x" * int(argument))
            return str(os.getpid()).encode()
        case "process":
            return str(os.getpid()).encode()
        case _:
            raise AssertionError(word)
    return b""
