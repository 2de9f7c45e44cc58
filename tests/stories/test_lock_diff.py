"""Two locks held against each other: what was added, removed and moved, and what in the locks goes with it."""

import json
from pathlib import Path

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion

from backtrail.cli import run
from backtrail.report.schema import schema
from support.repositories import commit

INDEX = "https://index.example/simple"


def uv_lock(*packages: str, python: str = ">=3.10", own: str = "web>=1") -> str:
    """A uv.lock of a project that asks for some packages, and these."""
    lines = own.split()
    names = [line.partition(">")[0].partition("<")[0] for line in lines]
    depends = "".join(f'    {{ name = "{name}" }},\n' for name in names)
    requires = "".join(
        f'    {{ name = "{name}", specifier = "{line[len(name) :]}" }},\n'
        for name, line in zip(names, lines, strict=True)
    )
    return (
        f'version = 1\nrevision = 3\nrequires-python = "{python}"\n\n'
        '[[package]]\nname = "app"\nversion = "0.1"\nsource = { virtual = "." }\n'
        f"dependencies = [\n{depends}]\n\n[package.metadata]\nrequires-dist = [\n{requires}]\n\n"
    ) + "\n".join(packages)


def package(
    name: str, version: str, *asks: str, day: str = "2024-01-01", where: str = "", source: str = f'registry = "{INDEX}"'
) -> str:
    """One package of a uv.lock; its file was uploaded on that day."""
    marker = f'resolution-markers = ["{where}"]\n' if where else ""
    depends = "".join(f'    {{ name = "{one}" }},\n' for one in asks)
    return (
        f'[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {{ {source} }}\n{marker}'
        f"dependencies = [\n{depends}]\n"
        f'wheels = [{{ url = "https://f.example/{name}-{version}.whl", upload-time = "{day}T00:00:00Z" }}]\n'
    )


OLD = uv_lock(
    package("base", "1.0"),
    package("gone", "1.0"),
    package("num", "1.0"),
    package("old", "2.0"),
    package("web", "1.0", "base", "gone", "num", "old"),
    package("tool", "1.0"),
    own="web>=1 tool>=1",
)
NEW = uv_lock(
    package("base", "1.1", day="2024-05-01"),
    package("extra", "1.0"),
    package("num", "1.0", where="sys_platform == 'win32'"),
    package("num", "2.0", where="sys_platform != 'win32'"),
    package("old", "1.0"),
    package("tool", "1.0", source='git = "https://code.example/tool.git#0123456"'),
    package("web", "2.0", "base", "extra", "num", "old"),
    python=">=3.11",
    own="web>=2 tool>=1",
)
POETRY = """\
[[package]]
name = "web"
version = "VERSION"

[package.dependencies]
num = "NUM"

[[package]]
name = "num"
version = "AT"

[metadata]
lock-version = "2.1"
python-versions = "^3.10"
"""
COMPILED = """\
num==1.0
    # via web
web==1.0
    # via -r requirements.in
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def diff(
    capsys: pytest.CaptureFixture[str], old: str, new: str, *options: str, name: str = "uv.lock"
) -> tuple[int, str, str]:
    """What is read off two locks: nothing is solved."""
    Path("old").mkdir(exist_ok=True)
    Path("old", name).write_text(old, encoding="utf-8")
    Path(name).write_text(new, encoding="utf-8")
    code = run(["diff", f"old/{name}", name, "--budget", "0", *options])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_each_change_stands_below_what_goes_with_it(
    capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion
) -> None:
    code, out, _ = diff(capsys, OLD, NEW)
    assert code == 0
    assert out == snapshot


def test_a_pull_request_gets_it_as_markdown(capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion) -> None:
    code, out, _ = diff(capsys, OLD, NEW, "--format", "markdown", "-o", "diff.md")
    assert code == 0
    assert out == snapshot
    assert Path("diff.md").read_text(encoding="utf-8") == out


def test_the_document_is_that_of_recordings(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = diff(capsys, OLD, NEW, "--format", "json")
    document = json.loads(out)
    jsonschema.validate(document, schema("diff"))
    (found,) = document["runs"]
    assert (found["resolvers"], found["solves"]) == (["lock@uv.lock", "lock@uv.lock"], 0)
    causes = {
        one["project"]: [(cause["kind"], cause["about"], cause["alone"]) for cause in one["causes"]]
        for one in found["changes"]
    }
    assert causes == {
        "base": [("index", "base", False)],
        "extra": [("requester", "web", True)],
        "gone": [("requester", "web", True)],
        "num": [("markers", "num", False)],
        "old": [("requester", "web", False)],
        "tool": [("source", "tool", False)],
        "web": [("requirements", "web", True)],
    }
    assert [one["project"] for one in found["changes"] if not one["known"]] == []


def test_the_same_versions_are_no_change(capsys: pytest.CaptureFixture[str]) -> None:
    assert diff(capsys, OLD, OLD) == (0, "uv.lock: the same versions\n", "")


def test_what_a_package_asks_for_stands_in_a_lock_of_poetry(capsys: pytest.CaptureFixture[str]) -> None:
    old = POETRY.replace("VERSION", "1.0").replace("NUM", ">=1").replace("AT", "1.5")
    new = POETRY.replace("VERSION", "2.0").replace("NUM", "^2").replace("AT", "2.5")
    _, out, _ = diff(capsys, old, new, name="poetry.lock")
    assert out.splitlines()[1:3] == ["  web 2.0 asks for num>=2,<3, web 1.0 asked for num>=1", "    num 1.5 became 2.5"]
    more = f'[[package]]\nname = "own"\nversion = "1"\n\n{old}'
    _, out, _ = diff(capsys, old, more, name="poetry.lock")
    assert out.splitlines()[1:] == ["  own is asked for", "    own 1 is new"]


def test_a_number_that_nobody_reads_forbids_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    old = POETRY.replace("VERSION", "1.0").replace("NUM", ">=1").replace("AT", "1.5")
    new = POETRY.replace("VERSION", "2.0").replace("NUM", f">={'9' * 5000}").replace("AT", "2.5")
    code, out, said = diff(capsys, old, new, name="poetry.lock")
    assert (code, said) == (0, "")
    assert "    num 1.5 became 2.5" in out.splitlines()


def test_a_line_that_several_groups_have_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    groups = """\
[package.dev-dependencies]
dev = [{ name = "num" }]
test = [{ name = "num" }]

