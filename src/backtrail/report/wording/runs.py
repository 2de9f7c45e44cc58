"""How each run ended, what it cost and what it pinned."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain

from packaging.utils import NormalizedName

from backtrail.model.case import Report
from backtrail.model.files import Unreadable
from backtrail.model.finding import Diverge, SolutionMissed
from backtrail.model.metadata import Failure, Unavailable
from backtrail.model.policy import Mode
from backtrail.model.project import Offer
from backtrail.model.requirement import Requirement
from backtrail.model.run import LOG, Pin, PinnedLine, Run
from backtrail.model.trail import Limit, Outcome
from backtrail.report.layout import Ending, endings, left_out, unmet
from backtrail.report.layout import unread as unread_project
from backtrail.report.lines import Block, Line, Spans, Table, line, plain, row, spans
from backtrail.report.wording.askers import asked_line
from backtrail.report.wording.divergence import foremost, rule
from backtrail.report.wording.environments import pythons
from backtrail.report.wording.environments import where as environment_of
from backtrail.report.wording.indexes import from_place, searched
from backtrail.report.wording.installation import changes
from backtrail.report.wording.logs import solved_again, unasked, unlike_log
from backtrail.report.wording.reasons import passed_over, unread, unusable
from backtrail.report.wording.what_if import with_changes
from backtrail.report.wording.words import (
    NAMES_SHOWN,
    count,
    file,
    in_short,
    listed,
    number_word,
    package,
    python,
    release,
    resolver,
    specifier,
    stopped,
    stretch,
    this_target,
    version,
    year_of,
)
from backtrail.resolvers.registry import newest_known


def verdicts(report: Report) -> Block:
    """How each run ended, one or two lines each; runs with the same answer together."""
    first, *others = endings(report)
    if nothing := unasked(report):
        return nothing
    if report.log is not None and len(report.runs) > 1:
        logged = Ending(runs=report.runs[:1], failing=first.failing)
        return (*_verdict(logged, report), *solved_again(*report.runs))
    found = [*_verdict(first, report), *unlike_log(report)]
    for ending in others:
        parted = _parted(first, ending, report)
        said = [part for part in _verdict(ending, report) if part not in found]
        found.extend(said if parted is None else (parted, *said[1:]))
    return tuple(found)


def inapplicable(report: Report) -> Block:
    """What a marker leaves out: the project asked about, and the requirements where none of them is left."""
    question = report.question
    subject = question.subject
    found: list[Line] = []
    if subject is not None and left_out(subject, question.target):
        marker = specifier(subject.marker or "")
        words = spans("the marker ", marker, f" is false for {this_target(report)}: as a requirement, it is left out")
        found.append(line(words, indent=2))
    lines = [one for one in question.requirements if left_out(one, question.target)]
    if lines and len(lines) == len(question.requirements):
        texts = listed((specifier(one.text) for one in lines), shown=NAMES_SHOWN)
        by = " is left out by its marker" if len(lines) == 1 else " are left out by their markers"
        found.append(line(texts, by, indent=2))
    return tuple(found)


def _parted(first: Ending, ending: Ending, report: Report) -> Line | None:
    """What else further runs take, and why, shown beside the verdict on the first; None where that is not known."""
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
    if ending.runs[0].outcome is Outcome.ABORTED:  # its verdict tells what ends it
        return None
    run, subject, detail = ending.runs[0], finding.subject, finding.detail
    names = listed(map(_name, ending.runs), last="and")
    verb = "takes" if len(ending.runs) == 1 else "take"
    named = {detail.parting.project} - {subject} if not detail.parting.displaced else set()  # the rule speaks of it
    shown_names = [name for name in foremost(subject, detail) if name not in named]
    pins = [release(name, pin.version) for name in shown_names if (pin := run.pin(name)) is not None]
    if first.runs[0].outcome is not Outcome.SOLVED or run.outcome is not Outcome.SOLVED:
        if run.outcome is not Outcome.SOLVED:
            where = f"{python(report.question.target)} on {report.question.target.platform}"
            words = spans(names, " finds no solution for ", where, _cannot(run, report), ": ", rule(detail, run.key))
        else:
            words = spans(names, f" resolves {count(len(run.pins), 'package')}: ", rule(detail, run.key))
    elif pins:
        words = spans(names, f" {verb} ", listed(pins), " instead: ", rule(detail, run.key))
    else:
        words = spans(names, " does without ", package(subject), ": ", rule(detail, run.key))
    return line(words, _but(ending, run), code=finding.code, strong=True)


def _name(run: Run) -> str:
    return with_basis(run.key, run.basis)


def with_basis(key: str, basis: str) -> str:
    """A resolver by the key of its run, and how far its release is known; that is not said where it was measured."""
    match basis:
        case "composed":
            return f"{resolver(key)} (composed from known changes, not measured)"
        case "newer":
            known = newest_known(key.replace(f"{LOG}@", "@"))
            return f"{resolver(key)} (newer than any known release: answered as {known.tool} {known.release})"
        case _:
            return resolver(key)


def _verdict(ending: Ending, report: Report) -> Block:
    run = ending.runs[0]
    names = listed(map(_name, ending.runs), last="and")
    where = _asked_for(run, report)
    match run.outcome:
        case Outcome.SOLVED:
            verb = "resolves" if len(ending.runs) == 1 else "resolve"
            number = len(run.pins) if run.mode is Mode.SPECIFIC else len({one.name for one in run.lines})
            packages = count(number, "package", digits=True)
            further = (_without(report), _with(run, report), _in_forks(run), changes(run, report), _but(ending, run))
            first = line(names, f" {verb} {packages} for ", where, *further, strong=True)
            return (first, *_unknown_extras(run), *_unverified(run), *_unversioned(run, report), *_passed_over(run))
        case Outcome.IMPOSSIBLE:
            finds = "finds" if len(ending.runs) == 1 else "find"
            cannot = (_failing(run), _cannot(run, report))
            first = line(names, f" {finds} no solution for ", where, *cannot, strong=True)
            return (first, *_passed_over(run))
        case Outcome.GAVE_UP:
            is_known = any(isinstance(one.detail, SolutionMissed) and run.key in one.runs for one in report.findings)
            open_end = "" if is_known else "; whether a solution exists is not known"
            first = line(names, f" {_stopped(run)} for ", where, open_end, strong=True)
            return (first, *_passed_over(run))
        case Outcome.ABORTED:
            return (line(names, " would stop without an answer for ", where, failure(run), strong=True),)
        case Outcome.UNKNOWN:
            first = line("What ", names, " answers for ", where, " is unknown", failure(run), strong=True)
            return (first, *_misled(run), *_assumed(run))


def _without(report: Report) -> Spans:
    """How many of the user's own requirements the answer does not have: what they name could not be fetched."""
    lost = len(report.question.left_out)
    return spans(f", {count(lost, 'requirement')} left out") if lost else ()


