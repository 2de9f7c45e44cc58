"""Where two resolvers part, shown by small worlds: the rule is what changes the answer when it is switched."""

from collections.abc import Mapping
from dataclasses import replace

import msgspec
import pytest
from jsonschema import Draft202012Validator
from packaging.utils import NormalizedName

from backtrail.inquiry import Asked, Inquiry, answer
from backtrail.model.case import Report
from backtrail.model.files import File, Page
from backtrail.model.finding import Cause, Diverge, Finding, SolutionMissed
from backtrail.model.metadata import Failure, Metadata, Unavailable
from backtrail.model.question import Indexes
from backtrail.model.requirement import Requirement
from backtrail.model.source import Source
from backtrail.model.trail import Because, Outcome, Rewound
from backtrail.report.page import page
from backtrail.report.schema import schema
from backtrail.report.skins.json_document import document
from backtrail.report.skins.text import text
from backtrail.resolvers.registry import parse_resolver
from support.ours import INDEX, WorldSource, question_of
from support.worlds import File as WorldFile
from support.worlds import Project, Release, World, release
from support.worlds import Question as Wanted

BOTH = ("uv", "pip")
OTHER_INDEX = "http://127.0.0.1/other"


def world(projects: Mapping[str, tuple[Release, ...]], *requirements: str, **question: object) -> World:
    wanted = Wanted(requirements=requirements, python="3.11", python_platform="x86_64-unknown-linux-gnu")
    return World(
        name="story",
        projects=tuple(Project(name=name, releases=releases) for name, releases in projects.items()),
        question=replace(wanted, **question),  # type: ignore[arg-type]
    )


def ask(
    story: World,
    resolvers: tuple[str, ...] = BOTH,
    *,
    source: Source | None = None,
    indexes: Indexes | None = None,
    command: str = "compare",
    budget: int = 24,
    **options: object,
) -> Report:
    asked = []
    for policy in map(parse_resolver, resolvers):
        question = question_of(story, policy, indexes=indexes, **options)
        asked.append(Asked(policy=policy, question=msgspec.structs.replace(question, command=command)))
    report = answer(Inquiry(asked=tuple(asked), solves=True, budget=budget), source or WorldSource(story))
    Draft202012Validator(schema()).validate(document(report))
    return report


def pins(report: Report, name: str) -> list[str | None]:
    """The version of a project in each run."""
    return [None if (pin := run.pin(name)) is None else pin.version for run in report.runs]


def said(report: Report) -> list[str]:
    """The lines of the text."""
    return text(page(report)).splitlines()


def parted(report: Report) -> tuple[Finding, Diverge]:
    """The one divergence, which leads."""
    assert [finding.code for finding in report.findings].count("BT111") == 1
    finding = report.findings[0]
    assert isinstance(finding.detail, Diverge)
    return finding, finding.detail


def releases(name: str, *texts: str) -> tuple[Release, ...]:
    """``"1.0 blocker<2"``: a release and what it needs."""
    return tuple(release(name, *line.split(" ")) for line in texts)


# The story that started the project: arrays are pinned first; the newer compilers need an older one.

SCIENCE = {
    "arrays": releases("arrays", "1.0", "2.0", "2.1"),
    "compiler": (
        release("compiler", "0.51", "arrays"),
        release("compiler", "0.53", "arrays", requires_python="<3.10"),
        release("compiler", "0.60", "arrays<2.1"),
    ),
    "sounds": releases("sounds", "1.0 compiler>=0.50"),
}


def test_a_pin_that_gives_way_in_one_and_stands_in_the_other() -> None:
    finding, detail = parted(ask(world(SCIENCE, "arrays", "sounds")))
    assert (finding.subject, finding.runs) == ("arrays", ("uv@0.13.9", "pip@26.3"))
    assert detail.pins == {
        "arrays": {"uv@0.13.9": "2.1", "pip@26.3": "2.0"},
        "compiler": {"uv@0.13.9": "0.53", "pip@26.3": "0.60"},
    }
    assert (detail.cause, detail.proved) == (Cause.DISPLACED_PIN, True)
    parting = detail.parting
    assert (parting.project, parting.version) == ("compiler", "0.60")
    assert (parting.taken_by, parting.refused_by) == ("pip@26.3", "uv@0.13.9")
    assert (parting.because, parting.on, parting.on_version) == (Because.CONFLICT, "arrays", "2.1")
    assert (parting.requirement, parting.displaced) == ("arrays<2.1", True)


