"""Stories without an answer: which lines contradict each other, by which chains, and what would help."""

from collections.abc import Iterable, Mapping

import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion

from backtrail.explain.causes import smallest_sets
from backtrail.explain.evidence.available_releases import Stock
from backtrail.explain.explanation import explain
from backtrail.explain.findings.conflict import explained
from backtrail.explain.lookup import close_names
from backtrail.explain.remedies.budget import Budget
from backtrail.inputs.requirement_text import read_requirement
from backtrail.inquiry import Asked as AskedOne
from backtrail.inquiry import Inquiry, answer, resolve
from backtrail.model.case import Report
from backtrail.model.files import File
from backtrail.model.finding import Conflict, Finding, Remedy, RemedyResult, Thrash
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.requirement import Origin
from backtrail.model.run import Run
from backtrail.model.trail import Outcome
from backtrail.report.page import page
from backtrail.report.skins.text import text
from backtrail.sources.limited import RATION, Rationed
from support.ours import INDEX, BuildingSource, elsewhere, question_of
from support.worlds import Project, Release, World, release
from support.worlds import Question as Asked

UV = Policy(tool="uv", release="0.13.9")
PIP = Policy(tool="pip", release="26.3")
BOTH = pytest.mark.parametrize("policy", [UV, PIP], ids=lambda policy: policy.tool)
LINUX = "manylinux_2_17_x86_64"


class Explained:
    """A question, its run, and what is found in it."""

    def __init__(
        self, projects: Mapping[str, tuple[Release, ...]], asked: Asked, policy: Policy = UV, budget: int = 24
    ) -> None:
        world = World(
            name="story",
            projects=tuple(Project(name=name, releases=releases) for name, releases in projects.items()),
            question=asked,
        )
        self.policy = policy
        self.source = BuildingSource(world)
        self.question = question_of(world, policy)
        self.run = self.solve(self.question)
        self.solved = 0
        left, worlds = Budget(budget), elsewhere(policy, self.source)
        self.findings = explain(self.run, self.question, policy, self.source, self.solve, budget=left, elsewhere=worlds)

    def solve(self, question: Question) -> Run:
        self.solved = getattr(self, "solved", 0) + 1
        return resolve(question, self.policy, self.source)

    @property
    def conflicts(self) -> list[Conflict]:
        return [one.detail for one in self.findings if isinstance(one.detail, Conflict)]

    @property
    def lines(self) -> list[list[str]]:
        return [[line.requirement.text for line in one.lines] for one in self.conflicts]

    @property
    def chains(self) -> list[list[str]]:
        return [[link.asked.requirement.text for link in chain.links] for one in self.conflicts for chain in one.chains]

    def finding(self, code: str) -> Finding:
        return next(one for one in self.findings if one.code == code)

    def remedies(self, code: str = "BT109") -> list[tuple[str, str, str | None]]:
        found = self.finding(code).remedies
        return [(one.kind, one.change, one.of) for one in found if one.result is RemedyResult.VERIFIED]

    def text(self, *, verbose: bool = False) -> str:
        report = Report(question=self.question, runs=(self.run,), findings=self.findings)
        return text(page(report, verbose=verbose)).replace(INDEX, "the index")


def releases(name: str, *texts: str) -> tuple[Release, ...]:
    """``"1.0 blocker<2"``: a release and what it needs, as a wheel for every machine."""
    return tuple(release(name, *text.split(" ")) for text in texts)


def on(*requirements: str, constraints: tuple[str, ...] = ()) -> Asked:
    platform = "x86_64-unknown-linux-gnu"
    return Asked(requirements=requirements, constraints=constraints, python="3.11", python_platform=platform)


WEB = {
    "web": releases("web", "1.0", "2.0", "2.1", "2.2", "3.0", "4.0", "4.2", "5.0"),
    "rest": releases("rest", "3.13 web>=2.2", "3.14 web>=3.0", "3.15 web>=4.0", "3.16 web>=4.2", "3.16.1 web>=4.2"),
}


