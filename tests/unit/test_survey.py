"""The parts of a survey: what is a question, what is a cell, where a snapshot lies, how an answer is written."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import backtrail.survey as room
from backtrail.cli import run
from backtrail.inputs.settings import Flags
from backtrail.model.errors import InputError
from backtrail.model.survey import BASELINE, Hit, Moved, Summary
from backtrail.preparation.ask import Ask
from backtrail.report.skins.survey_page import survey_html, survey_markdown
from backtrail.survey.intake import Entry, entries
from backtrail.survey.querying import Answer, csv_lines, json_lines
from backtrail.survey.store import store_at
from backtrail.survey.variations import cells

BASE = Ask(command="explain-backtrack", python="3.12")


def only(entry: Entry) -> Ask:
    assert entry.error is None
    assert entry.ask is not None
    return entry.ask


# Questions


@pytest.fixture
def repositories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two projects with what lies about in one."""
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "app/pyproject.toml": '[project]\nname = "app"\nversion = "1"\n',
        "app/uv.lock": "version = 1\n",
        "app/requirements/dev.in": "a\n",
        "app/notes.txt": "nothing\n",
        "app/.git/requirements.txt": "a\n",
        "app/venv/pyvenv.cfg": "",
        "app/venv/requirements.txt": "a\n",
        "service/requirements-prod.txt": "a\n",
        "service/uv.lock": "version = 1\n",
    }.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)
    return tmp_path


def test_a_folder_holds_projects_lists_and_locks_without_their_project(repositories: Path) -> None:
    assert repositories.is_dir()
    found = [(entry.question, entry.kind) for entry in entries(["app", "service"], BASE)]
    assert found == [
        ("app/pyproject.toml", "project"),
        ("app/requirements/dev.in", "requirements"),
        ("service/requirements-prod.txt", "requirements"),
        ("service/uv.lock", "lock"),
    ]


def test_a_question_has_its_own_options_before_those_of_all(tmp_path: Path) -> None:
    listed = tmp_path / "list.toml"
    listed.write_text(
        '[[question]]\nid = "one"\nrequirements = ["a"]\ncutoff = 2024-01-01T00:00:00Z\nonly_binary = ":all:"\n'
        'constraints = ["b<2"]\n[[question]]\npath = "reqs.txt"\nresolver = ["uv", "pip"]\npython = "3.9"\n'
        "[question.options]\nprefer-binary = true\n"
    )
    one, other = entries([str(listed)], BASE)
    assert (one.question, one.constraints) == ("one", ("b<2",))
    assert (only(one).requirements, only(one).python) == (("a",), "3.12")
    assert only(one).flags == Flags(exclude_newer="2024-01-01T00:00:00+00:00", only_binary=(":all:",))
    assert other.question == f"{listed}:2"
    assert (only(other).files, only(other).resolvers) == ((str(tmp_path / "reqs.txt"),), ("uv", "pip"))
    assert (only(other).python, only(other).flags) == ("3.9", Flags(prefer_binary=True))


def test_scenarios_of_the_benchmarks_are_questions(tmp_path: Path) -> None:
    path = tmp_path / "problems.toml"
    path.write_text(
        '[big]\npython_version = "3.11"\nplatform_system = "Linux"\ndatetime = "2024-05-01 00:00:00"\n'
        'requirements = ["a"]\nmax_resolution_rounds = 900\n'
    )
    (entry,) = entries([str(path)], BASE)
    ask = only(entry)
    assert (entry.question, ask.python, ask.platform) == ("big", "3.11", "linux")
    assert ask.flags == Flags(exclude_newer="2024-05-01T00:00:00Z", max_rounds=900)


