"""What one resolver would take for one requirement, looked up on its pages alone, without a solve."""

from collections.abc import Iterable

from packaging.version import InvalidVersion, Version

from backtrail.model.files import Absent, Listing, Unreadable
from backtrail.model.metadata import Unavailable
from backtrail.model.question import Options
from backtrail.model.record import Record
from backtrail.model.requirement import Requirement
from backtrail.model.verdict import Verdict
from backtrail.resolvers.protocol import Considered, Look
from backtrail.resolvers.registry import resolver_of

__all__ = ["Choice", "Considered", "Look", "choose", "pinned", "versions"]


class Choice(Record, frozen=True, kw_only=True):
    """What a resolver takes: the ``version`` and the ``verdict`` of the file it installs, both None if nothing is.

    ``considered`` are the versions it looked at, in that order; when it takes nothing, every version in range. ``seen``
    are the listings it reads, ``behind`` those it does not because an earlier index has the project. ``unreadable`` is
    a page that could not be read: where nothing is taken, it leaves the answer unknown, else it was passed over.
    ``stop`` is what ends a run that looks at the project.
    """

    version: Version | None = None
    verdict: Verdict | None = None
    considered: tuple[Considered, ...] = ()
    seen: tuple[Listing, ...] = ()
    behind: tuple[Listing, ...] = ()
    unreadable: Unreadable | None = None
    stop: Unavailable | None = None


def choose(requirement: Requirement, look: Look, options: Options) -> Choice:
    """Pick as the look's resolver does for a requirement that the user states.

    Raises NotRecordedError where a trimmed recording does not hold the files needed.
    """
    seen: list[Listing] = []
    behind: list[Listing] = []
    passed_over: list[Unreadable] = []
    behaviour = resolver_of(look.policy).behaviour
    first_only = behaviour.stops_at_first_index(options)
    for page in look.pages:
        match page:
            case Absent():
                continue
            case Unreadable():
                if first_only and seen:
                    continue
                if not behaviour.passes_over(page):
                    return Choice(unreadable=page)
                passed_over.append(page)
            case Listing():
                (behind if first_only and seen else seen).append(page)
    picked = resolver_of(look.policy).choose(requirement, look, seen, options)
    if picked.stop is not None:
        return Choice(seen=(*seen, *look.links), stop=picked.stop)
    if picked.verdict is None and passed_over:
        return Choice(unreadable=passed_over[0])
    return Choice(
        version=picked.version,
        verdict=picked.verdict,
        considered=picked.considered,
        seen=(*seen, *look.links),
        behind=tuple(behind),
        unreadable=next(iter(passed_over), None),
    )


def versions(listings: Iterable[Listing]) -> dict[Version, list[tuple[Listing, int]]]:
    """Every version of some listings, with the places where it is listed."""
    found: dict[Version, list[tuple[Listing, int]]] = {}
    for listing in listings:
        for place in range(len(listing.versions)):
            found.setdefault(listing.version(place), []).append((listing, place))
    return found


def pinned(requirement: Requirement) -> Version | None:
    """The version an exact pin names (``==`` or ``===``, no wildcard), None where there is none."""
    for specifier in requirement.specifiers:
        if specifier.operator in {"==", "==="} and not specifier.version.endswith(".*"):
            try:
                return Version(specifier.version)
            except InvalidVersion:
                continue
    return None
