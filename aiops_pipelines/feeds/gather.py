"""Makes one batch of a feed's files: judges each file's rows, drops repeated files and rows.

Rows pass block by block and are typed and under pseudonyms when the next block is read, so that
memory holds the rows kept and little more.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aiops_pipelines.feeds.batch import PROVENANCE, FeedBatch, FileRead, quarantine_file
from aiops_pipelines.feeds.decoded import UnreadableFileError
from aiops_pipelines.feeds.duplicates import Repeats, find_repeats
from aiops_pipelines.feeds.pseudonym import Pseudonymiser
from aiops_pipelines.feeds.raw_file import Block, RawFile
from aiops_pipelines.feeds.rules import Rule
from aiops_pipelines.feeds.sieve import Sieve
from aiops_pipelines.schema import QUARANTINE

CELL_CHARACTERS = 10_000
"""The longest text of a mapped cell."""
_THREADS = 2

Judge = Callable[[Block, Sieve], pa.Table]
"""Takes a block's rows through the rules and returns them all as a table of the plain schema."""


@dataclass(frozen=True, slots=True)
class FeedShape:
    """What a feed's rows must become: schema, which columns tell rows apart, what they say.

    `corrected`, if any, are the columns by which a later file's row replaces an earlier file's.
    """

    feed: str
    schema: pa.Schema
    key: Sequence[str]
    content: Sequence[str]
    conflict: Rule
    corrected: Sequence[str] = ()

    @property
    def plain(self) -> pa.Schema:
        """Return the schema with words as plain text and identifiers that may be missing."""
        return pa.schema([(field.name, _plain(field.type)) for field in self.schema])


@dataclass(slots=True)
class _Gathered:
    """The blocks of rows kept so far, where they came from, and what was refused."""

    rows: list[pa.Table] = field(default_factory=list)
    sources: list[pa.Table] = field(default_factory=list)
    quarantine: list[pa.Table] = field(default_factory=list)
    total: int = 0

    def add(self, other: "_Gathered") -> None:
        self.rows += other.rows
        self.sources += other.sources
        self.quarantine += other.quarantine
        self.total += other.total


def gather(
    shape: FeedShape, files: Iterable[RawFile], judge: Judge, pseudonym: Pseudonymiser
) -> FeedBatch:
    """Return the files' rows as one batch: judged, without duplicates, under pseudonyms."""
    found, read = _all_judged(shape, files, judge, pseudonym)
    return _as_batch(shape, found, read)


def with_earlier(
    shape: FeedShape, batch: FeedBatch, rows: pa.Table, provenance: pa.Table, refused: pa.Table
) -> FeedBatch:
    """Return `batch` with what was kept and refused of files that are not there any more.

    `rows` have the shape's schema, `provenance` says where they were read. All rows are taken in
    the order of their files' names, and repeats are looked for among all.
    """
    files = sorted({*_names(batch.provenance), *_names(provenance)})
    found = _Gathered(quarantine=[batch.quarantine, refused])
    for file in files:
        for table, where in ((batch.rows, batch.provenance), (rows, provenance)):
            of_file = pc.equal(where["file"].cast(pa.string()), file)
            found.rows.append(table.filter(of_file))
            found.sources.append(where.filter(of_file))
    return _as_batch(shape, found, batch.files)


def _names(provenance: pa.Table) -> list[str]:
    names: list[str] = provenance["file"].cast(pa.string()).unique().to_pylist()
    return names


def _as_batch(shape: FeedShape, found: _Gathered, read: Sequence[FileRead]) -> FeedBatch:
    _sift_repeats(shape, found)
    rows = pa.concat_tables([shape.schema.empty_table(), *found.rows])
    where = pa.concat_tables([PROVENANCE.empty_table(), *found.sources])
    refused = pa.concat_tables([QUARANTINE.empty_table(), *found.quarantine])
    return FeedBatch(
        rows=rows.unify_dictionaries(),
        provenance=where.unify_dictionaries(),
        quarantine=refused.combine_chunks(),
        files=tuple(read),
    )


