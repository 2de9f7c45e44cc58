"""BT127: a project that is installed would be replaced, and the facts that force it, found by solving.

What else is installed, and cannot use the new version, is BT128.
"""

from collections.abc import Callable, Iterator, Sequence

import msgspec
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain import catalogue
from backtrail.explain.causes.newer import Forced
from backtrail.explain.evidence.refusals import meets
from backtrail.explain.lookup.in_environment import InstalledGraph
from backtrail.model.finding import EnvironmentInconsistent, Finding, Inconsistency, ReinstallForced, Severity
from backtrail.model.installed import Installed, Renewal
from backtrail.model.question import Question
from backtrail.model.run import Action, Asked, Planned, Run, moved
from backtrail.model.trail import Outcome

REPLACED = frozenset({Action.UPGRADE, Action.DOWNGRADE, Action.REINSTALL})
"""What removes the files that are there."""

Keeping = Callable[[NormalizedName, Version, tuple[Asked, ...]], Forced | Run | None]
"""See ``Counterfactuals.keeping``."""


def reinstall_forced(run: Run, question: Question) -> Iterator[Finding]:
    """Find what an install would replace, and what it breaks by that; why, is not looked into: see ``forced``."""
    environment = question.environment
    if environment is None or run.outcome is not Outcome.SOLVED:
        return
    graph = InstalledGraph(environment, question.target)
    changed = {step.name: step for step in run.plan if step.action in REPLACED}
    for step in changed.values():
        installed = graph.projects.get(step.name)
        if installed is None:
            continue
        others = [one for one in graph.needed_by(step.name) if one.by not in changed]
        used_by = tuple(one for one in others if meets(one.requirement, step.after))
        yield _finding(run, step, installed, used_by, question.renewal)
        broken = tuple(one for one in others if one not in used_by and meets(one.requirement, installed.version))
        if broken:
            detail = EnvironmentInconsistent(because=Inconsistency.VERSION, version=step.after, asked=broken)
            yield catalogue.finding(detail, runs=(run.key,), subject=step.name)


def _finding(
    run: Run,
    step: Planned,
    installed: Installed,
    used_by: tuple[Asked, ...],
    renewal: Renewal,
) -> Finding:
    option = None if step.because else _option(renewal, step)
    detail = ReinstallForced(
        action=step.action,
        installed=installed.version,
        version=step.after,
        installer=installed.installer,
        asked=step.because,
        option=option,
        used_by=used_by,
        compiled=any(not tag.endswith("-any") for tag in installed.tags),
    )
    return catalogue.finding(
        detail,
        runs=(run.key,),
        subject=step.name,
        severity=Severity.INFO if option else Severity.WARNING,
        evidence=(f"metadata:{step.name}=={step.after}",),
    )


def _option(renewal: Renewal, step: Planned) -> str | None:
    """The option that asks for it, as it is typed; None: none does."""
    if renewal.reinstall:
        return "--reinstall"
    if step.name in renewal.reinstalled:
        return f"--reinstall-package {step.name}"
    if step.name in renewal.upgraded:
        return f"--upgrade-package {step.name}"
    if renewal.eager:
        return "--upgrade --upgrade-strategy eager"
    return "--upgrade" if renewal.upgrade else None


def forced(findings: Sequence[Finding], run: Run, keeping: Keeping) -> tuple[Finding, ...]:
    """The findings with the facts that force each replacement, or what else would move if it were kept."""
    return tuple(_explained(one, run, keeping) for one in findings)


def _explained(finding: Finding, run: Run, keeping: Keeping) -> Finding:
    detail = finding.detail
    if not isinstance(detail, ReinstallForced) or detail.option or finding.subject is None:
        return finding
    if detail.action is Action.REINSTALL:
        return finding
    cause = keeping(finding.subject, Version(detail.installed), detail.asked)
    match cause:
        case None:
            return finding
        case Forced(obstacles=obstacles, chains=chains):
            detail = msgspec.structs.replace(detail, because=obstacles, chains=chains)
        case Run():
            detail = msgspec.structs.replace(detail, alternative=moved(run, cause))
    return msgspec.structs.replace(finding, detail=detail)
