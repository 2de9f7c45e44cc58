"""Conjunctions that together are a marker, none of them superfluous.

The irredundant sum of products of a decision diagram (Minato and Morreale), with runs of values in place of the two
values of a variable. What uv prints follows from the order of every step here.
"""

from collections.abc import Iterator

from backtrail.resolvers.uv.markers import FALSE, TRUE, Algebra, MarkerSizeError, Node, Variable, overlaid
from backtrail.resolvers.uv.universal.marker_expressions import Conjunction, Run, alternatives, joined

MOST_STEPS, MOST_CONJUNCTIONS = 5_000, 400
"""Steps one marker may take, and conjunctions it may come to; real ones take hundreds and come to a dozen.

Index content is not trusted with exponential work.
"""

_Answer = tuple[Node, tuple[Conjunction, ...]]
_Part = tuple[tuple[Run, ...], Node, Node]
"""A region of the first variable, and the lower and the upper bound of the marker there."""


def cover(algebra: Algebra, node: Node) -> tuple[Conjunction, ...]:
    """The conjunctions of a marker, in uv's order before sorting; raises MarkerSizeError."""
    return _Cover(algebra).between(node, node)[1]


class _Cover:
    """One extraction: between a lower and an upper bound any marker will do."""

    def __init__(self, algebra: Algebra) -> None:
        self._algebra = algebra
        self._known: dict[tuple[Node, Node], _Answer] = {}

    def between(self, lower: Node, upper: Node) -> _Answer:
        """A marker that holds at least where ``lower`` and at most where ``upper`` does, and its conjunctions."""
        if lower is FALSE:
            return FALSE, ()
        if upper is TRUE:
            return TRUE, ((),)
        found = self._known.get((lower, upper))
        if found is None:
            if len(self._known) > MOST_STEPS:
                raise MarkerSizeError
            found = self._known[lower, upper] = self._extracted(lower, upper)
        return found

    def _extracted(self, lower: Node, upper: Node) -> _Answer:
        if lower is upper and all(child.variable is None for _, child in lower.edges):
            assert lower.variable is not None
            holding = next(runs for runs, child, _ in _parts(lower.variable, lower, upper) if child is TRUE)
            return lower, alternatives(lower.variable, holding)
        variable = min(one.variable for one in (lower, upper) if one.variable is not None)
        parts = list(_parts(variable, lower, upper))
        branches, common, shared = self._branches(parts)
        if shared is not FALSE:
            branches[shared] = ((), common)
        conjunctions = tuple(
            (*way, *conjunction)
            for runs, conjunctions in branches.values()
            for way in (alternatives(variable, runs) if runs else ((),))
            for conjunction in conjunctions
        )
        if len(conjunctions) > MOST_CONJUNCTIONS:
            raise MarkerSizeError
        return (lower if lower is upper else self._together(variable, parts, branches)), conjunctions

    def _branches(
        self, parts: list[_Part]
    ) -> tuple[dict[Node, tuple[tuple[Run, ...], tuple[Conjunction, ...]]], tuple[Conjunction, ...], Node]:
        """What each region needs of its own, and what is left for all of them together."""
        algebra = self._algebra
        everywhere, left = TRUE, FALSE
        for _, _, upper in parts:
            everywhere = algebra.plain_both(everywhere, upper)
        branches: dict[Node, tuple[tuple[Run, ...], tuple[Conjunction, ...]]] = {}
        for runs, lower, upper in parts:
            own, conjunctions = self.between(algebra.plain_both(lower, algebra.negate(everywhere)), upper)
            left = algebra.plain_either(left, algebra.plain_both(lower, algebra.negate(own)))
            if own is not FALSE:
                before, kept = branches.get(own, ((), conjunctions))
                branches[own] = joined((*before, *runs)), kept
        shared, common = self.between(left, everywhere)
        return branches, common, shared

    def _together(
        self,
        variable: Variable,
        parts: list[_Part],
        branches: dict[Node, tuple[tuple[Run, ...], tuple[Conjunction, ...]]],
    ) -> Node:
        """The marker that the branches are: no runs, wherever the variable is."""
        algebra = self._algebra
        whole = FALSE
        for function, (runs, _) in branches.items():
            edges = []
            for start, end in sorted((run for part in parts for run in part[0]), key=lambda run: run[0]):
                inside = any(low <= start and (high is None or (end is not None and end <= high)) for low, high in runs)
                edges.append((start, function if inside or not runs else FALSE))
            whole = algebra.plain_either(whole, algebra.node(variable, edges))
        return whole


def _parts(variable: Variable, lower: Node, upper: Node) -> Iterator[_Part]:
    """The regions of a variable that differ in the bounds, in order of first appearance."""
    regions: dict[tuple[Node, Node], list[Run]] = {}
    rows = list(_rows(variable, lower, upper))
    ends = [start for start, _, _ in rows[1:]]
    for (start, low, high), end in zip(rows, [*ends, None], strict=True):
        regions.setdefault((low, high), []).append((start, end))
    for (low, high), runs in regions.items():
        yield joined(runs), low, high


def _rows(variable: Variable, lower: Node, upper: Node) -> Iterator[tuple[object, Node, Node]]:
    if lower.variable == variable == upper.variable:
        yield from overlaid(lower, upper)
    elif lower.variable == variable:
        yield from ((at, child, upper) for at, child in lower.edges)
    else:
        yield from ((at, lower, child) for at, child in upper.edges)
