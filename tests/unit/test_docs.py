"""The documents name everything there is to name."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import pytest

from backtrail.explain.catalogue import ROWS, Row
from backtrail.inputs.settings_catalogue import CATALOGUE, Fate
from backtrail.model.policy import Policy
from backtrail.model.trail import Because, Event, Outcome
from backtrail.model.verdict import Reason
from backtrail.report.documentation import section
from backtrail.resolvers.pip import behaviour as pip
from backtrail.resolvers.uv import behaviour as uv

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FINDINGS = (DOCS / "findings.md").read_text(encoding="utf-8")
SETTINGS = (DOCS / "settings.md").read_text(encoding="utf-8")
TRAIL = (DOCS / "trail.md").read_text(encoding="utf-8")

CITED = re.compile(r"docs/([\w-]+\.md) (\d+(?:\.\d+)?(?:(?:, | to | and )\d+(?:\.\d+)?)*)")
"""A page and its sections, as code cites them: ``docs/pip.md 2.9, 3.3``."""

NUMBERED = re.compile(r"#+ (\d+(?:\.\d+)?)\.? \S")
NAMED_TEST = re.compile(r"`(tests/[\w/]+\.py)::([\w:]+)`")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
def test_every_finding_has_a_section(row: Row) -> None:
    titles = [line for line in FINDINGS.splitlines() if line.startswith("## BT") and line.endswith(f" {row.kind}")]
    assert titles == [f"## {row.code} {row.kind}"]
    assert (
        re.findall(r"^\*\*(Story|Evidence|Remedies)\.\*\* \S", section(row), re.MULTILINE)
        == ["Story", "Evidence", "Remedies"]
    )  # fmt: skip


def test_the_table_of_findings_is_the_catalogue() -> None:
    rows = re.findall(r"^\| \[(\w+)\]\((#.*?)\) \| (.*?) \| (.*?) \| (.*?) \|$", FINDINGS, re.MULTILINE)
    assert rows == [
        (row.code, row.documentation.removeprefix("docs/findings.md"), row.kind, row.graded, row.title) for row in ROWS
    ]


def test_every_reason_is_explained() -> None:
    for reason in Reason:
        assert f"| `{reason.value}` |" in FINDINGS


def test_every_setting_that_matters_is_listed_by_what_becomes_of_it() -> None:
    for tool in ("pip", "uv"):
        table = SETTINGS.partition(f"## What {tool} reads\n")[2].partition("\n## ")[0]
        columns = [line.split("|")[2:4] for line in table.splitlines() if line.startswith("| ")]
        for fate, cells in zip((Fate.HONOURED, Fate.REPORTED), zip(*columns, strict=True), strict=True):
            listed = {name.strip("`") for cell in cells[1:] for name in cell.split()}
            assert listed == {row.name for row in CATALOGUE if (row.tool, row.fate) == (tool, fate)}


def test_every_event_and_its_words_are_explained() -> None:
    for event in get_args(Event):
        assert f"| {event.__name__} |" in TRAIL
    for because in Because:
        assert f"`{because.value}`" in TRAIL
    for outcome in Outcome:
        assert f"`{outcome.value}`" in TRAIL


def cited(text: str) -> Iterator[tuple[str, str]]:
    """Page and section of each citation, wherever its lines are broken."""
    for page, sections in CITED.findall(re.sub(r"\s+(?:# )?", " ", text)):
        yield from ((page, section) for section in re.findall(r"[\d.]+", sections))


def numbered(page: Path) -> list[str]:
    """The numbers of a page's headings, in their order."""
    found = map(NUMBERED.match, page.read_text(encoding="utf-8").splitlines())
    return [heading[1] for heading in found if heading is not None]


def test_a_citation_is_found_though_its_line_is_broken() -> None:
    assert list(cited("as in pip (docs/pip.md\n        2.9, 3.3), and # docs/uv.md\n# 1 to 4.2.")) == [
        ("pip.md", "2.9"), ("pip.md", "3.3"), ("uv.md", "1"), ("uv.md", "4.2"),
    ]  # fmt: skip


def test_every_section_that_the_code_cites_is_there() -> None:
    code = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "src").rglob("*.py"))]
    citations = {citation for text in code for citation in cited(text)}
    assert {page for page, _ in citations} >= {"pip.md", "uv.md", "solver.md"}
    missing = [
        (page, section)
        for page, section in sorted(citations)
        if not (DOCS / page).exists() or section not in numbered(DOCS / page)
    ]
    assert missing == []


@pytest.mark.parametrize("page", ["pip.md", "uv.md", "solver.md"])
def test_sections_are_numbered_without_a_gap(page: str) -> None:
    numbers = [tuple(map(int, number.split("."))) for number in numbered(DOCS / page)]
    for before, after in zip([(0,), *numbers], numbers, strict=False):
        assert after in {(before[0] + 1,), (*before, 1), (*before[:-1], before[-1] + 1)}


@pytest.mark.parametrize("page", ["pip.md", "uv.md"])
def test_every_test_that_a_rule_names_is_there(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    named = NAMED_TEST.findall(text)
    assert len(named) == text.count("`tests/") - len(re.findall(r"`tests/[\w/]+`", text))
    missing = [(file, test) for file, test in named if test not in defined(ROOT / file)]
    assert missing == []


def defined(file: Path) -> set[str]:
    """The tests of a file; those of a class behind its name. A file that is not there has none."""
    tests: set[str] = set()
    group = ""
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        found = re.match(r"(class|def|    def) (\w+)", line)
        if found is not None and found[1] == "class":
            group = f"{found[2]}::"
        elif found is not None:
            tests.add(f"{group}{found[2]}" if line.startswith(" ") else found[2])
    return tests


@pytest.mark.parametrize("page", ["pip.md", "uv.md"])
def test_every_section_of_rules_names_a_test(page: str) -> None:
    sections = re.split(r"^### ", (DOCS / page).read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    bare = [section.splitlines()[0] for section in sections if not NAMED_TEST.search(section)]
    assert bare == []


@pytest.mark.parametrize(("tool", "defaults"), [("pip", pip.defaults), ("uv", uv.defaults)])
def test_every_switch_is_listed_beside_the_release_that_turns_it(
    tool: str, defaults: Callable[[Policy], dict[str, bool]]
) -> None:
    rows = re.findall(
        r"^\| ([\d., a-z]+) \|.*\| ([`\w, ]+) \|$", (DOCS / f"{tool}.md").read_text("utf-8"), re.MULTILINE
    )

    def turned(release: str) -> set[str]:
        before, after = (defaults(Policy(tool=tool, release=one)) for one in (f"{release}.dev0", release))
        return {switch for switch in after if before[switch] is not after[switch]}

    listed = {
        switch for releases, switches in rows for switch in re.findall(r"`(\w+)`", switches)
        if any(switch in turned(release) for release in re.findall(r"[\d.]+", releases))
    }  # fmt: skip
    in_no_release = {"displaces", *({"reads_whole_requires_python"} if tool == "pip" else ())}  # by which tools differ
    assert listed == defaults(Policy(tool=tool, release="1")).keys() - in_no_release
