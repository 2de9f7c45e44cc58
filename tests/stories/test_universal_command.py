"""The command line asked for all environments: the verdict, the lines as real uv prints them, a Case, wrong input."""

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion

from backtrail.cli import run
from backtrail.report.schema import schema
from support.loopback import Loopback
from support.real_uv import find_uv
from support.worlds import ForAll, Project, Question, World, release

WORLD = World(
    name="held back by another platform",
    projects=(
        Project(
            name="a",
            releases=(
                release("a", "1"),
                release("a", "2", "b", "c<2 ; sys_platform == 'win32'", "c ; sys_platform != 'win32'"),
                release("a", "3", "b", requires_python=">=3.11"),
            ),
        ),
        Project(name="b", releases=(release("b", "1"), release("b", "2", requires_python=">=3.10"))),
        Project(name="c", releases=(release("c", "1"), release("c", "2"))),
    ),
    question=Question(requirements=("a", "c"), python="3.9", for_all=ForAll()),
)
LINES = ["a==2 ; python_full_version < '3.11'", "a==3 ; python_full_version >= '3.11'"]


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKTRAIL_CACHE_DIR", str(tmp_path / "cache"))
    with Loopback() as loopback:
        yield loopback.mount(WORLD, "/w")


def ask(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run(["explain-backtrack", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_verdict_says_what_it_is_for(index: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ask(capsys, "a", "c", "--universal", "--python", "3.9", "-i", index)
    assert code == 0
    assert out.splitlines()[0] == (
        "uv-universal 0.13.9 resolves 3 packages for all platforms and Python 3.9 and newer, "
        "split into 5 environments, three packages in several versions"
    )


def test_the_lines_are_those_that_the_real_uv_prints(index: str, capsys: pytest.CaptureFixture[str]) -> None:
    uv = find_uv("0.13.9")
    if uv is None:
        pytest.skip("uv 0.13.9 is not installed")
    real = uv.compile(WORLD.question, index)
    _, out, _ = ask(capsys, "a", "c", "--universal", "--python", "3.9", "-i", index, "-v")
    assert [line.strip() for line in out.splitlines() if "==" in line and " on " not in line] == list(real.lines)


def test_what_holds_a_version_is_said_for_each_part_of_the_environments(
    index: str, capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion
) -> None:
    Path("requirements.in").write_text("a\nc\n", encoding="utf-8")
    here = ("--universal", "--python", "3.9", "--python-platform", "linux", "-i", index)
    assert run(["why", "c", "-r", "requirements.in", *here]) == 0
    assert capsys.readouterr().out.replace(index, "INDEX") == snapshot
    assert run(["why", "c>=2", "-r", "requirements.in", *here, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, schema())
    tables = document["project"]["tables"]
    held = {one["chosen"]: (one["fork"], [hold["asked"]["requirement"] for hold in one["holds"]]) for one in tables}
    assert set(held) == {"1", "2"}
    assert "sys_platform == 'win32'" in held["1"][0]


def test_the_document_has_forks_and_lines(index: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = ask(capsys, "a", "c", "--universal", "--python", "3.9", "-i", index, "--format", "json")
    document = json.loads(out)
    jsonschema.validate(document, schema())
    (shown,) = document["runs"]
    assert (shown["resolver"], shown["mode"], shown["basis"]) == ("uv-universal", "universal", "exact")
    assert shown["forks"][0]["marker"] == "python_full_version >= '3.11'"
    assert [f"{line['name']}=={line['version']} ; {line['marker']}" for line in shown["lines"]][:2] == LINES
    assert {name: pin["version"] for name, pin in shown["pins"].items()} == {"a": "2", "b": "1", "c": "2"}


def test_a_case_answers_again_byte_for_byte(index: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["a", "c", "--universal", "--python", "3.9", "-i", index, "--format", "json"]
    _, first, _ = ask(capsys, *asked, "-o", "bug.backtrail")
    assert run(["replay", "bug.backtrail", "--format", "json"]) == 0
    assert capsys.readouterr().out == first


def test_the_settings_of_a_project_limit_the_environments(
    index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UV_NO_CONFIG")
    project = (
        "[project]\nname = 'p'\nversion = '1'\ndependencies = ['c']\n[tool.uv]\nenvironments = [\"os_name == 'nt'\"]\n"
    )
    (tmp_path / "pyproject.toml").write_text(project, encoding="utf-8")
    _, out, _ = ask(capsys, "-r", "pyproject.toml", "--universal", "--python", "3.9", "-i", index, "-v")
    assert "c==2 ; os_name == 'nt'" in out
    assert "not taken into account" not in out


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["a", "--universal", "--resolver", "pip"], "pip@26.3 resolves for one environment, only uv for all at once"),
        (["a", "--universal", "--fork-strategy", "most"], "'most' is not one of requires-python, fewest"),
        (["a", "--resolver", "pip-universal"], "is not one of uv, pip, uv-universal"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(
    arguments: list[str], shown: str, index: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = ask(capsys, *arguments, "-i", index)
    assert (code, out) == (2, "")
    assert shown in err
    assert len(err.splitlines()) == 1


def test_an_environment_that_is_no_marker_is_one_sentence(
    index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UV_NO_CONFIG")
    (tmp_path / "pyproject.toml").write_text('[tool.uv]\nenvironments = ["windows"]\n', encoding="utf-8")
    code, _, err = ask(capsys, "a", "--universal", "-i", index)
    assert code == 2
    assert "pyproject.toml:2: environments: 'windows' is not a marker" in err


def test_a_scenario_for_one_environment_is_not_made_of_it(index: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = ask(capsys, "a", "--universal", "-i", index, "-o", "a.packse.toml")
    assert code == 2
    assert "is for all environments: a scenario is for one" in err


def test_the_pins_can_be_written_as_constraints(index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = ("--format", "requirements", "-o", "requirements.in", "--constraints-output", "constraints.txt")
    code = run(["report", "a", "c", "--universal", "--python", "3.9", "-i", index, *files])
    assert (code, capsys.readouterr().err) == (0, "")
    written = (tmp_path / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert written[1:3] == LINES


def test_what_another_platform_asks_for_is_not_left_out(index: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ask(capsys, "c ; sys_platform == 'win32'", "--universal", "--python", "3.9", "-i", index, "-v")
    assert code == 0
    assert "left out" not in out
    assert "c==2 ; sys_platform == 'win32'" in out
