"""Our uv engine beside the real uv on random worlds: the same pins, by the same attempts."""

from dataclasses import replace
from random import Random

import pytest

from support.likeness import Comparison, compare
from support.ours import solve_world
from support.random_worlds import CORNERS, DATED, random_world
from support.real_uv import find_uv
from support.worlds import World

pytestmark = pytest.mark.likeness

WORLDS = [
    *(random_world(seed) for seed in range(200)),
    *(random_world(seed, CORNERS) for seed in range(200, 250)),
    *(random_world(seed, DATED) for seed in range(250, 300)),
]


def over_a_file(seed: int) -> World:
    """A world with an output file: versions of some projects, which may do or not, or be for other environments."""
    world, random = random_world(seed), Random(seed)
    markers = ("", "", " ; sys_platform == 'win32'", " ; python_version >= '3'")
    lines = [
        f"{project.name}=={random.choice(project.releases).version}{random.choice(markers)}"
        for project in world.projects
        if project.releases and random.random() < 0.7
    ]
    return replace(world, question=replace(world.question, output=tuple(lines)))


@pytest.mark.parametrize("release", ["0.13.9", "0.4.18"])
def test_versions_of_an_output_file_are_tried_first(release: str) -> None:
    uv = find_uv(release)
    if uv is None:
        pytest.skip(f"uv {release} is not installed")
    found = compare([over_a_file(seed) for seed in range(400, 460)], uv, solve_world)
    assert [each.difference() for each in found if not each.same_pins] == []
    assert sum(each.same_attempts for each in found) >= len(found) - 1


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
