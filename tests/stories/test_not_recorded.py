"""A recorded question asked for another Python, where nobody looked at the files that matter then: unknown."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from backtrail.cli import run
from backtrail.report.schema import schema
from support.cases import write_case
from support.small_worlds import LINUX
from support.worlds import Project, Question, World, release

TOOL = Project(
    name="tool",
    releases=(release("tool", "1"), release("tool", "2"), release("tool", "3", requires_python=">=3.12")),
)
APP = Project(name="app", releases=(release("app", "1", "tool>=1"),))
MISSING = "tool 2 on http://127.0.0.1/simple is not in the recording"


def case(folder: Path, *requirements: str) -> str:
    """``why 'tool>=2'`` for Python 3.12, which looks at the files of tool 3 alone."""
    asked = Question(requirements=requirements, python="3.12", python_platform=LINUX)
    world = World(name="recorded", projects=(APP, TOOL), question=asked)
    return str(write_case(folder / "why.backtrail", world, "uv", "pip", why="tool>=2"))


@pytest.mark.parametrize("requirements", [(), ("app",)], ids=["alone", "in a resolution"])
def test_what_was_not_recorded_leaves_the_answer_unknown(
    requirements: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = case(tmp_path, *requirements)
    assert run(["replay", path]) == 0
    capsys.readouterr()
    assert run(["replay", path, "--python", "3.11"]) == 3
    said = capsys.readouterr()
    assert said.err == ""
    where = "Python 3.11 on Linux x86_64 (glibc 2.28)"
    assert f"Whether uv 0.13.9 and pip 26.3 can have tool>=2 for {where} is unknown: {MISSING}" in said.out
    assert "exist" not in said.out
    assert "not part of the answer" not in said.out

    assert run(["replay", path, "--python", "3.11", "--format", "json"]) == 3
    written = json.loads(capsys.readouterr().out)
    Draft202012Validator(schema()).validate(written)
    assert [one["answer"]["reason"] for one in written["runs"]] == ["unknown", "unknown"]
    missing = {"project": "tool", "index": None, "file": None, "reason": "not-recorded", "status": None}
    assert written["runs"][0]["answer"]["failure"] == missing | {"detail": MISSING.partition(" is ")[0]}


@pytest.mark.parametrize("keep", ["BT106:tool", "tool==1"])
def test_what_is_not_known_to_be_so_is_not_called_absent(
    keep: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = case(tmp_path, "app")
    assert run(["shrink", path, "--keep", keep, "--python", "3.11"]) == 3
    assert capsys.readouterr() == (
        "",
        f"error: --keep '{keep}': whether that is so is unknown, as what uv@0.13.9, pip@26.3 answers is\n",
    )
