"""Whether a newer version was possible: forced by facts, or chosen by the resolver although it was."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import msgspec
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain.causes.chains import Paths
from backtrail.explain.causes.hidden import Hiding
from backtrail.explain.causes.lifting import line_of, without
from backtrail.explain.causes.obstacles import obstacles
from backtrail.explain.causes.one_answer import constrained, narrowed
from backtrail.explain.causes.smallest_sets import Line, Smallest, proof_of
from backtrail.explain.evidence.available_releases import Stock
from backtrail.explain.evidence.refusals import meets
from backtrail.explain.remedies.budget import Budget
from backtrail.model.finding import Chain, Link, Obstacle, ObstacleKind
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement, user_line
from backtrail.model.run import Asked, Pin, Run, moved
from backtrail.model.source import Source
from backtrail.model.trail import Decided, Outcome
from backtrail.sources.lifted import Lifted

_SUSPECTS = 3
"""Decisions that are asked whether they closed the way."""

_ALONE = 6
"""Facts that one proof rests on and that are lifted one by one, those first that the user can change most easily."""

_PATIENCE, _ROUNDS, _LONGEST = 2, 250, 300
"""How many times the rounds of the run a solve may take, and what a run counts for that was shorter, or longer."""

_DEPTH = 40
"""Facts lifted together, at most: each uncovers the next proof."""

Moved = dict[str, tuple[str | None, str | None]]


class Forced(NamedTuple):
    """No newer version is possible; without the obstacles the newest is. ``chains`` lead to where it cannot go on."""

    obstacles: tuple[Obstacle, ...]
    chains: tuple[Chain, ...]


class Chosen(NamedTuple):
    """A newer version is possible, and these pins move with it.

    ``blocker`` is the decision that closed the way, ``first`` whether it was made before that about the project.
    """

    alternative: Moved
    blocker: Pin | None
    first: bool


class Elsewhere(NamedTuple):
    """How the resolver of a run answers from other facts; ``quick``: without a trail.

    ``facts`` gives those of the run, anew for each solve: what one may read is limited. ``guide`` is how a resolver
    answers that learns from contradictions, where this one walks, ``prove`` the same with a trail; None: it learns
    itself.
    """

    facts: Callable[[], Source]
    solve: Callable[[Question, Source], Run]
    quick: Callable[[Question, Source], Run]
    guide: Callable[[Question], Run] | None = None
    prove: Callable[[Question], Run] | None = None


class _Core(NamedTuple):
    """A fact that was lifted, and the projects that the proof resting on it speaks of; none where there was none."""

    fact: Obstacle
    projects: frozenset[NormalizedName]


class Counterfactuals:
    """Solves one run's question again, each time with a fact otherwise, as long as a budget lasts."""

    def __init__(self, run: Run, question: Question, policy: Policy, elsewhere: Elsewhere, budget: Budget) -> None:
        """``run`` is the answer to the question."""
        self._run = run
        self._question = question
        self._policy = policy
        self._elsewhere = elsewhere
        self._budget = budget
        self._stock = Stock(question, policy, elsewhere.facts())
        self._hiding = Hiding(question, policy, self._stock)
        self._places = _decided(run)

    def of(self, pin: Pin, newest: Version, oldest: Version) -> Forced | Chosen | None:
        """Why a project is not at its newest release; None where that is unknown, or the budget is out.

        ``oldest`` is the first of the releases above the pin, which may be the newest as well.
        """
        goal = _exactly(pin.name, newest)
        first = self._reach(self._question, goal, loud=True)
        if first is not None and first.outcome is Outcome.GAVE_UP:
            first = self._guided(_with(self._question, goal))
        if first is None:
            return None
        if first.outcome not in (Outcome.SOLVED, Outcome.IMPOSSIBLE):
            return self._unasked(goal, [one for one in pin.requested_by if not meets(one.requirement, str(newest))])
        if first.outcome is Outcome.SOLVED:
            return self._chosen(pin, first)
        if oldest < newest:
            between = self._reach(self._question, user_line(f"{pin.name}>={oldest.public}"))
            if between is None or between.outcome not in (Outcome.SOLVED, Outcome.IMPOSSIBLE):
                return None
            if between.outcome is Outcome.SOLVED:
                return self._chosen(pin, between)
        return self._forced(goal, first)

    def keeping(self, name: NormalizedName, version: Version, asked: tuple[Asked, ...]) -> Forced | Run | None:
        """Why a project does not stay in a version; the run in which it does, where there is one; None: unknown.

        ``asked`` are the requirements that the version does not meet: each of them alone may be it, or all together.
        """
        goal = _exactly(name, version)
        found = self._unasked(goal, asked)
        if found is not None:
            return found
        run = self._reach(self._question, goal, loud=True)
        if run is None or run.outcome is Outcome.SOLVED:
            return run
        return self._forced(goal, run) if run.outcome is Outcome.IMPOSSIBLE else None

    def _unasked(self, goal: Requirement, asked: Iterable[Asked]) -> Forced | None:
        """The requirements without which the goal is reached, each of them alone or all together; None: it is not."""
        unmet = tuple(dict.fromkeys(map(_obstacle, asked)))
        for lifted in dict.fromkeys((*((one,) for one in unmet), unmet)) if unmet else ():
            question, source = without(self._question, self._policy, self._elsewhere.facts(), lifted)
            again = self._solve(_with(question, goal), source)
            if again is not None and again.outcome is Outcome.SOLVED:
                return Forced(lifted, ())
        return None

    def _guided(self, question: Question) -> Run | None:
        """The answer of another resolver, if the rules of this one admit it; None: they do not, or there is none."""
        found = None if self._elsewhere.guide is None else self._elsewhere.guide(question)
        if found is None or found.outcome is not Outcome.SOLVED:
            return None
        run = self._elsewhere.quick(narrowed(question, found), self._elsewhere.facts())
        self._budget.took(run)
        return run if run.outcome is Outcome.SOLVED else None

    def _reach(
        self, question: Question, goal: Requirement, source: Source | None = None, *, loud: bool = False
    ) -> Run | None:
        """Solve with one line more, the last; a walk that does not end from there may end from the first place."""
        run = self._solve(_with(question, goal), source, loud=loud)
        if run is None or run.outcome is not Outcome.GAVE_UP:
            return run
        first = msgspec.structs.replace(question, requirements=(goal, *question.requirements))
        return self._solve(first, source, loud=loud) or run

    def _solve(self, question: Question, source: Source | None = None, *, loud: bool = False) -> Run | None:
        rounds = min(self._budget.rounds, _PATIENCE * max(min(self._run.counters.rounds, _LONGEST), _ROUNDS))
        if rounds <= 0:
            return None
        options = msgspec.structs.replace(
            question.options, max_rounds=min(rounds, question.options.max_rounds or rounds)
        )
        bounded = msgspec.structs.replace(question, options=options)
        solve = self._elsewhere.solve if loud else self._elsewhere.quick
        run = solve(bounded, self._elsewhere.facts() if source is None else source)
        self._budget.took(run)
        return run

    # Forced

    def _forced(self, goal: Requirement, run: Run) -> Forced | None:
        """Lift what the proof rests on: one fact that is enough; else the first, and so on with the next proof.

        A fact behind which nothing is left to lift leads nowhere: the line of a project that no index has.
        """
        proof, lifted, left = run, tuple[Obstacle, ...](), self._next(run, (), goal)
        cores: list[_Core] = []
        while len(lifted) < _DEPTH:
            deeper: tuple[Obstacle, Run, tuple[Obstacle, ...]] | None = None
            for fact in left:
                if deeper and ObstacleKind.REQUIREMENT is fact.kind and deeper[0].kind is not fact.kind:
                    break
                again = self._without((*lifted, fact), goal, loud=True)
                if again is None:
                    return None
                if again.outcome is Outcome.SOLVED:
                    cores.append(_Core(fact, frozenset()))
                    found = self._needed(cores, goal)
                    return Forced(found, tuple(self._chains(found, goal, run)))
                if deeper is None and again.outcome is Outcome.IMPOSSIBLE:
                    beyond = self._next(again, (*lifted, fact), goal)
                    deeper = (fact, again, beyond) if beyond else None
            if deeper is None:
                return None
            fact, further, left = deeper
            cores.append(_Core(fact, _projects(proof)))
            lifted, proof = (*lifted, fact), further
        return None

    def _next(self, proof: Run, lifted: tuple[Obstacle, ...], goal: Requirement) -> tuple[Obstacle, ...]:
        """The facts to lift next, each by itself: what packages require of each other only where nothing else helps."""
        left = [one for one in obstacles(proof, self._question, self._hiding, goal) if one not in lifted]
        easy = [one for one in left if one.kind is not ObstacleKind.REQUIREMENT]
        return (*easy[:_ALONE], *[one for one in left if one.kind is ObstacleKind.REQUIREMENT][:_ALONE])

    def _without(self, lifted: tuple[Obstacle, ...], goal: Requirement, *, loud: bool = False) -> Run | None:
        question, source = without(self._question, self._policy, self._elsewhere.facts(), lifted)
        return self._reach(question, goal, source, loud=loud)

    def _needed(self, cores: list[_Core], goal: Requirement) -> tuple[Obstacle, ...]:
        """Without the facts that need not be lifted; what is between the goal and one project alone has to be."""
        lifted = tuple(core.fact for core in cores)
        for core in cores[-2::-1]:
            between = {goal.name, core.fact.project}
            if core.projects == between and sum(one.project in between for one in lifted) == 1:
                continue
            rest = tuple(one for one in lifted if one != core.fact)
            again = self._without(rest, goal)
            if again is not None and again.outcome is Outcome.SOLVED:
                lifted = rest
        return lifted

    def _chains(self, obstacles: tuple[Obstacle, ...], goal: Requirement, run: Run) -> Iterator[Chain]:
        """From the goal and the user's lines among the obstacles to where they meet, or to what is hidden."""
        lines = [Line(goal, constraint=False)]
        for one in obstacles:
            line = line_of(self._question, one)
            if line is not None and one.kind is not ObstacleKind.OVERRIDE:
                lines.append(Line(line, constraint=one.kind is ObstacleKind.CONSTRAINT))
        paths = Paths(Smallest(tuple(lines), minimal=True, run=run), self._stock)
        found = list(paths.chains(paths.meeting())) if len(lines) > 1 else []
        found += [chain for one in obstacles
                  if line_of(self._question, one) is None and (chain := paths.to(one.project)) is not None]  # fmt: skip
        for chain in dict.fromkeys(found):
            first, *rest = chain.links
            if first.asked.requirement == goal:
                first = Link(asked=Asked(requirement=user_line(f"{goal.name}=={goal.specifier.rpartition('=')[2]}")))
            yield msgspec.structs.replace(chain, links=(first, *rest))

    # Chosen

    def _chosen(self, pin: Pin, other: Run) -> Chosen | None:
        alternative = moved(self._run, other)
        then = alternative.get(pin.name, (None, None))[1]
        if then is None or Version(then) <= Version(pin.version):
            return None
        blocker = self._blocker(pin, then, alternative)
        last = len(self._run.trail)
        first = blocker is not None and self._places.get(blocker.name, last) < self._places.get(pin.name, last)
        return Chosen(alternative, blocker, first)

    def _blocker(self, pin: Pin, then: str, alternative: Moved) -> Pin | None:
        """The first decision that left no newer version, unless it is a consequence of the version that was chosen."""
        goal = user_line(f"{pin.name}>={Version(then).public}")
        suspects = [one for name in alternative if name != pin.name and (one := self._run.pin(name)) is not None]
        suspects.sort(key=lambda one: self._places.get(one.name, len(self._run.trail)))
        for one in suspects[:_SUSPECTS]:
            if one.url is not None:
                continue
            held = self._reach(constrained(self._question, [f"{one.name}=={one.version}"]), goal)
            if held is None:
                return None
            if held.outcome is Outcome.IMPOSSIBLE:
                return one if self._stands_alone(one, pin) else None
        return None

    def _stands_alone(self, blocker: Pin, pin: Pin) -> bool:
        """Whether a pin stays as it is when the chosen version of a project asks for nothing."""
        chosen = Version(pin.version)
        eased = Lifted(self._elsewhere.facts(), lambda name, version, _: (name, version) == (pin.name, chosen))
        fixed = constrained(self._question, [f"{pin.name}=={pin.version}"])
        again = self._solve(fixed, eased)
        found = None if again is None or again.outcome is not Outcome.SOLVED else again.pin(blocker.name)
        return found is not None and found.version == blocker.version


