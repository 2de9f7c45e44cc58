"""The JSON Schemas of the documents, as shipped with the program (draft 2020-12)."""

import json
from importlib.resources import files
from typing import Any

SCHEMAS = {"report": "schema.json", "diff": "diff-schema.json"}
"""The documents by name, and the file each schema is in."""


def schema_bytes(document: str = "report") -> bytes:
    """The schema of a document as it is shipped."""
    return files("backtrail.report").joinpath(SCHEMAS[document]).read_bytes()


def schema(document: str = "report") -> dict[str, Any]:
    """The schema of a document as plain values."""
    found: dict[str, Any] = json.loads(schema_bytes(document))
    return found
