"""Stories of versions that are older than they could be: what would have had to be otherwise."""

from pathlib import Path

import msgspec
import pytest
from packaging.utils import NormalizedName
from packaging.version import Version
from syrupy.assertion import SnapshotAssertion

from backtrail.explain.causes.newer import Chosen, Counterfactuals
from backtrail.explain.remedies.budget import Budget
from backtrail.inquiry import Asked, Inquiry, answer
from backtrail.model.case import Report
from backtrail.model.finding import Finding, HeldBack, Obstacle, ObstacleKind, RemedyResult, Severity
from backtrail.model.metadata import Metadata, MetadataSource
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.run import Pin, Run
from backtrail.model.source import Source
from backtrail.report.lines import plain
from backtrail.report.wording.obstacles import not_newer
from backtrail.resolvers.registry import parse_resolver, resolve
from support.ours import WorldSource, elsewhere
from support.small_worlds import Projects, asked_of, releases, report_of, said, small_world
from support.worlds import World, release

UV = parse_resolver("uv@0.13.9")
OLD_UV = parse_resolver("uv@0.5.2")
PIP = parse_resolver("pip@26.3")


def held(report: Report, subject: str) -> tuple[Finding, HeldBack]:
    (found,) = (one for one in report.findings if one.code == "BT101" and one.subject == subject)
    assert isinstance(found.detail, HeldBack)
    return found, found.detail


def because(detail: HeldBack) -> list[tuple[ObstacleKind, str, str]]:
    return [(one.kind, str(one.project), one.text) for one in detail.because]


def verified(finding: Finding) -> list[tuple[str, str, str | None]]:
    return [(one.kind, one.change, one.of) for one in finding.remedies if one.result is RemedyResult.VERIFIED]


# Flask and click in small: every newer site needs a newer shell, and the user says otherwise.

SITE: Projects = {
    "site": releases("site", "1.1 shell>=5", "2.0 shell>=7,<9", "2.1 shell>=8", "3.1 shell>=8.1"),
    "shell": releases("shell", "5.0", "7.1", "8.0", "8.1", "8.3"),
}


@pytest.mark.parametrize("policy", [UV, PIP], ids=lambda policy: policy.key)
def test_the_users_own_line_is_the_cause(policy: Policy, snapshot: SnapshotAssertion) -> None:
    report = report_of(small_world("own line", SITE, "site", "shell<8"), policy=policy)
    finding, detail = held(report, "site")
    assert (detail.chosen, detail.newest) == ("2.0", "3.1")
    assert because(detail) == [(ObstacleKind.OWN_LINE, "shell", "shell<8")]
    assert (detail.because[0].file, detail.because[0].line) == ("requirements.txt", 2)
    assert finding.severity is Severity.INFO
    assert verified(finding) == [("relax", "shell", "shell<8")]
    assert said(report) == snapshot


@pytest.mark.parametrize("policy", [UV, PIP], ids=lambda policy: policy.key)
def test_a_constraint_of_the_users_is_the_cause(policy: Policy) -> None:
    report = report_of(small_world("constraint", SITE, "site", constraints=("shell<8",)), policy=policy)
    finding, detail = held(report, "site")
    assert because(detail) == [(ObstacleKind.CONSTRAINT, "shell", "shell<8")]
    assert verified(finding) == [("relax", "shell", "shell<8")]


def test_an_override_of_the_users_is_the_cause() -> None:
    """uv alone knows overrides: all newer shells are gone, whoever asks for them."""
    projects: Projects = {
        "site": releases("site", "1.1", "2.1 shell>=8 jacket"),
        "shell": releases("shell", "7.1", "8.0"),
        "jacket": releases("jacket", "1.0 shell>=8 lining"),
        "lining": releases("lining", "2.0"),
    }
    report = report_of(small_world("override", projects, "site", overrides=("lining<2",)))
    _, detail = held(report, "site")
    assert because(detail) == [(ObstacleKind.OVERRIDE, "lining", "lining<2")]


# Airflow and pydantic in small: what the line forbids is two steps away.


