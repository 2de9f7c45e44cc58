"""Which paragraphs a report has, in which order; the same for every skin."""

from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass

from backtrail.model.case import Report
from backtrail.model.finding import Diverge, EnvironmentInconsistent, HeldBack, Severity, SolutionMissed
from backtrail.model.run import own_names
from backtrail.model.trail import Outcome
from backtrail.report import wording
from backtrail.report.layout import Story, alike, bundled, stories
from backtrail.report.lines import Block, Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A report as paragraphs. ``details`` only if asked for. ``stories`` are those that the last of ``body`` tell."""

    verdicts: Block
    body: tuple[Block, ...]
    further: Block
    details: tuple[Block, ...] = ()
    stories: tuple[Story, ...] = ()

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Every paragraph that says something, in order."""
        return tuple(block for block in (self.verdicts, *self.body, self.further, *self.details) if block)


def page(report: Report, *, verbose: bool = False, gated: Collection[str] = ()) -> Page:
    """Lay a report out: short, or with every finding in full and the tables of each run.

    ``gated`` are codes that the exit code depends on: what has one is body, however harmless it is.
    """
    found = stories(report.findings)
    gating = tuple(story for story in found if not set(story.codes).isdisjoint(gated))
    looked = report.project.name if report.project else None
    subject = looked or (report.environment.project if report.environment else None)
    answers = wording.answers(report)
    body: list[Block] = [*wording.plans(report, verbose=verbose)]
    after: tuple[Block, ...] = ()
    compares = report.question.command == "compare"
    own = own_names(report.question.requirements, report.runs)
    if subject is not None:
        found, before, after = _about(subject, found, report, verbose=verbose)
        body.extend(before)
    elif not verbose:
        # No surprise, so body only if asked for, or if it is about what the user asked for.
        found = tuple(
            story for story in found
            if story.severity is not Severity.INFO or story in gating or _is_own(story, own)
        )  # fmt: skip
    if subject is None and not verbose:
        apart = tuple(story for story in found if isinstance(story.lead.detail, Diverge))
        if compares:
            body.extend(wording.compared(story.lead, report) for story in apart)
            found = tuple(story for story in found if isinstance(story.lead.detail, SolutionMissed))
        elif len(apart) < len(found):
            # The verdicts say already where runs part, and why.
            found = tuple(story for story in found if story not in apart)
    graver = tuple(story for story in found if not _is_own(story, own) or story.severity is not Severity.INFO)
    if subject is None and not verbose and 0 < len(graver) < len(found):
        # What became of the user's own requirements comes first, but for what leaves a run without an answer.
        calm = tuple(story for story in found if story not in graver)
        if any(run.outcome is not Outcome.SOLVED for run in report.runs):
            found = (*graver, *calm)
        else:
            body.append(tuple(wording.bundle_line(bundle, report) for bundle in bundled(calm)))
            found = graver
    # Asked about one project, all that concerns it is body; else the gravest story, and of the others that they are.
    told, bundles = (found, ()) if verbose or subject is not None else _first(found)
    body.extend(wording.story_block(story, report, verbose=verbose) for story in told)
    if found and not told:
        body.append((wording.bundle_line(bundles[0], report),))
        bundles = bundles[1:]
    body.extend(after)
    opening = wording.verdicts(report) if report.runs else answers
    verdicts = (*wording.held(report), *opening, *wording.installed(report), *wording.inapplicable(report))
    unshown = tuple(story for story in gating if story not in found and not _is_shown(story, (verdicts, *body)))
    lines = tuple(wording.bundle_line(bundle, report) for bundle in (*bundles, *((one,) for one in unshown)))
    further = (*lines, *answers) if report.runs else lines
    if report.runs and all(run.outcome is Outcome.SOLVED for run in report.runs):
        if not (found or body):
            verdicts = (*verdicts, wording.nothing_differs()) if compares else verdicts
        if not (graver or compares or body[1:]):
            verdicts = (*verdicts, *wording.freshness(report, report.runs))
    verdicts = (*verdicts, *wording.remarks(report, verbose=verbose))
    details = _details(report) if verbose else ()
    return Page(
        verdicts=verdicts,
        body=(*wording.what_changes(report, verbose=verbose), *body),
        further=further,
        details=details,
        stories=tuple(told),
    )


def _first(found: tuple[Story, ...]) -> tuple[tuple[Story, ...], tuple[tuple[Story, ...], ...]]:
    """The gravest story, where it is told by itself, and the others in bundles."""
    bundles = bundled(found)
    return (bundles[0], bundles[1:]) if bundles and alike(bundles[0]) is None else ((), bundles)


def _about(
    subject: str, found: tuple[Story, ...], report: Report, *, verbose: bool
) -> tuple[tuple[Story, ...], list[Block], tuple[Block, ...]]:
    """The stories that concern one project, with what stands before and after them."""
    asked = tuple(story for story in found if story.lead.subject == subject or _concerns(story, subject))
    explained = {key for story in asked for finding in story.findings for key in finding.runs}
    tables = report.project.tables if report.project else ()
    before = [*wording.instead(report)]
    before.extend(
        wording.pinned(run, subject, [one for one in tables if one.run == run.key], verbose=verbose)
        for run in report.runs
        if run.pins
        and run.outcome is not Outcome.IMPOSSIBLE  # what was decided last is no answer
        and (verbose or run.key not in explained)
        # Of a run that stopped nobody knows what would have been part of its answer.
        and (run.outcome is Outcome.SOLVED or run.pin(subject) is not None)
    )
    rest = tuple(story for story in found if story not in asked) if verbose else ()
    bound = () if verbose else tuple(wording.bound(one, subject) for one in tables if one.run in explained)
    return (*asked, *rest), before, bound


def _is_shown(story: Story, blocks: Iterable[Block]) -> bool:
    """Whether it is where runs part, and a verdict or a comparison says so already."""
    codes = {part.code for block in blocks for part in block if isinstance(part, Line)}
    return isinstance(story.lead.detail, Diverge) and story.lead.code in codes


def _concerns(story: Story, subject: str) -> bool:
    """Whether a story tells that a project does not find in an environment what it needs."""
    detail = story.lead.detail
    return isinstance(detail, EnvironmentInconsistent) and any(one.by == subject for one in detail.asked)


def _is_own(story: Story, own: Container[str | None]) -> bool:
    """Whether a story tells why a requirement of the user's is not at its newest release."""
    return isinstance(story.lead.detail, HeldBack) and story.lead.subject in own


def _details(report: Report) -> tuple[Block, ...]:
    found: list[Block] = []
    if report.project is not None:
        found.append(wording.judged(report.project))
    for run in report.runs:
        fresh = report.freshness.get(run.key)
        found.append((wording.costs(run), *(wording.outdated(fresh) if fresh else ()), *wording.attempts(run)))
        found.append(wording.pins(run, report))
    return tuple(found)
