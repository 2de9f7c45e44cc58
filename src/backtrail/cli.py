"""The command line: reads a question, asks it, prints the answer, ends with a code. Decides nothing itself."""

import contextlib
import gc
import inspect
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from backtrail.model.case import Report
from backtrail.model.errors import BacktrailError, InputError
from backtrail.model.text import visible, without_credentials
from backtrail.model.trail import Outcome
from backtrail.report.layout import CODES

if TYPE_CHECKING:
    from backtrail.inquiry import Answered, Ask

BUDGET = 24
"""Solves spent on remedies unless ``--budget`` says otherwise."""

QUESTIONS = 500
"""Smaller questions that ``shrink`` asks, and exchanges that ``diff`` tries, unless ``--budget`` says otherwise."""

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
_CASE_SUFFIX = ".backtrail"
_GRAPH_FORMATS = ("dot", "graphml", "mermaid", "json")
_GRAPH_SUFFIXES = {".dot": "dot", ".gv": "dot", ".graphml": "graphml", ".mmd": "mermaid", ".json": "json"}

_SUMMARY_BYTES = 1_000_000  # GitHub drops the summary of a step that is longer than 1 MiB
_NO_ANSWER = 3
_INTERRUPTED = 130
_BROKEN_PIPE = 141  # 128 + SIGPIPE, what a shell reports for other programs

# typer has no public name for the base of its usage errors.
_UsageError: type[Exception] = typer.BadParameter.__mro__[2]

app = typer.Typer(
    name="backtrail",
    help="Why pip or uv chose what it chose. Resolves for one Python and one platform, not for all at once.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_cache = typer.Typer(help="The cache of what indexes said.", rich_markup_mode=None)
app.add_typer(_cache, name="cache")


# The question's options, the same for every command that asks one


class _Option(NamedTuple):
    """An option of the question: a ``list``, a ``text``, a ``switch`` or a ``number``."""

    flags: str
    kind: str
    metavar: str | None
    help: str


_INPUTS = {
    "files": _Option("-r --requirement", "list", "FILE", "A requirements file or pyproject.toml; repeatable."),
    "constraint_files": _Option("-c --constraint", "list", "FILE", "A constraints file; repeatable."),
    "override_files": _Option("--override", "list", "FILE", "A file of overrides (uv); repeatable."),
    "editables": _Option("-e --editable", "list", "PATH", "A local project, as an editable install; repeatable."),
    "extras": _Option("--extra", "list", "NAME", "An extra of the project in pyproject.toml; repeatable."),
    "groups": _Option("--group", "list", "NAME", "A dependency group; repeatable."),
    "resolvers": _Option("--resolver", "list", "RESOLVER", "uv, pip, both, uv@VERSION or pip@VERSION; repeatable."),
    "python": _Option("--python --python-version -p", "text", "PYTHON", "The target: 3.10, 3.10.13 or a path."),
    "platform": _Option("--python-platform", "text", "PLATFORM", "The target's platform, as uv names it."),
    "dependency_metadata": _Option("--dependency-metadata", "list", "PATH", "Metadata to stand in; repeatable."),
    "trusted_hosts": _Option("--trusted-host", "list", "HOST", "A host whose certificate is not checked; repeatable."),
    "cert": _Option("--cert", "text", "FILE", "A CA bundle to trust."),
    "offline": _Option("--offline", "switch", None, "Use the cache only."),
    "refresh": _Option("--refresh", "switch", None, "Disregard what the cache remembers of pages."),
    "anonymize": _Option(
        "--anonymize", "list", "NAME", "Give this project another name in all that is shown; repeatable."
    ),
    "anonymize_index": _Option("--anonymize-index", "switch", None, "Give every index but the default another name."),
}
"""By the field of Ask that takes the value."""

_SETTINGS = (
    _Option("--index-url -i", "text", "URL", "The index instead of PyPI."),
    _Option("--default-index", "text", "URL", "The index of last resort (uv)."),
    _Option("--index", "list", "URL", "An index to ask before the default (uv); repeatable."),
    _Option("--extra-index-url", "list", "URL", "A further index; repeatable."),
    _Option("--find-links -f", "list", "PLACE", "A page or folder of files; repeatable."),
    _Option("--no-index", "switch", None, "Ask no index, only --find-links."),
    _Option("--index-strategy", "text", "STRATEGY", "How several indexes combine (uv)."),
    _Option("--pre", "switch", None, "Take pre-releases."),
    _Option("--prerelease", "text", "MODE", "When to take pre-releases (uv)."),
    _Option("--only-binary", "list", "NAME", "Take only wheels of these projects, or :all:; repeatable."),
    _Option("--no-binary", "list", "NAME", "Take only sdists of these projects, or :all:; repeatable."),
    _Option("--prefer-binary", "switch", None, "Rather an older wheel than an sdist."),
    _Option("--exclude-newer", "text", "DATE", "Cut-off: nothing uploaded later exists."),
    _Option("--uploaded-prior-to", "text", "DATE", "The same, by pip's name."),
    _Option("--ignore-requires-python", "switch", None, "Disregard Requires-Python."),
    _Option("--no-deps", "switch", None, "Do not follow dependencies."),
    _Option("--require-hashes", "switch", None, "Only what has a hash."),
    _Option("--resolution", "text", "MODE", "highest, lowest or lowest-direct (uv)."),
    _Option("--build-sdists", "switch", None, "Run build backends for metadata, as the tools do."),
    _Option("--max-rounds", "number", "N", "Rounds before giving up; default: the tool's own."),
)
"""What inputs/settings weighs against requirement files and the environment, which know the same names."""

_KINDS: dict[str, tuple[Any, Any]] = {
    "list": (list[str], []),
    "text": (str | None, None),
    "switch": (bool, False),
    "number": (int | None, None),
}


def _name(option: _Option) -> str:
    return option.flags.split()[0].removeprefix("--").replace("-", "_")


def _question(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command the question's options; they arrive together as its ``options``."""
    parameters = [one for one in inspect.signature(command).parameters.values() if one.name != "options"]
    for name, option in (*_INPUTS.items(), *((_name(option), option) for option in _SETTINGS)):
        kind, default = _KINDS[option.kind]
        told = typer.Option(*option.flags.split(), metavar=option.metavar, help=option.help, show_default=False)
        parameters.append(
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, told])
        )
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return command


