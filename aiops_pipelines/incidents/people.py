"""What people do at the desk: report, acknowledge, assign, comment, mitigate, resolve, close."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from aiops_pipelines.errors import ConflictError, IncidentError
from aiops_pipelines.incidents.notices import notify
from aiops_pipelines.incidents.opening import new_incident, note
from aiops_pipelines.incidents.outcome import IncidentChange, Who
from aiops_pipelines.incidents.report import SafetyReport, duties
from aiops_pipelines.incidents.roster import Roster
from aiops_pipelines.incidents.severity import Severity, due, severity_of_report
from aiops_pipelines.incidents.status import ENDED, STEPS, Status
from aiops_pipelines.incidents.tables import DutyRow, IncidentRow, RestrictionRow

RESTRICTIONS = ("pause", "heightened review")
REPORTED = "safety event"
"""The area of an incident that people reported."""

_STAMPS = {
    Status.ACKNOWLEDGED: "acknowledged_at",
    Status.MITIGATED: "mitigated_at",
    Status.RESOLVED: "resolved_at",
    Status.CLOSED: "closed_at",
}


def report(
    session: Session, roster: Roster, told: SafetyReport, source: str, who: Who
) -> IncidentChange | None:
    """Open an incident from a report, or bring it up to date; None if nothing is new in it."""
    if roster.tiers and told.system not in roster.tiers:
        known = ", ".join(sorted(roster.tiers))
        raise IncidentError(f"no system {told.system!r} in the portfolio; known: {known}")
    known_row = _reported(session, source, told.external_id)
    if known_row is not None:
        return _amend(session, roster, known_row, told, who)
    row = new_incident(
        session,
        roster,
        system=told.system,
        severity=severity_of_report(roster.tier(told.system), told.ahrq_class, told.ncc_merp),
        opened=roster.calendar.local_day(told.occurred_at or told.aware_at),
        detected_at=who.at,
        area=REPORTED,
        source=source,
        external_id=told.external_id,
        summary=told.summary,
        occurred_at=told.occurred_at,
        aware_at=told.aware_at,
        safety=told.model_dump(mode="json"),
    )
    _owe(session, roster, row, told)
    note(session, row, "opened", at=who.at, by=who.by, summary=told.summary)
    notify(session, roster, row, "opened", who.at)
    return IncidentChange(row.id, "opened", row.opened)


def _reported(session: Session, source: str, external_id: str | None) -> IncidentRow | None:
    if external_id is None:
        return None
    return session.scalar(
        select(IncidentRow).where(
            IncidentRow.source == source, IncidentRow.external_id == external_id
        )
    )


def _amend(
    session: Session, roster: Roster, row: IncidentRow, told: SafetyReport, who: Who
) -> IncidentChange | None:
    """Take in a later version of a report: its severity and duties may rise, never fall."""
    safety = told.model_dump(mode="json")
    if row.safety == safety:
        return None
    if row.system != told.system:
        raise IncidentError(f"{row.id}: report {told.external_id} changed its system")
    row.safety, row.summary = safety, told.summary
    row.occurred_at, row.aware_at = told.occurred_at, told.aware_at
    severity = severity_of_report(roster.tier(row.system), told.ahrq_class, told.ncc_merp)
    if severity.value < row.severity:
        _raise(row, severity, who.at, roster)
    _owe(session, roster, row, told)
    note(session, row, "amended", at=who.at, by=who.by, summary=told.summary)
    notify(session, roster, row, "amended", who.at)
    return IncidentChange(row.id, "amended", row.opened)


def _raise(row: IncidentRow, severity: Severity, at: datetime, roster: Roster) -> None:
    dates = due(severity, at, roster)
    row.severity = severity.value
    row.acknowledge_by = min(row.acknowledge_by, dates.acknowledge_by)
    row.contain_by = min(row.contain_by, dates.contain_by)
    row.resolve_by = min(row.resolve_by, dates.resolve_by)


def _owe(session: Session, roster: Roster, row: IncidentRow, told: SafetyReport) -> None:
    owed = {duty.regime: duty for duty in row.duties}
    for duty in duties(told, roster.regimes, roster.calendar):
        known = owed.get(duty.regime)
        if known is None:
            row.duties.append(DutyRow(regime=duty.regime, duty=duty.duty, due=duty.due))
        elif known.done_at is None:
            known.duty, known.due = duty.duty, min(known.due, duty.due)
    session.flush()


def find(session: Session, incident_id: str, expected: int | None = None) -> IncidentRow:
    """Return an incident's row; IncidentError without one, ConflictError at another revision."""
    row = session.get(IncidentRow, incident_id)
    if row is None:
        raise IncidentError(f"no incident {incident_id!r}; see: aiops incidents list --all")
    if expected is not None and row.revision != expected:
        raise ConflictError(
            f"{row.id} has changed: it is at revision {row.revision}, you saw {expected}; "
            f"see: aiops incidents show {row.id}"
        )
    return row