def test_the_bound_on_python_is_the_second_cause_and_by_itself_none() -> None:
    _, detail = parted(ask(world(SCIENCE, "arrays", "sounds")))
    assert detail.others == (Cause.REQUIRES_PYTHON,)
    assert [(one.run, one.rule, one.value, one.also, one.pins["compiler"], one.agrees) for one in detail.switched] == [
        ("uv@0.13.9", "displaces", "on", (), "0.60", True),
        ("pip@26.3", "displaces", "off", (), "0.51", False),
        ("pip@26.3", "reads_whole_requires_python", "off", ("displaces",), "0.53", True),
        ("pip@26.3", "reads_whole_requires_python", "off", (), "0.60", False),
    ]


def test_evidence_points_at_the_parting() -> None:
    report = ask(world(SCIENCE, "arrays", "sounds"))
    finding, _ = parted(report)
    events = {}
    for pointer in finding.evidence:
        if pointer.startswith("trail:"):
            key, _, number = pointer.removeprefix("trail:").partition("#")
            run = next(run for run in report.runs if run.key == key)
            events[pointer] = run.trail[int(number)]
    undone = [event for event in events.values() if isinstance(event, Rewound)]
    assert [(event.because, str(event.undone[0][0]), event.undone[0][1]) for event in undone] == [
        (Because.DISPLACED, "arrays", "2.1")
    ]
    assert len(events) == 4
    assert finding.evidence[-2:] == ("page:compiler", "metadata:compiler==0.60")


def test_the_short_report_leads_with_it_and_the_first_proof_is_enough() -> None:
    report = ask(world(SCIENCE, "arrays", "sounds"), command="explain-backtrack")
    _, detail = parted(report)
    assert (detail.proved, len(detail.switched)) == (True, 1)
    lines = text(page(report)).splitlines()
    assert lines[1].split("   ")[0] == (
        "pip 26.3 takes arrays 2.0 and compiler 0.60 instead: it let compiler 0.60 displace arrays 2.1, which uv kept"
    )
    assert lines[1].endswith("BT111")


def test_one_screen_to_compare() -> None:
    lines = text(page(ask(world(SCIENCE, "arrays", "sounds")))).splitlines()
    assert len(lines) <= 24
    assert [line.split("  BT")[0].strip() for line in lines if line.startswith("they part")] == [
        "they part at compiler: uv refused compiler 0.60 beside arrays 2.1 (it needs arrays <2.1); "
        "pip took it and decided arrays again"
    ]
    assert "pip 26.3, keeping what is decided and ignoring upper bounds of Requires-Python" in "\n".join(lines)


def test_without_a_budget_nothing_is_proved_and_that_is_said() -> None:
    report = ask(world(SCIENCE, "arrays", "sounds"), budget=0)
    _, detail = parted(report)
    assert (detail.cause, detail.proved, detail.switched) == (Cause.DISPLACED_PIN, False, ())
    assert "not proved" in text(page(report))


def test_a_bound_on_python_alone() -> None:
    story = world({"a": (release("a", "1"), release("a", "2", requires_python="<3.10"))}, "a")
    report = ask(story)
    assert pins(report, "a") == ["2", "1"]
    finding, detail = parted(report)
    assert (finding.subject, detail.cause, detail.proved) == ("a", Cause.REQUIRES_PYTHON, True)
    assert (detail.parting.refused_by, detail.parting.because) == ("pip@26.3", None)
    assert [one.value for one in detail.parting.exclusions] == ["<3.10"]