def _ask(
    command: str, subject: str | None, requirements: Sequence[str], budget: int, options: Mapping[str, Any]
) -> "Ask":
    from backtrail.inputs.settings import Flags
    from backtrail.inquiry import Ask

    return Ask(
        command=command,
        subject=subject,
        requirements=tuple(requirements),
        flags=Flags(**_given(options, map(_name, _SETTINGS))),
        budget=budget,
        **_given(options, _INPUTS),
    )


def _given(options: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The values of some options, lists as the tuples that records hold."""
    return {name: tuple(options[name]) if isinstance(options[name], list) else options[name] for name in names}


# Commands

Requirements = Annotated[list[str], typer.Argument(metavar="[REQ]...", help="Requirements, before those of files.")]
Format = Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, markdown, html, json or sarif.")]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Also write a file: .md, .html, .json, .sarif, .svg or .backtrail."
    ),
]
FailOn = Annotated[
    str, typer.Option("--fail-on", metavar="CODE[,CODE]", help="End with code 4 if one of these was found.")
]
Summary = Annotated[
    bool, typer.Option("--summary", help="Also append Markdown to the file that GITHUB_STEP_SUMMARY names.")
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Everything found, and what each run did.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No text on stdout, no progress.")]
Budget = Annotated[int, typer.Option("--budget", min=0, metavar="N", help="Solves to spend on remedies and proofs.")]


def _say_version(wanted: bool) -> None:
    if wanted:
        from backtrail.report.document import program_version

        _write(f"backtrail {program_version()}\n")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", is_eager=True, callback=_say_version, help="Say the version and end.")
]


@app.callback()
def _main(*, version: Version = False) -> None:
    """Hold the options of the program itself."""


@app.command()
@_question
def why(
    requirement: Annotated[str, typer.Argument(metavar="REQ", help="What is asked about: torch==2.3.0")],
    *,
    format: Format = "text",  # noqa: A002  the option's name
    output: Output = None,
    fail_on: FailOn = "",
    verbose: Verbose = False,
    quiet: Quiet = False,
    budget: Budget = BUDGET,
    **options: Any,
) -> int:
    """Say why a version is taken, or not to be had; with -r: in that resolution."""
    rendering = _Rendering.of(format, output, fail_on, verbose=verbose, quiet=quiet)
    return rendering.answer(_ask("why", requirement, (), budget, options))


@app.command("explain-backtrack")
@_question
def explain_backtrack(
    requirements: Requirements = [],  # noqa: B006  typer copies it
    *,
    format: Format = "text",  # noqa: A002  the option's name
    output: Output = None,
    fail_on: FailOn = "",
    summary: Summary = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
    budget: Budget = BUDGET,
    **options: Any,
) -> int:
    """Explain what the resolver did: where it turned, what is suspicious in the result, and what would help."""
    rendering = _Rendering.of(format, output, fail_on, verbose=verbose, quiet=quiet, summary=summary)
    _something_asked(requirements, options)
    return rendering.answer(_ask("explain-backtrack", None, requirements, budget, options))


@app.command()
@_question
def compare(
    requirements: Requirements = [],  # noqa: B006  typer copies it
    *,
    format: Format = "text",  # noqa: A002  the option's name
    output: Output = None,
    fail_on: FailOn = "",
    summary: Summary = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
    budget: Annotated[int, typer.Option("--budget", min=0, metavar="N", help="Solves to spend on a proof.")] = BUDGET,
    **options: Any,
) -> int:
    """Say where resolvers part: the pins that differ, the first decision, and the rule behind it, proved by solving."""
    rendering = _Rendering.of(format, output, fail_on, verbose=verbose, quiet=quiet, summary=summary)
    _something_asked(requirements, options)
    return rendering.answer(_ask("compare", None, requirements, budget, options))


@app.command()
@_question
def report(
    about: Annotated[
        list[str], typer.Argument(metavar="[CASE | REQ...]", help="A recording, or requirements before those of files.")
    ] = [],  # noqa: B006  typer copies it
    *,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="FILE", help="What to write: .md, .html, .json, .sarif, .svg or .backtrail."
        ),
    ],
    fail_on: FailOn = "",
    budget: Budget = BUDGET,
    **options: Any,
) -> int:
    """Write what is to be said as a file, to attach to an issue: from a recording, or by asking."""
    rendering = _Rendering.of("text", output, fail_on, verbose=False, quiet=True)
    if len(about) == 1 and about[0].endswith(_CASE_SUFFIX):
        from backtrail import inquiry

        _only(options, {"anonymize", "anonymize_index"})
        hidden = inquiry.replay(about[0], anonymize=options["anonymize"], anonymize_index=options["anonymize_index"])
        return rendering.render(hidden)
    _something_asked(about, options)
    return rendering.answer(_ask("explain-backtrack", None, about, budget, options))


@app.command()
@_question
def graph(
    requirements: Requirements = [],  # noqa: B006  typer copies it
    *,
    format: Annotated[  # noqa: A002  the option's name
        str | None, typer.Option("--format", metavar="FORMAT", help="dot, graphml, mermaid or json.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write a file: .dot, .gv, .graphml, .mmd or .json."),
    ] = None,
    quiet: Quiet = False,
    **options: Any,
) -> int:
    """Write the graph of candidates that the resolver met."""
    chosen = format or ("dot" if output is None else _GRAPH_SUFFIXES.get(output.suffix, output.suffix))
    if chosen not in _GRAPH_FORMATS:
        raise InputError(f"{chosen!r} is not a form of the graph: {', '.join(_GRAPH_FORMATS)}")
    _writable(output)
    _something_asked(requirements, options)
    answered = _inquire(_ask("graph", None, requirements, 0, options), quiet=quiet)
    from backtrail import graph as graphs

    written = graphs.WRITERS[chosen](answered.graph())
    if output is None:
        _write(written)
    else:
        _atomically(output, lambda path: path.write_text(written, encoding="utf-8"))
    return exit_code(answered.report)


@app.command()
def replay(
    case: Annotated[str, typer.Argument(metavar="CASE", help="A recording: written with -o NAME.backtrail.")],
    requirements: Annotated[
        list[str], typer.Argument(metavar="[REQ]...", help="Requirements to ask for as well, after the recorded ones.")
    ] = [],  # noqa: B006  typer copies it
    *,
    resolvers: Annotated[
        list[str], typer.Option("--resolver", metavar="RESOLVER", help="Instead of those recorded; repeatable.")
    ] = [],  # noqa: B006  typer copies it
    python: Annotated[
        str | None, typer.Option("--python", "--python-version", "-p", metavar="X.Y", help="Instead of that recorded.")
    ] = None,
    format: Format = "text",  # noqa: A002  the option's name
    output: Output = None,
    fail_on: FailOn = "",
    summary: Summary = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> int:
    """Answer a recorded question again, or a changed one, without network: what was not recorded is unknown."""
    rendering = _Rendering.of(format, output, fail_on, verbose=verbose, quiet=quiet, summary=summary)
    from backtrail import cases

    return rendering.render(cases.replay(case, requirements=requirements, resolvers=resolvers, python=python))


@app.command()
@_question
def shrink(
    about: Annotated[
        list[str], typer.Argument(metavar="[CASE | REQ...]", help="A recording, or requirements before those of files.")
    ] = [],  # noqa: B006  typer copies it
    *,
    keep: Annotated[
        str, typer.Option("--keep", metavar="WHAT", help="What must stay so: BT101:numba, numba==0.53.1 or outcome.")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Also write the shrunk Case: .backtrail.")
    ] = None,
    quiet: Quiet = False,
    budget: Annotated[
        int, typer.Option("--budget", min=0, metavar="N", help="Smaller questions to ask at most.")
    ] = QUESTIONS,
    **options: Any,
) -> int:
    """Leave out what does not matter: the smallest requirements that still show a finding, a pin or the outcome."""
    if output is not None and output.suffix != _CASE_SUFFIX:
        raise InputError(f"-o {output}: a shrunk Case is written, its suffix is {_CASE_SUFFIX}")
    _writable(output)
    from backtrail import cases

    cases.read_keep(keep)
    with _progress(quiet=quiet) as progress:
        if about and about[0].endswith(_CASE_SUFFIX):
            _only(options, {"resolvers", "python"})
            found = cases.shrink_case(
                about[0],
                keep,
                requirements=about[1:],
                resolvers=options["resolvers"],
                python=options["python"],
                budget=budget,
                progress=progress,
            )
        else:
            _something_asked(about, options)
            found = cases.shrink_asked(
                _ask("explain-backtrack", None, about, BUDGET, options),
                keep,
                environ=os.environ,
                now=datetime.now(timezone.utc),
                budget=budget,
                progress=progress,
            )
    if output is not None:
        _atomically(output, found.answered.case.write)
    from backtrail.report.wording import shrunk

    question = found.answered.report.question
    told = shrunk(
        keep, [one.policy.key for one in found.answered.inquiry.asked], found.before, len(question.requirements),
        found.tries, minimal=found.minimal, closed=found.closed,
    )  # fmt: skip
    lines = [*(f"# {sentence}" for sentence in told), *(one.text for one in question.requirements)]
    lines += [f"# -c: {one.text}" for one in question.constraints]
    lines += [f"# --override: {one.text}" for one in question.overrides]
    _write("".join(f"{visible(without_credentials(line))}\n" for line in lines))
    return 0


def _only(options: Mapping[str, Any], names: Iterable[str]) -> None:
    """A recorded question has its settings."""
    for name, value in options.items():
        if value not in ([], None, False) and name not in names:
            option = next((one.flags.split()[0] for key, one in _INPUTS.items() if key == name), f"--{name}")
            raise InputError(f"{option.replace('_', '-')} cannot be changed in a recorded question")


@app.command()
def diff(
    old: Annotated[str, typer.Argument(metavar="CASE", help="A recording.")],
    new: Annotated[str, typer.Argument(metavar="CASE", help="A later or other recording.")],
    *,
    quiet: Quiet = False,
    budget: Annotated[
        int, typer.Option("--budget", min=0, metavar="N", help="Solves to spend on finding causes.")
    ] = QUESTIONS,
) -> int:
    """Say which pins changed between two recordings, and what changed them, found by exchanging and solving again."""
    from backtrail import cases
    from backtrail.report.wording import difference, only_in

    with _progress(quiet=quiet) as progress:
        found = cases.differences(old, new, budget=budget, progress=progress)
    lines = [line for one in found.differences for line in difference(one)]
    lines += [*only_in(old, found.only_old), *only_in(new, found.only_new)]
    _write("".join(f"{visible(without_credentials(line))}\n" for line in lines))
    unknown = any(Outcome.UNKNOWN in (one.old.outcome, one.new.outcome) for one in found.differences)
    return _NO_ANSWER if unknown else 0


@app.command()
def schema() -> int:
    """Print the JSON Schema of the report."""
    from backtrail.report.schema import schema_bytes

    _write(schema_bytes())
    return 0


@_cache.command("dir")
def cache_dir() -> int:
    """Print the cache's folder."""
    from backtrail.index.cache import default_folder

    _write(f"{default_folder()}\n")
    return 0


@_cache.command("prune")
def cache_prune(
    days: Annotated[float, typer.Option("--days", min=0, help="Keep what is younger than this many days.")] = 30.0,
) -> int:
    """Drop what is old."""
    from backtrail.index.cache import default_folder, prune

    _write(f"freed {_size(prune(default_folder(), days=days))}\n")
    return 0


@_cache.command("clear")
def cache_clear() -> int:
    """Drop everything."""
    from backtrail.index.cache import clear, default_folder

    _write(f"freed {_size(clear(default_folder()))}\n")
    return 0


def _size(number: int) -> str:
    """Bytes in words: ``12.3 MB``."""
    return f"{number / 1e6:.1f} MB" if number >= 1e5 else f"{number} bytes"


# From the question to the code


class _Rendering(NamedTuple):
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
    ) -> "_Rendering":
        if form not in _FORMATS:
            raise InputError(f"--format {form!r} is not one of {', '.join(_FORMATS)}")
        if output is not None:
            if _form(output) is None:
                raise InputError(f"-o {output}: the suffix is not one of {', '.join(_SUFFIXES)}")
            _writable(output)
        codes = frozenset(code.strip().upper() for code in fail_on.split(",") if code.strip())
        for code in sorted(codes.difference(CODES)):
            raise InputError(f"--fail-on {code}: this version finds only {', '.join(CODES)}")
        return cls(form, output, codes, verbose, quiet, _step_summary() if summary else None)

    def answer(self, ask: "Ask") -> int:
        return self.render(_inquire(ask, quiet=self.quiet))

    def render(self, answered: "Answered") -> int:
        report = answered.report
        if self.output is not None:
            self._save(answered, self.output)
        if self.summary is not None:
            _append(self.summary, _step_markdown(report))
        if self.format != "text":
            _write(_encoded(self.format, report))
        elif not self.quiet:
            _print(report, verbose=self.verbose)
        return exit_code(report, self.fail_on)

    def _save(self, answered: "Answered", output: Path) -> None:
        form = _form(output)
        if form == "case":
            _atomically(output, answered.case.write)
        elif form in ("packse", "pip-scenario", "requirements"):
            for place, text in _exported(form, answered, output):
                _atomically(place, lambda path, text=text: path.write_text(text, encoding="utf-8"))  # type: ignore[misc]
        elif form is not None:
            content = _encoded(form, answered.report)
            _atomically(output, lambda path: path.write_bytes(content))


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
        return _NO_ANSWER
    if any(finding.code in fail_on for finding in report.findings):
        return 4
    return 1 if denied or outcomes - {Outcome.SOLVED} else 0


