"""Questions to the tables of a survey in SQL, as DuckDB understands it; nothing but these tables can be read."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds

from backtrail.model.errors import InputError
from backtrail.survey.tables import TABLES, path_of

__all__ = ["Answer", "csv_lines", "json_lines", "query"]


_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How what a spreadsheet calculates begins."""


class Answer(NamedTuple):
    """The names of the columns, and the rows."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]


def query(folder: Path, sql: str) -> Answer:
    """Ask the tables of a folder. Raises InputError for what is no survey, and for what DuckDB refuses."""
    there = [name for name in TABLES if path_of(folder, name).is_file()]
    if not there:
        raise InputError(f"{folder} has no tables of a survey")
    connection = duckdb.connect(config={"python_enable_replacements": False})
    for name in there:
        place = path_of(folder, name)
        try:
            connection.register(name, ds.dataset(place, format="parquet"))
        except (OSError, pa.ArrowInvalid):
            raise InputError(f"{place} is no table of a survey, or a damaged one") from None
    # From here on no statement reaches a file, the network or an extension, and none changes that.
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    try:
        found = connection.execute(sql)
        columns = tuple(str(column[0]) for column in found.description or ())
    except duckdb.Error as error:
        raise InputError(f"this query cannot be answered: {error}") from None
    return Answer(columns, _fetched(connection))


def csv_lines(answer: Answer) -> Iterator[str]:
    """The answer as CSV (RFC 4180), a line each; what a spreadsheet would take for a formula begins with a quote."""
    yield _csv_line(answer.columns)
    yield from map(_csv_line, answer.rows)


def _csv_line(values: Iterable[object]) -> str:
    stream = io.StringIO()
    csv.writer(stream).writerow([_cell(value) for value in values])
    return stream.getvalue()


def _cell(value: object) -> object:
    if value is None or isinstance(value, int | float):
        return value
    text = "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def json_lines(answer: Answer) -> Iterator[str]:
    """The answer as JSON, an object a line."""
    for row in answer.rows:
        yield json.dumps(dict(zip(answer.columns, row, strict=True)), default=str) + "\n"


def _fetched(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    try:
        while row := connection.fetchone():
            yield row
    except duckdb.Error as error:
        raise InputError(f"this query cannot be answered: {error}") from None
    finally:
        connection.close()
