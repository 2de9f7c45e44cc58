"""From a question to the code it ends with: the answer in each form, where it is wanted."""

import os
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from backtrail.cli.output import atomically, progress_bar, quiet_pipe, writable, write
from backtrail.model.case import Report
from backtrail.model.errors import InputError
from backtrail.model.trail import Outcome
from backtrail.report.layout import CODES

if TYPE_CHECKING:
    from backtrail.inquiry import Answered, Ask

NO_ANSWER = 3
"""The code that ends what could not be known, and what failed by a defect."""

_FORMATS = ("text", "markdown", "html", "json", "sarif")
_SUFFIXES = {
    ".md": "markdown",
    ".html": "html",
    ".json": "json",
    ".sarif": "sarif",
    ".svg": "svg",
    ".packse.toml": "packse",
    ".scenarios.toml": "pip-scenario",
    ".txt": "requirements",
    ".backtrail": "case",
}

_SUMMARY_BYTES = 1_000_000  # GitHub drops the summary of a step that is longer than 1 MiB


class Rendering(NamedTuple):
    """What to do with an answer; everything about it that can be wrong is found before the question is asked."""

    format: str
    output: Path | None
    fail_on: frozenset[str]
    verbose: bool
    quiet: bool
    summary: Path | None = None

    @classmethod
    def of(
        cls, form: str, output: Path | None, fail_on: str, *, verbose: bool, quiet: bool, summary: bool = False
    ) -> "Rendering":
        """Read the options; raises InputError for what no answer could be given as."""
        if form not in _FORMATS:
            raise InputError(f"--format {form!r} is not one of {', '.join(_FORMATS)}")
        if output is not None:
            if _form(output) is None:
                raise InputError(f"-o {output}: the suffix is not one of {', '.join(_SUFFIXES)}")
            writable(output)
        codes = frozenset(code.strip().upper() for code in fail_on.split(",") if code.strip())
        for code in sorted(codes.difference(CODES)):
            raise InputError(f"--fail-on {code}: this version finds only {', '.join(CODES)}")
        return cls(form, output, codes, verbose, quiet, _step_summary() if summary else None)

    def answer(self, ask: "Ask") -> int:
        """Ask, and render what is answered."""
        return self.render(inquire_now(ask, quiet=self.quiet))

    def render(self, answered: "Answered") -> int:
        """Write the answer wherever it is wanted, and return the exit code."""
        report = answered.report
        if self.output is not None:
            self._save(answered, self.output)
        if self.summary is not None:
            _append(self.summary, _step_markdown(report))
        if self.format != "text":
            write(_encoded(self.format, report))
        elif not self.quiet:
            _print(report, verbose=self.verbose)
        return exit_code(report, self.fail_on)

    def _save(self, answered: "Answered", output: Path) -> None:
        form = _form(output)
        if form == "case":
            atomically(output, answered.case.write)
        elif form in ("packse", "pip-scenario", "requirements"):
            for place, text in _exported(form, answered, output):
                atomically(place, lambda path, text=text: path.write_text(text, encoding="utf-8"))  # type: ignore[misc]
        elif form is not None:
            content = _encoded(form, answered.report)
            atomically(output, lambda path: path.write_bytes(content))


def _step_summary() -> Path:
    place = os.environ.get("GITHUB_STEP_SUMMARY")
    if not place:
        raise InputError("--summary: GITHUB_STEP_SUMMARY names no file")
    return Path(place)


def _step_markdown(report: Report) -> bytes:
    """Markdown for the summary of a step, the folded details left out where they are too much for one."""
    whole = _encoded("markdown", report)
    if len(whole) <= _SUMMARY_BYTES:
        return whole
    from backtrail.report.markdown import markdown
    from backtrail.report.page import page

    short = page(report)
    return markdown(report, short, short).encode("utf-8", "backslashreplace")[:_SUMMARY_BYTES]


def _append(place: Path, text: bytes) -> None:
    try:
        with place.open("ab") as stream:
            stream.write(text)
    except OSError as error:
        raise InputError(f"--summary: {place}: {error.strerror or error}") from error


def _form(output: Path) -> str | None:
    """The form that the suffix of a file asks for."""
    return next((form for suffix, form in _SUFFIXES.items() if output.name.endswith(suffix)), None)


def _exported(form: str, answered: "Answered", output: Path) -> Iterator[tuple[Path, str]]:
    """The files that another tool reads: those of the first run, the second only for requirements."""
    from backtrail.report import exports

    if not answered.report.runs:
        raise InputError(f"-o {output}: nothing was resolved: give requirements, with -r")
    run, question = answered.report.runs[0], answered.inquiry.asked[0].question
    if form == "packse":
        yield output, exports.packse(question, run, answered.world)
    elif form == "pip-scenario":
        yield output, exports.pip_scenario(question, answered.world)
    else:
        pair = exports.requirements(question, run)
        yield output, pair.requirements
        stem = output.stem.replace("requirements", "constraints")
        name = f"{stem}.txt" if stem != output.stem else f"{stem}-constraints.txt"
        yield output.with_name(name), pair.constraints


def exit_code(report: Report, fail_on: frozenset[str] = frozenset()) -> int:
    """The code of an answer: 0 solved or to be had, 1 not, 3 not known, 4 a finding of ``fail_on`` (before 1)."""
    outcomes = {run.outcome for run in report.runs}
    denied = [answer for answer in report.answers.values() if not answer.available]
    if Outcome.UNKNOWN in outcomes or any(answer.reason == "unknown" for answer in denied):
        return NO_ANSWER
    if any(finding.code in fail_on for finding in report.findings):
        return 4
    return 1 if denied or outcomes - {Outcome.SOLVED} else 0


def inquire_now(ask: "Ask", *, quiet: bool) -> "Answered":
    """Ask here and now, with progress on stderr. Raises InputError and IndexFailure."""
    from backtrail.inquiry import inquire

    with progress_bar(quiet=quiet) as progress:
        return inquire(ask, environ=os.environ, now=datetime.now(timezone.utc), progress=progress)


def _encoded(form: str, report: Report) -> bytes:
    """The report in one of the forms that files have."""
    if form == "json":
        from backtrail.report import document

        return document.encode(report)
    if form == "sarif":
        from backtrail.report import sarif

        return sarif.encode(report)
    from backtrail.report.page import page

    if form == "svg":
        from backtrail.report.text import picture

        return picture(page(report), report.question.command).encode("utf-8", "backslashreplace")
    full = page(report, verbose=True)
    if form == "html":
        from backtrail.report.html import html

        return html(report, full).encode("utf-8", "backslashreplace")
    from backtrail.report.markdown import markdown

    return markdown(report, page(report), full).encode("utf-8", "backslashreplace")


def _print(report: Report, *, verbose: bool) -> None:
    from backtrail.report.page import page
    from backtrail.report.text import show, text

    laid_out = page(report, verbose=verbose)
    if not sys.stdout.isatty():
        write(text(laid_out))
        return
    from rich.console import Console

    coloured = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    console = Console(color_system="auto" if coloured else None)
    console.width = min(console.width, 200)
    with quiet_pipe():
        show(laid_out, console)
