"""Only a build tells what an sdist requires, and nothing is built: the rest is answered, the whole stays unknown."""

import pytest
from syrupy.assertion import SnapshotAssertion

from backtrail.model.case import Report
from backtrail.model.finding import HeldBack, RemedyResult
from backtrail.model.metadata import Failure, Unavailable
from backtrail.model.policy import Policy
from backtrail.model.trail import Finished, Outcome
from backtrail.resolvers.registry import parse_resolver
from support.ours import WorldSource
from support.small_worlds import releases, report_of, said, small_world
from support.worlds import World, release

POLICIES = [parse_resolver("uv@0.13.9"), parse_resolver("pip@26.3")]
SDIST = "spark-3.5.tar.gz"
BUILT = {SDIST: Unavailable(failure=Failure.BUILD_FORBIDDEN, file=SDIST)}
PROJECTS = {
    "flow": releases("flow", "2.0 spark site"),
    "spark": (release("spark", "3.5", tags=(), sdist=True),),
    "site": releases("site", "2.0 shell>=7,<9", "3.1 shell>=8.1"),
    "shell": releases("shell", "7.1", "8.3"),
}


def asked(policy: Policy, *lines: str) -> Report:
    world: World = small_world("unbuilt", PROJECTS, *lines)
    return report_of(world, policy=policy, source=WorldSource(world, built=BUILT))


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.tool)
def test_the_rest_is_answered_and_explained(policy: Policy, snapshot: SnapshotAssertion) -> None:
    report = asked(policy, "flow", "site", "shell<8")
    run = report.runs[0]
    assert run.outcome is Outcome.UNKNOWN
    assert [pin.name for pin in run.pins if pin.assumed] == ["spark"]
    assert run.pin("site") is not None
    held = next(one.detail for one in report.findings if one.subject == "site")
    assert isinstance(held, HeldBack)
    assert [one.text for one in held.because] == ["shell<8"]
    assert said(report) == snapshot


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.tool)
def test_the_run_ends_once_and_unknown(policy: Policy) -> None:
    run = asked(policy, "flow").runs[0]
    assert [event.outcome for event in run.trail if isinstance(event, Finished)] == [Outcome.UNKNOWN]
    assert isinstance(run.failure, Unavailable)
    assert run.failure.file == SDIST


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.tool)
def test_no_fix_is_called_verified_that_a_build_may_forbid(policy: Policy) -> None:
    report = asked(policy, "flow", "shell<8")
    results = {remedy.result for finding in report.findings for remedy in finding.remedies}
    assert RemedyResult.VERIFIED not in results


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.tool)
def test_without_a_solution_even_so_there_is_none(policy: Policy, snapshot: SnapshotAssertion) -> None:
    report = asked(policy, "flow", "site>=3", "shell<8")
    assert report.runs[0].outcome is Outcome.IMPOSSIBLE
    assert said(report) == snapshot
