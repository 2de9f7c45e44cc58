"""What the drawings of the HTML page have in common: the frame, and words as plain text in it."""

from html import escape

from backtrail.model.safe_text import shown
from backtrail.report.lines import Spans, plain, spans


def frame(inside: str, width: int, height: int, label: str, *, kind: str = "") -> str:
    """An SVG drawing of its own size in pixels; ``inside`` is escaped already, ``kind`` a class of the style sheet."""
    named = f'class="{kind}" ' if kind else ""
    return (
        f'<svg {named}viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(label)}">{inside}</svg>'
    )


def words(text: Spans | str) -> str:
    """Words as a page may show them, not yet escaped."""
    return shown(plain(spans(text)))


def cut(text: str, letters: int) -> str:
    """The beginning of a text where there is no room for more letters."""
    safe = shown(text)
    return safe if len(safe) <= letters else safe[: letters - 1] + "…"
