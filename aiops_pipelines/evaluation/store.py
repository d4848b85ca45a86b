"""Where figures are kept: each night's rows stay as they were, a rerun replaces only its own."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from aiops_pipelines.evaluation.figure import Figure, from_arrow, to_arrow
from aiops_pipelines.evaluation.provenance import code_identity
from aiops_pipelines.evaluation.status import TABLES
from aiops_pipelines.lake import FileRecord, Lake
from aiops_pipelines.lake import as_of as known_as_of
from aiops_pipelines.portfolio import Area

_ORDER = [
    (name, "ascending")
    for name in (
        "as_of",
        "asset",
        "clause",
        "metric",
        "operating_point",
        "feature",
        "stratum",
        "estimand",
    )
]


def write_figures(
    lake: Lake, area: Area, asset: str, system: str, day: date, as_of: date, rows: Sequence[Figure]
) -> FileRecord:
    """Write the figures that judge `asset` in one area of one system's day, as known on `as_of`.

    Rows of another `as_of` or another asset stay: they are the record of what was known when.
    """
    return _write(lake, TABLES[area], asset, system, day, as_of, rows)


def write_beside(
    lake: Lake, table: str, system: str, day: date, as_of: date, rows: Sequence[Figure]
) -> FileRecord:
    """Write figures of a table beside the areas' (`subgroups`), as known on `as_of`."""
    return _write(lake, table, table, system, day, as_of, rows)


def _write(
    lake: Lake, name: str, asset: str, system: str, day: date, as_of: date, rows: Sequence[Figure]
) -> FileRecord:
    table = to_arrow(replace(row, code=row.code or code_identity()) for row in rows)
    newest = as_of
    known = lake.find(name, system, day)
    if known is not None:
        same_night = pc.equal(known["as_of"], pa.scalar(as_of, pa.date32()))
        own = pc.and_(same_night, pc.equal(known["asset"], asset))
        kept = to_arrow(from_arrow(known.filter(pc.invert(own))))
        table = pa.concat_tables([kept, table])
        newest = max(as_of, known_as_of(known))
    return lake.write(name, system, day, table.sort_by(_ORDER), newest)
