"""Stories without an answer: which line is at fault, and which change, or which changes together, help."""

import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion

from backtrail.inquiry import Asked, Inquiry, answer
from backtrail.model.case import Report
from backtrail.model.finding import Conflict, Finding, Hidden, RemedyResult
from backtrail.model.policy import Policy
from backtrail.model.question import Setting
from backtrail.report.page import page
from backtrail.report.skins.text import text
from backtrail.resolvers.registry import parse_resolver
from support.ours import BuildingSource
from support.small_worlds import Projects, asked_of, releases, report_of, said, small_world
from support.worlds import release

UV = parse_resolver("uv@0.13.9")
PIP = parse_resolver("pip@26.3")
PIP22 = parse_resolver("pip@22.0")
BOTH = pytest.mark.parametrize("policy", [UV, PIP], ids=lambda policy: policy.key)
OLD = ("cp39-cp39-manylinux_2_17_x86_64", "cp310-cp310-manylinux_2_17_x86_64")


def verified(finding: Finding) -> list[tuple[str, ...]]:
    """The changes of each fix, those that go together side by side."""
    return [
        (one.change, *(each.change for each in one.also))
        for one in finding.remedies
        if one.result is RemedyResult.VERIFIED
    ]


def errors(report: Report) -> list[tuple[str, str | None]]:
    return [(one.code, one.subject) for one in report.findings if one.severity.value == "error"]


@BOTH
def test_an_exact_pin_of_a_yanked_release_is_a_fix(policy: Policy, snapshot: SnapshotAssertion) -> None:
    """That it warns of the yank is what the pin asks for, no new evil."""
    projects: Projects = {"engine": (*releases("engine", "1.0"), release("engine", "1.1.2", yanked="old dependency"))}
    report = report_of(small_world("yanked", projects, "engine~=1.1.2"), policy=policy)
    (finding,) = report.findings
    assert verified(finding) == [("engine==1.1.2",)]
    assert said(report) == snapshot


@BOTH
def test_what_would_have_warned_anyhow_does_not_spoil_a_fix(policy: Policy, snapshot: SnapshotAssertion) -> None:
    """The other line is an sdist with and without the change; nobody knew it while there was no answer."""
    projects: Projects = {
        "vision": (release("vision", "0.14.1", tags=OLD), release("vision", "0.15.2", tags=(*OLD, "py3-none-any"))),
        "markup": (release("markup", "5.4", tags=OLD, sdist=True), *releases("markup", "6.0")),
    }
    world = small_world("anyhow", projects, "vision==0.14.1", "markup==5.4")
    report = report_of(world, policy=policy, source=BuildingSource(world))
    (finding, *_) = report.findings
    assert errors(report) == [("BT106", "vision")]
    assert sorted(verified(finding)) == [("3.10",), ("vision==0.15.2",)]
    assert said(report) == snapshot


@BOTH
def test_several_forbidden_sdists_are_allowed_together(policy: Policy, snapshot: SnapshotAssertion) -> None:
    names = ("bar", "codec", "charts")
    projects: Projects = {name: (release(name, "1.0", tags=(), sdist=True),) for name in names}
    setting = Setting(name="only-binary", value=":all:", origin="--only-binary")
    report = report_of(
        small_world("sdists", projects, *names, only_binary=(":all:",)), policy=policy, settings=(setting,), budget=40
    )
    assert errors(report) == [("BT108", name) for name in names]
    together = tuple(f"--no-binary {name}" for name in names)
    assert [verified(one) for one in report.findings] == [[together]] * 3
    shown = said(report)
    assert "to allow it" not in shown
    assert "Does not help" not in shown
    assert shown == snapshot


@BOTH
def test_each_of_two_conflicts_has_a_change_of_its_own(policy: Policy) -> None:
    projects: Projects = {
        "web": releases("web", "2.2", "4.2"),
        "rest": releases("rest", "3.13 web>=2.2", "3.15 web>=4.2"),
        "shell": releases("shell", "7.0", "8.0"),
        "site": releases("site", "2.0 shell<8", "3.0 shell>=8"),
    }
    report = report_of(
        small_world("two", projects, "web<3", "rest>=3.15", "shell<8", "site>=3"), policy=policy, budget=60
    )
    assert {code for code, _ in errors(report)} == {"BT109"}
    for finding in report.findings:
        (fix,) = verified(finding)
        assert len(fix) == 2
        assert fix[0].startswith(("web", "rest"))
        assert fix[1].startswith(("shell", "site"))


@BOTH
def test_a_local_build_that_is_not_there_has_the_plain_version_as_a_fix(policy: Policy) -> None:
    projects: Projects = {"torch": releases("torch", "2.0.1", "2.1", "2.7.1")}
    (finding,) = report_of(small_world("local", projects, "torch==2.0.1+cu118"), policy=policy).findings
    assert sorted(verified(finding)) == [("torch==2.0.1",), ("torch==2.7.1",)]


@BOTH
def test_two_constraints_give_way_together_where_else_a_line_would_have_to_go(policy: Policy) -> None:
    """Airflow's constraints and a provider that they leave no room for."""
    projects: Projects = {
        "provider": releases("provider", "1.0 core<2"),
        "flow": releases("flow", "1.0 store"),
        "store": releases("store", "1.0 core<2", "2.0 core>=2"),
        "core": releases("core", "1.0", "2.0"),
    }
    world = small_world("constraints", projects, "flow", "provider", constraints=("core==2.0", "store==2.0"))
    (finding,) = report_of(world, policy=policy).findings
    assert sorted(verified(finding)) == [("",), ("core==1.0", "store==1.0")]


