"""Options that contradict each other: as the real tool of the run takes them, or one sentence."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from backtrail import cli
from support.links import folder_of
from support.worlds import File, Release, release

Ask = Callable[..., tuple[int, str]]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """The command line, and a project whose wheel is older than its sdist; gives code and stdout."""
    monkeypatch.chdir(tmp_path)
    sdist = Release(version="2.0", files=(File(filename="tool-2.0.tar.gz"),))
    folder_of(Path("links"), ("tool", release("tool", "1.0")), ("tool", sdist))
    folder_of(Path("links"), ("pre", release("pre", "1.0")), ("pre", release("pre", "2.0a1")))

    def asked(*arguments: str) -> tuple[int, str]:
        code = cli.run(["explain-backtrack", *arguments, "--no-index", "-f", "links"])
        return code, capsys.readouterr().out

    return asked


def pinned(out: str, name: str) -> dict[str, str | None]:
    runs = json.loads(out)["runs"]
    return {run["resolver"]: run["pins"].get(name, {}).get("version") for run in runs}


@pytest.mark.parametrize(
    ("options", "uv", "pip"),
    [
        ("--only-binary tool --no-binary tool", None, "2.0"),
        ("--no-binary tool --only-binary tool", None, "1.0"),
        ("--only-binary tool --no-binary tool --only-binary tool", None, "1.0"),
        ("--only-binary :all: --no-binary tool", "2.0", "2.0"),
        ("--no-binary tool --only-binary :all:", "2.0", "1.0"),
        ("--only-binary :all: --only-binary :none:", "2.0", "2.0"),
    ],
)
def test_formats_that_contradict_each_other(ask: Ask, options: str, uv: str | None, pip: str | None) -> None:
    code, out = ask("tool", *options.split(), "--format", "json")
    assert (code, pinned(out, "tool")) == (0 if uv else 1, {"uv": uv, "pip": pip})
    settings = [word for one in json.loads(out)["question"]["settings"] for word in (one["origin"], one["value"])]
    assert settings[-len(options.split()) :] == options.split()


def test_the_reason_for_which_they_part_is_said(ask: Ask) -> None:
    out = ask("tool", "--only-binary", "tool", "--no-binary", "tool")[1]
    assert "pip 26.3 resolves one package: they read --only-binary and --no-binary differently" in out


@pytest.mark.parametrize("options", ["--pre --prerelease disallow", "--prerelease disallow --pre"])
def test_pre_wins_whatever_the_order(ask: Ask, options: str) -> None:
    assert pinned(ask("pre", *options.split(), "--format", "json")[1], "pre") == {"uv": "2.0a1", "pip": "2.0a1"}
    assert pinned(ask("pre", "--prerelease", "disallow", "--format", "json")[1], "pre")["uv"] == "1.0"
