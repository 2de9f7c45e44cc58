"""Planned installs beside those of the real tools, in random environments; ``benchmarks/installs.py`` measures more."""

import json
import subprocess
from pathlib import Path

import pytest

from backtrail import cli
from backtrail.inputs.environment import environment_python
from support.environments import environment
from support.installs import differences, real_of
from support.links import folder_of
from support.real_pip import find_pip
from support.real_uv import find_uv
from support.worlds import release


@pytest.mark.likeness
@pytest.mark.parametrize(("release", "seeds"), [("0.13.9", 24), ("0.4.18", 12)])
def test_uv_would_do_the_same_in_an_environment(release: str, seeds: int) -> None:
    real = real_of("uv", release)
    if real is None:
        pytest.skip(f"uv {release} is not installed")
    assert differences("uv", release, real, range(seeds)) == []


@pytest.mark.likeness
def test_pip_would_do_the_same_in_an_environment() -> None:
    real = real_of("pip", "26.3")
    if real is None:
        pytest.skip("pip 26.3 is not installed")
    assert differences("pip", "26.3", real, range(12)) == []


BACKEND = """\
import zipfile

def build_wheel(folder, *_, **__):
    name = "app-1.0-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        metadata = "Metadata-Version: 2.1\\nName: app\\nVersion: 1.0\\nRequires-Dist: lib\\n"
        wheel.writestr("app-1.0.dist-info/METADATA", metadata)
        wheel.writestr("app-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("app-1.0.dist-info/RECORD", "")
    return name

build_editable = build_wheel
"""
PYPROJECT = """\
[project]
name = "app"
version = "1.0"
dependencies = ["lib"]
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


@pytest.mark.likeness
@pytest.mark.parametrize(
    ("before", "asked"),
    [("-e app", "-e app"), ("app", "app"), ("lib.whl", "lib.whl"), ("lib.whl", "lib"), ("lib==1.0", "lib.whl")],
)
def test_a_direct_reference_is_kept_or_installed_anew_as_the_tools_do(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], before: str, asked: str
) -> None:
    """Installed by the real uv, and asked for again."""
    uv, pip = find_uv("0.13.9"), find_pip("26.3")
    if uv is None or pip is None:
        pytest.skip("uv 0.13.9 and pip 26.3 are not installed")
    environment(tmp_path / "env")
    folder_of(tmp_path / "links", ("lib", release("lib", "1.0")))
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "backend.py").write_text(BACKEND)
    (tmp_path / "app" / "pyproject.toml").write_text(PYPROJECT)
    python = environment_python(str(tmp_path / "env"), {})
    index = ["--no-index", "-f", str(tmp_path / "links")]

    def words(text: str) -> list[str]:
        places = {"app": str(tmp_path / "app"), "lib.whl": str(tmp_path / "links" / "lib-1.0-py3-none-any.whl")}
        return [places.get(word, word) for word in text.split()]

    def ran(*command: str) -> str:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True, cwd=tmp_path)
        return done.stderr

    ran(str(uv.executable), "pip", "install", "-q", "-p", python, *index, *words(before))
    said = ran(str(uv.executable), "pip", "install", "--dry-run", "-p", python, *index, *words(asked))
    report = str(tmp_path / "report.json")
    ran(str(pip.python), "-m", "pip", "--python", python, "install", "-q", "--dry-run", "--report", report, *index,
        *words(asked))  # fmt: skip
    assert cli.run(["explain-backtrack", *words(asked), "--env", python, *index, "--isolated", "--format", "json"]) == 0
    ours = {
        run["resolver"]: {step["name"] for step in run["plan"] if step["action"] != "keep"}
        for run in json.loads(capfd.readouterr().out)["runs"]
    }
    theirs = {
        "uv": {line[3:6] for line in said.splitlines() if line.startswith(" +")},
        "pip": {one["metadata"]["name"] for one in json.loads(Path(report).read_text())["install"]},
    }
    assert ours == theirs
