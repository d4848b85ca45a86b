"""Keeps what was refused: a day's refused rows of one feed, replaced as a whole by a rerun."""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aiops_pipelines.feeds import FeedBatch
from aiops_pipelines.lake import Lake
from aiops_pipelines.lake import as_of as known_as_of
from aiops_pipelines.portfolio import System
from aiops_pipelines.schema import QUARANTINE


def replace_quarantine(
    lake: Lake, system: System, day: date, feed: str, refused: pa.Table, as_of: date
) -> None:
    """Write the rows of `feed` refused on `day`; rows of the day's other feed stay."""
    table = refused.cast(QUARANTINE)
    held = lake.find("quarantine", system.id, day)
    if held is not None:
        others = held.filter(pc.not_equal(held["feed"], feed)).cast(QUARANTINE)
        table = pa.concat_tables([others, table])
        as_of = max(as_of, known_as_of(held))
    order = [(name, "ascending") for name in ("feed", "file", "row", "rule", "column")]
    lake.write("quarantine", system.id, day, table.sort_by(order), as_of)


def unknown_case_rows(batch: FeedBatch, arrivals: pa.Table) -> pa.Table:
    """Return a quarantine row for each label of `arrivals` whose case nobody knows."""
    unknown = np.flatnonzero(pc.is_null(arrivals["case_day"]).to_numpy(zero_copy_only=False))
    where = batch.provenance.take(pa.array(unknown))
    return pa.table(
        {
            "feed": ["labels"] * len(unknown),
            "file": where["file"].cast(pa.string()),
            "row": where["row"],
            "rule": ["label for an unknown case"] * len(unknown),
            "column": ["case_id"] * len(unknown),
            "masked_value": ["masked"] * len(unknown),
        },
        schema=QUARANTINE,
    )
