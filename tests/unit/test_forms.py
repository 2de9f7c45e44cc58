"""A Case comes from a stranger: each field has a form, and what is shown as a command is words and nothing else."""

import html as entities
import json
import os
import re
import shlex
import subprocess
import sys
import typing
import zipfile
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backtrail.cli import run
from backtrail.cli.rendering import _encoded
from backtrail.inputs.recorded import QUESTION_FORMS
from backtrail.inquiry import _FORMS, Ask, Inquiry, inquire, replay
from backtrail.model.case import Report
from backtrail.model.errors import BacktrailError, InputError
from backtrail.model.forms import Forms
from backtrail.model.index_change import IndexChange
from backtrail.report.lock_text import lock_text
from backtrail.report.page import page
from backtrail.report.skins.text import text
from backtrail.sources import case_file as recording
from backtrail.sources.index_options import read_index_changes
from support.cases import write_case
from support.ours import lock_world
from support.worlds import Project, Question, World, release, sdist_bytes

WORLD = World(
    name="stranger",
    projects=(
        Project(name="a", releases=(release("a", "1.0"), release("a", "2.0", "b<2", requires_python=">=3.8"))),
        Project(name="b", releases=(release("b", "1.0", sdist=True), release("b", "2.0"))),
    ),
    question=Question(requirements=("a>=1", "b")),
)

QUESTION = "case.json"

Path_ = tuple[str | int, ...]


# Every field has a form


def fields(kind: Any, seen: set[type]) -> Iterator[tuple[type, str, Any]]:
    """The fields of a record type and of those in it, each with its type."""
    for part in (kind, *typing.get_args(kind)):
        if isinstance(part, type) and issubclass(part, msgspec.Struct) and part not in seen:
            seen.add(part)
            for name, hint in typing.get_type_hints(part).items():
                if name in part.__struct_fields__:
                    yield part, name, hint
                    yield from fields(hint, seen)
        elif part is not kind:
            yield from fields(part, seen)


def holds_text_or_numbers(hint: Any) -> bool:
    return hint in (str, int, float) or any(holds_text_or_numbers(part) for part in typing.get_args(hint))


@pytest.mark.parametrize(
    ("kinds", "forms"),
    [
        ((Inquiry,), {**QUESTION_FORMS, **_FORMS}),
        (recording.Line.__constraints__, recording._FORMS),
    ],
)
def test_every_field_of_a_case_has_a_form(kinds: tuple[type, ...], forms: Forms) -> None:
    seen: set[type] = set()
    lacking = [
        f"{owner.__name__}.{name}"
        for kind in kinds
        for owner, name, hint in fields(kind, seen)
        if holds_text_or_numbers(hint)
        and name not in forms.get(owner, {})
        # whose keys are versions, each held against the files under it
        and f"{owner.__name__}.{name}" != "_Listing.files"
    ]
    assert lacking == []
    known = {owner: set(typing.cast("type[msgspec.Struct]", owner).__struct_fields__) | {""} for owner in forms}
    assert [owner for owner, own in forms.items() if set(own) - known[owner]] == []


# Whatever stands in a field


def members(case: Path) -> dict[str, list[Any]]:
    with zipfile.ZipFile(case) as archive:
        names = [name for name in archive.namelist() if name not in ("report.json", "trails.jsonl")]
        texts = {name: archive.read(name) for name in names}
    lines = {name: [body] if name == QUESTION else body.splitlines() for name, body in texts.items()}
    return {name: [json.loads(line) for line in body] for name, body in lines.items()}


def written(case: Path, documents: dict[str, list[Any]]) -> Path:
    with zipfile.ZipFile(case, "w") as archive:
        for name, lines in documents.items():
            archive.writestr(name, "\n".join(map(json.dumps, lines)))
    return case


def leaves(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """The way to each value inside another; of a long list, such as tags, two stand for all."""
    inside: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value[:2]))
    for step, one in inside:
        yield (*path, step)
        yield from leaves(one, (*path, step))


def replaced(value: Any, path: Path_, by: Any) -> Any:
    if not path:
        return by
    copied = value.copy()
    copied[path[0]] = replaced(copied[path[0]], path[1:], by)
    return copied


def answered(case: Path) -> Report | BacktrailError:
    try:
        return replay(str(case)).report
    except BacktrailError as error:
        return error


PROJECT = """\
[project]
name = "p"
version = "1"
requires-python = ">=3.9"
dependencies = ["a ; sys_platform == 'linux'", "b"]
[project.optional-dependencies]
old = ["b<2"]
[dependency-groups]
new = ["b>=2"]
[tool.uv]
environments = ["os_name == 'posix'"]
conflicts = [[{ extra = "old" }, { group = "new" }]]
"""


