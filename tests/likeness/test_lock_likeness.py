"""Our locks beside the real `uv lock`: the whole text, and the forks in order."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from backtrail.cli import run
from backtrail.inputs.locks.any_lock import read_any_lock
from backtrail.model.errors import InputError
from backtrail.model.lock import Staleness
from backtrail.model.trail import Outcome
from backtrail.report.lock_text import lock_text
from support.likeness import JOBS
from support.lock_text import without_places
from support.loopback import Loopback
from support.ours import lock_world
from support.random_projects import ProjectWorld, random_project
from support.real_uv import RealUv, UvLock, environment, find_uv
from support.worlds import ForAll, Project, Question, World, release

pytestmark = pytest.mark.likeness

RELEASE = "0.13.9"
PROJECTS = {
    "markers": [random_project(seed) for seed in range(100)],
    "wheels": [random_project(seed, wheels=True) for seed in range(2000, 2060)],
}


@pytest.mark.parametrize("kind", PROJECTS)
def test_locks_are_identical(kind: str, tmp_path: Path) -> None:
    uv = find_uv(RELEASE)
    if uv is None:
        pytest.skip(f"uv {RELEASE} is not installed")
    projects = PROJECTS[kind]
    answers = zip(projects, real_locks(projects, uv), strict=True)
    assert [project.world.name for project, real in answers if shown(real) != ours(project, tmp_path)] == []


def real_locks(projects: list[ProjectWorld], uv: RealUv) -> Iterator[UvLock]:
    with Loopback() as loopback, ThreadPoolExecutor(JOBS) as pool:
        urls = [loopback.mount(project.world, f"/w{place}") for place, project in enumerate(projects)]
        yield from pool.map(lambda project, url: uv.lock(project.pyproject, url), projects, urls)


def shown(real: UvLock) -> tuple[str, str, tuple[str, ...]]:
    return real.outcome.value, without_places(real.text), real.forks


def ours(project: ProjectWorld, folder: Path) -> tuple[str, str, tuple[str, ...]]:
    pyproject = folder / "pyproject.toml"
    pyproject.write_text(project.pyproject, encoding="utf-8")
    try:
        run = lock_world(project.world, RELEASE, pyproject)
    except InputError:
        return "aborted", "", ()
    forks = tuple(fork.marker or "" for fork in run.forks if fork.outcome is Outcome.SOLVED)
    return run.outcome.value, without_places(lock_text(run.lock)) if run.lock else "", forks


@pytest.mark.parametrize("form", ["requirements.txt", "line.txt", "pylock.toml", "uv.lock"])
def test_what_uv_writes_is_read_as_what_it_solved(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of every version in a lock `why` says that solving again gives the same, and who asks for it as far as it can."""
    uv = find_uv(RELEASE)
    if uv is None:
        pytest.skip(f"uv {RELEASE} is not installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKTRAIL_CACHE_DIR", str(tmp_path / "cache"))
    Path("requirements.in").write_text("web[fast]>=1\n", encoding="utf-8")
    Path("limits.txt").write_text("num<3\n", encoding="utf-8")
    Path("pyproject.toml").write_text(LOCKED_PROJECT, encoding="utf-8")
    compiled = ("pip", "compile", "requirements.in", "-c", "limits.txt", "--generate-hashes", "-o", form)
    words = {
        "uv.lock": ("lock",),
        "line.txt": (*compiled, "--annotation-style", "line", "--emit-index-annotation"),
    }.get(form, compiled)
    with Loopback() as loopback:
        index = loopback.mount(LOCKED_WORLD, "/w", hashes=True)
        command = [str(uv.executable), *words, "-q", "--no-cache", "--python", sys.executable, "--default-index", index]
        subprocess.run(command, check=True, env=environment(str(tmp_path), ForAll()))
        lock = read_any_lock(form)
        assert {one.name: one.version for one in lock.versions if not one.local} == {
            "num": "2.0", "tls": "1.0", "web": "1.1",
        }  # fmt: skip
        for one in (each for each in lock.versions if not each.local):
            assert run(["why", one.name, "--lock", form, "-i", index, "--format", "json"]) == 0
            locked = json.loads(capsys.readouterr().out)["locked"]
            assert (locked["again"]["standing"], locked["again"]["changes"]) == ("same", {})
            if lock.says_askers:
                assert locked["path"][0]["origin"] == ("pyproject.toml:5" if form == "uv.lock" else "requirements.in:1")


LOCKED_PROJECT = """\
[project]
name = "app"
version = "0.1"
requires-python = ">=3.9"
dependencies = ["web[fast]>=1"]

[tool.uv]
constraint-dependencies = ["num<3"]
"""
LOCKED_WORLD = World(
    name="locked",
    projects=(
        Project(
            name="web", releases=(release("web", "1.1", "num", 'tls ; extra == "fast"', provides_extra=("fast",)),)
        ),
        Project(name="num", releases=(release("num", "2.0"), release("num", "3.0"))),
        Project(name="tls", releases=(release("tls", "1.0"),)),
    ),
    question=Question(requirements=()),
)


