"""Which releases `--resolver` takes: all that are known, as which newer ones are answered, and no others."""

import pytest

from backtrail.cli import run
from backtrail.model.errors import InputError
from backtrail.resolvers.registry import TOOLS, basis, parse_resolver
from backtrail.resolvers.release_history import since


@pytest.mark.parametrize("tool", ["uv", "pip"])
def test_every_release_from_the_oldest_to_the_newest_known_is_taken(tool: str) -> None:
    assert parse_resolver(tool) == parse_resolver(f"{tool}@{TOOLS[tool].history.newest}")
    assert basis(parse_resolver(tool)) == "exact"
    assert {basis(parse_resolver(f"{tool}@{one}")) for one in TOOLS[tool].history.releases} <= {"exact", "composed"}


@pytest.mark.parametrize(("text", "key"), [("pip@26.3.0", "pip@26.3"), ("uv@v0.13.9", "uv@0.13.9")])
def test_a_release_is_the_same_however_it_is_written(text: str, key: str) -> None:
    policy = parse_resolver(text)
    assert (policy.key, basis(policy)) == (key, "exact")


@pytest.mark.parametrize("text", ["uv@0.13.10", "uv@0.14.0", "uv@1.0", "pip@26.3.1", "pip@99"])
def test_a_newer_release_is_answered_as_the_newest_known(text: str) -> None:
    policy = parse_resolver(text)
    assert (policy.key, basis(policy)) == (text, "newer")
    assert all(map(since(policy), TOOLS[policy.tool].history.releases))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("uv@0.3.9", "uv before 0.4.0 is not reproduced"),
        ("pip@21.3", "pip before 22.0 is not reproduced"),
        ("uv@0.4.99", "there is no uv 0.4.99; the last release before it is 0.4.30"),
        ("pip@24.0.1", "there is no pip 24.0.1; the last release before it is 24.0"),
        ("pip@22.7", "there is no pip 22.7; the last release before it is 22.3.1"),
        ("pip@24.1b1", "only final releases of pip are reproduced"),
        ("uv@0.14.0rc1", "only final releases of uv are reproduced"),
        ("uv@new", "'new' is not a version of uv"),
    ],
)
def test_what_was_never_released_is_refused_before_anything_is_asked(
    text: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError):
        parse_resolver(text)
    assert run(["explain-backtrack", "a", "--resolver", text]) == 2
    assert capsys.readouterr() == ("", f"error: --resolver {text!r}: {words}\n")


def test_the_releases_of_a_tool_go_from_old_to_new_without_a_gap() -> None:
    assert (TOOLS["uv"].history.oldest, TOOLS["pip"].history.oldest) == ("0.4.0", "22.0")
    assert {"0.4.30", "0.5.0", "0.9.19"} <= set(TOOLS["uv"].history.releases)
    assert {"22.0", "22.0.4", "24.1.1", "26.3"} <= set(TOOLS["pip"].history.releases)
