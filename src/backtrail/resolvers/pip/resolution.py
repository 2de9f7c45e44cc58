"""The resolver library's search, seen from inside, and as earlier releases of it went about a dead end.

The library is byte for byte the one inside the newest pip. What differs before is the way out of a dead end
(docs/pip.md 3.3); that part is small enough to stand here for each.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable

from resolvelib.resolvers import Criterion, RequirementsConflicted, Resolution, ResolutionImpossible, Result
from resolvelib.resolvers.resolution import _build_result
from resolvelib.structs import RequirementInformation

from backtrail.model.trail import Because
from backtrail.resolvers.pip.behaviour import Jumps, Preset
from backtrail.resolvers.pip.candidates import Candidate, PipRequirement
from backtrail.resolvers.pip.provider import Provider
from backtrail.resolvers.pip.watcher import Watcher


class Search(Resolution[PipRequirement, Candidate, str]):
    """One search. It tells the watcher what the library keeps to itself."""

    def __init__(self, provider: Provider, watcher: Watcher, preset: Preset) -> None:
        """Nothing is asked yet."""
        super().__init__(provider, watcher)
        self._provider = provider
        self._watcher = watcher
        self._preset = preset
        self._repeatable: set[tuple[str, ...]] = set()
        self._met: dict[str, tuple[Criterion[PipRequirement, Candidate], Candidate, bool]] = {}
        if preset.jumps is not Jumps.OPTIMISTIC:
            self._optimistic_backjumping_ratio = 0.0

    def result(self, roots: Iterable[PipRequirement]) -> Result[PipRequirement, Candidate, str]:
        """Search until everything is decided; raises what the library raises."""
        return _build_result(self.resolve(roots, max_rounds=self._preset.rounds))

    def _push_new_state(self) -> None:
        """The library copies its pins each round; a plain dictionary keeps their order, too, and is smaller.

        A chain of 5,000 packages takes 0.8 GB, not 1.4 (docs/decisions/resolvelib.md).
        """
        super()._push_new_state()
        pins = self.state.mapping
        if isinstance(pins, OrderedDict):
            self._states[-1] = self.state._replace(mapping=dict(pins))

    def _is_current_pin_satisfying(self, name: str, criterion: Criterion[PipRequirement, Candidate]) -> bool:
        """The library asks this of every name twice a round; a pin is compared with the same requirements once.

        A chain of 2,000 packages takes 2.2 s, not 6.3 (docs/decisions/resolvelib.md).
        """
        pin = self._states[-1].mapping.get(name)
        if pin is None:
            return False
        known = self._met.get(name)
        if known is None or known[0] is not criterion or known[1] is not pin:
            known = self._met[name] = (criterion, pin, super()._is_current_pin_satisfying(name, criterion))
        return known[2]

    def _attempt_to_pin_criterion(self, name: str) -> list[Criterion[PipRequirement, Candidate]]:
        information = list(self.state.criteria[name].information)
        # Early releases weighed a name even if it was the only one, and remember its depth from there.
        self._get_preference(name)
        why = self._provider.why(name, information, self.state.backtrack_causes)
        self._watcher.choosing(name, why, self.state)
        return super()._attempt_to_pin_criterion(name)

    def _add_to_criteria(
        self,
        criteria: dict[str, Criterion[PipRequirement, Candidate]],
        requirement: PipRequirement,
        parent: Candidate | None,
    ) -> None:
        if parent is None and self._repeated(criteria, requirement):
            return
        super()._add_to_criteria(criteria, requirement, parent)
        if not self._preset.displaces:
            pinned = self.state.mapping.get(requirement.identifier)
            if pinned is not None and not requirement.met_by(pinned):
                raise RequirementsConflicted(criteria[requirement.identifier])

    def _repeated(self, criteria: dict[str, Criterion[PipRequirement, Candidate]], requirement: PipRequirement) -> bool:
        """Take in a line of the user's that says what an earlier one said; whether it is one.

        It leaves the candidates as they are, and no other state has this criterion yet. The library copies all that is
        asked of a project for each line: 4,000 lines ``a`` take 0.1 s, not 4.
        """
        means = self._provider.means(requirement)
        if means is None:
            return False
        if means not in self._repeatable:
            self._repeatable.add(means)
            return False
        self._watcher.adding_requirement(requirement, None)
        criterion = criteria[requirement.identifier]
        next(iter(criterion.candidates), None)  # pip looks for the best once more
        assert isinstance(criterion.information, list), "the library makes it one"
        criterion.information.append(RequirementInformation(requirement, None))
        return True

    def _rollback_states(self) -> None:
        super()._rollback_states()
        self._watcher.settle(self.state, Because.ROLLBACK)

    def _remove_information_from_criteria(
        self, criteria: dict[str, Criterion[PipRequirement, Candidate]], parents: Collection[str]
    ) -> None:
        if self._preset.forgets_displaced:
            super()._remove_information_from_criteria(criteria, parents)

    def _backjump(self, causes: list[RequirementInformation[PipRequirement, Candidate]]) -> bool:
        if self._preset.jumps in {Jumps.SAFE, Jumps.OPTIMISTIC}:
            return super()._backjump(causes)
        named = {cause.requirement.identifier for cause in causes}
        named.update(cause.parent.identifier for cause in causes if cause.parent is not None)
        while len(self._states) >= 3:  # the root's, the broken one, and the one without a way on
            del self._states[-1]
            while True:
                if not self._states or not self._states[-1].mapping:
                    raise ResolutionImpossible(causes)
                broken = self._states.pop()
                name, candidate = broken.mapping.popitem()
                asked = {need.identifier for need in self._provider.get_dependencies(candidate)}
                if self._preset.jumps is Jumps.CHRONOLOGICAL or not asked.isdisjoint(named):
                    break
            excluded = [(key, list(criterion.incompatibilities)) for key, criterion in broken.criteria.items()]
            excluded.append((name, [candidate]))
            self._push_new_state()
            if self._patch_criteria(excluded):
                return True
        return False
