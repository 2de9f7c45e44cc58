"""A run without a warning says how new its answer is: what is counted, and what is named first."""

import re

import msgspec
import pytest
from jsonschema import Draft202012Validator
from packaging.utils import NormalizedName

from backtrail.cli import exit_code
from backtrail.explain.evidence.freshness import freshness
from backtrail.explain.evidence.releases import Releases
from backtrail.inquiry import Asked, Inquiry, answer
from backtrail.model.case import Report
from backtrail.model.files import Page, Unreadable
from backtrail.model.freshness import Freshness
from backtrail.model.policy import Policy
from backtrail.model.question import FormatControl, Indexes
from backtrail.model.verdict import Reason
from backtrail.report.page import page
from backtrail.report.schema import schema
from backtrail.report.skins.html import html
from backtrail.report.skins.json_document import document
from backtrail.report.skins.markdown import markdown
from backtrail.report.skins.text import text
from backtrail.resolvers.registry import parse_resolver
from backtrail.sources.case_file import Recorder
from support.ours import INDEX, BuildingSource, WorldSource
from support.small_worlds import UV, Projects, asked_of, releases, report_of, said, small_world
from support.worlds import release

PIP = parse_resolver("pip")
CUT_OFF = "2024-06-01T00:00:00Z"
LATER = "2025-01-01T00:00:00Z"

# flask in small: a cap of the user's own takes it back, and nothing is wrong with that.
FLASK: Projects = {
    "flask": releases("flask", "2.0 click<8", "2.1 click>=8", "2.2 click>=8", "3.0 click>=8", "3.1 click>=8"),
    "click": releases("click", "7.0", "7.1", "8.0", "8.1"),
}


def count(report: Report) -> Freshness:
    (found,) = report.freshness.values()
    return found


def behind(report: Report) -> list[tuple[str, str, str, int]]:
    return [(one.project, one.version, one.newest, one.releases) for one in count(report).behind]


def lines(report: Report) -> list[str]:
    """What stands below the verdict, up to the first finding."""
    first, *rest = said(report).splitlines()
    assert "resolves" in first
    return rest[: rest.index("")] if "" in rest else rest


def shown(report: Report) -> list[str]:
    """The findings that are shown."""
    return [line for line in said(report).splitlines() if "BT101" in line]


def test_what_a_bound_of_the_users_own_holds_back_is_counted_and_named() -> None:
    report = report_of(small_world("flask", FLASK, "flask", "click<8"))
    assert behind(report) == [("flask", "2.0", "3.1", 4), ("click", "7.1", "8.1", 2)]
    older = "flask 2.0 (four releases behind 3.1) and click 7.1 (two releases behind 8.1)"
    assert lines(report) == [f"  not at the newest usable release: {older}"]
    (why,) = shown(report)
    assert why.startswith("flask 2.0 (2024), not 3.1, because of your line click<8 (requirements.txt:2)")
    assert exit_code(report) == 0


def test_an_answer_that_could_not_be_newer_takes_one_calm_line() -> None:
    assert lines(report_of(small_world("new", FLASK, "flask"))) == ["  both packages are at the newest usable release"]
    assert lines(report_of(small_world("one", FLASK, "click"))) == ["  the package is at the newest usable release"]
    everything = {**FLASK, "app": releases("app", "1 flask")}
    assert lines(report_of(small_world("all", everything, "app"))) == [
        "  all 3 packages are at the newest usable release"
    ]


def test_what_the_summary_says_of_an_answer_that_could_not_be_newer_is_not_said_twice() -> None:
    whole = said(report_of(small_world("new", FLASK, "flask")), verbose=True)
    assert whole.count("at the newest usable release") == 1


def test_the_users_own_come_first_and_then_the_farthest_behind() -> None:
    old = {name: releases(name, *(f"{number}.0" for number in range(1, 9))) for name in "abcde"}
    app = {"app": releases("app", "1 a==7 b==1 c==2 d==8 e==6"), **old}
    report = report_of(small_world("far", app, "app", "a"))
    assert [(one.project, one.releases, one.own) for one in count(report).behind] == [
        ("a", 1, True), ("b", 7, False), ("c", 6, False), ("e", 2, False)
    ]  # fmt: skip
    assert (count(report).newest, count(report).compared) == (2, 6)
    older = "a 7.0 (one release behind 8.0), b 1.0 (seven releases behind 8.0), c 2.0 (six releases behind 8.0)"
    assert lines(report) == [
        f"  2 of 6 packages are at the newest usable release; older: {older} and e 6.0 (two releases behind 8.0)"
    ]
    more = {"app": releases("app", "1 a==7 b==1 c==2 d==7 e==6"), **old}
    assert lines(report_of(small_world("farther", more, "app", "a")))[0].endswith(f"older: {older} and 2 more")


