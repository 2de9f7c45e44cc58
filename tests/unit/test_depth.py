"""Long chains: each project requires the next, so there are as many rounds as projects, and all that stood stays."""

import gc
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

import backtrail
from backtrail.model.run import Run
from backtrail.model.trail import Outcome
from backtrail.resolvers.registry import parse_resolver, resolve
from support.ours import WorldSource, question_of
from support.patience import patience
from support.worlds import Project, Question, World, release

OURS = str(Path(backtrail.__file__).parent / "resolvers")
LIBRARY = "_is_current_pin_satisfying"
"""What pip's library asks of every project in every round (docs/decisions/resolvelib.md); answered from memory."""


def chain(length: int) -> World:
    """Each release of a project requires the next project; the newest release of the last one requires what is not."""

    def project(place: int) -> Project:
        name = f"p{place}"
        if place == length - 1:
            return Project(name=name, releases=(release(name, "1"), release(name, "2", "missing")))
        return Project(name=name, releases=tuple(release(name, version, f"p{place + 1}>=1") for version in ("1", "2")))

    return World(name="chain", projects=tuple(map(project, range(length))), question=Question(requirements=("p0",)))


def solved(length: int, resolver: str) -> Run:
    world, policy = chain(length), parse_resolver(resolver)
    with patience():
        run = resolve(question_of(world, policy), policy, WorldSource(world))
    assert run.outcome is Outcome.SOLVED
    return run


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """The calls of functions of the resolvers, by name; each step of a generator is one, also that which ends it."""
    calls: Counter[str] = Counter()

    def note(frame: FrameType, event: str, argument: object) -> None:  # noqa: ARG001  as the interpreter calls it
        if event == "call" and frame.f_code.co_filename.startswith(OURS):
            calls[frame.f_code.co_name] += 1

    before = sys.getprofile()
    gc.collect()
    gc.disable()  # it would end generators of runs before
    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(before)
        gc.enable()


def calls(length: int, resolver: str) -> Counter[str]:
    with counted() as found:
        solved(length, resolver)
    return found


@pytest.mark.parametrize("resolver", ["uv@0.13.9", "uv@0.4.18", "pip@26.3", "pip@24.0", "pip@22.0"])
def test_a_chain_of_hundreds_is_followed_to_its_end_where_one_release_gives_way(resolver: str) -> None:
    pins = {str(pin.name): pin.version for pin in solved(400, resolver).pins}
    assert pins == {f"p{place}": "1" if place == 399 else "2" for place in range(400)}


@pytest.mark.parametrize("resolver", ["uv@0.13.9", "pip@26.3", "pip@24.0"])
def test_a_round_costs_our_own_code_no_more_where_more_projects_are_decided(resolver: str) -> None:
    solved(20, resolver)  # what is remembered for all runs is not counted
    short, middle, long = (calls(length, resolver) for length in (50, 100, 150))
    for name in long.keys() - {LIBRARY}:
        assert long[name] - middle[name] <= 1.1 * (middle[name] - short[name]) + 10, name


def test_what_the_library_asks_of_every_project_in_every_round_is_looked_at_once() -> None:
    found = calls(100, "pip@26.3")
    assert found[LIBRARY] > 100 * 100 > 10 * found["is_satisfied_by"]
