"""What holds of every trail of the pip engine, on random worlds: it tells the whole story, and only it."""

from collections import Counter

import pytest

from backtrail.model.run import Run
from backtrail.model.trail import Because, Conflicted, Decided, Finished, Outcome, Package, Rejected, Required, Rewound
from support.ours import run_pip_world
from support.random_worlds import CORNERS, random_world

RELEASES = ("26.3", "25.1", "24.0", "22.3")
WORLDS = [*(random_world(seed) for seed in range(300, 420)), *(random_world(seed, CORNERS) for seed in range(420, 460))]


@pytest.fixture(scope="module", params=RELEASES)
def runs(request: pytest.FixtureRequest) -> list[Run]:
    return [run_pip_world(world, request.param)[0] for world in WORLDS]


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
                order = list(standing)
                places = [order.index(package) for package, _ in event.undone]
                assert places == sorted(places, reverse=True)
                for package, version in event.undone:
                    assert standing.pop(package) == version
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
        standing = {package.name: version for package, version in replayed(run).items() if package.kind == "project"}
        assert standing == {pin.name: pin.version for pin in run.pins}
        solved += run.outcome is Outcome.SOLVED
    assert solved >= len(runs) // 3


def test_what_a_conflict_or_a_refusal_names_came_into_force_before(runs: list[Run]) -> None:
    named = 0
    for run in runs:
        known = set()
        for event in run.trail:
            if isinstance(event, Required):
                assert event.id not in known
                known.add(event.id)
            if isinstance(event, (Conflicted, Rejected)):
                assert known.issuperset(event.requirements)
                named += bool(event.requirements)
            if isinstance(event, Rejected) and event.because is Because.CONFLICT:
                assert len(event.requirements) > 1
    assert named


def test_every_pin_is_asked_for_by_the_user_or_by_another_pin(runs: list[Run]) -> None:
    for run in runs:
        versions = {pin.name: pin.version for pin in run.pins}
        for pin in run.pins if run.outcome is Outcome.SOLVED else ():
            assert pin.requested_by
            for asked in pin.requested_by:
                assert asked.requirement.name == pin.name
                assert asked.by is None or versions[asked.by] == asked.version


def test_only_prepared_versions_are_decided_and_the_counts_agree(runs: list[Run]) -> None:
    for run in runs:
        counted = Counter(type(event) for event in run.trail)
        assert counted[Conflicted] == run.counters.conflicts
        assert counted[Rejected] == run.counters.rejections
        for event in run.trail:
            if isinstance(event, Decided) and event.package.kind == "project":
                assert event.version in run.attempts[str(event.package.name)]


@pytest.mark.parametrize("release", RELEASES)
def test_a_run_without_a_trail_answers_the_same_and_so_does_another(release: str) -> None:
    for world in WORLDS[::4]:
        run, order = run_pip_world(world, release)
        again, _ = run_pip_world(world, release)
        silent, silent_order = run_pip_world(world, release, silent=True)
        assert again.trail == run.trail
        assert (silent.outcome, silent.pins, silent_order) == (run.outcome, run.pins, order)
        assert silent.counters == run.counters
        assert silent.trail == ()
