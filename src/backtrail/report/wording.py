"""Every English sentence of findings, remedies and conclusions; skins only place them on a page."""

import shlex
from collections.abc import Iterable, Mapping

import msgspec

from backtrail.model.case import Report
from backtrail.model.difference import Cause as ChangeCause
from backtrail.model.difference import Change as PinChange
from backtrail.model.difference import Difference, Kind
from backtrail.model.difference import Event as IndexEvent
from backtrail.model.files import File, FileKind, Unreadable
from backtrail.model.finding import (
    Answer,
    BuildAborts,
    BuildRefuses,
    Cause,
    Chain,
    Claim,
    Collision,
    Conflict,
    Diverge,
    Extent,
    Fact,
    Finding,
    Guard,
    HeldBack,
    Hidden,
    Hold,
    IndexShadowed,
    Instead,
    Link,
    LocalVariants,
    MetadataDiffers,
    NearestMiss,
    NotFound,
    NothingUsable,
    OrderSensitive,
    PrereleaseTaken,
    ProjectView,
    PythonGuard,
    ReasonCount,
    Refusals,
    Remedy,
    RemedyResult,
    SdistChosen,
    SolutionMissed,
    Step,
    Switched,
    Thrash,
    Upstream,
    Variant,
    VersionRow,
    VersionTable,
    YankedTaken,
)
from backtrail.model.lenient import lenient_requirement
from backtrail.model.metadata import Failure, Unavailable
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Asked, Pin, Run
from backtrail.model.target import Target
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
    Outcome,
    Package,
    Read,
    Rejected,
    Reprioritised,
    Required,
    Rewound,
    Term,
)
from backtrail.model.verdict import Exclusion, Reason
from backtrail.report.layout import (
    Ending,
    Story,
    blamed,
    direction,
    endings,
    leaves,
    refusing_clauses,
)
from backtrail.report.lines import Block, Line, Part, Role, Row, Span, Spans, Table, height, line, plain, row, spans

BLOCK_HEIGHT = 12
"""The most lines a story takes in the short report."""

_NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_PINS_SHOWN = 4
_NAMES_SHOWN = 3
_TRIES_SHOWN = 5
_COMPARED = 16  # pins that differ, on one screen
_HOLDS_SHOWN = 3
_ROWS_SHOWN = 5
_OTHERS_SHOWN = 2
_QUOTED = 120  # characters of somebody else's message


# Words


def package(name: str) -> Span:
    """A project's name."""
    return Span(name, Role.PACKAGE)


def version(text: str) -> Span:
    """A version."""
    return Span(text, Role.VERSION)


def specifier(text: str) -> Span:
    """A requirement, a specifier or a marker, as its author wrote it."""
    return Span(text, Role.SPECIFIER)


def file(name: str) -> Span:
    """A file's name or an address."""
    return Span(name, Role.FILE)


def command(text: str) -> Span:
    """Something to type."""
    return Span(text, Role.COMMAND)


def quote(text: str) -> Span:
    """Somebody else's words, cut to a readable length."""
    return Span(text if len(text) <= _QUOTED else text[: _QUOTED - 1] + "…", Role.QUOTE)


def release(name: str, number: str) -> Spans:
    """``numba 0.53.1``."""
    return spans(package(name), " ", version(number))


def resolver(key: str) -> str:
    """``uv 0.13.9`` for the run ``uv@0.13.9``."""
    return key.replace("@", " ")


def count(number: int, noun: str, nouns: str | None = None) -> str:
    """``one wheel``, ``28 wheels``."""
    return f"{_number(number)} {noun if number == 1 else nouns or noun + 's'}"


def _number(number: int) -> str:
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


def listed(parts: Iterable[Part], last: str = "and", shown: int | None = None) -> Spans:
    """``a, b and c``; of more than ``shown`` the rest is counted."""
    words = [spans(part) for part in parts]
    if shown is not None and len(words) > shown + 1:
        words = [*words[:shown], spans(f"{len(words) - shown} more")]
    found: list[Part] = []
    for place, word in enumerate(words):
        if place:
            found.append(f" {last} " if place == len(words) - 1 else ", ")
        found.append(word)
    return spans(*found)


def python(target: Target) -> str:
    """``Python 3.10``, and where that Python came from unless an option named it."""
    number = target.python.removesuffix(".0") if target.python.count(".") == 2 else target.python
    origin = "" if target.origin.startswith("-") else f" ({target.origin})"
    return f"Python {number}{origin}"


def _this_python(report: Report) -> str:
    return python(report.question.target).partition(" (")[0]


def _year(uploaded: str | None) -> str:
    return "" if not uploaded else uploaded[:4]


def _range(versions: tuple[str, ...]) -> Spans:
    """Releases that exist: one, two, or the first and last of a run."""
    if len(versions) > 2:
        return spans(version(versions[0]), " … ", version(versions[-1]))
    return listed(map(version, versions), last="and")


# Why files and versions are refused


def exclusion(reason: str, value: str = "") -> Spans:
    """A reason for which a file is refused, said of the file; an unknown one as it stands."""
    try:
        known = Reason(reason)
    except ValueError:
        return spans(quote(reason))
    words = _reason(known)
    return spans(words, " (", quote(value), ")") if value else spans(words)


def _reason(reason: Reason) -> str:
    match reason:
        case Reason.EXCLUDE_NEWER:
            return "uploaded after the cut-off"
        case Reason.NO_UPLOAD_TIME:
            return "no upload time, so the cut-off hides it"
        case Reason.NO_BINARY:
            return "a wheel, and wheels are forbidden"
        case Reason.ONLY_BINARY:
            return "an sdist, and sdists are forbidden"
        case Reason.YANKED:
            return "yanked"
        case Reason.TAG_INVALID:
            return "a wheel with unreadable tags"
        case Reason.TAG_PYTHON:
            return "for another Python implementation"
        case Reason.TAG_ABI:
            return "for another ABI"
        case Reason.TAG_ABI_FREE_THREADED:
            return "not for a free-threaded Python"
        case Reason.TAG_PYTHON_VERSION:
            return "for another Python version"
        case Reason.TAG_PLATFORM:
            return "for another platform"
        case Reason.SDIST_NAME:
            return "not a .tar.gz or .zip"
        case Reason.REQUIRES_PYTHON:
            return "Requires-Python excludes this Python"
        case Reason.INVALID_REQUIRES_PYTHON:
            return "unreadable Requires-Python"
        case Reason.HASH:
            return "none of the hashes asked for"
        case Reason.PRERELEASE:
            return "a pre-release"
        case Reason.INVALID_NAME:
            return "a file name that cannot be read"


def _axis(axis: str) -> str:
    return {"python": "Python version", "abi": "ABI", "platform": "platform", "libc": "libc"}.get(axis, axis)


def _nearest(miss: NearestMiss) -> Spans:
    axes = listed((_axis(axis) for axis in miss.axes), last="and")
    return spans("the nearest is ", file(miss.file), ", for another ", axes) if miss.axes else spans(file(miss.file))


def _pythons(pythons: tuple[str, ...]) -> Spans:
    return spans("Python ", listed((version(one) for one in pythons), last="and"))


def refusal(subject: str, group: Refusals) -> Spans:
    """Why a run of versions was refused, said of them: ``need numpy <2.1 or older``."""
    many = len(group.versions) > 1
    match group.because:
        case (
            Because.CONFLICT
            | Because.BACKJUMP
            | Because.DISPLACED
            | Because.ROLLBACK
            | Because.PRIORITY
            | Because.UNNEEDED
        ):
            return _contradiction(subject, group)
        case Because.FILES:
            reasons = listed((exclusion(one.reason, one.value) for one in group.exclusions), last="or", shown=2)
            return spans("no file can be used: ", reasons) if reasons else spans("no file can be used")
        case Because.REQUIRES_PYTHON:
            return spans(("exclude" if many else "excludes"), " this Python", _values(group.exclusions))
        case Because.METADATA:
            return spans("metadata cannot be used")
        case Because.EMPTY:
            return spans(("need" if many else "needs"), " what no version can meet", _wanted(group))
        case Because.NO_VERSION:
            return spans(("need" if many else "needs"), " a version that does not exist", _wanted(group))
        case Because.NOT_FOUND:
            return spans(("need" if many else "needs"), " a project that no index has", _wanted(group))
        case Because.SELF:
            return spans(("depend" if many else "depends"), " on another version of itself", _wanted(group))


def _values(exclusions: tuple[Exclusion, ...]) -> Spans:
    values = tuple(dict.fromkeys(one.value for one in exclusions if one.value))
    return spans(" (Requires-Python ", listed(map(specifier, values), last="or", shown=2), ")") if values else ()


def _wish(requirement: Requirement) -> Spans:
    """``numpy <2.1``, however its author set the spaces."""
    wish = "" if requirement.url else requirement.specifier
    return spans(package(requirement.name), " ", specifier(wish)) if wish else spans(package(requirement.name))


def _wanted(group: Refusals) -> Spans:
    return spans(": ", specifier(group.requirement)) if group.requirement else ()


def _contradiction(subject: str, group: Refusals) -> Spans:
    many = len(group.versions) > 1
    need = "need" if many else "needs"
    other = spans(" beside ", release(group.on, group.version)) if group.on and group.version else ()
    requirement = None if group.requirement is None else lenient_requirement(group.requirement)
    if group.requirement is None:
        beside = other or spans(" beside what was decided before")
        return spans("do not fit" if many else "does not fit", beside)
    if requirement is None:
        return spans(need, " ", specifier(group.requirement), other)
    if group.on is None or group.version is None:
        return spans(need, " ", _wish(requirement))
    if requirement.name == subject != group.on:
        return spans("excluded by ", release(group.on, group.version), ", which needs ", specifier(group.requirement))
    clauses = refusing_clauses(requirement, group.version)
    if requirement.name != group.on or not clauses:
        return spans(need, " ", specifier(group.requirement), other)
    ways = {direction(clause, group.version) for clause in clauses}
    tail = f" or {ways.pop()}" if many and len(ways) == 1 and ways <= {"older", "newer"} else ""
    return spans(need, " ", package(group.on), " ", specifier(",".join(clauses)), tail)


# Who asks


def asker(asked: Asked) -> Spans:
    """``librosa 0.10.2 as numba>=0.51``, ``you in requirements.txt:4 as numba``."""
    words = spans(" as ", specifier(asked.requirement.text))
    if asked.by is not None:
        return spans(release(asked.by, asked.version) if asked.version else package(asked.by), words)
    origin = asked.requirement.origin
    place = spans(" (", file(str(origin)), ")") if origin and origin.file else ()
    return spans("you", words, place)


def _asked_line(asked: tuple[Asked, ...], shown: int | None = 2) -> Spans:
    return spans("asked for by ", listed(map(asker, asked), last="and by", shown=shown))


def _bounds(asked: tuple[Asked, ...]) -> str:
    """What the requirements on a held-back project say about its lowest version."""
    lower = [any(f">{sign}" in one.requirement.specifier for sign in ("", "=")) for one in asked]
    if not asked:
        return ""
    if len(asked) == 1:
        return ": a lower bound too old to help" if lower[0] else ": no lower bound"
    return ": no lower bound that helps"


# BT101


