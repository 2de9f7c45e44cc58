"""Why pip or uv chose what it chose: a flight recorder and explainer for dependency resolution (docs/api.md)."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backtrail.inputs.settings import Flags
    from backtrail.inquiry import Answered, Ask, inquire, replay
    from backtrail.model.case import Report
    from backtrail.model.errors import BacktrailError
    from backtrail.model.finding import Finding, Remedy
    from backtrail.model.run import Pin, Run
    from backtrail.report.skins.json_document import document

__all__ = [
    "Answered",
    "Ask",
    "BacktrailError",
    "Finding",
    "Flags",
    "Pin",
    "Remedy",
    "Report",
    "Run",
    "document",
    "inquire",
    "replay",
]

_HOMES = {
    "Answered": "inquiry",
    "Ask": "inquiry",
    "BacktrailError": "model.errors",
    "Finding": "model.finding",
    "Flags": "inputs.settings",
    "Pin": "model.run",
    "Remedy": "model.finding",
    "Report": "model.case",
    "Run": "model.run",
    "document": "report.skins.json_document",
    "inquire": "inquiry",
    "replay": "inquiry",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562): a program that wants one does not wait for all."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return [*__all__]
