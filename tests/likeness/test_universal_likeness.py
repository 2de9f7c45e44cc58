"""Our universal resolution beside the real `uv pip compile --universal`: the same forks in order, the same lines."""

import pytest

from backtrail.model.run import Run
from support.likeness import real_answers
from support.marked_lines import meaning, printed, solved_forks
from support.ours import run_for_all
from support.real_uv import UvAnswer, find_uv
from support.universal_worlds import known_to, universal_world
from support.worlds import World

pytestmark = pytest.mark.likeness

RELEASE = "0.13.9"
OLD = "0.4.18"
WORLDS = {
    "markers": [universal_world(seed) for seed in range(150)],
    "wheels": [universal_world(seed, wheels=True) for seed in range(1000, 1150)],
}


@pytest.mark.parametrize("kind", WORLDS)
def test_outcomes_forks_and_lines_are_identical(kind: str) -> None:
    uv = find_uv(RELEASE)
    if uv is None:
        pytest.skip(f"uv {RELEASE} is not installed")
    worlds = WORLDS[kind]
    answers = zip(worlds, real_answers(worlds, uv), strict=True)
    assert [shown for world, real in answers if (shown := difference(world, real, run_for_all(world, RELEASE)))] == []


def test_an_older_release_has_the_same_lines_by_what_their_markers_mean() -> None:
    """It writes markers in other words, and its log does not name forks; others are measured by a benchmark."""
    uv = find_uv(OLD)
    if uv is None:
        pytest.skip(f"uv {OLD} is not installed")
    worlds = [known_to(universal_world(seed), OLD) for seed in range(60)]
    different = []
    for world, real in zip(worlds, real_answers(worlds, uv), strict=True):
        run, python = run_for_all(world, OLD), world.question.python
        same = meaning(real.lines, python) == meaning(printed(run), python)
        if real.outcome.value != run.outcome.value or not same:
            different.append(f"{world.name}: {real.outcome} {real.lines}, ours {run.outcome} {printed(run)}")
    assert different == []


def difference(world: World, real: UvAnswer, ours: Run) -> str:
    """Where the two part; empty if they do not."""
    forks, lines = solved_forks(ours), printed(ours)
    if (real.outcome.value, real.forks, real.lines) == (ours.outcome.value, forks, lines):
        return ""
    return f"{world.name}: real {real.outcome} {real.forks} {real.lines}, ours {ours.outcome} {forks} {lines}"