[package.metadata.requires-dev]
dev = [{ name = "num", specifier = "LINE" }]
test = [{ name = "num", specifier = "LINE" }]

"""
    old, new = (
        uv_lock(package("web", "1.0"), package("num", at)).replace("[package.metadata]", f"{groups}[package.metadata]")
        for at in ("1.0", "2.0")
    )
    _, out, _ = diff(capsys, old.replace("LINE", ">=1"), new.replace("LINE", ">=2"))
    assert out.splitlines()[1:] == ["  num>=2 is asked for instead of num>=1", "    num 1.0 became 2.0"]


def test_a_compiled_list_says_who_asks_in_its_comments(capsys: pytest.CaptureFixture[str]) -> None:
    new = "tls==1.0\n    # via web\nweb==2.0\n    # via -r requirements.in\nmore==1\n    # via -r requirements.in\n"
    _, out, _ = diff(capsys, COMPILED, new, name="requirements.txt")
    assert out.splitlines() == [
        "compiled: four versions changed",
        "  more is asked for",
        "    more 1 is new",
        "  web 2.0 no longer asks for it",
        "    num 1.0 is gone",
        "  web 2.0 asks for it",
        "    tls 1.0 is new",
        "  the locks do not say why",
        "    web 1.0 became 2.0",
    ]


def test_a_direct_reference_has_no_version_to_name(capsys: pytest.CaptureFixture[str]) -> None:
    tool = "tool @ git+https://code.example/tool.git@0123456\n    # via -r requirements.in\n"
    num = "num==1.0\n    # via tool\n"

    def said(old: str, new: str) -> list[str]:
        return diff(capsys, old, new, name="requirements.txt")[1].splitlines()[1:]

    assert said(num, num + tool) == ["  tool is asked for", "    tool is new"]
    assert said(tool, tool + num) == ["  tool asks for it", "    num 1.0 is new"]
    assert said(tool, "tool==1.0\n")[1:] == ["    tool became 1.0"]
    assert said("tool==1.0\n", tool)[1:] == ["    tool 1.0 became one without a version"]
    assert said(tool, tool.replace("6\n", "6 ; os_name == 'nt'\n")) == [
        '  tool where os_name == "nt" instead of everywhere', "    tool stays",
    ]  # fmt: skip


def test_the_lock_of_a_commit_is_compared_with_that_of_the_folder(capsys: pytest.CaptureFixture[str]) -> None:
    Path("uv.lock").write_text(OLD, encoding="utf-8")
    commit(Path())
    _, plain, _ = diff(capsys, OLD, NEW)
    assert run(["diff", "git:HEAD:uv.lock", "uv.lock", "--budget", "0"]) == 0
    assert capsys.readouterr().out == plain
    assert run(["diff", "git:HEAD~7:uv.lock", "uv.lock"]) == 2
    assert capsys.readouterr().err.startswith("error: 'git:HEAD~7:uv.lock': ")


def test_a_lock_and_something_else_are_not_compared(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, said = diff(capsys, OLD, "version = 3\n")
    assert (code, out) == (2, "")
    assert said == "error: 'uv.lock': 3 is not a version of uv.lock that is known; 1 is\n"
    assert diff(capsys, OLD, "{}", name="report.json")[0] == 2
