"""What stood on the morning after a night: a page that is written later tells of nothing newer."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from aiops_pipelines.incidents import ENDED, Incident, Status

MORNING = time(7)
"""When the dashboard is read: clocks that ran out before count as overdue."""

MORNING_ENDS = time(12)
"""A night that ran late still tells its incidents on its own page."""


def read_at(day: date, zone: ZoneInfo) -> datetime:
    """Return when the dashboard of the night of `day` is read."""
    return datetime.combine(day + timedelta(days=1), MORNING, zone)


def as_read(incidents: Sequence[Incident], day: date, zone: ZoneInfo) -> list[Incident]:
    """Return the incidents as they stood on the morning after `day`; later ones are left out.

    Recoveries and steps of people after that morning are taken back. An end that has no time of
    its own (duplicate, false alarm) is kept, because nobody has to look at it again.
    """
    end = datetime.combine(day + timedelta(days=1), MORNING_ENDS, zone)
    return [
        _as_stood(incident, day, end)
        for incident in incidents
        if incident.opened <= day and incident.detected_at <= end
    ]


def _as_stood(incident: Incident, day: date, end: datetime) -> Incident:
    recovered = incident.recovered_on
    stood = replace(
        incident,
        recovered_on=None if recovered is not None and recovered > day else recovered,
        acknowledged_at=_until(incident.acknowledged_at, end),
        mitigated_at=_until(incident.mitigated_at, end),
        resolved_at=_until(incident.resolved_at, end),
        closed_at=_until(incident.closed_at, end),
    )
    later = any(
        getattr(stood, name) != getattr(incident, name)
        for name in ("acknowledged_at", "mitigated_at", "resolved_at", "closed_at")
    )
    timeless = incident.status in ENDED and incident.status != Status.CLOSED
    return replace(stood, status=_status(stood)) if later and not timeless else stood


def _until(moment: datetime | None, end: datetime) -> datetime | None:
    return None if moment is None or moment > end else moment


def _status(stood: Incident) -> Status:
    """Return the furthest state that a person had reached."""
    if stood.closed_at is not None:
        return Status.CLOSED
    if stood.resolved_at is not None:
        return Status.RESOLVED
    if stood.mitigated_at is not None:
        return Status.MITIGATED
    return Status.ACKNOWLEDGED if stood.acknowledged_at is not None else Status.OPEN
