"""The catalogue of findings, and what `backtrail explain` says of each."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from backtrail.cli import run
from backtrail.explain.catalogue import BY_CODE, ROWS, Row
from backtrail.model.finding import Detail, Forked, LockPreference, OrderSensitive
from backtrail.report.documentation import section

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "backtrail"


def test_every_detail_has_one_row_in_the_order_of_codes() -> None:
    assert {row.detail for row in ROWS} == set(get_args(Detail))
    assert [row.code for row in ROWS] == sorted({row.code for row in ROWS})
    assert len({row.kind for row in ROWS}) == len(ROWS)


def test_a_code_stands_in_the_catalogue_only() -> None:
    for file in SOURCE.rglob("*.py"):
        codes = {
            node.value for node in ast.walk(ast.parse(file.read_bytes()))
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"BT\d+", node.value)
        }  # fmt: skip
        assert codes == (set(BY_CODE) if file.name == "catalogue.py" else set())


@pytest.mark.parametrize(
    ("detail", "detector", "words"),
    [
        (Forked, "forked", "universal"),
        (LockPreference, "lock_preference", "universal"),
        (OrderSensitive, "order_sensitive", "search"),
    ],
)
def test_a_finding_stands_in_four_files_beside_its_own(detail: type, detector: str, words: str) -> None:
    own = {f"explain/findings/{detector}.py", f"report/wording/{words}.py"}
    shared = {"model/finding.py", "explain/catalogue.py", "report/wording/findings.py"}
    callers = {"explain/explanation.py", "explain/for_all.py"}
    named = {
        file.relative_to(SOURCE).as_posix() for file in SOURCE.rglob("*.py")
        if re.search(rf"\b{detail.__name__}\b|import {detector}\b", file.read_text(encoding="utf-8"))
    }  # fmt: skip
    assert named - own - callers == shared
    assert len(named & callers) == 1


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
def test_a_finding_is_explained_by_its_code_and_by_its_kind(row: Row, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", row.code.lower()]) == 0
    page = capsys.readouterr().out
    assert page.startswith(f"# {row.code} {row.kind}\n\n{row.title}\n\n**Severity.** {row.graded}.\n\n**Story.** ")
    assert page.endswith(f"{section(row)}\n")
    assert run(["explain", row.kind.title()]) == 0
    assert capsys.readouterr().out == page


def test_a_finding_that_there_is_not_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "heldback"]) == 2
    assert capsys.readouterr() == ("", "error: 'heldback' is not a finding; the nearest is BT101 held-back\n")


def test_all_findings_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(maxsplit=3) for line in lines] == [
        [row.code, row.kind, row.severity.value, row.title] for row in ROWS
    ]


def test_the_pages_are_in_the_wheel(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    asked = (
        "import sys; from backtrail import cli; assert '.whl' in cli.__file__; sys.exit(cli.run(['explain', 'BT101']))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", asked], env={"PYTHONPATH": str(wheel)}, cwd=tmp_path, check=True, capture_output=True
    )
    assert shown.stdout.decode().replace("\r\n", "\n").startswith("# BT101 held-back\n")
