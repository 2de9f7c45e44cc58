"""Secrets are seeded in every place where they may stand; nothing that the program writes has one of them."""

import base64
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from backtrail import cli
from backtrail.index.network import transport
from support.clients import both_clients
from support.environments import dist, environment
from support.loopback import JSON_PAGE, Loopback
from support.worlds import Project, Question, World, release

PLACES = (
    "default", "extra", "line", "variable", "netrc", "pip-config", "uv-config", "links", "parameter", "direct",
    "yanked", "page", "proxy", "named", "lock", "installed", "log",
)  # fmt: skip
"""Where a secret is seeded. Each has a blank and a slash where a URL has it percent-encoded."""

WORLD = World(
    name="private",
    projects=(
        Project(name="app", releases=(release("app", "1.0", "lib"), release("app", "2.0", "lib", yanked="YANKED"))),
        Project(name="lib", releases=(release("lib", "1.0"), release("lib", "0.9", sdist=True))),
    ),
    question=Question(requirements=("app",)),
)


def secret(place: str) -> str:
    return f"seeded {place}/secret"


def pair(place: str) -> str:
    return f"anna:{quote(secret(place), safe='')}"


def basic(place: str) -> str:
    return "Basic " + base64.b64encode(f"anna:{secret(place)}".encode()).decode()