def join_batches(batches: Sequence[FeedBatch], schema: pa.Schema) -> FeedBatch:
    """Return several days' batches as one, in their order."""
    rows = pa.concat_tables([schema.empty_table(), *(batch.rows for batch in batches)])
    where = pa.concat_tables([PROVENANCE.empty_table(), *(batch.provenance for batch in batches)])
    refused = [QUARANTINE.empty_table(), *(batch.quarantine for batch in batches)]
    return FeedBatch(
        rows=rows.unify_dictionaries(),
        provenance=where.unify_dictionaries(),
        quarantine=pa.concat_tables(refused).combine_chunks(),
        files=tuple(file for batch in batches for file in batch.files),
    )


def _all_judged(
    shape: FeedShape, files: Iterable[RawFile], judge: Judge, pseudonym: Pseudonymiser
) -> tuple[_Gathered, list[FileRead]]:
    found, read, seen = _Gathered(), list[FileRead](), set[str]()
    for file in files:
        try:
            if file.sha256 in seen:
                raise UnreadableFileError(Rule.SAME_FILE_TWICE)
            part = _judged(shape, file, judge, pseudonym)
        except UnreadableFileError as error:
            refused = quarantine_file(shape.feed, file.name, error.rule, error.column)
            part = _Gathered(quarantine=[refused])
        found.add(part)
        read.append(FileRead(file.name, file.sha256, part.total))
        if part.total:
            seen.add(file.sha256)
    return found, read


def _judged(shape: FeedShape, file: RawFile, judge: Judge, pseudonym: Pseudonymiser) -> _Gathered:
    def judged(block: Block) -> _Gathered:
        sieve = Sieve(shape.feed, block.provenance(file.name))
        for name, column in block.columns.items():
            sieve.refuse(_too_long(column), Rule.CELL_TOO_LONG, name, "text")
        kept, where = sieve.sifted(judge(block, sieve).cast(shape.plain))
        rows = _pseudonymised(kept, pseudonym).cast(shape.schema)
        refused = [block.quarantine(shape.feed, file.name), sieve.quarantine()]
        return _Gathered([rows], [where], refused, block.total)

    part = _Gathered()
    for found in _side_by_side(judged, file.blocks):
        part.add(found)
    return part


def _side_by_side(
    call: Callable[[Block], _Gathered], blocks: Iterable[Block]
) -> Iterator[_Gathered]:
    """Yield the call's results in the blocks' order; the next are read and judged meanwhile."""
    with ThreadPoolExecutor(_THREADS) as pool:
        waiting = deque[Future[_Gathered]]()
        for block in blocks:
            waiting.append(pool.submit(call, block))
            if len(waiting) > _THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _sift_repeats(shape: FeedShape, found: _Gathered) -> None:
    """Take the rows that another row repeats, contradicts or replaces out of `found`."""
    repeats: Repeats = find_repeats(
        found.rows, found.sources, shape.key, shape.content, shape.corrected
    )
    start = 0
    for place, (rows, sources) in enumerate(zip(found.rows, found.sources, strict=True)):
        span = slice(start, start + rows.num_rows)
        start = span.stop
        sieve = Sieve(shape.feed, sources)
        sieve.refuse(repeats.replaced[span], Rule.REPLACED, "case_id")
        sieve.refuse(repeats.same[span], Rule.DUPLICATE, "case_id")
        sieve.refuse(repeats.contradicting[span], shape.conflict, "case_id")
        found.rows[place], found.sources[place] = sieve.sifted(rows)
        found.quarantine.append(sieve.quarantine())


def _too_long(column: pa.ChunkedArray) -> np.ndarray:
    kind = column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return np.zeros(len(column), bool)
    long = pc.greater(pc.binary_length(column), CELL_CHARACTERS).fill_null(False)
    found: np.ndarray = long.to_numpy()
    return found


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _pseudonymised(table: pa.Table, pseudonym: Pseudonymiser) -> pa.Table:
    for index, name in enumerate(table.column_names):
        if name in {"case_id", "patient_id"}:
            hidden = pseudonym.column(table[name], "case" if name == "case_id" else "patient")
            table = table.set_column(index, name, hidden)
    return table