def test_recorded_answers_are_asked_of_the_tools_that_gave_them(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text("{}")
    for folder, name, text in (
        ("cases", "q.toml", 'id = "q"\npython = "3.11"\nplatform = "linux x86_64 (glibc)"\nrequirements = ["a"]\n'),
        ("results", "q.pip-26.3.json", '{"id": "q", "tool": "pip", "version": "26.3", "python": "3.11.7"}'),
        ("results", "q.uv-0.13.9.json", '{"id": "q", "tool": "uv", "version": "0.13.9", "python": "3.11.7"}'),
    ):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_text(text)
    (entry,) = entries([str(tmp_path)], Ask(command="explain-backtrack"))
    ask = only(entry)
    assert (entry.question, entry.kind) == ("q", "truth")
    assert (ask.resolvers, ask.python) == (("uv@0.13.9", "pip@26.3"), "3.11.7")
    assert ask.platform == "x86_64-manylinux_2_36"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"id": "q"}', "it has neither requirements nor a path"),
        ('{"requirements": "a", "options": 3}', "'options' is not a table of options"),
        ('{"requirements": ["a"], "python": 3.1}', "Expected `str | null`, got `float`"),
        ('{"requirements": ["a"], "constraints": "b"}', "'constraints' is not a list of requirements"),
        ("[1]", "a line is an object with the fields of a question"),
    ],
)
def test_a_line_that_is_no_question_says_why(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text(f"\n{text}\n")
    (entry,) = entries([str(path)], BASE)
    assert entry.error is not None
    assert entry.error.startswith(f"{path}:2: ")
    assert says in entry.error


def test_names_that_two_questions_have_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text('{"id": "q", "requirements": ["a"]}\n' * 2)
    assert [entry.question for entry in entries([str(path)], BASE)] == ["q", "q#2"]


def test_what_is_not_there_is_a_question_with_an_error(tmp_path: Path) -> None:
    (entry,) = entries([str(tmp_path / "nowhere.txt")], BASE)
    assert entry.error == f"{tmp_path / 'nowhere.txt'}: there is no such file"


# Cells


def test_several_variations_make_a_matrix_whose_first_cell_is_the_baseline() -> None:
    found = cells(["python=3.10,3.12", "rule=uv.fails_ahead"], ["--yank a==1", "--remove b"])
    assert len(found) == 8
    assert [cell.name for cell in found[:4]] == [
        BASELINE,
        "--yank a==1 --remove b",
        "rule=uv.fails_ahead",
        "rule=uv.fails_ahead --yank a==1 --remove b",
    ]
    assert found[0].python == "3.10"
    assert found[-1].name == "python=3.12 rule=uv.fails_ahead --yank a==1 --remove b"


def test_more_cells_than_anybody_wants_are_refused() -> None:
    many = ",".join(f"2024-01-{day:02}" for day in range(1, 29))
    with pytest.raises(InputError, match="are more than"):
        cells([f"cut-off={many}", f"python={','.join(f'3.{n}' for n in range(8, 30))}", "rule=" + ",".join(
            f"uv.{name}" for name in ("fails_ahead", "widens", "prefers_stable", "binds_proxies", "one_form",
                                      "ranks_equality", "blames_steps", "displaces", "posts_below", "locals_match",
                                      "knows_lists", "knows_platforms", "trims_python_version", "proxies_first",
                                      "orders_strings", "asks_installed"))])  # fmt: skip


# Stores


@pytest.mark.parametrize("place", ["folder", "memory://survey"])
def test_a_store_gives_what_was_put_and_nothing_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    store = store_at(place)
    assert store.head() is None
    digest = store.put(b"content")
    assert store.put(b"content") == digest
    assert store_at(place).get(digest) == b"content"
    with pytest.raises(InputError, match="is not there"):
        store.get("0" * 64)
    store.set_head(b"head")
    assert store_at(place).head() == b"head"


def test_an_object_that_was_changed_is_not_read(tmp_path: Path) -> None:
    store = store_at(str(tmp_path))
    digest = store.put(b"content")
    (tmp_path / "objects" / digest[:2] / digest).write_bytes(b"another")
    with pytest.raises(InputError, match="is damaged"):
        store.get(digest)


def test_a_place_that_nothing_reaches_is_said() -> None:
    with pytest.raises(InputError, match="nowhere://x"):
        store_at("nowhere://x")


# Answers to queries


def test_a_spreadsheet_finds_no_formula_in_a_cell() -> None:
    rows: list[tuple[Any, ...]] = [("=cmd()", -1, None), ("@x", 0.5, ["a", "b"])]
    lines = list(csv_lines(Answer(("name", "+n", "list"), iter(rows))))
    assert lines == ["name,'+n,list\r\n", "'=cmd(),-1,\r\n", "'@x,0.5,a; b\r\n"]


def test_json_has_an_object_a_line() -> None:
    assert list(json_lines(Answer(("a", "b"), iter([(1, ["x"])])))) == ['{"a": 1, "b": ["x"]}\n']


# In short


STRANGE = "<script>alert(1)</script> @all"


@pytest.fixture
def told() -> Summary:
    moved = Moved(
        cell=STRANGE, runs=("uv@0.13.9",), what="pin", subject="lib", code=None, old="1", new=None,
        causes=(STRANGE,), known=True, questions=3, examples=(STRANGE,),
    )  # fmt: skip
    hit = Hit(
        question=STRANGE, cell=STRANGE, outcomes=(("uv@0.13.9", "solved", "impossible"),), pins=1, come=(), gone=()
    )
    return Summary(
        questions=3, cells=2, ended=(), hits={STRANGE: 3}, moved=(moved,), hit=(hit,), causes=(), findings=(),
        unbuilt=(), left_out=(), unread=(), unanswered=(), lost=0, changed=frozenset({"pin"}), codes=frozenset(),
    )  # fmt: skip


def test_nothing_of_a_survey_is_markup(told: Summary) -> None:
    page, text = survey_html(told, "results"), survey_markdown(told, "results")
    assert "<script>" not in page
    assert "script-src" not in page
    assert "default-src 'none'" in page
    words = re.sub(r"`[^`\n]*`", "", text)
    assert "`" not in words
    assert "<script>" not in words
    assert "@all" not in words


def test_a_row_names_the_command_that_opens_its_question(told: Summary) -> None:
    assert "backtrail survey report '" in survey_markdown(told, "some results")
    assert "'some results' --cell" in survey_markdown(told, "some results")


# The program


def test_the_program_imports_nothing_of_the_extra_unless_it_is_asked() -> None:
    code = "import sys, backtrail.cli.commands; print({'dask', 'distributed', 'pyarrow', 'duckdb'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    assert said == "set()\n"


@pytest.mark.parametrize("command", [["x.txt", "-o", "results"], ["query", "SELECT 1"], ["report", "q"]])
def test_without_the_extra_a_sentence_says_what_brings_it(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("conduct", "querying", "tables", "summary"):
        monkeypatch.delitem(sys.modules, f"backtrail.survey.{name}", raising=False)
        monkeypatch.delattr(room, name, raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.dataset", None)
    assert run(["survey", *command]) == 2
    assert "pip install 'backtrail[survey]'" in capsys.readouterr().err
