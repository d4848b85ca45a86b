"""One file as it is: the mapped columns under our names, with names and numbers of its rows.

`read_raw_file` opens a file, undoes gzip, and hands the bytes to the adapter of the feed's kind.
Whatever is wrong with the file as a whole ends as the rule it breaks, in `RawFile.broken`.
"""

import gzip
import hashlib
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from upath import UPath

from aiops_pipelines.feeds.batch import (
    FileRead,
    provenance_of,
    quarantine_file,
    quarantine_rows,
)
from aiops_pipelines.feeds.csv_file import decode_csv
from aiops_pipelines.feeds.decoded import Decoded, UnreadableFileError
from aiops_pipelines.feeds.parquet_file import decode_parquet
from aiops_pipelines.feeds.rules import Rule
from aiops_pipelines.portfolio import Feed
from aiops_pipelines.schema import QUARANTINE

_ADAPTERS: Mapping[str, Callable[[bytes, Feed, list[str]], Decoded]] = {
    "csv": decode_csv,
    "parquet": decode_parquet,
}


@dataclass(frozen=True, slots=True)
class RawFile:
    """A file's rows, not judged yet.

    `columns` are under our names, text or typed; `row_numbers` (int64) are theirs in the file;
    `refused` maps rules to the numbers of rows that could not be told apart into cells; `broken`
    is what is wrong with the whole file, and then there are no rows.
    """

    name: str
    sha256: str
    columns: Mapping[str, pa.ChunkedArray]
    row_numbers: np.ndarray
    refused: Mapping[Rule, np.ndarray]
    broken: UnreadableFileError | None = None

    @property
    def provenance(self) -> pa.Table:
        """Return where each row came from (schema PROVENANCE)."""
        return provenance_of(self.name, self.row_numbers)

    @property
    def read(self) -> FileRead:
        """Return the file's name, digest and number of rows, kept and refused."""
        total = self.row_numbers.size + sum(rows.size for rows in self.refused.values())
        return FileRead(self.name, self.sha256, int(total))

    def quarantine(self, feed: str) -> pa.Table:
        """Return what was refused before any row was looked at."""
        if self.broken is not None:
            return quarantine_file(feed, self.name, self.broken.rule, self.broken.column)
        tables = [QUARANTINE.empty_table()]
        for rule, rows in self.refused.items():
            every = np.ones(rows.size, bool)
            tables.append(quarantine_rows(feed, provenance_of(self.name, rows), every, rule, None))
        return pa.concat_tables(tables)

    def only(self, keep: Callable[[np.ndarray], np.ndarray]) -> "RawFile":
        """Return the file with only the rows whose numbers `keep` says yes to."""
        kept = keep(self.row_numbers)
        refused = {rule: rows[keep(rows)] for rule, rows in self.refused.items()}
        columns = {name: column.filter(pa.array(kept)) for name, column in self.columns.items()}
        return replace(self, columns=columns, row_numbers=self.row_numbers[kept], refused=refused)


def read_raw_file(path: UPath, feed: Feed, root: UPath) -> RawFile:
    """Return the file at `path`; what is wrong with it as a whole stands in `broken`."""
    name = path.relative_to(root).as_posix()
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    wanted = list(dict.fromkeys(feed.columns.values()))
    try:
        if not data:
            raise UnreadableFileError(Rule.EMPTY_FILE)
        found = _ADAPTERS[feed.kind](_unpacked(path, data), feed, wanted)
    except UnreadableFileError as error:
        return RawFile(name, digest, {}, np.empty(0, np.int64), {}, error)
    columns = {ours: found.columns[theirs] for ours, theirs in feed.columns.items()}
    return RawFile(name, digest, columns, found.row_numbers, found.refused)


def _unpacked(path: UPath, data: bytes) -> bytes:
    if path.suffix != ".gz":
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        raise UnreadableFileError(Rule.NOT_GZIP) from None
