"""Many questions at once: what comes of them is what each of them answers alone, in tables."""

from pathlib import Path
from typing import Any

import pytest

from backtrail.cli import run
from backtrail.inquiry import replay
from backtrail.model.errors import InputError
from backtrail.survey.querying import query
from support.cases import write_case
from support.recorded import FIXTURES
from support.worlds import Project, Question, World, release

SEED = FIXTURES / "seed" / "seed.backtrail"


def asked(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    return list(query(folder, sql).rows)


def surveyed(folder: Path, *arguments: str | Path, code: int = 0) -> Path:
    assert run(["survey", *map(str, arguments), "-o", str(folder), "-q"]) == code
    return folder


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two questions about a tool that lags behind its library on an old Python, and a file that is nothing."""
    folder = tmp_path_factory.mktemp("cases")
    library = Project(name="lib", releases=(release("lib", "1.0"), release("lib", "2.0")))
    behind = release("tool", "1.0", 'lib<2; python_version < "3.11"', "lib")
    projects = (library, Project(name="tool", releases=(behind,)))
    for name in ("one", "two"):
        world = World(name=name, projects=projects, question=Question(requirements=("lib", "tool"), python="3.10"))
        write_case(folder / f"{name}.backtrail", world, "uv", "pip")
    (folder / "three.backtrail").write_bytes(b"PK\x03\x04nothing")
    return folder


@pytest.fixture(scope="module")
def varied(cases: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cases on two Pythons."""
    return surveyed(tmp_path_factory.mktemp("varied"), cases, "--vary", "python=3.10,3.11")


def test_every_question_is_answered_as_it_is_alone(tmp_path: Path) -> None:
    folder = surveyed(tmp_path, SEED)
    report = replay(str(SEED)).report
    runs = asked(folder, "SELECT run, outcome, rounds FROM runs")
    assert runs == [(one.key, one.outcome.value, one.counters.rounds) for one in report.runs]
    pins = asked(folder, "SELECT run, project, version, file FROM pins")
    of_report = [(run.key, pin.name, pin.version, pin.file and pin.file.filename) for run in report.runs
                 for pin in sorted(run.pins, key=lambda pin: pin.name)]  # fmt: skip
    assert pins == of_report
    codes = asked(folder, "SELECT code, subject FROM findings WHERE run = 'uv@0.13.9' ORDER BY ALL")
    assert ("BT101", "numba") in codes
    assert ("BT104", "llvmlite") in codes


def test_a_file_that_is_no_question_is_a_row_that_says_so(cases: Path, varied: Path) -> None:
    rows = asked(varied, "SELECT question, kind, cells, error FROM questions")
    assert rows[0] == (str(cases / "one.backtrail"), "case", 2, None)
    assert [row[1:3] for row in rows] == [("case", 2), ("case", 0), ("case", 2)]
    assert "three.backtrail" in rows[1][3]
    assert asked(varied, "SELECT count(DISTINCT question) FROM runs") == [(2,)]


def test_a_pin_that_moves_has_its_cause(varied: Path) -> None:
    rows = asked(varied, "SELECT run, cell, subject, old, new, causes FROM changes WHERE what = 'pin'")
    assert len(rows) == 4
    for run_key, cell, subject, old, new, causes in rows:
        assert (cell, subject, old, new) == ("python=3.11", "lib", "1.0", "2.0")
        assert run_key in ("uv@0.13.9", "pip@26.3")
        assert len(causes) == 1
        assert causes[0].startswith("for Python 3.11.0")


def test_a_survey_again_gives_the_same_bytes(cases: Path, varied: Path, tmp_path: Path) -> None:
    again = surveyed(tmp_path, cases, "--vary", "python=3.10,3.11")
    for table in ("questions", "runs", "pins", "findings", "changes"):
        assert (again / f"{table}.parquet").read_bytes() == (varied / f"{table}.parquet").read_bytes()


@pytest.mark.parametrize(
    "sql", ["SELECT * FROM read_text('{file}')", "COPY (SELECT 1) TO '{file}'", "SET enable_external_access = true"]
)
def test_a_query_reaches_the_tables_alone(varied: Path, cases: Path, sql: str) -> None:
    with pytest.raises(InputError):
        asked(varied, sql.format(file=cases / "three.backtrail"))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("python", "--vary 'python' is not one of"),
        ("weather=fine", "--vary 'weather=fine' is not one of"),
        ("python=3.10,3.10", "name each value once"),
        ("rule=uv.flies", "those of uv are"),
        ("rule=conda.flies", "write TOOL.RULE"),
        ("resolver=conda", "--resolver 'conda' is not one of"),
    ],
)
def test_what_cannot_be_varied_is_said_before_anything_is_asked(
    cases: Path, tmp_path: Path, given: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    surveyed(tmp_path, cases, "--vary", given, code=2)
    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
