"""What the documentation says about each finding: ``docs/findings.md``, of which an installed program has a copy."""

import re
from functools import cache
from importlib.resources import files
from pathlib import Path

from backtrail.explain.catalogue import Row

_LINK = re.compile(r"\[([^]]+)\]\([^)]+\)")


def section(row: Row) -> str:
    """Story, evidence and remedies in Markdown, without its links, which lead nowhere outside of the documentation."""
    _, _, found = _text().partition(f"\n## {row.code} {row.kind}\n")
    return _LINK.sub(r"\1", found.partition("\n## ")[0]).strip()


def page(row: Row) -> str:
    """All about a finding, in Markdown."""
    return f"# {row.code} {row.kind}\n\n{row.title}\n\n**Severity.** {row.graded}.\n\n{section(row)}\n"


@cache
def _text() -> str:
    shipped = files("backtrail.report").joinpath("findings.md")
    in_a_checkout = Path(__file__).parents[3] / "docs" / "findings.md"
    return (shipped if shipped.is_file() else in_a_checkout).read_text(encoding="utf-8")
