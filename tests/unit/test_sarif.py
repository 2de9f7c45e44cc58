"""The SARIF log holds what the standard requires (SARIF 2.1.0, section 3) and what code scanning needs to show it."""

import json
from pathlib import Path
from typing import Any

import pytest

from backtrail.explain.catalogue import BY_CODE
from backtrail.model.case import Report
from backtrail.model.finding import Severity
from backtrail.report.skins import sarif
from support.reports import everything, seed

FINDINGS = (Path(__file__).parents[2] / "docs" / "findings.md").read_text(encoding="utf-8")
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def log(report: Report) -> Any:
    return json.loads(sarif.encode(report))


def result(report: Report, code: str, subject: str) -> Any:
    (found,) = (
        one
        for one in log(report)["runs"][0]["results"]
        if (one["ruleId"], one["properties"]["subject"]) == (code, subject)
    )
    return found


@pytest.mark.parametrize("report", [seed(), everything("word")])
def test_every_required_property_is_there(report: Report) -> None:
    found = log(report)
    assert found["version"] == "2.1.0"
    assert found["$schema"].endswith("sarif-2.1.0.json")
    (run,) = found["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "backtrail"
    rules = driver["rules"]
    assert [rule["id"] for rule in rules] == sorted({finding.code for finding in report.findings})
    for rule in rules:
        assert rule["fullDescription"]["text"] == rule["help"]["text"] == BY_CODE[rule["id"]].title
        assert rule["help"]["markdown"].startswith("**Story.** ")
        assert rule["defaultConfiguration"]["level"] in LEVELS.values()
    for each in run["results"]:
        assert rules[each["ruleIndex"]]["id"] == each["ruleId"]
        assert each["message"]["text"]
        assert each["level"] in LEVELS.values()
        for location in each["locations"]:
            assert location["physicalLocation"]["artifactLocation"]["uri"]
            assert location["physicalLocation"]["region"]["startLine"] >= 1


def test_a_finding_stands_at_the_line_that_leads_to_it() -> None:
    held_back = result(seed(), "BT101", "numba")  # asked for by librosa, which is line 11
    assert held_back["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "requirements.txt", "uriBaseId": "SRCROOT"},
                "region": {"startLine": 11},
            }
        }
    ]
    assert held_back["level"] == "warning"
    assert "numba>=0.54" in held_back["message"]["text"]
    assert result(seed(), "BT104", "llvmlite")["level"] == "error"


def test_fingerprints_tell_findings_apart_and_stay() -> None:
    first, second = log(seed()), log(seed())
    marks = [one["partialFingerprints"]["backtrail/v1"] for one in first["runs"][0]["results"]]
    assert len(set(marks)) == len(marks)
    assert first == second
