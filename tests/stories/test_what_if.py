"""An index as if it were otherwise: what a maintainer asks before a release, a yank or a removal."""

from pathlib import Path

import pytest
from packaging.utils import NormalizedName

from backtrail.cases.questions import diff
from backtrail.cli import run
from backtrail.inquiry import replay
from backtrail.model.case import Report
from backtrail.model.difference import Kind
from backtrail.model.files import File, FileKind
from backtrail.model.index_change import IndexChange, Published, Removed, Restated, Unyanked, Yanked
from backtrail.model.metadata import Metadata, MetadataSource
from backtrail.model.trail import Outcome
from support.cases import write_case
from support.small_worlds import report_of, small_world
from support.worlds import Project, Question, Release, World, release

LIB = (release("lib", "1.0"), release("lib", "2.0"))
NAME = NormalizedName("lib")
APP = (release("app", "1.0", "lib"),)


def metadata(name: str, version: str, *requires: str, requires_python: str | None = None) -> Metadata:
    return Metadata(
        name=name,
        version=version,
        requires_dist=requires,
        requires_python=requires_python,
        source=MetadataSource.METADATA_FILE,
        file=f"{name}-{version}-py3-none-any.whl",
    )


def published(name: str, version: str, *requires: str) -> Published:
    says = metadata(name, version, *requires)
    assert says.file is not None
    file = File(filename=says.file, url=f"published:///{says.file}", version=version, kind=FileKind.WHEEL)
    return Published(project=NormalizedName(name), file=file, says=says)


def yanked(name: str, version: str) -> Yanked:
    return Yanked(project=NormalizedName(name), version=version)


def asked(
    *changes: IndexChange, app: tuple[Release, ...] = APP, lib: tuple[Release, ...] = LIB, why: str | None = None
) -> Report:
    world = small_world("what-if", {"app": app, "lib": lib, "extra": (release("extra", "1.0"),)}, "app")
    return report_of(world, index_changes=changes, why=why)


def moved(report: Report) -> dict[str, tuple[str | None, str | None]]:
    assert report.what_if is not None
    (found,) = report.what_if.differences
    return {change.name: (change.old, change.new) for change in found.changes}


def told(report: Report) -> tuple[list[tuple[str, str | None]], list[tuple[str, str | None]]]:
    assert report.what_if is not None
    appeared, vanished = report.what_if.appeared, report.what_if.vanished
    return [(one.code, one.subject) for one in appeared], [(one.code, one.subject) for one in vanished]


def test_a_yanked_release_is_no_longer_taken() -> None:
    report = asked(yanked("lib", "2.0"))
    assert moved(report) == {"lib": ("2.0", "1.0")}
    assert told(report) == ([], [])


def test_a_release_with_another_requirement_brings_that() -> None:
    report = asked(published("lib", "3.0", "extra"))
    assert moved(report) == {"lib": ("2.0", "3.0"), "extra": (None, "1.0")}
    (pin,) = (pin for pin in report.runs[0].pins if pin.name == "lib")
    assert pin.file is not None
    assert pin.file.filename == "lib-3.0-py3-none-any.whl"


def test_a_release_that_nothing_else_agrees_with_is_passed_over() -> None:
    report = asked(published("lib", "3.0", "extra>=2"))
    assert moved(report) == {}
    assert report.runs[0].pin("lib").version == "2.0"  # type: ignore[union-attr]
    assert told(report) == ([("BT101", "lib")], [])


def test_a_cap_that_a_release_sets_leaves_no_answer() -> None:
    report = asked(published("app", "2.0", "lib>=3"), yanked("app", "1.0"))
    assert report.runs[0].outcome is Outcome.IMPOSSIBLE
    assert report.what_if is not None
    (found,) = report.what_if.differences
    assert (found.old.outcome, found.new.outcome) == (Outcome.SOLVED, Outcome.IMPOSSIBLE)
    assert "BT109" in {code for code, _ in told(report)[0]}


def test_a_release_that_is_yanked_no_more() -> None:
    withdrawn = (release("lib", "1.0"), release("lib", "2.0", yanked=True))
    assert moved(asked(Unyanked(project=NAME, version="2.0"), lib=withdrawn)) == {"lib": ("1.0", "2.0")}


