"""What reading a feed gives: typed rows, what was refused, which files were read.

Also the one way to make quarantine rows, here and for callers that judge rows later (a label for
a case nobody knows).
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aiops_pipelines.feeds.rules import CELL_RULES, FILE_RULES
from aiops_pipelines.schema import QUARANTINE

PROVENANCE = pa.schema(
    [
        pa.field("file", pa.dictionary(pa.int32(), pa.string()), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
    ]
)
"""Where a row came from: the file, relative to the feeds' root, and its number in it.

In a CSV the header is row 1 and a row with quoted line breaks counts as one; in a Parquet file
the first row is row 1.
"""

MASKED = "masked"


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file that was opened: name relative to the feeds' root, SHA-256, rows in it.

    `rows` counts kept and refused rows; it is 0 for a file that could not be read. Of an archive
    it counts the rows of the days asked for.
    """

    name: str
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class FeedBatch:
    """The rows of a feed for some days.

    `rows` has the schema of predictions or labels, `provenance` (schema PROVENANCE) one row for
    each of them in the same order, `quarantine` the schema QUARANTINE. No `files` means that
    nothing arrived.
    """

    rows: pa.Table
    provenance: pa.Table
    quarantine: pa.Table
    files: tuple[FileRead, ...]

    @property
    def refused_rows(self) -> int:
        """Return how many rows were refused: quarantine without whole files and emptied cells."""
        others = pa.array([str(rule) for rule in CELL_RULES | FILE_RULES])
        refused = pc.invert(pc.is_in(self.quarantine["rule"], value_set=others))
        return int(pc.sum(refused, min_count=0).as_py())


def quarantine_rows(
    feed: str,
    provenance: pa.Table,
    broken: np.ndarray,
    rule: str,
    column: str | None,
    masked: str | np.ndarray = MASKED,
) -> pa.Table:
    """Return quarantine rows for the rows of `provenance` where `broken` (boolean, per row).

    `masked` says what kind of value it was, one for all or one for each row of `provenance`:
    never the value itself.
    """
    which = np.flatnonzero(broken)
    where = provenance.take(pa.array(which))
    values = masked[which].tolist() if isinstance(masked, np.ndarray) else [masked] * which.size
    return pa.table(
        {
            "feed": pa.repeat(feed, which.size),
            "file": where["file"].cast(pa.string()),
            "row": where["row"],
            "rule": pa.repeat(str(rule), which.size),
            "column": pa.repeat(pa.scalar(column, pa.string()), which.size),
            "masked_value": pa.array(values, pa.string()),
        },
        schema=QUARANTINE,
    )


def quarantine_file(feed: str, file: str, rule: str, column: str | None = None) -> pa.Table:
    """Return the quarantine row of a whole file."""
    row = {"feed": feed, "file": file, "row": None, "rule": str(rule), "column": column}
    return pa.Table.from_pylist([row], schema=QUARANTINE)


def provenance_of(file: str, rows: np.ndarray) -> pa.Table:
    """Return the provenance of `rows` (int64 row numbers) of one file."""
    codes = pa.array(np.zeros(rows.size, np.int32))
    names = pa.DictionaryArray.from_arrays(codes, pa.array([file], pa.string()))
    return pa.table({"file": names, "row": pa.array(rows, pa.int64())}, schema=PROVENANCE)
