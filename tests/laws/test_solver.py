"""The uv engine beside brute force on tiny worlds: what it solves is valid, what it calls impossible is."""

import itertools
from collections.abc import Iterator

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from backtrail.model.run import Run
from backtrail.model.trail import Outcome
from support.ours import run_world
from support.random_worlds import Features, random_world
from support.worlds import Release, World

RELEASES = ("0.13.9", "0.4.18")
TINY = Features(
    markers=False, yanked=False, prereleases=False, locals=False, requires_python=False, sdists=False,
    foreign_wheels=False,
)  # fmt: skip
MOST = 20_000
"""Assignments to try; worlds with more are left out."""

Index = dict[str, dict[str, Release]]
Wanted = tuple[str, SpecifierSet, frozenset[str]]


def index_of(world: World) -> Index:
    return {
        canonicalize_name(project.name): {each.version: each for each in project.releases} for project in world.projects
    }


def wanted(text: str) -> Wanted:
    requirement = Requirement(text)
    return requirement.name, requirement.specifier, frozenset(requirement.extras)


def requires(release: Release, extras: frozenset[str]) -> Iterator[Wanted]:
    for text in release.requires_dist:
        marker = Requirement(text).marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield wanted(text)


def broken(world: World, chosen: dict[str, str]) -> str | None:
    """A requirement that the chosen versions do not meet, reached from the root; None: all is well."""
    releases = index_of(world)
    asked: dict[str, frozenset[str]] = {}
    waiting = [wanted(text) for text in world.question.requirements]
    bounds = [wanted(text) for text in world.question.constraints]
    while waiting:
        name, specifier, extras = waiting.pop()
        if name not in chosen:
            return f"{name} is asked for"
        limits = [specifier, *(limit for other, limit, _ in bounds if other == name)]
        if not all(limit.contains(chosen[name], prereleases=True) for limit in limits):
            return f"{name}{specifier} is asked for"
        known = asked.get(name)
        if known is None or not extras <= known:
            asked[name] = extras | (known or frozenset())
            waiting += requires(releases[name][chosen[name]], asked[name])
    return f"{set(chosen) - set(asked)} is not asked for" if set(chosen) - set(asked) else None


def solutions(world: World) -> Iterator[dict[str, str]]:
    """Every choice of versions that meets all requirements."""
    releases = index_of(world)

    def extend(chosen: dict[str, str]) -> Iterator[dict[str, str]]:
        missing = broken(world, chosen)
        if missing is None:
            yield chosen
        name = (missing or "").partition(" is asked for")[0]
        if name in releases and name not in chosen:
            for version in releases[name]:
                yield from extend({**chosen, name: version})

    yield from extend({})


def size(world: World) -> int:
    product = 1
    for project in world.projects:
        product *= len(project.releases) + 1
    return product


WORLDS = [world for world in (random_world(seed, TINY) for seed in range(1000, 1300)) if size(world) <= MOST]


@pytest.fixture(scope="module", params=RELEASES)
def runs(request: pytest.FixtureRequest) -> list[tuple[World, Run]]:
    return [(world, run_world(world, request.param)[0]) for world in WORLDS]


def test_an_answer_meets_every_requirement_and_holds_nothing_else(runs: list[tuple[World, Run]]) -> None:
    solved = 0
    for world, run in runs:
        if run.outcome is Outcome.SOLVED:
            solved += 1
            assert broken(world, {pin.name: pin.version for pin in run.pins}) is None, world.name
    assert solved > 20


def test_what_is_called_impossible_has_no_solution(runs: list[tuple[World, Run]]) -> None:
    impossible = 0
    for world, run in runs:
        if run.outcome is Outcome.IMPOSSIBLE:
            impossible += 1
            assert next(itertools.islice(solutions(world), 1), None) is None, world.name
    assert impossible > 5


def test_nothing_else_happens_in_worlds_that_can_be_read(runs: list[tuple[World, Run]]) -> None:
    assert {run.outcome for _, run in runs} == {Outcome.SOLVED, Outcome.IMPOSSIBLE}


def test_the_newest_version_is_taken_where_nothing_speaks_against_it(runs: list[tuple[World, Run]]) -> None:
    for world, run in runs:
        if run.counters.rejections or run.counters.backjumps or world.question.resolution is not None:
            continue
        newest = {
            canonicalize_name(project.name): max((each.version for each in project.releases), key=Version)
            for project in world.projects
        }
        for pin in run.pins:
            bounds = [asked.requirement.specifier for asked in pin.requested_by]
            constrained = any(wanted(text)[0] == pin.name for text in world.question.constraints)
            if not any(bounds) and not constrained:
                assert pin.version == newest[pin.name]
