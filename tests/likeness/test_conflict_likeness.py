"""The smallest sets of lines without an answer, asked of the real uv: none for all, one without each of them."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from backtrail.explain.causes.smallest_sets import Search
from backtrail.explain.remedies.budget import Budget
from backtrail.inquiry import resolve
from backtrail.model.finding import OwnLine
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.run import Run
from backtrail.model.trail import Outcome
from support.likeness import real_answers
from support.ours import WorldSource, question_of
from support.random_worlds import EVERYDAY, PLAIN, random_world
from support.real_uv import Outcome as RealOutcome
from support.real_uv import RealUv, find_uv
from support.worlds import World

pytestmark = pytest.mark.likeness

WORLDS = [*(random_world(seed, EVERYDAY) for seed in range(120)), *(random_world(seed, PLAIN) for seed in range(80))]


@pytest.fixture(scope="module", params=("0.13.9", "0.4.18"))
def uv(request: pytest.FixtureRequest) -> RealUv:
    found = find_uv(request.param)
    if found is None:
        pytest.skip(f"uv {request.param} is not installed")
    return found


def smallest(world: World, policy: Policy) -> Iterator[list[OwnLine]]:
    """The proved conflicts of a world."""
    source = WorldSource(world)
    question = question_of(world, policy)

    def solve(changed: Question) -> Run:
        return resolve(changed, policy, source)

    run = solve(question)
    if run.outcome is Outcome.IMPOSSIBLE:
        for found in Search(run, question, solve, Budget(60)).conflicts():
            if found.minimal:
                yield [OwnLine(requirement=one.requirement, constraint=one.constraint) for one in found.lines]


def only(world: World, lines: list[OwnLine]) -> World:
    """The world asked for these lines alone."""
    question = replace(
        world.question,
        requirements=tuple(one.requirement.text for one in lines if not one.constraint),
        constraints=tuple(one.requirement.text for one in lines if one.constraint),
    )
    return replace(world, question=question)


def test_real_uv_has_no_answer_to_the_set_and_one_to_each_part(uv: RealUv) -> None:
    policy = Policy(tool="uv", release=uv.version)
    asked: list[tuple[World, RealOutcome]] = []
    for world in WORLDS:
        for lines in smallest(world, policy):
            asked.append((only(world, lines), RealOutcome.IMPOSSIBLE))
            for place in range(len(lines)):
                part = [*lines[:place], *lines[place + 1 :]]
                if any(not one.constraint for one in part):
                    asked.append((only(world, part), RealOutcome.SOLVED))
    answers = real_answers([world for world, _ in asked], uv)
    wrong = [
        (world.name, world.question, answer.outcome, answer.error)
        for (world, expected), answer in zip(asked, answers, strict=True)
        if answer.outcome is not expected
    ]
    assert wrong == []
    assert sum(expected is RealOutcome.IMPOSSIBLE for _, expected in asked) >= 15
    assert sum(expected is RealOutcome.SOLVED for _, expected in asked) >= 10
