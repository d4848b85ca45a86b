"""Reports that do not reach their readers, as outcomes for the incident desk."""

from datetime import datetime

from aiops_pipelines.delivery.issues import KEY
from aiops_pipelines.incidents import CheckOutcome, IncidentChange, IncidentDesk
from aiops_pipelines.incidents.roster import PORTFOLIO, Roster
from aiops_pipelines.portfolio import Area

PATIENCE = 3
"""After so many failed attempts, within ten minutes, a delivery is somebody's task."""


def record_deliveries(desk: IncidentDesk, roster: Roster, now: datetime) -> list[IncidentChange]:
    """Record whether reports are being delivered; return what changed at the desk."""
    reports = [each for each in desk.outbox.list() if each.message.key.startswith(KEY)]
    if not reports:
        return []
    failing = [each for each in reports if each.state != "sent" and each.attempts >= PATIENCE]
    day = now.astimezone(roster.zone).date()
    outcome = CheckOutcome(
        system=PORTFOLIO,
        check="reports_delivered",
        area=Area.INTEGRITY,
        day=day,
        as_of=day,
        evaluated_at=now,
        passed=not failing,
        severity="error",
        summary=f"{len(failing)} deliveries of reports fail: "
        + "; ".join(f"{each.message.subject} on {each.message.channel}" for each in failing),
        evidence={
            "deliveries": [
                {"channel": each.message.channel, "attempts": each.attempts, "error": each.error}
                for each in failing
            ]
        },
        evaluation_id=int(now.timestamp()),
    )
    return desk.record([outcome], roster, now=now)
