"""Exports lose nothing that decides: a question read back from another tool's form has the same answer."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from backtrail.inputs.requirement_text import read_requirement
from backtrail.inputs.requirements_file import logical_lines
from backtrail.inquiry import resolve
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.requirement import Origin
from backtrail.model.trail import Outcome
from backtrail.report.exports import constraints, packse, requirements
from backtrail.sources.case_file import Recorder
from support.ours import WorldSource, question_of, solve_world
from support.packse import read_scenario
from support.random_worlds import Features, random_world
from support.real_uv import Outcome as RealOutcome

UV = Policy(tool="uv", release="0.13.9")
# packse has one Requires-Python, one set of requirements and one word on yanking for all files of a version.
SPOKEN = Features(corners=False)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 5000))
def test_a_packse_scenario_read_back_has_the_same_answer(seed: int) -> None:
    world = random_world(seed, SPOKEN)
    asked = question_of(world, UV)
    if asked.options.resolution != "highest" or asked.options.prerelease not in (None, "allow"):
        return  # packse has no word for it
    recorder = Recorder(WorldSource(world))
    run = resolve(asked, UV, recorder, silent=True)
    if run.outcome not in (Outcome.SOLVED, Outcome.IMPOSSIBLE):
        return
    text = packse(asked, run, recorder.world())
    read = read_scenario(text)
    pins = {pin.name: pin.version for pin in run.pins}
    assert read.pins == (pins if run.outcome is Outcome.SOLVED else None)
    again = solve_world(read.world, "0.13.9")
    assert again.outcome is (RealOutcome.SOLVED if run.outcome is Outcome.SOLVED else RealOutcome.IMPOSSIBLE)
    if run.outcome is Outcome.SOLVED:
        assert again.pins == pins


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 5000))
def test_requirements_with_their_constraints_leave_nothing_to_decide(seed: int) -> None:
    world = random_world(seed)
    asked = question_of(world, UV)
    source = WorldSource(world)
    run = resolve(asked, UV, source, silent=True)
    if run.outcome is not Outcome.SOLVED:
        return
    here = Origin()
    lines, pins = (list(logical_lines(text)) for text in (requirements(asked), constraints(asked, run)))
    read = msgspec.structs.replace(
        asked,
        requirements=tuple(read_requirement(line, here) for _, line in lines),
        constraints=tuple(read_requirement(line, here, constraint=True) for _, line in pins),
    )
    assert isinstance(read, Question)
    again = resolve(read, UV, source, silent=True)
    assert {pin.name: pin.version for pin in again.pins} == {pin.name: pin.version for pin in run.pins}
