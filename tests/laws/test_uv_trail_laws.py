"""What holds of every trail of the uv engine: it tells the whole story, only it, and the same one every time."""

import random
from collections.abc import Iterator

import pytest

from backtrail.index.cache import Cache
from backtrail.model.policy import Policy
from backtrail.model.question import Indexes
from backtrail.model.run import Run
from backtrail.model.trail import (
    Because,
    Chosen,
    Conflicted,
    Decided,
    Derived,
    Finished,
    Learned,
    Outcome,
    Package,
    Read,
    Rejected,
    Reprioritised,
    Required,
    Rewound,
)
from backtrail.resolvers.uv.engine import solve
from backtrail.sources.live import LiveSource
from support.loopback import Loopback
from support.ours import WorldSource, question_of, run_world
from support.packse import scenarios
from support.random_worlds import CORNERS, EVERYDAY, random_world
from support.worlds import World

RELEASES = ("0.13.9", "0.4.18", "0.8.0", "0.5.0")


def every_world() -> list[World]:
    everyday = [random_world(seed) for seed in range(500, 580)]
    return [
        *everyday,
        *(random_world(seed, CORNERS) for seed in range(580, 620)),
        *(each.world for each in scenarios()),
    ]


WORLDS = every_world()


@pytest.fixture(scope="module", params=RELEASES)
def runs(request: pytest.FixtureRequest) -> list[Run]:
    return [run_world(world, request.param)[0] for world in WORLDS]


def replayed(run: Run) -> dict[Package, str]:
    """The decisions that stand at the end; fails where one is undone that does not stand, or a level is wrong."""
    standing: dict[Package, str] = {}
    for event in run.trail:
        match event:
            case Decided():
                assert event.package not in standing
                standing[event.package] = event.version
                assert event.level == len(standing)
            case Rewound():
                for package, version in event.undone:
                    assert list(standing)[-1] == package, "newest first"
                    assert standing.pop(package) == version
                assert event.level == len(standing)
            case Derived():
                assert event.level == len(standing)
            case _:
                pass
    return standing


def test_finished_is_there_once_and_last_with_the_outcome(runs: list[Run]) -> None:
    for run in runs:
        assert [event.outcome for event in run.trail if isinstance(event, Finished)] == [run.outcome]
        assert isinstance(run.trail[-1], Finished)


def test_replaying_decisions_and_rewinds_gives_the_pins(runs: list[Run]) -> None:
    solved = 0
    for run in runs:
        standing = replayed(run)
        if run.outcome is not Outcome.SOLVED:
            continue
        solved += 1
        versions = {package.name: version for package, version in standing.items() if package.kind == "project"}
        for pin in run.pins:
            assert versions[pin.name] == pin.version
        # what is decided and no pin can only be reached by markers that do not hold
        assert {pin.name for pin in run.pins} <= set(versions)
    assert solved > len(runs) // 3


def test_all_packages_of_a_project_stand_at_one_version(runs: list[Run]) -> None:
    for run in runs:
        versions: dict[str, set[str]] = {}
        for package, version in replayed(run).items() if run.outcome is Outcome.SOLVED else ():
            if package.name is not None:
                versions.setdefault(package.name, set()).add(version)
        assert all(len(each) == 1 for each in versions.values())


def test_what_is_named_came_before(runs: list[Run]) -> None:
    """Requirements by number, versions that are decided, incompatibilities by theirs."""
    named = 0
    for run in runs:
        required: set[int] = set()
        listed: set[str] = set()
        for event in run.trail:
            match event:
                case Required():
                    assert event.id not in required
                    required.add(event.id)
                case Read(what="listing"):
                    listed.add(event.name)
                case Chosen(package=package) if package.name is not None:
                    assert event.among > 0
                case Rejected() | Conflicted():
                    assert required.issuperset(event.requirements)
                    named += bool(event.requirements)
                    if isinstance(event, Rejected) and event.because is Because.CONFLICT:
                        # a proxy contradicts by what it is, a project by what it requires
                        assert event.requirements or event.package.kind != "project"
                        assert event.package.name is None or event.package.name in listed
                case _:
                    pass
    assert named


