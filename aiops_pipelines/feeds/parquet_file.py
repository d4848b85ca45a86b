"""Parquet files: the wanted columns with their own types, batch by batch."""

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from aiops_pipelines.feeds.decoded import Decoded, UnreadableFileError, check_header
from aiops_pipelines.feeds.rules import Rule
from aiops_pipelines.portfolio import Feed

ROWS_LIMIT = 50_000_000
"""The most rows of one file: a few bytes can declare any number of equal rows."""
_BATCH_ROWS = 125_000
_READ_BYTES = 1 << 20
_BYTES = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
_NO_VALUES = (pa.types.is_duration, pa.types.is_interval)


def decode_parquet(stream: BinaryIO, feed: Feed, wanted: list[str]) -> Iterator[Decoded]:
    """Yield the columns `wanted` of a Parquet file; raise UnreadableFileError."""
    del feed
    try:
        file = pq.ParquetFile(
            stream, page_checksum_verification=True, buffer_size=_READ_BYTES, pre_buffer=False
        )
        if file.metadata.num_rows > ROWS_LIMIT:
            raise UnreadableFileError(Rule.TOO_LARGE)
        check_header(file.schema_arrow.names, wanted)
        nested = [name for name in wanted if pa.types.is_nested(file.schema_arrow.field(name).type)]
        if nested:
            raise UnreadableFileError(Rule.NOT_A_VALUE, ", ".join(nested))
        first = 1
        for batch in file.iter_batches(_BATCH_ROWS, columns=wanted, use_threads=False):
            batch.validate(full=True)
            table = pa.Table.from_batches([batch])
            columns = {name: _readable(table.column(name), name) for name in wanted}
            yield Decoded(columns, np.arange(first, first + batch.num_rows))
            first += batch.num_rows
    except (pa.ArrowException, OSError, MemoryError, UnicodeDecodeError):
        raise UnreadableFileError(Rule.NOT_PARQUET) from None
    if first - 1 != file.metadata.num_rows:
        raise UnreadableFileError(Rule.NOT_PARQUET)


def _readable(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """Return the column, bytes that are not marked as text as the text they are."""
    kind = column.type
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    if any(matches(plain) for matches in _NO_VALUES):
        raise UnreadableFileError(Rule.NOT_A_VALUE, name)
    if not any(matches(plain) for matches in _BYTES):
        return column
    try:
        return column.cast(plain).cast(pa.string())
    except pa.ArrowInvalid:
        raise UnreadableFileError(Rule.NOT_UTF8, name) from None
