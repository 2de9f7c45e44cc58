"""The commands: what each takes, and what it writes."""

import gc
import os
from collections.abc import Sequence
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from backtrail.cases import QUESTIONS, RENEWALS
from backtrail.cli.options import (
    INDEX_CHANGES,
    WHERE,
    Version,
    ask,
    asked_where,
    index_changes,
    keep_to,
    only,
    question,
)
from backtrail.cli.ordered import Ordered
from backtrail.cli.output import progress_bar, standard_input, warn, write, write_markdown, write_table
from backtrail.cli.output_file import OutputFile, put
from backtrail.cli.rendering import NO_ANSWER, Rendering, exit_code, inquire_now
from backtrail.cli.surveys import surveys
from backtrail.inputs.file_kinds import Kind, kind_of
from backtrail.model.errors import InputError
from backtrail.model.safe_text import shown

BUDGET = 24
"""Solves spent on remedies unless ``--budget`` says otherwise."""

_CASE_SUFFIX = ".backtrail"
_DIFF_FORMATS = ("text", "markdown", "json")
_DIFF_SUFFIXES = {".md": "markdown", ".json": "json"}
_GRAPH_FORMATS = ("dot", "graphml", "mermaid", "json")
_GRAPH_SUFFIXES = {".dot": "dot", ".gv": "dot", ".graphml": "graphml", ".mmd": "mermaid", ".json": "json"}


