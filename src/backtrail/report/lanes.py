"""The forks of a universal run as lanes of one timeline: when each was solved, and the split that made it."""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

from backtrail.model.run import Run
from backtrail.model.trail import Outcome, Split
from backtrail.report import wording
from backtrail.report.drawing import cut, frame, words
from backtrail.report.explorer import fork_key

_LABEL, _DOWN, _BAR = 330, 46, 10
_LETTERS = 42  # of a monospaced font of 12 px beside the bars
_APART = 26  # px between two points of the timeline, at least
_WIDE = 520  # px for all events, at least


class Lane(NamedTuple):
    """A fork. ``begins`` and ``ends`` are counted in events of the whole timeline, one fork after the other.

    ``split`` is the place of the split that made it among the splits of the run, None: the run began with it. That
    happened ``at`` a point of the timeline in the fork ``parent``, and as event ``place`` of the fork's own trail.
    """

    fork: Run
    begins: int
    ends: int
    place: int = 0
    split: int | None = None
    parent: int = 0
    at: int = 0


class Course(NamedTuple):
    """The lanes in the order in which they were solved, and the splits in the order in which they happened."""

    lanes: tuple[Lane, ...]
    splits: tuple[Split, ...]


def course(run: Run) -> Course:
    """The timeline of a universal run."""
    lanes: list[Lane] = []
    paths: list[list[tuple[int, Split]]] = []
    splits: dict[tuple[int, int], Split] = {}
    for fork in run.forks:
        path = [(place, event) for place, event in enumerate(fork.trail) if isinstance(event, Split)]
        begins = lanes[-1].ends if lanes else 0
        parent = _parent(paths, path)
        if parent is None:
            lanes.append(Lane(fork, begins, begins + len(fork.trail)))
        else:
            place, event = path[_common(paths[parent], path)]
            at = lanes[parent].begins + place - lanes[parent].place
            splits.setdefault((parent, place), event)
            lanes.append(Lane(fork, begins, begins + len(fork.trail) - place, place, 0, parent, at))
        paths.append(path)
    order = sorted(splits, key=lambda one: (lanes[one[0]].begins + one[1] - lanes[one[0]].place))
    numbered = (
        lane if lane.split is None else lane._replace(split=order.index((lane.parent, lane.place))) for lane in lanes
    )
    return Course(tuple(numbered), tuple(splits[one] for one in order))


def _parent(paths: Sequence[list[tuple[int, Split]]], path: list[tuple[int, Split]]) -> int | None:
    """The first fork that went the longest way together with one; None where none did."""
    if not path:
        return None
    shared = [_common(other, path) if _parts(other, path) else -1 for other in paths]
    longest = max(shared, default=-1)
    return None if longest < 0 else shared.index(longest)


def _common(one: list[tuple[int, Split]], other: list[tuple[int, Split]]) -> int:
    """How many splits two forks went through on the same side."""
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _parts(one: list[tuple[int, Split]], other: list[tuple[int, Split]]) -> bool:
    """Whether the first split that two forks do not share is one, with each of them on another side."""
    at = _common(one, other)
    if at >= min(len(one), len(other)):
        return False
    (place, mine), (same, theirs) = one[at], other[at]
    return place == same and (mine.package, mine.version, mine.markers) == (
        theirs.package, theirs.version, theirs.markers
    )  # fmt: skip


def lanes(run: Run, way: Course, label: str) -> str:
    """An SVG drawing of the timeline of a run. All text in it is escaped; each lane leads to its own events."""
    across = _scale(way)
    width, height = across[max(across)] + 12, len(way.lanes) * _DOWN + 4
    rows = (_row(run, number, lane, across) for number, lane in enumerate(way.lanes))
    joints = (joint for number, lane in enumerate(way.lanes) for joint in _joint(number, lane, across))
    marks = {lane.split: (lane.parent, lane.at) for lane in way.lanes if lane.split is not None}
    numbers = (_mark(across[at], parent, split) for split, (parent, at) in sorted(marks.items()))
    return frame("".join((*joints, *rows, *numbers)), width, height, label, kind="lanes")


def _scale(way: Course) -> dict[int, int]:
    """By point of the timeline, its place from the left: as many events, as far apart, but never too near."""
    points = sorted({0, *(point for lane in way.lanes for point in (lane.begins, lane.ends, lane.at))})
    step = _WIDE / max(points[-1], 1)
    found = {points[0]: float(_LABEL)}
    for before, point in pairwise(points):
        found[point] = found[before] + max(_APART, (point - before) * step)
    return {point: round(left) for point, left in found.items()}


def _middle(number: int) -> int:
    return number * _DOWN + _DOWN // 2


def _row(run: Run, number: int, lane: Lane, across: dict[int, int]) -> str:
    left, right, middle = across[lane.begins], across[lane.ends], _middle(number)
    title, note = words(wording.lane(number, lane.fork)), words(wording.lane_note(lane.fork, run))
    kind = "solved" if lane.fork.outcome is Outcome.SOLVED else "unsolved"
    target = escape(f"#trail:{fork_key(run, number)}#{lane.place}")
    return (
        f'<a class="lane {kind}" href="{target}"><title>{escape(f"{title}: {note}")}</title>'
        f'<text x="4" y="{middle - 3}">{escape(cut(title, _LETTERS))}</text>'
        f'<text class="note" x="4" y="{middle + 13}">{escape(cut(note, _LETTERS))}</text>'
        f'<rect x="{left}" y="{middle - _BAR // 2}" width="{max(right - left, 2)}" height="{_BAR}" rx="3"/></a>'
    )


def _joint(number: int, lane: Lane, across: dict[int, int]) -> Iterator[str]:
    """From the split down to the lane, and along it until the fork was its turn."""
    if lane.split is not None:
        left, top, middle = across[lane.at], _middle(lane.parent), _middle(number)
        yield f'<path class="line split" d="M{left} {top}V{middle}H{across[lane.begins]}"/>'


def _mark(left: int, parent: int, split: int) -> str:
    """The number of a split, where it happened."""
    middle = _middle(parent)
    return (
        f'<circle class="split" cx="{left}" cy="{middle}" r="9"/>'
        f'<text class="split" x="{left}" y="{middle + 4}">{split + 1}</text>'
    )
