"""The candidates around one decision, drawn: who asks, the project, its versions, and what the refused ones met."""

from dataclasses import dataclass
from html import escape

from packaging.utils import NormalizedName

from backtrail.explain.evidence.refusals import History
from backtrail.model.run import Run
from backtrail.model.safe_text import shown
from backtrail.report import wording
from backtrail.report.drawing import cut, frame, words
from backtrail.report.explorer import askers, refusals

_WIDE, _HIGH, _ACROSS, _DOWN = 210, 46, 54, 12
_LETTERS = 25  # of a monospaced font of 12 px in a box
_SHOWN = 5  # boxes in a column, besides the one that counts the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class _Box:
    kind: str
    title: str
    note: str = ""


def picture(run: Run, name: NormalizedName, label: str) -> str:
    """An SVG drawing, "" where there is nothing to see but the project itself. All text in it is escaped."""
    pin = run.pin(name)
    groups = refusals(History(run).refused(name))
    asks = askers(run, name)
    if not asks and not groups:
        return ""
    asking = [_Box(kind="asker", title=words(wording.who(one)), note=one.requirement.text) for one in asks[:_SHOWN]]
    if len(asks) > _SHOWN:
        asking.append(_Box(kind="more", title=words(wording.others(len(asks) - _SHOWN))))
    project = _Box(kind="project", title=name, note=words(wording.tried(len(run.attempts.get(name, ())))))
    candidates = [
        _Box(kind="refused", title=words(wording.releases(name, group.versions)),
             note=words(wording.each_refused(name, group)))
        for group in groups[:_SHOWN]
    ]  # fmt: skip
    if len(groups) > _SHOWN:
        candidates.append(_Box(kind="more", title=words(wording.others(len(groups) - _SHOWN))))
    if pin is not None:
        note = shown(pin.file.filename) if pin.file else ""
        candidates.append(_Box(kind="chosen", title=words(wording.release(name, pin.version)), note=note))
    met: list[tuple[NormalizedName, str]] = []
    against: list[tuple[int, int]] = []
    for place, group in enumerate(groups[:_SHOWN]):
        if group.on is not None and group.version is not None:
            other = group.on, group.version
            if other not in met:
                met.append(other)
            against.append((place, met.index(other)))
    others = [_Box(kind="other", title=words(wording.release(*one))) for one in met]
    columns = [column for column in (asking, [project], candidates, others) if column]
    return _drawn(columns, against if others else [], label)


def _drawn(columns: list[list[_Box]], against: list[tuple[int, int]], label: str) -> str:
    rows = max(map(len, columns))
    height = rows * (_HIGH + _DOWN) - _DOWN + 4
    width = len(columns) * (_WIDE + _ACROSS) - _ACROSS + 4
    boxes: list[str] = []
    lines: list[str] = []
    for at, column in enumerate(columns):
        for place, box in enumerate(column):
            boxes.append(_box(box, *_corner(at, place, len(column), height)))
    for at in range(len(columns) - 1):
        left, right = columns[at], columns[at + 1]
        last = at == len(columns) - 2 and bool(against)
        pairs = against if last else [(one, other) for one in range(len(left)) for other in range(len(right))]
        for one, other in pairs:
            kind = right[other].kind if not last else "against"
            start, end = _corner(at, one, len(left), height), _corner(at + 1, other, len(right), height)
            lines.append(_line(kind, start, end))
    return frame("".join((*lines, *boxes)), width, height, label)


def _corner(column: int, place: int, of: int, height: int) -> tuple[int, int]:
    tall = of * (_HIGH + _DOWN) - _DOWN
    return 2 + column * (_WIDE + _ACROSS), (height - tall) // 2 + place * (_HIGH + _DOWN)


def _box(box: _Box, left: int, top: int) -> str:
    full = escape(shown(f"{box.title}: {box.note}" if box.note else box.title))
    middle = 20 if box.note else 28
    note = f'<text class="note" x="12" y="36">{escape(cut(box.note, _LETTERS))}</text>' if box.note else ""
    return (
        f'<svg class="box {box.kind}" x="{left}" y="{top}" width="{_WIDE}" height="{_HIGH}"><title>{full}</title>'
        f'<rect x="1" y="1" width="{_WIDE - 2}" height="{_HIGH - 2}" rx="6"/>'
        f'<text x="12" y="{middle}">{escape(cut(box.title, _LETTERS))}</text>{note}</svg>'
    )


def _line(kind: str, start: tuple[int, int], end: tuple[int, int]) -> str:
    x1, y1, x2, y2 = start[0] + _WIDE, start[1] + _HIGH // 2, end[0], end[1] + _HIGH // 2
    half = (x1 + x2) // 2
    return f'<path class="line {kind}" d="M{x1} {y1}C{half} {y1} {half} {y2} {x2} {y2}"/>'
