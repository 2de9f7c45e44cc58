"""The trail of a resolver, event by event."""

from collections.abc import Iterable, Mapping

from backtrail.model.finding import Refusals
from backtrail.model.run import Asked
from backtrail.model.trail import (
    Because,
    Chosen,
    Conflicted,
    Decided,
    Derived,
    Event,
    Finished,
    Incompatibility,
    Learned,
    Package,
    Preferred,
    Read,
    Rejected,
    Reprioritised,
    Required,
    Rewound,
    Split,
    SplitBy,
    Term,
)
from backtrail.report.lines import Part, Spans, spans
from backtrail.report.wording.askers import asker
from backtrail.report.wording.reasons import failed, refusal
from backtrail.report.wording.words import (
    NAMES_SHOWN,
    OUTCOMES,
    count,
    file,
    listed,
    package,
    release,
    specifier,
    version,
)

_CLASSES = {
    "fixed": "it comes first",
    "python": "the Python version comes first",
    "direct-url": "it is a direct reference",
    "singleton": "only one version is wanted",
    "conflict-early": "it met many conflicts",
    "conflict-late": "it caused many conflicts",
    "conflict": "it is part of the last conflict",
    "unspecified": "its name was seen first",
}
_ASKERS_SHOWN = 4


def event(one: Event, required: Mapping[int, Required]) -> Spans:
    """What happened, in one sentence. ``required`` holds the requirements of the trail by id."""
    match one:
        case Read(what=what, name=name, version=number, file=path):
            of = release(name, number) if number else spans(package(name))
            return spans(f"read the {what} of ", of, spans(" in ", file(path)) if path else ())
        case Required():
            return _required(one)
        case Chosen(package=subject, among=among, why=why, wanted=wanted):
            limits = spans(", wanted ", specifier(wanted)) if wanted and wanted != "*" else ()
            others = f", of {among} undecided" if among > 1 else ""
            return spans(_subject(subject), f" is next{others}: {_CLASSES.get(why, why)}", limits)
        case Decided(package=subject, version=number, file=path, again=again):
            taken = " taken again, from memory" if again else " decided"
            by = spans(": ", file(path)) if path and not again else ()
            return spans(_subject(subject), *_numbered(subject, number), taken, by)
        case Rejected():
            return _rejected(one, required)
        case Conflicted(incompatibility=broken, requirements=numbers):
            asks = _asks(numbers, required)
            if asks:
                return spans("conflict between ", asks)
            return spans("conflict: ", _together(broken)) if broken else spans("conflict: no version is left")
        case Derived(term=term):
            return _narrowed(term)
        case Learned(incompatibility=learned):
            return spans("learned: ", _together(learned))
        case Reprioritised(package=subject, to=to, conflicts=conflicts):
            when = {"conflict-early": "earlier", "conflict-late": "later"}.get(to, to)
            return spans(_subject(subject), f" is decided {when} from now on, after {count(conflicts, 'conflict')}")
        case Rewound(undone=undone, because=because):
            pins = [spans(_subject(each), *_numbered(each, number)) for each, number in reversed(undone)]
            back = spans("taken back: ", listed(pins, shown=NAMES_SHOWN)) if pins else spans("nothing taken back")
            return spans(back, f"; {_rewind(because)}")
        case Split():
            return _split(one)
        case Preferred(name=name, version=number, fork=fork):
            source = "your file" if fork is None else spans("an earlier fork (", specifier(fork or "always"), ")")
            return spans(release(name, number), " is tried before newer versions: ", source, " has it")
        case Finished(outcome=outcome):
            return spans(f"the end: {OUTCOMES[outcome]}")


def _split(one: Split) -> Spans:
    subject = spans(_subject(one.package), *_numbered(one.package, one.version))
    match one.why:
        case SplitBy.MARKERS:
            why = spans(" ask for ", listed(map(package, one.names), last="and"), " under different markers")
            subject = spans("the requirements of ", subject) if one.package.name else spans("your requirements")
        case SplitBy.REQUIRES_PYTHON:
            why = spans(" is not for all of these Pythons")
        case SplitBy.LOCAL_VERSION:
            why = spans(" has no wheel for some platforms that its public version has wheels for")
        case SplitBy.COVERAGE:
            why = spans(" has no wheel for an environment that has to be covered")
    here = spans(", and this one goes on where ", specifier(one.marker))
    return spans(subject, why, f": the resolution splits into {len(one.markers)} forks", here)


