"""The JSON Schema of the report document, as shipped with the program (draft 2020-12)."""

import json
from importlib.resources import files
from typing import Any


def schema_bytes() -> bytes:
    """The schema as it is shipped."""
    return files("backtrail.report").joinpath("schema.json").read_bytes()


def schema() -> dict[str, Any]:
    """The schema as plain values."""
    found: dict[str, Any] = json.loads(schema_bytes())
    return found
