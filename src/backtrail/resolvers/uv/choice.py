"""Which version of a project uv takes for one requirement of the user's, by its pages alone (docs/uv.md 3.3, 4)."""

from collections.abc import Iterator, Sequence

from packaging.version import Version

from backtrail.model.files import Listing
from backtrail.model.policy import Policy
from backtrail.model.question import Options
from backtrail.model.requirement import Requirement
from backtrail.model.verdict import Verdict
from backtrail.resolvers.protocol import Considered, Look, Picked, prerelease
from backtrail.resolvers.uv import ranges
from backtrail.resolvers.uv.behaviour import profile
from backtrail.resolvers.uv.candidates import Admission, VersionMap, joined, ordered, passes
from backtrail.resolvers.uv.ranges import Range
from backtrail.resolvers.uv.requirements import allows_yanked, names_prerelease
from backtrail.resolvers.uv.versions import Key


def wanted(requirement: Requirement, policy: Policy) -> Range:
    """The versions in a requirement's range as a release reads it; none where it compares with what is no version."""
    return ranges.known_range(requirement.specifiers, profile(policy).reading)


def choose(requirement: Requirement, look: Look, seen: Sequence[Listing], options: Options) -> Picked:
    """Try versions in the order of the engine, each refused one but once; ``seen`` are the pages that count."""
    within, rules = wanted(requirement, look.policy), profile(look.policy)
    yanked = allows_yanked([requirement], {}).get(requirement.name, frozenset())
    admit = Admission(rules, look.target, options, requirement.name, yanked, requirement.hashes)
    links = joined(requirement.name, look.links)
    maps = [VersionMap(admit, page, links) for page in seen] or (
        [] if links is None else [VersionMap(admit, None, links)]
    )
    merged = options.index_strategy == "unsafe-best-match" and len(maps) > 1
    highest = options.resolution == "highest"
    found: dict[Version, list[Verdict]] = {}
    refused: set[Key] = set()
    named = names_prerelease(requirement.specifier, rules) if within else False
    for group, which in passes(maps, rules, options, options.prereleases(requirement.name), named=named):
        for one, place in ordered(group, within, which, highest=highest, merged=merged, every=True):
            version = one.key(place)
            if version in refused:
                continue
            verdicts = found.setdefault(Version(one.texts[place]), [])
            represented = one.represented(place)
            verdicts += (verdict for verdict in represented.verdicts if verdict not in verdicts)
            candidate = one.candidate(place)
            if candidate is None:
                continue
            taken = next((verdict for verdict in represented.verdicts if verdict.file is represented.install), None)
            if taken is not None and taken.usable:
                return Picked(Version(one.texts[place]), taken, _considered(found))
            if candidate.compatible or not (merged and rules.looks_behind_unusable):
                refused.add(version)
    found.update({one: [*map(prerelease, verdicts)] for one, verdicts in _unwanted(maps, within, found)})
    return Picked(None, None, _considered(found))


def _unwanted(
    maps: Sequence[VersionMap], within: Range, found: dict[Version, list[Verdict]]
) -> Iterator[tuple[Version, list[Verdict]]]:
    """The pre-releases in range that nobody looked at, the newest first, each with the files of the first index."""
    left: dict[Version, list[Verdict]] = {}
    for one in maps:
        for place in one.within(within, highest=True, every=True):
            version = Version(one.texts[place])
            if version not in found and version not in left:
                left[version] = list(one.represented(place).verdicts)
    yield from sorted(left.items(), reverse=True, key=lambda item: item[0])


def _considered(found: dict[Version, list[Verdict]]) -> tuple[Considered, ...]:
    return tuple(Considered(version=version, verdicts=tuple(verdicts)) for version, verdicts in found.items())
