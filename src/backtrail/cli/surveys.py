"""The commands of a survey: asking many questions, and asking the tables that come of it."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec.structs import replace
from typer.core import TyperGroup

from backtrail.cli.options import question, typed
from backtrail.cli.ordered import Ordered
from backtrail.cli.output import progress_bar, warn, write, write_markdown, write_table
from backtrail.cli.output_file import OutputFile, put
from backtrail.cli.rendering import Rendering
from backtrail.explain.catalogue import BY_CODE
from backtrail.inputs.settings import amount
from backtrail.model.errors import InputError
from backtrail.model.question import Setting
from backtrail.model.survey import BASELINE, MET, met

if TYPE_CHECKING:
    from backtrail.survey.question_process import Limits

_QUERY_FORMATS = ("text", "csv", "json")

_ASKED = "ask"
"""The command that a survey is where no other is named."""


class _Survey(TyperGroup):
    """``survey QUESTIONS…`` asks; ``survey query`` and the like are commands of their own."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Whatever names no command is a question or an option of asking."""
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = [_ASKED, *args]
        return super().parse_args(ctx, args)


@contextmanager
def _extra() -> Iterator[None]:
    """Say in a sentence what is missing where the extra was not installed."""
    try:
        yield
    except ImportError as error:
        raise InputError(
            f"a survey needs more than backtrail alone: pip install 'backtrail[survey]' ({error})"
        ) from None


surveys = typer.Typer(
    cls=_Survey,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Ask many questions at once, each in several variations, and put what comes of it into tables.",
)


@surveys.command(_ASKED, cls=Ordered)
@question
def ask(
    questions: Annotated[
        list[str],
        typer.Argument(metavar="QUESTIONS...", help="Recordings, requirements, projects, locks, folders of them."),
    ],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where the tables go.")],
    vary: Annotated[
        list[str],
        typer.Option("--vary", metavar="WHAT=A,B", help="resolver, python, platform, cut-off or rule; repeatable."),
    ] = [],  # noqa: B006  typer copies it
    snapshot: Annotated[
        str | None, typer.Option("--snapshot", metavar="PLACE", help="The index as it was read: a folder or a URL.")
    ] = None,
    budget: Annotated[
        int, typer.Option("--budget", min=0, metavar="N", help="Solves a question to spend on remedies and proofs.")
    ] = 0,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, metavar="N", help="Questions at once on this computer."),
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", metavar="ADDRESS", help="A Dask cluster that answers: tls://host:8786.")
    ] = None,
    kill_after: Annotated[
        float,
        typer.Option("--kill-after", min=1, metavar="SECONDS", help="End a question that takes longer (default: 900)."),
    ] = 900.0,
    fail_on: Annotated[
        str,
        typer.Option(
            "--fail-on", metavar="WHAT[,WHAT]", help=f"End with code 4 if there is one: a code, {', '.join(MET)}."
        ),
    ] = "",
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the survey that is in the folder.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No text on stdout, no progress.")] = False,
    **options: Any,
) -> int:
    """Ask each question in each variation."""
    from backtrail.sources.index_options import read_index_changes
    from backtrail.survey.intake import entries
    from backtrail.survey.variations import cells

    with _extra():
        from backtrail.survey import conduct

    gc.enable()  # unlike an answer, a survey goes on
    base = typed("explain-backtrack", (), budget, options)
    now = (conduct.begun_at(output) if resume else None) or datetime.now(timezone.utc)
    changes = read_index_changes(base.index_changes, now=now)
    matrix = cells(vary, [change.option for change in changes], os.environ)
    base = replace(base, index_changes=())
    found = entries(questions, base)
    if not found:
        raise InputError(f"no questions in {', '.join(questions)}")
    if not any(Path(one).exists() for one in questions):
        raise InputError(f"{', '.join(questions)}: there is no such file")
    gates = _gates(fail_on)
    with progress_bar(quiet=quiet) as progress:
        told = conduct.conduct(
            found,
            conduct.Setting(
                folder=output,
                cells=matrix,
                environ=os.environ,
                now=now,
                budget=budget,
                snapshot=snapshot,
                offline=bool(options["offline"]),
                changes=changes,
                resume=resume,
                limits=_limits(kill_after, options["max_memory"]),
                workers=workers,
                scheduler=scheduler,
                progress=progress,
                warn=warn,
            ),
        )
    from backtrail.report.skins.survey_page import survey_html, survey_markdown

    markdown = survey_markdown(told, str(output))
    for name, text in (("summary.md", markdown), ("summary.html", survey_html(told, str(output)))):
        content = text.encode("utf-8", "backslashreplace")
        put([(OutputFile(output / name, force=False), partial(Path.write_bytes, data=content))])
    if not quiet:
        write_markdown(markdown)
    return 4 if gates.intersection(met(told)) else 0


def _gates(text: str) -> frozenset[str]:
    """What ``--fail-on`` names. Raises InputError for what cannot come of a survey."""
    named = [word.strip() for word in text.split(",") if word.strip()]
    gates = frozenset(word if word in MET else word.upper() for word in named)
    for gate in sorted(gates.difference(BY_CODE, MET)):
        raise InputError(f"--fail-on {gate}: this is neither the code of a finding nor one of {', '.join(MET)}")
    return gates


@surveys.command("report")
def report(
    asked: Annotated[str, typer.Argument(metavar="QUESTION", help="Its name in the table of questions.")],
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="The survey's folder.")] = Path(),
    *,
    cell: Annotated[str, typer.Option("--cell", metavar="CELL", help="The cell it was asked in.")] = BASELINE,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Also write a file: .md, .html, .json, .backtrail …"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is not a report of backtrail.")] = False,
    budget: Annotated[
        int, typer.Option("--budget", min=0, metavar="N", help="Solves to spend on remedies and proofs.")
    ] = 24,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Everything found, and what each run did.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No text on stdout.")] = False,
) -> int:
    """Answer one question of a survey again, from its snapshot, and say it whole."""
    rendering = Rendering.of("text", output, "", force=force, verbose=verbose, quiet=quiet)
    with _extra():
        from backtrail.survey.conduct import answer_again
    return rendering.render(answer_again(folder, asked, cell, budget=budget))


def _limits(seconds: float, memory: str | None) -> "Limits":
    """What a question may take before it is ended from outside. Raises InputError."""
    from backtrail.survey.question_process import Limits

    if memory is None:
        return Limits(seconds=seconds)
    return Limits(seconds=seconds, memory=amount(Setting(name="max-memory", value=memory, origin="--max-memory")))


@surveys.command("query")
def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="A query of questions, runs, pins, findings, changes.")],
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="The survey's folder.")] = Path(),
    *,
    format: Annotated[  # noqa: A002  the option's name
        str, typer.Option("--format", metavar="FORMAT", help="text, csv, or json: an object a line.")
    ] = "text",
) -> int:
    """Ask the tables of a survey in SQL (DuckDB)."""
    if format not in _QUERY_FORMATS:
        raise InputError(f"--format {format!r} is not one of {', '.join(_QUERY_FORMATS)}")
    with _extra():
        from backtrail.survey import querying

    found = querying.query(folder, sql)
    if format == "text":
        write_table([found.columns, *(tuple("" if one is None else str(one) for one in row) for row in found.rows)])
        return 0
    for line in querying.csv_lines(found) if format == "csv" else querying.json_lines(found):
        write(line)
    return 0
