"""Keeps what came in files that the hospital has cleared away since, beside files that changed."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from aiops_pipelines.feeds import PROVENANCE, FeedBatch, FileRead, prediction_shape, with_earlier
from aiops_pipelines.portfolio import System
from aiops_pipelines.schema import LABEL_ARRIVALS


def predictions_beside_cleared(
    batch: FeedBatch, system: System, held: pa.Table, gone: Sequence[FileRead], refused: pa.Table
) -> FeedBatch:
    """Return `batch` with those rows of `held` that came in the files that are `gone`.

    `held` are the day's predictions as they were written, `refused` what was refused of files that
    are not there under their names: of one that got another name it is refused anew.
    """
    shape = prediction_shape(system)
    wanted = pa.schema([*shape.schema, *PROVENANCE])
    names = pa.array([file.name for file in gone], pa.string())
    rows = _with_columns(held, wanted)
    rows = rows.filter(pc.is_in(rows["file"].cast(pa.string()), value_set=names)).cast(wanted)
    where = rows.select(PROVENANCE.names)
    refused = refused.filter(pc.is_in(refused["file"], value_set=names))
    return with_earlier(shape, batch, rows.select(shape.schema.names), where, refused)


def labels_beside_cleared(table: pa.Table, held: pa.Table, names: pa.Array) -> pa.Table:
    """Return `table` with those rows of `held` whose file is not among `names` any more."""
    held = _with_columns(held, LABEL_ARRIVALS)
    gone = pc.invert(pc.is_in(held["file"].cast(pa.string()), value_set=names))
    if len(names):  # what is not on record to have come in another file is read anew
        gone = pc.and_(gone, pc.is_valid(held["file"]))
    both = [table, held.filter(gone).cast(LABEL_ARRIVALS)]
    return (
        pa.concat_tables(both).unify_dictionaries().replace_schema_metadata(table.schema.metadata)
    )


def _with_columns(held: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return `held` with the schema's columns, null where it was written without them."""
    both = pa.concat_tables([schema.empty_table(), held], promote_options="default")
    return both.select(schema.names)
