"""A run as the log of the real tool recounts it: its trail, made from what the log says and what the index had then.

A log seldom says why a version was left; the requirements of the versions it names do.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from packaging.specifiers import InvalidSpecifier
from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.index.files.file_metadata import read_metadata, requirements_in_force
from backtrail.model.files import File, FileKind, Listing, NotRecordedError
from backtrail.model.log import Log
from backtrail.model.metadata import Metadata, MetadataSource
from backtrail.model.policy import Policy
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Asked, Counters, Pin, Run
from backtrail.model.source import Source
from backtrail.model.trail import (
    Because,
    Conflicted,
    Decided,
    Event,
    Finished,
    Outcome,
    Package,
    Rejected,
    Required,
    Rewound,
)
from backtrail.resolvers.registry import basis, resolver_of

_Release = tuple[NormalizedName, str]


class _Seen(NamedTuple):
    """A version that the log names, with its file; None where no index has it now."""

    name: NormalizedName
    version: str
    file: File | None


def recount(log: Log, question: Question, policy: Policy, source: Source) -> Run:
    """What the log says that the tool did, as a run of that resolver.

    Its outcome is unknown where the log ends before the resolution does. Raises NotRecordedError.
    """
    seen = _seen(log, question, policy, source)
    stated = _stated(log, seen, question, source)
    pins = _pins(log, question, seen, stated)
    trail = tuple(_trail(question, seen, stated, pins, log.outcome or Outcome.UNKNOWN))
    attempts: dict[str, dict[str, None]] = {}
    for one in seen:
        attempts.setdefault(one.name, {})[one.version] = None
    return Run(
        resolver=policy.resolver,
        profile=policy.release,
        basis=basis(policy),
        outcome=log.outcome or Outcome.UNKNOWN,
        pins=tuple(_answer(question, log, seen, stated, pins)),
        attempts={name: tuple(versions) for name, versions in attempts.items()},
        counters=Counters(
            listings=len(attempts),
            metadata=len({(one.name, one.version) for one in seen}),
            decisions=sum(isinstance(event, Decided) for event in trail),
            rejections=sum(isinstance(event, Rejected) for event in trail),
            backjumps=sum(isinstance(event, Rewound) for event in trail),
        ),
        trail=trail,
    )


def _seen(log: Log, question: Question, policy: Policy, source: Source) -> tuple[_Seen, ...]:
    """The versions of the log in its order, those of direct references first, each spelled as its index spells it."""
    behaviour, indexes = resolver_of(policy).behaviour, question.searched
    orders = {visit.name: behaviour.index_order(indexes, visit.name) for visit in log.visits}
    for index in dict.fromkeys(chain.from_iterable(orders.values())):
        source.want_pages(index, [name for name, order in orders.items() if index in order])
    pages: dict[NormalizedName, list[Listing]] = {
        name: [page for index in order if isinstance(page := source.page(index, name), Listing)]
        for name, order in orders.items()
    }
    direct = [_Seen(one.name, one.version, None) for one in log.direct if one.version is not None]
    own = {one.name for one in direct}
    return (
        *direct,
        *(_found(visit.name, visit.version, visit.file, pages) for visit in log.visits if visit.name not in own),
    )


def _found(
    name: NormalizedName, version: str, filename: str | None, pages: Mapping[NormalizedName, Sequence[Listing]]
) -> _Seen:
    version = str(Version(version))
    for page in pages[name]:
        place = page.position.get(version)
        files = () if place is None else _files(page, place)
        file = next((one for one in files if one.filename == filename), None) or next(
            (one for one in files if one.kind is FileKind.WHEEL), next(iter(files), None)
        )
        if file is not None:
            return _Seen(name, version, file)
    return _Seen(name, version, None)


def _files(page: Listing, place: int) -> tuple[File, ...]:
    try:
        return page.files(place)
    except NotRecordedError:
        return ()


def _stated(
    log: Log, seen: Sequence[_Seen], question: Question, source: Source
) -> dict[_Release, dict[Requirement, None]]:
    """The requirements of each version: as the log says them where it says all, else as its metadata does."""
    found: dict[_Release, dict[Requirement, None]] = {}
    for one in log.stated:
        if one.version is not None:
            found.setdefault((one.by, str(Version(one.version))), {})[one.requirement] = None
    if log.complete:
        return found
    extras: dict[NormalizedName, set[str]] = {}
    for requirement in (*question.requirements, *(one.requirement for one in log.stated)):
        extras.setdefault(requirement.name, set()).update(requirement.extras)
    source.want_metadata(one.file for one in seen if one.file is not None)
    for name, version, file in {(each.name, each.version): each for each in seen}.values():
        metadata = None if file is None else read_metadata(file, source, legacy=True)
        if metadata is not None:
            found[name, version] = dict.fromkeys(requirements_in_force(metadata, extras.get(name, ()), question.target))
    return found


def _pins(
    log: Log,
    question: Question,
    seen: Sequence[_Seen],
    stated: Mapping[_Release, Mapping[Requirement, None]],
) -> dict[NormalizedName, str]:
    """The answer: as it was printed, else what was looked at last of each project that the user's lines lead to.

    A version looked at last that contradicts what asks for it was left again: then the last that does not.
    """
    if log.pins:
        return {one.name: str(Version(one.version)) for one in log.pins}
    if log.outcome is Outcome.IMPOSSIBLE:
        return {}
    latest: dict[NormalizedName, dict[str, None]] = {}
    for one in seen:
        latest.setdefault(one.name, {}).pop(one.version, None)
        latest[one.name][one.version] = None
    chosen: dict[NormalizedName, str] = {}
    waiting = [(one.name, one) for one in question.requirements]
    wanted: dict[NormalizedName, list[Requirement]] = {}
    while waiting:
        name, requirement = waiting.pop(0)
        wanted.setdefault(name, []).append(requirement)
        versions = [*latest.get(name, ())]
        fitting = [one for one in versions if all(_meets(each, one) for each in wanted[name])]
        if not versions or (name in chosen and chosen[name] == (fitting or versions)[-1]):
            continue
        chosen[name] = (fitting or versions)[-1]
        waiting += [(one.name, one) for one in stated.get((name, chosen[name]), ())]
    return chosen


def _meets(requirement: Requirement, version: str) -> bool:
    try:
        return requirement.url is not None or requirement.specifiers.contains(version, prereleases=True)
    except InvalidSpecifier:
        return True


def _answer(
    question: Question,
    log: Log,
    seen: Sequence[_Seen],
    stated: Mapping[_Release, Mapping[Requirement, None]],
    pins: Mapping[NormalizedName, str],
) -> Iterator[Pin]:
    files = {(one.name, one.version): one.file for one in seen}
    urls = {one.name: one.url for one in log.direct}
    asked: dict[NormalizedName, dict[Asked, None]] = {}
    for requirement in question.requirements:
        asked.setdefault(requirement.name, {})[Asked(requirement=requirement)] = None
    for name, version in pins.items():
        for requirement in stated.get((name, version), ()):
            asker = Asked(requirement=requirement, by=name, version=version)
            asked.setdefault(requirement.name, {})[asker] = None
    for name, version in sorted(pins.items()):
        by = tuple(asked.get(name, ()))
        yield Pin(
            name=name,
            version=version,
            file=files.get((name, version)),
            url=urls.get(name),
            extras=tuple(sorted({extra for one in by for extra in one.requirement.extras})),
            requested_by=by,
        )


def _trail(
    question: Question,
    seen: Sequence[_Seen],
    stated: Mapping[_Release, Mapping[Requirement, None]],
    pins: Mapping[NormalizedName, str],
    outcome: Outcome,
) -> Iterator[Event]:
    """What happened, in order: a version is taken when it is looked at, and left when another is."""
    required: list[Required] = []
    decided: dict[NormalizedName, str] = {}

    def ask(requirement: Requirement, by: NormalizedName | None, version: str | None) -> Required:
        required.append(Required(id=len(required) + 1, requirement=requirement, by=by, version=version))
        return required[-1]

    def leave(name: NormalizedName) -> Iterator[Event]:
        version = decided[name]
        clash = tuple(_clash(name, version, required, decided))
        if clash:
            yield Conflicted(requirements=clash)
        package = Package(kind="project", name=name)
        yield Rewound(level=1, undone=((package, version),), because=Because.BACKJUMP if clash else Because.UNNEEDED)
        del decided[name]
        if clash:
            yield Rejected(package=package, version=version, because=Because.CONFLICT, requirements=clash)

    def take(name: NormalizedName, version: str, file: str | None, *, again: bool) -> Event:
        decided[name] = version
        package = Package(kind="project", name=name)
        return Decided(package=package, version=version, level=len(decided), file=file, again=again)

    for requirement in question.requirements:
        yield ask(requirement, None, None)
    known: set[_Release] = set()
    for name, version, file in seen:
        if decided.get(name) == version:
            continue
        if name in decided:
            yield from leave(name)
        yield take(name, version, None if file is None else file.filename, again=(name, version) in known)
        if (name, version) not in known:
            known.add((name, version))
            for requirement in stated.get((name, version), ()):
                yield ask(requirement, name, version)
    for name in [*decided]:
        if pins.get(name) != decided[name] and outcome is Outcome.SOLVED:
            yield from leave(name)
            if name in pins:
                yield take(name, pins[name], None, again=True)
    if outcome is Outcome.SOLVED:
        for name, version in pins.items():
            if name not in decided:
                yield take(name, version, None, again=True)
    yield Finished(outcome=outcome)


def _clash(
    name: NormalizedName, version: str, required: Sequence[Required], decided: Mapping[NormalizedName, str]
) -> Iterator[int]:
    """The requirements by which a version is incompatible with what else is decided."""
    for one in required:
        wanted = one.requirement
        if (one.by, one.version) == (name, version):
            other = decided.get(wanted.name)
        else:
            other = version if wanted.name == name and (one.by is None or decided.get(one.by) == one.version) else None
        if other is not None and not _meets(wanted, other):
            yield one.id


def stand_ins(log: Log) -> tuple[Metadata, ...]:
    """Metadata of the direct references of a log, with the requirements that it says they have."""
    return tuple(
        Metadata(
            name=one.name,
            version=one.version,
            requires_dist=tuple(
                dict.fromkeys(stated.requirement.text for stated in log.stated if stated.by == one.name)
            ),
            source=MetadataSource.STAND_IN,
        )
        for one in log.direct
        if one.version is not None
    )
