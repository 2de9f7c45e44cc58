"""What asks for nothing, or for what is not there, is said once and in a sentence; numbers agree with their nouns."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from backtrail import cli
from backtrail.report import wording
from backtrail.report.wording import count
from support.links import folder_of
from support.worlds import release

Ask = Callable[..., str]
WORDING = Path(wording.__file__).parent


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """The command line beside two folders of wheels, one for uv and one for pip; gives stdout."""
    monkeypatch.chdir(tmp_path)
    for folder in ("uv", "pip"):
        folder_of(
            Path(folder),
            ("web", release("web", "1.0", "core[fast,slow]", "rare ; extra == 'async'", provides_extra=("Async",))),
            ("core", release("core", "2.0", "tool[gone]", provides_extra=("fast",))),
            ("rare", release("rare", "3.0")),
            ("tool", release("tool", "4.0")),
        )
        monkeypatch.setenv(f"{folder.upper()}_FIND_LINKS", folder)

    def asked(*arguments: str) -> str:
        cli.run([*arguments, "--no-index", "--python", "3.11", "--python-platform", "linux"])
        return capsys.readouterr().out

    return asked


@pytest.mark.parametrize("resolver", ["uv", "pip", "uv@0.4.18"])
def test_an_extra_that_does_not_exist_is_reported(ask: Ask, resolver: str) -> None:
    out = ask("explain-backtrack", "web[async,nosuch]", "--resolver", resolver)
    assert "resolves 4 packages" in out
    assert out.splitlines()[1:4] == [
        "  core 2.0 has no extra slow, asked for by web 1.0 as core[fast,slow]",
        "  tool 4.0 has no extra gone, asked for by core 2.0 as tool[gone]",
        "  web 1.0 has no extra nosuch, asked for by you as web[async,nosuch]",
    ]
    assert "unusual" not in out
    assert "no extra" not in ask("explain-backtrack", "web[ASYNC]", "rare", "--no-deps", "--resolver", resolver)


def test_an_extra_of_a_direct_reference_is_reported(ask: Ask) -> None:
    Path("app").mkdir()
    Path("app/pyproject.toml").write_text(
        "[project]\nname = 'app'\nversion = '1'\n[project.optional-dependencies]\nweb = ['rare']\n"
    )
    for resolver in ("uv", "pip"):
        out = ask("explain-backtrack", "./app[web,wbe]", "--resolver", resolver)
        assert "app 1 has no extra wbe, asked for by you as ./app[web,wbe]" in out
        assert "resolves 2 packages" in out


def test_a_marker_that_leaves_out_what_is_asked_is_reported(ask: Ask) -> None:
    shown = (
        '  the marker python_version < "3" is false for Python 3.11 on Linux x86_64: as a requirement, it is left out\n'
    )
    assert shown in ask("why", "web; python_version<'3'")
    assert shown in ask("why", "web; python_version<'3'", "-e", _project())
    assert "marker" not in ask("why", "web; python_version>'3'")


def _project() -> str:
    Path("app").mkdir(exist_ok=True)
    Path("app/pyproject.toml").write_text("[project]\nname = 'app'\nversion = '1'\n")
    return "./app"


def test_requirements_of_which_none_applies_are_reported(ask: Ask) -> None:
    out = ask("explain-backtrack", "web; python_version<'3'")
    assert "\n  web; python_version<'3' is left out by its marker\n" in out
    out = ask("explain-backtrack", "web; python_version<'3'", "core; sys_platform=='win32'")
    assert " and core; sys_platform=='win32' are left out by their markers\n" in out
    assert "left out" not in ask("explain-backtrack", "web; python_version<'3'", "core")


@pytest.mark.parametrize("requirement", ["nothere", "web==99"])
def test_what_is_nowhere_is_reported_once(ask: Ask, requirement: str) -> None:
    for arguments in (("explain-backtrack", requirement), ("why", requirement), ("why", requirement, "-e", _project())):
        out = ask(*arguments)
        assert out.count("BT107") == 1, arguments
        (line,) = [line for line in out.splitlines() if line.endswith("BT107")]
        assert " on uv or pip" in line


@pytest.mark.parametrize(
    ("number", "words", "digits"),
    [(0, "no project", "0 projects"), (1, "one project", "1 project"), (2, "two projects", "2 projects"),
     (13, "13 projects", "13 projects")],
)  # fmt: skip
def test_numbers_agree_with_their_nouns(number: int, words: str, digits: str) -> None:
    assert (count(number, "project"), count(number, "project", digits=True)) == (words, digits)
    assert count(1, "package asks", "packages ask") == "one package asks"


def test_costs_of_one(ask: Ask) -> None:
    out = ask("explain-backtrack", "rare", "--resolver", "uv", "-v")
    assert re.search(r"uv 0\.13\.9: \d+ listings? and 1 metadata file read, 2 decisions, 0 rejections", out)
    assert not re.search(r"\b1 \w+s\b", out.replace("1 class", ""))


NOUNS = (
    "backjump", "conflict", "decision", "extra", "file", "finding", "index", "line", "listing", "package", "pin",
    "project", "question", "rejection", "release", "requirement", "round", "run", "sdist", "time", "version", "wheel",
)  # fmt: skip


def test_whatever_is_counted_is_counted_in_one_place() -> None:
    """No sentence puts a noun behind a number by itself: it would be right for some numbers only."""
    counted = re.compile(rf"\}} (?:newer |metadata |more )?(?:{'|'.join(NOUNS)})e?s\b")
    assert counted.search('f"{number} newer versions"')
    for path in WORDING.glob("*.py"):
        assert counted.findall(path.read_text(encoding="utf-8")) == [], path.name


def test_the_command_to_paste_gives_switches_no_value(ask: Ask) -> None:
    out = ask("explain-backtrack", "rare", "--pre", "--only-binary", "rare", "--no-deps", "--format", "markdown")
    (line,) = [line for line in out.splitlines() if line.startswith("explain-backtrack ")]
    assert "true" not in line
    assert {"--pre", "--no-deps", "--no-index"} < {*line.split()}
    assert "--only-binary rare" in line
    assert "| `pre` | on |" in out
