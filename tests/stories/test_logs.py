"""A log alone, as a CI system keeps it: what happened is explained as if the requirements were at hand."""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from backtrail.cli.program import run
from backtrail.inputs.logs.log_file import read_log
from backtrail.model.errors import InputError
from backtrail.model.log import Claim
from backtrail.report.schema import schema
from support.loopback import Loopback
from support.patience import patience
from support.recorded import FIXTURES, pins, seed_until

LOGS = FIXTURES / "logs"
UV = ("0.4.18", "0.5.31", "0.8.24", "0.11.2", "0.13.9")
PIP = ("22.3-v", "24.0-v", "25.1-v", "26.3", "26.3-v", "26.3-debug")
HEADLINE = "numba 0.53.1 (an sdist of 2021) chosen: each of the 16 newer versions needs numpy older than 2.1.2"
PREFIXES: dict[str, Callable[[int, str], str]] = {
    "plain": lambda _, line: line,
    "github": lambda number, line: f"2024-10-07T21:45:{number % 60:02}.{number % 1000:07}Z {line}",
    "github-cli": lambda number, line: f"build\tinstall\t2024-10-07T21:45:{number % 60:02}.1234567Z {line}",
    "docker": lambda number, line: f"#12 {number / 10:.3f} {line}",
    "compose": lambda _, line: f"web-1  | {line}",
    "coloured": lambda _, line: f"\x1b[32m{line.partition(' ')[0]}\x1b[0m {line.partition(' ')[2]}",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    world = seed_until("2024-10-07T21:46:00Z", tmp_path_factory.mktemp("seed"))
    with Loopback() as loopback:
        yield loopback.mount(world)


@pytest.fixture
def log(tmp_path: Path) -> Callable[..., Path]:
    def written(name: str, prefix: str = "plain", *, lines: int | None = None) -> Path:
        text = gzip.decompress((LOGS / f"{name}.log.gz").read_bytes()).decode()
        prefixed = [PREFIXES[prefix](number, line) for number, line in enumerate(text.splitlines()[:lines])]
        path = tmp_path / f"{name}.log"
        path.write_text("".join(f"{line}\n" for line in prefixed), encoding="utf-8")
        return path

    return written


def asked(path: Path, index: str, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    common = (
        "--index-url",
        index,
        "--exclude-newer",
        "2024-10-07T21:46:00Z",
        "-q" if "json" in options else "--budget=24",
    )
    code = run(["log", str(path), *common, *options])
    return code, capsys.readouterr().out


def document(path: Path, index: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(asked(path, index, capsys, "--format", "json", "--budget", "0")[1])
    Draft202012Validator(schema()).validate(found)
    return found


@pytest.mark.parametrize("prefix", PREFIXES)
def test_whatever_a_ci_system_puts_before_lines_they_are_understood(log: Callable[..., Path], prefix: str) -> None:
    for name in ("uv-0.4.18", "uv-0.13.9", "pip-26.3-v"):
        plain, read = read_log(str(log(name))), read_log(str(log(name, prefix)))
        assert (read.release, read.python, read.visits) == (plain.release, plain.python, plain.visits)
        assert read.coverage.understood >= 0.98 * read.coverage.of_tool


@pytest.mark.parametrize("name", [*(f"uv-{one}" for one in UV), *(f"pip-{one}" for one in PIP)])
def test_nearly_all_lines_are_understood(log: Callable[..., Path], name: str) -> None:
    read = read_log(str(log(name)))
    assert read.coverage.understood >= 0.98 * read.coverage.of_tool > 100
    assert read.release in (None, name.split("-")[1])


@pytest.mark.parametrize("release", UV)
def test_the_log_of_uv_tells_the_pins_that_it_had(
    release: str, log: Callable[..., Path], index: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logged, again = document(log(f"uv-{release}"), index, capsys)["runs"]
    assert (logged["resolver"], logged["profile"], logged["outcome"]) == ("uv-log", release, "solved")
    assert {name: pin["version"] for name, pin in logged["pins"].items()} == pins(FIXTURES / "seed" / "pins-uv.txt")
    assert again["resolver"] == "uv"
    assert again["pins"].keys() == logged["pins"].keys()


@pytest.mark.parametrize(("release", "prefix"), [("0.4.18", "docker"), ("0.13.9", "github")])
def test_the_log_has_the_headline_of_the_requirements(
    release: str, prefix: str, log: Callable[..., Path], index: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = asked(log(f"uv-{release}", prefix), index, capsys)
    assert code == 0
    assert HEADLINE in text
    assert f"solved again with uv {release}: the same answer as in the log" in text
    assert "numba>=0.55" in text  # the remedy, solved again


@pytest.mark.parametrize("name", ["pip-26.3-v", "pip-24.0-v"])
def test_the_log_of_pip_tells_what_it_would_install(
    name: str, log: Callable[..., Path], index: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = log(name)
    logged = document(path, index, capsys)["runs"][0]
    (line,) = [one for one in path.read_text(encoding="utf-8").splitlines() if one.startswith("Would install ")]
    installed = {tuple(one.rsplit("-", 1)) for one in line.split()[2:]}
    assert {(name, pin["version"]) for name, pin in logged["pins"].items()} == installed
    numba = logged["pins"]["numba"]["requested_by"]
    assert [one["by"] for one in numba] == ["librosa==0.10.2.post1"]


def test_a_recording_of_a_log_is_answered_again_the_same(
    log: Callable[..., Path], index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = tmp_path / "seed.backtrail"
    _, text = asked(log("uv-0.13.9"), index, capsys, "-o", str(case))
    assert run(["replay", str(case)]) == 0
    assert capsys.readouterr().out == text
    code, markdown = asked(log("uv-0.13.9"), index, capsys, "--format", "markdown")
    assert code == 0
    assert "--resolver uv@0.13.9" in markdown


def test_of_a_log_that_was_cut_off_what_solving_gives_is_explained(
    log: Callable[..., Path], index: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = asked(log("uv-0.13.9", lines=600), index, capsys)
    assert code == 0
    assert "it ends before the resolution does" in text
    assert HEADLINE in text


def test_steps_side_by_side_are_told_apart(log: Callable[..., Path], tmp_path: Path) -> None:
    one = log("uv-0.13.9", "docker").read_text(encoding="utf-8").splitlines()
    other = [f"#7 1.0 DEBUG Adding direct dependency: other{number}*" for number in range(len(one))]
    mixed = tmp_path / "mixed.log"
    mixed.write_text("\n".join(line for pair in zip(one, other, strict=True) for line in pair), encoding="utf-8")
    assert not [each for each in read_log(str(mixed)).requirements if each.name.startswith("other")]


def test_no_server_is_asked_because_a_log_names_it(
    log: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    run(["log", str(log("uv-0.13.9")), "--offline", "--budget", "0"])
    assert "which is asked only if you name it: --index-url https://index.example/simple" in capsys.readouterr().err


UV_ERROR = """\
  \N{MULTIPLICATION SIGN} No solution found when resolving dependencies:
  ╰─▶ Because only the following versions of numba are available:
          numba<=0.60.0
          numba>=0.61
      and librosa==0.10.2 depends on numba>=0.51.0, we can conclude that librosa==0.10.2 cannot
      be used.
      And because you require librosa==0.10.2 and pillow>=10,<11, we can conclude that your
      requirements are unsatisfiable.
"""
PIP_ERROR = """\
#16 101.5 ERROR: Cannot install a==1.0 and b because these package versions have conflicting dependencies.
#16 101.7 The conflict is caused by:
#16 101.8     a 1.0 depends on numpy<2 and >=1.20
#16 101.8     The user requested numpy==2.1.2
#16 101.9     The user requested (constraint) numpy<3
"""


def statements(text: str, tmp_path: Path) -> list[tuple[Claim, str | None, str | None]]:
    path = tmp_path / "error.txt"
    path.write_text(text, encoding="utf-8")
    return [
        (one.claim, one.name, None if one.requirement is None else one.requirement.text)
        for one in read_log(str(path)).statements
    ]


def test_the_error_of_uv_is_taken_apart(tmp_path: Path) -> None:
    assert statements(UV_ERROR, tmp_path) == [
        (Claim.ONLY, "numba", None),
        (Claim.DEPENDS, "librosa", "numba>=0.51.0"),
        (Claim.REQUIRED, None, "librosa==0.10.2"),
        (Claim.REQUIRED, None, "pillow>=10,<11"),
    ]


def test_the_error_of_pip_is_taken_apart(tmp_path: Path) -> None:
    assert statements(PIP_ERROR, tmp_path) == [
        (Claim.DEPENDS, "a", "numpy<2,>=1.20"),
        (Claim.REQUIRED, None, "numpy==2.1.2"),
        (Claim.CONSTRAINED, None, "numpy<3"),
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"cargo build\n   Compiling serde v1.0\n", "no line of a log of uv or pip"),
        (b"\x00\x01\x02DEBUG uv 0.13.9", "is a binary file, and not a log"),
        (b"", "no line of a log of uv or pip"),
        (b"DEBUG uv 0.1.0\nDEBUG Adding direct dependency: a*\n", "uv before 0.4.0 is not reproduced"),
    ],
)
def test_what_is_no_log_is_refused_in_one_sentence(
    content: bytes, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ci.log"
    path.write_bytes(content)
    assert run(["log", str(path)]) == 2
    said = capsys.readouterr()
    assert not said.out
    assert says in said.err
    assert said.err.count("\n") == 1


def test_a_file_that_is_not_there_and_requirements_beside_a_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["log", str(tmp_path / "none.log")]) == 2
    assert "none.log' cannot be read: No such file or directory" in capsys.readouterr().err
    assert run(["log", "-", "--group", "dev"]) == 2
    assert "a log says itself what was asked" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        "Collecting c\n"
        + "".join(f"  Downloading a{one}-1.tar.gz\nCollecting b{one} (from c->d)\n" for one in range(20_000)),
        f"Collecting a\nSuccessfully installed a-{'1' * 5000}\n",
        f"Because {'z and ' * 3000}\n" + "and z and z and z and z\n" * 50_000 + "Collecting a\n",
        "Because x\n" + f"and only {'a' * 200}{'=' * 1900}\n" * 10_000 + "Collecting a\n",
    ],
    ids=["askers", "digits", "and", "only"],
)
def test_a_long_log_is_read_in_the_time_that_its_length_takes(text: str, tmp_path: Path) -> None:
    (tmp_path / "ci.log").write_text(text, encoding="utf-8")
    with patience():
        assert read_log(str(tmp_path / "ci.log")).tool == "pip"


def test_a_log_of_more_lines_than_are_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ci.log").write_text("Collecting a\n" + "\n" * 1_000_000, encoding="utf-8")
    with pytest.raises(InputError, match=r"ci\.log: a log of more than 1000000 lines is not read"):
        read_log(str(tmp_path / "ci.log"))


def test_a_hostile_log_is_read_in_bounds_and_shown_escaped(
    tmp_path: Path, index: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        "DEBUG uv 0.13.9",
        "DEBUG Solving with installed Python version: 3.10.13",
        "DEBUG Adding direct dependency: beartype*",
        "DEBUG Selecting: beartype==\x1b]0;owned\x07 [compatible] (x)",
        "DEBUG Selecting: beartype==not-a-version [compatible] (x)",
        "DEBUG Adding transitive dependency for " + "a-" * 100_000,
        "DEBUG Adding direct dependency: " + "(" * 1_000_000,
        "Because " + "a and " * 200_000,
        "DEBUG " + "#1 [" * 50_000,
    ]
    path = tmp_path / "ci.log"
    path.write_text("\n".join(lines), encoding="utf-8")
    code, text = asked(path, index, capsys)
    assert code == 0
    assert "\x1b" not in text
    assert "3 of 8 lines of uv understood" in text
