"""Watches the resolver library at work and tells the recorder, also of what the library does not report.

The library says what it pins and refuses. It is silent about pins that a jump removes, pins that a later candidate
displaces, and the roll-back of optimistic jumps: those are seen by comparing which pins stand before and after.
"""

from collections.abc import Callable, Collection, Container, Iterable, Mapping

from packaging.utils import NormalizedName
from resolvelib import BaseReporter
from resolvelib.resolvers import Criterion
from resolvelib.structs import State

from backtrail.model.requirement import Requirement
from backtrail.model.trail import Because, GaveUpError, Package, Stop
from backtrail.model.verdict import Exclusion, Reason
from backtrail.resolvers.pip.candidates import (
    Candidate,
    Distribution,
    Exactly,
    Interpreter,
    PipRequirement,
    PythonRequirement,
    Specified,
    package_of,
)
from backtrail.resolvers.pip.order import Information
from backtrail.resolvers.pip.recorder import Recorder

Criteria = dict[str, "Criterion[PipRequirement, Candidate]"]
Pins = dict[str, Candidate]


class Watcher(BaseReporter[PipRequirement, Candidate, str]):
    """One run's events."""

    def __init__(
        self,
        recorder: Recorder,
        *,
        limit: Stop | None,
        pace: Callable[[], None],
        listed: Callable[[NormalizedName], bool],
        unread: Container[NormalizedName],
    ) -> None:
        """``limit``: of rounds, None for none but the resolver's own. ``pace``: see ``resolve``.

        ``listed``: whether a project has any file.
        ``unread`` are the projects of which a page could not be read.
        """
        self._recorder = recorder
        self._limit = limit
        self._pace = pace
        self._listed = listed
        self._unread = unread
        self.clashed: set[NormalizedName] = set()
        """Projects of which some dead end so far found too little."""
        self._standing: Pins = {}
        self._choosing = ""
        self._pinned: Candidate | None = None
        self._began = False
        self._kept: Pins | None = None
        self._state: State[PipRequirement, Candidate, str] | None = None
        self._touched: set[str] = set()
        self._places: dict[str, int] = {}

    # what the library reports

    def starting_round(self, index: int) -> None:
        """See BaseReporter; raises GaveUpError beyond the limit of rounds."""
        if self._limit is not None and index >= self._limit.bound:
            raise GaveUpError(self._limit)
        self._pace()
        self._recorder.count("rounds")
        if not self._began:
            self._began = True
            self._recorder.decided(Package(kind="root"), "0", 1, None, again=False)

    def adding_requirement(self, requirement: PipRequirement, parent: Candidate | None) -> None:
        """See BaseReporter."""
        if not self._recorder.silent:
            self._places.setdefault(requirement.identifier, len(self._places) + 1)
            self._touched.add(requirement.identifier)
            self._id(requirement, parent)

    def rejecting_candidate(self, criterion: Criterion[PipRequirement, Candidate], candidate: Candidate) -> None:
        """See BaseReporter."""
        package, version = package_of(self._choosing), str(candidate.version)
        if any(isinstance(need, PythonRequirement) for need in criterion.iter_requirement()):
            assert not isinstance(candidate, Interpreter), "the interpreter asks for nothing"
            asked = candidate.base.metadata.requires_python or ""
            exclusion = Exclusion(reason=Reason.REQUIRES_PYTHON, value=asked)
            self._recorder.rejected(package, version, Because.REQUIRES_PYTHON, exclusions=(exclusion,))
            return
        self._clash(criterion.information)
        alone = all(parent is candidate for parent in criterion.iter_parent())
        if alone:
            self._nothing_left(criterion.information)
        because = self._unless_unread(criterion.information, Because.EMPTY if alone else Because.CONFLICT)
        self._recorder.rejected(package, version, because, requirements=self._ids(criterion.information))

    def pinning(self, candidate: Candidate) -> None:
        """See BaseReporter."""
        self._pinned = candidate

    def resolving_conflicts(self, causes: Collection[Information]) -> None:
        """See BaseReporter."""
        self._clash(causes)
        self._recorder.conflicted(self._ids(causes))
        self._recorder.count("backjumps")

    def ending_round(self, index: int, state: State[PipRequirement, Candidate, str]) -> None:
        """See BaseReporter."""
        del index
        self.settle(state, Because.BACKJUMP if self._pinned is None else Because.DISPLACED)

    def ending(self, state: State[PipRequirement, Candidate, str]) -> None:
        """See BaseReporter."""
        self._state = state

    # what it does not

    def choosing(self, identifier: str, why: str, state: State[PipRequirement, Candidate, str]) -> None:
        """This identifier is decided next."""
        self._choosing = identifier
        if self._recorder.silent:
            return
        criterion = state.criteria[identifier]
        needs = list(criterion.iter_requirement())
        wanted = {str(one) for need in needs if isinstance(need, Specified) for one in need.specifiers}
        among = len(state.criteria) - len(self._standing)
        self._recorder.chosen(
            package_of(identifier), among, why, self._places.get(identifier, 0), ",".join(sorted(wanted))
        )

    def settle(self, state: State[PipRequirement, Candidate, str], because: Because) -> None:
        """Compare the pins that stand with those that stood."""
        self._state = state
        if self._recorder.silent:
            if self._pinned is not None:
                self._recorder.count("decisions")
                self._pinned = None
            return
        decided, self._pinned = self._pinned, None
        touched, self._touched = self._touched, set()
        if decided is not None:
            self._decide(self._choosing, decided, again=False)
            # What a pin adds can only displace what it speaks of: the others stand as they stood.
            if all(_meets(self._standing[name], state.criteria[name]) for name in touched & self._standing.keys()):
                return
        now = _stand(state)
        self._undo([name for name, one in self._standing.items() if now.get(name) is not one], because)
        for name, candidate in now.items():
            if name not in self._standing:
                self._decide(name, candidate, again=True)

    def impossible(self, causes: Collection[Information]) -> None:
        """The library gives up; the user's own requirements may contradict each other before the first round."""
        self._clash(causes)
        if self._began:
            return
        if len(causes) == 1:
            self._nothing_left(causes)
        self._recorder.conflicted(self._ids(causes))

    def solved(self, pins: Mapping[str, Candidate]) -> None:
        """The library's result: what stood and nobody asks for is dropped."""
        self._kept = dict(pins)
        self._undo([name for name in self._standing if name not in pins], Because.UNNEEDED)

    def standing(self) -> tuple[Pins, Criteria]:
        """The pins that stand, and what asks for them."""
        if self._state is None:
            return {}, {}
        standing = _stand(self._state) if self._kept is None else self._kept
        return standing, self._state.criteria

    def _decide(self, identifier: str, candidate: Candidate, *, again: bool) -> None:
        self._standing[identifier] = candidate
        file = candidate.file if isinstance(candidate, Distribution) else None
        self._recorder.decided(
            package_of(identifier),
            str(candidate.version),
            1 + len(self._standing),
            None if file is None else file.filename,
            again=again,
        )

    def _undo(self, oldest_first: list[str], because: Because) -> None:
        if oldest_first:
            undone = tuple((package_of(one), str(self._standing.pop(one).version)) for one in reversed(oldest_first))
            self._recorder.rewound(1 + len(self._standing), undone, because)

    def _nothing_left(self, information: Collection[Information]) -> None:
        """No version meets a requirement that nothing else contradicts."""
        need = next(iter(information)).requirement
        if not isinstance(need, Specified):
            return
        because = Because.NO_VERSION if self._listed(need.requirement.name) else Because.NOT_FOUND
        because = self._unless_unread(information, because)
        self._recorder.rejected(
            Package(kind="project", name=need.requirement.name),
            None,
            because,
            wanted=need.requirement.specifier,
            requirements=self._ids(information),
        )

    def _clash(self, information: Iterable[Information]) -> None:
        self.clashed.update(one.requirement.name for one in information if one.requirement.name is not None)

    def _unless_unread(self, information: Iterable[Information], because: Because) -> Because:
        """The reason, unless what is missing may stand on a page that could not be read."""
        unread = any(one.requirement.name in self._unread for one in information if one.requirement.name is not None)
        return Because.UNREAD if unread else because

    def _ids(self, information: Collection[Information]) -> list[int]:
        if self._recorder.silent:
            return []
        found: dict[int, None] = {}
        for one in information:
            number = self._id(one.requirement, one.parent)
            if number is not None:
                found[number] = None
        for one in information:
            if one.requirement.name is not None:
                found.update(dict.fromkeys(self._recorder.constraints(one.requirement.name)))
        return list(found)

    def _id(self, need: PipRequirement, parent: Candidate | None) -> int | None:
        """The number of a requirement in the trail; None for a Requires-Python, which is about no project."""
        text = need.text
        if text is None:
            if not isinstance(need, Exactly):
                return None
            exact = f"=={need.candidate.version}"
            text = Requirement(name=need.candidate.name, specifier=exact, text=f"{need.candidate.name}{exact}")
        if parent is None or isinstance(parent, Interpreter):
            return self._recorder.required(text, None, None)
        return self._recorder.required(text, parent.name, str(parent.version))


def _stand(state: State[PipRequirement, Candidate, str]) -> Pins:
    """The pins that meet all that is asked of them; others stay among the library's until they are decided anew."""
    return {name: pin for name, pin in state.mapping.items() if _meets(pin, state.criteria[name])}


def _meets(pin: Candidate, criterion: Criterion[PipRequirement, Candidate]) -> bool:
    return all(need.met_by(pin) for need in criterion.iter_requirement())
