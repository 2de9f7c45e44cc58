"""A token in a requirement's own URL opens what it was written for, and nothing else learns of it."""

import base64
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from backtrail import cli, transient
from support import repositories, worlds
from support.git_server import GitServer, git_server
from support.loopback import Loopback

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="the real git is needed")

TOKEN = "s3cret to/ken%"
PAIR = "anna:" + quote(TOKEN, safe="")
FORMS = (TOKEN.encode(), quote(TOKEN, safe="").encode(), quote(TOKEN).encode())


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitServer]:
    """A server with the project ``app``, and a home with a helper that would store what git is told."""
    repositories.commit(
        tmp_path / "served" / "app", {"pyproject.toml": '[project]\nname = "app"\nversion = "1.0"\ndependencies = []\n'}
    )
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".gitconfig").write_text("[credential]\n\thelper = store\n")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BACKTRAIL_CACHE_DIR", str(tmp_path / "cache"))
    with git_server(tmp_path / "served", ("anna", TOKEN)) as found:
        yield found


def explain(*words: str) -> int:
    return cli.run(["explain-backtrack", "--no-index", "--isolated", "--resolver", "uv", "--budget", "0", *words])


LINES = {
    "named": "named @ git+{url}",
    "editable": "-e git+{url}#egg=editable",
    "revision": "revision @ git+{url}@main",
    "unnamed": "git+{url}",
}


def test_a_repository_is_read_with_the_token_of_its_line(
    server: GitServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    commands: list[str] = []
    run = transient.run

    def listed(command: Sequence[str], **options: Any) -> Any:
        commands.append(" ".join(command))
        return run(command, **options)

    monkeypatch.setattr(transient, "run", listed)
    for name in LINES:
        text = f'[project]\nname = "{name}"\nversion = "1.0"\ndependencies = []\n'
        repositories.commit(tmp_path / "served" / name, {"pyproject.toml": text})
    Path("r.txt").write_text("\n".join(line.format(url=server.url(name, PAIR)) for name, line in LINES.items()))
    said = b""
    for output in ("case.backtrail", "report.json", "report.html", "report.sarif"):
        assert explain("-r", "r.txt", "-v", "-o", output) == 0
        streams = capfdbinary.readouterr()
        said += streams.out + streams.err
    assert server.authorization in server.sent
    assert sum(" fetch " in command for command in commands) == 4 * len(LINES)
    said += "\n".join(commands).encode()
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "r.txt"]
    said += b"".join(path.read_bytes() for path in kept if path.suffix != ".backtrail")
    for case in tmp_path.rglob("*.backtrail"):
        shutil.unpack_archive(case, tmp_path / "opened", "zip")
    said += b"".join(path.read_bytes() for path in (tmp_path / "opened").rglob("*") if path.is_file())
    forms = (*FORMS, server.authorization.removeprefix("Basic ").encode())
    assert [form for form in forms if form in said] == []


