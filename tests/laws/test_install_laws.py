"""What holds of every install into an environment, whatever is asked and whatever is there."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtrail.model.installed import Installed, InstalledEnvironment, Renewal
from backtrail.model.metadata import Metadata, MetadataSource
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.run import Action, Run
from backtrail.model.trail import Outcome
from backtrail.resolvers.registry import resolve
from support.ours import BuildingSource, question_of
from support.random_worlds import random_world
from support.worlds import World

POLICIES = [
    Policy(tool="uv", release="0.13.9"),
    Policy(tool="uv", release="0.4.18"),
    Policy(tool="pip", release="26.3"),
]
SEEDS = st.integers(0, 400)


def asked(world: World, policy: Policy) -> Question:
    return question_of(world, policy, build_sdists=True)


def solved(world: World, question: Question, policy: Policy) -> Run:
    return resolve(question, policy, BuildingSource(world), silent=True)


def environment(world: World, run: Run) -> InstalledEnvironment:
    """What an answer installs, each with what its release says."""
    releases = {(project.name, one.version): one for project in world.projects for one in project.releases}
    return InstalledEnvironment(
        origin="--env env",
        distributions=tuple(
            Installed(
                name=pin.name,
                version=pin.version,
                place=f"{pin.name}-{pin.version}.dist-info",
                metadata=Metadata(
                    name=pin.name,
                    version=pin.version,
                    requires_dist=releases[pin.name, pin.version].requires_dist,
                    provides_extra=releases[pin.name, pin.version].provides_extra,
                    source=MetadataSource.INSTALLED,
                    file=f"{pin.name}-{pin.version}.dist-info",
                ),
            )
            for pin in run.pins
        ),
    )


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.key)
@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_an_empty_environment_gets_the_answer_that_there_is_without_one(policy: Policy, seed: int) -> None:
    world = random_world(seed)
    question = asked(world, policy)
    plain = solved(world, question, policy)
    empty = msgspec.structs.replace(question, environment=InstalledEnvironment(origin="--env env"))
    run = solved(world, empty, policy)
    assert (run.outcome, run.pins) == (plain.outcome, plain.pins)
    if run.outcome is Outcome.SOLVED:
        assert {(step.name, step.action) for step in run.plan} == {(pin.name, Action.INSTALL) for pin in run.pins}


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.key)
@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_what_was_installed_is_kept_when_it_is_asked_for_again(policy: Policy, seed: int) -> None:
    world = random_world(seed)
    question = asked(world, policy)
    plain = solved(world, question, policy)
    if plain.outcome is not Outcome.SOLVED or any(pin.url for pin in plain.pins):
        return
    there = msgspec.structs.replace(question, environment=environment(world, plain))
    run = solved(world, there, policy)
    assert run.outcome is Outcome.SOLVED
    assert {step.action for step in run.plan} <= {Action.KEEP}
    assert {pin.name for pin in run.pins} <= {pin.name for pin in plain.pins}
    anew = solved(world, msgspec.structs.replace(there, renewal=Renewal(reinstall=True)), policy)
    assert {pin.name: pin.version for pin in anew.pins} == {pin.name: pin.version for pin in plain.pins}
    assert {step.action for step in anew.plan} <= {Action.REINSTALL}


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.key)
@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, other=SEEDS)
def test_a_plan_says_of_each_pin_what_becomes_of_it(policy: Policy, seed: int, other: int) -> None:
    world = random_world(seed)
    question = asked(world, policy)
    before = solved(random_world(other), asked(random_world(other), policy), policy)
    there = InstalledEnvironment(
        origin="--env env",
        distributions=tuple(
            Installed(
                name=pin.name,
                version=pin.version,
                place="x",
                metadata=Metadata(name=pin.name, version=pin.version, source=MetadataSource.INSTALLED),
            )
            for pin in before.pins
        ),
    )
    run = solved(world, msgspec.structs.replace(question, environment=there), policy)
    if run.outcome is not Outcome.SOLVED:
        assert run.plan == ()
        return
    assert [step.name for step in run.plan] == [pin.name for pin in run.pins]
    for step, pin in zip(run.plan, run.pins, strict=True):
        installed = next(iter(there.all_of(pin.name)), None)
        assert step.after == pin.version
        assert (step.before is None) is (step.action is Action.INSTALL)
        assert step.before == (None if installed is None else installed.version)
        assert pin.installed <= (step.action is Action.KEEP)
