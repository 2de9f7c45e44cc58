"""What holds of every cause: lifted alone it makes the newer version possible, and it is needed for that.

Facts are lifted in the world itself, by hand, and the questions are solved without the explainer.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from packaging.version import Version

from backtrail.explain.explanation import explain
from backtrail.explain.remedies.budget import Budget
from backtrail.inquiry import resolve
from backtrail.model.finding import HeldBack, ObstacleKind
from backtrail.model.policy import Policy
from backtrail.model.run import Run
from backtrail.model.trail import Outcome
from support.changed import asking_nothing, lifted
from support.ours import BuildingSource, elsewhere, question_of
from support.random_worlds import CORNERS, EVERYDAY, PLAIN, random_world
from support.worlds import World

WORLDS = range(240)
POLICIES = tuple(Policy(tool=tool, release=release) for tool, release in
                 (("uv", "0.13.9"), ("uv", "0.4.18"), ("pip", "26.3")))  # fmt: skip


class Explained:
    """A random world, solved and explained."""

    def __init__(self, seed: int, policy: Policy) -> None:
        self.world = random_world(seed, (EVERYDAY, PLAIN, CORNERS)[seed % 3])
        self.policy = policy
        source = BuildingSource(self.world)
        question = question_of(self.world, policy, build_sdists=True)
        self.run = resolve(question, policy, source)
        findings = explain(
            self.run,
            question,
            policy,
            source,
            lambda changed: resolve(changed, policy, source),
            budget=Budget(4),
            elsewhere=elsewhere(policy, source),
        )
        self.held = [(str(one.subject), one.detail) for one in findings if isinstance(one.detail, HeldBack)]

    def solved(self, world: World, *lines: str, constraints: tuple[str, ...] = ()) -> Run:
        """The answer in a world, with further lines."""
        asked = world.question
        asked = replace(
            asked, requirements=(*asked.requirements, *lines), constraints=(*asked.constraints, *constraints)
        )
        world = replace(world, question=asked)
        return resolve(
            question_of(world, self.policy, build_sdists=True), self.policy, BuildingSource(world), silent=True
        )

    def newer(self, name: str, chosen: str) -> Iterator[str]:
        """The releases above a version."""
        for project in self.world.projects:
            if project.name == name:
                yield from (one.version for one in project.releases if Version(one.version) > Version(chosen))


@pytest.fixture(scope="module", params=POLICIES, ids=lambda policy: policy.key)
def shown(request: pytest.FixtureRequest) -> list[Explained]:
    return [Explained(seed, request.param) for seed in WORLDS]


def forced(shown: list[Explained]) -> list[tuple[Explained, str, HeldBack]]:
    return [(one, name, detail) for one in shown for name, detail in one.held if detail.because]


def chosen(shown: list[Explained]) -> list[tuple[Explained, str, HeldBack]]:
    return [(one, name, detail) for one in shown for name, detail in one.held if detail.alternative is not None]


def only(name: str, version: str) -> str:
    """A line that one release meets, and that lets nothing yanked in."""
    public = Version(version).public
    return f"{name}>={public},<={public}"


def pinned(name: str, version: str) -> str:
    """The same for a version that may be a local build."""
    return f"{name}=={version}" if Version(version).local else only(name, version)


def test_lifting_what_is_named_makes_the_newest_possible(shown: list[Explained]) -> None:
    found = forced(shown)
    assert len(found) >= 15
    for one, name, detail in found:
        run = one.solved(lifted(one.world, detail.because), only(name, detail.newest))
        assert run.outcome is Outcome.SOLVED, (one.world.name, name, detail.because)
        pin = run.pin(name)
        assert pin is not None
        assert Version(pin.version).public == Version(detail.newest).public


def test_each_named_fact_is_needed(shown: list[Explained]) -> None:
    for one, name, detail in forced(shown):
        for fact in detail.because:
            rest = [other for other in detail.because if other != fact]
            run = one.solved(lifted(one.world, rest), only(name, detail.newest))
            assert run.outcome is Outcome.IMPOSSIBLE, (one.world.name, name, fact)


def test_where_it_was_forced_no_newer_version_is_possible(shown: list[Explained]) -> None:
    for one, name, detail in forced(shown):
        for version in one.newer(name, detail.chosen):
            if Version(version).is_prerelease or Version(version).public == Version(detail.chosen).public:
                continue  # a bound that names one would let others in; a local build is no newer release
            assert one.solved(one.world, only(name, version)).outcome is not Outcome.SOLVED, (one.world.name, version)


def test_the_users_own_lines_are_named_where_one_of_them_is_enough(shown: list[Explained]) -> None:
    seen = 0
    for one, name, detail in forced(shown):
        if detail.because[0].kind is not ObstacleKind.REQUIREMENT:
            seen += detail.because[0].kind is ObstacleKind.OWN_LINE
            continue
        asked = one.world.question.requirements
        for line in asked:
            rest = replace(one.world, question=replace(one.world.question, requirements=tuple(
                other for other in asked if other != line)))  # fmt: skip
            if line.startswith(name) or one.solved(rest, only(name, detail.newest)).outcome is not Outcome.SOLVED:
                continue
            # Without the line altogether it may be possible: then the line says nothing of versions.
            assert lifted(one.world, [detail.because[0]]) != one.world
    assert seen >= 3


def test_what_was_chosen_could_have_been_newer_as_is_reported(shown: list[Explained]) -> None:
    found = chosen(shown)
    assert len(found) >= 5
    for one, name, detail in found:
        assert not detail.because
        assert detail.alternative is not None
        now, then = detail.alternative[name]
        assert now == detail.chosen
        assert then is not None
        assert Version(then) > Version(now)
        pins = {str(pin.name): pin.version for pin in one.run.pins}
        for other, (before, after) in detail.alternative.items():
            assert pins.pop(other, None) == before
            if after is not None:
                pins[other] = after
        bounds = tuple(pinned(other, version) for other, version in pins.items() if not Version(version).is_prerelease)
        run = one.solved(one.world, f"{name}>={Version(then).public}", constraints=bounds)
        assert run.outcome is Outcome.SOLVED, (one.world.name, name)


def test_no_named_decision_is_a_consequence_of_the_version_that_was_chosen(shown: list[Explained]) -> None:
    """It closes the way, and it stands where the chosen version asks for nothing."""
    seen = 0
    for one, name, detail in chosen(shown):
        if detail.blocker is None or detail.alternative is None:
            continue
        seen += 1
        then = detail.alternative[name][1]
        assert then is not None
        held = (f"{detail.blocker}=={detail.blocker_version}",)
        assert one.solved(one.world, f"{name}>={Version(then).public}", constraints=held).outcome is Outcome.IMPOSSIBLE
        eased = asking_nothing(one.world, name, detail.chosen)
        pin = one.solved(eased, constraints=(f"{name}=={detail.chosen}",)).pin(detail.blocker)
        assert pin is not None
        assert pin.version == detail.blocker_version
    assert seen >= 3


def test_versions_are_reported_beside_what_is_no_consequence_only(shown: list[Explained]) -> None:
    for one in shown:
        for _, detail in one.held:
            named = {detail.blocker, *(fact.project for fact in detail.because), *(fact.by for fact in detail.because)}
            for group in detail.refused:
                if detail.because or detail.alternative is not None:
                    assert group.on is None or group.on in named
