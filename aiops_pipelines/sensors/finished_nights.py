"""Nights that did not finish, as outcomes for the incident desk: a crash must not pass in silence.

A run that stopped at a blocking check is left out: the check itself has an incident. So is one that
Dagster will try again.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import dagster as dg
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    PARTITION_NAME_TAG,
    WILL_RETRY_TAG,
)

from aiops_pipelines.incidents import CheckOutcome, IncidentChange, IncidentDesk, Roster
from aiops_pipelines.jobs import NIGHT, RESTATEMENT
from aiops_pipelines.partitions import selected
from aiops_pipelines.portfolio import Area, Portfolio
from aiops_pipelines.resources import AS_OF_TAG
from aiops_pipelines.resources.clock import evaluated_at

SOURCE = "dagster-runs"
OVERLAP = timedelta(minutes=10)
"""Runs are read again from a little before the last reading; the desk knows what it has seen."""

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
    newest = max(record.update_timestamp for record in records)
    return desk.record(
        _last_of_each(_outcomes(instance, records, portfolio)),
        Roster.of(portfolio),
        source=SOURCE,
        cursor=max(after, newest.astimezone(UTC)).isoformat(),
    )


def _outcomes(
    instance: dg.DagsterInstance, records: Sequence[dg.RunRecord], portfolio: Portfolio
) -> Iterator[CheckOutcome]:
    for record in sorted(records, key=lambda each: each.storage_id):
        run = record.dagster_run
        key = run.tags.get(ASSET_PARTITION_RANGE_END_TAG) or run.tags.get(PARTITION_NAME_TAG)
        stated = run.tags.get(AS_OF_TAG)
        if run.job_name not in {NIGHT.name, RESTATEMENT.name} or key is None or stated is None:
            continue
        failed_at = [] if run.is_success else _failed_steps(instance, run)
        if run.tags.get(WILL_RETRY_TAG) == "true" or failed_at is None:
            continue
        system, days = selected([key])
        as_of = date.fromisoformat(stated)
        yield CheckOutcome(
            system=system,
            check=f"{run.job_name}_finished",
            area=Area.INTEGRITY,
            day=days[-1],
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