class Desk:
    """A folder with every kind of configuration, and an index that is asked from it."""

    def __init__(self, folder: Path, server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.server = server
        index = server.mount(WORLD, "/main")
        page = json.loads(server.resources["/main/simple/app/"].body(JSON_PAGE))
        for entry in page["files"]:
            entry["url"] = server.url.replace("//", f"//{pair('page')}@") + f"/main/files/{entry['filename']}"
            entry["url"] += "?token=" + quote(secret("parameter"), safe="")
            if entry.get("yanked"):
                entry["yanked"] = f"see http://{pair('yanked')}@wiki.example/"
        server.put("/main/simple/app/", JSON_PAGE, json.dumps(page).encode())
        server.put("/links/", "text/html", b"<a href='lib-3.0-py3-none-any.whl'>lib</a>")
        self.index = index
        home = folder / "home"
        (home / ".config/pip").mkdir(parents=True)
        (home / ".netrc").write_text(f'machine localhost login anna password "{secret("netrc")}"\n')
        (home / ".netrc").chmod(0o600)
        (home / ".config/pip/pip.conf").write_text(
            f"[global]\nextra-index-url = {self.url('pip-config', '/p/simple')}\n"
        )
        (folder / "uv.toml").write_text(
            f"extra-index-url = ['{self.url('uv-config', '/u/simple')}']\n"
            f"[[index]]\nname = 'mine'\nurl = '{server.url}/n/simple'\n"
        )
        lines = (
            "app", f"--extra-index-url {server.url.replace('//', '//anna:${LINE_SECRET}@')}/line/simple",
            f"--find-links {self.url('links', '/links/')}?token={quote(secret('parameter'), safe='')}",
            f"lib @ {self.url('direct', '/main/files/lib-1.0-py3-none-any.whl')}",
        )  # fmt: skip
        (folder / "requirements.txt").write_text("".join(f"{line}\n" for line in lines))
        for name, value in {
            "HOME": str(home), "NETRC": str(home / ".netrc"), "XDG_CONFIG_HOME": str(home / ".config"),
            "LINE_SECRET": quote(secret("line"), safe=""),
            "UV_EXTRA_INDEX_URL": self.url("variable", "/v/simple"),
            "PIP_EXTRA_INDEX_URL": self.url("variable", "/v/simple"),
            "UV_INDEX_MINE_USERNAME": "anna", "UV_INDEX_MINE_PASSWORD": secret("named"),
            "HTTPS_PROXY": f"http://{pair('proxy')}@127.0.0.1:1", "NO_PROXY": "127.0.0.1,localhost",
            "BACKTRAIL_CACHE_DIR": str(folder / "cache"),
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("UV_NO_CONFIG", raising=False)
        monkeypatch.delenv("PIP_CONFIG_FILE", raising=False)
        monkeypatch.chdir(folder)

    def url(self, place: str, path: str) -> str:
        return self.server.url.replace("//", f"//{pair(place)}@") + path

    def options(self) -> list[str]:
        return [
            "-r", "requirements.txt", "--index-url", self.index.replace("//", f"//{pair('default')}@"),
            "--extra-index-url", self.url("extra", "/e/simple"),
            "--extra-index-url", self.server.url.replace("127.0.0.1", "localhost") + "/netrc/simple",
        ]  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(transport, "PAUSE", 0.001)
    with Loopback() as server:
        yield Desk(tmp_path, server, monkeypatch)


def written(folder: Path) -> Iterator[tuple[str, bytes]]:
    """All that stands in the files of a folder, but for those in which the secrets were seeded."""
    for path in folder.rglob("*"):
        if not path.is_file() or path.name in ("requirements.txt", "uv.toml", "pip.conf", ".netrc"):
            continue
        yield path.name, path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                yield from ((f"{path.name}:{name}", archive.read(name)) for name in archive.namelist())


def found_in(data: bytes) -> set[str]:
    forms = {
        place: (secret(place), quote(secret(place), safe=""), quote(secret(place)), basic(place).removeprefix("Basic "))
        for place in PLACES
    }
    return {place for place, texts in forms.items() if any(text.encode() in data for text in texts)}


@both_clients
def test_what_is_seeded_is_used_where_it_belongs_and_written_nowhere(
    desk: Desk, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    outputs = ["text", "markdown", "html", "json", "sarif"]
    commands = [
        *(["explain-backtrack", *desk.options(), "--format", name] for name in outputs),
        ["explain-backtrack", *desk.options(), "-v", "-o", "report.backtrail"],
        ["explain-backtrack", *desk.options(), "--refresh", "-o", "report.html", "--force"],
        ["why", "lib", *desk.options()],
        ["compare", *desk.options()],
        ["graph", *desk.options(), "--format", "dot"],
        ["replay", "report.backtrail", "--format", "json"],
        ["report", "report.backtrail", "-o", "report.sarif"],
        ["report", "report.backtrail", "-o", "report.md"],
    ]
    said = []
    for command in commands:
        cli.run(command)
        streams = capfdbinary.readouterr()
        said += [(" ".join(command[:1] + command[-2:]), streams.out), (f"{command[0]}: stderr", streams.err)]
    assert all(b"itself failed" not in data for _, data in said)
    assert any(b"app" in data for _, data in said)
    shown = {(name, place) for name, data in (*said, *written(desk.folder)) for place in found_in(data)}
    assert {
        (name, place) for name, place in shown if not (name.startswith("index-v") and place == "parameter")
    } == set()
    sent = {request.headers.get("authorization") for request in desk.server.requests}
    assert {place for place in PLACES if basic(place) in sent} >= {"default", "extra", "line", "netrc", "direct"}


def locks(version: int) -> dict[str, str]:
    """A lock of every tool, whose sources have a user and a parameter."""
    url = f"https://{pair('lock')}@code.example/{version}.git"
    archive = f"https://{pair('lock')}@files.example/lib-{version}.tar.gz?token={quote(secret('lock'), safe='')}"
    return {
        "uv.lock": "version = 1\nrequires-python = '>=3.10'\n"
         f"[[package]]\nname = 'app'\nversion = '{version}'\nsource = {{ registry = '{url}' }}\n"
         f"[[package]]\nname = 'lib'\nversion = '{version}'\nsource = {{ git = '{url}?rev=main#0123456' }}\n"
         f"[[package]]\nname = 'more'\nversion = '{version}'\nsource = {{ url = '{archive}' }}\n",
        "pylock.toml": "lock-version = '1.0'\ncreated-by = 'x'\n"
         f"[[packages]]\nname = 'app'\nversion = '{version}'\nindex = '{url}'\n"
         f"[[packages.wheels]]\nurl = '{archive}'\nname = 'app-{version}-py3-none-any.whl'\n"
         "hashes = { sha256 = '0' }\n"
         f"[[packages]]\nname = 'lib'\n[packages.vcs]\ntype = 'git'\nurl = '{url}'\ncommit-id = '012345{version}'\n"
         f"[[packages]]\nname = 'more'\n[packages.archive]\nurl = '{archive}'\nhashes = {{ sha256 = '0' }}\n",
        "poetry.lock": "metadata = { lock-version = '2.1' }\n"
         f"[[package]]\nname = 'lib'\nversion = '{version}'\nsource = {{ type = 'legacy', url = '{url}' }}\n"
         f"[[package]]\nname = 'more'\nversion = '{version}'\nsource = {{ type = 'git', url = '{url}' }}\n",
        "pdm.lock": "metadata = { lock_version = '4.5.0' }\n"
         f"[[package]]\nname = 'lib'\nversion = '{version}'\ngit = '{url}'\n"
         f"[[package]]\nname = 'more'\nversion = '{version}'\nurl = '{archive}'\n",
        "requirements.txt": "# This file was autogenerated by uv via the following command:\n"
         f"#    uv pip compile --index-url {url} requirements.in\n--extra-index-url {url}\n"
         f"app=={version}  # via lib\n    # from {url}\nlib @ {archive}\nmore @ git+{url}@0123456\n",
    }  # fmt: skip


def test_what_locks_say_of_sources_is_shown_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """In what a pull request is commented with, too: that is the Markdown of a comparison."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKTRAIL_CACHE_DIR", str(tmp_path / "cache"))
    for folder, version in (("old", 1), ("new", 2)):
        (tmp_path / folder).mkdir()
        for name, text in locks(version).items():
            (tmp_path / folder / name).write_text(text, encoding="utf-8")
    nowhere = ["--no-index", "--isolated"]
    commands = [
        *(["diff", f"old/{name}", f"new/{name}", "--budget", "0", "--format", form]
          for name in locks(1) for form in ("text", "markdown", "json")),
        *(["diff", "old/uv.lock", f"new/{name}", *nowhere] for name in locks(1)),
        *(["why", "lib", "--lock", f"new/{name}", *nowhere, "--format", form, "-o", f"{name}.backtrail"]
          for name in locks(1) for form in ("markdown", "json")),
    ]  # fmt: skip
    assert shown_by(commands, capfdbinary) == {}
    made = {path.name for path in tmp_path.glob("*.backtrail")}
    assert len(made) == len(locks(1))
    assert {
        name: found for path in made for name, data in written_in(tmp_path / path) if (found := found_in(data))
    } == {}


def test_what_is_installed_and_what_a_log_says_is_shown_without_it(
    desk: Desk, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    token = quote(secret("installed"), safe="")
    place = f"https://{pair('installed')}@files.example/lib-1.0-py3-none-any.whl?token={token}"
    environment(
        tmp_path / "env", dist("app", "1.0", "lib"), dist("lib", "1.0", direct_url={"url": place, "archive_info": {}})
    )
    asked = f"https://{pair('log')}@index.example/simple"
    (tmp_path / "pip.log").write_text(
        f"Using pip 26.3 from /x/pip (python 3.10)\nLooking in indexes: {asked}, {asked}\nCollecting app\n"
        f"  Downloading {asked}/app-1.0-py3-none-any.whl (1 kB)\nCollecting lib @ {asked}/lib-1.0.tar.gz (from app)\n"
        f"Processing {asked}/more-1.0.tar.gz\nERROR: Cannot install app and lib @ {asked}/lib-1.0.tar.gz\n"
        f"    app 1.0 depends on lib @ {asked}/lib-1.0.tar.gz\nERROR: ResolutionImpossible: x\n"
    )
    (tmp_path / "uv.log").write_text(
        "DEBUG uv 0.13.9\nDEBUG Solving with installed Python version: 3.10.13\nDEBUG Adding direct dependency: app*\n"
        f"DEBUG No cache entry for: {asked}/app/\nDEBUG Adding direct dependency: lib*\n"
        f"DEBUG Searching for a compatible version of lib @ `{asked}/lib-1.0.tar.gz` (*)\n"
        "DEBUG Selecting: app==1.0 [compatible] (app-1.0-py3-none-any.whl)\nResolved 2 packages in 1ms\napp==1.0\n"
    )
    common = ["-i", desk.index, "--isolated"]
    commands = [
        *(["why", "lib", "--env", "env", *common, "--format", form, "-o", "env.backtrail", "--force"]
          for form in ("text", "markdown", "json")),
        ["explain-backtrack", "app", "--upgrade", "--env", "env", *common, "-v", "--resolver", "uv"],
        *(["log", f"{tool}.log", *common, "--format", form, "-v", "-o", f"{tool}.backtrail", "--force"]
          for tool in ("pip", "uv") for form in ("text", "markdown", "json", "html", "sarif")),
    ]  # fmt: skip
    assert shown_by(commands, capfdbinary) == {}
    kept = [one for name in ("env", "pip", "uv") for one in written_in(tmp_path / f"{name}.backtrail")]
    assert {name: found for name, data in kept if (found := found_in(data))} == {}


def shown_by(commands: list[list[str]], capture: pytest.CaptureFixture[bytes]) -> dict[str, set[str]]:
    """The secrets that commands say, which all come to an answer."""
    found: dict[str, set[str]] = {}
    for command in commands:
        assert cli.run(command) in (0, 1, 3), command
        streams = capture.readouterr()
        assert b"itself failed" not in streams.err
        assert streams.out, command
        if said := found_in(streams.out + streams.err):
            found[" ".join(command)] = said
    return found


def written_in(case: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(case) as archive:
        yield from ((f"{case.name}:{name}", archive.read(name)) for name in archive.namelist())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--index-url", "https://anna:seeded default/secret@index.example/simple", "app"],
        ["--index-url", "anna:seeded default/secret@index.example", "app"],
        ["--index-url", "https//anna:seeded default/secret@index.example", "app"],
        ["--index", "mine=https://anna:seeded default/secret@[index/simple", "app"],
        ["--find-links", "https://anna:seeded default/secret@index.example/", "app"],
        ["--find-links", "ftp://anna:seeded default/secret@index.example/", "app"],
        ["-r", "https://anna:seeded default/secret@127.0.0.1:1/requirements.txt"],
        ["-c", "https://anna:seeded default/secret@127.0.0.1:1/requirements.txt", "app"],
        ["app @ https://anna:seeded default/secret@127.0.0.1:1/app-1.0.tar.gz"],
        ["app @ https://anna:seeded%20default%2Fsecret@127.0.0.1:1/app-1.0.tar.gz"],
        ["-e", "git+https://anna:seeded default/secret@127.0.0.1:1/app#egg=app"],
        ["-r", "netrc"],
        ["netrc"],
        ["-c", "netrc", "app"],
        ["--cert", "netrc", "app"],
        ["--dependency-metadata", "netrc", "app"],
        ["log", "netrc"],
        ["replay", "netrc"],
        ["--proxy", "http://anna:seeded default/secret@127.0.0.1:1", "app"],
        ["--trusted-host", "https://anna:seeded default/secret@127.0.0.1:1", "app"],
        ["--exclude-newer", "https://anna:seeded default/secret@127.0.0.1:1", "app"],
        ["--python", "https://anna:seeded default/secret@127.0.0.1:1", "app"],
    ],
)
def test_what_is_wrong_is_said_without_the_secret_in_it(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(transport, "PAUSE", 0.001)
    (tmp_path / "netrc").write_text("machine index.example login anna password hunter2\n")
    command = arguments if arguments[0] in ("log", "replay") else ["explain-backtrack", "--isolated", *arguments]
    assert cli.run(command) in (2, 3)
    streams = capfdbinary.readouterr()
    said = streams.out + streams.err
    assert b"secret" not in said
    assert b"seeded" not in said
    assert b"hunter2" not in said
    assert b"itself failed" not in said
