"""Resolvers that decide as the real tools do and record every decision."""

from collections.abc import Callable

from backtrail.model.policy import Mode, Policy
from backtrail.model.question import Question
from backtrail.model.run import Run
from backtrail.model.source import Source


def resolve(
    question: Question,
    policy: Policy,
    source: Source,
    *,
    silent: bool = False,
    pace: Callable[[], None] = lambda: None,
) -> Run:
    """Run the resolver that the policy names; ``silent``: without a trail.

    ``pace`` is called when a round begins. It and ``source`` may raise GaveUpError, which ends the run.
    """
    if policy.tool == "pip":
        from backtrail.resolvers.pip.engine import solve as solve_as_pip

        return solve_as_pip(question, policy, source, silent=silent, pace=pace)
    if policy.mode is not Mode.SPECIFIC:
        from backtrail.resolvers.uv.universal.resolver import solve as solve_for_all

        return solve_for_all(question, policy, source, silent=silent, pace=pace)
    from backtrail.resolvers.uv.engine import solve as solve_as_uv

    return solve_as_uv(question, policy, source, silent=silent, pace=pace)
