"""Questions to the tables of a survey in SQL, as DuckDB understands it; nothing but these tables can be read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow.dataset as ds

from backtrail.model.errors import InputError
from backtrail.survey.tables import TABLES, path_of

__all__ = ["Answer", "query"]


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
        connection.register(name, ds.dataset(path_of(folder, name), format="parquet"))
    # From here on no statement reaches a file, the network or an extension, and none changes that.
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    try:
        found = connection.execute(sql)
        columns = tuple(str(column[0]) for column in found.description or ())
    except duckdb.Error as error:
        raise InputError(f"this query cannot be answered: {error}") from None
    return Answer(columns, _fetched(connection))


def _fetched(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    try:
        while row := connection.fetchone():
            yield row
    except duckdb.Error as error:
        raise InputError(f"this query cannot be answered: {error}") from None
    finally:
        connection.close()
