"""BT101: an older version than the newest usable one."""

from backtrail.model.case import Report
from backtrail.model.files import FileKind
from backtrail.model.finding import HeldBack, ObstacleKind, Refusals, Upstream
from backtrail.model.trail import Because
from backtrail.report.layout import capping, direction, refusing_clauses
from backtrail.report.lines import Block, Line, Row, Spans, Table, line, row, spans
from backtrail.report.wording.askers import asked_line, asker, bounds
from backtrail.report.wording.conflict import allowed, chain_of
from backtrail.report.wording.obstacles import OWN, not_newer
from backtrail.report.wording.reasons import each_refused, refusal
from backtrail.report.wording.words import (
    NAMES_SHOWN,
    becomes,
    count,
    listed,
    package,
    release,
    specifier,
    stretch,
    version,
    year_of,
)
from backtrail.standards.lenient import lenient_requirement


def held_back_headline(subject: str, detail: HeldBack, report: Report) -> Spans:
    """What was chosen, and what forced it, or what closed the way of newer versions."""
    year = year_of(detail.uploaded)
    kind = "an sdist" if detail.kind is FileKind.SDIST else ""
    about = f" ({f'{kind} of {year}' if kind and year else kind or year})" if kind or year else ""
    chosen = spans(release(subject, detail.chosen), about)
    if detail.because:
        return spans(chosen, not_newer(subject, detail.newest, detail.because, report))
    newer = sum(len(group.versions) for group in detail.refused)
    blocker, number = detail.blocker, detail.blocker_version
    if blocker is None or number is None:
        possible = (detail.alternative or {}).get(subject, (None, None))[1]
        if possible:
            return spans(chosen, " chosen, though ", version(possible), " is possible")
        not_it = spans(chosen, ", not ", version(detail.newest), ": ")
        unusable = detail.unusable
        asked = capping(detail)
        if asked is not None:
            return spans(not_it, "asked for by ", asker(asked))
        if unusable is None:
            return spans(not_it, "why is not known")
        if unusable.because is Because.REQUIRES_PYTHON:
            guards = dict.fromkeys(one.value for one in unusable.exclusions)
            return spans(not_it, "it needs Python ", listed(map(specifier, guards), last="or", shown=1))
        return spans(not_it, each_refused(subject, unusable))
    chosen = spans(chosen, " chosen")
    stopped = [group for group in detail.refused if group.on == blocker]
    if not stopped:
        asked = next((one for one in detail.asked if one.by == blocker), None)
        needs = spans(" needs ", specifier(asked.requirement.text)) if asked else spans(" was chosen first")
        return spans(chosen, ", not ", version(detail.newest), ": ", release(blocker, number), needs)
    each = _each(newer, every=detail.every)
    if len(stopped) < len(detail.refused):
        part = sum(len(group.versions) for group in stopped)
        fit = "does" if part == 1 else "do"
        return spans(chosen, f": {part} of {_each(newer, every=detail.every, of=True)} {fit} not fit beside ",
                     release(blocker, number))  # fmt: skip
    ways = {_way(group, blocker, number) for group in stopped}
    if len(ways) == 1 and ways <= {"older", "newer"}:
        needs = spans(" needs ", package(blocker), f" {ways.pop()} than ", version(number))
    elif ways == {"excluded"}:
        needs = spans(" is excluded by ", release(blocker, number))
    else:
        needs = spans(" does not fit beside ", release(blocker, number))
    return spans(chosen, f": {each}", needs)


def _each(newer: int, *, every: bool, of: bool = False) -> str:
    """``each of the 16 newer versions``; where there are more than these, only of those that were tried."""
    tried = "" if every else " tried"
    if newer == 1:
        return f"the newer version{tried}"
    all_of_them = f"the {count(newer, 'newer version', digits=True)}{tried}"
    return all_of_them if of else f"each of {all_of_them}"


