"""Repositories of git inside others: what the real uv and pip read of them, or end at, against ours."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from packaging.utils import NormalizedName

from backtrail import cli
from backtrail.index.build.git_checkout import absolute
from backtrail.model.metadata import Metadata
from backtrail.model.requirement import Requirement
from backtrail.resolvers.uv.direct import told_by_github
from backtrail.sources.references import DirectReader
from support.internet import stand_in
from support.real_pip import find_pip
from support.real_uv import find_uv
from support.repositories import commit, git, submodule

pytestmark = [
    pytest.mark.likeness,
    pytest.mark.skipif(shutil.which("git") is None, reason="the real git is needed"),
]

BACKEND = """
import os
def build_wheel(folder, config=None, metadata=None):
    raise NotImplementedError
def prepare_metadata_for_build_wheel(folder, config=None):
    os.mkdir(os.path.join(folder, "x.dist-info"))
    with open(os.path.join(folder, "x.dist-info", "METADATA"), "w") as file:
        file.write("Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n")
    return "x.dist-info"
"""

READ = {
    "relative": ("../of-relative", "", "#subdirectory=sub"),
    "deep": ("ROOT/of-deep", "", "#subdirectory=sub/deep"),
    "never-updated": ("../nowhere", "update = none", ""),
    "old": (
        "./../of-old/",
        "branch = main\n\tupdate = rebase",
        "#subdirectory=sub",
    ),
}
REFUSED = {
    "nowhere": ("../nowhere", "", ""),
    "by-a-command": ("../of-by-a-command", "update = !touch ran", ""),
    "from-a-command": ("ext::touch ran", "", ""),
    "no-address": ("../of-no-address", "path = elsewhere", ""),
}
UNLISTED = "unlisted"
"""Without ``.gitmodules``."""


def project(name: str) -> dict[str, str]:
    return {
        "pyproject.toml": f'[project]\nname = "{name}"\nversion = "1.0"\ndependencies = []\n'
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        "backend.py": BACKEND.format(name=name),
    }


@pytest.fixture
def lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Requirements by their kind; the user's git reads repositories of this disk that others name."""
    (tmp_path / ".gitconfig").write_text('[protocol "file"]\n\tallow = always\n')
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)
    monkeypatch.chdir(tmp_path)
    found = {}
    deep = commit(tmp_path / "deepest", project("deep"))
    for kind, (url, more, inside) in {**READ, **REFUSED}.items():
        inner = tmp_path / f"of-{kind}"
        if kind == "deep":
            submodule(inner, "deep", "../deepest", deep)
        at = commit(inner, project(kind))
        if kind == "old":
            (inner / "pyproject.toml").unlink()
            commit(inner)
        submodule(tmp_path / kind, "sub", url.replace("ROOT", tmp_path.as_uri()), at, more)
        commit(tmp_path / kind, project(kind))
        found[kind] = f"{kind} @ git+{(tmp_path / kind).as_uri()}{inside}"
    submodule(tmp_path / UNLISTED, "sub", "../deepest", deep)
    (tmp_path / UNLISTED / ".gitmodules").unlink()
    commit(tmp_path / UNLISTED, project(UNLISTED))
    found[UNLISTED] = f"{UNLISTED} @ git+{(tmp_path / UNLISTED).as_uri()}"
    yield found
    assert not list(tmp_path.rglob("ran"))


