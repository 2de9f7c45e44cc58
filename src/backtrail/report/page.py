"""Which paragraphs a report has, in which order; the same for every skin."""

from dataclasses import dataclass

from backtrail.model.case import Report
from backtrail.model.finding import Diverge, Severity, SolutionMissed
from backtrail.model.trail import Outcome
from backtrail.report import wording
from backtrail.report.layout import Story, stories
from backtrail.report.lines import Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A report as paragraphs. ``details`` only if asked for. ``stories`` are those that the last of ``told`` tell."""

    verdicts: Block
    told: tuple[Block, ...]
    further: Block
    details: tuple[Block, ...] = ()
    stories: tuple[Story, ...] = ()

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Every paragraph that says something, in order."""
        return tuple(block for block in (self.verdicts, *self.told, self.further, *self.details) if block)


def page(report: Report, *, verbose: bool = False) -> Page:
    """Lay a report out: short, or with every finding in full and the tables of each run."""
    found = stories(report.findings)
    subject = report.project.name if report.project else None
    answers = wording.answers(report)
    told: list[Block] = []
    compares = report.question.command == "compare"
    if subject is not None:
        asked = tuple(story for story in found if story.lead.subject == subject)
        explained = {key for story in asked for finding in story.findings for key in finding.runs}
        told.extend(wording.instead(report))
        tables = {table.run: table for table in report.project.tables} if report.project else {}
        told.extend(
            wording.pinned(run, subject, tables.get(run.key), verbose=verbose)
            for run in report.runs
            if run.pins
            and (verbose or run.key not in explained)
            # Of a run that stopped nobody knows what would have been part of its answer.
            and (run.outcome is Outcome.SOLVED or run.pin(subject) is not None)
        )
        rest = tuple(story for story in found if story not in asked) if verbose else ()
        found = (*asked, *rest)
    elif not verbose:
        # As requirements wish it to be: no surprise, so told only if asked for.
        found = tuple(story for story in found if story.severity is not Severity.INFO)
    if subject is None and not verbose:
        apart = tuple(story for story in found if isinstance(story.lead.detail, Diverge))
        if compares:
            told.extend(wording.compared(story.lead, report) for story in apart)
            found = tuple(story for story in found if isinstance(story.lead.detail, SolutionMissed))
        elif len(apart) < len(found):
            # The verdicts say already where runs part, and why.
            found = tuple(story for story in found if story not in apart)
    # Asked about one project, all that concerns it is told; else the gravest story, and of the others that they are.
    full = len(found) if verbose or subject is not None else 1
    told.extend(wording.story_block(story, report, verbose=verbose) for story in found[:full])
    if subject is not None and not verbose:
        told.extend(wording.bound(table, subject) for key, table in tables.items() if key in explained)
    verdicts = wording.verdicts(report, found) if report.runs else answers
    lines = tuple(wording.story_line(story, report) for story in found[full:])
    further = (*lines, *answers) if report.runs else lines
    usual = all(run.outcome is Outcome.SOLVED and not run.passed_over for run in report.runs)
    if report.runs and usual and not (found or told):
        verdicts = (*verdicts, wording.nothing_differs() if compares else wording.nothing_found())
    details = _details(report) if verbose else ()
    return Page(verdicts=verdicts, told=tuple(told), further=further, details=details, stories=tuple(found[:full]))


def _details(report: Report) -> tuple[Block, ...]:
    found: list[Block] = []
    if report.project is not None:
        found.append(wording.judged(report.project))
    for run in report.runs:
        found.append((wording.costs(run), *wording.attempts(run)))
        found.append(wording.pins(run))
    return tuple(found)
