"""Restates the days that late labels touch, and no others."""

import dagster as dg

from aiops_pipelines.ingestion import days_with_new_labels, spans
from aiops_pipelines.jobs import RESTATEMENT
from aiops_pipelines.partitions import system_day
from aiops_pipelines.resources import (
    AS_OF_TAG,
    Clock,
    FeedsResource,
    LakeResource,
    PortfolioResource,
)
from aiops_pipelines.run_tags import range_tags


@dg.sensor(job=RESTATEMENT, minimum_interval_seconds=600)
def late_labels(
    portfolio: PortfolioResource,
    feeds: FeedsResource,
    lake: LakeResource,
    clock: Clock,
) -> dg.SensorResult:
    """Ask for a restatement of each run of days for which new labels have arrived.

    The key of a request holds how many labels its days will have: a second delivery for the same
    days is another request, the same delivery seen twice is not.
    """
    book = portfolio.read()
    today = clock.as_of({}, book.hospital)
    intake = feeds.intake(lake.open(), book.hospital)
    requests = []
    for system in book.monitored:
        touched = days_with_new_labels(intake, system, today)
        for start, end in spans(touched):
            keys = (system_day(start, system.id), system_day(end, system.id))
            labels = sum(rows for day, rows in touched.items() if start <= day <= end)
            requests.append(
                dg.RunRequest(
                    run_key=f"{keys[0]} {keys[1]} {today} {labels}",
                    partition_key=keys[0] if start == end else None,
                    tags={AS_OF_TAG: today.isoformat(), **range_tags(*keys)},
                )
            )
    return dg.SensorResult(run_requests=requests)
