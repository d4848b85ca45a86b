"""Hands new check evaluations from Dagster's event log to the incident desk.

The cursor lives in the desk's own database and moves in the same transaction as the incidents, so
a crash at any line loses and doubles nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from importlib.metadata import version
from math import isfinite

import dagster as dg

from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.status import TABLES, figures_as_of
from aiops_pipelines.incidents import CheckOutcome, IncidentChange, IncidentDesk, Roster
from aiops_pipelines.lake import Lake
from aiops_pipelines.partitions import selected
from aiops_pipelines.portfolio import Area, Portfolio
from aiops_pipelines.resources.clock import evaluated_at
from aiops_pipelines.sensors.event_log import Position, new_checks
from aiops_pipelines.verdict import Verdict

SOURCE = "dagster-checks"
UPSTREAM = ("daily_statistics", "scored_cases", "label_arrivals", "predictions")
"""Tables whose files of the day a failure's evidence names beside the figures' own."""

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
    known = desk.cursor(SOURCE)
    roster = Roster.of(portfolio)
    for records, position in new_checks(instance, Position.parse(known)):
        if not records and str(position) == known:
            continue
        outcomes = list(_outcomes(records, portfolio, lake))
        changes += desk.record(outcomes, roster, source=SOURCE, cursor=str(position))
    return changes


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
            evidence={"run_id": record.run_id}
            | ({} if evaluation.passed else _frozen(lake, area, portfolio, system, days[0], as_of)),
            evaluation_id=record.storage_id,
        )


def _frozen(
    lake: Lake, area: Area, portfolio: Portfolio, system: str, day: date, as_of: date
) -> dict[str, object]:
    """Return what a failure rests on, to be found again later: figures, files, versions."""
    figures = figures_as_of(lake, area, system, day, as_of)
    tables = (TABLES[area], *UPSTREAM)
    files = [
        lake.digest(name, system, day)
        for name in tables
        if lake.find(name, system, day) is not None
    ]
    known = {each.id: each for each in portfolio.systems}.get(system)
    return {
        "figures": [_stated(each) for each in figures if each.verdict.gravity > Verdict.OK.gravity],
        "lake": [{"file": file.path, "sha256": file.sha256} for file in files],
        "versions": {
            "aiops-pipelines": version("aiops-pipelines"),
            "dagster": dg.__version__,
            "system": known.version_on(day) if known else None,
        },
    }


def _stated(figure: Figure) -> dict[str, object]:
    """Return a figure's whole row as JSON-safe data; what does not exist is None."""
    return {
        name: value.isoformat()
        if isinstance(value, date)
        else None
        if isinstance(value, float) and not isfinite(value)
        else value
        for name, value in asdict(figure).items()
    } | {"figure": figure.subject}
