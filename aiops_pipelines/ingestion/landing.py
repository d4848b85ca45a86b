"""Which of a day's drops of labels have landed: their names and sizes, kept with what landed.

A file that comes days after the day in its name, or that grows, is seen by that.
"""

import json
from datetime import date

import pyarrow as pa

from aiops_pipelines.feeds.drops import files_of_day
from aiops_pipelines.ingestion.intake import Intake
from aiops_pipelines.portfolio import FileFeed, System

_DROPS = b"aiops.drops"


def with_drops(table: pa.Table, drops: str) -> pa.Table:
    """Return `table` with the drops it was read from in its metadata."""
    metadata = {**(table.schema.metadata or {}), _DROPS: drops.encode()}
    return table.replace_schema_metadata(metadata)


def drops_of(intake: Intake, system: System, day: date) -> str:
    """Return names and sizes of the label files of `day`; "" where a feed has no files a day."""
    feed = system.labels
    if not isinstance(feed, FileFeed) or "{day}" not in feed.path:
        return ""
    files = files_of_day(feed, day, intake.feeds, f"{system.id}: labels")
    return json.dumps([[file.name, file.stat().st_size] for file in files])


def landed_whole(intake: Intake, system: System, day: date) -> bool:
    """Tell whether what landed for `day` came from the drops that are there now.

    Drops that the hospital has cleared away since change nothing.
    """
    held = intake.lake.find("label_arrivals", system.id, day)
    if held is None:
        return False
    now = drops_of(intake, system, day)
    if not now:
        return True
    known = json.loads((held.schema.metadata or {}).get(_DROPS, b"[]"))
    return all(drop in known for drop in json.loads(now))
