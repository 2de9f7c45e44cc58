"""Projects with all that ``[tool.uv]`` says: the real ``uv pip compile pyproject.toml`` and ours pin the same."""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from backtrail import cli
from support import worlds
from support.loopback import Loopback
from support.random_worlds import Dice
from support.real_uv import TIMEOUT, find_uv, plain, read_pins
from support.repositories import commit
from support.worlds import World

pytestmark = pytest.mark.likeness

SEEDS = 60
NAMES = ("p0", "p1", "p2", "p3", "p4", "p5")
LOCAL = ("q0", "q1", "q2")
MARKERS = ("sys_platform == 'linux'", "sys_platform == 'win32'", "python_version >= '3.11'", "python_version < '3.10'")
PYTHON = "3.11"
EMPTY: Mapping[str, str] = MappingProxyType({})
LISTED = re.compile(r"(?:^|[/ ])(q\d)(?: @ .*)?$")


def shelf(dice: Dice, number: int) -> World:
    """An index with some versions of each project, which are its own: ``.1`` of the first index, ``.2`` of the next."""
    projects = []
    for name in NAMES:
        releases = []
        for major in range(1, dice.between(3, 6)):
            version = f"{major}.{number}" + ("rc1" if dice.chance(0.15) else "")
            asked = [required(dice, other, most=5) for other in dice.some(NAMES, dice.between(0, 2)) if other > name]
            releases.append(worlds.release(name, version, *asked))
        projects.append(worlds.Project(name=name, releases=tuple(releases)))
    return World(name=f"shelf {number}", projects=tuple(projects), question=worlds.Question(requirements=NAMES[:1]))


def required(dice: Dice, name: str, *, most: int = 4) -> str:
    form = dice.one(("", "", ">={}", "<{}", "<={}", "!={}.*"))
    marker = f" ; {dice.one(MARKERS)}" if dice.chance(0.15) else ""
    return name + form.format(dice.between(2, most)) + marker


def source(dice: Dice, name: str, web: list[str]) -> str:
    if name in LOCAL:
        return f'{{ path = "libs/{name}" }}'
    index = f'index = "{dice.one(("one", "two"))}"'
    match dice.between(0, 3):
        case 0:
            return f"{{ {index}, marker = {json.dumps(dice.one(MARKERS))} }}"
        case 1:
            first, second = MARKERS[:2]
            return f"[{{ {index}, marker = {json.dumps(first)} }}, {{ {index}, marker = {json.dumps(second)} }}]"
        case 2 if name in web:
            return f'[{{ {index}, extra = "web" }}]'
        case _:
            return f"{{ {index} }}"


def tool(dice: Dice, urls: Mapping[str, str], names: list[str], web: list[str], *, root: bool) -> list[str]:
    """The tables of uv in a project that requires these."""
    lines = ["[tool.uv]"]
    if root:
        if dice.chance(0.3):
            lines.append(f"constraint-dependencies = {listed(required(dice, dice.one(NAMES)))}")
        if dice.chance(0.3):
            lines.append(f"override-dependencies = {listed(required(dice, dice.one(NAMES)))}")
        for key, values in (
            ("prerelease", ("allow", "disallow", "if-necessary")),
            ("resolution", ("lowest", "lowest-direct")),
            ("index-strategy", ("unsafe-best-match", "unsafe-first-match")),
        ):
            if dice.chance(0.2):
                lines.append(f'{key} = "{dice.one(values)}"')
    sources = [f"{name} = {source(dice, name, web)}" for name in names if name in LOCAL or dice.chance(0.4)]
    if sources:
        lines += ["[tool.uv.sources]", *sources]
    for name in ("one", "two"):
        explicit = "explicit = true\n" if not root or dice.chance(0.6) else ""
        lines.append(f'[[tool.uv.index]]\nname = "{name}"\nurl = "{urls[name]}"\n{explicit}')
    if root:
        lines.append(f'[[tool.uv.index]]\nname = "main"\nurl = "{urls["main"]}"\ndefault = true')
    return lines


