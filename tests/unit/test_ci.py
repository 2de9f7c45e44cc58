"""The GitHub action and the pre-commit hook, read as their users' programs read them, and run where bash is."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from backtrail.cli import run
from backtrail.explain.catalogue import BY_CODE
from support.real_uv import REPOSITORY
from support.recorded import FIXTURES, seed_asked
from support.repositories import commit

ACTION = yaml.safe_load((REPOSITORY / "action.yml").read_text(encoding="utf-8"))
HOOKS = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
CI = (REPOSITORY / "docs" / "ci.md").read_text(encoding="utf-8")
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
WORKFLOW = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8"))
SEED = str(FIXTURES / "seed" / "seed.backtrail")

BASH = shutil.which("bash")
needs_bash = pytest.mark.skipif(BASH is None or os.name == "nt", reason="there is no bash here")


def test_the_action_is_a_composite_of_steps_that_github_knows() -> None:
    assert ACTION["runs"]["using"] == "composite"
    assert {"name", "description", "inputs", "outputs", "runs"} <= ACTION.keys()
    for step in STEPS:
        assert step.keys() <= {"name", "id", "if", "env", "run", "shell", "uses", "with"}
        assert ("run" in step) != ("uses" in step)
        assert step.get("shell") == ("bash" if "run" in step else None)
        assert "uses" not in step or re.fullmatch(r"[\w.-]+(/[\w.-]+)+@v\d+", step["uses"])
    for said in ACTION["inputs"].values():
        assert said.keys() == {"description", "default"}
        assert isinstance(said["default"], str)


def test_what_is_referred_to_exists_and_no_input_becomes_code() -> None:
    text = json.dumps(ACTION)
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == ACTION["inputs"].keys()
    written = set(re.findall(r'echo "([\w-]+)=', "".join(step.get("run", "") for step in STEPS)))
    assert set(re.findall(r"outputs\.([\w-]+)", text)) <= written
    for step in STEPS:
        assert "${{" not in step.get("run", "")


def test_the_inputs_are_documented_with_their_defaults() -> None:
    for name, said in ACTION["inputs"].items():
        row = next(line for line in CI.splitlines() if line.startswith(f"| `{name}` |"))
        assert row.endswith(f"| `{said['default']}` |" if said["default"] else "| none |")


def test_the_examples_are_yaml_with_inputs_that_there_are() -> None:
    examples = [yaml.safe_load(part.partition("```")[0]) for part in CI.split("```yaml\n")[1:]]
    steps = examples[0]["jobs"]["dependencies"]["steps"]
    assert steps[1]["with"].keys() <= ACTION["inputs"].keys()
    assert set(steps[1]["with"]["fail-on"].split(",")) <= set(BY_CODE)
    assert examples[1]["jobs"]["locks"]["steps"][1]["with"].keys() <= ACTION["inputs"].keys()
    assert examples[2]["repos"][0]["hooks"][0]["id"] == HOOKS[0]["id"]


def test_the_hook_asks_of_the_files_it_watches() -> None:
    (hook,) = HOOKS
    assert hook["entry"] == "explain-backtrack"
    assert hook["pass_filenames"] is False
    assert set(hook["args"][-1].split(",")) <= set(BY_CODE)
    for name in ("requirements.txt", "requirements-dev.in", "sub/constraints.txt", "pyproject.toml"):
        assert re.search(hook["files"], name)
    for name in ("requirements.py", "my-pyproject.toml.bak", "README.md"):
        assert not re.search(hook["files"], name)


def act(folder: Path, **inputs: str) -> tuple[int, dict[str, str], str]:
    """Run the step that explains: its exit code, outputs and summary."""
    outputs, summary, _ = take("explain", folder, folder, inputs)
    return int(outputs.pop("exit-code")), outputs, summary


def take(
    name: str, folder: Path, temporary: Path, inputs: Mapping[str, str], **context: str
) -> tuple[dict[str, str], str, str]:
    """Run a step in a folder, with inputs and what GitHub knows besides: its outputs, the summary, what it prints."""
    step = next(step for step in STEPS if step.get("id") == name)
    given = {name: inputs.get(name.replace("-", "_"), said["default"]) for name, said in ACTION["inputs"].items()}
    known: dict[str, str] = {**{f"inputs.{name}": value for name, value in given.items()}, **context}
    env = {
        name: re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda match: known[str(match[1])], value)
        for name, value in step["env"].items()
    }
    output, summary = temporary / "output", temporary / "summary"
    output.write_text("", encoding="utf-8")
    assert BASH is not None
    ended = subprocess.run(
        [BASH, "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
        cwd=folder,
        env={
            **os.environ,
            **env,
            "PATH": f"{temporary}{os.pathsep}{os.environ['PATH']}",
            "BACKTRAIL_BIN": str(Path(sys.executable).parent),
            "RUNNER_TEMP": str(temporary),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
        },
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    outputs = dict(line.split("=", 1) for line in output.read_text(encoding="utf-8").splitlines())
    return outputs, summary.read_text(encoding="utf-8") if summary.exists() else "", ended.stdout


@needs_bash
def test_every_script_is_bash() -> None:
    assert BASH is not None
    for step in STEPS:
        if "run" in step:
            subprocess.run([BASH, "-n", "-c", step["run"]], check=True)


@needs_bash
def test_the_step_writes_summary_case_and_sarif_and_tells_how_it_ended(tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "requirements.txt").write_text("nothere  # there is no such project\n", encoding="utf-8")
    code, outputs, summary = act(tmp_path, arguments="--no-index\n-f\nlinks\n", resolver="uv", fail_on="BT107")
    assert code == 4
    assert "nothere" in summary
    assert Path(outputs["case"]).read_bytes().startswith(b"PK")
    sarif = json.loads(Path(outputs["sarif"]).read_text(encoding="utf-8"))
    assert "BT107" in {result["ruleId"] for result in sarif["runs"][0]["results"]}


@needs_bash
def test_the_step_survives_an_error_and_says_nothing_of_an_older_case(tmp_path: Path) -> None:
    (tmp_path / "explain.backtrail").write_bytes(b"of another step")
    code, outputs, summary = act(tmp_path, requirements="$(touch evil)\n", arguments="; touch evil")
    assert (code, outputs, summary) == (2, {}, "")
    assert not (tmp_path / "evil").exists()


GH = """\
#!/usr/bin/env bash
# the gh of GitHub's runners, with one pull request: its comments are files, and what it is asked is written down
for last; do :; done
echo "$*" >> "$RUNNER_TEMP/asked"
[ ! -e "$RUNNER_TEMP/forbidden" ] || exit 1
case "$*" in
  *--paginate*) cat "$RUNNER_TEMP/known" 2> /dev/null || true ;;
  *) cp "${last#body=@}" "$RUNNER_TEMP/commented"; echo 7 > "$RUNNER_TEMP/known" ;;