def test_the_users_own_line_forbids_what_is_two_steps_away(snapshot: SnapshotAssertion) -> None:
    projects: Projects = {
        "flow": releases("flow", "2.10 schema<3", "2.11 schema<3", "3.0 flow-core==3.0", "3.2 flow-core==3.2"),
        "flow-core": releases("flow-core", "3.0 schema>=2.10", "3.2 schema>=2.11"),
        "schema": releases("schema", "1.10", "2.10", "2.11"),
    }
    report = report_of(small_world("transitive", projects, "flow", "schema<2"))
    finding, detail = held(report, "flow")
    assert because(detail) == [(ObstacleKind.OWN_LINE, "schema", "schema<2")]
    assert [[link.asked.requirement.text for link in chain.links] for chain in detail.chains] == [
        ["flow==3.2", "flow-core==3.2", "schema>=2.11"], ["schema<2"],
    ]  # fmt: skip
    assert verified(finding) == [("relax", "schema", "schema<2")]
    assert said(report) == snapshot


# azure-cli in small: the newest pins pre-releases of its parts exactly, and early uv takes those of the user only. What
# stands beside the old one, the old batch library, is there because of it.

CLOUD: Projects = {
    "cloud": releases(
        "cloud", "2.0 batch<7", "2.65 batch>=14 vault==4.4.0b1 keys==4.9.0b2",
        "2.66 batch>=14 vault==4.4.0b2 keys==4.9.0b3",
    ),
    "batch": releases("batch", "6.0", "14.2"),
    "vault": releases("vault", "4.0", "4.4.0b1", "4.4.0b2"),
    "keys": releases("keys", "4.8", "4.9.0b2", "4.9.0b3"),
}  # fmt: skip


def test_a_root_is_held_back_by_hidden_prereleases_of_its_parts(snapshot: SnapshotAssertion) -> None:
    report = report_of(small_world("prereleases", CLOUD, "cloud"), policy=OLD_UV)
    finding, detail = held(report, "cloud")
    assert (detail.chosen, detail.newest, detail.blocker) == ("2.0", "2.66", None)
    assert because(detail) == [(ObstacleKind.PRERELEASE, "vault", ""), (ObstacleKind.PRERELEASE, "keys", "")]
    assert [(one.by, one.version) for one in detail.because] == [("cloud", "4.4.0b2"), ("cloud", "4.9.0b3")]
    assert ("policy", "--prerelease allow", None) in verified(finding)
    assert "batch" not in {group.on for group in detail.refused}
    assert said(report) == snapshot


def test_the_newest_uv_takes_the_prereleases_that_a_package_asks_for() -> None:
    report = report_of(small_world("prereleases", CLOUD, "cloud"), policy=UV)
    assert {str(pin.name): pin.version for pin in report.runs[0].pins}["cloud"] == "2.66"
    assert [one for one in report.findings if one.code == "BT101"] == []


# ansible-lint for Windows in small: every newer one needs there what is yanked and nothing else.


def test_every_newer_version_needs_a_project_that_is_yanked_altogether(snapshot: SnapshotAssertion) -> None:
    projects: Projects = {
        "lint": releases(
            "lint", "6.8 yaml<0.18", *(f"6.{minor} yaml>=0.18 not-for-this-system" for minor in (9, 10, 22))
        ),
        "not-for-this-system": (release("not-for-this-system", "0.1", yanked="there is nothing to install"),),
        "yaml": releases("yaml", "0.17", "0.18"),
    }
    report = report_of(small_world("yanked", projects, "lint"))
    finding, detail = held(report, "lint")
    assert because(detail) == [(ObstacleKind.YANKED, "not-for-this-system", "there is nothing to install")]
    assert detail.blocker is None
    assert verified(finding) == [("add", "not-for-this-system==0.1", None)]
    assert said(report) == snapshot


def test_a_chain_of_exact_pins_on_yanked_files_is_lifted_by_the_users_own(snapshot: SnapshotAssertion) -> None:
    """It is an exact pin that asks for the yanked release, and not the user's own: made a line, it is taken."""
    projects: Projects = {
        "suite": releases("suite", "1.0", "2.0 part==2.0"),
        "part": releases("part", "1.0", "2.0 core==2.0"),
        "core": (*releases("core", "1.0"), release("core", "2.0", yanked="broken")),
    }
    report = report_of(small_world("pins", projects, "suite"))
    finding, detail = held(report, "suite")
    assert because(detail) == [(ObstacleKind.YANKED, "core", "broken")]
    assert verified(finding) == [("add", "core==2.0", None)]
    assert said(report) == snapshot


