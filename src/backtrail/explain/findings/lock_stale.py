"""BT123: a lock that is there and is solved again, and the first thing that makes it so."""

from collections.abc import Iterator

from backtrail.explain import catalogue
from backtrail.model.finding import Finding, LockStale
from backtrail.model.lock import Staleness
from backtrail.model.run import Run

_ASKED_FOR = frozenset({Staleness.UPGRADE, Staleness.UPGRADE_PACKAGE})


def lock_stale(run: Run) -> Iterator[Finding]:
    """Find why uv would not keep the lock, unless the user asked for that."""
    if run.stale is not None and run.stale not in _ASKED_FOR:
        yield catalogue.finding(
            runs=(run.key,),
            subject=None,
            detail=LockStale(reason=run.stale),
        )
