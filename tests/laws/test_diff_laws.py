"""Laws of differences: none of a Case with itself; every changed pin; the one thing that differs as its cause."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from backtrail.explain.causes.exchanged import Side, compare
from backtrail.inquiry import resolve
from backtrail.model.difference import Kind
from backtrail.model.policy import Policy
from backtrail.model.run import Run
from backtrail.model.trail import Outcome
from backtrail.sources.case_file import Recorder, Replay
from support.ours import WorldSource, question_of
from support.random_worlds import random_world
from support.worlds import World

UV = Policy(tool="uv", release="0.13.9")


def side_of(world: World) -> Side:
    recorder = Recorder(WorldSource(world))
    question = question_of(world, UV)
    resolve(question, UV, recorder, silent=True)
    return Side(question, UV, recorder.world())


def solve(side: Side) -> Run:
    return resolve(side.question, side.policy, Replay(side.world), silent=True)


def pins(run: Run) -> dict[str, tuple[str, str | None]]:
    return {pin.name: (pin.version, pin.file.filename if pin.file else None) for pin in run.pins}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 5000))
def test_a_case_and_itself_do_not_differ(seed: int) -> None:
    side = side_of(random_world(seed))
    found = compare(side, side, solve, budget=10)
    assert (found.changes, found.differs, found.solves) == ((), (), 0)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 5000), st.data())
def test_a_release_taken_away_is_the_cause_of_whatever_changes(seed: int, data: st.DataObject) -> None:
    world = random_world(seed)
    place = data.draw(st.integers(0, len(world.projects) - 1))
    project = world.projects[place]
    gone = data.draw(st.integers(0, len(project.releases) - 1))
    left = replace(project, releases=project.releases[:gone] + project.releases[gone + 1 :])
    other = replace(world, projects=(*world.projects[:place], left, *world.projects[place + 1 :]))
    old, new = side_of(world), side_of(other)
    found = compare(old, new, solve, budget=100)
    before, after = pins(solve(old)), pins(solve(new))
    if Outcome.UNKNOWN in (found.old.outcome, found.new.outcome):
        return
    moved = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert {change.name for change in found.changes} == moved
    for change in found.changes:
        assert [(cause.kind, cause.about) for cause in change.causes] == [(Kind.INDEX, project.name)]
        assert change.known


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 5000), st.data())
def test_causes_are_seen_to_work(seed: int, data: st.DataObject) -> None:
    world = random_world(seed)
    asked = world.question
    dropped = data.draw(st.integers(0, len(asked.requirements) - 1))
    fewer = asked.requirements[:dropped] + asked.requirements[dropped + 1 :]
    if not fewer:
        return
    other = replace(world, question=replace(asked, requirements=fewer, constraints=(), prerelease="allow"))
    old, new = side_of(world), side_of(other)
    found = compare(old, new, solve, budget=200)
    for change in found.changes:
        assert change.causes or not change.known or len(found.differs) > 1
        if len(found.differs) == 1 and change.known:
            assert [cause.alone for cause in change.causes] == [True]
