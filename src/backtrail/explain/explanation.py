"""From a finished run to findings with remedies, each proved by solving again."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import msgspec
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain.evidence.available_releases import Stock
from backtrail.explain.evidence.releases import Releases
from backtrail.explain.findings.conflict import conflicts
from backtrail.explain.findings.distributions import SetupScripts, distributions
from backtrail.explain.findings.held_back import held_back
from backtrail.explain.findings.index_shadowed import shadowed
from backtrail.explain.findings.let_in import let_in
from backtrail.explain.findings.metadata_differs import Counterparts, differing
from backtrail.explain.findings.order_sensitive import order_sensitive
from backtrail.explain.findings.thrash import thrash
from backtrail.explain.findings.unsolved import unsolved
from backtrail.explain.remedies.alternatives import alternatives
from backtrail.explain.remedies.budget import Budget
from backtrail.explain.remedies.concessions import Probe, concessions
from backtrail.explain.remedies.proposals import Change, is_made, made, only_wheels, opted, proposals
from backtrail.model.files import FileKind, NotRecordedError
from backtrail.model.finding import (
    BuildAborts,
    Finding,
    HeldBack,
    Remedy,
    RemedyResult,
    Severity,
    Thrash,
    Upstream,
)
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.run import Run, moved
from backtrail.model.source import Source
from backtrail.model.trail import Outcome

SHOWN = 3
"""Remedies of a finding, at most."""

_UNHELPED = frozenset({"BT103", "BT115"})
"""Findings that come with one that carries the remedies, or that no change of the question takes away."""

_RESERVED = 8
"""Solves of the budget that are left to remedies."""

_PROMISE = {RemedyResult.VERIFIED: 0, RemedyResult.UNKNOWN: 1, RemedyResult.FAILS: 2}

_GRAVITY = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}

Solve = Callable[[Question], Run]


def explain(
    run: Run,
    question: Question,
    policy: Policy,
    source: Source,
    solve: Solve,
    *,
    budget: Budget,
    quick: Solve | None = None,
) -> tuple[Finding, ...]:
    """Find what is worth saying about a run, the gravest first, findings about one pin together.

    ``solve`` answers a changed question as the same resolver would, with a trail; each call is taken from ``budget``.
    Remedies are for errors and warnings; a finding has three at most, the verified first. Other orders of the
    requirements are tried last, with what is left, by ``quick``, which need not keep a trail. Raises NotRecordedError
    where a trimmed recording lacks what is needed.
    """
    scripts = SetupScripts(source)

    def detect(again: Run, asked: Question) -> tuple[Finding, ...]:
        return tuple(_detected(again, asked, policy, source, scripts))

    found = detect(run, question)
    clashes = tuple(_conflicts(run, question, Stock(question, policy, source), solve, budget, found))

    def probe(changed: Question) -> Run | None:
        return solve(changed) if budget.spend() else None

    groups = _groups((*found, *clashes))
    trials = Trials(run, question, [finding for group in groups for finding in group], solve, detect, budget)
    releases = Releases(question, policy, source)
    told: list[Finding] = []
    for group in groups:
        grave = [one for one in group if one.severity is not Severity.INFO and one.code not in _UNHELPED]
        if len(clashes) > 1:
            grave = [one for one in grave if one not in clashes]  # one change rarely helps against two of them
        if grave:
            _try(grave, trials, _changes(grave, run, question, policy, releases, probe), SHOWN if not told else 1)
        told += [_with_remedies(one, trials) if one in grave else one for one in group]
    return (*told, *order_sensitive(run, question, told, quick or solve, budget))


def _conflicts(
    run: Run, question: Question, stock: Stock, solve: Solve, budget: Budget, found: Sequence[Finding]
) -> Iterator[Finding]:
    """The conflicts of a run without an answer; what remedies need of the budget is left."""
    own = budget.part(max(budget.left - _RESERVED, budget.left // 2))
    before = own.left
    yield from conflicts(run, question, stock, solve, own, found)
    budget.left -= before - own.left


def _detected(run: Run, question: Question, policy: Policy, source: Source, scripts: SetupScripts) -> Iterator[Finding]:
    yield from unsolved(run, question, policy, source)
    yield from thrash(run)
    if run.outcome is Outcome.SOLVED:
        releases = Releases(question, policy, source)
        counterparts = Counterparts(run, releases)
        # What is read below is asked for at once: nothing of it waits for the rest.
        sdists = (pin.file for pin in run.pins if pin.file is not None and pin.file.kind is FileKind.SDIST)
        source.want_metadata([*sdists, *counterparts])
        yield from held_back(run, releases)
        yield from distributions(run, question, releases, scripts)
        yield from let_in(run, question, policy, releases)
        yield from differing(run, question, source, counterparts)
        yield from shadowed(run, question, policy, source, releases)


def _groups(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Findings about one project together, the gravest group first; of equals the one with more refused versions."""
    found: dict[NormalizedName | None, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.subject, []).append(finding)
    return sorted(found.values(), key=_rank)


