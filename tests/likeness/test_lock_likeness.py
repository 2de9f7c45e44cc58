"""Our locks beside the real `uv lock`: the whole text, and the forks in order."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from backtrail.model.errors import InputError
from backtrail.model.trail import Outcome
from backtrail.report.lock_text import lock_text
from support.likeness import JOBS
from support.lock_text import without_places
from support.loopback import Loopback
from support.ours import lock_world
from support.random_projects import ProjectWorld, random_project
from support.real_uv import RealUv, UvLock, find_uv

pytestmark = pytest.mark.likeness

RELEASE = "0.13.9"
PROJECTS = {
    "markers": [random_project(seed) for seed in range(100)],
    "wheels": [random_project(seed, wheels=True) for seed in range(2000, 2060)],
}


@pytest.mark.parametrize("kind", PROJECTS)
def test_locks_are_identical(kind: str, tmp_path: Path) -> None:
    uv = find_uv(RELEASE)
    if uv is None:
        pytest.skip(f"uv {RELEASE} is not installed")
    projects = PROJECTS[kind]
    answers = zip(projects, real_locks(projects, uv), strict=True)
    assert [project.world.name for project, real in answers if shown(real) != ours(project, tmp_path)] == []


def real_locks(projects: list[ProjectWorld], uv: RealUv) -> Iterator[UvLock]:
    with Loopback() as loopback, ThreadPoolExecutor(JOBS) as pool:
        urls = [loopback.mount(project.world, f"/w{place}") for place, project in enumerate(projects)]
        yield from pool.map(lambda project, url: uv.lock(project.pyproject, url), projects, urls)


def shown(real: UvLock) -> tuple[str, str, tuple[str, ...]]:
    return real.outcome.value, without_places(real.text), real.forks


def ours(project: ProjectWorld, folder: Path) -> tuple[str, str, tuple[str, ...]]:
    pyproject = folder / "pyproject.toml"
    pyproject.write_text(project.pyproject, encoding="utf-8")
    try:
        run = lock_world(project.world, RELEASE, pyproject)
    except InputError:
        return "aborted", "", ()
    forks = tuple(fork.marker or "" for fork in run.forks if fork.outcome is Outcome.SOLVED)
    return run.outcome.value, without_places(lock_text(run.lock)) if run.lock else "", forks