def test_what_pip_walks_too_far_for_is_learned_from_another_engine() -> None:
    """Pip tries every boto; what uv's engine comes to is proposed, and pip solves with it."""
    botos = [f"1.{number} core=={number}" for number in range(700)]
    projects: Projects = {
        "cli": releases("cli", "1.0 core==3"),
        "boto": releases("boto", *botos),
        "core": releases("core", *map(str, range(700))),
    }
    (finding,) = report_of(small_world("walk", projects, "boto==1.500", "cli==1.0"), policy=PIP22).findings
    assert ("boto==1.3",) in verified(finding)


@BOTH
def test_another_python_lifts_the_marker_that_clashes(policy: Policy, snapshot: SnapshotAssertion) -> None:
    projects: Projects = {
        "app": releases("app", "1.0 pool~=2.0"),
        "core": (
            release("core", "1.34", "pool<1.27; python_version < '3.12'", "pool>=1.25; python_version >= '3.12'"),
        ),
        "pool": releases("pool", "1.26", "2.0", "2.4"),
    }
    report = report_of(small_world("marker", projects, "app==1.0", "core==1.34"), policy=policy)
    (finding,) = report.findings
    assert ("3.12",) in verified(finding)
    assert said(report) == snapshot


def test_a_run_without_an_answer_is_named_before_what_is_old_in_another(snapshot: SnapshotAssertion) -> None:
    projects: Projects = {
        "app": (release("app", "1.0", "pool<2"), release("app", "0.9", "pool", requires_python="<3.10")),
        "pool": releases("pool", "1.26", "2.0"),
    }
    world = small_world("both", projects, "app", "pool>=2")
    asked = tuple(Asked(policy=policy, question=asked_of(world, policy)) for policy in (PIP, UV))
    report = answer(Inquiry(asked=asked, solves=True, budget=24), BuildingSource(world))
    assert {run.outcome.value for run in report.runs} == {"impossible", "solved"}
    assert text(page(report)) == snapshot


@BOTH
def test_the_earliest_cut_off_that_will_do(policy: Policy, snapshot: SnapshotAssertion) -> None:
    later = ("2026-07-10T08:00:00Z", "2026-11-03T10:00:00Z")
    projects: Projects = {
        "arrow": (
            release("arrow", "24.0", upload_time="2026-05-01T00:00:00Z"),
            *(release("arrow", f"{25 + place}.0", upload_time=moment) for place, moment in enumerate(later)),
        )
    }
    setting = Setting(name="exclude-newer", value="2026-07-08", origin="--exclude-newer")
    world = small_world("cut-off", projects, "arrow>=25", exclude_newer="2026-07-08")
    report = report_of(world, policy=policy, source=BuildingSource(world), settings=(setting,))
    (finding,) = report.findings
    assert isinstance(finding.detail, Hidden)
    assert finding.detail.version == "25.0"
    assert verified(finding) == [("--exclude-newer 2026-07-10T08:00:01Z",)]
    assert said(report) == snapshot


@BOTH
def test_what_is_before_the_cut_off_is_the_reason_and_not_what_is_after_it(
    policy: Policy, snapshot: SnapshotAssertion
) -> None:
    projects: Projects = {
        "fft": (
            release("fft", "1.3.6", tags=(OLD[0],)),
            release("fft", "1.3.8", tags=OLD),
            release("fft", "2.3.2", upload_time="2026-08-04T00:00:00Z"),
        )
    }
    world = small_world("tags", projects, "fft", exclude_newer="2024-08-19")
    report = report_of(world, policy=policy, source=BuildingSource(world))
    assert errors(report) == [("BT106", "fft")]
    assert said(report) == snapshot


@BOTH
def test_a_line_that_nothing_meets_is_in_conflict_with_nothing(policy: Policy) -> None:
    """Four lines are near the dead end, and one of them alone has no answer."""
    projects: Projects = {
        "app": releases("app", "1.0 core>=1"),
        "core": releases("core", "1.0 pool>=1", "2.0 pool>=1"),
        "pool": releases("pool", "1.0", "2.0"),
        "tool": releases("tool", "1.0 core==3.0"),
    }
    report = report_of(small_world("four", projects, "app", "core", "pool", "tool"), policy=policy)
    (conflict,) = (one.detail for one in report.findings if isinstance(one.detail, Conflict))
    assert [line.requirement.text for line in conflict.lines] == ["tool"]
    assert conflict.minimal
    assert "tool cannot be met" in said(report).splitlines()[0]


@BOTH
def test_lines_that_cannot_be_met_are_counted(policy: Policy, snapshot: SnapshotAssertion) -> None:
    projects: Projects = {"known": releases("known", "1.0")}
    missing = [f"missing-{letter}" for letter in "abcdefg"]
    report = report_of(small_world("seven", projects, "known", *missing), policy=policy, budget=60)
    assert errors(report) == [("BT107", name) for name in missing]
    assert "7 lines cannot be met; the first three: missing-a, missing-b and missing-c" in said(report)
    assert said(report).replace("http://127.0.0.1/simple", "the index") == snapshot


def test_lines_that_were_found_in_another_order_are_the_same_answer() -> None:
    projects: Projects = {"known": releases("known", "1.0")}
    report = report_of(small_world("order", projects, "known", "missing-a", "missing-b"))
    (run,) = report.runs
    other = msgspec.structs.replace(run, resolver="pip", profile="26.3")
    again = [msgspec.structs.replace(one, runs=(other.key,)) for one in reversed(report.findings)]
    both = msgspec.structs.replace(report, runs=(run, other), findings=(*report.findings, *again))
    first, second = said(both).splitlines()[:2]
    assert first.startswith("uv 0.13.9 and pip 26.3 find no solution")
    assert not second
