"""Writes a day's predictions, labels and scored cases: idempotent, and never back in time.

Each function takes the days to write and `as_of`, the day up to whose end everything received is
known. A day that the lake already knows as of a later day keeps that knowledge. Labels land first
in `label_arrivals`, by the day they were received and with the day of their case; a day's `labels`
are gathered from there, so that nothing depends on the hospital keeping its drops.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from aiops_pipelines.feeds import (
    Drop,
    FeedBatch,
    FileRead,
    day_drops,
    read_labels,
    read_predictions,
    replaces,
)
from aiops_pipelines.ingestion.cleared import labels_beside_cleared, predictions_beside_cleared
from aiops_pipelines.ingestion.intake import Intake
from aiops_pipelines.ingestion.labels import (
    CaseDays,
    arrivals_of_cases,
    merge_labels,
    scored_cases,
)
from aiops_pipelines.ingestion.landing import (
    came_from,
    case_days,
    cleared,
    is_recorded,
    mapped_alike,
    with_case_days,
    with_gathered,
    with_source,
)
from aiops_pipelines.ingestion.quarantine import (
    refused_of_cleared,
    replace_quarantine,
    replace_unknown_cases,
    unknown_case_rows,
)
from aiops_pipelines.lake import Lake
from aiops_pipelines.lake import as_of as known_as_of
from aiops_pipelines.portfolio import SqlFeed, System
from aiops_pipelines.schema import LABEL_ARRIVALS

CASE_HORIZON_DAYS = 400
"""How far back a label may reach for its case before the case counts as unknown."""

EARLY_DAYS = 7
"""How long before the day of its case a label may have been received."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What one day's ingestion wrote: rows kept, rows refused, files read, counts people want."""

    day: date
    rows: int
    quarantined: int = 0
    files: int = 0


def ingest_predictions(
    intake: Intake, system: System, days: Sequence[date], as_of: date
) -> Iterator[Ingested]:
    """Write `predictions` for `days`; a day without a file gets an empty table.

    What came in files that have been cleared away since is kept, alone or beside what is new.
    """
    for day in days:
        known = _known(intake.lake, "predictions", system, day, as_of)
        held, gone = _outlived(intake, system, day)
        if held is not None and _nothing_new(intake, system, day, held, gone):
            intake.lake.write("predictions", system.id, day, held, known)
            yield Ingested(day, held.num_rows)
            continue
        batch = read_predictions(
            system, day, intake.feeds, intake.pseudonym, intake.zone, intake.watch
        )
        if held is not None and not replaces(system.predictions):
            names = pa.array([file.name for file in batch.files], pa.string())
            refused = refused_of_cleared(intake.lake, system, day, "predictions", names)
            batch = predictions_beside_cleared(batch, system, held, gone, refused)
        table = _with_places(batch)
        table = with_source(table, [*gone, *batch.files], system, system.predictions)
        intake.lake.write("predictions", system.id, day, table, known)
        replace_quarantine(intake.lake, system, day, "predictions", batch.quarantine, known)
        yield Ingested(day, batch.rows.num_rows, batch.quarantine.num_rows, len(batch.files))


def _outlived(
    intake: Intake, system: System, day: date
) -> tuple[pa.Table | None, tuple[FileRead, ...]]:
    """Return the day's predictions and those of their files that are gone; None where none is."""
    held = intake.lake.find("predictions", system.id, day)
    if held is None or not is_recorded(held) or isinstance(system.predictions, SqlFeed):
        return None, ()
    drops = day_drops(system, "predictions", day, intake.feeds)
    gone = cleared(held, drops, f"{system.id}: predictions")
    return (held, gone) if gone else (None, ())


def _nothing_new(
    intake: Intake, system: System, day: date, held: pa.Table, gone: Sequence[FileRead]
) -> bool:
    """Tell whether what is there beside the files that are gone says nothing new."""
    drops = day_drops(system, "predictions", day, intake.feeds)
    if came_from(held, drops, f"{system.id}: predictions"):
        return True
    last = max(file.name for file in gone)
    return replaces(system.predictions) and all(drop.name < last for drop in drops)


def ingest_labels(
    intake: Intake, system: System, days: Sequence[date], as_of: date
) -> Iterator[Ingested]:
    """Write `labels` for the cases of `days` from every label received by the end of `as_of`.

    What was received on `days` or on `as_of` is read again where its files or the YAML's words on
    them have changed, and what belonged to no known case is looked up among the cases of `days`.
    """
    known = {day: _known(intake.lake, "labels", system, day, as_of) for day in days}
    landed = _received(intake, system, days, max(known.values()), as_of)
    for day in days:
        received = {
            arrival: table
            for arrival, table in landed.items()
            if arrival <= known[day] and case_days(table).get(day)
        }
        labels = merge_labels(arrivals_of_cases(table, day) for table in received.values())
        digests = {arrival: case_days(table)[day] or "" for arrival, table in received.items()}
        labels = with_gathered(labels, digests)
        intake.lake.write("labels", system.id, day, labels, known[day])
        yield Ingested(day, labels.num_rows)


