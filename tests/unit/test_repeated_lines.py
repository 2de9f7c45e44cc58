"""Thousands of lines about one project: what they cost grows with them, not with their square."""

import tracemalloc

import pytest

from backtrail.model.run import Run
from backtrail.model.trail import Conflicted, Decided, Event, Rejected
from backtrail.resolvers.registry import parse_resolver, resolve
from support.ours import WorldSource
from support.patience import patience
from support.small_worlds import asked_of, releases, small_world

# The same lines are gone over thousands of times; they are counted where they are tested one by one.
pytestmark = pytest.mark.uncounted

RESOLVERS = ("uv@0.13.9", "pip@26.3", "pip@23.2")
LINES = 6000
MOST = 4000  # bytes a line


def solved(resolver: str, *lines: str) -> tuple[Run, int]:
    """The run, and the bytes that it takes at most."""
    policy = parse_resolver(resolver)
    world = small_world("lines", {"a": releases("a", "1", "2", "2025.7.1")}, *lines)
    question, source = asked_of(world, policy), WorldSource(world)
    tracemalloc.start()
    try:
        with patience():
            run = resolve(question, policy, source)
        return run, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def decisions(run: Run) -> list[Event]:
    return [each for each in run.trail if isinstance(each, Decided)]


@pytest.mark.parametrize("resolver", RESOLVERS)
@pytest.mark.parametrize("lines", [("a",), ("a>=1", "a", "a<3")])
def test_lines_that_are_repeated_cost_their_own_memory_and_all_ask(resolver: str, lines: tuple[str, ...]) -> None:
    once, _ = solved(resolver, *lines)
    run, most = solved(resolver, *lines * (LINES // len(lines)))
    assert most < MOST * LINES
    assert decisions(run) == decisions(once)
    assert [len(pin.requested_by) for pin in run.pins] == [LINES]


@pytest.mark.parametrize(
    ("resolver", "lines"),
    [("uv@0.13.9", ("a<1",) * LINES), *((pip, ("a",) * (LINES - 1) + ("a<1",)) for pip in RESOLVERS[1:])],
)
def test_a_conflict_speaks_of_every_line(resolver: str, lines: tuple[str, ...]) -> None:
    run, most = solved(resolver, *lines)
    assert most < MOST * LINES
    told = [each for each in run.trail if isinstance(each, Conflicted | Rejected)]
    blamed = {number for each in (*told, *run.incompatibilities.values()) for number in each.requirements}
    assert blamed == set(range(1, LINES + 1))


def test_pip_keeps_no_more_of_lines_that_each_say_more_than_of_the_last() -> None:
    run, most = solved("pip@26.3", *(f"a>=2025.6.{number}" for number in range(400)))
    assert most < 12_000_000
    assert [pin.version for pin in run.pins] == ["2025.7.1"]
