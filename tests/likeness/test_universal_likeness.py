"""Our universal resolution beside the real `uv pip compile --universal`: the same forks in order, the same lines."""

import pytest

from backtrail.model.run import Run
from backtrail.model.trail import Outcome
from support.likeness import real_answers
from support.ours import run_for_all
from support.real_uv import UvAnswer, find_uv
from support.universal_worlds import universal_world
from support.worlds import World

pytestmark = pytest.mark.likeness

RELEASE = "0.13.9"
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


def difference(world: World, real: UvAnswer, ours: Run) -> str:
    """Where the two part; empty if they do not."""
    solved = ours.outcome is Outcome.SOLVED
    forks = tuple(fork.marker for fork in ours.forks if fork.outcome is Outcome.SOLVED)
    lines = tuple(
        f"{line.name}=={line.version}{f' ; {line.marker}' if line.marker else ''}" for line in ours.lines if solved
    )
    if (real.outcome.value, real.forks, real.lines) == (ours.outcome.value, forks, lines):
        return ""
    return f"{world.name}: real {real.outcome} {real.forks} {real.lines}, ours {ours.outcome} {forks} {lines}"
