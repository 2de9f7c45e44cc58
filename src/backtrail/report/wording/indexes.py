"""Which index or find-links location something is from, and what the others have of it."""

from collections.abc import Sequence

from packaging.version import Version

from backtrail.model.project import Offer
from backtrail.model.question import Question
from backtrail.model.run import Run
from backtrail.report.lines import Line, Spans, line, spans
from backtrail.report.wording.words import file, joined, listed, specifier, version
from backtrail.resolvers.registry import parse_resolver, resolver_of


def searched(run: Run, question: Question) -> Line | None:
    """In which order a resolver asks indexes, and whether it ends at the first; None where there is one place."""
    behaviour = resolver_of(parse_resolver(run.key)).behaviour
    order = behaviour.index_order(question.indexes)
    if len(order) < 2:
        return None
    first = behaviour.stops_at_first_index(question.options)
    rule = "each project from the first index that has it: " if first else "each project from all indexes alike: "
    return line(rule, listed(map(file, order), last="then" if first else "and"), indent=2)


def from_place(index: str, number: str, offers: Sequence[Offer]) -> Spans:
    """The place of a version, and what the others have: ``from A; B has 2.0``."""
    return spans(*joined([spans("from ", file(index)), *others(number, offers)], "; "))


def others(number: str, offers: Sequence[Offer]) -> list[Spans]:
    """What the other places have of a project of which a version is taken, and that no other has its local build."""
    local = Version(number).local
    alone = local is not None and offers and not any(one.same for one in offers)
    only = [spans("only this place has it with ", specifier(f"+{local}"))] if alone else []
    return [*only, *(_offer(one, number) for one in offers)]


def _offer(one: Offer, number: str) -> Spans:
    has = spans(" has ", version(one.newest)) if one.newest is not None else spans(" has none that can be used")
    if one.same and one.newest == number:
        has = spans(" has it, too")
    elif one.same:
        has = spans(" has it, too, and ", version(one.newest)) if one.newest is not None else has
    return spans(file(one.index), has)
