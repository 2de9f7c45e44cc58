"""The three streams: the answer, whose reader may leave; warnings and the progress bar; what is piped in."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import typer

from backtrail.model.errors import InputError
from backtrail.model.safe_text import shown, visible

if TYPE_CHECKING:
    from rich.console import Console

_PROSE = 100
"""Columns that prose fills at most, however wide the terminal is."""

_BROKEN_PIPE = 141  # 128 + SIGPIPE, what a shell reports for other programs


def write(data: str | bytes) -> None:
    """Put data on stdout; what its encoding cannot say is spelled out."""
    with quiet_pipe():
        if isinstance(data, bytes):
            sys.stdout.flush()
            sys.stdout.buffer.write(data)
        else:
            sys.stdout.write(data)
        sys.stdout.flush()


def write_markdown(text: str) -> None:
    """Put a page on stdout: laid out on a terminal, as it is elsewhere."""
    if not sys.stdout.isatty():
        write(text)
        return
    from rich.markdown import Markdown

    console = terminal()
    with quiet_pipe():
        console.print(Markdown(text, hyperlinks=False), width=min(console.width, _PROSE))


def write_table(rows: Sequence[tuple[str, ...]]) -> None:
    """Put rows on stdout, in columns; a terminal breaks the last."""
    if not sys.stdout.isatty():
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
        write("".join(f"{line}\n" for line in lines))
        return
    from rich.table import Table

    table = Table.grid(padding=(0, 2, 0, 0))
    for row in rows:
        table.add_row(*row)
    with quiet_pipe():
        terminal().print(table)


def terminal() -> "Console":
    """The terminal that stdout is, in colour unless that is not wanted; not wider than a line can be read."""
    from rich.console import Console

    coloured = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    console = Console(color_system="auto" if coloured else None)
    console.width = min(console.width, 200)
    return console


def warn(sentences: Iterable[str]) -> None:
    """Say on stderr what was read and has no effect."""
    for sentence in sentences:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"warning: {shown(sentence)}\n")


def note(sentence: str) -> None:
    """Say on stderr what was done that nobody asked for in so many words."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"note: {shown(sentence)}\n")


def standard_input() -> bytes:
    """All of standard input; nothing where the caller closed it."""
    return b"" if sys.stdin is None else sys.stdin.buffer.read()


@contextlib.contextmanager
def quiet_pipe() -> Iterator[None]:
    """A reader that went away ends the program without a word. Raises InputError where there is no room."""
    try:
        yield
    except BrokenPipeError:
        raise typer.Exit(_BROKEN_PIPE) from None
    except OSError as error:
        raise InputError(f"the answer cannot be written: {error.strerror or error}") from None


@contextlib.contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Callable[[int, int, str], None] | None]:
    """A bar on stderr, if that is a terminal."""
    if quiet or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def advance(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total or None, description=visible(what))

        yield advance