@pytest.mark.parametrize("policy", [UV, PIP], ids=lambda policy: str(policy.tool))
def test_newest_is_before_the_cut_off_not_yanked_no_pre_release_and_has_a_file_for_here(policy: Policy) -> None:
    many = (
        release("a", "1.0"),
        release("a", "1.1"),
        release("a", "1.2", yanked="broken"),
        release("a", "2.0rc1"),
        release("a", "3.0", upload_time=LATER),
        release("a", "1.3", tags=("cp311-cp311-win_amd64",)),
    )
    world = small_world("newest", {"a": many}, "a<1.1", exclude_newer=CUT_OFF)
    report = report_of(world, policy=policy, source=BuildingSource(world))
    assert behind(report) == [("a", "1.0", "1.1", 1)]
    assert lines(report) == [
        "  not at the newest usable release: a 1.0 (one release behind 1.1)",
        "  newer, but not usable here: a 1.3 (for another platform)",
    ]
    allowed = report_of(world, policy=policy, source=BuildingSource(world), prerelease="allow")
    assert behind(allowed) == [("a", "1.0", "2.0rc1", 4)]
    late = report_of(world, policy=policy, source=BuildingSource(world), exclude_newer=None)
    assert behind(late) == [("a", "1.0", "3.0", 4)]


def test_a_newer_release_that_needs_another_python_is_worth_a_word() -> None:
    """dedlin 1.19.4 on Python 3.12: it is the newest there, and 1.20.0 is no secret."""
    dedlin = (release("dedlin", "1.19.4"), release("dedlin", "1.20.0", requires_python=">=3.13"))
    report = report_of(small_world("dedlin", {"dedlin": dedlin}, "dedlin"))
    assert lines(report) == ["  the package is at the newest usable release"]
    (why,) = shown(report)
    assert why.startswith("dedlin 1.19.4 (2024), not 1.20.0: it needs Python >=3.13")
    (one,) = count(report).out_of_reach
    assert (one.project, one.version, one.own) == ("dedlin", "1.20.0", True)
    assert [each.reason for each in one.exclusions] == [Reason.REQUIRES_PYTHON]


def test_what_needs_another_python_is_not_said_to_have_only_sdists() -> None:
    """numpy: each release has wheels, the newest for newer Pythons, and sdists are forbidden."""
    newer = release("num", "2.0", tags=("cp313-cp313-manylinux_2_17_x86_64",), sdist=True, requires_python=">=3.13")
    formats = FormatControl(only_binary=frozenset({":all:"}))
    report = report_of(small_world("num", {"num": (*releases("num", "1.0"), newer)}, "num"), formats=formats)
    (why,) = shown(report)
    assert why.startswith("num 1.0 (2024), not 2.0: it needs Python >=3.13 and it has no file for ")


def test_what_a_setting_forbids_is_not_usable_and_says_so() -> None:
    tools = {"tool": (*releases("tool", "1.0"), release("tool", "2.0", tags=(), sdist=True))}
    formats = FormatControl(only_binary=frozenset({":all:"}))
    report = report_of(small_world("forbidden", tools, "tool"), formats=formats)
    (why,) = shown(report)
    assert why.startswith("tool 1.0 (2024), not 2.0: it could only be used as an sdist, and those are forbidden")
    app = {"app": releases("app", "1 tool"), **tools}
    beside = report_of(small_world("forbidden", app, "app"), formats=formats)
    assert lines(beside)[1] == "  newer, but not usable here: tool 2.0 (an sdist, and sdists are forbidden)"


def test_each_resolver_counts_by_its_own_rules() -> None:
    """uv reads the lower end of Requires-Python only, pip all of it."""
    capped = {"a": (release("a", "1.0"), release("a", "2.0", requires_python=">=3.6,<3.10"))}
    world = small_world("capped", capped, "a<2")
    asked = tuple(Asked(policy=policy, question=asked_of(world, policy)) for policy in (UV, PIP))
    report = answer(Inquiry(asked=asked, solves=True, budget=0), BuildingSource(world))
    assert [len(found.behind) for found in report.freshness.values()] == [1, 0]
    assert text(page(report)).splitlines()[1:] == [
        "  uv 0.13.9: not at the newest usable release: a 1.0 (one release behind 2.0)",
        "  pip 26.3: the package is at the newest usable release",
        "  pip 26.3: newer, but not usable here: a 2.0 needs Python >=3.6,<3.10",
    ]


def test_local_builds_of_a_version_are_as_new_as_each_other() -> None:
    torch = {"torch": releases("torch", "2.3.0+cpu", "2.3.0+cu118", "2.3.0+cu121")}
    assert behind(report_of(small_world("local", torch, "torch==2.3.0+cpu"))) == []


