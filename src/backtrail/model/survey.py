"""What a survey finds: rows of its tables, a record each (docs/survey.md). None: there is nothing to say."""

from backtrail.model.record import Record
from backtrail.model.trail import Outcome

BASELINE = "baseline"
"""The cell that the others are held against: the question with the first value of everything that is varied."""


class QuestionRow(Record, frozen=True, kw_only=True):
    """A question that was asked, or could not be: then ``error`` says why in a sentence, and it has no runs.

    ``place`` is the file it was read from, with a line where there is one, ``kind`` what that file is. ``requirements``
    are the lines as they were written.
    """

    question: str
    place: str
    kind: str
    requirements: tuple[str, ...] = ()
    cells: int = 0
    error: str | None = None


class _OfRun(Record, frozen=True, kw_only=True):
    """What a row is about: a question, a cell, and the key of a run (``uv@0.13.9``)."""

    question: str
    cell: str
    run: str


class RunRow(_OfRun, frozen=True, kw_only=True):
    """One resolver's answer to a question in one cell.

    ``error`` is a sentence where there is no answer: then the outcome and all that follows from it are None.
    ``index`` names the changes that were made to the index, ``rule`` the rule that was switched. ``unbuilt`` are pins,
    ``NAME==VERSION``, of which only a build would tell what they require, and it was not made. ``left_out`` are lines
    that name what could not be fetched: the answer is one without them.
    """

    resolver: str
    release: str
    python: str
    platform: str
    cut_off: str | None = None
    rule: str | None = None
    index: str | None = None
    basis: str | None = None
    outcome: str | None = None
    failure: str | None = None
    pins: int | None = None
    unbuilt: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    findings: int | None = None
    rounds: int | None = None
    decisions: int | None = None
    rejections: int | None = None
    conflicts: int | None = None
    backjumps: int | None = None
    listings: int | None = None
    metadata: int | None = None
    error: str | None = None


class PinRow(_OfRun, frozen=True, kw_only=True):
    """A project of an answer. ``kind`` is ``wheel``, ``sdist``, ``url`` or ``installed``.

    ``verified``: its requirements are known without a build that the resolver would have run; ``assumed``: nobody knows
    them without, and it was taken as requiring nothing.
    """

    project: str
    version: str
    kind: str
    file: str | None = None
    uploaded: str | None = None
    yanked: bool = False
    verified: bool = True
    assumed: bool = False


class FindingRow(_OfRun, frozen=True, kw_only=True):
    """A finding of one run; one that is about several runs has a row for each.

    ``remedy`` is the first change that helps, solved again; None: none is known.
    """

    code: str
    kind: str
    severity: str
    subject: str | None
    headline: str
    remedy: str | None = None


class ChangeRow(_OfRun, frozen=True, kw_only=True):
    """What differs between a cell and the baseline, for one resolver.

    ``what`` is ``pin``, ``finding``, ``outcome`` or ``rounds``. ``subject`` is the project of a pin or a finding,
    ``code`` that of a finding; ``old`` and ``new`` are versions, headlines, outcomes or numbers, None: not there.
    ``causes`` are sentences about what decides a pin, seen by solving; ``known`` is False where that could not be seen.
    """

    baseline_run: str
    what: str
    subject: str | None = None
    code: str | None = None
    old: str | None = None
    new: str | None = None
    causes: tuple[str, ...] = ()
    known: bool = True


class Surveyed(Record, frozen=True, kw_only=True):
    """The answer to one question in one cell: rows of four tables, and the processor's seconds that it took."""

    runs: tuple[RunRow, ...] = ()
    pins: tuple[PinRow, ...] = ()
    findings: tuple[FindingRow, ...] = ()
    changes: tuple[ChangeRow, ...] = ()
    seconds: float = 0.0


class TimingRow(Record, frozen=True, kw_only=True):
    """What an answer cost here and now, which no two surveys have in common.

    ``seconds`` are those of a processor.
    """

    question: str
    cell: str
    seconds: float


class Ended(Record, frozen=True, kw_only=True):
    """How the runs of one resolver ended in one cell: how many questions by outcome; ``""``: without an answer."""

    cell: str
    run: str
    outcomes: dict[str, int]


class Moved(Record, frozen=True, kw_only=True):
    """The same change of several questions, of which ``examples`` are the first; ``runs`` are those that have it."""

    cell: str
    runs: tuple[str, ...]
    what: str
    subject: str | None
    code: str | None
    old: str | None
    new: str | None
    causes: tuple[str, ...]
    known: bool
    questions: int
    examples: tuple[str, ...]


class Hit(Record, frozen=True, kw_only=True):
    """What a cell does to one question.

    ``outcomes`` are a run, its old and its new outcome, where they differ; ``pins`` counts projects that move; ``come``
    and ``gone`` are findings with their project.
    """

    question: str
    cell: str
    outcomes: tuple[tuple[str, str, str], ...]
    pins: int
    come: tuple[str, ...]
    gone: tuple[str, ...]


class CauseCount(Record, frozen=True, kw_only=True):
    """How many pins of how many questions one thing decides in a cell."""

    cell: str
    cause: str
    pins: int
    questions: int


class FindingCount(Record, frozen=True, kw_only=True):
    """How many questions have a finding in the baseline, and the projects that it is about most often."""

    code: str
    questions: int
    subjects: tuple[tuple[str, int], ...]


class Unsure(Record, frozen=True, kw_only=True):
    """A release or a line that answers are not sure of, how many questions have it, and the first of them."""

    name: str
    questions: int
    example: str


class Summary(Record, frozen=True, kw_only=True):
    """The tables in short, each list with what is most first; of ``moved`` and what follows it the first rows only.

    ``hits`` counts the questions with any change, by cell. ``unread`` are questions that could not be asked with the
    reason, ``unanswered`` those that were and have no answer, ``lost`` how many. ``changed`` are the kinds of changes
    that there are, ``codes`` those of findings, in any cell. ``unbuilt`` are releases that need a build that was not
    made, ``left_out`` lines that answers do without.
    """

    questions: int
    cells: int
    ended: tuple[Ended, ...]
    hits: dict[str, int]
    moved: tuple[Moved, ...]
    hit: tuple[Hit, ...]
    causes: tuple[CauseCount, ...]
    findings: tuple[FindingCount, ...]
    unbuilt: tuple[Unsure, ...]
    left_out: tuple[Unsure, ...]
    unread: tuple[tuple[str, str], ...]
    unanswered: tuple[tuple[str, str], ...]
    lost: int
    changed: frozenset[str]
    codes: frozenset[str]


MET = ("outcome", "pin", "finding", "unanswered", "unknown")
"""What a survey may be told to fail on beside findings by their code: what differs, or was not answered, anywhere."""

_UNKNOWN = (Outcome.UNKNOWN.value, Outcome.GAVE_UP.value)


def met(summary: Summary) -> frozenset[str]:
    """What of all that there is: kinds of changes, codes of findings of any cell, and what nobody knows."""
    unanswered = bool(summary.lost or summary.unread)
    ends = {outcome for one in summary.ended for outcome in one.outcomes}
    unknown = unanswered or bool(summary.unbuilt or summary.left_out) or not ends.isdisjoint(_UNKNOWN)
    named = {"unanswered": unanswered, "unknown": unknown}
    return summary.changed | summary.codes | {name for name, so in named.items() if so}
