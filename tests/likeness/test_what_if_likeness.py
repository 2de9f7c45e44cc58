"""A change of an index that is only assumed, beside the real tools on an index where it is made."""

from dataclasses import replace
from pathlib import Path

import pytest

from backtrail.resolvers.registry import parse_resolver
from support.likeness import OurAnswer, compare, compare_with_pip, real_answers
from support.marked_lines import printed
from support.ours import (
    BuildingSource,
    WorldSource,
    answer_of,
    question_of,
    run_for_all,
    run_pip_world,
    run_world,
)
from support.random_worlds import random_world
from support.real_pip import find_pip
from support.real_uv import find_uv
from support.universal_worlds import universal_world
from support.what_ifs import WhatIfWorld, what_if_worlds
from support.worlds import World

pytestmark = pytest.mark.likeness

UNREFERENCED = [world for seed in range(140) if not (world := random_world(seed)).referenced]


def cut_off(world: World) -> World:
    """A world asked for a day before what is published is uploaded, and after all else."""
    return replace(world, question=replace(world.question, exclude_newer="2024-06-01T00:00:00Z"))


@pytest.mark.parametrize("dated", [False, True])
def test_pins_and_attempts_of_uv_are_identical(dated: bool, tmp_path: Path) -> None:
    uv = find_uv("0.13.9")
    if uv is None:
        pytest.skip("uv 0.13.9 is not installed")
    chosen = [cut_off(one) for one in UNREFERENCED[60:90]] if dated else UNREFERENCED[:60]
    made = {one.after.name: one for one in what_if_worlds(chosen, tmp_path)}

    def ours(world: World, profile: str) -> OurAnswer:
        asked = made[world.name]
        question = question_of(asked.before, parse_resolver(f"uv@{profile}"), build_sdists=True)
        source = asked.source(BuildingSource(asked.before), question)
        return answer_of(*run_world(asked.before, profile, source, build_sdists=True))

    found = compare([one.after for one in made.values()], uv, ours)
    unchanged = (
        answer_of(*run_world(one.before, uv.version, BuildingSource(one.before), build_sdists=True))
        for one in made.values()
    )
    assert sum(was.pins != now.ours.pins for was, now in zip(unchanged, found, strict=True)) > len(found) // 5
    assert [f"{made[one.world.name].typed} {one.difference()}" for one in found if not one.same_pins] == []
    differing = [one.difference() for one in found if not one.same_attempts]
    assert len(differing) <= 1, "\n".join(differing)


def test_pins_of_pip_are_identical(tmp_path: Path) -> None:
    pip = find_pip("26.3")
    if pip is None:
        pytest.skip("pip 26.3 is not installed")
    made = {one.after.name: one for one in what_if_worlds(UNREFERENCED[90:110], tmp_path)}

    def ours(world: World, profile: str) -> OurAnswer:
        asked = made[world.name]
        question = question_of(asked.before, parse_resolver(f"pip@{profile}"), build_sdists=True)
        return answer_of(*run_pip_world(asked.before, profile, asked.source(BuildingSource(asked.before), question)))

    found = compare_with_pip([one.after for one in made.values()], pip, ours)
    assert [f"{made[one.world.name].typed} {one.difference()}" for one in found if not one.same_pins] == []


def test_lines_for_all_environments_are_identical(tmp_path: Path) -> None:
    uv = find_uv("0.13.9")
    if uv is None:
        pytest.skip("uv 0.13.9 is not installed")
    made: list[WhatIfWorld] = list(what_if_worlds([universal_world(seed) for seed in range(2000, 2030)], tmp_path))
    different = []
    for one, real in zip(made, real_answers([one.after for one in made], uv), strict=True):
        question = question_of(one.before, parse_resolver("uv@0.13.9"))
        run = run_for_all(one.before, "0.13.9", one.source(WorldSource(one.before), question))
        if (real.outcome.value, real.lines) != (run.outcome.value, printed(run)):
            different.append(f"{one.typed}: real {real.outcome} {real.lines}, ours {run.outcome} {printed(run)}")
    assert different == []
