"""An index as if it were otherwise: what a maintainer asks before a release, a yank or a removal."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from packaging.utils import NormalizedName

from backtrail.cases.questions import diff, shrink
from backtrail.cli import run
from backtrail.inquiry import replay
from backtrail.model.case import Report
from backtrail.model.difference import Kind
from backtrail.model.files import File, FileKind
from backtrail.model.index_change import IndexChange, Published, Removed, Restated, Unyanked, Yanked
from backtrail.model.metadata import Metadata, MetadataSource
from backtrail.model.trail import Outcome
from backtrail.report.schema import schema
from support.cases import write_case
from support.loopback import Loopback
from support.recorded import seed_asked
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


# Asked on the command line


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKTRAIL_CACHE_DIR", str(tmp_path / "cache"))
    with Loopback() as loopback:
        yield loopback.mount(WORLD, "/w")


def ask(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = run(words)
    said = capsys.readouterr()
    return code, said.out, said.err


UV = ("--resolver", "uv", "--python", "3.11", "--python-platform", "linux", "--isolated")


def test_what_is_said_of_a_changed_index(index: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "next.METADATA").write_text("Metadata-Version: 2.1\nName: lib\nVersion: 3.0\n", encoding="utf-8")
    both = (*UV, "--resolver", "pip", "-i", index, "--publish", "next.METADATA", "--yank", "lib==3.0")
    assert ask(capsys, "explain-backtrack", "app", *both)[1].splitlines() == [
        "uv 0.13.9 and pip 26.3 resolve 2 packages for Python 3.11 on Linux x86_64 (glibc 2.28) "
        "with lib 3.0 published and lib 3.0 yanked",
        "  both packages are at the newest usable release",
        "",
        "What changes: nothing",
    ]
    several = (*UV, "-i", index, "--publish", "next.METADATA", "--yank", "app==1.0", "--exclude-newer", "2024-06-01")
    assert ask(capsys, "explain-backtrack", "app", *several)[1].splitlines()[:7] == [
        "uv 0.13.9 finds no solution for Python 3.11 on Linux x86_64 (glibc 2.28) "
        "with lib 3.0 published and app 1.0 yanked: app cannot be met",
        "",
        "What changes:",
        "  uv 0.13.9: solved without it, now there is no solution",
        "  found now: BT108 of app",
        "  lib 3.0 counts as uploaded before the cut-off",
        "",
    ]


def test_each_pin_that_moves_is_shown_with_the_change_that_moves_it(
    index: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "next.METADATA").write_text("Name: app\nVersion: 2.0\nRequires-Dist: lib\n", encoding="utf-8")
    asked = (*UV, "-i", index, "--publish", "next.METADATA", "--remove", "lib==2.0")
    assert ask(capsys, "explain-backtrack", "app", *asked)[1].splitlines()[3:6] == [
        "What changes:",
        "  uv 0.13.9, with app 2.0 published: app 1.0 → 2.0",
        "  uv 0.13.9, with lib 2.0 removed: lib 2.0 → 1.0",
    ]


def test_who_asks_why_learns_what_is_taken_without_the_change(index: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ask(capsys, "why", "lib==2.0", *UV, "-i", index, "--remove", "lib==2.0")
    assert code == 1
    assert "Linux x86_64 (glibc 2.28) with lib 2.0 removed: " in out.splitlines()[0]
    assert out.splitlines()[2:4] == ["What changes:", "  without it 2.0 is available to uv 0.13.9"]
    assert ask(capsys, "why", "lib==1.0", *UV, "-i", index, "--remove", "lib==2.0")[1].splitlines()[-1] == (
        "What changes: nothing"
    )


def test_where_resolvers_part_over_a_release_that_is_not_there_yet(
    index: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    capped = "Name: lib\nVersion: 3.0\nRequires-Python: >=3.6,<3.10\n"
    (tmp_path / "next.METADATA").write_text(capped, encoding="utf-8")
    both = (*UV, "--resolver", "pip", "-i", index, "--publish", "next.METADATA")
    code, out, _ = ask(capsys, "compare", "app", *both)
    lines = out.splitlines()
    assert code == 0
    assert lines[1].startswith("pip 26.3 takes lib 2.0 instead: ")
    assert lines[3:6] == ["What changes:", "  uv 0.13.9: lib 2.0 → 3.0", "  pip 26.3: nothing"]
    assert "  found now: BT111 of lib" in lines[6]


def test_the_document_holds_the_change_and_what_it_changes(index: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ask(capsys, "explain-backtrack", "app", *UV, "-i", index, "--yank", "lib==2.0", "--format", "json")
    found = json.loads(out)
    Draft202012Validator(schema()).validate(found)
    assert code == 0
    assert found["question"]["index_changes"] == [
        {"kind": "yanked", "project": "lib", "version": "2.0", "file": None, "option": "--yank lib==2.0"}
    ]
    (pair,) = found["what_if"]["runs"]
    assert [(one["project"], one["versions"]) for one in pair["changes"]] == [("lib", ["2.0", "1.0"])]


def test_a_case_answers_again_and_for_a_further_change(
    index: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "next.METADATA").write_text("Name: lib\nVersion: 3.0\n", encoding="utf-8")
    asked = (*UV, "-i", index, "--publish", "next.METADATA", "-o", "one.backtrail")
    _, out, _ = ask(capsys, "explain-backtrack", "app", *asked)
    (tmp_path / "next.METADATA").unlink()
    assert ask(capsys, "replay", "one.backtrail")[1] == out
    assert "uv 0.13.9: lib 2.0 → 3.0" in out
    further = ask(capsys, "replay", "one.backtrail", "--yank", "lib==3.0")[1]
    assert "with lib 3.0 published and lib 3.0 yanked" in further
    assert "What changes: nothing" in further


def test_a_case_says_where_it_holds_too_little_to_publish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The cut-off hides the version: the recording has none of its files, and others may stand beside it."""
    monkeypatch.chdir(tmp_path)
    lib = (LIB[0], release("lib", "2.0", upload_time="2024-06-01T00:00:00Z"))
    case = write_case(
        tmp_path / "before.backtrail", small_world("late", {"app": APP, "lib": lib}, "app", exclude_newer="2024-03-01")
    )
    for version in ("2.0", "3.0"):
        Path(f"{version}.METADATA").write_text(f"Name: lib\nVersion: {version}\n", encoding="utf-8")
    lacks = (
        "  lib 2.0 could not be published: the recording lacks what the index already has of that version, "
        "so what that changes is not known"
    )
    lines = ask(capsys, "replay", str(case), "--publish", "2.0.METADATA")[1].splitlines()
    assert lines[lines.index("What changes:") + 1 :] == [lacks]
    both = ("--publish", "2.0.METADATA", "--publish", "3.0.METADATA")
    lines = ask(capsys, "replay", str(case), *both)[1].splitlines()
    assert lines[-2:] == [lacks, "  lib 3.0 counts as uploaded before the cut-off"]
    found = json.loads(ask(capsys, "replay", str(case), *both, "--format", "json")[1])
    Draft202012Validator(schema()).validate(found)
    assert [one["version"] for one in found["what_if"]["unmade"]] == ["2.0"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--yank", "lib==9"), "error: --yank lib==9: no index of this question has lib 9\n"),
        (("--remove", "nobody"), "error: --remove nobody: no index of this question has nobody\n"),
        (("--publish", "none"), "error: --publish 'none' cannot be read: No such file or directory\n"),
        (("--yank", "lib"), "error: --yank 'lib' is not NAME==VERSION\n"),
    ],
)
def test_what_is_no_change_is_a_sentence(
    words: tuple[str, ...], said: str, index: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(capsys, "explain-backtrack", "app", *UV, "-i", index, *words) == (2, "", said)


def test_a_log_is_of_the_index_of_its_day(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("Collecting a\n  Downloading a-1.0-py3-none-any.whl (11 kB)\n", encoding="utf-8")
    code, _, error = ask(capsys, "log", str(tmp_path / "a.log"), "--yank", "a==1.0")
    assert (code, error.startswith("error: --yank: a log says what an index had")) == (2, True)


def test_no_answer_is_written_over_what_is_published(
    index: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "next.md").write_text("Name: lib\nVersion: 3.0\n", encoding="utf-8")
    asked = (*UV, "-i", index, "--publish", "next.md", "-o", "next.md", "--force")
    assert ask(capsys, "explain-backtrack", "app", *asked)[::2] == (
        2,
        "error: next.md is read: no answer is written over what it was read from\n",
    )


def test_for_all_environments(index: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--universal", "--python", "3.11", "--isolated", "-i", index, "--yank", "lib==2.0")
    _, out, _ = ask(capsys, "explain-backtrack", "app", *asked)
    assert out.splitlines()[0].endswith("for all platforms and Python 3.11 and newer with lib 2.0 yanked")
    assert "  uv-universal 0.13.9: lib 2.0 → 1.0" in out.splitlines()


def test_a_project_is_locked_over_a_changed_index(
    index: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    project = '[project]\nname = "mine"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["app"]\n'
    (tmp_path / "pyproject.toml").write_text(project, encoding="utf-8")
    asked = ("--lock", "--isolated", "-i", index, "--yank", "lib==2.0", "-o", "mine.lock")
    _, out, _ = ask(capsys, "explain-backtrack", "pyproject.toml", *asked)
    assert "  uv-lock 0.13.9: lib 2.0 → 1.0" in out.splitlines()
    assert 'name = "lib"\nversion = "1.0"' in (tmp_path / "mine.lock").read_text(encoding="utf-8")


def test_what_others_read_is_of_the_changed_index(
    index: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "next.METADATA").write_text("Name: lib\nVersion: 3.0\nRequires-Dist: app\n", encoding="utf-8")
    asked = (*UV, "-i", index, "--publish", "next.METADATA", "--remove", "lib==2.0", "-o", "one.packse.toml")
    assert ask(capsys, "report", "app", *asked) == (0, "", "")
    written = (tmp_path / "one.packse.toml").read_text(encoding="utf-8")
    assert '"3.0"' in written
    assert '"2.0"' not in written


# The seed


@pytest.mark.parametrize(
    ("numpy", "moves"),
    [
        (
            "numpy>=1.22",
            [
                "  uv 0.13.9 and uv 0.4.18: numba 0.53.1 → 0.60.1, llvmlite 0.36.0 → 0.43.0 and setuptools gone",
                "  pip 26.3: numba 0.60.0 → 0.60.1 and numpy 2.0.2 → 2.1.2",
            ],
        ),
        (
            "numpy<2.1,>=1.22",
            ["  uv 0.13.9 and uv 0.4.18: nothing", "  pip 26.3: numba 0.60.0 → 0.60.1"],
        ),
    ],
)  # fmt: skip
def test_whether_the_next_numba_caps_numpy_decides_whom_it_helps(
    numpy: str, moves: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    says = f"Name: numba\nVersion: 0.60.1\nRequires-Dist: llvmlite<0.44,>=0.43.0dev0\nRequires-Dist: {numpy}\n"
    (tmp_path / "METADATA").write_text(says, encoding="utf-8")
    seed = seed_asked(tmp_path, resolvers=3)
    lines = ask(capsys, "replay", seed, "--publish", str(tmp_path / "METADATA"))[1].splitlines()
    place = lines.index("What changes:")
    assert lines[place + 1 : place + 3] == moves
    told = [line for line in lines if line.startswith("  no longer found: BT111, BT101")]
    assert bool(told) is (numpy == "numpy>=1.22")


def test_yanking_numba_0_53_1_is_more_than_the_recording_knows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = seed_asked(tmp_path, resolvers=3)
    lines = ask(capsys, "replay", seed, "--resolver", "uv", "--resolver", "pip", "--yank", "numba==0.53.1")[
        1
    ].splitlines()
    assert lines[0].startswith("What uv 0.13.9 answers for ")
    assert lines[0].endswith("numba-0.53.0-cp36-cp36m-macosx_10_14_x86_64.whl is not in the recording")
    place = lines.index("What changes:")
    assert lines[place + 1 : place + 3] == ["  uv 0.13.9: not known", "  pip 26.3: nothing"]
