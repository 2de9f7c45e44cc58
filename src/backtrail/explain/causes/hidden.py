"""What keeps every release in a range from being taken: the facts of the one that comes nearest to use."""

from collections.abc import Callable, Iterator, Mapping

from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain.evidence.available_releases import Stock
from backtrail.model.files import File, Listing, NotRecordedError
from backtrail.model.finding import Obstacle, ObstacleKind
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.verdict import Reason
from backtrail.resolvers.registry import resolver_of

_MOST = 40
"""Releases in a range that are looked at, the newest first."""

_KINDS = {
    Reason.YANKED: ObstacleKind.YANKED,
    Reason.ONLY_BINARY: ObstacleKind.FORMAT,
    Reason.NO_BINARY: ObstacleKind.FORMAT,
    Reason.EXCLUDE_NEWER: ObstacleKind.CUT_OFF,
    Reason.NO_UPLOAD_TIME: ObstacleKind.CUT_OFF,
    Reason.REQUIRES_PYTHON: ObstacleKind.REQUIRES_PYTHON,
    Reason.TAG_INVALID: ObstacleKind.TAGS,
    Reason.TAG_PYTHON: ObstacleKind.TAGS,
    Reason.TAG_ABI: ObstacleKind.TAGS,
    Reason.TAG_ABI_FREE_THREADED: ObstacleKind.TAGS,
    Reason.TAG_PYTHON_VERSION: ObstacleKind.TAGS,
    Reason.TAG_PLATFORM: ObstacleKind.TAGS,
}
"""What can be otherwise of a file that is refused; the other reasons are about what it is."""

_ORDER = {kind: place for place, kind in enumerate(ObstacleKind)}


class Hiding:
    """Looks for what hides releases from one resolver, on the pages of one question."""

    def __init__(self, question: Question, policy: Policy, stock: Stock) -> None:
        """Nothing is looked at yet."""
        self._question = question
        self._resolver = resolver_of(policy)
        self._stock = stock

    def of(
        self, name: NormalizedName, wanted: Callable[[Version], bool], by: NormalizedName | None
    ) -> tuple[Obstacle, ...]:
        """What would have to be otherwise for a release in a range to be taken, the fewest facts.

        Releases before the cut-off come first: one beyond it counts only where there is no other, and then the oldest.
        Empty where some release can be used, and where none exists.
        """
        best: tuple[tuple[object, ...], tuple[Obstacle, ...]] | None = None
        for place, (version, listing, behind) in enumerate(self._releases(name, wanted)):
            found = self._obstacles(name, version, listing, by, behind=behind)
            if found is None:
                continue
            if not found:
                return ()
            late = any(one.kind is ObstacleKind.CUT_OFF for one in found)
            rank = (late, len(found), max(_ORDER[one.kind] for one in found), -place if late else place)
            if best is None or rank < best[0]:
                best = rank, found
        return () if best is None else best[1]

    def _releases(
        self, name: NormalizedName, wanted: Callable[[Version], bool]
    ) -> Iterator[tuple[Version, Listing, bool]]:
        """Releases in the range, the newest first, each with its page and whether an earlier index hides that."""
        look = self._stock.look(name)
        pages = [page for page in look.pages if isinstance(page, Listing)]
        first_only = self._resolver.behaviour.stops_at_first_index(self._question.options)
        seen: dict[Version, tuple[Listing, bool]] = {}
        for order, listing in enumerate((*pages, *look.links)):
            behind = first_only and 0 < order < len(pages)
            for place in range(len(listing.versions)):
                version = listing.version(place)
                if wanted(version):
                    seen.setdefault(version, (listing, behind))
        for version in sorted(seen, reverse=True)[:_MOST]:
            yield version, *seen[version]

    def _obstacles(
        self, name: NormalizedName, version: Version, listing: Listing, by: NormalizedName | None, *, behind: bool
    ) -> tuple[Obstacle, ...] | None:
        """The fewest facts against a release; None where something else speaks against every file, or nobody knows."""
        place = listing.position.get(str(version))
        if place is None:
            return None

        def obstacle(kind: ObstacleKind, text: str = "") -> Obstacle:
            return Obstacle(kind=kind, text=text, by=by, project=name, version=str(version))

        common = []
        if version.is_prerelease and self._question.options.prereleases(name) != "allow":
            common.append(obstacle(ObstacleKind.PRERELEASE))
        if behind:
            common.append(obstacle(ObstacleKind.FIRST_INDEX, listing.index))
        try:
            files = listing.files(place)
        except NotRecordedError:
            return None
        flat = listing.index in self._question.indexes.find_links
        ways = [way for file in files if (way := self._against(file, flat=flat)) is not None]
        if not ways:
            return None
        fewest = min(ways, key=_burden)
        return (*common, *(obstacle(kind, text) for kind, text in fewest.items()))

    def _against(self, file: File, *, flat: bool) -> dict[ObstacleKind, str] | None:
        """What speaks against a file, by kind; None where it cannot be otherwise."""
        found: dict[ObstacleKind, str] = {}
        question = self._question
        for one in self._resolver.judge(file, question.target, question.options, flat=flat).exclusions:
            kind = _KINDS.get(one.reason)
            if kind is None:
                return None
            found.setdefault(kind, file.kind.value if kind is ObstacleKind.FORMAT else one.value)
        return found


def _burden(way: Mapping[ObstacleKind, str]) -> tuple[int, bool, list[int]]:
    """How much would have to be otherwise; what needs another Python anyway is not looked for among sdists."""
    allowed_here = way.keys() >= {ObstacleKind.FORMAT, ObstacleKind.REQUIRES_PYTHON}
    return len(way), allowed_here, sorted(_ORDER[kind] for kind in way)
