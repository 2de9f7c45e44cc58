"""One project: what was answered, who asks for it, and what became of its versions."""

from collections.abc import Sequence

import msgspec

from backtrail.model.case import Report
from backtrail.model.files import File, FileKind, Unreadable
from backtrail.model.finding import Refusals
from backtrail.model.metadata import Unavailable
from backtrail.model.project import Answer, Hold, Instead, ProjectView, Standing, VersionRow, VersionTable
from backtrail.model.run import Asked, Run
from backtrail.model.trail import Because, Outcome
from backtrail.model.verdict import Reason
from backtrail.report.lines import Block, Line, Part, Spans, Table, height, line, plain, row, spans
from backtrail.report.wording.askers import who, whose
from backtrail.report.wording.conflict import clash, conflict_body
from backtrail.report.wording.environments import where as environment
from backtrail.report.wording.indexes import others
from backtrail.report.wording.reasons import (
    exclusion,
    passed_over,
    reason_words,
    refusal,
    unavailable,
    unread,
    unusable,
)
from backtrail.report.wording.runs import with_basis
from backtrail.report.wording.what_if import with_changes
from backtrail.report.wording.words import (
    BLOCK_HEIGHT,
    NAMES_SHOWN,
    command,
    count,
    file,
    joined,
    listed,
    moved,
    package,
    python,
    release,
    resolver,
    specifier,
    stretch,
    version,
)
from backtrail.resolvers.registry import basis, parse_resolver

_HOLDS_SHOWN = 3
_ROWS_SHOWN = 5
_OTHERS_SHOWN = 2


def answers(report: Report) -> Block:
    """Whether the index has what was asked about, and as which file; resolvers of one mind together.

    Beside a resolution that pinned the same version there is nothing to add. Where nothing was resolved, that is said.
    """
    project = report.project
    if project is None or not report.answers:
        return ()
    runs = {run.key: run for run in report.runs}
    groups: dict[tuple[object, ...], list[str]] = {}
    for key, answer in report.answers.items():
        if key in runs and _is_shown(answer, runs[key], project.name):
            continue
        same = answer.available, answer.version, answer.file, answer.reason, answer.failure
        groups.setdefault(same, []).append(key)
    found: list[Line | Table] = []
    further: Block = ()
    if not report.runs:
        resolving = command("explain-backtrack", project.requirement.text)
        further = (line("whether all it needs can be met: ", resolving, ", with the same options", indent=2),)
    for keys in groups.values():
        found.extend(_answer(report.answers[keys[0]], keys, project, report))
        if report.answers[keys[0]].available:
            found.extend(further)
            further = ()
    return tuple(found)


def _is_shown(answer: Answer, run: Run, name: str) -> bool:
    pin = None if run.outcome is Outcome.IMPOSSIBLE else run.pin(name)
    stopped = isinstance(answer.failure, Unavailable) and answer.failure == run.failure
    return stopped or (pin is not None and pin.version == answer.version)


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
        texts = listed((specifier(one.requirement.text) for one in beyond), shown=NAMES_SHOWN)
        reason = clash(found.conflict, None)
        verdict = spans(" is incompatible with ", texts) if texts else " has no solution"
        head = line(
            wanted,
            verdict,
            " (solved with ",
            names,
            ")",
            spans(": ", reason) if reason else (),
            strong=True,
        )
        return (head, *conflict_body(found.conflict, BLOCK_HEIGHT))
    if found.outcome is not Outcome.SOLVED:
        return (line("whether ", wanted, " is available with ", names, " is unknown", strong=True),)
    _, after = found.pins_changed.get(subject, (None, None))
    others = [(name, pins) for name, pins in found.pins_changed.items() if name != subject]
    verb = "takes" if len(keys) == 1 else "take"
    gives = release(subject, after) if after else spans("no ", package(subject))
    tail = spans("; to move with it:") if others else spans("; nothing else moves")
    head = line("with ", wanted, " as a line of its own, ", names, f" {verb} ", gives, tail, strong=True)
    rows = [row(package(name), moved(old, new, new_is="which was not there before")) for name, (old, new) in others]
    if len(rows) > BLOCK_HEIGHT - 1:
        rows = [*rows[: BLOCK_HEIGHT - 2], row(f"{len(rows) - BLOCK_HEIGHT + 2} more", "")]
    return (head, Table(head=("project", "from … to"), rows=tuple(rows), indent=4)) if rows else (head,)


def _answer(answer: Answer, keys: list[str], project: ProjectView, report: Report) -> Block:
    named = map(resolver, keys) if report.runs else (with_basis(key, basis(parse_resolver(key))) for key in keys)
    names = listed(named)
    place = f" for {python(report.question.target)} on {report.question.target.platform}"
    where = spans(place, with_changes(report))
    wanted = spans(specifier(project.requirement.text))
    alone = "as far as the index alone says, " if report.runs else ""
    if not answer.available:
        why = spans(": ", unavailable(answer.reason)) if answer.reason else ()
        verb = "does" if len(keys) == 1 else "do"
        if answer.reason == "unknown":
            why = spans(": ", unread(answer.failure, project.name)) if isinstance(answer.failure, Unreadable) else why
            return (line("Whether ", names, " can have ", wanted, where, " is unknown", why, strong=True),)
        if isinstance(answer.failure, Unavailable):
            stops = "would stop without an answer"
            why = spans(": ", unusable(answer.failure))
            return (line(alone, names, f" {stops} to ", wanted, where, why, strong=not alone),)
        return (line(alone, names, f" {verb} not find ", wanted, where, why, strong=not alone),)
    chosen = release(project.name, answer.version) if answer.version else wanted
    unresolved = "" if alone else "; nothing was resolved"
    first = line(alone, chosen, " is available to ", names, where, unresolved, strong=not alone)
    page = answer.failure if isinstance(answer.failure, Unreadable) else None
    without = () if page is None else (line(passed_over(page, [project.name]), indent=2),)
    if answer.file is None or alone:
        return (first, *without)
    known = next(
        (
            one.file
            for one in project.files
            if (one.file.filename, one.file.index or None) == (answer.file, answer.index)
        ),
        None,
    )
    there = line("the file is ", file(answer.file), _about(known), indent=2)
    return (first, there, *_elsewhere(answer), *without)


