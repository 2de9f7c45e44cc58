"""What people have on disk stays theirs: ``-o`` replaces reports of ours, and nothing else unless asked to."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from backtrail import cli
from backtrail.sources.case_file import read_case
from support.links import folder_of
from support.recorded import FIXTURES
from support.worlds import release

SEED = FIXTURES / "seed" / "seed.backtrail"
REQUIREMENTS = "a>=1  # until the bug is mended\n-c limits.txt\n-r more.txt\n"
FILES = {"requirements.txt": REQUIREMENTS, "limits.txt": "b<3\n", "more.txt": "b\n", "constraints.txt": "a<9 # ours\n"}

Ask = Callable[..., tuple[int, str]]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """The command line in a folder with a project's files, and two projects to resolve; gives code and stderr."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).write_text(text)
    folder_of(Path("links"), ("a", release("a", "1.0", "b")), ("b", release("b", "2.0")))

    def asked(*arguments: str, where: bool = True) -> tuple[int, str]:
        code = cli.run([*arguments, *(("--no-index", "-f", "links", "--resolver", "uv") if where else ())])
        return code, capsys.readouterr().err

    return asked


def left() -> set[str]:
    return {path.name for path in Path().iterdir()} - {"links"}


def unchanged() -> bool:
    return all(Path(name).read_text() == text for name, text in FILES.items())


def test_the_habit_of_pip_compile_overwrites_nothing(ask: Ask) -> None:
    code, err = ask("explain-backtrack", "-r", "requirements.txt", "-c", "constraints.txt", "-o", "requirements.txt")
    assert (code, err.count("\n")) == (2, 1)
    assert "requirements are written by: backtrail report … --format requirements -o requirements.txt" in err
    assert unchanged()
    assert left() == set(FILES)


@pytest.mark.parametrize("command", ["why a", "explain-backtrack", "compare --resolver pip", "graph", "report"])
@pytest.mark.parametrize("name", ["new.txt", "requirements.txt", "new", "new.pdf", "new.in"])
def test_no_command_writes_to_a_suffix_it_does_not_know(ask: Ask, command: str, name: str) -> None:
    code, err = ask(*command.split(), "-r", "requirements.txt", "-o", name)
    assert (code, err.count("\n")) == (2, 1)
    assert unchanged()
    assert left() == set(FILES)


@pytest.mark.parametrize("read", ["requirements.txt", "limits.txt", "more.txt", "constraints.txt"])
@pytest.mark.parametrize("link", [None, Path.symlink_to, Path.hardlink_to])
def test_what_is_read_is_never_written_over(ask: Ask, read: str, link: Callable[[Path, Path], None] | None) -> None:
    output = Path(read)
    if link is not None:
        output = Path("out.txt")
        link(output, Path(read).absolute())
    asked = ("-r", "requirements.txt", "-c", "constraints.txt", "--format", "requirements")
    for written in (("-o", str(output)), ("-o", "new.txt", "--constraints-output", str(output))):
        code, err = ask("report", *asked, *written, "--force")
        assert code == 2
        assert f"{output} is read" in err
        assert "no answer is written over what it was read from" in err
    assert unchanged()
    assert not Path("new.txt").exists()


def test_inputs_of_every_kind_are_known(ask: Ask) -> None:
    Path("pyproject.toml").write_text("[project]\nname = 'p'\nversion = '1'\ndependencies = ['a']\n")
    Path("b.METADATA").write_text("Metadata-Version: 2.1\nName: b\nVersion: 2.0\n")
    Path("over.txt").write_text("b==2.0\n")
    inputs = {
        "pyproject.toml": ("-r", "pyproject.toml"),
        "b.METADATA": ("a", "--dependency-metadata", "."),
        "over.txt": ("a", "--override", "over.txt"),
        "links/a-1.0-py3-none-any.whl": ("./links/a-1.0-py3-none-any.whl",),
        "setup.py": ("-e", "."),
    }
    Path("setup.py").write_text("")
    for name, asked in inputs.items():
        before = Path(name).read_bytes()
        code, err = ask("report", *asked, "--format", "requirements", "-o", name, "--force")
        assert (code, "is read" in err) == (2, True), name
        assert Path(name).read_bytes() == before