esac
"""


@needs_bash
def test_the_comparison_of_locks_is_one_comment_that_is_written_anew(tmp_path: Path) -> None:
    project, temporary = tmp_path / "project", tmp_path / "temporary"
    project.mkdir()
    temporary.mkdir()
    (temporary / "gh").write_text(GH, encoding="utf-8")
    (temporary / "gh").chmod(0o755)
    base = commit(project, {"requirements.txt": "num==1.0\n", "other.txt": "web==1\n"})
    pull = {"github.event.pull_request.base.sha": base, "github.event.pull_request.number": "5",
            "github.repository": "o/r", "github.token": "t"}  # fmt: skip

    def push() -> str:
        """What the steps do for the locks as they are: what gh is asked, the reading aside."""
        (temporary / "asked").unlink(missing_ok=True)
        subprocess.run(["git", "add", "-A"], cwd=project, check=True)
        inputs = {"locks": "requirements.txt\nother.txt\nmore.txt\n"}
        outputs, _, _ = take("locks", project, temporary, inputs, **pull)
        *_, said = take(
            "comment", project, temporary, inputs, **pull, **{"steps.locks.outputs.comment": outputs["comment"]}
        )
        asked = (temporary / "asked").read_text(encoding="utf-8").splitlines()
        return said + "\n".join(line.partition(" -F ")[0] for line in asked if "--paginate" not in line)

    assert push() == ""
    (project / "requirements.txt").write_text("num==2.0\n", encoding="utf-8")
    (project / "more.txt").write_text("a==1\n", encoding="utf-8")
    assert push() == "api --silent --method POST repos/o/r/issues/5/comments"
    comment = (temporary / "commented").read_text(encoding="utf-8")
    assert comment.splitlines()[:3] == ["<!-- backtrail: locks -->", "### requirements.txt", ""]
    assert "num 1.0 became 2.0" in comment
    assert "other.txt" not in comment
    assert "There is no such lock in the base." in comment
    (project / "requirements.txt").write_text("num>=2\n", encoding="utf-8")
    assert push() == "api --silent --method PATCH repos/o/r/issues/comments/7"
    assert "could not be compared" in (temporary / "commented").read_text(encoding="utf-8")
    (project / "requirements.txt").write_text("num==1.0\n", encoding="utf-8")
    (project / "more.txt").unlink()
    assert push() == "api --silent --method PATCH repos/o/r/issues/comments/7"
    assert (temporary / "commented").read_text(encoding="utf-8").endswith("The locks are those of the base.\n")
    (temporary / "forbidden").touch()
    assert push() == "::warning::backtrail: the comments of the pull request cannot be read\n"


def test_a_summary_is_appended_where_github_wants_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "summary.md"
    place.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(place))
    assert run(["replay", seed_asked(tmp_path), "-q", "--summary"]) == 0
    assert run(["replay", seed_asked(tmp_path), "-q", "-o", str(tmp_path / "report.md")]) == 0
    assert place.read_text(encoding="utf-8") == "before\n" + (tmp_path / "report.md").read_text(encoding="utf-8")


def test_a_summary_that_is_too_long_goes_without_its_details(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(place))
    monkeypatch.setattr("backtrail.cli.rendering._SUMMARY_BYTES", 8_000)
    assert run(["replay", seed_asked(tmp_path), "-q", "--summary"]) == 0
    text = place.read_text(encoding="utf-8")
    assert len(text.encode()) <= 8_000
    assert "0.53.1" in text


@pytest.mark.parametrize(("value", "says"), [(None, "names no file"), ("nowhere/summary.md", "No such file")])
def test_a_summary_that_cannot_be_written_is_one_sentence(
    value: str | None, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    if value is not None:
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", value)
    assert run(["replay", seed_asked(tmp_path), "-q", "--summary"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: --summary")
    assert says in said


def test_the_workflow_runs_what_readme_says_on_every_python_that_is_supported() -> None:
    jobs = WORKFLOW["jobs"]
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    set_up = next(line.strip() for line in readme.splitlines() if line.startswith("    python3 -m venv"))
    assert set_up in commands
    assert "bash .ci/run" in commands
    project = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    oldest = re.search(r'requires-python = ">=([\d.]+)"', project)
    assert oldest is not None
    assert jobs["suite"]["strategy"]["matrix"]["python"][0] == oldest[1]
    assert jobs["suite"]["strategy"]["matrix"]["os"] == ["ubuntu-latest", "macos-latest", "windows-latest"]
