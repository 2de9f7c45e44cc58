"""BT117: a run that ends because it would have to build an sdist, and the build fails."""

from collections.abc import Iterator

from backtrail.explain import catalogue
from backtrail.model.finding import BuildAborts, Finding
from backtrail.model.metadata import Failure, Unavailable
from backtrail.model.run import Asked, Run
from backtrail.model.trail import Outcome, Read, Required


def build_aborts(run: Run) -> Iterator[Finding]:
    """Explain the build that ends a run; nothing where none did."""
    failure = run.failure
    if run.outcome is not Outcome.ABORTED or not isinstance(failure, Unavailable):
        return
    if failure.failure is not Failure.BUILD_FAILED:
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
    yield catalogue.finding(
        runs=(run.key,),
        subject=next((one.requirement.name for one in asked), None),
        detail=BuildAborts(version=event.version, file=failure.file, asked=asked, error=failure.detail),
        evidence=(f"trail:{run.key}#{place}", f"file:{failure.file}"),
    )
