"""A fix as a patch of the files that the requirements stand in: applied with git, read and solved again."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from backtrail.cli import run
from backtrail.inputs.gather import gather
from backtrail.inputs.patches import patch
from backtrail.inquiry import Asked, Inquiry, answer
from backtrail.model.case import Report
from backtrail.model.errors import InputError
from backtrail.model.finding import Amendment, Remedy, RemedyKind, RemedyResult
from backtrail.report.layout import fixes
from support.ours import WorldSource
from support.small_worlds import UV, Projects, asked_of, releases, small_world
from support.worlds import wheel_bytes

WORLD: Projects = {
    "app": releases("app", "1.0 engine>=1", "2.0 engine>=2"),
    "engine": releases("engine", "1.0", "2.0", "3.0"),
    "other": releases("other", "1.0"),
}
LISTED = "# what runs\n-r base.txt\napp==2.0  # ours\nother\n"
PROJECT = """\
[project]
name = "mine"
version = "1"
dependencies = [
    "app==2.0",  # ours
    'engine<2',
    "other"
]
"""
INLINE = '[project]\nname = "mine"\nversion = "1"\ndependencies = ["app==2.0", "engine<2", "other"]\n'


def asked(file: str, constraints: tuple[str, ...] = ()) -> Report:
    """What is said of the lines of a file."""
    read = gather(files=[file], constraints=constraints, environ={})
    question = asked_of(small_world("patches", WORLD))
    question = msgspec.structs.replace(question, requirements=read.requirements, constraints=read.constraints)
    inquiry = Inquiry(asked=(Asked(policy=UV, question=question),), solves=True, budget=24)
    return answer(inquiry, WorldSource(small_world("patches", WORLD)))


def applied(report: Report, remedy: Remedy) -> bytes:
    """The patch of a fix, applied."""
    made = patch(remedy, 1, report.question, lambda file: Path(file).read_bytes())
    Path("fix.patch").write_bytes(made)
    subprocess.run(["git", "apply", "fix.patch"], check=True)
    return made


def written(texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(text.encode())


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))


@pytest.mark.parametrize(
    ("texts", "constraints"),
    [
        ({"asked.txt": LISTED, "base.txt": "engine<2\n"}, ()),
        ({"asked.txt": LISTED.replace("\n", "\r\n"), "base.txt": "engine \\\r\n  <2"}, ()),
        ({"asked.txt": "app==2.0\nother", "limits/c.txt": "engine<2  # for now\n"}, ("limits/c.txt",)),
        ({"asked.txt": "app==2.0\n-c limits/c.txt\n", "limits/c.txt": "engine<2"}, ()),
        ({"pyproject.toml": PROJECT}, ()),
        ({"pyproject.toml": INLINE}, ()),
    ],
    ids=["include", "carriage-returns", "constraint", "included-constraint", "project", "inline"],
)
def test_every_fix_of_a_conflict_is_one_when_applied(texts: Mapping[str, str], constraints: tuple[str, ...]) -> None:
    written(texts)
    file = next(iter(texts))
    found = fixes(asked(file, constraints))
    assert found
    for remedy in found:
        written(texts)
        report = asked(file, constraints)
        applied(report, remedy)
        again = asked(file, constraints)
        assert [run.outcome.value for run in again.runs] == ["solved"]
        assert again.runs[0].pin("app") is not None


def change(kind: RemedyKind, text: str, of: str | None = None, *also: Amendment) -> Remedy:
    return Remedy(kind=kind, change=text, of=of, also=also, result=RemedyResult.VERIFIED)


@pytest.mark.parametrize("name", ["asked.txt", "pyproject.toml"])
def test_lines_are_put_first_and_last_and_left_out(name: str) -> None:
    for text in (PROJECT, INLINE) if name == "pyproject.toml" else ("app==2.0\nengine<2\nother",):
        written({name: text})
        report = asked(name)
        for remedy, lines in (
            (change(RemedyKind.ADD, "engine>=1; python_version > '3'"),
             ["app==2.0", "engine<2", "other", "engine>=1; python_version > '3'"]),
            (change(RemedyKind.ORDER, "other"), ["other", "app==2.0", "engine<2", "other"]),
            (change(RemedyKind.DROP, "", "engine<2"), ["app==2.0", "other"]),
            (change(RemedyKind.DROP, "", "other"), ["app==2.0", "engine<2"]),
            (change(RemedyKind.RELAX, "app", "app==2.0", Amendment(kind=RemedyKind.ADD, change="new")),
             ["app", "engine<2", "other", "new"]),
        ):  # fmt: skip
            written({name: text})
            applied(report, remedy)
            assert [one.text for one in gather(files=[name], environ={}).requirements] == lines


def test_a_comment_stays_and_nothing_else_changes() -> None:
    written({"asked.txt": LISTED, "base.txt": "engine<2\n"})
    made = applied(asked("asked.txt"), change(RemedyKind.RELAX, "app>=1", "app==2.0"))
    assert made.decode() == (
        "--- a/asked.txt\n+++ b/asked.txt\n@@ -1,4 +1,4 @@\n # what runs\n -r base.txt\n"
        "-app==2.0  # ours\n+app>=1  # ours\n other\n"
    )


@pytest.mark.parametrize("odd", ["\x0c", "\x0c\n", "\r", "\u2028"])
def test_what_ends_a_line_for_requirements_alone_ends_none_of_a_patch(odd: str) -> None:
    written({"asked.txt": f"other{odd}app==2.0\n"})
    applied(asked("asked.txt"), change(RemedyKind.RELAX, "app>=1", "app==2.0"))
    assert Path("asked.txt").read_bytes().decode() == f"other{odd}app>=1\n"
    applied(asked("asked.txt"), change(RemedyKind.REPLACE, "other==1.0", "other"))
    assert Path("asked.txt").read_bytes().decode() == f"other==1.0{odd}app>=1\n"


@pytest.mark.parametrize(
    ("remedy", "says"),
    [
        (change(RemedyKind.PYTHON, "3.9"), "--fix 1 is an option, not a line of a file: --python 3.9"),
        (change(RemedyKind.POLICY, "--pre"), "--fix 1 is an option, not a line of a file: --pre"),
        (
            change(RemedyKind.CONSTRAIN, "app<2"),
            "--fix 1 is an option, not a line of a file: -c FILE, with the line app<2",
        ),
        (
            change(RemedyKind.BUILD_CONSTRAINT, "cython<3"),
            "--fix 1 is an option, not a line of a file: --build-constraint FILE, with the line cython<3",
        ),
        (
            change(RemedyKind.RELAX, "app", "app==2.0"),
            "--fix 1: asked.txt:2 has hashes, which are those of another release",
        ),
        (change(RemedyKind.DROP, "", "nothing"), "--fix 1: no file has the line nothing"),
    ],
)
def test_what_is_no_line_is_said_in_a_sentence(remedy: Remedy, says: str) -> None:
    written({"asked.txt": f"other\napp==2.0 --hash=sha256:{'0' * 64}\n"})
    report = asked("asked.txt")
    with pytest.raises(InputError) as raised:
        patch(remedy, 1, report.question, lambda file: Path(file).read_bytes())
    assert str(raised.value) == says


def test_the_command_writes_the_fix_that_the_report_numbers(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name, version, needs in (("app", "1.0", "engine<2"), ("engine", "1.0", ""), ("engine", "2.0", "")):
        filename = f"{name}-{version}-py3-none-any.whl"
        said = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        said += f"Requires-Dist: {needs}\n" if needs else ""
        (tmp_path / filename).write_bytes(wheel_bytes(filename, said.encode()))
    written({"asked.txt": "app\nengine>=2\n"})
    question = ["explain-backtrack", "-r", "asked.txt", "--resolver", "uv", "--no-index", "-f", str(tmp_path)]
    assert run([*question, "--fix", "1", "-o", "fix.patch"]) == 1
    (line,) = [line for line in capfd.readouterr().out.splitlines() if line.lstrip().startswith("1. ")]
    assert line.split() == ["1.", "engine>=1.0", "instead", "of", "engine>=2", "app", "1.0", "and", "engine", "1.0"]
    subprocess.run(["git", "apply", "fix.patch"], check=True)
    assert Path("asked.txt").read_text() == "app\nengine>=1.0\n"
    assert run([*question, "-q"]) == 0
    written({"asked.txt": "app\nengine>=2\n"})
    for options, says in (
        (["--fix", "1"], "--fix 1 needs -o FILE: the patch is written there"),
        (
            ["--fix", "1", "-o", "asked.txt", "--force"],
            "asked.txt is read: no answer is written over what it was read from",
        ),
        (["--fix", "0", "-o", "other.patch"], "--fix 0: the report has 2 fixes"),
        (["--fix", "3", "-o", "other.patch"], "--fix 3: the report has 2 fixes"),
    ):
        capfd.readouterr()
        assert run([*question, *options]) == 2
        assert capfd.readouterr().err.splitlines()[-1] == f"error: {says}"
    assert not Path("other.patch").exists()