def _program(text: str | None = None) -> typer.Typer:
    """A program of one command or more; its help, unless that of its command says it."""
    return typer.Typer(
        help=text,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


app = _program(
    "Why pip or uv chose what it chose. Resolves for one Python and one platform, or for all with --universal."
)
_why, _explain = _program(), _program()
PROGRAMS = {"backtrail": app, "why": _why, "explain-backtrack": _explain}
"""The console scripts."""

_cache = typer.Typer(help="The cache of what indexes said.", rich_markup_mode=None)
app.add_typer(_cache, name="cache")
app.add_typer(surveys, name="survey")

Requirements = Annotated[list[str], typer.Argument(metavar="[REQ]...", help="Requirements, before those of files.")]
Format = Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, markdown, html, json or sarif.")]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Also write a file: .md, .html, .json, .sarif, .svg or .backtrail."
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace a file that is not a report of backtrail.")]
FailOn = Annotated[
    str, typer.Option("--fail-on", metavar="CODE[,CODE]", help="End with code 4 if one of these was found.")
]
Summary = Annotated[
    bool, typer.Option("--summary", help="Also append Markdown to the file that GITHUB_STEP_SUMMARY names.")
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Everything found, and what each run did.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No text on stdout, no progress.")]
TimeLimit = Annotated[
    str | None,
    typer.Option("--time-limit", metavar="SECONDS", help="Stop after this time, with what is known until then."),
]
MaxMemory = Annotated[
    str | None,
    typer.Option("--max-memory", metavar="SIZE", help="Stop when so much memory is taken (default: 2GiB)."),
]
Budget = Annotated[int, typer.Option("--budget", min=0, metavar="N", help="Solves to spend on remedies and proofs.")]


@app.callback(invoke_without_command=True)
@_cache.callback(invoke_without_command=True)
def _main(context: typer.Context, *, version: Version = False) -> None:  # noqa: ARG001  its callback says it
    """Show what there is to ask, where nothing was asked."""
    if context.invoked_subcommand is None:
        write(f"{context.get_help()}\n")


@_why.command(cls=Ordered)
@app.command(cls=Ordered)
@question
def why(
    requirement: Annotated[str, typer.Argument(metavar="REQ", help="What is asked about: torch==2.3.0")],
    *,
    lock_file: Annotated[
        str | None,
        typer.Option(
            "--lock",
            metavar="FILE",
            help="A lock: uv.lock, pylock.toml, poetry.lock, pdm.lock, a compiled list; or git:REV:FILE.",
        ),
    ] = None,
    format: Format = "text",  # noqa: A002  the option's name
    output: Output = None,
    force: Force = False,
    fail_on: FailOn = "",
    verbose: Verbose = False,
    quiet: Quiet = False,
    budget: Budget = BUDGET,
    **options: Any,
) -> int:
    """Say whether an index has a version for here, or why not; with -r or --lock: why a resolution took it, or not."""
    read = () if lock_file is None else (lock_file,)
    rendering = Rendering.of(format, output, fail_on, force=force, verbose=verbose, quiet=quiet, read=read)
    return rendering.answer(ask("why", requirement, (), budget, options, rendering.writes, lock_file=lock_file))


@_explain.command(cls=Ordered)
@app.command("explain-backtrack", cls=Ordered)
@question
def explain_backtrack(
    requirements: Requirements = [],  # noqa: B006  typer copies it
    *,
    format: Format = "text",  # noqa: A002  the option's name
    output: Output = None,
    force: Force = False,
    fail_on: FailOn = "",
    summary: Summary = False,
    fix: Annotated[
        int | None, typer.Option("--fix", metavar="N", help="What fix N changes in your files goes to -o, as a patch.")
    ] = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
    budget: Budget = BUDGET,
    **options: Any,
) -> int:
    """Explain what the resolver did: where it turned, what is suspicious in the result, and what would help."""
    rendering = Rendering.of(
        format, output, fail_on, force=force, verbose=verbose, quiet=quiet, summary=summary, fix=fix
    )
    return rendering.answer(ask("explain-backtrack", None, requirements, budget, options, rendering.writes))


@app.command(cls=Ordered)
@question
def log(
    log_file: Annotated[
        str, typer.Argument(metavar="FILE", help="The output of uv -v or pip -v, as a CI system keeps it; - for stdin.")
    ],
    *,
    format: Format = "text",  # noqa: A002  the option's name
    output: Output = None,
    force: Force = False,
    fail_on: FailOn = "",
    summary: Summary = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
    budget: Budget = BUDGET,
    **options: Any,
) -> int:
    """Explain what happened in a log of uv or pip, and what the same question has for an answer now."""
    rendering = Rendering.of(
        format, output, fail_on, force=force, verbose=verbose, quiet=quiet, summary=summary, read=[log_file]
    )
    return rendering.answer(ask("explain-backtrack", None, (), budget, options, rendering.writes, log=log_file))


@app.command(cls=Ordered)
@question
def compare(
    requirements: Requirements = [],  # noqa: B006  typer copies it
    *,
    format: Format = "text",  # noqa: A002  the option's name
    output: Output = None,
    force: Force = False,
    fail_on: FailOn = "",
    summary: Summary = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
    budget: Annotated[int, typer.Option("--budget", min=0, metavar="N", help="Solves to spend on a proof.")] = BUDGET,
    **options: Any,
) -> int:
    """Say where resolvers part: the pins that differ, the first decision, and the rule behind it, proved by solving."""
    rendering = Rendering.of(format, output, fail_on, force=force, verbose=verbose, quiet=quiet, summary=summary)
    return rendering.answer(ask("compare", None, requirements, budget, options, rendering.writes))


@app.command(cls=Ordered)
@question
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
    format: Annotated[  # noqa: A002  the option's name
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="Where the suffix does not say it: markdown, html, json, sarif, svg, case, packse, pip-scenario or "
            "requirements.",
        ),
    ] = None,
    constraints_output: Annotated[
        Path | None,
        typer.Option("--constraints-output", metavar="FILE", help="Beside --format requirements: a file for the pins."),
    ] = None,
    force: Force = False,
    fail_on: FailOn = "",
    budget: Budget = BUDGET,
    **options: Any,
) -> int:
    """Write what is to be said as a file, to attach to an issue: from a recording, or by asking."""
    recorded = len(about) == 1 and _is_recording(about[0])
    rendering = Rendering.written(
        format, output, constraints_output, fail_on, force=force, read=about if recorded else ()
    )
    if recorded:
        from backtrail import inquiry

        named = ("anonymize", "anonymize_index", "time_limit", "max_memory")
        only(options, named)
        keep_to(options["max_memory"])
        return rendering.save(inquiry.replay(about[0], **{name: options[name] for name in named}))
    return rendering.answer(ask("explain-backtrack", None, about, budget, options, rendering.writes))


@app.command(cls=Ordered)
@question
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
    force: Force = False,
    quiet: Quiet = False,
    **options: Any,
) -> int:
    """Write the graph of candidates that the resolver met."""
    chosen = format or ("dot" if output is None else _GRAPH_SUFFIXES.get(output.suffix, output.suffix))
    if chosen not in _GRAPH_FORMATS:
        raise InputError(f"{chosen!r} is not a form of the graph: {', '.join(_GRAPH_FORMATS)}")
    file = _file(output, force=force)
    writes = () if file is None else (str(file.path),)
    answered = inquire_now(ask("graph", None, requirements, 0, options, writes), quiet=quiet)
    from backtrail.report import candidate_graph as graphs

    written = graphs.WRITERS[chosen](answered.graph())
    if file is None:
        write(written)
    else:
        put([(file, lambda path: path.write_text(written, encoding="utf-8"))])
    return exit_code(answered.report)


