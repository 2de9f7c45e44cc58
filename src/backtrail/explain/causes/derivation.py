"""The proof that there is no answer, from PubGrub's statements to a few numbered steps in releases that exist.

Three passes from list to list: statements about extras and markers become statements about their project, facts that
differ only in version become one, and a step that is used once is stated where it is used.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from packaging.utils import NormalizedName
from packaging.version import Version

from backtrail.explain.causes.smallest_sets import is_own, meaning, proof_of
from backtrail.explain.evidence.available_releases import Stock
from backtrail.model.finding import Claim, Extent, Fact, FactKind, Step
from backtrail.model.policy import Mode
from backtrail.model.run import Run
from backtrail.model.trail import Because, Incompatibility, Required, Term
from backtrail.standards.lenient import lenient_requirement

FACTS = 3
"""Facts that one step rests on, where it takes in another's."""

LONGEST = 400
"""Statements of a proof beyond which nobody reads it."""


class _Needs(NamedTuple):
    """Versions of a project (None: the user) that ask for another in these words."""

    by: NormalizedName | None
    project: NormalizedName
    versions: frozenset[Version]
    words: tuple[str, ...]


class _Lacks(NamedTuple):
    """Versions of a project that are not available: they do not exist (because None), or cannot be used."""

    project: NormalizedName
    versions: frozenset[Version]
    because: Because | None


_Given = _Needs | _Lacks


class _Statement(NamedTuple):
    """A derived statement: the two it follows from, or what is given instead of one."""

    number: int
    given: tuple[_Given, ...]
    causes: tuple[int, ...]
    terms: tuple[Term, ...]


def proof(run: Run, stock: Stock) -> tuple[Step, ...]:
    """The steps of a run's proof, the last one saying that there is no answer; empty where nothing had to be proved.

    A lock has none: its statements are about releases of the project itself, of which there are no others.
    """
    reached = sorted(proof_of(run))
    if run.terminal is None or run.mode is Mode.LOCK or len(reached) > LONGEST:
        return ()
    statements = _merged(_inlined(_collapsed(run, reached, stock)))
    return tuple(_steps(statements, stock))


# Extras and markers


def _collapsed(run: Run, reached: Sequence[int], stock: Stock) -> list[_Statement]:
    """Derived statements about projects alone, each from what is given and what was derived before it."""
    required = {event.id: event for event in run.trail if isinstance(event, Required)}
    found: list[_Statement] = []
    stands_for: dict[int, int] = {}
    given: dict[int, tuple[_Given, ...]] = {}
    for number in reached:
        one = run.incompatibilities[number]
        if one.causes is None:
            given[number] = tuple(_given(one, required, stock))
            continue
        causes = tuple(dict.fromkeys(stands_for[cause] for cause in one.causes if cause in stands_for))
        facts = tuple(fact for cause in one.causes for fact in given.get(cause, ()))
        if len(causes) == 1 and not facts and number != run.terminal:
            stands_for[number] = causes[0]  # only a proxy and its base were put together
            continue
        stands_for[number] = number
        found.append(_Statement(number, facts, causes, one.terms))
    return found


def _given(one: Incompatibility, required: Mapping[int, Required], stock: Stock) -> Iterator[_Given]:
    """An external statement as facts; that extras and markers share the version of their project is none."""
    if one.kind == "dependency":
        events = [required[number] for number in one.requirements if number in required]
        words: dict[tuple[NormalizedName | None, NormalizedName], list[Required]] = {}
        for event in events:
            by = None if is_own(event) else event.by
            if by != event.requirement.name:
                words.setdefault((by, event.requirement.name), []).append(event)
        for (by, project), asked in words.items():
            versions = frozenset(Version(event.version) for event in asked if event.version and by is not None)
            yield _Needs(by, project, versions, _words(event.requirement.text for event in asked))
        if not events:
            for term in one.terms[:1]:
                if term.package.name is not None:
                    yield _Lacks(term.package.name, _releases(term, stock), Because.REQUIRES_PYTHON)
    elif one.kind in ("no-version", "unavailable"):
        for term in one.terms[:1]:
            if term.package.name is not None:
                because = None if one.because in (None, Because.NO_VERSION) else one.because
                yield _Lacks(term.package.name, _releases(term, stock), because)


def _releases(term: Term, stock: Stock) -> frozenset[Version]:
    if term.package.name is None:
        return frozenset()
    return frozenset(one for one in stock.existing(term.package.name) if within(one, term.versions))


def within(version: Version, described: str) -> bool:
    """Whether a version is in a range as a Term describes it."""
    if described in ("*", "∅"):
        return described == "*"
    return any(all(_meets(version, clause) for clause in part.split(",")) for part in described.split(" | "))


def _meets(version: Version, clause: str) -> bool:
    operator = clause[: 2 if clause[1:2] == "=" else 1]
    bound = Version(clause[len(operator) :])
    public = version if bound.local else Version(version.public)
    match operator:
        case "==":
            return public == bound
        case ">=":
            return version >= bound
        case "<=":
            return public <= bound
        case ">":
            return version > bound
        case _:
            final = not bound.is_prerelease
            return version < bound and not (final and version.is_prerelease and Version(version.base_version) == bound)


