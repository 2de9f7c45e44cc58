"""From a question to the code it ends with: the answer in each form, where it is wanted."""

import os
import sys
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from backtrail.cli.output import note, progress_bar, quiet_pipe, standard_input, terminal, warn, write
from backtrail.cli.output_file import OutputFile, Writer, put
from backtrail.explain.catalogue import BY_CODE
from backtrail.model.case import Report
from backtrail.model.errors import InputError
from backtrail.model.policy import Mode
from backtrail.model.trail import Outcome
from backtrail.report.rendered import to_html, to_markdown, to_text

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
    ".lock": "lock",
    ".backtrail": "case",
}
_PLAIN = (".txt", ".in")
"""Suffixes of what pip-compile writes with ``-o``: who types one here wants requirements."""

_REQUIREMENTS = "requirements"
_PATCH = "patch"
"""The form of the file that goes with ``--fix``."""

_PINS = "constraints"
"""The form of the second file that goes with requirements; nobody asks for it alone."""

_SUMMARY_BYTES = 1_000_000  # GitHub drops the summary of a step that is longer than 1 MiB


class Rendering(NamedTuple):
    """What to do with an answer; everything about it that can be wrong is found before the question is asked.

    ``files`` are those to write, each with its form.
    """

    format: str
    files: tuple[tuple[str, OutputFile], ...]
    fail_on: frozenset[str]
    verbose: bool
    quiet: bool
    summary: Path | None = None
    fix: int | None = None

    @classmethod
    def of(
        cls,
        form: str,
        output: Path | None,
        fail_on: str,
        *,
        force: bool,
        verbose: bool,
        quiet: bool,
        summary: bool = False,
        fix: int | None = None,
        read: Iterable[str] = (),
    ) -> "Rendering":
        """Read the options of a command that says its answer; ``read`` are files that it is made from.

        ``fix``: the file is a patch that makes this fix, by its number in the report.

        Raises InputError for what no answer could be given as.
        """
        if form not in _FORMATS:
            raise InputError(f"--format {form!r} is not one of {', '.join(_FORMATS)}")
        if quiet and verbose:
            raise InputError("-q and -v contradict each other: give one of them")
        if fix is not None and output is None:
            raise InputError(f"--fix {fix} needs -o FILE: the patch is written there")
        files: tuple[tuple[str, OutputFile], ...] = ()
        if output is not None:
            files = ((_form(output) if fix is None else _PATCH, OutputFile(output, force).check(read)),)
        return cls(form, files, _codes(fail_on), verbose, quiet, _step_summary() if summary else None, fix)

    @classmethod
    def written(
        cls,
        form: str | None,
        output: Path,
        constraints: Path | None,
        fail_on: str,
        *,
        force: bool,
        read: Iterable[str] = (),
    ) -> "Rendering":
        """Read the options of a command that only writes; None: the form is that of the suffix. Raises InputError."""
        form = _form(output) if form is None else _asked_form(form, output)
        files = [(form, OutputFile(output, force).check(read))]
        if constraints is not None:
            pins = OutputFile(constraints, force, "--constraints-output")
            if form != _REQUIREMENTS:
                raise pins.error(f"constraints go with --format {_REQUIREMENTS}")
            if pins.target == files[0][1].target:
                raise pins.error("that is the file of the requirements")
            files.append((_PINS, pins.check(read)))
        return cls("text", tuple(files), _codes(fail_on), verbose=False, quiet=True)

    @property
    def writes(self) -> tuple[str, ...]:
        """The paths of the files to write."""
        return tuple(str(file.path) for _, file in self.files)

    def answer(self, ask: "Ask") -> int:
        """Ask, and render what is answered."""
        return self.render(inquire_now(ask, quiet=self.quiet))

    def render(self, answered: "Answered") -> int:
        """Write the answer wherever it is wanted, and return the exit code."""
        report = answered.report
        self.save(answered)
        if self.summary is not None:
            _append(self.summary, _step_markdown(report, self.fail_on))
        if self.format != "text":
            write(_encoded(self.format, report, self.fail_on))
        elif not self.quiet:
            _print(report, verbose=self.verbose, gated=self.fail_on)
        return exit_code(report, self.fail_on)

    def _writer(self, form: str, answered: "Answered", file: OutputFile) -> Writer:
        if form != _PATCH or self.fix is None:
            return _writer(form, answered, file, self.fail_on)
        content = _patched(self.fix, answered.report)
        return lambda path: path.write_bytes(content)

    def save(self, answered: "Answered") -> int:
        """Write the files, and return the exit code of a command that was asked for nothing else."""
        unlocked = [file for form, file in self.files if form == "lock" and _is_unlocked(answered.report)]
        for file in unlocked:
            note(f"{file.path} is not written: there is no answer to lock")
        put([(file, self._writer(form, answered, file)) for form, file in self.files if file not in unlocked])
        return 4 if any(finding.code in self.fail_on for finding in answered.report.findings) else 0