def _rank(group: Sequence[Finding]) -> tuple[int, int]:
    tried = max((one.detail.tried for one in group if isinstance(one.detail, HeldBack)), default=0)
    return min(_GRAVITY[one.severity] for one in group), -tried


def _changes(
    findings: Sequence[Finding], run: Run, question: Question, policy: Policy, releases: Releases, probe: Probe
) -> Iterator[Change]:
    """What to try for the findings about one project: what they propose already, or what the pin suggests."""
    for finding in findings:
        for remedy in finding.remedies:
            yield from _restated(remedy, question)
    for finding in findings:
        match finding.detail:
            case BuildAborts() if finding.subject is not None:
                yield from only_wheels(finding.subject, question)
            case Thrash() as detail:
                held = any(isinstance(one.detail, HeldBack) for one in findings)
                yield from _passing_by(detail, run, question, held=held)
            case detail:
                yield from concessions(detail, question, probe)
    if run.outcome is not Outcome.SOLVED:
        return
    pin = run.pin(findings[0].subject or "")
    if pin is not None:
        yield from alternatives(findings, pin, question, policy)
        yield from proposals(findings, pin, question, releases)


def _passing_by(detail: Thrash, run: Run, question: Question, *, held: bool) -> Iterator[Change]:
    """The project that took the most attempts kept as it was tried first, or named first, so that others give way.

    Where nothing holds it back, no version above its pin: they are refused anyway.
    """
    pin = run.pin(detail.efforts[0].project) if detail.efforts else None
    if pin is None or pin.url is not None:
        return
    tried = run.attempts.get(pin.name, ())
    changes = [
        made(question, "add", f"{pin.name}>={Version(tried[0]).public}") if tried and tried[0] != pin.version else None,
        made(question, "order", pin.name) if question.requirements[0].name != pin.name else None,
        None if held else made(question, "constrain", f"{pin.name}<={Version(pin.version).public}"),
    ]
    yield from (change for change in changes if change is not None)


def _restated(remedy: Remedy, question: Question) -> Iterator[Change]:
    """A change looked up on index pages, to be proved; as a line of its own where the requirement is not the user's."""
    if remedy.kind == "policy":
        change = opted(question, remedy.change)
    else:
        change = made(question, remedy.kind, remedy.change, remedy.of) or made(question, "add", remedy.change)
    if change is not None:
        yield change


class Proof(NamedTuple):
    """What solving again gave: how it ended, the pins that moved, and the findings, None where they could not be told.

    ``subject`` is what the change was proposed for.
    """

    change: Change
    subject: NormalizedName | None
    outcome: Outcome
    moved: dict[str, tuple[str | None, str | None]]
    findings: tuple[Finding, ...] | None


