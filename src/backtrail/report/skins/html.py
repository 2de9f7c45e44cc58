"""A report as one HTML page that needs nothing but itself: the story first, then every step to walk through.

The page opens from disk and asks no network for anything: its Content-Security-Policy admits its own script and style,
by their hash, and nothing else. Everything that an index or a user wrote is text, in the markup and in the data.
"""

import base64
import hashlib
import json
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from backtrail.model.case import Report
from backtrail.model.run import Run
from backtrail.model.safe_text import shown
from backtrail.report import wording
from backtrail.report.explorer import explorer
from backtrail.report.lanes import course, lanes
from backtrail.report.layout import Story
from backtrail.report.lines import Block, Line, Role, Row, Spans, Table, plain, spans
from backtrail.report.page import Page
from backtrail.report.picture import picture
from backtrail.report.skins.json_document import program_version

_OPEN = 1
"""Stories that are open from the start."""

_DRAWN = 3
"""Stories with a drawing."""


def html(report: Report, page: Page) -> str:
    """The report as a page; ``page`` is the verbose one. The same report gives the same text."""
    style, script = asset("page.css"), asset("page.js")
    data = explorer(report) | {"labels": dict(wording.LABELS)}
    first, rest = page.verdicts[:1], page.verdicts[1:]
    verdict = first[0].spans if first and isinstance(first[0], Line) else spans(wording.title(report))
    labels = {f"label_{name}": escape(text) for name, text in wording.LABELS.items()}
    return Template(asset("page.html")).substitute(
        labels,
        policy=f"default-src 'none'; script-src '{source_hash(script)}'; style-src '{source_hash(style)}'; "
        "base-uri 'none'; form-action 'none'",
        title=escape(shown(wording.title(report))),
        style=style,
        script=script,
        program=escape(f"backtrail {program_version()}"),
        command=escape(shown(wording.command_line(report))),
        verdict=_words(verdict),
        verdicts=markup(rest),
        stories=_stories(report, page),
        environment=markup(wording.environment(report, program_version())),
        forks="".join(map(_forks, report.runs)),
        explorer=_explorer(data),
        details=_folded(wording.LABELS["tables"], "".join(map(markup, page.details))),
        data=encoded(data),
    )


def asset(name: str) -> str:
    """A file that pages are made of."""
    return files("backtrail.report").joinpath("static", name).read_text(encoding="utf-8")


def source_hash(text: str) -> str:
    """The source expression of Content Security Policy 3 (2.3.1) for the text of an element."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def encoded(data: Any) -> str:
    """JSON that can stand in a script element: no character in it means anything to HTML or to a line of a script."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text.encode("utf-8", "backslashreplace").decode()


def _explorer(data: dict[str, Any]) -> str:
    """The template of what the script fills, left out where nothing was solved."""
    if not data["runs"]:
        return ""
    labels = {name: escape(text) for name, text in wording.LABELS.items()}
    omitted = any(run["length"] > len(run["events"]) for run in data["runs"])
    return Template(asset("explorer.html")).substitute(
        labels, omitted_note=f'<p class="about">{labels["omitted"]}</p>' if omitted else ""
    )


# Stories


def _stories(report: Report, page: Page) -> str:
    """Every story, the first open; before them what ``why`` says of the project asked about."""
    split = len(page.body) - len(page.stories)
    found = [f'<article class="story">{markup(block)}</article>' for block in page.body[:split]]
    for place, (story, block) in enumerate(zip(page.stories, page.body[split:], strict=True)):
        body = markup(block[1:]) + (_picture(report, story) if place < _DRAWN else "") + _evidence(report, story)
        head = block[0]
        assert isinstance(head, Line)
        codes = "".join(f'<span class="code">{code}</span>' for code in story.codes)
        level = story.severity.value
        mark = f'<span class="level">{escape(wording.LABELS[level])}</span>'
        summary = f"<summary><h3>{_words(head.spans)}</h3><p>{mark}{codes}</p></summary>"
        opened = " open" if place < _OPEN else ""
        anchor = f"story-{place + 1}"
        found.append(f'<details class="story {level}" id="{anchor}"{opened}>{summary}{body}</details>')
    further = markup(page.further)
    return "".join(found) + (f'<div class="further">{further}</div>' if further else "")


def _picture(report: Report, story: Story) -> str:
    subject = story.lead.subject
    run = next((run for run in report.runs if run.key in story.lead.runs), None)
    if subject is None or run is None:
        return ""
    drawn = picture(run, subject, shown(plain(wording.headline(story.lead, report))))
    if not drawn:
        return ""
    caption = escape(wording.LABELS["picture"])
    return f'<figure><div class="scroll" tabindex="0">{drawn}</div><figcaption>{caption}</figcaption></figure>'


def _forks(run: Run) -> str:
    """The forks of a run as lanes, and what split it; "" where it was not split."""
    if len(run.forks) < 2:
        return ""
    way = course(run)
    drawn = lanes(run, way, wording.LABELS["forks"])
    title = f"<h2>{escape(wording.LABELS['forks'])}</h2>"
    about = f'<p class="about">{escape(wording.LABELS["forks_about"])}</p>'
    figure = f'<figure><div class="scroll" tabindex="0">{drawn}</div></figure>'
    return f'<section class="forks">{title}{about}{figure}{markup(wording.splits(way.splits))}</section>'


def _evidence(report: Report, story: Story) -> str:
    """Pointers into the Case; those into a trail lead to the event."""
    keys = {run.key for run in report.runs}
    found = []
    for pointer in dict.fromkeys(pointer for finding in story.findings for pointer in finding.evidence):
        kind, _, rest = pointer.partition(":")
        text = escape(shown(pointer))
        if kind == "trail" and rest.partition("#")[0] in keys:
            found.append(f'<li><a href="#{text}">{text}</a></li>')
        else:
            found.append(f"<li>{text}</li>")
    if not found:
        return ""
    return f'<div class="evidence"><h4>{escape(wording.LABELS["evidence"])}</h4><ul>{"".join(found)}</ul></div>'


# Blocks


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{body}</details>" if body else ""


def markup(parts: Block) -> str:
    """Lines and tables as markup."""
    return "".join(_line(part) if isinstance(part, Line) else _table(part) for part in parts)


def _line(line: Line) -> str:
    code = f' <span class="code">{escape(line.code)}</span>' if line.code else ""
    tag = "h3" if line.strong else "p"
    return f"<{tag}>{_words(line.spans)}{code}</{tag}>"


def _table(table: Table) -> str:
    titles = "".join(f'<th scope="col">{escape(shown(title))}</th>' for title in table.head)
    head = f"<thead><tr>{titles}</tr></thead>" if any(table.head) else ""
    return f'<div class="scroll"><table>{head}<tbody>{"".join(map(_row, table.rows))}</tbody></table></div>'


def _row(row: Row) -> str:
    cells = "".join(f"<td>{_words(cell)}</td>" for cell in row.cells)
    return f'<tr class="marked">{cells}</tr>' if row.marked else f"<tr>{cells}</tr>"


def _words(words: Spans) -> str:
    return "".join(
        text if span.role is Role.PLAIN else f'<bdi class="{span.role.value}">{text}</bdi>'
        for span in words
        if (text := escape(shown(span.text)))
    )
