"""What holds of every conflict: it is minimal, its chains are in the metadata, and what it says of releases is so."""

from itertools import combinations

import pytest
from packaging.requirements import Requirement as Parsed
from packaging.version import Version

from backtrail.explain.causes.smallest_sets import Line, only
from backtrail.explain.explanation import explain
from backtrail.explain.remedies.budget import Budget
from backtrail.inquiry import resolve
from backtrail.model.finding import Chain, Conflict, Finding
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Run
from backtrail.model.trail import Outcome
from backtrail.resolvers.registry import resolver_of
from support.ours import BuildingSource, question_of
from support.random_worlds import EVERYDAY, PLAIN, random_world
from support.worlds import World

WORLDS = [*(random_world(seed, EVERYDAY) for seed in range(300)), *(random_world(seed, PLAIN) for seed in range(300))]
BUDGET = 60


class Explained:
    """A world without an answer, and why there is none."""

    def __init__(self, world: World, policy: Policy, question: Question, run: Run) -> None:
        self.world = world
        self.policy = policy
        self.question = question
        self.run = run
        self.source = BuildingSource(world)
        self.findings = explain(run, question, policy, self.source, self.solve, budget=Budget(BUDGET))
        self.conflicts = [one for one in self.findings if isinstance(one.detail, Conflict)]

    def solve(self, question: Question) -> Run:
        return resolve(question, self.policy, self.source)

    def outcome(self, lines: tuple[Line, ...]) -> Outcome:
        return self.solve(only(self.question, lines)).outcome

    def said(self, name: str, version: str) -> set[str]:
        """The requirements of a release."""
        return {
            text
            for project in self.world.projects
            for release in project.releases
            if project.name == name and Version(release.version) == Version(version)
            for text in release.requires_dist
        }

    def admits(self, chain: Chain, version: Version) -> bool:
        """Whether a version is in the range of the last requirement of a chain, as this release reads it."""
        return resolver_of(self.policy).admits(wanted(chain), version)

    def releases(self, name: str) -> list[Version]:
        return [
            Version(release.version)
            for project in self.world.projects
            if project.name == name
            for release in project.releases
        ]


@pytest.fixture(scope="module", params=("uv@0.13.9", "uv@0.4.18", "pip@26.3"))
def shown(request: pytest.FixtureRequest) -> list[Explained]:
    tool, _, release = request.param.partition("@")
    policy = Policy(tool=tool, release=release)
    found = []
    for world in WORLDS:
        question = question_of(world, policy, build_sdists=True)
        run = resolve(question, policy, BuildingSource(world))
        if run.outcome is Outcome.IMPOSSIBLE:
            found.append(Explained(world, policy, question, run))
    return found


def details(one: Explained) -> list[Conflict]:
    return [finding.detail for finding in one.conflicts if isinstance(finding.detail, Conflict)]


def lines(detail: Conflict) -> tuple[Line, ...]:
    return tuple(Line(one.requirement, one.constraint) for one in detail.lines)


def test_there_is_always_a_reason(shown: list[Explained]) -> None:
    assert len(shown) >= 20
    for one in shown:
        assert {finding.code for finding in one.findings} & {"BT105", "BT106", "BT107", "BT108", "BT109"}


def test_the_smallest_set_is_minimal(shown: list[Explained]) -> None:
    """Together there is no answer; every part of it has one."""
    seen = 0
    for one in shown:
        for detail in details(one):
            own = lines(detail)
            assert one.outcome(own) is Outcome.IMPOSSIBLE
            if not detail.minimal:
                continue
            seen += 1
            for size in range(len(own)):
                for part in combinations(own, size):
                    assert one.outcome(part) is Outcome.SOLVED, (one.world.name, own, part)
    assert seen >= 15


def test_nearly_every_conflict_is_proved_minimal(shown: list[Explained]) -> None:
    """The budget is ample; what is not proved ends without a certain answer when lines are left out."""
    found = [detail for one in shown for detail in details(one)]
    assert sum(detail.minimal for detail in found) >= 0.9 * len(found)


def test_every_requirement_of_a_chain_is_in_the_metadata_of_who_says_it(shown: list[Explained]) -> None:
    seen = 0
    for one in shown:
        own = {line.requirement for detail in details(one) for line in detail.lines}
        for chain in (chain for detail in details(one) for chain in detail.chains):
            first, *rest = chain.links
            assert first.asked.by is None
            assert first.asked.requirement in own
            for before, link in zip(chain.links, rest, strict=False):
                seen += 1
                assert link.asked.by == before.asked.requirement.name
                assert link.asked.version == link.versions[0]
                words = {link.asked.requirement.text, *link.others}
                for version in link.versions:
                    texts = {Parsed(text) for text in one.said(str(link.asked.by), version)}
                    assert texts & {Parsed(word) for word in words}
    assert seen >= 10


def test_what_chains_admit_are_the_releases_that_exist(shown: list[Explained]) -> None:
    for one in shown:
        for chain in (chain for detail in details(one) for chain in detail.chains):
            admitted = [version for version in one.releases(chain.project) if one.admits(chain, version)]
            finals = [version for version in admitted if not version.is_prerelease]
            assert chain.admits.count in {len(set(admitted)), len(set(finals))}
            ends = [Version(end) for run in chain.admits.runs for end in run]
            assert all(end in admitted for end in ends)
            assert ends == sorted(ends, reverse=True)


def wanted(chain: Chain) -> Requirement:
    return chain.links[-1].asked.requirement


def test_no_release_meets_all_where_that_is_said(shown: list[Explained]) -> None:
    seen = 0
    for one in shown:
        for detail in details(one):
            if detail.project is None:
                continue
            meeting = [chain for chain in detail.chains if chain.project == detail.project]
            fitting = [
                version
                for version in one.releases(detail.project)
                if not version.is_prerelease and all(one.admits(chain, version) for chain in meeting)
            ]
            if detail.because == "beside":
                seen += 1
                assert fitting == []
                assert len(meeting) > 1
            elif detail.because == "no-version":
                assert any(not chain.admits.count for chain in meeting)
            elif detail.because == "not-found":
                assert one.releases(detail.project) == []
    assert seen >= 5


def test_a_proof_ends_in_no_answer_and_rests_on_what_was_said_before(shown: list[Explained]) -> None:
    for one in shown:
        for detail in details(one):
            if one.policy.tool == "pip":
                assert detail.proof == ()
                continue
            assert [step.number for step in detail.proof] == list(range(1, len(detail.proof) + 1))
            for step in detail.proof:
                assert all(number < step.number for number in step.steps)
                assert step.facts or step.steps
            used = {number for step in detail.proof for number in step.steps}
            assert used == {step.number for step in detail.proof[:-1]}
            assert not any(claim.project for step in detail.proof[-1:] for claim in step.claims)


def test_evidence_points_into_the_recording(shown: list[Explained]) -> None:
    for one in shown:
        for finding in one.conflicts:
            check(one, finding)


def check(one: Explained, finding: Finding) -> None:
    for pointer in finding.evidence:
        kind, _, where = pointer.partition(":")
        assert kind in {"trail", "page", "metadata"}
        if kind == "trail":
            assert int(where.partition("#")[2]) < len(one.run.trail)
