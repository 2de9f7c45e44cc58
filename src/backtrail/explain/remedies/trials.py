"""Changes that were tried: each is solved once, and judged by what it adds to what was there before."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain.evidence.releases import FAR, Releases
from backtrail.explain.remedies.budget import Budget
from backtrail.explain.remedies.proposals import Change, is_made
from backtrail.model.files import File, FileKind, NotRecordedError
from backtrail.model.finding import (
    Amendment,
    BuildDoomed,
    Finding,
    PrereleaseTaken,
    Remedy,
    RemedyKind,
    RemedyResult,
    Severity,
    YankedTaken,
    fails_to_build,
)
from backtrail.model.metadata import Failure, Metadata, Unavailable
from backtrail.model.question import Question
from backtrail.model.requirement import parse_requirement
from backtrail.model.run import Pin, Run, moved
from backtrail.model.trail import Outcome

_ASKED_FOR = (PrereleaseTaken, YankedTaken)
"""Findings that are no surprise of a change which asks for that very release."""

_TOUCHES = {RemedyKind.REPLACE: 1, RemedyKind.RELAX: 1, RemedyKind.DROP: 2}
"""How much a change takes from what the user wrote; others take nothing."""

_PROMISE = {RemedyResult.VERIFIED: 0, RemedyResult.UNKNOWN: 1, RemedyResult.FAILS: 2}

_GRAVITY = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}

Detect = Callable[[Run, Question], tuple[Finding, ...]]


Built = Callable[[File, Question], Metadata | Unavailable | None]
"""What the build of a file gives with a changed question; None: it is not built."""


class Proof(NamedTuple):
    """What solving again gave: the run, the pins that moved, and the findings, None where they are unknown.

    ``subject`` is what the changes, made together, were proposed for.
    """

    changes: tuple[Change, ...]
    subject: NormalizedName | None
    run: Run
    moved: dict[str, tuple[str | None, str | None]]
    findings: tuple[Finding, ...] | None


class Trials:
    """Tries changes on a run."""

    def __init__(
        self,
        run: Run,
        question: Question,
        findings: Sequence[Finding],
        solve: Callable[[Question], Run],
        detect: Detect,
        releases: Releases,
        budget: Budget,
        built: Built,
    ) -> None:
        """``findings`` are those of the run itself."""
        self._built = built
        self._run = run
        self._question = question
        self._before = {(finding.code, finding.subject): _GRAVITY[finding.severity] for finding in findings}
        self._solve = solve
        self._detect = detect
        self._releases = releases
        self._budget = budget
        self._proofs: dict[tuple[tuple[RemedyKind, str, str | None], ...], Proof] = {}

    def is_made(self, change: Change) -> bool:
        """Whether the user has done already what a change proposes."""
        return is_made(change, self._question)

    def attempt(self, changes: tuple[Change, ...], subject: NormalizedName | None) -> Proof | None:
        """Solve with changes, the last one's question having all; None when the budget is out. Each is solved once."""
        key = tuple((one.kind, one.change, one.of) for one in changes)
        if key in self._proofs:
            return self._proofs[key]
        if not self._budget.spend():
            return None
        question = changes[-1].question
        run = self._solve(question)
        try:
            findings = self._detect(run, question) if run.outcome is Outcome.SOLVED else ()
        except NotRecordedError:
            findings = None
        proof = self._proofs[key] = Proof(changes, subject, run, moved(self._run, run), findings)
        return proof

    def remedies(self, finding: Finding) -> list[Remedy]:
        """The changes that help a finding, and those tried for it in vain, the best first.

        What helps at the price of something as grave is not shown: it is no fix, and it is not true that it does not
        help.
        """
        found = []
        helping = [frozenset(key) for key, proof in self._proofs.items()
                   if self._result(proof, finding) is RemedyResult.VERIFIED]  # fmt: skip
        for key, proof in self._proofs.items():
            result = self._result(proof, finding)
            if any(fewer < frozenset(key) for fewer in helping) or result is None:
                continue
            beside = proof.subject != finding.subject or len(proof.changes) > 1
            if beside and result is not RemedyResult.VERIFIED:
                continue
            first, *also = proof.changes
            found.append(
                Remedy(
                    kind=first.kind,
                    change=first.change,
                    of=first.of,
                    also=tuple(Amendment(kind=one.kind, change=one.change, of=one.of) for one in also),
                    result=result,
                    pins_changed=proof.moved if proof.run.outcome is Outcome.SOLVED else {},
                )
            )
        return _ordered(found)

    def verified(self, finding: Finding) -> int:
        """How many of the changes tried help a finding."""
        return len(self._helping(finding))

    def keeping(self, finding: Finding) -> bool:
        """Whether one of the changes tried helps a finding and leaves out no line of the user's."""
        return any(all(one.kind is not RemedyKind.DROP for one in proof.changes) for proof in self._helping(finding))

    def undoing(self, finding: Finding) -> Iterator[Change]:
        """The changes that take a finding away by themselves; those first that leave no sdist of its project."""
        single = [one for one in self._proofs.values() if len(one.changes) == 1 and self.undoes(one, finding)]
        for proof in sorted(single, key=lambda one: _is_sdist(one.run.pin(finding.subject or ""))):
            yield proof.changes[0]

    @staticmethod
    def undoes(proof: Proof, finding: Finding) -> bool:
        """Whether changes take a finding away, whatever else remains."""
        after = {(one.code, one.subject) for one in proof.findings or ()}
        known = proof.findings is not None and proof.run.outcome is Outcome.SOLVED
        return known and (finding.code, finding.subject) not in after

    def helps(self, proof: Proof, findings: Iterable[Finding]) -> bool:
        """Whether changes help all of some findings."""
        return all(self._result(proof, one) is RemedyResult.VERIFIED for one in findings)

    def _helping(self, finding: Finding) -> list[Proof]:
        return [one for one in self._proofs.values() if self._result(one, finding) is RemedyResult.VERIFIED]

    def _result(self, proof: Proof, finding: Finding) -> RemedyResult | None:
        """What came of changes for a finding; None: they help, and cost something as grave."""
        if proof.run.outcome in (Outcome.UNKNOWN, Outcome.GAVE_UP) or proof.findings is None:
            return RemedyResult.UNKNOWN
        if proof.run.outcome is not Outcome.SOLVED:
            return RemedyResult.FAILS
        wanted = {_wanted(one) for one in proof.changes}
        after = {
            (one.code, one.subject): _GRAVITY[one.severity]
            for one in proof.findings
            if not isinstance(one.detail, _ASKED_FOR) or one.subject not in wanted
        }
        if (finding.code, finding.subject) in after:
            return RemedyResult.FAILS
        if any(map(fails_to_build, proof.findings)):
            return None
        if isinstance(finding.detail, BuildDoomed) and (unbuilt := self._unbuilt(proof, finding)) is not None:
            return unbuilt
        # Of a run without an answer nobody knows what it would have warned of.
        worst = Severity.WARNING if self._run.outcome is Outcome.SOLVED else Severity.ERROR
        appeared = any(
            gravity <= _GRAVITY[worst] and self._before.get(key, len(_GRAVITY)) > gravity
            for key, gravity in after.items()
        )
        if appeared or self._takes_back(proof):
            return None
        # What only a build tells may forbid it.
        return RemedyResult.UNKNOWN if any(pin.assumed for pin in proof.run.pins) else RemedyResult.VERIFIED

    def _unbuilt(self, proof: Proof, finding: Finding) -> RemedyResult | None:
        """What is missing where changes leave a project to be built that did not build; None: nothing."""
        pin = proof.run.pin(finding.subject or "")
        if pin is None or pin.file is None or not _is_sdist(pin):
            return None
        match self._built(pin.file, proof.changes[-1].question):
            case Metadata():
                return None
            case Unavailable(failure=Failure.BUILD_FAILED):
                return RemedyResult.FAILS
            case _:
                return RemedyResult.UNKNOWN

    def _takes_back(self, proof: Proof) -> bool:
        """Whether changes take a requirement of the user's far back that none of them speaks of."""
        if self._run.outcome is not Outcome.SOLVED:
            return False
        spoken = {_named(one) for one in proof.changes}
        for line in self._question.requirements:
            old, new = proof.moved.get(line.name, (None, None))
            pin = self._run.pin(line.name)
            if line.name in spoken or pin is None or old is None:
                continue
            if new is None or (Version(new) < Version(old) and self._releases.below(pin, Version(new)) > FAR):
                return True
        return False


