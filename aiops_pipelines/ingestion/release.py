"""Lets quarantined rows in once what refused them is mended: the day is read again, on record.

The file and the YAML decide again which rows are sound; those that still break a rule stay where
they are. Who released, and why, is kept in the lake for good.
"""

from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from aiops_pipelines.feeds import day_drops
from aiops_pipelines.ingestion.ingest import ingest_predictions, known_cases, land_labels
from aiops_pipelines.ingestion.intake import Intake
from aiops_pipelines.ingestion.late import lacking
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import System
from aiops_pipelines.schema import QUARANTINE_RELEASES

TABLE = "quarantine_releases"


@dataclass(frozen=True, slots=True)
class Release:
    """What a release did: quarantined rows before and after, and the days to count again."""

    feed: str
    day: date
    held_before: int
    held_after: int
    days: tuple[date, ...]


def release(
    intake: Intake,
    system: System,
    feed: str,
    day: date,
    as_of: date,
    who: str,
    why: str,
    at: datetime,
) -> Release:
    """Read `feed` of `day` again and record it; `days` are those whose cases it changes."""
    before = held_rows(intake.lake, system, feed, day)
    if feed == "predictions":
        list(ingest_predictions(intake, system, [day], as_of))
        days: tuple[date, ...] = (day,)
    else:
        cases = known_cases(intake.lake, system, max(day, as_of))
        drops = day_drops(system, "labels", day, intake.feeds)
        arrived = land_labels(intake, system, day, cases, drops, again=True)
        days = tuple(sorted(each for each, _ in lacking(intake.lake, system, day, arrived)))
    done = Release(feed, day, before, held_rows(intake.lake, system, feed, day), days)
    _record(intake.lake, system, done, who, why, at)
    return done


def held_rows(lake: Lake, system: System, feed: str, day: date) -> int:
    """Return how many entries of the day's quarantine belong to `feed`."""
    table = lake.find("quarantine", system.id, day)
    return 0 if table is None else int(pc.sum(pc.equal(table["feed"], feed), min_count=0).as_py())


def _record(lake: Lake, system: System, done: Release, who: str, why: str, at: datetime) -> None:
    row = {
        "feed": done.feed,
        "released_at": at,
        "released_by": who,
        "reason": why,
        "held_before": done.held_before,
        "held_after": done.held_after,
    }
    table = pa.Table.from_pylist([row], schema=QUARANTINE_RELEASES)
    earlier = lake.find(TABLE, system.id, done.day)
    if earlier is not None:
        table = pa.concat_tables([earlier.cast(QUARANTINE_RELEASES), table])
    lake.write(TABLE, system.id, done.day, table, at.date())
