"""Writes a day's predictions, labels and scored cases: idempotent, and never back in time.

Each function takes the days to write and `as_of`, the day up to whose end everything received is
known. A day that the lake already knows as of a later day keeps that knowledge.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from upath import UPath

from aiops_pipelines.feeds import (
    Pseudonymiser,
    read_labels,
    read_predictions,
    refused_rows,
)
from aiops_pipelines.ingestion.labels import merge_labels, route_labels, scored_cases
from aiops_pipelines.lake import Lake
from aiops_pipelines.lake import as_of as known_as_of
from aiops_pipelines.portfolio import System

CASE_HORIZON_DAYS = 400
"""How far back a label may reach for its case before the case counts as unknown."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What ingestion is given: the lake, the feeds' root, the pseudonymiser, the hospital's zone."""

    lake: Lake
    feeds: UPath
    pseudonym: Pseudonymiser
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Ingested:
    """What one day's ingestion wrote: rows kept, rows refused, files read."""

    day: date
    rows: int
    quarantined: int
    files: tuple[str, ...]


def ingest_predictions(
    intake: Intake, system: System, days: Sequence[date], as_of: date
) -> list[Ingested]:
    """Write `predictions` for `days`; a day without a file gets an empty table, judged by checks."""
    done = []
    for day in days:
        batch = read_predictions(system, day, intake.feeds, intake.pseudonym, intake.zone)
        known = _known(intake.lake, "predictions", system, day, as_of)
        intake.lake.write("predictions", system.id, day, batch.rows, known)
        _replace_quarantine(intake.lake, system, day, "predictions", batch.quarantine, known)
        done.append(_ingested(day, batch, batch.rows.num_rows))
    return done


def ingest_labels(
    intake: Intake, system: System, days: Sequence[date], as_of: date
) -> list[Ingested]:
    """Write `labels` for the cases of `days` from every label received by the end of `as_of`.

    Labels that arrived on one of `days` and belong to no known case go to that day's quarantine.
    """
    first, last = min(days), max(days)
    batch = read_labels(system, first, as_of, intake.feeds, intake.pseudonym, intake.zone)
    horizon = first - timedelta(days=CASE_HORIZON_DAYS)
    cases = list(intake.lake.read_days("predictions", system.id, horizon, max(last, as_of)))
    routed = route_labels(batch.rows, cases)
    unknown = refused_rows(batch, routed.unknown, "labels", "label for an unknown case")
    done = []
    for day in days:
        arrived = routed.by_day.get(day)
        labels = merge_labels(intake.lake.find("labels", system.id, day), arrived)
        known = _known(intake.lake, "labels", system, day, as_of)
        intake.lake.write("labels", system.id, day, labels, known)
        done.append(_ingested(day, batch, labels.num_rows))
    _quarantine_arrivals(intake, system, days, batch, unknown, as_of)
    return done


def ingest_scored_cases(
    lake: Lake, system: System, days: Sequence[date], as_of: date
) -> list[Ingested]:
    """Write `scored_cases` for `days` from the lake's predictions and labels."""
    done = []
    for day in days:
        predictions = lake.read("predictions", system.id, day)
        labels = lake.read("labels", system.id, day)
        known = max(known_as_of(labels), as_of)
        cases = scored_cases(predictions, labels, system, (known - day).days)
        lake.write("scored_cases", system.id, day, cases, known)
        done.append(Ingested(day, cases.num_rows, 0, ()))
    return done
