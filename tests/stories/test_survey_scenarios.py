"""Scenarios in packse's form are questions of a survey as they are, each of the index that it states."""

import json
from pathlib import Path
from typing import Any

import pytest

from backtrail.cli import run
from backtrail.standards.toml_text import read_toml
from backtrail.survey.querying import query
from support.packse import FOLDER, scenarios

OUTCOMES = {True: "solved", False: "impossible"}


def answers(folder: Path) -> dict[str, tuple[str, dict[str, str]]]:
    """By question how uv ended and what it pins."""
    rows = query(folder, "SELECT question, outcome FROM runs WHERE resolver = 'uv'").rows
    found: dict[str, tuple[str, dict[str, str]]] = {question: (outcome, {}) for question, outcome in rows}
    for question, project, version in query(folder, "SELECT question, project, version FROM pins").rows:
        if found[question][0] == "solved":
            found[question][1][project] = version
    return found


def recorded(scenario: dict[str, Any]) -> dict[str, Any]:
    """As recorded answers have it: versions stand beside each other, and who answered is said."""
    packages = {name: package["versions"] for name, package in scenario["packages"].items()}
    return {**scenario, "packages": packages, "tools": {"uv": {"version": "0.13.9"}, "pip": {"skipped": "of no use"}}}


@pytest.mark.parametrize("form", ["toml", "json"])
def test_each_comes_to_what_it_expects(form: str, tmp_path: Path) -> None:
    paths = sorted(FOLDER.glob("*.toml"))
    asked = [str(path) for path in paths]
    if form == "json":
        documents = [recorded(read_toml(path.read_text(encoding="utf-8"))) for path in paths]
        (tmp_path / "packse.json").write_text(
            json.dumps({"scenarios": {one["name"]: one for one in documents}}), encoding="utf-8"
        )
        asked = [str(tmp_path / "packse.json")]
    assert run(["survey", *asked, "-o", str(tmp_path / "results"), "-q", "--resolver", "uv"]) == 0
    assert answers(tmp_path / "results") == {
        one.world.name: (OUTCOMES[one.pins is not None], one.pins or {}) for one in scenarios()
    }
    kinds = query(tmp_path / "results", "SELECT DISTINCT kind FROM questions").rows
    assert list(kinds) == [("scenario",)]


ROOT = {"requires": ["a"]}


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"pages": []}, "{path}: it holds no scenarios in packse's form"),
        ({"scenarios": [{"root": ROOT}]}, "{path}: scenario 1 has no root or no packages"),
        ({"scenarios": [{"root": ROOT, "packages": {"a": []}}]}, "{path}: packages.a: it has no table of versions"),
        ({"scenarios": [{"root": ROOT, "packages": {"a": {"one": {}}}}]}, "{path}: packages.a: Invalid version: 'one'"),
        (
            {"scenarios": [{"root": ROOT, "packages": {"a": {"1": {"requires": 3}}}}]},
            "{path}: packages.a 1: requires is not a list of texts",
        ),
        (
            {"scenarios": [{"root": ROOT, "packages": {"a": {"1": {"colour": "red"}}}}]},
            "{path}: packages.a 1: packse has no 'colour'",
        ),
    ],
)
def test_what_is_no_scenario_says_why(document: Any, says: str, tmp_path: Path) -> None:
    path = tmp_path / "packse.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert run(["survey", str(path), "-o", str(tmp_path / "results"), "-q"]) == 0
    ((error,),) = query(tmp_path / "results", "SELECT error FROM questions").rows
    assert error == says.format(path=path)