# Facts


def _words(texts: Iterable[str]) -> tuple[str, ...]:
    """Each meaning once, in the words that come first."""
    found: dict[object, str] = {}
    for text in texts:
        requirement = lenient_requirement(text)
        found.setdefault(text if requirement is None else meaning(requirement), text)
    return tuple(found.values())


def _merged_facts(facts: Iterable[_Given]) -> tuple[_Given, ...]:
    """Facts that differ only in the versions they speak of, or in how these put it, as one."""
    found: dict[tuple[object, ...], _Given] = {}
    for fact in facts:
        if isinstance(fact, _Needs):
            key: tuple[object, ...] = (fact.by, fact.project, fact.words if fact.by is None else None)
        else:
            key = (fact.project, fact.because)
        match found.get(key), fact:
            case _Needs() as known, _Needs():
                words = _words((*known.words, *fact.words))
                found[key] = known._replace(versions=known.versions | fact.versions, words=words)
            case _Lacks() as known, _Lacks():
                found[key] = known._replace(versions=known.versions | fact.versions)
            case _:
                found[key] = fact
    return tuple(found.values())


def _merged(statements: Iterable[_Statement]) -> list[_Statement]:
    return [one._replace(given=_merged_facts(one.given)) for one in statements]


# Steps used once


def _inlined(statements: Sequence[_Statement]) -> list[_Statement]:
    """A step used once is stated where it is used, if that makes no long sentence."""
    uses = Counter(cause for one in statements for cause in one.causes)
    kept: dict[int, _Statement] = {}
    for one in statements:
        given, causes = one.given, list(one.causes)
        for cause in one.causes:
            inner = kept[cause]
            together = _merged_facts((*inner.given, *given))
            if (
                uses[cause] == 1
                and len(_informative(together)) <= FACTS
                and len({*inner.causes, *causes} - {cause}) <= 1
            ):
                given = together
                causes[causes.index(cause) : causes.index(cause) + 1] = inner.causes
                del kept[cause]
        kept[one.number] = one._replace(given=given, causes=tuple(dict.fromkeys(causes)))
    return list(kept.values())


def _informative(facts: Iterable[_Given]) -> list[_Given]:
    """Facts that say something: that there are no versions between releases is no news."""
    return [fact for fact in facts if not isinstance(fact, _Lacks) or fact.versions or fact.because is not None]


# Steps


def _steps(statements: Sequence[_Statement], stock: Stock) -> Iterator[Step]:
    numbers = {one.number: place for place, one in enumerate(statements, start=1)}
    for one in statements:
        informative = sorted(_informative(one.given), key=lambda fact: not _is_own(fact))
        absent = [fact for fact in one.given if isinstance(fact, _Lacks) and fact not in informative]
        if not one.causes and len(informative) < 2:
            informative += absent  # alone, that nothing is there is the news
        yield Step(
            number=numbers[one.number],
            facts=tuple(_fact(fact, stock) for fact in informative),
            steps=tuple(sorted(numbers[cause] for cause in one.causes)),
            claims=tuple(_claims(one.terms, stock)),
        )


def _is_own(fact: _Given) -> bool:
    return isinstance(fact, _Needs) and fact.by is None


def _fact(fact: _Given, stock: Stock) -> Fact:
    match fact:
        case _Needs(by=None):
            return Fact(kind=FactKind.ASKS, project=fact.project, releases=_NONE, requirements=fact.words)
        case _Needs(by=by):
            assert by is not None
            releases = _extent(by, fact.versions, stock)
            return Fact(kind=FactKind.ASKS, project=fact.project, by=by, releases=releases, requirements=fact.words)
        case _Lacks():
            kind = FactKind.ABSENT if fact.because is None else FactKind.UNUSABLE
            releases = _extent(fact.project, fact.versions, stock)
            return Fact(kind=kind, project=fact.project, releases=releases, because=fact.because)


_NONE = Extent(count=0, runs=(), every=False)


def _extent(name: NormalizedName, versions: frozenset[Version], stock: Stock) -> Extent:
    return stock.extent(name, versions.__contains__, also=versions)


def _claims(terms: Iterable[Term], stock: Stock) -> Iterator[Claim]:
    """The terms of a statement about each project together, the user first."""
    about: dict[NormalizedName | None, tuple[frozenset[Version], bool]] = {}
    for term in terms:
        name = term.package.name
        releases = _releases(term, stock)
        known = about.get(name)
        if known is None:
            about[name] = releases, term.positive
        elif known[1] and term.positive:
            about[name] = known[0] & releases, True
        elif known[1] or term.positive:
            inside, outside = (known[0], releases) if known[1] else (releases, known[0])
            about[name] = inside - outside, True
        else:
            about[name] = known[0] | releases, False
    for name, (releases, positive) in sorted(about.items(), key=lambda one: one[0] is not None):
        extent = _NONE if name is None else _extent(name, releases, stock)
        yield Claim(project=name, releases=extent, positive=positive)
