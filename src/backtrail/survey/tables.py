"""The results as tables in Parquet: one for each kind of row, with its fields as columns, in the order of the plan.

The same rows give the same bytes. Only ``timings`` differs from one survey to the next.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from backtrail import transient
from backtrail.model.errors import InputError
from backtrail.model.record import Record
from backtrail.model.survey import ChangeRow, FindingRow, PinRow, QuestionRow, RunRow, TimingRow

__all__ = ["TABLES", "Writer", "filled", "path_of", "rows"]

TABLES: dict[str, type[Record]] = {
    "questions": QuestionRow,
    "runs": RunRow,
    "pins": PinRow,
    "findings": FindingRow,
    "changes": ChangeRow,
    "timings": TimingRow,
}
"""The record of each table's rows, by the table's name."""

R = TypeVar("R", bound=Record)

_ROWS = 5_000
"""Rows that are held in memory of a table before they are written."""

_BATCH = 500
"""Rows that are read at once: those of a plan are large."""

_COLUMNS: dict[Any, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    bytes: pa.binary(),
    tuple[str, ...]: pa.list_(pa.string()),
}


def schema_of(kind: type[Record]) -> pa.Schema:
    """The columns of a record: those whose field may be None may be null."""
    return pa.schema([_column(name, form) for name, form in get_type_hints(kind).items()])


def _column(name: str, form: Any) -> pa.Field:
    options = set(get_args(form)) if get_origin(form) in (Union, UnionType) else {form}
    (plain,) = options - {type(None)}
    return pa.field(name, _COLUMNS[plain], nullable=type(None) in options)


def path_of(folder: Path, table: str) -> Path:
    """The file of a table."""
    return folder / f"{table}.parquet"


class Writer:
    """Tables of a folder, being written; they take the places of older ones together, at the end."""

    def __init__(self, folder: Path, tables: dict[str, type[Record]]) -> None:
        """Begin. Raises OSError."""
        self._folder = folder
        self._closing = ExitStack()
        self._schemas = {name: schema_of(kind) for name, kind in tables.items()}
        self._kept: dict[str, list[Record]] = {name: [] for name in tables}
        self._parts: dict[str, Path] = {}
        self._files: dict[str, pq.ParquetWriter] = {}

    def __enter__(self) -> "Writer":  # noqa: PYI034  Self is of Python 3.11
        for name, schema in self._schemas.items():
            place = self._folder / f".{name}.{os.getpid()}.part"
            self._parts[name] = self._closing.enter_context(transient.place(place))
            self._files[name] = pq.ParquetWriter(place, schema, compression="zstd")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._closing:
            for name in self._files:
                if kind is None:
                    self._write(name)
                self._files[name].close()
            if kind is None:
                for name, part in self._parts.items():
                    part.replace(path_of(self._folder, name))

    def put(self, table: str, rows: Iterable[Record]) -> None:
        """Add rows to a table."""
        kept = self._kept[table]
        kept += rows
        if len(kept) >= _ROWS:
            self._write(table)

    def _write(self, table: str) -> None:
        rows, self._kept[table] = self._kept[table], []
        if rows:
            schema = self._schemas[table]
            columns = [pa.array([getattr(row, field.name) for row in rows], type=field.type) for field in schema]
            self._files[table].write_table(pa.Table.from_arrays(columns, schema=schema), row_group_size=_ROWS)


def filled(folder: Path, table: str, column: str) -> int:
    """How many rows of a table have something in a column, by what its file says of itself. Raises as ``rows``."""
    with _reading(path_of(folder, table)) as file:
        place = file.schema_arrow.get_field_index(column)
        groups = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
        return sum(group.num_rows - group.column(place).statistics.null_count for group in groups)


def rows(folder: Path, table: str, kind: type[R]) -> Iterator[R]:
    """The rows of a table, a batch after the other. Raises OSError, InputError for a file that is none."""
    with _reading(path_of(folder, table)) as file:
        for batch in file.iter_batches(batch_size=_BATCH):
            yield from (msgspec.convert(row, kind) for row in batch.to_pylist())


@contextmanager
def _reading(place: Path) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(place) as file:
            yield file
    except (pa.ArrowInvalid, msgspec.ValidationError):
        raise InputError(f"{place} is no table of a survey, or a damaged one") from None