def test_a_recording_is_not_written_over_by_what_is_made_of_it(ask: Ask) -> None:
    assert ask("explain-backtrack", "a", "-q", "-o", "bug.backtrail")[0] == 0
    before = Path("bug.backtrail").read_bytes()
    Path("same.backtrail").symlink_to("bug.backtrail")
    for arguments in (
        ("replay", "bug.backtrail", "-o", "bug.backtrail"),
        ("replay", "bug.backtrail", "-o", "same.backtrail"),
        ("report", "same.backtrail", "-o", "bug.backtrail"),
        ("shrink", "bug.backtrail", "--keep", "outcome", "-o", "bug.backtrail"),
        ("diff", "bug.backtrail", "same.backtrail", "--force", "-o", "bug.json"),
    ):
        if arguments[0] == "diff":
            Path("bug.json").hardlink_to("bug.backtrail")
        code, err = ask(*arguments, where=False)
        assert code == 2
        assert "is read" in err
    assert Path("bug.backtrail").read_bytes() == before


FORMS = ("r.md", "r.html", "r.json", "r.sarif", "r.svg", "r.backtrail", "r.packse.toml", "r.scenarios.toml")
GRAPHS = ("g.dot", "g.gv", "g.graphml", "g.mmd", "g.json")


@pytest.mark.parametrize("name", FORMS)
def test_a_report_of_ours_is_replaced(ask: Ask, name: str) -> None:
    asked = ("a", "--exclude-newer", "2024-01-01", "-q", "-o", name)
    first = ask("explain-backtrack", *asked)
    written = Path(name).read_bytes()
    assert (ask("explain-backtrack", *asked), Path(name).read_bytes()) == (first, written)
    Path(name).write_text("a report of somebody else: written by hand\n")
    code, err = ask("explain-backtrack", *asked)
    assert (code, err) == (
        2,
        f"error: -o {name}: the file exists and is not a report of backtrail; --force replaces it\n",
    )
    assert Path(name).read_text() == "a report of somebody else: written by hand\n"
    assert ask("explain-backtrack", *asked, "--force")[0] == first[0]
    assert Path(name).read_bytes() == written


@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_of_ours_is_replaced(ask: Ask, name: str) -> None:
    assert ask("graph", "a", "-o", name)[0] == 0
    assert ask("graph", "a", "-o", name)[0] == 0
    Path(name).write_text("drawn by hand")
    assert ask("graph", "a", "-o", name)[0] == 2
    assert ask("graph", "a", "-o", name, "--force")[0] == 0


@pytest.mark.parametrize("name", ["d.md", "d.json"])
def test_a_diff_of_ours_is_replaced(ask: Ask, name: str) -> None:
    assert ask("explain-backtrack", "a", "-q", "-o", "bug.backtrail")[0] == 0
    for _ in range(2):
        assert ask("diff", "bug.backtrail", "bug.backtrail", "-q", "-o", name, where=False)[0] == 0
    Path(name).write_text("{}")
    assert ask("diff", "bug.backtrail", "bug.backtrail", "-q", "-o", name, where=False)[0] == 2
    assert Path(name).read_text() == "{}"


