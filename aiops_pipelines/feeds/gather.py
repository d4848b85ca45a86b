"""Makes one batch of a feed's files: judges each file's rows, drops repeated files and rows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from aiops_pipelines.feeds.batch import PROVENANCE, FeedBatch, FileRead, quarantine_file
from aiops_pipelines.feeds.duplicates import find_duplicates
from aiops_pipelines.feeds.pseudonym import Pseudonymiser
from aiops_pipelines.feeds.raw_file import RawFile
from aiops_pipelines.feeds.rules import Rule
from aiops_pipelines.feeds.sieve import Sieve
from aiops_pipelines.schema import QUARANTINE

Judge = Callable[[RawFile, Sieve], pa.Table]
"""Takes a file's rows through the rules and returns them all as a table of the plain schema."""


@dataclass(frozen=True, slots=True)
class FeedShape:
    """What a feed's rows must become: schema, which columns tell rows apart, what they say."""

    feed: str
    schema: pa.Schema
    key: Sequence[str]
    content: Sequence[str]
    conflict: Rule

    @property
    def plain(self) -> pa.Schema:
        """Return the schema with words as plain text and identifiers that may be missing."""
        return pa.schema([(field.name, _plain(field.type)) for field in self.schema])


def gather(
    shape: FeedShape, files: Iterable[RawFile], judge: Judge, pseudonym: Pseudonymiser
) -> FeedBatch:
    """Return the files' rows as one batch: judged, without duplicates, under pseudonyms."""
    rows, sources = [shape.plain.empty_table()], [PROVENANCE.empty_table()]
    quarantine, read, seen = [QUARANTINE.empty_table()], list[FileRead](), set[str]()
    for file in files:
        if file.sha256 in seen and file.row_numbers.size:
            quarantine.append(quarantine_file(shape.feed, file.name, Rule.SAME_FILE_TWICE))
            read.append(replace(file.read, rows=0))
            continue
        seen.add(file.sha256)
        read.append(file.read)
        quarantine.append(file.quarantine(shape.feed))
        if file.broken is None:
            sieve = Sieve(shape.feed, file.provenance)
            kept, where = sieve.sifted(judge(file, sieve).cast(shape.plain))
            rows.append(kept)
            sources.append(where)
            quarantine.append(sieve.quarantine())
    table = pa.concat_tables(rows).combine_chunks()
    sieve = Sieve(shape.feed, pa.concat_tables(sources).unify_dictionaries().combine_chunks())
    repeated, contradicting = find_duplicates(table, shape.key, shape.content)
    sieve.refuse(repeated, Rule.DUPLICATE, "case_id")
    sieve.refuse(contradicting, shape.conflict, "case_id")
    kept, where = sieve.sifted(table)
    quarantine.append(sieve.quarantine())
    return FeedBatch(
        rows=_pseudonymised(kept, pseudonym).cast(shape.schema),
        provenance=where,
        quarantine=pa.concat_tables(quarantine).combine_chunks(),
        files=tuple(read),
    )


def join_batches(batches: Sequence[FeedBatch], schema: pa.Schema) -> FeedBatch:
    """Return several days' batches as one, in their order."""
    rows = pa.concat_tables([schema.empty_table(), *(batch.rows for batch in batches)])
    where = pa.concat_tables([PROVENANCE.empty_table(), *(batch.provenance for batch in batches)])
    refused = [QUARANTINE.empty_table(), *(batch.quarantine for batch in batches)]
    return FeedBatch(
        rows=rows.unify_dictionaries().combine_chunks(),
        provenance=where.unify_dictionaries().combine_chunks(),
        quarantine=pa.concat_tables(refused).combine_chunks(),
        files=tuple(file for batch in batches for file in batch.files),
    )


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _pseudonymised(table: pa.Table, pseudonym: Pseudonymiser) -> pa.Table:
    for index, name in enumerate(table.column_names):
        if name in {"case_id", "patient_id"}:
            hidden = pseudonym.column(table[name], "case" if name == "case_id" else "patient")
            table = table.set_column(index, name, hidden)
    return table
