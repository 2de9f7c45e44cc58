"""BT119: a chosen sdist whose build fails, or may, as is known without running it."""

from collections.abc import Iterator

from packaging.utils import NormalizedName

from backtrail.explain import catalogue
from backtrail.explain.evidence.build_forecast import Forecasts
from backtrail.model.files import File, FileKind
from backtrail.model.finding import BuildDoomed, Finding, Severity
from backtrail.model.metadata import Failure, Unavailable
from backtrail.model.question import Question
from backtrail.model.run import Run
from backtrail.model.trail import Outcome, Read


def build_doomed(run: Run, question: Question, forecasts: Forecasts) -> Iterator[Finding]:
    """Look at the sdists of an answer that no build was seen of, or at the one whose build ended the run."""
    for name, file in _sdists(run, question, forecasts):
        detail = forecasts.of(file, file.version, question)
        if detail is not None:
            yield _finding(run, name, file, detail)


def _finding(run: Run, name: NormalizedName, file: File, detail: BuildDoomed) -> Finding:
    return catalogue.finding(
        detail,
        runs=(run.key,),
        subject=name,
        severity=Severity.ERROR if detail.certain else Severity.INFO,
        evidence=(f"page:{name}", f"file:{file.filename}"),
    )


def _sdists(run: Run, question: Question, forecasts: Forecasts) -> Iterator[tuple[NormalizedName, File]]:
    built = {one.file: one for one in run.trail if isinstance(one, Read) and one.what == "build"}
    if run.outcome is Outcome.SOLVED:
        for pin in run.pins:
            if pin.file is not None and pin.file.kind is FileKind.SDIST and not _was_built(pin.file, built, question):
                yield pin.name, pin.file
    failure = run.failure
    if isinstance(failure, Unavailable) and failure.failure is Failure.BUILD_FAILED and failure.file in built:
        read = built[failure.file]
        file = forecasts.file(read, question)
        if file is not None:
            yield NormalizedName(read.name), file


def _was_built(file: File, built: dict[str | None, Read], question: Question) -> bool:
    """Whether its backend ran for its metadata, and ended well: the answer has it."""
    return question.options.build_sdists and file.filename in built
