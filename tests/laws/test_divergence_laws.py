"""Laws of divergences and missed solutions over random worlds: what is called proved is; what is shown meets all."""

import pytest

from backtrail.explain.divergence.sides import differences
from backtrail.explain.evidence.refusals import meets
from backtrail.inquiry import Asked, Inquiry, answer
from backtrail.model.finding import Diverge, SolutionMissed
from backtrail.resolvers.registry import parse_resolver
from support.ours import BuildingSource, question_of
from support.random_worlds import random_world

PAIRS = (("uv", "pip"), ("uv@0.4.18", "uv"), ("pip", "pip@23.1"))


@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
@pytest.mark.parametrize("seed", range(12))
def test_a_divergence_is_reported_where_answers_differ_and_proved_by_one_rule(seed: int, pair: tuple[str, str]) -> None:
    world = random_world(seed)
    policies = [parse_resolver(one) for one in pair]
    asked = tuple(Asked(policy=one, question=question_of(world, one, build_sdists=True)) for one in policies)
    report = answer(Inquiry(asked=asked, solves=True, budget=8), BuildingSource(world))
    first, second = report.runs
    shown = [finding for finding in report.findings if isinstance(finding.detail, Diverge)]
    assert bool(shown) == bool(differences(first, second))
    for finding in shown:
        detail = finding.detail
        assert isinstance(detail, Diverge)
        assert finding.subject in detail.pins
        assert {detail.parting.taken_by, detail.parting.refused_by} == {first.key, second.key}
        agreeing = [one for one in detail.switched if one.agrees and not one.also]
        assert detail.proved == any(one.cause is detail.cause for one in agreeing)
        own = [line.name for line in asked[0].question.requirements if line.name in detail.pins]
        assert not own or finding.subject in own
        for one in agreeing:
            other = second if one.run == first.key else first
            assert one.outcome is other.outcome
            for name in {finding.subject, *own} & one.pins.keys():
                assert one.pins[name] == detail.pins[name][other.key]


@pytest.mark.parametrize("seed", [178, 784])  # the first needs an sdist, which says for itself what it requires
def test_a_missed_solution_meets_what_the_user_asks(seed: int) -> None:
    """pip 23.1 jumps back too far in these worlds, and says that there is no solution."""
    world = random_world(seed)
    policy = parse_resolver("pip@23.1")
    question = question_of(world, policy, build_sdists=True)
    report = answer(
        Inquiry(asked=(Asked(policy=policy, question=question),), solves=True, budget=8), BuildingSource(world)
    )
    detail = next(finding.detail for finding in report.findings if finding.code == "BT116")
    assert isinstance(detail, SolutionMissed)
    assert detail.found_by == "uv@0.13.9"
    markers = dict(question.target.markers)
    for line in question.requirements:
        if line.parsed_marker is None or line.parsed_marker.evaluate(markers):
            assert meets(line, detail.pins[line.name])
