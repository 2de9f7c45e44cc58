"""A file as it was in a commit: ``git:REV:PATH``, read with the git of this machine."""

import posixpath
import subprocess
from pathlib import Path

from backtrail import bounds
from backtrail.model.errors import InputError

PREFIX = "git:"

_SECONDS = 60


def is_revision(place: str) -> bool:
    """Whether a word names a file in a commit."""
    return place.startswith(PREFIX)


def split_revision(place: str) -> tuple[str, str]:
    """The commit and the path, which is relative to the folder of the question. Raises InputError."""
    revision, colon, path = place.removeprefix(PREFIX).partition(":")
    if not (revision and colon and path) or revision.startswith("-"):
        raise InputError(f"{place!r} is not git:REVISION:PATH")
    return revision, path


def read_revision(place: str) -> str:
    """The text of the file in that commit. Raises InputError, one sentence."""
    revision, path = split_revision(place)
    try:
        text = _git("show", f"{revision}:{posixpath.join('.', Path(path).as_posix())}")
    except FileNotFoundError:
        raise InputError(f"{place!r} needs git, which is not found here") from None
    except UnicodeDecodeError:
        raise InputError(f"{place!r} is not a text") from None
    except subprocess.TimeoutExpired:
        raise InputError(f"{place!r}: git did not answer in {_SECONDS} seconds") from None
    except subprocess.CalledProcessError as failure:
        said = " ".join(str(failure.stderr).split()).removeprefix("fatal: ")
        raise InputError(f"{place!r}: {said or 'git could not read it'}") from None
    if len(text) > bounds.INPUT:
        raise InputError(f"{place!r} has more than {bounds.INPUT} bytes")
    return text


def _git(*words: str) -> str:
    found = subprocess.run(  # noqa: S603  git itself, with words that are no options
        ["git", *words],  # noqa: S607  the one that the user's shell finds
        capture_output=True,
        check=True,
        encoding="utf-8",
        timeout=_SECONDS,
    )
    return found.stdout
