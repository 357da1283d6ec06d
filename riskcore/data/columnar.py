"""From a Parquet file to a grid of cells, after its size has been read from its own footer."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from riskcore.data.dialect import BLANKS, GLANCED_AT, MAX_CELLS, MAX_TICKERS, WIDEST, Glance, Grid
from riskcore.errors import FileFormatError

if TYPE_CHECKING:
    from pyarrow import ChunkedArray, DictionaryArray, Table  # type: ignore[import-untyped]
    from pyarrow.parquet import FileMetaData  # type: ignore[import-untyped]

__all__ = ["read_parquet"]

MAX_UNPACKED = 200 * 1024 * 1024
UNNAMED_INDEX = "__index_level_0__"  # what pandas calls an index without a name


def read_parquet(content: bytes, glance: Glance | None = None) -> Grid:
    """Return the columns of a Parquet file as text, dates first, under a header row.

    `glance` judges rows taken evenly from a long table before all become text.

    Raises
    ------
    FileFormatError
        The file is damaged or too large, or a column holds neither numbers, dates nor text.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        _check_size(file.metadata)
        # Repeated texts stay as they are stored: a small file may hold gigabytes of them.
        texts = [
            f.name
            for f in file.schema_arrow
            if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)
        ]
        file = pq.ParquetFile(pa.BufferReader(content), read_dictionary=texts)
        table = file.read()
        table.validate(full=True)
        if len(set(table.column_names)) < len(table.column_names):
            raise FileFormatError("The Parquet file has two columns of one name; rename one.")
        step = table.num_rows // GLANCED_AT
        if glance is not None and step:
            glance(_grid(table.take(list(range(0, table.num_rows, step)))))
        return _grid(table)
    except (pa.ArrowException, OSError, ValueError, TypeError, LookupError, OverflowError) as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError(
            f"The file is not a valid Parquet file or is damaged ({type(error).__name__}); write it again."
        ) from error


def _grid(table: "Table") -> Grid:
    import pyarrow as pa

    columns = {name: _texts(name, table.column(k)) for k, name in enumerate(table.column_names)}
    dated = [n for n in columns if pa.types.is_temporal(table.schema.field(n).type)]
    order = dated + [n for n in columns if n not in dated]
    header = ["" if n == UNNAMED_INDEX else n.strip(BLANKS) for n in order]
    body = [list(row) for row in zip(*(columns[n] for n in order), strict=True)]
    return Grid([header, *body], list(range(len(body) + 1)), "row")


def _check_size(metadata: "FileMetaData") -> None:
    rows, width = metadata.num_rows, metadata.num_columns
    unpacked = sum(metadata.row_group(k).total_byte_size for k in range(metadata.num_row_groups))
    if width > WIDEST:
        raise FileFormatError(f"The file has {width} columns; the limit is {MAX_TICKERS} tickers.")
    if rows * (width - 1) > MAX_CELLS or unpacked > MAX_UNPACKED:
        raise FileFormatError(
            f"The file is too large: {rows} rows × {width} columns, {unpacked / 2**20:.0f} MB; the limit is "
            f"{MAX_CELLS // 1_000_000} million values and {MAX_UNPACKED // 2**20} MB."
        )


def _texts(name: str, column: "ChunkedArray") -> list[str]:
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        if pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type):
            return [text for chunk in column.chunks for text in _repeated(chunk)]
        kind = kind.value_type
    known = (
        pa.types.is_floating(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_timestamp(kind)
        or pa.types.is_date(kind)
        or pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_null(kind)
    )
    if not known:
        raise FileFormatError(
            f"The column {name[:40]!r} holds {kind}, neither numbers, dates nor text; remove it."
        )
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("us", tz=kind.tz), safe=False)
    values: Iterable[object] = column.to_pylist()
    if pa.types.is_timestamp(kind):
        return ["" if v is None else f"{v:%Y-%m-%d %H:%M:%S}".removesuffix(" 00:00:00") for v in values]
    if pa.types.is_floating(kind):
        return ["" if v is None or v != v else repr(v) for v in values]
    return ["" if v is None else str(v).strip(BLANKS) for v in values]


def _repeated(chunk: "DictionaryArray") -> Iterable[str]:
    """Return the texts of a column that stores each once; equal ones are one object."""
    known = ["" if text is None else text.strip(BLANKS) for text in chunk.dictionary.to_pylist()]
    return ["" if k is None else known[k] for k in chunk.indices.to_pylist()]