def _way(group: Refusals, blocker: str, number: str) -> str:
    requirement = None if group.requirement is None else lenient_requirement(group.requirement)
    if requirement is None:
        return "other"
    if requirement.name != blocker:
        return "excluded"
    ways = {direction(clause, number) for clause in refusing_clauses(requirement, number)}
    return ways.pop() if len(ways) == 1 else "other"


def held_back_body(subject: str, detail: HeldBack, room: int | None) -> Block:
    """How the newer version comes to what forbids it; or what stands in the way, and why each was refused."""
    found: list[Line | Table] = []
    if detail.because:
        found.extend(_ways(detail, room))
    if room is None or not (detail.because or detail.unusable):
        found.extend(_versions(subject, detail, None if room is None else room - len(found)))
    if detail.alternative and detail.blocker is None:
        found.append(_alternative(subject, detail.alternative))
    if room is None:
        found.extend(line(_upstream(subject, detail, one), indent=2) for one in detail.upstream)
    return tuple(found)


def _alternative(subject: str, moved: dict[str, tuple[str | None, str | None]]) -> Line:
    """What a newer version moves, what remains before what goes."""
    others = sorted((new is None, name, new) for name, (_, new) in moved.items() if name != subject)
    words = listed((becomes(name, new) for _, name, new in others), last="and", shown=NAMES_SHOWN)
    return line("with ", becomes(subject, moved[subject][1]), ": ", words or "nothing else moves", indent=2)


def _ways(detail: HeldBack, room: int | None) -> Block:
    """The requirements that lead from the newer version to where it cannot go on."""
    chains = detail.chains
    if not any(one.kind in OWN for one in detail.because):
        stated = 1 if any(one.kind is ObstacleKind.REQUIREMENT for one in detail.because) else 2
        chains = tuple(one for one in chains if len(one.links) > stated)  # a shorter way is in the headline
    shown = chains if room is None else chains[: max(1, room)]
    rows = tuple(row(chain_of(one), allowed(one)) for one in shown)
    return (Table(head=("asked for", "allows"), rows=rows, indent=4),) if rows else ()


def _versions(subject: str, detail: HeldBack, room: int | None) -> Block:
    """What stood in the way and who asks for it, then why each newer version was refused."""
    found: list[Line | Table] = []
    if detail.blocker is not None and detail.blocker_version is not None:
        cap = _cap(detail, detail.blocker, detail.blocker_version)
        blocker = release(detail.blocker, detail.blocker_version)
        number = detail.blocker_asked_by
        if detail.blocker_first:
            asks = count(number, "package asks", "packages ask")
            found.append(line(blocker, f" was decided first: {asks} for it", cap, indent=2))
        elif number:
            found.append(line(blocker, f" is asked for by {count(number, 'package')}", cap, indent=2))
    groups = detail.refused
    if groups:
        chosen = row(release(subject, detail.chosen), _why_chosen(detail), marked=True)
        spare = None if room is None else max(1, room - len(found) - 2)
        if spare is not None and len(groups) > spare:
            shown = max(1, spare - 1)
            left = sum(len(group.versions) for group in groups[shown:])
            groups = groups[:shown]
            more: tuple[Row, ...] = (row(f"{left} more", "refused for other reasons"),) if spare > 1 else ()
        else:
            more = ()
        refused = tuple(
            row(spans(package(subject), " ", stretch(one.versions)), refusal(subject, one)) for one in groups
        )
        found.append(Table(head=("version", "why"), rows=(*refused, *more, chosen), indent=4))
    if detail.asked:
        found.append(line(asked_line(detail.asked), bounds(detail.asked) if groups else "", indent=2))
    return tuple(found)


def _upstream(subject: str, detail: HeldBack, missing: Upstream) -> Spans:
    """What to tell the maintainers of a package whose lower bound is too old."""
    asked = missing.asked
    return spans(
        "for the maintainers of ", package(asked.by or ""), ": ", release(asked.by or "", asked.version or ""),
        " asks for ", specifier(asked.requirement.text), ", which allows ", release(subject, detail.chosen), "; ",
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
    return spans("the newest that is possible" if detail.because else "the newest that was not refused")
