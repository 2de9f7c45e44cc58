"""BT111: two runs with different answers, and the rule that parts them, found by solving again with it switched."""

from collections.abc import Callable, Iterator

from backtrail.explain import catalogue
from backtrail.explain.divergence.experiments import ORDER, Switch, World, switches
from backtrail.explain.divergence.first_difference import Place, first_parting, place_of, roles
from backtrail.explain.divergence.foreign_metadata import foreign
from backtrail.explain.divergence.sides import Side, differences, identity, version_in
from backtrail.explain.evidence.refusals import History
from backtrail.model.finding import Cause, Diverge, Finding, Parting, Switched
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.run import Run
from backtrail.model.source import Source
from backtrail.model.trail import Outcome

PROOFS = 24
"""Solves spent on one pair of runs, at most."""

Solve = Callable[[Question, Policy, World], Run]


def diverge(
    first: Side, second: Side, source: Source, solve: Solve, *, budget: int, thorough: bool = False
) -> Finding | None:
    """Explain why two runs differ; None where they do not, or one of them has no certain answer.

    ``source`` is what both read. ``solve`` is called ``budget`` times at most, in an order that the evidence suggests,
    until one rule is proved to be the cause. ``thorough``: that rule is switched in the other run too, and what parts
    the two then is found as well.
    """
    by_index = first.question.indexes == second.question.indexes
    names = differences(first.run, second.run, by_index=by_index)
    if not names:
        return None
    place = first_parting(first, second, names, foreign(first, second, source))
    proof = _Proof(place, solve, min(budget, PROOFS), by_index=by_index)
    cause = proof.search()
    if cause is not None and thorough:
        proof.complete(cause)
    if not all(side.run.outcome is Outcome.SOLVED for side in (first, second)):
        names = tuple(sorted({place.subject, place.parting.project}))
    pins: dict[str, dict[str, str | None]] = {
        name: {side.run.key: version_in(side.run, name) for side in (first, second)} for name in names
    }
    cause, proved = cause or place.suspects[0], cause is not None
    parting = proof.read_otherwise() if cause is Cause.FOREIGN_METADATA else place.parting
    return catalogue.finding(
        runs=(first.run.key, second.run.key),
        subject=place.subject,
        detail=Diverge(
            cause=cause,
            proved=proved,
            others=tuple(dict.fromkeys(proof.others)),
            parting=parting,
            pins=pins,
            switched=tuple(proof.trials(cause if proved else None)),
        ),
        evidence=tuple(place.evidence()),
    )


# Which rule it is


class _Proof:
    """Solves again and again, as far as the budget goes; remembers what came of it."""

    def __init__(self, place: Place, solve: Solve, budget: int, *, by_index: bool) -> None:
        self._place = place
        self._by_index = by_index
        self._solve = solve
        self._left = budget
        self._tried: list[Switched] = []
        self.others: list[Cause] = []

    def search(self) -> Cause | None:
        """The cause of which one rule makes the two agree, None where no single one does or the budget is out."""
        sides = (self._place.refuser, self._place.taker)
        certain = [cause for cause in self._place.suspects if cause not in ORDER]
        later = [cause for cause in Cause if cause not in certain and cause not in ORDER]
        rounds = [(cause, pair) for cause in certain for pair in (sides, sides[::-1])]
        rounds += [(cause, pair) for pair in (sides, sides[::-1]) for cause in (*later, *ORDER)]
        for cause, (side, other) in rounds:
            for switch in switches(side, other, cause, self._place, suspected=cause in certain):
                if self._try(side, other, switch, cause) is not None and self._tried[-1].agrees:
                    return cause
        return None

    def complete(self, cause: Cause) -> None:
        """Switch the cause in the other run too; where the two then still differ, find what parts them."""
        sides = (self._place.refuser, self._place.taker)
        proved = next(one for one in self._tried if one.cause is cause and one.agrees)
        done = {(one.run, one.rule) for one in self._tried}
        side, other = sides if sides[1].run.key == proved.run else sides[::-1]
        left: list[tuple[Switch, Run]] = []
        for switch in switches(side, other, cause, self._place, suspected=True):
            again = None if (side.run.key, switch.rule) in done else self._try(side, other, switch, cause)
            if again is not None and self._tried[-1].agrees:
                return
            if again is not None and switch.rule in side.rules:
                left.append((switch, again))
        for switch, again in left:
            self._further(side, other, switch, cause, again)

    def _further(self, side: Side, other: Side, switch: Switch, first: Cause, again: Run) -> None:
        """What still parts the two when a rule is switched: switched beside it and, to tell the causes apart, alone."""
        subject = self._place.parting.project
        if not all(run.outcome is Outcome.SOLVED and run.pin(subject) for run in (again, other.run)):
            return
        rules = {**side.rules, switch.rule: not side.rules[switch.rule]}
        changed = Side(again, switch.question, switch.policy, rules)
        histories = {one.run.key: History(one.run) for one in (changed, other)}
        place = place_of(subject, *roles(subject, changed, other, histories), histories)
        for cause in place.suspects if place.parting.project == subject else ():
            for more in switches(changed, other, cause, place, suspected=True) if cause not in (first, *ORDER) else ():
                if self._try(changed, other, more, cause, also=(switch.rule,)) is not None and self._tried[-1].agrees:
                    self.others.append(cause)
                    alone = switches(side, other, cause, self._place, suspected=True)
                    for one in [one for one in alone if one.rule == more.rule]:
                        self._try(side, other, one, cause)
                    return

    def trials(self, cause: Cause | None) -> Iterator[Switched]:
        """The solves that matter: those about the causes found; all, where none was."""
        for one in self._tried:
            if cause is None or one.cause is cause or one.cause in self.others:
                yield one

    def _try(self, side: Side, other: Side, switch: Switch, cause: Cause, also: tuple[str, ...] = ()) -> Run | None:
        if self._left <= 0:
            return None
        self._left -= 1
        again = self._solve(switch.question, switch.policy, switch.world)
        shown = differences(self._place.refuser.run, self._place.taker.run, by_index=self._by_index)
        if any(one.run.outcome is not Outcome.SOLVED for one in (self._place.refuser, self._place.taker)):
            shown = (self._place.subject,)
        self._tried.append(
            Switched(
                run=side.run.key,
                rule=switch.rule,
                value=switch.value,
                cause=cause,
                also=also,
                outcome=again.outcome,
                pins={name: version_in(again, name) for name in shown},
                agrees=self._agree(again, other),
            )
        )
        return again

    def _agree(self, again: Run, other: Side) -> bool:
        """Whether both have one answer for the subject, where they part, and for all requirements of the user's own."""
        if again.outcome is not Outcome.SOLVED or other.run.outcome is not Outcome.SOLVED:
            return again.outcome is other.run.outcome
        names = {self._place.subject, self._place.parting.project, *(line.name for line in other.question.requirements)}
        by_index = self._by_index
        pins = ((again.pin(name), other.run.pin(name)) for name in names)
        return all(identity(one, by_index=by_index) == identity(two, by_index=by_index) for one, two in pins)

    def read_otherwise(self) -> Parting:
        """Where two runs part by what they read: at the version that makes them agree, else at the first."""
        parting, found = self._place.parting, self._place.foreign
        agreeing = {one.value for one in self._tried if one.agrees and one.cause is Cause.FOREIGN_METADATA}
        one = next((one for one in found if f"{one.project} {one.version}" in agreeing), found[0])
        return Parting(
            project=one.project,
            version=one.version,
            taken_by=parting.taken_by,
            refused_by=parting.refused_by,
            read=one.readings,
        )
