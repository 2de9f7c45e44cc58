"""A story in full or in one line: headline, what stands below it, companions, fixes."""

from backtrail.model.case import Report
from backtrail.model.finding import (
    BuildDoomed,
    BuildRefuses,
    Conflict,
    Finding,
    HeldBack,
    NotFound,
    PythonGuard,
    SdistChosen,
)
from backtrail.report.layout import Alike, Story, alike, apart, capping, unmet
from backtrail.report.lines import Block, Line, Spans, height, line, spans
from backtrail.report.wording.availability import (
    build_refuses,
    no_wheel,
    not_found_body,
    python_guard,
)
from backtrail.report.wording.build_doomed import build_doomed
from backtrail.report.wording.conflict import clash
from backtrail.report.wording.findings import body, headline
from backtrail.report.wording.reasons import pythons
from backtrail.report.wording.remedies import remedies
from backtrail.report.wording.words import BLOCK_HEIGHT, NAMES_SHOWN, listed, release, resolver, this_python, version


def story_block(story: Story, report: Report, *, verbose: bool = False) -> Block:
    """A story in full: headline, facts, what the companions add, fixes; at most BLOCK_HEIGHT lines unless verbose."""
    lead = story.lead
    head = line(_of(lead, report), _head(lead, report), code=lead.code, strong=True)
    merged: Block = tuple(
        line(_companion(one, report), indent=2, code=one.code) for one in story.companions if one.code != lead.code
    )
    if isinstance(lead.detail, Conflict):
        merged = tuple(part for one in story.companions if isinstance(one.detail, NotFound)
                       for part in not_found_body(one.detail))  # fmt: skip
    fixes = remedies(story.telling, report, verbose=verbose)
    room = None if verbose else BLOCK_HEIGHT - 1 - len(merged) - height(fixes)
    return (head, *body(lead, report, room), *merged, *fixes)


def _of(finding: Finding, report: Report) -> Spans:
    """``uv 0.4.18: `` before what is not so of the runs that the first verdict speaks of."""
    runs = apart(finding, report)
    return spans(listed(map(resolver, runs)), ": ") if runs else ()


def _head(finding: Finding, report: Report) -> Spans:
    """The headline; of lines that a verdict names already, only why they cannot be met."""
    detail = finding.detail
    named = [one for run in report.runs if run.key in finding.runs for one in unmet(run, report)[:NAMES_SHOWN]]
    if isinstance(detail, Conflict) and tuple(one.requirement for one in detail.lines) in named:
        return clash(detail, report) or headline(finding, report)
    return headline(finding, report)


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
        case BuildDoomed() as detail:
            return spans("it ", build_doomed(detail, report))
        case _:
            return headline(finding, report)


def bundle_line(bundle: tuple[Story, ...], report: Report) -> Line:
    """Stories that are alike in one line; a story by itself as ``story_line`` tells it."""
    if len(bundle) == 1:
        return story_line(bundle[0], report)
    names = [(str(one.lead.subject), one.lead.detail) for one in bundle]
    each = listed(
        (
            spans(release(name, detail.chosen), " (not ", version(detail.newest), ")")
            for name, detail in names
            if isinstance(detail, HeldBack)
        ),
        shown=NAMES_SHOWN,
    )
    match alike(bundle):
        case Alike.PYTHON:
            why = spans(f"the newest releases exclude {this_python(report)}")
        case Alike.ASKED if isinstance(names[0][1], HeldBack) and (asked := capping(names[0][1])) is not None:
            why = spans("as ", release(asked.by or "", asked.version or ""), " asks")
        case _:
            why = spans("why they are not newer is not known")
    codes = sorted({code for story in bundle for code in story.codes})
    return line(_of(bundle[0].lead, report), each, ": ", why, code=" ".join(codes))


def story_line(story: Story, report: Report) -> Line:
    """A story in one line; the codes of everything it tells at the margin."""
    return line(_of(story.lead, report), headline(story.lead, report), code=" ".join(story.codes))
