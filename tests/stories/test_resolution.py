"""What a finished resolution means: small worlds, each with what is found in it and what would help."""

from collections.abc import Mapping
from dataclasses import replace

import msgspec
import pytest
from packaging.utils import NormalizedName

from backtrail.explain.explanation import explain
from backtrail.explain.remedies.budget import Budget
from backtrail.model.files import File
from backtrail.model.finding import (
    BuildAborts,
    BuildRefuses,
    Finding,
    HeldBack,
    Hidden,
    NotFound,
    ObstacleKind,
    PythonGuard,
    Refusals,
    Remedy,
    RemedyKind,
    RemedyResult,
    SdistChosen,
    Severity,
)
from backtrail.model.metadata import Failure, Metadata, SdistContents, Unavailable
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Run
from backtrail.model.trail import Because, Conflicted, Decided, Outcome, Required
from backtrail.resolvers.uv.engine import solve
from support import worlds
from support.ours import WorldSource, elsewhere, question_of
from support.worlds import Project, Release, World, release
from support.worlds import Question as Asked

UV = Policy(tool="uv", release="0.13.9")
OLD_UV = Policy(tool="uv", release="0.4.18")

LINUX = "manylinux_2_17_x86_64"
GUARD = """\
import sys
from setuptools import setup

if not (3, 6) <= sys.version_info[:2] < (3, 10):
    raise RuntimeError("only versions >=3.6,<3.10 are supported")
setup()
"""


class ScriptedSource(WorldSource):
    """A world in which some sdists have a setup.py, some files cannot be read, and builds fail."""

    def __init__(self, world: World, scripts: Mapping[str, str], unreadable: frozenset[str]) -> None:
        super().__init__(world)
        self._scripts = scripts
        self._unreadable = unreadable

    def metadata(self, file: File) -> Metadata | Unavailable:
        if file.filename in self._unreadable:
            return Unavailable(failure=Failure.NETWORK, file=file.filename)
        return super().metadata(file)

    def sdist(self, file: File) -> SdistContents | Unavailable:
        found = super().sdist(file)
        if isinstance(found, SdistContents) and file.filename in self._scripts:
            return msgspec.structs.replace(found, setup_py=self._scripts[file.filename])
        return found

    def build(self, file: File, _constraints: tuple[Requirement, ...] = ()) -> Metadata | Unavailable:
        return Unavailable(failure=Failure.BUILD_FAILED, file=file.filename, detail="no compiler")


class Explained:
    """A run and its findings, to ask about."""

    def __init__(self, run: Run, findings: tuple[Finding, ...], solved: list[Question]) -> None:
        self.run = run
        self.findings = findings
        self.solved = solved

    @property
    def pins(self) -> dict[str, str]:
        return {pin.name: pin.version for pin in self.run.pins}

    @property
    def codes(self) -> list[tuple[str, str | None, str]]:
        return [(one.code, one.subject, one.severity.value) for one in self.findings]

    def finding(self, code: str, subject: str) -> Finding:
        return next(one for one in self.findings if (one.code, one.subject) == (code, subject))

    def remedies(self, code: str, subject: str) -> list[tuple[str, str, str]]:
        return [(one.kind, one.change, one.result.value) for one in self.finding(code, subject).remedies]


def tell(
    projects: Mapping[str, tuple[Release, ...]],
    asked: Asked,
    *,
    policy: Policy = UV,
    scripts: Mapping[str, str] | None = None,
    unreadable: frozenset[str] = frozenset(),
    build: bool = False,
    budget: int = 24,
    leisure: int = 0,
) -> Explained:
    world = World(
        name="story",
        projects=tuple(Project(name=name, releases=releases) for name, releases in projects.items()),
        question=asked,
    )
    question = question_of(world, policy)
    question = msgspec.structs.replace(question, options=msgspec.structs.replace(question.options, build_sdists=build))
    source = ScriptedSource(world, scripts or {}, unreadable)
    solved: list[Question] = []

    def again(changed: Question) -> Run:
        solved.append(changed)
        return solve(changed, policy, source)

    run = solve(question, policy, source)
    left, worlds = Budget(budget, leisure=leisure), elsewhere(policy, source)
    return Explained(run, explain(run, question, policy, source, again, budget=left, elsewhere=worlds), solved)


