"""Whatever the real tools say that they read stands in the catalogue: a setting of a newer release is noticed here."""

import re
import subprocess
import sys
from pathlib import Path

import pip
import pytest
from uv import find_uv_bin

from backtrail.cli.commands import app
from backtrail.inputs.settings_catalogue import CATALOGUE, Fate, Place, rows

pytestmark = pytest.mark.likeness

UV_COMMANDS = (("pip", "compile"), ("pip", "install"), ("lock",))
PIP_COMMANDS = ("install", "download")


def said(*command: str, **environ: str) -> str:
    return subprocess.run(
        command, capture_output=True, encoding="utf-8", check=False, timeout=60, env={"NO_COLOR": "1", **environ}
    ).stdout


def options(text: str) -> set[str]:
    """The names that a help text explains: they begin a line."""
    return set(re.findall(r"^ {2,8}(?:-\w, )?--([a-z][a-z-]+)", text, re.MULTILINE))


def uv_help() -> str:
    return "\n".join(
        said(find_uv_bin(), *words) for command in UV_COMMANDS for words in (("help", *command), (*command, "--help"))
    )


def unknown_field(folder: Path, text: str) -> set[str]:
    """What uv would have read in place of a key that it does not know."""
    (folder / "uv.toml").write_text(text)
    command = [find_uv_bin(), "pip", "compile", "-", "--offline"]
    shown = subprocess.run(
        command, cwd=folder, env={"HOME": str(folder)}, input="", capture_output=True, encoding="utf-8", check=False
    ).stderr
    _, _, expected = shown.partition("expected one of")
    return set(re.findall(r"`([a-z-]+)`", expected))


def test_every_option_of_pip_is_known() -> None:
    shown = "".join(said(sys.executable, "-m", "pip", command, "--help") for command in PIP_COMMANDS)
    found = options(shown)
    assert {"index-url", "uploaded-prior-to", "dest", "proxy"} <= found
    assert found <= set(rows("pip", Place.OPTION))


def test_every_variable_that_pip_reads_by_name_is_known() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (Path(pip.__file__).parent / "_internal").rglob("*.py")]
    named = {name for text in sources for name in re.findall(r"""environ(?:\.get\(|\[)["'](\w+)["']""", text)}
    assert {"PIP_CONFIG_FILE", "REQUESTS_CA_BUNDLE"} <= named
    options = {f"PIP_{name.upper().replace('-', '_')}" for name in rows("pip", Place.OPTION)}
    assert named <= options | set(rows("pip", Place.VARIABLE))


def test_every_option_of_uv_is_known() -> None:
    found = options(uv_help())
    assert {"index-strategy", "torch-backend", "dry-run"} <= found
    assert found <= set(rows("uv", Place.OPTION))


def test_every_variable_that_uv_mentions_is_known() -> None:
    found = set(re.findall(r"\[env: [`\"]?(\w+)", uv_help()))
    assert {"UV_INDEX", "UV_CONSTRAINT", "UV_PYTHON"} <= found
    assert found <= set(rows("uv", Place.VARIABLE))


def test_every_variable_in_the_program_of_uv_is_known() -> None:
    """In the file names run into each other, and into the byte of an instruction that follows the half of one."""
    known = set(rows("uv", Place.VARIABLE))
    found = re.findall(rb"UV_[A-Z][A-Z0-9_]+", Path(find_uv_bin()).read_bytes())
    names = {name for run in found for name in re.findall(r"UV_(?:(?!UV_)[A-Z0-9_])+", run.decode())}
    assert {"UV_NO_BUILD_PACKAGE", "UV_EXCLUDE_NEWER"} <= names

    def is_known(name: str) -> bool:
        longest = max((one for one in known if name.startswith(one)), key=len, default=None)
        return any(one.startswith(name[:-1]) for one in known) or (
            longest is not None and (longest.endswith("__") or not name[len(longest) :].startswith("_"))
        )

    assert [name for name in sorted(names) if not is_known(name)] == []


@pytest.mark.parametrize(("place", "text"), [(Place.KEY, "nonsense = 1\n"), (Place.PIP_KEY, "[pip]\nnonsense = 1\n")])
def test_every_key_of_uv_is_known(place: Place, text: str, tmp_path: Path) -> None:
    found = unknown_field(tmp_path, text)
    assert {"index-url", "find-links", "exclude-newer"} <= found
    assert found <= set(rows("uv", place))


def test_no_name_stands_twice() -> None:
    names = [(row.tool, row.place, row.name) for row in CATALOGUE]
    assert len(names) == len(set(names))


def test_what_is_honoured_can_be_typed_and_what_is_not_is_refused() -> None:
    """An option that is not taken into account cannot be typed: that is how it is reported."""
    import typer

    command = typer.main.get_command(app).commands["explain-backtrack"]  # type: ignore[attr-defined]
    typed = {flag.removeprefix("--") for parameter in command.params for flag in parameter.opts}
    for row in CATALOGUE:
        if row.place is Place.OPTION and row.fate is Fate.HONOURED:
            assert row.name in typed, row
        if row.place is Place.OPTION and row.fate is Fate.REPORTED and row.tool == "uv":  # pip's are variables as well
            assert row.name not in typed, row
