"""What holds of every explanation: remedies give what they promise, and nothing is said that is not recorded."""

import pytest
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain.explanation import explain
from backtrail.explain.remedies.budget import Budget
from backtrail.explain.remedies.proposals import made, opted
from backtrail.model.files import Listing
from backtrail.model.finding import Amendment, Finding, HeldBack, Remedy, RemedyResult
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.run import Run
from backtrail.model.trail import Outcome, Rejected, Required
from backtrail.resolvers.registry import resolver_of
from backtrail.resolvers.uv.engine import solve
from support.ours import WorldSource, elsewhere, question_of
from support.random_worlds import EVERYDAY, random_world

WORLDS = range(120)
RELEASES = ("0.13.9", "0.4.18")
BUDGET = 6


class Explained:
    """A random world, solved and explained."""

    def __init__(self, seed: int, release: str) -> None:
        world = random_world(seed, EVERYDAY)
        self.policy = Policy(tool="uv", release=release)
        self.question = question_of(world, self.policy)
        self.source = WorldSource(world)
        self.solved = 0
        self.run = solve(self.question, self.policy, self.source)
        self.findings = explain(
            self.run, self.question, self.policy, self.source, self.again, budget=Budget(BUDGET),
            elsewhere=elsewhere(self.policy, self.source),
        )  # fmt: skip

    def again(self, question: Question) -> Run:
        self.solved += 1
        return solve(question, self.policy, self.source)

    def excludes(self, finding: Finding, version: str) -> bool:
        """Whether the resolver refuses each file that the index has of a version."""
        page = self.source.page(self.question.indexes.default or "", NormalizedName(finding.subject or ""))
        assert isinstance(page, Listing)
        judge = resolver_of(self.policy).judge
        files = page.files(page.position[version])
        return all(judge(file, self.question.target, self.question.options).exclusions for file in files)

    def applied(self, remedy: Remedy) -> Question | None:
        """The question with a remedy; None for another Python, which is no line to write."""
        question = self.question
        for one in (Amendment(kind=remedy.kind, change=remedy.change, of=remedy.of), *remedy.also):
            if one.kind == "python":
                return None
            change = (
                opted(question, one.change) if one.kind == "policy" else made(question, one.kind, one.change, one.of)
            )
            assert change is not None
            question = change.question
        return question


@pytest.fixture(scope="module", params=RELEASES)
def explained(request: pytest.FixtureRequest) -> list[Explained]:
    return [Explained(seed, request.param) for seed in WORLDS]


def pins(run: Run) -> dict[str, str]:
    return {pin.name: pin.version for pin in run.pins}


def remedies(one: Explained) -> list[tuple[Finding, Remedy]]:
    return [(finding, remedy) for finding in one.findings for remedy in finding.remedies]


def test_a_verified_remedy_solved_again_gives_exactly_the_stated_pins(explained: list[Explained]) -> None:
    seen = 0
    for one in explained:
        for finding, remedy in remedies(one):
            question = one.applied(remedy)
            if remedy.result is not RemedyResult.VERIFIED or question is None:
                continue
            seen += 1
            run = solve(question, one.policy, one.source)
            assert run.outcome is Outcome.SOLVED
            expected = pins(one.run)
            for name, (old, new) in remedy.pins_changed.items():
                assert expected.pop(name, None) == old
                if new is not None:
                    expected[name] = new
            assert pins(run) == expected
            again = explain(run, question, one.policy, one.source, one.again, budget=Budget(0))
            assert (finding.code, finding.subject) not in {(other.code, other.subject) for other in again}
    assert seen >= 10


def test_every_refused_version_was_tried_or_refused_in_the_trail_or_has_no_file_for_here(
    explained: list[Explained],
) -> None:
    seen = 0
    for one in explained:
        refused = {(event.package.name, event.version) for event in one.run.trail if isinstance(event, Rejected)}
        said = {event.requirement.text for event in one.run.trail if isinstance(event, Required)}
        for finding in one.findings:
            if not isinstance(finding.detail, HeldBack):
                continue
            for group in finding.detail.refused:
                for version in group.versions:
                    seen += 1
                    assert Version(version) > Version(finding.detail.chosen)
                    tried = one.run.attempts.get(finding.subject or "", ())
                    assert version in tried or (finding.subject, version) in refused or one.excludes(finding, version)
                assert group.requirement is None or group.requirement in said
    assert seen >= 20


def test_evidence_points_into_the_trail(explained: list[Explained]) -> None:
    for one in explained:
        for finding in one.findings:
            assert finding.evidence
            for pointer in finding.evidence:
                kind, _, where = pointer.partition(":")
                assert kind in {"trail", "page", "metadata", "file"}
                if kind == "trail":
                    key, _, place = where.partition("#")
                    assert key == one.run.key
                    assert int(place) < len(one.run.trail)


def test_no_more_is_solved_than_the_budget_allows_and_no_more_shown_than_three(explained: list[Explained]) -> None:
    for one in explained:
        assert one.solved <= BUDGET
        for finding in one.findings:
            results = [remedy.result is RemedyResult.VERIFIED for remedy in finding.remedies]
            assert len(results) <= 3
            assert results == sorted(results, reverse=True)


def test_the_same_world_is_explained_the_same_way() -> None:
    assert Explained(3, "0.13.9").findings == Explained(3, "0.13.9").findings