def test_requirements_are_written_where_they_are_asked_for_and_nowhere_else(ask: Ask) -> None:
    asked = ("report", "-r", "requirements.txt", "--format", "requirements", "-o", "out.txt")
    assert ask(*asked) == (0, "")
    assert Path("out.txt").read_text().splitlines()[1:] == ["a>=1", "b"]
    assert left() == {*FILES, "out.txt"}
    assert ask(*asked, "--constraints-output", "pins.txt") == (0, "")
    assert Path("pins.txt").read_text().splitlines()[1:] == ["b<3", "a==1.0", "b==2.0"]
    assert left() == {*FILES, "out.txt", "pins.txt"}
    assert unchanged()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--format", "requirements", "-o", "r.html"), "its suffix is that of html, and --format says requirements"),
        (("--format", "xml", "-o", "r.xml"), "--format 'xml' is not one of markdown, html"),
        (("-o", "r.html", "--constraints-output", "c.txt"), "constraints go with --format requirements"),
        (
            ("--format", "requirements", "-o", "r.txt", "--constraints-output", "./r.txt"),
            "that is the file of the requirements",
        ),
        (("--format", "requirements", "-o", "r.txt", "--constraints-output", "limits.txt"), "is not a report of"),
    ],
)
def test_what_cannot_be_written_so_is_said_before_anything_is_asked(
    ask: Ask, arguments: tuple[str, ...], sentence: str
) -> None:
    code, err = ask("report", "nothere-at-all", *arguments)
    assert (code, err.count("\n")) == (2, 1)
    assert sentence in err
    assert left() == set(FILES)


def test_a_link_stays_a_link_and_a_mode_stays_a_mode(ask: Ask) -> None:
    Path("kept").mkdir()
    Path("r.md").symlink_to("kept/real.md")
    assert ask("explain-backtrack", "a", "-q", "-o", "r.md")[0] == 0
    Path("kept/real.md").chmod(0o600)
    assert ask("explain-backtrack", "a", "-q", "-o", "r.md")[0] == 0
    assert Path("r.md").is_symlink()
    assert stat.S_IMODE(Path("kept/real.md").stat().st_mode) == 0o600
    assert [path.name for path in Path("kept").iterdir()] == ["real.md"]
    Path("lost.md").symlink_to("nowhere/real.md")
    code, err = ask("explain-backtrack", "a", "-q", "-o", "lost.md")
    assert (code, "there is no folder" in err) == (2, True)


def test_an_empty_file_loses_nothing(ask: Ask) -> None:
    Path("made-by-mktemp.json").touch()
    assert ask("explain-backtrack", "a", "-q", "-o", "made-by-mktemp.json")[0] == 0


def test_notes_behind_a_report_are_kept(ask: Ask) -> None:
    """Whoever went on writing in a report has made it their own, as far as our mark is no longer at its end."""
    assert ask("explain-backtrack", "a", "-q", "-o", "r.md")[0] == 0
    with Path("r.md").open("a") as stream:
        stream.write("my notes\n" * 1000)
    assert ask("explain-backtrack", "a", "-q", "-o", "r.md")[0] == 2


def test_the_second_of_two_files_that_cannot_be_written_leaves_neither(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrote: list[Path] = []
    write_bytes = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        wrote.append(self)
        if len(wrote) == 2:
            raise OSError(28, "No space left on device")
        return write_bytes(self, data)

    asked = ("report", "a", "--format", "requirements", "-o", "out.txt", "--constraints-output", "pins.txt")
    assert ask("explain-backtrack", "a", "-q")[0] == 0  # what is cached by now is not written again
    monkeypatch.setattr(Path, "write_bytes", full)
    code, err = ask(*asked)
    assert (code, err) == (2, "error: --constraints-output pins.txt: No space left on device\n")
    assert left() == set(FILES)


def test_a_recording_written_elsewhere_is_one_of_ours(ask: Ask) -> None:
    assert read_case(SEED)
    Path("r.md").write_bytes(SEED.read_bytes())
    assert ask("explain-backtrack", "a", "-q", "-o", "r.md")[0] == 0


def test_a_report_of_a_recording_ends_well_once_it_is_written(ask: Ask) -> None:
    assert ask("explain-backtrack", "a", "b<2", "-q", "-o", "bug.backtrail")[0] == 1
    assert ask("replay", "bug.backtrail", "-q", where=False)[0] == 1
    assert ask("report", "bug.backtrail", "-o", "bug.md", where=False) == (0, "")
    assert ask("report", "bug.backtrail", "-o", "bug.html", "--fail-on", "BT101", where=False)[0] == 0
    assert ask("report", "bug.backtrail", "-o", "bug.json", "--fail-on", "BT107", where=False)[0] == 4
    assert {"bug.md", "bug.html", "bug.json"} <= left()
