"""Whatever an index or a user wrote, a report shows it and is not ruled by it."""

import io
import json
import re
import shlex

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from rich.cells import cell_len
from rich.console import Console

from backtrail.model.case import Report
from backtrail.model.safe_text import visible
from backtrail.report.page import page
from backtrail.report.schema import schema
from backtrail.report.skins import sarif
from backtrail.report.skins.html import html
from backtrail.report.skins.json_document import document, encode
from backtrail.report.skins.markdown import markdown
from backtrail.report.skins.text import show, text
from backtrail.report.wording.words import shell
from support.reports import everything, seed

ODD = st.sampled_from(
    ["|", "`", "``", "\\", "@all", "#1", "<img src=x>", "</code>", "\x1b[31m", "\x07", "\r\n", "\u202e", "\u2028",
     "[bold]", "[/]", "](x)", "https://a.example", "www.a.example", "**", "_", "名前", "é", " ", "-", "1.0", "\ud800"]
)  # fmt: skip
HOSTILE = st.lists(st.one_of(ODD, st.text(max_size=8)), min_size=1, max_size=6).map("".join)
VALIDATOR = Draft202012Validator(schema())

few = settings(max_examples=40, deadline=None)


def _printable(line: str) -> bool:
    return line.isprintable()


@few
@given(HOSTILE, st.booleans())
def test_piped_text_has_no_control_characters(words: str, verbose: bool) -> None:
    shown = text(page(everything(words), verbose=verbose))
    assert all(map(_printable, shown.split("\n")))


@few
@given(HOSTILE, st.integers(60, 200), st.booleans())
def test_no_line_is_wider_than_the_terminal(words: str, width: int, verbose: bool) -> None:
    out = io.StringIO()
    show(page(everything(words), verbose=verbose), Console(file=out, width=width, color_system=None))
    for line in out.getvalue().split("\n"):
        assert _printable(line)
        assert cell_len(line) <= width


@few
@given(HOSTILE)
def test_markdown_is_not_ruled_by_what_it_quotes(words: str) -> None:
    report = everything(words)
    shown = markdown(report, page(report), page(report, verbose=True))
    assert all(map(_printable, shown.replace("\u200b", "").split("\n")))
    outside, fence = [], False
    for line in shown.split("\n"):
        if line.startswith("```"):
            fence = not fence
        elif not fence:
            outside.append(line)
    assert not fence
    columns = 0
    for line in outside:
        if line.startswith("|"):
            bars = len(re.findall(r"(?<!\\)(?:\\\\)*\|", line))
            assert columns in {0, bars}
            columns = bars
        else:
            columns = 0
        words_only = re.sub(
            r"\\[!-/:-@\[-`{-~]|<code>[^<]*</code>|`[^`]*`|<!-- (?:written by backtrail )?-->|</?(?:details|summary)>",
            "\0",
            line,
        )
        assert "<" not in words_only
        assert "`" not in words_only
        assert not re.search(r"@\w|#\d|://|www\.", words_only)


@few
@given(HOSTILE)
def test_the_document_keeps_to_its_schema_and_is_the_same_twice(words: str) -> None:
    report = everything(words)
    encoded = encode(report)
    VALIDATOR.validate(json.loads(encoded))
    assert encode(report) == encoded


@pytest.mark.parametrize("report", [seed(), everything("https://somebody:hunter2@index.example/x")])
def test_no_form_of_the_report_tells_a_password(report: Report) -> None:
    forms = (
        text(page(report, verbose=True)),
        markdown(report, page(report), page(report, verbose=True)),
        encode(report).decode(),
    )
    for form in forms:
        assert "hunter2" not in form
        assert "secret" not in form


def commands(written: str) -> list[str]:
    """The lines that a runner of GitHub workflows takes for commands to it: ``::name::``, or ``##[name]`` anywhere."""
    return [line for line in written.splitlines() if line.lstrip().startswith("::") or "##[" in line]


@few
@example(["\u2028", "::error::x"])
@given(
    st.lists(st.one_of(ODD, st.sampled_from(["::error::x", "::set-output name=a::b", "##[error]x", "\n"])), min_size=1)
)
def test_no_form_of_the_report_commands_a_workflow(pieces: list[str]) -> None:
    report = everything("".join(pieces))
    full = page(report, verbose=True)
    forms = {
        "text": text(full),
        "markdown": markdown(report, page(report), full),
        "html": html(report, full),
        "json": encode(report).decode(),
        "sarif": sarif.encode(report).decode(),
    }
    assert [line for form in forms.values() for line in commands(form)] == []
    assert json.loads(forms["json"]) == document(report) or "\ud800" in "".join(pieces)


@given(
    st.lists(
        st.sampled_from(["$(touch x)", "`x`", ";", "&&", "|", "'", '"', "\\", "\n", " ", "*", "~", "!", "#", "-x"])
    )
)
def test_a_command_to_paste_is_the_words_that_were_meant(pieces: list[str]) -> None:
    word = "".join(pieces)
    line = shell(["backtrail", "why", word])
    assert "\n" not in line
    assert shlex.split(line) == ["backtrail", "why", visible(word)]


def test_the_terminal_shows_markup_as_it_is_written() -> None:
    out = io.StringIO()
    show(page(everything("[red]x[/red]")), Console(file=out, width=200, force_terminal=True, color_system=None))
    assert "[red]x[/red]" in out.getvalue()
