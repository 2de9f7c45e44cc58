"""An index that refuses a password is told from one that got none: by the setting that says it, never by the secret."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from backtrail import cli
from support import worlds
from support.loopback import Loopback
from support.worlds import World, release


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with Loopback() as found:
        yield found


@pytest.fixture
def office(loopback: Loopback) -> str:
    """The index of an office, for those who know its password."""
    project = worlds.Project(name="a", releases=(release("a", "1.0"),))
    url = loopback.mount(World(name="w", projects=(project,), question=worlds.Question(requirements=("a",))))
    loopback.authorization = f"Basic {b64encode(b'me:right').decode()}"
    return url


@pytest.mark.parametrize(
    ("said_by", "option", "text", "variables"),
    [
        (None, "@", "", {}),
        ("--index-url", "%", "", {}),
        ("uv.toml:1", None, 'index-url = "%"\n', {}),
        ("UV_INDEX_URL", None, "", {"UV_INDEX_URL": "%"}),
        (
            "UV_INDEX_OFFICE_USERNAME and …_PASSWORD",
            None,
            '[[index]]\nname = "office"\nurl = "@"\ndefault = true\n',
            {"UV_INDEX_OFFICE_USERNAME": "me", "UV_INDEX_OFFICE_PASSWORD": "wrong"},
        ),
        ("the .netrc file", "@", "", {"NETRC": "netrc"}),
    ],
)
def test_where_a_refused_password_is_from(
    said_by: str | None,
    option: str | None,
    text: str,
    variables: dict[str, str],
    office: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """``@`` is the address of the index, ``%`` the same with a wrong password."""

    def placed(value: str) -> str:
        return value.replace("@", office).replace("%", office.replace("://", "://me:wrong@"))

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("UV_NO_CONFIG", raising=False)
    Path("uv.toml").write_text(placed(text))
    Path("netrc").write_text("machine 127.0.0.1 login me password wrong\n")
    monkeypatch.setenv("NETRC", "none")
    for name, value in variables.items():
        monkeypatch.setenv(name, placed(value))
    words = () if option is None else ("--index-url", placed(option))
    code = cli.run(["explain-backtrack", "a", "--resolver", "uv", "-v", *words])
    said = "".join(capsys.readouterr())
    assert code == 3
    assert "wrong" not in said
    assert ("user and password are refused, which" in said) is (said_by is not None)
    assert ("asks for a user and password, which stand in its URL" in said) is (said_by is None)
    assert said_by is None or f"(unauthorized 401: user and password are refused, which {said_by} says)" in said


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_a_file_that_is_refused_says_as_much_as_a_page(
    resolver: str, office: str, loopback: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = next(path for path in loopback.resources if path.endswith(".metadata"))
    loopback.statuses[refused] = 401
    asking = ["explain-backtrack", "a", "--resolver", resolver, "--isolated", "--index-url"]
    cli.run([*asking, office.replace("://", "://me:right@")])
    said = capsys.readouterr().out
    assert "(status 401): user and password are refused, which --index-url says" in said
    loopback.authorization = None
    cli.run([*asking, office])
    said = capsys.readouterr().out
    assert "(status 401); it asks for a user and password, which stand in its URL" in said
    archive = loopback.url + refused.removesuffix(".metadata")
    loopback.statuses[refused.removesuffix(".metadata")] = 403
    assert cli.run([*asking[:1], f"a @ {archive}".replace("://", "://me:right@"), *asking[2:], office]) == 3
    said = capsys.readouterr().out
    assert "could not be fetched: status 403: user and password are refused, which its address or" in said
