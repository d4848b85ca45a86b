"""From outcomes of checks to incidents, one an episode.

An episode begins with a failure and takes in every further failure of the same check of the same
system. Once the check has passed, the incident is marked recovered but stays with a person; a
failure within a week of recovery belongs to the same episode, a later one begins another. A person
who closes an incident, or calls it a false alarm, ends its episode: a later day's failure opens
another. A duplicate goes on taking its check's failures while the incident it repeats is worked.
Days evaluated two weeks late are history: recorded in episodes of their own, told to nobody.
"""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from aiops_pipelines.incidents.notices import notify
from aiops_pipelines.incidents.opening import new_incident, note
from aiops_pipelines.incidents.outcome import CheckOutcome, IncidentChange
from aiops_pipelines.incidents.roster import Roster
from aiops_pipelines.incidents.severity import Severity, due, severity_of
from aiops_pipelines.incidents.status import ENDED, Status
from aiops_pipelines.incidents.tables import IncidentRow, OutcomeRow

SAME_EPISODE = timedelta(days=7)
"""A failure this soon after recovery belongs to the same episode."""

HISTORICAL = timedelta(days=14)
"""A day evaluated this long afterwards is history: recorded, but nobody's task."""

SENSOR = "sensor"


def seen(session: Session, outcome: CheckOutcome) -> bool:
    """Tell whether the outcome is known, or says what is known already; if not, note it.

    A night evaluated again may say otherwise: its file was mended, or damaged.
    """
    key = (outcome.system, outcome.check, outcome.day, outcome.as_of)
    known = session.get(OutcomeRow, key)
    if known is not None:
        if outcome.evaluation_id <= known.evaluation_id:
            return True
        same = known.passed == outcome.passed and known.severity == outcome.severity
        known.passed, known.severity = outcome.passed, outcome.severity
        known.evaluation_id = outcome.evaluation_id
        session.flush()
        return same
    session.add(
        OutcomeRow(
            system=outcome.system,
            check=outcome.check,
            day=outcome.day,
            as_of=outcome.as_of,
            passed=outcome.passed,
            severity=outcome.severity,
            evaluation_id=outcome.evaluation_id,
        )
    )
    session.flush()
    return False


def apply(session: Session, outcome: CheckOutcome, roster: Roster) -> IncidentChange | None:
    """Bring the check's episode up to date with a new outcome; return what changed, if anything."""
    latest = _latest(session, outcome, historical=False)
    late = outcome.evaluated_at.date() - outcome.day > HISTORICAL
    if late and (latest is None or outcome.day < latest.opened or _ended(session, latest)):
        return _history(session, outcome, roster)
    if outcome.passed:
        return _passed(session, outcome, latest, roster)
    if outcome.severity == "warn":
        going_on = latest is not None and not _ended(session, latest)
        return _told(session, latest, outcome, "warned", roster) if latest and going_on else None
    return _failed(session, outcome, latest, roster)


def _passed(
    session: Session, outcome: CheckOutcome, latest: IncidentRow | None, roster: Roster
) -> IncidentChange | None:
    if latest is None or latest.recovered_on or outcome.day < latest.last_failed:
        return None
    if _ended(session, latest):
        return None
    latest.recovered_on = outcome.day
    return _told(session, latest, outcome, "recovered", roster)


def _failed(
    session: Session, outcome: CheckOutcome, latest: IncidentRow | None, roster: Roster
) -> IncidentChange:
    if latest is None or _begins_another(session, outcome, latest):
        return _open(session, outcome, roster, historical=False)
    if outcome.day < (latest.recovered_on or outcome.day):
        # A day before the recovery, evaluated again: it does not undo the recovery.
        latest.last_failed = max(latest.last_failed, outcome.day)
        return _told(session, latest, outcome, "failed again", roster)
    latest.last_failed = max(latest.last_failed, outcome.day)
    latest.recovered_on = None
    if latest.status != Status.RESOLVED:
        return _told(session, latest, outcome, "failed again", roster)
    dates = due(Severity(latest.severity), outcome.evaluated_at, roster)
    latest.status, latest.resolved_at = Status.OPEN, None
    latest.acknowledged_at = latest.mitigated_at = None
    latest.escalated_to = ""
    latest.clock_start, latest.acknowledge_by = dates.clock_start, dates.acknowledge_by
    latest.contain_by, latest.resolve_by = dates.contain_by, dates.resolve_by
    return _told(session, latest, outcome, "reopened", roster)


def _begins_another(session: Session, outcome: CheckOutcome, latest: IncidentRow) -> bool:
    if _ended(session, latest):
        return outcome.day > latest.last_failed
    recovered = latest.recovered_on
    return recovered is not None and outcome.day - recovered > SAME_EPISODE


def _ended(session: Session, row: IncidentRow) -> bool:
    """Tell whether a person ended the episode; a duplicate ends with the incident it repeats."""
    followed = set()
    while row.status == Status.DUPLICATE and row.duplicate_of not in followed:
        followed.add(row.duplicate_of)
        row = session.get_one(IncidentRow, row.duplicate_of)
    return row.status in ENDED


def _history(session: Session, outcome: CheckOutcome, roster: Roster) -> IncidentChange | None:
    """Record a day evaluated late in the historical episode it lies in or next to."""
    if not outcome.passed and outcome.severity == "warn":
        return None
    row = _latest(session, outcome, historical=True)
    if outcome.passed:
        if row is None or row.recovered_on or outcome.day <= row.last_failed:
            return None
        row.recovered_on = outcome.day
        return _told(session, row, outcome, "recovered", roster)
    if row is None or not (
        row.opened - SAME_EPISODE
        <= outcome.day
        <= max(row.last_failed, row.recovered_on or row.last_failed) + SAME_EPISODE
    ):
        return _open(session, outcome, roster, historical=True)
    row.opened = min(row.opened, outcome.day)
    row.last_failed = max(row.last_failed, outcome.day)
    if row.recovered_on is not None and row.recovered_on <= outcome.day:
        row.recovered_on = None
    return _told(session, row, outcome, "failed again", roster)


def _latest(session: Session, outcome: CheckOutcome, *, historical: bool) -> IncidentRow | None:
    """Return the check's newest incident, or the historical one nearest before the day."""
    query = select(IncidentRow).where(
        IncidentRow.system == outcome.system,
        IncidentRow.check == outcome.check,
        IncidentRow.historical.is_(historical),
    )
    if historical:
        query = query.where(IncidentRow.opened <= outcome.day + SAME_EPISODE)
    return session.scalars(
        query.order_by(IncidentRow.opened.desc(), IncidentRow.number.desc()).limit(1)
    ).first()


def _open(
    session: Session, outcome: CheckOutcome, roster: Roster, *, historical: bool
) -> IncidentChange:
    row = new_incident(
        session,
        roster,
        system=outcome.system,
        severity=severity_of(roster.tier(outcome.system), outcome.area),
        opened=outcome.day,
        detected_at=outcome.evaluated_at,
        historical=historical,
        check=outcome.check,
        area=outcome.area,
        summary=outcome.summary,
    )
    return _told(session, row, outcome, "opened", roster)


def _told(
    session: Session, row: IncidentRow, outcome: CheckOutcome, kind: str, roster: Roster
) -> IncidentChange:
    note(
        session,
        row,
        kind,
        at=outcome.evaluated_at,
        by=SENSOR,
        summary=outcome.summary,
        day=outcome.day,
        as_of=outcome.as_of,
        evidence=outcome.evidence,
    )
    notify(session, roster, row, kind, outcome.evaluated_at)
    return IncidentChange(row.id, kind, outcome.day)