# dedlin in small: the newest is for another Python, and nothing is in conflict.


@pytest.mark.parametrize("policy", [UV, PIP], ids=lambda policy: policy.key)
def test_the_newest_is_for_a_newer_python(policy: Policy, snapshot: SnapshotAssertion) -> None:
    projects: Projects = {"editor": (*releases("editor", "1.19"), release("editor", "1.20", requires_python=">=3.13"))}
    report = report_of(small_world("python", projects, "editor"), policy=policy)
    finding, detail = held(report, "editor")
    assert (detail.newest, because(detail)) == ("1.20", [(ObstacleKind.REQUIRES_PYTHON, "editor", ">=3.13")])
    assert verified(finding) == [("python", "3.13", None)]
    assert said(report) == snapshot


def test_what_the_newest_needs_has_files_for_another_python() -> None:
    """The Python for which all of it has files, not the nearest for which some of it has."""
    manylinux = "manylinux_2_17_x86_64"
    projects: Projects = {
        "bot": releases("bot", "0.1", "3.6 flow==2.12 voice==1.0"),
        "flow": (release("flow", "2.12", tags=(f"cp39-cp39-{manylinux}", f"cp310-cp310-{manylinux}")),),
        "voice": (release("voice", "1.0", tags=(f"cp39-cp39-{manylinux}",)),),
    }
    finding, detail = held(report_of(small_world("files", projects, "bot")), "bot")
    assert [(kind, project) for kind, project, _ in because(detail)] == [
        (ObstacleKind.TAGS, "flow"), (ObstacleKind.TAGS, "voice"),
    ]  # fmt: skip
    assert verified(finding) == [("python", "3.9", None)]


def test_what_a_freed_line_would_take_is_not_what_the_version_needs() -> None:
    """Two facts, and both are needed: the user's line, and the cut-off behind it."""
    own = Obstacle(
        kind=ObstacleKind.OWN_LINE, text="schemas<0.2", file="requirements.txt", line=2,
        project=NormalizedName("schemas"),
    )  # fmt: skip
    late = Obstacle(
        kind=ObstacleKind.CUT_OFF, text="2025-06-01T00:00:00Z", project=NormalizedName("schemas"), version="2.1"
    )
    early = msgspec.structs.replace(late, kind=ObstacleKind.PRERELEASE, text="")
    report = report_of(small_world("two", SITE, "site", "shell<8"))
    line = "your line schemas<0.2 (requirements.txt:2)"
    for fact, alone, beside in (
        (late, "that needs schemas 2.1, which was uploaded after the cut-off (2025-06-01)",
         "schemas 2.1 was uploaded after the cut-off (2025-06-01)"),
        (early, "that needs schemas 2.1, a pre-release, which is not allowed",
         "schemas 2.1 is a pre-release, which is not allowed"),
    ):  # fmt: skip
        assert plain(not_newer("json", "1.20", (fact,), report)) == f", not 1.20: {alone}"
        both = plain(not_newer("json", "1.20", (own, fact), report))
        assert both == f", not 1.20, because of {line} and because {beside}"


def test_a_newer_release_of_the_root_is_an_sdist_and_those_are_forbidden() -> None:
    projects: Projects = {"tool": (*releases("tool", "1.0"), release("tool", "2.0", tags=(), sdist=True))}
    report = report_of(small_world("sdist", projects, "tool", only_binary=(":all:",)))
    finding, detail = held(report, "tool")
    assert because(detail) == [(ObstacleKind.FORMAT, "tool", "sdist")]
    assert verified(finding) == [("policy", "--no-binary tool", None)]


def test_what_a_package_requires_is_reported_where_no_line_says_it(snapshot: SnapshotAssertion) -> None:
    projects: Projects = {
        "web": releases("web", "4.2", "5.0", "5.1"),
        "admin": releases("admin", "1.0 web<5"),
    }
    report = report_of(small_world("requirement", projects, "web", "admin"))
    finding, detail = held(report, "web")
    assert because(detail) == [(ObstacleKind.REQUIREMENT, "web", "web<5")]
    assert (detail.because[0].by, detail.because[0].version) == ("admin", "1.0")
    assert finding.severity is Severity.INFO
    assert said(report) == snapshot