def test_metadata_that_says_something_else() -> None:
    says = metadata("lib", "2.0", "extra<1")
    report = asked(Restated(project=NAME, version="2.0", says=says, file="METADATA"))
    assert moved(report) == {"lib": ("2.0", "1.0")}
    python = metadata("lib", "2.0", requires_python=">=3.99")
    report = asked(Restated(project=NAME, version="2.0", says=python, file="METADATA"))
    assert moved(report) == {"lib": ("2.0", "1.0")}


def test_a_project_that_is_removed() -> None:
    report = asked(Removed(project=NAME))
    assert report.runs[0].outcome is Outcome.IMPOSSIBLE
    assert moved(asked(Removed(project=NAME, version="2.0"))) == {"lib": ("2.0", "1.0")}


def test_of_several_changes_the_one_that_matters_is_the_cause() -> None:
    report = asked(yanked("extra", "1.0"), published("lib", "3.0"))
    assert report.what_if is not None
    ((lib,),) = (found.changes for found in report.what_if.differences)
    assert [(cause.kind, cause.about, cause.alone) for cause in lib.causes] == [(Kind.INDEX_CHANGES, "lib", True)]
    assert lib.causes[0].new == ("--publish lib-3.0-py3-none-any.whl",)


def test_who_asks_for_one_project_learns_what_is_taken_of_it_without_the_change() -> None:
    report = asked(yanked("lib", "2.0"), why="lib")
    assert report.what_if is not None
    (before,), (after,) = report.what_if.answers.values(), report.answers.values()
    assert (before.version, after.version) == ("2.0", "1.0")


def test_nothing_changes_for_who_does_not_ask_for_it() -> None:
    report = asked(yanked("extra", "1.0"))
    assert moved(report) == {}
    assert told(report) == ([], [])


WORLD = World(
    name="what-if",
    projects=(Project(name="app", releases=APP), Project(name="lib", releases=LIB)),
    question=Question(requirements=("app",)),
)


def test_a_recording_holds_what_is_changed_and_gives_the_same_again(tmp_path: Path) -> None:
    changes = (published("lib", "3.0"), yanked("lib", "3.0"), published("lib", "2.5"))
    case = write_case(tmp_path / "one.backtrail", WORLD, index_changes=changes)
    again = replay(str(case))
    assert again.report.question.index_changes == changes
    assert moved(again.report) == {"lib": ("2.0", "2.5")}
    again.case.write(tmp_path / "two.backtrail")
    assert (tmp_path / "two.backtrail").read_bytes() == case.read_bytes()


def test_two_recordings_of_which_one_is_for_a_changed_index(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = write_case(tmp_path / "plain.backtrail", WORLD)
    changed = write_case(tmp_path / "changed.backtrail", WORLD, index_changes=(yanked("lib", "2.0"),))
    (found,) = diff(str(plain), str(changed)).differences
    ((cause,),) = (change.causes for change in found.changes)
    assert (cause.kind, cause.about, cause.alone) == (Kind.INDEX_CHANGES, "lib", True)
    said = []
    for pair in ([plain, changed], [changed, plain]):
        assert run(["diff", *map(str, pair)]) == 0
        said.append(capsys.readouterr().out.splitlines()[1])
    assert said == ["  with --yank lib==2.0", "  without --yank lib==2.0"]


def test_a_recording_can_be_made_smaller_and_keeps_its_changes(tmp_path: Path) -> None:
    from backtrail.cases.questions import shrink

    more = World(
        name="what-if",
        projects=(*WORLD.projects, Project(name="other", releases=(release("other", "1.0"),))),
        question=Question(requirements=("app", "other")),
    )
    case = write_case(tmp_path / "one.backtrail", more, index_changes=(yanked("lib", "2.0"),))
    found = shrink(str(case), "lib==1.0")
    question = found.answered.report.question
    assert [one.text for one in question.requirements] == ["app"]
    assert question.index_changes == (yanked("lib", "2.0"),)
    assert moved(found.answered.report) == {"lib": ("2.0", "1.0")}
