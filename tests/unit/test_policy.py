"""Which releases `--resolver` takes: those that are reproduced or can be put together, and no others."""

import pytest

from backtrail.cli import run
from backtrail.model.errors import InputError
from backtrail.model.policy import EXACT, OLDEST, parse_resolver


@pytest.mark.parametrize("tool", ["uv", "pip"])
def test_a_release_between_the_oldest_and_the_newest_known_is_taken(tool: str) -> None:
    assert parse_resolver(tool) == parse_resolver(f"{tool}@{EXACT[tool][0]}")
    assert parse_resolver(f"{tool}@{OLDEST[tool]}").basis == "composed"
    assert parse_resolver(tool).basis == "exact"


@pytest.mark.parametrize(("text", "key"), [("pip@26.3.0", "pip@26.3"), ("uv@v0.4.18", "uv@0.4.18")])
def test_a_release_is_the_same_however_it_is_written(text: str, key: str) -> None:
    policy = parse_resolver(text)
    assert (policy.key, policy.basis) == (key, "exact")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pip@99", "--resolver 'pip@99': the newest pip that is reproduced is 26.3"),
        ("uv@0.13.10", "--resolver 'uv@0.13.10': the newest uv that is reproduced is 0.13.9"),
        ("uv@99", "--resolver 'uv@99': the newest uv that is reproduced is 0.13.9"),
        ("uv@0.3.9", "--resolver 'uv@0.3.9': uv before 0.4.0 is not reproduced"),
        ("pip@21.3", "--resolver 'pip@21.3': pip before 22.0 is not reproduced"),
    ],
)
def test_what_nothing_is_known_of_is_refused_before_anything_is_asked(
    text: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match="reproduced"):
        parse_resolver(text)
    assert run(["explain-backtrack", "a", "--resolver", text]) == 2
    assert capsys.readouterr() == ("", f"error: {words}\n")