def releases(name: str, *texts: str) -> tuple[Release, ...]:
    """``"1.0 blocker<2"``: a release and what it needs, as a wheel for every machine."""
    return tuple(release(name, *text.split(" ")) for text in texts)


def on(*requirements: str) -> Asked:
    return Asked(requirements=requirements, python="3.11", python_platform="x86_64-unknown-linux-gnu")


# The story that started the project: the newer array library is decided first, each compiler but the oldest needs an
# older one, and the oldest says nothing because it was written before.

ARRAYS = releases("arrays", "1.0", "1.1", "2.0", "2.1")
OLD_COMPILER = release("compiler", "0.53", "arrays", tags=(f"cp39-cp39-{LINUX}",), sdist=True, requires_python="<3.10")
COMPILERS = (
    release("compiler", "0.52", "arrays", tags=(f"cp39-cp39-{LINUX}",), sdist=True),
    OLD_COMPILER,
    *releases("compiler", "0.55 arrays<1.1", "0.56 arrays<2", "0.57 arrays<2.1", "0.58 arrays<2.1"),
)
SCIENCE = {"arrays": ARRAYS, "compiler": COMPILERS, "sounds": releases("sounds", "1.0 compiler>=0.51 arrays<3")}
SCRIPTS = {"compiler-0.53.tar.gz": GUARD}


def test_a_version_without_a_bound_is_taken_because_each_newer_one_has_one() -> None:
    shown = tell(SCIENCE, on("arrays", "sounds"), scripts=SCRIPTS)
    assert shown.pins == {"arrays": "2.1", "compiler": "0.53", "sounds": "1.0"}
    finding = shown.finding("BT101", "compiler")
    detail = finding.detail
    assert isinstance(detail, HeldBack)
    assert finding.severity is Severity.WARNING
    assert (detail.chosen, detail.newest, detail.kind, detail.tried) == ("0.53", "0.58", "sdist", 5)
    assert (detail.blocker, detail.blocker_version, detail.blocker_asked_by) == ("arrays", "2.1", 2)
    assert [(one.by, one.requirement.text) for one in detail.blocker_capped_by] == [("sounds", "arrays<3")]
    assert [(one.by, one.version, one.requirement.text) for one in detail.asked] == [
        ("sounds", "1.0", "compiler>=0.51")
    ]
    assert detail.refused == (
        Refusals(
            versions=("0.58", "0.57", "0.56", "0.55"),
            because=Because.CONFLICT,
            on=NormalizedName("arrays"),
            version="2.1",
            requirement="arrays<2.1",
        ),
    )


def test_all_that_is_odd_about_the_chosen_file_is_found() -> None:
    shown = tell(SCIENCE, on("arrays", "sounds"), scripts=SCRIPTS)
    assert shown.codes == [
        ("BT101", "compiler", "warning"),
        ("BT102", "compiler", "warning"),
        ("BT103", "compiler", "warning"),
        ("BT104", "compiler", "error"),
        ("BT115", "compiler", "info"),
    ]
    sdist = shown.finding("BT102", "compiler").detail
    assert isinstance(sdist, SdistChosen)
    assert (sdist.wheels, sdist.axes, sdist.pythons) == (1, {"python": 1}, ("3.9",))
    guard = shown.finding("BT103", "compiler").detail
    assert isinstance(guard, PythonGuard)
    assert (guard.requires_python, guard.treatment, guard.others) == (
        "<3.10",
        "upper-bound-ignored",
        {"pip": "refused"},
    )
    script = shown.finding("BT104", "compiler").detail
    assert isinstance(script, BuildRefuses)
    assert [(one.line, one.bounds, one.passes) for one in script.guards] == [(5, ">=3.6,<3.10", False)]


