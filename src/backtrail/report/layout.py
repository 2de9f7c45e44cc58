"""What is shown together: findings of one subject become one story, stories are put in order. Data, no words."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import msgspec
from packaging.specifiers import InvalidSpecifier, Specifier
from packaging.utils import NormalizedName
from packaging.version import InvalidVersion, Version

from backtrail.model.case import Report
from backtrail.model.files import Unreadable
from backtrail.model.finding import (
    BuildAborts,
    BuildDoomed,
    BuildRefuses,
    Conflict,
    ConflictUndeclared,
    Detail,
    Diverge,
    Finding,
    HeldBack,
    Hidden,
    LocalVariants,
    NotFound,
    NothingUsable,
    NotSibling,
    ObstacleKind,
    PrereleaseTaken,
    PythonGuard,
    Remedy,
    RemedyResult,
    SdistChosen,
    Severity,
    SolutionMissed,
    SplitFailed,
    Thrash,
    UniversalHeldBack,
    YankedTaken,
    fails_to_build,
)
from backtrail.model.requirement import Requirement
from backtrail.model.run import Asked, Run
from backtrail.model.target import Target
from backtrail.model.trail import Because, Outcome, Read
from backtrail.standards.lenient import lenient_requirement

_SEVERITY = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
_ABSENT = (LocalVariants, NothingUsable, NotFound, Hidden)
"""What is said of one requirement that nothing meets."""

# Why there is no answer comes before why the answer surprises, what the resolver met first before the rest.
_RANK: dict[type, int] = {
    **dict.fromkeys((BuildAborts, SplitFailed, ConflictUndeclared, NotSibling), 0),
    **dict.fromkeys((Conflict, *_ABSENT), 1),
    SolutionMissed: 2,
    Thrash: 3,
    HeldBack: 4,
    UniversalHeldBack: 5,
    BuildDoomed: 6,
    SdistChosen: 7,
}
_LAST = 8

_NAMING = (BuildAborts, Diverge, NothingUsable, SolutionMissed)
"""What is said with the runs that it is of."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """A finding and those that say more about the same version of the same project."""

    lead: Finding
    companions: tuple[Finding, ...] = ()

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """The lead first."""
        return (self.lead, *self.companions)

    @property
    def telling(self) -> Finding:
        """The finding whose remedies are shown: the first that has one which helps, else the lead."""
        helped = (each for each in self.findings if any(one.result is RemedyResult.VERIFIED for one in each.remedies))
        return next(helped, self.lead)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the story, ascending."""
        return tuple(sorted({finding.code for finding in self.findings}))

    @property
    def severity(self) -> Severity:
        """That of its gravest finding."""
        return min((finding.severity for finding in self.findings), key=_SEVERITY.__getitem__)

    @property
    def rank(self) -> tuple[int, int]:
        """The gravest first."""
        return _SEVERITY[self.severity], _RANK.get(type(self.lead.detail), _LAST)


def stories(findings: tuple[Finding, ...]) -> tuple[Story, ...]:
    """Group and order: the gravest story first, else as the findings came."""
    found: list[Story] = []
    left = list(_across_runs(findings))
    # Stable: a held-back version leads what is odd about it, and a conflict what nothing meets in it.
    left.sort(key=lambda finding: not isinstance(finding.detail, (HeldBack, Conflict)))
    while left:
        lead = left.pop(0)
        companions = tuple(other for other in left if _belongs(other, lead))
        left = [other for other in left if other not in companions]
        found.append(Story(lead=lead, companions=tuple(sorted(companions, key=lambda other: other.code))))
    order = {id(finding): place for place, finding in enumerate(findings)}
    return tuple(sorted(found, key=lambda story: (*story.rank, order.get(id(story.lead), len(order)))))


