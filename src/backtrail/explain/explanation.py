"""From a finished run to findings with remedies, each proved by solving again."""

from collections.abc import Callable, Container, Iterator, Sequence

import msgspec
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain.causes.newer import Counterfactuals, Elsewhere
from backtrail.explain.evidence.available_releases import Stock
from backtrail.explain.evidence.build_forecast import Forecasts
from backtrail.explain.evidence.releases import Releases
from backtrail.explain.evidence.setup_scripts import SetupScripts
from backtrail.explain.findings.build_aborts import build_aborts
from backtrail.explain.findings.build_doomed import build_doomed
from backtrail.explain.findings.chosen_files import chosen_files
from backtrail.explain.findings.conflict import conflicts
from backtrail.explain.findings.held_back import Counterfactual, explained, held_back
from backtrail.explain.findings.index_shadowed import shadowed
from backtrail.explain.findings.metadata_differs import Counterparts, differing
from backtrail.explain.findings.order_sensitive import order_sensitive
from backtrail.explain.findings.reinstall_forced import forced, reinstall_forced
from backtrail.explain.findings.taken import taken
from backtrail.explain.findings.thrash import thrash
from backtrail.explain.remedies.alternatives import alternatives
from backtrail.explain.remedies.budget import Budget
from backtrail.explain.remedies.concessions import Probe, concessions
from backtrail.explain.remedies.proposals import Change, made, only_wheels, opted, proposals, some
from backtrail.explain.remedies.rebuilds import rebuilds
from backtrail.explain.remedies.together import Clash, builds_together, together
from backtrail.explain.remedies.trials import Built, Trials
from backtrail.model.files import FileKind
from backtrail.model.finding import (
    BuildAborts,
    BuildDoomed,
    EnvironmentInconsistent,
    Finding,
    HeldBack,
    MetadataDiffers,
    PythonGuard,
    ReinstallForced,
    Remedy,
    RemedyKind,
    RemedyResult,
    Severity,
    Thrash,
    Upstream,
    fails_to_build,
)
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.run import Run, own_names
from backtrail.model.source import Source
from backtrail.model.trail import Outcome

SHOWN = 3
"""Remedies of a finding, at most."""

_UNHELPED = (PythonGuard, MetadataDiffers)
"""Findings that come with one that carries the remedies, or that no change of the question takes away."""

_INSTALLED = (ReinstallForced, EnvironmentInconsistent)
"""Findings about what is installed."""

_RESERVED = 8
"""Solves of the budget that are left to remedies."""

_CAUSES = (80, 2_500)
"""Solves spent on why pins are not newer, at most, and rounds of the resolver for them; beside those of remedies."""

_CAUSES_BESIDE = (6, 300)
"""The same for pins that are neither the user's own requirements nor surprising, where a run took fewer rounds."""

