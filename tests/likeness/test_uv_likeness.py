"""Our uv engine beside the real uv on random worlds: the same pins, by the same attempts."""

import pytest

from support.likeness import Comparison, compare
from support.ours import solve_world
from support.random_worlds import CORNERS, DATED, random_world
from support.real_uv import find_uv

pytestmark = pytest.mark.likeness

WORLDS = [
    *(random_world(seed) for seed in range(200)),
    *(random_world(seed, CORNERS) for seed in range(200, 250)),
    *(random_world(seed, DATED) for seed in range(250, 300)),
]


@pytest.fixture(scope="module", params=("0.13.9", "0.4.18"))
def comparisons(request: pytest.FixtureRequest) -> list[Comparison]:
    uv = find_uv(request.param)
    if uv is None:
        pytest.skip(f"uv {request.param} is not installed")
    return compare(WORLDS, uv, solve_world)


def test_outcomes_and_pins_are_identical(comparisons: list[Comparison]) -> None:
    assert [each.difference() for each in comparisons if not each.same_pins] == []


def test_attempts_come_in_the_same_order(comparisons: list[Comparison]) -> None:
    """One in a hundred may differ: uv itself leaves the order of some equal candidates to a hash map."""
    differing = [each.difference() for each in comparisons if not each.same_attempts]
    assert len(differing) <= len(comparisons) // 100, "\n".join(differing)
