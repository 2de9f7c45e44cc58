"""Neutral paragraphs: lines and tables of marked words, before they become text or Markdown."""

from dataclasses import dataclass
from enum import Enum


class Role(str, Enum):
    """What a word is. Everything that an index or a user wrote has a role other than ``PLAIN``."""

    PLAIN = "plain"
    PACKAGE = "package"
    VERSION = "version"
    SPECIFIER = "specifier"
    FILE = "file"
    COMMAND = "command"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True)
class Span:
    """Some words of one role; the text is as it was read, not yet safe to show."""

    text: str
    role: Role = Role.PLAIN


Spans = tuple[Span, ...]
Part = str | Span | Spans


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line. ``code`` stands at the right margin; ``indent`` counts columns; ``strong`` marks a headline."""

    spans: Spans
    indent: int = 0
    code: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a table; ``marked``: the one the story is about."""

    cells: tuple[Spans, ...]
    marked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows whose columns are aligned. ``head`` names the columns; text shows it only if ``headed``."""

    head: tuple[str, ...]
    rows: tuple[Row, ...]
    indent: int = 0
    headed: bool = False


Block = tuple[Line | Table, ...]


def spans(*parts: Part) -> Spans:
    """Words put together; a plain ``str`` is a word of ours."""
    found: list[Span] = []
    for part in parts:
        if isinstance(part, Span):
            found.append(part)
        elif isinstance(part, str):
            if part:
                found.append(Span(part))
        else:
            found.extend(part)
    return tuple(found)


def line(*parts: Part, indent: int = 0, code: str = "", strong: bool = False) -> Line:
    """A line of words."""
    return Line(spans=spans(*parts), indent=indent, code=code, strong=strong)


def row(*cells: Part, marked: bool = False) -> Row:
    """A row of cells."""
    return Row(cells=tuple(spans(cell) for cell in cells), marked=marked)


def plain(words: Spans) -> str:
    """The words as one string."""
    return "".join(span.text for span in words)


def height(block: Block) -> int:
    """How many lines the block takes before any is wrapped."""
    return sum(1 if isinstance(part, Line) else len(part.rows) + part.headed for part in block)
