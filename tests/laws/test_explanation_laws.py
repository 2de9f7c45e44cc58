"""What holds of orders, of the reason for each version and of what binds: tried again without the explainer."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain.evidence.newer_versions import version_tables
from backtrail.explain.evidence.refusals import meets
from backtrail.explain.findings.order_sensitive import order_sensitive
from backtrail.explain.remedies.budget import LEISURE, Budget
from backtrail.inquiry import resolve
from backtrail.model.finding import OrderSensitive
from backtrail.model.policy import Policy
from backtrail.model.project import VersionRow, VersionTable
from backtrail.model.question import Question
from backtrail.model.run import Run
from backtrail.model.source import Source
from backtrail.model.trail import Outcome, Rejected, Required
from backtrail.resolvers.uv.engine import Engine
from support.changed import without
from support.ours import BuildingSource, question_of
from support.random_worlds import CORNERS, EVERYDAY, random_world
from support.worlds import World

WORLDS = range(60)
POLICIES = tuple(Policy(tool=tool, release=release) for tool, release in
                 (("uv", "0.13.9"), ("uv", "0.4.18"), ("pip", "26.3")))  # fmt: skip
SOLVES = 40


class Explained:
    """A random world, solved, with the table of each of its pins."""

    def __init__(self, seed: int, policy: Policy) -> None:
        self.world = random_world(seed, EVERYDAY if seed % 3 else CORNERS)
        self.policy = policy
        self.source = BuildingSource(self.world)
        self.question = question_of(self.world, policy, build_sdists=True)
        self.run = resolve(self.question, policy, self.source)
        self.tables = {pin.name: table for pin in self.run.pins if (table := self._table(pin.name)) is not None}

    def _table(self, name: NormalizedName) -> VersionTable | None:
        budget = Budget(SOLVES)
        return next(
            iter(version_tables(self.run, name, self.question, self.policy, self.source, self.elsewhere, budget)), None
        )

    def elsewhere(self, question: Question, source: Source) -> Run:
        return resolve(question, self.policy, source, silent=True)

    def solved(self, world: World) -> dict[str, str]:
        run = resolve(question_of(world, self.policy, build_sdists=True), self.policy, BuildingSource(world))
        return pins(run)


@pytest.fixture(scope="module", params=POLICIES, ids=lambda policy: policy.key)
def shown(request: pytest.FixtureRequest) -> list[Explained]:
    return [Explained(seed, request.param) for seed in WORLDS]


def pins(run: Run) -> dict[str, str]:
    return {str(pin.name): pin.version for pin in run.pins} if run.outcome is Outcome.SOLVED else {}


def rows(shown: list[Explained]) -> Iterator[tuple[Explained, NormalizedName, VersionRow]]:
    for one in shown:
        for name, table in one.tables.items():
            for row in table.rows:
                yield one, name, row


def test_every_newer_version_has_one_reason_the_newest_first(shown: list[Explained]) -> None:
    seen = 0
    for one in shown:
        for name, table in one.tables.items():
            listed = [version for row in table.rows for version in row.versions]
            assert listed == sorted(set(listed), key=Version, reverse=True)
            project = next(each for each in one.world.projects if each.name == name)
            newer = {str(Version(each.version)) for each in project.releases
                     if Version(each.version) > Version(table.chosen)}  # fmt: skip
            assert set(listed) == newer
            seen += len(listed)
    assert seen >= 50


def test_every_stated_reason_is_in_the_recording(shown: list[Explained]) -> None:
    for one, name, row in rows(shown):
        trail = one.run.trail
        said = {(event.requirement, event.by, event.version) for event in trail if isinstance(event, Required)}
        refused = {event.version for event in trail if isinstance(event, Rejected) and event.package.name == name}
        limits = {event.requirement for event in trail if isinstance(event, Required) and event.constraint}
        if row.asked is not None and row.asked.requirement not in limits:
            assert (row.asked.requirement, row.asked.by, row.asked.version) in said
        for version in row.versions:
            match row.standing:
                case "refused":
                    assert version in refused or version in one.run.attempts.get(name, ())
                case "excluded":
                    assert row.asked is not None
                    assert not meets(row.asked.requirement, version)
                case "unusable":
                    assert row.exclusions
                case _:
                    assert row.standing == "never-reached"
                    assert not row.exclusions
                    assert row.asked is None
        assert row.evidence
        for pointer in row.evidence:
            kind, _, where = pointer.partition(":")
            assert kind in {"trail", "page", "metadata"}
            assert kind != "trail" or int(where.partition("#")[2]) < len(trail)


def test_without_a_starred_requirement_a_newer_version_is_chosen(shown: list[Explained]) -> None:
    """The requirement is taken out of the world itself, by hand."""
    starred = unstarred = 0
    for one in shown:
        for name, table in one.tables.items():
            for hold in table.holds:
                if hold.binding is None:
                    continue
                found = one.solved(without(one.world, hold)).get(name)
                if hold.binding:
                    starred += 1
                    assert found == hold.gives
                    assert found is not None
                    assert Version(found) > Version(table.chosen)
                else:
                    unstarred += 1
                    assert found is None or Version(found) <= Version(table.chosen)
    assert starred >= 10
    assert unstarred >= 3


def test_the_way_to_a_requirement_is_in_the_answer(shown: list[Explained]) -> None:
    for one in shown:
        for name, table in one.tables.items():
            for hold in table.holds:
                assert hold.path[-1] == hold.asked
                if hold.asked.by == name:
                    continue
                assert hold.path[0].by is None
                for asked, after in zip(hold.path, hold.path[1:], strict=False):
                    pin = one.run.pin(after.by or "")
                    assert pin is not None
                    assert asked in pin.requested_by


def test_the_order_that_is_reported_gives_what_is_reported_and_the_two_lines_decide(shown: list[Explained]) -> None:
    seen = 0
    for one in shown:
        budget = Budget(SOLVES, leisure=50 * LEISURE)

        def again(question: Question, one: Explained = one) -> Run:
            return resolve(question, one.policy, one.source, silent=True)

        for finding in order_sensitive(one.run, one.question, (), again, budget):
            detail = finding.detail
            assert isinstance(detail, OrderSensitive)
            seen += 1
            assert sorted(detail.order) == sorted(one.world.question.requirements)
            found = one.solved(_ordered(one.world, detail.order))
            before = pins(one.run)
            if detail.outcome is Outcome.SOLVED:
                names = {*before, *found}
                moved = {name: (before.get(name), found.get(name)) for name in names
                         if before.get(name) != found.get(name)}  # fmt: skip
                assert moved == detail.pins_changed
            assert detail.moved is not None
            first, second = detail.moved
            place = next(at for at, pair in enumerate(zip(detail.order, detail.order[1:], strict=False))
                         if pair == (first, second))  # fmt: skip
            swapped = (*detail.order[:place], second, first, *detail.order[place + 2 :])
            assert one.solved(_ordered(one.world, swapped)) == before
    assert seen >= 1


def _ordered(world: World, lines: tuple[str, ...]) -> World:
    return replace(world, question=replace(world.question, requirements=lines))


def test_solves_are_counted_whoever_makes_them() -> None:
    one = Explained(1, POLICIES[0])
    for solves in (0, 1, 2):
        made: list[Question] = []

        def counted(question: Question, source: Source, made: list[Question] = made) -> Run:
            made.append(question)
            return Engine(question, one.policy, source, silent=True).run()

        budget = Budget(solves)
        for name in one.tables:
            version_tables(one.run, name, one.question, one.policy, one.source, counted, budget)
        assert len(made) + budget.left == solves