def test_three_ways_out_each_solved_again() -> None:
    shown = tell(SCIENCE, on("arrays", "sounds"), scripts=SCRIPTS)
    moved: dict[str, tuple[str | None, str | None]] = {"arrays": ("2.1", "2.0"), "compiler": ("0.53", "0.58")}
    expected = [
        Remedy(kind=kind, change=change, result=RemedyResult.VERIFIED, pins_changed=moved)
        for kind, change in (
            (RemedyKind.ADD, "compiler>=0.55"),
            (RemedyKind.ADD, "arrays<2.1"),
            (RemedyKind.ORDER, "compiler"),
        )
    ]
    for code in ("BT101", "BT102", "BT104"):
        assert list(shown.finding(code, "compiler").remedies) == expected
    assert len(shown.solved) == 3
    assert shown.finding("BT103", "compiler").remedies == ()


def test_evidence_points_at_what_it_says() -> None:
    shown = tell(SCIENCE, on("arrays", "sounds"))
    decided, conflict, *rest = shown.finding("BT101", "compiler").evidence
    first = shown.run.trail[int(decided.removeprefix("trail:uv@0.13.9#"))]
    second = shown.run.trail[int(conflict.removeprefix("trail:uv@0.13.9#"))]
    assert isinstance(first, Decided)
    assert (first.package.name, first.version) == ("arrays", "2.1")
    assert isinstance(second, Conflicted)
    named = [one for one in shown.run.trail if isinstance(one, Required) and one.id in second.requirements]
    assert [(one.by, one.version, one.requirement.text) for one in named] == [("compiler", "0.58", "arrays<2.1")]
    assert rest == ["page:compiler", "metadata:compiler==0.58", "file:compiler-0.53.tar.gz"]


def test_the_budget_is_a_number_of_solves() -> None:
    assert tell(SCIENCE, on("arrays", "sounds"), budget=0).remedies("BT101", "compiler") == []
    shown = tell(SCIENCE, on("arrays", "sounds"), budget=2)
    assert len(shown.solved) == 2
    assert shown.remedies("BT101", "compiler") == [
        ("add", "compiler>=0.55", "verified"),
        ("add", "arrays<2.1", "verified"),
    ]


def test_a_companion_is_helped_by_what_was_solved_for_its_cause() -> None:
    runtime = tuple(
        release("runtime", version, tags=(f"cp{python}-cp{python}-{LINUX}",), sdist=True)
        for version, python in (("0.36", 39), ("0.43", 311))
    )
    compilers = tuple(
        replace(one, requires_dist=(*one.requires_dist, "runtime<0.37" if one.version < "0.54" else "runtime>=0.40"))
        for one in COMPILERS
    )
    shown = tell({**SCIENCE, "compiler": compilers, "runtime": runtime}, on("arrays", "sounds"))
    assert shown.pins["runtime"] == "0.36"
    assert shown.remedies("BT102", "runtime") == shown.remedies("BT101", "compiler")
    assert len(shown.solved) == 3
    assert ("BT101", "runtime", "warning") not in shown.codes


def test_what_the_user_did_already_is_not_proposed() -> None:
    """Naming the compiler first helps nothing where its own line comes after the arrays are pinned."""
    shown = tell(SCIENCE, on("compiler", "arrays==2.1", "sounds"))
    assert shown.pins["compiler"] == "0.53"
    assert (RemedyKind.ORDER, "compiler") not in [remedy[:2] for remedy in shown.remedies("BT102", "compiler")]


def test_only_wheels_is_no_fix_if_something_else_becomes_old_instead() -> None:
    """uv 0.4.18 goes back with the one who asks for the compiler, to before it did."""
    sounds = (
        release("sounds", "0.1", tags=(), sdist=True),
        *releases("sounds", "0.9 compiler>=0.51", "1.0 compiler>=0.51"),
    )
    compilers = (OLD_COMPILER, *releases("compiler", "0.55 arrays<1.1", "0.58 arrays<2.1"))
    shown = tell(
        {"arrays": ARRAYS, "compiler": compilers, "sounds": sounds},
        on("arrays>=2.1", "sounds"),
        policy=OLD_UV,
        scripts=SCRIPTS,
    )
    assert shown.pins == {"arrays": "2.1", "compiler": "0.53", "sounds": "1.0"}
    assert [one for one in shown.solved if "compiler" in one.options.formats.only_binary]
    assert "--only-binary compiler" not in {one.change for one in shown.finding("BT104", "compiler").remedies}