def take(
    session: Session, roster: Roster, row: IncidentRow, name: str, who: Who, **set_: Any
) -> None:
    """Take a person's step; `set_` are columns it sets beside the status.

    Raises:
        ConflictError: the step is not legal from where the incident stands; says who was first.
        IncidentError: a reason is missing.
    """
    step = STEPS[name]
    if step.needs_reason and not who.why.strip():
        raise IncidentError(f"{name} needs a reason: --why")
    if Status(row.status) not in step.before:
        last = row.timeline[-1]
        legal = ", ".join(sorted(step.before))
        raise ConflictError(
            f"{row.id} is {row.status} ({last.kind} by {last.by} at "
            f"{last.at.astimezone(roster.zone):%Y-%m-%d %H:%M}); {name} goes from: {legal}"
        )
    row.status = step.after
    reached = _STAMPS.get(step.after)
    if row.acknowledged_at is None and step.after not in ENDED:
        row.acknowledged_at = who.at
        row.assignee = row.assignee or who.by
    if reached is not None and getattr(row, reached) is None:
        setattr(row, reached, who.at)
    if step.after == Status.INVESTIGATING:
        row.resolved_at = None
    for column, value in set_.items():
        setattr(row, column, value)
    note(session, row, step.after, at=who.at, by=who.by, summary=who.why)
    notify(session, roster, row, step.after, who.at)


def restrict(session: Session, roster: Roster, row: IncidentRow, kind: str, who: Who) -> None:
    """Mitigate an incident by pausing its system or putting it under heightened review."""
    if kind not in RESTRICTIONS:
        raise IncidentError(f"no mitigation {kind!r}; known: {', '.join(RESTRICTIONS)}")
    take(session, roster, row, "mitigate", who)
    session.add(
        RestrictionRow(
            incident_id=row.id,
            system=row.system,
            kind=kind,
            since=who.at,
            by=who.by,
            reason=who.why,
        )
    )
    session.flush()
    notify(session, roster, row, "paused" if kind == "pause" else "review", who.at)


def lift(session: Session, roster: Roster, row: IncidentRow, who: Who) -> int:
    """Lift the incident's restrictions; return how many there were, IncidentError if none."""
    if not who.why.strip():
        raise IncidentError("lift needs a reason: --why")
    standing = standing_restrictions(session, row)
    if not standing:
        raise IncidentError(f"{row.id} holds no restriction")
    for each in standing:
        each.lifted_at = who.at
    note(session, row, "lifted", at=who.at, by=who.by, summary=who.why)
    notify(session, roster, row, "lifted", who.at)
    return len(standing)


def standing_restrictions(session: Session, row: IncidentRow) -> list[RestrictionRow]:
    """Return the restrictions that an incident holds over its system."""
    return list(
        session.scalars(
            select(RestrictionRow).where(
                RestrictionRow.incident_id == row.id, RestrictionRow.lifted_at.is_(None)
            )
        )
    )


def end(
    session: Session, roster: Roster, row: IncidentRow, step: str, who: Who, **set_: Any
) -> None:
    """Close an incident or set it aside, unless something of it still stands.

    Raises:
        IncidentError: a restriction stands, a duty is not filed, or harm has no cause and CAPA.
    """
    if standing_restrictions(session, row):
        raise IncidentError(f"{row.id} still restricts {row.system}: aiops incidents lift {row.id}")
    open_duties = [duty.regime for duty in row.duties if duty.done_at is None]
    if open_duties and step in {"close", "false-alarm"}:
        raise IncidentError(f"{row.id}: not filed yet: {', '.join(open_duties)}")
    harmed = row.safety.get("ahrq_class") == "incident with harm"
    if step == "close" and harmed and not (row.cause and row.capa):
        raise IncidentError(f"{row.id} records harm: it needs a cause and a CAPA when resolved")
    take(session, roster, row, step, who, **set_)


def duplicate(session: Session, roster: Roster, row: IncidentRow, of: str, who: Who) -> None:
    """Set an incident aside as a repeat of another, which must not be a repeat of it."""
    original = find(session, of)
    while original.status == Status.DUPLICATE and original.duplicate_of is not None:
        original = find(session, original.duplicate_of)
    if original.id == row.id:
        raise IncidentError(f"{row.id} can't be a duplicate of itself")
    if original.system != row.system:
        raise IncidentError(
            f"{original.id} is about {original.system}: {row.system}'s next failure would be lost "
            "in it; name the other in a comment"
        )
    if original.status in ENDED:
        raise IncidentError(f"{original.id} is {original.status}: nobody works on it")
    end(session, roster, row, "duplicate", who, duplicate_of=original.id)


def file_duty(session: Session, roster: Roster, row: IncidentRow, regime: str, who: Who) -> None:
    """Record that a regulator's or manufacturer's report was sent."""
    owed = next((duty for duty in row.duties if duty.regime == regime), None)
    if owed is None or owed.done_at is not None:
        raise IncidentError(f"{row.id} owes nothing to {regime!r}")
    owed.done_at = who.at
    note(session, row, "filed", at=who.at, by=who.by, summary=f"{regime}: {who.why}")
    notify(session, roster, row, "filed", who.at)
