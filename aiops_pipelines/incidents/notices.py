"""Messages about incidents, put into the outbox with the change they tell.

They hold no patient-level data and none of the free text of people: id, system, area, severity,
the check's own sentence, who has it and when it is due.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from aiops_pipelines.delivery import Message, enqueue, send_after
from aiops_pipelines.incidents.audit import head
from aiops_pipelines.incidents.roster import Roster
from aiops_pipelines.incidents.status import ENDED
from aiops_pipelines.incidents.tables import IncidentRow
from aiops_pipelines.portfolio import Channel

TOLD = frozenset({"opened", "reopened", "amended", "escalated", "paused", "review"})
"""Changes that people are told of; a webhook hears of every one."""


def notify(
    session: Session, roster: Roster, row: IncidentRow, kind: str, at: datetime, to: str = ""
) -> None:
    """Put a message about a change of an incident on each channel that should hear of it."""
    if row.historical:
        return
    for channel in roster.policy.channels:
        if channel.kind == "folder" or row.severity not in channel.severities:
            continue
        if channel.kind == "webhook":
            enqueue(session, _message(roster, row, kind, channel, to), at)
            continue
        waits = row.severity in roster.policy.digest and kind != "escalated"
        if kind in TOLD and not waits:
            paged = row.severity in roster.policy.paged
            after = at if paged else send_after(at, roster.policy.quiet_hours, roster.zone)
            enqueue(session, _message(roster, row, kind, channel, to), at, after)


def digest(session: Session, roster: Roster, now: datetime) -> int:
    """Put the morning's digest into the outbox, once a day after the quiet hours; return how many.

    It lists the incidents of low severity opened since yesterday's digest and those still open,
    and carries the audit trail's head out of the house.
    """
    local = now.astimezone(roster.zone)
    ends = datetime.combine(local.date(), roster.policy.quiet_hours.end, roster.zone)
    if local < ends:
        return 0
    low = (IncidentRow.severity.in_(roster.policy.digest), IncidentRow.historical.is_(False))
    rows = session.scalars(
        select(IncidentRow)
        .where(*low, IncidentRow.status.not_in(ENDED), IncidentRow.detected_at < ends)
        .order_by(IncidentRow.severity, IncidentRow.id)
    ).all()
    new = [row for row in rows if row.detected_at >= ends - timedelta(days=1)]
    if not rows:
        return 0
    lines = [f"{row.severity} {row.id} {row.system}: {what(row)} ({row.status})" for row in rows]
    body = "\n".join([*lines, "", f"audit trail: {head(session)}"])
    subject = f"Incidents of low severity: {len(rows)} open, {len(new)} new"
    return sum(
        enqueue(
            session,
            Message(f"digest:{local.date()}:{channel.name}", channel.name, subject, body),
            now,
        )
        for channel in roster.policy.channels
        if channel.kind == "apprise" and set(roster.policy.digest) & set(channel.severities)
    )


def what(row: IncidentRow) -> str:
    """Return what an incident is about, without the words of people."""
    if row.check:
        return f"{row.area}: {row.summary}"
    return f"safety event reported ({row.safety.get('ahrq_class', 'no class')})"


def _message(roster: Roster, row: IncidentRow, kind: str, channel: Channel, to: str) -> Message:
    due = {
        name: moment.astimezone(roster.zone).isoformat(timespec="minutes")
        for name, moment in _clocks(row).items()
    }
    lines = [
        f"{row.system} {row.system_version}".rstrip(),
        what(row),
        f"status: {row.status}; owner: {row.owner or 'nobody'}"
        + (f"; escalated to: {to}" if to else ""),
        *(f"{name} by {moment}" for name, moment in due.items()),
        f"see: aiops incidents show {row.id}",
    ]
    return Message(
        key=f"{row.id}:{row.revision}:{kind}:{channel.name}",
        channel=channel.name,
        subject=f"[{row.severity}] {row.id} {kind}: {row.system}, {row.area}",
        body="\n".join(lines),
        event_type=f"aiops.incident.{kind.replace(' ', '_')}",
        data={
            "incident": row.id,
            "system": row.system,
            "area": row.area,
            "check": row.check,
            "severity": row.severity,
            "status": row.status,
            "revision": row.revision,
            "escalated_to": to,
            "due": due,
        },
    )


def _clocks(row: IncidentRow) -> dict[str, datetime]:
    """Return the clocks that still run, by what they ask for."""
    clocks = {"resolve": row.resolve_by}
    if row.mitigated_at is None:
        clocks = {"contain": row.contain_by} | clocks
    if row.acknowledged_at is None:
        clocks = {"acknowledge": row.acknowledge_by} | clocks
    return {} if row.resolved_at or row.status in ENDED else clocks
