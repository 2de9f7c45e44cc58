"""From a question about one environment to one about all of them, and back."""

import re
from collections.abc import Sequence

import msgspec
from packaging.version import Version

from backtrail.inputs.uv_environments import read_environments
from backtrail.model.question import Question
from backtrail.model.target import Target
from backtrail.resolvers.uv.universal.python_range import pythons_of

_NAMED = re.compile(r"\d+(\.\d+)*t?")


def for_all(question: Question, python: str | None, files: Sequence[str]) -> Question:
    """The question for every platform, and for its Python and all newer ones.

    ``python`` is what the user named: of an interpreter only the minor version counts. ``files`` may hold a project
    with settings of uv. Raises InputError.
    """
    named = python is not None and _NAMED.fullmatch(python) is not None
    return msgspec.structs.replace(
        question,
        target=msgspec.structs.replace(
            question.target, pythons=pythons_of([_lower_bound(question.target, named=named)])
        ),
        universal=read_environments(files),
    )


def for_one(question: Question) -> Question:
    """The question for this computer alone."""
    return msgspec.structs.replace(question, target=msgspec.structs.replace(question.target, pythons=None))


def _lower_bound(target: Target, *, named: bool) -> str:
    major, minor, patch = (*Version(target.python).release, 0, 0)[:3]
    return f">={major}.{minor}.{patch}" if named and patch else f">={major}.{minor}"
