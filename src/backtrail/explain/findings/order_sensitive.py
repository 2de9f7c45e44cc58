"""BT112: whether the order of the user's lines decides, found by solving them again in other orders."""

from collections.abc import Callable, Iterator, Sequence

import msgspec
from packaging.utils import NormalizedName

from backtrail.explain import catalogue
from backtrail.explain.remedies.budget import Budget
from backtrail.model.finding import Finding, HeldBack, OrderSensitive, TriedOrder
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Run
from backtrail.model.trail import Outcome

Lines = tuple[Requirement, ...]
Moved = dict[str, tuple[str | None, str | None]]

_TELLING = frozenset({Outcome.SOLVED, Outcome.ABORTED, Outcome.IMPOSSIBLE})
"""Outcomes that say something of an order; the others say that it is not known."""

_PATIENCE = 4
"""How many times the rounds of the run another order may take before it counts as not known."""


def order_sensitive(
    run: Run, question: Question, findings: Sequence[Finding], solve: Callable[[Question], Run], budget: Budget
) -> Iterator[Finding]:
    """Solve the lines reversed, rotated and with those of held-back projects first, until an answer differs.

    Then the two lines are looked for whose order matters, by halving the way from the one order to the other. All of it
    is within the budget's spare solves; a run that found nothing certain, or proved that there is nothing, has no order
    to be sensitive to.
    """
    if len(question.requirements) < 2 or run.outcome not in (Outcome.SOLVED, Outcome.ABORTED):
        return
    trial = _Trial(run, question, solve, budget)
    for tried, order in _orders(run, question.requirements, findings):
        other = trial.solve(order)
        if other is None:
            return
        if trial.differs(other):
            yield _finding(run, tried, *trial.narrowed(order, other))
            return


def _orders(run: Run, lines: Lines, findings: Sequence[Finding]) -> Iterator[tuple[TriedOrder, Lines]]:
    seen = {lines}
    half = len(lines) // 2
    held = [one.subject for one in findings if isinstance(one.detail, HeldBack)]
    first = [line for line in lines if line.name in _leading(run, held)]
    orders = (
        (TriedOrder.REVERSED, lines[::-1]),
        (TriedOrder.ROTATED, (*lines[half:], *lines[:half])),
        (TriedOrder.BINDING_FIRST, (*first, *(line for line in lines if line not in first))),
    )
    for tried, order in orders:
        if order not in seen:
            seen.add(order)
            yield tried, order


def _leading(run: Run, names: Sequence[NormalizedName | None]) -> frozenset[str]:
    """These projects and all that ask for them, however far away."""
    found: set[str] = set()
    waiting = [name for name in names if name is not None]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            pin = run.pin(name)
            waiting.extend(asked.by for asked in (pin.requested_by if pin else ()) if asked.by is not None)
    return frozenset(found)


class _Trial:
    """The same lines in other orders, each solved once."""

    def __init__(self, run: Run, question: Question, solve: Callable[[Question], Run], budget: Budget) -> None:
        self._run = run
        self._pins = _pins(run)
        self._question = question
        self._solve = solve
        self._budget = budget
        rounds = _PATIENCE * max(run.counters.rounds, 1)
        limit = question.options.max_rounds
        self._options = msgspec.structs.replace(
            question.options, max_rounds=rounds if limit is None else min(limit, rounds)
        )

    def solve(self, order: Lines) -> Run | None:
        """The run with the lines in an order; None when nothing is left to spend."""
        if not self._budget.spare(self._run):
            return None
        return self._solve(msgspec.structs.replace(self._question, requirements=order, options=self._options))

    def differs(self, other: Run) -> bool:
        return other.outcome in _TELLING and (other.outcome, _pins(other)) != (self._run.outcome, self._pins)

    def moved(self, other: Run) -> Moved:
        new = _pins(other) if other.outcome is Outcome.SOLVED else self._pins
        names = sorted({*self._pins, *new})
        return {name: (self._pins.get(name), new.get(name)) for name in names if self._pins.get(name) != new.get(name)}

    def narrowed(self, order: Lines, other: Run) -> tuple[Lines, Run, tuple[Requirement, Requirement] | None, Moved]:
        """Two neighbours that matter: an order that differs, and that it no longer does with the two changed about.

        The way there goes line by line: first those that the other order begins with, one after the other, then the
        last of them place by place. At each end of it the answer is known, so that halving finds the step.
        """
        lines = self._question.requirements

        def with_first(count: int) -> Lines:
            front = list(order[:count])
            return (*front, *_without(lines, front))

        found = self._halved(with_first, len(order), order, other)
        if found is None:
            return order, other, None, self.moved(other)
        count, changed, other = found
        before = with_first(count - 1)
        line = changed[count - 1]
        place = before.index(line)

        def moved_up(steps: int) -> Lines:
            rest = _without(before, [line])
            return (*rest[: place - steps], line, *rest[place - steps :])

        last = self._halved(moved_up, place - count + 1, changed, other)
        if last is None:
            return changed, other, None, self.moved(other)
        steps, changed, other = last
        return changed, other, (line, changed[place - steps + 1]), self.moved(other)

    def _halved(self, at: Callable[[int], Lines], high: int, order: Lines, other: Run) -> tuple[int, Lines, Run] | None:
        """The first step whose answer differs while the one before it does not; None when the budget ends first."""
        low = 0
        while high - low > 1:
            middle = (low + high) // 2
            between = at(middle)
            run = self.solve(between)
            if run is None or run.outcome not in _TELLING:
                return None
            if self.differs(run):
                high, order, other = middle, between, run
            else:
                low = middle
        return high, order, other


def _without(lines: Lines, taken: Sequence[Requirement]) -> Lines:
    """The lines but for those taken, each as often as it was."""
    left = list(taken)
    found = []
    for line in lines:
        if line in left:
            left.remove(line)
        else:
            found.append(line)
    return tuple(found)


def _pins(run: Run) -> dict[str, str]:
    return {pin.name: pin.version for pin in run.pins} if run.outcome is Outcome.SOLVED else {}


def _finding(
    run: Run,
    tried: TriedOrder,
    order: Lines,
    other: Run,
    pair: tuple[Requirement, Requirement] | None,
    moved: Moved,
) -> Finding:
    """The order that differs, and what it gives."""
    detail = OrderSensitive(
        tried=tried,
        order=tuple(line.text for line in order),
        moved=None if pair is None else (pair[0].text, pair[1].text),
        outcome=other.outcome,
        pins_changed=moved,
    )
    return catalogue.finding(
        runs=(run.key,),
        subject=None,
        detail=detail,
        evidence=(f"trail:{run.key}#{len(run.trail) - 1}", *(f"page:{name}" for name in moved)),
    )
