"""BT122: a project with several versions in one answer, and why each fork has not the newest."""

from collections.abc import Iterator

from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain import catalogue
from backtrail.explain.evidence.refusals import History, meets
from backtrail.model.finding import Finding, Forked, ForkedVersion, ForkReason
from backtrail.model.run import Asked, PinnedLine, Run
from backtrail.model.trail import Outcome, Preferred, Split, SplitBy

_OWN = {
    SplitBy.REQUIRES_PYTHON: ForkReason.REQUIRES_PYTHON,
    SplitBy.LOCAL_VERSION: ForkReason.LOCAL_VERSION,
    SplitBy.COVERAGE: ForkReason.COVERAGE,
}
"""Splits by a version of the project itself."""


def forked(run: Run) -> Iterator[Finding]:
    """Find the projects that have several versions, by name."""
    if run.outcome is not Outcome.SOLVED:
        return
    lines: dict[NormalizedName, list[PinnedLine]] = {}
    for line in run.lines:
        lines.setdefault(line.name, []).append(line)
    for name, several in lines.items():
        if len(several) < 2 or any(line.url is not None for line in several):
            continue
        newest, *older = sorted(several, key=lambda line: Version(line.version), reverse=True)
        first = ForkedVersion(version=newest.version, marker=newest.marker, why=ForkReason.NEWEST)
        rest = (_version(run, line, newest.version) for line in older)
        yield catalogue.finding(
            runs=(run.key,),
            subject=name,
            detail=Forked(versions=(first, *rest)),
            evidence=(f"page:{name}",),
        )


def _version(run: Run, line: PinnedLine, newest: str) -> ForkedVersion:
    """The reason that the first fork with the version gives."""
    for fork in run.forks:
        pin = fork.pin(line.name)
        if pin is not None and pin.version == line.version:
            why, asked, newer = _reason(fork, line, newest)
            return ForkedVersion(version=line.version, marker=line.marker, why=why, asked=asked, newer=newer)
    return ForkedVersion(version=line.version, marker=line.marker, why=ForkReason.UNKNOWN)


def _reason(fork: Run, line: PinnedLine, newest: str) -> tuple[ForkReason, Asked | None, str | None]:
    """What kept a fork from the newest version: a split by a newer one, a requirement, what was chosen before."""
    chosen = Version(line.version)
    for event in fork.trail:
        mine = isinstance(event, Split) and event.package.name == line.name and event.why in _OWN
        if mine and isinstance(event, Split) and Version(event.version) > chosen:
            return _OWN[event.why], None, event.version
    pin = fork.pin(line.name)
    for asked in () if pin is None else pin.requested_by:
        if not meets(asked.requirement, newest):
            return ForkReason.REQUIREMENT, asked, newest
    refused = History(fork).refused(line.name)
    for version in sorted((one for one in refused if Version(one) > chosen), key=Version, reverse=True):
        found = refused[version]
        if found.requirement is not None and found.on is not None:
            by = (found.on, found.version) if found.requirement.name == line.name else (line.name, version)
            asked = Asked(by=by[0], version=by[1], requirement=found.requirement)
            return ForkReason.REQUIREMENT, asked, version
    if any(isinstance(event, Preferred) and (event.name, event.version) == (line.name, line.version)
           for event in fork.trail):  # fmt: skip
        return ForkReason.PREFERRED, None, newest
    return ForkReason.UNKNOWN, None, None