def _held_back_headline(subject: str, detail: HeldBack) -> Spans:
    year = _year(detail.uploaded)
    kind = "an sdist" if detail.kind == FileKind.SDIST.value else ""
    about = f" ({f'{kind} of {year}' if kind and year else kind or year})" if kind or year else ""
    chosen = spans(release(subject, detail.chosen), about, " chosen")
    newer = sum(len(group.versions) for group in detail.refused)
    if not newer:
        return spans(chosen, ", not ", version(detail.newest))
    each = "the newer version" if newer == 1 else f"each of the {newer} newer versions"
    if detail.blocker is None or detail.blocker_version is None:
        return spans(chosen, f": {each} was refused")
    if not all(group.because is Because.CONFLICT and group.on == detail.blocker for group in detail.refused):
        stopped = sum(len(group.versions) for group in detail.refused if group.on == detail.blocker)
        part = f"{stopped} of the {newer} newer versions do" if newer > 1 else "the newer version does"
        return spans(chosen, f": {part} not fit beside ", release(detail.blocker, detail.blocker_version))
    ways = {_way(group, detail.blocker, detail.blocker_version) for group in detail.refused}
    if len(ways) == 1 and ways <= {"older", "newer"}:
        needs = spans(" needs ", package(detail.blocker), f" {ways.pop()} than ", version(detail.blocker_version))
    elif ways == {"excluded"}:
        needs = spans(" is excluded by ", release(detail.blocker, detail.blocker_version))
    else:
        needs = spans(" does not fit beside ", release(detail.blocker, detail.blocker_version))
    return spans(chosen, f": {each}", needs)


def _way(group: Refusals, blocker: str, number: str) -> str:
    requirement = None if group.requirement is None else lenient_requirement(group.requirement)
    if requirement is None:
        return "other"
    if requirement.name != blocker:
        return "excluded"
    ways = {direction(clause, number) for clause in refusing_clauses(requirement, number)}
    return ways.pop() if len(ways) == 1 else "other"


def _held_back_body(subject: str, detail: HeldBack, room: int | None) -> Block:
    found: list[Line | Table] = []
    if detail.blocker is not None and detail.blocker_version is not None:
        cap = _cap(detail, detail.blocker, detail.blocker_version)
        blocker = release(detail.blocker, detail.blocker_version)
        number = detail.blocker_asked_by
        if detail.blocker_first:
            asks = count(number, "package asks", "packages ask")
            found.append(line(blocker, f" was decided first: {asks} for it", cap, indent=2))
        else:
            found.append(line(blocker, f" is asked for by {count(number, 'package')}", cap, indent=2))
    chosen = row(release(subject, detail.chosen), _why_chosen(detail), marked=True)
    groups = detail.refused
    spare = None if room is None else max(1, room - len(found) - 2)
    if spare is not None and len(groups) > spare:
        left = sum(len(group.versions) for group in groups[spare - 1 :])
        groups = groups[: spare - 1]
        more: tuple[Row, ...] = (row(f"{left} more", "refused for other reasons"),)
    else:
        more = ()
    refused = tuple(row(spans(package(subject), " ", _range(one.versions)), refusal(subject, one)) for one in groups)
    found.append(Table(head=("version", "why"), rows=(*refused, *more, chosen), indent=4))
    if detail.asked:
        found.append(line(_asked_line(detail.asked), _bounds(detail.asked), indent=2))
    if room is None:
        found.extend(line(_upstream(subject, detail, one), indent=2) for one in detail.upstream)
    return tuple(found)


def _upstream(subject: str, detail: HeldBack, missing: Upstream) -> Spans:
    """What to tell the maintainers of a package whose lower bound is too old."""
    asked = missing.asked
    return spans(
        "for the maintainers of ", package(asked.by or ""), ": ", release(asked.by or "", asked.version or ""),
        " asks for ", specifier(asked.requirement.text), ", which admits ", release(subject, detail.chosen), "; ",
        specifier(missing.bound), " would keep it out",
    )  # fmt: skip


def _cap(detail: HeldBack, blocker: str, number: str) -> Spans:
    """What keeps the blocker from moving: where it would have to be older, a cap above its version does not."""
    stopped = [group for group in detail.refused if group.on == blocker]
    capped = detail.blocker_capped_by
    if stopped and all(_way(group, blocker, number) == "older" for group in stopped):
        capped = tuple(one for one in capped if "==" in one.requirement.specifier)
        if not capped:
            return spans(
                ", none caps it below that" if detail.blocker_asked_by > 1 else ", and does not cap it below that"
            )
    if capped:
        return spans("; ", listed(map(asker, capped), shown=2))
    return spans(", none with an upper bound" if detail.blocker_asked_by > 1 else ", without an upper bound")


def _why_chosen(detail: HeldBack) -> Spans:
    blocker = detail.blocker
    only = blocker is not None and all(group.on == blocker for group in detail.refused)
    if only and blocker is not None and detail.blocker_version is not None:
        return spans("the newest that fits beside ", release(blocker, detail.blocker_version))
    return spans("the newest that was not refused")


# One sentence for each finding


def headline(finding: Finding, report: Report) -> Spans:
    """The finding in one sentence."""
    subject = finding.subject or ""
    match finding.detail:
        case HeldBack() as detail:
            return _held_back_headline(subject, detail)
        case SdistChosen() as detail:
            year = _year(detail.uploaded)
            return spans(
                release(subject, detail.version),
                f" is an sdist of {year}: " if year else " is an sdist: ",
                _no_wheel(detail, report),
            )
        case PythonGuard() as detail:
            return spans(release(subject, detail.version), ": ", _python_guard(detail, finding))
        case BuildRefuses() as detail:
            return spans(release(subject, detail.version), ": ", _build_refuses(detail, report))
        case LocalVariants() as detail:
            return _local_variants(subject, detail, report)
        case NothingUsable() as detail:
            wanted = release(subject, detail.version) if detail.version else spans(specifier(detail.requirement))
            by = () if set(finding.runs) >= _asked_of(report) else spans(" by ", _runs(finding))
            return spans("no file of ", wanted, " can be used", by, " with ", _target(report))
        case NotFound() as detail:
            return _not_found(subject, detail)
        case Hidden() as detail:
            return spans(release(subject, detail.version), " exists, but ", _hidden(detail))
        case OrderSensitive() as detail:
            return _order_sensitive(detail)
        case PrereleaseTaken() as detail:
            return spans(release(subject, detail.version), " is a pre-release: ", _prerelease_rule(detail))
        case YankedTaken() as detail:
            why = spans(": ", quote(detail.reason)) if detail.reason else ()
            pinned_by = spans("; taken because of ", _whose(detail.asked)) if detail.asked else ()
            return spans(release(subject, detail.version), " was yanked", why, pinned_by)
        case MetadataDiffers() as detail:
            return spans(release(subject, detail.version), ": ", _metadata_differs(detail))
        case IndexShadowed() as detail:
            newer = _range(detail.hidden)
            return spans(
                release(subject, detail.version), " comes from ", file(detail.index), ", which hides ",
                newer, " on ", file(detail.later),
            )  # fmt: skip
        case Conflict() as detail:
            return _conflict(detail, report)
        case Thrash() as detail:
            return _thrash(detail)
        case BuildAborts() as detail:
            return spans(
                _runs(finding),
                " would have to build ",
                file(detail.file),
                " to go on, and stops: ",
                quote(detail.error),
            )
        case Diverge() as detail:
            return _diverge_headline(subject, detail, report)
        case SolutionMissed() as detail:
            return _missed_headline(detail, finding, report)


# BT111 and BT116

_SWITCHED = {
    "displaces": ("letting later requirements displace decisions", "keeping what is decided"),
    "forgets_displaced": ("dropping what displaced versions asked for", "keeping what displaced versions asked for"),
    "reads_whole_requires_python": (
        "heeding upper bounds of Requires-Python",
        "ignoring upper bounds of Requires-Python",
    ),
    "checks_metadata_python": ("heeding Requires-Python of metadata", "heeding Requires-Python of the index alone"),
    "locals_match": ("taking local builds for their public version", "taking local builds only where named"),
    "prefers_stable": ("taking pre-releases where nothing stable is in range", "taking pre-releases only if opted in"),
    "counts_conflicts": ("deciding earlier what conflicts often", "not counting conflicts"),
    "promotes": ("deciding earlier what conflicts often", "not counting conflicts"),
    "overrides": ("with the overrides", "without the overrides"),
}
"""Rules that were switched on, and off."""

_CAUSES = {
    Cause.DISPLACED_PIN: "displacing",
    Cause.REQUIRES_PYTHON: "Requires-Python",
    Cause.PRERELEASE: "the rule for pre-releases",
    Cause.LOCAL_VERSION: "the rule for local versions",
    Cause.YANKED: "the rule for yanked files",
    Cause.INDEX_STRATEGY: "the index strategy",
    Cause.CUT_OFF: "the cut-off",
    Cause.FILENAME: "the rule for file names",
    Cause.TAGS: "the rule for wheel tags",
    Cause.INVALID_METADATA: "the reading of metadata",
    Cause.MARKERS: "the reading of markers",
    Cause.EXTRAS: "the way extras are followed",
    Cause.OVERRIDES: "the overrides",
    Cause.SETTINGS: "a setting",
    Cause.BACKJUMPING: "the way out of dead ends",
    Cause.PRIORITY: "the priority of what conflicts often",
    Cause.DECISION_ORDER: "the order of decisions",
}


def _tool(key: str, detail: Diverge) -> str:
    """``pip``; with the release where two of one tool are compared."""
    tools = {one.partition("@")[0] for one in (detail.parting.taken_by, detail.parting.refused_by)}
    return resolver(key) if len(tools) == 1 else key.partition("@")[0]


def _takes(key: str, subject: str, detail: Diverge, report: Report) -> Spans:
    number = detail.pins.get(subject, {}).get(key)
    if number is not None:
        return spans(resolver(key), " takes ", version(number))
    solved = any(run.key == key and run.outcome is Outcome.SOLVED for run in report.runs)
    return spans(resolver(key), " does without it" if solved else " finds no solution")


def _diverge_headline(subject: str, detail: Diverge, report: Report) -> Spans:
    keys = (detail.parting.refused_by, detail.parting.taken_by)
    keys = keys if report.runs and report.runs[0].key == keys[0] else keys[::-1]
    takes = listed((_takes(key, subject, detail, report) for key in keys), last="and")
    return spans(package(subject), ": ", takes, ": ", _rule(subject, detail, None))


def _rule(subject: str, detail: Diverge, here: str | None) -> Spans:
    """The rule by which two runs part; the run called ``here`` is spoken of as it."""
    parting = detail.parting
    taker, refuser = ("it" if key == here else _tool(key, detail) for key in (parting.taken_by, parting.refused_by))
    taken = release(subject, parting.version)
    doubt = () if detail.proved else spans(" (not proved: no single rule switched makes them agree)")
    on = release(parting.on, parting.on_version) if parting.on and parting.on_version else None
    match detail.cause:
        case Cause.DISPLACED_PIN if parting.displaced and on is not None:
            return spans(f"{taker} let ", taken, " displace ", on, f", which {refuser} kept", doubt)
        case Cause.DISPLACED_PIN:
            return spans("a decision gives way to a later requirement in one and stands in the other", doubt)
        case Cause.REQUIRES_PYTHON:
            return spans(f"{refuser} refuses ", taken, _values(parting.exclusions), f", {taker} does not", doubt)
        case Cause.PRERELEASE:
            return spans(f"{taker} takes the pre-release ", taken, f", {refuser} does not count it", doubt)
        case Cause.LOCAL_VERSION:
            return spans(
                f"{taker} takes the local build ", taken, f" for the public version, {refuser} does not", doubt
            )
        case Cause.YANKED:
            return spans(f"{taker} takes ", taken, f", which was yanked, {refuser} does not", doubt)
        case Cause.INDEX_STRATEGY:
            return spans(
                f"{taker} took ",
                taken,
                f" from an index that {refuser} did not ask: it asks the first that has a project",
                doubt,
            )
        case Cause.INVALID_METADATA | Cause.FILENAME | Cause.TAGS | Cause.CUT_OFF:
            return spans(f"{refuser} refuses ", taken, f" by {_CAUSES[detail.cause]}, {taker} does not", doubt)
        case Cause.OVERRIDES:
            return spans("only uv knows overrides", doubt)
        case Cause.SETTINGS:
            names = listed((specifier(one.rule) for one in detail.switched if one.agrees), last="and")
            return spans("only one of them heeds ", names or "a setting", doubt)
        case Cause.DECISION_ORDER if on is not None:
            return spans(
                f"{refuser} had decided ", on, " before it came to ", package(subject), f", {taker} had not", doubt
            )
        case _:
            return spans(f"they differ in {_CAUSES[detail.cause]}", doubt)


