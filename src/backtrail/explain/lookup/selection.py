"""What one resolver would take for one requirement, looked up on its pages alone, without a solve."""

from collections.abc import Iterable, Iterator, Sequence

from packaging.specifiers import Specifier
from packaging.version import InvalidVersion, Version

from backtrail.model.files import Absent, Listing, Page, Unreadable
from backtrail.model.metadata import Unavailable
from backtrail.model.policy import Policy
from backtrail.model.question import Options
from backtrail.model.record import Record
from backtrail.model.requirement import Requirement
from backtrail.model.target import Target
from backtrail.model.verdict import Exclusion, Reason, Verdict
from backtrail.resolvers.file_rules import accepted
from backtrail.resolvers.pip.finder import ProjectFiles, Row
from backtrail.resolvers.registry import resolver_of
from backtrail.resolvers.uv.distributions import represent


class Look(Record, frozen=True, kw_only=True):
    """One resolver's view of a project: its pages in the order in which it searches indexes, and find-links files."""

    policy: Policy
    target: Target
    pages: tuple[Page, ...]
    links: tuple[Listing, ...] = ()


class Considered(Record, frozen=True, kw_only=True):
    """A version the resolver looked at, and what it thinks of each of its files."""

    version: Version
    verdicts: tuple[Verdict, ...]


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
    rules = (_Uv if look.policy.tool == "uv" else _Pip)(requirement, look, options, tuple(seen))
    stop = rules.stop()
    if stop is not None:
        return Choice(seen=(*seen, *look.links), stop=stop)
    version, verdict, considered = rules.choose()
    if verdict is None and passed_over:
        return Choice(unreadable=passed_over[0])
    return Choice(
        version=version,
        verdict=verdict,
        considered=tuple(considered),
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


def wants(requirement: Requirement, version: Version, policy: Policy) -> bool:
    """Whether a version is in the requirement's range as this resolver reads it, pre-releases not held against it."""
    if policy.tool == "uv" and not policy.since("0.5.0"):
        return all(_wants_strictly(specifier, version) for specifier in requirement.specifiers)
    return requirement.specifiers.contains(version, prereleases=True)


def _wants_strictly(specifier: Specifier, version: Version) -> bool:
    """As uv before 0.5.0: a local version is a version of its own, which its public version does not stand for."""
    if specifier.version.endswith(".*") or specifier.operator not in {"==", "===", "!=", "<="}:
        return specifier.contains(version, prereleases=True)
    try:
        bound = Version(specifier.version)
    except InvalidVersion:
        return False
    if specifier.operator == "<=":
        return version <= bound
    return (version == bound) is not (specifier.operator == "!=")


def pinned(requirement: Requirement) -> Version | None:
    """The version an exact pin names (``==`` or ``===``, no wildcard), None where there is none."""
    for specifier in requirement.specifiers:
        if specifier.operator in {"==", "==="} and not specifier.version.endswith(".*"):
            try:
                return Version(specifier.version)
            except InvalidVersion:
                continue
    return None


def _speaks_of_prereleases(requirement: Requirement, passing: frozenset[str]) -> bool:
    """Whether a specifier names a pre-release, with an operator not in ``passing``."""
    for specifier in requirement.specifiers:
        try:
            named = Version(specifier.version.removesuffix(".*")).is_prerelease
        except InvalidVersion:
            continue
        if named and specifier.operator not in passing:
            return True
    return False


_Picked = tuple[Version | None, Verdict | None, list[Considered]]


class _Uv:
    """uv: for each version one distribution stands; the first that can be used is taken (docs/uv.md 3.3, 4)."""

    def __init__(self, requirement: Requirement, look: Look, options: Options, seen: tuple[Listing, ...]) -> None:
        self._requirement = requirement
        self._look = look
        self._options = options
        self._maps = seen or ((None,) if look.links else ())
        self._links = versions(look.links)
        self._lowest = options.resolution != "highest"
        self._since = look.policy.since

    def stop(self) -> None:
        """Nothing on a page that can be read ends a run of uv's."""

    def choose(self) -> _Picked:
        considered: dict[Version, Considered] = {}
        by_index = self._options.index_strategy == "unsafe-first-match"
        groups: Sequence[Sequence[Listing | None]] = [[one] for one in self._maps] if by_index else [self._maps]
        for group in groups:
            stock = versions(one for one in group if one is not None)
            for one in self._links:
                stock.setdefault(one, [])
            for version in self._in_order(stock):
                if version in considered:
                    continue  # an earlier index burnt it
                verdict, considered[version] = self._try(version, stock[version])
                if verdict is not None:
                    return version, verdict, list(considered.values())
        for version in sorted(self._unwanted_prereleases(considered), reverse=True):
            _, seen = self._try(version, versions(one for one in self._maps if one is not None).get(version, []))
            considered[version] = Considered(version=version, verdicts=tuple(map(_prerelease, seen.verdicts)))
        return None, None, list(considered.values())

    def _in_order(self, stock: Iterable[Version]) -> Iterator[Version]:
        wanted = sorted(
            (one for one in stock if wants(self._requirement, one, self._look.policy)), reverse=not self._lowest
        )
        for which in self._passes():
            yield from (one for one in wanted if which is None or one.is_prerelease is which)

    def _passes(self) -> tuple[bool | None, ...]:
        """Stable versions (False), pre-releases (True) or all (None), one after the other."""
        mode = self._options.prerelease
        if mode in {"allow", "disallow"}:
            return (None,) if mode == "allow" else (False,)
        mentioned = _speaks_of_prereleases(self._requirement, frozenset({"!="} if self._since("0.5.0") else ()))
        if self._since("0.12.0"):
            return (False,) if mode == "explicit" and not mentioned else (False, True)
        if mentioned and mode != "if-necessary":
            return (None,)
        everything = {*versions(one for one in self._maps if one is not None), *self._links}
        return (None,) if mode != "explicit" and all(one.is_prerelease for one in everything) else (False,)

    def _unwanted_prereleases(self, considered: Iterable[Version]) -> set[Version]:
        everything = {*versions(one for one in self._maps if one is not None), *self._links}
        return {one for one in everything if wants(self._requirement, one, self._look.policy)}.difference(considered)

    def _try(self, version: Version, places: list[tuple[Listing, int]]) -> tuple[Verdict | None, Considered]:
        links = tuple(file for listing, place in self._links.get(version, []) for file in listing.files(place))
        pages = [listing.files(place) for listing, place in places]
        specifiers = list(self._requirement.specifiers)
        verdicts: list[Verdict] = []
        for files in pages or [()]:
            seen = represent(
                files or links,
                self._look.policy,
                self._look.target,
                self._options,
                yanked_allowed=len(specifiers) == 1 and pinned(self._requirement) == version,
                flat=not files,
                links=links if files else (),
                hashes=self._requirement.hashes,
            )
            verdicts += [verdict for verdict in seen.verdicts if verdict not in verdicts]
            if seen.install is not None:
                taken = next(verdict for verdict in seen.verdicts if verdict.file is seen.install)
                if taken.usable:
                    return taken, Considered(version=version, verdicts=tuple(verdicts))
            if seen.exists and not self._since("0.5.0"):
                break  # the first entry of a version spoke for it
        return None, Considered(version=version, verdicts=tuple(verdicts))


class _Pip:
    """pip: the best of all files that pass (docs/pip.md 1.3 to 1.7)."""

    def __init__(self, requirement: Requirement, look: Look, options: Options, seen: tuple[Listing, ...]) -> None:
        self._requirement = requirement
        self._shelf = ProjectFiles(look.links, seen, look.policy, look.target, options)

    def stop(self) -> Unavailable | None:
        return self._shelf.stop()

    def choose(self) -> _Picked:
        hashes = frozenset(self._requirement.hashes) or None
        best = next(self._shelf.offers(self._requirement.specifiers, hashes), None)
        considered = [self._considered(row) for row in self._shelf.looked_at]
        if best is not None and (hashes is None or not best.file.hashes or accepted(best.file, hashes)):
            judged = (one for row in considered for one in row.verdicts if one.file is best.file)
            return best.version, Verdict(file=best.file, rank=next(judged).rank), considered
        looked_at = {one.version for one in considered}
        for row in self._shelf.rows:
            hidden = row.version not in looked_at
            if hidden and self._requirement.specifiers.contains(row.version, prereleases=True):
                one = self._considered(row)
                verdicts = tuple(map(_prerelease, one.verdicts)) if row.version.is_prerelease else one.verdicts
                considered.append(Considered(version=row.version, verdicts=verdicts))
        return None, None, considered

    def _considered(self, row: Row) -> Considered:
        """A version with its files in the order of pip's list, a yank held against them."""
        return Considered(version=row.version, verdicts=tuple(self._shelf.verdicts(row, self._requirement.hashes)))


def _prerelease(verdict: Verdict) -> Verdict:
    exclusion = Exclusion(reason=Reason.PRERELEASE)
    return Verdict(file=verdict.file, exclusions=(exclusion, *verdict.exclusions), rank=verdict.rank)
