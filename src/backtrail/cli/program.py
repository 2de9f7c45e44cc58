"""The program as a shell starts it: its arguments, one sentence for whatever goes wrong, its exit code."""

import contextlib
import functools
import gc
import io
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn, TextIO

import typer

from backtrail import ceiling
from backtrail.cli.commands import PROGRAMS
from backtrail.cli.rendering import NO_ANSWER
from backtrail.model.errors import BacktrailError
from backtrail.model.safe_text import shown

_INTERRUPTED = 130

# typer has no public name for the base of its usage errors.
_UsageError: type[Exception] = typer.BadParameter.__mro__[2]

_NUMBER = re.compile(r"a valid (int(?:eger)?|float)(?: range)?(?=\.?$)")
_NUMBERS = {"int": "a whole number", "integer": "a whole number", "float": "a number"}
"""What typer calls by the names of their types."""


def run(arguments: Sequence[str], program: str = "backtrail") -> int:
    """Run one of ``PROGRAMS`` and return its exit code. Errors are one sentence on stderr."""
    try:
        code = _command(program)(args=list(arguments), prog_name=program, standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):  # where nobody watches for it: see interruption
        return _INTERRUPTED
    except BacktrailError as error:
        return _fail(str(error), error.exit_code)
    except MemoryError:
        return _fail(_too_much(ceiling.allowed()), NO_ANSWER)
    except _UsageError as error:
        known = _foreign(error)
        if known is not None:
            return _fail(known, 2)
        return _fail(_NUMBER.sub(lambda found: _NUMBERS[found[1]], error.format_message()), 2)  # type: ignore[attr-defined]
    except Exception as error:  # the last resort: a defect is one sentence, too
        if os.environ.get("BACKTRAIL_TRACEBACK"):
            raise
        what = f"{type(error).__name__}: {error}"
        return _fail(f"backtrail itself failed: {what} (BACKTRAIL_TRACEBACK=1 shows where)", NO_ANSWER)
    return code if isinstance(code, int) else 0


@functools.cache
def _command(program: str) -> Callable[..., object]:
    """One of ``PROGRAMS`` with its options read off its functions, which takes most of a tenth of a second."""
    return typer.main.get_command(PROGRAMS[program])


def _foreign(error: Exception) -> str | None:
    """What is wrong with an option that is not ours but pip's or uv's, where a question was asked."""
    if not hasattr(error, "possibilities"):  # it is no unknown option
        return None
    command = getattr(getattr(error, "ctx", None), "command", None)
    if all(one.name != "resolvers" for one in getattr(command, "params", ())):
        return None
    from backtrail.cli.foreign_options import foreign

    return foreign(str(getattr(error, "option_name", "")))


def _too_much(allowed: int | None) -> str:
    if allowed is None:
        return "it takes more memory than there is"
    return f"it takes more memory than there is, or than the {allowed / (1 << 30):.3g} GiB that --max-memory allows"


def _fail(sentence: str, code: int) -> int:
    one_line = shown(" ".join(sentence.split())).removesuffix(".")
    if one_line:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"error: {one_line}\n")
    return code


def start(program: str) -> NoReturn:
    """Be one of ``PROGRAMS``, as a shell started it."""
    # A short-lived process that builds large tables: collecting cycles costs more than it frees.
    gc.disable()
    ceiling.refuse_beyond(ceiling.DEFAULT)
    sys.stdout, sys.stderr = _open(sys.stdout), _open(sys.stderr)
    code = run(sys.argv[1:], program)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    # The system takes all memory back at once; object by object that is a sixth of the time of a run.
    os._exit(code)


def _open(stream: TextIO | None) -> TextIO:
    """A stream that never fails on a character; one that the caller closed leads nowhere."""
    if stream is None:
        return Path(os.devnull).open("w", encoding="utf-8")
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream
