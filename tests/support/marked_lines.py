"""Lines of a universal answer by what their markers mean: releases of uv write one meaning in several ways."""

from collections.abc import Iterable

from backtrail.model.policy import Policy
from backtrail.model.run import Run
from backtrail.model.trail import Outcome
from backtrail.resolvers.uv.behaviour import profile
from backtrail.resolvers.uv.marker_text import Reader
from backtrail.resolvers.uv.markers import Node
from backtrail.resolvers.uv.universal.marker_relations import simplified
from backtrail.resolvers.uv.universal.python_range import interval_of, pythons_of

READER = Reader(profile(Policy(tool="uv", release="0.13.9")))


def printed(run: Run) -> tuple[str, ...]:
    """The lines of a run as uv prints them; none where it has no answer."""
    lines = run.lines if run.outcome is Outcome.SOLVED else ()
    return tuple(f"{one.name}=={one.version}{f' ; {one.marker}' if one.marker else ''}" for one in lines)


def solved_forks(run: Run) -> tuple[str, ...]:
    """The markers of the forks that were solved, in order."""
    return tuple(fork.marker or "" for fork in run.forks if fork.outcome is Outcome.SOLVED)


def meaning(lines: Iterable[str], python: str) -> list[tuple[str, Node]]:
    """Each line, its marker as what it means for this Python and newer ones."""
    parts = (line.partition(" ; ") for line in lines)
    return [(pin, node) for (pin, _, marker) in parts for node in meanings([marker], python)]


def meanings(markers: Iterable[str], python: str) -> list[Node]:
    """What markers mean for this Python and newer ones."""
    pythons = interval_of(pythons_of([f">={python}"])).range
    return [simplified(READER.algebra, READER.read(marker or None), pythons) for marker in markers]
