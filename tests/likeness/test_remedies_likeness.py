"""What an explanation promises, asked of the real uv: remedies, other orders, and what binds."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from backtrail.explain.evidence.newer_versions import version_tables
from backtrail.explain.explanation import explain
from backtrail.explain.remedies.budget import Budget
from backtrail.inquiry import resolve
from backtrail.model.finding import Finding, OrderSensitive, Remedy, RemedyResult
from backtrail.model.policy import Policy
from backtrail.model.project import Hold
from backtrail.model.question import Question
from backtrail.model.run import Run
from backtrail.model.source import Source
from backtrail.model.trail import Outcome
from support.changed import with_remedy, without
from support.likeness import real_answers
from support.ours import WorldSource, question_of
from support.random_worlds import random_world
from support.real_uv import Outcome as RealOutcome
from support.real_uv import RealUv, find_uv
from support.worlds import World

pytestmark = pytest.mark.likeness

WORLDS = range(150)
SOLVES = 16


class Explained:
    """A random world with its run and findings."""

    def __init__(self, seed: int, policy: Policy) -> None:
        self.world = random_world(seed)
        self.policy = policy
        self.source = WorldSource(self.world)
        self.question = question_of(self.world, policy)
        self.run = resolve(self.question, policy, self.source)
        self.findings = explain(
            self.run, self.question, policy, self.source, self.again, budget=Budget(SOLVES, leisure=10_000)
        )

    def again(self, question: Question) -> Run:
        return resolve(question, self.policy, self.source)

    def elsewhere(self, question: Question, source: Source) -> Run:
        return resolve(question, self.policy, source, silent=True)

    def moved(self, changes: dict[str, tuple[str | None, str | None]]) -> dict[str, str]:
        """The pins of the run with these changes."""
        pins = {str(pin.name): pin.version for pin in self.run.pins}
        for name, (old, new) in changes.items():
            assert pins.pop(name, None) == old
            if new is not None:
                pins[name] = new
        return pins

    def promises(self) -> Iterator[tuple[str, World, dict[str, str]]]:
        """A change in words, the world with it, and the pins it is said to give."""
        for finding in self.findings:
            detail = finding.detail
            if isinstance(detail, OrderSensitive) and detail.outcome is Outcome.SOLVED:
                asked = replace(self.world.question, requirements=detail.order)
                yield "BT112", replace(self.world, question=asked), self.moved(detail.pins_changed)
            for remedy in finding.remedies:
                yield from self._remedy(finding, remedy)

    def starred(self) -> Iterator[tuple[str, World, Hold]]:
        """A project, the world without one of the requirements that are said to bind it, and that requirement."""
        for pin in self.run.pins:
            tables = version_tables(
                self.run, pin.name, self.question, self.policy, self.source, self.elsewhere, Budget(SOLVES)
            )
            for hold in (hold for table in tables for hold in table.holds):
                if hold.binding:
                    yield pin.name, without(self.world, hold), hold

    def _remedy(self, finding: Finding, remedy: Remedy) -> Iterator[tuple[str, World, dict[str, str]]]:
        asked = with_remedy(self.world.question, remedy)
        if remedy.result is RemedyResult.VERIFIED and asked is not None:
            shown = f"{finding.code} {remedy.kind.value} {remedy.change}"
            yield shown, replace(self.world, question=asked), self.moved(remedy.pins_changed)


@pytest.fixture(scope="module", params=("0.13.9", "0.4.18"))
def uv(request: pytest.FixtureRequest) -> RealUv:
    found = find_uv(request.param)
    if found is None:
        pytest.skip(f"uv {request.param} is not installed")
    return found


@pytest.fixture(scope="module")
def explained(uv: RealUv) -> list[Explained]:
    return [Explained(seed, Policy(tool="uv", release=uv.version)) for seed in WORLDS]


def test_the_real_uv_given_a_remedy_or_another_order_answers_as_stated(explained: list[Explained], uv: RealUv) -> None:
    promises = [promise for one in explained for promise in one.promises()]
    answers = real_answers([world for _, world, _ in promises], uv)
    assert [
        f"{world.name}: {shown}: {answer.pins} {answer.error}, expected {expected}"
        for (shown, world, expected), answer in zip(promises, answers, strict=True)
        if (answer.outcome, answer.pins) != (RealOutcome.SOLVED, expected)
    ] == []
    assert len(promises) >= 30


def test_the_real_uv_takes_a_newer_version_without_a_starred_requirement(
    explained: list[Explained], uv: RealUv
) -> None:
    starred = [star for one in explained for star in one.starred()][:80]
    answers = real_answers([world for _, world, _ in starred], uv)
    assert [
        f"{world.name}: {name} without {hold.asked.requirement.text}: {answer.pins}, expected {hold.gives}"
        for (name, world, hold), answer in zip(starred, answers, strict=True)
        if answer.pins.get(name) != hold.gives
    ] == []
    assert len(starred) >= 20
