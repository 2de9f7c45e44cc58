"""BT109: why there is no answer: which of the user's lines contradict each other, by which chains, and where."""

from collections.abc import Callable, Iterator, Sequence

import msgspec
from packaging.utils import NormalizedName

from backtrail.explain import catalogue
from backtrail.explain.causes.chains import Paths, Way
from backtrail.explain.causes.derivation import proof
from backtrail.explain.causes.smallest_sets import MOST, Search, Smallest, Solve, is_own, only
from backtrail.explain.evidence.available_releases import Stock
from backtrail.explain.remedies.budget import Budget
from backtrail.model.finding import (
    Chain,
    Conflict,
    ConflictReason,
    Finding,
    Hidden,
    NothingUsable,
    OwnLine,
    Severity,
    UnreadableRelease,
)
from backtrail.model.metadata import Failure, Unavailable
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Run
from backtrail.model.trail import Event, Outcome, Rejected, Required

_FLAWS = frozenset({Failure.INVALID, Failure.INCONSISTENT, Failure.STRUCTURE})
"""What is wrong with a file itself."""

_ABSENT = frozenset(ConflictReason) - {
    ConflictReason.BESIDE, ConflictReason.TOGETHER, ConflictReason.INVALID_METADATA,
}  # fmt: skip
"""Reasons that lie in what the index has, and not in what else is asked for."""


def conflicts(
    run: Run,
    question: Question,
    stock: Stock,
    solve: Solve,
    budget: Budget,
    prove: Solve | None = None,
    *,
    most: int = MOST,
) -> Iterator[tuple[Smallest, tuple[Finding, ...]]]:
    """Explain a run that ended without an answer: each independent conflict, and what is to be said of it.

    The first is what the resolver met first. A line that nothing meets, whatever else is asked for, is in conflict with
    nothing: then BT105 to BT108 say why. Where it is another package that asks for what is not there, they come with
    the conflict, which has the way to it. ``prove`` answers as a resolver that leaves a proof, where this one leaves
    none: its last dead end need not show all that was needed.
    """

    def proving(found: Smallest) -> Run | None:
        return prove(only(question, found.lines)) if prove is not None and budget.spend() else None

    if run.outcome is not Outcome.IMPOSSIBLE:
        return
    for found in Search(run, question, solve, budget).conflicts(most):
        detail = explained(found, stock, proving)
        alone = tuple(_alone(run, detail, stock))
        if alone and len(detail.lines) == len(detail.chains[0].links) == 1:
            yield found, alone
            continue
        conflict = catalogue.finding(
            runs=(run.key,),
            subject=detail.project,
            detail=detail,
            evidence=tuple(dict.fromkeys(evidence(run, detail))),
        )
        yield found, (conflict, *alone)


def _alone(run: Run, detail: Conflict, stock: Stock) -> Iterator[Finding]:
    """Why nothing meets one requirement, whatever else is asked for."""
    requirements = [chain.links[-1].asked.requirement for chain in detail.chains if chain.project == detail.project]
    if detail.because not in _ABSENT or len(requirements) != 1:
        return
    seen = stock.why_not(requirements)
    for one in () if seen is None else seen.findings:
        if one.severity is Severity.ERROR:
            yield msgspec.structs.replace(one, runs=(run.key,))


def explained(found: Smallest, stock: Stock, proving: Callable[[Smallest], Run | None]) -> Conflict:
    """The chains of the smallest set to where they meet, and why nothing is left there."""
    paths = Paths(found, stock)
    meeting = paths.meeting()
    if found.minimal and _begun(meeting) < len(found.lines) > 1 and (proved := proving(found)) is not None:
        others = Paths(found._replace(run=proved), stock) if proved.outcome is Outcome.IMPOSSIBLE else paths
        there = others.meeting()
        if _begun(there) > _begun(meeting):
            paths, meeting = others, there
    chains = tuple(paths.chains(meeting))
    project, because = None, ConflictReason.TOGETHER
    refused: NothingUsable | None = None
    hidden: Hidden | None = None
    if meeting:
        project = meeting[-1].requirement.name
        because, refused, hidden = _reason([one.requirement for one in meeting], stock)
        project = None if because is ConflictReason.TOGETHER else project
    unreadable: tuple[UnreadableRelease, ...] = ()
    if because is ConflictReason.TOGETHER and (flawed := next(_flawed(paths, found.run, stock), None)) is not None:
        chain, unreadable = flawed
        chains, project, because = (chain,), chain.project, ConflictReason.INVALID_METADATA
    return Conflict(
        lines=tuple(OwnLine(requirement=one.requirement, constraint=one.constraint) for one in found.lines),
        minimal=found.minimal,
        project=project,
        because=because,
        chains=chains,
        refused=refused,
        hidden=hidden,
        unreadable=unreadable,
        proof=proof(found.run, stock),
    )


