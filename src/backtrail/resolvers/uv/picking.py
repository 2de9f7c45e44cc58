"""Which undecided package is next: the queue of current uv, and the heap of uv before 0.5.27 with its ties.

Both are exact copies of behaviour, not of code: what is re-evaluated when, and what a tie does, changes answers
(docs/solver.md 6).
"""

import heapq
from collections.abc import Callable
from typing import Any, Protocol

from backtrail.resolvers.uv.branching import branched
from backtrail.resolvers.uv.partial_solution import PartialSolution

Priority = tuple[Any, ...]
"""Larger is sooner."""


class Picker(Protocol):
    """Keeps the undecided packages by priority."""

    def derived(self, solution: PartialSolution, package: int, *, known: bool) -> None:
        """A derivation left a positive term on a package; ``known``: it had a history before."""

    def backtracked(self, solution: PartialSolution, surviving: list[tuple[int, bool]]) -> None:
        """The solution was rewound; the surviving packages, with True where something of them was undone."""

    def changed(self, solution: PartialSolution) -> list[int]:
        """The undecided packages that may have changed since the last pick."""

    def pick(self, solution: PartialSolution, priority: Callable[[int], Priority]) -> tuple[int, int] | None:
        """The next package and how many were undecided with it; None when all are decided."""

    def copy(self) -> "Picker":
        """The same packages in the same places."""


class Queue:
    """Current uv: a package's place is evaluated anew only when its term changed, ties go to the first mentioned."""

    def __init__(self) -> None:
        """Start empty."""
        self._outdated: dict[int, None] = {}
        self._current: dict[int, Priority] = {}
        self._heap: list[tuple[_Descending, int]] = []

    def derived(self, solution: PartialSolution, package: int, *, known: bool) -> None:  # noqa: ARG002  the protocol's
        """Mark the package for evaluation."""
        self._outdated[package] = None

    def backtracked(self, solution: PartialSolution, surviving: list[tuple[int, bool]]) -> None:
        """Drop what was undone, and mark all that is undecided and not waiting."""
        for package, touched in surviving:
            if touched:
                self._current.pop(package, None)
            if package not in self._current and solution.assignments[package].undecided:
                self._outdated[package] = None

    def changed(self, solution: PartialSolution) -> list[int]:
        """What is marked for evaluation."""
        return [one for one in self._outdated if one in solution.assignments and solution.assignments[one].undecided]

    def pick(self, solution: PartialSolution, priority: Callable[[int], Priority]) -> tuple[int, int] | None:
        """Evaluate what is marked, then take the greatest that is still undecided."""
        for package in self.changed(solution):
            place = self._current[package] = priority(package)
            heapq.heappush(self._heap, (_Descending(place), package))
        self._outdated.clear()
        while self._heap:
            waiting, package = heapq.heappop(self._heap)
            if self._current.get(package) != waiting.priority:
                continue
            among = len(self._current)
            del self._current[package]
            if package in solution.assignments and solution.assignments[package].undecided:
                return package, among
        return None

    def copy(self) -> "Queue":
        """The same packages in the same places."""
        return branched(self)


class _Descending:
    """Sorts greater priorities first."""

    __slots__ = ("priority",)

    def __init__(self, priority: Priority) -> None:
        self.priority = priority

    def __lt__(self, other: "_Descending") -> bool:
        return self.priority > other.priority


class Heap:
    """uv before 0.5.27: a binary max-heap, brought up to date where the solution's order changed.

    Before 0.5.12 its mechanics also break the ties among the packages of one name.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._heap: list[tuple[Priority, int]] = []
        self._changed = 0

    def derived(self, solution: PartialSolution, package: int, *, known: bool) -> None:
        """Remember the earliest place in the solution's order where something changed."""
        place = solution.position(package) if known else max(len(solution.order) - 2, 0)
        self._changed = min(self._changed, place)

    def backtracked(self, solution: PartialSolution, surviving: list[tuple[int, bool]]) -> None:  # noqa: ARG002  the protocol's
        """Forget every place; all packages count as changed."""
        self._heap.clear()
        self._changed = max(solution.level - 1, 0)

    def changed(self, solution: PartialSolution) -> list[int]:
        """What changed in the solution's order, or everything after a rewind."""
        everything = self._changed == max(solution.level - 1, 0)
        packages = ((package, solution.assignments[package]) for package in solution.order[self._changed :])
        return [one for one, its in packages if its.undecided and (everything or its.highest == solution.level)]

    def pick(self, solution: PartialSolution, priority: Callable[[int], Priority]) -> tuple[int, int] | None:
        """Push what changed in the solution's order, then pop the root."""
        for package in self.changed(solution):
            self._push(package, priority(package))
        self._changed = len(solution.order)
        return self._pop()

    def copy(self) -> "Heap":
        """The same packages in the same places."""
        return branched(self)

    def _push(self, package: int, priority: Priority) -> None:
        heap = self._heap
        for place, (old, waiting) in enumerate(heap):
            if waiting == package:
                heap[place] = (priority, package)
                if priority < old:
                    self._sift_down(place)
                self._sift_up(place)
                return
        heap.append((priority, package))
        self._sift_up(len(heap) - 1)

    def _pop(self) -> tuple[int, int] | None:
        heap = self._heap
        if not heap:
            return None
        among = len(heap)
        package = heap[0][1]
        last = heap.pop()
        if heap:
            heap[0] = last
            self._sift_down(0)
        return package, among

    def _sift_up(self, place: int) -> None:
        heap = self._heap
        while place and heap[(place - 1) // 2][0] < heap[place][0]:
            parent = (place - 1) // 2
            heap[place], heap[parent] = heap[parent], heap[place]
            place = parent

    def _sift_down(self, place: int) -> None:
        heap = self._heap
        while True:
            largest = place
            for child in (2 * place + 1, 2 * place + 2):
                if child < len(heap) and heap[child][0] > heap[largest][0]:
                    largest = child
            if largest == place:
                return
            heap[place], heap[largest] = heap[largest], heap[place]
            place = largest
