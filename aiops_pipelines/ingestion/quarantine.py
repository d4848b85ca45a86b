"""Keeps what was refused: a day's refused rows of one feed, replaced as a whole by a rerun."""

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from aiops_pipelines.feeds import quarantine_rows
from aiops_pipelines.lake import Lake
from aiops_pipelines.lake import as_of as known_as_of
from aiops_pipelines.portfolio import System
from aiops_pipelines.schema import QUARANTINE

UNKNOWN_CASE = "label for an unknown case"


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


def refused_of_cleared(
    lake: Lake, system: System, day: date, feed: str, names: pa.Array
) -> pa.Table:
    """Return what was refused of the day's files of `feed` that are not among `names` any more.

    Labels of unknown cases are left out: they are kept, and looked up anew.
    """
    held = lake.find("quarantine", system.id, day)
    if held is None:
        return QUARANTINE.empty_table()
    gone = pc.invert(pc.is_in(held["file"], value_set=names))
    ours = pc.and_(pc.equal(held["feed"], feed), pc.not_equal(held["rule"], UNKNOWN_CASE))
    return held.filter(pc.and_(gone, ours)).cast(QUARANTINE)


def replace_unknown_cases(lake: Lake, system: System, day: date, arrivals: pa.Table) -> None:
    """Write which labels received on `day` have no known case; all else in quarantine stays."""
    held = lake.read("quarantine", system.id, day)
    ours = pc.equal(held["feed"], "labels")
    others = held.filter(pc.and_(ours, pc.not_equal(held["rule"], UNKNOWN_CASE)))
    refused = pa.concat_tables([others.cast(QUARANTINE), unknown_case_rows(arrivals)])
    replace_quarantine(lake, system, day, "labels", refused, day)


def unknown_case_rows(arrivals: pa.Table) -> pa.Table:
    """Return a quarantine row for each label of `arrivals` whose case nobody knows."""
    unknown = pc.is_null(arrivals["case_day"]).to_numpy(zero_copy_only=False)
    return quarantine_rows("labels", arrivals, unknown, UNKNOWN_CASE, "case_id")