def _parting(subject: str, detail: Diverge) -> Spans:
    """Where two runs part, and what each did there."""
    parting = detail.parting
    taker, refuser = (_tool(key, detail) for key in (parting.taken_by, parting.refused_by))
    taken = release(subject, parting.version)
    group = None
    if parting.because is not None:
        group = Refusals(
            versions=(parting.version,),
            because=parting.because,
            on=parting.on,
            version=parting.on_version,
            requirement=parting.requirement,
            exclusions=parting.exclusions,
        )
    head = spans("they part at ", package(subject), f": {refuser} ")
    if group is None and parting.exclusions:
        said = spans(
            "refused ", taken, " (", listed(exclusion(one.reason, one.value) for one in parting.exclusions), ")"
        )
    elif group is None:
        said = spans("never looked at ", taken)
    else:
        beside = spans(" beside ", release(parting.on, parting.on_version)) if parting.on and parting.on_version else ()
        it = "" if group.because in (Because.FILES, Because.METADATA) else "it "
        said = spans("refused ", taken, beside, f" ({it}", refusal(subject, group), ")")
    again = spans(" and decided ", package(parting.on), " again") if parting.displaced and parting.on else ()
    return spans(head, said, f"; {taker} took it", again)


def _switch(one: Switched, detail: Diverge) -> str:
    """What was done otherwise, in a few words."""
    known = _SWITCHED.get(one.rule)
    if known is not None:
        return known[one.value == "off"]
    if one.rule == "first":
        return f"with {one.value} named first"
    if one.rule == "prerelease" and one.value != "off":
        return "with all pre-releases" if one.value == "allow" else "without pre-releases"
    if one.rule == one.cause.value:
        return f"refusing what {_tool(detail.parting.refused_by, detail)} refuses"
    return f"with {one.rule.replace('_', '-')} {one.value}"


def compared(finding: Finding, report: Report) -> Block:
    """Two runs side by side: where they part, the pins that differ, and the proof of the rule behind it."""
    detail, subject = finding.detail, finding.subject or ""
    assert isinstance(detail, Diverge)
    head = line(_parting(subject, detail), code=finding.code, strong=True)
    return (head, *_pins_apart(subject, detail, report, _COMPARED), *_proof(subject, detail))


def _diverge_body(subject: str, detail: Diverge, report: Report, room: int | None) -> Block:
    proof = _proof(subject, detail)
    spare = None if room is None else max(3, room - height(proof) - 2)
    apart = _pins_apart(subject, detail, report, spare)
    return (line(_parting(subject, detail), indent=2), *apart, *proof)


def _foremost(subject: str, detail: Diverge) -> list[str]:
    """The subject and what stood in its way, as far as they differ."""
    names = dict.fromkeys((subject, detail.parting.on))
    return [name for name in names if name is not None and name in detail.pins]


def _pins_apart(subject: str, detail: Diverge, report: Report, room: int | None) -> Block:
    keys = [run.key for run in report.runs if run.key in (detail.parting.taken_by, detail.parting.refused_by)]
    names = list(dict.fromkeys((*_foremost(subject, detail), *detail.pins)))
    shown = names if room is None or len(names) < room else names[: room - 2]
    rows = [row(package(name), *(version(detail.pins[name].get(key) or "none") for key in keys)) for name in shown]
    if len(shown) < len(names):
        rows.append(row(f"{len(names) - len(shown)} more"))
    return (Table(head=("project", *map(resolver, keys)), rows=tuple(rows), indent=4, headed=True),)


def _proof(subject: str, detail: Diverge) -> Block:
    """What solving again with a rule switched gave, and what else parts the two."""
    if not detail.switched:
        return ()
    if not detail.proved and len(detail.switched) > _TRIES_SHOWN:
        tries = len(detail.switched)
        return (line(f"solved again with one rule switched, {tries} times: the two never agree", indent=2),)
    found: list[Line | Table] = [line("Solved again with a rule switched:", indent=2)]
    rows = tuple(_switched(one, subject, detail) for one in detail.switched)
    found.append(Table(head=("with", "gives", ""), rows=rows, indent=4))
    found.extend(line(_second(subject, detail, cause), indent=2) for cause in detail.others)
    return tuple(found)


def _switched(one: Switched, subject: str, detail: Diverge) -> Row:
    below = [_switch(two, detail) for two in detail.switched if two.run == one.run and two.rule in one.also]
    words = " and ".join(dict.fromkeys((*below, _switch(one, detail))))
    pins = [release(name, number) for name in _foremost(subject, detail) if (number := one.pins.get(name)) is not None]
    gives = listed(pins) if one.outcome is Outcome.SOLVED else spans(f"no answer ({one.outcome.value})")
    other = next(key for key in (detail.parting.taken_by, detail.parting.refused_by) if key != one.run)
    same = one.pins.get(subject) == detail.pins.get(subject, {}).get(one.run)
    effect = f"as {resolver(other)}" if one.agrees else "no change" if same else ""
    return row(f"{resolver(one.run)}, {words}", gives, effect)


def _second(subject: str, detail: Diverge, cause: Cause) -> Spans:
    """A cause that counts only once the first one is gone."""
    alone = next((one for one in detail.switched if one.cause is cause and not one.also), None)
    same = alone is not None and alone.pins.get(subject) == detail.pins.get(subject, {}).get(alone.run)
    tail = "; switched alone, it changes nothing" if same else ""
    return spans(f"second cause: {_CAUSES[cause]}, which decides only once {_CAUSES[detail.cause]} does not", tail)


def _missed_headline(detail: SolutionMissed, finding: Finding, report: Report) -> Spans:
    own = {one.requirement.name for run in report.runs for one in run.trail if isinstance(one, Required) and not one.by}
    names = sorted(detail.pins, key=lambda name: (name not in own, name))
    pins = listed((release(name, detail.pins[name]) for name in names), shown=_NAMES_SHOWN)
    by = f" (found by {resolver(detail.found_by)})" if detail.found_by else ""
    if detail.without:
        by = f" (without {', '.join(detail.without).replace('!=', ' ')})"
    return spans(_runs(finding), " ends without an answer, though its own rules admit one: ", pins, by)


def _missed_body(detail: SolutionMissed, room: int | None) -> Block:
    rows = [row(package(name), version(number)) for name, number in sorted(detail.pins.items())]
    shown = rows if room is None or len(rows) <= room else rows[: max(0, room - 1)]
    if len(shown) < len(rows):
        shown = [*shown, row(f"{len(rows) - len(shown)} more")]
    return (Table(head=("project", "version"), rows=tuple(shown), indent=4),)


def _asked_of(report: Report) -> set[str]:
    return {*report.answers, *(run.key for run in report.runs)}


def _runs(finding: Finding) -> Spans:
    return listed((resolver(run) for run in finding.runs), last="and")


def _target(report: Report) -> str:
    return f"{_this_python(report)} on {report.question.target.platform.partition(' (')[0]}"


def _no_wheel(detail: SdistChosen, report: Report) -> Spans:
    if not detail.wheels:
        return spans("the release has no wheel")
    wheels = "its only wheel does not fit " if detail.wheels == 1 else f"none of its {detail.wheels} wheels fits "
    return spans(wheels, _target(report))


def _python_guard(detail: PythonGuard, finding: Finding) -> Spans:
    says = spans("Requires-Python ", specifier(detail.requires_python), " excludes this Python; ")
    names = listed((resolver(run).partition(" ")[0] for run in dict.fromkeys(finding.runs)), last="and")
    tools = listed(dict.fromkeys(resolver(run).partition(" ")[0] for run in finding.runs), last="and") or names
    many = len(dict.fromkeys(resolver(run).partition(" ")[0] for run in finding.runs)) > 1
    others = [spans("; ", resolver(key), " ", _treatment(treatment)) for key, treatment in detail.others.items()]
    return spans(says, tools, " ", _treatment(detail.treatment, many=many), *others)


def _treatment(treatment: str, *, many: bool = False) -> str:
    if treatment == "upper-bound-ignored":
        return "ignore upper bounds" if many else "ignores upper bounds"
    if treatment == "refused":
        return "refuse it" if many else "refuses it"
    return treatment


def _build_refuses(detail: BuildRefuses, report: Report) -> Spans:
    this = _this_python(report)
    stops = next((guard for guard in detail.guards if guard.passes is False), None)
    if stops is not None:
        return spans("setup.py stops on ", this, _place(stops))
    unclear = next((guard for guard in detail.guards if guard.passes is None), None)
    if unclear is not None:
        return spans("setup.py checks the Python version", _place(unclear), f"; whether {this} passes cannot be told")
    if detail.unreadable:
        return spans("setup.py cannot be read, so what it does on ", this, " is unknown: ", quote(detail.unreadable))
    return spans("setup.py checks the Python version; ", this, " passes")


def _place(guard: Guard) -> Spans:
    if guard.message:
        return spans(f" (line {guard.line}: ", quote(guard.message), ")")
    if guard.bounds:
        return spans(f" (line {guard.line}: it wants ", specifier(guard.bounds), ")")
    return spans(f" (line {guard.line})")


def _local_variants(subject: str, detail: LocalVariants, report: Report) -> Spans:
    usable = sum(variant.usable for variant in detail.variants)
    fits = f"{_number(usable)} of {_number(len(detail.variants))} {'fits' if usable == 1 else 'fit'} {_target(report)}"
    picked = spans("; write ", specifier(f"{subject}=={detail.pick}")) if detail.pick else ()
    return spans(release(subject, detail.version), f" has only local builds here; {fits}", picked)


def _not_found(subject: str, detail: NotFound) -> Spans:
    indexes = listed(map(file, detail.indexes), last="or")
    where = spans(" on ", indexes) if indexes else spans(" on any index")
    if detail.project:
        newest = spans("; the newest is ", version(detail.newest)) if detail.newest else ()
        return spans("no such version exists: ", specifier(detail.requirement), where, newest)
    if detail.standard_library:
        return spans(package(subject), " is part of the standard library of Python; there is no such project", where)
    return spans("there is no project ", package(subject), where)


def _hidden(detail: Hidden) -> Spans:
    by = spans(", set by ", specifier(detail.origin)) if detail.origin else spans(" (the default)")
    value = spans(" ", quote(detail.value)) if detail.value else ()
    uploaded = f" (uploaded {detail.uploaded[:10]})" if detail.uploaded else ""
    match detail.rule:
        case "prerelease":
            return spans("is a pre-release, and those are not taken", by)
        case "yanked":
            why = spans(" (", quote(detail.value), ")") if detail.value else ()
            return spans("was yanked", why, ", and only an exact pin takes a yanked version")
        case "exclude-newer":
            return spans("is newer than the cut-off", value, uploaded, by)
        case "no-upload-time":
            return spans("its index gives no upload time, so the cut-off", value, " hides it", by)
        case "only-binary":
            return spans("has only sdists, and those are forbidden", by)
        case "no-binary":
            return spans("has only wheels, and those are forbidden", by)
        case "first-index" | "index-strategy":
            return spans("is on a later index", value, "; the first index with the project is the only one asked", by)
        case _:
            return spans("is hidden by ", quote(detail.rule), value, by)