@pytest.mark.parametrize("policy", [UV, PIP], ids=lambda policy: policy.key)
def test_what_the_users_own_project_requires_is_the_cause_though_no_index_has_it(policy: Policy) -> None:
    """The line of the project leads nowhere when it is lifted; what the project requires is looked at then."""
    place = "git+https://code.example/demo@0123456789012345678901234567890123456789"
    wants = ("site", "shell<8")
    demo = Metadata(name="demo", version="1", requires_dist=wants, source=MetadataSource.PYPROJECT)
    world = small_world("own project", SITE, f"demo @ {place}")
    report = report_of(world, policy=policy, source=WorldSource(world, direct={place: demo}))
    _, detail = held(report, "site")
    assert (detail.chosen, detail.newest) == ("2.0", "3.1")
    assert because(detail) == [(ObstacleKind.REQUIREMENT, "shell", "shell<8")]
    assert detail.because[0].by == "demo"


def test_what_the_resolver_chose_is_reported_with_what_would_move(snapshot: SnapshotAssertion) -> None:
    """The newer plug-in is decided first; an older one has no cap."""
    projects: Projects = {
        "plugin": releases("plugin", "1.0 web", "2.0 web<5"),
        "web": releases("web", "4.2", "5.1"),
    }
    report = report_of(small_world("chosen", projects, "plugin", "web"))
    _, detail = held(report, "web")
    assert detail.because == ()
    assert detail.alternative == {"plugin": ("2.0", "1.0"), "web": ("4.2", "5.1")}
    assert (detail.blocker, detail.blocker_version, detail.blocker_first) == ("plugin", "2.0", True)
    assert said(report) == snapshot


def test_a_healthy_set_says_nothing_of_versions() -> None:
    projects: Projects = {"site": releases("site", "3.1 shell>=8"), "shell": releases("shell", "8.3")}
    assert report_of(small_world("healthy", projects, "site")).findings == ()


def test_what_a_walk_does_not_come_to_is_taken_from_another_engine_and_admitted_by_the_own_rules() -> None:
    """pip gives up on the newer web; the answer that uv's engine learns is one that pip's own rules take."""
    projects: Projects = {
        "plugin": releases("plugin", "1.0 web", "2.0 web<5"),
        "web": releases("web", "4.2", "5.1"),
    }
    world = small_world("walked", projects, "plugin", "web")
    question, source = asked_of(world, PIP), WorldSource(world)
    run = resolve(question, PIP, source)
    own, guide = elsewhere(PIP, source), elsewhere(UV, source)

    def gives_up(question: Question, where: Source) -> Run:
        bound = msgspec.structs.replace(question.options, max_rounds=1)
        return resolve(msgspec.structs.replace(question, options=bound), PIP, where)

    worlds = own._replace(solve=gives_up, guide=lambda asked: guide.solve(asked, source))
    causes = Counterfactuals(run, question, PIP, worlds, Budget(24))
    found = causes.of(pin_of(run, "web"), Version("5.1"), Version("5.1"))
    assert isinstance(found, Chosen)
    assert found.alternative == {"plugin": ("2.0", "1.0"), "web": ("4.2", "5.1")}


def pin_of(run: Run, name: str) -> Pin:
    found = run.pin(name)
    assert found is not None
    return found


def test_without_a_solve_to_spend_no_cause_is_claimed() -> None:
    report = report_of(small_world("unasked", SITE, "site", "shell<8"), budget=0)
    assert "site 2.0 (2024), not 3.1: why is not known" in said(report)


# A folder of the user's own: what its project requires is theirs to change, the line that asks for it says nothing.


