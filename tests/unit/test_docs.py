"""The documents name everything there is to name."""

from pathlib import Path
from typing import get_args

import pytest

from backtrail.inputs.settings_catalogue import CATALOGUE, Fate
from backtrail.model import finding
from backtrail.model.trail import Because, Event, Outcome
from backtrail.model.verdict import Reason
from backtrail.report.layout import CODES

DOCS = Path(__file__).parents[2] / "docs"
FINDINGS = (DOCS / "findings.md").read_text(encoding="utf-8")
SETTINGS = (DOCS / "settings.md").read_text(encoding="utf-8")
TRAIL = (DOCS / "trail.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", get_args(finding.Detail))
def test_every_finding_has_a_section(kind: type) -> None:
    name = kind.__struct_config__.tag  # type: ignore[attr-defined]
    titles = [line for line in FINDINGS.splitlines() if line.startswith("## BT") and line.endswith(f" {name}")]
    assert len(titles) == 1
    assert titles[0].split()[1] in CODES
    section = FINDINGS.partition(titles[0])[2].partition("\n## ")[0]
    for part in ("**Story.**", "**Evidence.**", "**Remedies.**"):
        assert part in section


def test_every_reason_is_explained() -> None:
    for reason in Reason:
        assert f"| `{reason.value}` |" in FINDINGS


def test_every_setting_that_matters_is_listed_by_what_becomes_of_it() -> None:
    for tool in ("pip", "uv"):
        table = SETTINGS.partition(f"## What {tool} reads\n")[2].partition("\n## ")[0]
        columns = [line.split("|")[2:4] for line in table.splitlines() if line.startswith("| ")]
        for fate, cells in zip((Fate.HONOURED, Fate.TOLD), zip(*columns, strict=True), strict=True):
            listed = {name.strip("`") for cell in cells[1:] for name in cell.split()}
            assert listed == {row.name for row in CATALOGUE if (row.tool, row.fate) == (tool, fate)}


def test_every_event_and_its_words_are_explained() -> None:
    for event in get_args(Event):
        assert f"| {event.__name__} |" in TRAIL
    for because in Because:
        assert f"`{because.value}`" in TRAIL
    for outcome in Outcome:
        assert f"`{outcome.value}`" in TRAIL
