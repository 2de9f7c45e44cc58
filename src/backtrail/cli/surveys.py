"""The commands of a survey: asking many questions, and asking the tables that come of it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from backtrail.cli.options import question, typed
from backtrail.cli.ordered import Ordered
from backtrail.cli.output import progress_bar, write_table
from backtrail.model.errors import InputError

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
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No text on stdout, no progress.")] = False,
    **options: Any,
) -> int:
    """Ask each question in each variation."""
    from backtrail.survey.intake import entries
    from backtrail.survey.variations import cells

    with _extra():
        from backtrail.survey.conduct import Setting, conduct

    base = typed("explain-backtrack", (), budget, options)
    matrix = cells(vary)
    found = entries(questions, base)
    if not found:
        raise InputError(f"no questions in {', '.join(questions)}")
    with progress_bar(quiet=quiet) as progress:
        conduct(
            found,
            Setting(
                folder=output,
                cells=matrix,
                environ=os.environ,
                now=datetime.now(timezone.utc),
                budget=budget,
                snapshot=snapshot,
                offline=bool(options["offline"]),
                progress=progress,
            ),
        )
    return 0


@surveys.command("query")
def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="A query of questions, runs, pins, findings, changes.")],
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="The survey's folder.")] = Path(),
) -> int:
    """Ask the tables of a survey in SQL (DuckDB)."""
    with _extra():
        from backtrail.survey import querying

    found = querying.query(folder, sql)
    write_table([found.columns, *(tuple("" if one is None else str(one) for one in row) for row in found.rows)])
    return 0