@app.command(cls=Ordered)
@partial(question, names=INDEX_CHANGES)
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
    max_memory: MaxMemory = None,
    time_limit: TimeLimit = None,
    format: Format = "text",  # noqa: A002  the option's name
    output: Output = None,
    force: Force = False,
    fail_on: FailOn = "",
    summary: Summary = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
    **options: Any,
) -> int:
    """Answer a recorded question again, or a changed one, without network: what was not recorded is unknown."""
    keep_to(max_memory)
    rendering = Rendering.of(
        format, output, fail_on, force=force, verbose=verbose, quiet=quiet, summary=summary, read=[case]
    )
    from backtrail.cases import questions as cases
    from backtrail.sources.index_options import read_index_changes

    changes = read_index_changes(index_changes(options), now=datetime.now(timezone.utc))

    return rendering.render(
        cases.replay(
            case,
            requirements=requirements,
            resolvers=resolvers,
            python=python,
            time_limit=time_limit,
            max_memory=max_memory,
            index_changes=changes,
        )
    )


@app.command(cls=Ordered)
@question
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
    force: Force = False,
    quiet: Quiet = False,
    budget: Annotated[
        int, typer.Option("--budget", min=0, metavar="N", help="Smaller questions to ask at most.")
    ] = QUESTIONS,
    **options: Any,
) -> int:
    """Leave out what does not matter: the smallest requirements that still show a finding, a pin or the outcome."""
    if output is not None and output.suffix != _CASE_SUFFIX:
        raise InputError(f"-o {output}: a shrunk Case is written, its suffix is {_CASE_SUFFIX}")
    recorded = bool(about) and _is_recording(about[0])
    file = _file(output, force=force, read=about[:1] if recorded else ())
    from backtrail.cases import questions as cases

    cases.read_keep(keep)
    with progress_bar(quiet=quiet) as progress:
        if recorded:
            only(options, {"resolvers", "python", "time_limit", "max_memory"})
            keep_to(options["max_memory"])
            found = cases.shrink(
                about[0],
                keep,
                requirements=about[1:],
                resolvers=options["resolvers"],
                python=options["python"],
                time_limit=options["time_limit"],
                max_memory=options["max_memory"],
                budget=budget,
                progress=progress,
            )
        else:
            writes = () if file is None else (str(file.path),)
            asked = ask("explain-backtrack", None, about, BUDGET, options, writes)
            found = cases.shrink_asked(
                asked,
                keep,
                environ=os.environ,
                now=datetime.now(timezone.utc),
                budget=budget,
                progress=progress,
                stdin=standard_input,
            )
    warn(found.answered.inquiry.warnings)
    if file is not None:
        put([(file, found.answered.case.write)])
    from backtrail.report.wording import remaining, shrunk

    question = found.answered.report.question
    rendered = shrunk(
        keep, [one.policy.key for one in found.answered.inquiry.asked], found.before, len(question.requirements),
        found.tries, minimal=found.minimal, late=found.late, closed=found.closed,
    )  # fmt: skip
    lines = [*(f"# {sentence}" for sentence in rendered), *remaining(question)]
    write("".join(f"{shown(line)}\n" for line in lines))
    return 0