@pytest.fixture(scope="module", params=["explain-backtrack", "why", "lock", "what-if"])
def good(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    path = tmp_path_factory.mktemp("good") / "good.backtrail"
    if request.param == "lock":
        project = path.with_name("pyproject.toml")
        project.write_text(PROJECT, encoding="utf-8")
        lock = lock_world(WORLD, "0.13.9", project).lock
        assert lock is not None
        path.with_name("uv.lock").write_text(lock_text(lock), encoding="utf-8")
        return members(write_case(path, WORLD, "uv-lock", "uv-lock", project=project))
    if request.param == "what-if":
        return members(write_case(path, WORLD, "uv", "pip", index_changes=index_changes(path.parent)))
    return members(write_case(path, WORLD, "uv", "pip", why="b==2.0" if request.param == "why" else None))


def index_changes(folder: Path) -> tuple[IndexChange, ...]:
    """One of each kind."""
    (folder / "METADATA").write_bytes(b"Name: b\nVersion: 3.0\nRequires-Dist: a>=1\nRequires-Python: >=3.8\n")
    (folder / "old").write_bytes(b"Name: a\nVersion: 1.0\nRequires-Dist: b\n")
    sdist = folder / "a-3.0.tar.gz"
    sdist.write_bytes(sdist_bytes(sdist.name, b"Metadata-Version: 2.2\nName: a\nVersion: 3.0\nRequires-Dist: b<3\n"))
    typed = [
        ("publish", str(folder / "METADATA")), ("publish", str(sdist)), ("yank", "a==2.0"), ("unyank", "a==2.0"),
        ("metadata", f"a==1.0:{folder / 'old'}"), ("remove", "b==1.0"),
    ]  # fmt: skip
    return read_index_changes(typed, now=datetime(2026, 1, 1, tzinfo=timezone.utc))


TEXTS = [
    "", " ", "x", "-x", "--build-sdists", "$(id)", "a;b", "`id`", "http://[", "http://u:p@h/", "\n", "\x1b[31m",
    "\ud800", "9" * 5000, "3.10", "../x", "<script>", "'", '"', "a" * 200_000, "py3-none", "\u202e", "{}", "%s",
    "~" * 50, 'os_name == "a\\\\"', "name==" + "1," * 3000, "[[[[", "2024-02-31T00:00:00Z",
]  # fmt: skip
OTHERS: list[Any] = [
    0,
    -1,
    1,
    2**31,
    2**63,
    2**64,
    10**400,
    1.5,
    1e300,
    None,
    True,
    [],
    {},
    [[]],
    ["-x", "b"],
    {"x": 1},
]

shown = settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))


@shown
@given(st.data())
def test_whatever_stands_in_a_field_it_is_refused_in_one_sentence_or_answered(
    good: dict[str, list[Any]], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from([name for name, lines in good.items() if lines]))
    place = data.draw(st.integers(0, len(good[name]) - 1))
    path = data.draw(st.sampled_from(list(leaves(good[name][place]))))
    bad = data.draw(st.sampled_from(TEXTS + OTHERS) | st.text() | st.integers() | st.floats(allow_nan=False))
    lines = replaced(good[name], (place, *path), bad)
    case = written(tmp_path_factory.mktemp("case") / "x.backtrail", {**good, name: lines})
    report = answered(case)
    if isinstance(report, BacktrailError):
        said = str(report)
        assert report.exit_code in (2, 3)
        assert said.startswith(str(case))
        assert "\n" not in said
        assert len(said) < len(str(case)) + 600
        return
    for form in ("json", "sarif", "svg", "html", "markdown"):
        assert _encoded(form, report, frozenset())
    assert text(page(report, verbose=True))