_REPLACED = (40, 2_500)
"""The same for what an install replaces."""

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
    elsewhere: Elsewhere | None = None,
    built: Built = lambda _file, _question: None,
) -> tuple[Finding, ...]:
    """Find what is worth saying about a run, the gravest first, findings about one pin together.

    ``solve`` answers a changed question as the same resolver would, with a trail; each call is taken from ``budget``.
    Remedies are for errors and warnings, and for the user's own requirements that are not at their newest release; a
    finding has three at most, the verified first. ``elsewhere`` answers from changed facts, too: without it, nobody
    looks into why pins are not newer. Other orders of the requirements are tried last, with what is left, by ``quick``,
    which need not keep a trail. ``built`` builds a file for a changed question, if anything is built. Raises
    NotRecordedError where a trimmed recording lacks what is needed.
    """
    scripts = SetupScripts(source)
    forecasts = Forecasts(source, policy, solve, scripts)

    def detect(again: Run, asked: Question) -> tuple[Finding, ...]:
        return tuple(_detected(again, asked, policy, source, scripts, forecasts))

    releases = Releases(question, policy, source)
    plain = detect(run, question)
    found = plain
    if elsewhere is not None:
        found = explained(plain, run, question, releases, _causes(run, question, policy, elsewhere, budget))
        if run.plan:
            part = budget.part(_REPLACED[0] if budget.left else 0, leisure=_REPLACED[1])
            found = forced(found, run, Counterfactuals(run, question, policy, elsewhere, part).keeping)
    prove = None if elsewhere is None else elsewhere.prove
    clashes = tuple(_conflicts(run, question, Stock(question, policy, source), solve, budget, prove))

    def probe(changed: Question) -> Run | None:
        found = solve(changed) if budget.spend() else None
        guide = None if elsewhere is None else elsewhere.guide
        walks = found is not None and found.outcome is Outcome.GAVE_UP
        return guide(changed) if guide is not None and walks else found

    def next_clash(again: Run, asked: Question) -> Clash | None:
        stock = Stock(asked, policy, source)
        return next(conflicts(again, asked, stock, solve, budget, prove, most=1), None)

    def proposed(findings: Sequence[Finding], asked: Question) -> Iterator[Change]:
        return _changes(findings, run, asked, policy, releases, probe)

    unmet = tuple(one for _, findings in clashes for one in findings)
    trials = Trials(run, question, (*unmet, *plain), solve, detect, releases, budget, built)
    lines = own_names(question.requirements, [run])
    # What only a build tells may forbid whatever is solved again, too: nothing would be proved.
    assumed = any(pin.assumed for pin in run.pins)
    grouped: list[Finding] = []
    for group in _groups((*unmet, *found)):
        grave = [one for one in group if _is_grave(one, lines)]
        if len(clashes) > 1:
            grave = [one for one in grave if one not in unmet]  # one change rarely helps against two of them
        if grave and not assumed:
            _try(grave, trials, proposed(grave, question), SHOWN if not grouped else 1)
        grouped += group
    if clashes and not any(map(trials.keeping, unmet)):
        together(question, clashes, proposed, next_clash, trials)
    failing = [one for one in grouped if fails_to_build(one)]
    if len({one.subject for one in failing}) > 1 and not any(map(trials.verified, failing)):
        builds_together(question, failing, trials)
    grouped = [_with_remedies(one, trials) if _is_grave(one, lines) else one for one in grouped]
    return (*grouped, *order_sensitive(run, question, grouped, quick or solve, budget))


def _causes(
    run: Run, question: Question, policy: Policy, elsewhere: Elsewhere, budget: Budget
) -> tuple[Counterfactual, Counterfactual]:
    """What forced a pin or could have been chosen, for pins that matter and for others; not where nothing is solved."""
    allowed = (
        _CAUSES if budget.left else (0, 0),
        _CAUSES_BESIDE if budget.left and run.counters.rounds < _CAUSES_BESIDE[1] else (0, 0),
    )
    budgets = (budget.part(solves, leisure=rounds) for solves, rounds in allowed)
    urgent, beside = (Counterfactuals(run, question, policy, elsewhere, one).of for one in budgets)
    return urgent, beside


def _is_grave(finding: Finding, lines: Container[str | None]) -> bool:
    """Whether remedies are looked for."""
    held = isinstance(finding.detail, HeldBack) and finding.subject in lines
    return (finding.severity is not Severity.INFO or held) and not isinstance(finding.detail, _UNHELPED)