def _begun(meeting: Sequence[Way]) -> int:
    """How many of the user's lines the ways begin with."""
    return len({(way.line.text, way.line.origin) for way in meeting})


def _flawed(paths: Paths, run: Run, stock: Stock) -> Iterator[tuple[Chain, tuple[UnreadableRelease, ...]]]:
    """The chains at whose end what has a file was refused for its metadata: the releases, the newest first."""
    refused: dict[NormalizedName, dict[str | None, Unavailable]] = {}
    for event in run.trail:
        flaw = event.unavailable if isinstance(event, Rejected) else None
        if isinstance(event, Rejected) and event.package.name and flaw is not None and flaw.failure in _FLAWS:
            refused.setdefault(event.package.name, {})[event.version] = flaw
    for name, flaws in refused.items():
        chain = paths.to(name)
        versions = () if chain is None else stock.versions(chain.links[-1].asked.requirement)
        found = tuple(
            UnreadableRelease(
                version=str(one), file=flaw.file, text=flaw.detail, since=stock.refused_since(flaw.detail)
            )
            for one in reversed(versions)
            if (flaw := flaws.get(str(one))) is not None
        )
        others = (one for one in versions if str(one) not in flaws)
        if chain is not None and found and not any(stock.has_file(name, one) for one in others):
            yield chain, found


def _reason(
    requirements: Sequence[Requirement], stock: Stock
) -> tuple[ConflictReason, NothingUsable | None, Hidden | None]:
    """Why no release meets all of these: the three sentences that are never mixed, and the two of policy.

    Where newer releases do not fit and an older one is hidden, each would do: both are told, the newer ones first.
    """
    name = requirements[0].name
    if any(one.url is not None for one in requirements):
        return ConflictReason.BESIDE, None, None
    if not stock.known(name):
        return ConflictReason.NOT_FOUND, None, None
    seen = stock.why_not(requirements)
    if seen is not None and seen.unknown:
        return ConflictReason.TOGETHER, None, None
    details = [finding.detail for finding in seen.findings] if seen is not None else []
    refused = next((one for one in details if isinstance(one, NothingUsable)), None)
    hidden = next((one for one in details if isinstance(one, Hidden)), None)
    if refused is not None or hidden is not None:
        return (ConflictReason.HIDDEN if refused is None else ConflictReason.UNUSABLE), refused, hidden
    return (ConflictReason.NO_VERSION if len(requirements) == 1 else ConflictReason.BESIDE), None, None


def evidence(run: Run, detail: Conflict) -> Iterator[str]:
    """Where the stated requirements came into force in a run, who says so, and the page that has no more."""
    places = {_words(event): place for place, event in reversed(list(enumerate(run.trail)))}
    for chain in detail.chains:
        for link in chain.links:
            asked = link.asked
            place = places.get((asked.by, asked.version, asked.requirement.text))
            if place is not None:
                yield f"trail:{run.key}#{place}"
            if asked.by is not None and asked.version is not None:
                yield f"metadata:{asked.by}=={asked.version}"
    if detail.project is not None:
        yield f"page:{detail.project}"


def _words(event: Event) -> tuple[NormalizedName | None, str | None, str] | None:
    if not isinstance(event, Required):
        return None
    by = (None, None) if is_own(event) else (event.by, event.version)
    return *by, event.requirement.text