# BT112 to BT115


def _order_sensitive(detail: OrderSensitive) -> Spans:
    if detail.moved is None:
        return spans("the order of the requirements decides: ", _tried_order(detail.tried), ", ", _order_gives(detail))
    first, second = detail.moved
    return spans(
        "the order of the requirements decides: with ", specifier(first), " before ", specifier(second), ", ",
        _order_gives(detail),
    )  # fmt: skip


def _tried_order(tried: str) -> str:
    match tried:
        case "reversed":
            return "with the last line first"
        case "rotated":
            return "with the second half first"
        case _:
            return "with what is held back first"


def _order_gives(detail: OrderSensitive) -> Spans:
    if detail.outcome is not Outcome.SOLVED:
        return spans("there is no answer")
    moved = sorted(detail.pins_changed.items())
    pins = [release(name, after) if after else spans(package(name), " gone") for name, (_, after) in moved]
    return listed(pins, last="and", shown=_PINS_SHOWN)


def _order_body(detail: OrderSensitive, room: int | None) -> Block:
    moved = sorted(detail.pins_changed.items())
    shown = moved if room is None or len(moved) <= room else moved[: max(1, room - 1)]
    rows = [
        row(package(name), version(before) if before else "none", version(after) if after else "none")
        for name, (before, after) in shown
    ]
    if len(shown) < len(moved):
        rows.append(row(f"{len(moved) - len(shown)} more", "", ""))
    head = ("project", "as asked", "in that order")
    return (Table(head=head, rows=tuple(rows), indent=4, headed=True),) if rows else ()


def _whose(asked: Asked) -> Spans:
    """``your tool==1.0 (requirements.txt:3)``, ``app 1.0, which needs tool==1.0``."""
    text = specifier(asked.requirement.text)
    if asked.by is not None:
        return spans(release(asked.by, asked.version) if asked.version else package(asked.by), ", which needs ", text)
    origin = asked.requirement.origin
    place = spans(" (", file(str(origin)), ")") if origin and origin.file else ()
    return spans("your ", text, place)


def _prerelease_rule(detail: PrereleaseTaken) -> Spans:
    match detail.rule:
        case "setting":
            by = spans(" (", specifier(detail.origin), ")") if detail.origin else ()
            return spans("you allow them", by)
        case "requirement" if detail.asked is not None:
            return spans("let in by ", _whose(detail.asked))
        case "only-prereleases":
            return spans("the project has no other releases")
        case _ if detail.asked is not None:
            return spans("no stable release meets ", _whose(detail.asked))
        case _ if detail.exclusions and detail.stable is not None:
            why = listed((exclusion(one.reason) for one in detail.exclusions), last="and", shown=2)
            return spans("no stable release can be used (", version(detail.stable), ": ", why, ")")
        case _:
            return spans("no stable release was left to take")


def _prerelease_body(detail: PrereleaseTaken) -> Block:
    if detail.stable is None:
        return ()
    return (line("the newest stable release is ", version(detail.stable), indent=2),)


def _metadata_differs(detail: MetadataDiffers) -> Spans:
    if detail.other is not None:
        return spans("its files disagree on what it needs: ", file(detail.read), " was read, not ", file(detail.other))
    if detail.read != detail.file:
        return spans(
            "its requirements were read from ", file(detail.read), ", and ", file(detail.file), " is installed"
        )
    return spans("its requirements were read without running its build (", _read_by(detail.source), ")")


def _read_by(source: str) -> str:
    return {
        "egg-info": "the egg-info in the sdist",
        "setup-cfg": "its setup.cfg",
        "setup-py": "its setup.py",
        "legacy-pkg-info": "a PKG-INFO that is not binding",
    }.get(source, source)


def _differs_body(detail: MetadataDiffers) -> Block:
    found: list[Line | Table] = []
    for name, texts in ((detail.read, detail.only_read), (detail.other, detail.only_other)):
        if texts and name is not None:
            wanted = listed(map(specifier, texts), shown=_NAMES_SHOWN)
            found.append(line("only ", file(name), " needs ", wanted, indent=2))
    return tuple(found)


# What stands below a headline


def _body(finding: Finding, report: Report, room: int | None) -> Block:
    subject = finding.subject or ""
    match finding.detail:
        case HeldBack() as detail:
            return _held_back_body(subject, detail, room)
        case SdistChosen() as detail:
            return _sdist_body(detail, report)
        case PythonGuard() as detail:
            return () if report.answers else (line("the file is ", file(detail.file), indent=2),)
        case BuildRefuses() as detail:
            if not any(guard.passes is False for guard in detail.guards):
                return (line("the file is ", file(detail.file), "; it was read, never run", indent=2),)
            bounds = next((guard.bounds for guard in detail.guards if guard.passes is False and guard.bounds), None)
            wants = spans("; it wants Python ", specifier(bounds)) if bounds else ()
            return (line("the file is ", file(detail.file), wants, indent=2),)
        case LocalVariants() as detail:
            return _variants_body(detail, room)
        case NothingUsable() as detail:
            return _nothing_body(detail, room)
        case NotFound() as detail:
            return _not_found_body(detail)
        case Hidden() as detail:
            told = any(one.result is RemedyResult.VERIFIED for one in finding.remedies)
            return (line("to allow it: ", command(detail.allow), indent=2),) if detail.allow and not told else ()
        case Conflict() as detail:
            return _conflict_body(detail, room)
        case Thrash() as detail:
            return _thrash_body(detail, room)
        case BuildAborts() as detail:
            return (line(_asked_line(detail.asked), indent=2),) if detail.asked else ()
        case Diverge() as detail:
            return _diverge_body(subject, detail, report, room)
        case SolutionMissed() as detail:
            return _missed_body(detail, room)
        case OrderSensitive() as detail:
            return _order_body(detail, room)
        case PrereleaseTaken() as detail:
            return _prerelease_body(detail)
        case YankedTaken() as detail:
            newest = spans("; the newest release that is not is ", version(detail.newest)) if detail.newest else ()
            return (line("the file is ", file(detail.file), newest, indent=2),)
        case MetadataDiffers() as detail:
            return _differs_body(detail)
        case IndexShadowed() as detail:
            by = spans(", set by ", specifier(detail.origin)) if detail.origin else spans(" (uv's default)")
            return (line("only the first index that has a project is asked", by, indent=2),)


def _sdist_body(detail: SdistChosen, report: Report) -> Block:
    found = [] if report.answers else [line("the file is ", file(detail.file), indent=2)]
    if detail.axes:
        missing = listed((f"{number} by {_axis(axis)}" for axis, number in sorted(detail.axes.items())), last="and")
        found.append(line("its wheels miss ", _target(report), ": ", missing, indent=2))
    if detail.nearest:
        found.append(line(_nearest(detail.nearest), indent=2))
    if detail.pythons:
        found.append(line("there are wheels for ", _pythons(detail.pythons), indent=2))
    return tuple(found)


def variants(found: tuple[Variant, ...], room: int | None = None) -> Block:
    """The local builds of a version as a table, the usable ones marked."""
    shown = found if room is None or len(found) <= room else found[: room - 1]
    rows = [
        row(version(one.version), "can be used here" if one.usable else "not for this target", marked=one.usable)
        for one in shown
    ]
    if len(shown) < len(found):
        rows.append(row(f"{len(found) - len(shown)} more", ""))
    return (Table(head=("local build", ""), rows=tuple(rows), indent=4),) if rows else ()


def _variants_body(detail: LocalVariants, room: int | None) -> Block:
    found: list[Line | Table] = list(variants(detail.variants, None if room is None else max(2, room - 1)))
    says = [
        spans(listed(map(resolver, keys)), f" {verb if len(keys) == 1 else verbs} ", rest)
        for answer, verb, verbs, rest in (
            (True, "accepts", "accept", "the bare version"),
            (False, "says", "say", "that there is no such version"),
        )
        if (keys := [key for key, accepts in detail.accepts.items() if accepts is answer])
    ]
    if says:
        found.append(line(listed(says, last="but"), indent=2))
    return tuple(found)


def _nothing_body(detail: NothingUsable, room: int | None) -> Block:
    reasons: tuple[ReasonCount, ...] = detail.reasons if room is None else detail.reasons[: max(1, room - 3)]
    rows = tuple(row(count(one.files, "file"), exclusion(one.reason)) for one in reasons)
    found: list[Line | Table] = [Table(head=("files", "why not"), rows=rows, indent=4)] if rows else []
    if detail.nearest:
        found.append(line(_nearest(detail.nearest), indent=2))
    if detail.requires_python:
        values = listed(map(specifier, detail.requires_python), last="or", shown=_NAMES_SHOWN)
        found.append(line("Requires-Python is ", values, indent=2))
    if detail.pythons:
        found.append(line("there are files for ", _pythons(detail.pythons), indent=2))
    return tuple(found)


def _not_found_body(detail: NotFound) -> Block:
    found: list[Line | Table] = []
    if detail.close:
        found.append(line("did you mean ", listed(map(package, detail.close), last="or"), "?", indent=2))
    near = [version(one) for one in (detail.below, detail.above) if one and one != detail.newest]
    if detail.project and near:
        are = "release is" if len(near) == 1 else "releases are"
        found.append(line(f"the closest {are} ", listed(near), indent=2))
    return tuple(found)


# BT109


def _conflict(detail: Conflict, report: Report) -> Spans:
    texts = listed((specifier(one.requirement.text) for one in detail.lines), shown=_NAMES_SHOWN)
    cannot = spans(texts, " cannot be met", " together" if len(detail.lines) > 1 else "")
    because = _clash(detail, report)
    return spans(cannot, ": ", because) if because else cannot


def _clash(detail: Conflict, report: Report | None) -> Spans:
    """Why nothing is left: no such version, none that fits, or none that meets all."""
    if detail.project is None:
        return ()
    name = package(detail.project)
    wishes = [chain.links[-1].asked.requirement for chain in detail.chains if chain.project == detail.project]
    match detail.because:
        case "not-found":
            return spans("there is no project ", name)
        case "no-version":
            none = [one for one in detail.chains if one.project == detail.project and not one.admits.count]
            unmet = [one.links[-1].asked.requirement.text for one in none] or [one.text for one in wishes]
            return spans("no such version exists: ", listed(map(specifier, unmet)))
        case "unusable":
            return spans(
                "no release of ", name, " that would do has a file for ", _target(report) if report else "this target"
            )
        case "hidden" if detail.hidden is not None:
            return spans(release(detail.project, detail.hidden.version), " would do, but ", _hidden(detail.hidden))
        case _:
            met = "both" if len(wishes) == 2 else "all that is asked of it"
            return spans("no release of ", name, f" meets {met}")


