"""Parquet files: the wanted columns with their own types."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from aiops_pipelines.feeds.decoded import Decoded, UnreadableFileError, check_header
from aiops_pipelines.feeds.rules import Rule
from aiops_pipelines.portfolio import Feed


def decode_parquet(data: bytes, feed: Feed, wanted: list[str]) -> Decoded:
    """Return the columns `wanted` of a Parquet file; raise UnreadableFileError."""
    del feed
    try:
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
        check_header(file.schema_arrow.names, wanted)
        nested = [name for name in wanted if pa.types.is_nested(file.schema_arrow.field(name).type)]
        if nested:
            raise UnreadableFileError(Rule.NOT_A_VALUE, ", ".join(nested))
        table = file.read(columns=wanted)
        table.validate(full=True)
    except (pa.ArrowException, OSError):
        raise UnreadableFileError(Rule.NOT_PARQUET) from None
    columns = {name: table.column(name) for name in wanted}
    return Decoded(columns, np.arange(1, table.num_rows + 1), {})
