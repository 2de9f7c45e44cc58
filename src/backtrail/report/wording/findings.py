"""What is said of each finding: its headline, and what stands below it."""

from backtrail.model.case import Report
from backtrail.model.finding import (
    BuildAborts,
    BuildDoomed,
    BuildRefuses,
    Conflict,
    ConflictUndeclared,
    Diverge,
    EnvironmentInconsistent,
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
    ReinstallForced,
    RemedyResult,
    SdistChosen,
    SolutionMissed,
    SplitFailed,
    Thrash,
    UniversalHeldBack,
    YankedTaken,
)
from backtrail.report.lines import Block, Spans, line, spans
from backtrail.report.wording.askers import asked_line, asked_of, whose
from backtrail.report.wording.availability import (
    build_refuses,
    hiding,
    local_variants,
    no_wheel,
    not_found,
    not_found_body,
    nothing_body,
    python_guard,
    sdist_body,
    variants_body,
)
from backtrail.report.wording.build_doomed import build_doomed, build_doomed_body
from backtrail.report.wording.conflict import conflict_body, conflict_headline
from backtrail.report.wording.divergence import diverge_body, diverge_headline, missed_body, missed_headline
from backtrail.report.wording.environment_inconsistent import inconsistent, inconsistent_body
from backtrail.report.wording.held_back import held_back_body, held_back_headline
from backtrail.report.wording.reinstall_forced import replaced, replaced_body
from backtrail.report.wording.remedies import change
from backtrail.report.wording.search import order_body, order_sensitive, thrash_body, thrash_headline
from backtrail.report.wording.taken import differs_body, metadata_differs, prerelease_body, prerelease_rule
from backtrail.report.wording.universal import (
    conflict_undeclared,
    conflict_undeclared_body,
    forked,
    forked_body,
    held_back_elsewhere,
    held_back_elsewhere_body,
    lock_preference,
    lock_stale,
    not_sibling,
    split_failed,
    split_failed_body,
)
from backtrail.report.wording.words import (
    NAMES_SHOWN,
    command,
    file,
    listed,
    quote,
    release,
    runs_named,
    specifier,
    stretch,
    this_target,
    version,
    year_of,
)


def headline(finding: Finding, report: Report) -> Spans:
    """The finding in one sentence."""
    subject = finding.subject or ""
    match finding.detail:
        case HeldBack() as detail:
            return held_back_headline(subject, detail, report)
        case SdistChosen() as detail:
            year = year_of(detail.uploaded)
            return spans(
                release(subject, detail.version),
                f" is an sdist of {year}: " if year else " is an sdist: ",
                no_wheel(detail, report),
            )
        case PythonGuard() as detail:
            return spans(release(subject, detail.version), ": ", python_guard(detail, finding))
        case BuildRefuses() as detail:
            return spans(release(subject, detail.version), ": ", build_refuses(detail, report))
        case LocalVariants() as detail:
            return local_variants(subject, detail, report)
        case NothingUsable() as detail:
            wanted = release(subject, detail.version) if detail.version else spans(specifier(detail.requirement))
            by = () if set(finding.runs) >= asked_of(report) else spans(" by ", runs_named(finding))
            return spans("no file of ", wanted, " can be used", by, " with ", this_target(report, detail.pythons))
        case NotFound() as detail:
            return not_found(subject, detail)
        case Hidden() as detail:
            return spans(release(subject, detail.version), " exists, but ", hiding(detail))
        case ReinstallForced() as detail:
            return replaced(subject, detail, report)
        case EnvironmentInconsistent() as detail:
            return inconsistent(subject, detail, report, finding.runs)
        case OrderSensitive() as detail:
            return order_sensitive(detail, report)
        case PrereleaseTaken() as detail:
            return spans(release(subject, detail.version), " is a pre-release: ", prerelease_rule(detail))
        case YankedTaken() as detail:
            why = spans(": ", quote(detail.reason)) if detail.reason else ()
            pinned_by = spans("; taken because of ", whose(detail.asked)) if detail.asked else ()
            return spans(release(subject, detail.version), " was yanked", why, pinned_by)
        case MetadataDiffers() as detail:
            return spans(release(subject, detail.version), ": ", metadata_differs(detail))
        case IndexShadowed() as detail:
            newer = stretch(detail.hidden)
            return spans(
                release(subject, detail.version), " comes from ", file(detail.index), ", which hides ",
                newer, " on ", file(detail.later),
            )  # fmt: skip
        case Conflict() as detail:
            return conflict_headline(detail, report)
        case Thrash() as detail:
            return thrash_headline(detail)
        case BuildAborts() as detail:
            return spans(
                runs_named(finding),
                " would have to build ",
                file(detail.file),
                " to go on, and stops: ",
                quote(detail.error),
            )
        case BuildDoomed() as detail:
            return spans(release(subject, detail.version), " ", build_doomed(detail, report))
        case Diverge() as detail:
            return diverge_headline(subject, detail, report)
        case UniversalHeldBack() as detail:
            return held_back_elsewhere(subject, detail, report)
        case SplitFailed() as detail:
            return split_failed(detail, report)
        case Forked() as detail:
            return forked(subject, detail)
        case LockStale() as detail:
            return lock_stale(detail)
        case LockPreference() as detail:
            return lock_preference(subject, detail)
        case ConflictUndeclared() as detail:
            return conflict_undeclared(detail)
        case NotSibling() as detail:
            return not_sibling(detail)
        case SolutionMissed() as detail:
            return missed_headline(detail, finding, report)


def body(finding: Finding, report: Report, room: int | None) -> Block:
    """What stands below the headline of a finding, in at most ``room`` lines; None: all of it."""
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
        case BuildDoomed() as detail:
            return build_doomed_body(detail)
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
        case ReinstallForced() as detail:
            return replaced_body(subject, detail)
        case EnvironmentInconsistent() as detail:
            return inconsistent_body(subject, detail) if not finding.runs else ()
        case OrderSensitive() as detail:
            return order_body(detail, report, room)
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


def note(finding: Finding, report: Report) -> Spans:
    """A finding and what fixes it, in one paragraph."""
    good = dict.fromkeys(change(one) for one in finding.remedies if one.result is RemedyResult.VERIFIED)
    fixes = spans(". Solved again with a fix: ", listed(good, last="or", shown=NAMES_SHOWN)) if good else ()
    return spans(headline(finding, report), fixes)