@BOTH
def test_a_new_line_needs_more_than_an_old_one_admits(policy: Policy, snapshot: SnapshotAssertion) -> None:
    shown = Explained(WEB, on("web<3", "rest>=3.15"), policy)
    assert shown.run.outcome is Outcome.IMPOSSIBLE
    (conflict,) = shown.conflicts
    assert shown.lines == [["web<3", "rest>=3.15"]]
    assert (conflict.minimal, conflict.project, conflict.because) == (True, "web", "beside")
    assert shown.chains == [["web<3"], ["rest>=3.15", "web>=4.2"]]
    assert conflict.chains[1].links[1].versions == ("3.16.1", "3.16", "3.15")
    assert conflict.chains[1].links[1].others == ("web>=4.0",)
    assert [(chain.admits.count, chain.admits.runs) for chain in conflict.chains] == [
        (4, (("2.2", "1.0"),)),
        (2, (("5.0", "4.2"),)),
    ]
    assert shown.remedies() == [("relax", "web", "web<3"), ("relax", "rest>=3.13", "rest>=3.15")]
    assert shown.text() == snapshot


def test_a_remedy_is_applied_and_solves() -> None:
    shown = Explained(WEB, on("web<3", "rest>=3.15"))
    remedy: Remedy = shown.finding("BT109").remedies[1]
    assert remedy.pins_changed == {"rest": (None, "3.13"), "web": (None, "2.2")}
    again = Explained(WEB, on("web<3", "rest>=3.13"))
    assert {pin.name: pin.version for pin in again.run.pins} == {"rest": "3.13", "web": "2.2"}


CHAINS = {
    "shop": releases("shop", "1.0 cart", "2.0 cart>=2"),
    "cart": releases("cart", "1.0 money<2", "2.0 money<2"),
    "bank": releases("bank", "1.0 ledger", "2.0 ledger"),
    "ledger": releases("ledger", "1.0 money>=2", "2.0 money>=2.1"),
    "money": releases("money", "1.0", "1.9", "2.0", "2.1"),
    "mail": releases("mail", "1.0"),
}


@BOTH
def test_two_lines_that_name_neither_meet_at_the_end_of_chains_of_three(
    policy: Policy, snapshot: SnapshotAssertion
) -> None:
    shown = Explained(CHAINS, on("mail", "shop", "bank"), policy)
    assert shown.lines == [["shop", "bank"]]
    assert shown.chains == [["shop", "cart>=2", "money<2"], ["bank", "ledger", "money>=2.1"]]
    assert sorted(shown.remedies()) == [("drop", "", "bank"), ("drop", "", "shop")]
    assert shown.text(verbose=True).partition(f"\n{policy.tool} ")[0] == snapshot


def test_the_proof_ends_in_no_answer() -> None:
    (conflict,) = Explained(CHAINS, on("mail", "shop", "bank")).conflicts
    assert [step.number for step in conflict.proof] == list(range(1, len(conflict.proof) + 1))
    assert conflict.proof[-1].claims[0].project is None
    asking = {(fact.by, fact.project) for step in conflict.proof for fact in step.facts}
    assert asking == {
        (None, "shop"), (None, "bank"), ("shop", "cart"), ("cart", "money"), ("bank", "ledger"), ("ledger", "money"),
    }  # fmt: skip


@BOTH
def test_a_contradiction_in_ones_own_lines(policy: Policy) -> None:
    shown = Explained({"tool": releases("tool", "1.0", "2.0", "3.0")}, on("tool>2", "tool<2"), policy)
    assert shown.lines == [["tool>2", "tool<2"]]
    assert (shown.conflicts[0].project, shown.conflicts[0].because) == ("tool", "beside")
    assert shown.remedies() == [("relax", "tool", "tool<2"), ("relax", "tool>=1.0", "tool>2")]


