"""Two Cases held against each other, as the JSON document ``backtrail.diff`` and as Markdown (docs/json.md)."""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from backtrail.model.difference import Cause, Change, Difference
from backtrail.model.text import visible, without_credentials
from backtrail.report.layout import unread
from backtrail.report.skins.json_document import clean, failure, program_version
from backtrail.report.skins.markdown import escape, mark
from backtrail.report.wording import difference, only_in

VERSION = 1
"""The version of the document's form; a change that a reader could trip over raises it."""

Json = dict[str, Any]


class Compared(NamedTuple):
    """What differs between two Cases, a run each; ``only_old`` and ``only_new`` are runs that one of them has alone."""

    differences: tuple[Difference, ...]
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]


def lines(found: Compared, old: str, new: str) -> list[str]:
    """What is said of it, a sentence or a pin a line, those that belong below another indented. The Cases by name."""
    told = [line for one in found.differences for line in difference(one)]
    return [*told, *only_in(old, found.only_old), *only_in(new, found.only_new)]


def text(found: Compared, old: str, new: str) -> str:
    """For a terminal, a pipe or a file."""
    return "".join(f"{visible(without_credentials(line))}\n" for line in lines(found, old, new))


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
    told = json.dumps(document(found, old, new), indent=2, ensure_ascii=False)
    return told.encode("utf-8", "backslashreplace") + b"\n"


def document(found: Compared, old: str, new: str) -> Json:
    """The findings as plain values in a fixed order."""
    told = clean({
        "schema": "backtrail.diff",
        "version": VERSION,
        "backtrail": program_version(),
        "old": old,
        "new": new,
        "runs": [_run(one) for one in found.differences],
        "only_old": list(found.only_old),
        "only_new": list(found.only_new),
    })  # fmt: skip
    assert isinstance(told, dict)
    return told


def _run(found: Difference) -> Json:
    runs = found.old, found.new
    return {
        "resolvers": [run.key for run in runs],
        "outcomes": [run.outcome.value for run in runs],
        "failures": [failure(run.failure, unread(run)) for run in runs],
        "changes": [_change(one) for one in found.changes],
        "differs": _causes(found.differs),
        "solves": found.solves,
    }


def _change(change: Change) -> Json:
    return {
        "project": change.name,
        "versions": [change.old, change.new],
        "files": [change.old_file, change.new_file],
        "known": change.known,
        "causes": _causes(change.causes),
    }


def _causes(causes: Iterable[Cause]) -> list[Json]:
    return [
        {
            "kind": cause.kind.value,
            "about": cause.about,
            "old": list(cause.old),
            "new": list(cause.new),
            "alone": cause.alone,
            "events": [
                {"kind": one.kind.value, "project": one.project, "version": one.version, "file": one.file}
                for one in cause.events
            ],
        }
        for cause in causes
    ]
