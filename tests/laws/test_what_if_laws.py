"""Laws of a changed index: what undoes itself is nothing, nor is what nobody asks for, and it is as if it were so."""

import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtrail.inquiry import resolve
from backtrail.model.policy import Policy
from backtrail.model.run import Run
from backtrail.model.source import Source
from backtrail.resolvers.registry import parse_resolver
from backtrail.sources.changed import Changed
from backtrail.sources.index_options import read_index_changes
from support.ours import BuildingSource, question_of
from support.random_worlds import CORNERS, EVERYDAY, random_world
from support.what_ifs import NOW, what_if_world
from support.worlds import World, project_entries

POLICIES = [parse_resolver(name) for name in ("uv@0.13.9", "uv@0.4.18", "pip@26.3")]
SEEDS = st.integers(0, 10_000)

pytestmark = pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.key)


def small(seed: int) -> World:
    return random_world(seed, (EVERYDAY, CORNERS)[seed % 2])


def answered(world: World, policy: Policy, source: Source | None = None) -> Run:
    question = question_of(world, policy, build_sdists=True, max_rounds=2_000)
    run = resolve(question, policy, source or BuildingSource(world), silent=True)
    return msgspec.structs.replace(run, incompatibilities={})


def changed(world: World, policy: Policy, *typed: tuple[str, str]) -> Run:
    changes = read_index_changes(typed, now=NOW)
    question = msgspec.structs.replace(question_of(world, policy, build_sdists=True), index_changes=changes)
    return answered(world, policy, Changed.of(BuildingSource(world), [question]))


@given(seed=SEEDS)
@settings(max_examples=40, deadline=None)
def test_what_is_published_and_removed_again_is_nothing(policy: Policy, seed: int) -> None:
    world = small(seed)
    name = next(one.name for one in world.projects if one.releases)
    with tempfile.NamedTemporaryFile("w", suffix=".METADATA", encoding="utf-8") as file:
        file.write(f"Metadata-Version: 2.1\nName: {name}\nVersion: 99.0\nRequires-Dist: nobody-has-this\n")
        file.flush()
        assert changed(world, policy, ("publish", file.name), ("remove", f"{name}==99.0")) == answered(world, policy)


@given(seed=SEEDS)
@settings(max_examples=40, deadline=None)
def test_what_is_yanked_and_unyanked_is_as_before(policy: Policy, seed: int) -> None:
    world = small(seed)
    typed = [
        (option, f"{project.name}=={release.version}")
        for option in ("yank", "unyank")
        for project in world.projects
        for release in project.releases
        if not any(file.yanked is not False for file in release.files)
    ]
    assert changed(world, policy, *typed) == answered(world, policy)


@given(seed=SEEDS)
@settings(max_examples=40, deadline=None)
def test_what_every_file_says_already_changes_nothing_when_it_is_said_again(policy: Policy, seed: int) -> None:
    world = random_world(seed, EVERYDAY)
    with tempfile.TemporaryDirectory() as folder:
        typed = []
        for project in world.projects:
            for entry in project_entries(project):
                path = Path(folder, f"{entry.file.filename}.METADATA")
                path.write_bytes(entry.metadata())
                typed.append(("metadata", f"{project.name}=={entry.release.version}:{path}"))
        found, before = changed(world, policy, *typed), answered(world, policy)
    assert (found.outcome, found.pins, found.attempts) == (before.outcome, before.pins, before.attempts)


@given(seed=SEEDS)
@settings(max_examples=40, deadline=None)
def test_what_nobody_asks_for_changes_nothing(policy: Policy, seed: int) -> None:
    world = small(seed)
    typed = [("yank", "nobody==1.0"), ("remove", "nobody"), ("unyank", "nobody==2.0")]
    with tempfile.NamedTemporaryFile("w", suffix=".METADATA", encoding="utf-8") as file:
        file.write("Metadata-Version: 2.1\nName: nobody\nVersion: 1.0\n")
        file.flush()
        assert changed(world, policy, ("publish", file.name), *typed) == answered(world, policy)


@given(seed=SEEDS)
@settings(max_examples=60, deadline=None)
def test_a_change_in_thought_is_as_the_change_itself(policy: Policy, seed: int) -> None:
    world = random_world(seed, EVERYDAY)
    if world.referenced:
        return
    with tempfile.TemporaryDirectory() as folder:
        made = what_if_world(seed, world, Path(folder), changes=3)
        question = question_of(made.before, policy, build_sdists=True)
        thought = answered(made.before, policy, made.source(BuildingSource(made.before), question))
        itself = answered(made.after, policy)
    assert thought.outcome is itself.outcome
    assert {(pin.name, pin.version) for pin in thought.pins} == {(pin.name, pin.version) for pin in itself.pins}
    assert thought.attempts == itself.attempts