def test_a_source_of_a_project_is_read_with_its_token(
    server: GitServer, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    Path("pyproject.toml").write_text(
        '[project]\nname = "own"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["app"]\n'
        f'[tool.uv.sources]\napp = {{ git = "{server.url("app", PAIR)}", branch = "main" }}\n'
    )
    assert explain("-r", "pyproject.toml", "-v") == 0
    assert server.authorization in server.sent
    said = capfdbinary.readouterr()
    assert [form for form in FORMS if form in said.out + said.err] == []


@pytest.mark.parametrize("where", ["url", "variables"])
def test_an_index_for_one_project_is_read_with_its_password(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """An ``explicit`` index stands in no setting: only ``[tool.uv.sources]`` names it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKTRAIL_CACHE_DIR", str(tmp_path / "cache"))
    projects = (worlds.Project(name="app", releases=(worlds.release("app", "1.0"),)),)
    with Loopback() as loopback:
        url = loopback.mount(worlds.World(name="w", projects=projects, question=worlds.Question(requirements=("app",))))
        loopback.authorization = "Basic " + base64.b64encode(f"anna:{TOKEN}".encode()).decode()
        if where == "url":
            url = url.replace("//", f"//{PAIR}@")
        else:
            monkeypatch.setenv("UV_INDEX_OURS_USERNAME", "anna")
            monkeypatch.setenv("UV_INDEX_OURS_PASSWORD", TOKEN)
        Path("pyproject.toml").write_text(
            '[project]\nname = "own"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["app"]\n'
            f'[[tool.uv.index]]\nname = "ours"\nurl = "{url}"\nexplicit = true\n'
            '[tool.uv.sources]\napp = { index = "ours" }\n'
        )
        command = ["explain-backtrack", "-r", "pyproject.toml", "--resolver", "uv", "-v"]
        assert cli.run([*command, "-o", "report.json"]) == 0
    said = capfdbinary.readouterr()
    kept = b"".join(path.read_bytes() for path in (*tmp_path.glob("cache/*"), Path("report.json")))
    assert [form for form in FORMS if form in said.out + said.err + kept] == []


def test_a_token_that_does_not_open_it_is_not_repeated_in_what_git_says(
    server: GitServer, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert explain("app @ git+" + server.url("app", "anna:wr0ng")) == 3
    said = capfdbinary.readouterr()
    assert b"wr0ng" not in said.out + said.err
    assert b"Authentication failed" in said.out + said.err


def test_a_token_goes_to_no_other_host(
    server: GitServer, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Not where its own host redirects to, nor to another port of it, nor for another line of the list."""
    with git_server(tmp_path / "served", ("anna", TOKEN)) as other:
        server.moved = other.url("").rstrip("/")
        explain("app @ git+" + server.url("app", PAIR), "more @ git+" + other.url("app"))
        capfdbinary.readouterr()
        assert server.authorization in server.sent
        assert other.sent
        assert {one for one in other.sent if one is not None} == set()


def test_a_token_opens_what_a_repository_has_inside_it_on_the_same_host_alone(
    server: GitServer, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """As uv sends it; what the address of a submodule says itself counts for that submodule."""
    served = tmp_path / "served"
    at = repositories.git(served / "app", "rev-parse", "HEAD")
    with git_server(served, ("bert", "an0ther")) as other:
        repositories.submodule(served / "outer", "near", "../app", at)
        repositories.submodule(served / "outer", "named", server.url("app"), at)
        repositories.submodule(served / "outer", "theirs", other.url("app", "bert:an0ther"), at)
        repositories.commit(served / "outer")
        assert explain("app @ git+" + server.url("outer", PAIR) + "#subdirectory=near") == 0
        assert {one for one in other.sent if one is not None} == {other.authorization}
        repositories.submodule(served / "outer", "far", other.url("app"), at)
        repositories.commit(served / "outer")
        capfdbinary.readouterr()
        assert explain("app @ git+" + server.url("outer", PAIR) + "#subdirectory=near") == 3
        assert {one for one in other.sent if one is not None} == {other.authorization}
    said = capfdbinary.readouterr()
    assert b"submodule 'far': git says: " in said.out
    assert [form for form in (*FORMS, b"an0ther") if form in said.out + said.err] == []


def test_the_token_of_an_archive_that_a_repository_names_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """It stands in the ``[tool.uv.sources]`` of the repository alone, and is not used: the archive stays unread."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKTRAIL_CACHE_DIR", str(tmp_path / "cache"))
    projects = (worlds.Project(name="dep", releases=(worlds.release("dep", "1.0"),)),)
    with Loopback() as loopback:
        index = loopback.mount(
            worlds.World(name="w", projects=projects, question=worlds.Question(requirements=("dep",)))
        )
        loopback.authorization = "Basic " + base64.b64encode(f"anna:{TOKEN}".encode()).decode()
        archive = index.replace("/simple/", "/files/dep-1.0-py3-none-any.whl").replace("://", f"://{PAIR}@")
        repositories.commit(
            tmp_path / "repo",
            {
                "pyproject.toml": '[project]\nname = "app"\nversion = "1.0"\ndependencies = ["dep"]\n'
                f'[tool.uv.sources]\ndep = {{ url = "{archive}?token={quote(TOKEN, safe="")}" }}\n'
            },
        )
        said = b""
        reference = f"app @ git+{(tmp_path / 'repo').as_uri()}"
        Path("pyproject.toml").write_text(
            f'[project]\nname = "own"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = ["{reference}"]\n'
        )
        for output in ("case.backtrail", "report.json", "report.html", "report.md", "lock.json"):
            asks = ("--lock", "-v") if output == "lock.json" else (reference, "-v", "--resolver", "uv")
            code = cli.run(["explain-backtrack", *asks, "--isolated", "--no-index", "--budget", "0", "-o", output])
            streams = capfdbinary.readouterr()
            assert code == 3
            said += streams.out + streams.err
        assert any(one.path.startswith("/files/dep-1.0") and one.status == 401 for one in loopback.requests)
    shutil.rmtree(tmp_path / "repo")
    with zipfile.ZipFile("case.backtrail") as case:
        said += b"".join(map(case.read, case.namelist()))
    said += b"".join(
        path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".backtrail"
    )
    assert [form for form in FORMS if form in said] == []
