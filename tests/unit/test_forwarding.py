"""What lies over a source passes on every question that a source can be asked."""

import inspect
from typing import Any, cast

import pytest

from backtrail.model.source import Source
from backtrail.sources.forwarding import Forwarding

QUESTIONS = [name for name in vars(Source) if not name.startswith("_")]


class Noting:
    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[object, ...]]] = []

    def __getattr__(self, name: str) -> Any:
        def note(*given: object) -> object:
            self.asked.append((name, given))
            return given

        return note


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_is_passed_on_as_it_is_and_so_is_its_answer(question: str) -> None:
    inner = Noting()
    given = tuple(object() for _ in list(inspect.signature(getattr(Source, question)).parameters)[1:])
    answered = getattr(Forwarding(cast("Source", inner)), question)(*given)
    assert inner.asked == [(question, given)]
    assert answered == given or question.startswith("want_")