def listed(*texts: str) -> str:
    return json.dumps(texts)


def lay_out(dice: Dice, urls: Mapping[str, str], folder: Path) -> list[str]:
    """Write a project, and others beside it that it may be made to require; return the options to ask with."""
    for place, name in enumerate(LOCAL):
        inner = [*dice.some(NAMES, dice.between(0, 2)), *LOCAL[place + 1 : place + 2] * dice.chance(0.4)]
        text = [
            f'[project]\nname = "{name}"\nversion = "0.{place}"',
            f"dependencies = {listed(*(required(dice, one) if one in NAMES else one for one in inner))}",
            *(
                line.replace('path = "libs/', 'path = "../')
                for line in tool(dice, urls, inner, [], root=False)
            ),
        ]  # fmt: skip
        (folder / "libs" / name).mkdir(parents=True)
        (folder / "libs" / name / "pyproject.toml").write_text("\n".join(text) + "\n")
    base = [*dice.some(NAMES, dice.between(1, 3)), *dice.some(LOCAL, dice.between(0, 2))]
    web, dev = dice.some(NAMES, 1), dice.some(NAMES, 1)
    declared = {
        key: listed(*(required(dice, one) if one in NAMES else one for one in names))
        for key, names in (("dependencies", base), ("web", web), ("dev", dev))
    }
    text = [
        '[project]\nname = "root"\nversion = "1"\nrequires-python = ">=3.9"',
        f"dependencies = {declared['dependencies']}",
        f"[project.optional-dependencies]\nweb = {declared['web']}",
        f"[dependency-groups]\ndev = {declared['dev']}",
        *tool(dice, urls, list(dict.fromkeys([*base, *web, *dev])), web, root=True),
    ]
    (folder / "pyproject.toml").write_text("\n".join(text) + "\n")
    return [*dice.one(((), ("--extra", "web"), ("--all-extras",))), *dice.one(((), ("--group", "dev")))]


def compiled(
    folder: Path, home: Path, *options: str, file: str = "pyproject.toml", environ: Mapping[str, str] = EMPTY
) -> "subprocess.CompletedProcess[str]":
    """What the real uv makes of the project in a folder, or of another ``file`` there."""
    uv = find_uv("0.13.9")
    assert uv is not None
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    command = [str(uv.executable), "pip", "compile", file, "--no-cache", "--no-header", "--no-annotate"]
    return subprocess.run(
        [*command, "--no-python-downloads", *options],
        cwd=folder, env={**kept, "HOME": str(home), "NO_COLOR": "1", **environ}, capture_output=True, encoding="utf-8",
        timeout=TIMEOUT, check=False,
    )  # fmt: skip


