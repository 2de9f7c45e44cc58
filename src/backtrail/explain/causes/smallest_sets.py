"""The smallest sets of the user's own lines that cannot all be met, found by leaving lines out and solving again."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from backtrail.explain.causes.lifting import with_lists
from backtrail.explain.remedies.budget import Budget
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Run
from backtrail.model.trail import Conflicted, Outcome, Rejected, Required

Solve = Callable[[Question], Run]

MOST = 12
"""Independent conflicts looked for."""

_ALONE = 6
"""Suspects that are solved one by one first: a line that nothing meets alone is in conflict with nothing."""


class Line(NamedTuple):
    """A requirement of the user's, or a constraint. Lines that say the same in one place are one."""

    requirement: Requirement
    constraint: bool


class Smallest(NamedTuple):
    """Lines, in the user's order, without an answer, and the run that says so.

    ``minimal``: without each of them in turn there is one, by solving, and each of them alone can be met.
    """

    lines: tuple[Line, ...]
    minimal: bool
    run: Run


def own_lines(question: Question) -> tuple[Line, ...]:
    """What the user could leave out, in order; overrides stay."""
    lines = [Line(one, constraint=False) for one in question.requirements]
    return tuple(dict.fromkeys([*lines, *(Line(one, constraint=True) for one in question.constraints)]))