def _with(run: Run, report: Report) -> Spans:
    """What the answer has of the project asked about."""
    if report.project is None:
        return ()
    pin = run.pin(report.project.name)
    if pin is None:
        return spans(", none of them ", package(report.project.name))
    return spans(", one of them " if len(run.pins) > 1 else ": ", release(pin.name, pin.version))


def _stopped(run: Run) -> str:
    """How a run without an answer ended: by itself, or by a limit that is not its own."""
    rounds = count(run.counters.rounds, "round", digits=True)
    if run.stop is None:
        return f"gives up after {rounds}" if run.counters.rounds else "gives up"
    own = run.stop.limit in (Limit.RESOLVER, Limit.ROUNDS)
    where = f" in round {run.counters.rounds}" if run.stop.limit.depends_on_here and run.counters.rounds else ""
    return f"{'gives up' if own else f'was stopped{where}'} {stopped(run.stop)},"


def _asked_for(run: Run, report: Report) -> Spans:
    """What the answer is for: a Python on a platform, or all of them from one on; and how the index is changed."""
    target = report.question.target
    changed = with_changes(report)
    if run.mode is not Mode.SPECIFIC and target.pythons is not None:
        return spans(f"all platforms and {pythons(target.pythons)}", changed)
    return spans(f"{python(target)} on {target.platform}", changed)


def _in_forks(run: Run) -> Spans:
    """How many parts it took; nothing where it took one."""
    if len(run.forks) < 2:
        return ()
    several = Counter(one.name for one in run.lines)
    number = sum(count > 1 for count in several.values())
    more = f", {count(number, 'package')} in several versions" if number else ""
    return spans(f", split into {len(run.forks)} environments{more}")


def _failing(run: Run) -> Spans:
    """Which part has no solution; nothing where there is one only."""
    failed = next((fork for fork in run.forks if fork.outcome is run.outcome), None)
    return () if failed is None or not failed.marker else spans(", for there is none ", environment_of(failed.marker))


