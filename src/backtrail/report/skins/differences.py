"""Two Cases held against each other, as the JSON document ``backtrail.diff`` and as Markdown (docs/json.md)."""

from typing import Any, Final, NamedTuple

from backtrail.model.difference import Difference
from backtrail.model.safe_text import shown
from backtrail.report import document_types as form
from backtrail.report.skins.json_document import indented, plain, program_version, run_difference
from backtrail.report.skins.markdown import escape, mark
from backtrail.report.wording import difference, only_in

VERSION: Final = 1
"""The version of the document's form; a change that a reader could trip over raises it."""

Json = dict[str, Any]


class Compared(NamedTuple):
    """What differs between two Cases, a run each; ``only_old`` and ``only_new`` are runs that one of them has alone."""

    differences: tuple[Difference, ...]
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]


def lines(found: Compared, old: str, new: str) -> list[str]:
    """What is said of it, a sentence or a pin a line, those that belong below another indented. The Cases by name."""
    written = [line for one in found.differences for line in difference(one)]
    return [*written, *only_in(old, found.only_old), *only_in(new, found.only_new)]


def text(found: Compared, old: str, new: str) -> str:
    """For a terminal, a pipe or a file."""
    return "".join(f"{shown(line)}\n" for line in lines(found, old, new))


def markdown(found: Compared, old: str, new: str) -> str:
    """For an issue or a pull request: a heading each run, a list below it."""
    parts: list[str] = []
    for line in lines(found, old, new):
        words = escape(line.strip())
        indent = len(line) - len(line.lstrip())
        parts.append(f"{' ' * (indent - 2)}- {words}\n" if indent else f"\n**{words}**\n\n")
    return f"{''.join(parts).strip()}\n\n{mark()}"


def encode(found: Compared, old: str, new: str) -> bytes:
    """The document as UTF-8, indented, with a newline at the end; the same Cases give the same bytes."""
    return indented(document(found, old, new))


def document(found: Compared, old: str, new: str) -> Json:
    """The findings as plain values in a fixed order."""
    return plain(
        form.DiffDocument(
            schema="backtrail.diff",
            version=VERSION,
            backtrail=program_version(),
            old=old,
            new=new,
            runs=tuple(run_difference(one) for one in found.differences),
            only_old=found.only_old,
            only_new=found.only_new,
        )
    )
