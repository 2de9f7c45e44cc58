"""The JSON Schemas of the documents (draft 2020-12), made of the documents' types and shipped with the program.

``python -m backtrail.report.schema`` writes the shipped ones anew.
"""

import inspect
import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

import msgspec

from backtrail.explain.catalogue import ROWS
from backtrail.model.finding import Detail
from backtrail.model.record import Record
from backtrail.report.document_types import WRITTEN, DiffDocument, ReportDocument

SCHEMAS = {"report": "schema.json", "diff": "diff-schema.json"}
"""The documents by name, and the file each schema is in."""

_DOCUMENTS = {"report": ReportDocument, "diff": DiffDocument}
_REF = "#/$defs/{name}"
_NAMES = {"None": "null", "True": "true", "False": "false"}


def schema_bytes(document: str = "report") -> bytes:
    """The schema of a document as it is shipped."""
    return files("backtrail.report").joinpath(SCHEMAS[document]).read_bytes()


def schema(document: str = "report") -> dict[str, Any]:
    """The schema of a document as plain values, as it is shipped."""
    found: dict[str, Any] = json.loads(schema_bytes(document))
    return found


def generated(document: str) -> dict[str, Any]:
    """The schema of a document, made of its types."""
    details = [row.detail for row in ROWS] if document == "report" else []
    (root, *refs), parts = msgspec.json.schema_components(
        [_form(one) for one in (_DOCUMENTS[document], *details)], ref_template=_REF
    )
    if details:
        parts["Finding"]["oneOf"] = [
            {"properties": {"code": {"const": row.code}, "kind": {"const": row.kind}, "detail": ref}}
            for row, ref in zip(ROWS, refs, strict=True)
        ]
    top = parts.pop(root["$ref"].removeprefix(_REF.format(name="")))
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **top, "$defs": dict(sorted(parts.items()))}
    whole["title"] = f"backtrail {document}"
    _in_json_words(whole)
    return whole


def _in_json_words(value: Any) -> None:
    """Docstrings as descriptions: one paragraph after the other, with the values of JSON."""
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _in_json_words(one)
    if isinstance(value, dict) and isinstance(value.get("description"), str):
        words = " ".join(inspect.cleandoc(value["description"]).split()).replace("``", "`")
        value["description"] = re.sub(r"\b(?:None|True|False)\b", lambda name: _NAMES[name[0]], words)


def _form(kind: Any) -> Any:
    """A type of the model as the type of what is written of it."""
    if kind == Detail:
        return dict[str, Any]
    kind = WRITTEN.get(kind, kind)
    if isinstance(kind, NewType):
        return _form(kind.__supertype__)
    if isinstance(kind, type) and issubclass(kind, Record):
        return _record(kind)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is None or origin is Literal:
        return kind
    if origin is Annotated:
        return Annotated[(_form(arguments[0]), *arguments[1:])]
    if origin in (Union, UnionType):
        return Union[tuple(map(_form, arguments))]  # noqa: UP007  of a tuple made here
    return origin[tuple(map(_form, arguments))]


@cache
def _record(kind: type[Record]) -> type[msgspec.Struct]:
    """A record as it is written: all fields are there but those that may be unset, and no tag."""
    return msgspec.defstruct(
        kind.__name__,
        list(_fields(kind)),
        namespace={"__doc__": kind.__doc__},
        module=kind.__module__,
        kw_only=True,
        forbid_unknown_fields=True,
    )


def _fields(kind: type[Record]) -> Iterator[Any]:
    hints = get_type_hints(kind, include_extras=True)
    for name, written in zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True):
        optional = msgspec.UnsetType in get_args(hints[name])
        yield (written, _form(hints[name]), msgspec.UNSET) if optional else (written, _form(hints[name]))


def _write() -> None:
    for document, name in SCHEMAS.items():
        text = json.dumps(generated(document), indent=2, ensure_ascii=False)
        Path(__file__).with_name(name).write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    _write()
