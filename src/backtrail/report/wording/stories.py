"""A story in full or in one line: headline, what stands below it, companions, fixes."""

from backtrail.model.case import Report
from backtrail.model.finding import (
    BuildAborts,
    BuildRefuses,
    Conflict,
    ConflictUndeclared,
    Diverge,
    Finding,
    Forked,
    HeldBack,
    Hidden,
    IndexShadowed,
    LocalVariants,
    LockPreference,
    LockStale,
    MetadataDiffers,
    NotFound,
    NothingUsable,
    NotSibling,
    OrderSensitive,
    PrereleaseTaken,
    PythonGuard,
    RemedyResult,
    SdistChosen,
    SolutionMissed,
    SplitFailed,
    Thrash,
    UniversalHeldBack,
    YankedTaken,
)
from backtrail.report.layout import Story, unmet
from backtrail.report.lines import Block, Line, Spans, height, line, spans
from backtrail.report.wording.askers import asked_line
from backtrail.report.wording.availability import (
    build_refuses,
    no_wheel,
    not_found_body,
    nothing_body,
    python_guard,
    sdist_body,
    variants_body,
)
from backtrail.report.wording.conflict import clash, conflict_body
from backtrail.report.wording.divergence import diverge_body, missed_body
from backtrail.report.wording.headlines import headline
from backtrail.report.wording.held_back import held_back_body
from backtrail.report.wording.reasons import pythons
from backtrail.report.wording.remedies import remedies
from backtrail.report.wording.search import order_body, thrash_body
from backtrail.report.wording.taken import differs_body, prerelease_body
from backtrail.report.wording.universal import (
    conflict_undeclared_body,
    forked_body,
    held_back_elsewhere_body,
    split_failed_body,
)
from backtrail.report.wording.words import BLOCK_HEIGHT, NAMES_SHOWN, command, file, specifier, version


def story_block(story: Story, report: Report, *, verbose: bool = False) -> Block:
    """A story in full: headline, facts, what the companions add, fixes; at most BLOCK_HEIGHT lines unless verbose."""
    lead = story.lead
    head = line(_head(lead, report), code=lead.code, strong=True)
    merged: Block = tuple(
        line(_companion(one, report), indent=2, code=one.code) for one in story.companions if one.code != lead.code
    )
    if isinstance(lead.detail, Conflict):
        merged = tuple(part for one in story.companions if isinstance(one.detail, NotFound)
                       for part in not_found_body(one.detail))  # fmt: skip
    source = next((one for one in story.findings if _has_verified(one)), lead)
    fixes = remedies(source, report, verbose=verbose)
    room = None if verbose else BLOCK_HEIGHT - 1 - len(merged) - height(fixes)
    return (head, *_body(lead, report, room), *merged, *fixes)


def _head(finding: Finding, report: Report) -> Spans:
    """The headline; of lines that a verdict names already, only why they cannot be met."""
    detail = finding.detail
    named = [one for run in report.runs if run.key in finding.runs for one in unmet(run, report)[:NAMES_SHOWN]]
    if isinstance(detail, Conflict) and tuple(one.requirement for one in detail.lines) in named:
        return clash(detail, report) or headline(finding, report)
    return headline(finding, report)


def _has_verified(finding: Finding) -> bool:
    return any(one.result is RemedyResult.VERIFIED for one in finding.remedies)


def _companion(finding: Finding, report: Report) -> Spans:
    """What a finding adds to a story whose version was named already."""
    match finding.detail:
        case SdistChosen() as detail:
            wheels = spans("; there are wheels for ", pythons(detail.pythons)) if detail.pythons else ()
            return spans(no_wheel(detail, report), wheels)
        case PythonGuard() as detail:
            return python_guard(detail, finding)
        case BuildRefuses() as detail:
            return build_refuses(detail, report)
        case _:
            return headline(finding, report)


def story_line(story: Story, report: Report) -> Line:
    """A story in one line; the codes of everything it tells at the margin."""
    return line(headline(story.lead, report), code=" ".join(story.codes))


def _body(finding: Finding, report: Report, room: int | None) -> Block:
    subject = finding.subject or ""
    match finding.detail:
        case HeldBack() as detail:
            return held_back_body(subject, detail, room)
        case SdistChosen() as detail:
            return sdist_body(detail, report)
        case PythonGuard() as detail:
            return () if report.answers else (line("the file is ", file(detail.file), indent=2),)
        case BuildRefuses() as detail:
            if not any(guard.passes is False for guard in detail.guards):
                return (line("the file is ", file(detail.file), "; it was read, never run", indent=2),)
            bounds = next((guard.bounds for guard in detail.guards if guard.passes is False and guard.bounds), None)
            wants = spans("; it wants Python ", specifier(bounds)) if bounds else ()
            return (line("the file is ", file(detail.file), wants, indent=2),)
        case LocalVariants() as detail:
            return variants_body(detail, room)
        case NothingUsable() as detail:
            return nothing_body(detail, room)
        case NotFound() as detail:
            return not_found_body(detail)
        case Hidden() as detail:
            tried = any(one.result is RemedyResult.VERIFIED or one.change == detail.allow for one in finding.remedies)
            return (line("to allow it: ", command(detail.allow), indent=2),) if detail.allow and not tried else ()
        case Conflict() as detail:
            return conflict_body(detail, room)
        case Thrash() as detail:
            return thrash_body(detail, room)
        case BuildAborts() as detail:
            return (line(asked_line(detail.asked), indent=2),) if detail.asked else ()
        case Diverge() as detail:
            return diverge_body(subject, detail, report, room)
        case UniversalHeldBack() as detail:
            return held_back_elsewhere_body(detail)
        case SplitFailed() as detail:
            return split_failed_body(detail, room)
        case Forked() as detail:
            return forked_body(detail, room)
        case LockStale() | NotSibling():
            return ()
        case LockPreference() as detail:
            return (line(asked_line(detail.asked), indent=2),) if detail.asked else ()
        case ConflictUndeclared() as detail:
            return conflict_undeclared_body(detail, room)
        case SolutionMissed() as detail:
            return missed_body(detail, room)
        case OrderSensitive() as detail:
            return order_body(detail, room)
        case PrereleaseTaken() as detail:
            return prerelease_body(detail)
        case YankedTaken() as detail:
            newest = spans("; the newest release that is not is ", version(detail.newest)) if detail.newest else ()
            return (line("the file is ", file(detail.file), newest, indent=2),)
        case MetadataDiffers() as detail:
            return differs_body(detail)
        case IndexShadowed() as detail:
            by = spans(", set by ", specifier(detail.origin)) if detail.origin else spans(" (uv's default)")
            return (line("only the first index that has a project is asked", by, indent=2),)
