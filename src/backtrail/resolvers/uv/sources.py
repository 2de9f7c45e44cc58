"""Requirements with the sources of their projects applied, as uv takes them before it resolves (docs/uv.md)."""

from collections.abc import Iterable, Iterator
from functools import reduce

import msgspec

from backtrail.model.policy import Policy
from backtrail.model.requirement import Requirement
from backtrail.resolvers.uv.behaviour import profile
from backtrail.resolvers.uv.marker_text import reader
from backtrail.resolvers.uv.markers import FALSE, TRUE, Node


def applied(requirements: Iterable[Requirement], policy: Policy) -> tuple[Requirement, ...]:
    """Each requirement once for each source of its project, and once for where none counts."""
    return tuple(lowered for one in requirements for lowered in (_lowered(one, policy) if one.sources else (one,)))


def _lowered(requirement: Requirement, policy: Policy) -> Iterator[Requirement]:
    markers = reader(profile(policy))
    algebra = markers.algebra
    where = markers.read(requirement.marker)
    covered = [markers.read(source.marker or None) for source in requirement.sources]
    plain = msgspec.structs.replace(requirement, sources=())
    for source, condition in zip(requirement.sources, covered, strict=True):
        taken = msgspec.structs.replace(plain, index=source.index, url=source.url or plain.url)
        if source.url is not None:
            taken = msgspec.structs.replace(taken, specifier="")
        yield _where(taken, algebra.both(where, condition))
    rest = algebra.both(where, algebra.negate(reduce(algebra.either, covered, FALSE)))
    if rest is not FALSE:
        yield _where(plain, rest)


def _where(requirement: Requirement, condition: Node) -> Requirement:
    return msgspec.structs.replace(requirement, marker=None if condition is TRUE else str(condition))