def test_a_pre_release_that_only_a_dependency_names() -> None:
    story = world(
        {"app": releases("app", "1 lib>=2.0rc1"), "lib": releases("lib", "1.0", "2.0", "2.1rc1")},
        "app",
    )
    report = ask(story)
    assert pins(report, "lib") == ["2.0", "2.1rc1"]
    finding, detail = parted(report)
    assert (finding.subject, detail.cause, detail.proved) == ("lib", Cause.PRERELEASE, True)


def test_a_local_build_that_an_early_release_does_not_take() -> None:
    story = world(
        {
            "app": releases("app", "1 torch==2.2", "2 torch==2.3"),
            "torch": releases("torch", "2.2", "2.3+cu118"),
        },
        "app",
    )
    report = ask(story, ("uv@0.4.18", "uv@0.13.9"))
    assert pins(report, "torch") == ["2.2", "2.3+cu118"]
    finding, detail = parted(report)
    assert (finding.subject, detail.parting.project) == ("app", "torch")
    assert (detail.cause, detail.proved) == (Cause.LOCAL_VERSION, True)
    assert {one.rule for one in detail.switched} == {"locals_match"}
    finding, detail = parted(ask(story, ("uv@0.4.18", "pip")))
    assert (finding.subject, detail.cause, detail.proved) == ("app", Cause.LOCAL_VERSION, True)


def test_a_local_build_that_would_be_the_only_solution() -> None:
    story = world({"torch": releases("torch", "2.2", "2.3+cu118")}, "torch==2.3")
    report = ask(story, ("uv@0.4.18", "uv"))
    assert [run.outcome for run in report.runs] == [Outcome.IMPOSSIBLE, Outcome.SOLVED]
    finding, detail = parted(report)
    assert (finding.subject, detail.cause, detail.proved) == ("torch", Cause.LOCAL_VERSION, True)
    assert detail.pins == {"torch": {"uv@0.4.18": None, "uv@0.13.9": "2.3+cu118"}}


def test_a_yanked_version_that_a_dependency_pins() -> None:
    story = world(
        {
            "app": releases("app", "1 lib==0.9", "2 lib==1.0"),
            "lib": (release("lib", "0.9"), release("lib", "1.0", yanked="broken")),
        },
        "app",
    )
    report = ask(story)
    assert pins(report, "lib") == ["0.9", "1.0"]
    finding, detail = parted(report)
    assert (finding.subject, detail.parting.project) == ("app", "lib")
    assert (detail.cause, detail.proved) == (Cause.YANKED, True)
    assert [(one.run, one.rule, one.pins["lib"]) for one in detail.switched] == [("pip@26.3", "yanked", "0.9")]


def test_a_root_whose_newest_release_needs_a_hidden_pre_release() -> None:
    """Everything that comes with the newer root differs too: none of that is where the two part."""
    story = world(
        {
            "app": releases("app", "1 base<2", "2 base part==1.0b1"),
            "base": releases("base", "1.7", "2.1"),
            "part": releases("part", "0.9", "1.0b1"),
        },
        "app",
    )
    report = ask(story, ("uv@0.5.2", "uv@0.13.9"))
    assert pins(report, "app") == ["1", "2"]
    finding, detail = parted(report)
    assert (finding.subject, detail.cause, detail.proved) == ("app", Cause.PRERELEASE, True)
    assert (detail.parting.project, detail.parting.version) == ("part", "1.0b1")
    assert said(report)[1].split("   ")[0] == (
        "uv 0.13.9 takes app 2 instead: it takes the pre-release part 1.0b1, which uv 0.5.2 does not count"
    )


def disagreeing() -> World:
    """A release with an sdist and two wheels for others, one of which needs less than the other."""
    sdist, near, far = "sums-1.tar.gz", "sums-1-cp311-cp311-macosx_11_0_arm64.whl", "sums-1-cp38-cp38-win32.whl"
    files = (
        WorldFile(filename=sdist, requires_dist=("arrays<2",)),
        WorldFile(filename=near, requires_dist=("arrays<2", "extra")),
        WorldFile(filename=far, requires_dist=("arrays",)),
    )
    return world(
        {
            "app": releases("app", "1 sums"),
            "sums": (Release(version="1", files=files),),
            "arrays": releases("arrays", "1.0", "2.0"),
            "extra": releases("extra", "1"),
        },
        "app",
        "arrays",
    )


