"""Where a lock says that versions are from, beside the real `uv lock`: members, folders, archives, commits, files."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import pytest

from backtrail.cli import run
from support.likeness import JOBS
from support.links import folder_of
from support.real_uv import RealUv, find_uv
from support.repositories import commit, git
from support.worlds import release

pytestmark = pytest.mark.likeness

RELEASE = "0.13.9"
BUILT = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
SAID = {"not": None, "default": "", "false": ", editable = false", "true": ", editable = true"}


def project(name: str, *asks: str, built: bool = False, package: bool | None = None, more: str = "") -> str:
    said = "" if package is None else f"package = {str(package).lower()}\n"
    listed = ", ".join(f'"{one}"' for one in asks)
    return (
        f'[project]\nname = "{name}"\nversion = "0.1"\nrequires-python = ">=3.11"\ndependencies = [{listed}]\n'
        f"{BUILT if built else ''}[tool.uv]\n{said}{more}"
    )


def source(name: str, said: str | None) -> str:
    return "" if said is None else f"sources = {{ {name} = {{ workspace = true{said} }} }}\n"


def locked(files: dict[str, str], folder: Path, uv: RealUv, *options: str) -> str | None:
    """The lock that the real uv writes, None: it refuses to."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    command = [str(uv.executable), "lock", "-q", "--offline", "--no-cache", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    lock = folder / "uv.lock"
    written = lock.read_text(encoding="utf-8") if done.returncode == 0 else None
    lock.unlink(missing_ok=True)
    return written