def _conflict_body(detail: Conflict, room: int | None) -> Block:
    shown = detail.chains if room is None else detail.chains[: max(2, room - 3)]
    rows = [row(_chain(one), _admits(one)) for one in shown]
    if len(shown) < len(detail.chains):
        rows.append(row(f"{len(detail.chains) - len(shown)} more", ""))
    found: list[Line | Table] = [Table(head=("asked for", "admits"), rows=tuple(rows), indent=4)]
    links = list(dict.fromkeys(link for chain in shown for link in chain.links if len(link.versions) > 1))
    spare = len(links) if room is None else max(0, room - height(tuple(found)) - 1)
    found.extend(line(_alike(link), indent=2) for link in links[-spare:] if spare)
    if detail.refused is not None:
        found.extend(_nothing_body(detail.refused, None if room is None else 4))
    if not detail.minimal:
        found.append(line("fewer lines may be enough: not each of them was left out and the rest solved", indent=2))
    elif len(detail.lines) == 2:
        found.append(line("each was solved without the other", indent=2))
    elif len(detail.lines) > 2:
        found.append(line("without any one of them the others were solved", indent=2))
    left = None if room is None else room - height(tuple(found)) - 1
    if detail.proof and (left is None or (detail.because == "together" and len(detail.proof) <= left)):
        found.append(line("The proof:", indent=2))
        found.extend(line(f"{step.number}. ", _step(step), indent=4) for step in detail.proof)
    return tuple(found)


def _chain(chain: Chain) -> Spans:
    """``app>=2 (requirements.txt:3) → tool<2``, the user's own words first."""
    steps: list[Spans] = []
    for link in chain.links:
        origin = link.asked.requirement.origin if link.asked.by is None else None
        place = spans(" (", file(str(origin)), ")") if origin and origin.file else ()
        steps.append(spans(specifier(link.asked.requirement.text), place))
    return spans(*_joined(steps, " → "))


def _admits(chain: Chain) -> Spans:
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
    told = listed(runs)
    many = f" ({extent.count} releases)" if extent.count > 2 else ""
    return spans(told, many)


def _alike(link: Link) -> Spans:
    """What other versions of who asks say, where several were looked at."""
    asked = link.asked
    first, last = link.versions[0], link.versions[-1]
    words = listed(map(specifier, (asked.requirement.text, *link.others)), last="or", shown=_NAMES_SHOWN)
    number = len(link.versions)
    who = "both releases" if number == 2 else f"each of the {number} releases"
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
    words = listed(map(specifier, fact.requirements), last=last, shown=_NAMES_SHOWN)
    if fact.kind == "asks":
        if fact.by is None:
            return spans("you ask for ", words)
        return spans(_releases(fact.by, fact.releases), f" {_verb(fact.releases, 'asks', 'ask')} for ", words)
    if fact.project is None:
        return spans("nothing is left")
    if fact.kind == "absent":
        if not fact.releases.count:
            return spans("no other release of ", package(fact.project), " exists")
        return spans("no release of ", package(fact.project), " among ", _extent(fact.releases), " is let in")
    if fact.because is Because.NOT_FOUND:
        return spans("there is no project ", package(fact.project))
    which = _releases(fact.project, fact.releases)
    return spans(which, " cannot be used (", _unfit(fact.because), ")")


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
        case _:
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
        return spans("your requirements cannot have ", listed(map(_any, has), last="beside"), without)
    first = has[0]
    others = listed(map(_any, has[1:]), last="and")
    if lacks:
        beside = spans(", beside ", others, ",") if others else ()
        return spans(_any(first), beside, f" {_verb(first.releases, 'needs', 'need')} ", lacks)
    no = "no" if first.releases.every and first.releases.count > 1 else ""
    can = "can" if no else "cannot"
    return spans(_any(first, no), f" {can} stand beside " if others else f" {can} be taken", others)


def _any(claim: Claim, quantity: str = "") -> Spans:
    """``any release of b``, ``no release of b``, or those that are meant."""
    name = package(claim.project or "")
    if not claim.releases.count:
        return spans("a release of ", name, " that does not exist")
    if claim.releases.every and claim.releases.count > 1:
        return spans(quantity or "any", " release of ", name)
    return spans(name, " ", _extent(claim.releases))


# BT110


def _thrash(detail: Thrash) -> Spans:
    looked = spans(f"{detail.attempts} versions of {count(detail.projects, 'project')} were looked at")
    if not detail.efforts:
        return looked
    most = detail.efforts[0]
    return spans(looked, f", {most.versions} of them of ", package(most.project))