def _obstacle(asked: Asked) -> Obstacle:
    """A requirement as a fact that can be lifted."""
    requirement, origin = asked.requirement, asked.requirement.origin
    return Obstacle(
        kind=ObstacleKind.OWN_LINE if asked.by is None else ObstacleKind.REQUIREMENT,
        text=requirement.text,
        file=None if origin is None else origin.file,
        line=None if origin is None else origin.line,
        by=asked.by,
        project=requirement.name,
        version=asked.version,
    )


def _projects(run: Run) -> frozenset[NormalizedName]:
    """The projects that a proof speaks of; none where the resolver leaves none."""
    named = (term.package.name for number in proof_of(run) for term in run.incompatibilities[number].terms)
    return frozenset(name for name in named if name is not None)


def _decided(run: Run) -> dict[NormalizedName, int]:
    """Where each pin was decided first, in the version that it has."""
    versions = {pin.name: pin.version for pin in run.pins}
    found: dict[NormalizedName, int] = {}
    for place, event in enumerate(run.trail):
        name = event.package.name if isinstance(event, Decided) else None
        if isinstance(event, Decided) and name is not None and versions.get(name) == event.version:
            found.setdefault(name, place)
    return found


def _exactly(name: NormalizedName, version: Version) -> Requirement:
    """One release, in bounds: an exact pin would allow what is yanked."""
    return user_line(f"{name}>={version.public},<={version.public}")


def _with(question: Question, line: Requirement) -> Question:
    return msgspec.structs.replace(question, requirements=(*question.requirements, line))
