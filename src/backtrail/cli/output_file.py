"""Files that the user asks for: never one that was read nor one of somebody else, and whole or not there."""

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

from backtrail import transient
from backtrail.inputs.files_read import not_read
from backtrail.model.errors import InputError
from backtrail.model.marks import SCANNED, is_ours

Writer = Callable[[Path], object]
"""Writes all of a file to the path it is given; raises OSError."""


class OutputFile(NamedTuple):
    """A file that an option names. With ``force`` it may be one of somebody else."""

    path: Path
    force: bool
    option: str = "-o"

    @property
    def target(self) -> Path:
        """The file itself: where a symbolic link leads."""
        return Path(os.path.realpath(self.path))

    def check(self, read: Iterable[str | Path] = ()) -> "OutputFile":
        """Raise InputError where it cannot be put, would replace a file of somebody else, or is one of those read."""
        try:
            return self._check(read)
        except (OSError, ValueError) as error:  # what cannot be a path
            raise self.error(getattr(error, "strerror", None) or error) from None

    def _check(self, read: Iterable[str | Path]) -> "OutputFile":
        target = self.target
        not_read([str(self.path)], read)
        if not target.parent.is_dir():
            raise self.error(f"there is no folder {target.parent if self.path.is_symlink() else self.path.parent}")
        if target.exists() and not target.is_file():
            raise self.error("that is not a file")
        if not os.access(target if target.exists() else target.parent, os.W_OK):
            raise self.error("there is no permission to write it")
        if target.exists() and not self.force and not _replaceable(target):
            raise self.error("the file exists and is not a report of backtrail; --force replaces it")
        return self

    def error(self, why: object) -> InputError:
        """What is wrong with it, as a sentence."""
        return InputError(f"{self.option} {self.path}: {why}")


def _replaceable(target: Path) -> bool:
    """Whether nothing is lost with a file: it carries our mark, or is empty."""
    try:
        with target.open("rb") as stream:
            start = stream.read(SCANNED)
            stream.seek(max(0, target.stat().st_size - SCANNED))
            return not start or is_ours(start, stream.read())
    except OSError:
        return False


def put(files: Sequence[tuple[OutputFile, Writer]]) -> None:
    """Write each beside its place, then put all in place. Raises InputError, and then leaves everything as it was."""
    parts: list[Path] = []
    with ExitStack() as closing:
        try:
            for number, (file, write) in enumerate(files):
                part = file.target.with_name(f".backtrail-{os.getpid()}-{number}.part")
                parts.append(closing.enter_context(transient.place(part)))
                write(part)
                with suppress(OSError):  # a file that is not there yet has no mode to keep
                    shutil.copymode(file.target, part)
            for (file, _), part in zip(files, parts, strict=True):
                file.check()  # it may have come while the question was answered
                part.replace(file.target)
        except OSError as error:
            raise file.error(error.strerror or error) from error
