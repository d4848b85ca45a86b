"""What a vendor was told and answered about an incident: events from which contract clocks count.

They are lines of the timeline, so the audit trail holds them and nothing can change them later.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from aiops_pipelines.errors import ConflictError, IncidentError
from aiops_pipelines.incidents.notices import notify
from aiops_pipelines.incidents.opening import note
from aiops_pipelines.incidents.outcome import Who
from aiops_pipelines.incidents.roster import Roster
from aiops_pipelines.incidents.status import ENDED
from aiops_pipelines.incidents.tables import IncidentRow

NOTIFIED, ANSWERED = "vendor notified", "vendor answered"
EVENTS = {"notified": NOTIFIED, "answered": ANSWERED}
"""What may be recorded, and the timeline's word for it."""


def record_vendor(
    session: Session, roster: Roster, row: IncidentRow, event: str, who: Who, at: str, clause: str
) -> None:
    """Record that the vendor was notified of a breach, or answered, at the aware ISO time `at`.

    `clause` "" stands for every clause in breach. Each event of a clause is recorded once.

    Raises:
        IncidentError: the incident has ended, the event is unknown, lies in the future, or an
            answer comes before any notification.
        ConflictError: it is on record already; says when and by whom.
    """
    kind, happened = EVENTS.get(event), datetime.fromisoformat(at)
    if kind is None:
        raise IncidentError(f"no vendor event {event!r}; known: {', '.join(EVENTS)}")
    if row.status in ENDED:
        raise IncidentError(f"{row.id} is {row.status}: nobody works on it")
    if happened > who.at:
        raise IncidentError(f"--at {happened:%Y-%m-%d %H:%M} lies in the future")
    told = {each.kind: each for each in row.timeline if each.evidence.get("clause") in {"", clause}}
    if kind in told:
        first = told[kind]
        raise ConflictError(
            f"{row.id}: {kind} is on record for {first.evidence['happened_at']}, by {first.by}"
        )
    if kind == ANSWERED:
        if NOTIFIED not in told:
            raise IncidentError(f"{row.id}: the vendor was not notified yet, so it can't answer")
        if happened < datetime.fromisoformat(told[NOTIFIED].evidence["happened_at"]):
            raise IncidentError(f"--at {happened:%Y-%m-%d %H:%M} lies before the notification")
    subject = f"clause {clause}: " if clause else ""
    note(
        session,
        row,
        kind,
        at=who.at,
        by=who.by,
        summary=subject + who.why,
        evidence={"clause": clause, "happened_at": happened.isoformat()},
    )
    notify(session, roster, row, kind, who.at)
