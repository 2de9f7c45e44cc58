"""Why a run has no answer, as far as one requirement alone explains it: BT105 to BT108, and BT117."""

from collections.abc import Iterator

import msgspec

from backtrail.explain.causes.smallest_sets import grounds, is_own, proof_of
from backtrail.explain.evidence.available_releases import Stock
from backtrail.explain.lookup.availability import availability
from backtrail.model.finding import BuildAborts, Finding, Severity
from backtrail.model.metadata import Failure, Unavailable
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Asked, Run
from backtrail.model.source import Source
from backtrail.model.trail import Because, Outcome, Read, Rejected, Required

_MOST = 5
"""Requirements looked at."""

_NOTHING = frozenset({Because.NOT_FOUND, Because.NO_VERSION, Because.FILES, Because.REQUIRES_PYTHON})
"""Refusals that may leave nothing of a project to take."""


def unsolved(run: Run, question: Question, policy: Policy, source: Source) -> Iterator[Finding]:
    """Explain requirements that nothing on the indexes can meet, or the build that ends the run."""
    if run.outcome is Outcome.ABORTED:
        yield from _aborted(run)
    elif run.outcome is Outcome.IMPOSSIBLE:
        names = [requirement.name for requirement in question.requirements]
        stock = Stock(question, policy, source)
        for place, requirement in _unmet(run):
            look = stock.look(requirement.name)
            found = availability(
                requirement, [look], question.options, settings=question.settings, names=names
            ).findings
            for one in found:
                if one.severity is Severity.ERROR:
                    yield msgspec.structs.replace(one, evidence=(f"trail:{run.key}#{place}", *one.evidence))


def _unmet(run: Run) -> Iterator[tuple[int, Requirement]]:
    """The requirements that the end follows from, on projects of which nothing was found to take; the user's own first.

    pip tells of no refused project: there each requirement that led to the last dead end is a suspect.
    """
    proof = proof_of(run)
    refused = {
        event.package.name: place
        for place, event in enumerate(run.trail)
        if isinstance(event, Rejected)
        and event.because in _NOTHING
        and (event.incompatibility is None or event.incompatibility in proof)
    }
    last = len(run.trail) - 1
    found: dict[str, tuple[bool, int, Requirement]] = {}
    for event in grounds(run):
        name = event.requirement.name
        if event.requirement.url is None and (name in refused or run.terminal is None):
            place = refused.get(name, last)
            found.setdefault(event.requirement.text, (not is_own(event), place, event.requirement))
    ordered = sorted(found.values(), key=lambda one: one[:2])
    yield from ((place, requirement) for _, place, requirement in ordered[:_MOST])


def _aborted(run: Run) -> Iterator[Finding]:
    failure = run.failure
    if not isinstance(failure, Unavailable) or failure.failure is not Failure.BUILD_FAILED:
        return
    read = next(
        (
            (place, event)
            for place, event in reversed(list(enumerate(run.trail)))
            if isinstance(event, Read) and event.file == failure.file and event.version is not None
        ),
        None,
    )
    if read is None:
        return
    place, event = read
    asked = tuple(
        dict.fromkeys(
            Asked(requirement=one.requirement, by=one.by, version=one.version)
            for one in run.trail
            if isinstance(one, Required) and one.requirement.name == event.name and not one.constraint
        )
    )
    assert event.version is not None
    yield Finding(
        code="BT117",
        severity=Severity.ERROR,
        runs=(run.key,),
        subject=next((one.requirement.name for one in asked), None),
        detail=BuildAborts(version=event.version, file=failure.file, asked=asked, error=failure.detail),
        evidence=(f"trail:{run.key}#{place}", f"file:{failure.file}"),
    )
