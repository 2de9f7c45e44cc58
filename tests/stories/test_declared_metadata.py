"""``dependency-metadata`` of uv: what settings say of a project counts in place of what its files say, for uv alone."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backtrail import cli
from support import worlds
from support.loopback import Loopback
from support.real_uv import find_uv
from support.worlds import World, release

Ask = Callable[..., dict[str, Any]]

ENTRY = '[[dependency-metadata]]\nname = "needy"\nrequires-dist = ["other"]\n'
PROJECT = """\
[project]
name = "app"
version = "1"
requires-python = ">=3.9"
dependencies = ["needy"]
[tool.uv]
constraint-dependencies = ["plain<9"]
[[tool.uv.dependency-metadata]]
name = "unused"
requires-dist = ["plain"]
[[tool.uv.dependency-metadata]]
name = "Needy"
version = "1.0"
requires-dist = ["other[y,x] >=1,<3; python_version<'3.13' and sys_platform=='linux'", "plain; extra=='x'"]
requires-python = "<4,>=3.8"
provides-extra = ["x"]
[[tool.uv.dependency-metadata]]
name = "needy"
requires-dist = ["plain"]
[tool.uv.pip]
dependency-metadata = [{ name = "other", requires-dist = ["plain"] }]
"""


@pytest.fixture
def index() -> Iterator[str]:
    unbuilt = worlds.File(filename="needy-1.0.tar.gz", dynamic=True)
    projects = (
        worlds.Project(name="needy", releases=(worlds.Release(version="1.0", files=(unbuilt,)),)),
        worlds.Project(name="other", releases=(release("other", "1.0"),)),
        worlds.Project(name="plain", releases=(release("plain", "1.0"),)),
    )
    with Loopback() as loopback:
        yield loopback.mount(World(name="w", projects=projects, question=worlds.Question(requirements=("needy",))))


@pytest.fixture
def ask(index: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    monkeypatch.chdir(tmp_path)
    for name in ("UV_NO_CONFIG", "VIRTUAL_ENV", "CONDA_PREFIX"):
        monkeypatch.delenv(name, raising=False)

    def asked(*words: str, code: int = 0) -> dict[str, Any]:
        given = cli.run([*words, "--default-index", index, "--format", "json", "--budget", "0"])
        said = capsys.readouterr()
        assert given == code, said.err
        found: dict[str, Any] = json.loads(said.out)
        return found

    return asked


def pins(run: dict[str, Any]) -> list[str]:
    return sorted(run["pins"])


def test_what_is_declared_counts_for_uv_and_not_for_pip(ask: Ask) -> None:
    """An sdist of which only a build would tell is known to uv; pip reads no settings of uv."""
    Path("uv.toml").write_text(ENTRY)
    uv, pip = ask("explain-backtrack", "needy")["runs"]
    assert (pins(uv), uv["pins"]["needy"]["verified"]) == (["needy", "other"], True)
    assert (pins(pip), pip["pins"]["needy"]["verified"]) == (["needy"], False)
    (isolated,) = ask("explain-backtrack", "needy", "--isolated", "--resolver", "uv")["runs"]
    assert pins(isolated) == ["needy"]


def test_where_it_was_said_is_told(ask: Ask) -> None:
    Path("uv.toml").write_text(ENTRY)
    settings = ask("explain-backtrack", "needy", "--resolver", "uv")["question"]["settings"]
    (said,) = [one for one in settings if one["name"] == "dependency-metadata"]
    assert (said["origin"], said["honoured"], json.loads(said["value"])["name"]) == ("uv.toml:1", True, "needy")


def test_a_direct_reference_that_cannot_be_fetched_is_what_is_declared(ask: Ask, index: str) -> None:
    """Nothing says the version of an sdist: the one entry with a version speaks for it, and one without does not."""
    Path("r.txt").write_text(f"needy @ {index}none/needy.tar.gz\n")
    Path("uv.toml").write_text(ENTRY)
    ask("explain-backtrack", "-r", "r.txt", "--resolver", "uv", code=1)
    Path("uv.toml").write_text(f'{ENTRY}version = "7"\n')
    (run,) = ask("explain-backtrack", "-r", "r.txt", "--resolver", "uv")["runs"]
    assert (run["pins"]["needy"]["version"], pins(run)) == ("7", ["needy", "other"])


def test_a_recording_holds_it(ask: Ask) -> None:
    Path("uv.toml").write_text(ENTRY)
    ask("explain-backtrack", "needy", "--resolver", "uv", "-o", "a.backtrail")
    Path("uv.toml").unlink()
    assert cli.run(["replay", "a.backtrail", "-q"]) == 0


@pytest.mark.parametrize(
    "entry", ['version = "1"', 'name = "a"\nverion = "1"', 'name = "a"\nrequires-dist = ["b =="]', 'name = "a b"']
)
def test_what_uv_cannot_read_is_refused(entry: str, ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    del ask
    Path("uv.toml").write_text(f"[[dependency-metadata]]\n{entry}\n")
    assert cli.run(["explain-backtrack", "needy", "--resolver", "uv"]) == 2
    assert "uv.toml:1: 'dependency-metadata' is not a list of metadata: name, version" in capsys.readouterr().err


def test_a_lock_repeats_it_and_is_fresh_with_it(ask: Ask) -> None:
    Path("pyproject.toml").write_text(PROJECT)
    (run,) = ask("explain-backtrack", "--lock", "-o", "uv.lock")["runs"]
    assert pins(run) == ["needy", "other"]
    assert ask("explain-backtrack", "--lock")["runs"][0]["stale"] is None
    Path("pyproject.toml").write_text(PROJECT.replace('requires-python = "<4,>=3.8"\n', ""))
    assert ask("explain-backtrack", "--lock")["runs"][0]["stale"] == "manifest"


@pytest.mark.likeness
def test_the_lock_is_the_one_of_the_real_uv(ask: Ask, index: str) -> None:
    Path("pyproject.toml").write_text(PROJECT)
    ask("explain-backtrack", "--lock", "-o", "ours.lock")
    uv = find_uv("0.13.9")
    assert uv is not None
    assert uv.lock(PROJECT, index).text == Path("ours.lock").read_text()
