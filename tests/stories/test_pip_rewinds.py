"""How pip takes decisions back: three ways, none of which its resolver reports; and how a search is cut short."""

from collections.abc import Sequence

import pytest
from packaging.utils import NormalizedName

from backtrail.model.files import Page
from backtrail.model.run import Run
from backtrail.model.trail import (
    Because,
    Chosen,
    Conflicted,
    Decided,
    GaveUpError,
    Limit,
    Outcome,
    Rejected,
    Rewound,
    Stop,
)
from support.ours import BuildingSource, run_pip_world
from support.worlds import Project, Question, Release, World, release

PIP = "26.3"


def world(requirements: Sequence[str], **projects: Sequence[tuple[str, ...]]) -> World:
    """Projects by name, each a row of releases: the version, then what it requires."""
    return World(
        name="story",
        projects=tuple(
            Project(name=name, releases=tuple(released(name, *row) for row in rows)) for name, rows in projects.items()
        ),
        question=Question(requirements=tuple(requirements)),
    )


def released(name: str, version: str, *requires: str) -> Release:
    return release(name, version, *requires)


def pins(run: Run) -> dict[str, str]:
    return {str(pin.name): pin.version for pin in run.pins}


def rewinds(run: Run) -> list[tuple[Because, list[str]]]:
    return [
        (event.because, [f"{package} {version}" for package, version in event.undone])
        for event in run.trail
        if isinstance(event, Rewound)
    ]


SEED = world(
    ["numpy", "librosa"],
    numpy=[("2.0.2",), ("2.1.2",)],
    librosa=[("0.10.2", "numba>=0.51")],
    numba=[("0.53.1", "numpy"), ("0.60.0", "numpy<2.1")],
)

CHAIN: dict[str, Sequence[tuple[str, ...]]] = {
    "lib": [(str(place), f"dep=={place}") for place in range(1, 16)],
    "dep": [(str(place),) for place in range(1, 16)],
    "app": [("1", "dep<3")],
}

DETOUR = world(
    ["a", "d"],
    a=[("1", "b==2", "c"), ("2", "b"), ("3", "b==2")],
    b=[("1",), ("2", "d<2")],
    c=[("1", "b<2")],
    d=[("1", "a==1"), ("3", "b==1")],
)


def test_a_later_candidate_displaces_a_pin() -> None:
    """numpy was decided; numba 0.60 asks for an older one, and pip goes back to numpy without any conflict."""
    run, order = run_pip_world(SEED, PIP)
    assert pins(run) == {"numpy": "2.0.2", "librosa": "0.10.2", "numba": "0.60.0"}
    assert rewinds(run) == [(Because.DISPLACED, ["numpy 2.1.2"])]
    assert order == [
        ("numpy", "2.1.2"), ("librosa", "0.10.2"), ("numba", "0.60.0"), ("numpy", "2.0.2"),
    ]  # fmt: skip
    assert not [event for event in run.trail if isinstance(event, (Conflicted, Rejected))]
    decided = [(str(event.package), event.version, event.level) for event in run.trail if isinstance(event, Decided)]
    assert decided == [
        ("your requirements", "0", 1), ("numpy", "2.1.2", 2), ("librosa", "0.10.2", 3), ("numba", "0.60.0", 4),
        ("numpy", "2.0.2", 4),
    ]  # fmt: skip


def test_a_dead_end_throws_away_pins_that_are_not_to_blame() -> None:
    """`lib` walks down to the one version that `app` can live with; the order of both was seen with the real pip."""
    run, order = run_pip_world(world(["app", "lib"], **CHAIN), PIP)
    assert pins(run) == {"app": "1", "lib": "2", "dep": "2"}
    assert order == [
        ("app", "1"),
        ("lib", "15"),
        ("dep", "2"),
        *(("lib", str(version)) for version in range(14, 1, -1)),
    ]

    run, order = run_pip_world(world(["lib", "app"], **CHAIN), PIP)
    assert pins(run) == {"app": "1", "lib": "2", "dep": "2"}
    assert order == [
        ("lib", "15"), ("app", "1"), ("dep", "15"), ("lib", "14"), ("dep", "14"), ("lib", "13"), ("dep", "13"),
        ("lib", "12"), ("dep", "2"), *(("lib", str(version)) for version in range(11, 1, -1)),
    ]  # fmt: skip
    assert rewinds(run) == [(Because.BACKJUMP, [f"dep {place}", f"lib {place}"]) for place in (15, 14, 13)]
    refused = next(event for event in run.trail if isinstance(event, Rejected))
    assert (str(refused.package), refused.version, refused.because) == ("app", "1", Because.CONFLICT)
    why = [event.why for event in run.trail if isinstance(event, Chosen) and str(event.package) == "app"]
    assert why == ["asked", "conflict", "conflict", "conflict"]


def test_an_optimistic_jump_that_leads_nowhere_is_rolled_back() -> None:
    run, _ = run_pip_world(DETOUR, PIP)
    assert pins(run) == {"a": "2", "b": "1", "d": "3"}
    assert (Because.ROLLBACK, ["a 1"]) in rewinds(run)
    again = [(str(event.package), event.version) for event in run.trail if isinstance(event, Decided) and event.again]
    assert again == [("a", "3"), ("a", "3")]  # what stood before the jump stands again, without another look


def test_a_search_out_of_rounds_tells_how_far_it_came() -> None:
    run, _ = run_pip_world(world(["lib", "app"], **CHAIN), PIP, max_rounds=6)
    assert run.outcome is Outcome.GAVE_UP
    assert run.counters.rounds == 6
    assert len(run.attempts["lib"]) >= 3
    assert {"lib", "dep"} >= pins(run).keys()


LATE = Stop(limit=Limit.TIME, bound=1.0)


class Stopped(BuildingSource):
    """Whoever asks has no more time when the page of `dep` is read."""

    def page(self, index: str, name: NormalizedName) -> Page:
        if name == "dep":
            raise GaveUpError(LATE)
        return super().page(index, name)


@pytest.mark.parametrize("silent", [False, True])
def test_a_run_that_is_stopped_while_it_reads_keeps_what_was_decided(silent: bool) -> None:
    asked = world(["first", "lib"], first=[("1",)], **CHAIN)
    run, order = run_pip_world(asked, PIP, Stopped(asked), silent=silent)
    assert run.outcome is Outcome.GAVE_UP
    assert run.stop == LATE
    assert pins(run) == {"first": "1"}
    assert order == [("first", "1"), ("lib", "15")]
