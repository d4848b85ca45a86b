"""What reading a feed's day would give, without writing anything: rows, columns, refusals."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from aiops_pipelines.feeds import (
    FeedBatch,
    FileRead,
    label_arrivals,
    prediction_arrivals,
    read_labels,
    read_predictions,
)
from aiops_pipelines.ingestion.intake import Intake
from aiops_pipelines.portfolio import System

IDENTIFIERS = frozenset({"case_id", "patient_id"})


@dataclass(frozen=True, slots=True)
class ColumnSeen:
    """One column: ours, the feed's, how many rows have no value, and what values look like.

    `values` gives range or number of distinct values, of identifiers nothing.
    """

    ours: str
    theirs: str
    missing: int
    values: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """How many rows a rule refused in which column, and where the first of them are."""

    rule: str
    column: str | None
    rows: int
    where: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a feed's day would give: files read, rows kept, columns mapped, rows refused."""

    feed: str
    day: date
    files: tuple[FileRead, ...]
    kept: int
    columns: tuple[ColumnSeen, ...]
    refusals: tuple[Refusal, ...]


def newest_day(intake: Intake, system: System, feed: str) -> date | None:
    """Return the last day for which anything of `feed` arrived, None if nothing ever did."""
    arrivals = prediction_arrivals if feed == "predictions" else label_arrivals
    days = arrivals(system, intake.feeds, intake.zone)
    return max(days, default=None)


def dry_run(intake: Intake, system: System, feed: str, day: date) -> DryRun:
    """Return what reading `feed` ("predictions" or "labels") of `day` would give.

    Raises:
        FeedError: the feed can't be read at all.
    """
    if feed == "predictions":
        batch = read_predictions(system, day, intake.feeds, intake.pseudonym, intake.zone)
        mapping = system.predictions.columns
    else:
        batch = read_labels(system, day, day, intake.feeds, intake.pseudonym, intake.zone)
        mapping = system.labels.columns
    columns = tuple(_column(batch.rows[name], name, mapping) for name in batch.rows.column_names)
    return DryRun(feed, day, batch.files, batch.rows.num_rows, columns, _refusals(batch))


def _column(values: pa.ChunkedArray, name: str, mapping: Mapping[str, str]) -> ColumnSeen:
    theirs = mapping.get(name, "(not in the feed: filled in)")
    found = values.drop_null()
    seen = "no value"
    if name in IDENTIFIERS:
        seen = "pseudonyms"
    elif len(found):
        seen = _words(found)
    return ColumnSeen(name, theirs, values.null_count, seen)


def _words(found: pa.ChunkedArray) -> str:
    kind = found.type
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        bounds = pc.min_max(found).as_py()
        return f"{bounds['min']:.4g} to {bounds['max']:.4g}"
    if pa.types.is_timestamp(kind):
        bounds = pc.min_max(found).as_py()
        return f"{bounds['min']:%Y-%m-%d %H:%M} to {bounds['max']:%Y-%m-%d %H:%M} UTC"
    return f"{len(pc.unique(found)):,} different"


def _refusals(batch: FeedBatch) -> tuple[Refusal, ...]:
    found: dict[tuple[str, str | None], list[str]] = {}
    for row in batch.quarantine.to_pylist():
        place = row["file"] if row["row"] is None else f"{row['file']}:{row['row']}"
        found.setdefault((row["rule"], row["column"]), []).append(place)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0][0]))
    return tuple(
        Refusal(rule, column, len(places), tuple(places[:3])) for (rule, column), places in ordered
    )