def test_two_releases_that_read_different_files_of_one_version() -> None:
    report = ask(disagreeing(), ("uv@0.5.4", "uv@0.13.9"))
    assert pins(report, "arrays") == ["2.0", "1.0"]
    finding, detail = parted(report)
    assert (finding.subject, detail.cause, detail.proved) == ("arrays", Cause.FOREIGN_METADATA, True)
    assert (detail.parting.project, detail.parting.version) == ("sums", "1")
    assert [(one.run, one.file, one.only) for one in detail.parting.read] == [
        ("uv@0.5.4", "sums-1-cp38-cp38-win32.whl", ("arrays",)),
        ("uv@0.13.9", "sums-1-cp311-cp311-macosx_11_0_arm64.whl", ("arrays<2", "extra")),
    ]
    assert [(one.run, one.rule, one.agrees) for one in detail.switched] == [
        ("uv@0.13.9", "metadata", True),
        ("uv@0.5.4", "metadata", True),
    ]
    assert said(report)[1].split("   ")[0].split("  BT")[0] == (
        "uv 0.13.9 takes arrays 1.0 instead: it read what sums 1 needs from "
        "sums-1-cp311-cp311-macosx_11_0_arm64.whl, uv 0.5.4 from sums-1-cp38-cp38-win32.whl"
    )


def test_a_build_that_one_of_two_need_not_make() -> None:
    """uv takes what an sdist says by the standard; pip builds it, and ends there."""

    class Unbuildable(WorldSource):
        def build(self, file: File, _constraints: tuple[Requirement, ...] = ()) -> Unavailable:
            return Unavailable(failure=Failure.BUILD_FAILED, file=file.filename, detail="no compiler")

    story = world({"app": releases("app", "1 lib"), "lib": (release("lib", "1", tags=(), sdist=True),)}, "app")
    report = ask(story, source=Unbuildable(story), build_sdists=True)
    assert [run.outcome for run in report.runs] == [Outcome.SOLVED, Outcome.ABORTED]
    finding = next(one for one in report.findings if one.code == "BT111")
    detail = finding.detail
    assert isinstance(detail, Diverge)
    assert (finding.subject, detail.cause, detail.proved) == ("app", Cause.BUILD_FAILURE, True)
    assert (detail.parting.project, detail.parting.version) == ("lib", "1")
    assert "they part at lib 1: pip has to build it, and that fails; uv does not build it" in text(page(report))


def test_merged_indexes_against_the_first() -> None:
    story = world({"lib": releases("lib", "1.0", "2.0")}, "lib")
    first = world({"lib": releases("lib", "1.0", "1.1")}, "lib")
    source = WorldSource(story, extra={OTHER_INDEX: first})
    report = ask(story, source=source, indexes=Indexes(default=INDEX, extra=(OTHER_INDEX,)))
    assert pins(report, "lib") == ["1.1", "2.0"]
    finding, detail = parted(report)
    assert (finding.subject, detail.cause, detail.proved) == ("lib", Cause.INDEX_STRATEGY, True)
    assert [(one.run, one.rule, one.value) for one in detail.switched if one.agrees] == [
        ("uv@0.13.9", "index_strategy", "unsafe-best-match")
    ]


def test_overrides_which_pip_does_not_know() -> None:
    story = world({"app": releases("app", "1 lib<2"), "lib": releases("lib", "1", "2")}, "app", overrides=("lib>=2",))
    report = ask(story)
    assert pins(report, "lib") == ["2", "1"]
    finding, detail = parted(report)
    assert (finding.subject, detail.cause, detail.proved) == ("lib", Cause.OVERRIDES, True)


def test_where_nothing_differs_nothing_is_said_to() -> None:
    report = ask(world({"a": releases("a", "1", "2")}, "a"))
    assert report.findings == ()
    assert "the answers are the same" in text(page(report))