def compared(
    worlds: dict[str, dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *options: str
) -> list[str]:
    """The worlds of which our lock is another than the real one."""
    uv = find_uv(RELEASE)
    if uv is None:
        pytest.skip(f"uv {RELEASE} is not installed")
    places = {name: tmp_path / str(number) for number, name in enumerate(worlds)}
    with ThreadPoolExecutor(JOBS) as pool:
        real = dict(
            zip(worlds, pool.map(lambda name: locked(worlds[name], places[name], uv, *options), worlds), strict=True)
        )
    different = []
    for name in worlds:
        monkeypatch.chdir(places[name])
        code = run(["explain-backtrack", "--lock", "-q", "--offline", "--python", "3.11", "-o", "o.lock", *options])
        ours = Path("o.lock").read_text(encoding="utf-8") if code == 0 else None
        if ours != real[name]:
            different.append(name)
    return different


def test_a_member_is_what_its_tables_and_the_sources_that_name_it_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = 'workspace = { members = ["lib"] }\n'
    worlds = {
        f"built {built}, package {package}, source {said}": {
            "pyproject.toml": project("app", *(["lib"] * (said != "not")), more=members + source("lib", SAID[said])),
            "lib/pyproject.toml": project("lib", built=built, package=package),
        }
        for built, package, said in product((False, True), (None, False, True), SAID)
    }
    root = {
        f"root: built {built}, package {package}, needed {needed}": {
            "pyproject.toml": project("app", built=built, package=package, more=members),
            "lib/pyproject.toml": project("lib", *(["app"] * needed), more=source("app", "" if needed else None)),
        }
        for built, package, needed in product((False, True), (None, False, True), (False, True))
    }
    assert compared({**worlds, **root}, tmp_path, monkeypatch) == []


def test_a_member_that_uv_does_not_manage_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    members = 'workspace = { members = ["lib", "other"] }\n'
    worlds = {
        said: {
            "pyproject.toml": project("app", more=members),
            "lib/pyproject.toml": project("lib", more=f"managed = {said}\n"),
            "other/pyproject.toml": project("other"),
        }
        for said in ("true", "false", '"no"')
    }
    assert compared(worlds, tmp_path, monkeypatch) == []


BACKEND = """
from pathlib import Path

def prepare_metadata_for_build_wheel(folder, settings=None):
    place = Path(folder, "x-1.dist-info")
    place.mkdir()
    place.joinpath("METADATA").write_text(Path("told.txt").read_text())
    place.joinpath("WHEEL").write_text("Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    return place.name

prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel

def build_wheel(folder, settings=None, metadata=None):
    raise SystemExit("nobody asks for it")

build_editable = build_wheel
"""


def dynamic(name: str, fields: str, more: str, told: str) -> dict[str, str]:
    """A project of which a backend of its own tells what it leaves out."""
    folder = "" if name == "app" else f"{name}/"
    built = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    return {
        f"{folder}pyproject.toml": f'{built}[project]\nname = "{name}"\nrequires-python = ">=3.11"\n'
        f"dynamic = [{fields}]\n{more}",
        f"{folder}backend.py": BACKEND,
        f"{folder}told.txt": f"Metadata-Version: 2.4\nName: {name}\n{told}",
    }


def test_what_only_builds_tell_is_locked_as_they_tell_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Dynamic lists, and a dynamic version, of which a lock has none; a backend may list extras otherwise."""
    uv = find_uv(RELEASE)
    if uv is None:
        pytest.skip(f"uv {RELEASE} is not installed")
    monkeypatch.delenv("UV_NO_CONFIG")  # its find-links are of [tool.uv]
    monkeypatch.setenv("BACKTRAIL_CACHE_DIR", str(tmp_path / "cache"))
    for name in ("dep", "other", "near"):
        folder_of(tmp_path / "links", (name, release(name, "1.0", *(["lib>=2"] if name == "other" else []))))
    lib = dynamic(
        "lib",
        '"version"',
        'dependencies = ["dep"]\n[project.optional-dependencies]\nz = ["near"]\na = []\n',
        "Version: 2.1\nRequires-Dist: dep\nProvides-Extra: a\nProvides-Extra: z\nRequires-Dist: near; extra == 'z'\n",
    )
    app = dynamic(
        "app",
        '"dependencies", "optional-dependencies"',
        'version = "1"\n[tool.uv]\nno-index = true\nfind-links = ["../links"]\nworkspace = { members = ["lib"] }\n'
        'conflicts = [[{ extra = "x" }, { extra = "w" }]]\n'
        '[tool.uv.sources]\nlib = { workspace = true }\nnear = { path = "near", extra = "w" }\n',
        "Version: 1\nRequires-Dist: lib[z]\nRequires-Dist: other; python_version < '3.13'\nProvides-Extra: x\n"
        "Provides-Extra: w\nRequires-Dist: near>0; (sys_platform == 'linux' or os_name == 'nt') and extra == 'w'\n"
        "Requires-Dist: near; extra == 'x'\n",
    )
    near = {"near/pyproject.toml": project("near")}
    folder = tmp_path / "app"
    real = locked({**lib, **app, **near}, folder, uv)
    assert real is not None
    monkeypatch.chdir(folder)
    asked = ["explain-backtrack", "--lock", "-q", "--python", "3.11", "--build-sdists"]
    assert run([*asked, "-o", "o.lock"]) == run([*asked, "-o", "case.backtrail"]) == 0
    assert Path("o.lock").read_text(encoding="utf-8") == real
    assert run(["replay", "case.backtrail"]) == 0
    Path("uv.lock").write_text(real, encoding="utf-8")
    assert run([*asked, "-o", "again.json"]) == 0
    assert json.loads(Path("again.json").read_text(encoding="utf-8"))["runs"][0]["stale"] is None
    assert "which only a build tells" not in capsys.readouterr().out
    assert run(["why", "other", "--lock", "uv.lock", "--python", "3.11"]) == 0
    said = capsys.readouterr()
    assert "without it, what uv.lock repeats is asked" in said.err
    assert "without the lock: the same version" in said.out


def locks_as(real: str) -> None:
    """Check that the project here is locked as by the real uv, letter by letter, whose lock is not stale to us."""
    ask = ["explain-backtrack", "--lock", "-q", "--offline", "--python", "3.11"]
    assert run([*ask, "-o", "o.lock"]) == 0
    assert Path("o.lock").read_text(encoding="utf-8") == real
    Path("uv.lock").write_text(real, encoding="utf-8")
    assert run([*ask, "-o", "again.json"]) == 0
    assert json.loads(Path("again.json").read_text(encoding="utf-8"))["runs"][0]["stale"] is None


@pytest.mark.parametrize("first", list(SAID))
def test_of_several_sources_the_last_member_that_has_one_counts(
    first: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = 'workspace = { members = ["a", "b", "z"] }\n'
    worlds = {
        f"a {first}, m {second}, z {third}": {
            "pyproject.toml": project("m", *(["b"] * (second != "not")), more=members + source("b", SAID[second])),
            "a/pyproject.toml": project("a", *(["b"] * (first != "not")), more=source("b", SAID[first])),
            "b/pyproject.toml": project("b"),
            "z/pyproject.toml": project("z", *(["b"] * (third != "not")), more=source("b", SAID[third])),
        }
        for second, third in product(SAID, SAID)
    }
    assert compared(worlds, tmp_path, monkeypatch) == []


def test_sources_count_wherever_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a requirement follows is no matter; those of a root that is no project come first."""
    members = 'workspace = { members = ["b", "c"] }\n'
    pairs = {"df": ("", SAID["false"]), "fd": (SAID["false"], ""), "ft": (SAID["false"], SAID["true"])}
    lists = {
        said: f"sources = {{ b = [{{ workspace = true, marker = \"sys_platform == 'win32'\"{first} }}, "
        f"{{ workspace = true, marker = \"sys_platform != 'win32'\"{second} }}] }}\n"
        for said, (first, second) in pairs.items()
    }
    others = {"b/pyproject.toml": project("b"), "c/pyproject.toml": project("c")}
    plain = {**others, "c/pyproject.toml": project("c", "b", more=source("b", ""))}
    worlds = {
        "no requirement": {**others, "pyproject.toml": project("m", more=members + source("b", ""))},
        "no project": {**plain, "pyproject.toml": f"[tool.uv]\n{members}{source('b', SAID['false'])}"},
        **{said: {**others, "pyproject.toml": project("m", "b", more=members + text)} for said, text in lists.items()},
    }
    assert compared(worlds, tmp_path, monkeypatch) == []


@pytest.mark.parametrize("how", ["relative", "absolute", "relative option", "absolute option"])
def test_files_of_a_folder_are_named_as_the_folder_is(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = folder_of(
        tmp_path / "links", ("lib", release("lib", "1.0", "dep", sdist=True)), ("dep", release("dep", "2.0"))
    )
    place = "../links" if how.startswith("relative") else str(links)
    options = ("--no-index", "-f", place) if how.endswith("option") else ()
    more = "" if options else f"find-links = [{json.dumps(place)}]\nno-index = true\n"
    worlds = {how: {"pyproject.toml": project("app", "lib", more=more)}}
    assert compared(worlds, tmp_path, monkeypatch, *options) == []


LIB = """[project]
name = "lib"
version = "0.1"
requires-python = ">=3.10"
dependencies = ["dep>1", "near"]
[project.optional-dependencies]
y = ["other"]
x = ["other<2", "lib[y]"]
[dependency-groups]
dev = ["dep", { include-group = "more" }]
more = ["other", "wheel"]
[tool.uv.sources]
near = { path = "../near" }
other = { path = "../links/other-1.0-py3-none-any.whl", extra = "x" }
wheel = { path = "../links/wheel-1.0-py3-none-any.whl", group = "more" }
"""


def worlds_of_places(folder: Path) -> dict[str, dict[str, str]]:
    """A project beside others, which are in folders and files; ``folder`` is where all of it will be."""
    absolute = json.dumps((folder / "lib").as_posix())
    url = f'"lib[x] @ {(folder / "lib").as_uri()}"'
    sources = {
        "folder": ('"lib"', 'lib = { path = "../lib" }'),
        "folder with an extra": (
            '"lib[x]>=0", "dep>=01.00", "dep<3.0-RC1", "dep!=02.01.*"',
            'lib = { path = "../lib" }',
        ),
        "editable": ('"lib[y]"', 'lib = { path = "../lib", editable = true }'),
        "no package": ('"lib"', 'lib = { path = "../lib", package = false }'),
        "no package by its own word": ('"plain"', 'plain = { path = "../plain" }'),
        "a package by its source": ('"plain"', 'plain = { path = "../plain", package = true }'),
        "absolute": ('"lib"', f"lib = {{ path = {absolute} }}"),
        "url": (url, ""),
        "wheel": ('"wheel"', 'wheel = { path = "../links/wheel-1.0-py3-none-any.whl" }'),
        "sdist": ('"source"', 'source = { path = "../links/source-1.0.tar.gz" }'),
        "by platform": (
            '"lib"',
            'lib = [{ path = "../lib", marker = "sys_platform == \'linux\'" }, '
            '{ path = "../lib2", editable = true, marker = "sys_platform != \'linux\'" }]',
        ),
    }
    plain = '[project]\nname = "{name}"\nversion = "1"\ndependencies = ["dep"]\n'
    others = {
        "lib/pyproject.toml": LIB,
        "lib2/pyproject.toml": LIB,
        "near/pyproject.toml": plain.format(name="near"),
        "plain/pyproject.toml": plain.format(name="plain") + "[tool.uv]\npackage = false\n",
    }
    links = 'find-links = ["../links"]\nno-index = true\n'
    return {
        what: {
            "app/pyproject.toml": '[project]\nname = "app"\nversion = "0.1"\nrequires-python = ">=3.11"\n'
            f"dependencies = [{asked}]\n[tool.uv]\n{links}[tool.uv.sources]\n{source}\n",
            **others,
        }
        for what, (asked, source) in sources.items()
    }


@pytest.mark.parametrize("what", list(worlds_of_places(Path("/"))))
def test_folders_and_archives_are_locked_by_their_paths(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same text, and the lock of the real uv is not found to be stale."""
    monkeypatch.delenv("UV_NO_CONFIG")  # its find-links are of [tool.uv]
    uv = find_uv(RELEASE)
    if uv is None:
        pytest.skip(f"uv {RELEASE} is not installed")
    files = worlds_of_places(tmp_path)[what]
    for name in ("dep", "other", "wheel", "source"):
        folder_of(tmp_path / "links", (name, release(name, "1.0" if name != "dep" else "2.0", sdist=name == "source")))
    (tmp_path / "links/source-1.0-py3-none-any.whl").unlink()
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    app = tmp_path / "app"
    real = locked({}, app, uv)
    assert real is not None
    monkeypatch.chdir(app)
    monkeypatch.setenv("BACKTRAIL_CACHE_DIR", str(tmp_path / "cache"))
    locks_as(real)


PLAIN = '[project]\nname = "{name}"\nversion = "1"\ndependencies = [{asks}]\n'


@pytest.fixture(scope="module")
def lib(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A repository of three projects, of which ``near`` takes another from beside it: its URL and its commit."""
    folder = tmp_path_factory.mktemp("repositories") / "lib"
    whole = commit(
        folder,
        {
            "pyproject.toml": PLAIN.format(name="lib", asks=""),
            "sub/pyproject.toml": PLAIN.format(name="sub", asks=""),
            "near/pyproject.toml": PLAIN.format(name="near", asks='"sub"')
            + '[tool.uv.sources]\nsub = { path = "../sub" }\n',
        },
    )
    git(folder, "tag", "v1")
    return folder.as_uri(), whole


@pytest.mark.parametrize("named", ['rev = "v1"', 'tag = "v1"', 'branch = "main"', "lfs = false", "commit"])
def test_commits_are_locked_as_they_are_asked_for(
    named: str, lib: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = find_uv(RELEASE)
    if uv is None:
        pytest.skip(f"uv {RELEASE} is not installed")
    url, whole = lib
    source = f'git = "{url}", ' + (f'rev = "{whole}"' if named == "commit" else named)
    (tmp_path / "pyproject.toml").write_text(
        f'{PLAIN.format(name="app", asks=json.dumps(["lib", "near"])[1:-1])}requires-python = ">=3.11"\n'
        f"[tool.uv]\nno-index = true\n[tool.uv.sources]\n"
        f'lib = {{ {source} }}\nnear = {{ {source}, subdirectory = "near" }}\n',
        encoding="utf-8",
    )
    command = [str(uv.executable), "lock", "-q", "--no-cache"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    real = (tmp_path / "uv.lock").read_text(encoding="utf-8")
    assert real.count("[[package]]") == len(("app", "lib", "near", "sub"))
    (tmp_path / "uv.lock").unlink()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKTRAIL_CACHE_DIR", str(tmp_path / "cache"))
    assert run(["explain-backtrack", "--lock", "-q", "--python", "3.11", "-o", "o.lock"]) == 0
    assert Path("o.lock").read_text(encoding="utf-8") == real


_INDEX = '[[tool.uv.index]]\nurl = "{url}"\n'
_FLAT = 'format = "flat"\n'
INDEXES = {
    "a folder of pages": _INDEX.format(url="../simple") + "default = true\n",
    "a folder of pages by its URL": _INDEX.format(url="FILE/simple") + "default = true\n",
    "a folder of pages by its whole path": _INDEX.format(url="PLACE/simple") + "default = true\n",
    "find-links by their URL": '[tool.uv]\nfind-links = ["FILE/flat"]\nno-index = true\n',
    "a flat default": _INDEX.format(url="../flat") + _FLAT + "default = true\n",
    "a flat one before another": _INDEX.format(url="../flat") + _FLAT + _INDEX.format(url="../simple"),
    "a flat one by its URL": _INDEX.format(url="FILE/flat") + _FLAT + _INDEX.format(url="../simple"),
    "a flat one after another": _INDEX.format(url="../simple") + _INDEX.format(url="../flat") + _FLAT,
    "a flat one for one project": _INDEX.format(url="../simple") + _INDEX.format(url="../flat") + _FLAT
    + 'name = "flat"\nexplicit = true\n[tool.uv.sources]\ndep = { index = "flat" }\n',
}  # fmt: skip


@pytest.mark.parametrize("what", list(INDEXES))
def test_indexes_on_this_disk_count_in_their_order_and_are_named_by_path(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is flat counts in its place among the others; find-links stand beside all of them."""
    uv = find_uv(RELEASE)
    if uv is None:
        pytest.skip(f"uv {RELEASE} is not installed")
    monkeypatch.delenv("UV_NO_CONFIG")
    monkeypatch.setenv("BACKTRAIL_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "simple").mkdir()
    pages = folder_of(tmp_path / "simple/dep", ("dep", release("dep", "2.0", sdist=True)))
    links = "".join(f'<a href="{one.name}">{one.name}</a>' for one in sorted(pages.iterdir()))
    (pages / "index.html").write_text(links, encoding="utf-8")
    folder_of(tmp_path / "flat", ("dep", release("dep", "1.0", sdist=True)))
    app = tmp_path / "app"
    index = INDEXES[what].replace("FILE", tmp_path.as_uri()).replace("PLACE", tmp_path.as_posix())
    own = '[project]\nname = "app"\nversion = "0.1"\nrequires-python = ">=3.11"\ndependencies = ["dep"]\n'
    real = locked({"pyproject.toml": f"{own}{index}"}, app, uv)
    assert real is not None
    monkeypatch.chdir(app)
    locks_as(real)
    Path("uv.lock").unlink()
    for resolver in ("uv@0.13.9", "uv-universal@0.13.9"):
        assert run(["explain-backtrack", "-q", "--offline", "--resolver", resolver, "-o", f"{resolver}.json"]) == 0
        (found,) = json.loads(Path(f"{resolver}.json").read_text(encoding="utf-8"))["runs"]
        assert f'version = "{found["pins"]["dep"]["version"]}"\nsource = {{ registry' in real
    Path("old.lock").write_text(real, encoding="utf-8")
    assert run(["why", "dep", "--lock", "old.lock", "--offline"]) == 0
    assert run(["diff", "old.lock", "o.lock", "--offline"]) == 0
