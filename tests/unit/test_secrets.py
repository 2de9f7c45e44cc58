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
from support.loopback import JSON_PAGE, Loopback
from support.worlds import Project, Question, World, release

PLACES = (
    "default", "extra", "line", "variable", "netrc", "pip-config", "uv-config", "links", "parameter", "direct",
    "yanked", "page", "proxy", "named",
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
    assert {place for place in PLACES if basic(place) in sent} >= {"default", "extra", "line", "netrc"}


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