@pytest.mark.parametrize("project", ['[project]\nname = "root"\nversion = "1"\nrequires-python = ">=3.9"\n', ""])
@pytest.mark.parametrize("groups", ['["dev"]', '["X-y", "dev", "x_y"]', '"all"', "[]", '["nope"]', '"dev"'])
def test_default_groups_are_repeated(project: str, groups: str, tmp_path: Path) -> None:
    """All groups are locked, whichever are installed by default; what is said of that stands in the lock."""
    uv = find_uv(RELEASE)
    if uv is None:
        pytest.skip(f"uv {RELEASE} is not installed")
    world = World(
        name="groups",
        projects=(Project(name="a", releases=(release("a", "1.0"),)),),
        question=Question(requirements=("a",), for_all=ForAll()),
    )
    text = f'{project}[dependency-groups]\ndev = ["a"]\nx-y = ["a"]\n[tool.uv]\ndefault-groups = {groups}\n'
    if not project:
        text += "[tool.uv.workspace]\nmembers = []\n"
    with Loopback() as loopback:
        real = uv.lock(text, loopback.mount(world, "/groups"))
    (tmp_path / "pyproject.toml").write_text(text)
    assert ours(ProjectWorld(world=world, pyproject=text), tmp_path) == shown(real)


GROUPS = """
[dependency-groups]
dev = ["b", { include-group = "lint" }, { include-group = "new" }]
lint = ["a ; sys_platform == 'win32'", { include-group = "empty" }]
New = ["a>1", "b>1"]
empty = []
[tool.uv]
dev-dependencies = ["a"]
[tool.uv.dependency-groups]
dev = { requires-python = "<3.14" }
lint = { requires-python = " >= 3.12, != 3.12.3" }
new = { requires-python = "~=3.11, !=3.11.*" }
empty = { requires-python = "<3.15" }
"""


@pytest.mark.parametrize("project", ['[project]\nname = "root"\nversion = "1"\nrequires-python = ">=3.9"\n', ""])
def test_groups_are_locked_for_the_pythons_that_are_said_of_them(project: str, tmp_path: Path) -> None:
    uv = find_uv(RELEASE)
    if uv is None:
        pytest.skip(f"uv {RELEASE} is not installed")
    text = project + GROUPS + ("" if project else "[tool.uv.workspace]\nmembers = []\n")
    with Loopback() as loopback:
        real = uv.lock(text, loopback.mount(DATED, "/groups"))
    (tmp_path / "pyproject.toml").write_text(text)
    python = ".".join(map(str, sys.version_info[:2]))
    asked = Question(requirements=("a",), for_all=ForAll(), python=python)
    world = World(name="groups", projects=DATED.projects, question=asked)
    assert ours(ProjectWorld(world=world, pyproject=text), tmp_path) == shown(real)
    (tmp_path / "uv.lock").write_text(real.text)
    for pythons, stale in (("!= 3.12.3", None), ("!= 3.12.4", Staleness.MANIFEST)):
        (tmp_path / "pyproject.toml").write_text(text.replace("!= 3.12.3", pythons))
        assert lock_world(world, RELEASE, tmp_path / "pyproject.toml").stale is stale


DAYS = {"1.0": "2024-01-01", "2.0": "2024-06-01", "3.0b1": "2024-07-01"}
DATED = World(
    name="dated",
    projects=tuple(
        Project(
            name=name,
            releases=tuple(release(name, one, upload_time=f"{day}T00:00:00Z") for one, day in DAYS.items()),
        )
        for name in ("a", "b")
    ),
    question=Question(requirements=()),
)
CHANGED = {
    "b=2024-03-01": "b=2024-09-01",  # later: the lock is kept as it is
    "b=2024-09-01 a=P1W": "b=2024-03-01 a=P7D",
    "": "zz=2024-03-01 a=false",
    "zz=2024-03-01": "",
    "b=false": "b=2024-03-01T10:00:00.5+02:00 root=1 week, 2d ago",
    "--exclude-newer=2024-09-01": "--exclude-newer=2024-09-01 b=P1W",
    "--exclude-newer=P1W": "--exclude-newer=7 days",
    "pre:a=allow pre:b=explicit": "pre:a=explicit pre:zz=if-necessary-or-explicit",
    "--prerelease=allow": "--prerelease=explicit pre:b=if-necessary",
    "pre:a=allow ": "--prerelease=if-necessary-or-explicit",
    "pre:a=allow b=2024-03-01": "--upgrade",
}


def typed(words: str) -> list[str]:
    """Options in short: ``b=DATE`` is a cut-off of one project, ``pre:b=MODE`` its way with pre-releases."""
    split = re.split(r" (?=\S+=|--)", words.strip()) if words.strip() else []
    long = (re.sub(r"^pre:", "--prerelease-package=", one) for one in split)
    return [one if one.startswith("--") else f"--exclude-newer-package={one}" for one in long]