@BOTH
def test_two_conflicts_are_shown_apart_and_once_each(policy: Policy) -> None:
    shown = Explained({**WEB, **CHAINS}, on("web<3", "shop", "rest>=3.15", "mail", "bank"), policy)
    assert sorted(shown.lines) == [["shop", "bank"], ["web<3", "rest>=3.15"]]
    assert all(one.minimal for one in shown.conflicts)
    verdict, _, first, *rest = shown.text().splitlines()
    for lines in ("web<3 and rest>=3.15", "shop and bank"):
        assert f"{lines} cannot be met together" in verdict
    assert first.startswith("no release of")
    assert [line for line in rest if "cannot be met together: no release of" in line]


@BOTH
def test_a_constraint_is_a_line_as_well(policy: Policy) -> None:
    shown = Explained(WEB, on("rest", constraints=("web<2",)), policy)
    assert shown.lines == [["rest", "web<2"]]
    assert [line.constraint for line in shown.conflicts[0].lines] == [False, True]
    assert ("relax", "web", "web<2") in shown.remedies()


# The three sentences that are never mixed


@BOTH
def test_no_such_version_exists(policy: Policy) -> None:
    shown = Explained(
        {"app": releases("app", "1.0 tool>=3"), "tool": releases("tool", "1.0", "2.0")}, on("app"), policy
    )
    (conflict,) = shown.conflicts
    assert (shown.chains, conflict.because, conflict.chains[0].admits.count) == ([["app", "tool>=3"]], "no-version", 0)
    assert "no such version exists: tool>=3" in shown.text(verbose=True)


@BOTH
def test_none_fits_this_python(policy: Policy, snapshot: SnapshotAssertion) -> None:
    tools = (*releases("tool", "1.0"), release("tool", "2.0", requires_python=">=3.12"))
    shown = Explained({"app": releases("app", "1.0 tool>=2"), "tool": tools}, on("app", "tool"), policy)
    (conflict,) = shown.conflicts
    assert (shown.chains, conflict.because) == ([["app", "tool>=2"]], "unusable")
    assert conflict.refused is not None
    assert conflict.refused.requires_python == (">=3.12",)
    assert shown.remedies()[0][:2] == ("python", "3.12")  # the nearest, not the newest
    assert shown.text().partition("\n\n")[2] == snapshot


@BOTH
def test_a_python_one_patch_apart(policy: Policy) -> None:
    """A release that needs Python 3.11.4 asked about with 3.11: both are called in full, and 3.11.4 is the remedy."""
    tools = (*releases("tool", "1.0"), release("tool", "2.0", requires_python=">=3.11.4,!=3.12.0"))
    shown = Explained({"app": releases("app", "1.0 tool>=2"), "tool": tools}, on("app", "tool"), policy)
    (conflict,) = shown.conflicts
    assert conflict.refused is not None
    assert conflict.refused.pythons == ("3.11.4", "3.12.1", "3.13", "3.14")
    assert shown.remedies()[0][:2] == ("python", "3.11.4")
    assert "has a file for Python 3.11.0 on " in shown.text()
    assert "there are files for Python 3.11.4, 3.12.1, 3.13 and 3.14" in shown.text()


@BOTH
def test_none_fits_this_platform(policy: Policy) -> None:
    tools = (*releases("tool", "1.0"), release("tool", "2.0", tags=("cp311-cp311-win_amd64",)))
    shown = Explained({"app": releases("app", "1.0 tool>=2"), "tool": tools}, on("app", "tool"), policy)
    (conflict,) = shown.conflicts
    assert conflict.because == "unusable"
    assert conflict.refused is not None
    assert conflict.refused.nearest is not None
    assert conflict.refused.nearest.axes == ("platform",)


def test_one_is_hidden_by_policy() -> None:
    projects = {"app": releases("app", "1.0 tool>=1.5"), "tool": releases("tool", "1.0", "2.0rc1")}
    shown = Explained(projects, on("app", "tool<3"), Policy(tool="uv", release="0.4.18"))
    (conflict,) = shown.conflicts
    assert conflict.because == "hidden"
    assert conflict.hidden is not None
    assert (conflict.hidden.version, conflict.hidden.rule) == ("2.0rc1", "prerelease")
    assert shown.remedies()[0][:2] == ("policy", "--prerelease allow")