def test_another_python_helps_where_the_pin_is_the_users_own() -> None:
    shown = tell(
        {"compiler": (release("compiler", "0.53", tags=(f"cp39-cp39-{LINUX}",), sdist=True),)},
        on("compiler==0.53"),
        scripts=SCRIPTS,
    )
    assert shown.remedies("BT104", "compiler") == [("python", "3.9", "verified")]


def test_what_cannot_be_read_proves_nothing() -> None:
    shown = tell(SCIENCE, on("arrays", "sounds"), unreadable=frozenset({"arrays-2.0-py3-none-any.whl"}))
    assert shown.remedies("BT101", "compiler") == [
        ("add", "compiler>=0.55", "unknown"),
        ("order", "compiler", "unknown"),
        ("policy", "--only-binary compiler", "unknown"),
    ]


# What is as somebody wants it: worth knowing, no surprise


def test_a_cap_of_another_package_is_worth_knowing_only() -> None:
    shown = tell(
        {"client": releases("client", "1.0 pool<2"), "pool": releases("pool", "1.0", "1.1", "2.0")},
        on("pool", "client"),
    )
    assert shown.codes == [("BT101", "pool", "info")]
    detail = shown.finding("BT101", "pool").detail
    assert isinstance(detail, HeldBack)
    assert detail.blocker is None
    assert [(one.versions, one.on, one.version, one.requirement) for one in detail.refused] == [
        (("2.0",), "client", "1.0", "pool<2")
    ]
    assert [(one.kind, one.text, one.by, one.version) for one in detail.because] == [
        (ObstacleKind.REQUIREMENT, "pool<2", "client", "1.0")
    ]
    assert shown.solved == []


def test_what_a_cap_keeps_old_keeps_others_old_and_is_named() -> None:
    shown = tell(
        {
            "dates": releases("dates", "2.7", "2.8", "2.9"),
            "frames": releases("frames", "1.3", "1.4 dates>=2.8", "2.0 dates>=2.8"),
            "maps": releases("maps", "0.4 dates<2.8"),
        },
        on("frames", "maps"),
    )
    assert shown.pins == {"frames": "1.3", "maps": "0.4", "dates": "2.7"}
    finding = shown.finding("BT101", "frames")
    detail = finding.detail
    assert isinstance(detail, HeldBack)
    assert finding.severity is Severity.INFO
    assert detail.blocker is None
    assert [(one.kind, one.text, one.by) for one in detail.because] == [(ObstacleKind.REQUIREMENT, "dates<2.8", "maps")]
    assert [[link.asked.requirement.text for link in chain.links] for chain in detail.chains] == [
        ["frames==2.0", "dates>=2.8"]
    ]
    assert [(one.versions, one.on, one.version) for one in detail.refused] == [(("2.0", "1.4"), "dates", "2.7")]


def test_a_partner_of_the_users_own_pin_is_worth_knowing_only() -> None:
    partners = releases("audio", *(f"2.{minor} torch==2.{minor}" for minor in range(9)))
    shown = tell(
        {"torch": releases("torch", *(f"2.{minor}" for minor in range(9))), "audio": partners},
        on("torch==2.1", "audio"),
    )
    assert shown.pins == {"torch": "2.1", "audio": "2.1"}
    assert shown.codes == [("BT101", "audio", "info")]


def test_the_users_own_cap_is_no_finding() -> None:
    projects = {"pool": releases("pool", "1.0", "1.1 other<1", "2.0"), "other": releases("other", "0.9", "1.0")}
    assert [code for code, _, _ in tell(projects, on("other", "pool<2")).codes] == ["BT101"]
    assert tell(projects, on("other", "pool<1.1")).codes == []


def test_a_project_that_never_has_wheels_is_worth_knowing_only() -> None:
    shown = tell({"pure": (release("pure", "1.0", tags=(), sdist=True),)}, on("pure"))
    assert shown.codes == [("BT102", "pure", "info")]


