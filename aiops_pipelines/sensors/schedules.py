"""The night, one run a system; the morning dashboard; the quarterly report."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import dagster as dg

from aiops_pipelines.jobs import MORNING, NIGHT, QUARTER
from aiops_pipelines.partitions import HOSPITAL, system_day
from aiops_pipelines.resources import AS_OF_TAG, DELIVER_TAG, PortfolioResource
from aiops_pipelines.run_tags import SYSTEM_TAG
from aiops_pipelines.sensors.portfolio import add_systems


def _yesterday(context: dg.ScheduleEvaluationContext) -> date:
    local: datetime = context.scheduled_execution_time.astimezone(HOSPITAL.zone)
    return local.date() - timedelta(days=1)


@dg.schedule(
    job=NIGHT,
    cron_schedule=f"0 {HOSPITAL.night_hour} * * *",
    execution_timezone=HOSPITAL.time_zone,
)
def nightly(
    context: dg.ScheduleEvaluationContext, portfolio: PortfolioResource
) -> Iterator[dg.RunRequest]:
    """Run yesterday for each monitored system, each in a run of its own."""
    day = _yesterday(context)
    book = portfolio.read()
    add_systems(context.instance, book)
    for system in book.monitored:
        yield dg.RunRequest(
            run_key=f"{day} {system.id}",
            partition_key=system_day(day, system.id),
            tags={AS_OF_TAG: day.isoformat(), SYSTEM_TAG: system.id},
        )


@dg.schedule(
    job=MORNING,
    cron_schedule=f"0 {HOSPITAL.night_hour + 4} * * *",
    execution_timezone=HOSPITAL.time_zone,
)
def morning(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Write and send the dashboard of yesterday's night before the manager comes in."""
    day = _yesterday(context).isoformat()
    tags = {AS_OF_TAG: day, DELIVER_TAG: "true"}
    return dg.RunRequest(run_key=day, partition_key=day, tags=tags)


@dg.schedule(job=QUARTER, cron_schedule="0 8 3 1,4,7,10 *", execution_timezone=HOSPITAL.time_zone)
def quarterly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Write and send the report of the quarter that ended, on the third day of the next."""
    yesterday = _yesterday(context)
    ended = date(yesterday.year, yesterday.month, 1) - timedelta(days=1)
    start = date(ended.year, ended.month - 2, 1).isoformat()
    tags = {AS_OF_TAG: yesterday.isoformat(), DELIVER_TAG: "true"}
    return dg.RunRequest(run_key=start, partition_key=start, tags=tags)
