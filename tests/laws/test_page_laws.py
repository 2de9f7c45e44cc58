"""The HTML page and the SARIF log show whatever an index or a user wrote as text, and are ruled by none of it."""

import base64
import hashlib
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtrail.model.case import Report
from backtrail.report.page import page
from backtrail.report.skins import sarif
from backtrail.report.skins.html import encoded, html
from backtrail.report.skins.text import picture
from support.reports import everything, seed

ODD = st.sampled_from(
    ["<script>alert(1)</script>", "</script>", "<!--", "-->", "]]>", "&lt;", "&", '"', "'", "<img src=x onerror=a>",
     "javascript:a", "\x1b[31m", "\x00", "\r\n", "\u202e", "\u2028", "\ud800", "${x}", "$style", "{0}", "[x](1)", "é",
     "שלום"]
)  # fmt: skip
HOSTILE = st.lists(st.one_of(ODD, st.text(max_size=8)), min_size=1, max_size=6).map("".join)
VOID = {"meta", "input", "path", "rect", "br"}

few = settings(max_examples=30, deadline=None)


class _Reader(HTMLParser):
    """What a page is made of: its tags with their attributes, and the text of its scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if dict(attrs).get("http-equiv") == "Content-Security-Policy":
            self.policy = dict(attrs)["content"] or ""
        if tag not in VOID:
            self.open.append(tag)
        if tag in self.raw:
            self.raw[tag].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.raw:
            self.raw[self.open[-1]][-1] += data


def read(text: str) -> _Reader:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def written(report: Report) -> str:
    return html(report, page(report, verbose=True))


SHAPES = {(tag, tuple(sorted(attributes))) for tag, attributes in read(written(everything("word"))).tags}


@few
@given(HOSTILE)
def test_no_text_becomes_markup(words: str) -> None:
    text = written(everything(words))
    found = read(text)
    assert {(tag, tuple(sorted(attributes))) for tag, attributes in found.tags} <= SHAPES | {
        ("td", ("colspan",)), ("figure", ()), ("figcaption", ())
    }  # fmt: skip
    assert all(char.isprintable() or char == "\n" for char in text)
    json.loads(found.raw["script"][0])


@few
@given(HOSTILE)
def test_the_page_runs_its_own_script_and_nothing_else(words: str) -> None:
    found = read(written(everything(words)))
    data, script = found.raw["script"]
    assert not re.search("[<>&\u2028\u2029]", data)
    for text in (script, found.raw["style"][0]):
        assert f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in found.policy
    assert found.policy.startswith("default-src 'none'; ")
    assert "unsafe" not in found.policy
    links = [value for _, attributes in found.tags for name, value in attributes.items() if name in {"src", "href"}]
    assert all(value is not None and value.startswith("#") for value in links)
    assert not any(name.startswith("on") or name == "style" for _, attributes in found.tags for name in attributes)


@few
@given(st.recursive(HOSTILE, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(HOSTILE, inner, max_size=3)))
def test_data_in_the_page_means_the_same(value: Any) -> None:
    assert json.loads(encoded(value)) == value


@few
@given(HOSTILE)
def test_a_message_has_neither_links_nor_placeholders(words: str) -> None:
    log = json.loads(sarif.encode(everything(words)))
    for result in log["runs"][0]["results"]:
        text = result["message"]["text"]
        assert "](" not in text
        assert not re.search(r"(?<!\{)(?:\{\{)*\{(?!\{)", text)
        assert all(map(str.isprintable, text))


@pytest.mark.parametrize("report", [seed(), everything("word")])
def test_the_same_report_gives_the_same_files(report: Report) -> None:
    assert written(report) == written(report)
    assert sarif.encode(report) == sarif.encode(report)


@few
@given(HOSTILE)
def test_the_picture_is_xml_and_asks_for_nothing(words: str) -> None:
    drawn = picture(page(everything(words)), "explain-backtrack")
    assert drawn == picture(page(everything(words)), "explain-backtrack")
    root = ET.fromstring(drawn)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    for each in root.iter():
        assert each.tag.partition("}")[2] in {"svg", "style", "defs", "clipPath", "rect", "text", "g", "circle"}
    assert "@import" not in drawn
    assert "url(http" not in drawn