def _but(ending: Ending, run: Run) -> Spans:
    failing = [pin for name in ending.failing if (pin := run.pin(name)) is not None]
    if not failing:
        return ()
    years = {year_of(pin.file.uploaded) for pin in failing if pin.file is not None}
    sdists = "an sdist" if len(failing) == 1 else "sdists"
    about = f", {sdists} of {years.pop()}" if len(years) == 1 and "" not in years else ""
    pins = listed((release(pin.name, pin.version) for pin in failing), shown=NAMES_SHOWN)
    return spans(f", but {number_word(len(failing))} will not build: ", pins, about)


def _unknown_extras(run: Run) -> Block:
    """Extras that were asked for and do not exist, which every resolver passes over with a warning."""
    lacking = [(pin, extra) for pin in run.pins for extra in pin.unknown_extras]
    lines = [
        line(release(pin.name, pin.version), " has no extra ", specifier(extra), _extra_asked(pin, extra), indent=2)
        for pin, extra in lacking[:NAMES_SHOWN]
    ]
    left = len(lacking) - len(lines)
    more = (line(count(left, "more extra", digits=True), " that no package has", indent=2),) if left else ()
    return (*lines, *more)


def _extra_asked(pin: Pin, extra: str) -> Spans:
    asked = [one for one in pin.requested_by if extra in one.requirement.extras]
    return spans(", ", asked_line(tuple(asked), shown=1)) if asked else ()


def _unverified(run: Run) -> Block:
    pins = [release(pin.name, pin.version) for pin in run.pins if not pin.verified]
    if not pins:
        return ()
    words = "requirements read without running the build that the resolver runs: "
    return (line(words, listed(pins, shown=NAMES_SHOWN), indent=2),)


def _unversioned(run: Run, report: Report) -> Block:
    """Projects of the user's whose version only a build tells, which nobody asked, and what requires them."""
    packages = () if run.lock is None else run.lock.packages
    workspace = report.question.universal.workspace
    built = () if workspace is None else {one.name for one in workspace.members if one.built is not None}
    found = []
    for own in (one.name for one in packages if one.version is None and one.name not in built):
        asking = [
            release(one.name, one.version)
            for one in packages
            if one.version is not None
            and any(own == led.name for led in chain(one.dependencies, *one.optional.values()))
        ]
        if asking:
            who = listed(asking, shown=NAMES_SHOWN)
            words = (", which only a build tells, is taken to be in the range asked for by ", who)
            found.append(line("the version of ", package(own), *words, indent=2))
    return tuple(found)


def _passed_over(run: Run) -> Block:
    """Pages that the resolver did without, those of one index with one fault together."""
    found: dict[Unreadable, list[str]] = {}
    for one in run.passed_over:
        found.setdefault(one.page, []).append(one.project)
    return tuple(line(passed_over(page, projects), indent=2) for page, projects in found.items())


def _misled(run: Run) -> Block:
    """What pip says where it passed over the page without which nobody knows."""
    name = unread_project(run)
    if name is None or all(one.page is not run.failure for one in run.passed_over):
        return ()
    return (
        line(
            "pip passes over such a page, and says that there is no matching distribution of ", package(name), indent=2
        ),
    )


def _assumed(run: Run) -> Block:
    """The sdists of which only a build tells what they require, who asks for each, and what the rest comes to."""
    pins = [pin for pin in run.pins if pin.assumed]
    if not pins:
        return ()
    named = [spans(release(pin.name, pin.version), " (", asked_line(pin.requested_by, shown=1), ")") for pin in pins]
    packages = count(len(run.pins), "package", digits=True)
    words = f"; so {packages} are resolved, and explained here"
    return (line("taken as requiring nothing: ", listed(named, shown=NAMES_SHOWN), words, indent=2),)


def _cannot(run: Run, report: Report) -> Spans:
    """Which of the user's lines cannot be met: all where they are few, else the first and how many there are."""
    sets = unmet(run, report)
    if not sets:
        return ()
    if all(len(one) == 1 for one in sets):
        texts = list(in_short(one.text for (one,) in sets))
        if len(texts) > NAMES_SHOWN + 1:
            number = count(len(texts), "line", digits=True)
            return spans(f": {number} cannot be met; the first three: ", listed(texts[:NAMES_SHOWN]))
        return spans(": ", listed(texts), " cannot be met")
    named = [_together(one) for one in sets[:NAMES_SHOWN]]
    more = f", and {count(len(sets) - NAMES_SHOWN, 'more conflict')}" if len(sets) > NAMES_SHOWN else ""
    return spans(": ", named[0], *(spans("; ", one) for one in named[1:]), more)


