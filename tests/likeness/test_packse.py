"""Scenarios in packse's format, written here: our uv engine and the real uv come to what each of them expects.

The package on PyPI brings the tools for scenarios and not the scenarios.
"""

import pytest

from support.likeness import real_answers
from support.ours import solve_world
from support.packse import Expected, scenarios
from support.real_uv import Outcome, find_uv

SCENARIOS = scenarios()

each = pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.world.name for scenario in SCENARIOS])


def outcome(scenario: Expected) -> Outcome:
    return Outcome.IMPOSSIBLE if scenario.pins is None else Outcome.SOLVED


@each
def test_our_engine_comes_to_what_is_expected(scenario: Expected) -> None:
    ours = solve_world(scenario.world, "0.13.9")
    assert (ours.outcome, ours.pins) == (outcome(scenario), scenario.pins or {})


@pytest.mark.likeness
def test_the_real_uv_comes_to_what_is_expected() -> None:
    uv = find_uv("0.13.9")
    assert uv is not None
    answers = real_answers([scenario.world for scenario in SCENARIOS], uv)
    said = {scenario.world.name: (real.outcome, real.pins) for scenario, real in zip(SCENARIOS, answers, strict=True)}
    assert said == {scenario.world.name: (outcome(scenario), scenario.pins or {}) for scenario in SCENARIOS}
