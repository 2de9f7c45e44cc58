"""Our pip engine beside the real pip on random worlds, and beside its recorded answers: the same, in the same order."""

import pytest

from support.likeness import compare_with_pip
from support.ours import pip_solve_world
from support.packse import Scenario, read_scenarios
from support.random_worlds import CORNERS, DATED, random_world
from support.real_pip import RealPip, find_pip
from support.real_uv import REPOSITORY

RECORDED = REPOSITORY.parent / "shared" / "truth" / "packse.json"
SCENARIOS = list(read_scenarios(RECORDED, "pip")) if RECORDED.exists() else []


def real_pip(version: str) -> RealPip:
    found = find_pip(version)
    if found is None:
        pytest.skip(f"pip {version} is not installed")
    return found


@pytest.mark.likeness
def test_the_newest_pip_answers_alike_and_prepares_the_same_files_in_the_same_order() -> None:
    worlds = [
        *(random_world(seed) for seed in range(170)),
        *(random_world(seed, CORNERS) for seed in range(200, 240)),
        *(random_world(seed, DATED) for seed in range(40)),
    ]
    comparisons = compare_with_pip(worlds, real_pip("26.3"), pip_solve_world)
    assert [each.difference() for each in comparisons if each.difference()] == []


@pytest.mark.likeness
@pytest.mark.parametrize("version", ["24.0", "23.1"])
def test_earlier_releases_answer_alike(version: str) -> None:
    comparisons = compare_with_pip([random_world(seed) for seed in range(30)], real_pip(version), pip_solve_world)
    assert [each.difference() for each in comparisons if not each.same_pins] == []


@pytest.mark.skipif(not SCENARIOS, reason="the recorded scenarios are not beside this repository")
@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.world.name for scenario in SCENARIOS])
def test_recorded_scenarios_get_the_recorded_outcome_and_pins(scenario: Scenario) -> None:
    ours = pip_solve_world(scenario.world, "26.3", running=False)
    assert (ours.outcome, ours.pins) == (scenario.outcome, scenario.pins)
    assert {name: len({version for one, version in ours.attempts if one == name}) for name, _ in ours.attempts} == (
        scenario.tried
    )