def go_to(folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask there from now on, with the settings of the folder alone."""
    monkeypatch.chdir(folder)
    for name in ("XDG_CONFIG_HOME", "VIRTUAL_ENV", "CONDA_PREFIX", "UV_NO_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))


@pytest.fixture(scope="module")
def loopback() -> Iterator[Loopback]:
    with Loopback() as found:
        yield found


@pytest.mark.parametrize("seed", range(SEEDS))
def test_pins(
    seed: int,
    loopback: Loopback,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    dice = Dice(seed)
    urls = {
        name: loopback.mount(shelf(dice, number), f"/{seed}-{name}")
        for number, name in enumerate(("main", "one", "two"))
    }
    options = lay_out(dice, urls, tmp_path)
    real = compiled(tmp_path, tmp_path, "--python-version", PYTHON, *options)
    go_to(tmp_path, tmp_path, monkeypatch)
    asked = [
        "-r",
        "pyproject.toml",
        *options,
        "--python",
        PYTHON,
        "--resolver",
        "uv",
        "--format",
        "json",
        "--budget",
        "0",
    ]
    code = cli.run(["explain-backtrack", *asked])
    said = capfd.readouterr()
    assert code == (1 if real.returncode else 0), (plain(real.stderr), said.err)
    if real.returncode:
        assert re.search("No solution found|conflicting indexes", plain(real.stderr))
        return
    run = json.loads(said.out)["runs"][0]
    expected = {name: version for name, version in read_pins(real.stdout) if name not in LOCAL}
    found = {name: pin["version"] for name, pin in run["pins"].items() if name not in LOCAL}
    assert found == expected
    local = {name[1] for name in map(LISTED.search, plain(real.stdout).splitlines()) if name is not None}
    assert {name for name in run["pins"] if name in LOCAL} == local


def test_a_repository_with_sources_of_its_own(
    loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """What a git dependency says of its sources counts, and leads to another folder of the same commit."""
    dice = Dice(1)
    urls = {name: loopback.mount(shelf(dice, number), f"/git-{name}") for number, name in enumerate(("main", "one"))}
    mono = tmp_path / "mono"
    for name, text in (
        ("q0", 'dependencies = ["q1", "p1"]\n[tool.uv.sources]\nq1 = { path = "../q1" }\np1 = { index = "one" }\n'
               f'[[tool.uv.index]]\nname = "one"\nurl = "{urls["one"]}"\nexplicit = true\n'),
        ("q1", 'dependencies = ["p0<3"]\n'),
    ):  # fmt: skip
        (mono / name).mkdir(parents=True)
        (mono / name / "pyproject.toml").write_text(f'[project]\nname = "{name}"\nversion = "1"\n{text}')
    commit(mono)
    here = tmp_path / "here"
    here.mkdir()
    (here / "pyproject.toml").write_text(
        '[project]\nname = "root"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["q0", "p1"]\n'
        f'[tool.uv.sources]\nq0 = {{ git = "{mono.as_uri()}", subdirectory = "q0" }}\n'
        f'[[tool.uv.index]]\nurl = "{urls["main"]}"\ndefault = true\n'
    )
    real = compiled(here, tmp_path)
    assert real.returncode == 0, plain(real.stderr)
    go_to(here, tmp_path, monkeypatch)
    assert cli.run(["explain-backtrack", "--resolver", "uv", "--format", "json", "--budget", "0"]) == 0
    found = json.loads(capfd.readouterr().out)["runs"][0]["pins"]
    listed = dict(line.partition(" @ ")[::2] for line in real.stdout.splitlines() if " @ " in line)
    assert {name: pin["version"] for name, pin in found.items() if not pin["url"]} == {
        name: version for name, version in read_pins(real.stdout) if name not in listed
    }
    commits = {name: url.partition("#")[0].rpartition("@")[2] for name, url in listed.items()}
    assert {name: pin["commit"] for name, pin in found.items() if pin["url"]} == commits


WITHOUT_SOURCES: tuple[tuple[tuple[str, ...], dict[str, str], str, bool, dict[str, str]], ...] = (
    ((), {}, "", False, {}),
    (("--no-sources",), {}, "", False, {"q0": "9", "q1": "9"}),
    ((), {"UV_NO_SOURCES": "1"}, "", False, {"q0": "9", "q1": "9"}),
    ((), {"UV_NO_SOURCES": "0"}, "no-sources = true\n", False, {"q0": "9", "q1": "9"}),
    ((), {}, "no-sources = true\n[pip]\nno-sources = false\n", False, {}),
    ((), {}, "[pip]\nno-sources = true\n", False, {"q0": "9", "q1": "9"}),
    (("--no-sources-package", "Q1"), {}, "", False, {"q1": "9"}),
    ((), {"UV_NO_SOURCES_PACKAGE": "q1 q0"}, "", False, {"q0": "9", "q1": "9"}),
    (("--no-sources-package", "q0"), {"UV_NO_SOURCES_PACKAGE": "q1"}, "", False, {"q0": "9"}),
    ((), {}, 'no-sources-package = ["q1"]\n[pip]\nno-sources-package = ["q0"]\n', False, {"q0": "9", "q1": "9"}),
    (("--no-sources",), {}, "", True, {"q1": "9"}),
    (("--no-sources-package", "q1"), {}, "", True, {"q1": "9"}),
)
"""Options, variables, uv.toml, whether the tree ``q0`` is required itself, and what is of the index then."""


@pytest.mark.parametrize(("options", "environ", "settings", "tree", "expected"), WITHOUT_SOURCES)
def test_sources_that_do_not_count(
    options: tuple[str, ...],
    environ: Mapping[str, str],
    settings: str,
    tree: bool,
    expected: Mapping[str, str],
    loopback: Loopback,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Whoever says that a project's sources do not count, it is taken from the index; so it is within a tree."""
    projects = (
        worlds.Project(name="q0", releases=(worlds.release("q0", "9", "q1"),)),
        worlds.Project(name="q1", releases=(worlds.release("q1", "9"),)),
    )
    asked = worlds.Question(requirements=("q0",))
    index = loopback.mount(World(name="sourceless", projects=projects, question=asked), f"/{tmp_path.name}")
    for name, requires, sources in (
        (".", ["q0", "q1"], 'q0 = { path = "q0" }\nq1 = { path = "q1" }\n'),
        ("q0", ["q1"], 'q1 = { path = "../q1" }\n'),
        ("q1", [], ""),
    ):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "pyproject.toml").write_text(
            f'[project]\nname = "{"root" if name == "." else name}"\nversion = "1"\n'
            f"dependencies = {json.dumps(requires)}\n[tool.uv.sources]\n{sources}"
        )
    (tmp_path / "uv.toml").write_text(settings)
    (tmp_path / "tree.in").write_text("./q0\n")
    file = "tree.in" if tree else "pyproject.toml"
    go_to(tmp_path, tmp_path, monkeypatch)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    both = ("--index-url", index, "--python-version", PYTHON, *options)
    real = compiled(tmp_path, tmp_path, *both, file=file, environ=environ)
    assert real.returncode == 0, plain(real.stderr)
    assert dict(read_pins(real.stdout)) == expected
    assert cli.run(["explain-backtrack", "-r", file, *both, "--resolver", "uv", "--format", "json"]) == 0
    found = json.loads(capfd.readouterr().out)["runs"][0]["pins"]
    assert set(found) == {"q0", "q1"}
    assert {name: pin["version"] for name, pin in found.items() if not pin["url"]} == expected


