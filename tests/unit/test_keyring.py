"""The user's keyring is asked as pip and uv ask it: where a password is missing, once, and only where it is allowed."""

import asyncio
import base64
import json
import os
import shutil
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from backtrail import cli
from backtrail.index.network import keyring_command
from backtrail.index.network.exchange import Access
from backtrail.index.network.keyring_command import Keyring
from backtrail.index.network.transport import Transport
from support import worlds
from support.clients import both_clients
from support.loopback import BYTES, Loopback
from support.worlds import World, release

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the command of the tests is a script")

SECRET = "kept s3cret"
BASIC = "Basic " + base64.b64encode(f"anna:{SECRET}".encode()).decode()

SCRIPT = """\
#!{python} -I
import json, sys, time
with open({log!r}, "a") as log:
    log.write(" ".join(sys.argv[1:]) + "\\n")
kept = json.load(open({kept!r}))
place = sys.argv.index("get") + 1
answer = kept.get(sys.argv[place])
if answer is None:
    sys.exit(1)
if answer == "slow":
    time.sleep(60)
elif sys.argv[place + 1:] and isinstance(answer, list):
    print(answer[1])
else:
    print(json.dumps(dict(username=answer[0], password=answer[1])) if isinstance(answer, list) else answer)
"""

Keep = Callable[[dict[str, object]], Callable[[], list[str]]]


@pytest.fixture
def keep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Keep:
    """Put a ``keyring`` on the PATH that has these services; gives what says how it was called."""

    def put(kept: dict[str, object]) -> Callable[[], list[str]]:
        (tmp_path / "bin").mkdir()
        log, data, command = tmp_path / "log", tmp_path / "kept.json", tmp_path / "bin" / "keyring"
        data.write_text(json.dumps(kept))
        command.write_text(SCRIPT.format(python=sys.executable, log=str(log), kept=str(data)))
        command.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
        return lambda: log.read_text().splitlines() if log.exists() else []

    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    return put


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as found:
        found.authorization = BASIC
        for path in ("/simple/a/", "/simple/b/", "/files/a"):
            found.put(path, BYTES, b"x")
        yield found


def statuses(access: Access, *urls: str) -> list[int]:
    async def run() -> list[int]:
        client = Transport(access)
        try:
            return [reply.status for reply in await asyncio.gather(*(client.get(url, {}, limit=10) for url in urls))]
        finally:
            await client.aclose()

    return asyncio.run(run())


@both_clients
def test_who_answers_401_gets_what_is_kept_for_the_index_which_is_looked_up_once(server: Loopback, keep: Keep) -> None:
    index = f"{server.url}/simple"
    called = keep({f"{index}/": ["anna", SECRET]})
    access = Access(keyring="subprocess", indexes=(index,))
    assert statuses(access, f"{index}/a/", f"{index}/b/") == [200, 200]
    assert called() == [f"--mode=creds --output=json get {index}/"]


def test_a_user_in_a_url_gets_the_password_of_that_user(server: Loopback, keep: Keep) -> None:
    index = f"{server.url}/simple"
    called = keep({index: ["anna", SECRET]})
    access = Access(keyring="subprocess", indexes=(index,), credentials={index: ("anna", "")})
    assert statuses(access, f"{index}/a/") == [200]
    assert called() == [f"get {index}/ anna", f"get {index} anna"]


def test_what_lies_below_no_index_is_kept_by_its_host(server: Loopback, keep: Keep) -> None:
    host = server.url.removeprefix("http://")
    called = keep({host: ["anna", SECRET]})
    assert statuses(Access(keyring="auto", indexes=(f"{server.url}/simple",)), f"{server.url}/files/a") == [200]
    assert called() == [f"--mode=creds --output=json get {host}"]


@pytest.mark.parametrize(
    "access",
    [Access(), Access(keyring="disabled"), Access(keyring="import"),
     Access(keyring="subprocess", credentials={"{url}": ("anna", "wrong")})],
)  # fmt: skip
def test_nothing_is_asked_that_is_not_allowed_or_needed(
    server: Loopback, keep: Keep, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring_command, "find_spec", lambda _: None)
    called = keep({server.url.removeprefix("http://"): ["anna", SECRET]})
    pairs = {url.format(url=server.url): pair for url, pair in access.credentials.items()}
    assert statuses(Access(keyring=access.keyring, credentials=pairs), f"{server.url}/files/a") == [401]
    assert called() == []


