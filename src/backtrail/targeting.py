"""From a question about one environment to one about all of them, and back."""

import re
from collections.abc import Sequence

import msgspec

from backtrail.inputs.uv_environments import read_environments
from backtrail.model.question import Question
from backtrail.model.target import Target
from backtrail.resolvers.uv.universal.python_range import pythons_of

_NAMED = re.compile(r"(?P<version>\d+(\.\d+)+)t?")


def for_all(question: Question, python: str | None, files: Sequence[str]) -> Question:
    """The question for every platform, and for its Python and all newer ones.

    ``python`` is what the user named: of an interpreter only the minor version counts. ``files`` may hold a project
    with settings of uv. Raises InputError.
    """
    low = _lower_bound(question.target, python)
    return msgspec.structs.replace(
        question,
        target=msgspec.structs.replace(question.target, pythons=pythons_of([f">={low}"])),
        universal=read_environments(files),
    )


def for_one(question: Question) -> Question:
    """The question for this computer alone."""
    return msgspec.structs.replace(question, target=msgspec.structs.replace(question.target, pythons=None))


def _lower_bound(target: Target, python: str | None) -> str:
    """A version as it is named, else the minor version of the interpreter."""
    named = None if python is None else _NAMED.fullmatch(python)
    return target.python.rpartition(".")[0] if named is None else named["version"]