@BOTH
def test_newer_ones_are_for_another_python_and_an_older_one_is_yanked(
    policy: Policy, snapshot: SnapshotAssertion
) -> None:
    """Two ways out, and both are told: the newer releases come first, as the resolver looks at them first."""
    tools = (
        *releases("tool", "1.0"),
        release("tool", "2.0", yanked="broken"),
        release("tool", "2.1", requires_python=">=3.12"),
    )
    shown = Explained({"app": releases("app", "1.0 tool>=2"), "tool": tools}, on("app"), policy)
    (conflict,) = shown.conflicts
    assert conflict.because == "unusable"
    assert (conflict.refused is not None, conflict.hidden is not None) == (True, True)
    assert shown.remedies()[0][:2] == ("python", "3.12")
    assert shown.text().partition("\n\n")[2] == snapshot


@BOTH
def test_each_line_of_a_conflict_is_shown_with_its_way(policy: Policy) -> None:
    """The last dead end of pip is not all that was needed: what the other line asks for may be far from it."""
    projects = {
        "chain": releases("chain", "1.0 smith<1 community"),
        "community": releases("community", "1.0 smith<1 core", "2.0 smith>=1 core"),
        "core": releases("core", "1.0 smith<1", "2.0 smith>=1"),
        "openai": releases("openai", "1.0 core>=2"),
        "smith": releases("smith", "0.1", "0.2", "1.0"),
    }
    shown = Explained(projects, on("chain==1.0", "openai"), policy)
    assert shown.chains == [["chain==1.0", "smith<1"], ["openai", "core>=2", "smith>=1"]]


def test_a_run_that_shows_less_than_was_needed_is_proved_by_another_engine() -> None:
    projects = {
        "chain": releases("chain", "1.0 smith<1"),
        "core": releases("core", "1.0", "2.0 smith>=1"),
        "openai": releases("openai", "1.0 core>=2"),
        "smith": releases("smith", "0.1", "1.0"),
    }
    shown = Explained(projects, on("chain", "openai"), PIP)
    less = msgspec.structs.replace(shown.run, trail=())
    stock = Stock(shown.question, PIP, shown.source)
    found = smallest_sets.Smallest(smallest_sets.own_lines(shown.question), minimal=True, run=less)
    by_itself = explained(found, stock, lambda _: None)
    proved = explained(found, stock, lambda _: resolve(shown.question, UV, shown.source))
    assert [len(one.links) for one in by_itself.chains] == [1, 1]
    assert [[link.asked.requirement.text for link in one.links] for one in proved.chains] == [
        ["chain", "smith<1"], ["openai", "core>=2", "smith>=1"],
    ]  # fmt: skip


def test_what_few_releases_ask_for_is_not_why_none_can_be_used() -> None:
    """The oldest release asks for what is not there, all others for what has no file for this Python."""
    app = ["0.9 lite==9", *(f"1.{number} whisper" for number in range(4))]
    projects = {
        "app": releases("app", *app),
        "lite": releases("lite", "1.0"),
        "whisper": releases("whisper", "1.0 translate"),
        "translate": (release("translate", "1.0", tags=("cp310-cp310-manylinux_2_17_x86_64",)),),
    }
    shown = Explained(projects, on("app"))
    assert shown.chains == [["app", "whisper", "translate"]]
    assert shown.conflicts[0].because == "unusable"


def test_long_markers_are_left_to_the_table() -> None:
    lines = ("shell<8 ; python_version <= '3.11' and sys_platform != 'win32'", "site ; python_version > '3.8'")
    projects = {"site": releases("site", "1.0 shell>=8"), "shell": releases("shell", "7.0", "8.0")}
    (headline, *rest) = Explained(projects, on(*lines)).text().splitlines()
    assert headline.endswith(": shell<8 and site cannot be met together")
    assert any(lines[0] in one for one in rest)