def only(question: Question, lines: Iterable[Line]) -> Question:
    """The question with these lines alone, in the user's order."""
    kept = set(lines)

    def left(listed: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
        return tuple(one for one in listed if Line(one, constraint=False) in kept)

    return msgspec.structs.replace(
        with_lists(question, left),
        constraints=tuple(one for one in question.constraints if Line(one, constraint=True) in kept),
    )


def proof_of(run: Run) -> frozenset[int]:
    """Every statement that the last one follows from, itself included (PubGrub)."""
    seen: set[int] = set()
    waiting = [] if run.terminal is None else [run.terminal]
    while waiting:
        number = waiting.pop()
        if number not in seen and number in run.incompatibilities:
            seen.add(number)
            waiting.extend(run.incompatibilities[number].causes or ())
    return frozenset(seen)


def grounds(run: Run) -> tuple[Required, ...]:
    """The requirements that the end of a run follows from, as they came into force.

    By the proof where there is one. pip leaves none: then by the last dead end, with all that led to those who met
    there; more may have been needed.
    """
    required = {event.id: event for event in run.trail if isinstance(event, Required)}
    if run.terminal is not None:
        needed = {number for one in proof_of(run) for number in run.incompatibilities[one].requirements}
        return tuple(required[number] for number in sorted(needed) if number in required)
    last = next(
        (
            event.requirements
            for event in reversed(run.trail)
            if isinstance(event, (Conflicted, Rejected)) and event.requirements
        ),
        (),
    )
    found = set(last)
    waiting = [required[number].by for number in last if number in required]
    while waiting:
        name = waiting.pop()
        if name is None:
            continue
        for event in required.values():
            if event.requirement.name == name and event.id not in found:
                found.add(event.id)
                waiting.append(event.by)
    pairs = {(required[number].by, required[number].requirement.name) for number in found if number in required}
    return tuple(event for event in required.values() if (event.by, event.requirement.name) in pairs)


def is_own(event: Required) -> bool:
    """Whether the user says so: a root requirement, or a constraint on what somebody else asks for."""
    return event.by is None or event.constraint


def meaning(requirement: Requirement) -> object:
    """What a requirement asks for, however it is written."""
    clauses = frozenset(requirement.specifier.split(","))
    return clauses, requirement.extras, requirement.marker, requirement.url


_LINES = 50_000
"""Lines of all questions that are solved to find further conflicts: of 5000 lines all are counted, of 49,999 two."""


class Search:
    """Solves with fewer lines, each set once, as long as the budget lasts."""

    def __init__(self, run: Run, question: Question, solve: Solve, budget: Budget) -> None:
        """``run`` is the answer to the whole question; ``solve`` answers a smaller one."""
        self._question = question
        self._solve = solve
        self._budget = budget
        self._lines = own_lines(question)
        self._runs = {frozenset(self._lines): run}

    def conflicts(self, most: int = MOST) -> Iterator[Smallest]:
        """Independent conflicts: the next is looked for without the line of the last that demands least."""
        left = frozenset(self._lines)
        for number in range(most):
            if not left or number * len(left) > _LINES:
                return
            run = self._run(left)
            if run is None or run.outcome is not Outcome.IMPOSSIBLE:
                return
            found = self._smallest(left, run)
            yield found
            left -= {_slightest(found.lines)}

    def without_answer(self, lines: frozenset[Line]) -> bool | None:
        """Whether solving these lines alone ends without an answer; None: not known, or the budget is out."""
        if not lines:
            return False
        run = self._run(lines)
        if run is None or run.outcome not in (Outcome.SOLVED, Outcome.IMPOSSIBLE):
            return None
        return run.outcome is Outcome.IMPOSSIBLE

    def _run(self, lines: frozenset[Line]) -> Run | None:
        if lines not in self._runs:
            if not self._budget.spend():
                return None
            self._runs[lines] = self._solve(only(self._question, lines))
        return self._runs[lines]

    def _blamed(self, run: Run, among: frozenset[Line]) -> frozenset[Line]:
        workspace = self._question.universal.workspace
        local = frozenset(member.name for member in workspace.members) if workspace else frozenset()
        own = (one for one in grounds(run) if is_own(one) or one.by in local)
        texts = {(one.requirement.text, one.requirement.origin, one.constraint) for one in own}
        return frozenset(
            one for one in among if (one.requirement.text, one.requirement.origin, one.constraint) in texts
        )

    def _smallest(self, lines: frozenset[Line], run: Run) -> Smallest:
        current, current_run = lines, run
        blamed = self._blamed(run, lines)
        if blamed and blamed != lines:
            narrowed = self._run(blamed)
            if narrowed is not None and narrowed.outcome is Outcome.IMPOSSIBLE:
                current, current_run = blamed, narrowed
            elif narrowed is None:
                current = blamed  # the proof speaks of no other line, and the last dead end of none that matters more
        for one in self._ordered(current) if 1 < len(current) <= _ALONE else ():
            alone = frozenset({one})
            if self.without_answer(alone):
                return Smallest((one,), minimal=True, run=self._runs[alone])
        current, current_run = self._shrunk(current, current_run)
        proved = all(self.without_answer(current - {one}) is False for one in self._ordered(current))
        return Smallest(self._in_order(current), proved, current_run)

    def _shrunk(self, current: frozenset[Line], run: Run) -> tuple[frozenset[Line], Run]:
        """Leave out what can be left out: first by halves, at last line by line; lines that demand little first."""
        size = max(1, len(current) // 2)
        while True:
            ordered = self._ordered(current)
            for place in range(0, len(ordered), size):
                part = current.intersection(ordered[place : place + size])
                rest = current - part
                if part and rest and self.without_answer(rest):
                    without = self._runs[rest]
                    current, run = rest, without
                    blamed = self._blamed(without, rest)
                    if without.terminal is not None and blamed != rest and self.without_answer(blamed):
                        current, run = blamed, self._runs[blamed]
            if size == 1:
                return current, run
            size //= 2

    def _ordered(self, lines: Iterable[Line]) -> list[Line]:
        return sorted(self._in_order(lines), key=_demand)

    def _in_order(self, lines: Iterable[Line]) -> tuple[Line, ...]:
        kept = set(lines)
        return tuple(one for one in self._lines if one in kept)


def _demand(line: Line) -> int:
    """How much a line demands: nothing of the version, a bound, or one version."""
    requirement = line.requirement
    if requirement.url is not None or "==" in requirement.specifier:
        return 2
    return int(bool(requirement.specifier))


def _slightest(lines: Sequence[Line]) -> Line:
    return min(lines, key=_demand)
