"""Opening incidents, and writing on their timelines: what checks, reports and people share."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from aiops_pipelines.incidents.roster import Roster
from aiops_pipelines.incidents.severity import Severity, due
from aiops_pipelines.incidents.status import Status
from aiops_pipelines.incidents.tables import EntryRow, IncidentRow


def new_incident(
    session: Session,
    roster: Roster,
    *,
    system: str,
    severity: Severity,
    opened: date,
    detected_at: datetime,
    historical: bool = False,
    **fields: Any,
) -> IncidentRow:
    """Add an incident under the year's next number, with its owner, version and due times."""
    year = detected_at.year
    taken = session.scalar(select(func.max(IncidentRow.number)).where(IncidentRow.year == year))
    number = (taken or 0) + 1
    dates = due(severity, detected_at, roster)
    row = IncidentRow(
        id=f"INC-{year}-{number:04d}",
        year=year,
        number=number,
        system=system,
        severity=severity.value,
        status=Status.HISTORICAL if historical else Status.OPEN,
        owner=roster.owner(system),
        opened=opened,
        last_failed=opened,
        detected_at=detected_at,
        acknowledge_by=dates.acknowledge_by,
        contain_by=dates.contain_by,
        resolve_by=dates.resolve_by,
        clock_start=dates.clock_start,
        historical=historical,
        revision=0,
        system_version=roster.version(system, opened),
        **{"check": "", "source": "checks", "assignee": "", "escalated_to": "", "cause": ""}
        | {"capa": "", "safety": {}}
        | fields,
    )
    session.add(row)
    session.flush()
    return row


def note(
    session: Session,
    row: IncidentRow,
    kind: str,
    *,
    at: datetime,
    by: str,
    summary: str = "",
    day: date | None = None,
    as_of: date | None = None,
    evidence: Mapping[str, Any] | None = None,
) -> None:
    """Write a line on the timeline and count the incident's revision."""
    row.revision += 1
    session.add(
        EntryRow(
            incident_id=row.id,
            kind=kind,
            day=day or at.date(),
            as_of=as_of or day or at.date(),
            at=at,
            by=by,
            summary=summary,
            evidence=dict(evidence or {}),
        )
    )
    session.flush()
