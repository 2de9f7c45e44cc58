"""Why not: what would have to change for a resolution to hold a version that it does not, found by solving with it."""

import msgspec

from backtrail.explain.causes.smallest_sets import Search, Solve
from backtrail.explain.evidence.available_releases import Stock
from backtrail.explain.evidence.refusals import meets
from backtrail.explain.findings.conflict import explained
from backtrail.explain.remedies.budget import Budget
from backtrail.model.project import Instead
from backtrail.model.question import Question
from backtrail.model.requirement import Requirement
from backtrail.model.run import Run, moved
from backtrail.model.trail import Outcome


def instead(run: Run, question: Question, stock: Stock, solve: Solve, budget: Budget) -> Instead | None:
    """Solve with the requirement asked about as a line of its own.

    None where the run has no answer or does not hold the project, where the requirement says nothing of versions or the
    pin meets it, and where the budget is out.
    """
    subject = question.subject
    if subject is None or run.outcome is not Outcome.SOLVED or not subject.specifier:
        return None
    pin = run.pin(subject.name)
    if pin is None or meets(subject, pin.version) or not budget.spend():
        return None
    asked = _asking(question, subject)
    again = solve(asked)
    conflict = None
    if again.outcome is Outcome.IMPOSSIBLE:
        smallest = next(Search(again, asked, solve, budget).conflicts(1), None)
        conflict = None if smallest is None else explained(smallest, stock, lambda _: None)
    return Instead(
        requirement=subject,
        outcome=again.outcome,
        pins_changed=moved(run, again) if again.outcome is Outcome.SOLVED else {},
        conflict=conflict,
    )


def _asking(question: Question, subject: Requirement) -> Question:
    """The question with the requirement as one more line of the user's, of a workspace in its first list."""
    workspace = question.universal.workspace
    if workspace is None or not workspace.members:
        return msgspec.structs.replace(question, requirements=(*question.requirements, subject))
    first, *others = workspace.members
    first = msgspec.structs.replace(first, dependencies=(*first.dependencies, subject))
    workspace = msgspec.structs.replace(workspace, members=(first, *others))
    universal = msgspec.structs.replace(question.universal, workspace=workspace)
    return msgspec.structs.replace(question, requirements=workspace.requirements, universal=universal)
