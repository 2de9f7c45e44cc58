"""A page as Markdown for an issue form: summary, command, environment, the finding; the rest folded away."""

import re

from backtrail.model.case import Report
from backtrail.model.marks import MARK
from backtrail.model.safe_text import shown
from backtrail.report import wording
from backtrail.report.lines import Block, Line, Role, Row, Spans, Table, spans
from backtrail.report.page import Page
from backtrail.report.skins.json_document import program_version

_MARKUP = re.compile(r"([\\`*_{}\[\]<>|~$])")
# Cells of a table and code spans disagree about backslashes and bars; an entity means itself in both.
_HARD = re.compile(r"[`|\\]")
# GitHub turns these into mentions, references and links, but does not look across a comment.
_LINKED = re.compile(r"@|#|://|www\.", re.IGNORECASE)


def markdown(report: Report, short: Page, full: Page) -> str:
    """The report to paste into an issue (GitHub Flavored Markdown). No text from an index is taken as markup."""
    parts = [
        *(paragraphs(short.verdicts)),
        f"**{wording.COMMAND}**\n",
        f"```\n{_fenced(wording.command_line(report))}\n```\n",
        *(part for block in short.body for part in paragraphs(block)),
        *paragraphs(short.further),
        *_folded(wording.ENVIRONMENT, paragraphs(wording.environment(report, program_version()))),
        *_folded(wording.EVERYTHING, [part for block in (*full.body, *full.details) for part in paragraphs(block)]),
        mark(),
    ]
    return "\n".join(parts)


def mark() -> str:
    """The line by which a written file is known to be ours; a reader does not see it."""
    return f"<!-- {MARK} -->\n"


def _folded(title: str, parts: list[str]) -> list[str]:
    return [f"<details><summary>{title}</summary>\n", *parts, "</details>\n"] if parts else []


def _fenced(text: str) -> str:
    """Text inside a fence: it must not close it."""
    return shown(text).replace("```", "`\u200b``")


def paragraphs(block: Block) -> list[str]:
    """A block as Markdown: headlines stand alone, facts are a list, tables are tables."""
    parts: list[str] = []
    bullets: list[str] = []
    for part in block:
        if isinstance(part, Line) and not part.strong:
            bullets.append(f"- {_words(part.spans)}{_code(part)}")
            continue
        if bullets:
            parts.append("\n".join(bullets) + "\n")
            bullets = []
        parts.append(f"**{_words(part.spans)}**{_code(part)}\n" if isinstance(part, Line) else _table(part))
    if bullets:
        parts.append("\n".join(bullets) + "\n")
    return parts


def _code(part: Line) -> str:
    return f" ({part.code})" if part.code else ""


def _table(table: Table) -> str:
    head = Row(cells=tuple(spans(title) for title in table.head))
    columns = max(len(row.cells) for row in (head, *table.rows))
    lines = [_row(head, columns), "|" + " --- |" * columns, *(_row(row, columns) for row in table.rows)]
    return "\n".join(lines) + "\n"


def _row(row: Row, columns: int) -> str:
    cells = [_words(cell) for cell in row.cells]
    if row.marked:
        cells = [f"**{cell}**" if cell else "" for cell in cells]
    return "| " + " | ".join((*cells, *[""] * (columns - len(cells)))) + " |"


def _words(words: Spans) -> str:
    return "".join(escape(span.text) if span.role in {Role.PLAIN, Role.PACKAGE} else code(span.text) for span in words)


def code(text: str) -> str:
    """Text as inline code, whatever is in it."""
    safe = shown(text)
    if not safe.strip():
        return ""
    if _HARD.search(safe):
        entities = "".join(char if char.isalnum() or char == " " else f"&#{ord(char)};" for char in safe)
        return f"<code>{entities}</code>"
    return f"`{safe}`"


def escape(text: str) -> str:
    """Text as plain words: no markup, mention, reference or link."""
    safe = _MARKUP.sub(r"\\\1", shown(text).replace("&", "&amp;"))
    return _LINKED.sub(lambda found: f"{found[0][0]}<!-- -->{found[0][1:]}", safe)
