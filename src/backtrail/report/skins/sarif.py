"""Findings as SARIF 2.1.0, for the code scanning of a repository: each at the requirement line that leads to it."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from backtrail.explain.catalogue import BY_CODE, Row
from backtrail.model.case import Report
from backtrail.model.finding import Finding, Severity
from backtrail.model.requirement import STDIN, Requirement
from backtrail.model.safe_text import shown
from backtrail.report import wording
from backtrail.report.documentation import section
from backtrail.report.layout import path, stories
from backtrail.report.lines import Spans, plain
from backtrail.report.skins.json_document import indented, program_version

Json = dict[str, Any]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_ROOT = "SRCROOT"


def sarif(report: Report) -> Json:
    """A SARIF log with one run. Rules are the codes that were found; paths are relative to where the program ran."""
    findings = [finding for story in stories(report.findings) for finding in story.findings]
    codes = sorted({finding.code for finding in findings})
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "backtrail",
                        "semanticVersion": program_version(),
                        "version": program_version(),
                        "rules": [_rule(BY_CODE[code]) for code in codes],
                    }
                },
                "automationDetails": {"id": f"backtrail/{report.question.command}/"},
                "originalUriBaseIds": {_ROOT: {"description": {"text": "the folder the program ran in"}}},
                "columnKind": "utf16CodeUnits",
                "results": [_result(finding, report, codes) for finding in findings],
            }
        ],
    }


def encode(report: Report) -> bytes:
    """The log as UTF-8, indented, with a newline at the end; the same report gives the same bytes."""
    return indented(sarif(report))


def _rule(row: Row) -> Json:
    """A reportingDescriptor (SARIF 2.1.0, 3.49)."""
    return {
        "id": row.code,
        "name": "".join(part.capitalize() for part in row.kind.split("-")),
        "shortDescription": {"text": row.kind.replace("-", " ")},
        "fullDescription": {"text": row.title},
        "help": {"text": row.title, "markdown": section(row)},
        "defaultConfiguration": {"level": _LEVELS[row.severity]},
    }


def _result(finding: Finding, report: Report, codes: list[str]) -> Json:
    """A result (SARIF 2.1.0, 3.27)."""
    found: Json = {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": _LEVELS[finding.severity],
        "message": {"text": message(wording.note(finding, report))},
    }
    location = next((place for one in _leading(finding, report) if (place := _location(one)) is not None), None)
    if location is not None:
        found["locations"] = [location]
    about = (
        f"{finding.code}:{finding.subject or ''}:{','.join(sorted({run.partition('@')[0] for run in finding.runs}))}"
    )
    found["partialFingerprints"] = {"backtrail/v1": sha256(about.encode("utf-8", "replace")).hexdigest()}
    found["properties"] = {"runs": list(map(shown, finding.runs)), "evidence": list(map(shown, finding.evidence))}
    if finding.subject is not None:
        found["properties"]["subject"] = shown(finding.subject)
    return found


def message(words: Spans) -> str:
    """Words as a plain text message (SARIF 2.1.0, 3.11.5 and 3.11.6): none of them a placeholder or a link."""
    text = shown(plain(words))
    return text.replace("{", "{{").replace("}", "}}").replace("](", "] (")


def _leading(finding: Finding, report: Report) -> Iterator[Requirement]:
    """The user's requirements that lead to the subject, the nearest first; else the first that stands in a file."""
    question = report.question
    asked = (*question.requirements, *question.constraints, *question.overrides)
    if finding.subject is not None:
        yield from (one for one in asked if one.name == finding.subject)
        for run in report.runs:
            if run.key in finding.runs:
                yield from (step.requirement for step in path(run, finding.subject)[:1])
    yield from asked


def _location(requirement: Requirement) -> Json | None:
    """A location (SARIF 2.1.0, 3.28), None for what was typed or piped in."""
    origin = requirement.origin
    if origin is None or origin.file is None or origin.file == STDIN:
        return None
    place: Json = {"artifactLocation": _artifact(shown(origin.file))}
    if origin.line is not None and origin.line > 0:
        place["region"] = {"startLine": origin.line}
    return {"physicalLocation": place}


def _artifact(file: str) -> Json:
    """A relative path keeps its base; what is not below it cannot name one."""
    file = file.replace("\\", "/").removeprefix("./")
    uri = quote(file, safe="/~")
    above = file.startswith(("/", "~", "../")) or file[1:2] == ":"
    return {"uri": uri} if above else {"uri": uri, "uriBaseId": _ROOT}