def test_what_was_not_read_whole_is_not_counted() -> None:
    app = {"app": releases("app", "1 tool"), "tool": releases("tool", "1")}
    world = small_world("unread", app, "app", "tool")
    elsewhere = f"{INDEX}-later"
    refused = Unreadable(index=INDEX, reason="unauthorized", status=401)

    class Closed(BuildingSource):
        def page(self, index: str, name: NormalizedName) -> Page:
            return refused if (index, name) == (INDEX, "tool") else super().page(index, name)

    source = Closed(world, extra={elsewhere: world})
    question = asked_of(world, PIP, indexes=Indexes(default=INDEX, extra=(elsewhere,)))
    report = answer(Inquiry(asked=(Asked(policy=PIP, question=question),), solves=True, budget=0), source)
    assert [one.version for one in report.runs[0].pins] == ["1", "1"]
    assert (count(report).compared, count(report).unknown) == (1, ("tool",))
    assert "  the package is at the newest usable release; not known of tool" in text(page(report))


def test_of_several_indexes_only_those_count_that_the_resolver_looks_at() -> None:
    world = small_world("first", {"a": releases("a", "1.0")}, "a")
    report = report_of(world, later=small_world("later", {"a": releases("a", "2.0")}))
    assert behind(report) == [], "uv looks at the first index only"
    both = report_of(
        world, later=small_world("later", {"a": releases("a", "2.0")}), index_strategy="unsafe-first-match"
    )
    assert behind(both) == [("a", "1.0", "2.0", 1)]


def test_no_page_or_file_is_asked_for_that_the_run_did_not_ask_for() -> None:
    world = small_world("flask", FLASK, "flask", "click<8")
    question = asked_of(world)
    recorder = Recorder(WorldSource(world))
    report = answer(Inquiry(asked=(Asked(policy=UV, question=question),), solves=True, budget=0), recorder)
    before = recorder.world()
    assert freshness(report.runs[0], Releases(question, UV, recorder)) == count(report)
    after = recorder.world()
    assert (after.pages.keys(), after.metadata.keys()) == (before.pages.keys(), before.metadata.keys())


def test_every_form_says_it_and_the_document_keeps_to_the_schema() -> None:
    dedlin = (release("dedlin", "1.19.4"), release("dedlin", "1.20.0", requires_python=">=3.13"))
    report = report_of(small_world("all", {**FLASK, "dedlin": dedlin}, "flask", "click<8", "dedlin"))
    full = page(report, verbose=True)
    for shown in (said(report), markdown(report, page(report), full)):
        plain = re.sub(r"[`\\]", "", shown)
        assert "flask 2.0 (four releases behind 3.1)" in plain
        assert "dedlin 1.19.4 (2024), not 1.20.0: it needs Python >=3.13" in plain
    cells = re.sub(r"<[^>]*>", " ", html(report, full)).split()
    assert "flask 2.0 3.1 4" in " ".join(cells)
    written = document(report)
    Draft202012Validator(schema()).validate(written)
    fresh = written["runs"][0]["freshness"]
    assert (fresh["newest"], fresh["compared"]) == (1, 3)
    assert fresh["behind"][0] == {"project": "flask", "version": "2.0", "newest": "3.1", "releases": 4, "own": True}
    assert fresh["out_of_reach"] == [
        {
            "project": "dedlin", "version": "1.20.0", "own": True,
            "exclusions": [{"reason": "requires-python", "value": ">=3.13"}],
        }
    ]  # fmt: skip
    verbose = said(report, verbose=True)
    assert [line for line in verbose.splitlines() if line.split()[:3] == ["flask", "2.0", "3.1"]]


def test_a_run_without_an_answer_is_not_counted() -> None:
    report = report_of(small_world("none", FLASK, "flask>2", "click<8"))
    assert report.freshness == {}
    assert document(report)["runs"][0]["freshness"] is None


def test_what_a_gate_looks_for_is_reported_however_harmless_it_is() -> None:
    """azure-cli of 2019 after a hundred refusals: nothing warns, and a gate on BT101 says what it found."""
    app = {"app": releases("app", "1 flask click<8"), **FLASK}
    report = report_of(small_world("flask", app, "app"))
    held = [one for one in report.findings if one.code == "BT101"]
    assert [one.subject for one in held] == ["flask"]
    assert exit_code(report, frozenset({"BT101"})) == 4
    assert "BT101" not in said(report)
    gated = text(page(report, gated={"BT101"}))
    assert "flask 2.0 (2024), not 3.1: app 1 needs click<8" in gated
    assert gated.count("BT101") == 1
    assert text(page(report, gated={"BT102"})) == said(report)


@pytest.mark.parametrize("command", ["why", "compare"])
def test_a_gate_is_answered_in_the_text_of_every_command(command: str) -> None:
    world = small_world("flask", FLASK, "flask", "click<8")
    report = report_of(world, why="click" if command == "why" else None)
    report = msgspec.structs.replace(report, question=msgspec.structs.replace(report.question, command=command))
    assert "flask 2.0 (2024), not 3.1" in text(page(report, gated={"BT101"}))
    assert "flask 2.0 (2024), not 3.1" not in said(report)