@pytest.mark.parametrize("policy", [UV, PIP], ids=lambda policy: policy.key)
def test_what_a_project_in_a_folder_requires_is_the_users_own(policy: Policy, tmp_path: Path) -> None:
    url = tmp_path.as_uri()
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\nversion = "1.0"\n')
    world = small_world("folder", SITE, f"shop @ {url}")
    shop = Metadata(
        name="shop", version="1.0", requires_dist=("site", "shell<8"), source=MetadataSource.PYPROJECT, file="shop"
    )
    report = report_of(world, source=WorldSource(world, direct={url: shop}), policy=policy)
    finding, detail = held(report, "site")
    assert finding.severity is Severity.INFO
    assert [(one.kind, one.by, one.text) for one in detail.because] == [
        (ObstacleKind.REQUIREMENT, "shop", "shell<8"),
    ]  # fmt: skip
    assert "site 2.0 (2024), not 3.1: shop 1.0 needs shell<8" in said(report)


# What several resolvers say, and several versions at once.

OLD_TAGS = ("cp39-cp39-win_amd64",)


def asked_together(world: World, *policies: Policy) -> Report:
    asked = tuple(Asked(policy=one, question=asked_of(world, one)) for one in policies)
    return answer(Inquiry(asked=asked, solves=True, budget=24), WorldSource(world))


def test_a_cause_that_resolvers_share_is_told_once() -> None:
    """Each of them tried other versions on its way there."""
    report = asked_together(small_world("shared", SITE, "site", "shell<8"), UV, PIP, OLD_UV)
    assert len({one.runs for one in report.findings if one.subject == "site"}) == 3
    assert said(report).count("site 2.0 (2024), not 3.1") == 1


BASE: Projects = {
    "base": releases("base", "3", "5", "6"),
    "app": releases("app", "1", "2 base<4", "3 base>=6"),
}


def test_newer_versions_that_want_other_directions_are_told_apart() -> None:
    report = report_of(small_world("directions", BASE, "base<=5", "app"))
    _, detail = held(report, "app")
    assert [(one.versions, one.requirement) for one in detail.refused] == [(("3",), "base>=6"), (("2",), "base<4")]
    assert "app 1 (2024) chosen: each of the 2 newer versions does not fit beside base 5" in said(report)


def test_what_is_not_so_of_the_first_answer_names_its_resolver() -> None:
    text = said(asked_together(small_world("apart", BASE, "base<=5", "app"), UV, PIP))
    assert "\napp 1 (2024) chosen" in text
    assert "\npip 26.3: app 2 (2024), not 3, because of your line base<=5 (requirements.txt:1)" in text


def test_several_versions_that_wait_for_another_python_are_one_line() -> None:
    names = ("editor", "viewer", "printer")
    projects: Projects = {
        one: (*releases(one, "1.19"), release(one, "1.20", requires_python=">=3.13")) for one in names
    }
    report = report_of(small_world("pythons", projects, *names))
    named = "editor 1.19 (not 1.20), printer 1.19 (not 1.20) and viewer 1.19 (not 1.20)"
    assert f"{named}: the newest releases exclude Python 3.11" in said(report)
    assert said(report, verbose=True).count("it needs Python >=3.13") == 3


def test_what_one_package_pins_is_one_line_where_nothing_is_solved() -> None:
    names = ("lining", "pocket", "zipper")
    projects: Projects = {
        **{one: (release(one, "1.0", sdist=True, tags=OLD_TAGS), *releases(one, "2.0")) for one in names},
        "jacket": releases("jacket", "1.0 lining==1.0 pocket==1.0 zipper==1.0", "2.0 lining pocket zipper button>=9"),
        "button": releases("button", "1.0"),
    }
    report = report_of(small_world("pinned", projects, "jacket"), budget=0)
    named = "lining 1.0 (not 2.0), pocket 1.0 (not 2.0) and zipper 1.0 (not 2.0)"
    assert f"{named}: as jacket 1.0 asks" in said(report)
    assert "lining 1.0 (an sdist of 2024), not 2.0: asked for by jacket 1.0 as lining==1.0" in said(
        report, verbose=True
    )


def test_a_newest_release_that_no_file_fits_says_so_where_nothing_is_solved() -> None:
    projects: Projects = {"editor": (*releases("editor", "1.19"), release("editor", "1.20", requires_python=">=3.13"))}
    report = report_of(small_world("python", projects, "editor"), budget=0)
    _, detail = held(report, "editor")
    assert not detail.because
    assert "editor 1.19 (2024), not 1.20: it needs Python >=3.13" in said(report)