class Trials:
    """Changes that were tried on a run; each is solved once."""

    def __init__(
        self,
        run: Run,
        question: Question,
        findings: Sequence[Finding],
        solve: Solve,
        detect: Callable[[Run, Question], tuple[Finding, ...]],
        budget: Budget,
    ) -> None:
        """``findings`` are those of the run itself."""
        self._run = run
        self._question = question
        self._before = {(finding.code, finding.subject): _GRAVITY[finding.severity] for finding in findings}
        self._solve = solve
        self._detect = detect
        self._budget = budget
        self._proofs: dict[tuple[str, str, str | None], Proof] = {}

    def is_made(self, change: Change) -> bool:
        """Whether the user has done already what a change proposes."""
        return is_made(change, self._question)

    def attempt(self, change: Change, subject: NormalizedName | None) -> bool:
        """Solve with a change, unless it was done already; False when the budget is out."""
        key = change.kind, change.change, change.of
        if key in self._proofs:
            return True
        if not self._budget.spend():
            return False
        run = self._solve(change.question)
        try:
            findings = self._detect(run, change.question) if run.outcome is Outcome.SOLVED else ()
        except NotRecordedError:
            findings = None
        self._proofs[key] = Proof(change, subject, run.outcome, moved(self._run, run), findings)
        return True

    def remedies(self, finding: Finding) -> list[Remedy]:
        """The changes that help a finding, and those tried for it in vain, the best first."""
        found = [
            Remedy(
                kind=proof.change.kind,
                change=proof.change.change,
                of=proof.change.of,
                result=self._result(proof, finding),
                pins_changed=proof.moved if proof.outcome is Outcome.SOLVED else {},
            )
            for proof in self._proofs.values()
            if proof.subject == finding.subject or self._result(proof, finding) is RemedyResult.VERIFIED
        ]
        return _ordered(found)

    def verified(self, finding: Finding) -> int:
        """How many of the changes tried help a finding."""
        return sum(self._result(proof, finding) is RemedyResult.VERIFIED for proof in self._proofs.values())

    def _result(self, proof: Proof, finding: Finding) -> RemedyResult:
        if proof.outcome in (Outcome.UNKNOWN, Outcome.GAVE_UP) or proof.findings is None:
            return RemedyResult.UNKNOWN
        if proof.outcome is not Outcome.SOLVED:
            return RemedyResult.FAILS
        after = {(one.code, one.subject): _GRAVITY[one.severity] for one in proof.findings}
        if (finding.code, finding.subject) in after:
            return RemedyResult.FAILS
        # A new warning is no smaller an evil because the finding is an error: who is told of a fix expects no surprise.
        worst = _GRAVITY[Severity.WARNING] if finding.code != "BT109" else _GRAVITY[Severity.ERROR]
        appeared = (key for key, gravity in after.items() if gravity <= worst and self._before.get(key, 9) > gravity)
        return RemedyResult.FAILS if any(appeared) else RemedyResult.VERIFIED


def _try(findings: Sequence[Finding], trials: Trials, changes: Iterator[Change], enough: int) -> None:
    """Try changes until each of the findings has enough remedies, or the budget is out."""
    for change in changes:
        if trials.is_made(change):
            continue
        if all(trials.verified(finding) >= enough for finding in findings) or not trials.attempt(
            change, findings[0].subject
        ):
            return


def _with_remedies(finding: Finding, trials: Trials) -> Finding:
    remedies = tuple(trials.remedies(finding)[:SHOWN])
    detail = finding.detail
    if isinstance(detail, HeldBack):
        detail = msgspec.structs.replace(detail, upstream=tuple(_upstream(detail, finding, remedies)))
    return msgspec.structs.replace(finding, remedies=remedies, detail=detail)


def _upstream(detail: HeldBack, finding: Finding, remedies: Sequence[Remedy]) -> Iterator[Upstream]:
    """Who could have said the lower bound that was proved to help, and did not."""
    bound = next(
        (
            one.change
            for one in remedies
            if one.result is RemedyResult.VERIFIED
            and one.kind == "add"
            and one.change.startswith(f"{finding.subject}>=")
        ),
        None,
    )
    if bound is not None:
        yield from (Upstream(asked=asked, bound=bound) for asked in detail.asked if asked.by is not None)


def _ordered(remedies: Sequence[Remedy]) -> list[Remedy]:
    """Verified first, fewest of the user's lines touched, fewest pins moved, no pin older than another leaves it."""
    good = [one for one in remedies if one.result is RemedyResult.VERIFIED]
    best: dict[str, Version] = {}
    for one in good:
        for name, (_, new) in one.pins_changed.items():
            if new is not None:
                best[name] = max(best.get(name, Version(new)), Version(new))

    def lowered(one: Remedy) -> int:
        return sum(new is not None and Version(new) < best[name] for name, (_, new) in one.pins_changed.items())

    def rank(one: Remedy) -> tuple[int, int, int, int]:
        older = lowered(one) if one.result is RemedyResult.VERIFIED else 0
        return (
            _PROMISE[one.result],
            {"replace": 1, "relax": 1, "drop": 2}.get(one.kind, 0),
            len(one.pins_changed),
            older,
        )

    return sorted(remedies, key=rank)