def _patched(number: int, report: Report) -> bytes:
    """What a fix changes. Raises InputError for a number that is none, and for what is no line of a file."""
    from backtrail.inputs.patches import patch
    from backtrail.report.layout import fixes

    found = fixes(report)
    if not 1 <= number <= len(found):
        many = "no fix" if not found else "one fix" if len(found) == 1 else f"{len(found)} fixes"
        raise InputError(f"--fix {number}: the report has {many}")
    return patch(found[number - 1], number, report.question, lambda file: Path(file).read_bytes())


def _writer(form: str, answered: "Answered", file: OutputFile, gated: frozenset[str]) -> Writer:
    """What writes an answer in a form. Raises InputError for an answer that the form cannot hold."""
    if form == "case":
        return answered.case.write
    exports = form in ("packse", "pip-scenario", "lock", _REQUIREMENTS, _PINS)
    content = _exported(form, answered, file).encode() if exports else _encoded(form, answered.report, gated)
    return lambda path: path.write_bytes(content)


def _codes(text: str) -> frozenset[str]:
    """The codes that ``--fail-on`` names. Raises InputError for one that nothing finds."""
    codes = frozenset(code.strip().upper() for code in text.split(",") if code.strip())
    for code in sorted(codes.difference(BY_CODE)):
        raise InputError(f"--fail-on {code}: this version finds only {', '.join(BY_CODE)}")
    return codes


def _step_summary() -> Path:
    place = os.environ.get("GITHUB_STEP_SUMMARY")
    if not place:
        raise InputError("--summary: GITHUB_STEP_SUMMARY names no file")
    return Path(place)


def _step_markdown(report: Report, gated: frozenset[str]) -> bytes:
    """Markdown for the summary of a step, the folded details left out where they are too much for one."""
    whole = _encoded("markdown", report, gated)
    if len(whole) <= _SUMMARY_BYTES:
        return whole
    from backtrail.report.page import page
    from backtrail.report.skins.markdown import markdown

    short = page(report, gated=gated)
    return markdown(report, short, short).encode("utf-8", "backslashreplace")[:_SUMMARY_BYTES]


def _append(place: Path, text: bytes) -> None:
    try:
        with place.open("ab") as stream:
            stream.write(text)
    except OSError as error:
        raise InputError(f"--summary: {place}: {error.strerror or error}") from error


def _form(output: Path) -> str:
    """The form that the suffix of a file asks for. Raises InputError where it asks for none."""
    form = next((form for suffix, form in _SUFFIXES.items() if output.name.endswith(suffix)), None)
    if form is None:
        plainly = f"; requirements are written by: backtrail report … --format {_REQUIREMENTS} -o {output}"
        raise InputError(
            f"-o {output}: the suffix is not one of {', '.join(_SUFFIXES)}"
            + (plainly if output.suffix in _PLAIN else "")
        )
    return form