def _is_sdist(pin: Pin | None) -> bool:
    return pin is not None and pin.file is not None and pin.file.kind is FileKind.SDIST


def _named(change: Change) -> NormalizedName | None:
    """The project that a change of lines speaks of."""
    match change.kind:
        case RemedyKind.DROP:
            text = change.of
        case RemedyKind.ADD | RemedyKind.ORDER | RemedyKind.CONSTRAIN | RemedyKind.REPLACE | RemedyKind.RELAX:
            text = change.change
        case (
            RemedyKind.PYTHON
            | RemedyKind.POLICY
            | RemedyKind.EXTEND
            | RemedyKind.REQUIRES_PYTHON
            | RemedyKind.BUILD_CONSTRAINT
        ):
            text = None
    return parse_requirement(text).name if text else None


def _wanted(change: Change) -> NormalizedName | None:
    """The project of which a change asks for a release by its number; None where it asks for none."""
    if change.kind is RemedyKind.DROP or _named(change) is None:
        return None
    requirement = parse_requirement(change.change)
    exact = any(one.operator == "==" for one in requirement.specifiers)
    return requirement.name if exact else None


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

    def rank(one: Remedy) -> tuple[int, int, int, int, int]:
        older = lowered(one) if one.result is RemedyResult.VERIFIED else 0
        kinds = (one.kind, *(each.kind for each in one.also))
        touched = max(_TOUCHES.get(kind, 0) for kind in kinds)
        return _PROMISE[one.result], len(one.also), touched, len(one.pins_changed), older

    return sorted(remedies, key=rank)
