"""Writes a day's predictions, labels and scored cases: idempotent, and never back in time.

Each function takes the days to write and `as_of`, the day up to whose end everything received is
known. A day that the lake already knows as of a later day keeps that knowledge. Labels land first
in `label_arrivals`, by the day they were received and with the day of their case; a day's `labels`
are gathered from there, so that nothing depends on the hospital keeping its drops.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa

from aiops_pipelines.feeds import read_labels, read_predictions
from aiops_pipelines.ingestion.intake import Intake
from aiops_pipelines.ingestion.labels import (
    CaseDays,
    arrivals_of_cases,
    merge_labels,
    scored_cases,
)
from aiops_pipelines.ingestion.landing import drops_of, with_drops
from aiops_pipelines.ingestion.quarantine import replace_quarantine, unknown_case_rows
from aiops_pipelines.lake import Lake
from aiops_pipelines.lake import as_of as known_as_of
from aiops_pipelines.portfolio import System

CASE_HORIZON_DAYS = 400
"""How far back a label may reach for its case before the case counts as unknown."""


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
    """Write `predictions` for `days`; a day without a file gets an empty table."""
    for day in days:
        batch = read_predictions(
            system, day, intake.feeds, intake.pseudonym, intake.zone, intake.watch
        )
        known = _known(intake.lake, "predictions", system, day, as_of)
        intake.lake.write("predictions", system.id, day, batch.rows, known)
        replace_quarantine(intake.lake, system, day, "predictions", batch.quarantine, known)
        yield Ingested(day, batch.rows.num_rows, batch.quarantine.num_rows, len(batch.files))


def ingest_labels(
    intake: Intake, system: System, days: Sequence[date], as_of: date
) -> Iterator[Ingested]:
    """Write `labels` for the cases of `days` from every label received by the end of `as_of`."""
    first, last = min(days), max(as_of, max(days))
    cases = known_cases(intake.lake, system, last)
    landed = {
        day: land_labels(intake, system, day, cases, again=day in days or day == as_of)
        for day in _range(first, last)
    }
    received = pa.concat_tables([table for day, table in landed.items() if day <= as_of])
    for day in days:
        known = _known(intake.lake, "labels", system, day, as_of)
        arrived = arrivals_of_cases(received, day)
        labels = merge_labels(intake.lake.find("labels", system.id, day), arrived)
        intake.lake.write("labels", system.id, day, labels, known)
        yield Ingested(day, labels.num_rows)


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
    first = last - timedelta(days=CASE_HORIZON_DAYS)
    return CaseDays(lake.read_days("predictions", system.id, first, last))


def land_labels(
    intake: Intake, system: System, day: date, cases: CaseDays, *, again: bool = False
) -> pa.Table:
    """Return the labels received on `day`, landing them first if need be."""
    found = None if again else intake.lake.find("label_arrivals", system.id, day)
    if found is not None:
        return found
    drops = drops_of(intake, system, day)
    batch = read_labels(system, day, day, intake.feeds, intake.pseudonym, intake.zone, intake.watch)
    table = with_drops(cases.added_to(batch.rows), drops)
    intake.lake.write("label_arrivals", system.id, day, table, day)
    refused = pa.concat_tables([batch.quarantine, unknown_case_rows(batch, table)])
    replace_quarantine(intake.lake, system, day, "labels", refused, day)
    return table


def _known(lake: Lake, table: str, system: System, day: date, as_of: date) -> date:
    """Return the later of `as_of` and what the lake's table is known as of."""
    held = lake.find(table, system.id, day)
    return as_of if held is None else max(as_of, known_as_of(held))


def _range(start: date, end: date) -> Iterator[date]:
    for offset in range((end - start).days + 1):
        yield start + timedelta(days=offset)