def test_incompatibilities_that_are_named_are_recorded_with_all_they_follow_from(runs: list[Run]) -> None:
    for run in runs:
        known = run.incompatibilities
        for event in run.trail:
            match event:
                case Rejected(incompatibility=int() as number):
                    assert number in known
                case Conflicted(incompatibility=statement) | Learned(incompatibility=statement):
                    assert statement is not None
                    assert known[statement.id] == statement
                case _:
                    pass
        for number, statement in known.items():
            assert statement.id == number
            assert (statement.causes is None) is (statement.kind != "derived")
            assert all(cause in known and cause < number for cause in statement.causes or ())


def test_only_what_cannot_be_solved_ends_in_a_terminal_statement(runs: list[Run]) -> None:
    impossible = 0
    for run in runs:
        assert (run.terminal is not None) is (run.outcome is Outcome.IMPOSSIBLE)
        if run.terminal is not None:
            impossible += 1
            packages = {term.package.kind for term in run.incompatibilities[run.terminal].terms}
            assert packages <= {"root"}
    assert impossible


def test_counters_and_attempts_count_the_events(runs: list[Run]) -> None:
    for run in runs:
        kinds = [type(event) for event in run.trail]
        counters = run.counters
        assert counters.decisions == kinds.count(Decided)
        assert counters.rejections == kinds.count(Rejected)
        assert counters.conflicts == kinds.count(Conflicted)
        assert counters.backjumps == kinds.count(Rewound)
        assert counters.listings + counters.metadata == kinds.count(Read)
        decided = {
            (event.package.name, event.version) for event in run.trail if isinstance(event, Decided) and event.file
        }
        for name, version in decided:
            assert name is not None
            assert version in run.attempts[name]


def test_priorities_change_in_the_releases_that_count_conflicts(runs: list[Run]) -> None:
    changed = sum(isinstance(event, Reprioritised) for run in runs for event in run.trail)
    rewound = sum(
        isinstance(event, Rewound) and event.because is Because.PRIORITY for run in runs for event in run.trail
    )
    counting = runs[0].profile not in ("0.4.18", "0.5.0")
    assert (changed > 0) is (rewound > 0) is counting


@pytest.mark.parametrize("release", RELEASES)
def test_the_same_world_gives_the_same_trail_and_silence_changes_nothing(release: str) -> None:
    for world in WORLDS[:40]:
        first, second = run_world(world, release)[0], run_world(world, release)[0]
        assert first == second
        policy = Policy(tool="uv", release=release)
        silent = solve(question_of(world, policy), policy, WorldSource(world), silent=True)
        assert silent.trail == ()
        assert (silent.outcome, silent.pins, silent.attempts) == (first.outcome, first.pins, first.attempts)


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.mark.parametrize("release", ["0.13.9", "0.4.18"])
def test_the_order_in_which_answers_arrive_decides_nothing(server: Loopback, release: str) -> None:
    policy = Policy(tool="uv", release=release)
    for seed in (500, 503, 506, 580, 583):
        world = random_world(seed, CORNERS if seed >= 580 else EVERYDAY)
        index = server.mount(world, f"/{seed}").rstrip("/")
        question = question_of(world, policy, indexes=Indexes(default=index))
        runs = []
        for shuffle in range(3):
            chance = random.Random(shuffle)
            server.delays = {path: chance.random() * 0.03 for path in server.resources if path.startswith(f"/{seed}/")}
            with LiveSource(Cache(None)) as source:
                runs.append(solve(question, policy, source))
        assert runs[0] == runs[1] == runs[2]
        assert [pin.version for pin in runs[0].pins] == [pin.version for pin in run_world(world, release)[0].pins]
