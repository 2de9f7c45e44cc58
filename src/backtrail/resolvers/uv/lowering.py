"""Requirements with the sources of their projects applied, as uv takes them before it resolves (docs/uv.md)."""

from collections.abc import Iterable, Iterator
from functools import reduce

import msgspec

from backtrail.model.errors import InputError
from backtrail.model.question import ALL
from backtrail.model.requirement import Requirement, Source
from backtrail.resolvers.uv.behaviour import Profile
from backtrail.resolvers.uv.marker_text import reader
from backtrail.resolvers.uv.markers import FALSE, Node, variable
from backtrail.resolvers.uv.universal.marker_writing import Writer
from backtrail.resolvers.uv.universal.python_range import with_its_pythons


def applied(
    requirements: Iterable[Requirement],
    profile: Profile,
    *,
    gated: bool = False,
    without: frozenset[str] = frozenset(),
) -> tuple[Requirement, ...]:
    """Each requirement once for each source of its project, and once for where none counts.

    ``gated``: what stands for an extra does so in its marker, as in metadata. ``without``: projects whose sources do
    not count, ``:all:`` for every project (``--no-sources``). Raises InputError for a source that cannot be followed.
    """
    bounded = map(with_its_pythons, requirements)
    heeded = (one if without.isdisjoint((ALL, one.name)) else unsourced(one) for one in bounded)
    return tuple(
        lowered for one in heeded for lowered in (_lowered(one, profile, gated=gated) if one.sources else (one,))
    )


def unsourced(requirement: Requirement) -> Requirement:
    """What a requirement says without the sources of its project."""
    return msgspec.structs.replace(requirement, sources=()) if requirement.sources else requirement


def _lowered(requirement: Requirement, profile: Profile, *, gated: bool) -> Iterator[Requirement]:
    markers = reader(profile)
    algebra = markers.algebra
    writer = Writer(algebra)
    where = markers.read(requirement.marker)

    def counts(source: Source) -> bool:
        """Whether a source that is for an extra alone counts: the requirement is of that extra alone, too."""
        if source.extra is None or not gated:
            return True
        return algebra.both(where, algebra.negate(algebra.flag(variable("extra", "extra", source.extra)))) is FALSE

    known = (one for one in requirement.sources if profile.heeds_source_indexes or not one.names_index)
    counting = list(filter(counts, known))
    covered = [markers.read(source.marker or None) for source in counting]
    plain = unsourced(requirement)
    for source, condition in zip(counting, covered, strict=True):
        if source.wrong is not None:
            raise InputError(source.wrong)
        taken = msgspec.structs.replace(plain, index=source.index, url=source.url or plain.url)
        if source.url is not None:
            taken = msgspec.structs.replace(taken, specifier="", locked_as=source.locked_as)
        yield from _where(taken, algebra.both(where, condition), writer)
    rest = algebra.negate(reduce(algebra.either, covered, FALSE))
    yield from _where(plain, algebra.both(where, rest), writer)


def _where(requirement: Requirement, condition: Node, writer: Writer) -> Iterator[Requirement]:
    if condition is not FALSE:
        yield msgspec.structs.replace(requirement, marker=writer.text(condition) or None)
