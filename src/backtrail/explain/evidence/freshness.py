"""Which pins of an answer are the newest release usable here, and which newer releases there are."""

from collections.abc import Iterator

from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain.evidence.releases import Release, Releases
from backtrail.model.files import NotRecordedError
from backtrail.model.freshness import Behind, Freshness, OutOfReach
from backtrail.model.run import Pin, Run
from backtrail.model.trail import Outcome


def freshness(run: Run, releases: Releases) -> Freshness | None:
    """Compare each pin with the newest release that the resolver could use, whoever asks for what.

    Nothing is read that the run did not read. None where the run has no answer.
    """
    if run.outcome is not Outcome.SOLVED:
        return None
    passed_over = {one.project for one in run.passed_over}
    behind: list[Behind] = []
    beyond: list[OutOfReach] = []
    unknown: list[NormalizedName] = []
    pins = [pin for pin in run.pins if pin.file is not None]
    for pin in pins:
        if pin.name in passed_over:
            unknown.append(pin.name)
            continue
        try:
            newest = releases.newest(pin)
            beyond += _beyond(pin, newest, releases)
            behind += _behind(pin, newest, releases)
        except NotRecordedError:
            unknown.append(pin.name)
    return Freshness(
        compared=len(pins) - len(unknown),
        behind=tuple(sorted(behind, key=lambda one: (not one.own, -one.releases, one.project))),
        out_of_reach=tuple(sorted(beyond, key=lambda one: (not one.own, one.project))),
        unknown=tuple(unknown),
    )


def _behind(pin: Pin, newest: Release | None, releases: Releases) -> Iterator[Behind]:
    """Nothing where the pin is the newest; local builds of one version are as new as each other (PEP 440)."""
    between = () if newest is None else releases.between(pin, newest.version)
    if newest is not None and between:
        text = str(newest.version)
        yield Behind(project=pin.name, version=pin.version, newest=text, releases=len(between), own=_is_own(pin))


def _beyond(pin: Pin, newest: Release | None, releases: Releases) -> Iterator[OutOfReach]:
    versions = [Version(pin.version), *(() if newest is None else (newest.version,))]
    refused = releases.refused_above(pin, max(versions))
    if refused is not None:
        version, exclusions = refused
        yield OutOfReach(project=pin.name, version=str(version), exclusions=exclusions, own=_is_own(pin))


def _is_own(pin: Pin) -> bool:
    return any(asked.by is None for asked in pin.requested_by)