def test_a_release_that_only_other_machines_have_wheels_of_is_worth_knowing_only() -> None:
    shown = tell({"driver": (release("driver", "1.0", tags=("cp311-cp311-win_amd64",), sdist=True),)}, on("driver"))
    assert shown.codes == [("BT102", "driver", "info"), ("BT115", "driver", "info")]


def test_a_check_that_cannot_be_followed_is_said_to_be_one() -> None:
    script = "import sys\nif sys.version_info < load():\n    sys.exit('too old')\n"
    shown = tell(
        {"pure": (release("pure", "1.0", tags=(), sdist=True),)}, on("pure"), scripts={"pure-1.0.tar.gz": script}
    )
    finding = shown.finding("BT104", "pure")
    assert isinstance(finding.detail, BuildRefuses)
    assert [guard.passes for guard in finding.detail.guards] == [None]
    assert finding.severity is Severity.INFO


def test_a_check_that_lets_this_python_in_is_no_finding() -> None:
    script = "import sys\nif sys.version_info < (3, 8):\n    sys.exit('too old')\n"
    shown = tell(
        {"pure": (release("pure", "1.0", tags=(), sdist=True),)}, on("pure"), scripts={"pure-1.0.tar.gz": script}
    )
    assert shown.codes == [("BT102", "pure", "info")]


# No answer


def test_a_project_that_does_not_exist_ends_the_run() -> None:
    shown = tell({"known": releases("known", "1.0")}, on("known", "knwon"))
    assert shown.run.outcome is Outcome.IMPOSSIBLE
    assert shown.codes == [("BT107", "knwon", "error")]
    detail = shown.finding("BT107", "knwon").detail
    assert isinstance(detail, NotFound)
    assert (detail.project, detail.close) == (False, ("known",))


def test_a_version_that_does_not_exist_is_named_though_another_package_wants_it() -> None:
    shown = tell({"app": releases("app", "1.0 tool>=3"), "tool": releases("tool", "1.0", "2.0")}, on("app"))
    detail = shown.finding("BT107", "tool").detail
    assert isinstance(detail, NotFound)
    assert (detail.requirement, detail.project, detail.newest) == ("tool>=3", True, "2.0")


def test_a_hidden_prerelease_and_the_switch_that_lets_it_in() -> None:
    shown = tell({"tool": releases("tool", "1.0", "2.0rc1")}, on("tool>1.0"), policy=OLD_UV)
    finding = shown.finding("BT108", "tool")
    assert isinstance(finding.detail, Hidden)
    assert finding.remedies == (
        Remedy(
            kind=RemedyKind.POLICY,
            change="--prerelease allow",
            result=RemedyResult.VERIFIED,
            pins_changed={"tool": (None, "2.0rc1")},
        ),
    )


@pytest.mark.parametrize("policy", [UV, OLD_UV], ids=lambda policy: policy.key)
def test_two_lines_that_cannot_both_be_met_are_no_fault_of_either(policy: Policy) -> None:
    """Each is available alone: nothing untrue is said of one."""
    shown = tell({"tool": releases("tool", "1.0", "2.0")}, on("tool<2", "tool>=2"), policy=policy)
    assert shown.run.outcome is Outcome.IMPOSSIBLE
    assert shown.codes == [("BT109", "tool", "error")]


def test_a_build_that_fails_ends_the_run() -> None:
    legacy = Release(
        version="1.0",
        files=(
            worlds.File(filename="tool-1.0.tar.gz", raw_metadata=b"Metadata-Version: 1.1\nName: tool\nVersion: 1.0\n"),
        ),
    )
    shown = tell({"app": releases("app", "1.0 tool"), "tool": (legacy,)}, on("app"), build=True)
    assert shown.run.outcome is Outcome.ABORTED
    detail = shown.finding("BT117", "tool").detail
    assert isinstance(detail, BuildAborts)
    assert (detail.version, detail.file, detail.error) == ("1.0", "tool-1.0.tar.gz", "no compiler")
    assert [(one.by, one.requirement.text) for one in detail.asked] == [("app", "tool")]
