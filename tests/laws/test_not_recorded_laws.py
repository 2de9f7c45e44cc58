"""What a recording answers about a project is what the index would answer, or unknown."""

from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.utils import canonicalize_name
from packaging.version import Version

from backtrail.explain.lookup.availability import Availability, availability
from backtrail.explain.lookup.selection import Look
from backtrail.model.policy import Policy
from backtrail.model.requirement import parse_requirement
from backtrail.model.source import Source
from backtrail.sources.case_file import Recorder, Replay
from support.ours import INDEX, WorldSource, question_of
from support.random_worlds import random_world
from support.worlds import World

POLICIES = [
    Policy(tool="uv", release="0.13.9"),
    Policy(tool="uv", release="0.4.18"),
    Policy(tool="pip", release="26.3"),
]


def ask(world: World, text: str, policy: Policy, source: Source) -> Availability:
    question = question_of(world, policy)
    requirement = parse_requirement(text)
    pages = (source.page(INDEX, requirement.name),)
    return availability(requirement, [Look(policy=policy, target=question.target, pages=pages)], question.options)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 5000), st.data())
def test_the_answer_of_a_recording_is_that_of_the_index_or_unknown(seed: int, data: st.DataObject) -> None:
    world = random_world(seed)
    project = data.draw(st.sampled_from(world.projects))
    name = canonicalize_name(project.name)
    versions = st.sampled_from([Version(each.version).public for each in project.releases])
    needs = st.builds("{}{}{}".format, st.just(name), st.sampled_from([">=", "<", "==", "!="]), versions)
    policies = st.sampled_from(POLICIES)
    recorder = Recorder(WorldSource(world))
    ask(world, data.draw(needs), data.draw(policies), recorder)

    need, policy = data.draw(needs), data.draw(policies)
    (known,) = ask(world, need, policy, WorldSource(world)).answers.values()
    (replayed,) = ask(world, need, policy, Replay(recorder.world())).answers.values()
    assert replayed == known or (replayed.reason == "unknown" and replayed.failure is not None)