@pytest.mark.parametrize(
    ("path", "bad", "says"),
    [
        (("asked", 0, "policy", "tool"), "conda", "asked[0].policy.tool: 'conda' is not a resolver (pip, uv)"),
        (("asked", 1, "policy", "release"), "0.1", "asked[1].policy: "),
        (("asked", 0, "policy", "switched"), ["x"], "asked[0].policy.switched[0]: 'x' is not"),
        (("asked", 0, "question", "command"), "rm", "question.command: 'rm' is not a command that asks a question"),
        (("asked", 0, "question", "target", "python"), "three", "target.python: 'three' is not a version (PEP 440)"),
        (("asked", 0, "question", "target", "tags", 1), "any", "target.tags[1]: 'any' is not a wheel tag (PEP 425)"),
        (("asked", 0, "question", "target", "markers", "os_name"), "\n", "target.markers: "),
        (("asked", 0, "question", "target", "origin"), "--python;id 3", "target.origin: "),
        (("asked", 0, "question", "requirements", 0, "marker"), "x", "requirements[0].marker: 'x' is not a marker"),
        (("asked", 0, "question", "requirements", 0, "specifier"), "x", "requirements[0].specifier: "),
        (("asked", 0, "question", "requirements", 0, "text"), "--build-sdists", "requirements[0].text: "),
        (("asked", 0, "question", "requirements", 0, "url"), "http://[", "requirements[0].url: 'http://[' is not a"),
        (("asked", 0, "question", "options", "max_rounds"), -5, "options.max_rounds: -5 is not a number from 1"),
        (("asked", 0, "question", "options", "resolution"), "x", "options.resolution: 'x' is not a resolution"),
        (("budget",), -1, "question.budget: -1 is not a number from 0"),
        (("asked", 0, "question", "settings"), [{"name": "pre", "value": "", "origin": "--pre$(id)"}], "origin: "),
    ],
)  # fmt: skip
def test_a_field_that_is_not_of_its_form_is_named(
    good: dict[str, list[Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str], path: Path_, bad: Any, says: str
) -> None:
    lines = replaced(good[QUESTION], (0, "question", *path), bad)
    case = written(tmp_path / "x.backtrail", {**good, QUESTION: lines})
    assert run(["replay", str(case)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"error: {case}: case.json, question.")
    assert says in said.err
    assert said.err.count("\n") == 1


def test_a_question_is_of_a_command_that_there_is() -> None:
    with pytest.raises(InputError, match="'explain' is not a command that asks a question"):
        inquire(Ask(command="explain", requirements=("a",)), environ={}, now=datetime.now(timezone.utc))


# Shown to be pasted

PROGRAM = '#!/bin/sh\nprintf "%s\\0" "${0##*/}" "$@"\n'
INJECTIONS = [
    "$(touch landed)", "`touch landed`", "; touch landed #", "\n touch landed \n", "' ; touch landed ; '",
    '"; touch landed; "', "&& touch landed", "| touch landed", "> landed", "://a'@;touch landed;'",
]  # fmt: skip


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of programs that say by which name and with which words they were called."""
    folder = tmp_path_factory.mktemp("programs")
    for name in ("backtrail", "why", "explain-backtrack"):
        (folder / name).write_text(PROGRAM)
        (folder / name).chmod(0o755)
    return folder


PICKS = st.lists(st.tuples(st.integers(0, 10_000), st.booleans()), min_size=1, max_size=2)
"""Which texts of a question to change, and whether what is there is kept."""


@pytest.mark.skipif(sys.platform == "win32", reason="the command is for a POSIX shell")
@shown
@given(injection=st.sampled_from(INJECTIONS), picks=PICKS)
def test_the_command_to_paste_runs_the_program_and_nothing_else(
    good: dict[str, list[Any]],
    programs: Path,
    tmp_path_factory: pytest.TempPathFactory,
    injection: str,
    picks: list[tuple[int, bool]],
) -> None:
    case = tmp_path_factory.mktemp("pasted") / "x.backtrail"
    question = good[QUESTION][0]
    for place in (0, 1):
        asked = ("question", "asked", place, "question")
        settings = [{"name": "index-url", "value": "x", "origin": "--index-url"}]
        question = replaced(question, (*asked, "settings"), settings)
        question = replaced(question, (*asked, "target", "origin"), "--python 3.12")
    texts = [path for path in leaves(question) if isinstance(at(question, path), str) and "tags" not in path]
    for pick, keeps in picks:
        path = texts[pick % len(texts)]
        question = replaced(question, path, (at(question, path) if keeps else "") + injection)
    report = answered(written(case, {**good, QUESTION: [question]}))
    if isinstance(report, BacktrailError):
        return
    page = re.search(
        r'<pre class="command"[^>]*><code>(.*?)</code>', _encoded("html", report, frozenset()).decode(), re.DOTALL
    )
    assert page is not None
    for command in (_encoded("markdown", report, frozenset()).decode().split("```\n")[1], entities.unescape(page[1])):
        ran = subprocess.run(
            ["sh", "-c", command],
            cwd=case.parent,
            env={"PATH": os.pathsep.join([str(programs), os.defpath])},
            capture_output=True,
            check=True,
        )
        assert ran.stdout.split(b"\0")[0].decode() in ("backtrail", "why", "explain-backtrack")
        assert ran.stdout.count(b"\0") == len(shlex.split(command))
        assert list(case.parent.iterdir()) == [case]


def at(value: Any, path: Path_) -> Any:
    for step in path:
        value = value[step]
    return value
