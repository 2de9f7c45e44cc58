"""Our uv engine on packse's scenarios beside what the real uv answered to them, as recorded."""

import pytest

from support.ours import solve_world
from support.packse import Scenario, read_scenarios
from support.real_uv import REPOSITORY

RECORDED = REPOSITORY.parent / "shared" / "truth" / "packse.json"
SCENARIOS = list(read_scenarios(RECORDED)) if RECORDED.exists() else []

pytestmark = pytest.mark.skipif(not SCENARIOS, reason="the recorded scenarios are not beside this repository")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.world.name for scenario in SCENARIOS])
def test_the_same_outcome_and_pins(scenario: Scenario) -> None:
    ours = solve_world(scenario.world, "0.13.9")
    assert (ours.outcome, ours.pins) == (scenario.outcome, scenario.pins)


def test_every_scenario_with_an_answer_is_read() -> None:
    assert len(SCENARIOS) >= 90