@pytest.mark.parametrize(
    ("kind", "lowest"),
    [("folder", True), ("folder in a folder", True), ("wheel", False), ("sdist", False), ("wheel in a folder", False),
     ("repository", False), ("override", True)],
)  # fmt: skip
def test_lowest_direct_is_for_what_folders_require(
    kind: str,
    lowest: bool,
    loopback: Loopback,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Whoever asks for the folder; not what a file or a repository requires. An override is asked for itself."""
    p0 = worlds.Project(name="p0", releases=tuple(worlds.release("p0", f"{major}.0") for major in (1, 2, 3)))
    asked = worlds.Question(requirements=("p0",))
    index = loopback.mount(World(name="p", projects=(p0,), question=asked), f"/{tmp_path.name}")
    packed = worlds.Project(name="w", releases=(worlds.release("w", "1.0", "p0", sdist=True),))
    worlds.write_files(World(name="w", projects=(packed,), question=asked), tmp_path)
    wheel = f"w @ {(tmp_path / 'w-1.0-py3-none-any.whl').as_uri()}"
    for name, requires in (("tree", "p0"), ("outer", f"tree @ {(tmp_path / 'tree').as_uri()}"), ("around", wheel)):
        (tmp_path / name).mkdir()
        text = f'[project]\nname = "{name}"\nversion = "1"\ndependencies = ["{requires}"]\n'
        (tmp_path / name / "pyproject.toml").write_text(text)
    commit(tmp_path / "tree")
    lines = {
        "folder": "./tree",
        "folder in a folder": "./outer",
        "wheel": wheel,
        "sdist": f"w @ {(tmp_path / 'w-1.0.tar.gz').as_uri()}",
        "wheel in a folder": "./around",
        "repository": f"tree @ git+{(tmp_path / 'tree').as_uri()}",
        "override": "p0>9 ; sys_platform == 'win32'",
    }
    (tmp_path / "r.in").write_text(f"{lines[kind]}\n")
    (tmp_path / "o.txt").write_text("p0>=1\n" if kind == "override" else "")
    both = ("--index-url", index, "--python-version", PYTHON, "--resolution", "lowest-direct", "--override", "o.txt")
    real = compiled(tmp_path, tmp_path, *both, file="r.in")
    assert real.returncode == 0, plain(real.stderr)
    assert dict(read_pins(real.stdout))["p0"] == ("1.0" if lowest else "3.0")
    go_to(tmp_path, tmp_path, monkeypatch)
    asking = ["explain-backtrack", "-r", "r.in", *both, "--resolver", "uv", "--format", "json", "--budget", "0"]
    assert cli.run(asking) == 0
    assert json.loads(capfd.readouterr().out)["runs"][0]["pins"]["p0"]["version"] == ("1.0" if lowest else "3.0")


EXCLUDED: tuple[tuple[tuple[str, ...], dict[str, str], str, set[str]], ...] = (
    ((), {}, "", {"a", "b", "c", "d"}),
    ((), {}, 'exclude-dependencies = ["C"]', {"a", "b"}),
    ((), {}, 'exclude-dependencies = ["b"]', {"a"}),
    ((), {}, 'exclude-dependencies = ["a"]', {"b", "c", "d"}),
    (("--excludes", "out.txt"), {}, "", {"a", "b", "c"}),
    ((), {"UV_EXCLUDE": "out.txt"}, 'exclude-dependencies = ["b"]', {"a"}),
    (("--excludes", "none.txt"), {"UV_EXCLUDE": "out.txt"}, "", {"a", "b", "c", "d"}),
    (("--override", "over.txt"), {}, 'exclude-dependencies = ["c"]', {"a", "b"}),
    (("-c", "over.txt"), {}, 'exclude-dependencies = ["c"]', {"a", "b"}),
    ((), {}, 'exclude-dependencies = ["c"]\noverride-dependencies = ["b", "c"]', {"a", "b"}),
    (("--universal",), {}, 'exclude-dependencies = ["c"]', {"a", "b"}),
    ((), {}, 'default-groups = ["dev"]', {"a", "b", "c", "d"}),
    (("--group", "dev"), {}, 'exclude-dependencies = ["d"]', {"a", "b", "c", "e"}),
)
"""Options, variables, what stands in ``[tool.uv]``, and the projects that are resolved."""


@pytest.mark.parametrize(("options", "environ", "settings", "expected"), EXCLUDED)
def test_projects_that_no_requirement_leads_to(
    options: tuple[str, ...],
    environ: Mapping[str, str],
    settings: str,
    expected: set[str],
    loopback: Loopback,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Excludes are left out wherever they are required; groups count where they are asked for, default or not."""
    needs = {"a": "b", "b": "c", "c": "d", "d": "", "e": ""}
    projects = tuple(
        worlds.Project(name=name, releases=(worlds.release(name, "1.0", *needed),)) for name, needed in needs.items()
    )
    asked = worlds.Question(requirements=("a",))
    index = loopback.mount(World(name="excluding", projects=projects, question=asked), f"/{tmp_path.name}")
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "root"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["a", "b"]\n'
        f'[dependency-groups]\ndev = ["e"]\n[tool.uv]\n{settings}\n'
    )
    for name, text in (("out.txt", "D>2 ; python_version < '3'\n"), ("none.txt", "zzz\n"), ("over.txt", "c==1.0\n")):
        (tmp_path / name).write_text(text)
    go_to(tmp_path, tmp_path, monkeypatch)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    both = ("--index-url", index, "--python-version", PYTHON, *options)
    real = compiled(tmp_path, tmp_path, *both, environ=environ)
    assert real.returncode == 0, plain(real.stderr)
    assert {name for name, _ in read_pins(real.stdout)} == expected
    assert cli.run(["explain-backtrack", "-r", "pyproject.toml", *both, "--resolver", "uv", "--format", "json"]) == 0
    assert set(json.loads(capfd.readouterr().out)["runs"][0]["pins"]) == expected