@pytest.mark.parametrize("name", ["arrays", "sounds"])
def test_an_answer_that_is_not_known_is_not_compared(name: str) -> None:
    story = world(SCIENCE, "arrays", "sounds")
    file = next(one.files[0].filename for one in SCIENCE[name][-1:])
    source = WorldSource(story, faults={file: Unavailable(failure=Failure.NETWORK, file=file)})
    report = ask(story, source=source)
    assert all(run.outcome is Outcome.UNKNOWN for run in report.runs)
    assert report.findings == ()


# Solutions missed


def missed(report: Report) -> SolutionMissed:
    detail = next(finding.detail for finding in report.findings if finding.code == "BT116")
    assert isinstance(detail, SolutionMissed)
    return detail


def test_out_of_rounds_although_there_is_a_solution() -> None:
    """pip walks down ``lib`` one by one; uv comes at it from the other side."""
    story = world(
        {
            "lib": releases("lib", *(f"{place} dep=={place}" for place in range(1, 30))),
            "dep": releases("dep", *map(str, range(1, 30))),
            "app": releases("app", "1 dep<3"),
        },
        "lib",
        "app",
    )
    report = ask(story, ("pip",), max_rounds=8)
    assert report.runs[0].outcome is Outcome.GAVE_UP
    detail = missed(report)
    assert detail.pins == {"app": "1", "dep": "2", "lib": "2"}
    assert (detail.outcome, detail.found_by) == (Outcome.GAVE_UP, "uv@0.13.9")
    said = " ".join(text(page(report)).split())
    assert "gives up after 8 rounds, as --max-rounds asked," in said
    assert "whether a solution exists is not known" not in said
    assert "pip 26.3 did not come to this answer, which its own rules allow: app 1, lib 2 and dep 2" in said


class Broken(WorldSource):
    """A world in which one sdist does not build."""

    def sdist(self, file: File) -> Unavailable:
        return Unavailable(failure=Failure.TOO_LARGE, file=file.filename)

    def build(self, file: File, _constraints: tuple[Requirement, ...] = ()) -> Metadata | Unavailable:
        return Unavailable(failure=Failure.BUILD_FAILED, file=file.filename, detail="no compiler")


@pytest.mark.parametrize("tool", BOTH)
def test_a_build_that_fails_although_an_older_version_needs_none(tool: str) -> None:
    story = world({"a": (release("a", "1"), release("a", "2", tags=(), sdist=True))}, "a")
    report = ask(story, (tool,), source=Broken(story), build_sdists=True)
    assert report.runs[0].outcome is Outcome.ABORTED
    detail = missed(report)
    assert (detail.pins, detail.without, detail.found_by) == ({"a": "1"}, ("a!=2",), None)
    finding = next(one for one in report.findings if one.code == "BT116")
    assert [(one.kind, one.change) for one in finding.remedies] == [("constrain", "a!=2")]


def test_what_only_the_other_tool_admits_is_no_solution() -> None:
    story = world({"a": (release("a", "2", requires_python="<3.10"),)}, "a")
    report = ask(story, ("pip", "uv"))
    assert [run.outcome for run in report.runs] == [Outcome.IMPOSSIBLE, Outcome.SOLVED]
    assert [finding.code for finding in report.findings if finding.code == "BT116"] == []
    finding, detail = parted(report)
    assert (finding.subject, detail.cause, detail.proved) == ("a", Cause.REQUIRES_PYTHON, True)


# Interrupted


class Impatient(WorldSource):
    """A world whose reader loses patience at one page."""

    def page(self, index: str, name: NormalizedName) -> Page:
        if name == "dep":
            raise KeyboardInterrupt
        return super().page(index, name)


@pytest.mark.parametrize("tool", BOTH)
def test_an_interrupt_is_no_answer(tool: str) -> None:
    story = world({"a": releases("a", "1 b"), "b": releases("b", "1 dep"), "dep": releases("dep", "1")}, "a")
    with pytest.raises(KeyboardInterrupt):
        ask(story, (tool,), source=Impatient(story), command="explain-backtrack")