def _something_asked(requirements: Sequence[str], options: Mapping[str, Any]) -> None:
    if not (requirements or options["files"] or options["editables"] or options["groups"]):
        raise InputError("nothing to resolve: name requirements, or a file of them with -r")


def _inquire(ask: "Ask", *, quiet: bool) -> "Answered":
    from backtrail.inquiry import inquire

    with _progress(quiet=quiet) as progress:
        return inquire(ask, environ=os.environ, now=datetime.now(timezone.utc), progress=progress)


@contextlib.contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[int, int, str], None] | None]:
    """A bar on stderr, if that is a terminal."""
    if quiet or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def advance(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total or None, description=visible(what))

        yield advance


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
        _write(text(laid_out))
        return
    from rich.console import Console

    coloured = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    console = Console(color_system="auto" if coloured else None)
    console.width = min(console.width, 200)
    with _quiet_pipe():
        show(laid_out, console)


def _write(data: str | bytes) -> None:
    """Put data on stdout; what its encoding cannot say is spelled out."""
    with _quiet_pipe():
        if isinstance(data, bytes):
            sys.stdout.flush()
            sys.stdout.buffer.write(data)
        else:
            sys.stdout.write(data)
        sys.stdout.flush()


@contextlib.contextmanager
def _quiet_pipe() -> Iterator[None]:
    """A reader that went away ends the program without a word."""
    try:
        yield
    except BrokenPipeError:
        # The interpreter flushes stdout once more at its end; give it somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(_BROKEN_PIPE) from None