ROOT = '[project]\nname = "root"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["a", "b"]\n'


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RealUv:
    """The real uv, in a folder with the project of ``ROOT``."""
    found = find_uv(RELEASE)
    if found is None:
        pytest.skip(f"uv {RELEASE} is not installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKTRAIL_CACHE_DIR", str(tmp_path / "cache"))
    Path("pyproject.toml").write_text(ROOT, encoding="utf-8")
    return found


def test_what_is_set_for_single_projects_is_locked_and_weighed_when_it_changes(
    uv: RealUv, monkeypatch: pytest.MonkeyPatch
) -> None:
    different = []
    with Loopback() as loopback:
        index = loopback.mount(DATED, "/dated", hashes=True)
        for before, after in CHANGED.items():
            old = uv.lock(ROOT, index, *typed(before)).text
            real = uv.lock(ROOT, index, *typed(after), before=old).text
            for name, lock, words in (("old", None, before), ("new", old, after)):
                Path("uv.lock").unlink(missing_ok=True)
                if lock is not None:
                    Path("uv.lock").write_text(lock, encoding="utf-8")
                ask = ["explain-backtrack", "--lock", "-q", "-i", index, *typed(words)]
                assert run([*ask, "-o", f"{name}.lock", "--force"]) == 0
            if [old, real] != [Path(one).read_text(encoding="utf-8") for one in ("old.lock", "new.lock")]:
                different.append((before, after))
        assert different == []
        monkeypatch.delenv("UV_NO_CONFIG")
        keys = "[tool.uv]\nexclude-newer-package = { B = '2024-03-01' }\nprerelease-package = { a = 'allow' }\n"
        Path("uv.lock").unlink()
        Path("pyproject.toml").write_text(ROOT + keys, encoding="utf-8")
        assert run(["explain-backtrack", "--lock", "-q", "-i", index, "-o", "own.lock"]) == 0
        assert Path("own.lock").read_text(encoding="utf-8") == uv.lock(ROOT + keys, index).text


def test_what_a_lock_repeats_counts_where_nothing_else_is_said(uv: RealUv, capsys: pytest.CaptureFixture[str]) -> None:
    """`why` and `diff` solve again with the options of a lock, and name one that moves a version."""
    with Loopback() as loopback:
        index = loopback.mount(DATED, "/dated", hashes=True)
        for name, words in (("plain.lock", ""), ("set.lock", "pre:a=allow b=2024-03-01")):
            Path(name).write_text(uv.lock(ROOT, index, *typed(words)).text, encoding="utf-8")
        assert run(["why", "a", "--lock", "set.lock", "-i", index, "--format", "json"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert (document["locked"]["again"]["standing"], document["locked"]["again"]["changes"]) == ("same", {})
        assert {"name": "prerelease-package", "value": "a=allow", "origin": "set.lock", "honoured": True} in (
            document["question"]["settings"]
        )
        assert run(["diff", "plain.lock", "set.lock", "-i", index]) == 0
        said = capsys.readouterr().out
    assert "prerelease-package: a=allow instead of nothing" in said
    assert "exclude-newer-package: b=2024-03-02T00:00:00.000000Z instead of nothing" in said


@pytest.mark.parametrize("said", ["", "no-sources = true", 'no-sources-package = ["a"]', 'no-sources-package = ["b"]'])
def test_sources_that_do_not_count_are_not_locked(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    uv = find_uv(RELEASE)
    if uv is None:
        pytest.skip(f"uv {RELEASE} is not installed")

    def index(version: str) -> World:
        projects = tuple(Project(name=name, releases=(release(name, version),)) for name in ("a", "b"))
        return World(name=version, projects=projects, question=Question(requirements=("a",)))

    with Loopback() as loopback:
        main, other = loopback.mount(index("1.0"), "/main"), loopback.mount(index("2.0"), "/other")
        text = (
            '[project]\nname = "root"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["a", "b"]\n'
            f'[tool.uv]\n{said}\n[tool.uv.sources]\na = {{ index = "other" }}\nb = {{ index = "other" }}\n'
            f'[[tool.uv.index]]\nname = "other"\nurl = "{other}"\nexplicit = true\n'
        )
        real = uv.lock(text, main)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HOME", str(tmp_path))
        for name in ("UV_NO_CONFIG", "XDG_CONFIG_HOME"):
            monkeypatch.delenv(name, raising=False)
        Path("pyproject.toml").write_text(text)
        assert run(["explain-backtrack", "--lock", "--index-url", main, "-o", "ours.lock"]) == 0, capsys.readouterr()
    found = Path("ours.lock").read_text()
    assert without_places(found) == without_places(real.text)
    assert found.count('version = "2.0"') == {"": 2, "no-sources = true": 0}.get(said, 1)
