"""BT122: a project with several versions in one answer, and why each fork has not the newest."""

from collections.abc import Iterator

from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain import catalogue
from backtrail.explain.evidence.refusals import History, meets
from backtrail.model.finding import Finding, Forked, ForkedVersion, ForkReason
from backtrail.model.question import Question
from backtrail.model.run import Asked, Pin, PinnedLine, Run
from backtrail.model.trail import Because, Outcome, Preferred, Split, SplitBy
from backtrail.standards.lenient import lenient_requirement

_OWN = {
    SplitBy.REQUIRES_PYTHON: ForkReason.REQUIRES_PYTHON,
    SplitBy.LOCAL_VERSION: ForkReason.LOCAL_VERSION,
    SplitBy.COVERAGE: ForkReason.COVERAGE,
}
"""Splits by a version of the project itself."""


_LOWER = frozenset({">=", ">", "==", "===", "~="})
"""Operators that set a lower bound."""


def forked(run: Run, question: Question) -> Iterator[Finding]:
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
        rest = (_version(run, question, line, newest) for line in older)
        yield catalogue.finding(
            runs=(run.key,),
            subject=name,
            detail=Forked(versions=(first, *rest)),
            evidence=(f"page:{name}",),
        )


def _version(run: Run, question: Question, line: PinnedLine, newest: PinnedLine) -> ForkedVersion:
    """The reason that the first fork with the version gives."""
    fork, first = _fork(run, line), _fork(run, newest)
    if fork is None:
        return ForkedVersion(version=line.version, marker=line.marker, why=ForkReason.UNKNOWN)
    pin = fork.pin(line.name)
    if pin is not None and _is_oldest(pin, question):
        bound = next((one for one in pin.requested_by if _has_lower_bound(one)), None)
        return ForkedVersion(version=line.version, marker=line.marker, why=ForkReason.LOWEST, asked=bound)
    index, other = _index(fork, line), None if first is None else _index(first, newest)
    why, asked, newer = _reason(fork, line, newest.version, elsewhere=index != other)
    return ForkedVersion(
        version=line.version,
        marker=line.marker,
        why=why,
        asked=asked,
        newer=newer,
        index=index if why is ForkReason.INDEX else None,
    )


def _fork(run: Run, line: PinnedLine) -> Run | None:
    """The first fork that has the version of a line."""
    pins = ((fork, fork.pin(line.name)) for fork in run.forks)
    return next((fork for fork, pin in pins if pin is not None and pin.version == line.version), None)


def _index(fork: Run, line: PinnedLine) -> str | None:
    """Where a fork takes a version from."""
    pin = fork.pin(line.name)
    return None if pin is None or pin.file is None else pin.file.index


def _is_oldest(pin: Pin, question: Question) -> bool:
    """Whether the user has the oldest version of a pin taken that is allowed."""
    workspace = question.universal.workspace
    own = {None} if workspace is None else {None, *(member.name for member in workspace.members)}
    mode = question.options.resolution
    return mode == "lowest" or (mode == "lowest-direct" and any(one.by in own for one in pin.requested_by))


def _has_lower_bound(asked: Asked) -> bool:
    requirement = lenient_requirement(asked.requirement.text)
    return requirement is not None and any(one.operator in _LOWER for one in requirement.specifiers)


def _reason(
    fork: Run, line: PinnedLine, newest: str, *, elsewhere: bool
) -> tuple[ForkReason, Asked | None, str | None]:
    """What kept a fork from the newest version: a split by a newer one, a requirement, what was chosen before.

    ``elsewhere``: the newest version is on another index.
    """
    chosen = Version(line.version)
    for event in fork.trail:
        mine = isinstance(event, Split) and event.package.name == line.name and event.why in _OWN
        if mine and isinstance(event, Split) and Version(event.version) > chosen:
            return _OWN[event.why], None, event.version
    pin = fork.pin(line.name)
    for asked in () if pin is None else pin.requested_by:
        if not meets(asked.requirement, newest):
            return ForkReason.REQUIREMENT, asked, newest
    if elsewhere:
        return ForkReason.INDEX, None, None
    refused = History(fork).refused(line.name)
    for version in sorted((one for one in refused if Version(one) > chosen), key=Version, reverse=True):
        found = refused[version]
        if found.because is Because.REQUIRES_PYTHON:  # another project split the Pythons
            return ForkReason.REQUIRES_PYTHON, None, version
        if found.requirement is not None and found.on is not None:
            by = (found.on, found.version) if found.requirement.name == line.name else (line.name, version)
            asked = Asked(by=by[0], version=by[1], requirement=found.requirement)
            return ForkReason.REQUIREMENT, asked, version
    if any(isinstance(event, Preferred) and (event.name, event.version) == (line.name, line.version)
           for event in fork.trail):  # fmt: skip
        return ForkReason.PREFERRED, None, newest
    return ForkReason.UNKNOWN, None, None