def _writable(output: Path | None) -> None:
    if output is not None and not output.parent.is_dir():
        raise InputError(f"-o {output}: there is no folder {output.parent}")
    if output is not None and output.exists() and not output.is_file():
        raise InputError(f"-o {output}: that is not a file")


def _atomically(output: Path, write: Callable[[Path], object]) -> None:
    """Write beside the file and put it in place when it is whole."""
    part = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        write(part)
        part.replace(output)
    except OSError as error:
        raise InputError(f"-o {output}: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


# The program


def run(arguments: Sequence[str]) -> int:
    """Run the program and return its exit code. Errors are one sentence on stderr."""
    try:
        code = app(args=list(arguments), prog_name="backtrail", standalone_mode=False)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except typer.Abort:
        return _INTERRUPTED
    except BacktrailError as error:
        return _fail(str(error), error.exit_code)
    except _UsageError as error:
        return _fail(error.format_message(), 2)  # type: ignore[attr-defined]
    except Exception as error:  # the last resort: a defect is one sentence, too
        if os.environ.get("BACKTRAIL_TRACEBACK"):
            raise
        what = f"{type(error).__name__}: {error}"
        return _fail(f"backtrail itself failed: {what} (BACKTRAIL_TRACEBACK=1 shows where)", _NO_ANSWER)
    return code if isinstance(code, int) else 0


def _fail(sentence: str, code: int) -> int:
    one_line = visible(without_credentials(" ".join(sentence.split()))).removesuffix(".")
    if one_line:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"error: {one_line}\n")
    return code


def _start(*first: str) -> None:
    # A short-lived process that builds large tables: collecting cycles costs more than it frees.
    gc.disable()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run([*first, *sys.argv[1:]]))


def main() -> None:
    """``backtrail``."""
    _start()


def why_main() -> None:
    """``why X``: the same as ``backtrail why X``."""
    _start("why")


def explain_main() -> None:
    """``explain-backtrack``: the same as ``backtrail explain-backtrack``."""
    _start("explain-backtrack")