def _elsewhere(answer: Answer) -> Block:
    """What other places have of the project, where others are asked that have it."""
    if answer.version is None or not answer.elsewhere:
        return ()
    return (line(*joined(others(answer.version, answer.elsewhere), "; "), indent=2),)


def _about(known: File | None) -> Spans:
    if known is None:
        return ()
    uploaded = f", uploaded {known.uploaded[:10]}" if known.uploaded else ""
    index = spans(", from ", file(known.index)) if known.index else ()
    return spans(f", {'a wheel' if known.kind is FileKind.WHEEL else 'an sdist'}{uploaded}", index)


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


def pinned(run: Run, name: str, tables: Sequence[VersionTable], *, verbose: bool = False) -> Block:
    """Why a run pinned a project as it did: who asks and by which way, and the one reason for each newer version.

    ``tables`` are those of the run, of a universal one for each version that its forks have.
    """
    pin = run.pin(name)
    first = None if pin is None else next((one for one in tables if one.chosen == pin.version), None)
    others = [one for one in tables if one is not first]
    if pin is None and not others:
        return (line(package(name), f" is not part of the answer of {resolver(run.key)}", strong=True),)
    found: list[Line | Table] = []
    if pin is not None:
        chosen = spans(f" chosen by {resolver(run.key)}", _where(first) if others else (), _about(pin.file))
        found.append(line(release(name, pin.version), chosen, strong=True))
        found += () if first is None else _reasons(first, name, verbose=verbose)
    for one in others:
        found.append(line(release(name, one.chosen), f" chosen by {resolver(run.key)}", _where(one), strong=True))
        found += _reasons(one, name, verbose=verbose)
    return tuple(found)


def _where(table: VersionTable | None) -> Spans:
    return spans(" ", environment(table.fork)) if table is not None and table.fork else ()


def _reasons(table: VersionTable, name: str, *, verbose: bool) -> Block:
    holds = _holds(table.holds, name, verbose=verbose)
    newer = _newer_versions(table.rows, name, verbose=verbose)
    room = None if verbose else BLOCK_HEIGHT - 1 - height(holds) - height(newer)
    return (*holds, *_askers(table.holds, name, room), *newer)


def bound(table: VersionTable, name: str) -> Block:
    """What a story shown already leaves out: the binding requirements, and newer versions nobody looked at."""
    holds = _holds(table.holds, name, verbose=False)
    others = tuple(one for one in table.rows if one.standing is not Standing.REFUSED)[:_OTHERS_SHOWN]
    if not holds and not others:
        return ()
    head = line(release(name, table.chosen), f" in {resolver(table.run)}", _where(table), strong=True)
    rows = tuple(row(spans(package(name), " ", stretch(one.versions)), _not_taken(one, name)) for one in others)
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
    way = _from_user(hold.path or (hold.asked,))
    hops: list[Spans] = [spans(who(way[0]), ", as a constraint") if hold.constraint else who(way[0])]
    for one, after in zip(way, (*way[1:], None), strict=True):
        text = one.requirement.name if one.requirement.url else one.requirement.text
        at = spans(" (", version(after.version), ")") if after is not None and after.version else ()
        hops.append(spans(specifier(text), at))
    return spans(*joined(hops, " → "))


def _from_user(way: tuple[Asked, ...]) -> tuple[Asked, ...]:
    """A way from the user's own line: in a lock it begins with the project that has the line, which is the user's."""
    first, *rest = way
    if not rest or not (first.requirement.url or "").startswith("workspace:"):
        return way
    second, *others = rest
    return _from_user((msgspec.structs.replace(second, by=None, version=None), *others))


def _newer_versions(found: tuple[VersionRow, ...], name: str, *, verbose: bool) -> Block:
    """The table of versions from the newest down, each run of neighbours with its one reason."""
    if not found:
        return (line("no newer version is there", indent=2),)
    total = sum(len(one.versions) for one in found)
    kept = found if verbose else _shorter(found)
    shown = kept if verbose or len(kept) <= _ROWS_SHOWN else kept[: _ROWS_SHOWN - 1]
    rows = [row(spans(package(name), " ", stretch(one.versions)), _not_taken(one, name)) for one in shown]
    left = sum(len(one.versions) for one in kept[len(shown) :])
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
        case Standing.EXCLUDED if one.asked is not None:
            return spans("excluded by ", whose(one.asked))
        case Standing.UNUSABLE:
            reasons = {exclusion.reason for exclusion in one.exclusions}
            if reasons == {Reason.EXCLUDE_NEWER}:
                return spans(reason_words(Reason.EXCLUDE_NEWER))
            if reasons == {Reason.PRERELEASE}:
                return spans("pre-releases are not taken" if len(one.versions) > 1 else "a pre-release is not taken")
            return refusal(name, Refusals(versions=one.versions, because=Because.FILES, exclusions=one.exclusions))
        case Standing.NEVER_REACHED:
            return spans("never reached; nothing was found against ", "them" if len(one.versions) > 1 else "it")
        case Standing.REFUSED | Standing.EXCLUDED:
            if one.asked is not None and one.asked.requirement.name == name != one.asked.by:
                return spans("excluded by ", whose(one.asked))
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
