"""Escalation: what is overdue goes to the next in line, once a step.

The first step is taken when a clock runs out, each further one after the clock's own length again
(an hour for SEV1's acknowledgement). A desk that was asleep takes one step at a time. An incident
that was opened again climbs from the start of its line. Duties to
regulators begin to climb two days before they are due.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from aiops_pipelines.incidents.notices import notify
from aiops_pipelines.incidents.opening import note
from aiops_pipelines.incidents.outcome import IncidentChange
from aiops_pipelines.incidents.report import WARNED_BEFORE
from aiops_pipelines.incidents.roster import Roster
from aiops_pipelines.incidents.status import ENDED, Status
from aiops_pipelines.incidents.tables import EscalationRow, IncidentRow

SENSOR = "sensor"
_DUTY_INTERVAL = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Late:
    clock: str
    due: datetime
    interval: timedelta
    began: datetime | None = None


def escalate(session: Session, roster: Roster, now: datetime) -> list[IncidentChange]:
    """Take each overdue clock's next step up its system's line; return what was escalated."""
    changes = []
    worked = select(IncidentRow).where(IncidentRow.status.not_in(ENDED)).order_by(IncidentRow.id)
    for row in session.scalars(worked).all():
        line = roster.line(row.system)
        for late in _late(row, now):
            told = _next(session, row, late, line, now)
            if told is None:
                continue
            row.escalated_to = told
            note(
                session,
                row,
                "escalated",
                at=now,
                by=SENSOR,
                summary=f"{late.clock} overdue: told {told}",
            )
            notify(session, roster, row, "escalated", now, told)
            changes.append(IncidentChange(row.id, "escalated", row.opened))
    return changes


def _late(row: IncidentRow, now: datetime) -> Iterator[_Late]:
    clocks = []
    if row.status == Status.OPEN:
        clocks.append(("acknowledge", row.acknowledge_by))
    if row.mitigated_at is None and row.resolved_at is None:
        clocks.append(("contain", row.contain_by))
    if row.resolved_at is None:
        clocks.append(("resolve", row.resolve_by))
    for clock, due in clocks:
        if due <= now:
            yield _Late(
                clock, due, max(due - row.clock_start, timedelta(minutes=1)), row.clock_start
            )
    for duty in row.duties:
        if duty.done_at is None and duty.due - WARNED_BEFORE <= now:
            yield _Late(duty.regime, duty.due - WARNED_BEFORE, _DUTY_INTERVAL)


def _next(
    session: Session, row: IncidentRow, late: _Late, line: list[str], now: datetime
) -> str | None:
    """Record the next step of a clock if its time has come; return who is told."""
    taken = session.scalars(
        select(EscalationRow)
        .where(EscalationRow.incident_id == row.id, EscalationRow.clock == late.clock)
        .order_by(EscalationRow.step)
    ).all()
    # Steps from before the clock started anew, when the incident was opened again, are past.
    climbed = [step for step in taken if late.began is None or step.at >= late.began]
    if len(climbed) >= len(line) or (climbed and climbed[-1].at + late.interval > now):
        return None
    told = line[len(climbed)]
    session.add(
        EscalationRow(incident_id=row.id, clock=late.clock, step=len(taken) + 1, told=told, at=now)
    )
    session.flush()
    return told
