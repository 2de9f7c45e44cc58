"""BT109: requirements that cannot be met together, and the proof."""

from backtrail.model.case import Report
from backtrail.model.finding import (
    Chain,
    Claim,
    Conflict,
    ConflictReason,
    Extent,
    Fact,
    FactKind,
    Link,
    Step,
    UnreadableRelease,
)
from backtrail.model.trail import Because
from backtrail.report.lines import Block, Line, Spans, Table, height, line, row, spans
from backtrail.report.wording.availability import hiding, nothing_body
from backtrail.report.wording.words import (
    NAMES_SHOWN,
    count,
    file,
    in_short,
    joined,
    listed,
    package,
    release,
    specifier,
    this_target,
    version,
)


def conflict_headline(detail: Conflict, report: Report) -> Spans:
    """The fewest of the user's own lines that conflict, and why."""
    texts = listed(in_short(one.requirement.text for one in detail.lines), shown=NAMES_SHOWN)
    cannot = spans(texts, " cannot be met", " together" if len(detail.lines) > 1 else "")
    because = clash(detail, report)
    return spans(cannot, ": ", because) if because else cannot


def clash(detail: Conflict, report: Report | None) -> Spans:
    """Why nothing is left: no such version, none that fits, or none that meets all."""
    if detail.project is None:
        return ()
    name = package(detail.project)
    wanted = [chain.links[-1].asked.requirement for chain in detail.chains if chain.project == detail.project]
    match detail.because:
        case ConflictReason.NOT_FOUND:
            return spans("there is no project ", name)
        case ConflictReason.NO_VERSION:
            none = [one for one in detail.chains if one.project == detail.project and not one.admits.count]
            unmet = [one.links[-1].asked.requirement.text for one in none] or [one.text for one in wanted]
            return spans("no such version exists: ", listed(map(specifier, unmet)))
        case ConflictReason.UNUSABLE:
            return spans(
                "no matching release of ",
                name,
                " has a file for ",
                this_target(report, detail.refused.pythons if detail.refused else ()) if report else "this target",
            )
        case ConflictReason.HIDDEN if detail.hidden is not None:
            return spans(release(detail.project, detail.hidden.version), " matches, but ", hiding(detail.hidden))
        case ConflictReason.INVALID_METADATA:
            versions = listed((version(one.version) for one in detail.unreadable), shown=NAMES_SHOWN)
            return spans("the metadata of ", name, " ", versions, " is invalid")
        case ConflictReason.BESIDE | ConflictReason.TOGETHER | ConflictReason.HIDDEN:
            met = "both" if len(wanted) == 2 else "all that is asked of it"
            return spans("no release of ", name, f" meets {met}")


def conflict_body(detail: Conflict, room: int | None) -> Block:
    """Who asks for what and what that allows, then the proof if there is room."""
    shown = detail.chains if room is None else detail.chains[: max(2, room - 3)]
    rows = [row(chain_of(one), allowed(one)) for one in shown]
    if len(shown) < len(detail.chains):
        rows.append(row(f"{len(detail.chains) - len(shown)} more", ""))
    found: list[Line | Table] = [Table(head=("asked for", "allows"), rows=tuple(rows), indent=4)]
    links = list(dict.fromkeys(link for chain in shown for link in chain.links if len(link.versions) > 1))
    spare = len(links) if room is None else max(0, room - height(tuple(found)) - 1)
    found.extend(line(_alike(link), indent=2) for link in links[-spare:] if spare)
    if detail.refused is not None:
        found.extend(nothing_body(detail.refused, None if room is None else 4))
        if detail.hidden is not None:
            older = release(detail.project or "", detail.hidden.version)
            found.append(line(older, " matches, too, but ", hiding(detail.hidden), indent=2))
    found.extend(line(_flaw(one), indent=2) for one in detail.unreadable[: None if room is None else 3])
    if not detail.minimal:
        found.append(line("fewer lines may be enough: not each of them was left out and the rest solved", indent=2))
    elif len(detail.lines) == 2:
        found.append(line("each was solved without the other", indent=2))
    elif len(detail.lines) > 2:
        found.append(line("without any one of them the others were solved", indent=2))
    left = None if room is None else room - height(tuple(found)) - 1
    if detail.proof and (left is None or (detail.because is ConflictReason.TOGETHER and len(detail.proof) <= left)):
        found.append(line("The proof:", indent=2))
        found.extend(line(f"{step.number}. ", _step(step), indent=4) for step in detail.proof)
    return tuple(found)


def _flaw(one: UnreadableRelease) -> Spans:
    """What a release says of itself that cannot be read, where, and since when it is refused."""
    since = spans("; refused from release ", version(one.since), " on") if one.since else ()
    return spans(specifier(one.text), " in ", file(one.file), " cannot be read (PEP 508)", since)


def chain_of(chain: Chain) -> Spans:
    """``app>=2 (requirements.txt:3) → tool<2``, the user's own words first."""
    steps: list[Spans] = []
    for link in chain.links:
        origin = link.asked.requirement.origin if link.asked.by is None else None
        place = spans(" (", file(str(origin)), ")") if origin and origin.file else ()
        steps.append(spans(specifier(link.asked.requirement.text), place))
    return spans(*joined(steps, " → "))


