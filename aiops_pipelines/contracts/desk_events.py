"""What people did at the desk about a breach: the events that its contract clocks count from."""

from collections.abc import Iterable
from datetime import date, datetime

from aiops_pipelines.clocks import Anchor, BusinessCalendar
from aiops_pipelines.contracts.remedies import detected_at
from aiops_pipelines.evaluation.status import TABLES
from aiops_pipelines.incidents import Entry, Incident
from aiops_pipelines.incidents.escalation import SENSOR
from aiops_pipelines.incidents.status import Status
from aiops_pipelines.incidents.vendor import ANSWERED, NOTIFIED
from aiops_pipelines.portfolio import Area

CONTRACT_CHECK = f"{TABLES[Area.SLA]}_limits"
"""The check whose incidents are about a contract's clauses."""


def breach_events(
    incidents: Iterable[Incident],
    system: str,
    clause: str,
    since: date,
    now: datetime,
    calendar: BusinessCalendar,
) -> dict[Anchor, datetime]:
    """Return when the breach that stands since the night `since` reached each anchor by `now`.

    The hospital is aware with the first thing a person did about an incident of the contract after
    the breach was detected; the vendor is told, and acknowledges, when people say so at the desk.
    `incidents` need their timelines. What happened before is about an earlier breach.
    """
    detected = detected_at(since, calendar)
    entries = [
        entry
        for each in incidents
        if each.system == system and each.check == CONTRACT_CHECK
        if each.status != Status.FALSE_ALARM
        for entry in each.timeline
        if entry.by != SENSOR
    ]
    found: dict[Anchor, datetime] = {Anchor.DETECTED: detected}
    for anchor, kind in (
        (Anchor.AWARE, None),
        (Anchor.REPORTED, NOTIFIED),
        (Anchor.ACKNOWLEDGED, ANSWERED),
    ):
        times = [
            _happened(entry)
            for entry in entries
            if kind is None or (entry.kind == kind and entry.evidence["clause"] in {"", clause})
        ]
        times = [time for time in times if detected <= time <= now]
        if times:
            found[anchor] = min(times)
    return found


def _happened(entry: Entry) -> datetime:
    stated = entry.evidence.get("happened_at")
    return datetime.fromisoformat(stated) if stated else entry.at
