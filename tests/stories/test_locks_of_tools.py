"""Locks as the real tools write them today, and wrote them in earlier releases: what is in them is read."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from backtrail.cli import run
from backtrail.index import DEFAULT_INDEX
from backtrail.report.schema import schema
from support.real_uv import find_uv

# What is read is counted in tests of its own; here whole locks are solved again.
pytestmark = [pytest.mark.live, pytest.mark.uncounted]

PROJECT = f"""\
[project]
name = "app"
version = "0.1"
requires-python = ">=3.10,<4"
dependencies = [
    "requests[socks]<2.32",
    "rich",
    "colorama; sys_platform == 'win32'",
]

[project.optional-dependencies]
fast = ["orjson"]

[dependency-groups]
dev = ["pytest<9"]

[tool.poetry]
package-mode = false

[tool.poetry.group.dev.dependencies]
pytest = "<9"

[[tool.poetry.source]]
name = "simple"
url = "{DEFAULT_INDEX.rstrip("/")}"
"""

Tool = Callable[..., Path]


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Tool:
    """A tool of a release, installed with what there was on a day, in an environment of its own."""
    uv = find_uv("0.13.9")
    if uv is None:
        pytest.skip("uv 0.13.9, which installs the others, is not installed")

    def installed(name: str, release: str = "", *, day: str | None = None) -> Path:
        folder = tmp_path_factory.mktemp(name)
        command = [str(uv.executable), "venv", "-q", "-p", sys.executable, str(folder)]
        subprocess.run(command, check=True, timeout=300)
        until = () if day is None else ("--exclude-newer", day)
        asked = f"{name}=={release}" if release else name
        command = [str(uv.executable), "pip", "install", "-q", "-p", str(folder / "bin" / "python"), *until, asked]
        subprocess.run(command, check=True, timeout=600)
        return folder / "bin"

    return installed


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Have a tool lock the project, and ask about each name; by name what the report says of the lock."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NETRC", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    Path("pyproject.toml").write_text(PROJECT, encoding="utf-8")
    Path("requirements.in").write_text("requests[socks]<2.32\nrich\n", encoding="utf-8")

    def locked(file: str, *command: str | Path, names: tuple[str, ...] = NAMES) -> dict[str, Any]:
        done = subprocess.run([str(word) for word in command], capture_output=True, check=False, timeout=600)
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        found = {}
        for name in names:
            run(["why", name, "--lock", file, *TARGET, "--budget", "0", "-q", "-o", "a.json"])
            document = json.loads(Path("a.json").read_text(encoding="utf-8"))
            jsonschema.validate(document, schema())
            found[name] = document["locked"]
        return found

    return locked


TARGET = ("--python", "3.12", "--python-platform", "linux")
NAMES = ("requests", "urllib3", "pysocks", "colorama", "pluggy", "orjson")


def checked(found: dict[str, Any], form: str) -> None:
    """What must be said of the project above, whatever tool locked it."""
    assert {one["format"] for one in found.values()} == {form}
    assert found["requests"]["here"]["version"] == "2.31.0"
    assert found["colorama"]["held"]
    for name in set(found) - {"colorama"}:
        here = found[name]["here"]
        assert here is not None, name
        assert found[name]["again"]["version"] is not None, name
    if found["urllib3"]["says_askers"] and found["urllib3"]["askers"]:
        assert [one["by"] for one in found["urllib3"]["askers"]] == ["requests"]
        assert found["urllib3"]["path"][0]["name"] == "requests"
        assert [one["by"] for one in found["pysocks"]["askers"]] == ["requests"]


@pytest.mark.parametrize("release", ["0.4.0", "0.5.0", "0.6.0", "0.8.0", "0.11.0", "0.13.9"])
def test_a_lock_of_uv(release: str, tool: Tool, lock: Callable[..., dict[str, Any]]) -> None:
    binary = tool("uv", release) / "uv"
    # groups of PEP 735 came with uv 0.4.27
    names = NAMES if release > "0.5" or release.startswith("0.1") else tuple(one for one in NAMES if one != "pluggy")
    checked(lock("uv.lock", binary, "lock", "-q", names=names), "uv.lock")


@pytest.mark.parametrize(("release", "day"), [("2.26.1", "2025-11-01"), ("2.12.4", "2024-03-01")])
def test_a_lock_of_pdm(release: str, day: str, tool: Tool, lock: Callable[..., dict[str, Any]]) -> None:
    binary = tool("pdm", release, day=day) / "pdm"
    names = tuple(one for one in NAMES if one != "pluggy" or release > "2.2")  # older ones have no groups of PEP 735
    checked(lock("pdm.lock", binary, "lock", "-q", "-G", ":all", names=names), "pdm.lock")


@pytest.mark.parametrize(("release", "day"), [("2.5.1", None), ("2.1.4", "2025-10-01")])
def test_a_lock_of_poetry(release: str, day: str | None, tool: Tool, lock: Callable[..., dict[str, Any]]) -> None:
    binary = tool("poetry", release, day=day) / "poetry"
    checked(lock("poetry.lock", binary, "lock", "-n", "-q"), "poetry.lock")


def test_a_pylock_of_pip(tool: Tool, lock: Callable[..., dict[str, Any]]) -> None:
    python = tool("pip", "26.3") / "python"
    names = ("requests", "urllib3", "pysocks")
    found = lock("pylock.toml", python, "-m", "pip", "lock", "-q", "-r", "requirements.in", names=names)
    assert {name: one["here"]["version"] for name, one in found.items()}["requests"] == "2.31.0"
    assert {one["format"] for one in found.values()} == {"pylock.toml"}


@pytest.mark.parametrize("release", ["0.8.0", "0.13.9"])
def test_a_pylock_that_uv_exports(release: str, tool: Tool, lock: Callable[..., dict[str, Any]]) -> None:
    binary = tool("uv", release) / "uv"
    command = ("export", "-q", "--all-extras", "--format", "pylock.toml", "-o", "pylock.toml")
    checked(lock("pylock.toml", binary, *command), "pylock.toml")
    shutil.rmtree(".venv", ignore_errors=True)
