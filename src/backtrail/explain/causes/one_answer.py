"""A question with room for one answer only: whether the resolver's own rules admit it shows in a few rounds."""

from collections.abc import Iterable, Iterator

import msgspec
from packaging.version import Version

from backtrail.model.question import Question
from backtrail.model.requirement import user_line
from backtrail.model.run import Pin, Run

_ROUNDS = 20
"""Rounds for each project of a proposed answer: more means that it is none."""


def narrowed(question: Question, answer: Run) -> Question:
    """The question with room for one answer. Bounds, not exact pins: those would allow what the rules refuse."""
    asked = constrained(question, [line for pin in answer.pins for line in _bounds(pin)])
    rounds = _ROUNDS * (len(answer.pins) + len(question.requirements) + 1)
    return msgspec.structs.replace(asked, options=msgspec.structs.replace(question.options, max_rounds=rounds))


def constrained(question: Question, lines: Iterable[str]) -> Question:
    """The question with further constraints."""
    return msgspec.structs.replace(question, constraints=(*question.constraints, *map(user_line, lines)))


def _bounds(pin: Pin) -> Iterator[str]:
    version = Version(pin.version)
    if pin.url is None and not version.is_prerelease:  # a bound that names a pre-release allows others, too
        yield f"{pin.name}>={version.public},<={version.public}"
