"""Nights and reports that did not finish, as outcomes for the incident desk: no silent crash.

A run that stopped at a blocking check is left out: the check itself has an incident. So is one that
Dagster will try again.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import dagster as dg
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    MAX_RETRIES_TAG,
    PARTITION_NAME_TAG,
    WILL_RETRY_TAG,
)

from aiops_pipelines.incidents import CheckOutcome, IncidentChange, IncidentDesk, Roster
from aiops_pipelines.incidents.roster import PORTFOLIO
from aiops_pipelines.jobs import LATE_PREDICTIONS, MORNING, NIGHT, QUARTER, RESTATEMENT
from aiops_pipelines.partitions import selected
from aiops_pipelines.portfolio import Area, Portfolio
from aiops_pipelines.resources import AS_OF_TAG
from aiops_pipelines.resources.clock import evaluated_at

SOURCE = "dagster-runs"
OVERLAP = timedelta(days=1)
"""Runs are read again from before the last reading, since they may be committed late and clocks
differ; the desk knows what it has seen."""

RETRY_GRACE = timedelta(minutes=5)
"""Dagster says only after a failure whether it will try again."""

_REPORTS = {MORNING.name, QUARTER.name}
_JOBS = {NIGHT.name, RESTATEMENT.name, LATE_PREDICTIONS.name} | _REPORTS
_FINISHED = [
    dg.DagsterRunStatus.SUCCESS,
    dg.DagsterRunStatus.FAILURE,
    dg.DagsterRunStatus.CANCELED,
]


def record_finished_nights(
    instance: dg.DagsterInstance, desk: IncidentDesk, portfolio: Portfolio
) -> list[IncidentChange]:
    """Record the nights and restatements finished since the last call; return what changed."""
    seen = desk.cursor(SOURCE)
    after = datetime.fromisoformat(seen) if seen else datetime.fromtimestamp(0, UTC)
    records = instance.get_run_records(
        dg.RunsFilter(statuses=_FINISHED, updated_after=after - OVERLAP if seen else None)
    )
    if not records:
        return []
    now = datetime.now(UTC)
    newest = min(max(record.update_timestamp.astimezone(UTC) for record in records), now)
    return desk.record(
        _last_of_each(_outcomes(instance, records, portfolio, now)),
        Roster.of(portfolio),
        source=SOURCE,
        cursor=max(after, newest).isoformat(),
    )


def _outcomes(
    instance: dg.DagsterInstance,
    records: Sequence[dg.RunRecord],
    portfolio: Portfolio,
    now: datetime,
) -> Iterator[CheckOutcome]:
    for record in sorted(records, key=lambda each: each.storage_id):
        run = record.dagster_run
        key = run.tags.get(ASSET_PARTITION_RANGE_END_TAG) or run.tags.get(PARTITION_NAME_TAG)
        stated = run.tags.get(AS_OF_TAG)
        if run.job_name not in _JOBS or key is None or stated is None:
            continue
        failed_at = [] if run.is_success else _failed_steps(instance, run)
        if failed_at is None or (not run.is_success and _may_be_retried(record, now)):
            continue
        as_of = date.fromisoformat(stated)
        system, day = _subject(run.job_name, key, as_of)
        yield CheckOutcome(
            system=system,
            check=f"{run.job_name}_finished",
            area=Area.INTEGRITY,
            day=day,
            as_of=as_of,
            evaluated_at=evaluated_at(
                record.update_timestamp.timestamp(), as_of, portfolio.hospital
            ),
            passed=run.is_success,
            severity="error",
            summary=f"the {run.job_name} did not finish: "
            f"{', '.join(failed_at) or 'its process'} stopped; see the run in Dagster",
            evidence={"run_id": run.run_id, "failed steps": failed_at},
            evaluation_id=record.storage_id,
        )


def _subject(job: str, key: str, as_of: date) -> tuple[str, date]:
    """Return whose run it was and of which day; a report is the portfolio's, of its last night."""
    if job in _REPORTS:
        return PORTFOLIO, as_of
    system, days = selected([key])
    return system, days[-1]


def _may_be_retried(record: dg.RunRecord, now: datetime) -> bool:
    """Tell whether Dagster tries a failed run again, or may not have said so yet."""
    tags = record.dagster_run.tags
    if WILL_RETRY_TAG in tags:
        return tags[WILL_RETRY_TAG] == "true"
    young = now - record.update_timestamp.astimezone(UTC) < RETRY_GRACE
    return young and tags.get(MAX_RETRIES_TAG) != "0"


def _last_of_each(outcomes: Iterator[CheckOutcome]) -> list[CheckOutcome]:
    """Return the last outcome of each night: a run that was done again since is no news."""
    return list(
        {(each.system, each.check, each.day, each.as_of): each for each in outcomes}.values()
    )


def _failed_steps(instance: dg.DagsterInstance, run: dg.DagsterRun) -> list[str] | None:
    """Return the steps that failed; None if a blocking check stopped the run."""
    entries = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    events = [entry.get_dagster_event() for entry in entries]
    errors = [event.step_failure_data.error for event in events]
    if any(error and error.cls_name == "DagsterAssetCheckFailedError" for error in errors):
        return None
    return [str(event.step_key) for event in events]
