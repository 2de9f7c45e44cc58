"""A page of an index that could not be read is unknown, and is never called a version or project that is not there."""

import re
from collections.abc import Mapping

import pytest
from jsonschema import Draft202012Validator
from packaging.utils import NormalizedName

from backtrail.cli import exit_code
from backtrail.model.case import Report
from backtrail.model.files import Page, Unreadable
from backtrail.model.policy import Policy
from backtrail.model.trail import Because, Outcome, Rejected
from backtrail.report.page import page
from backtrail.report.schema import schema
from backtrail.report.skins.html import html
from backtrail.report.skins.json_document import document
from backtrail.report.skins.markdown import markdown
from backtrail.resolvers.registry import parse_resolver
from support.ours import INDEX, BuildingSource
from support.small_worlds import UV, Projects, releases, report_of, said, small_world

PIP = parse_resolver("pip")
LATER = f"{INDEX}-later"
APP: Projects = {"app": releases("app", "1 tool>=1"), "tool": releases("tool", "1")}
REFUSED = Unreadable(index=INDEX, reason="unauthorized", status=401)
BROKEN = Unreadable(index=INDEX, reason="status", status=500)
NO_PAGE = Unreadable(index=INDEX, reason="content-type", detail="application/pdf")


def tell(
    projects: Projects, *lines: str, faults: Mapping[str, Unreadable], policy: Policy = PIP, why: str | None = None
) -> Report:
    world = small_world("unread", projects, *lines)
    return report_of(world, policy=policy, source=BuildingSource(world, faults=faults), why=why)


@pytest.mark.parametrize("policy", [PIP, UV], ids=lambda policy: str(policy.tool))
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (REFUSED, "(unauthorized 401)"),
        (Unreadable(index=INDEX, reason="forbidden", status=403), "(forbidden 403)"),
        (BROKEN, "(status 500)"),
        (NO_PAGE, "(content-type: application/pdf)"),
    ],
    ids=lambda value: value.reason if isinstance(value, Unreadable) else "",
)
def test_a_run_that_needs_the_page_is_unknown_in_every_form(fault: Unreadable, words: str, policy: Policy) -> None:
    report = tell(APP, "app", faults={"tool": fault}, policy=policy)
    (run,) = report.runs
    assert (run.outcome, run.failure, exit_code(report), report.findings) == (Outcome.UNKNOWN, fault, 3, ())
    full = page(report, verbose=True)
    for shown in (said(report), markdown(report, page(report), full), html(report, full)):
        plain = re.sub(r"<[^>]*>|[`\\]", "", shown)
        assert f"could not be read {words}" in plain
        assert "no such version" not in plain
    assert f"the page of tool on {INDEX} could not be read {words}" in said(report)
    written = document(report)
    Draft202012Validator(schema()).validate(written)
    assert written["runs"][0]["failure"] == {
        "project": "tool", "index": INDEX, "file": None, "reason": fault.reason, "status": fault.status,
        "detail": fault.detail,
    }  # fmt: skip


def test_what_pip_says_of_a_page_that_it_passes_over_is_reported_beside_what_is_known() -> None:
    pip_says = "pip passes over such a page, and says that there is no matching distribution of tool"
    assert pip_says in said(tell(APP, "app", faults={"tool": REFUSED}))
    assert pip_says not in said(tell(APP, "app", faults={"tool": BROKEN}))
    assert pip_says not in said(tell(APP, "app", faults={"tool": REFUSED}, policy=UV))


def test_a_version_that_needs_an_unread_page_is_passed_over_with_that_reason() -> None:
    projects = {"app": releases("app", "1", "2 tool>=1"), "tool": releases("tool", "1")}
    report = tell(projects, "app", faults={"tool": REFUSED})
    (run,) = report.runs
    assert (run.outcome, exit_code(report), [pin.version for pin in run.pins]) == (Outcome.SOLVED, 0, ["1"])
    refused = [(event.package.name, event.because) for event in run.trail if isinstance(event, Rejected)]
    assert refused == [("tool", Because.UNREAD), ("app", Because.UNREAD)]
    shown = said(report)
    assert f"the page of tool on {INDEX} could not be read (unauthorized 401); pip goes on without it" in shown
    assert "nothing unusual" not in shown
    assert "needs what is on a page that could not be read: tool>=1" in said(report, verbose=True)
    (passed_over,) = document(report)["runs"][0]["passed_over"]
    assert (passed_over["project"], passed_over["reason"], passed_over["status"]) == ("tool", "unauthorized", 401)


def test_a_contradiction_that_no_page_could_lift_stays_one() -> None:
    projects = {**APP, "other": releases("other", "1")}
    report = tell(projects, "app", "other==2", faults={"tool": REFUSED})
    assert (report.runs[0].outcome, exit_code(report)) == (Outcome.IMPOSSIBLE, 1)
    assert [finding.code for finding in report.findings] == ["BT107"]


def test_why_tells_the_reason_and_what_pip_takes_elsewhere() -> None:
    here = small_world("here", APP, "app")
    unknown = tell(APP, "app", faults={"tool": REFUSED}, why="tool")
    assert document(unknown)["runs"][0]["answer"]["failure"]["status"] == 401
    assert f"is unknown: the page of tool on {INDEX} could not be read (unauthorized 401)" in said(unknown)

    class First(BuildingSource):
        def page(self, index: str, name: NormalizedName) -> Page:
            return REFUSED if (index, name) == (INDEX, "tool") else super().page(index, name)

    found = report_of(here, policy=PIP, why="tool", later=here, source=First(here, extra={LATER: here}))
    answer = document(found)["runs"][0]["answer"]
    assert (answer["available"], answer["version"], answer["failure"]["reason"]) == (True, "1", "unauthorized")
    assert said(found).count("pip goes on without it") == 1
    assert exit_code(found) == 0
