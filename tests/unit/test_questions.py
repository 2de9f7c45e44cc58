"""The questions of `benchmarks/questions.toml` are many, and of every kind of trouble."""

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from backtrail.explain.catalogue import BY_CODE
from backtrail.inputs.requirement_text import read_requirement
from backtrail.model.requirement import Origin

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = Path(__file__).parents[2] / "benchmarks" / "questions.toml"
QUESTIONS: list[dict[str, Any]] = tomllib.loads(FILE.read_text(encoding="utf-8"))["question"]
TEXTS, LISTS = {"id", "python"}, {"requirements"}
MORE_TEXTS, MORE_LISTS = (
    {"cutoff", "prerelease", "resolution", "index", "index_strategy"},
    {"shows", "constraints", "overrides", "tools", "local-wheels", "extra_index", "only_binary", "no_binary"},
)


def test_there_are_sixty_at_least_each_with_a_name_of_its_own() -> None:
    names = Counter(question["id"] for question in QUESTIONS)
    assert len(names) >= 60
    assert [name for name, times in names.items() if times > 1] == []


def test_every_finding_about_one_platform_is_among_what_they_show() -> None:
    of_locks = {code for code in BY_CODE if code >= "BT120"}  # pip and `uv pip compile` are asked, which lock for one
    assert {code for question in QUESTIONS for code in question.get("shows", ())} == set(BY_CODE) - of_locks


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: str(question["id"]))
def test_a_question_says_what_the_benchmark_reads(question: dict[str, Any]) -> None:
    assert question.keys() >= TEXTS | LISTS
    for key, value in question.items():
        assert key in (TEXTS | MORE_TEXTS if isinstance(value, str) else LISTS | MORE_LISTS), key
    for line in [*question["requirements"], *question.get("constraints", ()), *question.get("overrides", ())]:
        read_requirement(line, Origin())