def test_the_one_release_that_has_a_file_has_invalid_metadata() -> None:
    """The others are for other Pythons: that is no reason to say nothing of the one that is not."""
    projects = {
        "gpu": (
            release("gpu", "2.11", tags=("cp39-cp39-manylinux_2_17_x86_64",)),
            release("gpu", "2.12", 'python_version>"3.7"a'),
        )
    }
    shown = Explained(projects, on("gpu"), PIP)
    (conflict,) = shown.conflicts
    assert conflict.because == "invalid-metadata"
    assert [one.version for one in conflict.unreadable] == ["2.12"]


def test_a_line_that_another_finding_speaks_of_is_no_conflict() -> None:
    shown = Explained({"known": releases("known", "1.0")}, on("known", "knwon"))
    assert [one.code for one in shown.findings] == ["BT107"]


# The budget


def test_without_a_budget_the_lines_of_the_proof_are_named_and_not_called_minimal() -> None:
    shown = Explained(CHAINS, on("mail", "shop", "bank"), budget=0)
    assert shown.lines == [["shop", "bank"]]
    assert not shown.conflicts[0].minimal
    assert "fewer lines may be enough" in shown.text()


@BOTH
def test_few_solves_are_needed(policy: Policy) -> None:
    """Twenty lines beside the two: the proof, or the last dead end, names the suspects."""
    others = {f"other{number}": releases(f"other{number}", "1.0") for number in range(20)}
    shown = Explained({**CHAINS, **others}, on(*others, "shop", "bank"), policy)
    assert shown.lines == [["shop", "bank"]]
    assert shown.solved <= 8


# Why not


def why(
    projects: Mapping[str, tuple[Release, ...]], subject: str, asked: Asked, *policies: Policy
) -> tuple[Report, str]:
    world = World(
        name="story",
        projects=tuple(Project(name=name, releases=each) for name, each in projects.items()),
        question=asked,
    )
    questions = [
        msgspec.structs.replace(question_of(world, policy), command="why", subject=read_requirement(subject, Origin()))
        for policy in policies
    ]
    ones = tuple(AskedOne(policy=policy, question=each) for policy, each in zip(policies, questions, strict=True))
    report = answer(Inquiry(asked=ones, solves=True, budget=24), BuildingSource(world))
    return report, text(page(report)).replace(INDEX, "the index")


ARRAYS = {
    "arrays": releases("arrays", "1.0", "2.0", "2.1"),
    "compiler": releases("compiler", "0.5 arrays", "0.6 arrays<2.1", "0.7 arrays<2.1"),
    "plots": releases("plots", "1.0 arrays"),
}


def test_a_version_not_chosen_and_what_else_must_move(snapshot: SnapshotAssertion) -> None:
    report, shown = why(ARRAYS, "compiler>=0.6", on("arrays", "compiler", "plots"), UV)
    found = report.answers["uv@0.13.9"].instead
    assert found is not None
    assert (found.outcome, found.conflict) == (Outcome.SOLVED, None)
    assert found.pins_changed == {"arrays": ("2.1", "2.0"), "compiler": ("0.5", "0.7")}
    assert shown == snapshot


@BOTH
def test_a_version_not_chosen_and_the_chains_that_forbid_it(policy: Policy, snapshot: SnapshotAssertion) -> None:
    report, shown = why(ARRAYS, "compiler>=0.6", on("arrays>=2.1", "compiler", "plots"), policy)
    found = report.answers[policy.key].instead
    assert found is not None
    assert found.outcome is Outcome.IMPOSSIBLE
    assert found.conflict is not None
    assert found.conflict.minimal
    assert [line.requirement.text for line in found.conflict.lines] == ["arrays>=2.1", "compiler>=0.6"]
    assert shown == snapshot


def test_what_the_pin_meets_already_needs_no_change() -> None:
    report, _ = why(ARRAYS, "compiler>=0.5", on("arrays", "compiler"), UV)
    assert report.answers["uv@0.13.9"].instead is None


