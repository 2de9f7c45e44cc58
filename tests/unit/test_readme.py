"""The README shows what the program prints, and names what there is."""

import re
import textwrap
from pathlib import Path

import pytest
import typer

from backtrail import cli
from support.recorded import FIXTURES, story

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_report_of_the_seed() -> None:
    assert textwrap.indent((FIXTURES / "seed" / "report.txt").read_text(encoding="utf-8"), "    ") in README


def test_the_answer_about_local_builds(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    index = (FIXTURES / "torch-local" / "simple").as_uri()
    cli.run([*story("torch-local")["asked"], "--index-url", index, "--resolver", "uv", "--resolver", "uv@0.4.18"])
    shown = capfd.readouterr().out.replace("file:///simple", "https://index.example/whl")  # nobody's folders are shown
    assert textwrap.indent(shown, "    ") in README


def test_every_command_is_in_the_table() -> None:
    program = typer.main.get_command(cli.app)
    shown = [name for name, command in program.commands.items() if not command.hidden]  # type: ignore[attr-defined]
    table = README.partition("## Commands")[2].partition("All are commands")[0]
    assert [name for name in shown if f"`{name}" not in table] == []


def test_links_lead_somewhere() -> None:
    for place in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", place.read_text(encoding="utf-8")):
            assert target.startswith("https://") or (place.parent / target).exists(), f"{place.name}: {target}"


def test_folders_of_the_map_exist() -> None:
    for folder in re.findall(r"^\| `([a-z/_.]+)`", README.partition("## The house")[2], re.MULTILINE):
        assert (ROOT / folder).exists(), folder
