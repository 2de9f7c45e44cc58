"""A page as text: as it is for pipes and files, wrapped and coloured for a terminal, and as a picture of that."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from backtrail.model.safe_text import shown
from backtrail.report.lines import Block, Line, Role, Row, Span, Spans, Table, plain, spans
from backtrail.report.page import Page

if TYPE_CHECKING:
    from rich.console import Console

MARGIN = 112
"""The column at which a code stands in text that is not wrapped."""

_GAP = "  "
_NARROWEST = 20  # columns a wrapped cell needs to be read as a column

_STYLES = {
    Role.PLAIN: "",
    Role.PACKAGE: "bold",
    Role.VERSION: "cyan",
    Role.SPECIFIER: "yellow",
    Role.FILE: "",
    Role.COMMAND: "green",
    Role.QUOTE: "italic",
}

Measure = Callable[[str], int]


def text(page: Page) -> str:
    """The page for a pipe or a file: one line a fact, however long; no colour."""
    lines = _lay_out(page, None, len)
    return "".join(f"{plain(words)}\n" for words, _ in lines)


def show(page: Page, console: "Console") -> None:
    """Print the page on a terminal: no line is wider than it, and colour only adds to what the words say."""
    from rich.cells import cell_len
    from rich.text import Text

    write = partial(console.print, soft_wrap=True, highlight=False, markup=False, emoji=False)
    for words, strong in _lay_out(page, console.width, cell_len):
        shown = Text(style="bold" if strong else "")
        for span in words:
            shown.append(span.text, style=_STYLES[span.role])
        write(shown)


def picture(page: Page, title: str, width: int = 110) -> str:
    """The page as a terminal of so many columns shows it, as SVG. It asks for no font from the network."""
    import io

    from rich.console import Console

    console = Console(file=io.StringIO(), record=True, width=width, color_system="truecolor", legacy_windows=False)
    show(page, console)
    drawn = console.export_svg(title=title, unique_id="backtrail")
    return re.sub(r"\s*@font-face \{.*?\}", "", drawn, flags=re.DOTALL)


def _lay_out(page: Page, width: int | None, measure: Measure) -> Iterator[tuple[Spans, bool]]:
    for place, block in enumerate(page.blocks):
        if place:
            yield (), False
        yield from _block(block, width, measure)


def _block(block: Block, width: int | None, measure: Measure) -> Iterator[tuple[Spans, bool]]:
    for part in block:
        if isinstance(part, Line):
            for words in _line(part, width, measure):
                yield words, part.strong
        else:
            for words in _table(part, width, measure):
                yield words, False


def _safe(words: Spans) -> Spans:
    return tuple(Span(shown(span.text), span.role) for span in words)


def _line(part: Line, width: int | None, measure: Measure) -> list[Spans]:
    words = _safe(part.spans)
    pad = " " * part.indent
    if width is None:
        gap = " " * max(2, MARGIN - part.indent - measure(plain(words))) if part.code else ""
        return [spans(pad, words, gap, part.code)]
    reserved = len(part.code) + 2 if part.code else 0
    room = max(width - part.indent - reserved - 2, 1)  # what runs over hangs by two columns
    first, *rest = wrap(words, room, measure)
    used = part.indent + measure(plain(first))
    gap = " " * max(0, width - used - len(part.code)) if part.code else ""
    return [spans(pad, first, gap, part.code), *(spans(pad, "  ", more) for more in rest)]


def _table(table: Table, width: int | None, measure: Measure) -> Iterator[Spans]:
    head = (Row(cells=tuple(spans(title) for title in table.head)),) if table.headed else ()
    rows = [tuple(_safe(cell) for cell in row.cells) for row in (*head, *table.rows)]
    marks = [row.marked for row in (*head, *table.rows)]
    columns = max(map(len, rows), default=0)
    wide = [max((measure(plain(row[at])) for row in rows if at < len(row)), default=0) for at in range(columns)]
    before = sum(wide[:-1]) + len(_GAP) * (columns - 1)
    for row, marked in zip(rows, marks, strict=True):
        pad = " " * max(0, table.indent - 2) + ("* " if marked else "  "[: table.indent])
        if width is None:
            yield from _aligned(row, wide, pad, None, measure)
        elif width - table.indent - before >= min(_NARROWEST, wide[-1]):
            yield from _aligned(row, wide, pad, width - table.indent - before, measure)
        else:
            yield from _stacked(row, pad, width, measure)


def _aligned(row: tuple[Spans, ...], wide: list[int], pad: str, room: int | None, measure: Measure) -> Iterator[Spans]:
    *cells, last = row
    tails = [last] if room is None else wrap(last, max(room, 1), measure)
    lead: list[Spans] = []
    for cell, columns in zip(cells, wide, strict=False):
        lead.append(spans(cell, " " * (columns - measure(plain(cell))), _GAP))
    yield _stripped(spans(pad, *lead, tails[0]))
    hanging = " " * (len(pad) + sum(wide[: len(cells)]) + len(_GAP) * len(cells))
    yield from (spans(hanging, tail) for tail in tails[1:])


def _stacked(row: tuple[Spans, ...], pad: str, width: int, measure: Measure) -> Iterator[Spans]:
    for at, cell in enumerate(row):
        deeper = pad if at == 0 else " " * (len(pad) + 2)
        for place, words in enumerate(wrap(cell, max(width - len(deeper), 1), measure)):
            yield spans(deeper if place == 0 else " " * len(deeper), words)


def _stripped(words: Spans) -> Spans:
    """Without trailing blanks, which an empty last cell leaves."""
    found = list(words)
    while found and not found[-1].text.strip():
        found.pop()
    return tuple(found)


def wrap(words: Spans, width: int, measure: Measure) -> list[Spans]:
    """Break words over lines of at most ``width`` columns; a word longer than that is cut. At least one line."""
    lines: list[list[Span]] = [[]]
    for word in _words(words):
        last = lines[-1][-1].role if lines[-1] else None
        blank = () if last is None else (Span(" ", last if last is word[0].role else Role.PLAIN),)
        if measure(plain((*lines[-1], *blank, *word))) <= width:
            lines[-1].extend((*blank, *word))
            continue
        if lines[-1]:
            lines.append([])
        for char, role in ((char, span.role) for span in word for char in span.text):
            if lines[-1] and measure(plain(tuple(lines[-1])) + char) > width:
                lines.append([])
            lines[-1].append(Span(char, role))
    return [_joined(one) for one in lines]


def _words(words: Spans) -> Iterator[Spans]:
    current: list[Span] = []
    for span in words:
        first, *rest = span.text.split(" ")
        current.append(Span(first, span.role))
        for piece in rest:
            if plain(tuple(current)):
                yield tuple(current)
            current = [Span(piece, span.role)]
    if plain(tuple(current)):
        yield tuple(current)


def _joined(words: list[Span]) -> Spans:
    """Neighbours of one role put together."""
    found: list[Span] = []
    for span in words:
        if found and found[-1].role is span.role:
            found[-1] = Span(found[-1].text + span.text, span.role)
        elif span.text:
            found.append(span)
    return tuple(found)
