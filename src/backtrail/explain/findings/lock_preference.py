"""BT124: a pin that is older because the lock has it, not because of any requirement."""

from collections.abc import Iterator

import msgspec
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain import catalogue
from backtrail.explain.remedies.again import Again
from backtrail.explain.remedies.proposals import Change
from backtrail.model.finding import Finding, LockPreference, Remedy, RemedyKind
from backtrail.model.run import Pin, Run
from backtrail.model.trail import Outcome

LOCK = "uv.lock"

SHOWN = 5
"""Pins explained, at most, the user's own first."""


def lock_preference(again: Again) -> Iterator[Finding]:
    """Find pins of the lock that are newer where it counts no more."""
    run, universal = again.run, again.question.universal
    held_by_file = {(one.name, one.version) for one in universal.tried_first}
    if universal.lock is not None and not universal.upgrade:
        held_by_file |= {(one.name, one.version or "") for one in universal.lock.packages}
    if not held_by_file or run.outcome is not Outcome.SOLVED:
        return
    fresh = again.with_change(_upgrade(again))
    if fresh is None or fresh.outcome is not Outcome.SOLVED:
        return
    own = {line.name for line in again.question.requirements}
    held = (pin for pin in run.pins if _is_older(pin, fresh) and (pin.name, pin.version) in held_by_file)
    for pin in sorted(held, key=lambda one: one.name not in own)[:SHOWN]:
        then = fresh.pin(pin.name)
        assert then is not None
        yield catalogue.finding(
            runs=(run.key,),
            subject=pin.name,
            detail=LockPreference(
                chosen=pin.version,
                newest=then.version,
                asked=pin.requested_by,
                file=universal.preferred_from or LOCK,
            ),
            evidence=(f"page:{pin.name}",),
            remedies=tuple(_remedy(pin, again)),
        )


def _upgrade(again: Again, name: NormalizedName | None = None) -> Change:
    universal = again.question.universal
    if name is None:
        text, changed = "--upgrade", msgspec.structs.replace(universal, upgrade=True)
    else:
        text = f"--upgrade-package {name}"
        changed = msgspec.structs.replace(universal, upgraded=universal.upgraded | {name})
    return Change(RemedyKind.POLICY, text, None, msgspec.structs.replace(again.question, universal=changed))


def _remedy(pin: Pin, again: Again) -> Iterator[Remedy]:
    """The upgrade of the one project, else of all."""
    for change in (_upgrade(again, pin.name), _upgrade(again)):
        remedy, after = again.remedy(change), again.with_change(change)
        if remedy is not None and after is not None and _is_older(pin, after):
            yield remedy
            return


def _is_older(pin: Pin, other: Run) -> bool:
    then = other.pin(pin.name)
    return then is not None and pin.url is None and Version(then.version) > Version(pin.version)