@pytest.mark.parametrize("answer", ["no JSON", "{}", "[1]", "\udcff", "", "slow", "x" * 20_000, '{"username": "anna"}'])
def test_what_is_no_answer_leaves_the_host_closed(
    server: Loopback, keep: Keep, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring_command, "TIME_LIMIT", 1.0 if answer == "slow" else 30.0)
    keep({server.url.removeprefix("http://"): answer})
    assert statuses(Access(keyring="subprocess"), f"{server.url}/files/a") == [401]


def test_a_password_of_a_url_is_not_replaced_by_what_is_kept_for_another_of_its_host(
    server: Loopback, keep: Keep
) -> None:
    indexes = (f"{server.url}/simple/a", f"{server.url}/files")
    keep({f"{indexes[0]}/": ["bob", "other"]})
    access = Access(keyring="subprocess", indexes=indexes, credentials={indexes[1]: ("anna", SECRET)})
    assert statuses(access, f"{server.url}/simple/a/", f"{server.url}/files/a") == [200, 200]
    access = Access(keyring="subprocess", indexes=indexes, credentials={indexes[1]: ("anna", "")})
    assert statuses(access, f"{server.url}/simple/a/", f"{server.url}/files/a") == [401, 401]
    assert [one.headers["authorization"] for one in server.requests[:2]] == [BASIC, BASIC]


def test_a_wrong_password_is_sent_once(server: Loopback, keep: Keep) -> None:
    called = keep({server.url.removeprefix("http://"): ["anna", "old"]})
    assert statuses(Access(keyring="subprocess"), f"{server.url}/files/a", f"{server.url}/files/a") == [401, 401]
    assert len(called()) == 1


def test_the_library_of_this_program_comes_before_the_command_on_the_path(
    keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs apart from the folder of the user, in which anything may be called keyring."""
    keep({})
    library, command = (sys.executable, "-I", "-m", "keyring"), (shutil.which("keyring"),)
    monkeypatch.setattr(keyring_command, "find_spec", lambda _: SimpleNamespace())
    assert [Keyring(one, ())._command() for one in ("auto", "import", "subprocess")] == [library, library, command]
    monkeypatch.setattr(keyring_command, "find_spec", lambda _: None)
    assert [Keyring(one, ())._command() for one in ("auto", "import", "disabled")] == [command, None, None]


@pytest.mark.parametrize("resolver", ["uv", "pip"])
@pytest.mark.parametrize("how", ["flag", "variable"])
def test_a_private_index_is_read_and_nothing_says_the_password(
    keep: Keep,
    how: str,
    resolver: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("BACKTRAIL_CACHE_DIR", str(tmp_path / "cache"))
    if how == "variable":
        monkeypatch.setenv(f"{resolver.upper()}_KEYRING_PROVIDER", "subprocess")
    projects = (worlds.Project(name="app", releases=(release("app", "1.0"),)),)
    with Loopback() as server:
        index = server.mount(World(name="w", projects=projects, question=worlds.Question(requirements=("app",))))
        server.authorization = BASIC
        called = keep({index: ["anna", SECRET]})
        options = ["--keyring-provider", "subprocess"] if how == "flag" else []
        command = ["explain-backtrack", "app", "-i", index, "--resolver", resolver, *options, "-v"]
        assert cli.run([*command, "-o", "case.backtrail"]) == 0
        assert called()
    streams = capfdbinary.readouterr()
    said = streams.out + streams.err
    assert b"not taken into account" not in said
    with zipfile.ZipFile("case.backtrail") as case:
        said += b"".join(case.read(name) for name in case.namelist())
    said += b"".join(path.read_bytes() for path in (tmp_path / "cache").rglob("*") if path.is_file())
    assert SECRET.encode() not in said
    assert BASIC.removeprefix("Basic ").encode() not in said
