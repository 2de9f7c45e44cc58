"""What holds of every universal answer, on random worlds: in each environment it is one answer, and a whole one."""

import itertools
from dataclasses import replace

import hypothesis.strategies as st
import msgspec
from hypothesis import assume, given, settings

from backtrail.model.policy import Policy
from backtrail.model.run import Run
from backtrail.model.trail import Decided, Finished, Outcome, Package, Rewound, Split
from backtrail.report.lanes import course
from backtrail.resolvers.uv.behaviour import profile
from backtrail.resolvers.uv.marker_text import Reader
from backtrail.resolvers.uv.markers import FALSE, evaluate
from backtrail.resolvers.uv.universal.marker_writing import Writer
from support.ours import run_for_all
from support.universal_worlds import universal_world

READER = Reader(profile(Policy(tool="uv", release="0.13.9")))
WRITER = Writer(READER.algebra)

PLATFORMS = (
    ("posix", "linux", "Linux", "x86_64", "6.1"),
    ("posix", "linux", "Linux", "aarch64", "6.1"),
    ("nt", "win32", "Windows", "AMD64", "10"),
    ("posix", "darwin", "Darwin", "arm64", "24.1.0"),
    ("posix", "darwin", "Darwin", "x86_64", "20.6.0"),
)
PYTHONS = ("3.9.0", "3.9.2", "3.10.4", "3.11.3", "3.11.4", "3.12.1", "3.14.0")
GRID = [
    {
        "os_name": os_name, "sys_platform": system, "platform_system": name, "platform_machine": machine,
        "platform_release": release, "platform_version": "#1", "implementation_name": "cpython",
        "platform_python_implementation": "CPython", "python_full_version": python, "implementation_version": python,
    }
    for (os_name, system, name, machine, release), python in itertools.product(PLATFORMS, PYTHONS)
]  # fmt: skip

SEEDS = st.integers(0, 10_000)


def solved(seed: int) -> Run:
    """The solved run of a seed, of a question whose environments do not overlap: uv does not look at that here."""
    world = universal_world(seed, wheels=seed % 2 == 0)
    assert world.question.for_all is not None
    environments = [READER.read(text) for text in world.question.for_all.environments]
    assume(all(READER.algebra.both(one, other) is FALSE for one, other in itertools.combinations(environments, 2)))
    run = run_for_all(world, "0.13.9")
    assume(run.outcome is Outcome.SOLVED)
    return run


@settings(deadline=None, max_examples=50)
@given(SEEDS)
def test_an_environment_gets_one_version_of_a_project(seed: int) -> None:
    run = solved(seed)
    for here in GRID:
        names = [line.name for line in run.lines if evaluate(READER.read(line.marker or None), here)]
        assert len(names) == len(set(names))


@settings(deadline=None, max_examples=50)
@given(SEEDS)
def test_no_environment_is_in_two_forks(seed: int) -> None:
    markers = [READER.read(fork.marker or None) for fork in solved(seed).forks]
    for one, other in itertools.combinations(markers, 2):
        assert READER.algebra.both(one, other) is FALSE


@settings(deadline=None, max_examples=50)
@given(SEEDS)
def test_an_environment_gets_what_its_fork_chose(seed: int) -> None:
    run = solved(seed)
    for fork in run.forks:
        marker = READER.read(fork.marker or None)
        chosen = {(pin.name, pin.version) for pin in fork.pins}
        for here in GRID:
            if evaluate(marker, here):
                active = {
                    (line.name, line.version) for line in run.lines if evaluate(READER.read(line.marker or None), here)
                }
                assert active <= chosen


@settings(deadline=None, max_examples=50)
@given(SEEDS)
def test_every_marker_printed_reads_as_what_was_printed(seed: int) -> None:
    run = solved(seed)
    for text in [*(line.marker for line in run.lines), *(fork.marker or "" for fork in run.forks)]:
        assert WRITER.text(READER.read(text or None)) == text


@settings(deadline=None, max_examples=50)
@given(SEEDS)
def test_requirements_on_different_projects_may_be_named_in_any_order(seed: int) -> None:
    world = universal_world(seed)
    asked = world.question
    groups = [list(lines) for _, lines in itertools.groupby(asked.requirements, key=lambda line: line[0])]
    backwards = tuple(line for lines in reversed(groups) for line in lines)
    other = replace(world, question=replace(asked, requirements=backwards))
    one, two = run_for_all(world, "0.13.9"), run_for_all(other, "0.13.9")
    assert (one.outcome, one.lines) == (two.outcome, two.lines)
    assert [fork.marker for fork in one.forks] == [fork.marker for fork in two.forks]


@settings(deadline=None, max_examples=50)
@given(SEEDS)
def test_the_trail_of_a_fork_gives_its_pins(seed: int) -> None:
    for fork in run_for_all(universal_world(seed, wheels=seed % 2 == 0), "0.13.9").forks:
        decided: dict[Package, str] = {}
        for event in fork.trail:
            match event:
                case Decided(package=package, version=version):
                    decided[package] = version
                case Rewound(undone=undone):
                    for package, _ in undone:
                        del decided[package]
                case _:
                    pass
        assert isinstance(fork.trail[-1], Finished)
        for pin in fork.pins:
            assert decided[Package(kind="project", name=pin.name)] == pin.version


@settings(deadline=None, max_examples=50)
@given(SEEDS)
def test_asking_again_gives_the_same(seed: int) -> None:
    world = universal_world(seed, wheels=True)
    one, two = run_for_all(world, "0.13.9"), run_for_all(world, "0.13.9")
    assert msgspec.json.encode(one) == msgspec.json.encode(two)


@settings(deadline=None, max_examples=50)
@given(SEEDS)
def test_forks_are_lanes_of_one_timeline(seed: int) -> None:
    """Each event of each fork is once on it, in the lane of the fork or of the one that it was split from."""
    run = solved(seed)
    lanes, splits = course(run)
    assert [lane.begins for lane in lanes] == [0, *(lane.ends for lane in lanes[:-1])]
    for number, lane in enumerate(lanes):
        assert lane.ends - lane.begins == len(lane.fork.trail) - lane.place > 0
        if lane.split is None:
            assert not any(isinstance(event, Split) for event in lane.fork.trail[: lane.place])
            continue
        parent = lanes[lane.parent]
        assert lane.parent < number
        assert parent.begins <= lane.at < parent.ends
        assert lane.fork.trail[: lane.place] == parent.fork.trail[: lane.place]
        made, other = lane.fork.trail[lane.place], parent.fork.trail[lane.at - parent.begins + parent.place]
        assert isinstance(made, Split)
        assert isinstance(other, Split)
        assert made.marker != other.marker
        assert made.markers == other.markers == splits[lane.split].markers
    assert {lane.split for lane in lanes} - {None} == set(range(len(splits)))