def _together(lines: tuple[Requirement, ...]) -> Spans:
    texts = listed(in_short(one.text for one in lines), shown=NAMES_SHOWN)
    return spans(texts, " cannot be met", " together" if len(lines) > 1 else "")


def failure(run: Run) -> Spans:
    """What stopped a run, after a colon; nothing where nothing did."""
    match run.failure:
        case None:
            return ()
        case Unreadable() as page:
            name = unread_project(run)
            return spans(": ", unread(page) if name is None else unread(page, name))
        case Unavailable(failure=Failure.NOT_RECORDED) as lost:
            return spans(": ", file(lost.file), " is not in the recording")
        case Unavailable() as lost:
            return spans(": ", unusable(lost))


def failed(run: Run) -> str | None:
    """What stopped a run, by itself; None where nothing did."""
    if run.stop is not None:
        return f"stopped {stopped(run.stop)}"
    return plain(failure(run)).removeprefix(": ") or None


def costs(run: Run) -> Line:
    """What a run cost, in acts."""
    counters = run.counters
    listings, metadata, *acts = (
        count(number, noun, digits=True)
        for number, noun in (
            (counters.listings, "listing"),
            (counters.metadata, "metadata file"),
            (counters.decisions, "decision"),
            (counters.rejections, "rejection"),
            (counters.conflicts, "conflict"),
            (counters.backjumps, "backjump"),
            *(((counters.rounds, "round"),) if counters.rounds else ()),
        )
    )
    return line(f"{resolver(run.key)}: {listings} and {metadata} read, {', '.join(acts)}")


def attempts(run: Run) -> Block:
    """The projects of which more than one version was tried, the most tried first."""
    tried = sorted(
        ((name, versions) for name, versions in run.attempts.items() if len(versions) > 1),
        key=lambda one: (-len(one[1]), one[0]),
    )
    rows = tuple(
        row(package(name), count(len(versions), "version", digits=True), stretch(versions)) for name, versions in tried
    )
    return (Table(head=("project", "tried", "from … to"), rows=rows, indent=2),) if rows else ()


def tried(number: int) -> str:
    """How many versions of a project were looked at."""
    return f"{count(number, 'version')} tried"


def pins(run: Run, report: Report) -> Block:
    """Every pin with its file, and where it is from if there are several places; of a universal run, its lines."""
    if run.mode is not Mode.SPECIFIC:
        return (*_forks(run), *(line(specifier(requirement_line(one)), indent=2) for one in run.lines))
    if not run.pins:
        return ()
    places = report.elsewhere.get(run.key, {})
    rows = tuple(row(package(pin.name), version(pin.version), _source(pin), *_place(pin, places)) for pin in run.pins)
    head = ("project", "version", "file", "place") if places else ("project", "version", "file")
    order = searched(run, report.question) if places else None
    return (*(() if order is None else (order,)), Table(head=head, rows=rows, indent=2))


def _place(pin: Pin, places: Mapping[NormalizedName, Sequence[Offer]]) -> tuple[Spans, ...]:
    """Where a pin is from, in a table that tells it."""
    if not places:
        return ()
    index = None if pin.file is None else pin.file.index
    return (from_place(index, pin.version, places.get(pin.name, ())) if index else (),)


def _forks(run: Run) -> Block:
    if len(run.forks) < 2:
        return ()
    rows = (row(environment_of(fork.marker or ""), count(len(fork.pins), "package", digits=True)) for fork in run.forks)
    return (line("in the order solved:", indent=2), Table(head=("environment", "packages"), rows=tuple(rows), indent=4))


def requirement_line(one: PinnedLine) -> str:
    """A line of a requirements file, as uv prints it."""
    pin = f"{one.name}=={one.version}" if one.url is None else f"{one.name} @ {one.url}"
    return f"{pin} ; {one.marker}" if one.marker else pin


def _source(pin: Pin) -> Spans:
    if pin.file is not None:
        return spans(file(pin.file.filename))
    return spans(file(pin.url)) if pin.url else spans("installed" if pin.installed else "")
