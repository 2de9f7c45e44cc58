"""A Case: the question, everything read to answer it, the runs and what they mean."""

from packaging.utils import NormalizedName

from backtrail.model.difference import WhatIf
from backtrail.model.finding import Finding
from backtrail.model.freshness import Freshness
from backtrail.model.installed import InstalledView
from backtrail.model.locked import LockedProject
from backtrail.model.log import CheckedMessage, Log
from backtrail.model.project import Answer, Offer, ProjectView
from backtrail.model.question import Question
from backtrail.model.record import Record
from backtrail.model.run import Run


class Report(Record, frozen=True, kw_only=True):
    """The answered question: what every output format is made of.

    ``answers`` by run key, for ``why`` only; ``freshness`` by run key, of the runs with an answer.
    ``elsewhere`` by run key: what other places have of each pin, where more than one is asked.
    ``locked`` is what a lock holds of the project asked about, None: no lock was read.
    ``log`` is what the first run is made from, and was asked again in the second; None: nothing was.
    ``message`` is the error message of the log, checked; None: it has none.
    ``environment`` is what was read of one; None: nothing was.
    ``what_if`` is how the answer differs from that for the index as it is, None: it is for the index as it is.
    """

    question: Question
    runs: tuple[Run, ...]
    findings: tuple[Finding, ...] = ()
    project: ProjectView | None = None
    answers: dict[str, Answer] = {}
    freshness: dict[str, Freshness] = {}
    elsewhere: dict[str, dict[NormalizedName, tuple[Offer, ...]]] = {}
    locked: LockedProject | None = None
    log: Log | None = None
    message: CheckedMessage | None = None
    environment: InstalledView | None = None
    what_if: WhatIf | None = None