def bundled(found: Iterable[Story]) -> tuple[tuple[Story, ...], ...]:
    """The stories in their order, those about versions that are held back alike together, where the first stands."""
    bundles: dict[object, list[Story]] = {}
    for story in found:
        why = _why(story.lead)
        key = story.lead.runs, story.severity, why
        alone = why is None or (story.companions and why[0] is Alike.PYTHON)
        bundles.setdefault(id(story) if alone else key, []).append(story)
    return tuple(map(tuple, bundles.values()))


class Alike(Enum):
    """What several versions are held back by alike."""

    PYTHON = "python"
    ASKED = "asked"
    UNKNOWN = "unknown"


def capping(detail: HeldBack) -> Asked | None:
    """Where nothing is known of a cause: the package that asks for what the newest release is not."""
    known = detail.because or detail.alternative or detail.blocker or detail.unusable
    return None if known else next((one for one in detail.asked if one.by and _excludes(one, detail.newest)), None)


def _excludes(asked: Asked, newest: str) -> bool:
    requirement = lenient_requirement(asked.requirement.text)
    return requirement is not None and not requirement.specifiers.contains(Version(newest), prereleases=True)


def _why(finding: Finding) -> tuple[Alike, str | None] | None:
    """What holds a version back where that may be said of several at once, and who asks for it."""
    detail = finding.detail
    if not isinstance(detail, HeldBack) or detail.alternative:
        return None
    python = Because.REQUIRES_PYTHON, ObstacleKind.REQUIRES_PYTHON
    if detail.because:
        own = all(one.kind is python[1] and one.project == finding.subject for one in detail.because)
        return (Alike.PYTHON, None) if own else None
    if detail.unusable is not None:
        return (Alike.PYTHON, None) if detail.unusable.because is python[0] else None
    asked = capping(detail)
    return (Alike.UNKNOWN, None) if asked is None else (Alike.ASKED, asked.by)


def alike(stories: tuple[Story, ...]) -> Alike | None:
    """What is said of a bundle in one line; None where its one story is told by itself."""
    why, _ = _why(stories[0].lead) or (None, None)
    return why if len(stories) > 1 or (why is Alike.PYTHON and stories[0].severity is Severity.INFO) else None


