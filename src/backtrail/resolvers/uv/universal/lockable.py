"""Environments and Pythons that uv locks nothing for: those that overlap, and those that exclude each other."""

from collections.abc import Sequence
from itertools import pairwise

from backtrail.model.errors import InputError
from backtrail.model.question import Setting
from backtrail.model.target import Pythons
from backtrail.resolvers.uv.marker_text import Reader
from backtrail.resolvers.uv.markers import FALSE
from backtrail.resolvers.uv.universal.marker_relations import python_marker
from backtrail.resolvers.uv.universal.python_range import interval_of, pythons_of


def common_pythons(asked: Sequence[Setting]) -> Pythons:
    """The Pythons that the projects of a workspace allow together; raises InputError where there is none."""
    try:
        return pythons_of([one.value for one in asked])
    except InputError:
        each = " and ".join(f"{one.value!r} ({one.origin})" for one in asked)
        raise InputError(f"requires-python: no Python meets {each}") from None


def check_environments(environments: Sequence[Setting], pythons: Pythons, markers: Reader) -> None:
    """Raise InputError for environments that uv locks nothing for; as it does, it looks at neighbours only."""
    possible = python_marker(markers.algebra, interval_of(pythons).range)
    read = [(one, markers.read(one.value)) for one in environments]
    for one, marker in read:
        if markers.algebra.both(marker, possible) is FALSE:
            raise InputError(
                f"{one.origin}: environments: {one.value!r} is never met by a Python that "
                f"requires-python {pythons.specifiers!r} allows"
            )
    for (one, its), (other, theirs) in pairwise(read):
        if markers.algebra.both(its, theirs) is not FALSE:
            both = f"{one.value!r} and {other.value!r}"
            raise InputError(f"{other.origin}: environments: {both} overlap; they have to exclude each other")
