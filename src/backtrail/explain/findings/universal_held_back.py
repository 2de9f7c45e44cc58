"""BT120: a pin that is older because of environments other than this computer's."""

from collections.abc import Iterator

import msgspec
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain import catalogue
from backtrail.explain.causes.newer import Elsewhere
from backtrail.explain.causes.one_fact import one_fact
from backtrail.explain.remedies.again import Again
from backtrail.explain.remedies.environments import Narrower, here_alone, narrower
from backtrail.model.finding import Finding, Remedy, Severity, UniversalHeldBack
from backtrail.model.requirement import user_line
from backtrail.model.run import Pin, Run
from backtrail.model.trail import Outcome, Preferred

SHOWN = 5
"""Pins explained, at most: one cause may hold back many."""

_ENOUGH = 2
"""Changes that are shown for a pin."""


def universal_held_back(again: Again, elsewhere: Elsewhere) -> Iterator[Finding]:
    """Find pins of which this computer alone has a newer version; the user's own first, then those farthest behind."""
    run, question, options = again.run, again.question, again.question.options
    if run.outcome is not Outcome.SOLVED or options.resolution != "highest":
        return
    alone = next((again.with_change(one.change) for one in here_alone(question, again.policy)), None)
    if alone is None or alone.outcome is not Outcome.SOLVED:
        return
    own = {line.name for line in question.requirements}
    held = sorted((pin for pin in run.pins if _is_older(pin, alone)), key=lambda pin: pin.name not in own)[:SHOWN]
    helping = _helping(held, again)
    for pin in held:
        then = alone.pin(pin.name)
        assert then is not None
        ways = helping[pin.name]
        detail = UniversalHeldBack(
            chosen=pin.version,
            alone=then.version,
            marker=ways[0][0].without if ways else "",
            asked=pin.requested_by,
        )
        detail = _caused(detail, pin, alone, again, elsewhere)
        yield catalogue.finding(
            severity=Severity.WARNING if options.fork_strategy == "requires-python" else Severity.INFO,
            runs=(run.key,),
            subject=pin.name,
            detail=detail,
            evidence=tuple(_evidence(run, pin)),
            remedies=tuple(remedy for _, remedy in ways),
        )


def _is_older(pin: Pin, other: Run) -> bool:
    then = other.pin(pin.name)
    return then is not None and pin.url is None and Version(then.version) > Version(pin.version)


def _helping(held: list[Pin], again: Again) -> dict[NormalizedName, list[tuple[Narrower, Remedy]]]:
    """For each pin the environments that can be left out so that it is newer, the least first."""
    found: dict[NormalizedName, list[tuple[Narrower, Remedy]]] = {pin.name: [] for pin in held}
    for one in narrower(again.question, again.policy):
        if all(len(ways) >= _ENOUGH for ways in found.values()):
            break
        remedy, run = again.remedy(one.change), again.with_change(one.change)
        if remedy is None or run is None:
            continue
        for pin in held:
            ways = found[pin.name]
            last = not one.without and ways  # this computer alone: only where nothing less helps
            if len(ways) < _ENOUGH and not last and _is_older(pin, run):
                ways.append((one, remedy))
    return found


def _caused(detail: UniversalHeldBack, pin: Pin, alone: Run, again: Again, elsewhere: Elsewhere) -> UniversalHeldBack:
    """With what is to blame: an earlier fork, or a fact."""
    run, question = again.run, again.question
    fork = next((event.fork for _, event in _taken_over(run, pin)), None)
    if fork is not None:
        without = again.switched("prefers_earlier_forks")
        if without is not None and _is_older(pin, without):
            return msgspec.structs.replace(detail, fork=fork)
    marker = next((fork.marker for fork in run.forks if fork.trail is run.trail), "")
    text = f"{pin.name}>={detail.alone},<={detail.alone}"
    goal = user_line(f"{text} ; {marker}" if marker else text)
    wanted = msgspec.structs.replace(question, constraints=(*question.constraints, goal))
    failed = elsewhere.solve(wanted, elsewhere.facts()) if again.budget.spend() else None
    if failed is None or failed.outcome is not Outcome.IMPOSSIBLE:
        return detail
    here = {one.name for one in alone.pins}
    because = one_fact(failed, wanted, again.policy, elsewhere, again.budget, goal=goal, here=here)
    return msgspec.structs.replace(detail, because=because)


def _taken_over(run: Run, pin: Pin) -> Iterator[tuple[int, Preferred]]:
    """Where the trail says that a pin's version was chosen before."""
    for place, event in enumerate(run.trail):
        if isinstance(event, Preferred) and (event.name, event.version) == (pin.name, pin.version):
            yield place, event


def _evidence(run: Run, pin: Pin) -> Iterator[str]:
    yield from (f"trail:{run.key}#{place}" for place, _ in _taken_over(run, pin))
    yield f"page:{pin.name}"