# Thrash


def clouds(count: int) -> dict[str, tuple[Release, ...]]:
    """A client that pins its core, release by release, and a tool that needs an old core."""
    numbers = range(count)
    return {
        "core": releases("core", *(f"1.{number}" for number in numbers)),
        "client": releases("client", *(f"1.{number} core==1.{number}" for number in numbers)),
        "tool": releases("tool", "1.0 core<1.1"),
    }


@BOTH
def test_a_walk_through_all_releases_is_reported(policy: Policy, snapshot: SnapshotAssertion) -> None:
    shown = Explained(clouds(80), on("client", "tool"), policy)
    assert shown.run.outcome is Outcome.SOLVED
    finding = shown.finding("BT110")
    detail = finding.detail
    assert isinstance(detail, Thrash)
    assert (finding.severity.value, finding.subject) == ("info", "client")
    assert detail.efforts[0].versions == 80
    met = detail.collisions[0]
    assert {met.one.by, met.other.by} == {"client", "tool"}
    assert {met.one.requirement.name, met.other.requirement.name} == {"core"}
    assert met.times > 40
    assert shown.text(verbose=True).partition(f"\n{policy.tool} ")[0] == snapshot


def test_a_costly_walk_has_a_way_round() -> None:
    shown = Explained(clouds(300), on("client", "tool"))
    assert shown.finding("BT110").severity.value == "warning"
    assert ("constrain", "client<=1.0", None) in shown.remedies("BT110")


def test_a_few_attempts_are_not_worth_a_word() -> None:
    shown = Explained(clouds(20), on("client", "tool"))
    assert "BT110" not in {one.code for one in shown.findings}


def test_where_it_gave_up_is_reported() -> None:
    world = clouds(80)
    shown = Explained(world, on("client", "tool"))
    few = msgspec.structs.replace(shown.question.options, max_rounds=30)
    question = msgspec.structs.replace(shown.question, options=few)
    run = shown.solve(question)
    assert run.outcome is Outcome.GAVE_UP
    findings = explain(run, question, UV, shown.source, shown.solve, budget=Budget(0))
    assert [(one.code, one.severity.value) for one in findings] == [("BT110", "error")]


# What to tell upstream


def test_a_missing_lower_bound_is_reported_with_who_could_have_set_it(snapshot: SnapshotAssertion) -> None:
    compilers = (
        release("compiler", "0.5", "arrays", tags=(), sdist=True),
        *releases("compiler", "0.6 arrays<2.1", "0.7 arrays<2.1"),
    )
    sounds = releases("sounds", "1.0 compiler>=0.5")
    shown = Explained({**ARRAYS, "compiler": compilers, "sounds": sounds}, on("arrays", "sounds"))
    detail = shown.finding("BT101").detail
    (missing,) = detail.upstream  # type: ignore[union-attr]
    assert (missing.asked.by, missing.asked.requirement.text, missing.bound) == (
        "sounds", "compiler>=0.5", "compiler>=0.6",
    )  # fmt: skip
    (line,) = [line for line in shown.text(verbose=True).splitlines() if "maintainers" in line]
    assert line == snapshot
    assert "maintainers" not in shown.text()


def test_a_fix_that_both_resolvers_come_to_is_reported_once() -> None:
    """uv had decided app when it stopped, pip had not: a fix moves other pins, and gives the same answer."""
    projects = {
        "app": (release("app", "1", "tool>=1"),),
        "tool": (release("tool", "1"), release("tool", "2", requires_python=">=3.12")),
    }
    world = World(
        name="both",
        projects=tuple(Project(name=name, releases=each) for name, each in projects.items()),
        question=on("app", "tool>1"),
    )
    asked = tuple(AskedOne(policy=policy, question=question_of(world, policy)) for policy in (UV, PIP))
    report = answer(Inquiry(asked=asked, solves=True, budget=24), BuildingSource(world))
    shown = text(page(report))
    assert "Fixes, each solved again with uv 0.13.9 and pip 26.3" in shown
    assert shown.count("tool>=1 instead of tool>1") == 1


