"""Our pip engine beside the real pip on random worlds: the same, in the same order."""

import pytest

from support.likeness import compare_with_pip
from support.ours import pip_solve_world
from support.random_worlds import CORNERS, DATED, random_world
from support.real_pip import RealPip, find_pip


def real_pip(version: str) -> RealPip:
    found = find_pip(version)
    if found is None:
        pytest.skip(f"pip {version} is not installed")
    return found


@pytest.mark.likeness
def test_the_newest_pip_answers_alike_and_prepares_the_same_files_in_the_same_order() -> None:
    worlds = [
        *(random_world(seed) for seed in range(110)),
        *(random_world(seed, CORNERS) for seed in range(200, 230)),
        *(random_world(seed, DATED) for seed in range(30)),
    ]
    comparisons = compare_with_pip(worlds, real_pip("26.3"), pip_solve_world)
    assert [each.difference() for each in comparisons if each.difference()] == []


@pytest.mark.likeness
@pytest.mark.parametrize("version", ["24.0", "23.1"])
def test_earlier_releases_answer_alike(version: str) -> None:
    comparisons = compare_with_pip([random_world(seed) for seed in range(30)], real_pip(version), pip_solve_world)
    assert [each.difference() for each in comparisons if not each.same_pins] == []
