"""What came of a survey, section by section."""

from collections.abc import Iterator

from backtrail.explain.catalogue import BY_CODE
from backtrail.model.survey import BASELINE, Ended, FindingCount, Hit, Moved, Summary, Unsure
from backtrail.model.trail import Outcome
from backtrail.report.lines import Block, Spans, Table, line, row, spans
from backtrail.report.wording.words import (
    OUTCOMES,
    command,
    count,
    listed,
    package,
    quote,
    resolver,
    specifier,
    version,
)

__all__ = ["survey", "survey_title"]

Section = tuple[str, Block]
"""A heading, and what stands below it."""

_KEEP_NAMES = 6


def survey_title(found: Summary) -> str:
    """What was asked, and how many questions a change hits."""
    asked = f"{count(found.questions, 'question', digits=True)}, {count(found.cells, 'cell', digits=True)} each"
    return f"{asked}: {count(max(found.hits.values()), 'question', digits=True)} changed" if found.hits else asked


def survey(found: Summary, folder: str) -> Iterator[Section]:
    """The sections; those that would be empty are left out. ``folder`` is where the tables lie."""
    yield "Answers", (_answers(found.ended), *_hits(found))
    if found.moved:
        yield "What changed most", (_moved(found.moved),)
    if found.causes:
        rows = tuple(row(one.cell, one.cause, str(one.pins), str(one.questions)) for one in found.causes)
        yield "What decides it", (Table(head=("cell", "cause", "pins", "questions"), rows=rows, headed=True),)
    if found.hit:
        yield "Whom it hits", (_hit(found.hit, folder),)
    if found.findings:
        yield "Found in the baseline", (_findings(found.findings),)
    if found.unbuilt:
        yield (
            "Not known without a build",
            _unsure(found.unbuilt, "release", "What these require only a build tells for certain, and none was made."),
        )
    if found.left_out:
        yield (
            "Left out",
            _unsure(
                found.left_out, "requirement", "What these name could not be fetched, so answers are without them."
            ),
        )
    if found.unread:
        yield "Could not be asked", (_said(found.unread),)
    if found.unanswered:
        more = found.lost - len(found.unanswered)
        lost = (line(f"and {count(more, 'further run', digits=True)}"),) if more else ()
        yield "Without an answer", (_said(found.unanswered), *lost)


def _answers(ended: tuple[Ended, ...]) -> Table:
    kinds = [one.value for one in Outcome if any(one.value in row.outcomes for row in ended)]
    lost = any("" in one.outcomes for one in ended)
    rows = tuple(
        row(
            one.cell,
            resolver(one.run),
            *(str(one.outcomes.get(kind, 0)) for kind in kinds),
            *((str(one.outcomes.get("", 0)),) if lost else ()),
        )
        for one in ended
    )
    said = [OUTCOMES[Outcome(kind)] for kind in kinds]
    head = ("cell", "resolver", *said, *(("without an answer",) if lost else ()))
    return Table(head=head, rows=rows, headed=True)


def _hits(found: Summary) -> Block:
    asked = found.questions - len(found.unread)
    return tuple(
        line(f"{cell}: {count(number, 'question', digits=True)} of {asked} changed")
        for cell, number in found.hits.items()
        if cell != BASELINE
    )


def _moved(moved: tuple[Moved, ...]) -> Table:
    rows = tuple(
        row(
            str(one.questions),
            one.cell,
            ", ".join(map(resolver, one.runs)),
            _change(one),
            "; ".join(_causes(one)),
            one.examples[0],
        )
        for one in moved
    )
    head = ("questions", "cell", "resolvers", "what changed", "why", "for example")
    return Table(head=head, rows=rows, headed=True)


def _causes(one: Moved) -> tuple[str, ...]:
    if one.what != "pin" or one.causes:
        return one.causes
    return ("nothing that differs decides it by itself",) if one.known else ("not known",)


def _change(one: Moved) -> Spans:
    match one.what:
        case "pin":
            if one.old is None or one.new is None:
                how = " gone" if one.new is None else " new"
                return spans(package(one.subject or ""), " ", version(one.old or one.new or ""), how)
            return spans(package(one.subject or ""), " ", version(one.old), " → ", version(one.new))
        case "finding":
            title = BY_CODE[one.code or ""].kind
            how = "vanishes" if one.new is None else "appears"
            return spans(f"{one.code} {title}", *((" of ", package(one.subject)) if one.subject else ()), f" {how}")
        case _:
            return spans(_became(one.old or "", one.new or ""))


def _became(old: str, new: str) -> str:
    """How outcomes differ."""
    return f"{OUTCOMES[Outcome(old)]} → {OUTCOMES[Outcome(new)]}"


def _opens(question: str, cell: str, folder: str) -> Spans:
    """What opens a question's own report."""
    return spans(command("backtrail survey report", question, folder, "--cell", cell))


def _hit(hit: tuple[Hit, ...], folder: str) -> Table:
    rows = tuple(
        row(
            one.question,
            one.cell,
            "; ".join(f"{resolver(run)}: {_became(old, new)}" for run, old, new in one.outcomes),
            str(one.pins),
            listed(map(spans, one.come), last="and", shown=_KEEP_NAMES) if one.come else "",
            listed(map(spans, one.gone), last="and", shown=_KEEP_NAMES) if one.gone else "",
            _opens(one.question, one.cell, folder),
        )
        for one in hit
    )
    head = ("question", "cell", "outcome", "pins moved", "findings that appear", "that vanish", "see")
    return Table(head=head, rows=rows, headed=True)


def _findings(findings: tuple[FindingCount, ...]) -> Table:
    rows = tuple(
        row(
            one.code,
            BY_CODE[one.code].title,
            str(one.questions),
            listed((spans(package(name), f" ({number})") for name, number in one.subjects), last="and"),
        )
        for one in findings
    )
    return Table(head=("code", "says", "questions", "most often of"), rows=rows, headed=True)


def _unsure(found: tuple[Unsure, ...], what: str, said: str) -> Block:
    rows = tuple(row(spans(specifier(one.name)), str(one.questions), one.example) for one in found)
    return line(said), Table(head=(what, "questions", "for example"), rows=rows, headed=True)


def _said(pairs: tuple[tuple[str, str], ...]) -> Table:
    rows = tuple(row(question, quote(why)) for question, why in pairs)
    return Table(head=("question", "why"), rows=rows, headed=True)
