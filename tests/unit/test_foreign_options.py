"""Whatever people type after ``pip install``, ``uv pip compile`` or ``uv lock`` is known here by its name."""

import pytest
import typer

from backtrail import cli
from backtrail.cli.commands import app
from backtrail.inputs.settings_catalogue import CATALOGUE, Fate, Place

OPTIONS = sorted({row.name for row in CATALOGUE if row.place is Place.OPTION})
command = typer.main.get_command(app).commands["explain-backtrack"]  # type: ignore[attr-defined]
TYPED = {flag.removeprefix("--") for parameter in command.params for flag in parameter.opts} | {"help"}


@pytest.mark.parametrize("name", [one for one in OPTIONS if one not in TYPED])
def test_an_option_that_cannot_be_typed_is_refused_in_a_sentence(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    fates = {row.fate for row in CATALOGUE if row.place is Place.OPTION and row.name == name}
    assert cli.run(["explain-backtrack", "a", f"--{name}"]) == 2
    said = capsys.readouterr().err
    what = "changes no version that is chosen" if fates == {Fate.IRRELEVANT} else "is not reproduced"
    assert said.startswith(f"error: --{name} of ")
    assert f" {what}: " in said


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("platform", "--python-platform"), ("no-cache", "--refresh"), ("target", "--env"), ("proxy", "HTTPS_PROXY"),
        ("script", "-r"), ("no-binary-package", "--no-binary NAME"),
    ],
)  # fmt: skip
def test_what_to_do_instead_is_said(name: str, instead: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["why", "a", f"--{name}", "x"]) == 2
    assert instead in capsys.readouterr().err


def test_what_nobody_knows_is_no_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["explain-backtrack", "a", "--nonsense"]) == 2
    assert "No such option: --nonsense" in capsys.readouterr().err
    assert cli.run(["cache", "dir", "--compile-bytecode"]) == 2
    assert "No such option" in capsys.readouterr().err
