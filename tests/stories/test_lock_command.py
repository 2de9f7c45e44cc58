"""The command line asked for a project's lock: what it says, what it writes, and what it refuses."""

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from backtrail.cli import run
from backtrail.report.schema import schema
from support.loopback import Loopback
from support.real_uv import find_uv
from support.worlds import Project, Question, World, release

WORLD = World(
    name="a project",
    projects=(
        Project(name="a", releases=(release("a", "1"), release("a", "2", "b", requires_python=">=3.12"))),
        Project(name="b", releases=(release("b", "1"), release("b", "2"))),
    ),
    question=Question(requirements=()),
)
PROJECT = """\
[project]
name = "proj"
version = "0.1"
requires-python = ">=3.9"
dependencies = ["a"]

[project.optional-dependencies]
more = ["b<2"]

[dependency-groups]
dev = ["b"]
"""


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKTRAIL_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    with Loopback() as loopback:
        yield loopback.mount(WORLD, "/w", hashes=True)


def ask(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run(["explain-backtrack", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_verdict_counts_what_is_locked(index: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ask(capsys, "--lock", "-i", index)
    assert code == 0
    assert out.splitlines()[0] == (
        "uv-lock 0.13.9 resolves 2 packages for all platforms and Python 3.9 and newer, "
        "split into 2 environments, one package in several versions"
    )


def test_the_lock_is_written_as_the_real_uv_writes_it(
    index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    uv = find_uv("0.13.9")
    if uv is None:
        pytest.skip("uv 0.13.9 is not installed")
    ask(capsys, "--resolver", "uv-lock", "-i", index, "-o", "other.lock")
    ours = (tmp_path / "other.lock").read_text(encoding="utf-8")
    assert ours == uv.lock(PROJECT, index).text
    assert not (tmp_path / "uv.lock").exists()


def test_the_document_has_the_facts_of_the_lock(index: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = ask(capsys, "--lock", "-i", index, "--format", "json")
    document = json.loads(out)
    jsonschema.validate(document, schema())
    (shown,) = document["runs"]
    assert (shown["resolver"], shown["mode"], shown["stale"]) == ("uv-lock", "lock", None)
    project = shown["lock"]["packages"][-1]
    assert (project["name"], project["source"]) == ("proj", "virtual")
    assert project["dependencies"][0] == {"name": "a", "version": "1", "marker": "python_full_version < '3.12'"}
    assert project["optional_dependencies"] == {"more": [{"name": "b"}]}
    assert set(shown["pins"]) == {"a", "b"}


def test_a_lock_beside_the_project_is_preferred(index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ask(capsys, "--lock", "-i", index, "-o", "uv.lock")
    changed = PROJECT.replace('"b<2"', '"b"')
    (tmp_path / "pyproject.toml").write_text(changed, encoding="utf-8")
    _, out, _ = ask(capsys, "--lock", "-i", index, "--format", "json")
    (shown,) = json.loads(out)["runs"]
    assert shown["stale"] == "requirements"
    assert {line["version"] for line in shown["lines"] if line["name"] == "b"} == {"1"}
    _, out, _ = ask(capsys, "--lock", "-i", index)
    assert "uv.lock is solved again: a project asks for something else" in out
    _, out, _ = ask(capsys, "--lock", "-i", index, "--format", "json", "--upgrade-package", "b")
    (shown,) = json.loads(out)["runs"]
    assert {line["version"] for line in shown["lines"] if line["name"] == "b"} == {"2"}


@pytest.mark.parametrize("extras", ["more = ['b<2']\nless = ['b']", "less = ['b']\nmore = ['b<2']"])
def test_a_lock_stays_whatever_words_its_markers_are_in(
    extras: str, index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Releases of uv word a marker in several ways, and a build backend lists extras in an order of its own."""
    project = PROJECT.replace('version = "0.1"', 'dynamic = ["version"]')
    wanted = """dependencies = ["a; sys_platform == 'linux' or os_name == 'nt'"]"""
    (tmp_path / "pyproject.toml").write_text(
        project.replace('dependencies = ["a"]', wanted).replace('more = ["b<2"]', extras), encoding="utf-8"
    )
    ask(capsys, "--lock", "-i", index, "-o", "uv.lock")
    text = (tmp_path / "uv.lock").read_text(encoding="utf-8")
    said = "os_name == 'nt' or sys_platform == 'linux'"
    assert said in text
    reworded = text.replace(said, "(sys_platform == 'linux' and os_name != 'nt') or (os_name == 'nt')")
    reworded = reworded.replace('["less", "more"]', '["more", "less"]')
    (tmp_path / "uv.lock").write_text(reworded, encoding="utf-8")
    _, out, _ = ask(capsys, "--lock", "-i", index, "--format", "json")
    assert json.loads(out)["runs"][0]["stale"] is None


def test_a_version_that_only_a_build_tells_is_in_every_range(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What extends a project requires a recent release of it, and the project asks for that in an extra."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKTRAIL_CACHE_DIR", str(tmp_path / "cache"))
    project = PROJECT.replace('version = "0.1"', 'dynamic = ["version"]').replace('"b<2"', '"b"')
    (tmp_path / "pyproject.toml").write_text(project, encoding="utf-8")
    world = World(
        name="a plug-in",
        projects=(
            Project(name="a", releases=(release("a", "1"),)),
            Project(name="b", releases=(release("b", "2", "proj>=3", "c"),)),
            Project(name="c", releases=(release("c", "1"),)),
        ),
        question=Question(requirements=()),
    )
    with Loopback() as loopback:
        code, out, _ = ask(capsys, "--lock", "-i", loopback.mount(world, "/w", hashes=True))
    assert code == 0
    told = "the version of proj, which only a build tells, is taken to be in the range asked for by b 2"
    assert told in out


def test_a_newer_version_is_for_other_pythons_where_another_project_split_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own page does not split the Pythons again, and the fork says so of it all the same."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKTRAIL_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "pyproject.toml").write_text(PROJECT.replace('["b"]', '["c"]'), encoding="utf-8")
    two = {name: (release(name, "1"), release(name, "2", requires_python=">=3.12")) for name in "ad"}
    world = World(
        name="split once",
        projects=(
            *(Project(name=name, releases=releases) for name, releases in two.items()),
            Project(name="b", releases=(release("b", "1"),)),
            Project(name="c", releases=(release("c", "1", "d"),)),
        ),
        question=Question(requirements=()),
    )
    with Loopback() as loopback:
        url = loopback.mount(world, "/w", hashes=True)
        _, out, _ = ask(capsys, "--lock", "-i", url, "--python", "3.12", "-o", "uv.lock", "-v")
        assert out.count("    1  on Python older than 3.12  2 is not for these Pythons\n") == 2
        assert run(["why", "d", "-i", url, "--python", "3.12", "--format", "json"]) == 0
    refused = [
        (table["chosen"], row["because"], row["exclusions"][0]["value"])
        for table in json.loads(capsys.readouterr().out)["project"]["tables"]
        for row in table["versions"]
    ]
    assert refused == [("1", "requires-python", ">=3.12")]


def test_a_lock_that_there_is_no_answer_for_is_not_written_and_the_reason_is_said(
    index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT.replace('"b<2"', '"b>2"'), encoding="utf-8")
    code, out, err = ask(capsys, "--lock", "-i", index, "-o", "new.lock")
    assert (code, err) == (1, "note: new.lock is not written: there is no answer to lock\n")
    assert "finds no solution" in out
    assert not (tmp_path / "new.lock").exists()


def test_a_case_of_a_lock_answers_again(index: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, first, _ = ask(capsys, "--lock", "-i", index, "--format", "json", "-o", "bug.backtrail")
    assert run(["replay", "bug.backtrail", "--format", "json"]) == 0
    assert capsys.readouterr().out == first


def test_a_lock_without_a_solution_shrinks_to_what_clashes(
    index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = 'clash = ["b==2"]\n[tool.uv]\nconflicts = [[{ extra = "more" }, { group = "dev" }]]\n'
    settings = "environments = [\"sys_platform == 'linux'\", \"sys_platform == 'darwin'\"]\n"
    (tmp_path / "pyproject.toml").write_text(PROJECT + more + settings, encoding="utf-8")
    asked = ["--lock", "-i", index, "--keep", "outcome", "-o", "small.backtrail"]
    assert run(["shrink", *asked]) == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert first.startswith("# uv-lock 0.13.9: 2 of 4 requirements are enough for outcome; ")
    assert lines == [
        "# without any one of these lines it is not so",
        "# proj, empty",
        "# the extra more of proj",
        "b<2",
        "# the group clash of proj",
        "b==2",
    ]
    assert run(["replay", "small.backtrail"]) == 1
    assert "the extra more of proj and the group clash of proj are incompatible" in capsys.readouterr().out


MEMBER = '[project]\nname = "{name}"\nversion = "1"\nrequires-python = "{python}"\n'


@pytest.mark.parametrize(
    ("root", "members", "shown"),
    [
        (
            PROJECT + "[tool.uv]\nenvironments = [\"os_name == 'nt'\", \"python_version < '3.12'\"]\n",
            {},
            "pyproject.toml:13: environments: \"os_name == 'nt'\" and \"python_version < '3.12'\" overlap",
        ),
        (
            PROJECT + "[tool.uv]\nenvironments = [\"python_version < '3'\"]\n",
            {},
            "pyproject.toml:13: environments: \"python_version < '3'\" is never met by a Python",
        ),
        (PROJECT + "[tool.uv]\nconflicts = [[{ extra = 'more' }]]\n", {}, "fewer than two items"),
        (PROJECT + "[tool.uv]\nconflicts = [[{ extra = 'less' }, { group = 'dev' }]]\n", {}, "the extra 'less'"),
        (PROJECT + "[tool.uv.sources]\na = { index = 'other' }\n", {}, "names the index 'other', which there is not"),
        (PROJECT.replace('">=3.9"', '"new"'), {}, "pyproject.toml:4: requires-python 'new' is no set of version"),
        (PROJECT.replace('">=3.9"', "3.9"), {}, "pyproject.toml:4: requires-python 3.9 is no set of version"),
        (
            PROJECT + "[tool.uv.workspace]\nmembers = ['m']\n",
            {"m": MEMBER.format(name="m", python="<3.9")},
            "requires-python: no Python meets '>=3.9' (pyproject.toml:4) and '<3.9' (m/pyproject.toml:4)",
        ),
        (
            PROJECT + "[tool.uv.workspace]\nmembers = ['m']\n",
            {"m": MEMBER.format(name="m", python=">=3.9") + "[tool.uv.workspace]\nmembers = ['..']\n"},
            "m/pyproject.toml: a member of a workspace cannot be a workspace itself",
        ),
        (
            PROJECT + "[tool.uv.workspace]\nmembers = ['m']\n",
            {"m": MEMBER.format(name="proj", python=">=3.9")},
            "m/pyproject.toml: 'proj' is the name of another member of the workspace, too",
        ),
        (PROJECT.replace('["b"]', '[{include-group = "dev"}]'), {}, "group 'dev' includes itself"),
    ],
)
def test_a_project_that_cannot_be_locked_is_one_sentence(
    root: str,
    members: dict[str, str],
    shown: str,
    index: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "pyproject.toml").write_text(root, encoding="utf-8")
    for name, text in members.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "pyproject.toml").write_text(text, encoding="utf-8")
    code, out, err = ask(capsys, "--lock", "-i", index)
    assert (code, out) == (2, "")
    assert shown in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("version = 2\n", "2 is not a version of uv.lock that is known; 1 is"),
        ("version = 1\nrevision = 'new'\n", "'new' is not a revision of uv.lock, which is a number"),
        ("version = 1\n", "is not a uv.lock: 'requires-python' is missing"),
        ("version = \n", "is not TOML"),
    ],
)
def test_a_lock_that_cannot_be_read_is_one_sentence(
    text: str, shown: str, index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "uv.lock").write_text(text, encoding="utf-8")
    code, out, err = ask(capsys, "--lock", "-i", index)
    assert (code, out) == (2, "")
    assert shown in err


def test_requirements_beside_a_project_are_refused(index: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = ask(capsys, "a", "--lock", "-i", index)
    assert code == 2
    assert "'a': uv-lock locks what a project declares, and nothing beside it" in err


def test_a_workspace_is_locked_as_one(index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = PROJECT + "[tool.uv.workspace]\nmembers = ['libs/*']\n[tool.uv.sources]\nm = { workspace = true }\n"
    (tmp_path / "pyproject.toml").write_text(root.replace('["a"]', '["a", "m"]'), encoding="utf-8")
    (tmp_path / "libs" / "m").mkdir(parents=True)
    member = MEMBER.format(name="m", python=">=3.8") + "dependencies = ['b']\n[build-system]\nrequires = []\n"
    (tmp_path / "libs" / "m" / "pyproject.toml").write_text(member, encoding="utf-8")
    ask(capsys, "--lock", "-i", index, "-o", "other.lock")
    written = (tmp_path / "other.lock").read_text(encoding="utf-8")
    assert '[manifest]\nmembers = [\n    "m",\n    "proj",\n]' in written
    assert 'name = "m"\nversion = "1"\nsource = { editable = "libs/m" }' in written
    assert '{ name = "m", editable = "libs/m" }' in written


def test_a_member_stands_for_its_workspace(
    index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = PROJECT + "[tool.uv.workspace]\nmembers = ['libs/*']\n"
    (tmp_path / "pyproject.toml").write_text(root, encoding="utf-8")
    (tmp_path / "libs" / "m" / "src").mkdir(parents=True)
    (tmp_path / "libs" / "m" / "pyproject.toml").write_text(MEMBER.format(name="m", python=">=3.9"), encoding="utf-8")
    _, whole, _ = ask(capsys, "--lock", "-i", index, "--format", "json")
    _, named, _ = ask(capsys, "-r", "libs/m/pyproject.toml", "--lock", "-i", index, "--format", "json")
    monkeypatch.chdir(tmp_path / "libs" / "m" / "src")
    _, inside, _ = ask(capsys, "--lock", "-i", index, "--format", "json")
    locks = [json.loads(document)["runs"][0]["lock"] for document in (whole, named, inside)]
    assert [package["name"] for package in locks[0]["packages"]] == ["a", "a", "b", "m", "proj"]
    assert locks[1:] == locks[:1] * 2


@pytest.mark.parametrize("pattern", [".", "./", "", "nowhere", "libs/../.", "/nowhere"])
def test_a_workspace_that_names_itself_or_nothing_is_the_project_alone(
    pattern: str, index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, alone, _ = ask(capsys, "--lock", "-i", index)
    (tmp_path / "pyproject.toml").write_text(f"{PROJECT}[tool.uv.workspace]\nmembers = ['{pattern}']\n", "utf-8")
    assert ask(capsys, "--lock", "-i", index) == (0, alone, "")


@pytest.mark.parametrize("revision", [1, 5, 99])
def test_a_lock_of_any_revision_is_read(
    revision: int, index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Revisions only add to the format, and uv reads those that it does not know."""
    ask(capsys, "--lock", "-i", index, "-o", "uv.lock")
    written = (tmp_path / "uv.lock").read_text(encoding="utf-8")
    (tmp_path / "uv.lock").write_text(written.replace("revision = 5", f"revision = {revision}"), encoding="utf-8")
    code, out, _ = ask(capsys, "--lock", "-i", index, "--format", "json")
    assert (code, json.loads(out)["runs"][0]["stale"]) == (0, None)


def test_a_lock_heeds_the_settings_of_its_project(
    index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UV_NO_CONFIG")
    monkeypatch.setenv("UV_CONSTRAINT", "nowhere.txt")
    settings = f"[tool.uv]\nresolution = 'lowest'\nindex = [{{ url = '{index}', default = true }}]\n"
    other = "[tool.uv.pip]\nresolution = 'highest'\nindex-url = 'http://127.0.0.1:9/'\n"
    (tmp_path / "pyproject.toml").write_text(PROJECT + settings + other, encoding="utf-8")
    code, out, err = ask(capsys, "--lock", "-o", "other.lock", "-v")
    assert (code, err) == (0, "")
    assert "not taken into account" not in out
    written = (tmp_path / "other.lock").read_text(encoding="utf-8")
    assert 'resolution-mode = "lowest"' in written
    assert 'name = "a"\nversion = "1"' in written


def test_a_project_that_uv_does_not_manage_is_not_locked(
    index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT + "[tool.uv]\nmanaged = false\n", encoding="utf-8")
    code, _, err = ask(capsys, "--lock", "-i", index)
    assert (code, err) == (2, "error: pyproject.toml: uv does not lock a project that says it is not 'managed'\n")


def test_environments_belong_into_a_project(
    index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UV_NO_CONFIG")
    (tmp_path / "uv.toml").write_text("environments = [\"os_name == 'nt'\"]\n", encoding="utf-8")
    code, _, err = ask(capsys, "--lock", "-i", index)
    assert (code, err) == (2, "error: uv.toml:1: 'environments' belongs into a pyproject.toml\n")


DYNAMIC = """\
[build-system]
build-backend = "{backend}"
[project]
name = "proj"
version = "0.1"
requires-python = ">=3.9"
dynamic = ["dependencies", "optional-dependencies"]
[tool.setuptools.dynamic]
dependencies = {{ file = ["base.txt"] }}
optional-dependencies.z = {{ file = "z.txt" }}
optional-dependencies.more = {{ file = ["more.txt", "z.txt"] }}
"""


@pytest.mark.parametrize("backend", ["setuptools.build_meta", "hatchling.build"])
def test_dynamic_lists_are_locked_as_if_they_stood_in_the_project(
    backend: str, index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where setuptools takes them from files; some backends list the extras by name."""
    for name, text in (("base", "# all\na<2\n"), ("z", "a\n"), ("more", "b<2\n")):
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(DYNAMIC.format(backend=backend), encoding="utf-8")
    code, _, said = ask(capsys, "--lock", "-i", index, "-q", "-o", "dynamic.lock")
    assert code == 0
    assert said.count("is dynamic: read from") == 3
    extras = {"z": '["a"]', "more": '["b<2", "a"]'}
    names = sorted(extras) if backend == "hatchling.build" else list(extras)
    static = PROJECT.partition("[project.optional")[0].replace('"a"', '"a<2"') + "[project.optional-dependencies]\n"
    static += "".join(f"{name} = {extras[name]}\n" for name in names) + f'[build-system]\nbuild-backend = "{backend}"\n'
    (tmp_path / "pyproject.toml").write_text(static, encoding="utf-8")
    ask(capsys, "--lock", "-i", index, "-o", "static.lock")
    assert (tmp_path / "dynamic.lock").read_text("utf-8") == (tmp_path / "static.lock").read_text("utf-8")


@pytest.mark.parametrize("key", ["dependencies", "optional-dependencies"])
def test_what_only_a_build_tells_is_unknown_without_one(
    key: str, index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a lock that is there what it repeats of the project is asked."""
    ask(capsys, "--lock", "-i", index, "-o", "uv.lock")
    project = f'[project]\nname = "proj"\nversion = "1"\nrequires-python = ">=3.9"\ndynamic = ["{key}"]\n'
    (tmp_path / "pyproject.toml").write_text(project, encoding="utf-8")
    said = f"pyproject.toml: '{key}' is dynamic: only the project's build backend knows it, which --build-sdists asks"
    assert ask(capsys, "--lock", "-i", index) == (3, "", f"error: {said}\n")
    assert run(["why", "b", "--lock", "uv.lock", "-i", index]) == 0
    found = capsys.readouterr()
    assert found.err == f"warning: {said}; without it, what uv.lock repeats is asked\n"
    assert "without the lock: the same version" in found.out


def test_a_lock_that_is_there_is_replaced_if_that_is_asked(
    index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(capsys, "--lock", "-i", index, "-o", "uv.lock")[0] == 0
    code, _, err = ask(capsys, "--lock", "-i", index, "-o", "uv.lock")
    assert (code, "--force replaces it" in err) == (2, True)
    before = (tmp_path / "uv.lock").read_bytes()
    assert ask(capsys, "--lock", "-i", index, "-o", "uv.lock", "--force")[0] == 0
    assert (tmp_path / "uv.lock").read_bytes() == before