def _across_runs(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The same fact found in several runs, shown once."""
    found: list[Finding] = []
    for finding in findings:
        for place, other in enumerate(found):
            if _is_same(finding, other):
                runs = other.runs + tuple(run for run in finding.runs if run not in other.runs)
                remedies = other.remedies + tuple(
                    new for new in finding.remedies if _says(new) not in map(_says, other.remedies)
                )
                detail = _together(other.detail, finding.detail)
                found[place] = msgspec.structs.replace(other, runs=runs, remedies=remedies, detail=detail)
                break
        else:
            found.append(finding)
    return tuple(found)


def _is_same(finding: Finding, other: Finding) -> bool:
    """Whether two runs tell the same fact.

    A conflict is the same whatever was looked at to prove it, what is not there wherever it was looked for, a
    project that is not there in whichever version, a version that facts force whatever was tried on the way.
    """
    if (finding.code, finding.subject) != (other.code, other.subject):
        return False
    match finding.detail, other.detail:
        case Conflict() as one, Conflict() as two:
            return (one.lines, one.project, one.because) == (two.lines, two.project, two.because)
        case NotFound(project=False), NotFound(project=False):
            return True
        case NotFound() as one, NotFound() as two:
            return one == msgspec.structs.replace(two, indexes=one.indexes)
        case HeldBack() as one, HeldBack() as two if one.because:
            return (one.chosen, one.newest, one.because) == (two.chosen, two.newest, two.because)
        case one, two:
            return one == two


def _together(one: Detail, other: Detail) -> Detail:
    """The same fact as two runs tell it: what is not there is missing in all places that either looked at."""
    match one, other:
        case NotFound(), NotFound():
            indexes = tuple(dict.fromkeys((*one.indexes, *other.indexes)))
            return msgspec.structs.replace(one, indexes=indexes)
        case _:
            return one


def apart(finding: Finding, report: Report) -> tuple[str, ...]:
    """The runs that a finding is of, where it is not of all that the first verdict speaks of; else none."""
    if len(report.runs) < 2 or isinstance(finding.detail, _NAMING):
        return ()
    first = {run.key for run in endings(report)[0].runs}
    return () if first <= set(finding.runs) else finding.runs


def fixes(report: Report) -> tuple[Remedy, ...]:
    """What helps, as it is numbered, from 1: in the order of the stories, each change once."""
    found: dict[object, Remedy] = {}
    for story in stories(report.findings):
        for one in story.telling.remedies:
            if one.result is RemedyResult.VERIFIED:
                found.setdefault(_change(one), one)
    return tuple(found.values())


def fix_number(remedy: Remedy, report: Report) -> int | None:
    """The number of a change among the fixes of a report; None: it is none of them."""
    numbers = {_change(one): number for number, one in enumerate(fixes(report), start=1)}
    return numbers.get(_change(remedy))


def _change(remedy: Remedy) -> object:
    """What is changed, in whatever order."""
    also = ((one.kind, one.change, one.of) for one in remedy.also)
    return frozenset({(remedy.kind, remedy.change, remedy.of), *also})


def runs_with(remedy: Remedy, finding: Finding, report: Report) -> tuple[str, ...]:
    """The runs of which solving again gave the result that a remedy of a finding has."""
    same = [each for each in report.findings if _is_same(each, finding)]
    return tuple(dict.fromkeys(
        run for each in same if _says(remedy) in map(_says, each.remedies) for run in each.runs
    ))  # fmt: skip


def pins_of(finding: Finding, report: Report) -> str | None:
    """The run whose pins the remedies of a finding show; None where all runs that tell it come to the same."""
    gives = {_says(one): _gives(one) for one in finding.remedies}
    others = (other for each in report.findings if _is_same(each, finding) for other in each.remedies)
    return finding.runs[0] if any(gives.get(_says(other), _gives(other)) != _gives(other) for other in others) else None


def _says(remedy: Remedy) -> object:
    return _change(remedy), remedy.result


def _gives(remedy: Remedy) -> object:
    return {name: new for name, (_, new) in remedy.pins_changed.items() if new is not None}


def _belongs(finding: Finding, lead: Finding) -> bool:
    if isinstance(lead.detail, Conflict):
        same = finding.subject == lead.detail.project is not None
        return same and isinstance(finding.detail, _ABSENT) and not set(finding.runs).isdisjoint(lead.runs)
    each = _chosen(finding)
    return (
        each is not None
        and each == _chosen(lead)
        and finding.code != lead.code
        and finding.subject == lead.subject
        and not set(finding.runs).isdisjoint(lead.runs)
    )


def _chosen(finding: Finding) -> str | None:
    """The chosen version a finding speaks of, None for other kinds."""
    match finding.detail:
        case HeldBack(chosen=version):
            return version
        case (
            SdistChosen(version=version)
            | PythonGuard(version=version)
            | BuildAborts(version=version)
            | BuildDoomed(version=version)
            | BuildRefuses(version=version)
            | PrereleaseTaken(version=version)
            | YankedTaken(version=version)
        ):
            return version
        case _:
            return None


@dataclass(frozen=True, kw_only=True)
class Ending:
    """Runs that ended alike, shown in one line. ``failing`` are the pins that are known not to build here."""

    runs: tuple[Run, ...]
    failing: tuple[str, ...]


def endings(report: Report) -> tuple[Ending, ...]:
    """The runs in the order asked for, those with the same answer together."""
    found: dict[object, Ending] = {}
    for run in report.runs:
        failing = _failing(report, run)
        pins = tuple(sorted((pin.name, pin.version) for pin in run.pins))
        key: object = run.key
        if run.outcome is Outcome.SOLVED:
            key = pins, failing, tuple((step.name, step.action) for step in run.plan)
        elif run.outcome is Outcome.IMPOSSIBLE:
            key = frozenset(map(frozenset, unmet(run, report))) or run.key  # in whatever order they were found
        known = found.get(key)
        found[key] = Ending(runs=(*known.runs, run) if known else (run,), failing=failing)
    return tuple(found.values())


def _failing(report: Report, run: Run) -> tuple[str, ...]:
    return tuple(
        str(finding.subject) for finding in report.findings if run.key in finding.runs and fails_to_build(finding)
    )


def unmet(run: Run, report: Report) -> tuple[tuple[Requirement, ...], ...]:
    """The user's own lines that cannot be met: those of each conflict, in the order in which they were found."""
    found: list[tuple[Requirement, ...]] = []
    for finding in report.findings:
        if run.key not in finding.runs:
            continue
        match finding.detail:
            case Conflict(lines=lines):
                found.append(tuple(one.requirement for one in lines))
            case NotFound(requirement=text) | NothingUsable(requirement=text) | Hidden(requirement=text):
                found.extend((one,) for one in _own_lines(report) if one.text == text)
            case LocalVariants() if finding.severity is Severity.ERROR:
                found.extend((one,) for one in _own_lines(report) if one.name == finding.subject)
            case _:
                pass
    return tuple(dict.fromkeys(found))


def _own_lines(report: Report) -> tuple[Requirement, ...]:
    return (*report.question.requirements, *report.question.constraints)


def left_out(requirement: Requirement, target: Target) -> bool:
    """Whether a marker keeps a requirement from counting for a target (PEP 508); what nobody can evaluate does not."""
    return target.pythons is None and requirement.applies(target.markers) is False


def unread(run: Run) -> NormalizedName | None:
    """The project whose page leaves a run unknown; None where it is not a page that does."""
    if not isinstance(run.failure, Unreadable):
        return None
    passed_over = next((one.project for one in run.passed_over if one.page is run.failure), None)
    # An engine reads a page when it needs it, and stops where that cannot be read.
    read = (event.name for event in reversed(run.trail) if isinstance(event, Read) and event.what == "listing")
    return passed_over or next(map(NormalizedName, read), None)


def path(run: Run, name: str) -> tuple[Asked, ...]:
    """The shortest way from the user's requirements to a pin: who asks for whom, the user first."""
    waiting: list[tuple[str, tuple[Asked, ...]]] = [(name, ())]
    seen = {name}
    while waiting:
        current, way = waiting.pop(0)
        pin = run.pin(current)
        for asked in pin.requested_by if pin else ():
            if asked.by is None:
                return (asked, *way)
            if asked.by not in seen:
                seen.add(asked.by)
                waiting.append((asked.by, (asked, *way)))
    return ()


def refusing_clauses(requirement: Requirement, version: str) -> tuple[str, ...]:
    """The clauses of a specifier that a version does not meet, sorted."""
    try:
        clauses = requirement.specifiers
        parsed = Version(version)
    except (InvalidSpecifier, InvalidVersion):
        return ()
    return tuple(sorted(str(clause) for clause in clauses if not clause.contains(parsed, prereleases=True)))


def direction(clause: str, version: str) -> str:
    """Where a clause that refuses a version wants it to go: ``older``, ``newer`` or ``other``."""
    operator = Specifier(clause).operator
    if operator in {"<", "<="}:
        return "older"
    if operator in {">", ">="}:
        return "newer"
    if operator in {"==", "~="}:
        wanted, refused = Version(clause.lstrip("=~").removesuffix(".*")), Version(version)
        return "older" if wanted < refused else "newer"
    return "other"


def binding(asked: tuple[Asked, ...]) -> Asked | None:
    """The requirement with the lowest upper bound, None where nothing caps the version."""
    caps = [(cap, place) for place, one in enumerate(asked) if (cap := _cap(one.requirement)) is not None]
    return asked[min(caps)[1]] if caps else None


def _cap(requirement: Requirement) -> Version | None:
    try:
        caps = [one for one in requirement.specifiers if one.operator in {"<", "<=", "==", "~="}]
        return min((Version(one.version.removesuffix(".*")) for one in caps), default=None)
    except (InvalidSpecifier, InvalidVersion):
        return None