def _thrash_body(detail: Thrash, room: int | None) -> Block:
    efforts = detail.efforts if room is None else detail.efforts[: max(1, room // 2)]
    rows = tuple(
        row(
            package(one.project),
            count(one.versions, "version"),
            f"refused {count(one.refused, 'time')}" if one.refused else "",
        )
        for one in efforts
    )
    found: list[Line | Table] = [Table(head=("project", "looked at", "refused"), rows=rows, indent=4)] if rows else []
    collisions = detail.collisions if room is None else detail.collisions[: max(1, room - len(rows))]
    found.extend(line(_collision(one), indent=2) for one in collisions)
    return tuple(found)


def _collision(collision: Collision) -> Spans:
    return spans(
        f"{collision.times} times, ", asker(collision.one), " met ", asker(collision.other),
    )  # fmt: skip


# Remedies


def change(remedy: Remedy) -> Spans:
    """A change to make, as short as it can be said."""
    of = specifier(remedy.of or "")
    match remedy.kind:
        case "add":
            return spans(specifier(remedy.change))
        case "order":
            return spans("name ", specifier(remedy.change), " before the others")
        case "constrain":
            return spans("constraint ", specifier(remedy.change))
        case "replace" | "relax":
            return spans(specifier(remedy.change), " instead of ", of) if remedy.of else spans(specifier(remedy.change))
        case "drop":
            return spans("without ", of if remedy.of else specifier(remedy.change))
        case "python":
            return spans("Python ", version(remedy.change))
        case _:
            return spans(command(remedy.change))


def effect(remedy: Remedy, first: Iterable[str | None] = ()) -> Spans:
    """What the pins become, some projects ``first``."""
    order = {name: place for place, name in enumerate(first)}
    moved = sorted(remedy.pins_changed.items(), key=lambda moved: order.get(moved[0], len(order)))
    pins = [release(name, after) if after else spans(package(name), " gone") for name, (_, after) in moved]
    return listed(pins, last="and", shown=_PINS_SHOWN) if pins else spans("no other pin changes")


def _answer_with(remedy: Remedy, run: Run, first: Iterable[str | None]) -> Spans:
    """The whole answer where there was none before, some projects ``first``."""
    pins: dict[str, str | None] = {str(pin.name): pin.version for pin in run.pins}
    pins |= {name: after for name, (_, after) in remedy.pins_changed.items()}
    order = {name: place for place, name in enumerate(first)}
    told = sorted(((name, one) for name, one in pins.items() if one), key=lambda pin: order.get(pin[0], len(order)))
    if not told:
        return spans("nothing is left to install")
    return listed((release(name, one) for name, one in told), last="and", shown=_PINS_SHOWN)


def remedies(finding: Finding, report: Report, *, verbose: bool = False) -> Block:
    """The changes that were solved again, the verified ones as a table; else what is known of the others."""
    good = [one for one in finding.remedies if one.result is RemedyResult.VERIFIED]
    lines = finding.detail.lines if isinstance(finding.detail, Conflict) else ()
    first = (*(one.requirement.name for one in lines), finding.subject)
    unsolved = next((run for run in report.runs if run.key in finding.runs and run.outcome is not Outcome.SOLVED), None)
    found: list[Line | Table] = []
    if good:
        solved = "solved again" if report.runs else "looked up again"  # without a run nothing was to be solved
        title = "Fix, " if len(good) == 1 else "Fixes, each "
        found.append(line(f"{title}{solved} with ", _runs(finding), ":", indent=2))
        rows: list[Row] = []
        before: Spans | None = None
        for one in good:
            gives: Spans = ()
            if report.runs:
                gives = effect(one, first) if unsolved is None else _answer_with(one, unsolved, first)
            rows.append(row(change(one), "the same" if gives and gives == before else gives))
            before = gives
        found.append(Table(head=("change", "gives"), rows=tuple(rows), indent=4))
    for result, words in ((RemedyResult.FAILS, "Does not help"), (RemedyResult.UNKNOWN, "Not known to help")):
        others = [change(one) for one in finding.remedies if one.result is result]
        if others and (verbose or not good):
            found.append(line(f"{words}: ", listed(others, shown=None if verbose else _NAMES_SHOWN), indent=2))
    return tuple(found)


# Stories


def story_block(story: Story, report: Report, *, verbose: bool = False) -> Block:
    """A story in full: headline, facts, what the companions add, fixes; at most BLOCK_HEIGHT lines unless verbose."""
    lead = story.lead
    head = line(headline(lead, report), code=lead.code, strong=True)
    merged = tuple(
        line(_companion(one, report), indent=2, code=one.code) for one in story.companions if one.code != lead.code
    )
    source = next((one for one in story.findings if _has_verified(one)), lead)
    fixes = remedies(source, report, verbose=verbose)
    room = None if verbose else BLOCK_HEIGHT - 1 - len(merged) - height(fixes)
    return (head, *_body(lead, report, room), *merged, *fixes)


def _has_verified(finding: Finding) -> bool:
    return any(one.result is RemedyResult.VERIFIED for one in finding.remedies)


def _companion(finding: Finding, report: Report) -> Spans:
    """What a finding adds to a story whose version was named already."""
    match finding.detail:
        case SdistChosen() as detail:
            wheels = spans("; there are wheels for ", _pythons(detail.pythons)) if detail.pythons else ()
            return spans(_no_wheel(detail, report), wheels)
        case PythonGuard() as detail:
            return _python_guard(detail, finding)
        case BuildRefuses() as detail:
            return _build_refuses(detail, report)
        case _:
            return headline(finding, report)


def story_line(story: Story, report: Report) -> Line:
    """A story in one line; the codes of everything it tells at the margin."""
    return line(headline(story.lead, report), code=" ".join(story.codes))


# Runs


def verdicts(report: Report) -> Block:
    """How each run ended, one or two lines each; runs with the same answer together."""
    first, *others = endings(report)
    found = list(_verdict(first, report))
    for ending in others:
        parted = _parted(first, ending, report)
        said = [part for part in _verdict(ending, report) if part not in found]
        found.extend(said if parted is None else (parted, *said[1:]))
    return tuple(found)


def _parted(first: Ending, ending: Ending, report: Report) -> Line | None:
    """What else further runs take, and why, told beside the verdict on the first; None where that is not known."""
    finding = next(
        (
            one
            for one in report.findings
            if isinstance(one.detail, Diverge) and one.runs == (first.runs[0].key, ending.runs[0].key)
        ),
        None,
    )
    if finding is None or not isinstance(finding.detail, Diverge) or finding.subject is None:
        return None
    run, subject, detail = ending.runs[0], finding.subject, finding.detail
    names = listed(map(_name, ending.runs), last="and")
    verb = "takes" if len(ending.runs) == 1 else "take"
    moved = [subject, *([detail.parting.on] if detail.parting.on in detail.pins else ())]
    pins = [release(name, pin.version) for name in moved if name is not None and (pin := run.pin(name)) is not None]
    if first.runs[0].outcome is not Outcome.SOLVED or run.outcome is not Outcome.SOLVED:
        if run.outcome is not Outcome.SOLVED:
            where = f"{python(report.question.target)} on {report.question.target.platform}"
            words = spans(
                names, " finds no solution for ", where, _cannot(run, report), ": ", _rule(subject, detail, run.key)
            )
        else:
            words = spans(names, f" resolves {count(len(run.pins), 'package')}: ", _rule(subject, detail, run.key))
    elif pins:
        words = spans(names, f" {verb} ", listed(pins), " instead: ", _rule(subject, detail, run.key))
    else:
        words = spans(names, " does without ", package(subject), ": ", _rule(subject, detail, run.key))
    return line(words, _but(ending, run), code=finding.code, strong=True)


def _name(run: Run) -> str:
    return resolver(run.key) + (" (composed from known changes, not measured)" if run.basis == "composed" else "")


def _verdict(ending: Ending, report: Report) -> Block:
    run = ending.runs[0]
    names = listed(map(_name, ending.runs), last="and")
    where = f"{python(report.question.target)} on {report.question.target.platform}"
    match run.outcome:
        case Outcome.SOLVED:
            verb = "resolves" if len(ending.runs) == 1 else "resolve"
            packages = f"{len(run.pins)} package{'' if len(run.pins) == 1 else 's'}"
            first = line(names, f" {verb} {packages} for {where}", _but(ending, run), strong=True)
            return (first, *_unverified(run))
        case Outcome.IMPOSSIBLE:
            return (line(names, f" finds no solution for {where}", _cannot(run, report), strong=True),)
        case Outcome.GAVE_UP:
            rounds = f" after {run.counters.rounds} rounds" if run.counters.rounds else ""
            return (line(names, f" gives up{rounds} for {where}; whether a solution exists is not known", strong=True),)
        case Outcome.ABORTED:
            return (line(names, f" would stop without an answer for {where}", _failure(run), strong=True),)
        case Outcome.UNKNOWN:
            return (line("What ", names, f" answers for {where} is unknown", _failure(run), strong=True),)


def _but(ending: Ending, run: Run) -> Spans:
    refusing = [pin for name in ending.refusing if (pin := run.pin(name)) is not None]
    if not refusing:
        return ()
    years = {_year(pin.file.uploaded) for pin in refusing if pin.file is not None}
    sdists = "an sdist" if len(refusing) == 1 else "sdists"
    about = f", {sdists} of {years.pop()}" if len(years) == 1 and "" not in years else ""
    pins = listed((release(pin.name, pin.version) for pin in refusing), shown=_NAMES_SHOWN)
    return spans(f", but {_number(len(refusing))} will not build: ", pins, about)


def _unverified(run: Run) -> Block:
    pins = [release(pin.name, pin.version) for pin in run.pins if not pin.verified]
    if not pins:
        return ()
    words = "requirements read without running the build that the resolver runs: "
    return (line(words, listed(pins, shown=_NAMES_SHOWN), indent=2),)


def _unmet(run: Run, report: Report) -> tuple[Requirement, ...]:
    """The user's own requirements that nothing meets, as findings of the run tell."""
    texts = [getattr(one.detail, "requirement", None) for one in report.findings if run.key in one.runs]
    return tuple(one for one in report.question.requirements if one.text in texts)[:1]


def _cannot(run: Run, report: Report) -> Spans:
    found = [one.detail for one in report.findings if isinstance(one.detail, Conflict) and run.key in one.runs]
    if found:
        sets = [listed((specifier(line.requirement.text) for line in one.lines), shown=_NAMES_SHOWN) for one in found]
        together = " together" if all(len(one.lines) > 1 for one in found) else ""
        return spans(": ", sets[0], f" cannot be met{together}", *(spans(", nor can ", one) for one in sets[1:]))
    wanted = blamed(run) or _unmet(run, report)
    if not wanted:
        return ()
    texts = listed((specifier(one.text) for one in wanted), shown=_NAMES_SHOWN)
    if len(wanted) > 1:
        return spans(": ", texts, " cannot be met together")
    absent = [leaf for leaf in leaves(run) if leaf.because is Because.NOT_FOUND]
    names = listed(package(str(term.package)) for leaf in absent for term in leaf.terms[:1])
    return spans(": ", texts, " cannot be met", spans("; no index has ", names) if names else ())


def _failure(run: Run) -> Spans:
    match run.failure:
        case None:
            return ()
        case Unreadable() as failure:
            return spans(": ", _unread(failure))
        case Unavailable(failure=Failure.NOT_RECORDED) as failure:
            return spans(": ", file(failure.file), " is not in the recording")
        case Unavailable() as failure:
            status = f" (status {failure.status})" if failure.status else ""
            return spans(": ", file(failure.file), " ", _failed(failure.failure), status, _tail(failure.detail))


def _unread(page: Unreadable) -> Spans:
    if page.reason == "not-recorded":
        return spans(quote(page.detail or page.index), " is not in the recording")
    status = f" {page.status}" if page.status else ""
    return spans(file(page.index), " could not be read (", quote(page.reason), status, _tail(page.detail), ")")


def _tail(detail: str) -> Spans:
    return spans(": ", quote(detail)) if detail else ()


def _failed(failure: Failure) -> str:
    match failure:
        case Failure.INVALID:
            return "has metadata that cannot be parsed"
        case Failure.INCONSISTENT:
            return "has metadata of another name or version"
        case Failure.STRUCTURE:
            return "is not a readable distribution"
        case Failure.BUILD_FAILED:
            return "has to be built, and the build fails"
        case Failure.BUILD_FORBIDDEN:
            return "has to be built, and builds are off (--build-sdists turns them on)"
        case Failure.NETWORK:
            return "could not be fetched"
        case Failure.STATUS:
            return "was not handed out by the index"
        case Failure.HASH:
            return "does not have the hash the index promised"
        case Failure.OFFLINE:
            return "is not in the cache, and the network is off"
        case Failure.TOO_LARGE:
            return "is too large to be read"
        case Failure.NOT_RECORDED:
            return "is not in the recording"


def costs(run: Run) -> Line:
    """What a run cost, in acts."""
    counters = run.counters
    return line(
        f"{resolver(run.key)}: {counters.listings} listings and {counters.metadata} metadata files read, "
        f"{counters.decisions} decisions, {counters.rejections} rejections, {counters.conflicts} conflicts, "
        f"{counters.backjumps} backjumps" + (f", {counters.rounds} rounds" if counters.rounds else "")
    )


def attempts(run: Run) -> Block:
    """The projects of which more than one version was tried, the most tried first."""
    tried = sorted(
        ((name, versions) for name, versions in run.attempts.items() if len(versions) > 1),
        key=lambda one: (-len(one[1]), one[0]),
    )
    rows = tuple(row(package(name), f"{len(versions)} versions", _range(versions)) for name, versions in tried)
    return (Table(head=("project", "tried", "from … to"), rows=rows, indent=2),) if rows else ()


def pins(run: Run) -> Block:
    """Every pin with its file."""
    rows = tuple(row(package(pin.name), version(pin.version), _source(pin)) for pin in run.pins)
    return (Table(head=("project", "version", "file"), rows=rows, indent=2),) if rows else ()


def _source(pin: Pin) -> Spans:
    if pin.file is not None:
        return spans(file(pin.file.filename))
    return spans(file(pin.url)) if pin.url else ()


# why


def answers(report: Report) -> Block:
    """Whether the project asked about is to be had, and as which file; resolvers of one mind together.

    Beside a resolution that pinned the same version there is nothing to add.
    """
    project = report.project
    if project is None or not report.answers:
        return ()
    pinned_as = {run.key: run.pin(project.name) for run in report.runs}
    groups: dict[tuple[bool, str | None, str | None, str | None], list[str]] = {}
    for key, answer in report.answers.items():
        pin = pinned_as.get(key)
        if pin is not None and pin.version == answer.version:
            continue
        groups.setdefault((answer.available, answer.version, answer.file, answer.reason), []).append(key)
    found: list[Line | Table] = []
    for keys in groups.values():
        found.extend(_answer(report.answers[keys[0]], keys, project, report))
    return tuple(found)


def instead(report: Report) -> tuple[Block, ...]:
    """What would have to change for the version asked about, where another was chosen; like answers together."""
    groups: list[tuple[Instead, list[str]]] = []
    for key, answer in report.answers.items():
        if answer.instead is None:
            continue
        known = next((keys for one, keys in groups if one == answer.instead), None)
        if known is None:
            groups.append((answer.instead, [key]))
        else:
            known.append(key)
    return tuple(_instead(one, keys) for one, keys in groups)


def _instead(found: Instead, keys: list[str]) -> Block:
    names = listed(map(resolver, keys))
    wanted = specifier(found.requirement.text)
    subject = found.requirement.name
    if found.conflict is not None:
        beyond = [one for one in found.conflict.lines if one.requirement != found.requirement]
        texts = listed((specifier(one.requirement.text) for one in beyond), shown=_NAMES_SHOWN)
        reason = _clash(found.conflict, None)
        beside = spans(" beside ", texts) if texts else ()
        head = line(
            wanted,
            " cannot be had",
            beside,
            " (solved with ",
            names,
            ")",
            spans(": ", reason) if reason else (),
            strong=True,
        )
        return (head, *_conflict_body(found.conflict, BLOCK_HEIGHT))
    if found.outcome is not Outcome.SOLVED:
        return (line("whether ", wanted, " can be had with ", names, " could not be told", strong=True),)
    _, after = found.pins_changed.get(subject, (None, None))
    others = [(name, pins) for name, pins in found.pins_changed.items() if name != subject]
    verb = "takes" if len(keys) == 1 else "take"
    gives = release(subject, after) if after else spans("no ", package(subject))
    tail = spans("; to move with it:") if others else spans("; nothing else moves")
    head = line("with ", wanted, " as a line of its own, ", names, f" {verb} ", gives, tail, strong=True)
    rows = [row(package(name), _move(old, new)) for name, (old, new) in others]
    if len(rows) > BLOCK_HEIGHT - 1:
        rows = [*rows[: BLOCK_HEIGHT - 2], row(f"{len(rows) - BLOCK_HEIGHT + 2} more", "")]
    return (head, Table(head=("project", "from … to"), rows=tuple(rows), indent=4)) if rows else (head,)


def _move(old: str | None, new: str | None) -> Spans:
    if old is None or new is None:
        return spans(version(new), ", which was not there before") if new else spans("gone")
    return spans(version(old), " → ", version(new))


def _answer(answer: Answer, keys: list[str], project: ProjectView, report: Report) -> Block:
    names = listed(map(resolver, keys))
    where = f"{python(report.question.target)} on {report.question.target.platform}"
    wanted = spans(specifier(project.requirement.text))
    alone = "asked for this alone, " if report.runs else ""
    if not answer.available:
        why = spans(": ", unavailable(answer.reason)) if answer.reason else ()
        verb = "does" if len(keys) == 1 else "do"
        if answer.reason == "unknown":
            why = why if answer.failure is None else spans(": ", _unread(answer.failure))
            return (line("Whether ", names, " can have ", wanted, f" for {where} is unknown", why, strong=True),)
        return (line(alone, names, f" {verb} not find ", wanted, f" for {where}", why, strong=not alone),)
    takes = "takes" if len(keys) == 1 else "take"
    chosen = release(project.name, answer.version) if answer.version else wanted
    first = line(alone, names, f" {takes} ", chosen, f" for {where}", strong=not alone)
    if answer.file is None or alone:
        return (first,)
    known = next(
        (
            one.file
            for one in project.files
            if (one.file.filename, one.file.index or None) == (answer.file, answer.index)
        ),
        None,
    )
    return (first, line("the file is ", file(answer.file), _about(known), indent=2))


def _about(known: File | None) -> Spans:
    if known is None:
        return ()
    uploaded = f", uploaded {known.uploaded[:10]}" if known.uploaded else ""
    index = spans(", from ", file(known.index)) if known.index else ()
    return spans(f", {'a wheel' if known.kind is FileKind.WHEEL else 'an sdist'}{uploaded}", index)


def unavailable(reason: str) -> Spans:
    """Why ``why`` says no: no such version, none that fits, or none that policy lets in."""
    match reason:
        case "not-found":
            return spans("there is no such project")
        case "no-version":
            return spans("no such version exists")
        case "first-index":
            return spans("only a later index has it")
        case "unknown":
            return spans("a page of the index could not be read")
        case Reason.EXCLUDE_NEWER | Reason.YANKED:
            return spans("it was ", exclusion(reason))
        case Reason.PRERELEASE:
            return spans("there are only pre-releases")
        case Reason.ONLY_BINARY:
            return spans("there are only sdists")
        case Reason.NO_BINARY:
            return spans("there are only wheels")
        case Reason.REQUIRES_PYTHON:
            return spans("none fits this Python")
        case (
            Reason.TAG_PYTHON
            | Reason.TAG_ABI
            | Reason.TAG_ABI_FREE_THREADED
            | Reason.TAG_PYTHON_VERSION
            | Reason.TAG_PLATFORM
        ):
            return spans("none fits this Python and platform")
        case _:
            return spans("every file is refused: ", exclusion(reason))


def judged(project: ProjectView) -> Block:
    """Each file of the requested versions with what every resolver says of it."""
    keys = tuple(dict.fromkeys(key for one in project.files for key in one.verdicts))
    rows = []
    for one in project.files:
        cells: list[Part] = [spans(file(one.file.filename))]
        for key in keys:
            verdict = one.verdicts.get(key)
            if verdict is None:
                cells.append("not judged")
            elif verdict.usable:
                cells.append("usable")
            else:
                cells.append(listed((exclusion(each.reason, each.value) for each in verdict.exclusions), last="and"))
        rows.append(row(*cells))
    if not rows:
        return ()
    return (Table(head=("file", *map(resolver, keys)), rows=tuple(rows), indent=2, headed=True),)


def pinned(run: Run, name: str, table: VersionTable | None, *, verbose: bool = False) -> Block:
    """Why a run pinned a project as it did: who asks and by which way, and the one reason for each newer version."""
    pin = run.pin(name)
    if pin is None:
        return (line(package(name), f" is not part of the answer of {resolver(run.key)}", strong=True),)
    head = line(release(name, pin.version), f" chosen by {resolver(run.key)}", _about(pin.file), strong=True)
    if table is None:
        return (head,)
    holds = _holds(table.holds, name, verbose=verbose)
    newer = _newer_versions(table.rows, name, verbose=verbose)
    room = None if verbose else BLOCK_HEIGHT - 1 - height(holds) - height(newer)
    return (head, *holds, *_askers(table.holds, name, room), *newer)


def bound(table: VersionTable, name: str) -> Block:
    """What a story that is told already leaves out: the binding requirements, and newer versions nobody looked at."""
    holds = _holds(table.holds, name, verbose=False)
    others = tuple(one for one in table.rows if one.standing != "refused")[:_OTHERS_SHOWN]
    if not holds and not others:
        return ()
    head = line(release(name, table.chosen), f" in {resolver(table.run)}", strong=True)
    rows = tuple(row(spans(package(name), " ", _range(one.versions)), _not_taken(one, name)) for one in others)
    beside = (line("further newer versions:", indent=2), Table(head=("version", "why"), rows=rows, indent=4))
    return (head, *holds, *(beside if rows else ()))


def _holds(holds: tuple[Hold, ...], name: str, *, verbose: bool) -> Block:
    """The binding requirements, starred, with the way to each and the version that solving without it gave."""
    found = [one for one in holds if one.binding and one.gives]
    shown = found if verbose or len(found) <= _HOLDS_SHOWN else found[: _HOLDS_SHOWN - 1]
    rows = [
        row(_way_to(one, name), spans("without it alone: ", release(name, one.gives or "")), marked=True)
        for one in shown
    ]
    if len(shown) < len(found):
        rows.append(row(f"{len(found) - len(shown)} more", ""))
    table = Table(head=("requirement", "without it"), rows=tuple(rows), indent=4)
    return (line("held by:", indent=2), table) if rows else ()


def _askers(holds: tuple[Hold, ...], name: str, room: int | None) -> Block:
    """Who else asks for the project, by which way."""
    others = [one for one in holds if not one.binding and one.asked.requirement.name == name]
    if not others or (room is not None and room < 2):
        return ()
    shown = others if room is None or len(others) < room else others[: room - 2]
    rows = [row(_way_to(one, name), "without it alone: nothing newer" if one.binding is False else "") for one in shown]
    if len(shown) < len(others):
        rows.append(row(f"{len(others) - len(shown)} more", ""))
    title = "asked for by:" if len(others) == len(holds) else "also asked for by:"
    return (line(title, indent=2), Table(head=("requirement", "without it"), rows=tuple(rows), indent=4))


def _way_to(hold: Hold, name: str) -> Spans:
    """``you (requirements.txt:4) → librosa (0.10.2) → numba>=0.51``; a refused version stands for itself."""
    if hold.asked.by == name:
        return spans(who(hold.asked), " → ", specifier(hold.asked.requirement.text))
    way = hold.path or (hold.asked,)
    hops: list[Spans] = [spans(who(way[0]), ", as a constraint") if hold.constraint else who(way[0])]
    for one, after in zip(way, (*way[1:], None), strict=True):
        text = one.requirement.name if one.requirement.url else one.requirement.text
        at = spans(" (", version(after.version), ")") if after is not None and after.version else ()
        hops.append(spans(specifier(text), at))
    return spans(*_joined(hops, " → "))


def _newer_versions(found: tuple[VersionRow, ...], name: str, *, verbose: bool) -> Block:
    """The table of versions from the newest down, each run of neighbours with its one reason."""
    if not found:
        return (line("no newer version is there", indent=2),)
    total = sum(len(one.versions) for one in found)
    told = found if verbose else _shorter(found)
    shown = told if verbose or len(told) <= _ROWS_SHOWN else told[: _ROWS_SHOWN - 1]
    rows = [row(spans(package(name), " ", _range(one.versions)), _not_taken(one, name)) for one in shown]
    left = sum(len(one.versions) for one in told[len(shown) :])
    if left:
        rows.append(row(f"{left} more", "for other reasons"))
    head = line(f"{count(total, 'newer version')} and why not:", indent=2)
    return (head, Table(head=("version", "why"), rows=tuple(rows), indent=4))


def _shorter(found: tuple[VersionRow, ...]) -> tuple[VersionRow, ...]:
    """Pre-releases in one row at the end, and what they no longer part put together: the first speaks for the rest."""
    rows: list[VersionRow] = []
    aside: list[VersionRow] = []
    for one in found:
        if {exclusion.reason for exclusion in one.exclusions} == {Reason.PRERELEASE}:
            aside.append(one)
        elif rows and _same_reason(rows[-1], one):
            rows[-1] = msgspec.structs.replace(rows[-1], versions=rows[-1].versions + one.versions)
        else:
            rows.append(one)
    if aside:
        rows.append(msgspec.structs.replace(aside[0], versions=tuple(text for one in aside for text in one.versions)))
    return tuple(rows)


def _same_reason(one: VersionRow, other: VersionRow) -> bool:
    """Whether two rows say the same of their versions but for the wording of each one's own requirement."""

    def said(row: VersionRow) -> tuple[object, ...]:
        asked = row.asked
        own = asked is not None and asked.requirement.name == row.on
        return row.standing, row.because, row.on, row.version, None if own else asked, row.exclusions

    return said(one) == said(other)


def _not_taken(one: VersionRow, name: str) -> Spans:
    match one.standing:
        case "excluded" if one.asked is not None:
            return spans("excluded by ", _whose(one.asked))
        case "unusable":
            reasons = {exclusion.reason for exclusion in one.exclusions}
            if reasons == {Reason.EXCLUDE_NEWER}:
                return spans(_reason(Reason.EXCLUDE_NEWER))
            if reasons == {Reason.PRERELEASE}:
                return spans("pre-releases are not taken" if len(one.versions) > 1 else "a pre-release is not taken")
            return refusal(name, Refusals(versions=one.versions, because=Because.FILES, exclusions=one.exclusions))
        case "never-reached":
            return spans("never reached; nothing was found against ", "them" if len(one.versions) > 1 else "it")
        case _:
            if one.asked is not None and one.asked.requirement.name == name != one.asked.by:
                return spans("excluded by ", _whose(one.asked))
            group = Refusals(
                versions=one.versions,
                because=one.because or Because.CONFLICT,
                on=one.on,
                version=one.version,
                requirement=None if one.asked is None else one.asked.requirement.text,
                exclusions=one.exclusions,
            )
            said = refusal(name, group)
            if one.on is None or one.version is None or one.asked is None or " beside " in plain(said):
                return said
            return spans(said, ", beside ", release(one.on, one.version))


def _rejection(versions: tuple[str, ...], event: Rejected, required: Mapping[int, Required]) -> Spans:
    """The reason for versions refused alike: their own requirement if that contradicts, else one on them."""
    if event.unavailable is not None:
        return spans(file(event.unavailable.file), " ", _failed(event.unavailable.failure))
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


def _joined(parts: list[Spans], glue: str) -> list[Part]:
    return [piece for place, part in enumerate(parts) for piece in ((glue, part) if place else (part,))]


def who(asked: Asked) -> Spans:
    """``librosa 0.10.2``, ``you (requirements.txt:4)``."""
    if asked.by is not None:
        return release(asked.by, asked.version) if asked.version else spans(package(asked.by))
    origin = asked.requirement.origin
    return spans("you (", file(str(origin)), ")") if origin and origin.file else spans("you")


# The page's other words

ENVIRONMENT = "Environment"
EVERYTHING = "Everything found, and the pins"
COMMAND = "Command"


def command_line(report: Report) -> str:
    """The command that asks the question again, for a POSIX shell."""
    question = report.question
    words = [question.command]
    asked = (question.subject,) if question.subject else ()
    files: list[tuple[str, str | None]] = []
    for option, requirements in (("-r", question.requirements), ("-c", question.constraints)):
        files.extend((option, one.origin.file) for one in requirements if one.origin and one.origin.file)
    files.extend(("--override", one.origin.file) for one in question.overrides if one.origin and one.origin.file)
    typed = (*asked, *(one for one in question.requirements if not (one.origin and one.origin.file)))
    words.extend(shlex.quote(one.text) for one in typed)
    for option, name in dict.fromkeys(files):
        words.extend((option, shlex.quote(name or "")))
    settings = [one for one in question.settings if one.origin.startswith("-")]
    for setting in settings:
        words.append(setting.origin)
        if setting.value:
            words.append(shlex.quote(setting.value))
    named = {setting.origin for setting in settings}
    if question.target.origin.startswith("-") and "--python" not in named:
        words.append(question.target.origin)
    if "--resolver" not in named:
        for key in dict.fromkeys((*report.answers, *(run.key for run in report.runs))):
            words.extend(("--resolver", key))
    return " ".join(words)


def environment(report: Report, program: str) -> Block:
    """Everything outside of the requirements that the answer depends on."""
    question = report.question
    keys = tuple(dict.fromkeys((*report.answers, *(run.key for run in report.runs))))
    indexes = (*question.indexes.extra, *((question.indexes.default,) if question.indexes.default else ()))
    rows = [
        row("Python", python(question.target)),
        row("platform", quote(question.target.platform)),
        row("resolvers", listed(map(resolver, keys))),
        row("indexes", listed(map(file, indexes)) or "none"),
        row("backtrail", program),
    ]
    for one in question.settings:
        origin = () if one.origin.lstrip("-") == one.name else spans(" from ", specifier(one.origin))
        rows.append(row(specifier(one.name), spans(specifier(one.value) if one.value else "on", origin)))
    return (Table(head=("", ""), rows=tuple(rows)),)


def nothing_differs() -> Line:
    """Said when resolvers that were compared have the same answer."""
    return line("the answers are the same", indent=2)


def nothing_found() -> Line:
    """Said when every run solved and no detector found anything; nothing is promised beyond that."""
    return line("nothing unusual was found in the result", indent=2)


# The trail, event by event

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
            wish = spans(", wanted ", specifier(wanted)) if wanted and wanted != "*" else ()
            others = f", of {among} undecided" if among > 1 else ""
            return spans(_subject(subject), f" is next{others}: {_CLASSES.get(why, why)}", wish)
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
            back = spans("taken back: ", listed(pins, shown=_NAMES_SHOWN)) if pins else spans("nothing taken back")
            return spans(back, f"; {_rewind(because)}")
        case Finished(outcome=outcome):
            return spans(f"the end: {_OUTCOMES[outcome]}")


_OUTCOMES = {
    Outcome.SOLVED: "solved",
    Outcome.IMPOSSIBLE: "there is no solution",
    Outcome.GAVE_UP: "out of rounds, without an answer",
    Outcome.ABORTED: "the resolver stops here",
    Outcome.UNKNOWN: "something could not be read",
}


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
        wish = spans(" in ", specifier(one.wanted)) if one.wanted and one.wanted != "*" else ()
        asks = _asks(one.requirements, required)
        why = spans(": ", asks) if asks else ()
        return spans("no version of ", _subject(one.package), " is left", wish, why)
    return spans(
        _subject(one.package), " ", version(one.version), " refused: ", _rejection((one.version,), one, required)
    )


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


# The parts of the page that text does not have


def others(number: int) -> str:
    """What a drawing leaves out."""
    return f"{number} more"


def tried(number: int) -> str:
    """How many versions of a project were looked at."""
    return f"{count(number, 'version')} tried"


def releases(name: str, versions: tuple[str, ...]) -> Spans:
    """``numba 0.60.0 … 0.54.0``."""
    return spans(package(name), " ", _range(versions))


def each_refused(name: str, group: Refusals) -> Spans:
    """Why each of several versions was refused, as one of them says it."""
    return refusal(name, msgspec.structs.replace(group, versions=group.versions[:1]))


LABELS: Mapping[str, str] = {
    "skip": "Skip to the story",
    "story": "Story",
    "more": "Also found",
    "timeline": "Timeline",
    "timeline_about": "Every step of the resolver, in order. Arrow keys or j and k step through it.",
    "packages": "Packages",
    "packages_about": "Each project the resolver met. A name opens who asks for it, and why others were refused.",
    "environment": "Environment",
    "tables": "What each run cost, tried and pinned",
    "search": "Search packages and events",
    "search_hint": "Press / to search, Escape to clear.",
    "run": "Run",
    "show": "Show",
    "turns": "Turning points",
    "decisions": "Decisions",
    "everything": "Every event",
    "first": "First",
    "back": "Back",
    "on": "On",
    "last": "Last",
    "turn_back": "Turn before",
    "turn_on": "Next turn",
    "position": "Place in the trail",
    "event": "Event",
    "of": "of",
    "decided": "Decided at this point",
    "project": "Project",
    "version": "Version",
    "taken": "Taken",
    "tried": "Tried",
    "refused": "Refused",
    "reason": "Why not",
    "asked": "Asked for by",
    "none": "none",
    "not_part": "not part of the answer",
    "no_events": "No event matches.",
    "no_packages": "No project matches.",
    "found_packages": "projects",
    "found_events": "events",
    "evidence": "Evidence",
    "picture": "What stands around this decision",
    "omitted": "The trail is longer than this page shows; the Case file has all of it.",
    "script": "The timeline and the package table need JavaScript. Everything above does not.",
    "wheel": "wheel",
    "sdist": "sdist",
    "url": "direct reference",
    "error": "error",
    "warning": "warning",
    "info": "note",
}
"""Headings and buttons of the HTML page, by the name its template and script use."""


def title(report: Report) -> str:
    """The name of a page or a rule set: what was asked, of which resolvers."""
    keys = dict.fromkeys((*report.answers, *(run.key for run in report.runs)))
    return f"{report.question.command}: {' and '.join(map(resolver, keys))}"


# What a code means, for programs that list rules

HELP: Mapping[str, str] = {
    "BT101": "The chosen version is older than the newest usable one, because newer ones contradict what was decided "
    "before. A lower bound on the project, or an upper bound on what stands in the way, changes that.",
    "BT102": "The chosen version is an sdist that has to be built: none of its wheels fits this Python and platform.",
    "BT103": "Requires-Python of the chosen file excludes this Python. uv ignores upper bounds there, pip refuses it.",
    "BT104": "The setup.py of the chosen sdist stops on this Python, so the install fails although the resolution does "
    "not. It was read, never run.",
    "BT105": "The version exists only as local builds (2.3.0+cpu). Some resolvers take them for the bare version.",
    "BT106": "Every file of what was asked for is refused, by Python, platform or policy.",
    "BT107": "The index has no such project, or the project has no such version.",
    "BT108": "What was asked for exists, and a setting or a default of the resolver hides it.",
    "BT109": "The requirements cannot be met together; these are the fewest of your own that conflict.",
    "BT110": "The resolver tried many versions because a pair of requirements kept colliding.",
    "BT111": "Resolvers, or versions of one, answer differently: this is where they part, and by which rule.",
    "BT112": "The same requirements in another order give other pins.",
    "BT113": "A pre-release was taken, and this is what let it in.",
    "BT114": "A yanked release was taken, and this is what let it in.",
    "BT115": "Files of the chosen version disagree about its requirements, or these were not written by a build.",
    "BT116": "The resolver ended without an answer, though a solution exists under its own rules.",
    "BT117": "To go on, the resolver has to build an sdist, and that build fails.",
    "BT118": "A later index has newer versions of the project, which the first index hides.",
}
"""A sentence or two for each code; docs/findings.md has the story."""


def note(finding: Finding, report: Report) -> Spans:
    """A finding and what fixes it, in one paragraph."""
    good = [change(one) for one in finding.remedies if one.result is RemedyResult.VERIFIED]
    fixes = spans(". Solved again with a fix: ", listed(good, last="or", shown=_NAMES_SHOWN)) if good else ()
    return spans(headline(finding, report), fixes)


# Questions made smaller


def shrunk(
    keep: str, keys: Iterable[str], before: int, after: int, tries: int, *, minimal: bool, closed: bool
) -> list[str]:
    """What became of a question, a sentence a line."""
    shorter = f"{after} of {before} requirements" if after < before else count(before, "requirement")
    asked = count(tries, "question")
    told = [f"{' and '.join(map(resolver, keys))}: {shorter} are enough for {keep}; {asked} asked"]
    if minimal:
        told.append("without any one of these lines it is not so")
    else:
        told.append("the budget ran out: there may be a smaller question")
    if closed:
        told.append("true of the recording alone: versions that were not recorded count as not there")
    return told


# Questions handed to other tools


def scenario(question: Question, run: Run) -> list[str]:
    """What a scenario is about, and what its form cannot hold."""
    told = [f"Recorded by backtrail with {resolver(run.key)}: {count(len(question.requirements), 'requirement')}."]
    if question.options.exclude_newer is not None:
        told.append(f"Nothing is in it that was uploaded after {question.options.exclude_newer[:19]}Z.")
    if question.options.resolution != "highest":
        told.append(f"To be resolved with --resolution {question.options.resolution}.")
    if question.options.prerelease not in (None, "allow"):
        told.append(f"To be resolved with --prerelease {question.options.prerelease}.")
    return told


# Two Cases held against each other


def difference(found: Difference) -> list[str]:
    """The pins that changed between two runs, by what changed them, a sentence or a pin a line."""
    keys = dict.fromkeys((found.old.key, found.new.key))
    who = " and ".join(map(resolver, keys))
    ends = {run.outcome: _OUTCOMES[run.outcome] for run in (found.old, found.new)}
    if set(ends) != {Outcome.SOLVED}:
        how = " before, ".join(_OUTCOMES[run.outcome] for run in (found.old, found.new))
        who = f"{who}, {how} now" if len(ends) > 1 else f"{who}, {how}"
    if not found.changes:
        return [f"{who}: the same pins" if Outcome.UNKNOWN not in ends else f"{who}: not known"]
    told = [f"{who}: {count(len(found.changes), 'pin')} changed"]
    groups: dict[tuple[str, ...], list[PinChange]] = {}
    for change in found.changes:
        groups.setdefault(tuple(_because(change)), []).append(change)
    for because, changes in groups.items():
        told += [f"  {one}" for one in because]
        told += [f"    {_moved(change)}" for change in changes]
    return told


def _moved(change: PinChange) -> str:
    if change.old == change.new:
        return f"{change.name} {change.new}: {change.old_file} became {change.new_file}"
    if change.old is None or change.new is None:
        return f"{change.name} {change.new} is new" if change.old is None else f"{change.name} {change.old} is gone"
    return f"{change.name} {change.old} became {change.new}"


def _because(change: PinChange) -> Iterable[str]:
    if not change.causes and not change.known:
        yield "not known why: the recordings do not reach far enough, or the budget ran out"
    elif not change.causes:
        yield "nothing that differs decides this by itself"
    for cause in change.causes:
        yield from (f"{one}{'' if cause.alone else ', not by that alone'}" for one in _caused(cause))


def _caused(cause: ChangeCause) -> Iterable[str]:
    old, new = " and ".join(cause.old), " and ".join(cause.new)
    match cause.kind:
        case Kind.INDEX if cause.about is None:
            yield "several changes on the index together"
        case Kind.INDEX:
            yield " and ".join(_happened(event) for event in cause.events)
        case Kind.REQUIREMENTS if cause.about is None and not old:
            yield "several changes of the requirements together"
        case Kind.REQUIREMENTS if cause.about is None:
            yield "the requirements are in another order"
        case Kind.REQUIREMENTS if not old:
            yield f"{new} is asked for"
        case Kind.REQUIREMENTS if not new:
            yield f"{old} is no longer asked for"
        case Kind.REQUIREMENTS:
            yield f"{new} is asked for instead of {old}"
        case Kind.RESOLVER:
            yield f"{resolver(new)} instead of {resolver(old)}"
        case Kind.TARGET:
            yield f"for {new} instead of {old}"
        case Kind.OPTIONS if cause.about is None:
            yield "several options together"
        case Kind.OPTIONS:
            yield f"{cause.about}: {new or 'nothing'} instead of {old or 'nothing'}"


def _happened(event: IndexEvent) -> str:
    release = f"{event.project} {event.version}"
    match event.kind:
        case "released":
            return f"{release} was released"
        case "vanished":
            return f"{release} vanished from the index"
        case "yanked" | "unyanked":
            return f"{release} was {event.kind}"
        case "file-added":
            return f"{event.file} was added to {release}"
        case "file-vanished":
            return f"{event.file} vanished from the index"
        case "requires-python":
            return f"{event.file} says another Requires-Python"
        case "created":
            return f"{event.project} came to the index"
        case _:
            return f"{event.project} vanished from the index"


def only_in(case: str, keys: Iterable[str]) -> list[str]:
    """Runs that have no partner."""
    return [f"{resolver(key)}: only in {case}" for key in keys]
