"""BT126: two packages whose requirements never hold together, and yet are resolved for together."""

from collections.abc import Iterator
from itertools import combinations

import msgspec

from backtrail.explain import catalogue
from backtrail.explain.causes.smallest_sets import grounds
from backtrail.explain.remedies.again import Again
from backtrail.explain.remedies.proposals import Change
from backtrail.model.finding import Finding, NotSibling, RemedyKind
from backtrail.model.run import Asked
from backtrail.model.trail import Outcome, Required
from backtrail.resolvers.uv.behaviour import profile
from backtrail.resolvers.uv.marker_text import reader
from backtrail.resolvers.uv.markers import FALSE, TRUE
from backtrail.resolvers.uv.universal.marker_writing import Writer

_TRIED = 3
"""Pairs of requirements that are tried, at most."""


def not_sibling(again: Again) -> Iterator[Finding]:
    """Find requirements of different packages that end a run together, though each environment alone has a solution."""
    run = again.run
    if run.outcome is not Outcome.IMPOSSIBLE or again.question.universal.environments:
        return
    for one, other in list(_apart(again))[:_TRIED]:
        remedy = again.remedy(_side_by_side(one, again))
        if remedy is not None:
            yield catalogue.finding(
                runs=(run.key,),
                subject=one.requirement.name,
                detail=NotSibling(one=_asked(one), other=_asked(other)),
                evidence=(f"trail:{run.key}#{len(run.trail) - 1}",),
                remedies=(remedy,),
            )
            return


def _apart(again: Again) -> Iterator[tuple[Required, Required]]:
    """Requirements of two packages on one project, whose markers exclude each other."""
    markers = reader(profile(again.policy))
    asked = [(event, markers.read(event.requirement.marker)) for event in grounds(again.run)]
    marked = [(event, node) for event, node in asked if node is not TRUE and event.by is not None]
    for (one, mine), (other, theirs) in combinations(marked, 2):
        same = one.requirement.name == other.requirement.name
        if same and one.by != other.by and markers.algebra.both(mine, theirs) is FALSE:
            yield one, other


def _side_by_side(one: Required, again: Again) -> Change:
    """The environments of a marker, and all others, each resolved for by itself."""
    markers = reader(profile(again.policy))
    writer = Writer(markers.algebra)
    node = markers.read(one.requirement.marker)
    both = (writer.text(node), writer.text(markers.algebra.negate(node)))
    universal = msgspec.structs.replace(again.question.universal, environments=both)
    text = ", ".join(f'"{marker}"' for marker in both)
    changed = msgspec.structs.replace(again.question, universal=universal)
    return Change(RemedyKind.EXTEND, f"environments = [{text}]", None, changed)


def _asked(event: Required) -> Asked:
    return Asked(requirement=event.requirement, by=event.by, version=event.version)
