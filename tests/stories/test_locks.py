"""Locks of projects: the `uv.lock` that the real uv 0.13.9 wrote, and what it wrote over one that was there."""

import re
from pathlib import Path
from typing import Any

import pytest

from backtrail.model.errors import InputError
from backtrail.model.lock import Staleness
from backtrail.model.run import Run
from backtrail.model.trail import Outcome
from backtrail.report.lock_text import lock_text
from support.ours import WorldSource, lock_world
from support.vectors import projects, vectors
from support.worlds import Question, World

BASE = "http://127.0.0.1"
LOCKS, RELOCKS = vectors("lock"), vectors("relock")


def answer(vector: dict[str, Any], folder: Path, **asked: Any) -> Run:
    pyproject = folder / "pyproject.toml"
    pyproject.write_text(vector["pyproject"].replace("BASE", BASE), encoding="utf-8")
    world = World(name="lock", projects=projects(vector["index"]), question=Question(requirements=(), python="3.12.1"))
    further = {
        f"{BASE}/{name}": World(name=name, projects=projects(index), question=world.question)
        for name, index in vector.get("indexes", {}).items()
    }
    return lock_world(world, "0.13.9", pyproject, source=WorldSource(world, extra=further), **asked)


def written(run: Run) -> str:
    """The lock as the vectors have it: files are next to the indexes, and have no upload times."""
    assert run.lock is not None
    text = re.sub(r', upload-time = "[^"]*"', "", lock_text(run.lock))
    return re.sub(r"/(?:simple|other)/files/", "/files/", text).replace(BASE, "BASE")


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_is_uvs(name: str, tmp_path: Path) -> None:
    vector = LOCKS[name]
    if vector.get("refused"):
        with pytest.raises(InputError):
            answer(vector, tmp_path)
        return
    run = answer(vector, tmp_path)
    assert (run.outcome is Outcome.SOLVED) is ("lock" in vector)
    if "lock" in vector:
        assert written(run) == vector["lock"]


STALE = {
    "relock-unchanged": None,
    "relock-newer-release": Staleness.REQUIREMENTS,
    "relock-upgrade": Staleness.UPGRADE,
    "relock-upgrade-package": Staleness.UPGRADE_PACKAGE,
    "relock-forks-kept": Staleness.REQUIREMENTS,
    "relock-forks-upgrade": Staleness.UPGRADE,
    "relock-python-raised": Staleness.REQUIRES_PYTHON,
    "relock-python-lowered": Staleness.REQUIRES_PYTHON,
    "relock-environments": Staleness.ENVIRONMENTS,
}


@pytest.mark.parametrize("name", RELOCKS)
def test_the_lock_over_a_lock_is_uvs(name: str, tmp_path: Path) -> None:
    vector = RELOCKS[name]
    options = vector.get("options", [])
    (tmp_path / "uv.lock").write_text(vector["before"].replace("BASE", BASE), encoding="utf-8")
    run = answer(
        vector,
        tmp_path,
        upgrade="--upgrade" in options,
        upgraded=[name for name in options if not name.startswith("--")],
    )
    assert written(run) == vector["lock"]
    assert run.stale is STALE[name]
    if run.stale is not None:
        assert [fork.marker for fork in run.forks] == vector["forks"]


def test_a_lock_solved_again_is_the_same(tmp_path: Path) -> None:
    for name, vector in LOCKS.items():
        if "lock" in vector:
            folder = tmp_path / name
            folder.mkdir()
            (folder / "uv.lock").write_text(vector["lock"].replace("BASE", BASE), encoding="utf-8")
            run = answer(vector, folder)
            assert (run.stale, written(run)) == (None, vector["lock"]), name