def _subject(subject: Package) -> Spans:
    return spans(str(subject)) if subject.name is None else spans(package(str(subject)))


def _numbered(subject: Package, number: str) -> tuple[Part, ...]:
    """The version of what has one; that of the root is a device of the resolver."""
    return () if subject.kind == "root" else (" ", version(number))


def _required(one: Required) -> Spans:
    if one.by is None:
        origin = one.requirement.origin
        place = spans(" (", file(str(origin)), ")") if origin and origin.file else ()
        return spans("you constrain " if one.constraint else "you ask for ", specifier(one.requirement.text), place)
    by = release(one.by, one.version) if one.version else spans(package(one.by))
    return spans(by, " asks for ", specifier(one.requirement.text))


def _rejected(one: Rejected, required: Mapping[int, Required]) -> Spans:
    if one.version is None:
        limits = spans(" in ", specifier(one.wanted)) if one.wanted and one.wanted != "*" else ()
        asks = _asks(one.requirements, required)
        why = spans(": ", asks) if asks else ()
        return spans("no version of ", _subject(one.package), " is left", limits, why)
    return spans(
        _subject(one.package), " ", version(one.version), " refused: ", _rejection((one.version,), one, required)
    )


def _rejection(versions: tuple[str, ...], event: Rejected, required: Mapping[int, Required]) -> Spans:
    """The reason for versions refused alike: their own requirement if that contradicts, else one on them."""
    if event.unavailable is not None:
        return spans(file(event.unavailable.file), " ", failed(event.unavailable.failure))
    name = event.package.name or ""
    named = [required[number] for number in event.requirements if number in required]
    own = next((one for one in named if one.by == name and one.version == event.version), None)
    others = next((one for one in named if one.requirement.name == name), None)
    if event.because is Because.CONFLICT and own is None and others is not None:
        asked = Asked(requirement=others.requirement, by=others.by, version=others.version)
        return spans("excluded by ", asker(asked))
    group = Refusals(
        versions=versions,
        because=event.because,
        requirement=None if own is None else own.requirement.text,
        exclusions=event.exclusions,
    )
    return refusal(name, group)


def _asks(numbers: Iterable[int], required: Mapping[int, Required]) -> Spans:
    """Who asks for what, of the requirements that meet in a conflict."""
    found = [required[number] for number in numbers if number in required]
    asked = [asker(Asked(requirement=one.requirement, by=one.by, version=one.version)) for one in found]
    return listed(asked, shown=_ASKERS_SHOWN)


def _together(broken: Incompatibility) -> Spans:
    terms = [_term(term) for term in broken.terms]
    return (
        spans(listed(terms, shown=_ASKERS_SHOWN), " cannot all hold")
        if len(terms) > 1
        else spans(*terms, " cannot hold")
    )


def _term(term: Term) -> Spans:
    some = () if term.versions == "*" else spans(" ", specifier(term.versions))
    return spans("" if term.positive else "not ", _subject(term.package), some)


def _narrowed(term: Term) -> Spans:
    if term.package.kind == "root":
        return spans("your requirements have to be met")
    if not term.positive:
        return spans(_subject(term.package), " cannot be ", specifier(term.versions))
    if term.versions == "*":
        return spans(_subject(term.package), " is needed, in any version")
    return spans(_subject(term.package), " has to be ", specifier(term.versions))


def _rewind(because: Because) -> str:
    return {
        Because.BACKJUMP: "they led to the conflict, or came after what did",
        Because.DISPLACED: "a later choice contradicts it",
        Because.UNNEEDED: "nobody asks for it any more",
        Because.ROLLBACK: "the search goes back to where it can still choose",
        Because.PRIORITY: "another order of decisions is tried",
    }.get(because, "they contradict each other")