def _conflicts(
    run: Run, question: Question, stock: Stock, solve: Solve, budget: Budget, prove: Solve | None
) -> Iterator[Clash]:
    """The conflicts of a run without an answer; what remedies need of the budget is left."""
    with budget.lent(max(budget.left - _RESERVED, budget.left // 2)) as own:
        yield from conflicts(run, question, stock, solve, own, prove)


def _detected(
    run: Run, question: Question, policy: Policy, source: Source, scripts: SetupScripts, forecasts: Forecasts
) -> Iterator[Finding]:
    yield from build_aborts(run)
    if run.outcome is not Outcome.SOLVED:
        yield from build_doomed(run, question, forecasts)
    yield from thrash(run)
    if run.outcome is Outcome.SOLVED:
        releases = Releases(question, policy, source)
        counterparts = Counterparts(run, releases)
        # What is read below is asked for at once: nothing of it waits for the rest.
        sdists = (pin.file for pin in run.pins if pin.file is not None and pin.file.kind is FileKind.SDIST)
        source.want_metadata([*sdists, *counterparts])
        yield from held_back(run, question, releases)
        yield from build_doomed(run, question, forecasts)
        yield from chosen_files(run, question, releases, scripts)
        yield from taken(run, question, policy, releases)
        yield from differing(run, question, source, counterparts)
        yield from shadowed(run, question, policy, source, releases)
        yield from reinstall_forced(run, question)


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
            case BuildDoomed() as detail if finding.subject is not None:
                yield from rebuilds(detail, finding.subject, question, policy)
            case BuildAborts() if finding.subject is not None:
                yield from only_wheels(finding.subject, question)
            case Thrash() as detail:
                held = any(isinstance(one.detail, HeldBack) and not one.detail.because for one in findings)
                yield from _passing_by(detail, run, question, held=held)
            case EnvironmentInconsistent() as detail:
                yield from _bounded(detail, question)
            case ReinstallForced() as detail if finding.subject is not None:
                yield from _kept(finding.subject, detail, question)
            case detail:
                yield from concessions(detail, question, policy, probe, releases)
    if run.outcome is not Outcome.SOLVED:
        return
    pin = run.pin(findings[0].subject or "")
    if pin is not None:
        yield from alternatives(findings, pin, question, policy)
        yield from proposals(findings, pin, question, policy, releases)


def _kept(name: NormalizedName, detail: ReinstallForced, question: Question) -> Iterator[Change]:
    """The installed version kept, so that others are taken which can use it."""
    if not detail.option:
        yield from some(made(question, RemedyKind.CONSTRAIN, f"{name}=={detail.installed}"))


def _bounded(detail: EnvironmentInconsistent, question: Question) -> Iterator[Change]:
    """What is installed already bounds the new version, too."""
    for one in detail.asked:
        bound = f"{one.requirement.name}{one.requirement.specifier}"
        yield from some(made(question, RemedyKind.CONSTRAIN, bound))


def _passing_by(detail: Thrash, run: Run, question: Question, *, held: bool) -> Iterator[Change]:
    """The project that took the most attempts kept as it was tried first, or named first, so that others give way.

    Where nothing holds it back, no version above its pin: they are refused anyway.
    """
    pin = run.pin(detail.efforts[0].project) if detail.efforts else None
    if pin is None or pin.url is not None:
        return
    tried = run.attempts.get(pin.name, ())
    changes = [
        made(question, RemedyKind.ADD, f"{pin.name}>={Version(tried[0]).public}")
        if tried and tried[0] != pin.version
        else None,
        made(question, RemedyKind.ORDER, pin.name) if question.requirements[0].name != pin.name else None,
        None if held else made(question, RemedyKind.CONSTRAIN, f"{pin.name}<={Version(pin.version).public}"),
    ]
    yield from (change for change in changes if change is not None)


def _restated(remedy: Remedy, question: Question) -> Iterator[Change]:
    """A change looked up on index pages, to be proved; as a line of its own where the requirement is not the user's."""
    if remedy.kind is RemedyKind.POLICY:
        change = opted(question, remedy.change)
    else:
        change = made(question, remedy.kind, remedy.change, remedy.of) or made(question, RemedyKind.ADD, remedy.change)
    yield from some(change)


def _try(findings: Sequence[Finding], trials: Trials, changes: Iterator[Change], enough: int) -> None:
    """Try changes until each of the findings has enough remedies, or the budget is out."""
    for change in changes:
        if trials.is_made(change):
            continue
        enough_already = all(trials.verified(finding) >= enough for finding in findings)
        if enough_already or trials.attempt((change,), findings[0].subject) is None:
            return


def _with_remedies(finding: Finding, trials: Trials) -> Finding:
    found = trials.remedies(finding)
    if isinstance(finding.detail, _INSTALLED):  # what does not help one of them was tried for the other
        found = [one for one in found if one.result is RemedyResult.VERIFIED]
    remedies = tuple(found[:SHOWN])
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
            and one.kind is RemedyKind.ADD
            and one.change.startswith(f"{finding.subject}>=")
        ),
        None,
    )
    if bound is not None:
        yield from (Upstream(asked=asked, bound=bound) for asked in detail.asked if asked.by is not None)