def allowed(chain: Chain) -> Spans:
    """The releases that the last requirement of a chain allows."""
    extent = chain.admits
    if not extent.count:
        return spans("no release")
    if extent.every:
        return spans("every release of ", package(chain.project))
    return spans(package(chain.project), " ", _extent(extent))


def _extent(extent: Extent) -> Spans:
    """Releases that exist: ``2.1 … 1.0 (7 releases)``."""
    between = " and " if extent.count == 2 else " … "
    runs = [version(new) if new == old else spans(version(new), between, version(old)) for new, old in extent.runs]
    named = listed(runs)
    many = f" ({count(extent.count, 'release', digits=True)})" if extent.count > 2 else ""
    return spans(named, many)


def _alike(link: Link) -> Spans:
    """What other versions of who asks say, where several were looked at."""
    asked = link.asked
    first, last = link.versions[0], link.versions[-1]
    words = listed(map(specifier, (asked.requirement.text, *link.others)), last="or", shown=NAMES_SHOWN)
    number = len(link.versions)
    who = "both releases" if number == 2 else f"each of the {count(number, 'release', digits=True)}"
    return spans(
        f"{who} of ", package(asked.by or ""), " looked at, ", version(first), " and " if number == 2 else " … ",
        version(last),
        f", {'ask' if number == 2 else 'asks'} for ", words,
    )  # fmt: skip


def _step(step: Step) -> Spans:
    given = [spans(f"({number})") for number in step.steps]
    facts = [_fact(one) for one in step.facts]
    because = listed([*facts, *given])
    says = _claims(step.claims)
    return spans("because ", because, ", ", says) if because else says


def _fact(fact: Fact) -> Spans:
    last = "and" if fact.releases.count <= 1 else "or"
    words = listed(map(specifier, fact.requirements), last=last, shown=NAMES_SHOWN)
    match fact.kind:
        case FactKind.ASKS:
            if fact.by is None:
                return spans("you ask for ", words)
            return spans(_releases(fact.by, fact.releases), f" {_verb(fact.releases, 'asks', 'ask')} for ", words)
        case FactKind.ABSENT if fact.releases.count:
            return spans("no release of ", package(fact.project), " among ", _extent(fact.releases), " is allowed")
        case FactKind.ABSENT:
            return spans("no other release of ", package(fact.project), " exists")
        case FactKind.UNUSABLE if fact.because is Because.NOT_FOUND:
            return spans("there is no project ", package(fact.project))
        case FactKind.UNUSABLE:
            return spans(_releases(fact.project, fact.releases), " cannot be used (", _unfit(fact.because), ")")


def _unfit(because: Because | None) -> str:
    match because:
        case Because.REQUIRES_PYTHON:
            return "Requires-Python excludes this Python"
        case Because.METADATA:
            return "metadata that cannot be read"
        case Because.FILES:
            return "no file fits"
        case Because.EMPTY:
            return "it asks for what no version can meet"
        case Because.UNREAD:
            return "it asks for what is on a page that could not be read"
        case (
            Because.CONFLICT
            | Because.NO_VERSION
            | Because.NOT_FOUND
            | Because.SELF
            | Because.BACKJUMP
            | Because.DISPLACED
            | Because.ROLLBACK
            | Because.PRIORITY
            | Because.UNNEEDED
            | None
        ):
            return "refused"


def _verb(extent: Extent, one: str, many: str) -> str:
    return one if extent.count == 1 or extent.every else many


def _releases(name: str, extent: Extent) -> Spans:
    if extent.every and extent.count > 1:
        return spans("every release of ", package(name))
    return spans(package(name), " ", _extent(extent)) if extent.count else spans(package(name))


def _claims(claims: tuple[Claim, ...]) -> Spans:
    """What cannot all hold, said as what follows for the user, or for the first project named."""
    own = any(one.project is None for one in claims)
    has = [one for one in claims if one.project is not None and one.positive]
    lacks = listed((_any(one, "some") for one in claims if one.project is not None and not one.positive), last="or")
    if not has:
        need = "your requirements need " if own else "there must be "
        return spans(need, lacks) if lacks else spans("your requirements cannot be met together")
    if own:
        without = spans(" without ", lacks) if lacks else ()
        return spans("your requirements exclude ", listed(map(_any, has), last="together with"), without)
    first = has[0]
    others = listed(map(_any, has[1:]), last="and")
    if lacks:
        beside = spans(" together with ", others) if others else ()
        return spans(_any(first), beside, f" {_verb(first.releases, 'needs', 'need')} ", lacks)
    if not others:
        return spans(_any(first), " cannot be used")
    if first.releases.every and first.releases.count > 1:
        return spans(_any(first, "no"), " is compatible with ", others)
    every = listed((_any(one, "every") for one in has[1:]), last="and")
    return spans(_any(first), f" {_verb(first.releases, 'is', 'are')} incompatible with ", every)


def _any(claim: Claim, quantity: str = "") -> Spans:
    """``any release of b``, ``no release of b``, or those that are meant."""
    name = package(claim.project or "")
    if not claim.releases.count:
        return spans("a release of ", name, " that does not exist")
    if claim.releases.every and claim.releases.count > 1:
        return spans(quantity or "any", " release of ", name)
    return spans(name, " ", _extent(claim.releases))
