"""Why pip or uv chose what it chose: a flight recorder and explainer for dependency resolution (docs/api.md)."""

from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backtrail.cases.questions import diff, shrink
    from backtrail.inputs.settings import Flags
    from backtrail.inquiry import Answered, compare, inquire, replay
    from backtrail.model import finding as details
    from backtrail.model.case import Report
    from backtrail.model.errors import BacktrailError
    from backtrail.model.finding import (
        Finding,
        Remedy,
        RemedyKind,
        RemedyResult,
        Severity,
    )
    from backtrail.model.run import Pin, Run
    from backtrail.model.trail import Outcome
    from backtrail.preparation.ask import Ask
    from backtrail.report.rendered import to_html, to_markdown, to_text
    from backtrail.report.skins.json_document import document

    __version__: str

__all__ = [
    "Answered",
    "Ask",
    "BacktrailError",
    "Finding",
    "Flags",
    "Outcome",
    "Pin",
    "Remedy",
    "RemedyKind",
    "RemedyResult",
    "Report",
    "Run",
    "Severity",
    "compare",
    "details",
    "diff",
    "document",
    "inquire",
    "replay",
    "shrink",
    "to_html",
    "to_markdown",
    "to_text",
]

_HOMES = {
    "Answered": "inquiry",
    "Ask": "preparation.ask",
    "BacktrailError": "model.errors",
    "Finding": "model.finding",
    "Flags": "inputs.settings",
    "Outcome": "model.trail",
    "Pin": "model.run",
    "Remedy": "model.finding",
    "RemedyKind": "model.finding",
    "RemedyResult": "model.finding",
    "Report": "model.case",
    "Run": "model.run",
    "Severity": "model.finding",
    "compare": "inquiry",
    "diff": "cases.questions",
    "document": "report.skins.json_document",
    "inquire": "inquiry",
    "replay": "inquiry",
    "shrink": "cases.questions",
    "to_html": "report.rendered",
    "to_markdown": "report.rendered",
    "to_text": "report.rendered",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562): a program that wants one does not wait for all."""
    if name == "__version__":
        return metadata.version(__name__)
    if name == "details":
        return import_module(f"{__name__}.model.finding")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
