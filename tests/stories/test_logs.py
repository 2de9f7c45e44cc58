"""A log alone, as a CI system keeps it: what happened is explained as if the requirements were at hand."""

import dataclasses
import gzip
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from backtrail.cli.program import run
from backtrail.inputs.logs.log_file import read_log
from backtrail.model.errors import InputError
from backtrail.model.log import Claim
from backtrail.model.trail import Outcome
from backtrail.report.schema import schema
from support.logged import CONFLICT, GUARDED, WORLDS
from support.loopback import Loopback
from support.patience import patience
from support.recorded import FIXTURES, pins, seed_until
from support.worlds import Project, release

# A whole real set goes over the same lines thousands of times; they are counted where they are tested one by one.
pytestmark = pytest.mark.uncounted

LOGS = FIXTURES / "logs"
UV = ("0.4.18", "0.5.31", "0.8.24", "0.11.2", "0.13.9")
PIP = ("22.3", "24.0", "25.1", "26.3")
EVERY = sorted(path.name.removesuffix(".log.gz") for path in LOGS.glob("*.log.gz"))
OF_CONFLICT = [name for name in EVERY if name.endswith("-conflict")]
HEADLINE = "numba 0.53.1 (an sdist of 2021) chosen: each of the 16 newer versions needs numpy older than 2.1.2"
PREFIXES: dict[str, Callable[[int, str], str]] = {
    "plain": lambda _, line: line,
    "github": lambda number, line: f"2024-10-07T21:45:{number % 60:02}.{number % 1000:07}Z {line}",
    "github-cli": lambda number, line: f"build\tinstall\t2024-10-07T21:45:{number % 60:02}.1234567Z {line}",
    "github-docker": lambda number,
    line: f"2024-10-07T21:45:{number % 60:02}.1234567Z #9 [2/3] {number / 10:.3f} {line}",
    "gitlab": lambda number, line: f"2024-10-07T21:45:{number % 60:02}.123456Z 01O \x1b[0K\x1b[32;1m{line}\x1b[0;m",
    "docker": lambda number, line: f"#12 {number / 10:.3f} {line}",
    "compose": lambda _, line: f"web-1  | {line}",
    "coloured": lambda _, line: f"\x1b[32m{line.partition(' ')[0]}\x1b[0m {line.partition(' ')[2]}",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    world = seed_until("2024-10-07T21:46:00Z", tmp_path_factory.mktemp("seed"))
    with Loopback() as loopback:
        yield loopback.mount(world)


@pytest.fixture(scope="module")
def small() -> Iterator[dict[str, str]]:
    """The worlds that the other logs were recorded on, by name."""
    with Loopback() as loopback:
        yield {name: loopback.mount(world) for name, world in WORLDS.items()}


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
    for name in ("uv-0.4.18", "uv-0.13.9", "pip-26.3-v", "uv-0.8.24-conflict", "pip-24.0-vv-guarded"):
        plain, read = read_log(str(log(name))), read_log(str(log(name, prefix)))
        assert (read.release, read.python, read.visits) == (plain.release, plain.python, plain.visits)
        assert [one.text for one in read.statements] == [one.text for one in plain.statements]
        assert read.coverage.understood >= 0.98 * read.coverage.of_tool


def test_every_release_is_recorded_on_every_world() -> None:
    wanted = {f"uv-{one}{world}" for one in UV for world in ("", *(f"-{each}" for each in WORLDS))}
    wanted |= {f"pip-{one}{options}-{world}" for one in PIP for options in ("", "-vv") for world in WORLDS}
    assert wanted | {f"pip-{one}-v" for one in PIP} <= {*EVERY}


@pytest.mark.parametrize("name", EVERY)
def test_nearly_all_lines_are_understood(log: Callable[..., Path], name: str) -> None:
    read = read_log(str(log(name)))
    assert read.coverage.understood >= 0.98 * read.coverage.of_tool > 15
    assert read.release in (None, name.split("-")[1])
    assert read.outcome is (Outcome.IMPOSSIBLE if name in OF_CONFLICT else Outcome.SOLVED)


def asked_small(
    path: Path, index: str, capsys: pytest.CaptureFixture[str], *options: str
) -> tuple[dict[str, Any], str]:
    """The answer to a log of a small world, as a document and as text."""
    common = ["log", str(path), "--python", "3.11", "--index-url", index, "--budget", "0", *options]
    run([*common, "-q", "--format", "json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    Draft202012Validator(schema()).validate(found)
    run(common)
    return found, capsys.readouterr().out


@pytest.mark.parametrize("name", [name for name in EVERY if name.endswith(tuple(WORLDS)) and "pip-22.3" not in name])
def test_solving_again_ends_as_the_log_does(
    name: str, log: Callable[..., Path], small: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    tool, release, *_, world = name.split("-")
    found, text = asked_small(log(name), small[world], capsys, "--resolver", f"{tool}@{release}")
    logged, again = found["runs"]
    assert logged["outcome"] == again["outcome"] == ("impossible" if world == "conflict" else "solved")
    if world == "guarded":
        pinned = [{name: pin["version"] for name, pin in one["pins"].items()} for one in (logged, again)]
        assert pinned[0] == pinned[1]
        assert "the same answer as in the log" in text
    else:
        assert "no solution, as in the log" in text


@pytest.mark.parametrize("name", OF_CONFLICT)
def test_what_a_real_error_states_is_true_of_the_index_that_it_is_of(
    name: str, log: Callable[..., Path], small: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error text alone, as it is pasted into issues; what it says is never what it leaves unsaid."""
    lines = log(name).read_text(encoding="utf-8").splitlines()
    start = next(place for place, line in enumerate(lines) if "No solution found" in line or line.startswith("The con"))
    alone = tmp_path / "issue.txt"
    alone.write_text("\n".join(lines[start:]), encoding="utf-8")
    found, text = asked_small(alone, small["conflict"], capsys)
    message = found["log"]
    standings = {one["text"]: one["standing"] for one in message["statements"] if one["because"] != "own-line"}
    assert len(standings) >= 2
    assert set(standings.values()) == {"true"}
    unsaid = {(one["project"], version) for one in message["unsaid"] for version in one["versions"]}
    if name.startswith("uv"):
        assert ("service", "1.2rc1") in unsaid
        assert not unsaid & {("toolkit", "3.0"), ("toolkit", "2.2")}
        assert "service 1.2rc1  a pre-release" in text


def test_what_is_no_longer_true_is_said_with_what_is_there_now(
    log: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """A release that came since, one that asks for something else now, and one that is gone."""
    later = dataclasses.replace(
        CONFLICT,
        projects=(
            Project(name="service", releases=(release("service", "1.0", "toolkit>=2"), release("service", "1.1"))),
            Project(
                name="toolkit",
                releases=(
                    release("toolkit", "2.1", "codec>=2"),
                    release("toolkit", "2.2", "codec>=2"),
                    release("toolkit", "3.0"),
                    release("toolkit", "3.1", requires_python=">=3.14"),
                    release("toolkit", "4.0", upload_time="2025-06-01T00:00:00Z"),
                ),
            ),
            CONFLICT.projects[2],
        ),
    )
    with Loopback() as loopback:
        index = loopback.mount(later)
        _, text = asked_small(log("uv-0.13.9-conflict"), index, capsys)
        then, _ = asked_small(log("uv-0.13.9-conflict"), index, capsys, "--exclude-newer", "2025-01-01")
    rows = {" ".join(line.split()) for line in text.splitlines()}
    for statement, says in (
        ("toolkit==3.0 depends on Python>=3.14", "toolkit 3.0 requires no certain Python"),
        ("only toolkit<=3.0 is available", "toolkit 4.0 is there"),
        ("toolkit==2.2 was yanked (reason: breaks on import)", "not of toolkit 2.2"),
        ("toolkit>=2.0,<=2.1 depends on codec<2", "toolkit 2.1 requires codec>=2"),
        ("service>=1.2rc1 depends on toolkit>=4", "none of these versions is there"),
    ):
        assert f"{statement} no longer true: {says}" in rows
    assert "solved again with uv 0.13.9: a solution, unlike in the log" in rows
    assert "toolkit 3.1 Requires-Python excludes this Python (>=3.14)" in rows
    (only,) = [one for one in then["log"]["statements"] if one["claim"] == "only"]
    assert only["standing"] == "true"
    assert {"project": "toolkit", "reason": "exclude-newer", "value": "2025-06-01T00:00:00Z", "versions": ["4.0"]} in (
        then["log"]["unsaid"]
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "ERROR: Could not find a version that satisfies the requirement toolkit>=2.2 (from versions: 2.0, 2.1)",
            "toolkit 2.2  yanked (breaks on import)",
        ),
        (
            "  x No solution found when resolving dependencies:\n  Because nowhere was not found in the package "
            "registry and you require nowhere, we can conclude that your requirements are unsatisfiable.",
            "nowhere was not found in the package registry  true",
        ),
        (
            "The conflict is caused by:\n    app[x] 1.0 depends on codec<2\n    The user requested codec>=2",
            "app[x] 1.0 depends on codec<2  cannot be checked: no index has the project",
        ),
        (
            "The conflict is caused by:\n    toolkit 2.1 depends on codec<2",
            "does not say what was asked: nothing is solved again",
        ),
        (
            "The conflict is caused by:\n    toolkit 2.1 depends on codec<2\n    The user requested codec>=2",
            "has no solution, but does not say who asks for toolkit",
        ),
        (
            "  Because toolkit==2.1 depends on codec>=2 and you require codec<2, we can conclude that your "
            "requirements are unsatisfiable.",
            "toolkit==2.1 depends on codec>=2  no longer true: toolkit 2.1 requires codec<2, codec!=1.1",
        ),
    ],
)
def test_an_error_alone_is_held_against_the_index(
    text: str, says: str, small: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "issue.txt"
    path.write_text(text + "\n", encoding="utf-8")
    assert says in asked_small(path, small["conflict"], capsys)[1]


def test_a_recording_of_an_error_is_answered_again_the_same(
    log: Callable[..., Path], small: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = tmp_path / "conflict.backtrail"
    _, text = asked_small(log("uv-0.8.24-conflict"), small["conflict"], capsys, "-o", str(case), "--force")
    assert run(["replay", str(case)]) == 1
    assert capsys.readouterr().out == text


def test_where_the_index_went_on_both_answers_are_shown(
    log: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    store = Project(name="store", releases=(*GUARDED.projects[1].releases, release("store", "2.1", "buffer>=2")))
    projects = (GUARDED.projects[0], store, *GUARDED.projects[2:])
    with Loopback() as loopback:
        index = loopback.mount(dataclasses.replace(GUARDED, projects=projects))
        found, text = asked_small(log("uv-0.13.9-guarded"), index, capsys)
    logged, again = found["runs"]
    assert (logged["pins"]["reader"]["version"], again["pins"]["reader"]["version"]) == ("1.3", "2.5")
    assert "solved again with uv 0.13.9, other than in the log: " in text
    assert "reader 2.5 instead of 1.3" in text


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
    assert HEADLINE in (FIXTURES / "seed" / "report.txt").read_text(encoding="utf-8")  # of its requirements
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


LOCKED = """\
DEBUG uv 0.13.9 (x86_64-unknown-linux-gnu)
DEBUG Solving with installed Python version: 3.13
DEBUG Solving with target Python version: >=3.10, <4
DEBUG Solving split (markers: python_full_version == '3.12.*') (requires-python: RequiresPython {})
DEBUG Adding direct dependency: tool*
DEBUG Selecting: tool==1.0 [compatible] (tool-1.0-cp312-cp312-macosx_11_0_arm64.whl)
"""
ONE = re.sub("DEBUG Solving split.*\n", "", LOCKED)


@pytest.mark.parametrize(
    ("text", "python", "platform", "universal"),
    [
        (LOCKED, "3.12", None, True),
        (
            re.sub("DEBUG Solving split.*\n", "", LOCKED) + "DEBUG all marker environments resolution took 1s",
            "3.10",
            None,
            True,
        ),
        (re.sub("DEBUG Solving split.*\n", "", LOCKED), "3.10", "aarch64-apple-darwin", False),
    ],
)
def test_the_wheels_of_a_lock_tell_no_platform(
    text: str, python: str, platform: str | None, universal: bool, tmp_path: Path
) -> None:
    """For all platforms, some wheel of a version is read for what it requires; which one says nothing."""
    (tmp_path / "lock.log").write_text(text, encoding="utf-8")
    read = read_log(str(tmp_path / "lock.log"))
    assert (read.python, read.platform, read.universal) == (python, platform, universal)


def test_the_error_of_uv_is_taken_apart(tmp_path: Path) -> None:
    assert statements(UV_ERROR, tmp_path) == [
        (Claim.ONLY, "numba", None),
        (Claim.DEPENDS, "librosa", "numba>=0.51.0"),
        (Claim.REQUIRED, None, "librosa==0.10.2"),
        (Claim.REQUIRED, None, "pillow>=10,<11"),
    ]


def test_what_uv_concludes_below_a_list_is_none_of_its_statements(tmp_path: Path) -> None:
    """There the comma is left out."""
    proof = (
        "Because only the following versions of blosc2 are available:\n    blosc2<3.0.0b4\n    blosc2==3.1\n"
        "we can conclude that blosc2>=3.0.0b4 cannot be used.\n"
        "And because you require blosc2>=3.0.0b4, we can conclude that your requirements are unsatisfiable.\n"
    )
    path = tmp_path / "error.txt"
    path.write_text(proof, encoding="utf-8")
    only, required = read_log(str(path)).statements
    assert (only.claim, only.name, only.ranges or only.versions) == (Claim.ONLY, "blosc2", ("<3.0.0b4", "==3.1"))
    assert only.text.endswith("are available: blosc2<3.0.0b4 blosc2==3.1")
    assert required.claim is Claim.REQUIRED


def test_a_conflict_that_solving_again_does_not_confirm_is_not_explained(
    small: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The log was cut: it shows one line of what was asked, and that alone can be met."""
    path = tmp_path / "cut.log"
    path.write_text(
        "Collecting toolkit==2.1\n  Using cached toolkit-2.1-py3-none-any.whl (1 kB)\n"
        "ERROR: Cannot install app==1.0 because these package versions have conflicting dependencies.\n"
        "The conflict is caused by:\n    toolkit 2.1 depends on codec<2\n    The user requested (constraint) codec>=2\n"
        "ERROR: ResolutionImpossible: for help visit the documentation\n",
        encoding="utf-8",
    )
    found, text = asked_small(path, small["conflict"], capsys, "--resolver", "pip")
    assert [one["outcome"] for one in found["runs"]] == ["impossible", "solved"]
    assert "solved again with pip 26.3: a solution, unlike in the log" in text
    assert found["findings"] == []


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


def test_a_log_that_ends_without_an_answer_and_says_no_requirement_is_answered(
    tmp_path: Path, index: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = "Looking in indexes: https://index.example\n  Downloading a-1.0.tar.gz\nERROR: ResolutionImpossible: x\n"
    (tmp_path / "ci.log").write_text(lines)
    code, text = asked(tmp_path / "ci.log", index, capsys)
    assert code == 1
    assert "finds no solution" in text


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
