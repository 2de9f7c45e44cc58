"""What the count of new and old pins says, against what each resolver takes when it may take anything."""

import msgspec
import pytest
from packaging.version import Version

from backtrail.explain.evidence.available_releases import Stock
from backtrail.explain.evidence.freshness import freshness
from backtrail.explain.evidence.releases import Releases
from backtrail.explain.lookup.selection import choose
from backtrail.model.policy import Policy
from backtrail.model.requirement import parse_requirement
from backtrail.resolvers.registry import parse_resolver, resolve
from support.ours import BuildingSource, question_of
from support.random_worlds import DATED, EVERYDAY, Features, random_world


@pytest.mark.parametrize("features", [EVERYDAY, DATED], ids=["everyday", "dated"])
@pytest.mark.parametrize("policy", [*map(parse_resolver, ("uv", "uv@0.4.18", "pip"))], ids=lambda policy: policy.key)
def test_a_pin_is_behind_exactly_where_the_project_alone_would_be_taken_newer(
    policy: Policy, features: Features
) -> None:
    counted = 0
    for seed in range(60):
        world = random_world(seed, features)
        source = BuildingSource(world)
        question = question_of(world, policy, resolution="highest", build_sdists=True)
        run = resolve(question, policy, source)
        found = freshness(run, Releases(question, policy, source))
        if found is None:
            continue
        counted += len(run.pins)
        assert (found.compared, found.unknown) == (len(run.pins), ())
        assert [one.own for one in found.behind] == sorted((one.own for one in found.behind), reverse=True)
        behind = {one.project: one.newest for one in found.behind}
        options = question.options
        for pin in run.pins:
            prerelease = "allow" if Version(pin.version).is_prerelease else options.prerelease or "disallow"
            alone = choose(
                parse_requirement(pin.name),
                Stock(question, policy, source).look(pin.name),
                msgspec.structs.replace(options, prerelease=prerelease),
            ).version
            newer = alone is not None and Version(alone.public) > Version(Version(pin.version).public)
            assert behind.get(pin.name) == (str(alone) if newer else None), f"seed {seed}: {pin.name} {pin.version}"
    assert counted > 50