@app.command(cls=Ordered)
@partial(question, names=WHERE)
def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="A recording, or a lock: a file or git:REV:FILE.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="A later or other one of the same kind.")],
    *,
    format: Annotated[  # noqa: A002  the option's name
        str, typer.Option("--format", metavar="FORMAT", help="text, markdown or json.")
    ] = "text",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Also write a file: .md or .json.")
    ] = None,
    force: Force = False,
    quiet: Quiet = False,
    budget: Annotated[
        int | None, typer.Option("--budget", min=0, metavar="N", help="Solves to spend on finding causes.")
    ] = None,
    **options: Any,
) -> int:
    """Say which pins changed between two recordings or two locks, and what changed them.

    Recordings are exchanged part by part and solved again; so are locks, where what they were made from is known.
    """
    keep_to(options["max_memory"])
    if format not in _DIFF_FORMATS:
        raise InputError(f"--format {format!r} is not one of {', '.join(_DIFF_FORMATS)}")
    if output is not None and output.suffix not in _DIFF_SUFFIXES:
        raise InputError(f"-o {output}: the suffix is not one of {', '.join(_DIFF_SUFFIXES)}")
    file = _file(output, force=force, read=(old, new))
    from backtrail.cases import questions as cases
    from backtrail.report.skins import differences as difference

    recorded = [_is_recording(one) for one in (old, new)]
    if any(recorded) and not all(recorded):
        case, other = (old, new) if recorded[0] else (new, old)
        raise InputError(f"{case!r} is a recording and {other!r} is none: two recordings are compared, or two locks")
    with progress_bar(quiet=quiet) as progress:
        if any(recorded):
            only(options, ("time_limit", "max_memory"))
            limits = {"time_limit": options["time_limit"], "max_memory": options["max_memory"]}
            found = cases.diff(old, new, budget=QUESTIONS if budget is None else budget, progress=progress, **limits)
        else:
            where, now = asked_where(options), datetime.now(timezone.utc)
            solves = RENEWALS if budget is None else budget
            gc.enable()  # unlike an answer, this solves dozens of times
            found = cases.diff_locks(old, new, where, environ=os.environ, now=now, budget=solves, progress=progress)

    def rendered(form: str) -> bytes:
        if form == "json":
            return difference.encode(found, old, new)
        words = difference.markdown if form == "markdown" else difference.text
        return words(found, old, new).encode("utf-8", "backslashreplace")

    if file is not None:
        put([(file, lambda path: path.write_bytes(rendered(_DIFF_SUFFIXES[file.path.suffix])))])
    if format != "text" or not quiet:
        write(rendered(format) if format != "text" else difference.text(found, old, new))
    unknown = any(one.old.undecided or one.new.undecided for one in found.differences)
    return NO_ANSWER if unknown else 0


@app.command()
def explain(
    finding: Annotated[
        str | None, typer.Argument(metavar="[FINDING]", help="Its code or its kind: BT101, held-back.")
    ] = None,
) -> int:
    """Print what a finding means, what shows it, and what helps; without a name, the list of all."""
    from backtrail.explain.catalogue import ROWS, named
    from backtrail.report.documentation import page

    if finding is None:
        write_table([(row.code, row.kind, row.severity.value, row.title) for row in ROWS])
    else:
        write_markdown(page(named(finding)))
    return 0


@app.command()
def schema(
    document: Annotated[str, typer.Argument(metavar="[DOCUMENT]", help="report or diff.")] = "report",
) -> int:
    """Print the JSON Schema of the report, or of what `diff` says."""
    from backtrail.report.schema import SCHEMAS, schema_bytes

    if document not in SCHEMAS:
        raise InputError(f"{document!r} is not one of {', '.join(SCHEMAS)}")
    write(schema_bytes(document))
    return 0


@_cache.command("dir")
def cache_dir() -> int:
    """Print the cache's folder."""
    from backtrail.index.cache import default_folder

    write(f"{default_folder()}\n")
    return 0


@_cache.command("prune")
def cache_prune(
    days: Annotated[float, typer.Option("--days", min=0, help="Keep what is younger than this many days.")] = 30.0,
) -> int:
    """Drop what is old."""
    from backtrail.index.cache import default_folder, prune

    write(f"freed {_size(prune(default_folder(), days=days))}\n")
    return 0


@_cache.command("clear")
def cache_clear() -> int:
    """Drop everything."""
    from backtrail.index.cache import clear, default_folder

    write(f"freed {_size(clear(default_folder()))}\n")
    return 0


def _is_recording(word: str) -> bool:
    """Whether a word is a Case, by its name or, whatever it is called, by what is in it."""
    return kind_of(word) is Kind.CASE


def _file(output: Path | None, *, force: bool, read: Sequence[str] = ()) -> OutputFile | None:
    """What ``-o`` names, None where it is not given. Raises InputError where it cannot or must not be written."""
    return None if output is None else OutputFile(output, force).check(read)


def _size(number: int) -> str:
    """Bytes in words: ``12.3 MB``."""
    from backtrail.report.wording import count

    return f"{number / 1e6:.1f} MB" if number >= 1e5 else count(number, "byte", digits=True)
