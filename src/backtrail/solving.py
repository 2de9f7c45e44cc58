"""Questions solved: each run within the time and memory that all have, trials within what they may take together."""

from collections.abc import Iterable

import msgspec

from backtrail.explain.remedies.budget import TRIALS, Effort
from backtrail.model.metadata import Failure, Unavailable
from backtrail.model.policy import Mode, Policy
from backtrail.model.question import FOR_ALL, Question
from backtrail.model.run import Run
from backtrail.model.source import Source
from backtrail.model.trail import Outcome
from backtrail.resolvers.protocol import Memory
from backtrail.resolvers.registry import others, resolve, resolver_of
from backtrail.sources.changed import Changed
from backtrail.sources.limited import Rationed
from backtrail.sources.pace import Pace

__all__ = [
    "Trials",
    "as_asked",
    "as_far_as_it_goes",
    "assuming",
    "by_another",
    "lacks_a_build",
    "paced",
    "solved",
    "wants_a_build",
]

_ROUNDS = 500
"""Rounds that a trial is given at least, however few the runs took that it is about."""

_TO_ANSWER = 4 * _ROUNDS
"""The same where none of these runs has an answer: how early a conflict is met says nothing of how long one takes."""

_ELSEWHERE = 5_000
"""Rounds that another engine is given to find what one missed."""


def paced(
    question: Question, policy: Policy, source: Source, pace: Pace, memory: Memory, *, silent: bool = False
) -> Run:
    """Run a resolver for as long as there is time; ``source`` is to look at the time, too."""
    with pace.solving():
        return resolve(question, policy, source, silent=silent, pace=pace.round, memory=memory)


def as_asked(question: Question, policy: Policy, source: Source, pace: Pace, memory: Memory) -> Run:
    """Run a resolver on an index that is changed as the question says; ``memory`` is of the index as it is."""
    if question.index_changes:
        source, memory = Changed.of(source, [question]), {}
    return paced(question, policy, source, pace, memory, silent=True)


def solved(question: Question, policy: Policy, rationed: Rationed, source: Source, *, silent: bool = False) -> Run:
    """Run a resolver on what ``rationed`` gave out, within its time and memory."""
    return paced(question, policy, source, rationed.pace, rationed.memory, silent=silent)


class Trials:
    """Questions that are asked to explain runs; they have a number of rounds together, and the time that is left."""

    def __init__(self, rationed: Rationed, policy: Policy | None = None) -> None:
        """Nothing was tried yet. ``policy`` is that of the run which they are about, None: of several runs."""
        self._rationed = rationed
        for_all = policy is not None and policy.mode is not Mode.SPECIFIC
        self.effort = Effort(rationed.pace, TRIALS * (FOR_ALL if for_all else 1))

    def solve(
        self, question: Question, policy: Policy, source: Source, like: Iterable[Run], *, silent: bool = False
    ) -> Run:
        """Try a question; it may take twice the rounds of the runs that it is ``like``, or what the user allows."""
        found = solved(self._bounded(question, like), policy, self._rationed, source, silent=silent)
        self.effort.took(found)
        return found

    def _bounded(self, question: Question, like: Iterable[Run]) -> Question:
        options = question.options
        if options.max_rounds is not None:
            return question
        runs = tuple(like)
        least = _ROUNDS if any(run.outcome is Outcome.SOLVED for run in runs) else _TO_ANSWER
        if question.target.pythons is not None:
            least *= FOR_ALL
        rounds = min(max([least, *(2 * run.counters.rounds for run in runs)]), max(self.effort.rounds, 1))
        return msgspec.structs.replace(question, options=msgspec.structs.replace(options, max_rounds=rounds))


def by_another(question: Question, policy: Policy, rationed: Rationed, *, silent: bool = True) -> Run:
    """What another tool's engine answers to the same question, Requires-Python read as the first reads it."""
    other = others(policy)[0]
    whole = [resolver_of(one).behaviour.reads_whole_requires_python for one in (policy, other)]
    switched = frozenset({"reads_whole_requires_python"}) if whole[0] is not whole[1] else frozenset[str]()
    options = msgspec.structs.replace(question.options, max_rounds=_ELSEWHERE)
    bounded = msgspec.structs.replace(question, options=options)
    return solved(
        bounded, msgspec.structs.replace(other, switched=switched), rationed, rationed.unbuilt(), silent=silent
    )


def lacks_a_build(run: Run) -> bool:
    """Whether a run ended since only a build tells what an sdist requires."""
    return isinstance(run.failure, Unavailable) and run.failure.failure is Failure.BUILD_FORBIDDEN


def wants_a_build(run: Run) -> bool:
    """Whether a run that lacks a build is asked again without it; a universal one is not."""
    return run.mode is Mode.SPECIFIC and run.outcome is Outcome.UNKNOWN and lacks_a_build(run)


def assuming(question: Question) -> Question:
    """The question that takes what only a build tells for nothing."""
    options = msgspec.structs.replace(question.options, assumes_unbuilt=True)
    return msgspec.structs.replace(question, options=options)


def as_far_as_it_goes(run: Run, question: Question, policy: Policy, rationed: Rationed) -> tuple[Question, Run]:
    """The question that takes what only a build tells for nothing, with its run; what there was if that has no end."""
    unbuilt = assuming(question)
    further = solved(unbuilt, policy, rationed, rationed.freely())
    return (unbuilt, further) if further.outcome in (Outcome.SOLVED, Outcome.IMPOSSIBLE) else (question, run)