def test_a_conflict_is_reported_once_though_its_fixes_give_each_resolver_other_pins() -> None:
    projects = {
        "app": (release("app", "1", "tool<2"),),
        "tool": (release("tool", "1"), release("tool", "2")),
        "extra": (release("extra", "1"), release("extra", "2", requires_python="<3.8")),
    }
    world = World(
        name="both",
        projects=tuple(Project(name=name, releases=each) for name, each in projects.items()),
        question=on("app", "tool>=2", "extra"),
    )
    asked = tuple(AskedOne(policy=policy, question=question_of(world, policy)) for policy in (UV, PIP))
    shown = text(page(answer(Inquiry(asked=asked, solves=True, budget=24), BuildingSource(world))))
    assert shown.count("BT109") == 1
    assert "solved again with uv 0.13.9 and pip 26.3, pins as with uv 0.13.9:" in shown


@BOTH
def test_a_trial_gives_up_where_a_run_would_read_on(policy: Policy) -> None:
    world = World(
        name="long",
        projects=tuple(Project(name=name, releases=each) for name, each in clouds(RATION + 20).items()),
        question=on("client", "tool"),
    )
    question, rationed = question_of(world, policy), Rationed(BuildingSource(world))
    assert resolve(question, policy, rationed.sparingly()).outcome is Outcome.GAVE_UP
    run = resolve(question, policy, rationed.freely())
    assert run.outcome is Outcome.SOLVED
    # What was read once may be read again.
    assert resolve(question, policy, rationed.sparingly()).pins == run.pins


def test_a_walk_asks_ahead_for_the_best_file_of_each_version_alone() -> None:
    wanted: list[str] = []

    class Noting(BuildingSource):
        def want_metadata(self, files: Iterable[File]) -> None:
            wanted.extend(file.filename for file in files)

    core, _, tool = clouds(30).values()
    world = World(
        name="long",
        projects=(
            Project(name="core", releases=core),
            Project(
                name="client",
                releases=tuple(release("client", f"1.{n}", f"core==1.{n}", sdist=True) for n in range(30)),
            ),
            Project(name="tool", releases=tool),
        ),
        question=on("client", "tool"),
    )
    assert resolve(question_of(world, PIP), PIP, Noting(world)).outcome is Outcome.SOLVED
    ahead = [name for name in wanted if name.startswith("client")]
    assert len(ahead) == len(set(ahead)) > 20
    assert not [name for name in ahead if name.endswith(".tar.gz")]


def test_a_final_release_speaks_for_its_project_where_there_is_one() -> None:
    """uv goes on to pre-releases when all others are refused; they are not what the user would have got."""
    shown = Explained(
        {
            "app": (release("app", "1", "tool>=5"), release("app", "2rc1", "tool>=6")),
            "tool": (release("tool", "1"), release("tool", "5"), release("tool", "6")),
        },
        on("app>=1", "tool<2"),
    )
    assert "app>=1 → tool>=5" in shown.text()


@BOTH
def test_of_thousands_of_lines_that_nothing_meets_some_are_shown(
    policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each further conflict costs a solve of all lines that are left: with many lines there are few."""
    asked = Asked(requirements=tuple(f"missing{number}" for number in range(6)))
    names = [one.subject for one in Explained({}, asked, policy).findings if one.code == "BT107"]
    assert names == [f"missing{number}" for number in range(6)]
    monkeypatch.setattr(smallest_sets, "_LINES", 6)
    few = Explained({}, asked, policy)
    assert [one.subject for one in few.findings if one.code == "BT107"] == names[:2]
    assert few.run.outcome is Outcome.IMPOSSIBLE


def test_names_like_one_that_is_not_there_are_looked_for_among_the_first_thousands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(close_names, "_SEEN", 2)
    assert close_names.close_names("zz-three", ["zz-one", "zz-threee", "zz-threes"]) == ("zz-threee",)
