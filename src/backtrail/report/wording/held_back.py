"""BT101: an older version than the newest usable one."""

from backtrail.model.files import FileKind
from backtrail.model.finding import HeldBack, Refusals, Upstream
from backtrail.model.trail import Because
from backtrail.report.layout import direction, refusing_clauses
from backtrail.report.lines import Block, Line, Row, Spans, Table, line, row, spans
from backtrail.report.wording.askers import asked_line, asker, bounds
from backtrail.report.wording.reasons import refusal
from backtrail.report.wording.words import count, listed, package, release, specifier, stretch, version, year_of
from backtrail.standards.lenient import lenient_requirement


def held_back_headline(subject: str, detail: HeldBack) -> Spans:
    """What was chosen, and what the newer versions do not fit."""
    year = year_of(detail.uploaded)
    kind = "an sdist" if detail.kind == FileKind.SDIST.value else ""
    about = f" ({f'{kind} of {year}' if kind and year else kind or year})" if kind or year else ""
    chosen = spans(release(subject, detail.chosen), about, " chosen")
    newer = sum(len(group.versions) for group in detail.refused)
    if not newer:
        return spans(chosen, ", not ", version(detail.newest))
    versions = count(newer, "newer version", digits=True)
    each = "the newer version" if newer == 1 else f"each of the {versions}"
    if detail.blocker is None or detail.blocker_version is None:
        return spans(chosen, f": {each} was refused")
    if not all(group.because is Because.CONFLICT and group.on == detail.blocker for group in detail.refused):
        stopped = sum(len(group.versions) for group in detail.refused if group.on == detail.blocker)
        part = f"{stopped} of the {versions} do" if newer > 1 else "the newer version does"
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


def held_back_body(subject: str, detail: HeldBack, room: int | None) -> Block:
    """What stands in the way and who asks for it, then why each newer version was refused."""
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
    refused = tuple(row(spans(package(subject), " ", stretch(one.versions)), refusal(subject, one)) for one in groups)
    found.append(Table(head=("version", "why"), rows=(*refused, *more, chosen), indent=4))
    if detail.asked:
        found.append(line(asked_line(detail.asked), bounds(detail.asked), indent=2))
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