def _asked_form(form: str, output: Path) -> str:
    """The form that ``report --format`` names; the suffix must not name another one. Raises InputError."""
    forms = (*_SUFFIXES.values(), _REQUIREMENTS)
    if form not in forms:
        raise InputError(f"--format {form!r} is not one of {', '.join(forms)}")
    named = next((one for suffix, one in _SUFFIXES.items() if output.name.endswith(suffix)), form)
    if named != form:
        raise InputError(f"-o {output}: its suffix is that of {named}, and --format says {form}")
    return form


def _exported(form: str, answered: "Answered", file: OutputFile) -> str:
    """What another tool reads, made of the first run."""
    from backtrail.report import exports

    if not answered.report.runs:
        raise file.error("nothing was resolved: give requirements, with -r")
    run, question = answered.report.runs[0], answered.inquiry.asked[0].question
    match form:
        case "packse":
            return exports.packse(question, run, answered.world)
        case "pip-scenario":
            return exports.pip_scenario(question, answered.world)
        case "lock":
            return _locked(answered, file)
        case "requirements":
            return exports.requirements(question)
        case _:
            return exports.constraints(question, run)


def _locked(answered: "Answered", file: OutputFile) -> str:
    """The lock of the first run that has one, as uv writes it."""
    from backtrail.report.lock_text import lock_text

    lock = next((one.lock for one in answered.report.runs if one.lock is not None), None)
    if lock is None:
        raise file.error("there is no lock: --lock makes one, of a project that has a solution")
    return lock_text(lock, answered.meant)


def _is_unlocked(report: Report) -> bool:
    """Whether a lock was asked for and has no answer to hold."""
    return any(one.mode is Mode.LOCK for one in report.runs) and all(one.lock is None for one in report.runs)


def exit_code(report: Report, fail_on: frozenset[str] = frozenset()) -> int:
    """The code of an answer: 0 solved or available, 1 not, 3 not known, 4 a finding of ``fail_on`` (before 1)."""
    outcomes = {run.outcome for run in report.runs}
    denied = [answer for answer in report.answers.values() if not answer.available]
    if report.question.left_out or Outcome.UNKNOWN in outcomes or any(answer.reason == "unknown" for answer in denied):
        return NO_ANSWER
    if any(finding.code in fail_on for finding in report.findings):
        return 4
    missing = report.environment is not None and not (report.runs or report.answers or report.environment.found)
    unlocked = report.locked is not None and (report.locked.here is None or report.locked.fits is False)
    return 1 if denied or missing or unlocked or outcomes - {Outcome.SOLVED} else 0


def inquire_now(ask: "Ask", *, quiet: bool) -> "Answered":
    """Ask here and now, with progress on stderr. Raises InputError and IndexFailure."""
    from backtrail.inquiry import inquire

    with progress_bar(quiet=quiet) as progress:
        answered = inquire(
            ask, environ=os.environ, now=datetime.now(timezone.utc), progress=progress, stdin=standard_input
        )
    if ask.found is not None:
        note(f"nothing was named: {ask.found} of this folder is read")
    warn(answered.inquiry.warnings)
    return answered


def _encoded(form: str, report: Report, gated: frozenset[str]) -> bytes:
    """The report in one of the forms that files have; what has a gated code is in each."""
    if form == "json":
        from backtrail.report.skins import json_document as document

        return document.encode(report)
    if form == "sarif":
        from backtrail.report.skins import sarif

        return sarif.encode(report)
    if form == "svg":
        from backtrail.report.page import page
        from backtrail.report.skins.text import picture

        return picture(page(report, gated=gated), report.question.command).encode("utf-8", "backslashreplace")
    written = to_html(report) if form == "html" else to_markdown(report, gated=gated)
    return written.encode("utf-8", "backslashreplace")


def _print(report: Report, *, verbose: bool, gated: frozenset[str]) -> None:
    if not sys.stdout.isatty():
        write(to_text(report, verbose=verbose, gated=gated))
        return
    from backtrail.report.page import page
    from backtrail.report.skins.text import show

    with quiet_pipe():
        show(page(report, verbose=verbose, gated=gated), terminal())
