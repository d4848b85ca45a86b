"""Reads new check evaluations from Dagster's storage and hands them to the incident desk.

The cursor lives in the desk's own database and moves in the same transaction as the incidents, so
a crash at any line loses and doubles nothing. Ids of events may commit out of order on PostgreSQL,
so each reading starts a little before the cursor; the desk knows what it has seen.
"""

from collections.abc import Iterator, Sequence
from datetime import date

import dagster as dg

from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.status import TABLES, figures_as_of
from aiops_pipelines.incidents import CheckOutcome, IncidentChange, IncidentDesk, Roster
from aiops_pipelines.lake import Lake
from aiops_pipelines.partitions import selected
from aiops_pipelines.portfolio import Area, Portfolio
from aiops_pipelines.resources.clock import evaluated_at
from aiops_pipelines.verdict import Verdict

SOURCE = "dagster-checks"
BATCH = 500
OVERLAP = 200

AREA_OF_CHECK = {
    "predictions_intact": Area.INTEGRITY,
    "predictions_integrity": Area.INTEGRITY,
    "labels_integrity": Area.INTEGRITY,
    "predictions_quality": Area.DATA_QUALITY,
    "labels_quality": Area.DATA_QUALITY,
    **{f"{table}_limits": area for area, table in TABLES.items()},
}


def record_new_outcomes(
    instance: dg.DagsterInstance, desk: IncidentDesk, portfolio: Portfolio, lake: Lake
) -> list[IncidentChange]:
    """Record every check evaluation since the last call; return what changed at the desk."""
    changes: list[IncidentChange] = []
    seen = int(desk.cursor(SOURCE) or 0)
    while True:
        records = instance.get_event_records(
            dg.EventRecordsFilter(
                event_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION,
                after_cursor=max(0, seen - OVERLAP),
            ),
            limit=BATCH + OVERLAP,
            ascending=True,
        )
        newest = max((record.storage_id for record in records), default=seen)
        if newest <= seen:
            return changes
        outcomes = list(_outcomes(records, portfolio, lake))
        changes += desk.record(
            outcomes,
            Roster.of(portfolio),
            source=SOURCE,
            cursor=str(newest),
        )
        seen = newest


def _outcomes(
    records: Sequence[dg.EventLogRecord], portfolio: Portfolio, lake: Lake
) -> Iterator[CheckOutcome]:
    for record in records:
        event = record.event_log_entry.dagster_event
        evaluation = event.asset_check_evaluation_data if event else None
        if evaluation is None or evaluation.partition is None:
            continue
        system, days = selected([evaluation.partition])
        as_of = date.fromisoformat(str(evaluation.metadata["as_of"].value))
        area = AREA_OF_CHECK[evaluation.check_name]
        yield CheckOutcome(
            system=system,
            check=evaluation.check_name,
            area=area,
            day=days[0],
            as_of=as_of,
            evaluated_at=evaluated_at(record.timestamp, as_of, portfolio.hospital),
            passed=evaluation.passed,
            severity="error" if evaluation.severity is dg.AssetCheckSeverity.ERROR else "warn",
            summary=evaluation.description or "",
            evidence=_evidence(lake, area, system, days[0], as_of, record.run_id),
            evaluation_id=record.storage_id,
        )


def _evidence(
    lake: Lake, area: Area, system: str, day: date, as_of: date, run_id: str
) -> dict[str, object]:
    figures = figures_as_of(lake, area, system, day, as_of)
    return {
        "run_id": run_id,
        "figures": [_stated(each) for each in figures if each.verdict.gravity > Verdict.OK.gravity],
        "lake": [
            {"file": file.path, "sha256": file.sha256}
            for file in [lake.digest(TABLES[area], system, day)]
            if figures
        ],
    }


def _stated(figure: Figure) -> dict[str, object]:
    return {
        "figure": figure.subject,
        "clause": figure.clause,
        "verdict": figure.verdict.value,
        "estimate": figure.estimate,
        "low": figure.low,
        "high": figure.high,
        "n": figure.n,
        "method": figure.method,
        "version": figure.version,
        "reason": figure.reason,
    }
