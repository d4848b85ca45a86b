"""Files as they are: the mapped columns under our names, block by block, with numbers of rows.

`raw_files` opens one file after the other and hands its bytes to the adapter of the feed's kind.
Whatever is wrong with a file as a whole is raised by its blocks as `UnreadableFileError`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, NoReturn

import numpy as np
import pyarrow as pa
from upath import UPath

from aiops_pipelines.feeds.batch import provenance_of, quarantine_rows
from aiops_pipelines.feeds.content import Watch, digest, settled, unpacked
from aiops_pipelines.feeds.csv_file import decode_csv
from aiops_pipelines.feeds.decoded import Decoded, UnreadableFileError
from aiops_pipelines.feeds.parquet_file import decode_parquet
from aiops_pipelines.feeds.rules import Rule
from aiops_pipelines.portfolio import Feed, FileFeed
from aiops_pipelines.schema import QUARANTINE

Adapter = Callable[[BinaryIO, Feed, list[str]], Iterator[Decoded]]


def _adapter(kind: str) -> Adapter:
    """Return the adapter of a kind; libraries of documents are imported where one is read."""
    if kind == "fhir":
        from aiops_pipelines.feeds.fhir_file import decode_fhir as adapter
    elif kind == "hl7v2":
        from aiops_pipelines.feeds.hl7_file import decode_hl7 as adapter
    elif kind == "dicom-sr":
        from aiops_pipelines.feeds.dicom_sr import decode_dicom_sr as adapter
    else:
        adapter = {"csv": decode_csv, "parquet": decode_parquet}[kind]
    return adapter


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of a file, not judged yet.

    `columns` are under our names, text or typed; `row_numbers` (int64) are theirs in the file;
    `refused` maps rules to the numbers of rows that could not be told apart into cells.
    """

    columns: Mapping[str, pa.ChunkedArray]
    row_numbers: np.ndarray
    refused: Mapping[Rule, np.ndarray]

    @property
    def total(self) -> int:
        """Return the number of rows, kept and refused."""
        return int(self.row_numbers.size + sum(rows.size for rows in self.refused.values()))

    def provenance(self, file: str) -> pa.Table:
        """Return where each row came from (schema PROVENANCE)."""
        return provenance_of(file, self.row_numbers)

    def quarantine(self, feed: str, file: str) -> pa.Table:
        """Return what was refused before any row was looked at."""
        tables = [QUARANTINE.empty_table()]
        for rule, rows in self.refused.items():
            every = np.ones(rows.size, bool)
            tables.append(quarantine_rows(feed, provenance_of(file, rows), every, rule, None))
        return pa.concat_tables(tables)

    def only(self, keep: Callable[[np.ndarray], np.ndarray]) -> "Block":
        """Return the block with only the rows whose numbers `keep` says yes to."""
        kept = keep(self.row_numbers)
        refused = {rule: rows[keep(rows)] for rule, rows in self.refused.items()}
        columns = {name: column.filter(pa.array(kept)) for name, column in self.columns.items()}
        return replace(self, columns=columns, row_numbers=self.row_numbers[kept], refused=refused)


@dataclass(frozen=True, slots=True)
class RawFile:
    """A file's name below the feeds' root, its SHA-256, and its blocks, to be read once."""

    name: str
    sha256: str
    blocks: Iterator[Block]


def raw_files(
    paths: Sequence[UPath], feed: FileFeed, root: UPath, watch: Watch, what: str
) -> Iterator[RawFile]:
    """Yield the files at `paths` in their order; each is open until the next is asked for.

    Raises:
        FeedError: a file is still being written or can't be opened; `what` names the feed.
    """
    for place, path in enumerate(paths, start=1):
        with settled(path, feed.settle_seconds, watch, what) as stream:
            name = path.relative_to(root).as_posix()
            replaced = feed.later_files == "replace" and place < len(paths)
            blocks = _replaced() if replaced else _blocks(stream, feed, path.suffix)
            yield RawFile(name, digest(stream), blocks)


def whole_block(blocks: Iterable[Block], columns: Iterable[str]) -> Block:
    """Return all blocks of a file as one; `columns` are those of a file without rows."""
    parts = list(blocks)
    if not parts:
        none = {name: pa.chunked_array([], pa.string()) for name in columns}
        return Block(none, np.empty(0, np.int64), {})
    rules = {rule for part in parts for rule in part.refused}
    nobody = np.empty(0, np.int64)
    return Block(
        {
            name: pa.chunked_array([c for part in parts for c in part.columns[name].chunks], kind)
            for name, kind in ((name, column.type) for name, column in parts[0].columns.items())
        },
        np.concatenate([part.row_numbers for part in parts]),
        {rule: np.concatenate([p.refused.get(rule, nobody) for p in parts]) for rule in rules},
    )


def _blocks(stream: BinaryIO, feed: FileFeed, suffix: str) -> Iterator[Block]:
    wanted = list(dict.fromkeys(feed.columns.values()))
    kind: str = feed.kind  # type: ignore[attr-defined]
    with unpacked(stream, suffix) as content:
        for found in _adapter(kind)(content, feed, wanted):  # type: ignore[arg-type]
            columns = {ours: found.columns[theirs] for ours, theirs in feed.columns.items()}
            yield Block(columns, found.row_numbers, found.refused)


def _replaced() -> Iterator[NoReturn]:
    raise UnreadableFileError(Rule.REPLACED_FILE)
    yield