def tools() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What begins the commands of uv and pip."""
    uv, pip = find_uv("0.13.9"), find_pip("26.3")
    if uv is None or pip is None:
        pytest.skip("uv 0.13.9 and pip 26.3 are needed")
    return (
        (str(uv.executable), "pip", "compile", "-q", "--no-cache", "--no-index"),
        (str(pip.python), "-m", "pip", "install", "--dry-run", "--no-deps", "--no-build-isolation", "-r"),
    )


def ended(*commands: tuple[str, ...]) -> list[tuple[int, str]]:
    """Status and words of commands that run side by side."""
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for command in commands
    ]
    said = [one.communicate()[0] for one in running]
    return list(zip((one.returncode for one in running), said, strict=True))


def ours(capfd: pytest.CaptureFixture[str], *lines: str) -> tuple[int, list[set[str]], list[str]]:
    """The exit code, the projects of each resolver, and why lines are left out."""
    asking = ("explain-backtrack", "--no-index", "--resolver", "uv", "--resolver", "pip", "--budget", "0")
    code = cli.run([*asking, "--format", "json", *lines])
    document = json.loads(capfd.readouterr().out)
    return (
        code,
        [set(run["pins"]) for run in document["runs"]],
        [lost["why"] for lost in document["question"]["left_out"]],
    )


def test_a_repository_with_another_inside_is_read_where_the_real_tools_read_it(
    lines: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    Path("read.in").write_text("\n".join(lines[kind] for kind in READ))
    for kind in (*REFUSED, UNLISTED):
        Path(f"{kind}.in").write_text(lines[kind])
    uv, pip = tools()
    read = ended((*uv, "read.in"), (*pip, "read.in"), (*pip, f"{UNLISTED}.in"), (*uv, f"{UNLISTED}.in"))
    assert [status == 0 for status, _ in read] == [True, True, True, False], read
    assert ours(capfd, lines[UNLISTED]) == (1, [set(), {UNLISTED}], [])
    assert ours(capfd, *(lines[kind] for kind in READ)) == (0, [set(READ)] * 2, [])
    refused = ended((*pip, "no-address.in"), *((*uv, f"{kind}.in") for kind in REFUSED))
    assert all(status for status, _ in refused), refused
    code, pins, why = ours(capfd, *(lines[kind] for kind in REFUSED))
    assert (code, pins) == (3, [set(), set()])
    assert [one.partition("'sub'")[0] for one in why] == ["submodule "] * len(REFUSED)


@pytest.mark.parametrize(
    "parent",
    ["https://host/a/b.git", "https://host:8443/a/b/", "ssh://git@host/a/b", "git@host:a/b.git", "file:///a/b"],
)
def test_addresses_count_from_that_of_the_repository(parent: str, tmp_path: Path) -> None:
    forms = ("../c.git", "./c", "../../c/d/", "./../c", ".././c", "https://other/c", "/c", "git@other:c", "../c//")
    for place, url in enumerate(forms):
        with (tmp_path / ".gitmodules").open("a") as file:
            file.write(f'[submodule "{place}"]\n\tpath = {place}\n\turl = {url}\n')
    links = "".join(f"160000 {'1' * 40} 0\t{place}\n" for place in range(len(forms)))
    git(tmp_path, "init", "--quiet")
    subprocess.run(["git", "-C", tmp_path, "update-index", "--index-info"], input=links, text=True, check=True)
    git(tmp_path, "-c", f"remote.origin.url={parent}", "submodule", "init")
    said = git(tmp_path, "config", "--get-regexp", r"submodule\..*\.url").splitlines()
    assert [absolute(url, parent) for url in forms] == [line.partition(" ")[2] for line in said]


def test_a_repository_of_this_disk_is_read_inside_another_only_with_your_word(
    lines: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    """``protocol.file.allow`` of the user's git decides, as for both tools."""
    Path(".gitconfig").unlink()
    Path("r.in").write_text(lines["relative"])
    uv, _ = tools()
    ((status, said),) = ended((*uv, "r.in"))
    assert status
    assert "transport 'file' not allowed" in said
    _, _, why = ours(capfd, lines["relative"])
    assert why == ["submodule 'sub': git says: transport 'file' not allowed"]


PROJECT = '[project]\nname = "app"\nversion = "1.0"\ndependencies = []\n'
TOLD = {
    ("git+https://github.com/o/app", PROJECT),
    ("git+https://GitHub.com:443/o/app.git@v1", PROJECT + '[dependency-groups]\nx = ["b"]\n'),
    ("git+https://github.com/o/app", PROJECT.replace("dependencies = []", 'dynamic = ["readme"]')),
    ("git+https://github.com/o/app", PROJECT + '[tool.uv.workspace]\nmembers = ["b"]\n'),
}
NOT_TOLD = {
    ("git+https://github.com/o/app#subdirectory=sub", PROJECT),
    ("git+https://github.com/o/app/more", PROJECT),
    ("git+https://gitlab.com/o/app", PROJECT),
    ("git+https://github.com/o/app", PROJECT + '[tool.uv.sources]\nb = { path = "b" }\n'),
    ("git+https://github.com/o/app", PROJECT.replace('version = "1.0"', 'dynamic = ["version"]')),
    ("git+https://github.com/o/app", PROJECT + 'dynamic = ["optional-dependencies"]\n'),
}


def test_uv_reads_one_text_of_github_where_that_says_all(tmp_path: Path) -> None:
    """No repository is there, so that uv ends where it needs more than the text."""
    uv, _ = tools()
    found = set()
    with stand_in(tmp_path, "api.github.com", "raw.githubusercontent.com", "github.com", "gitlab.com") as (
        github,
        variables,
    ):
        for revision in ("HEAD", "v1"):
            github.put(f"/repos/o/app/commits/{revision}", "text/plain", b"1" * 40)
        for place, (url, text) in enumerate(sorted(TOLD | NOT_TOLD)):
            github.put(f"/o/app/{'1' * 40}/pyproject.toml", "text/plain", text.encode())
            (tmp_path / "r.in").write_text(f"app @ {url}\n")
            environ = {**os.environ, **variables, "UV_HTTP_RETRIES": "0"}
            done = subprocess.run((*uv, "r.in"), cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
            assert done.returncode == 0 or "Git operation failed" in done.stderr, done.stderr
            if done.returncode == 0:
                found.add((url, text))
            tree = tmp_path / str(place)
            tree.mkdir()
            (tree / "pyproject.toml").write_text(text)
            reader = DirectReader(cast("Any", None), tree, offline=True, builder=lambda: None)
            said = reader(Requirement(name=NormalizedName("app"), url=tree.as_uri(), text="app"))
            assert (isinstance(said, Metadata) and told_by_github(url, said)) is ((url, text) in TOLD)
    assert found == TOLD
