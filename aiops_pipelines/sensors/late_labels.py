"""Restates the days that late labels or late predictions touch, and no others."""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from aiops_pipelines.errors import AiopsError
from aiops_pipelines.ingestion import Intake, recounts
from aiops_pipelines.jobs import LATE_PREDICTIONS, RESTATEMENT
from aiops_pipelines.partitions import system_day
from aiops_pipelines.portfolio import System
from aiops_pipelines.resources import (
    AS_OF_TAG,
    Clock,
    FeedsResource,
    LakeResource,
    PortfolioResource,
)
from aiops_pipelines.run_tags import range_tags


@dg.sensor(jobs=[RESTATEMENT, LATE_PREDICTIONS], minimum_interval_seconds=600)
def late_labels(
    context: dg.SensorEvaluationContext,
    portfolio: PortfolioResource,
    feeds: FeedsResource,
    lake: LakeResource,
    clock: Clock,
) -> dg.SensorResult:
    """Ask for a restatement of each run of days for which new labels or predictions have arrived.

    The key of a request holds a digest of what changed: a second delivery for the same days is
    another request, the same delivery seen twice is not. A feed that can't be read is told in the
    sensor's log, and at night by the system's own run; the other systems go on.
    """
    book = portfolio.read()
    today = clock.as_of({}, book.hospital)
    intake = feeds.intake(lake.open(), book.hospital)
    requests: list[dg.RunRequest] = []
    for system in book.monitored:
        try:
            requests += _requests(intake, system, today)
        except AiopsError as error:
            context.log.error(f"{system.id}: late deliveries not looked for: {error}")
    return dg.SensorResult(run_requests=requests)


def _requests(intake: Intake, system: System, today: date) -> Iterator[dg.RunRequest]:
    for changed in recounts(intake, system, today, today):
        keys = (system_day(changed.start, system.id), system_day(changed.end, system.id))
        job = LATE_PREDICTIONS if changed.predictions else RESTATEMENT
        yield dg.RunRequest(
            run_key=f"{keys[0]} {keys[1]} {today} {changed.key}",
            job_name=job.name,
            partition_key=keys[0] if changed.start == changed.end else None,
            tags={AS_OF_TAG: today.isoformat(), **range_tags(*keys)},
        )