def _received(
    intake: Intake, system: System, days: Sequence[date], last: date, as_of: date
) -> Mapping[date, pa.Table]:
    """Return the labels received from shortly before `days` to `last`, by day of receipt."""
    cases, own = known_cases(intake.lake, system, last), CaseDays(intake.lake, system, days)
    asked = {*days, as_of}
    found = {}
    for day in _range(min(days) - timedelta(days=EARLY_DAYS), last):
        held = intake.lake.find("label_arrivals", system.id, day)
        if held is None and day < min(days):
            continue
        if held is None or day in asked:
            drops = day_drops(system, "labels", day, intake.feeds)
            stale = held is not None and not mapped_alike(held, system, system.labels)
            again = stale or isinstance(system.labels, SqlFeed)
            held = land_labels(intake, system, day, cases, drops, again=again)
        found[day] = _found_at_last(intake.lake, system, day, held, own)
    return found


def ingest_scored_cases(
    lake: Lake, system: System, days: Sequence[date], as_of: date
) -> Iterator[Ingested]:
    """Write `scored_cases` for `days` from the lake's predictions and labels."""
    for day in days:
        predictions = lake.read("predictions", system.id, day)
        labels = lake.read("labels", system.id, day)
        known = max(known_as_of(labels), as_of)
        cases = scored_cases(predictions, labels, system, (known - day).days)
        lake.write("scored_cases", system.id, day, cases, known)
        yield Ingested(day, cases.num_rows)


def known_cases(lake: Lake, system: System, last: date) -> CaseDays:
    """Return the days of the system's cases up to `last`, as far back as a label may reach."""
    return CaseDays(lake, system, _range(last - timedelta(days=CASE_HORIZON_DAYS), last))


def land_labels(
    intake: Intake,
    system: System,
    day: date,
    cases: CaseDays,
    drops: Sequence[Drop],
    *,
    again: bool = False,
) -> pa.Table:
    """Return the labels received on `day`, from `drops`.

    They are read if they have not landed, if a drop has another content than what landed, or
    `again`. What came in a file that has been cleared away since stays.
    """
    held = intake.lake.find("label_arrivals", system.id, day)
    if held is not None and not again and came_from(held, drops, f"{system.id}: labels"):
        return held
    batch = read_labels(system, day, day, intake.feeds, intake.pseudonym, intake.zone, intake.watch)
    table = cases.added_to(_with_places(batch)).select(LABEL_ARRIVALS.names)
    table = with_source(table.cast(LABEL_ARRIVALS), batch.files, system, system.labels)
    refused = [batch.quarantine]
    if held is not None and not isinstance(system.labels, SqlFeed):
        names = pa.array([drop.name for drop in drops], pa.string())
        table = labels_beside_cleared(table, held, names)
        refused.append(refused_of_cleared(intake.lake, system, day, "labels", names))
    table = with_case_days(table, held)
    intake.lake.write("label_arrivals", system.id, day, table, day)
    refused.append(unknown_case_rows(table))
    replace_quarantine(intake.lake, system, day, "labels", pa.concat_tables(refused), day)
    return table


def _with_places(batch: FeedBatch) -> pa.Table:
    """Return the batch's rows with the file and row each was read from."""
    where = batch.provenance
    return batch.rows.append_column("file", where["file"]).append_column("row", where["row"])


def _found_at_last(
    lake: Lake, system: System, day: date, landed: pa.Table, cases: CaseDays
) -> pa.Table:
    """Return `landed` with the labels that belong to `cases`, which came after them, in place."""
    known = landed["case_day"].combine_chunks()
    unknown = pc.is_null(known)
    found = cases.days_of(landed["case_id"].filter(unknown))
    if found.null_count == len(found):
        return landed
    days = pc.replace_with_mask(known, unknown, found)
    place = landed.schema.get_field_index("case_day")
    table = landed.set_column(place, "case_day", days)
    table = with_case_days(table, landed)
    lake.write("label_arrivals", system.id, day, table, day)
    replace_unknown_cases(lake, system, day, table)
    return table


def _known(lake: Lake, table: str, system: System, day: date, as_of: date) -> date:
    """Return the later of `as_of` and what the lake's table is known as of."""
    held = lake.find(table, system.id, day)
    return as_of if held is None else max(as_of, known_as_of(held))


def _range(start: date, end: date) -> Iterator[date]:
    for offset in range((end - start).days + 1):
        yield start + timedelta(days=offset)
