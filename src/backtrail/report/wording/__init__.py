"""The only English of reports, a room for each kind of sentence; skins only place it on a page."""

from backtrail.report.wording.askers import asker, who
from backtrail.report.wording.cases import because, difference, only_in, remaining, scenario, shrunk
from backtrail.report.wording.divergence import compared
from backtrail.report.wording.findings import headline, note
from backtrail.report.wording.freshness import freshness, outdated
from backtrail.report.wording.headings import (
    COMMAND,
    ENVIRONMENT,
    EVERYTHING,
    LABELS,
    command_line,
    environment,
    nothing_differs,
    releases,
    title,
)
from backtrail.report.wording.installation import installed, plans
from backtrail.report.wording.locks import held
from backtrail.report.wording.project import answers, bound, instead, judged, pinned
from backtrail.report.wording.reasons import each_refused
from backtrail.report.wording.remarks import remarks
from backtrail.report.wording.remedies import change
from backtrail.report.wording.runs import attempts, costs, failed, inapplicable, pins, requirement_line, tried, verdicts
from backtrail.report.wording.stories import bundle_line, story_block, story_line
from backtrail.report.wording.trail import event
from backtrail.report.wording.universal import fork_name, lane, lane_note, splits
from backtrail.report.wording.what_if import unpublished, what_changes
from backtrail.report.wording.words import BLOCK_HEIGHT, count, others, release, resolver

__all__ = [
    "BLOCK_HEIGHT",
    "COMMAND",
    "ENVIRONMENT",
    "EVERYTHING",
    "LABELS",
    "answers",
    "asker",
    "attempts",
    "because",
    "bound",
    "bundle_line",
    "change",
    "command_line",
    "compared",
    "costs",
    "count",
    "difference",
    "each_refused",
    "environment",
    "event",
    "failed",
    "fork_name",
    "freshness",
    "headline",
    "held",
    "inapplicable",
    "installed",
    "instead",
    "judged",
    "lane",
    "lane_note",
    "note",
    "nothing_differs",
    "only_in",
    "others",
    "outdated",
    "pinned",
    "pins",
    "plans",
    "release",
    "releases",
    "remaining",
    "remarks",
    "requirement_line",
    "resolver",
    "scenario",
    "shrunk",
    "splits",
    "story_block",
    "story_line",
    "title",
    "tried",
    "unpublished",
    "verdicts",
    "what_changes",
    "who",
]
