"""Many questions at once: what comes of them is what each of them answers alone, in tables."""

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backtrail.cli import run
from backtrail.inputs.requirement_text import read_requirement
from backtrail.inquiry import Inquiry, replay
from backtrail.model.errors import InputError
from backtrail.model.files import Listing
from backtrail.model.metadata import Failure, Metadata, SdistContents, Unavailable
from backtrail.model.requirement import Origin
from backtrail.sources.case_file import read_case
from backtrail.sources.case_file import write_case as write_case_file
from backtrail.survey.querying import query
from support.cases import write_case
from support.loopback import Loopback
from support.ours import WorldSource
from support.recorded import FIXTURES
from support.small_worlds import releases, small_world
from support.worlds import Project, Question, World, release

# The same lines are gone over thousands of times; they are counted where they are tested one by one.
pytestmark = pytest.mark.uncounted

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
        ("python=3.10,4.9x", "--vary python '4.9x' is neither a version"),
        ("platform=amiga", "amiga"),
        ("cut-off=soon", "--vary cut-off=soon: that is no moment, date or duration"),
    ],
)
def test_what_cannot_be_varied_is_said_before_anything_is_asked(
    cases: Path, tmp_path: Path, given: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    surveyed(tmp_path, cases, "--vary", given, code=2)
    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


# What an index change does to whom


UNCAPPED = """\
Metadata-Version: 2.1
Name: numba
Version: 0.60.1
Requires-Python: >=3.9
Requires-Dist: llvmlite<0.44,>=0.43.0dev0
Requires-Dist: numpy>=1.22
"""


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seed's question, and one that holds numpy back, in the seed's world with numba 0.53.0 read as well.

    That release says what 0.53.1 says.
    """
    folder = tmp_path_factory.mktemp("seeds")
    question, world = read_case(SEED)
    inquiry = msgspec.convert(question, Inquiry)
    (numba,) = (page for (_, name), page in world.pages.items() if name == "numba")
    assert isinstance(numba, Listing)
    older, newer = (numba.files(numba.position[version]) for version in ("0.53.0", "0.53.1"))
    metadata, sdists = dict(world.metadata), dict(world.sdists)
    for file in older:
        twin = next(one for one in newer if one.filename == file.filename.replace("0.53.0", "0.53.1"))
        said, held = metadata.get(twin.url), sdists.get(twin.url)
        if isinstance(said, Metadata):
            metadata[file.url] = msgspec.structs.replace(said, file=file.filename, version="0.53.0")
        if isinstance(held, SdistContents):
            sdists[file.url] = msgspec.structs.replace(held, file=file.filename)
    world = msgspec.structs.replace(world, metadata=metadata, sdists=sdists)
    asked = tuple(one for one in inquiry.asked if one.policy.release in ("0.13.9", "26.3"))
    capped = [
        msgspec.structs.replace(
            one,
            question=msgspec.structs.replace(
                one.question, requirements=(*one.question.requirements, read_requirement("numpy<2.1", Origin()))
            ),
        )
        for one in asked
    ]
    for name, each in (("speech", asked), ("speech-with-numpy-2.0", capped)):
        content = msgspec.to_builtins(msgspec.structs.replace(inquiry, asked=tuple(each)), order="sorted")
        write_case_file(folder / f"{name}.backtrail", content, world)
    return folder


def test_yanking_numba_hits_whom_uv_gives_it(
    seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(seeds)
    given = (".", "-o", str(tmp_path), "--yank", "numba==0.53.1", "--fail-on", "pin")
    assert run(["survey", *given]) == 4
    said = capsys.readouterr().out
    assert "2 questions, 2 cells each: 1 question changed" in said
    rows = asked(tmp_path, "SELECT question, run, old, new, causes FROM changes WHERE what = 'pin'")
    assert rows == [("speech.backtrail", "uv@0.13.9", "0.53.1", "0.53.0", ["with --yank numba==0.53.1"])]
    row = next(line for line in said.splitlines() if "→" in line)
    assert "numba `0.53.1` → `0.53.0` | with --yank numba==0.53.1 | speech.backtrail" in row


def test_publishing_a_numba_without_a_cap_frees_whom_it_held(seeds: Path, tmp_path: Path) -> None:
    metadata = tmp_path / "METADATA"
    metadata.write_text(UNCAPPED)
    folder = surveyed(tmp_path / "results", seeds, "--publish", metadata)
    rows = asked(
        folder,
        "SELECT run, subject, old, new FROM changes WHERE what = 'pin' AND subject IN ('numba', 'numpy', 'llvmlite') "
        "AND question LIKE '%speech.backtrail'",
    )
    assert rows == [
        ("uv@0.13.9", "llvmlite", "0.36.0", "0.43.0"),
        ("uv@0.13.9", "numba", "0.53.1", "0.60.1"),
        ("pip@26.3", "numba", "0.60.0", "0.60.1"),
        ("pip@26.3", "numpy", "2.0.2", "2.1.2"),
    ]
    gone = asked(
        folder,
        "SELECT DISTINCT code FROM changes WHERE what = 'finding' AND subject = 'numba' AND new IS NULL ORDER BY 1",
    )
    assert ("BT101",) in gone
    assert ("BT104",) in gone
    causes = asked(folder, "SELECT DISTINCT unnest(causes) FROM changes")
    assert causes == [("with --publish numba-0.60.1-py3-none-any.whl",)]


def test_the_wheel_for_another_python_is_no_change(tmp_path: Path) -> None:
    wheels = release("lib", "1.0", tags=("py310-none-any", "py311-none-any"))
    world = World(
        name="lib",
        projects=(Project(name="lib", releases=(wheels,)),),
        question=Question(requirements=("lib",), python="3.10"),
    )
    write_case(tmp_path / "one.backtrail", world, "uv")
    folder = surveyed(tmp_path / "results", tmp_path, "--vary", "python=3.10,3.11", "--fail-on", "pin")
    assert len(asked(folder, "SELECT DISTINCT file FROM pins")) == 2
    assert asked(folder, "SELECT * FROM changes") == []


def test_a_rule_switched_is_held_against_the_release_as_it_is(tmp_path: Path) -> None:
    """Who reads all of Requires-Python refuses what uv takes."""
    library = Project(name="lib", releases=(release("lib", "1.0"), release("lib", "2.0", requires_python="<3.10")))
    world = World(name="lib", projects=(library,), question=Question(requirements=("lib",), python="3.10"))
    write_case(tmp_path / "newer.backtrail", world, "uv", "pip")
    folder = surveyed(tmp_path / "results", tmp_path, "--vary", "rule=uv.reads_whole_requires_python")
    rows = asked(folder, "SELECT run, cell, subject, old, new, causes FROM changes WHERE what = 'pin'")
    (only,) = rows
    assert only[:5] == ("uv@0.13.9", "rule=uv.reads_whole_requires_python", "lib", "2.0", "1.0")
    assert asked(folder, "SELECT run FROM runs WHERE rule IS NOT NULL") == [("uv@0.13.9",)]


# What is not known


def test_pins_that_need_a_build_that_was_not_made_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    projects = {"flow": releases("flow", "2.0 spark"), "spark": (release("spark", "3.5", tags=(), sdist=True),)}
    world = small_world("unbuilt", projects, "flow")
    built = {"spark-3.5.tar.gz": Unavailable(failure=Failure.BUILD_FORBIDDEN, file="spark-3.5.tar.gz")}
    write_case(Path("one.backtrail"), world, "uv", source=WorldSource(world, built=built))
    assert run(["survey", "one.backtrail", "-o", "results", "--fail-on", "unknown"]) == 4
    assert "| `spark==3.5` | 1 | one.backtrail |" in capsys.readouterr().out
    assert asked(Path("results"), "SELECT outcome, unbuilt FROM runs") == [("unknown", ["spark==3.5"])]
    pins = asked(Path("results"), "SELECT project, verified, assumed FROM pins")
    assert pins == [("flow", True, False), ("spark", False, True)]


def test_a_line_that_could_not_be_fetched_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    line = "lost @ http://127.0.0.1:9/lost-1.0.tar.gz"
    Path("requirements.txt").write_text(f"{line}\nweb\n", encoding="utf-8")
    with Loopback() as loopback:
        index = loopback.mount(WORLD, "/w")
        given = ("requirements.txt", "-o", "results", "--resolver", "uv", "-i", index, "--fail-on", "unknown")
        assert run(["survey", *given]) == 4
    assert f"| `{line}` | 1 | requirements.txt |" in capsys.readouterr().out
    assert asked(Path("results"), "SELECT outcome, left_out FROM runs") == [("solved", [line])]


def test_a_release_that_could_not_be_published_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cut-off hides the version: the recording has none of its files, and others may stand beside it."""
    monkeypatch.chdir(tmp_path)
    lib = (*releases("lib", "1.0"), release("lib", "2.0", upload_time="2024-06-01T00:00:00Z"))
    write_case(Path("one.backtrail"), small_world("late", {"lib": lib}, "lib", exclude_newer="2024-03-01"), "uv")
    Path("METADATA").write_text("Name: lib\nVersion: 2.0\n", encoding="utf-8")
    surveyed(Path("results"), "one.backtrail", "--publish", "METADATA", "--fail-on", "unanswered", code=4)
    (error,) = next(iter(asked(Path("results"), "SELECT error FROM runs WHERE cell != 'baseline'")))
    assert error == (
        "lib 2.0 could not be published: the recording lacks what the index already has of that version, "
        "so what that changes is not known"
    )


# The index, read once


WORLD = World(
    name="a web service",
    projects=(
        Project(name="web", releases=(release("web", "1.0", "log"), release("web", "2.0", "log>=2"))),
        Project(
            name="log",
            releases=(
                release("log", "1.0", upload_time="2023-01-01T00:00:00Z"),
                release("log", "2.0", upload_time="2025-01-01T00:00:00Z"),
            ),
        ),
    ),
    question=Question(requirements=("web",)),
)

LINES = """\
{"id": "service", "requirements": ["web"], "python": "3.11"}
{"id": "held", "requirements": ["web"], "constraints": ["log<2"], "resolver": "uv"}
{"id": "odd", "requirements": ["web"], "colour": "red"}
{"id": "wrong", "requirements": ["web=="]}
nothing
"""


def test_a_survey_is_repeated_from_its_snapshot_without_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKTRAIL_CACHE_DIR", str(tmp_path / "cache"))
    Path("questions.jsonl").write_text(LINES)
    Path("requirements.txt").write_text("log\n")
    asked_for = ("questions.jsonl", "requirements.txt", "--vary", "cut-off=2024-01-01,2026-01-01", "--python", "3.12")
    with Loopback() as loopback:
        index = loopback.mount(WORLD, "/w")
        first = surveyed(tmp_path / "first", *asked_for, "-i", index)
        pages = loopback.asked("/w/simple/log/")
    monkeypatch.setenv("BACKTRAIL_CACHE_DIR", str(tmp_path / "another cache"))
    again = (*asked_for, "-i", index, "--snapshot", str(first / "snapshot"), "--offline")
    second = surveyed(tmp_path / "second", *again)
    for table in ("questions", "runs", "pins", "findings", "changes"):
        assert (first / f"{table}.parquet").read_bytes() == (second / f"{table}.parquet").read_bytes()
    assert pages == 1
    rows = asked(second, "SELECT question, cell, run, project, version FROM pins ORDER BY ALL")
    assert ("service", "baseline", "uv@0.13.9", "web", "1.0") in rows
    assert ("service", "cut-off=2026-01-01", "pip@26.3", "log", "2.0") in rows
    assert ("held", "cut-off=2026-01-01", "uv@0.13.9", "log", "1.0") in rows
    assert ("requirements.txt", "baseline", "pip@26.3", "log", "1.0") in rows
    pythons = asked(second, "SELECT DISTINCT question, python FROM runs ORDER BY ALL")
    assert pythons == [("held", "3.12.0"), ("requirements.txt", "3.12.0"), ("service", "3.11.0")]


def test_what_a_list_says_wrong_is_said_with_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("questions.jsonl").write_text("".join(LINES.splitlines(keepends=True)[2:]))
    surveyed(tmp_path / "results", "questions.jsonl", "--no-index")
    rows = dict(asked(tmp_path / "results", "SELECT question, error FROM questions"))
    assert rows["odd"] == "questions.jsonl:1: 'colour' is no field of a question and no option"
    assert rows["wrong"].startswith("questions.jsonl:2: 'web==': not a requirement")
    assert rows["questions.jsonl:3"].startswith("questions.jsonl:3: it is not JSON")


def test_a_survey_of_files_that_are_not_there_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = tmp_path / "one.txt", tmp_path / "other.txt"
    folder = surveyed(tmp_path / "results", one, other, code=2)
    assert capsys.readouterr().err == f"error: {one}, {other}: there is no such file\n"
    assert not folder.exists()


def test_one_question_is_opened_as_it_is_alone(
    varied: Path, cases: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    name = str(cases / "one.backtrail")
    case = tmp_path / "opened.backtrail"
    assert run(["survey", "report", name, str(varied), "--cell", "python=3.11", "-o", str(case)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("uv 0.13.9 and pip 26.3 resolve 2 packages for Python 3.11")
    assert run(["replay", str(case)]) == 0
    assert capsys.readouterr().out == said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["two.backtrail"], "is no question of this survey"),
        (["{cases}/one.backtrail", "--cell", "python=2.7"], "was asked in 'baseline', 'python=3.11'"),
    ],
)
def test_a_question_that_was_not_asked_cannot_be_opened(
    varied: Path, cases: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name, *options = (one.format(cases=cases) for one in arguments)
    assert run(["survey", "report", name, str(varied), *options]) == 2
    assert says in capsys.readouterr().err


def test_a_survey_that_is_there_is_gone_on_with_only_if_that_is_asked(
    cases: Path, varied: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(varied, folder)
    for table in ("runs", "pins"):
        (folder / f"{table}.parquet").unlink()
    surveyed(folder, cases, "--vary", "python=3.10,3.11", code=2)
    assert "--resume goes on with it" in capsys.readouterr().err
    surveyed(folder, cases, "--vary", "python=3.10,3.12", "--resume", code=2)
    assert "what is asked is not what this survey was begun with" in capsys.readouterr().err
    surveyed(folder, cases, "--vary", "python=3.10,3.11", "--resume")
    for table in ("runs", "pins"):
        assert (folder / f"{table}.parquet").read_bytes() == (varied / f"{table}.parquet").read_bytes()


@pytest.mark.parametrize("table", ["tasks", "runs"])
def test_a_table_that_is_damaged_is_named(
    cases: Path, varied: Path, tmp_path: Path, table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(varied, folder)
    place = folder / f"{table}.parquet"
    place.write_bytes(place.read_bytes()[:200])
    if table == "tasks":
        surveyed(folder, cases, "--vary", "python=3.10,3.11", "--resume", code=2)
    else:
        assert run(["survey", "query", "SELECT 1", str(folder)]) == 2
    assert capsys.readouterr().err == f"error: {place} is no table of a survey, or a damaged one\n"
