"""What is private reaches no output: secrets are sown in every input, and every output is searched for them."""

import getpass
import json
import re
import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from backtrail import cli
from support import worlds
from support.loopback import BYTES, PLAIN_HTML_PAGE, Loopback

SECRET = re.compile(rb"s.?3cret|hunter", re.IGNORECASE)
OUTPUTS = ("report.md", "report.json", "report.html", "report.sarif", "bug.backtrail")

Desk = tuple[Loopback, Path]


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Desk]:
    """A home with secrets, an environment with secrets, and an index behind a password and a token."""
    home = tmp_path / "home-s3cret"
    project = home / "s3cret customer" / "app"
    for folder in (project, home / "s3cret" / "wheels", home / "s3cret" / "lib", tmp_path / "elsewhere"):
        folder.mkdir(parents=True)
    (home / ".netrc").write_text("machine 127.0.0.1 login s3cretlogin password hunter2\n")
    (home / "s3cret" / "lib" / "pyproject.toml").write_text(
        '[project]\nname = "lib"\nversion = "1"\ndependencies = ["b"]\n'
    )
    (home / "s3cret" / "wheels" / "c-1.0-py3-none-any.whl").write_bytes(_wheel("c", "1.0"))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("S3CRET_OF_NOBODY", "s3cret-unused")
    monkeypatch.setenv("INDEX_TOKEN", "s3crettoken")
    monkeypatch.setattr(getpass, "getuser", lambda: "s3cretuser")
    monkeypatch.setattr(socket, "gethostname", lambda: "s3crethost.example")
    monkeypatch.chdir(project)
    with Loopback() as loopback:
        _index(loopback, "/s3crettoken/simple", "a", ("2.0", "b<2"), ("1.0", "b"))
        _index(loopback, "/s3crettoken/simple", "b", ("2.0",), ("1.0",))
        host = loopback.url.removeprefix("http://")
        monkeypatch.setenv("UV_EXTRA_INDEX_URL", f"http://s3cretuser:hunter2@{host}/empty/simple")
        monkeypatch.setenv("PIP_EXTRA_INDEX_URL", f"http://s3cretuser:hunter2@{host}/empty/simple")
        (project / "requirements.txt").write_text(
            f"--index-url http://user:hunter%21@{host}/${{INDEX_TOKEN}}/simple\n"
            f"--find-links {(home / 's3cret' / 'wheels').as_uri()}\n"
            f"b\na\nc\nlib @ {(home / 's3cret' / 'lib').as_uri()}\n"
        )
        (tmp_path / "elsewhere" / "constraints.txt").write_text("a>=1\n")
        yield loopback, project


def _wheel(name: str, version: str, *requires: str) -> bytes:
    project = worlds.Project(name=name, releases=(worlds.release(name, version, *requires),))
    return next(worlds.project_entries(project)).content()


def _index(loopback: Loopback, root: str, name: str, *releases: tuple[str, ...]) -> None:
    """A page whose links are signed, as object stores hand them out."""
    links = []
    for version, *requires in releases:
        file = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        loopback.put(f"/files{root}/{file}", BYTES, _wheel(name, version, *requires), ranges=True)
        links.append(f'<a href="{loopback.url}/files{root}/{file}?signature=s3cret{version}">{file}</a>')
    loopback.put(f"{root}/{name}/", PLAIN_HTML_PAGE, "".join(links).encode())


def ask(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.run(["explain-backtrack", "--python", "3.11", "--python-platform", "linux", *arguments])
    out, err = capfd.readouterr()
    return code, out, err


def contents(path: Path) -> bytes:
    if path.suffix != ".backtrail":
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


@pytest.mark.parametrize("output", OUTPUTS)
def test_no_secret_reaches_an_output(desk: Desk, capfd: pytest.CaptureFixture[str], output: str) -> None:
    loopback, project = desk
    asked = ("-r", str(project / "requirements.txt"), "-c", "../../../elsewhere/constraints.txt")
    code, out, err = ask(capfd, *asked, "-v", "-o", output)
    assert code == 0, err
    assert loopback.asked("/s3crettoken/simple/a/")
    for text in (out.encode(), err.encode(), contents(project / output)):
        found = SECRET.search(text)
        assert found is None, text[max(0, found.start() - 200) : found.end() + 100]
    assert str(project).encode() not in contents(project / output)


def test_the_recording_gives_the_same_report(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    _, project = desk
    code, out, _ = ask(capfd, "-r", str(project / "requirements.txt"), "-o", "bug.backtrail", "--format", "json")
    assert code == 0
    pins = {name: pin["version"] for name, pin in json.loads(out)["runs"][0]["pins"].items()}
    assert pins == {"a": "1.0", "b": "2.0", "c": "1.0", "lib": "1"}
    assert cli.run(["replay", "bug.backtrail", "--format", "json"]) == code
    assert capfd.readouterr().out == out


def test_an_error_tells_no_password(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    loopback, project = desk
    loopback.statuses["/s3crettoken/simple/a/"] = 500
    code, out, err = ask(capfd, "-r", str(project / "requirements.txt"), "--resolver", "uv", "-v")
    assert code == 3
    assert "hunter" not in out + err


@pytest.mark.parametrize("output", OUTPUTS)
def test_names_and_indexes_can_be_hidden(
    desk: Desk, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    loopback, project = desk
    _index(loopback, "/team-s3cret/simple", "s3cret-engine", ("2.0", "b<2"), ("1.0", "S3cret.Core"))
    _index(loopback, "/team-s3cret/simple", "s3cret-core", ("1.0", "b"))
    _index(loopback, "/team-s3cret/simple", "b", ("2.0",), ("1.0",))
    for name in ("UV_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name)
    index = f"{loopback.url}/team-s3cret/simple"
    hidden = ("--anonymize", "S3cret_Engine", "--anonymize", "s3cret-core", "--anonymize-index")
    code, out, err = ask(capfd, "b", "s3cret-engine>=1", "-i", index, *hidden, "-v", "-o", output)
    assert code == 0, err
    assert "private1 1.0" in out
    host = loopback.url.removeprefix("http://").encode()
    for text in (out.encode(), contents(project / output)):
        found = SECRET.search(text)
        assert found is None, text[max(0, found.start() - 200) : found.end() + 100]
        assert host not in text
    if output == "bug.backtrail":
        assert cli.run(["replay", output, "-v"]) == code
        assert capfd.readouterr().out == out


def test_a_recording_can_be_given_other_names_later(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    _, project = desk
    code, _, _ = ask(capfd, "-r", str(project / "requirements.txt"), "-o", "open.backtrail")
    for output in ("closed.backtrail", "closed.json"):
        assert cli.run(["report", "open.backtrail", "--anonymize", "lib", "--anonymize-index", "-o", output]) == code
    assert cli.run(["report", "closed.backtrail", "-o", "again.json"]) == code
    report = json.loads((project / "closed.json").read_bytes())
    assert sorted(report["runs"][0]["pins"]) == ["a", "b", "c", "private1"]
    assert "127.0.0.1" not in (project / "closed.json").read_text()
    assert (project / "again.json").read_bytes() == (project / "closed.json").read_bytes()
