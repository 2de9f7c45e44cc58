"""Two runs of one question, each with what it was asked, and what their answers have otherwise."""

from collections.abc import Mapping
from typing import NamedTuple

from packaging.utils import NormalizedName

from backtrail.model.metadata import Failure, Unavailable
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.run import Pin, Run
from backtrail.model.trail import Outcome, Read


class Side(NamedTuple):
    """A run with its question. ``rules`` are the engine's, by name: whether each is in force."""

    run: Run
    question: Question
    policy: Policy
    rules: Mapping[str, bool]


def differences(first: Run, second: Run, *, by_index: bool = True) -> tuple[NormalizedName, ...]:
    """The projects that two answers have otherwise, by version or index; without two answers to compare, none.

    Who asks other indexes takes the same version from another: with ``by_index`` off that is no difference.

    Where one run finds a solution, and the other proves that there is none or ends at a build that fails, all projects
    of the solution.
    """
    if Outcome.SOLVED not in (first.outcome, second.outcome) or not all(map(_has_ended, (first, second))):
        return ()
    found: dict[NormalizedName, list[object]] = {}
    for run in (first, second):
        if run.outcome is Outcome.SOLVED:
            for pin in run.pins:
                found.setdefault(pin.name, []).append(identity(pin, by_index=by_index))
    return tuple(name for name, pins in sorted(found.items()) if len(pins) == 1 or pins[0] != pins[1])


def _has_ended(run: Run) -> bool:
    return run.outcome in (Outcome.SOLVED, Outcome.IMPOSSIBLE) or failed_build(run) is not None


def failed_build(run: Run) -> Read | None:
    """The project, version and file whose build ended a run; None where none did."""
    failure = run.failure
    if not isinstance(failure, Unavailable) or failure.failure is not Failure.BUILD_FAILED:
        return None
    if run.outcome is not Outcome.ABORTED:
        return None
    reads = (event for event in reversed(run.trail) if isinstance(event, Read))
    return next((one for one in reads if one.file == failure.file and one.version is not None), None)


def identity(pin: Pin | None, *, by_index: bool = True) -> object:
    """What two answers are compared by: version and origin; None: no part of the answer."""
    return None if pin is None else (pin.version, pin.url, pin.file.index if by_index and pin.file else None)


def version_in(run: Run, name: NormalizedName) -> str | None:
    """The version of a project in an answer; None where it has none, or there is no answer."""
    pin = run.pin(name) if run.outcome is Outcome.SOLVED else None
    return None if pin is None else pin.version
